"""negatives-generate: adds negatives to positive miRNA-target pairs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  negatives-generate --transcripts gencode.transcripts.fa.gz pairs.tsv > labelled.tsv
  negatives-generate --transcripts cdna.fa.gz --gtf genes.gtf.gz --ratio 3 --unmet unmet.tsv -o labelled.tsv.gz \\
      pairs.tsv.gz
  negatives-generate --transcripts cdna.fa.gz --gtf genes.gtf.gz --region same pairs.tsv > labelled.tsv
  isomir-classify --mirnas mature.fa pairs.tsv | negatives-generate --strategy frequency-matched - > labelled.tsv
  negatives-generate --strategy frequency-matched --audit audit.tsv --audit-figure audit.png -o labelled.tsv \\
      pairs.tsv
  negatives-generate --audit-only --against others_training.tsv others_test.tsv > audit.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "negatives-generate",
        "Generate negatives for positive miRNA-target pairs, to train and test models. Each positive row is "
        "written with label 1, followed by its negatives with label 0. Positives without negatives are kept, and "
        "counted by reason. 3'UTRs are read from GENCODE FASTA headers, GTF, GFF3 or a table. The audit reports "
        "how well the label is predicted by properties that should not predict it (lengths, composition, region, "
        "the names of miRNAs and targets alone), for new or existing labelled tables.",
        EXAMPLES,
    )
    parser.add_argument(
        "pairs",
        nargs="?",
        metavar="PAIRS",
        help="interaction table of positives, plain or compressed; with --audit-only labelled pairs; - for stdin",
    )
    cli.add_output(parser, "labelled table, or the audit with --audit-only,")
    parser.add_argument(
        "--strategy",
        choices=("same-transcript", "frequency-matched", "random-mirna", "shuffled"),
        default="same-transcript",
        help="same-transcript: the same miRNA with another site of the same length in the 3'UTR of the same "
        "transcript (Talukder et al. 2022); frequency-matched: the positives' own sites in other pairs, so that "
        "each miRNA and each site is as frequent among negatives as among positives; random-mirna: the same site "
        "with a random miRNA of another family (Klimentova et al. 2022); shuffled: the same miRNA with the site's "
        "bases in another order, with the same dinucleotide counts. All but the first need the table in memory "
        "(default: same-transcript)",
    )
    parser.add_argument(
        "--ratio",
        type=cli.positive_int,
        default=1,
        metavar="N",
        help="negatives for each positive, up to 1000 (default: 1)",
    )
    parser.add_argument(
        "--avoid",
        metavar="PAIRS",
        help="table with further positives that must not become negatives, such as the whole table if PAIRS is a "
        "part of it",
    )
    parser.add_argument(
        "--unmet", metavar="FILE", help="write the positives with too few negatives, and the reasons, to FILE"
    )

    same = parser.add_argument_group("strategy same-transcript")
    same.add_argument("--transcripts", metavar="FASTA", help="the transcripts in which the pairs were found")
    regions = same.add_mutually_exclusive_group()
    regions.add_argument("--gtf", metavar="GTF", help="GTF or GFF3: exons and coding sequences on the genome")
    regions.add_argument(
        "--regions",
        metavar="TSV",
        help="table with transcript_id, cds_start and cds_end: 0-based, half-open, on the transcript",
    )
    same.add_argument(
        "--region",
        choices=("3utr", "cds", "5utr", "any", "same"),
        default="3utr",
        help="region of negatives; same: that of the positive's site, so that composition does not predict the "
        "label; any: no regions are needed (default: 3utr)",
    )
    same.add_argument(
        "--min-distance",
        type=cli.whole_number,
        default=10,
        metavar="N",
        help="smallest distance in nt to every positive site of the miRNA on the transcript (default: 10)",
    )
    same.add_argument(
        "--max-energy",
        type=cli.number(float("-inf")),
        default=-10.0,
        metavar="KCAL",
        help="largest RNAcofold energy of miRNA and negative site in kcal/mol. The paper's 'free folding energy "
        "< 10 kcal/mol' is true for every pair and read as -10; 0 switches the rule off (default: -10)",
    )
    other = parser.add_argument_group("strategy random-mirna")
    other.add_argument(
        "--families",
        metavar="TSV",
        help="table of miRNAs and families, tab-separated; miRNAs with the same seed (bases 2-8) are one family "
        "in any case",
    )
    _add_audit(parser)
    cli.add_common(parser, seed=True)
    return parser


def _add_audit(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("audit")
    group.add_argument(
        "--audit",
        metavar="FILE",
        help="write a table with the AUROC of lengths, N, composition, region, miRNA and target, each evaluated "
        "on held-out pairs, and of seed match and energies; above 0.6 is a leak",
    )
    group.add_argument("--audit-figure", metavar="FILE", help="draw the audit (.png, .svg, .pdf)")
    group.add_argument(
        "--audit-only",
        action="store_true",
        help="PAIRS are labelled already (columns mirna_seq, site_seq, label): only write their audit",
    )
    group.add_argument(
        "--against",
        metavar="PAIRS",
        help="labelled training pairs, such as the training part of the same data: reports how well the label is "
        "predicted by their miRNAs, targets and sites (default: nine tenths of the audited pairs)",
    )
    group.add_argument(
        "--audit-energies",
        type=cli.whole_number,
        default=20_000,
        metavar="N",
        help="fold at most N random pairs to audit energies; 0 for none (default: 20000)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.negatives.run import AuditOutputs, NegativeOutputs, audit_pairs, audit_table, generate_negatives
    from mirtools.negatives.settings import AuditSettings, NegativeSettings
    from mirtools.report.audit_figure import draw_audit
    from mirtools.report.drawing import open_figure

    source = cli.stdin_default(args.pairs, "pairs")
    _check(args, source)
    options = vars(args)
    if args.audit_only:
        settings = AuditSettings.of(options)
        outputs = AuditOutputs(
            run.outputs.open(args.output), open_figure(run.outputs, args.audit_figure, draw_audit)
        )
        audit_table(source, settings, outputs, run)
        return
    negatives = NegativeSettings.of(options, pairs=source)
    figure = open_figure(run.outputs, args.audit_figure, draw_audit)
    outputs = AuditOutputs(run.open(args.audit), figure)
    files = NegativeOutputs(run.outputs.open(args.output), run.open(args.unmet))
    audited = args.audit or args.audit_figure
    pairs = generate_negatives(negatives, files, run, keep=bool(audited))
    if pairs is not None:
        audit_pairs(pairs, AuditSettings.of(options), outputs, run)


def _check(args: argparse.Namespace, source: str) -> None:
    from mirtools.errors import UsageError

    if [source, args.avoid, args.against].count("-") > 1:
        raise UsageError("PAIRS, --avoid and --against cannot both be standard input; give a file for one")
    if args.audit_only and (args.audit or args.unmet or args.avoid or args.families):
        raise UsageError("--audit-only makes no negatives and writes the audit to -o; omit other files")
    if args.against and not (args.audit_only or args.audit or args.audit_figure):
        raise UsageError("--against is for an audit; add --audit or --audit-only")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
