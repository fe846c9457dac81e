"""Energies of duplexes: the kernel of mirtools next to ViennaRNA, and whether both are equal to the last digit.

    python benchmarks/duplex_speed.py [--duplexes 20000]

Random strands; mean and standard deviation of the energies are printed so that a degenerate sample shows.
"""

from __future__ import annotations

import argparse
import random
import time

import numpy as np
import RNA

from mirtools.pairs.energy import duplex_energies


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duplexes", type=int, default=20_000)
    args = parser.parse_args()
    draw = random.Random(1)
    list(duplex_energies([("ACGU", "ACGU")], 1))  # tables, and the compiled kernel
    for mirna, site in ((22, 30), (22, 50), (22, 75)):
        strands = [
            ["".join(draw.choices("ACGU", k=length)) for length in (mirna, site)] for _ in range(args.duplexes)
        ]
        begin = time.process_time()
        ours = list(duplex_energies(map(tuple, strands), 1))
        between = time.process_time()
        theirs = [RNA.duplexfold(*pair).energy for pair in strands]
        end = time.process_time()
        differ = sum(f"{one:.2f}" != f"{other:.2f}" for one, other in zip(ours, theirs, strict=True))
        per_duplex = 1e6 / args.duplexes
        print(
            f"{mirna} and {site} nt: {(between - begin) * per_duplex:.0f} us a duplex, ViennaRNA "
            f"{(end - between) * per_duplex:.0f} us: {(end - between) / (between - begin):.1f} times as fast; "
            f"{differ} of {args.duplexes} differ; energies {np.mean(ours):.1f} +- {np.std(ours):.1f} kcal/mol"
        )


if __name__ == "__main__":
    main()
