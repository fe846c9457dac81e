"""peak-simulate: transcripts on which every site of a miRNA is known."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  peak-simulate --plant-seeds mirnas.fa --bed truth.bed > planted.fa
  peak-simulate --plant-seeds let7a.fa --distances 0 15 25 --copies 50 --length 300 --bed truth.bed -o planted.fa
  peak-simulate --stitch labelled.tsv --mirna-fasta mirnas.fa --bed truth.bed -o stitched.fa
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "peak-simulate",
        "Simulate transcripts on which every site is known, to evaluate peak-narrow with a model: seed matches "
        "planted in random RNA, one or two at chosen distances, or positive and negative sites of a miRNA joined "
        "together.",
        EXAMPLES,
    )
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument(
        "--plant-seeds", metavar="FASTA", help="plant sequences that pair with seeds of these miRNAs"
    )
    kind.add_argument(
        "--stitch", metavar="TABLE", help="join sites of this table of mirna_seq, site_seq and label (1 or 0)"
    )
    cli.add_output(parser, "FASTA of transcripts")
    parser.add_argument("--bed", metavar="FILE", help="write the sites as BED, in the order of the transcripts")
    parser.add_argument(
        "--copies",
        type=cli.positive_int,
        default=1,
        metavar="N",
        help="number of transcripts per miRNA and distance (default: 1)",
    )
    _add_planting(parser.add_argument_group("planted seeds"))
    _add_stitching(parser.add_argument_group("stitched sites"))
    cli.add_common(parser, threads=False, seed=True)
    return parser


def _add_planting(planting: argparse._ArgumentGroup) -> None:
    planting.add_argument(
        "--distances",
        nargs="+",
        type=cli.whole_number,
        default=(15, 20, 25, 30, 35, 40, 45, 50),
        metavar="NT",
        help="distances from the start of one seed match to that of the other; 0 for a single one "
        "(default: 15 20 25 30 35 40 45 50)",
    )
    planting.add_argument(
        "--length", type=cli.positive_int, default=500, metavar="NT", help="length of a transcript (default: 500)"
    )
    planting.add_argument(
        "--first-base",
        type=cli.positive_int,
        default=2,
        metavar="N",
        help="base of the miRNA, from its 5' end, with which the planted part begins (default: 2)",
    )
    planting.add_argument(
        "--seed-bases", type=cli.positive_int, default=10, metavar="N", help="length of that part (default: 10)"
    )


def _add_stitching(stitching: argparse._ArgumentGroup) -> None:
    stitching.add_argument(
        "--top-mirnas",
        type=cli.positive_int,
        default=1,
        metavar="N",
        help="use the N miRNAs with most positive sites (default: 1)",
    )
    stitching.add_argument(
        "--positives", type=cli.positive_int, default=3, metavar="N", help="sites per transcript (default: 3)"
    )
    stitching.add_argument(
        "--negatives",
        type=cli.whole_number,
        default=6,
        metavar="N",
        help="negative sites per transcript (default: 6)",
    )
    stitching.add_argument("--mirna-fasta", metavar="FILE", help="also write the miRNAs as FASTA")


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.simulation.run import TranscriptOutputs, simulate_transcripts
    from mirtools.simulation.settings import TranscriptSettings

    settings = TranscriptSettings.of(vars(args))
    outputs = TranscriptOutputs(run.outputs.open(args.output), run.open(args.bed), run.open(args.mirna_fasta))
    simulate_transcripts(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
