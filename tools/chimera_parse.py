"""chimera-parse: chimeric reads in, miRNA-target pairs out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  chimera-parse --mirnas mature.fa --transcripts mrna.fa.gz reads.fastq.gz > pairs.tsv
  chimera-parse --mirnas mature.fa --transcripts mrna.fa.gz --adapter TGGAATTCTCGGGTGCCAAGG \\
      --threads 4 --json report.json -o pairs.tsv.gz reads.fastq.gz
  zcat reads.fa.gz | chimera-parse --collapsed --mirnas mature.fa --transcripts mrna.fa - \\
      | isomir-classify --mirnas mature.fa - | dmiso-predict - > interactions.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "chimera-parse",
        "Find the miRNA and the target site in chimeric CLASH, CLEAR-CLIP, qCLASH or chimeric eCLIP reads, and "
        "write one row per distinct pair. Both parts must lie on the plus strand, next to each other on the read.",
        EXAMPLES,
    )
    parser.add_argument(
        "reads", nargs="?", metavar="READS", help="FASTQ, FASTA or .hyb file, plain or compressed; - for stdin"
    )
    parser.add_argument("--mirnas", required=True, metavar="FASTA", help="mature miRNAs, RNA or DNA letters")
    parser.add_argument("--transcripts", required=True, metavar="FASTA", help="transcripts to look for targets in")
    cli.add_output(parser)
    parser.add_argument(
        "--read-report", metavar="FILE", help="write read_id, status and pair_id of every distinct read to FILE"
    )

    reads = parser.add_argument_group("reads")
    reads.add_argument(
        "--adapter", action="append", default=[], metavar="SEQ", help="3' adapter to remove; may be repeated"
    )
    reads.add_argument(
        "--umi-length",
        type=cli.whole_number,
        default=0,
        metavar="N",
        help="UMI or barcode bases at the 5' end: removed, but told apart when duplicates are (default: 0)",
    )
    reads.add_argument(
        "--collapsed", action="store_true", help="read names end in _N or _xN: N copies of the read"
    )
    reads.add_argument(
        "--format",
        choices=("auto", "reads", "hyb"),
        default="auto",
        help="auto takes names that end in .hyb (before a compression suffix) for .hyb (default: auto)",
    )

    search = parser.add_argument_group("search")
    search.add_argument(
        "--engine",
        choices=("blast",),
        default="blast",
        help="blast: NCBI blastn-short, the paper's way; BLAST+ must be installed (default: blast)",
    )
    search.add_argument(
        "--evalue",
        type=cli.number(1e-300),
        default=0.1,
        metavar="E",
        help="largest e-value of a hit, in either reference (default: 0.1)",
    )
    search.add_argument(
        "--min-mirna-length",
        type=cli.positive_int,
        default=15,
        metavar="N",
        help="shortest aligned miRNA part in nt; chance hits pass the e-value up to 14 nt (default: 15)",
    )

    pairs = parser.add_argument_group("pairs")
    pairs.add_argument(
        "--max-gap",
        type=cli.whole_number,
        default=4,
        metavar="N",
        help="most bases between the two parts, and most bases that they share (default: 4)",
    )
    pairs.add_argument(
        "--extend",
        type=cli.whole_number,
        default=25,
        metavar="N",
        help="extend the target part at its 3' end by N nt (default: 25)",
    )
    pairs.add_argument(
        "--min-site",
        type=cli.positive_int,
        default=30,
        metavar="N",
        help="shortest extended site in nt (default: 30)",
    )
    pairs.add_argument(
        "--top", type=cli.positive_int, default=1, metavar="N", help="keep the N best pairs of a read (default: 1)"
    )
    pairs.add_argument(
        "--ties",
        action="store_true",
        help="add tied_mirnas and tied_targets, the names of all equally good miRNAs and transcripts",
    )
    pairs.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads that must carry a miRNA part, over all its targets (default: 10)",
    )
    cli.add_common(parser)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.chimera.blast import BlastEngine
    from mirtools.chimera.engine import SearchReferences
    from mirtools.chimera.hyb import read_hyb
    from mirtools.chimera.inserts import Collapser, Trimmer
    from mirtools.chimera.pairing import PairingRules
    from mirtools.chimera.parse import Chimeras, collect_hits, search_reads
    from mirtools.chimera.references import References
    from mirtools.errors import UsageError
    from mirtools.interactions import PARSE_COLUMNS, TIE_COLUMNS, TableWriter
    from mirtools.sequences import read_reads, read_references

    source = cli.stdin_default(args.reads, "reads")
    from_hyb = args.format == "hyb" or (args.format == "auto" and cli.has_suffix(source, ".hyb"))
    if from_hyb and (args.adapter or args.umi_length):
        raise UsageError("--adapter and --umi-length would shift the coordinates of a .hyb file; leave them out")
    references = SearchReferences(read_references(args.mirnas), read_references(args.transcripts))
    rules = PairingRules(args.max_gap, args.min_mirna_length, args.extend, args.min_site, args.top)
    trimmer = Trimmer(cli.dna_options(args.adapter, "--adapter"), args.umi_length)
    collapser = Collapser(trimmer, args.min_mirna_length, args.collapsed, source)
    chimeras = Chimeras(references, rules, args.min_reads, keep_names=args.read_report is not None)
    columns = PARSE_COLUMNS + (TIE_COLUMNS if args.ties else [])
    # opened first: an output that cannot be written is better known before the search than after it
    writer = TableWriter(run.outputs.open(args.output), columns)
    report = None
    if args.read_report is not None:
        report = TableWriter(run.outputs.open(args.read_report), ("read_id", "status", "pair_id"))

    if from_hyb:
        found = run.progress(read_hyb(source, references), "reads")
        collect_hits(found, collapser, chimeras)
    else:
        packed = SearchReferences(References.of(references.mirnas), References.of(references.transcripts))
        with BlastEngine(packed, args.evalue) as engine:
            search_reads(run.progress(read_reads(source), "reads"), collapser, engine, chimeras)

    run.counts.update(collapser.counts)
    run.dropped.update(collapser.dropped)
    run.counts["distinct_reads"] = len(collapser.copies)
    for fate in chimeras.fates():
        if fate.status == "paired":
            run.counts["paired_reads"] += 1
        else:
            run.dropped[fate.status] += 1
        if report is not None:
            report.write((fate.name, fate.status, fate.pair_id or "."))
    for row in chimeras.table.rows(collapser.copies):
        run.counts["pairs"] += 1
        writer.write(row[: len(columns)])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
