"""Damaged inputs for every reader of the suite: nothing but reads and our own errors may come out (promise 4).

    python benchmarks/fuzz_readers.py [--cases 2000000] [--seed 1] [--processes 1]

Prints how each reader took its cases, and how damage at every byte of compressed reads and tables was taken;
exits with status 1 and the inputs where a reader broke its promise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import fuzzing

# Number of cases that a process tries at a time; the seed of each part is its number, in any process.
_PART = 10_000


def _part(job: tuple[int, int, int]) -> fuzzing.Result:
    seed, number, cases = job
    return fuzzing.fuzz(cases, seed * 1_000_000 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()

    archives = Counter(fuzzing.damaged_archives(range(1, 256)))
    jobs = [
        (args.seed, number, min(_PART, args.cases - first))
        for number, first in enumerate(range(0, args.cases, _PART))
    ]
    outcomes: Counter[tuple[str, str]] = Counter()
    findings: list[fuzzing.Finding] = []
    slowest = 0.0
    begin = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(args.processes) as pool:
        for result in pool.imap(_part, jobs):
            outcomes += result.outcomes
            findings += result.findings
            slowest = max(slowest, result.slowest)
            if sys.stderr.isatty():
                print(f"\r{sum(outcomes.values()):,} of {args.cases:,} cases", end="", file=sys.stderr)
    seconds = time.perf_counter() - begin

    print("reader             read    refused      foreign")
    for name in sorted({name for name, _ in outcomes}):
        counts = [outcomes[name, outcome] for outcome in ("read", "refused", "FOREIGN ERROR")]
        print(f"{name:<14}{counts[0]:>9,}{counts[1]:>11,}{counts[2]:>13,}")
    print("compressed         read    refused        wrong")
    for kind in fuzzing.COMPRESS:
        counts = [archives[kind, outcome] for outcome in ("read", "refused", "WRONG RECORDS")]
        print(f"{kind:<14}{counts[0]:>9,}{counts[1]:>11,}{counts[2]:>13,}")
    total = sum(outcomes.values())
    print(f"{total:,} cases in {seconds:.0f} s, {total / seconds / args.processes:,.0f} a second and process;")
    print(f"slowest case {1000 * slowest:.0f} ms; {len(findings)} findings")
    for finding in findings[:20]:
        print(f"\n{finding}")
    return int(bool(findings) or any(outcome == "WRONG RECORDS" for _, outcome in archives))


if __name__ == "__main__":
    sys.exit(main())
