"""chimera-simulate: simulates chimeric reads with known truth, from any miRNAs and transcripts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  chimera-simulate --mirnas mature.fa --transcripts mrna.fa.gz --truth truth.tsv > reads.fastq
  chimera-simulate --mirnas mature.fa --transcripts mrna.fa.gz --reads 100000 --umi-length 10 \\
      --error-rate 0.005 --seed 7 --truth truth.tsv.gz -o reads.fastq.gz
  chimera-simulate --mirnas mature.fa --transcripts mrna.fa.gz --pairs 200 --overlaps 0 --linkers 0 \\
      --decoys 0 --duplicates 0 | chimera-parse --mirnas mature.fa --transcripts mrna.fa.gz \\
      --adapter TGGAATTCTCGGGTGCCAAGG - > pairs.tsv
  chimera-simulate --mirnas mature.fa --transcripts mrna.fa.gz --samples samples.tsv --sample wt_1 --sites 500 \\
      --site-truth sites.tsv -o wt_1.fastq.gz
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "chimera-simulate",
        "Simulate a CLASH-like library with known truth: miRNAs and all eight types of isomiR ligated to target "
        "sites in both orders, with overlaps, linkers, sequencing errors, qualities, adapter read-through, PCR "
        "copies, and decoys that must give no pair.",
        EXAMPLES,
    )
    parser.add_argument("--mirnas", required=True, metavar="FASTA", help="mature miRNAs, RNA or DNA letters")
    parser.add_argument(
        "--transcripts", required=True, metavar="FASTA", help="transcripts that contain the targets"
    )
    cli.add_output(parser, "FASTQ reads")
    parser.add_argument(
        "--truth",
        metavar="FILE",
        help="write the truth to FILE (TSV): one row per read, 23 columns; 2 more if reads may end within inserts",
    )
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "--reads", type=cli.positive_int, default=None, metavar="N", help="number of reads (default: 10000)"
    )
    amount.add_argument(
        "--pairs",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="number of pairs of a miRNA variant and a site, each in 1-60 distinct reads, instead of --reads",
    )
    _add_read_options(parser.add_argument_group("reads"))
    _add_library_options(parser.add_argument_group("library (all shares from 0 to 1)"))
    _add_experiment_options(parser.add_argument_group("experiments"))
    cli.add_common(parser, threads=False, seed=True)
    return parser


def _add_read_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--read-length", type=cli.positive_int, default=75, metavar="N", help="cycles (default: 75)"
    )
    group.add_argument(
        "--insert-length",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="longest insert in nt; reads may end within it (default: what fits the reads, or 75 if they are too "
        "short for a miRNA and a target)",
    )
    group.add_argument(
        "--adapter",
        default="TGGAATTCTCGGGTGCCAAGG",
        metavar="SEQ",
        help="3' adapter, read after short inserts; 'none': reads end with their insert (default: %(default)s)",
    )
    group.add_argument(
        "--umi-length",
        type=cli.whole_number,
        default=0,
        metavar="N",
        help="random bases at the 5' end (default: 0)",
    )
    group.add_argument(
        "--error-rate",
        type=cli.number(0, 0.05),
        default=0.002,
        metavar="R",
        help="share of wrong bases, anywhere on the read (default: 0.002)",
    )
    group.add_argument(
        "--qualities",
        choices=("varied", "flat", "binned"),
        default="varied",
        help="varied: wrong bases have low values; flat: 37 throughout; binned: 2, 12, 23 and 37, and half of the "
        "wrong bases have 37 (default: varied)",
    )


def _add_library_options(group: argparse._ArgumentGroup) -> None:
    shares = (
        ("--order", 0.85, "chimeras with the miRNA first; the others have the target first"),
        ("--isomirs", 0.5, "pairs with an isomiR instead of the exact miRNA"),
        ("--overlaps", 0.42, "junctions whose 1-4 bases belong to both parts"),
        ("--linkers", 0.23, "junctions with 1-4 random bases between the parts"),
        ("--seed-sites", 1.0, "pairs for which a site that matches miRNA positions 2-8, else 2-7, is searched"),
        ("--low-quality", 0.1, "isomiRs with Phred <= 30 at a changed base in all their reads"),
        ("--decoys", 0.3, "reads that must give no pair"),
        ("--duplicates", 0.15, "reads that are PCR copies of another one"),
    )
    for option, default, what in shares:
        group.add_argument(
            option, type=cli.number(0, 1), default=default, metavar="F", help=f"{what} (default: {default:g})"
        )
    group.add_argument(
        "--skew",
        type=cli.number(0, 5),
        default=1.0,
        metavar="S",
        help="abundance of the miRNA of rank r is r^-S; 0 makes all equally abundant (default: 1)",
    )


def _add_experiment_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--sites",
        type=cli.whole_number,
        default=None,
        metavar="N",
        help="plant N sites, the same for every sample with the same --seed; with --chance 1 all ligation is "
        "by chance",
    )
    group.add_argument("--site-truth", metavar="FILE", help="write planted sites, changes and reads to FILE (TSV)")
    group.add_argument(
        "--chance",
        type=cli.number(0, 1),
        default=0.3,
        metavar="F",
        help="with --sites: chimeras ligated by chance, any miRNA to any position (default: 0.3)",
    )
    group.add_argument("--samples", metavar="SHEET", help="sample sheet with the columns sample and condition")
    group.add_argument("--sample", default=None, metavar="NAME", help="the sample of SHEET to simulate")
    group.add_argument(
        "--changed",
        type=cli.number(0, 1),
        default=0.2,
        metavar="F",
        help="share of sites that are more or less abundant in a condition than in the first (default: 0.2)",
    )
    group.add_argument(
        "--fold",
        type=cli.number(1, 1000),
        default=2.0,
        metavar="X",
        help="fold change of these sites, half of them up and half down (default: 2)",
    )
    group.add_argument(
        "--dispersion",
        type=cli.number(0, 10),
        default=0.05,
        metavar="D",
        help="negative binomial dispersion of the reads of a site between replicates (default: 0.05)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.simulation.run import LibraryOutputs, simulate_library
    from mirtools.simulation.settings import LibrarySettings

    outputs = LibraryOutputs(run.outputs.open(args.output), run.open(args.truth), run.open(args.site_truth))
    simulate_library(args.mirnas, args.transcripts, LibrarySettings.of(vars(args)), outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
