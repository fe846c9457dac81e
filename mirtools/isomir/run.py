"""Runs isomir-classify: reads tables; writes the classified table, mirGFF3, statistics and the comparison."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import chain
from typing import Any, NamedTuple, TextIO

from mirtools.errors import UsageError
from mirtools.io.sequences import Reference, read_mirnas, read_references
from mirtools.io.tables import SAMPLE_PREFIX, write_table
from mirtools.isomir.compare import COMPARE_COLUMNS, Comparison, compare, comparison_rows
from mirtools.isomir.mirgff import write_mirgff
from mirtools.isomir.nothing_classified import hints_of
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.repertoire import read_isomirs
from mirtools.isomir.settings import ClassifySettings
from mirtools.isomir.statistics import Statistics, facts, statistics_of, summary_rows
from mirtools.isomir.table import IsomirTable
from mirtools.isomir.tables import Tables
from mirtools.runlog import RunLog

SUMMARY_COLUMNS = "table mirna item measure value".split()
_ACCESSION = re.compile(r"MIMAT[0-9]+")


class ClassifyOutputs(NamedTuple):
    """Open output files; all but the first are optional.

    Attributes
    ----------
    table : TextIO
        The classified table.
    gff3 : TextIO
        Every observed miRNA as mirGFF3.
    summary : TextIO
        Statistics as a table.
    figure : callable
        Draws statistics and comparison (or None), given the number of isomiR pairs that a tested miRNA needs.
    compared : TextIO
        Every isomiR of both experiments; needs a second experiment.
    """

    table: TextIO
    gff3: TextIO | None = None
    summary: TextIO | None = None
    figure: Callable[[Statistics, Comparison | None, int], None] | None = None
    compared: TextIO | None = None


def classify(settings: ClassifySettings, outputs: ClassifyOutputs, log: RunLog) -> None:
    """Classify the miRNA part of every pair, and write all outputs.

    Parameters
    ----------
    settings : ClassifySettings
    outputs : ClassifyOutputs
    log : RunLog
        Receives counts, reasons for dropped rows, statistics, notes and hints.

    Raises
    ------
    InputError
        If a table or a FASTA file cannot be used.
    UsageError
        If isomiRs of both experiments are to be written, but there is only one experiment.
    """
    if outputs.compared is not None and settings.compare is None:
        raise UsageError("--compare-output needs --compare; name the table of the other experiment")
    mirnas = read_mirnas(settings.mirnas)
    canonical = {reference.name: reference.sequence for reference in mirnas}
    hairpins = [] if settings.precursors is None else read_references(settings.precursors)
    precursors = Precursors(canonical, hairpins)
    other = None if settings.compare is None else read_isomirs(settings.compare)
    rules = settings.min_reads, settings.min_quality, precursors, not settings.paper_rules
    with closing(IsomirTable(Tables(settings.pairs), canonical, *rules)) as table:
        write_table(outputs.table, table.columns, log.progress(table.rows(), "pairs"))
        if outputs.gff3 is not None:
            _write_gff3(outputs.gff3, table, precursors, _accessions(mirnas))
        found, isomirs = statistics_of(table.interactions(), settings.min_pairs), table.isomirs()
    compared = None if other is None else compare(isomirs, other, settings.min_reads)
    _write_statistics(outputs, found, compared, settings.min_pairs)
    log.counts.update(table.counts)
    log.dropped.update(table.dropped)
    log.facts["statistics"] = facts(found)
    if not settings.paper_rules:
        log.facts["error_rate"] = float(f"{table.error_rate:.3g}")
    if compared is not None:
        log.facts["comparison"] = _comparison_facts(compared)
    if table.counts["quality_not_tested"]:
        log.say("some changed bases have no quality values; their quality was not tested")
    if hairpins and precursors.without:
        log.counts["mirnas_without_precursor"] = precursors.without
    lengths = [len(sequence) for sequence in canonical.values()]
    log.hints += hints_of(lengths, table.counts, table.dropped, settings.min_reads, settings.min_quality)


def _write_gff3(stream: TextIO, table: IsomirTable, precursors: Precursors, accessions: Mapping[str, str]) -> None:
    samples = [name.removeprefix(SAMPLE_PREFIX) for name in table.samples] or ["reads"]
    if skipped := write_mirgff(stream, table.observed(), precursors, accessions, samples):
        table.counts["gff3_left_out_with_n"] = skipped


def _write_statistics(
    outputs: ClassifyOutputs, found: Statistics, compared: Comparison | None, min_pairs: int
) -> None:
    rows = [] if compared is None else comparison_rows(compared)
    write_table(outputs.summary, SUMMARY_COLUMNS, chain(summary_rows(found), rows))
    if compared is not None:
        write_table(outputs.compared, COMPARE_COLUMNS, compared.rows)
    if outputs.figure is not None:
        outputs.figure(found, compared, min_pairs)


def _comparison_facts(compared: Comparison) -> list[dict[str, Any]]:
    return [share._asdict() | {"expected": round(share.expected, 6)} for share in compared.shares]


def _accessions(mirnas: Sequence[Reference]) -> dict[str, str]:
    """Return the miRBase accessions that follow the names in FASTA headers."""
    found = {reference.name: _ACCESSION.search(reference.header) for reference in mirnas}
    return {name: match.group() for name, match in found.items() if match}
