"""The command-line contract, the same for every command.

A command module in ``tools/`` has ``build_parser()`` and ``main(argv)``; ``main`` hands both its parser and the
function that does the work to :func:`run_command`. Only the standard library is imported here at module level:
man pages and ``--help`` need nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import os
import platform
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

from mirtools import __version__, termination
from mirtools.errors import InputError, MirtoolsError, OutputError, UsageError, shorten
from mirtools.streams import COMPRESSED_SUFFIXES, Outputs

Item = TypeVar("Item")

EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141
_MESSAGE_WIDTH = 200
_MOST_THREADS = 64  # on any machine; more where there are more cores
_MOST_CAUSES = 10  # of an error that are looked at
_NO_PLACE = ("failed to map segment", "cannot allocate memory")  # as the dynamic linker says it
_LONG_DASHES = ("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212")


class Parser(argparse.ArgumentParser):
    """An argument parser whose usage errors are one line."""

    def error(self, message: str) -> NoReturn:  # noqa: D102
        raise UsageError(f"{message}; see '{self.prog} --help'")


def make_parser(prog: str, description: str, examples: str) -> Parser:
    """Return the parser of one command; ``examples`` are shown verbatim below its options."""
    return Parser(
        prog=prog,
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_output(parser: argparse.ArgumentParser, what: str = "table") -> None:
    """Add ``-o``; a suffix .gz, .bz2, .xz or .zst compresses."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help=f"write the {what} to FILE, compressed as its suffix says (default: standard output)",
    )


def add_pairs(parser: argparse.ArgumentParser) -> None:
    """Add PAIRS, a table of miRNAs and sites, and ``--format``."""
    parser.add_argument(
        "pairs",
        nargs="?",
        metavar="PAIRS",
        help="table with the columns mirna_seq and site_seq, others pass through; - for stdin",
    )
    parser.add_argument(
        "--format",
        choices=("table", "dmiso"),
        default="table",
        help="dmiso: four columns without header, miRNA and target identifiers, miRNA and site (default: table)",
    )


def add_shard(parser: argparse.ArgumentParser, of: str) -> None:
    """Add ``--shard``, for a share of what ``of`` names."""
    parser.add_argument(
        "--shard",
        type=share,
        default=None,
        metavar="I/N",
        help=f"only the Ith of N shares of the {of}; the outputs of all shares, in order, are that of one run "
        "(each table has the header line)",
    )


def add_gap_costs(group: argparse._ArgumentGroup) -> None:
    """Add the two options that say what gaps of an alignment by attributions cost."""
    group.add_argument(
        "--gap-percentiles",
        nargs=2,
        type=number(0, 100),
        default=(99.0, 90.0),
        metavar=("OPEN", "EXTEND"),
        help="percentiles of the matrix that a gap's first and each further base cost (default: 99 90)",
    )
    group.add_argument(
        "--gap-scale",
        choices=("rows", "cells"),
        default="rows",
        help="percentiles of the sums by base of the site, or of the cells, signs left aside (default: rows)",
    )


def add_common(parser: argparse.ArgumentParser, threads: bool = True, seed: bool = False) -> None:
    """Add the options that every command has; ``--threads`` and ``--seed`` where they mean something."""
    group = parser.add_argument_group("common options")
    if threads:
        group.add_argument(
            "--threads",
            type=positive_int,
            default=None,
            metavar="N",
            help="processor cores to use; never changes the result (default: $GALAXY_SLOTS or 1)",
        )
    if seed:
        group.add_argument("--seed", type=whole_number, default=1, metavar="N", help="random seed (default: 1)")
    group.add_argument(
        "--json", metavar="FILE", help="write inputs, options, versions, counts and every drop reason to FILE"
    )
    group.add_argument("--quiet", action="store_true", help="say nothing but errors")
    group.add_argument("--debug", action="store_true", help="show the full traceback of an error")
    group.add_argument("--version", action="version", version=f"%(prog)s {__version__}")


def positive_int(text: str) -> int:
    """Argument type: an integer >= 1."""
    if (value := whole_number(text)) < 1:
        raise argparse.ArgumentTypeError(f"'{shorten(text, 30)}' is not a whole number of 1 or more")
    return value


def whole_number(text: str) -> int:
    """Argument type: an integer >= 0."""
    # 18 digits: beyond, the number is a slip, and Python refuses to convert very long ones
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"'{shorten(text, 30)}' is not a whole number of 0 or more")
    return int(text)


