"""How fast chimera-parse is, how far from the physical limit, and how much memory it takes.

    python benchmarks/chimera_speed.py [--reads 1000000] [--blast-reads 4000] [--memory 1000000 5000000]
        [--data ../shared/data]

Makes reads of 75 nt as libraries have them (2 % chimeras, the rest pieces of transcripts, one in five a copy of
another read, adapters where inserts end) and measures in one run: what it costs to inflate and parse the gzipped
FASTQ (dnaio: the limit that no engine can pass), what packing, trimming and hashing add, and the whole command
with each engine at one and two threads. BLAST gets a few of the reads, for it takes hours for all. Speeds are
also given as ratios, for machines differ, and by CPU time, which neighbours move less. Memory is the largest
resident set of the command and of its largest child; with --memory it is measured again for libraries of several
sizes. No figure leaves out the time to start.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import pack, read_batches
from mirtools.chimera.inserts import ReadLayout, inserts_of
from mirtools.chimera.paired_reads import without_cycle_search
from mirtools.io.sequences import read_references

ROOT = Path(__file__).resolve().parents[1]
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
READ_LENGTH = 75
CHIMERAS, COPIES, ABUNDANT = 0.02, 0.2, 0.2
_CHUNK = 100_000
# Runs a command and prints its seconds and the largest resident sets, in MB, of it and of its children
_MEASURE = """
import resource, sys, time
from importlib import import_module
start = time.perf_counter()
status = import_module("mirtools.tools." + sys.argv[1]).main(sys.argv[2:])
seconds = time.perf_counter() - start
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
cpu = sum(each.ru_utime + each.ru_stime for each in used)
sets = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(seconds, cpu, *sets, file=sys.stderr)
sys.exit(status)
"""


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def command(name: str, *arguments: str) -> tuple[float, float, float, float]:
    """Run a command in a process of its own; seconds, CPU seconds, MB of it and of its largest child."""
    run = [sys.executable, "-c", _MEASURE, name, *arguments, "--quiet"]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    seconds, cpu, own, child = map(float, done.stderr.split())
    return seconds, cpu, own, child


class Library:
    """Makes reads chunk by chunk, all bases of a chunk at once."""

    def __init__(self, mirnas: str, transcripts: str, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        sequences = [reference.sequence for reference in read_references(transcripts)]
        self._transcripts = np.frombuffer("".join(sequences).encode(), np.uint8)
        found = [reference.sequence for reference in read_references(mirnas)]
        lengths = np.array([len(sequence) for sequence in found])
        padded = "".join(sequence.ljust(lengths.max(), "A") for sequence in found).encode()
        self._mirnas = np.frombuffer(padded, np.uint8).reshape(len(found), -1)
        self._mirna_lengths = lengths
        # what every library is full of: few sequences, many reads (rRNA, tRNA)
        self._abundant = self._random.integers(0, len(self._transcripts) - READ_LENGTH, 3000)
        # few miRNAs make most of the chimeras
        shares = 1 / np.arange(1, len(found) + 1)
        self._shares = shares[self._random.permutation(len(found))] / shares.sum()

    def chunk(self, size: int) -> NDArray[np.uint8]:
        """Return the letters of some reads, shape (size, READ_LENGTH)."""
        random = self._random
        places = random.integers(0, len(self._transcripts) - READ_LENGTH, size)
        abundant = random.random(size) < ABUNDANT
        places[abundant] = random.choice(self._abundant, int(abundant.sum()))
        columns = np.arange(READ_LENGTH)
        letters = self._transcripts[places[:, None] + columns]
        chimeras = np.flatnonzero(random.random(size) < CHIMERAS)
        mirnas = random.choice(len(self._mirnas), len(chimeras), p=self._shares)
        within = columns < self._mirna_lengths[mirnas][:, None]
        widest = self._mirnas.shape[1]
        made = letters[chimeras]
        made[:, :widest] = np.where(within[:, :widest], self._mirnas[mirnas], made[:, :widest])
        letters[chimeras] = made
        ends = random.integers(25, READ_LENGTH + 10, size)
        ends[chimeras] = np.maximum(ends[chimeras], 45)
        following = np.frombuffer((ADAPTER + "A" * READ_LENGTH).encode(), np.uint8)
        offsets = columns - ends[:, None]
        letters = np.where(offsets >= 0, following[np.maximum(offsets, 0)], letters)
        errors = np.flatnonzero(random.random(letters.size) < 0.001)
        letters.ravel()[errors] = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, len(errors))]
        copies = np.flatnonzero(random.random(size) < COPIES)
        letters[copies] = letters[random.integers(0, size, len(copies))]
        return letters

    def write(self, path: str, reads: int) -> None:
        """Write a gzipped FASTQ file."""
        from xopen import xopen

        with xopen(path, "wb", compresslevel=1, threads=0) as stream:
            for start in range(0, reads, _CHUNK):
                letters = self.chunk(min(_CHUNK, reads - start))
                numbers = np.char.zfill(np.arange(start, start + len(letters)).astype("S9"), 9)
                names = numbers.view(np.uint8).reshape(-1, 9)
                qualities = self._random.choice(np.frombuffer(b"#-5<AFJ", np.uint8), letters.shape)
                text = [
                    np.tile(np.frombuffer(part, np.uint8), (len(letters), 1)) for part in (b"@r", b"\n", b"\n+\n")
                ]
                parts = [text[0], names, text[1], letters, text[2], qualities, text[1]]
                stream.write(np.concatenate(parts, axis=1).tobytes())


def parts_of_the_way(reads: str) -> dict[str, float]:
    """Return the seconds of each step before the search, each on top of the one before."""
    layout = ReadLayout(Adapters([ADAPTER]))

    def packed(path: str, then: Callable[[Any], object]) -> None:
        for records in read_batches(path):
            then(pack(records, path))

    with without_cycle_search():
        packed(reads, lambda raw: inserts_of(raw, layout))  # kernels are compiled on first use
        return {
            "inflate and parse (limit)": timed(lambda: sum(map(len, read_batches(reads)))),
            "... pack": timed(lambda: packed(reads, len)),
            "... trim, hash, collapse": timed(lambda: packed(reads, lambda raw: inserts_of(raw, layout))),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--blast-reads", type=int, default=4000)
    parser.add_argument("--memory", type=int, nargs="*", default=[], metavar="READS")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    args = parser.parse_args()
    mirnas, transcripts = ROOT / "test-data/mirnas.fa", ROOT / "test-data/transcripts.fa.gz"
    if args.data.is_dir():
        mirnas = args.data / "references/mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"
        transcripts = args.data / "references/human_refseq_hg19_mrna_4000.fa.gz"
    references = ["--mirnas", str(mirnas), "--transcripts", str(transcripts), "--adapter", ADAPTER]
    with tempfile.TemporaryDirectory() as name:
        reads, few, none = (str(Path(name) / file) for file in ("reads.fastq.gz", "few.fastq.gz", "none.fastq"))
        Library(str(mirnas), str(transcripts)).write(reads, args.reads)
        Library(str(mirnas), str(transcripts)).write(few, args.blast_reads)
        Path(none).touch()
        print(f"{args.reads:,} reads of {READ_LENGTH} nt against {mirnas.name} and {transcripts.name}")
        columns = f"{'reads/s':>10} {'of limit':>9} {'of BLAST':>9} {'reads/CPU s':>12} {'of BLAST':>9}"
        print(f"{'':<32} {columns} {'MB':>6} {'child MB':>9}")
        steps = parts_of_the_way(reads)
        limit = steps["inflate and parse (limit)"] / args.reads
        for step, seconds in steps.items():
            print(f"{step:<32} {args.reads / seconds:>10,.0f} {limit * args.reads / seconds:>9.4f}")
        slowest: dict[str, tuple[float, float]] = {}
        for engine, path, count in (("blast", few, args.blast_reads), ("native", reads, args.reads)):
            for threads in ("1", "2"):
                run = [*references, "--engine", engine, "--threads", threads, "-o", "/dev/null", path]
                seconds, cpu, own, child = command("chimera_parse", *run)
                each, work = seconds / count, cpu / count
                slowest.setdefault(threads, (each, work))
                what = f"{engine}, {threads} thread{'s' * (threads > '1')}"
                if count != args.reads:
                    what += f" ({count:,} reads)"
                ratios = f"{limit / each:>9.4f} {slowest[threads][0] / each:>9.1f}"
                ratios += f" {1 / work:>12,.0f} {slowest[threads][1] / work:>9.1f}"
                print(f"{what:<32} {1 / each:>10,.0f} {ratios} {own:>6.0f} {child:>9.0f}")
        start = command("chimera_parse", *references, "-o", "/dev/null", none)[0]
        print(f"{'start and index, no reads':<32} {start:>8.2f} s")
        for count in args.memory:
            Library(str(mirnas), str(transcripts)).write(reads, count)
            run = [*references, "--threads", "2", "--read-report", "/dev/null", "-o", "/dev/null", reads]
            seconds, cpu, own, _ = command("chimera_parse", *run)
            rates = f"{count / seconds:>10,.0f} {'':>19} {count / cpu:>12,.0f} {'':>9}"
            print(f"{f'memory, {count:,} reads':<32} {rates} {own:>6.0f}")


if __name__ == "__main__":
    main()
