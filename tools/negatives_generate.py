"""negatives-generate: positive miRNA-target pairs in, labelled pairs with negatives out."""

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
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "negatives-generate",
        "Find negative sites for positive miRNA-target pairs, to train and test models with. Each positive row is "
        "written with label 1, followed by its negatives with label 0. Positives for which no negative exists are "
        "kept and counted by reason. 3'UTRs come from GENCODE FASTA headers, a GTF or a table.",
        EXAMPLES,
    )
    parser.add_argument(
        "pairs",
        nargs="?",
        metavar="PAIRS",
        help="interaction table of positives, plain or compressed; - for stdin",
    )
    cli.add_output(parser, "labelled table")
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
    regions.add_argument("--gtf", metavar="GTF", help="exons and coding sequences on the genome")
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
    cli.add_common(parser, seed=True)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from collections import Counter

    from mirtools.annotation import read_annotation, read_annotation_if_any
    from mirtools.errors import UsageError
    from mirtools.interactions import TableWriter
    from mirtools.negatives.generate import SAME_TRANSCRIPT, SameTranscript, regions_in
    from mirtools.negatives.random_mirna import read_families
    from mirtools.negatives.same_transcript import ANY, Rules
    from mirtools.negatives.table import UNMET_COLUMNS
    from mirtools.negatives.whole_table import WholeTable
    from mirtools.regions import transcripts_of
    from mirtools.sequences import read_references

    if args.families and args.strategy != "random-mirna":
        raise UsageError(f"--families means nothing to {args.strategy}; leave it out")
    if args.ratio > 1000:
        raise UsageError("--ratio is more than 1000; no transcript has room for so many sites")
    source = cli.stdin_default(args.pairs, "pairs")
    if args.avoid == "-" == source:
        raise UsageError("PAIRS and --avoid cannot both be standard input; name a file for one")
    work: SameTranscript | WholeTable
    if args.strategy == SAME_TRANSCRIPT:
        if args.transcripts is None:
            raise UsageError("--strategy same-transcript needs --transcripts; give the FASTA of the targets")
        transcripts = read_references(args.transcripts)
        read = read_annotation_if_any if args.region == ANY else read_annotation
        annotation = read(transcripts_of(transcripts), args.transcripts, args.gtf, args.regions)
        sequences = {transcript.name: transcript.sequence for transcript in transcripts}
        rules = Rules(args.ratio, args.min_distance, args.max_energy, args.seed, args.region)
        work = SameTranscript(source, sequences, regions_in(annotation), rules, args.avoid)
    else:
        if args.transcripts or args.gtf or args.regions:
            raise UsageError(f"--transcripts, --gtf and --regions mean nothing to {args.strategy}; leave them out")
        families = read_families(args.families) if args.families else None
        work = WholeTable(source, args.strategy, args.ratio, args.seed, args.avoid, families)
        run.facts["negatives_of_other_length"] = work.other_length()

    writer = TableWriter(run.outputs.open(args.output), work.columns)
    unmet_writer = TableWriter(run.outputs.open(args.unmet), UNMET_COLUMNS) if args.unmet else None
    unmet: Counter[str] = Counter()
    run.counts.update(positives=0, negatives=0, unmet_positives=0)
    for labelled in run.progress(work.labelled(run.threads), "pairs", work.positives):
        for row in labelled.rows:
            writer.write(row)
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
