"""How many of the changes that sites-compare reports are true, and how many true ones it finds.

    python benchmarks/sites_compare.py [--sites 1500] [--seeds 2]

Simulated experiments (mirtools/simulation/conditions.py): 10 % of sites with a two-fold change, a fifth of the
miRNAs with a two-fold change of abundance, negative binomial noise. One row per experiment and test: realised FDR
at q 0.05, power by the mean count of sites, and the share of sites called of miRNAs whose abundance alone changes.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from itertools import pairwise

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from mirtools.simulation.conditions import ConditionRules, simulate_conditions
from mirtools.sites.changes import changes, size_factors

DESIGNS = ("2+2", "3+3", "5+5", "1+3", "1+1")
EDGES = (0, 10, 30, 100, np.inf)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--designs", nargs="+", default=DESIGNS)
    parser.add_argument("--dispersion", type=float, default=0.05)
    parser.add_argument("--spread", type=float, default=0.0, help="of dispersions between sites")
    args = parser.parse_args()
    power = " | ".join(f"power {low:g} to {high:g}" for low, high in pairwise(EDGES))
    print(f"| replicates | relative | called | FDR | {power} | abundance called | s |")
    print("| --- " * (5 + len(EDGES)) + "|")
    for design in args.designs:
        in_a, in_b = map(int, design.split("+"))
        for relative in (False, True):
            rules = ConditionRules(
                sites=args.sites,
                in_a=in_a,
                in_b=in_b,
                dispersion=args.dispersion,
                dispersion_spread=args.spread,
            )
            results = [measured(replace(rules, seed=seed), relative) for seed in range(1, args.seeds + 1)]
            called, wrong, *found, seconds = np.nanmean(results, axis=0)
            cells = [f"{called:.0f}", f"{100 * wrong / max(called, 1):.1f} %"]
            cells += [f"{100 * value:.0f} %" for value in found] + [f"{seconds:.1f}"]
            print(f"| {design} | {'miRNA' if relative else 'no'} |", " | ".join(cells), "|", flush=True)


def measured(rules: ConditionRules, relative: bool) -> list[float]:
    """Return calls, false calls, power by mean, share of sites called by abundance alone, seconds."""
    experiment = simulate_conditions(rules)
    reads = experiment.reads.astype(float)
    in_a = np.arange(reads.shape[1]) < rules.in_a
    start = time.perf_counter()
    groups = experiment.mirna if relative else None
    found = changes(reads, in_a, size_factors(reads), 10, groups, 1)
    seconds = time.perf_counter() - start
    called = found.q_value < 0.05
    truth = experiment.binding if relative else experiment.binding + experiment.abundance
    only_abundance = (experiment.binding == 0) & (experiment.abundance != 0)
    mean = experiment.mean
    power = [float(called[(truth != 0) & (mean >= low) & (mean < high)].mean()) for low, high in pairwise(EDGES)]
    wrong = (called & (truth == 0)).sum()
    return [called.sum(), wrong, *power, float(called[only_abundance].mean()), seconds]


if __name__ == "__main__":
    main()
