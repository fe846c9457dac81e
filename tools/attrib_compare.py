"""attrib-compare: how much importances depend on the model, the explainer, the background and the run."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  attrib-compare deep=deep.tsv gradient=gradient.tsv cnn=cnn.tsv --plot compare.png > profiles.tsv
  attrib-compare 10=ten_1.tsv 10=ten_2.tsv 100=hundred_1.tsv 100=hundred_2.tsv --spread spread.tsv -o profiles.tsv
  attrib-compare deep=deep.tsv ism=ism.tsv --mutagenesis mutations.tsv --measured table.tsv -o profiles.tsv

  mutations.tsv, tab-separated; the values here are invented:
  mirna_id       position  value
  dme-miR-7-5p   1         0.2
  dme-miR-7-5p   2         0.9
  dme-miR-7-5p   11-20     0.1
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "attrib-compare",
        "Compare the results of attrib-align for the same pairs with different models, explainers, backgrounds or "
        "seeds. Tables with the same label are runs of one set: their mean is compared with other sets, and their "
        "spread is reported. Pairs are identified by the sequences of miRNA and site; pairs that are missing, or "
        "without an alignment, in any table are dropped and counted. The output table holds the profile of each "
        "set: mean importance of every base of the miRNA, standard deviation over pairs, and over runs.",
        EXAMPLES,
    )
    parser.add_argument(
        "aligned",
        nargs="*",
        metavar="LABEL=FILE",
        help="tables with the columns mirna_seq, site_seq and mirna_importance; without a label, the file's name "
        "is used; for a single table, only the profile is computed; - for stdin",
    )
    cli.add_output(parser, "profiles")
    parser.add_argument(
        "--correlations",
        metavar="FILE",
        help="write Pearson's and Spearman's correlation of each two sets to FILE: over all bases, median over "
        "pairs, and for each base",
    )
    parser.add_argument(
        "--agreement",
        metavar="FILE",
        help="write to FILE which share of aligned pairs of bases, and of alignments, each two sets have in "
        "common",
    )
    parser.add_argument("--spread", metavar="FILE", help="write the spread over the runs of each set to FILE")
    parser.add_argument("--plot", metavar="FILE", help="draw the results (.png, .svg, .pdf)")
    parser.add_argument(
        "--scale",
        choices=("row", "none"),
        default="row",
        help="row: divide each pair by its largest importance in a set, so that all pairs have the same weight; "
        "none: do not divide (default: row)",
    )
    parser.add_argument(
        "--length",
        type=cli.positive_int,
        default=20,
        metavar="NT",
        help="number of bases of the miRNA to compare, from the 5' end, up to 100 (default: 20)",
    )
    _add_assays(parser.add_argument_group("measured effects of mutations"))
    cli.add_common(parser, threads=False)
    return parser


def _add_assays(assays: argparse._ArgumentGroup) -> None:
    assays.add_argument(
        "--mutagenesis",
        metavar="FILE",
        help="table with mirna_id or mirna_seq, position (base of the miRNA, from 1, or a range such as 11-20, "
        "over which importances are averaged), value, and site_seq if values are for one site only",
    )
    assays.add_argument(
        "--measured",
        metavar="FILE",
        help="write the correlation of importances with the values of --mutagenesis to FILE",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.comparison.run import CompareOutputs, compare_explanations
    from mirtools.comparison.settings import CompareSettings
    from mirtools.report.compare_figure import draw_comparison
    from mirtools.report.drawing import open_figure

    settings = CompareSettings.of(vars(args), aligned=args.aligned or [cli.stdin_default(None, "tables")])
    outputs = CompareOutputs(
        run.outputs.open(args.output),
        run.open(args.correlations),
        run.open(args.agreement),
        run.open(args.spread),
        run.open(args.measured),
        open_figure(run.outputs, args.plot, draw_comparison),
    )
    compare_explanations(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
