"""dmiso-predict: the probability that a miRNA or isomiR interacts with a site."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-predict pairs.tsv > scored.tsv
  dmiso-predict --mirnas hsa-let-7a-5p --database mature.fa --targets cdna.fa --predicted --sort score -o hits.tsv
  dmiso-predict --mirnas mirnas.fa --targets cdna.fa --predicted --genes genes.tsv --bed sites.bed -o hits.tsv
  dmiso-predict --mirnas mirnas.fa --targets cdna.fa --best --bed sites.bed --gtf annotation.gtf.gz -o best.tsv
  dmiso-predict --shard 2/8 --mirnas mirnas.fa --targets cdna.fa -o hits.2.tsv.gz
  dmiso-predict --model mine.safetensors --format dmiso pairs.txt
"""
_SCAN_ONLY = ("database", "best", "predicted", "background", "genes", "gene_table", "bed", "regions", "gtf")


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-predict",
        "Score miRNA-target pairs: adds the model's probability (score) to every row, and a prediction, 1 if the "
        "score is above the model's threshold. Or score miRNAs on overlapping windows of every target of a FASTA "
        "file, and predict the windows whose score is rare. Models on the pairing matrix share work between "
        "windows. TensorFlow is not needed.",
        EXAMPLES,
    )
    cli.add_pairs(parser)
    parser.add_argument(
        "--long-sites",
        choices=("windows", "centre"),
        default=None,
        help="for sites longer than the model's input (mirbind: 50 nt, dmiso: 60 nt): score overlapping windows "
        "(see --window and --stride) and report the best one, with its window_start and window_end; or score "
        "only the centre (default: windows)",
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
        help="predict an interaction if the score is above P (default: the model's, and in scans --background)",
    )
    parser.add_argument(
        "--backend",
        choices=("numpy", "tensorflow"),
        default="numpy",
        help="tensorflow uses a graphics card; on a processor numpy is faster (default: numpy)",
    )
    cli.add_shard(parser, "rows or targets")
    cli.add_output(parser)
    _add_scan(parser.add_argument_group("every miRNA against every target"))
    _add_annotation(parser.add_argument_group("what is known of the targets"))
    cli.add_common(parser)
    return parser


def _add_scan(group: argparse._ArgumentGroup) -> None:
    cli.add_mirnas(group, required=False)
    group.add_argument("--targets", metavar="FASTA", help="transcripts, 3'UTRs or sites of any length")
    group.add_argument(
        "--window",
        type=cli.positive_int,
        default=None,
        metavar="NT",
        help="width of a window (default and maximum: the model's site length; mirbind: 50, dmiso: 60)",
    )
    group.add_argument(
        "--stride",
        type=cli.positive_int,
        default=10,
        metavar="NT",
        help="distance between window starts (default: 10)",
    )
    group.add_argument(
        "--best", action="store_true", help="write only the best window of each miRNA on each target"
    )
    group.add_argument(
        "--predicted", action="store_true", help="write only windows (and genes) that are predicted to interact"
    )
    group.add_argument(
        "--background",
        type=cli.number(0, 1),
        default=None,
        metavar="P",
        help="predict an interaction only if at most the share P of 10,000 windows reaches the score with the "
        "same miRNA: windows of all targets, or of a random sequence if these have fewer than 100,000 nt; adds "
        "the column background with that share (default: 0.001, with --threshold none)",
    )
    group.add_argument(
        "--sort",
        choices=("target", "score"),
        default="target",
        help="order of the windows: by target as in FASTA, or highest score first (default: target)",
    )
    group.add_argument(
        "--genes",
        metavar="FILE",
        help="also write a table of miRNAs and genes: targets, windows, sites, and the best window; each seed "
        "match of 7 bases in a predicted window is a site, and of other overlapping ones the highest",
    )
    group.add_argument("--bed", metavar="FILE", help="also write the sites as sorted BED12")


def _add_annotation(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--gene-table",
        metavar="FILE",
        help="table with target_id and gene_id (default: genes are read from the FASTA headers of GENCODE, "
        "Ensembl, BioMart, RefSeq, hyb, FlyBase, WormBase, TAIR and others; else each target is its own gene)",
    )
    group.add_argument(
        "--regions",
        metavar="FILE",
        help="table with the columns target_id, cds_start and cds_end, 0-based and half-open (default: regions in "
        "GENCODE's FASTA headers)",
    )
    group.add_argument(
        "--gtf", metavar="FILE", help="GTF or GFF3 file: regions, genes, and genomic positions for --bed"
    )


def _check(args: argparse.Namespace) -> bool:
    """Return whether to score windows; raises UsageError for options that exclude each other."""
    from mirtools.errors import UsageError

    scan = args.mirnas is not None or args.targets is not None
    if scan and (args.mirnas is None or args.targets is None):
        raise UsageError("--mirnas and --targets belong together; give both, or a table of pairs")
    if scan and args.pairs is not None:
        raise UsageError("give a table of pairs or --mirnas and --targets, not both")
    if scan and "-" in args.mirnas and args.targets == "-":
        raise UsageError("--mirnas and --targets cannot both be standard input; name a file for one")
    if scan and (args.long_sites or args.format == "dmiso"):
        raise UsageError("--format and --long-sites are for tables of pairs; omit them with --targets")
    for name in _SCAN_ONLY:
        if not scan and getattr(args, name) not in (None, False):
            raise UsageError(f"--{name.replace('_', '-')} needs --mirnas and --targets")
    if not scan and args.sort != "target":
        raise UsageError("--sort needs --mirnas and --targets")
    if args.shard and args.genes:
        raise UsageError("--genes needs all targets of a gene in one run; omit --shard")
    return scan


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    scan = _check(args)

    from mirtools.prediction.run import PredictOutputs, ScanOutputs, predict_pairs, predict_targets
    from mirtools.prediction.settings import PredictSettings, ScanSettings

    if scan:
        settings = ScanSettings.of(vars(args))
        files = run.outputs.open(args.output), run.open(args.genes), run.open(args.bed)
        predict_targets(settings, ScanOutputs(*files), run)
    else:
        pairs = cli.stdin_default(args.pairs, "pairs")
        outputs = PredictOutputs(run.outputs.open(args.output))
        predict_pairs(PredictSettings.of(vars(args), pairs=pairs), outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
