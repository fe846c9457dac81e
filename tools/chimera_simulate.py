"""chimera-simulate: chimeric reads with known truth, from any miRNAs and transcripts."""

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
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "chimera-simulate",
        "Make a CLASH-like library of which everything is known: miRNAs and all eight types of isomiR ligated to "
        "target sites in both orders, with overlaps, linkers, sequencing errors, qualities, adapter read-through, "
        "PCR copies, and decoys that must give no pair.",
        EXAMPLES,
    )
    parser.add_argument("--mirnas", required=True, metavar="FASTA", help="mature miRNAs, RNA or DNA letters")
    parser.add_argument("--transcripts", required=True, metavar="FASTA", help="transcripts that hold the targets")
    cli.add_output(parser, "FASTQ reads")
    parser.add_argument(
        "--truth",
        metavar="FILE",
        help="write one row per read, 23 columns, to FILE (TSV); 2 more where reads may end within their insert",
    )
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "--reads", type=cli.positive_int, default=None, metavar="N", help="reads in all (default: 10000)"
    )
    amount.add_argument(
        "--pairs",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="pairs of a miRNA variant and a site, each in 1-60 distinct reads, instead of --reads",
    )
    _add_read_options(parser.add_argument_group("reads"))
    _add_library_options(parser.add_argument_group("library (all shares from 0 to 1)"))
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
        help="longest insert; reads may end within it (default: what fits the reads, or 75 where they are too "
        "short for a miRNA and a target)",
    )
    group.add_argument(
        "--adapter",
        default="TGGAATTCTCGGGTGCCAAGG",
        metavar="SEQ",
        help="3' adapter that short inserts run into; 'none': reads end with their insert (default: %(default)s)",
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
        help="wrong bases, anywhere on the read (default: 0.002)",
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
        ("--seed-sites", 1.0, "pairs for which a match of miRNA positions 2-8, else 2-7, is looked for"),
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
        help="abundance of the miRNA of rank r is r^-S; 0 makes all alike (default: 1)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.chimera.simulate import Settings, simulate
    from mirtools.chimera.simulated_reads import TRUTH_COLUMNS, UNREAD_COLUMNS, truth_row, unread_cells
    from mirtools.interactions import TableWriter
    from mirtools.plausible import references_hint
    from mirtools.sequences import read_mirnas, read_references

    adapter = "" if args.adapter == "none" else cli.dna_options([args.adapter], "--adapter")[0]
    settings = Settings(
        reads=None if args.pairs is not None else args.reads or 10000,
        pairs=args.pairs,
        read_length=args.read_length,
        insert_length=args.insert_length,
        adapter=adapter,
        umi_length=args.umi_length,
        error_rate=args.error_rate,
        qualities=args.qualities,
        mirna_first=args.order,
        isomirs=args.isomirs,
        overlaps=args.overlaps,
        linkers=args.linkers,
        seed_sites=args.seed_sites,
        skew=args.skew,
        low_quality=args.low_quality,
        decoys=args.decoys,
        duplicates=args.duplicates,
        seed=args.seed,
    )
    mirnas = read_mirnas(args.mirnas)
    transcripts = read_references(args.transcripts, counts=run.counts)
    # opened first: an output that cannot be written is better known before the work than after it
    output = run.outputs.open(args.output)
    told = None if args.truth is None else run.outputs.open(args.truth)
    lengths = [[len(each.sequence) for each in listed] for listed in (mirnas, transcripts)]
    if hint := references_hint(lengths[0], lengths[1], "--transcripts"):
        run.hints.append(hint)
    library = simulate(mirnas, transcripts, settings)
    run.counts.update(library.counts)
    run.dropped.update(library.dropped)
    run.facts.update(library.facts)
    unread = UNREAD_COLUMNS if library.cut else []
    truth = None if told is None else TableWriter(told, [*TRUTH_COLUMNS, *unread])
    for read in run.progress(library.reads, "reads"):
        output.write(f"@{read.name}\n{read.sequence}\n+\n{read.qualities}\n")
        if truth is not None:
            truth.write(truth_row(read, library.supports) + (unread_cells(read) if unread else []))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
