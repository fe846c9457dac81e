"""peak-narrow: find binding sites of miRNAs on transcripts to within a few bases, by explaining windows."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  peak-narrow --mirnas hsa-let-7a-5p --database mature.fa --targets utrs.fa > peaks.tsv
  peak-narrow --mirnas let7a.fa --targets lin28b.fa --plot peaks.png --known sites.bed -o peaks.tsv
  peak-narrow --threads 8 --mirnas mirnas.fa --targets cdna.fa.gz --pairs hits.tsv --bed peaks.bed -o peaks.tsv
  peak-narrow --shard 2/8 --mirnas mirnas.fa --targets cdna.fa.gz -o peaks.2.tsv.gz
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "peak-narrow",
        "Scan transcripts with a model that scores windows for a miRNA, explain the windows with rare scores, and "
        "combine the explanations base by base: peaks are narrower than a window, close sites are separated, and "
        "each peak has an alignment of miRNA and transcript.",
        EXAMPLES,
    )
    cli.add_mirnas(parser)
    parser.add_argument("--targets", required=True, metavar="FASTA", help="transcripts or 3'UTRs of any length")
    parser.add_argument(
        "--pairs",
        metavar="TABLE",
        help="scan only the pairs of mirna_id and target_id in TABLE (default: every miRNA on every target)",
    )
    parser.add_argument(
        "--model",
        default=None,
        metavar="NAME|FILE",
        help="bundled model or model file, on pairing matrices (default: the bundled one with the best "
        "validation)",
    )
    cli.add_shard(parser, "targets")
    cli.add_output(parser)
    also = parser.add_argument_group("more outputs")
    also.add_argument("--bed", metavar="FILE", help="peaks as BED with thick summits, sorted on each target")
    for option, what in (("score", "mean score of the windows over each base"), ("attribution", "attributions")):
        also.add_argument(
            f"--{option}-bedgraph",
            metavar="FILE",
            help=f"{what}, as bedGraph; for several miRNAs, one track per pair",
        )
    also.add_argument(
        "--plot", metavar="FILE", help="figure of both tracks, peaks and alignments (.png .svg .pdf)"
    )
    also.add_argument(
        "--plot-pairs",
        type=cli.positive_int,
        default=4,
        metavar="N",
        help="draw the first N pairs with a peak or a known site (default: 4)",
    )
    also.add_argument("--known", metavar="BED", help="known sites, drawn in grey; names are miRNAs")
    _add_explaining(parser.add_argument_group("explaining windows"))
    _add_finding(parser.add_argument_group("finding peaks"))
    cli.add_common(parser, seed=True)
    return parser


def _add_explaining(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--rare",
        type=cli.number(0, 1),
        default=None,
        metavar="P",
        help="explain windows, and report peaks, only where a window has a score that at most the share P of "
        "10,000 windows reaches with the same miRNA: windows of all targets, or of a random sequence if these "
        "have fewer than 100,000 nt (default: 0.001, with --threshold none)",
    )
    group.add_argument(
        "--threshold",
        type=cli.number(0, 1),
        default=None,
        metavar="P",
        help="explain windows with scores above P (default: 0.5); without --rare all of them, as the paper does "
        "with 0.5",
    )
    group.add_argument(
        "--explain-stride",
        type=cli.positive_int,
        default=None,
        metavar="NT",
        help="distance between the windows that are explained; all are scored (default: 2, with --threshold 1)",
    )
    group.add_argument(
        "--explainer",
        choices=("deep", "shap", "gradient", "ism", "masking"),
        default="deep",
        help="DeepSHAP; the same or expected gradients by the package shap; in-silico mutagenesis; masking, for "
        "DMISO models (default: deep)",
    )
    group.add_argument(
        "--background",
        type=cli.positive_int,
        default=20,
        metavar="N",
        help="number of background pairs, relative to which attributions are computed (default: 20)",
    )
    group.add_argument(
        "--background-pairs",
        metavar="TABLE",
        help="table of pairs from which they are drawn (default: the model's training pairs or their composition)",
    )


def _add_finding(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--smooth",
        type=cli.positive_int,
        default=5,
        metavar="NT",
        help="smooth attributions with a triangle that falls to 0 at NT; 1 for no smoothing (default: 5)",
    )
    group.add_argument(
        "--min-height",
        type=cli.number(0),
        default=0.01,
        metavar="A",
        help="smallest height of a peak of the smoothed attributions (default: 0.01)",
    )
    group.add_argument(
        "--min-prominence",
        type=cli.number(0, 1),
        default=0.2,
        metavar="F",
        help="smallest height above the valley to a higher peak, as a share of the peak's height (default: 0.2)",
    )
    group.add_argument(
        "--min-distance",
        type=cli.positive_int,
        default=8,
        metavar="NT",
        help="smallest distance of two peaks (default: 8)",
    )
    cli.add_gap_costs(group)


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.errors import UsageError
    from mirtools.io.bed import read_sites
    from mirtools.report.drawing import open_figure
    from mirtools.report.peaks_figure import PeaksFigure
    from mirtools.scan.run import NarrowOutputs, narrow
    from mirtools.scan.settings import NarrowSettings

    cli.read_once([*args.mirnas, args.database, args.targets, args.pairs, args.known, args.background_pairs])
    if args.known and not args.plot:
        raise UsageError("--known has no effect without --plot; give both")
    settings = NarrowSettings.of(vars(args))
    known = read_sites(args.known) if args.known else []
    figure = open_figure(run.outputs, args.plot, PeaksFigure)
    outputs = NarrowOutputs(
        run.outputs.open(args.output),
        run.open(args.bed),
        run.open(args.score_bedgraph),
        run.open(args.attribution_bedgraph),
        None if figure is None else figure(known, args.plot_pairs),
    )
    narrow(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
