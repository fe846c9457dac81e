"""sites-compare: which binding sites change between two conditions."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  sites-compare --samples samples.tsv --contrast knockdown control sites.tsv > changes.tsv
  sites-compare --samples samples.tsv --contrast knockdown control --relative mirna --plot changes.png sites.tsv \\
      > changes.tsv
  sites-compare --samples samples.tsv --contrast knockdown control --by mirna sites.tsv > mirnas.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "sites-compare",
        "Find binding sites, or pairs, genes, miRNAs or forms of miRNAs, that have more or fewer reads in "
        "condition A than in condition B. With replicates, PyDESeq2 tests for changes (pip install "
        "'mirtools[compare]'); two samples without replicates are compared by an exact test. One row per site, "
        "the surest changes first.",
        EXAMPLES,
    )
    parser.add_argument("sites", nargs="?", metavar="SITES", help="table of sites-merge; - for stdin")
    parser.add_argument(
        "--samples", required=True, metavar="TSV", help="sample sheet with the columns sample and condition"
    )
    parser.add_argument(
        "--contrast",
        nargs=2,
        required=True,
        metavar=("A", "B"),
        help="two conditions; log2 fold changes are those of A compared with B",
    )
    parser.add_argument(
        "--by",
        choices=("site", "pair", "gene", "mirna", "form"),
        default="site",
        help="what is compared; pair: miRNA and gene; form: exact miRNA or isomiR, in a table of sites-merge "
        "--by form (default: site)",
    )
    parser.add_argument(
        "--relative",
        choices=("mirna", "gene"),
        default=None,
        help="report changes relative to the change of the other reads of the same miRNA, or of the same gene, so "
        "that a change of its abundance is not reported as a change of binding",
    )
    parser.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="test only what has N reads in all samples of A and B together; others have p_value . (default: 10)",
    )
    cli.add_output(parser)
    parser.add_argument(
        "--plot",
        metavar="FILE",
        help="figure with fold changes by mean (MA) and by q-value (volcano), principal components and "
        "correlations of samples (.png .svg .pdf)",
    )
    cli.add_common(parser)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.report.drawing import open_figure
    from mirtools.report.sites_compare_figure import draw_comparison
    from mirtools.sites.compare import CompareSitesOutputs, compare_sites
    from mirtools.sites.settings_compare import CompareSitesSettings

    sites = cli.stdin_default(args.sites, "sites")
    cli.read_once([sites, args.samples])
    settings = CompareSitesSettings.of(vars(args), sites=sites)
    figure = open_figure(run.outputs, args.plot, draw_comparison)
    compare_sites(settings, CompareSitesOutputs(run.outputs.open(args.output), figure), run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
