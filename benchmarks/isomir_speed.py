"""Time and memory of isomir-classify over many rows, each with a junction of its own.

    python benchmarks/isomir_speed.py [--rows 1000000] PAIRS MIRNAS

PAIRS is a table of chimera-parse; its rows are repeated with other targets, site bases and qualities.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_COMMAND = "import sys; from mirtools.tools.isomir_classify import main; sys.exit(main())"


def make(pairs: Path, rows: int, path: Path) -> None:
    """Write a table of ``rows`` rows."""
    rng = random.Random(1)
    header, *lines = pairs.read_text().splitlines()
    columns = header.split("\t")
    at = {name: place for place, name in enumerate(columns)}
    with path.open("w") as stream:
        stream.write(header + "\n")
        for number in range(rows):
            cells = lines[number % len(lines)].split("\t")
            cells[at["pair_id"]] = f"P{rng.getrandbits(64):016x}"
            cells[at["target_id"]] += f"_{number // len(lines)}"
            cells[at["site_seq"]] = "".join(rng.choices("ACGT", k=len(cells[at["site_seq"]])))
            cells[at["mirna_qual"]] = "".join(rng.choices("?@FGHI", k=len(cells[at["mirna_seq"]])))
            stream.write("\t".join(cells) + "\n")


def main() -> None:
    """Make the table, run the command, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("mirnas")
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(args.pairs, args.rows, folder / "pairs.tsv")
        start = time.perf_counter()
        options = ["--mirnas", args.mirnas, "-o", folder / "typed.tsv", "--gff3", folder / "isomirs.gff3"]
        options += ["--summary", folder / "summary.tsv", "--quiet", folder / "pairs.tsv"]
        subprocess.run([sys.executable, "-c", _COMMAND, *map(str, options)], check=True)
        seconds = time.perf_counter() - start
        written = sum(1 for _ in (folder / "typed.tsv").open()) - 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{'rows':>9} {'written':>9} {'seconds':>8} {'CPU s':>7} {'rows/CPU s':>11} {'MiB':>6}")
    cpu = used.ru_utime + used.ru_stime
    print(
        f"{args.rows:9,} {written:9,} {seconds:8.1f} {cpu:7.1f} {args.rows / cpu:11,.0f} "
        f"{used.ru_maxrss // 1024:6,}"
    )


if __name__ == "__main__":
    main()
