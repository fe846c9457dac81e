"""Runs chimera-parse: reads files of reads; writes the table of pairs, read report, .hyb, BED and statistics.

:func:`index_transcripts` runs chimera-index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Any, BinaryIO, NamedTuple, Protocol, TextIO

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.blast import BlastEngine
from mirtools.chimera.chimeras import Chimeras
from mirtools.chimera.engine import BatchEngine, SearchReferences
from mirtools.chimera.findings import findings, state_facts
from mirtools.chimera.guides import read_guides
from mirtools.chimera.hyb import HybLines, hyb_lines
from mirtools.chimera.inserts import ReadLayout
from mirtools.chimera.kmers import KmerIndex, read_transcripts
from mirtools.chimera.native import NativeEngine
from mirtools.chimera.no_pairs import HintFinder
from mirtools.chimera.paired_reads import PairedReads, Pairing, pair_known_hits, pair_reads
from mirtools.chimera.pairing import PairingRules
from mirtools.chimera.qualities import Qualities
from mirtools.chimera.read_state import ReadState
from mirtools.chimera.references import References
from mirtools.chimera.samples import Sample
from mirtools.chimera.settings import ParseSettings
from mirtools.chimera.sites import SiteCollector
from mirtools.errors import UsageError
from mirtools.io.sequences import read_references
from mirtools.io.tables import (
    GENOME_COLUMNS,
    GUIDE_CLASS,
    MIRNA_CLASS,
    MISSING,
    PARSE_COLUMNS,
    SAMPLE_PREFIX,
    TIE_COLUMNS,
    TableWriter,
)
from mirtools.runlog import RunLog
from mirtools.transcripts.annotation import Annotation, read_annotation_if_any
from mirtools.transcripts.genes import Genes, read_genes
from mirtools.transcripts.regions import unknown_to_all
from mirtools.transcripts.site_genes import SiteGenes

READ_COLUMNS = "read_id status pair_id".split()

Statistics = Mapping[str, Any]


class StatisticsFiles(Protocol):
    """Files of statistics; some are written only if regions of transcripts are known."""

    def open(self, with_regions: bool) -> None:
        """Open the files, before the search."""

    def write(self, statistics: Statistics, sample: str | None) -> None:
        """Write them; ``sample`` is the name of the only sample, or None."""


class ParseOutputs(NamedTuple):
    """Open output files; all but the first are optional.

    Attributes
    ----------
    table : TextIO
        The interaction table.
    read_report : TextIO
        The outcome of every distinct read.
    hyb : TextIO
        The best pair of every distinct read.
    bed, bed_genome : TextIO
        Sites as BED12 on the transcripts, and on the genome (needs ``gtf``).
    figure : callable
        Draws the statistics.
    multiqc : StatisticsFiles
    """

    table: TextIO
    read_report: TextIO | None = None
    hyb: TextIO | None = None
    bed: TextIO | None = None
    bed_genome: TextIO | None = None
    figure: Callable[[Statistics], None] | None = None
    multiqc: StatisticsFiles | None = None


def index_transcripts(transcripts: str, output: BinaryIO, log: RunLog) -> None:
    """Write the index of a FASTA file, which replaces it in chimera-parse.

    Parameters
    ----------
    transcripts : str
    output : BinaryIO
    log : RunLog
        Receives counts and the length of the words.
    """
    index = KmerIndex.of(References.of(read_references(transcripts, counts=log.counts)))
    index.save(output)
    log.counts["transcripts"] = len(index.references)
    log.counts["bases"] = int(index.references.lengths.sum())
    log.facts["word_length"] = index.k


def parse(settings: ParseSettings, outputs: ParseOutputs, log: RunLog) -> None:
    """Find the pairs of all reads and write all outputs.

    Parameters
    ----------
    settings : ParseSettings
    outputs : ParseOutputs
    log : RunLog
        Receives counts, reasons for reads without a pair, statistics, and hints if no pairs are found.

    Raises
    ------
    InputError
        If references or reads cannot be used.
    MissingExtraError
        If the engine is BLAST and not installed.
    UsageError
        If sites on the genome are requested without a GTF file.
    """
    if outputs.bed_genome is not None and settings.gtf is None:
        raise UsageError("--bed-genome needs --gtf, the positions of transcripts on the genome")
    transcripts, index = read_transcripts(settings.transcripts, log.counts)
    references = SearchReferences(read_guides(settings.mirnas, settings.guide_files), transcripts)
    annotation = read_annotation_if_any(
        transcripts.described(), settings.transcripts, settings.gtf, settings.regions
    )
    site_genes = _site_genes(settings, transcripts, annotation)
    if outputs.multiqc is not None:
        outputs.multiqc.open(with_regions=annotation is not None)
    columns = _columns(settings)
    # its header is written now, after all references are read
    writer = TableWriter(outputs.table, columns)
    pairing = _pairing(settings, outputs, references)
    finder = HintFinder(settings.samples, pairing, settings)
    with ExitStack() as stack:
        rules = settings.samples, settings.min_reads, annotation, site_genes, settings.ties
        chimeras = stack.enter_context(Chimeras(pairing, *rules))
        spool = None if outputs.hyb is None else stack.enter_context(closing(HybLines()))
        engine = None if settings.known_hits else _engine(settings, references, index, stack)
        _collect(_paired(settings, pairing, engine, finder, log), chimeras, spool, finder, settings, log)
        report = chimeras.report()
        log.counts.update(report.counts)
        log.dropped.update(report.dropped)
        if first := finder.first_reads():
            report.statistics["first_reads"] = first
        log.facts["statistics"] = report.statistics
        if spool is not None and outputs.hyb is not None:
            spool.write(outputs.hyb, chimeras.copies())
        if outputs.read_report is not None:
            _write_fates(outputs.read_report, chimeras)
        _write_pairs(writer, chimeras, _site_files(outputs, columns, annotation, transcripts), log)
        log.hints += finder.hints(report, log.counts["pairs"], engine)
        _report_classes(chimeras, log)
    if outputs.figure is not None:
        outputs.figure(report.statistics)
    if outputs.multiqc is not None:
        only = settings.samples[0].name if len(settings.samples) == 1 else None
        outputs.multiqc.write(report.statistics, only)


def _columns(settings: ParseSettings) -> list[str]:
    samples = [SAMPLE_PREFIX + sample.name for sample in settings.samples]
    columns = [*PARSE_COLUMNS, *samples, *(TIE_COLUMNS if settings.ties else ())]
    if settings.gtf is not None:
        place = columns.index("region") + 1
        columns[place:place] = GENOME_COLUMNS
    if settings.guides:
        columns.insert(columns.index("mirna_id") + 1, GUIDE_CLASS)
    return columns


def _report_classes(chimeras: Chimeras, log: RunLog) -> None:
    """Report what was found of each class of guides, and what fits several of them."""
    found = chimeras.table.by_class
    if not chimeras.references.mirnas.classes:
        return
    log.facts["guide_classes"] = {name: dict(found[name]) for name in sorted(found)}
    if tied := sum(counts["tied_pairs"] for counts in found.values()):
        log.counts["pairs_of_several_classes"] = tied
        log.hints.append(
            f"{tied:,} of {log.counts['pairs']:,} pairs fit guides of several classes equally well; {GUIDE_CLASS} "
            f"is {MIRNA_CLASS} if one of them is a miRNA, and --ties lists all of them in tied_mirnas"
        )


def _site_genes(settings: ParseSettings, transcripts: References, annotation: Annotation | None) -> SiteGenes:
    table = None if settings.genes is None else read_genes(settings.genes)
    genes = Genes(table, None if annotation is None else annotation.placements)
    if settings.genes is not None and not any(map(genes.in_table, transcripts.names)):
        raise unknown_to_all(settings.genes)
    return SiteGenes(transcripts.names, transcripts.headers, annotation, genes, settings.gtf is not None)


def _pairing(settings: ParseSettings, outputs: ParseOutputs, references: SearchReferences) -> Pairing:
    layout = ReadLayout(
        Adapters(settings.adapter),
        settings.umis,
        settings.min_length,
        settings.collapsed,
        *settings.shard,
        settings.umi_errors > 0,
    )
    rules = PairingRules(settings.max_gap, settings.min_score, settings.extend, settings.min_site, settings.top)
    named = outputs.read_report is not None or outputs.hyb is not None
    return Pairing(references, rules, layout, named, settings.ties or bool(settings.guides))


def _engine(
    settings: ParseSettings, references: SearchReferences, index: KmerIndex | None, stack: ExitStack
) -> BatchEngine:
    if settings.engine == "blast":
        return stack.enter_context(BlastEngine(references, settings.evalue))
    return NativeEngine(references, settings.evalue, settings.min_score, index)


def _paired(
    settings: ParseSettings, pairing: Pairing, engine: BatchEngine | None, finder: HintFinder, log: RunLog
) -> Iterator[PairedReads]:
    """Return the reads with their pairs, in input order."""

    def look(sample: Sample, qualities: Qualities, state: ReadState) -> None:
        log.facts.setdefault("qualities", {})[sample.name] = qualities.facts()
        found, _ = findings(state, settings.umis, settings.adapter)
        log.facts.setdefault("read_state", {})[sample.name] = state_facts(state, found)
        if note := qualities.note():
            log.say(f"{'<stdin>' if sample.path == '-' else sample.path}: {note}")
        finder.look(sample, state)

    if engine is None:
        return pair_known_hits(settings.samples, pairing)
    return pair_reads(settings.samples, pairing, engine, log.threads, settings.quality_base, look)


def _collect(
    found: Iterator[PairedReads],
    chimeras: Chimeras,
    spool: HybLines | None,
    finder: HintFinder,
    settings: ParseSettings,
    log: RunLog,
) -> None:
    samples, references = settings.samples, chimeras.references
    for some in log.progress(found, "reads", size=lambda some: some.reads):
        new = chimeras.add(some)
        finder.add(some)
        if spool is not None:
            sample = samples[some.batch.sample].name if len(samples) > 1 else ""
            spool.add(hyb_lines(some.batch, some.pairs, new, references, sample))


def _write_fates(stream: TextIO, chimeras: Chimeras) -> None:
    writer = TableWriter(stream, READ_COLUMNS)
    for fate in chimeras.fates():
        writer.write((fate.name, fate.status, fate.pair_id or MISSING))


def _site_files(
    outputs: ParseOutputs, columns: Sequence[str], annotation: Annotation | None, transcripts: References
) -> list[tuple[SiteCollector, TextIO]]:
    files = []
    if outputs.bed is not None:
        files.append((SiteCollector(columns), outputs.bed))
    if outputs.bed_genome is not None and annotation is not None:
        lengths = dict(zip(transcripts.names, transcripts.lengths.tolist(), strict=True))
        files.append((SiteCollector(columns, annotation.placements, lengths), outputs.bed_genome))
    return files


def _write_pairs(
    writer: TableWriter, chimeras: Chimeras, files: Sequence[tuple[SiteCollector, TextIO]], log: RunLog
) -> None:
    log.counts["pairs"] = 0
    for row in chimeras.table.rows():
        log.counts["pairs"] += 1
        writer.write(row)
        for sites, _ in files:
            sites.add(row)
    for sites, stream in files:
        sites.write(stream)
        log.dropped.update({f"site_{reason}": count for reason, count in sites.unplaced.items()})
