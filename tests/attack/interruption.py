"""Stopping commands by signals at any time: outputs are complete or unchanged, no leftover files, no messages."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from commands import OUTPUTS, ROOT, digests, environment, line_with_outputs, process_line

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
#: content of the outputs before some of the runs
OLD = b"from a run before\n"
_NOISE = re.compile("Traceback|[Ee]rror|Exception|Warning")
#: seconds that a command may take to end
PATIENCE = 10


class Outcome(NamedTuple):
    """The result of a signal: ``finished``, ``stopped``, ``not begun`` (Python was starting) or ``WRONG``.

    Without a signal: the result of the run after all others.
    """

    stop: signal.Signals | None
    kind: str
    problem: str = ""


def interrupted(
    name: str, stops: Sequence[signal.Signals], times: int, chance: random.Random
) -> Iterator[Outcome]:
    """Run a command in the current folder, filled by ``good_inputs``, and stop it ``times`` times by each signal.

    At the end the command runs without a signal; after that, no files of the stopped runs may be left.
    """
    installed = Path(sys.executable).parent / name
    line = [str(installed)] if installed.exists() else process_line(name)
    line += line_with_outputs(name)
    with tempfile.TemporaryDirectory() as temporary:
        options = {"env": environment(TMPDIR=temporary), "stdin": subprocess.DEVNULL, "capture_output": True}
        begin = time.monotonic()
        subprocess.run(line, check=True, **options)
        duration = time.monotonic() - begin
        whole = digests(name)
        assert len(whole) >= len(OUTPUTS[name])
        for number in range(times):
            for stop in stops:
                for output in whole:
                    Path(output).write_bytes(OLD) if number % 2 else Path(output).unlink(missing_ok=True)
                # outputs are written at the end: half of the signals come then
                moment = duration * chance.uniform(*chance.choice(((0, 1.05), (0.6, 1.05)))) + 0.001
                yield _stopped(name, line, stop, moment, whole, temporary)
                for path in Path(temporary).iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        subprocess.run(line, check=True, **options)
        if digests(name) != whole or parts():
            yield Outcome(None, "WRONG", f"{name}: the run after all leaves {parts() or 'other outputs'}")


def in_a_copy(inputs: str, job: tuple[str, int, int]) -> tuple[str, list[Outcome]]:
    """Do a job (command, times, seed) in a copy of the folder ``inputs``; return the command and the outcomes."""
    name, times, seed = job
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(inputs, folder, dirs_exist_ok=True)
        os.chdir(folder)
        try:
            return name, [*interrupted(name, SIGNALS, times, random.Random(seed))]
        finally:
            os.chdir(before)


def parts() -> set[str]:
    """Return the unfinished outputs in the current folder."""
    return {path for path in os.listdir() if path.endswith(".part")}


def _stopped(
    name: str,
    line: list[str],
    stop: signal.Signals,
    moment: float,
    whole: dict[str, str],
    temporary: str,
) -> Outcome:
    before, parts_before = digests(name), parts()
    process = subprocess.Popen(
        line,
        env=environment(TMPDIR=temporary),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    time.sleep(moment)
    process.send_signal(stop)
    try:
        _, printed = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Outcome(stop, "WRONG", f"{name}: runs on {PATIENCE} s after {stop.name} at {moment:.3f} s")
    status, found = process.returncode, digests(name)
    where = f"{name}: {stop.name} at {moment:.3f} s, exit status {status}"
    if status == 0:
        wrong = found != whole
    elif stop == signal.SIGKILL:
        wrong = any(found.get(output) not in (before.get(output), whole[output]) for output in whole)
    else:
        wrong = found not in (before, whole)
    if wrong:
        return Outcome(stop, "WRONG", f"{where}: outputs are neither complete nor unchanged")
    if status == 0:
        return Outcome(stop, "finished")
    if stop == signal.SIGKILL:
        return Outcome(stop, "stopped") if status == -stop else Outcome(stop, "WRONG", where)
    left = [*(parts() - parts_before), *os.listdir(temporary)]
    if left:
        return Outcome(stop, "WRONG", f"{where}: {', '.join(left)} left over")
    if stop == signal.SIGINT and "KeyboardInterrupt" in printed and not _is_ours(printed):
        return Outcome(stop, "not begun")
    if _NOISE.search(printed) or status not in (128 + stop, -stop):
        return Outcome(stop, "WRONG", f"{where}: {printed.strip()[-300:]}")
    return Outcome(stop, "stopped")


def _is_ours(traceback: str) -> bool:
    """Return whether a traceback contains code of the commands, not only the start of Python."""
    return any(f'"{ROOT / folder}{os.sep}' in traceback for folder in ("mirtools", "tools"))