class Share(NamedTuple):
    """One of several shares, counted from 0; written as on the command line, from 1."""

    number: int
    shares: int

    def __str__(self) -> str:
        return f"{self.number + 1}/{self.shares}"


def share(text: str) -> Share:
    """Argument type: ``I/N``, one of N shares."""
    try:
        which, _, count = text.partition("/")
        number, shares = positive_int(which), positive_int(count)
    except argparse.ArgumentTypeError:
        number, shares = 1, 0
    if number > shares:
        raise argparse.ArgumentTypeError(f"'{shorten(text, 30)}' is no share such as 1/4, the first of four")
    return Share(number - 1, shares)


def number_range(text: str) -> tuple[int, int]:
    """Argument type: ``A-B``, two whole numbers from 2 to 50, the first no larger than the second."""
    try:
        low, dash, high = text.partition("-")
        first, last = positive_int(low), positive_int(high if dash else low)
    except argparse.ArgumentTypeError:
        first, last = 1, 0
    if not 2 <= first <= last <= 50:
        raise argparse.ArgumentTypeError(f"'{shorten(text, 30)}' is no range such as 2-8, from 2 to 50")
    return first, last


def number(low: float, high: float = float("inf")) -> Callable[[str], float]:
    """Return an argument type: a finite number from ``low`` to ``high``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not (low <= value <= high and abs(value) != float("inf")):
            bounds = f"from {low:g} to {high:g}" if high != float("inf") else f"of {low:g} or more"
            bounds = "" if low == float("-inf") else " " + bounds
            raise argparse.ArgumentTypeError(f"'{shorten(text, 30)}' is not a number{bounds}")
        return value

    return parse


class Run:
    """What a running command writes to and reports into.

    Attributes
    ----------
    outputs : Outputs
        Opens the files that the command writes.
    threads : int
    counts, dropped : collections.Counter
        What went in and out, and what was dropped for which reason; both end in ``--json`` and on stderr.
    facts : dict
        Further results for ``--json`` (metrics, settings that were derived).
    hints : list of str
        What was seen of inputs that explains a result of nothing, and what to try; as ``counts``.
    """

    def __init__(self, prog: str, args: argparse.Namespace, outputs: Outputs) -> None:
        self.prog = prog
        self.outputs = outputs
        # a slip of the keyboard must not start thousands of processes
        wanted = getattr(args, "threads", None) or _default_threads()
        self.threads: int = min(wanted, max(os.cpu_count() or 1, _MOST_THREADS))
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.facts: dict[str, Any] = {}
        self.hints: list[str] = []
        self._quiet = args.quiet
        self._bars = sys.stderr is not None and sys.stderr.isatty() and not args.quiet and not args.debug

    def say(self, message: str) -> None:
        """Write one line to stderr unless ``--quiet``."""
        if not self._quiet:
            _tell(f"{self.prog}: {message}")

    def progress(self, items: Iterable[Item], unit: str, total: int | None = None) -> Iterator[Item]:
        """Pass ``items`` on, with a progress bar where stderr is a terminal."""
        if not self._bars:
            yield from items
            return
        from tqdm import tqdm

        yield from tqdm(items, desc=self.prog, unit=f" {unit}", total=total, unit_scale=True, leave=False)

    def progress_bar(self, total: int | None, unit: str) -> Any:
        """Return a tqdm bar for work that is no loop over items; silent where stderr is no terminal."""
        from tqdm import tqdm

        return tqdm(total=total, desc=self.prog, unit=f" {unit}", leave=False, disable=not self._bars)

    def report(self, args: argparse.Namespace) -> dict[str, Any]:
        """Return the content of ``--json``: nothing in it depends on time, place or the number of threads."""
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

    0 success, 1 data or input/output error, 2 usage error, 141 closed pipe (silent). Outputs appear only when
    ``work`` has returned. Where the process is the command's own (``argv`` is None) signals end it, now and later:
    129 its terminal was closed, 130 Ctrl-C, 143 terminated (:mod:`mirtools.termination`).
    """
    signals: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if argv is None:
        termination.begin()
    else:
        signals = termination.orderly()
    # One BLAS thread a process: --threads alone decides, and results do not depend on the machine.
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
        with signals, termination.tidied(outputs.abandon), outputs:
            # opened first: an output that cannot be written is better known before the work than after it
            report = None if args.json is None else outputs.open(args.json)
            run = Run(parser.prog, args, outputs)
            work(args, run)
            if report is not None:
                text = json.dumps(run.report(args), indent=2, ensure_ascii=False) + "\n"
                # a file name that is no UTF-8 becomes a \udcXX escape
                report.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
        _summary(run)
        return 0
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_CLOSED_PIPE
    except Exception as error:
        # Code that Ctrl-C interrupts may pass it on as an error of its own: Python while it makes a class,
        # packages while they are imported.
        if isinstance(error.__cause__, KeyboardInterrupt):
            return EXIT_INTERRUPTED
        return _fail(parser.prog, error, *_described(error), debug)
    finally:
        _settle_stdout()


