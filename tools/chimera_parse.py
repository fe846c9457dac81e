"""chimera-parse: finds miRNA-target pairs in chimeric reads."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  chimera-parse --mirnas mature.fa --transcripts mrna.fa.gz reads.fastq.gz > pairs.tsv
  chimera-parse --mirnas mature.fa --transcripts mrna.fa.gz --adapter TGGAATTCTCGGGTGCCAAGG \\
      --threads 4 --plot reads.png --json report.json -o pairs.tsv.gz liver.fastq.gz brain.fastq.gz
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
        "reads",
        nargs="*",
        metavar="READS",
        help="FASTQ, FASTA or .hyb files, plain or compressed, each a sample; - for stdin",
    )
    parser.add_argument("--mirnas", required=True, metavar="FASTA", help="mature miRNAs, RNA or DNA letters")
    parser.add_argument(
        "--guides",
        action="append",
        default=[],
        metavar="CLASS=FASTA",
        help="guides of another class to search together with miRNAs, such as tRF=fragments.fa; adds the column "
        "guide_class; may be repeated",
    )
    parser.add_argument(
        "--transcripts",
        required=True,
        metavar="FASTA",
        help="transcripts in which targets are searched, or their index from chimera-index",
    )
    _add_outputs(parser)
    _add_reads(parser)
    _add_search(parser)
    _add_pairs(parser)
    regions = parser.add_mutually_exclusive_group()
    regions.add_argument(
        "--gtf",
        metavar="GTF",
        help="GTF or GFF3 with exons and coding sequences on the genome, for genes, regions and places of sites",
    )
    regions.add_argument(
        "--regions",
        metavar="FILE",
        help="table with the columns target_id, cds_start and cds_end (default: GENCODE's FASTA headers, if any)",
    )
    parser.add_argument(
        "--genes",
        metavar="FILE",
        help="table with the columns target_id, gene_id and, if known, gene_name (default: genes in --gtf, else "
        "those in FASTA headers)",
    )
    cli.add_common(parser)
    return parser


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    cli.add_output(parser)
    group = parser.add_argument_group("more outputs")
    group.add_argument(
        "--read-report", metavar="FILE", help="write read_id, status and pair_id of every distinct read to FILE"
    )
    group.add_argument(
        "--hyb",
        metavar="FILE",
        help="write the best pair of every distinct read to FILE, in the format of hyb and hybkit",
    )
    group.add_argument("--bed", metavar="FILE", help="write the sites to FILE, as BED12 on the transcripts")
    group.add_argument(
        "--bed-genome", metavar="FILE", help="write the sites to FILE, as BED12 on the genome of --gtf"
    )
    group.add_argument(
        "--plot", metavar="FILE", help="draw what happened to the reads to FILE (.png, .svg or .pdf)"
    )
    group.add_argument(
        "--multiqc", metavar="PREFIX", help="write the statistics for MultiQC to files PREFIX_..._mqc.json"
    )


def _add_reads(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reads")
    group.add_argument(
        "--sample",
        action="append",
        default=[],
        metavar="NAME",
        help="name of the sample in each of READS, for its column n_reads:NAME (default: file name)",
    )
    cli.add_read_ends(group)
    group.add_argument(
        "--umi-errors",
        type=int,
        choices=(0, 1),
        default=0,
        metavar="N",
        help="1: UMIs of the same insert that differ in one base are gathered if one of them has at least twice "
        "the copies of the other, minus one (the directional method of UMI-tools); reads with a pair only "
        "(default: 0)",
    )
    group.add_argument(
        "--min-length",
        type=cli.positive_int,
        default=15,
        metavar="N",
        help="shortest read without adapter and UMI, in nt (default: 15)",
    )
    _add_meaning(group)


def _add_meaning(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--collapsed",
        action="store_true",
        help="read names contain the number of copies, in a common format: 1-N, r_N, r_xN, r#N, r|N, ;size=N and "
        "others; in .hyb files it is always read",
    )
    group.add_argument(
        "--quality-base",
        choices=("auto", "33", "64"),
        default="auto",
        help="scale of quality values, Phred+33 (from !) or +64 (from @, before 2011); both use all values "
        "unchanged. auto: determined from the first 10,000 reads of a file, and treated as unknown if all values "
        "are equal (default: auto)",
    )
    group.add_argument(
        "--format",
        choices=("auto", "reads", "hyb"),
        default="auto",
        help="auto: names that end in .hyb (before a compression suffix) are .hyb files (default: auto)",
    )
    group.add_argument(
        "--shard",
        type=cli.share,
        default="1/1",
        metavar="I/N",
        help="use only the I-th of N parts of the reads; with --min-reads 1, table-join joins the tables of all "
        "parts to the table of all reads, with --min-reads over all of them (default: 1/1)",
    )


def _add_search(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("search")
    group.add_argument(
        "--engine",
        choices=("native", "blast"),
        default="native",
        help="native: built in; blast: NCBI blastn-short as in the paper, a hundred times slower; needs BLAST+ "
        "(default: native)",
    )
    group.add_argument(
        "--evalue",
        type=cli.number(1e-300),
        default=0.1,
        metavar="E",
        help="largest e-value of a hit, in either reference (default: 0.1)",
    )
    group.add_argument(
        "--min-score",
        type=cli.positive_int,
        default=16,
        metavar="N",
        help="least score of a miRNA, with 1 for a match and -1 for a mismatch; or its length minus 5, if that is "
        "smaller. Few chance hits have a score of 16 (default: 16)",
    )


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("pairs")
    group.add_argument(
        "--max-gap",
        type=cli.whole_number,
        default=4,
        metavar="N",
        help="most bases between the two parts, and most bases that they share; up to 2 replaced bases at the end "
        "of the miRNA, which its alignment lacks, are in the column gap but do not count (default: 4)",
    )
    group.add_argument(
        "--extend",
        type=cli.whole_number,
        default=25,
        metavar="N",
        help="extend the target part at its 3' end by N nt (default: 25)",
    )
    group.add_argument(
        "--min-site",
        type=cli.positive_int,
        default=30,
        metavar="N",
        help="shortest extended site in nt (default: 30)",
    )
    group.add_argument(
        "--top", type=cli.positive_int, default=1, metavar="N", help="keep the N best pairs of a read (default: 1)"
    )
    group.add_argument(
        "--ties",
        action="store_true",
        help="add tied_mirnas, tied_targets and tied_sites: equally good miRNAs, transcripts and places on them",
    )
    group.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads that must carry a miRNA part, over all its targets; isomir-classify detects parts "
        "that are only sequencing errors (default: 10)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.chimera.run import ParseOutputs, parse
    from mirtools.chimera.settings import ParseSettings
    from mirtools.report.chimera_figure import draw_chimera
    from mirtools.report.drawing import open_figure
    from mirtools.report.multiqc import MultiqcFiles

    reads = args.reads or [cli.stdin_default(None, "reads")]
    settings = ParseSettings.of(vars(args), reads=reads)
    outputs = ParseOutputs(
        run.outputs.open(args.output),
        run.open(args.read_report),
        run.open(args.hyb),
        run.open(args.bed),
        run.open(args.bed_genome),
        open_figure(run.outputs, args.plot, draw_chimera),
        None if args.multiqc is None else MultiqcFiles(run.outputs, args.multiqc),
    )
    parse(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
