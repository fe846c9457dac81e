"""attrib-compare: how far importances depend on the model, the explainer, the background and the run."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from mirtools import cli

EXAMPLES = """\
  attrib-compare deep=deep.tsv gradient=gradient.tsv cnn=cnn.tsv --plot compare.png > profiles.tsv
  attrib-compare 10=ten_1.tsv 10=ten_2.tsv 100=hundred_1.tsv 100=hundred_2.tsv --spread spread.tsv -o profiles.tsv
  attrib-compare deep=deep.tsv ism=ism.tsv --mutagenesis mutations.tsv --measured table.tsv -o profiles.tsv

  mutations.tsv, tabs between columns; the values here are made up:
  mirna_id       position  value
  dme-miR-7-5p   1         0.2
  dme-miR-7-5p   2         0.9
  dme-miR-7-5p   11-20     0.1
"""
_TEXTS = ("output", "correlations", "agreement", "spread", "measured")


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "attrib-compare",
        "Compare what attrib-align says about the same pairs with other models, explainers, backgrounds or seeds. "
        "Tables of one label are runs of one set: their mean is compared with other sets, and their spread "
        "reported. Pairs are the same where miRNA and site are; those that a table lacks, or has no alignment of, "
        "are left out and counted. The table that comes out holds the profile of each set: mean importance of "
        "every base of the miRNA, standard deviation over pairs, and over runs.",
        EXAMPLES,
    )
    parser.add_argument(
        "aligned",
        nargs="*",
        metavar="LABEL=FILE",
        help="tables with the columns mirna_seq, site_seq and mirna_importance; without a label, the name of the "
        "file is one; of one table the profile alone is given; - for stdin",
    )
    cli.add_output(parser, "profiles")
    parser.add_argument(
        "--correlations",
        metavar="FILE",
        help="write Pearson's and Spearman's correlation of all two sets to FILE: over all bases, median over "
        "pairs, and base by base",
    )
    parser.add_argument(
        "--agreement",
        metavar="FILE",
        help="write to FILE how many aligned pairs of bases all two sets have in common, and how many alignments",
    )
    parser.add_argument("--spread", metavar="FILE", help="write the spread over the runs of each set to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw all that (.png, .svg, .pdf)")
    parser.add_argument(
        "--scale",
        choices=("row", "none"),
        default="row",
        help="row: each pair by its largest importance in a set, so that all pairs count the same; none: as they "
        "are (default: row)",
    )
    parser.add_argument(
        "--length",
        type=cli.positive_int,
        default=20,
        metavar="NT",
        help="bases of the miRNA that are compared, from the 5' end, up to 100 (default: 20)",
    )
    assays = parser.add_argument_group("measured effects of mutations")
    assays.add_argument(
        "--mutagenesis",
        metavar="FILE",
        help="table with mirna_id or mirna_seq, position (base of the miRNA, from 1, or a range as 11-20, over "
        "which importances are averaged), value, and site_seq where a value is for this site alone",
    )
    assays.add_argument(
        "--measured",
        metavar="FILE",
        help="write the correlation of importances with the values of --mutagenesis to FILE",
    )
    cli.add_common(parser, threads=False)
    return parser


def _check(args: argparse.Namespace) -> None:
    from mirtools.errors import UsageError

    if args.length > 100:
        raise UsageError(f"argument --length: {args.length} is more than 100 bases; give a smaller number")
    if args.measured is not None and args.mutagenesis is None:
        raise UsageError("--measured needs measured values; give --mutagenesis FILE")
    if args.mutagenesis is not None and (args.measured, args.plot) == (None, None):
        raise UsageError("--mutagenesis needs an output; give --measured or --plot FILE")


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    _check(args)

    from mirtools.alignment.comparison import compare, parse_sources, read_aligned
    from mirtools.alignment.comparison_mutagenesis import COLUMNS, measure, mutagenesis_rows, read_assays
    from mirtools.alignment.comparison_statistics import (
        AGREEMENT_COLUMNS,
        CORRELATION_COLUMNS,
        PROFILE_COLUMNS,
        SPREAD_COLUMNS,
        Statistics,
        agreement_rows,
        correlation_rows,
        profile_rows,
        spread_rows,
        summary,
    )
    from mirtools.interactions import TableWriter
    from mirtools.plausible import no_rows_hint
    from mirtools.report.compare_figure import draw_comparison
    from mirtools.report.drawing import figure_format

    sources = parse_sources(args.aligned or [cli.stdin_default(None, "tables")], args.mutagenesis)
    # outputs that cannot be written are better known before the work than after it
    kind = "" if args.plot is None else figure_format(args.plot)
    figure = None if args.plot is None else run.outputs.open_binary(args.plot)
    streams = {key: run.outputs.open(path) for key in _TEXTS if (path := getattr(args, key)) is not None}

    def write(key: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        if key in streams:
            writer = TableWriter(streams[key], columns)
            for row in rows:
                writer.write(row)

    assays = [] if args.mutagenesis is None else read_assays(args.mutagenesis)
    tables = [
        read_aligned(source.path, args.length, run.dropped, lambda rows: run.progress(rows, "rows"))
        for source in sources
    ]
    comparison = compare(sources, tables, args.scale, run.dropped)
    measured = measure(comparison, assays, run.dropped)
    run.counts["pairs"] = len(comparison.pairs)
    if not comparison.pairs:
        run.hints.append(
            "no pair has an alignment in every table; are these explanations of the same pairs?"
            if run.dropped
            else no_rows_hint("every table")
        )
    statistics = Statistics(comparison)
    run.facts["sets"] = {
        label: [sources[at].path for at in own]
        for label, own in zip(comparison.labels, comparison.runs, strict=True)
    }
    run.facts["comparison"] = summary(statistics)

    write("output", PROFILE_COLUMNS, profile_rows(statistics))
    write("correlations", CORRELATION_COLUMNS, correlation_rows(statistics))
    write("agreement", AGREEMENT_COLUMNS, agreement_rows(statistics))
    write("spread", SPREAD_COLUMNS, spread_rows(statistics))
    write("measured", COLUMNS, mutagenesis_rows(comparison, measured))
    if figure is not None:
        draw_comparison(figure, kind, statistics, measured)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
