"""One run of isomir-classify: from tables to the classified table, mirGFF3, statistics and comparison."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any, BinaryIO, NamedTuple, TextIO

from mirtools.interactions import SAMPLE_PREFIX, TableWriter
from mirtools.isomir import statistics
from mirtools.isomir.compare import COMPARE_COLUMNS, Comparison, compare, comparison_rows
from mirtools.isomir.hints import hints_of
from mirtools.isomir.mirgff import write_mirgff
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.repertoire import read_isomirs
from mirtools.isomir.table import IsomirTable
from mirtools.isomir.tables import Tables
from mirtools.sequences import Reference, read_mirnas, read_references

SUMMARY_COLUMNS = "table mirna item measure value".split()
_ACCESSION = re.compile(r"MIMAT[0-9]+")


class Sources(NamedTuple):
    """Files that are read: tables, miRNAs, precursors and the table of another experiment."""

    pairs: Sequence[str]
    mirnas: str
    precursors: str | None = None
    compare: str | None = None


class Outputs(NamedTuple):
    """Open files that are written; the figure with its format."""

    table: TextIO
    gff3: TextIO | None = None
    summary: TextIO | None = None
    figure: tuple[BinaryIO, str] | None = None
    compared: TextIO | None = None


class Result(NamedTuple):
    """What a run tells beside its files."""

    counts: Counter[str]
    dropped: Counter[str]
    facts: dict[str, Any]
    notes: list[str]
    hints: list[str]


def classify_tables(
    sources: Sources, outputs: Outputs, min_reads: int, min_quality: int, min_pairs: int, errors: bool = True
) -> Result:
    """Classify tables and write all that is asked for; parameters as in ``IsomirTable`` and ``statistics_of``."""
    mirnas = read_mirnas(sources.mirnas)
    canonical = {reference.name: reference.sequence for reference in mirnas}
    hairpins = [] if sources.precursors is None else read_references(sources.precursors)
    precursors = Precursors(canonical, hairpins)
    other = None if sources.compare is None else read_isomirs(sources.compare)
    tables = Tables(sources.pairs)
    with closing(IsomirTable(tables, canonical, min_reads, min_quality, precursors, errors)) as table:
        writer = TableWriter(outputs.table, table.columns)
        for row in table.rows():
            writer.write(row)
        if outputs.gff3 is not None:
            samples = [name.removeprefix(SAMPLE_PREFIX) for name in table.samples] or ["reads"]
            left_out = write_mirgff(outputs.gff3, table.observed(), precursors, _accessions(mirnas), samples)
            if left_out:
                table.counts["gff3_left_out_with_n"] = left_out
        told, isomirs = statistics.statistics_of(table.interactions(), min_pairs), table.isomirs()

    compared = None if other is None else compare(isomirs, other, min_reads)
    if outputs.summary is not None:
        writer = TableWriter(outputs.summary, SUMMARY_COLUMNS)
        for row in statistics.summary_rows(told):
            writer.write(row)
        for row in comparison_rows(compared) if compared is not None else ():
            writer.write(row)
    if outputs.compared is not None and compared is not None:
        writer = TableWriter(outputs.compared, COMPARE_COLUMNS)
        for row in compared.rows:
            writer.write(row)
    if outputs.figure is not None:
        from mirtools.report.isomir_figure import draw_isomirs

        draw_isomirs(told, compared, min_pairs, *outputs.figure)

    facts: dict[str, Any] = {"statistics": statistics.facts(told)}
    if errors:
        facts["error_rate"] = float(f"{table.error_rate:.3g}")
    if compared is not None:
        facts["comparison"] = _comparison_facts(compared)
    notes = []
    if table.counts["quality_not_tested"]:
        notes.append("some changed bases have no quality values; their quality was not tested")
    if hairpins and precursors.without:
        table.counts["mirnas_without_precursor"] = precursors.without
    lengths = [len(sequence) for sequence in canonical.values()]
    hints = hints_of(lengths, table.counts, table.dropped, min_reads, min_quality)
    return Result(table.counts, table.dropped, facts, notes, hints)


def _comparison_facts(compared: Comparison) -> list[dict[str, Any]]:
    return [share._asdict() | {"expected": round(share.expected, 6)} for share in compared.shares]


def _accessions(mirnas: Sequence[Reference]) -> dict[str, str]:
    """Return the miRBase accessions that FASTA headers have behind the name."""
    found = {reference.name: _ACCESSION.search(reference.header) for reference in mirnas}
    return {name: match.group() for name, match in found.items() if match}
