"""Signals end a command quietly at any moment: Ctrl-C, a closed terminal, termination."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from commands import ROOT, environment

from mirtools import termination

ENDING = {"SIGINT": 130, "SIGHUP": 129, "SIGTERM": 143}
# the beginning of a command that gets a signal at a given moment, in a separate process
COMMAND = """\
import os, signal, sys
kill = lambda number: os.kill(os.getpid(), number)
# as a terminal starts it, however the tests are run
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""


def ended(code: str, *arguments: str) -> tuple[int, bytes]:
    """Run a command of Python code; returns its exit status and its output."""
    line = [sys.executable, "-c", COMMAND + code, *arguments]
    done = subprocess.run(line, capture_output=True, env=environment(), cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ENDING)
def test_a_signal_while_the_command_is_imported(name):
    code = f"""
import importlib
class Slow:
    def find_spec(self, name, *_):
        if name == "argparse":
            kill(signal.{name})
sys.meta_path.insert(0, Slow())
from mirtools.commands import dmiso_predict
sys.exit(dmiso_predict())
"""
    assert ended(code, "--help") == (ENDING[name], b"")


@pytest.mark.parametrize("name", ENDING)
@pytest.mark.parametrize("moment", ["work", "exit"])
def test_a_signal_while_it_works_or_ends(tmp_path, name, moment):
    code = f"""
import atexit
from mirtools import cli
def parser():
    made = cli.make_parser("tool", "x", ""); cli.add_output(made); cli.add_common(made); return made
def work(args, run):
    run.outputs.open(args.output).write("x")
    if {moment == "work"}:
        try:
            kill(signal.{name})
        except BaseException:
            pass
        raise KeyError("lost")
atexit.register(kill, signal.{name})
sys.exit(cli.run_command(parser, work))
"""
    out = tmp_path / "out"
    assert ended(code, "-o", str(out)) == (ENDING[name], b"")
    assert os.listdir(tmp_path) == (["out"] if moment == "exit" else [])


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_ignored_signals_stay_ignored(tmp_path, name):
    code = f"""
signal.signal(signal.{name}, signal.SIG_IGN)
from mirtools import termination
termination.exit_on_signals()
kill(signal.{name})
assert signal.getsignal(signal.{name}) == signal.SIG_IGN
"""
    assert ended(code) == (0, b"")


def test_commands_that_are_called_leave_ctrl_c_to_the_caller():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)}
    with termination.signals_handled():
        assert signal.getsignal(signal.SIGINT) == before[signal.SIGINT]
    assert before == {number: signal.getsignal(number) for number in before}


def test_child_processes_do_not_get_ctrl_c():
    code = """
from multiprocessing import get_context
from mirtools.computing.processes import in_order
from mirtools.termination import shield_children
if __name__ == "__main__":
    with shield_children():
        process = get_context("spawn").Process(target=signal.pthread_sigmask, args=(signal.SIG_BLOCK, ()))
        process.start()
        with open(f"/proc/{process.pid}/status") as status:
            blocked = next(line for line in status if line.startswith("SigBlk"))
    process.kill()
    assert int(blocked.split()[1], 16) & 1 << signal.SIGINT - 1, blocked
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
"""
    assert ended(code) == (0, b"")
