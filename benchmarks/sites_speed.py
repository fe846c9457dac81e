"""How long sites-merge takes, with what memory, next to a plain pass over the same table.

    python benchmarks/sites_speed.py [--rows 1000000] [--sites 200000] [--threads 1]

Makes a table of interactions at random places, and prints CPU time and memory of sites-merge with all columns,
without energies (sites of unknown bases), and of a program that only splits and writes the same lines.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

COLUMNS = (
    "pair_id n_reads:a n_reads:b mirna_id mirna_seq target_id target_start target_end site_start site_end "
    "site_seq mirna_class isomir_variant"
).split()
PASS = "import sys\nfor line in open(sys.argv[1]): print('\\t'.join(line.rstrip('\\n').split('\\t')))"


def write_table(path: Path, rows: int, sites: int, bases: bool) -> None:
    """Write a table of ``rows`` interactions at ``sites`` places of 20,000 transcripts and 500 miRNAs."""
    draw = random.Random(1)
    mirnas = ["".join(draw.choices("ACGT", k=22)) for _ in range(500)]
    places = [(draw.randrange(500), draw.randrange(20_000), draw.randrange(2_900)) for _ in range(sites)]
    text = "".join(draw.choices("ACGT", k=1 << 16))
    with path.open("w") as stream:
        stream.write("\t".join(COLUMNS) + "\n")
        for number in range(rows):
            mirna, target, at = places[min(int(draw.expovariate(3 / sites)), sites - 1)]
            start = at + draw.randrange(12)
            end = start + draw.randrange(20, 36)
            site = text[(target * 97 + start) % 60_000 :][: end + 25 - start] if bases else "."
            cells = (
                f"P{number:08x}",
                draw.randrange(3),
                draw.randrange(3),
                f"miR-{mirna}",
                mirnas[mirna],
                f"ENST{target:011d}",
                start,
                end,
                start,
                end + 25,
                site,
                "exact",
                ".",
            )
            stream.write("\t".join(map(str, cells)) + "\n")


def measured(command: list[str]) -> tuple[float, float]:
    """Return processor seconds of a command, and the most memory of any command so far, in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 1000


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sites", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tables = {bases: Path(folder, f"{bases}.tsv") for bases in (True, False)}
        for bases, path in tables.items():
            write_table(path, args.rows, args.sites, bases)
        plain, _ = measured([sys.executable, "-c", PASS, str(tables[True])])
        print(f"{args.rows:,} rows; a pass over the lines: {plain:.1f} CPU-s")
        for bases, what in ((False, "without bases"), (True, "with energies")):
            command = ["sites-merge", "--threads", str(args.threads), str(tables[bases])]
            seconds, memory = measured(command)
            print(f"sites-merge, {what}: {seconds:.1f} CPU-s, {seconds / plain:.1f} passes, {memory:.0f} MB")


if __name__ == "__main__":
    main()
