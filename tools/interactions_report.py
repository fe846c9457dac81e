"""interactions-report: an interaction table in, a short readable summary and a figure out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  interactions-report --figure interactions.png -o interactions.md interactions.tsv
  interactions-report --run-report parse.json --run-report classify.json --top 50 interactions.tsv.gz
  dmiso-predict pairs.tsv | tee interactions.tsv | interactions-report - > interactions.md
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "interactions-report",
        "Summarise an interaction table as it comes from chimera-parse, isomir-classify or dmiso-predict: what "
        "was found, which isomiR types, the strongest miRNA-target pairs with their duplexes, and one figure. "
        "What the table has no columns for is left out.",
        EXAMPLES,
    )
    parser.add_argument(
        "table", nargs="?", metavar="TABLE", help="interaction table, plain or compressed; - for stdin"
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
        help="--json report of a command that made the table, to show what became of the reads; may be repeated",
    )
    parser.add_argument(
        "--top",
        type=cli.whole_number,
        default=20,
        metavar="N",
        help="strongest miRNA-target pairs to list (default: 20)",
    )
    parser.add_argument(
        "--duplexes",
        type=cli.whole_number,
        default=3,
        metavar="N",
        help="strongest pairs to draw as duplexes, of those listed (default: 3)",
    )
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.interactions import TableReader
    from mirtools.plausible import no_rows_hint
    from mirtools.report.drawing import figure_format
    from mirtools.report.figures import draw_figure
    from mirtools.report.markdown import relative_link, write_summary
    from mirtools.report.runs import read_reports
    from mirtools.report.summary import summarize

    source = cli.stdin_default(args.table, "table")
    kind = link = figure = None
    if args.figure is not None:
        kind = figure_format(args.figure)
        link = relative_link(args.figure, args.output)
        figure = run.outputs.open_binary(args.figure)
    output = run.outputs.open(args.output)
    reports = read_reports(args.run_report)
    table = TableReader(source)
    summary = summarize(table, run.progress(table, "rows"), args.top)
    write_summary(output, summary, reports, args.duplexes, link)
    if kind is not None and figure is not None:
        draw_figure(figure, kind, summary, reports)
    run.counts["interactions"] = summary.interactions
    run.counts["pairs"] = summary.pairs
    if not summary.interactions:
        all_rows = "all rows of TABLE are labelled 0 or of a rank above 1; give one with interactions"
        run.hints.append(all_rows if summary.negatives or summary.alternatives else no_rows_hint("TABLE"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
