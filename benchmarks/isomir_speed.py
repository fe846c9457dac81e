"""Time and memory of isomir-classify over many rows, each with a junction of its own.

    python benchmarks/isomir_speed.py PAIRS MIRNAS [--rows 1000000 3000000]

PAIRS is a table of chimera-parse; its rows are repeated with other targets, site bases and qualities. Memory is
the largest resident set of the command.
"""

from __future__ import annotations

import argparse
import os
import random
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


def measure(pairs: Path, mirnas: str, rows: int, folder: Path) -> None:
    """Make a table, run the command on it, print what that took."""
    make(pairs, rows, folder / "pairs.tsv")
    options = ["--mirnas", mirnas, "-o", folder / "typed.tsv", "--gff3", folder / "isomirs.gff3"]
    options += ["--summary", folder / "summary.tsv", "--quiet", folder / "pairs.tsv"]
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", _COMMAND, *map(str, options)])
    # of this process alone, not of the largest of several
    _, status, used = os.wait4(process.pid, 0)
    seconds, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
    if status:
        sys.exit("isomir-classify failed")
    written = sum(1 for _ in (folder / "typed.tsv").open()) - 1
    print(
        f"{rows:10,} {written:10,} {seconds:8.1f} {cpu:7.1f} {rows / cpu:11,.0f} {used.ru_maxrss // 1024:6,}",
        flush=True,
    )


def main() -> None:
    """Measure tables of several sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("mirnas")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    args = parser.parse_args()
    print(f"{'rows':>10} {'written':>10} {'seconds':>8} {'CPU s':>7} {'rows/CPU s':>11} {'MiB':>6}")
    for rows in args.rows:
        with tempfile.TemporaryDirectory() as name:
            measure(args.pairs, args.mirnas, rows, Path(name))


if __name__ == "__main__":
    main()
