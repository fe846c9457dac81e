"""peak-narrow: where on transcripts miRNAs bind, to a few bases, by explaining the windows that score high."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from mirtools import cli

if TYPE_CHECKING:
    from mirtools.attribution.explainer import PairExplainer
    from mirtools.models.modelfile import Model
    from mirtools.scan.bed import BedLine
    from mirtools.scan.narrow import Narrower

EXAMPLES = """\
  peak-narrow --mirnas mirnas.fa --targets utrs.fa > peaks.tsv
  peak-narrow --mirnas let7a.fa --targets lin28b.fa --plot peaks.png --known sites.bed -o peaks.tsv
  peak-narrow --threads 8 --mirnas mirnas.fa --targets cdna.fa.gz --pairs hits.tsv --bed peaks.bed -o peaks.tsv
  peak-narrow --shard 2/8 --mirnas mirnas.fa --targets cdna.fa.gz -o peaks.2.tsv.gz
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "peak-narrow",
        "Scan transcripts with a model of which windows bind a miRNA, explain the windows that score high, and "
        "gather the explanations base by base: peaks are narrower than a window, sites that lie close together "
        "come out apart, and each peak comes with an alignment of miRNA and transcript.",
        EXAMPLES,
    )
    parser.add_argument("--mirnas", required=True, metavar="FASTA", help="miRNAs or isomiRs")
    parser.add_argument("--targets", required=True, metavar="FASTA", help="transcripts or 3'UTRs of any length")
    parser.add_argument(
        "--pairs",
        metavar="TABLE",
        help="only the pairs of mirna_id and target_id that occur in TABLE (default: every miRNA on every target)",
    )
    parser.add_argument(
        "--model",
        default=None,
        metavar="NAME|FILE",
        help="bundled model or model file, on pairing matrices (default: the one that validates best)",
    )
    cli.add_shard(parser, "targets")
    cli.add_output(parser)
    also = parser.add_argument_group("more outputs")
    also.add_argument("--bed", metavar="FILE", help="peaks as BED, thick the summit; by position on each target")
    for option, what in (("score", "mean score of the windows over each base"), ("attribution", "attributions")):
        also.add_argument(
            f"--{option}-bedgraph",
            metavar="FILE",
            help=f"{what}, as bedGraph; where there are several miRNAs, a track for each pair",
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
        "--threshold",
        type=cli.number(0, 1),
        default=0.5,
        metavar="P",
        help="explain windows that score above P (default: 0.5)",
    )
    group.add_argument(
        "--explain-stride",
        type=cli.positive_int,
        default=1,
        metavar="NT",
        help="explain only windows this far apart; all are scored (default: 1)",
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
        help="background pairs that attributions are relative to (default: 20)",
    )
    group.add_argument(
        "--background-pairs",
        metavar="TABLE",
        help="draw them from this table of pairs (default: from the model's training pairs or their composition)",
    )


def _add_finding(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--smooth",
        type=cli.positive_int,
        default=5,
        metavar="NT",
        help="smooth attributions with a triangle that falls to 0 within NT; 1 for none (default: 5)",
    )
    group.add_argument(
        "--min-height",
        type=cli.number(0),
        default=0.01,
        metavar="A",
        help="least height of a peak of the smoothed attributions (default: 0.01)",
    )
    group.add_argument(
        "--min-prominence",
        type=cli.number(0, 1),
        default=0.2,
        metavar="F",
        help="how far a peak stands out above the valley to a higher one, as a share of its height (default: 0.2)",
    )
    group.add_argument(
        "--min-distance",
        type=cli.positive_int,
        default=8,
        metavar="NT",
        help="least distance of two peaks (default: 8)",
    )
    cli.add_gap_costs(group)


def _check(args: argparse.Namespace) -> str | None:
    """Return the figure's format; raises UsageError for options that exclude each other."""
    from mirtools.errors import UsageError
    from mirtools.models.shards import must_be_file
    from mirtools.report.drawing import figure_format

    inputs = [args.mirnas, args.targets, args.pairs, args.known, args.background_pairs]
    if inputs.count("-") > 1:
        raise UsageError("only one input can be standard input; name files for the others")
    if args.known and not args.plot:
        raise UsageError("--known does nothing without --plot; give both")
    opening, extension = args.gap_percentiles
    if extension > opening:
        raise UsageError("argument --gap-percentiles: opening a gap costs at least as much as extending it")
    if args.shard:
        must_be_file(args.targets, "--shard")
    return figure_format(args.plot) if args.plot else None


