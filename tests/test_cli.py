"""The command-line contract, with a small command made for it."""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from mirtools import __version__, cli
from mirtools.errors import InputError, MissingExtraError, OutputError, UsageError


def build_parser() -> argparse.ArgumentParser:
    parser = cli.make_parser("tool", "Does something.", "  tool\n")
    parser.add_argument("table", nargs="?", metavar="TABLE", help="a table")
    parser.add_argument("--share", type=cli.number(0, 1), default=0.5, metavar="X", help="a share (default: 0.5)")
    cli.add_output(parser)
    cli.add_common(parser, seed=True)
    return parser


def run(work, *arguments: str) -> int:
    return cli.run_command(build_parser, work, arguments)


def raising(error):
    def work(args, running):
        running.outputs.open(args.output).write("begun\n")
        raise error

    return work


# ---- exit codes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("bad", source="f", line=2), 1, "tool: error: f:2: bad\n"),
        (UsageError("bad"), 2, "tool: error: bad\n"),
        (OutputError("bad"), 1, "tool: error: bad\n"),
        (MissingExtraError("x", "y"), 1, "tool: error: x is not installed; install it with: y\n"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "output cannot be written (no space left on device)\n",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file", "f"),
            1,
            "tool: error: f: cannot be used (no such file)\n",
        ),
        (MemoryError(), 1, "tool: error: out of memory; give the machine more or split the input\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (
            KeyError("x"),
            1,
            "tool: error: internal error (KeyError: 'x'); please report it with --debug's output\n",
        ),
        (RecursionError("deep"), 1, "tool: error: internal error (RecursionError: deep);"),
        (ValueError("a\nb" * 500), 1, "tool: error: internal error (ValueError: a?b"),
    ],
)
def test_exit_codes(tmp_path, capsys, error, status, message):
    output = tmp_path / "out"
    assert run(raising(error), "-o", str(output), "--json", str(tmp_path / "r.json")) == status
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == bool(message)
    assert len(said) <= 201
    assert os.listdir(tmp_path) == []


def test_debug_shows_the_traceback_before_the_line(tmp_path, capsys):
    assert run(raising(KeyError("x")), "--debug", "-o", str(tmp_path / "out")) == 1
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.splitlines()[-1].startswith("tool: error: internal error (KeyError")
    assert os.listdir(tmp_path) == []


def test_success(tmp_path, capsys):
    def work(args, running):
        running.outputs.open(args.output).write("done\n")
        running.counts.update(b_rows=1234, a=1)
        running.dropped.update(z_reason=2, a_reason=1)
        running.say("by the way")

    assert run(work, "-o", str(tmp_path / "out")) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "tool: by the way",
        "tool: b rows 1,234, a 1",
        "tool: dropped: a_reason 1, z_reason 2",
    ]
    assert run(work, "--quiet", "-o", str(tmp_path / "out")) == 0
    assert capsys.readouterr().err == ""


def test_report(tmp_path, monkeypatch):
    def work(args, running):
        assert running.threads == 2
        running.counts.update(rows=1, kept=1)
        running.dropped.update(short=1)
        running.facts["model"] = {"name": "é"}

    reports = []
    for slots, options in (("2", []), ("1", ["--threads", "2"]), ("x", ["--threads", "2", "--quiet"])):
        monkeypatch.setenv("GALAXY_SLOTS", slots)
        path = tmp_path / "r.json"
        assert run(work, "in.tsv", "--json", str(path), *options) == 0
        reports.append(path.read_bytes())
    # neither threads nor verbosity nor the place of the report are part of it
    assert len(set(reports)) == 1
    report = json.loads(reports[0])
    assert list(report) == "schema_version tool version python options counts dropped hints model".split()
    assert report["options"] == {"table": "in.tsv", "share": 0.5, "output": "-", "seed": 1}
    assert report["counts"] == {"kept": 1, "rows": 1}
    assert report["version"] == __version__
    assert reports[0].endswith(b"}\n")
    assert "é".encode() in reports[0]


def test_report_is_opened_before_the_work(tmp_path, capsys):
    worked = []
    assert run(lambda *_: worked.append(1), "--json", str(tmp_path / "absent" / "r.json")) == 1
    assert worked == []
    assert "r.json: cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("galaxy", "slurm", "threads"),
    [("4", "2", 4), ("", "3", 3), ("0", "2", 2), ("-1", "", 1), ("²", "x", 1), ("all", "0", 1)],
)
def test_threads_default_to_those_of_the_batch_system(monkeypatch, galaxy, slurm, threads):
    monkeypatch.setenv("GALAXY_SLOTS", galaxy)
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", slurm)
    seen = []
    assert run(lambda args, running: seen.append(running.threads)) == 0
    assert seen == [threads]


def test_threads_are_limited(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 200)
    seen = []
    for threads in ("150", "300", "9" * 18):
        assert run(lambda args, running: seen.append(running.threads), "--threads", threads) == 0
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert run(lambda args, running: seen.append(running.threads), "--threads", "9" * 18) == 0
    assert seen == [150, 200, 200, 64]


