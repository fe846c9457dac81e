"""dmiso-predict: the probability that a miRNA or isomiR interacts with a site."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mirtools import cli

if TYPE_CHECKING:
    from mirtools.models.encoder import Encoder
    from mirtools.models.modelfile import Model
    from mirtools.models.tiling import Tiling

EXAMPLES = """\
  dmiso-predict pairs.tsv > scored.tsv
  dmiso-predict --mirnas mirnas.fa --targets utrs.fa --best -o hits.tsv.gz
  dmiso-predict --mirnas mirnas.fa --targets cdna.fa --background 0.001 --predicted --genes genes.tsv -o hits.tsv
  dmiso-predict --mirnas mirnas.fa --targets cdna.fa --best --bed sites.bed --gtf annotation.gtf.gz -o best.tsv
  dmiso-predict --shard 2/8 --mirnas mirnas.fa --targets cdna.fa -o hits.2.tsv.gz
  dmiso-predict --model mine.safetensors --format dmiso pairs.txt
"""
_SCAN_ONLY = ("best", "predicted", "background", "genes", "gene_table", "bed", "gtf")


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-predict",
        "Score miRNA-target pairs: every row comes back with the model's probability (score) and a prediction, 1 "
        "where the score is above the model's threshold. Or score every miRNA of a FASTA file against overlapping "
        "windows of every target of another. Models on the pairing matrix share work between windows. TensorFlow "
        "is not needed.",
        EXAMPLES,
    )
    cli.add_pairs(parser)
    parser.add_argument(
        "--long-sites",
        choices=("windows", "centre"),
        default=None,
        help="pairs with sites longer than the model sees (dmiso: 60 nt): score overlapping windows, cut by "
        "--window and --stride, of which the best counts and is named in window_start and window_end; or the "
        "centre alone (default: windows)",
    )
    parser.add_argument(
        "--model",
        default=None,
        metavar="NAME|FILE",
        help="bundled model or model file (default: the bundled model that validates best)",
    )
    parser.add_argument(
        "--threshold",
        type=cli.number(0, 1),
        default=None,
        metavar="P",
        help="predict an interaction where the score is above P (default: the model's)",
    )
    parser.add_argument(
        "--backend",
        choices=("numpy", "tensorflow"),
        default="numpy",
        help="tensorflow uses a graphics card; on a processor numpy is faster (default: numpy)",
    )
    cli.add_shard(parser, "rows or targets")
    cli.add_output(parser)
    windows = parser.add_argument_group("every miRNA against every target")
    windows.add_argument("--mirnas", metavar="FASTA", help="miRNAs or isomiRs")
    windows.add_argument("--targets", metavar="FASTA", help="transcripts, 3'UTRs or sites of any length")
    windows.add_argument(
        "--window",
        type=cli.positive_int,
        default=None,
        metavar="NT",
        help="width of a window (default: what the model sees of a site, its most; dmiso: 60)",
    )
    windows.add_argument(
        "--stride", type=cli.positive_int, default=10, metavar="NT", help="between window starts (default: 10)"
    )
    windows.add_argument("--best", action="store_true", help="only the best window of a miRNA on a target")
    windows.add_argument(
        "--predicted", action="store_true", help="only windows (and genes) that are predicted to interact"
    )
    windows.add_argument(
        "--background",
        type=cli.number(0, 1),
        default=None,
        metavar="P",
        help="predict only where at most the share P of 10,000 windows, drawn evenly from all targets, scores as "
        "high with the same miRNA; adds the column background with that share",
    )
    windows.add_argument(
        "--genes",
        metavar="FILE",
        help="also write a table of miRNAs and genes: targets, windows, sites, and the best window; of predicted "
        "windows that overlap the highest is a site",
    )
    windows.add_argument(
        "--gene-table",
        metavar="FILE",
        help="table with target_id and gene_id (default: genes are read from the FASTA headers of GENCODE, "
        "Ensembl, BioMart, RefSeq, hyb, FlyBase, WormBase, TAIR and others; else each target is its own)",
    )
    windows.add_argument("--bed", metavar="FILE", help="also write the sites as sorted BED12")
    windows.add_argument("--gtf", metavar="FILE", help="GTF or GFF3 that places the BED12 on the genome")
    cli.add_common(parser)
    return parser


def _check(args: argparse.Namespace) -> bool:
    """Tell whether windows are asked for; raises UsageError for options that exclude each other."""
    from mirtools.errors import UsageError
    from mirtools.models.shards import must_be_file

    scan = args.mirnas is not None or args.targets is not None
    if scan and (args.mirnas is None or args.targets is None):
        raise UsageError("--mirnas and --targets belong together; give both, or a table of pairs")
    if scan and args.pairs is not None:
        raise UsageError("give a table of pairs or --mirnas and --targets, not both")
    if scan and args.mirnas == args.targets == "-":
        raise UsageError("--mirnas and --targets cannot both be standard input; name a file for one")
    if scan and (args.long_sites or args.format == "dmiso"):
        raise UsageError("--format and --long-sites are for tables of pairs; leave them out with --targets")
    for name in _SCAN_ONLY:
        if not scan and getattr(args, name) not in (None, False):
            raise UsageError(f"--{name.replace('_', '-')} needs --mirnas and --targets")
    for needed, name in (("genes", "gene_table"), ("bed", "gtf")):
        if getattr(args, name) and not getattr(args, needed):
            raise UsageError(f"--{name.replace('_', '-')} does nothing without --{needed}; give both")
    if args.shard and args.genes:
        raise UsageError("--genes needs all targets of a gene in one run; leave --shard out")
    if args.shard:
        must_be_file((args.targets if scan else args.pairs) or "-", "--shard")
    for name in ("gtf", "background"):
        if getattr(args, name) is not None:
            must_be_file(args.targets, f"--{name}")
    return scan


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    scan = _check(args)

    from mirtools.models.bundled import resolve_model
    from mirtools.models.encoder import encoder_of
    from mirtools.models.tiling import Tiling

    model = resolve_model(args.model)
    encoder = encoder_of(model.network)
    tiling = Tiling(_window(args.window, encoder), args.stride)
    threshold = model.threshold if args.threshold is None else args.threshold
    run.facts["model"] = {
        "name": model.name,
        "architecture": model.architecture,
        "sha256": model.checksum,
        "mirtools_version": model.version,
        "threshold": threshold,
    }
    run.say(f"model {model.name!a}, threshold {threshold:g}")
    if scan:
        _scan(args, run, model, encoder, tiling, threshold)
    else:
        _score_pairs(args, run, model, encoder, tiling, threshold)


def _window(wanted: int | None, encoder: Encoder) -> int:
    """Return the width of windows; raises UsageError where it is more than the model sees."""
    from mirtools.errors import UsageError

    if wanted is not None and wanted > encoder.site_length:
        most = encoder.site_length
        problem = f"{wanted} is more than the {most} nt that the model sees; use {most} or less"
        raise UsageError(f"argument --window: {problem}")
    return wanted or encoder.site_length


def _score_pairs(
    args: argparse.Namespace, run: cli.Run, model: Model, encoder: Encoder, tiling: Tiling, threshold: float
) -> None:
    from mirtools.interactions import TableReader, TableWriter
    from mirtools.models.abundance import knows_abundance
    from mirtools.models.pairs import PairScores
    from mirtools.models.scorers import pair_scorer
    from mirtools.models.shards import row_share
    from mirtools.plausible import no_rows_hint

    scorer = pair_scorer(model.weights, model.network, args.backend)
    path = cli.stdin_default(args.pairs, "pairs")
    chosen = row_share(path, args.format, args.shard) if args.shard else None
    reader = TableReader(path, ("mirna_seq", "site_seq"), args.format)
    scores = PairScores(
        reader,
        scorer,
        threshold,
        None if args.long_sites == "centre" else tiling,
        model.weights if knows_abundance(model.weights) else None,
        encoder,
    )
    writer = TableWriter(run.outputs.open(args.output), scores.columns)
    for row in run.progress(scores.rows(run.threads, chosen), "pairs"):
        writer.write(row)
    run.counts.update(scores.counts)
    if not scores.counts["pairs"] and not args.shard:
        run.hints.append(no_rows_hint("PAIRS"))


def _scan(
    args: argparse.Namespace, run: cli.Run, model: Model, encoder: Encoder, tiling: Tiling, threshold: float
) -> None:
    import numpy as np

    from mirtools.genes import Genes, read_genes
    from mirtools.gtf import read_placements
    from mirtools.interactions import TableWriter
    from mirtools.models.abundance import knows_abundance
    from mirtools.models.background import background_of, draw
    from mirtools.models.scorers import window_scorer
    from mirtools.models.shards import survey, target_share, targets_of
    from mirtools.models.sites import GENE_COLUMNS, GeneSummary, SiteBed, sites_of
    from mirtools.models.windows import Selection, lines, scan
    from mirtools.plausible import above_hint, mirnas_hint
    from mirtools.sequences import read_mirnas

    if knows_abundance(model.weights):
        run.say("the model knows abundances; all miRNAs and targets are taken as equally abundant")
    mirnas = read_mirnas(args.mirnas, encoder.read)
    surveyed = args.shard or args.gtf or args.background is not None
    transcripts = survey(args.targets, encoder.read) if surveyed else []
    chosen = target_share(transcripts, tiling, args.shard) if args.shard else None
    table = run.outputs.open(args.output)
    genes = bed = None
    gene_names = Genes(read_genes(args.gene_table) if args.gene_table else None)
    if args.bed:
        bed = SiteBed(read_placements(args.gtf, transcripts) if args.gtf else None), run.outputs.open(args.bed)
    scorer = window_scorer(model, [mirna.sequence for mirna in mirnas], args.backend)
    threads = 1 if args.backend == "tensorflow" else run.threads
    thresholds, background = np.full(len(mirnas), threshold), None
    if args.background is not None:
        lengths = [transcript.length for transcript in transcripts]
        sample = draw(targets_of(args.targets, None, encoder.read), lengths, tiling, encoder)
        background = background_of(scorer, len(mirnas), sample, threads)
        thresholds = background.thresholds(args.background, threshold)
        run.counts["background_windows"] = len(sample)
    if args.genes:
        genes = GeneSummary(mirnas, gene_names, thresholds), run.outputs.open(args.genes)
    selection = Selection(thresholds, args.best, args.predicted, background)
    TableWriter(table, selection.columns)  # writes the header
    run.counts["predicted_interactions"] = 0
    highest = 0.0
    targets = targets_of(args.targets, chosen, encoder.read, run.counts)
    found = scan(mirnas, targets, scorer, tiling, threads, run.counts, encoder)
    for scores in run.progress(found, "targets"):
        table.writelines(lines(scores, selection, run.counts))
        highest = max(highest, float(scores.scores.max(initial=0)))
        if genes or bed:
            sites = sites_of(scores, thresholds)
            run.counts["sites"] += sum(map(len, sites))
        if genes:
            genes[0].add(scores, sites)
        if bed:
            bed[0].add(scores, sites)
    if hint := mirnas_hint([len(mirna.sequence) for mirna in mirnas]):
        run.hints.append(hint)
    elif run.counts["windows"] and not run.counts["predicted_interactions"] and not args.shard:
        windows = f"{run.counts['windows']:,} windows"
        run.hints.append(above_hint(windows, "--threshold", float(thresholds.min()), highest))
    if genes:
        run.counts["genes"] = len(genes[0])
        writer = TableWriter(genes[1], GENE_COLUMNS)
        for row in genes[0].rows(args.predicted):
            writer.write(row)
    if bed:
        bed[0].write(bed[1])
        run.dropped.update({f"bed_{reason}": count for reason, count in bed[0].unplaced.items()})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
