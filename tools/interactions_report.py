"""interactions-report: summarise an interaction table or a table of sites as text, a figure and a page."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  interactions-report --figure interactions.png -o interactions.md interactions.tsv
  interactions-report --run-report parse.json --run-report classify.json --top 50 interactions.tsv.gz
  interactions-report --html page.html --samples samples.tsv --pairs explained.tsv -o summary.md sites.tsv
  dmiso-predict pairs.tsv | tee interactions.tsv | interactions-report - > interactions.md
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "interactions-report",
        "Summarise an interaction table of chimera-parse, isomir-classify or dmiso-predict: counts, isomiR types, "
        "the strongest miRNA-target pairs with their duplexes, and one figure. A table of sites-merge also gives "
        "one page with charts and all sites to search, sort, filter and export. Parts for which the table has no "
        "columns are skipped.",
        EXAMPLES,
    )
    parser.add_argument(
        "table",
        nargs="?",
        metavar="TABLE",
        help="interaction table, or sites of sites-merge, plain or compressed; - for stdin",
    )
    cli.add_output(parser, "summary (Markdown)")
    parser.add_argument(
        "--figure", metavar="FILE", help="draw a figure; its format follows the suffix .png, .svg or .pdf"
    )
    parser.add_argument(
        "--run-report",
        action="append",
        default=[],
        metavar="FILE",
        help="--json report of a command that made the table, to show what happened to the reads; may be repeated",
    )
    parser.add_argument(
        "--top",
        type=cli.whole_number,
        default=20,
        metavar="N",
        help="number of strongest miRNA-target pairs, or sites, to list (default: 20)",
    )
    parser.add_argument(
        "--duplexes",
        type=cli.whole_number,
        default=3,
        metavar="N",
        help="number of these pairs to draw as duplexes, strongest first (default: 3)",
    )
    _add_sites(parser)
    cli.add_common(parser)
    return parser


def _add_sites(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("tables of sites")
    group.add_argument(
        "--html",
        metavar="FILE",
        help="write one page that needs no network: charts, and a table of sites with the alignment of each",
    )
    group.add_argument(
        "--html-sites",
        type=cli.positive_int,
        default=50_000,
        metavar="N",
        help="sites in the table of the page, those with most reads first (default: 50000)",
    )
    group.add_argument("--samples", metavar="SHEET", help="table with the columns sample, condition and replicate")
    group.add_argument(
        "--compared",
        action="append",
        default=[],
        metavar="FILE",
        help="table of sites-compare, to show what changes between conditions; may be repeated",
    )
    group.add_argument(
        "--pairs",
        metavar="TABLE",
        help="table that attrib-align made of the sites, or of their pairs, to show its alignments on the page "
        "(default: computed duplexes)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.report.alignment_page import require_page
    from mirtools.report.drawing import open_figure
    from mirtools.report.markdown import relative_link
    from mirtools.report.run import draw_report, write_report
    from mirtools.report.settings import ReportOutputs, ReportSettings

    settings = ReportSettings.of(vars(args), table=cli.stdin_default(args.table, "table"))
    if args.html is not None:
        require_page()
    figure = open_figure(run.outputs, args.figure, draw_report)
    link = None if args.figure is None else relative_link(args.figure, args.output)
    outputs = ReportOutputs(run.outputs.open(args.output), figure, link, run.open(args.html))
    write_report(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
