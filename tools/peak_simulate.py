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
        "Make transcripts on which every site is known, to see what peak-narrow finds with a model: seeds planted "
        "in random RNA, one or two of them at chosen distances, or positive and negative sites of a miRNA "
        "stitched together.",
        EXAMPLES,
    )
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--plant-seeds", metavar="FASTA", help="plant what pairs with the seeds of these miRNAs")
    kind.add_argument(
        "--stitch", metavar="TABLE", help="stitch sites of this table of mirna_seq, site_seq and label (1 or 0)"
    )
    cli.add_output(parser, "FASTA of transcripts")
    parser.add_argument("--bed", metavar="FILE", help="write the sites as BED, in the order of the transcripts")
    parser.add_argument(
        "--copies",
        type=cli.positive_int,
        default=1,
        metavar="N",
        help="transcripts of each miRNA, and distance (default: 1)",
    )
    planting = parser.add_argument_group("planted seeds")
    planting.add_argument(
        "--distances",
        nargs="+",
        type=cli.whole_number,
        default=(15, 20, 25, 30, 35, 40, 45, 50),
        metavar="NT",
        help="from the start of one seed to that of the other; 0 for a single one "
        "(default: 15 20 25 30 35 40 45 50)",
    )
    planting.add_argument(
        "--length", type=cli.positive_int, default=500, metavar="NT", help="of a transcript (default: 500)"
    )
    planting.add_argument(
        "--first-base",
        type=cli.positive_int,
        default=2,
        metavar="N",
        help="base of the miRNA, from its 5' end, that the planted part begins with (default: 2)",
    )
    planting.add_argument(
        "--seed-bases", type=cli.positive_int, default=10, metavar="N", help="length of that part (default: 10)"
    )
    stitching = parser.add_argument_group("stitched sites")
    stitching.add_argument(
        "--top-mirnas",
        type=cli.positive_int,
        default=1,
        metavar="N",
        help="the N miRNAs with most positive sites (default: 1)",
    )
    stitching.add_argument(
        "--positives", type=cli.positive_int, default=3, metavar="N", help="sites of a transcript (default: 3)"
    )
    stitching.add_argument(
        "--negatives",
        type=cli.whole_number,
        default=6,
        metavar="N",
        help="negative sites of a transcript (default: 6)",
    )
    stitching.add_argument("--mirna-fasta", metavar="FILE", help="also write the miRNAs as FASTA")
    cli.add_common(parser, threads=False, seed=True)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.errors import UsageError
    from mirtools.scan.bed import BedLine, write_bed
    from mirtools.scan.simulate import Planting, check, plant, read_pools, stitch_all
    from mirtools.sequences import read_mirnas

    if args.mirna_fasta and not args.stitch:
        raise UsageError("--mirna-fasta is for --stitch; leave it out")
    output = run.outputs.open(args.output)
    bed = run.outputs.open(args.bed) if args.bed else None
    if args.stitch:
        fasta = run.outputs.open(args.mirna_fasta) if args.mirna_fasta else None
        pools = read_pools(args.stitch, args.top_mirnas)
        if fasta is not None:
            fasta.writelines(f">{pool.mirna_id}\n{pool.mirna_seq}\n" for pool in pools)
        run.counts["mirnas"] = len(pools)
        simulated = stitch_all(pools, args.positives, args.negatives, args.copies, args.seed)
    else:
        planting = Planting(tuple(args.distances), args.copies, args.length, args.first_base, args.seed_bases)
        try:
            check(planting)
        except ValueError as error:
            raise UsageError(f"{error}; choose other --distances, --seed-bases or --length") from error
        mirnas = read_mirnas(args.plant_seeds)
        run.counts["mirnas"] = len(mirnas)
        simulated = plant(mirnas, planting, args.seed)
    run.counts.update({"transcripts": 0, "sites": 0})
    for transcript in run.progress(simulated, "transcripts"):
        output.write(f">{transcript.name}\n{transcript.sequence}\n")
        run.counts.update({"transcripts": 1, "sites": len(transcript.sites)})
        if bed is not None:
            lines = [BedLine(s.start, s.end, s.mirna_id, 0, s.start, s.end) for s in transcript.sites]
            write_bed(bed, transcript.name, lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
