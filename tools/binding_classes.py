"""binding-classes: classes of interactions by where on the miRNA their weight lies."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import chain

from mirtools import cli

EXAMPLES = """\
  attrib-align labelled.tsv | binding-classes --summary classes.tsv --plot classes.png - > classified.tsv
  binding-classes --choose-k 2-8 --silhouettes numbers.tsv --plot classes.svg aligned.tsv.gz -o classified.tsv.gz
  binding-classes --cofold --cross agreement.tsv --threads 8 aligned.tsv > classified.tsv
  binding-classes --classes classes.tsv more_aligned.tsv > more_classified.tsv
"""
_TEXTS = ("output", "summary", "silhouettes", "cross")
_CLASSES = 5


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "binding-classes",
        "Sort interactions into classes by where on the miRNA their weight lies: k-means on the importances by "
        "base that attrib-align writes. Classes are ordered by their centre of mass, from the 5' end, and named: "
        "the region (seed: bases 2-8, middle: 9-12, 3p: 13 to the end) whose bases weigh most on average gives "
        "the name where they weigh at least 1.5 times as much as all bases do, otherwise the weight is "
        "distributed; a seed class with less than two thirds of its weight in the seed is a relaxed_seed. Classes "
        "of one kind are numbered. Rows come back with class, name, distance from the class's centre and "
        "silhouette (1 - distance / distance from the next centre); rows without an alignment as no_alignment. "
        "The result does not depend on the order of rows.",
        EXAMPLES,
    )
    parser.add_argument(
        "aligned", nargs="?", metavar="ALIGNED", help="table with the column mirna_importance; - for stdin"
    )
    cli.add_output(parser)
    parser.add_argument("--summary", metavar="FILE", help="write a table of the classes to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw the classes (.png, .svg, .pdf)")
    classes = parser.add_argument_group("classes")
    number = classes.add_mutually_exclusive_group()
    number.add_argument(
        "--k", type=cli.positive_int, default=None, metavar="N", help="number of classes, up to 50 (default: 5)"
    )
    number.add_argument(
        "--choose-k",
        type=cli.number_range,
        default=None,
        metavar="A-B",
        help="try every number of classes from A to B and take the one with the best mean silhouette",
    )
    number.add_argument(
        "--classes",
        metavar="FILE",
        help="sort into the classes of an earlier run, as its --summary wrote them, instead of making new ones",
    )
    classes.add_argument(
        "--silhouettes", metavar="FILE", help="write a table of the numbers that --choose-k tried to FILE"
    )
    classes.add_argument(
        "--scale",
        choices=("row", "none"),
        default=None,
        help="row: each row by its largest value, since a few pairs have far larger attributions than all others; "
        "none: as they are (default: row)",
    )
    classes.add_argument(
        "--length",
        type=cli.positive_int,
        default=None,
        metavar="NT",
        help="bases that count, from the 5' end; shorter miRNAs are filled up with 0 (default: 20)",
    )
    cofold = parser.add_argument_group("classes from folding")
    cofold.add_argument(
        "--cofold",
        action="store_true",
        help="also sort by the bases of the miRNA that pair with the site when both fold together (needs "
        "mirna_seq and site_seq, and can do without importances), and say how far both agree",
    )
    cofold.add_argument(
        "--cross", metavar="FILE", help="write how many rows are in each two classes to FILE (with --cofold)"
    )
    cli.add_common(parser, seed=True)
    return parser


def _check(args: argparse.Namespace) -> None:
    from mirtools.alignment.class_vectors import LONGEST
    from mirtools.errors import UsageError

    if args.k is not None and args.k > 50:
        raise UsageError(f"argument --k: {args.k} is more than 50 classes; give a smaller number")
    if args.length is not None and args.length > LONGEST:
        raise UsageError(f"argument --length: {args.length} is more than {LONGEST} bases; give a smaller number")
    if args.silhouettes is not None and args.choose_k is None:
        raise UsageError("--silhouettes needs numbers to try; give --choose-k A-B")
    if args.cross is not None and not args.cofold:
        raise UsageError("--cross compares with classes from folding; give --cofold")
    if args.classes is not None and (args.scale, args.length) != (None, None):
        raise UsageError("--classes brings its own scale and length; leave out --scale and --length")
    if args.classes == "-" and args.aligned in (None, "-"):
        raise UsageError("--classes and the table cannot both be standard input; name a file for one")


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    _check(args)

    from mirtools.alignment.class_agreement import CROSS_COLUMNS, adjusted_rand_index, both_known, cross_rows
    from mirtools.alignment.class_rows import WaitingRows
    from mirtools.alignment.class_table import class_columns, class_rows, classify_table, read_table, report
    from mirtools.alignment.class_vectors import LENGTH
    from mirtools.alignment.classes import (
        CHOICE_COLUMNS,
        SUMMARY_COLUMNS,
        Wanted,
        choice_rows,
        read_classes,
        summary_rows,
    )
    from mirtools.interactions import TableWriter
    from mirtools.plausible import no_rows_hint
    from mirtools.report.classes_figure import draw_classes
    from mirtools.report.drawing import figure_format

    source = cli.stdin_default(args.aligned, "table")
    # outputs that cannot be written are better known before the work than after it
    kind = "" if args.plot is None else figure_format(args.plot)
    figure = None if args.plot is None else run.outputs.open_binary(args.plot)
    streams = {key: run.outputs.open(path) for key in _TEXTS if (path := getattr(args, key)) is not None}

    def write(key: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        if key in streams:
            writer = TableWriter(streams[key], columns)
            for row in rows:
                writer.write(row)

    known = None if args.classes is None else read_classes(args.classes)
    length = args.length or LENGTH
    if known is not None:
        length = next(iter(known.values())).centres.shape[1]
    choices = None if args.choose_k is None else range(args.choose_k[0], args.choose_k[1] + 1)
    wanted = Wanted(args.k or _CLASSES, choices, args.scale or "row", length, args.seed)
    with closing(WaitingRows()) as waiting:
        kept = read_table(source, length, args.cofold, waiting, lambda rows: run.progress(rows, "rows"))
        found = classify_table(
            kept, wanted, known, run.threads, lambda folds: run.progress(folds, "folds", len(waiting))
        )
        write("output", class_columns(kept, found), class_rows(kept, found))
    report(found, run.counts, run.facts)
    if not run.counts["rows"]:
        run.hints.append(no_rows_hint("ALIGNED"))
    elif not run.counts["classified"] and "classified" in run.counts:
        run.hints.append("no row has an alignment; give a table that attrib-align made, or --cofold")
    if len(found) == 2:
        index = adjusted_rand_index(both_known(*found))
        run.facts["adjusted_rand_index"] = None if index != index else round(index, 4)
        if index == index:
            run.say(f"classes by importance and by folding agree with an adjusted Rand index of {index:.3f}")

    write("summary", SUMMARY_COLUMNS, chain.from_iterable(map(summary_rows, found)))
    write("silhouettes", CHOICE_COLUMNS, chain.from_iterable(map(choice_rows, found)))
    write("cross", CROSS_COLUMNS, cross_rows(*found) if len(found) == 2 else ())
    if figure is not None:
        draw_classes(figure, kind, found)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
