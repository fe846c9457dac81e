"""dmiso-interpret: shows what a model has learned, from its kernels and from masked bases."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-interpret --plot maps.png --logos logos.png labelled.tsv > maps.tsv
  dmiso-interpret --sample 20000 --motifs kernels.meme --compare JASPAR.txt --matches matches.tsv \\
      scored.tsv.gz -o maps.tsv
  dmiso-interpret --clusters mirnas.tsv --shared-targets clusters.tsv --clusters-plot clusters.png \\
      --model mine.safetensors labelled.tsv -o maps.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-interpret",
        "Show what a model has learned. Masking maps: every window of bases is hidden (N), the pair is scored "
        "again, and the changes of the score are averaged by position, for miRNAs and sites, for all, positive "
        "and negative pairs. Positive pairs have label 1, or in tables without labels are predicted by the "
        "model. Kernels as motifs: alignments of the 8-mers that activate a kernel most, one per distinct "
        "sequence; comparisons with known motifs have a control, the same motifs with permuted positions. "
        "Clusters: miRNAs with similar maps, and the targets that they share.",
        EXAMPLES,
    )
    cli.add_pairs(parser)
    parser.add_argument(
        "--model",
        default="dmiso",
        metavar="NAME|FILE",
        help="bundled DMISO model or model file; for models on pairing matrices use attrib-align (default: dmiso)",
    )
    parser.add_argument(
        "--sample",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="use N random pairs of the table (default: all)",
    )
    cli.add_output(parser, "masking maps")
    maps = parser.add_argument_group("masking maps")
    maps.add_argument(
        "--mask",
        type=cli.positive_int,
        default=4,
        metavar="NT",
        help="bases masked at once, up to 20 (default: 4)",
    )
    maps.add_argument("--plot", metavar="FILE", help="draw the maps (.png, .svg, .pdf)")
    motifs = parser.add_argument_group("kernels as motifs")
    motifs.add_argument("--motifs", metavar="FILE", help="write the motifs in MEME format to FILE")
    motifs.add_argument(
        "--kernels",
        metavar="FILE",
        help="write a table of the kernels to FILE, each with its best reverse complement in the other branch",
    )
    motifs.add_argument("--logos", metavar="FILE", help="draw the motifs as sequence logos (.png, .svg, .pdf)")
    motifs.add_argument(
        "--min-activation",
        type=cli.number(0, 0.999),
        default=0.5,
        metavar="SHARE",
        help="align 8-mers above this share of the largest activation in the data (default: 0.5)",
    )
    motifs.add_argument("--compare", metavar="FILE", help="motifs to compare with, in MEME or JASPAR format")
    motifs.add_argument("--matches", metavar="FILE", help="write the similar motifs to FILE")
    motifs.add_argument(
        "--max-evalue",
        type=cli.number(0),
        default=10.0,
        metavar="E",
        help="list matches with an E-value of at most E (default: 10)",
    )
    motifs.add_argument(
        "--both-strands", action="store_true", help="compare with reverse complements, too (motifs of DNA)"
    )
    clusters = parser.add_argument_group("clusters of miRNAs (only positive pairs)")
    clusters.add_argument(
        "--clusters", metavar="FILE", help="write a table of the miRNAs and their clusters to FILE"
    )
    clusters.add_argument("--shared-targets", metavar="FILE", help="write a table of the clusters to FILE")
    clusters.add_argument(
        "--common-targets", metavar="FILE", help="write the targets that miRNAs of a cluster share to FILE"
    )
    clusters.add_argument("--clusters-plot", metavar="FILE", help="draw the clusters (.png, .svg, .pdf)")
    clusters.add_argument(
        "--n-clusters",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="number of clusters (default: the one from 2 to 10 with the best silhouettes)",
    )
    clusters.add_argument(
        "--min-pairs",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="drop miRNAs with fewer positive pairs (default: 10)",
    )
    cli.add_common(parser, seed=True)
    return parser


def _check(args: argparse.Namespace) -> None:
    from mirtools.errors import UsageError

    if args.mask > 20:
        raise UsageError(f"argument --mask: {args.mask} is more than 20 bases; give a smaller number")
    if args.matches is not None and args.compare is None:
        raise UsageError("--matches needs motifs to compare with; give --compare FILE")
    if args.compare is not None and args.matches is None and args.kernels is None and args.logos is None:
        raise UsageError("--compare needs an output; give --matches, --kernels or --logos FILE")
    if args.compare == "-" and args.pairs in (None, "-"):
        raise UsageError("--compare and the pairs cannot both be standard input; give a file for one")


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    _check(args)

    from mirtools.interpretation.run import InterpretOutputs, interpret
    from mirtools.interpretation.settings import InterpretSettings
    from mirtools.report.drawing import open_figure
    from mirtools.report.interpretation_clusters import draw_clusters
    from mirtools.report.interpretation_logos import draw_logos
    from mirtools.report.interpretation_maps import draw_maps

    settings = InterpretSettings.of(vars(args), pairs=cli.stdin_default(args.pairs, "pairs"))
    outputs = InterpretOutputs(
        run.outputs.open(args.output),
        open_figure(run.outputs, args.plot, draw_maps),
        run.open(args.motifs),
        run.open(args.kernels),
        run.open(args.matches),
        open_figure(run.outputs, args.logos, draw_logos),
        run.open(args.clusters),
        run.open(args.shared_targets),
        run.open(args.common_targets),
        open_figure(run.outputs, args.clusters_plot, draw_clusters),
    )
    interpret(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
