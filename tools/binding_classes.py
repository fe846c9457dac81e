"""binding-classes: sort interactions into classes by the important bases of the miRNA."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  attrib-align labelled.tsv | binding-classes --summary classes.tsv --plot classes.png - > classified.tsv
  binding-classes --choose-k 2-8 --silhouettes numbers.tsv --plot classes.svg aligned.tsv.gz -o classified.tsv.gz
  binding-classes --cofold --cross agreement.tsv --threads 8 aligned.tsv > classified.tsv
  binding-classes --classes classes.tsv more_aligned.tsv > more_classified.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "binding-classes",
        "Sort interactions into classes by which bases of the miRNA are important: k-means on the importances by "
        "base that attrib-align writes. Classes are ordered by their centre of mass, from the 5' end. A class is "
        "named after the region (seed: bases 2-8, middle: 9-12, 3p: 13 to the end) with the largest mean weight "
        "per base if this is at least 1.5 times that of all bases; otherwise it is distributed. A seed class "
        "with less than two thirds of its weight in the seed is a relaxed_seed. Classes of one kind are "
        "numbered. The output is the table with class, name, distance from the class's centre and silhouette (1 "
        "- distance / distance from the next centre); rows without an alignment are no_alignment. The result "
        "does not depend on the order of rows.",
        EXAMPLES,
    )
    parser.add_argument(
        "aligned", nargs="?", metavar="ALIGNED", help="table with the column mirna_importance; - for stdin"
    )
    cli.add_output(parser)
    parser.add_argument("--summary", metavar="FILE", help="write a table of the classes to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw the classes (.png, .svg, .pdf)")
    _add_classes(parser.add_argument_group("classes"))
    cofold = parser.add_argument_group("classes from folding")
    cofold.add_argument(
        "--cofold",
        action="store_true",
        help="also sort by the bases of the miRNA that pair with the site when both fold together (needs "
        "mirna_seq and site_seq; importances are then optional), and report the agreement",
    )
    cofold.add_argument(
        "--cross", metavar="FILE", help="write the number of rows in each two classes to FILE (with --cofold)"
    )
    cli.add_common(parser, seed=True)
    return parser


def _add_classes(classes: argparse._ArgumentGroup) -> None:
    number = classes.add_mutually_exclusive_group()
    number.add_argument(
        "--k", type=cli.positive_int, default=None, metavar="N", help="number of classes, up to 50 (default: 5)"
    )
    number.add_argument(
        "--choose-k",
        type=cli.number_range,
        default=None,
        metavar="A-B",
        help="test every number of classes from A to B and use the one with the best mean silhouette",
    )
    number.add_argument(
        "--classes",
        metavar="FILE",
        help="sort into the classes of an earlier run (its --summary) instead of new ones",
    )
    classes.add_argument(
        "--silhouettes", metavar="FILE", help="write a table of the numbers that --choose-k tested to FILE"
    )
    classes.add_argument(
        "--scale",
        choices=("row", "none"),
        default=None,
        help="row: divide each row by its largest value, because a few pairs have far larger attributions than "
        "all others; none: do not divide (default: row)",
    )
    classes.add_argument(
        "--length",
        type=cli.positive_int,
        default=None,
        metavar="NT",
        help="number of bases to use, from the 5' end; shorter miRNAs are filled with 0 (default: 20)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.classes.run import ClassOutputs, sort_into_classes
    from mirtools.classes.settings import ClassSettings
    from mirtools.report.classes_figure import draw_classes
    from mirtools.report.drawing import open_figure

    settings = ClassSettings.of(vars(args), aligned=cli.stdin_default(args.aligned, "table"))
    outputs = ClassOutputs(
        run.outputs.open(args.output),
        run.open(args.summary),
        run.open(args.silhouettes),
        run.open(args.cross),
        open_figure(run.outputs, args.plot, draw_classes),
    )
    sort_into_classes(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