# ---- argument types -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            cli.whole_number,
            {"0": 0, "7": 7, "9" * 18: int("9" * 18)},
            ["-1", "1.0", "", "x", "²", "1_0", "9" * 5000],
        ),
        (cli.positive_int, {"1": 1, "12": 12}, ["0", "-1", "", "nan", "inf", "1e3", " 1"]),
        (
            cli.number(0, 1),
            {"0": 0, "1": 1, "1e-3": 0.001},
            ["-0.1", "1.01", "nan", "inf", "-inf", "", "x", "1,5"],
        ),
        (cli.number(0), {"0": 0, "1e300": 1e300}, ["-1e-9", "inf", "nan", "1e999"]),
        (cli.number(float("-inf")), {"-5": -5, "0": 0}, ["-inf", "inf", "nan", "x"]),
    ],
)
def test_argument_types(kind, good, bad):
    for text, value in good.items():
        assert kind(text) == value
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError, match="is not a "):
            kind(text)


@pytest.mark.parametrize("letter", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
def test_long_dashes(capsys, letter):
    assert run(raising(AssertionError), f"{letter}-quiet") == 2
    assert "starts with a long dash; type a plain '-'" in capsys.readouterr().err


def test_standard_input_is_the_default(monkeypatch):
    assert cli.stdin_default("f", "table") == "f"
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert cli.stdin_default(None, "table") == "-"
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="no table given; name a file, or pipe into '-'"):
        cli.stdin_default(None, "table")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="no table given"):
        cli.stdin_default(None, "table")


# ---- signals and terminals ----------------------------------------------------------------------------------


def test_signals_are_as_they_were_afterwards():
    for action in (signal.SIG_DFL, signal.SIG_IGN):
        before = signal.signal(signal.SIGTERM, action)
        try:
            assert run(lambda *_: None) == 0
            assert run(raising(KeyError())) == 1
            assert signal.getsignal(signal.SIGTERM) == action
        finally:
            signal.signal(signal.SIGTERM, before)


def test_other_threads_may_run_commands(tmp_path):
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(run(lambda *_: None, "--quiet")))
    thread.start()
    thread.join()
    assert statuses == [0]


def stopped(tmp_path, how):
    """Run a command whose work is ``how``, in a separate process; returns its exit status and its output."""
    code = (
        "import os, signal, sys\nfrom mirtools import cli, termination\n"
        # a shell's background jobs ignore it
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def parser():\n"
        "    made = cli.make_parser('tool', 'x', ''); cli.add_output(made); cli.add_common(made); return made\n"
        "def work(args, run):\n"
        "    run.outputs.open(args.output).write('x')\n"
        f"{textwrap.indent(textwrap.dedent(how), '    ')}\n"
        "sys.exit(cli.run_command(parser, work))"
    )
    line = [sys.executable, "-c", code, "-o", str(tmp_path / "out"), "--json", str(tmp_path / "json")]
    done = subprocess.run(line, capture_output=True)
    return done.returncode, done.stdout, done.stderr


def test_ctrl_c_is_silent(tmp_path):
    assert stopped(tmp_path, "os.kill(os.getpid(), signal.SIGINT)") == (130, b"", b"")
    assert os.listdir(tmp_path) == []


def test_sigterm_is_silent_and_not_disturbed_by_a_second_one(tmp_path):
    how = """
        def cleanup():
            os.kill(os.getpid(), signal.SIGTERM)
            raise ValueError("is ignored")
        with termination.cleanup_on_signal(cleanup):
            os.kill(os.getpid(), signal.SIGTERM)
    """
    assert stopped(tmp_path, how) == (143, b"", b"")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("number", "status"), [("SIGTERM", 143), ("SIGINT", 130)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_outputs_are_named_together_whenever_a_signal_comes(tmp_path, number, status, when):
    kill = f"os.kill(os.getpid(), signal.{number})"
    how = f"""
        replace = os.replace
        def replaced(*names):
            if {when == "before"}: os.replace = replace; {kill}
            replace(*names)
            os.replace = replace; {kill}
        os.replace = replaced
    """
    assert stopped(tmp_path, how) == (status, b"", b"")
    assert sorted(os.listdir(tmp_path)) == ["json", "out"]
    assert (tmp_path / "out").read_text() == "x"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("options", "bar"), [([], True), (["--quiet"], False), (["--debug"], False)])
def test_progress_bar_on_a_terminal_only(monkeypatch, options, bar):
    def work(args, running):
        assert list(running.progress(range(5), "rows", 5)) == [0, 1, 2, 3, 4]
        assert list(running.progress(["ab", "c"], "letters", size=len)) == ["ab", "c"]

    for stream, expected in ((Terminal(), bar), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        assert run(work, *options) == 0
        assert ("rows" in stream.getvalue()) is expected


@pytest.mark.parametrize("options", [[], ["--quiet"]])
def test_a_log_gets_a_line_of_progress_per_minute(monkeypatch, capsys, options):
    clock = iter(range(0, 10_000, 20))
    monkeypatch.setattr(cli.run, "monotonic", lambda: next(clock))

    def work(args, running):
        assert [*running.progress(range(7), "rows", 14)] == [*range(7)]
        assert [*running.progress(["ab", "c", "def"], "letters", size=len)] == ["ab", "c", "def"]

    assert run(work, *options) == 0
    lines = [
        "tool: 3 of 14 (21%) rows, 0 per second",
        "tool: 6 of 14 (43%) rows, 0 per second",
        "tool: 6 letters, 0 per second",
    ]
    assert capsys.readouterr().err.splitlines() == ([] if options else lines)


def test_help_and_version(capsys):
    assert run(raising(AssertionError), "--help") == 0
    assert capsys.readouterr().out.startswith("usage: tool ")
    assert run(raising(AssertionError), "--version") == 0
    assert capsys.readouterr().out == f"tool {__version__}\n"