def _narrower(args: argparse.Namespace, model: Model, explainer: PairExplainer, mirnas: Sequence[str]) -> Narrower:
    from mirtools.alignment.align import Costs
    from mirtools.alignment.explained import pairing_of
    from mirtools.models.encoder import encoder_of
    from mirtools.scan.narrow import Narrower, WindowSettings, transcript_scorer
    from mirtools.scan.peaks import PeakFinder, PeakRules

    rules = PeakRules(args.smooth, args.min_height, args.min_prominence, args.min_distance)
    opening, extension = args.gap_percentiles
    costs = Costs(opening, extension, args.gap_scale)
    encoder = encoder_of(model.network)
    finder = PeakFinder(pairing_of(model), costs, rules, encoder.site_length)
    settings = WindowSettings(args.threshold, args.explain_stride)
    return Narrower(encoder, transcript_scorer(model, mirnas), explainer, finder, settings)


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    kind = _check(args)

    from mirtools.alignment.explained import described, explained_model, explainer_of
    from mirtools.errors import UsageError
    from mirtools.interactions import TableWriter
    from mirtools.models.encoder import encoder_of
    from mirtools.models.shards import survey, target_share, targets_of
    from mirtools.models.tiling import Tiling
    from mirtools.report.peaks_figure import PeaksFigure
    from mirtools.scan.bed import read_sites, write_bed, write_bedgraph
    from mirtools.scan.narrow import pairs_of
    from mirtools.scan.table import COLUMNS, bed_lines, read_pairs, rows
    from mirtools.sequences import read_mirnas

    model = explained_model(args.model)
    run.facts["model"] = {
        "name": model.name,
        "architecture": model.architecture,
        "sha256": model.checksum,
        "mirtools_version": model.version,
    }
    run.say(f"model {model.name!a}, windows above {args.threshold:g} are explained")
    encoder = encoder_of(model.network)
    if args.explain_stride > encoder.site_length:
        length = encoder.site_length
        raise UsageError(
            f"argument --explain-stride: is more than the {length} nt of a window; bases would be left out"
        )
    read = encoder.read
    mirnas = read_mirnas(args.mirnas, read)
    explainer = explainer_of(model, args.explainer, args.background, args.background_pairs, args.seed)
    narrower = _narrower(args, model, explainer, [mirna.sequence for mirna in mirnas])
    only = None if args.pairs is None else read_pairs(args.pairs)
    known = read_sites(args.known) if args.known else []
    figure = PeaksFigure(known, args.plot_pairs)
    plot = run.outputs.open_binary(args.plot) if args.plot else None
    table = TableWriter(run.outputs.open(args.output), COLUMNS)
    bed = run.outputs.open(args.bed) if args.bed else None
    graphs = [
        run.outputs.open(path) if path else None for path in (args.score_bedgraph, args.attribution_bedgraph)
    ]
    chosen = (
        target_share(survey(args.targets, read), Tiling(encoder.site_length, 1), args.shard)
        if args.shard
        else None
    )
    cropped = sum(len(encoder.mirna(mirna.sequence)) < len(mirna.sequence) for mirna in mirnas)
    run.counts.update({"mirnas": len(mirnas), "mirnas_cropped": cropped, "targets": 0})
    highest = 0.0
    targets = run.progress(targets_of(args.targets, chosen, read, run.counts), "targets")
    results = narrower.run(pairs_of(mirnas, targets, only, run.counts), run.threads)
    for name, group in groupby(results, key=lambda found: found.target.name):
        lines: list[BedLine] = []
        for found in group:
            for row in rows(found):
                table.write(row)
            lines += bed_lines(found)
            title = f"{found.mirna.name} on {name}" if len(mirnas) > 1 else ""
            for graph, track in zip(graphs, (found.score_track, found.attribution_track), strict=True):
                if graph is not None:
                    write_bedgraph(graph, name, track, title)
            figure.add(found)
            highest = max(highest, float(found.scores.max(initial=0)))
        if bed is not None:
            write_bed(bed, name, lines)
    run.counts.update(narrower.counts)
    if only is not None and not args.shard:
        run.dropped["pairs_not_in_fasta"] = len(only) - run.counts["pairs"]
    run.hints += _hints(args, run, [len(mirna.sequence) for mirna in mirnas], highest)
    run.facts["explainer"] = described(model, explainer, narrower.gap)
    if kind is not None and plot is not None:
        figure.draw(plot, kind)


def _hints(args: argparse.Namespace, run: cli.Run, lengths: Sequence[int], highest: float) -> list[str]:
    from mirtools.plausible import above_hint, mirnas_hint

    if hint := mirnas_hint(lengths):
        return [hint]
    counts = run.counts
    if counts["peaks"] or args.shard:
        return []
    if not counts["pairs"]:
        return ["no pair of --pairs is among --mirnas and --targets; are the names those of the FASTA files?"]
    if not counts["windows"]:
        return ["all --targets are shorter than a window of the model; give longer ones"]
    if not counts["windows_above_threshold"]:
        return [above_hint(f"{counts['windows']:,} windows", "--threshold", args.threshold, highest)]
    return []


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
