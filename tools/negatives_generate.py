"""negatives-generate: positive miRNA-target pairs in, labelled pairs with negatives out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TextIO

from mirtools import cli

if TYPE_CHECKING:
    from mirtools.negatives.labelled import LabelledRows

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
        "Find negative sites for positive miRNA-target pairs, to train and test models with. Each positive row is "
        "written with label 1, followed by its negatives with label 0. Positives for which no negative exists are "
        "kept and counted by reason. 3'UTRs come from GENCODE FASTA headers, GTF, GFF3 or a table. The audit says "
        "how well the label is told by what should not tell it: lengths, composition, region, or the mere names "
        "of miRNAs and targets; also for labelled tables of others.",
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
        "transcript (Talukder et al. 2022); frequency-matched: the positives' own sites paired anew, so that each "
        "miRNA and each site is as frequent among negatives as among positives; random-mirna: the same site with "
        "a random miRNA of another family (Klimentova et al. 2022); shuffled: the same miRNA with the site's "
        "bases in another order, dinucleotide counts kept. All but the first keep the whole table in memory "
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
        help="table with further positives to keep away from, such as the whole table when PAIRS is a part of it",
    )
    parser.add_argument(
        "--unmet", metavar="FILE", help="list the positives with too few negatives, and why, in FILE"
    )

    same = parser.add_argument_group("strategy same-transcript")
    same.add_argument("--transcripts", metavar="FASTA", help="the transcripts that the pairs were found with")
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
        help="where negatives are drawn from; same: the region of the positive's site, so that composition does "
        "not tell the label; any needs no regions (default: 3utr)",
    )
    same.add_argument(
        "--min-distance",
        type=cli.whole_number,
        default=10,
        metavar="N",
        help="least distance in nt to every positive site of the miRNA on the transcript (default: 10)",
    )
    same.add_argument(
        "--max-energy",
        type=cli.number(float("-inf")),
        default=-10.0,
        metavar="KCAL",
        help="largest RNAcofold energy of miRNA and negative site in kcal/mol. The paper's 'free folding energy "
        "< 10 kcal/mol' holds for every pair; it is read as -10; 0 switches the rule off (default: -10)",
    )
    other = parser.add_argument_group("strategy random-mirna")
    other.add_argument(
        "--families",
        metavar="TSV",
        help="miRNA and its family, tab between; miRNAs of one seed (bases 2-8) are of one family in any case",
    )
    _add_audit(parser)
    cli.add_common(parser, seed=True)
    return parser


def _add_audit(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("audit")
    group.add_argument(
        "--audit",
        metavar="FILE",
        help="write a table with the AUROC of lengths, N, composition, region, miRNA and target alone, each "
        "judged on pairs that it was not learned from, beside seed match and energies; above 0.6 is a leak",
    )
    group.add_argument("--audit-figure", metavar="FILE", help="draw the audit (.png, .svg, .pdf)")
    group.add_argument(
        "--audit-only",
        action="store_true",
        help="PAIRS are labelled already (columns mirna_seq, site_seq, label): write their audit instead",
    )
    group.add_argument(
        "--against",
        metavar="PAIRS",
        help="labelled pairs to learn from, such as the training part of the same data: says what a model may "
        "owe to their miRNAs, targets and sites (default: nine tenths of the audited pairs)",
    )
    group.add_argument(
        "--audit-energies",
        type=cli.whole_number,
        default=20_000,
        metavar="N",
        help="fold at most N pairs, chosen at random, to judge energies; 0: none (default: 20000)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.report.drawing import figure_format

    kind = "" if args.audit_figure is None else figure_format(args.audit_figure)
    source = cli.stdin_default(args.pairs, "pairs")
    _refuse_nonsense(args, source)
    main_output = run.outputs.open(args.output)
    table = run.outputs.open(args.audit) if args.audit else main_output if args.audit_only else None
    figure = run.outputs.open_binary(args.audit_figure) if kind else None
    if args.audit_only:
        rows: LabelledRows | None = _read_labelled(args, run, source)
    else:
        rows = _generate(args, run, source, main_output)
    if rows is not None:
        _audit(args, run, rows, _AuditOutputs(table, figure, kind))


def _refuse_nonsense(args: argparse.Namespace, source: str) -> None:
    from mirtools.errors import UsageError
    from mirtools.negatives.generate import SAME_TRANSCRIPT

    if args.ratio > 1000:
        raise UsageError("--ratio is more than 1000; no transcript has room for so many sites")
    if [source, args.avoid, args.against].count("-") > 1:
        raise UsageError("PAIRS, --avoid and --against cannot both be standard input; name a file for one")
    annotated = args.gtf or args.regions
    if args.audit_only:
        if args.audit or args.unmet or args.avoid or args.families:
            raise UsageError("--audit-only makes no negatives and writes the audit to -o; leave other files out")
        if annotated and not args.transcripts:
            raise UsageError("--gtf and --regions need --transcripts; give the FASTA of the targets")
        return
    if args.against and not (args.audit or args.audit_figure):
        raise UsageError("--against is for an audit; ask for one with --audit or --audit-only")
    if args.families and args.strategy != "random-mirna":
        raise UsageError(f"--families means nothing to {args.strategy}; leave it out")
    if args.strategy == SAME_TRANSCRIPT:
        if args.transcripts is None:
            raise UsageError("--strategy same-transcript needs --transcripts; give the FASTA of the targets")
    elif args.transcripts or annotated:
        raise UsageError(f"--transcripts, --gtf and --regions mean nothing to {args.strategy}; leave them out")


def _generate(args: argparse.Namespace, run: cli.Run, source: str, output: TextIO) -> LabelledRows | None:
    """Write the labelled table; returns its rows where they are to be audited."""
    from collections import Counter

    from mirtools.annotation import read_annotation, read_annotation_if_any
    from mirtools.interactions import TableWriter
    from mirtools.negatives.generate import SAME_TRANSCRIPT, SameTranscript, regions_in
    from mirtools.negatives.hints import no_negatives_hint
    from mirtools.negatives.labelled import RowCollector
    from mirtools.negatives.random_mirna import read_families
    from mirtools.negatives.same_transcript import ANY, Rules
    from mirtools.negatives.table import UNMET_COLUMNS
    from mirtools.negatives.whole_table import WholeTable
    from mirtools.plausible import no_rows_hint
    from mirtools.regions import transcripts_of
    from mirtools.sequences import read_references

    work: SameTranscript | WholeTable
    annotation = None
    if args.strategy == SAME_TRANSCRIPT:
        transcripts = read_references(args.transcripts, counts=run.counts)
        read = read_annotation_if_any if args.region == ANY else read_annotation
        annotation = read(transcripts_of(transcripts), args.transcripts, args.gtf, args.regions)
        sequences = {transcript.name: transcript.sequence for transcript in transcripts}
        rules = Rules(args.ratio, args.min_distance, args.max_energy, args.seed, args.region)
        work = SameTranscript(source, sequences, regions_in(annotation), rules, args.avoid)
    else:
        families = read_families(args.families) if args.families else None
        work = WholeTable(source, args.strategy, args.ratio, args.seed, args.avoid, families)
        run.facts["negatives_of_other_length"] = work.other_length()

    writer = TableWriter(output, work.columns)
    unmet_writer = TableWriter(run.outputs.open(args.unmet), UNMET_COLUMNS) if args.unmet else None
    audited = args.audit or args.audit_figure
    collector = (
        RowCollector(work.columns, work.find, annotation.region_of if annotation else None) if audited else None
    )
    unmet: Counter[str] = Counter()
    run.counts.update(positives=0, negatives=0, unmet_positives=0)
    for labelled in run.progress(work.labelled(run.threads), "pairs", work.positives):
        for row in labelled.rows:
            writer.write(row)
            if collector is not None:
                collector.add_written(row)
        run.counts["positives"] += 1
        run.counts["negatives"] += len(labelled.rows) - 1
        if labelled.unmet is not None:
            run.counts["unmet_positives"] += 1
            unmet[labelled.unmet.reason] += 1
            if unmet_writer is not None:
                unmet_writer.write(labelled.unmet)
    run.facts["unmet"] = dict(sorted(unmet.items()))
    if unmet:
        run.say(
            "too few negatives: " + ", ".join(f"{reason} {count:,}" for reason, count in sorted(unmet.items()))
        )
    if not run.counts["positives"]:
        run.hints.append(no_rows_hint("PAIRS"))
    elif not run.counts["negatives"]:
        run.hints.append(no_negatives_hint(unmet))
    return None if collector is None else collector.rows


def _read_labelled(args: argparse.Namespace, run: cli.Run, source: str) -> LabelledRows:
    from mirtools.annotation import read_annotation_if_any
    from mirtools.negatives.labelled import read_labelled_rows
    from mirtools.regions import transcripts_of
    from mirtools.sequences import read_references

    annotation = None
    if args.transcripts:
        transcripts = transcripts_of(read_references(args.transcripts, counts=run.counts))
        annotation = read_annotation_if_any(transcripts, args.transcripts, args.gtf, args.regions)
    rows = read_labelled_rows(source, annotation.region_of if annotation else None)
    run.counts.update(positives=sum(rows.labels), negatives=len(rows) - sum(rows.labels))
    return rows


class _AuditOutputs(NamedTuple):
    table: TextIO | None
    figure: BinaryIO | None
    kind: str


def _audit(args: argparse.Namespace, run: cli.Run, rows: LabelledRows, outputs: _AuditOutputs) -> None:
    from mirtools.negatives.audit import AuditRules, audit
    from mirtools.negatives.findings import WARNINGS, as_json, remedy, table_rows
    from mirtools.negatives.labelled import read_labelled_rows

    training = None if args.against is None else read_labelled_rows(args.against)
    rules = AuditRules(args.seed, args.audit_energies, run.threads)
    findings = audit(rows, training, rules, lambda names: run.progress(names, "properties"))
    if outputs.table is not None:
        for row in table_rows(findings):
            outputs.table.write("\t".join(row) + "\n")
    if outputs.figure is not None:
        from mirtools.report.audit_figure import draw_audit

        draw_audit(outputs.figure, outputs.kind, findings, rows)
    if not findings:
        run.say("no audit: it needs positives and negatives")
    for finding in findings:
        if finding.verdict in WARNINGS:
            run.say(f"audit: {finding.name} alone has AUROC {finding.auroc:.2f}; {remedy(finding)}")
    run.facts["audit"] = as_json(findings)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
