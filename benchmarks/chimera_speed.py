"""How fast chimera-parse is, and how far from the physical limit.

    python benchmarks/chimera_speed.py [--reads 10000] [--data ../shared/data]

Makes reads with chimera-simulate, then measures in one run: what it costs to inflate and parse the gzipped FASTQ
(dnaio: the limit that no engine can pass), what trimming and collapsing add, and the whole command with each
engine at one and two threads. Speeds are also given as ratios, for machines differ; memory is the largest
resident set of the command and of its largest child.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mirtools.chimera.inserts import Collapser, Trimmer
from mirtools.sequences import read_reads

ROOT = Path(__file__).resolve().parents[1]
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
# Runs a command and prints its seconds and the largest resident sets, in MB, of it and of its children
_MEASURE = """
import resource, sys, time
from importlib import import_module
start = time.perf_counter()
status = import_module("mirtools.tools." + sys.argv[1]).main(sys.argv[2:])
seconds = time.perf_counter() - start
sets = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(seconds, *sets, file=sys.stderr)
sys.exit(status)
"""


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def command(name: str, *arguments: str) -> tuple[float, float, float]:
    """Run a command of the suite in a process of its own; seconds, MB of the process, MB of its largest child."""
    run = [sys.executable, "-c", _MEASURE, name, *arguments, "--quiet"]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    seconds, own, child = map(float, done.stderr.split())
    return seconds, own, child


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=10000)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    args = parser.parse_args()
    mirnas, transcripts = ROOT / "test-data/mirnas.fa", ROOT / "test-data/transcripts.fa.gz"
    if args.data.is_dir():
        mirnas = args.data / "references/mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"
        transcripts = args.data / "references/human_refseq_hg19_mrna_4000.fa.gz"
    with tempfile.TemporaryDirectory() as name:
        reads = str(Path(name) / "reads.fastq.gz")
        references = ["--mirnas", str(mirnas), "--transcripts", str(transcripts)]
        command("chimera_simulate", *references, "--reads", str(args.reads), "-o", reads)

        def collapse() -> None:
            for _ in Collapser(Trimmer([ADAPTER]), 15, False, reads).batches(read_reads(reads)):
                pass

        limit = timed(lambda: sum(1 for _ in read_reads(reads)))
        collapsed = timed(collapse)
        print(f"{args.reads:,} simulated reads of 75 nt against {mirnas.name} and {transcripts.name}")
        print(f"{'':<28} {'reads/s':>10} {'of limit':>9} {'MB':>6} {'child MB':>9}")
        print(f"{'inflate and parse (limit)':<28} {args.reads / limit:>10,.0f} {1:>9.4f}")
        print(f"{'... trim and collapse':<28} {args.reads / collapsed:>10,.0f} {limit / collapsed:>9.4f}")
        for threads in ("1", "2"):
            run = [*references, "--adapter", ADAPTER, "--threads", threads, "-o", "/dev/null", reads]
            seconds, own, child = command("chimera_parse", *run)
            what = f"blast, {threads} thread{'s' * (threads > '1')}"
            print(f"{what:<28} {args.reads / seconds:>10,.0f} {limit / seconds:>9.4f} {own:>6.0f} {child:>9.0f}")


if __name__ == "__main__":
    main()
