"""A run of sites-merge: interaction tables in; a table of binding sites, its pairs and BED out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple, TextIO

from mirtools.io.empty_results import no_rows_hint
from mirtools.io.samplesheet import by_condition, read_samples
from mirtools.io.tables import MISSING, write_table
from mirtools.io.tracks import write_bam, write_bigwig
from mirtools.pairs.grouping import read_families
from mirtools.pairs.site_types import CANONICAL
from mirtools.runlog import RunLog
from mirtools.sites.bed import write_bed
from mirtools.sites.columns import MEMBER_COLUMNS
from mirtools.sites.guides import guides_of
from mirtools.sites.merge import Merged, merge_rows
from mirtools.sites.rows import Rows, read_rows, unknown_samples
from mirtools.sites.settings import MergeSettings
from mirtools.sites.sites import describe
from mirtools.sites.table import SiteTable, member_rows
from mirtools.sites.targets import read_targets
from mirtools.sites.tracks import Tracks


class MergeOutputs(NamedTuple):
    """Open files that are written, each but the first if it is wanted.

    Attributes
    ----------
    table : TextIO
        One row a site.
    pairs : TextIO
        One row for each pair of a site.
    bed : TextIO
    bigwig : callable
        Opens the file for the coverage by a sample, by its name.
    bam : (BinaryIO, BinaryIO)
        Alignments, and their index.
    """

    table: TextIO
    pairs: TextIO | None = None
    bed: TextIO | None = None
    bigwig: Callable[[str], BinaryIO] | None = None
    bam: tuple[BinaryIO, BinaryIO] | None = None


def merge_sites(settings: MergeSettings, outputs: MergeOutputs, log: RunLog) -> None:
    """Merge the pairs of interaction tables to binding sites, and write all that is wanted.

    Parameters
    ----------
    settings : MergeSettings
    outputs : MergeOutputs
    log : RunLog
        Gains counts, reasons why rows and sites are left out, notes and hints.

    Raises
    ------
    InputError
        For files that cannot be used, and a sample that the sample sheet does not list.
    UsageError
        If samples are named for tables that name them.
    """
    sheet = [] if settings.samples is None else read_samples(settings.samples)
    families = None if settings.families is None else read_families(settings.families)
    rows, collector = read_rows(settings.tables, settings.sample)
    log.counts.update(collector.counts)
    log.dropped.update(collector.dropped)
    names = [sample.name for sample in sheet] or rows.samples
    if (error := unknown_samples(rows, names, settings.samples or "")) is not None:
        raise error
    known = read_targets(_target_names(rows), settings.transcripts, settings.gtf, settings.regions, settings.genes)
    guide_names, guides = guides_of(rows, settings.by, families)
    merged = merge_rows(rows, guides, known, _genes(rows), settings.multi)
    sites = describe(merged, rows, guide_names, known)
    order = [rows.samples.index(name) for name in names if name in rows.samples]
    present = [name for name in names if name in rows.samples]
    conditions = {name: [each for each in group if each in present] for name, group in by_condition(sheet).items()}
    table = SiteTable(sites, present, order, {name: group for name, group in conditions.items() if group})
    kept = table.filtered(settings.min_reads, settings.min_replicates, settings.max_q)
    write_table(outputs.table, kept.columns, log.progress(kept.rows(log.threads), "sites", len(kept.sites)))
    write_table(outputs.pairs, MEMBER_COLUMNS, member_rows(kept.sites, merged, rows))
    if outputs.bed is not None and (left_out := write_bed(outputs.bed, kept.sites, known)):
        log.counts["bed_left_out_not_on_genome"] = left_out
    _write_tracks(settings, outputs, Tracks(kept.sites, merged, rows, known), kept)
    _count(log, settings, rows, merged, table, kept)


def _write_tracks(settings: MergeSettings, outputs: MergeOutputs, tracks: Tracks, kept: SiteTable) -> None:
    if outputs.bigwig is None and outputs.bam is None:
        return
    sizes = tracks.sizes()
    if outputs.bigwig is not None:
        for name, sample in zip(kept.samples, kept.order, strict=True):
            write_bigwig(outputs.bigwig(name), sizes, tracks.coverage(sample))
    if outputs.bam is not None:
        alignments = tracks.reads(settings.read_report) if settings.read_report else tracks.pairs()
        write_bam(*outputs.bam, sizes, alignments)


def _count(
    log: RunLog, settings: MergeSettings, rows: Rows, merged: Merged, table: SiteTable, kept: SiteTable
) -> None:
    log.counts["pairs"] = len(rows)
    log.counts["reads_in"] = int(rows.totals.sum())
    log.counts["reads_out"] = round(sum(site.total for site in kept.sites))
    log.counts["sites"] = len(kept.sites)
    seen = table.seen_in()[""]
    log.counts["singletons"] = sum(site.total < 1.5 for site in kept.sites)
    log.counts["sites_q_below_0.05"] = sum(site.q_value < 0.05 for site in kept.sites)
    log.counts["sites_with_seed"] = sum(site.match.site_type in CANONICAL for site in kept.sites)
    log.counts["pairs_of_several_sites"] = merged.tied_rows
    log.facts["sites_by_number_of_samples"] = {
        str(number): seen.count(number) for number in range(len(table.samples) + 1) if seen.count(number)
    }
    if removed := len(table.sites) - len(kept.sites):
        log.dropped["sites_filtered"] = removed
    if merged.left_out:
        log.dropped["tied_between_sites"] = merged.left_out
    if not rows.ties and settings.multi == "em":
        log.say(
            "no table has the column tied_sites, so reads stay where chimera-parse put them; "
            "run chimera-parse with --ties to share reads that fit several genes"
        )
    if merged.spots.unplaced:
        log.counts["targets_not_on_genome"] = merged.spots.unplaced
    if not len(rows):
        log.hints.append(no_rows_hint("TABLE"))
    elif len(set(rows.numbers["mirna_id"].tolist())) == 1:
        log.say("all reads are of one miRNA, so p_value and q_value are 1: nothing tells binding from chance")


def _target_names(rows: Rows) -> Sequence[str]:
    return sorted({*rows.texts["target_id"], *(spot.target for spots in rows.ties.values() for spot in spots)})


def _genes(rows: Rows) -> dict[str, str]:
    """Return the genes of targets as the tables tell them, by identifier or else by name."""
    found: dict[str, str] = {}
    cells = (rows.cells(name) for name in ("target_id", "gene_id", "gene_name"))
    for target, identifier, name in zip(*cells, strict=True):
        gene = name if identifier == MISSING else identifier
        if gene != MISSING and gene < found.get(target, "\U0010ffff"):
            found[target] = gene
    return found
