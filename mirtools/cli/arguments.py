"""Parsers of commands: options that several commands share, and the types of arguments.

Only the standard library is imported here, because man pages and ``--help`` need nothing else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar

from mirtools import __version__
from mirtools.errors import UsageError, shorten
from mirtools.settings import Share, parse_range, parse_share, parse_umi_lengths, parse_umi_positions

Value = TypeVar("Value")


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
        help=f"write the {what} to FILE, compressed according to its suffix (default: standard output)",
    )


def add_pairs(parser: argparse.ArgumentParser) -> None:
    """Add PAIRS, a table of miRNAs and sites, and ``--format``."""
    parser.add_argument(
        "pairs",
        nargs="?",
        metavar="PAIRS",
        help="table with the columns mirna_seq and site_seq; other columns are kept; - for stdin",
    )
    parser.add_argument(
        "--format",
        choices=("table", "dmiso"),
        default="table",
        help="dmiso: four columns without header: miRNA and target identifier, miRNA and site (default: table)",
    )


def add_mirnas(group: argparse._ActionsContainer, required: bool = True) -> None:
    """Add ``--mirnas`` and ``--database``, for :func:`mirtools.io.mirnas.mirnas_of`."""
    group.add_argument(
        "--mirnas",
        required=required,
        nargs="+",
        metavar="MIRNA",
        help="miRNAs or isomiRs: FASTA files, sequences, or names in --database",
    )
    group.add_argument(
        "--database", metavar="FASTA", help="mature miRNAs, such as miRBase's, for names in --mirnas"
    )


def add_shard(parser: argparse.ArgumentParser, of: str) -> None:
    """Add ``--shard``, which selects a share of ``of``."""
    parser.add_argument(
        "--shard",
        type=share,
        default=None,
        metavar="I/N",
        help=f"process only share I of N of the {of}; the outputs of all shares, concatenated in order, equal "
        "those of one run (each table has a header line)",
    )


def add_gap_costs(group: argparse._ArgumentGroup) -> None:
    """Add the two options for the costs of gaps in an alignment by attributions."""
    group.add_argument(
        "--gap-percentiles",
        nargs=2,
        type=number(0, 100),
        default=(99.0, 90.0),
        metavar=("OPEN", "EXTEND"),
        help="costs of a gap's first and of each further base, as percentiles of the matrix (default: 99 90)",
    )
    group.add_argument(
        "--gap-scale",
        choices=("rows", "cells"),
        default="rows",
        help="percentiles of the sums by base of the site, or of the cells; signs are ignored (default: rows)",
    )


def add_common(parser: argparse.ArgumentParser, threads: bool = True, seed: bool = False) -> None:
    """Add the options that every command has, and ``--threads`` and ``--seed`` for commands that use them."""
    group = parser.add_argument_group("common options")
    if threads:
        group.add_argument(
            "--threads",
            type=positive_int,
            default=None,
            metavar="N",
            help="processor cores to use; the result is the same for any number (default: $GALAXY_SLOTS, "
            "$SLURM_CPUS_PER_TASK or 1)",
        )
    if seed:
        group.add_argument("--seed", type=whole_number, default=1, metavar="N", help="random seed (default: 1)")
    group.add_argument(
        "--json", metavar="FILE", help="write inputs, options, versions, counts and every drop reason to FILE"
    )
    group.add_argument("--quiet", action="store_true", help="print only errors")
    group.add_argument("--debug", action="store_true", help="show the full traceback of an error")
    group.add_argument("--version", action="version", version=f"%(prog)s {__version__}")


def positive_int(text: str) -> int:
    """Argument type: an integer >= 1."""
    if (value := whole_number(text)) < 1:
        raise argparse.ArgumentTypeError(f"'{shorten(text, 30)}' is not a whole number of 1 or more")
    return value


def whole_number(text: str) -> int:
    """Argument type: an integer >= 0."""
    # a number of more than 18 digits is a mistake, and Python refuses to convert very long ones
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"'{shorten(text, 30)}' is not a whole number of 0 or more")
    return int(text)


def share(text: str) -> Share:
    """Argument type: ``I/N``, one of N shares."""
    return _type(parse_share)(text)


def _type(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return an argument type: what ``parse`` returns; it raises ValueError for other texts."""

    def parsed(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parsed


def add_read_ends(group: argparse._ArgumentGroup) -> None:
    """Add the options that describe the ends of reads: adapters and UMIs."""
    group.add_argument(
        "--adapter", action="append", default=[], metavar="SEQ", help="3' adapter to remove; may be repeated"
    )
    group.add_argument(
        "--umi-length",
        type=_type(parse_umi_lengths),
        default=0,
        metavar="N",
        help="bases of a UMI or barcode: removed, but used to recognise duplicates; or a pattern with N for a "
        "base of the UMI and X for one that is removed only, such as NNNXXXXNN; for several positions, a list "
        "such as 4,4 (default: 0)",
    )
    group.add_argument(
        "--umi-position",
        type=_type(parse_umi_positions),
        default="5p",
        metavar="WHERE",
        help="5p: first bases of the read; 3p: last ones before the adapter, none of a read on which no --adapter "
        "is found; after-adapter: bases after it; name: in the read name or comment (r_ACGT, r:ACGT+TGCA, ACGT:r, "
        "r RX:Z:ACGT), of any length without --umi-length; several separated by commas, such as 5p,3p (default: "
        "5p)",
    )


def number_range(text: str) -> tuple[int, int]:
    """Argument type: ``A-B``, two whole numbers from 2 to 50, the first no larger than the second."""
    return _type(lambda given: parse_range(given, 2, 50))(text)


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


def stdin_default(path: str | None, what: str) -> str:
    """Return ``path``, or ``-`` without one; raises UsageError if standard input is a terminal."""
    if path is not None:
        return path
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(f"no {what} given; name a file, or pipe into '-'")
    return "-"


def read_once(paths: Iterable[str | None]) -> None:
    """Raise UsageError if two inputs are standard input."""
    if [*paths].count("-") > 1:
        raise UsageError("only one input can be standard input; name files for the others")
