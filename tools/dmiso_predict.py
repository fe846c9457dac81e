"""dmiso-predict: the probability that a miRNA or isomiR interacts with a site."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-predict pairs.tsv > scored.tsv
  dmiso-predict --mirnas mirnas.fa --targets utrs.fa --best -o hits.tsv.gz
  dmiso-predict --model mine.safetensors --format dmiso pairs.txt
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-predict",
        "Score miRNA-target pairs: every row comes back with the model's probability (score) and a prediction, 1 "
        "where the score is above the model's threshold. Or score every miRNA of a FASTA file against overlapping "
        "windows of every target of another. TensorFlow is not needed.",
        EXAMPLES,
    )
    parser.add_argument(
        "pairs",
        nargs="?",
        metavar="PAIRS",
        help="table with the columns mirna_seq and site_seq, others pass through; - for stdin",
    )
    parser.add_argument(
        "--format",
        choices=("table", "dmiso"),
        default="table",
        help="dmiso: four columns without header, miRNA and target identifiers, miRNA and site (default: table)",
    )
    parser.add_argument(
        "--model", default="dmiso", metavar="NAME|FILE", help="bundled model or model file (default: dmiso)"
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
    cli.add_output(parser)
    windows = parser.add_argument_group("every miRNA against every target")
    windows.add_argument("--mirnas", metavar="FASTA", help="miRNAs or isomiRs")
    windows.add_argument("--targets", metavar="FASTA", help="transcripts, 3'UTRs or sites of any length")
    windows.add_argument(
        "--window",
        type=cli.positive_int,
        default=60,
        metavar="NT",
        help="width of a window, up to 60 (default: 60)",
    )
    windows.add_argument(
        "--stride", type=cli.positive_int, default=10, metavar="NT", help="between window starts (default: 10)"
    )
    windows.add_argument("--best", action="store_true", help="only the best window of a miRNA on a target")
    cli.add_common(parser)
    return parser


def _check(args: argparse.Namespace) -> bool:
    """Tell whether windows are asked for; raises UsageError for options that exclude each other."""
    from mirtools.errors import UsageError

    scan = args.mirnas is not None or args.targets is not None
    if scan and (args.mirnas is None or args.targets is None):
        raise UsageError("--mirnas and --targets belong together; give both, or a table of pairs")
    if scan and args.pairs is not None:
        raise UsageError("give a table of pairs or --mirnas and --targets, not both")
    if args.window > 60:
        raise UsageError(
            f"argument --window: {args.window} is more than the 60 nt that the model sees; use 60 or less"
        )
    if scan and args.mirnas == args.targets == "-":
        raise UsageError("--mirnas and --targets cannot both be standard input; name a file for one")
    return scan


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    scan = _check(args)

    from mirtools.interactions import TableReader, TableWriter
    from mirtools.models.bundled import resolve_model
    from mirtools.models.pairs import PairScores, Scorer

    model = resolve_model(args.model)
    threshold = model.threshold if args.threshold is None else args.threshold
    run.facts["model"] = {
        "name": model.name,
        "architecture": model.architecture,
        "sha256": model.checksum,
        "mirtools_version": model.version,
        "threshold": threshold,
    }
    run.say(f"model {model.name!a}, threshold {threshold:g}")
    scorer: Scorer
    if args.backend == "tensorflow":
        from mirtools.models.keras_backend import KerasPredictor

        scorer = KerasPredictor(model.weights)
    else:
        from mirtools.models.inference import Predictor

        scorer = Predictor(model.weights)

    if scan:
        from mirtools.models.windows import COLUMNS, Tiling
        from mirtools.models.windows import scan as scan_targets
        from mirtools.sequences import read_references

        tiling = Tiling(args.window, args.stride, args.best)
        mirnas, targets = read_references(args.mirnas), read_references(args.targets)
        writer = TableWriter(run.outputs.open(args.output), COLUMNS)
        rows = scan_targets(mirnas, targets, scorer, threshold, tiling, run.threads, run.counts)
        for row in run.progress(rows, "windows"):
            writer.write(row)
        return
    reader = TableReader(cli.stdin_default(args.pairs, "pairs"), ("mirna_seq", "site_seq"), args.format)
    scores = PairScores(reader, scorer, threshold)
    writer = TableWriter(run.outputs.open(args.output), scores.columns)
    for row in run.progress(scores.rows(run.threads), "pairs"):
        writer.write(row)
    run.counts.update(scores.counts)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
