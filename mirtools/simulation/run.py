"""Runs chimera-simulate and peak-simulate: reads references; writes reads or transcripts with their truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TextIO

from mirtools.errors import UsageError
from mirtools.io.bed import BedLine, write_bed
from mirtools.io.empty_results import references_hint
from mirtools.io.sequences import read_mirnas, read_references
from mirtools.io.tables import TableWriter
from mirtools.runlog import RunLog
from mirtools.simulation.experiments import ExperimentSample
from mirtools.simulation.library import simulate
from mirtools.simulation.reads import TRUTH_COLUMNS, UNREAD_COLUMNS, truth_row, unread_cells
from mirtools.simulation.settings import LibrarySettings, TranscriptSettings
from mirtools.simulation.transcripts import Simulated, plant, read_pools, stitch_all
from mirtools.transcripts.names import by_accession


class LibraryOutputs(NamedTuple):
    """Open files to write: reads as FASTQ, and the truth about each read and about planted sites as tables."""

    reads: TextIO
    truth: TextIO | None = None
    sites: TextIO | None = None


class TranscriptOutputs(NamedTuple):
    """Open output files: transcripts and (for stitched sites) miRNAs as FASTA, sites as BED."""

    transcripts: TextIO
    bed: TextIO | None = None
    mirna_fasta: TextIO | None = None


def simulate_library(
    mirnas: str, transcripts: str, settings: LibrarySettings, outputs: LibraryOutputs, log: RunLog
) -> None:
    """Write a library of chimeric reads, decoys and PCR copies.

    Parameters
    ----------
    mirnas, transcripts : str
        FASTA files.
    settings : LibrarySettings
    outputs : LibraryOutputs
    log : RunLog
        Receives counts, a summary of the library, and a hint if references are swapped.

    Raises
    ------
    InputError, UsageError
        As :func:`mirtools.simulation.library.simulate`.
    """
    references = read_mirnas(mirnas), by_accession(read_references(transcripts, counts=log.counts))
    lengths = [[len(each.sequence) for each in listed] for listed in references]
    if hint := references_hint(lengths[0], lengths[1], "--transcripts"):
        log.hints.append(hint)
    if settings.sites is None:
        if outputs.sites is not None:
            raise UsageError("--site-truth needs --sites, the number of planted sites")
        library = simulate(*references, settings)
    else:
        sample = ExperimentSample(*references, settings)
        library = sample.library()
        sample.write_sites(outputs.sites)
        log.counts["planted_sites"] = len(sample.planted)
        log.counts["reads_of_planted_sites"] = sample.found.total()
    log.counts.update(library.counts)
    log.dropped.update(library.dropped)
    log.facts.update(library.facts)
    unread = UNREAD_COLUMNS if library.cut else []
    truth = None if outputs.truth is None else TableWriter(outputs.truth, [*TRUTH_COLUMNS, *unread])
    for read in log.progress(library.reads, "reads"):
        outputs.reads.write(f"@{read.name}\n{read.sequence}\n+\n{read.qualities}\n")
        if truth is not None:
            truth.write(truth_row(read, library.supports) + (unread_cells(read) if unread else []))


def simulate_transcripts(settings: TranscriptSettings, outputs: TranscriptOutputs, log: RunLog) -> None:
    """Write transcripts on which every site is known.

    Parameters
    ----------
    settings : TranscriptSettings
    outputs : TranscriptOutputs
    log : RunLog
        Receives counts of miRNAs, transcripts and sites.

    Raises
    ------
    InputError
        If a miRNA lacks the bases to plant, or a table has no labelled pairs.
    UsageError
        If miRNAs are to be written without ``stitch``.
    """
    if outputs.mirna_fasta is not None and settings.stitch is None:
        raise UsageError("--mirna-fasta is for --stitch; omit it")
    simulated = _simulated(settings, outputs, log)
    log.counts.update({"transcripts": 0, "sites": 0})
    for transcript in log.progress(simulated, "transcripts"):
        outputs.transcripts.write(f">{transcript.name}\n{transcript.sequence}\n")
        log.counts.update({"transcripts": 1, "sites": len(transcript.sites)})
        if outputs.bed is not None:
            lines = [BedLine(s.start, s.end, s.mirna_id, 0, s.start, s.end) for s in transcript.sites]
            write_bed(outputs.bed, transcript.name, lines)


def _simulated(settings: TranscriptSettings, outputs: TranscriptOutputs, log: RunLog) -> Iterator[Simulated]:
    if settings.plant_seeds is not None:
        mirnas = read_mirnas(settings.plant_seeds)
        log.counts["mirnas"] = len(mirnas)
        return plant(mirnas, settings.planting, settings.seed)
    pools = read_pools(settings.stitch or "", settings.top_mirnas)
    log.counts["mirnas"] = len(pools)
    if outputs.mirna_fasta is not None:
        outputs.mirna_fasta.writelines(f">{pool.mirna_id}\n{pool.mirna_seq}\n" for pool in pools)
    return stitch_all(pools, settings.positives, settings.negatives, settings.copies, settings.seed)
