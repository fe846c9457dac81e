"""One run of a command: its arguments, its outputs, its report and its exit status."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import monotonic
from typing import Any, TextIO, TypeVar

from mirtools import __version__, termination
from mirtools.cli.arguments import positive_int
from mirtools.cli.failures import described, report_error, to_stderr
from mirtools.errors import UsageError, shorten
from mirtools.io.streams import Outputs
from mirtools.runlog import RunLog
from mirtools.settings import Share

Item = TypeVar("Item")

EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141
_MOST_THREADS = 64  # or the number of cores, if it is larger
# of progress in a log that is no terminal
_SECONDS_PER_LINE = 60
# what batch systems say of the processor cores of a job
_SLOTS = "GALAXY_SLOTS", "SLURM_CPUS_PER_TASK"
_LONG_DASHES = ("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212")


class Run(RunLog):
    """A run of a command: its outputs and its report.

    Counts, drops and hints are written to ``--json`` and stderr, facts to ``--json``, messages to stderr.

    Attributes
    ----------
    outputs : Outputs
        Opens the files that the command writes.
    """

    def __init__(self, prog: str, args: argparse.Namespace, outputs: Outputs) -> None:
        # a typing error must not start thousands of processes
        wanted = getattr(args, "threads", None) or _default_threads()
        super().__init__(min(wanted, max(os.cpu_count() or 1, _MOST_THREADS)))
        self.prog = prog
        self.outputs = outputs
        self._quiet = args.quiet
        self._bars = sys.stderr is not None and sys.stderr.isatty() and not args.quiet and not args.debug

    def say(self, message: str) -> None:
        """Write one line to stderr unless ``--quiet``."""
        if not self._quiet:
            to_stderr(f"{self.prog}: {message}")

    def progress(
        self,
        items: Iterable[Item],
        unit: str,
        total: int | None = None,
        size: Callable[[Item], int] | None = None,
    ) -> Iterator[Item]:
        """Yield ``items``, with a progress bar if stderr is a terminal, else with a line per minute."""
        if not self._bars:
            yield from self._with_lines(items, unit, total, size)
            return
        with self.progress_bar(total, unit) as bar:
            for item in items:
                yield item
                bar.update(1 if size is None else size(item))

    def _with_lines(
        self, items: Iterable[Item], unit: str, total: int | None, size: Callable[[Item], int] | None
    ) -> Iterator[Item]:
        began = monotonic()
        due, done = began + _SECONDS_PER_LINE, 0
        for item in items:
            yield item
            done += 1 if size is None else size(item)
            if (now := monotonic()) >= due:
                share = f" of {total:,} ({done / total:.0%})" if total else ""
                self.say(f"{done:,}{share} {unit}, {done / (now - began):,.0f} per second")
                due = now + _SECONDS_PER_LINE

    def progress_bar(self, total: int | None, unit: str) -> Any:
        """Return a tqdm bar for work that is not a loop over items; silent if stderr is not a terminal."""
        from tqdm import tqdm

        return tqdm(
            total=total, desc=self.prog, unit=f" {unit}", unit_scale=True, leave=False, disable=not self._bars
        )

    def open(self, path: str | None) -> TextIO | None:
        """Open an output for text, if ``path`` is given."""
        return None if path is None else self.outputs.open(path)

    def report(self, args: argparse.Namespace) -> dict[str, Any]:
        """Return the content of ``--json``, which does not depend on time, place or the number of threads."""
        silent = {"json", "quiet", "debug", "threads"}
        return {
            "schema_version": 1,
            "tool": self.prog,
            "version": __version__,
            "python": platform.python_version(),
            "options": {
                key: str(value) if isinstance(value, Share) else value
                for key, value in sorted(vars(args).items())
                if key not in silent
            },
            "counts": dict(sorted(self.counts.items())),
            "dropped": dict(sorted(self.dropped.items())),
            "hints": self.hints,
            **self.facts,
        }


def run_command(
    build_parser: Callable[[], argparse.ArgumentParser],
    work: Callable[[argparse.Namespace, Run], None],
    argv: Sequence[str] | None = None,
) -> int:
    """Parse ``argv``, run ``work``, and return the exit status.

    0 success, 1 data or input/output error, 2 usage error, 141 closed pipe (silent). Outputs appear after ``work``
    has returned. If the process is the command's own (``argv`` is None), signals end it, now and later: 129 its
    terminal was closed, 130 Ctrl-C, 143 terminated (:mod:`mirtools.termination`).
    """
    signals: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if argv is None:
        termination.exit_on_signals()
    else:
        signals = termination.signals_handled()
    # One BLAS thread per process: only --threads decides, and results do not depend on the machine.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    parser = build_parser()
    debug = False
    try:
        arguments = sys.argv[1:] if argv is None else list(argv)
        debug = "--debug" in arguments
        _refuse_dashes(arguments)
        args = _parsed(parser, arguments)
        if args is None:
            return 0
        outputs = Outputs()
        with signals, termination.cleanup_on_signal(outputs.abandon), outputs:
            # opened first, so that an output that cannot be written is reported before the work
            report = None if args.json is None else outputs.open(args.json)
            run = Run(parser.prog, args, outputs)
            work(args, run)
            if report is not None:
                text = json.dumps(run.report(args), indent=2, ensure_ascii=False) + "\n"
                # a file name that is not UTF-8 becomes a \udcXX escape
                report.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
        _summary(run)
        return 0
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_CLOSED_PIPE
    except Exception as error:
        # Interrupted code may convert Ctrl-C into its own error: Python while it creates a class, packages while
        # they are imported.
        if isinstance(error.__cause__, KeyboardInterrupt):
            return EXIT_INTERRUPTED
        return report_error(parser.prog, error, *described(error), debug)
    finally:
        _flush_stdout()


def _parsed(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace | None:
    """Return the parsed arguments, or ``None`` after ``--help`` or ``--version``."""
    try:
        return parser.parse_args(arguments)
    except SystemExit:
        if sys.stdout is not None:
            sys.stdout.flush()
        return None


def _flush_stdout() -> None:
    """Flush standard output, and discard data that it does not accept: Python would report them when it ends."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):  # standard output without a descriptor
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


def _refuse_dashes(arguments: Sequence[str]) -> None:
    for argument in arguments:
        if argument.startswith(_LONG_DASHES):
            raise UsageError(f"'{shorten(argument, 30)}' starts with a long dash; type a plain '-'")


def _default_threads() -> int:
    for variable in _SLOTS:
        with contextlib.suppress(argparse.ArgumentTypeError):
            return positive_int(os.environ.get(variable, ""))
    return 1


def _summary(run: Run) -> None:
    compiled = sys.modules.get("mirtools.computing.compiled")  # if the command used it
    if compiled is not None and (note := compiled.cache_problem()) is not None:
        run.say(note)
    if run.counts:
        run.say(", ".join(f"{key.replace('_', ' ')} {value:,}" for key, value in run.counts.items()))
    if run.dropped:
        run.say("dropped: " + ", ".join(f"{key} {value:,}" for key, value in sorted(run.dropped.items())))
    for hint in run.hints:
        run.say(f"hint: {hint}")
