"""Runs table-join: tables of shards in, one table out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TextIO

from mirtools.chimera.run import StatisticsFiles
from mirtools.errors import InputError, UsageError, shorten
from mirtools.io.empty_results import no_rows_hint
from mirtools.io.samplesheet import read_samples
from mirtools.io.tables import (
    GENOME_COLUMNS,
    GUIDE_CLASS,
    PARSE_COLUMNS,
    SAMPLE_PREFIX,
    TIE_COLUMNS,
    TableReader,
    TableWriter,
)
from mirtools.runlog import RunLog
from mirtools.shards.merge import MergedPairs
from mirtools.shards.order import in_order, tells_how_many
from mirtools.shards.reports import ShardReport, by_samples, joined_report, read_shard_reports
from mirtools.shards.settings import JoinSettings

_OF_READS = {*PARSE_COLUMNS, *GENOME_COLUMNS, *TIE_COLUMNS, GUIDE_CLASS}
_WIDTH = 60  # of names in messages


class JoinOutputs(NamedTuple):
    """Open output files; all but the first are optional.

    Attributes
    ----------
    table : TextIO
    report : TextIO
        The report of one run of chimera-parse over all reads.
    multiqc : callable
        Opens the files for MultiQC of one or more samples, by the beginning of their names.
    multiqc_prefix : str
        Beginning of the names of all of these files.
    """

    table: TextIO
    report: TextIO | None = None
    multiqc: Callable[[str], StatisticsFiles] | None = None
    multiqc_prefix: str = ""


def join(settings: JoinSettings, outputs: JoinOutputs, log: RunLog) -> None:
    """Join the tables of all shards of a run to the table of one run.

    Tables of chimera-parse, which are shards of reads, are merged: a pair may be in several shards, and samples
    may be in shards of their own. All others are shards of rows or targets, and are joined in their order.

    Parameters
    ----------
    settings : JoinSettings
    outputs : JoinOutputs
    log : RunLog
        Receives counts, dropped reads, notes and hints.

    Raises
    ------
    InputError
        For tables that cannot be used, and for shards that are missing, given twice, or of another run.
    UsageError
        For reports of other tables than those of chimera-parse, and outputs that need reports.
    """
    if (outputs.report is not None or outputs.multiqc is not None) and not settings.run_report:
        raise UsageError("--report and --multiqc need --run-report, the reports of the shards")
    reports = read_shard_reports(settings.run_report)
    # a single table may be standard input, which can be read only once
    first = TableReader(settings.tables[0])
    if len(first.columns) == 1:
        problem = "has one column only; give tables of mirtools, with tabs between columns"
        raise InputError(problem, source=first.path, line=1)
    columns = {settings.tables[0]: first.columns}
    for path in settings.tables[1:]:
        if path not in columns:
            columns[path] = TableReader(path).columns
    if _of_reads(first.columns):
        pairs = _merge(settings, first, columns, outputs.table, log)
        _write_reports(reports, pairs, outputs)
    elif reports:
        raise UsageError("--run-report is for tables of chimera-parse only; omit it")
    else:
        _concatenate(settings, first, columns, outputs.table, log)


def _of_reads(columns: Sequence[str]) -> bool:
    """Return whether a table is one of chimera-parse, to which no other command has added anything."""
    own = {name for name in columns if not name.startswith(SAMPLE_PREFIX)}
    return own <= _OF_READS and own.issuperset(PARSE_COLUMNS)


def _concatenate(
    settings: JoinSettings, first: TableReader, columns: dict[str, list[str]], output: TextIO, log: RunLog
) -> None:
    for path, own in columns.items():
        if own != first.columns:
            raise _foreign(path, own, first)
    paths = _ordered(settings.tables, settings.shards, log)
    writer = TableWriter(output, first.columns)
    log.facts["tables"], log.counts["rows"] = len(paths), 0
    for _, row in log.progress(_rows(paths, first), "rows"):
        writer.write(row)
        log.counts["rows"] += 1
    if not log.counts["rows"]:
        log.hints.append(no_rows_hint("TABLE"))


def _write_reports(reports: Sequence[ShardReport], pairs: MergedPairs, outputs: JoinOutputs) -> None:
    if not reports:
        return
    groups = by_samples(reports)
    joined = joined_report(reports, pairs.low_support, pairs.counts["pairs"])
    if outputs.report is not None:
        outputs.report.write(json.dumps(joined, indent=2, ensure_ascii=False) + "\n")
    if outputs.multiqc is not None:
        for samples, some in groups.items():
            one = len(samples) == 1
            statistics = joined_report(some, pairs.low_support, None)["statistics"]
            files = outputs.multiqc(outputs.multiqc_prefix + (f".{samples[0]}" if len(groups) > 1 and one else ""))
            files.open(with_regions="regions" in statistics)
            files.write(statistics, samples[0] if one else None)


def _merge(
    settings: JoinSettings, first: TableReader, columns: dict[str, list[str]], output: TextIO, log: RunLog
) -> MergedPairs:
    others = _without_samples(first.columns)
    groups: dict[tuple[str, ...], list[str]] = {}
    for path in settings.tables:
        if _without_samples(columns[path]) != others:
            raise _foreign(path, columns[path], first)
        groups.setdefault(_samples(columns[path]), []).append(path)
    names = _sample_order(settings.samples, groups)
    place = next(
        (at for at, name in enumerate(first.columns) if name.startswith(SAMPLE_PREFIX)), len(first.columns)
    )
    joined = [*others[:place], *names, *others[place:]]
    paths = [path for group in groups.values() for path in _ordered(group, settings.shards, log)]
    log.facts["tables"], log.counts["rows"] = len(paths), 0
    with MergedPairs(joined, settings.min_reads, settings.max_gap) as pairs:
        for reader, row in log.progress(_rows(paths, first), "rows"):
            log.counts["rows"] += 1
            pairs.add(reader, row)
        pairs.counts["pairs"] = 0
        found = pairs.rows()
        # the header is written once all shards are read, so that a refused shard leaves nothing
        writer = TableWriter(output, joined)
        for row in found:
            writer.write(row)
        log.counts.update(pairs.counts)
        log.dropped.update(pairs.dropped)
    _hint(settings, log)
    return pairs


def _hint(settings: JoinSettings, log: RunLog) -> None:
    if not log.counts["rows"]:
        log.hints.append(no_rows_hint("TABLE"))
    elif settings.min_reads > 1 and len(settings.tables) > 1 and not log.dropped["low_support"]:
        log.hints.append(
            "no read is of a rare miRNA part; if shards were made without --min-reads 1, parts that are rare in a "
            "shard only are missing: repeat chimera-parse with --min-reads 1"
        )


def _ordered(paths: Sequence[str], shards: int | None, log: RunLog) -> list[str]:
    found = in_order(paths, shards)
    if shards is None and not tells_how_many(found):
        log.say(f"{shorten(found[-1], _WIDTH)} is taken for the last shard; --shards tells their number")
    return found


def _rows(paths: Sequence[str], first: TableReader) -> Iterator[tuple[TableReader, list[str]]]:
    """Yield the rows of all tables, each with its reader; ``first`` is the reader of one of them."""
    for path in paths:
        reader = first if path == first.path else TableReader(path)
        for row in reader:
            yield reader, row


def _without_samples(columns: Sequence[str]) -> list[str]:
    return [name for name in columns if not name.startswith(SAMPLE_PREFIX)]


def _samples(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in columns if name.startswith(SAMPLE_PREFIX))


def _sample_order(sheet: str | None, groups: dict[tuple[str, ...], list[str]]) -> list[str]:
    """Return the columns of all samples, in the order of the sheet, or by name if several tables name them."""
    owner: dict[str, str] = {}
    for names, paths in groups.items():
        for name in names:
            if name in owner:
                problem = f"has the sample '{shorten(name.removeprefix(SAMPLE_PREFIX), 40)}', as has"
                other = shorten(owner[name], _WIDTH)
                raise InputError(f"{problem} {other} with other samples; give shards of one run", source=paths[0])
            owner[name] = paths[0]
    listed = [*owner]
    if sheet is not None:
        known = [SAMPLE_PREFIX + sample.name for sample in read_samples(sheet)]
        if unknown := [name for name in listed if name not in known]:
            name = shorten(unknown[0].removeprefix(SAMPLE_PREFIX), 40)
            raise InputError(
                f"does not list the sample '{name}' of {shorten(owner[unknown[0]], _WIDTH)}; add it", source=sheet
            )
        return [name for name in known if name in owner]
    return sorted(listed) if len(groups) > 1 else listed


def _foreign(path: str, columns: Sequence[str], first: TableReader) -> InputError:
    different = sorted({*columns} ^ {*first.columns})
    what = f"other columns ('{shorten(different[0], 40)}')" if different else "its columns in another order"
    problem = f"is no shard of the run of {shorten(first.path, _WIDTH)}: it has {what}; join runs separately"
    return InputError(problem, source=path, line=1)
