"""isomir-classify: classifies the miRNA of every pair as exact or as an isomiR of any of eight types."""

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
        "Compare the miRNA part of every pair with its miRNA, and classify it as exact or as an isomiR of eight "
        "types: 5' and 3' addition, deletion and replacement, SNP and MNP; an isomiR may have several types. "
        "Bases next to the miRNA that no alignment includes are kept if they recur in enough reads, else trimmed. "
        "Pairs that become equal are merged; rows of other guides (guide_class) are passed on. "
        "A form needs more reads than sequencing errors of more abundant "
        "forms, or linkers after them, explain; the reads of other forms are assigned to the forms that they come "
        "from. A base that was not read (N) and a 3' end that was not seen (mirna_3p_end) count as no change. If "
        "several miRNAs explain a part equally well (fewest types, then fewest changed bases), mirna_ambiguous "
        "names all of them; the pair is assigned to the one with the most reads of its exact form, then to the "
        "one of the most similar length, then to the first by name.",
        EXAMPLES,
    )
    parser.add_argument(
        "pairs",
        nargs="*",
        metavar="PAIRS",
        help="interaction tables of chimera-parse, read as one (parts of one run, or samples); - for stdin",
    )
    parser.add_argument(
        "--mirnas", required=True, metavar="FASTA", help="the miRNAs that the pairs were made with"
    )
    parser.add_argument(
        "--precursors",
        metavar="FASTA",
        help="hairpins; a hairpin that contains a miRNA's sequence is its precursor. isomir_variant then "
        "distinguishes 3' bases that continue on the precursor (iso_3p:+N) from others (iso_add3p:N), and reports "
        "a replaced end as trimmed and added (iso_3p:-1,iso_add3p:1)",
    )
    cli.add_output(parser)
    _add_rules(parser)
    parser.add_argument(
        "--gff3",
        metavar="FILE",
        help="write every observed miRNA to FILE as mirGFF3 1.1; coordinates are on the precursor, or on the "
        "miRNA itself if no precursor is known",
    )
    _add_statistics(parser.add_argument_group("statistics"))
    cli.add_common(parser, threads=False)
    return parser


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads of its own that a form of a miRNA needs, over all its targets; whether sequencing "
        "errors explain them is tested as well (default: 10)",
    )
    parser.add_argument(
        "--min-quality",
        type=cli.whole_number,
        default=30,
        metavar="Q",
        help="added and changed bases need a Phred value above Q; not tested if qualities are unknown "
        "(default: 30)",
    )
    parser.add_argument(
        "--paper-rules",
        action="store_true",
        help="accept every form that occurs in --min-reads reads with qualities above --min-quality, as DMISO "
        "does, without testing whether sequencing errors of more abundant forms, or linkers, explain it",
    )


def _add_statistics(group: argparse._ArgumentGroup) -> None:
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
        help="table of isomir-classify for another experiment: report which isomiRs occur in both, with "
        "--min-reads distinct reads, and how many would be absent from one by chance at equal abundance; the "
        "results are in --summary, --plot and --json",
    )
    group.add_argument(
        "--compare-output", metavar="FILE", help="write every isomiR of both experiments, with its reads, to FILE"
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.isomir.run import ClassifyOutputs, classify
    from mirtools.isomir.settings import ClassifySettings
    from mirtools.report.drawing import open_figure
    from mirtools.report.isomir_figure import draw_isomirs

    pairs = args.pairs or [cli.stdin_default(None, "pairs")]
    settings = ClassifySettings.of(vars(args), pairs=pairs)
    outputs = ClassifyOutputs(
        run.outputs.open(args.output),
        run.open(args.gff3),
        run.open(args.summary),
        open_figure(run.outputs, args.plot, draw_isomirs),
        run.open(args.compare_output),
    )
    classify(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
