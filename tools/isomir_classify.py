"""isomir-classify: exact miRNA or any of eight isomiR types, for every pair."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  isomir-classify --mirnas mature.fa pairs.tsv > typed.tsv
  chimera-parse --mirnas mature.fa --transcripts mrna.fa reads.fq.gz | isomir-classify --mirnas mature.fa -
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "isomir-classify",
        "Compare the miRNA part of every pair with its miRNA and tell exact miRNAs from isomiRs of eight types: "
        "5' and 3' addition, deletion and replacement, SNP and MNP; an isomiR may have several. Bases beside the "
        "miRNA that no alignment claims are kept where they recur in enough reads, else trimmed, and pairs that "
        "become equal are merged.",
        EXAMPLES,
    )
    parser.add_argument(
        "pairs", nargs="?", metavar="PAIRS", help="interaction table of chimera-parse; - for stdin"
    )
    parser.add_argument(
        "--mirnas", required=True, metavar="FASTA", help="the miRNAs that the pairs were made with"
    )
    cli.add_output(parser)
    parser.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads in which a miRNA part must occur, over all its targets (default: 10)",
    )
    parser.add_argument(
        "--min-quality",
        type=cli.whole_number,
        default=30,
        metavar="Q",
        help="added and changed bases need a Phred value above Q; not tested without qualities (default: 30)",
    )
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.interactions import TableWriter
    from mirtools.isomir.table import IsomirTable
    from mirtools.isomir.tables import Tables
    from mirtools.sequences import read_references

    source = cli.stdin_default(args.pairs, "pairs")
    canonical = {reference.name: reference.sequence for reference in read_references(args.mirnas)}
    table = IsomirTable(Tables([source]), canonical, args.min_reads, args.min_quality)
    writer = TableWriter(run.outputs.open(args.output), table.columns)
    for row in table.rows():
        writer.write(row)
    run.counts.update(table.counts)
    run.dropped.update(table.dropped)
    if table.counts["quality_not_tested"]:
        run.say("some changed bases have no quality values; their quality was not tested")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
