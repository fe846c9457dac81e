"""Rows of chimera-parse -> rows with isomiR types: ends settled, equal rows merged, qualities tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.interactions import CLASSIFY_COLUMNS, ISOMIR_TYPES, MISSING, extended, pair_id
from mirtools.isomir.mirgff import Observed
from mirtools.isomir.parts import UNCUT, Parts
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.records import Records, best_qualities
from mirtools.isomir.repertoire import Interactions
from mirtools.isomir.tables import Tables
from mirtools.isomir.types import Isomir
from mirtools.isomir.units import Ints, choice_of_strongest, groups, units_of

_NO_QUALITY = b"!"
_NO_VALUE = -1


class _Merged(NamedTuple):
    """Rows of the result, column by column.

    Attributes
    ----------
    part : array of int
        Number of the miRNA part, which decides about the miRNA and the types.
    begin, end : array of int
        The units of a row, as a slice of ``units``.
    shown : array of int
        The row of the input with the strongest evidence.
    reads, quality : array of int
        Distinct reads; lowest Phred value at a changed base, -1 where there is none.
    units : array of int
    """

    part: Ints
    begin: Ints
    end: Ints
    shown: Ints
    reads: Ints
    quality: Ints
    units: Ints

    def units_of(self, number: int) -> list[int]:
        """Return the numbers of the units of one row."""
        units: list[int] = self.units[self.begin[number] : self.end[number]].tolist()
        return units

    def taken(self, numbers: Ints) -> _Merged:
        """Return some rows, in the order of their numbers."""
        return self._replace(**{name: getattr(self, name)[numbers] for name in self._fields[:-1]})


class IsomirTable:
    """Classifies interaction tables; support is counted over all of them.

    Cells wait in a temporary file; what is held in memory grows with the rows, by 0.6 kilobytes a row where all
    junctions are different.

    Parameters
    ----------
    tables : Tables
        Need ``mirna_id`` and ``mirna_seq``; the other columns of chimera-parse are used where they are there.
    canonical : mapping of str to str
        Sequence of each miRNA by its name, 5'->3', DNA letters.
    min_reads : int
        Distinct reads in which a miRNA part must be possible. Without ``n_reads`` every row counts as one read.
    min_quality : int
        Phred value that added and changed bases must exceed; not tested where qualities are missing.
    precursors : Precursors
        Where a miRNA has some, ``isomir_variant`` tells templated from non-templated 3' additions.

    Attributes
    ----------
    columns : list of str
        Columns of the rows that :meth:`rows` yields.
    samples : list of str
        Columns with the counts of samples.
    counts, dropped : collections.Counter
    """

    def __init__(
        self,
        tables: Tables,
        canonical: Mapping[str, str],
        min_reads: int,
        min_quality: int,
        precursors: Precursors | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.columns, self._new = extended(tables.columns, CLASSIFY_COLUMNS)
        self._names = list(canonical)
        self._min_quality = min_quality
        self._records = records = Records(tables, canonical)
        self.samples = [tables.columns[place] for place in records.sample_columns]
        self._coverage = tables.find("mirna_coverage"), tables.find("target_coverage")
        self._strongest = choice_of_strongest(records, tables.columns)
        self._units = units = units_of(records, self._strongest)
        self.counts["rows_in"] = len(records)
        self._parts = Parts(records, units, canonical, min_reads, precursors or Precursors(canonical, []))
        if dropped := len(units.begins) - len(self._parts.kept):
            self.dropped["low_support"] = dropped
        merged = self._merge()
        if fewer := len(records) - len(units.begins) + len(self._parts.kept) - len(merged.part):
            self.counts["merged_rows"] = fewer
        self._merged = merged = merged.taken(self._good(merged))
        self._count()
        self._identifiers = self._named(merged)
        if self._identifiers is None:
            order = np.argsort(merged.shown)
        else:
            order = np.lexsort((self._identifiers, -merged.reads))
            self._identifiers = self._identifiers[order]
        self._merged = merged.taken(order)

    def rows(self) -> Iterator[list[str]]:
        """Yield the classified rows: most reads first, then by ``pair_id``; as they came where there is none."""
        coverages = self._coverages()
        for number in range(len(self._merged.part)):
            cells = self._cells(number)
            for place, values in coverages:
                cells[place] = str(values[number])
            yield cells

    def interactions(self) -> Interactions:
        """Return the result as arrays."""
        records, merged = self._records, self._merged
        target = start = end = None
        if records.has_place:
            target, starts, ends = (column[merged.shown] for column in records.places())
            if all(_is_coordinate(cell) for cell in records.starts + records.stops):
                start, end = np.array(records.starts, np.int64)[starts], np.array(records.stops, np.int64)[ends]
        return Interactions(
            self._names,
            self._parts.sequences,
            self._parts.mirna[merged.part],
            merged.part,
            self._parts.types[merged.part],
            merged.reads,
            target,
            start,
            end,
        )

    def observed(self) -> list[Observed]:
        """Return every observed miRNA once, by miRNA and sequence, with its reads in each sample."""
        parts = self._parts
        counts = self._records.counts[2:] or self._records.counts[:1]
        found: dict[int, list[int]] = {}
        for number, part in enumerate(self._merged.part.tolist()):
            reads = found.setdefault(part, [0] * len(counts))
            for row in self._rows_of(number):
                for sample, column in enumerate(counts):
                    reads[sample] += column[row]
        result = []
        for part in sorted(found, key=lambda part: (parts.mirna[part], parts.sequences[part])):
            assigned = parts.assigned[part]
            observed = parts.sequences[part], parts.isomir(part), found[part]
            result.append(Observed(assigned.mirna, *observed, assigned.equal))
        return result

    def close(self) -> None:
        """Give the temporary file up."""
        self._records.cells.close()

    def _merge(self) -> _Merged:
        """Merge units that became equal."""
        records, units, kept = self._records, self._units, self._parts.kept
        part, shown = self._parts.of[kept], units.shown[kept]
        if records.has_place:
            order, begin = groups([part, *(column[shown] for column in records.places())])
            shown = self._strongest(shown[order], begin)
        else:
            order = begin = np.arange(len(shown))
        members = kept[order]
        reads = np.add.reduceat(units.reads[members], begin) if len(begin) else np.zeros(0, np.int64)
        end, quality = np.append(begin[1:], len(order)), np.full(len(begin), _NO_VALUE)
        return _Merged(part[order][begin], begin, end, shown, reads, quality, members)

    def _good(self, merged: _Merged) -> Ints:
        """Return the rows that are isomiRs of good quality, and note the quality."""
        isomirs = self._parts.isomirs
        good = np.array([isomir is not None for isomir in isomirs], bool)[merged.part]
        if dropped := len(good) - int(good.sum()):
            self.dropped["no_ungapped_alignment"] = dropped
        is_changed = np.array([isomir is not None and bool(isomir.changed) for isomir in isomirs], bool)
        for number in np.flatnonzero(is_changed[merged.part]).tolist():
            qualities = self._qualities(merged, number)
            quality = _NO_VALUE
            if qualities is not None:
                quality = _lowest_quality(qualities, self._parts.isomir(merged.part[number]))
            merged.quality[number] = quality
            if quality == _NO_VALUE:
                self.counts["quality_not_tested"] += 1
            elif quality <= self._min_quality:
                self.dropped["low_quality"] += 1
                good[number] = False
        return np.flatnonzero(good)

    def _count(self) -> None:
        types = self._parts.types[self._merged.part]
        self.counts["pairs"] = len(types)
        self.counts["exact"] = int((types == 0).sum())
        self.counts["isomir"] = int((types > 0).sum())
        for bit, name in enumerate(ISOMIR_TYPES):
            if count := int((types >> bit & 1).sum()):
                self.counts[name] = count

    def _named(self, merged: _Merged) -> NDArray[Any] | None:
        """Return the identifiers of rows, UTF-8; ``None`` where the tables have none."""
        records, parts = self._records, self._parts
        if (column := records.at.get("pair_id")) is None:
            return None
        if not records.has_place:
            return np.array([records.cells[row][column].encode() for row in merged.shown.tolist()], "S")
        names, sequences = parts.assigned, parts.sequences
        rows = zip(merged.part.tolist(), merged.shown.tolist(), strict=True)
        identifiers = (
            pair_id(names[part].mirna, sequences[part], MISSING, *records.place_cells(row)).encode()
            for part, row in rows
        )
        return np.fromiter(identifiers, "S17", len(merged.part))

    def _rows_of(self, number: int) -> list[int]:
        """Return the numbers of all rows that went into one."""
        return [row for unit in self._merged.units_of(number) for row in self._units.rows_of(unit)]

    def _qualities(self, merged: _Merged, number: int) -> bytes | None:
        """Return the highest Phred+33 value at each base, ``!`` where the target claimed a base in every read."""
        records, parts = self._records, self._parts
        length = len(parts.sequences[merged.part[number]])
        best: bytes | None = None
        for unit in merged.units_of(number):
            start, end = int(parts.start[unit]), int(parts.end[unit])
            for row in self._units.rows_of(unit):
                values = records.qualities(row)
                if values is not None and start != UNCUT:
                    mirna_first = records.all_ends[records.ends[self._units.shown[unit]]][3]
                    step = 1 if mirna_first else -1
                    values = values[::step][start:end].ljust(length, _NO_QUALITY)[::step]
                best = best_qualities(best, values)
        return best

    def _coverages(self) -> list[tuple[int, list[int]]]:
        """Return the columns that ask for them, and the reads of each row's miRNA part or target over all rows."""
        merged = self._merged
        parted = [merged.part, self._records.places()[0][merged.shown] if self._records.has_place else None]
        result: list[tuple[int, list[int]]] = []
        for place, group in zip(self._coverage, parted, strict=True):
            if place is not None and group is not None:
                total = np.zeros(group.max(initial=0) + 1, np.int64)
                np.add.at(total, group, merged.reads)
                result.append((place, total[group].tolist()))
        return result

    def _cells(self, number: int) -> list[str]:
        records, at, merged, parts = self._records, self._records.at, self._merged, self._parts
        rows, shown, part = self._rows_of(number), int(merged.shown[number]), int(merged.part[number])
        isomir, assigned = parts.isomir(part), parts.assigned[part]
        cells = records.cells[shown]
        cells[records.mirna_column], cells[records.sequence_column] = assigned.mirna, parts.sequences[part]
        if len(rows) > 1:
            counted = [at.get("n_reads"), at.get("n_copies"), *records.sample_columns]
            for place, counts in zip(counted, records.counts, strict=True):
                if place is not None:
                    cells[place] = str(sum([counts[row] for row in rows]))
        if "mirna_unassigned" in at:
            cells[at["mirna_unassigned"]] = MISSING
        if "mirna_qual" in at and (qualities := self._qualities(merged, number)) is not None:
            cells[at["mirna_qual"]] = qualities.decode("ascii")
        sources: set[str] = set()
        if self._identifiers is not None and records.has_place:
            column = at["pair_id"]
            sources = {cells[column], *(records.cells[row][column] for row in rows if row != shown)}
            cells[column] = self._identifiers[number].decode()
            sources.discard(cells[column])
        quality = int(merged.quality[number])
        values = (
            "isomir" if isomir.types else "exact",
            ",".join(isomir.types) or MISSING,
            parts.variant(part) or MISSING,
            MISSING if quality == _NO_VALUE else str(quality),
            ",".join(assigned.equal) if len(assigned.equal) > 1 else MISSING,
            ",".join(sorted(sources)) or MISSING,
        )
        cells += [MISSING] * (len(self.columns) - len(cells))
        for place, value in zip(self._new, values, strict=True):
            cells[place] = value
        return cells


def _is_coordinate(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 10


def _lowest_quality(qualities: bytes, isomir: Isomir) -> int:
    """Return the lowest Phred value at a changed base, of those that have one, or -1."""
    values = [qualities[position] - 33 for position in isomir.changed]
    return min((value for value in values if value > 0), default=_NO_VALUE)
