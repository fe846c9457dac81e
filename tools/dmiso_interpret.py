"""dmiso-interpret: what a model has learned, from its kernels and from masked bases."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-interpret --plot maps.png --logos logos.png labelled.tsv > maps.tsv
  dmiso-interpret --sample 20000 --motifs kernels.meme --compare JASPAR.txt --matches matches.tsv \\
      scored.tsv.gz -o maps.tsv
  dmiso-interpret --clusters mirnas.tsv --shared-targets clusters.tsv --clusters-plot clusters.png \\
      --model mine.safetensors labelled.tsv -o maps.tsv
"""

# arguments that name a file to be written
_TEXTS = ("output", "motifs", "kernels", "matches", "clusters", "shared_targets", "common_targets")
_FIGURES = ("plot", "logos", "clusters_plot")


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-interpret",
        "Show what a model looks at. Masking maps: every window of bases is hidden (N), the pair scored again, "
        "and the change of the score summed up by position, for miRNAs and sites, for all, positive and negative "
        "pairs. Positive pairs are those with label 1, in tables without labels those that the model predicts. "
        "Kernels as motifs: the 8-mer of every distinct sequence that excites a kernel most, "
        "one below the other; matches with known motifs come with a control, the same motifs with "
        "their positions in other orders. Clusters: miRNAs with similar maps, and the targets that they share.",
        EXAMPLES,
    )
    cli.add_pairs(parser)
    parser.add_argument(
        "--model",
        default="dmiso",
        metavar="NAME|FILE",
        help="bundled DMISO model or model file; for models on the pairing matrix: attrib-align (default: dmiso)",
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
    clusters = parser.add_argument_group("clusters of miRNAs (positive pairs alone)")
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
        help="number of clusters (default: from 2 to 10, as the silhouettes say)",
    )
    clusters.add_argument(
        "--min-pairs",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="leave out miRNAs with fewer positive pairs (default: 10)",
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
        raise UsageError("--compare and the pairs cannot both be standard input; name a file for one")


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    _check(args)

    from mirtools.errors import UsageError
    from mirtools.interactions import TableReader, TableWriter
    from mirtools.interpretation.clusters import (
        CLUSTER_COLUMNS,
        MIRNA_COLUMNS,
        TARGET_COLUMNS,
        cluster_mirnas,
        cluster_rows,
        mirna_rows,
        target_rows,
    )
    from mirtools.interpretation.comparison import (
        MATCH_COLUMNS,
        compare_with_control,
        comparison_summary,
        match_rows,
    )
    from mirtools.interpretation.complements import complements
    from mirtools.interpretation.kernels import KERNEL_COLUMNS, kernel_rows
    from mirtools.interpretation.masking import COLUMNS
    from mirtools.interpretation.motiffile import read_motifs, write_meme
    from mirtools.interpretation.pairs import read_pairs, sample
    from mirtools.interpretation.study import Study, masking_summary
    from mirtools.models.abundance import knows_abundance
    from mirtools.models.bundled import resolve_model
    from mirtools.models.inference import Predictor
    from mirtools.plausible import no_rows_hint
    from mirtools.report.drawing import figure_format
    from mirtools.report.interpretation_clusters import draw_clusters
    from mirtools.report.interpretation_logos import draw_logos
    from mirtools.report.interpretation_maps import draw_maps

    source = cli.stdin_default(args.pairs, "pairs")
    # outputs that cannot be written are better known before the work than after it
    kinds = {key: figure_format(path) for key in _FIGURES if (path := getattr(args, key)) is not None}
    figures = {key: run.outputs.open_binary(getattr(args, key)) for key in kinds}
    streams = {key: run.outputs.open(path) for key in _TEXTS if (path := getattr(args, key)) is not None}
    targets = [] if args.compare is None else read_motifs(args.compare)

    def write(key: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        writer = TableWriter(streams[key], columns)
        for row in rows:
            writer.write(row)

    model = resolve_model(args.model)
    if model.network is not None:
        raise UsageError(
            f"{model.name!a} is a model on the pairing matrix ({model.architecture}); this command reads DMISO "
            "models: give one, or explain it with attrib-align"
        )
    run.facts["model"] = {
        "name": model.name,
        "architecture": model.architecture,
        "sha256": model.checksum,
        "mirtools_version": model.version,
        "threshold": model.threshold,
    }
    run.say(f"model {model.name!a}, threshold {model.threshold:g}")
    if knows_abundance(model.weights):
        run.say("the model knows abundances; all miRNAs and targets are taken as of average abundance")
    pairs = read_pairs(TableReader(source, ("mirna_seq", "site_seq"), args.format))
    chosen = pairs if args.sample is None else sample(pairs, args.sample, args.seed)
    study = Study(model.weights, Predictor(model.weights), model.threshold, args.mask)
    for _ in study.passing(run.progress(chosen, "pairs", args.sample), run.threads):
        pass
    run.counts.update(study.maps.counts)
    if not study.maps.counts["pairs"]:
        run.hints.append(no_rows_hint("PAIRS"))
    run.counts["distinct_mirnas"] = study.sites["mirna"].sequences
    run.counts["distinct_sites"] = study.sites["site"].sequences
    run.facts["masking"] = masking_summary(study.maps)
    write("output", COLUMNS, study.maps.rows())
    if "plot" in figures:
        draw_maps(figures["plot"], kinds["plot"], study.maps)

    kernels = study.kernels(args.min_activation)
    motifs = [kernel.motif for kernel in kernels if kernel.motif is not None]
    run.counts["kernels_excited"] = len(motifs)
    known = compare_with_control(motifs, targets, args.both_strands, args.seed)
    if targets:
        run.facts["comparison"] = comparison_summary(known)
    if "motifs" in streams:
        write_meme(streams["motifs"], motifs, study.background())
    if "kernels" in streams:
        pairing = complements(kernels, args.seed)
        run.facts["complements"] = comparison_summary(pairing)
        backgrounds = {branch: sites.background() for branch, sites in study.sites.items()}
        write("kernels", KERNEL_COLUMNS, kernel_rows(kernels, backgrounds, known, pairing, args.max_evalue))
    if "matches" in streams:
        write("matches", MATCH_COLUMNS, match_rows(known.matches, args.max_evalue))
    if "logos" in figures:
        draw_logos(figures["logos"], kinds["logos"], kernels, known, args.max_evalue)

    if not {"clusters", "shared_targets", "common_targets", "clusters_plot"} & {*streams, *figures}:
        return
    clusters = cluster_mirnas(study.profiles.profiles(args.min_pairs, run.dropped), args.n_clusters, args.seed)
    run.counts["mirnas_clustered"] = len(clusters.of_mirna)
    run.counts["clusters"] = clusters.count
    if "clusters" in streams:
        write("clusters", MIRNA_COLUMNS, mirna_rows(clusters))
    if "shared_targets" in streams:
        write("shared_targets", CLUSTER_COLUMNS, cluster_rows(clusters))
    if "common_targets" in streams:
        write("common_targets", TARGET_COLUMNS, target_rows(clusters))
    if "clusters_plot" in figures:
        draw_clusters(figures["clusters_plot"], kinds["clusters_plot"], clusters, args.mask)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
