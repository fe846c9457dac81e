"""peak-evaluate: compare the peaks of peak-narrow with known sites."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  peak-evaluate --truth truth.bed peaks.tsv > sites.tsv
  peak-evaluate --truth truth.bed --targets planted.fa --max-distance 3 --plot found.png peaks.tsv > sites.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "peak-evaluate",
        "Compare peaks with known sites: which sites have a peak, which have a separate one, its distance from "
        "the site's centre, the widths of peaks of attributions and of scores, and how many peaks are false. The "
        "table has one row per known site; --json and --plot show the totals.",
        EXAMPLES,
    )
    parser.add_argument("peaks", nargs="?", metavar="PEAKS", help="table of peak-narrow; - for stdin")
    parser.add_argument(
        "--truth", required=True, metavar="BED", help="known sites: target, start, end, and miRNA (or . for any)"
    )
    parser.add_argument(
        "--max-distance",
        type=cli.whole_number,
        default=0,
        metavar="NT",
        help="largest distance of a summit from its site (default: 0, inside)",
    )
    parser.add_argument("--targets", metavar="FASTA", help="the scanned targets, to report false peaks per kb")
    cli.add_output(parser)
    parser.add_argument("--plot", metavar="FILE", help="figure of the results (.png .svg .pdf)")
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.report.drawing import open_figure
    from mirtools.report.peaks_evaluation_figure import draw_evaluation
    from mirtools.scan.run import PeakEvaluationOutputs, evaluate_peaks
    from mirtools.scan.settings import PeakEvaluationSettings

    peaks = cli.stdin_default(args.peaks, "peaks")
    cli.read_once([peaks, args.truth, args.targets])
    figure = open_figure(run.outputs, args.plot, draw_evaluation)
    settings = PeakEvaluationSettings.of(vars(args), peaks=peaks)
    evaluate_peaks(settings, PeakEvaluationOutputs(run.outputs.open(args.output), figure), run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
