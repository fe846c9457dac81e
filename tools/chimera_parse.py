"""chimera-parse: chimeric reads in, miRNA-target pairs out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any

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
        "--transcripts",
        required=True,
        metavar="FASTA",
        help="transcripts to look for targets in, or an index of them that chimera-index made",
    )
    _add_outputs(parser)
    _add_reads(parser)
    _add_search(parser)
    _add_pairs(parser)
    regions = parser.add_mutually_exclusive_group()
    regions.add_argument(
        "--gtf",
        metavar="GTF",
        help="GTF or GFF3: exons and coding sequences on the genome, for regions of sites and --bed-genome",
    )
    regions.add_argument(
        "--regions",
        metavar="FILE",
        help="table with the columns target_id, cds_start and cds_end (default: GENCODE's FASTA headers, if any)",
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
        "--hyb", metavar="FILE", help="write the best pair of every distinct read to FILE, as hyb and hybkit do"
    )
    group.add_argument("--bed", metavar="FILE", help="write the sites to FILE, as BED12 on the transcripts")
    group.add_argument(
        "--bed-genome", metavar="FILE", help="write the sites to FILE, as BED12 on the genome of --gtf"
    )
    group.add_argument("--plot", metavar="FILE", help="draw what became of the reads to FILE (.png, .svg or .pdf)")
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
        help="name of a sample, for each of READS; of several each has a column n_reads:NAME (default: file name)",
    )
    group.add_argument(
        "--adapter", action="append", default=[], metavar="SEQ", help="3' adapter to remove; may be repeated"
    )
    group.add_argument(
        "--umi-length",
        type=cli.whole_number,
        default=0,
        metavar="N",
        help="bases of a UMI or barcode: removed, but told apart when duplicates are (default: 0)",
    )
    group.add_argument(
        "--umi-position",
        choices=("5p", "3p", "name"),
        default="5p",
        help="5p: first bases of the read; 3p: last ones before the adapter, none of a read on which no --adapter "
        "is found; name: in the read name or comment (r_ACGT, r:ACGT+TGCA, ACGT:r, r RX:Z:ACGT), of any length "
        "without --umi-length (default: 5p)",
    )
    group.add_argument(
        "--min-length",
        type=cli.positive_int,
        default=15,
        metavar="N",
        help="shortest read without adapter and UMI in nt (default: 15)",
    )
    group.add_argument(
        "--collapsed",
        action="store_true",
        help="read names tell copies as collapsers write them: 1-N, r_N, r_xN, r#N, r|N, ;size=N and others; .hyb "
        "files tell them in any case",
    )
    group.add_argument(
        "--quality-base",
        choices=("auto", "33", "64"),
        default="auto",
        help="what quality values count from, 33 (!) or 64 (@, before 2011); either takes all values as they are. "
        "auto: what the first 10,000 reads of a file look like, and one value throughout is taken as unknown "
        "(default: auto)",
    )
    group.add_argument(
        "--format",
        choices=("auto", "reads", "hyb"),
        default="auto",
        help="auto takes names that end in .hyb (before a compression suffix) for .hyb (default: auto)",
    )
    group.add_argument(
        "--shard",
        type=cli.share,
        default="1/1",
        metavar="I/N",
        help="use the I-th of N parts of the reads only; run with --min-reads 1, isomir-classify joins the tables "
        "of all parts to that of all reads (default: 1/1)",
    )


def _add_search(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("search")
    group.add_argument(
        "--engine",
        choices=("native", "blast"),
        default="native",
        help="native: built in; blast: NCBI blastn-short, the paper's way, a hundred times slower; BLAST+ must be "
        "installed (default: native)",
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
        help="least score of a miRNA, 1 for an equal and -1 for a changed base; or its length less 5, if that is "
        "less. Few chance hits score so much (default: 16)",
    )


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("pairs")
    group.add_argument(
        "--max-gap",
        type=cli.whole_number,
        default=4,
        metavar="N",
        help="most bases between the two parts, and most bases that they share (default: 4)",
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
        help="add tied_mirnas and tied_targets, the names of all equally good miRNAs and transcripts",
    )
    group.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads that must carry a miRNA part, over all its targets; isomir-classify tells which "
        "parts are no more than sequencing errors (default: 10)",
    )


def _check(args: argparse.Namespace, hyb: list[bool]) -> None:
    """Raise UsageError for options that do not fit together."""
    from mirtools.errors import UsageError

    if any(hyb) and (args.adapter or args.umi_length or args.umi_position == "name"):
        raise UsageError("--adapter and UMI options would shift the coordinates of a .hyb file; leave them out")
    if any(hyb) and not all(hyb):
        raise UsageError("READS are .hyb files and others; give those of one kind at a time")
    if args.umi_position == "3p" and not args.umi_length:
        raise UsageError("--umi-position 3p needs --umi-length, how many bases the UMI has")
    if args.bed_genome is not None and args.gtf is None:
        raise UsageError("--bed-genome needs --gtf, where the transcripts lie on the genome")


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.annotation import read_annotation_if_any
    from mirtools.chimera import parse
    from mirtools.chimera.adapters import Adapters
    from mirtools.chimera.blast import BlastEngine
    from mirtools.chimera.engine import SearchReferences
    from mirtools.chimera.hints import Limits, Witness
    from mirtools.chimera.hyb import HybSpool, hyb_lines
    from mirtools.chimera.inserts import ReadLayout
    from mirtools.chimera.kmers import read_transcripts
    from mirtools.chimera.native import NativeEngine
    from mirtools.chimera.pairing import PairingRules
    from mirtools.chimera.qualities import Qualities
    from mirtools.chimera.references import References
    from mirtools.chimera.samples import Sample, name_samples
    from mirtools.chimera.sites import SiteCollector
    from mirtools.interactions import PARSE_COLUMNS, SAMPLE_PREFIX, TIE_COLUMNS, TableWriter
    from mirtools.report.chimera_figure import draw_chimera
    from mirtools.report.drawing import figure_format
    from mirtools.report.multiqc import FILES, REGIONS_FILE, multiqc_files
    from mirtools.sequences import read_mirnas

    paths = args.reads or [cli.stdin_default(None, "reads")]
    hyb = [args.format == "hyb" or (args.format == "auto" and cli.has_suffix(path, ".hyb")) for path in paths]
    _check(args, hyb)
    samples = name_samples(paths, args.sample)
    kind = None if args.plot is None else figure_format(args.plot)
    columns = [*PARSE_COLUMNS, *(SAMPLE_PREFIX + sample.name for sample in samples if len(samples) > 1)]
    columns += TIE_COLUMNS if args.ties else []
    # opened first: an output that cannot be written is better known before the search than after it
    output = run.outputs.open(args.output)
    report, chimeric, bed, bed_genome = (
        None if path is None else run.outputs.open(path)
        for path in (args.read_report, args.hyb, args.bed, args.bed_genome)
    )
    plot = None if args.plot is None else run.outputs.open_binary(args.plot)

    transcripts, index = read_transcripts(args.transcripts, run.counts)
    references = SearchReferences(References.of(read_mirnas(args.mirnas)), transcripts)
    annotation = read_annotation_if_any(transcripts.described(), args.transcripts, args.gtf, args.regions)
    files = [] if args.multiqc is None else [*FILES, *([REGIONS_FILE] if annotation else [])]
    for_multiqc = {ending: run.outputs.open(f"{args.multiqc}_{ending}") for ending in files}
    umi = args.umi_length, args.umi_position
    layout = ReadLayout(
        Adapters(cli.dna_options(args.adapter, "--adapter")), *umi, args.min_length, args.collapsed, *args.shard
    )
    # its header goes out now: not before all references are read
    writer = TableWriter(output, columns)
    rules = PairingRules(args.max_gap, args.min_score, args.extend, args.min_site, args.top)
    named = report is not None or chimeric is not None
    pairing = parse.Pairing(references, rules, layout, named, args.ties)
    limits = Limits(args.min_reads, args.min_length, args.max_gap, args.min_site)
    witness = Witness(samples, pairing, limits, all(hyb))

    def look(sample: Sample, qualities: Qualities, first: Sequence[Sequence[Any]]) -> None:
        run.facts.setdefault("qualities", {})[sample.name] = qualities.facts()
        if note := qualities.note():
            run.say(f"{'<stdin>' if sample.path == '-' else sample.path}: {note}")
        witness.look(sample, first)

    with ExitStack() as stack:
        chimeras = stack.enter_context(parse.Chimeras(pairing, samples, args.min_reads, annotation))
        spool = stack.enter_context(closing(HybSpool()))
        engine: BlastEngine | NativeEngine | None = None
        if all(hyb):
            found = parse.pair_known_hits(samples, pairing)
        else:
            if args.engine == "blast":
                engine = stack.enter_context(BlastEngine(references, args.evalue))
            else:
                engine = NativeEngine(references, args.evalue, args.min_score, index)
            found = parse.pair_reads(samples, pairing, engine, run.threads, args.quality_base, look)
        with run.progress_bar(None, "reads") as bar:
            for some in found:
                new = chimeras.add(some)
                witness.add(some)
                if chimeric is not None:
                    sample = samples[some.batch.sample].name if len(samples) > 1 else ""
                    spool.add(hyb_lines(some.batch, some.pairs, new, references, sample))
                bar.update(some.reads)

        summary = chimeras.report()
        run.counts.update(summary.counts)
        run.dropped.update(summary.dropped)
        run.facts["statistics"] = summary.statistics
        if chimeric is not None:
            spool.write(chimeric, chimeras.copies())
        if report is not None:
            fates = TableWriter(report, ("read_id", "status", "pair_id"))
            for fate in chimeras.fates():
                fates.write((fate.name, fate.status, fate.pair_id or "."))
        collectors = []
        if bed is not None:
            collectors.append((SiteCollector(columns), bed))
        if bed_genome is not None and annotation is not None:
            lengths = dict(zip(transcripts.names, transcripts.lengths.tolist(), strict=True))
            collectors.append((SiteCollector(columns, annotation.placements, lengths), bed_genome))
        run.counts["pairs"] = 0
        for row in chimeras.table.rows():
            run.counts["pairs"] += 1
            writer.write(row)
            for sites, _ in collectors:
                sites.add(row)
        run.hints += witness.hints(summary, run.counts["pairs"], engine)
    for sites, stream in collectors:
        sites.write(stream)
        run.dropped.update({f"site_{reason}": count for reason, count in sites.unplaced.items()})
    if plot is not None and kind is not None:
        draw_chimera(summary.statistics, plot, kind)
    name = samples[0].name if len(samples) == 1 else os.path.basename(args.multiqc or "")
    for ending, text in multiqc_files(summary.statistics, name).items() if for_multiqc else ():
        for_multiqc[ending].write(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
