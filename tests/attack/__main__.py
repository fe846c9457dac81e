"""Attack the commands with damaged files and signals.

    make attack ATTACK="--seed 2 --files 50000"

Prints the tables of docs/reliability.md in Markdown. If a command breaks a promise, it prints the problem and
exits with status 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from multiprocessing import get_context
from multiprocessing.pool import ThreadPool
from pathlib import Path

import good_inputs
from commands import ROOT

from attack import interruption, mutation

STOPPED = (
    "chimera-parse isomir-classify negatives-generate dmiso-predict attrib-align peak-narrow interactions-report"
).split()
#: number of times that a process stops a command by each signal before it checks for leftover files
_ROUNDS = 9


def damaged_files(count: int, seed: int, processes: int) -> list[mutation.Case]:
    """Return the results of the commands for ``count`` damaged files."""

    def share(first: int) -> list[mutation.Case]:
        with tempfile.TemporaryDirectory() as folder:
            mutation.make_inputs(Path(folder))
            return [
                *with_progress(mutation.watched(Path(folder), seed, first, processes, count), count // processes)
            ]

    with ThreadPool(processes) as pool:
        return [case for cases in pool.map(share, range(processes)) for case in cases]


def with_progress(cases: Iterable[mutation.Case], count: int) -> Iterator[mutation.Case]:
    """Yield cases, and print a line on stderr after every tenth of them."""
    for number, case in enumerate(cases, 1):
        if number % max(count // 10, 1) == 0:
            print(f"{number:,} of {count:,} files", file=sys.stderr)
        yield case


def signals(times: int, seed: int, processes: int) -> dict[str, list[interruption.Outcome]]:
    """Return the results of the commands for each signal, at least ``times`` times over all commands."""
    each = -(-times // len(STOPPED))
    jobs = [
        (name, min(_ROUNDS, each - first), seed * 1000 + first)
        for first in range(0, each, _ROUNDS)
        for name in STOPPED
    ]
    outcomes: dict[str, list[interruption.Outcome]] = {name: [] for name in STOPPED}
    with tempfile.TemporaryDirectory() as inputs:
        good_inputs.make(Path(inputs))
        with get_context("spawn").Pool(processes) as pool:
            for name, found in pool.imap(partial(interruption.in_a_copy, inputs), jobs):
                print(f"{name}: {len(found)} signals", file=sys.stderr)
                outcomes[name] += found
    return outcomes


def _print_files(cases: list[mutation.Case]) -> None:
    print("| command | files | read | refused | wrong | slowest, s | most memory, MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in [*sorted({case.command for case in cases}), "all"]:
        own = [case for case in cases if name in (case.command, "all")]
        kinds = Counter(case.kind for case in own)
        counts = " | ".join(f"{kinds[kind]:,}" for kind in ("read", "refused", "WRONG"))
        slowest, most = max(case.seconds for case in own), max(case.megabytes for case in own)
        print(f"| {name} | {len(own):,} | {counts} | {slowest:.2f} | {most:.0f} |")


def _print_signals(outcomes: dict[str, list[interruption.Outcome]]) -> None:
    print("| command | signal | times | stopped | finished | not begun | wrong |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    every = [outcome for found in outcomes.values() for outcome in found]
    for name, found in [*outcomes.items(), ("all", every)]:
        for stop in interruption.SIGNALS:
            kinds = Counter(outcome.kind for outcome in found if outcome.stop == stop)
            counts = " | ".join(f"{kinds[kind]:,}" for kind in ("stopped", "finished", "not begun", "WRONG"))
            print(f"| {name} | {stop.name} | {sum(kinds.values()):,} | {counts} |")


def main() -> int:
    """Attack the commands and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="random seed of the damaged files (default: 1)")
    parser.add_argument("--files", type=int, default=5000, help="number of damaged files (default: 5000)")
    parser.add_argument("--times", type=int, default=300, help="how often to send each signal (default: 300)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one per core")
    args = parser.parse_args()
    # background jobs of a shell ignore Ctrl-C, and the processes that they start inherit this
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(ROOT)
    problems = []
    if args.files:
        cases = damaged_files(args.files, args.seed, args.processes)
        problems += [case.problem for case in cases if case.problem]
        print(f"\n{len(cases):,} damaged files, seed {args.seed}:\n")
        _print_files(cases)
    if args.times:
        outcomes = signals(args.times, args.seed, args.processes)
        problems += [outcome.problem for found in outcomes.values() for outcome in found if outcome.problem]
        sent = sum(outcome.stop is not None for found in outcomes.values() for outcome in found)
        print(f"\n{sent:,} signals, seed {args.seed}:\n")
        _print_signals(outcomes)
    print(f"\n{len(problems)} findings", *problems, sep="\n", flush=True)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
