"""sites-merge: one row a binding site, from the interaction tables of any number of samples."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  sites-merge interactions.tsv > sites.tsv
  sites-merge --samples samples.tsv --gtf genes.gtf --min-replicates 2 --bed sites.bed *.tsv.gz -o sites.tsv
  sites-merge --sample liver --sample brain liver.tsv brain.tsv --by family -o sites.tsv
  sites-merge --pairs members.tsv interactions.tsv -o sites.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "sites-merge",
        "Merge pairs into binding sites: parts of a gene that reads of one miRNA overlap are one site, in all "
        "samples and shards together. Each site has its gene, region and position, its reads by sample, the share "
        "of isomiRs and the most frequent form, the type of its seed match, and the reads that chance ligation "
        "would give, with a q-value.",
        EXAMPLES,
    )
    parser.add_argument(
        "tables",
        nargs="*",
        metavar="TABLE",
        help="interaction tables of chimera-parse, isomir-classify, dmiso-predict or attrib-align; - for stdin",
    )
    cli.add_output(parser)
    group = parser.add_argument_group("more outputs")
    group.add_argument(
        "--pairs",
        metavar="FILE",
        help="write pair_id, site_id and reads of every pair to FILE: what joins sites and interaction tables",
    )
    group.add_argument(
        "--bed",
        metavar="FILE",
        help="write the sites to FILE as BED12, on the genome with --gtf, else on the transcripts; coloured by "
        "site type, score 100 * log2(1 + reads)",
    )
    group.add_argument(
        "--bigwig",
        metavar="PREFIX",
        help="write how many reads cover each base, to files PREFIX.SAMPLE.bw (needs pyBigWig: pip install "
        "'mirtools[tracks]')",
    )
    group.add_argument(
        "--bam",
        metavar="FILE",
        help="write the aligned part of every pair to FILE, sorted, and its index to FILE.bai; tags XM miRNA, XF "
        "form, XS site_id, XG gene, XP pair_id, XN reads (needs pysam: pip install 'mirtools[tracks]')",
    )
    group.add_argument(
        "--read-report",
        action="append",
        default=[],
        metavar="FILE",
        help="with --bam: read report of chimera-parse; alignments are then reads, with their names; repeatable",
    )
    _add_samples(parser)
    _add_targets(parser)
    _add_rules(parser)
    cli.add_common(parser)
    return parser


def _add_samples(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("samples")
    group.add_argument(
        "--samples",
        metavar="SHEET",
        help="table with the columns sample, condition and replicate (the last two if known): adds by condition "
        "how many replicates have the site, and its irreproducible discovery rate (IDR)",
    )
    group.add_argument(
        "--sample",
        action="append",
        default=[],
        metavar="NAME",
        help="the sample of all tables, or of each, if no column n_reads:NAME names it (default: file name)",
    )


def _add_targets(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("targets")
    group.add_argument(
        "--transcripts", metavar="FASTA", help="the transcripts: genes in headers, lengths, bases between reads"
    )
    group.add_argument(
        "--gtf", metavar="GTF", help="GTF or GFF3: sites on the genome, so that isoforms share them, and regions"
    )
    group.add_argument(
        "--regions",
        metavar="FILE",
        help="table with the columns target_id, cds_start and cds_end (with --transcripts)",
    )
    group.add_argument(
        "--genes",
        metavar="FILE",
        help="table with the columns target_id, gene_id and, if known, gene_name (default: the columns of TABLE, "
        "else FASTA headers)",
    )


def _add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules")
    group.add_argument(
        "--by",
        choices=("mirna", "family", "seed", "form"),
        default="mirna",
        help="what binds a site: a miRNA with all its isomiRs, a family, all forms with the same bases 2-8, or "
        "each form by itself (default: mirna)",
    )
    group.add_argument(
        "--families",
        metavar="FILE",
        help="table of miRNAs and their families, for --by family (default: the same bases 2-8)",
    )
    group.add_argument(
        "--multi",
        choices=("em", "first", "unique"),
        default="em",
        help="reads that fit several sites equally well (tables of chimera-parse --ties): em shares them by "
        "expectation-maximisation, first leaves them where chimera-parse put them, unique leaves them out "
        "(default: em)",
    )
    group.add_argument(
        "--min-reads", type=cli.positive_int, default=1, metavar="N", help="reads that a site needs (default: 1)"
    )
    group.add_argument(
        "--min-replicates",
        type=cli.positive_int,
        default=1,
        metavar="K",
        help="replicates of one condition that must have the site; samples without --samples (default: 1)",
    )
    group.add_argument(
        "--max-q",
        type=cli.number(0, 1),
        default=1.0,
        metavar="Q",
        help="largest q-value of a site: 0.05 keeps sites with more reads than chance gives (default: 1)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from functools import partial

    from mirtools.io.tracks import need_bam, need_bigwig, open_track
    from mirtools.sites.run import MergeOutputs, merge_sites
    from mirtools.sites.settings import MergeSettings

    tables = args.tables or [cli.stdin_default(None, "table")]
    cli.read_once(tables)
    settings = MergeSettings.of(vars(args), tables=tables)
    bigwig = bam = None
    if args.bigwig is not None:
        need_bigwig()
        bigwig = partial(open_track, run.outputs, args.bigwig)
    if args.bam is not None:
        need_bam()
        bam = run.outputs.open_binary(args.bam), run.outputs.open_binary(f"{args.bam}.bai")
    texts = run.outputs.open(args.output), run.open(args.pairs), run.open(args.bed)
    outputs = MergeOutputs(*texts, bigwig, bam)
    merge_sites(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
