"""The rates from which docs/scale.md calculates what a billion reads need.

    python benchmarks/scale.py TRANSCRIPTS MIRNAS [--copies 21] [--reads 100000] [--rows 50]

Makes a transcriptome of changed copies of TRANSCRIPTS (15 % of bases replaced), as large as GENCODE with 21
copies of 4,000 mRNAs, and a library of 75-nt reads, 2 % of them chimeric. Measures processor time and memory of
chimera-index, of chimera-parse with all reads and with shards of them, and of table-join on repeated rows.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from mirtools.io.sequences import read_references

ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
AFTER = "AACTCCAGTCACTGGAATTCTCGGGTGCC"
LENGTH, CHIMERAS, REPLACED = 75, 0.03, 0.15
LETTERS = np.frombuffer(b"ACGT", np.uint8)


def measure(name: str, *arguments: str) -> tuple[float, float]:
    """Run a command; returns its processor time in seconds and its largest resident set in MB."""
    code = f"import sys; from mirtools.tools.{name.replace('-', '_')} import main; sys.exit(main())"
    child = subprocess.Popen([sys.executable, "-c", code, "--quiet", *arguments])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{name} failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def write_copies(sequences: list[tuple[str, str]], copies: int, path: Path) -> None:
    rng = np.random.default_rng(1)
    with path.open("wb") as stream:
        for copy in range(copies):
            for name, sequence in sequences:
                bases = np.frombuffer(sequence.encode(), np.uint8).copy()
                if copy:
                    where = rng.random(len(bases)) < REPLACED
                    bases[where] = LETTERS[rng.integers(0, 4, where.sum())]
                stream.write(f">{name}_{copy}\n".encode() + bases.tobytes() + b"\n")


def write_reads(sequences: list[tuple[str, str]], transcripts: str, mirnas: str, reads: int, path: Path) -> None:
    """Write simulated chimeras with their decoys, and pieces of transcripts."""
    chimeras = int(reads * CHIMERAS)
    references = ["--mirnas", mirnas, "--transcripts", transcripts]
    measure("chimera-simulate", *references, "--reads", str(chimeras), "-o", str(path))
    rng = random.Random(1)
    with path.open("a") as stream:
        for number in range(reads - chimeras):
            sequence = rng.choice(sequences)[1]
            size = rng.randint(25, 60)
            start = rng.randint(0, max(len(sequence) - size, 0))
            read = (sequence[start : start + size] + ADAPTER + AFTER)[:LENGTH]
            stream.write(f"@r{number}\n{read}\n+\n{'I' * len(read)}\n")


def write_rows(table: Path, folder: Path, copies: int) -> list[str]:
    """Write two shards that hold the rows of a table many times, a third of them in both; returns their paths."""
    header, *rows = table.read_text().splitlines()
    paths = []
    for shard in (0, 1):
        paths.append(str(folder / f"rows.{shard + 1}-of-2.tsv"))
        with open(paths[-1], "w") as stream:
            stream.write(header + "\n")
            for copy in range(shard * copies * 2 // 3, shard * copies * 2 // 3 + copies):
                for row in rows:
                    identifier, _, rest = row.partition("\t")
                    new = hashlib.blake2b(f"{identifier}{copy}".encode(), digest_size=8).hexdigest()
                    stream.write(f"P{new}\t{rest}\n")
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("transcripts")
    parser.add_argument("mirnas")
    parser.add_argument("--copies", type=int, default=21)
    parser.add_argument("--reads", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=50, help="copies of the rows for table-join")
    options = parser.parse_args()
    sequences = [(each.name.split("|")[0], each.sequence) for each in read_references(options.transcripts)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_copies(sequences, options.copies, folder / "copies.fa")
        index = str(folder / "index")
        seconds, size = measure("chimera-index", "-o", index, str(folder / "copies.fa"))
        print(f"chimera-index: {seconds:.1f} s, {size:,.0f} MB, {os.path.getsize(index) / 1e6:,.0f} MB on disk")
        (folder / "copies.fa").unlink()
        write_reads(sequences, options.transcripts, options.mirnas, options.reads, folder / "reads.fastq")
        common = ["--mirnas", options.mirnas, "--transcripts", index, "--adapter", ADAPTER]
        common += ["--ties", "--min-reads", "1"]
        start = 0.0
        for shards in (100_000, 8, 1):
            table = str(folder / f"pairs.{shards}.tsv")
            shard = ["--shard", f"1/{shards}", "-o", table, str(folder / "reads.fastq")]
            seconds, size = measure("chimera-parse", *common, *shard)
            start = start or seconds
            rate = options.reads / max(seconds - start, 0.01)
            without = "" if shards == 100_000 else f"; without the start, {rate:,.0f} reads read per second"
            print(f"chimera-parse, shard 1/{shards}: {seconds:.1f} s, {size:,.0f} MB{without}")
        paths = write_rows(folder / "pairs.1.tsv", folder, options.rows)
        rows = sum(Path(path).read_text().count("\n") - 1 for path in paths)
        seconds, size = measure("table-join", "-o", str(folder / "joined.tsv"), *paths)
        print(f"table-join: {rows:,} rows, {seconds:.1f} s, {size:,.0f} MB, {rows / seconds:,.0f} rows/s")


if __name__ == "__main__":
    main()
