"""isomir-classify: exact miRNA or any of eight isomiR types, for every pair."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  isomir-classify --mirnas mature.fa pairs.tsv > typed.tsv
  chimera-parse --mirnas mature.fa --transcripts mrna.fa reads.fq.gz | isomir-classify --mirnas mature.fa -
  isomir-classify --mirnas mature.fa --precursors hairpin.fa --gff3 isomirs.gff3 pairs.tsv -o typed.tsv
  isomir-classify --mirnas mature.fa --summary summary.tsv --plot isomirs.png shard?.tsv -o typed.tsv
  isomir-classify --mirnas mature.fa --compare other_typed.tsv --compare-output compared.tsv pairs.tsv -o typed.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "isomir-classify",
        "Compare the miRNA part of every pair with its miRNA and tell exact miRNAs from isomiRs of eight types: "
        "5' and 3' addition, deletion and replacement, SNP and MNP; an isomiR may have several. Bases beside the "
        "miRNA that no alignment claims are kept where they recur in enough reads, else trimmed, and pairs that "
        "become equal are merged. A form needs more reads than sequencing errors of more abundant forms, or "
        "linkers behind them, explain; the reads of other forms go to those that they come from. A base that was "
        "not read (N) and a 3' end that was not seen (mirna_3p_end) are no change. Where several miRNAs explain a "
        "part with equally few types and changed bases, all are named in mirna_ambiguous; the pair goes to the "
        "one with most reads as exact miRNA, then the one with the fewest bases more or less, then the first by "
        "name.",
        EXAMPLES,
    )
    parser.add_argument(
        "pairs",
        nargs="*",
        metavar="PAIRS",
        help="interaction tables of chimera-parse, taken together (parts of one run, or samples); - for stdin",
    )
    parser.add_argument(
        "--mirnas", required=True, metavar="FASTA", help="the miRNAs that the pairs were made with"
    )
    parser.add_argument(
        "--precursors",
        metavar="FASTA",
        help="hairpins; one that contains a miRNA's sequence is its precursor. isomir_variant then tells 3' bases "
        "that continue on the precursor (iso_3p:+N) from others (iso_add3p:N), and a replaced end is trimmed and "
        "added (iso_3p:-1,iso_add3p:1)",
    )
    cli.add_output(parser)
    parser.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads that a form of a miRNA needs of its own, over all its targets; whether sequencing "
        "errors explain them is tested beside this (default: 10)",
    )
    parser.add_argument(
        "--min-quality",
        type=cli.whole_number,
        default=30,
        metavar="Q",
        help="added and changed bases need a Phred value above Q; not tested where qualities are unknown "
        "(default: 30)",
    )
    parser.add_argument(
        "--paper-rules",
        action="store_true",
        help="take every form that occurs in --min-reads reads with qualities above --min-quality, as DMISO does, "
        "without asking whether sequencing errors of more abundant forms, or linkers, explain it",
    )
    parser.add_argument(
        "--gff3",
        metavar="FILE",
        help="write every observed miRNA to FILE as mirGFF3 1.1; coordinates are those on the precursor, or on "
        "the miRNA itself where no precursor is known",
    )
    group = parser.add_argument_group("statistics")
    group.add_argument(
        "--summary",
        metavar="FILE",
        help="write types, isomiRs per miRNA, preferred types and shared targets to FILE as a table",
    )
    group.add_argument(
        "--plot",
        metavar="FILE",
        help="draw the same to FILE (.png, .svg or .pdf; needs matplotlib: pip install 'mirtools[report]')",
    )
    group.add_argument(
        "--min-pairs",
        type=cli.positive_int,
        default=100,
        metavar="N",
        help="isomiR pairs that a miRNA needs to be tested for preferred types: exact one-sided binomial test "
        "against the share of the type in all isomiR pairs, Bonferroni-corrected, p < 0.01 (default: 100)",
    )
    group.add_argument(
        "--compare",
        metavar="TABLE",
        help="table that isomir-classify made of another experiment: which isomiRs occur in both, with "
        "--min-reads distinct reads, and how many would be absent from one by chance at equal abundance; ends in "
        "--summary, --plot and --json",
    )
    group.add_argument(
        "--compare-output", metavar="FILE", help="write every isomiR of both experiments, with its reads, to FILE"
    )
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.errors import UsageError
    from mirtools.isomir.classification import Outputs, Sources, classify_tables
    from mirtools.report.drawing import figure_format

    if args.compare_output is not None and args.compare is None:
        raise UsageError("--compare-output needs --compare; name the table of the other experiment")
    pairs = args.pairs or [cli.stdin_default(None, "pairs")]
    if [*pairs, args.compare].count("-") > 1:
        raise UsageError("'-' is named more than once; standard input can be read only once")
    kind = None if args.plot is None else figure_format(args.plot)
    outputs = Outputs(
        run.outputs.open(args.output),
        None if args.gff3 is None else run.outputs.open(args.gff3),
        None if args.summary is None else run.outputs.open(args.summary),
        None if kind is None else (run.outputs.open_binary(args.plot), kind),
        None if args.compare_output is None else run.outputs.open(args.compare_output),
    )
    sources = Sources(pairs, args.mirnas, args.precursors, args.compare)
    rules = args.min_reads, args.min_quality, args.min_pairs, not args.paper_rules
    result = classify_tables(sources, outputs, *rules)
    run.counts.update(result.counts)
    run.dropped.update(result.dropped)
    run.facts.update(result.facts)
    run.hints += result.hints
    for note in result.notes:
        run.say(note)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