def stdin_default(path: str | None, what: str) -> str:
    """Return ``path``, or ``-`` where none was given; refuses to wait for typing on a terminal."""
    if path is not None:
        return path
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(f"no {what} given; name a file, or pipe into '-'")
    return "-"


def dna_options(values: Iterable[str], option: str) -> list[str]:
    """Return the sequences given to an option in DNA letters; raises UsageError for anything else."""
    from mirtools.sequences import to_dna

    sequences = []
    for value in values:
        try:
            sequences.append(to_dna(value))
        except ValueError as error:
            raise UsageError(f"argument {option}: {error}") from error
        if not value:
            raise UsageError(f"argument {option}: is empty; give a sequence")
    return sequences


def has_suffix(path: str, suffix: str) -> bool:
    """Tell whether a file name ends in ``suffix``, a compression suffix behind it left aside."""
    name, last = os.path.splitext(path)
    return path.endswith(suffix) or (last in COMPRESSED_SUFFIXES and name.endswith(suffix))


def _parsed(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace | None:
    """Return the parsed arguments, or ``None`` where ``--help`` or ``--version`` has answered."""
    try:
        return parser.parse_args(arguments)
    except SystemExit:
        if sys.stdout is not None:
            sys.stdout.flush()
        return None


def _settle_stdout() -> None:
    """Give up what standard output does not take; Python would complain about it when it ends."""
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
    slots = os.environ.get("GALAXY_SLOTS", "")
    try:
        return positive_int(slots)
    except argparse.ArgumentTypeError:
        return 1


def _summary(run: Run) -> None:
    compiled = sys.modules.get("mirtools.compiled")  # where a command needed it
    if compiled is not None and (note := compiled.unkept()) is not None:
        run.say(note)
    if run.counts:
        run.say(", ".join(f"{key.replace('_', ' ')} {value:,}" for key, value in run.counts.items()))
    if run.dropped:
        run.say("dropped: " + ", ".join(f"{key} {value:,}" for key, value in sorted(run.dropped.items())))
    for hint in run.hints:
        run.say(f"hint: {hint}")


def _output_error(error: OSError) -> MirtoolsError:
    if error.filename:
        return InputError(f"cannot be used ({(error.strerror or str(error)).lower()})", source=str(error.filename))
    return OutputError(f"output cannot be written ({(error.strerror or str(error)).lower()})")


def _described(error: Exception) -> tuple[str, int]:
    """Return the one line that tells of an error, and the exit status."""
    if isinstance(error, MirtoolsError):
        return str(error), error.exit_code
    if _is_out_of_memory(error):
        return "out of memory; give the machine more or split the input", 1
    if isinstance(error, OSError):
        return str(_output_error(error)), 1
    return f"internal error ({type(error).__name__}: {error}); please report it with --debug's output", 1


def _is_out_of_memory(error: BaseException | None) -> bool:
    """Tell whether an error says that memory is lacking, or comes from one that does.

    A library that finds no place in memory is said not to be there by those who load it.
    """
    seen = 0
    while error is not None and seen < _MOST_CAUSES:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        if isinstance(error, OSError | ImportError) and any(text in str(error).lower() for text in _NO_PLACE):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def _fail(prog: str, error: BaseException, message: str, status: int, debug: bool) -> int:
    if debug:
        _tell("".join(traceback.format_exception(error)).rstrip("\n"))
    _tell(shorten(f"{prog}: error: {message}", _MESSAGE_WIDTH))
    return status


def _tell(line: str) -> None:
    """Write to stderr; where nobody listens any more, the work goes on."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
