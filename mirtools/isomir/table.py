"""Rows of chimera-parse -> rows with isomiR types: ends settled, equal rows merged, qualities tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.interactions import CLASSIFY_COLUMNS, MISSING, extended, pair_id
from mirtools.isomir.assignment import Assigned, Assignment
from mirtools.isomir.junction import settle
from mirtools.isomir.mirgff import Observed
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.records import Numbers, Records, best_qualities
from mirtools.isomir.repertoire import Interactions, type_mask
from mirtools.isomir.strength import strength_of
from mirtools.isomir.tables import Tables
from mirtools.isomir.types import Isomir, classify

Ints = NDArray[np.int64]

_NO_QUALITY = b"!"
_UNCUT = _NO_VALUE = -1


class _Units(NamedTuple):
    """Rows of one pair as chimera-parse defines it, which may come from several tables.

    Attributes
    ----------
    rows, begins : array of int
        Numbers of all rows, unit by unit, and where each unit begins.
    shown : array of int
        The row of each unit with the strongest evidence.
    reads : array of int
    """

    rows: Ints
    begins: Ints
    shown: Ints
    reads: Ints


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


class IsomirTable:
    """Classifies interaction tables; support is counted over all of them.

    Cells wait in a temporary file; about 150 bytes a row are held in memory.

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
        self._canonical = canonical
        self._names = list(canonical)
        self._min_reads = min_reads
        self._min_quality = min_quality
        self._precursors = precursors or Precursors(canonical, [])
        self._classify = cache(classify)
        self._assignment = Assignment(canonical, self._classify)
        self._records = Records(tables, canonical)
        self.samples = [tables.columns[place] for place in self._records.sample_columns]
        self._strength = strength_of(tables.columns)
        self._coverage = tables.find("mirna_coverage"), tables.find("target_coverage")
        self.counts["rows_in"] = len(self._records)
        self._units = self._merge_equal()
        self._settle()
        self._assign()
        self._variants = _Variants(self._precursors, self._parts, self._assigned, self._isomirs)
        self._merged = self._merge()

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
            self._parts,
            self._mirna_of[merged.part],
            merged.part,
            np.array([type_mask(isomir.types) if isomir else 0 for isomir in self._isomirs], np.int64)[merged.part],
            merged.reads,
            target,
            start,
            end,
        )

    def observed(self) -> list[Observed]:
        """Return every observed miRNA once, by miRNA and sequence, with its reads in each sample."""
        counts = self._records.counts[2:] or self._records.counts[:1]
        found: dict[int, list[int]] = {}
        for number, part in enumerate(self._merged.part.tolist()):
            reads = found.setdefault(part, [0] * len(counts))
            for row in self._rows_of(number):
                for sample, column in enumerate(counts):
                    reads[sample] += column[row]
        result = []
        for part in sorted(found, key=lambda part: (self._mirna_of[part], self._parts[part])):
            isomir, assigned = self._isomirs[part], self._assigned[part]
            assert isomir is not None
            result.append(Observed(assigned.mirna, self._parts[part], isomir, found[part], assigned.equal))
        return result

    def close(self) -> None:
        """Give the temporary file up."""
        self._records.cells.close()

    def _merge_equal(self) -> _Units:
        """Put rows of the same pair together, before anything is decided from what they show."""
        records = self._records
        n = len(records)
        reads = np.frombuffer(records.counts[0], np.int64)
        if not records.has_place or not n:
            rows = np.arange(n)
            return _Units(rows, rows, rows, reads)
        unassigned: Numbers[tuple[int, int]] = Numbers()
        # the last entry is that of rows without junction, number -1
        of_ends = [unassigned[ends[0]] for ends in records.all_ends] + [-1]
        columns = (records.mirna, records.sequence)
        keys = [*(np.frombuffer(column, np.int32) for column in columns), *records.places()]
        keys.append(np.array(of_ends, np.int32)[np.frombuffer(records.ends, np.int32)])
        rows, begins = _groups(keys)
        shown = self._strongest(rows, begins)
        merged = n - len(begins)
        if merged:
            self.counts["merged_rows"] += merged
        return _Units(rows, begins, shown, np.add.reduceat(reads[rows], begins))

    def _settle(self) -> None:
        """Cut the miRNA part of every unit where it ends; drop those that do not recur."""
        records, units = self._records, self._units
        sequence = np.frombuffer(records.sequence, np.int32)[units.shown]
        ends = np.frombuffer(records.ends, np.int32)[units.shown]
        open_ends = np.flatnonzero(ends >= 0)
        n_ends = max(len(records.all_ends), 1)
        distinct, of = np.unique(
            sequence[open_ends].astype(np.int64) * n_ends + ends[open_ends], return_inverse=True
        )
        junctions = [records.junction(*divmod(key, n_ends)) for key in distinct.tolist()]
        weights = np.zeros(len(distinct), np.int64)
        np.add.at(weights, of, units.reads[open_ends])
        places = settle(junctions, weights.tolist(), self._min_reads)

        numbers: Numbers[str] = Numbers()
        raw = np.array([numbers[part] for part in records.sequences], np.int64)
        self._part = raw[sequence]
        self._start = np.full(len(units.begins), _UNCUT, np.int64)
        self._end = self._start.copy()
        cut = [
            (_UNCUT, _UNCUT, _UNCUT) if place is None else (*place, numbers[junction.part(*place)])
            for junction, place in zip(junctions, places, strict=True)
        ]
        start, end, part = np.array(cut, np.int64).reshape(-1, 3)[of].T
        settled = part != _UNCUT
        self._start[open_ends], self._end[open_ends] = start, end
        self._part[open_ends[settled]] = part[settled]
        self._parts = list(numbers)
        support = np.zeros(len(numbers), np.int64)
        np.add.at(support, self._part, units.reads)
        # a junction without place has no recurring part; a sequence that never had one has to recur as it stands
        kept = support[self._part] >= self._min_reads
        kept[open_ends] = settled
        self._kept = np.flatnonzero(kept)
        if dropped := len(kept) - len(self._kept):
            self.dropped["low_support"] = dropped

    def _assign(self) -> None:
        """Give all rows with one miRNA part the same miRNA, and compare the part with it."""
        mirna = np.frombuffer(self._records.mirna, np.int32)[self._units.shown][self._kept]
        part = self._part[self._kept]
        reads = np.zeros(len(self._parts), np.int64)
        np.add.at(reads, part, self._units.reads[self._kept])
        exact = {self._parts[number]: int(reads[number]) for number in np.flatnonzero(reads).tolist()}
        names: dict[int, set[str]] = {}
        for number, name in np.unique(np.stack((part, mirna), axis=1), axis=0).tolist():
            names.setdefault(number, set()).add(self._names[name])
        number_of = {name: number for number, name in enumerate(self._names)}
        self._assigned: dict[int, Assigned] = {}
        self._isomirs: list[Isomir | None] = [None] * len(self._parts)
        self._mirna_of = np.zeros(len(self._parts), np.int64)
        for number, candidates in names.items():
            assigned = self._assignment.assign(self._parts[number], candidates, exact)
            self._assigned[number] = assigned
            self._isomirs[number] = self._classify(self._parts[number], self._canonical[assigned.mirna])
            self._mirna_of[number] = number_of[assigned.mirna]

    def _merge(self) -> _Merged:
        """Merge rows that became equal, and drop what is no isomiR or of low quality."""
        records, units = self._records, self._units
        part, shown = self._part[self._kept], units.shown[self._kept]
        if records.has_place:
            order, begin = _groups([part, *(column[shown] for column in records.places())])
            shown = self._strongest(shown[order], begin)
        else:
            order = begin = np.arange(len(shown))
        if merged := len(order) - len(begin):
            self.counts["merged_rows"] += merged
        members = self._kept[order]
        reads = np.add.reduceat(units.reads[members], begin) if len(begin) else np.zeros(0, np.int64)
        quality = np.full(len(begin), _NO_VALUE)
        result = _Merged(
            part[order][begin], begin, np.append(begin[1:], len(order)), shown, reads, quality, members
        )
        kept = self._in_order(result, [number for number in range(len(begin)) if self._passes(result, number)])
        return _Merged(
            result.part[kept],
            result.begin[kept],
            result.end[kept],
            result.shown[kept],
            result.reads[kept],
            result.quality[kept],
            members,
        )

    def _passes(self, merged: _Merged, number: int) -> bool:
        """Tell whether a row is an isomiR of good quality, note its quality and count it."""
        part = int(merged.part[number])
        isomir = self._isomirs[part]
        if isomir is None:
            self.dropped["no_ungapped_alignment"] += 1
            return False
        if isomir.changed:
            qualities = self._qualities(merged, number)
            quality = _NO_VALUE if qualities is None else _lowest_quality(qualities, isomir)
            if _NO_VALUE < quality <= self._min_quality:
                self.dropped["low_quality"] += 1
                return False
            merged.quality[number] = quality
            if quality == _NO_VALUE:
                self.counts["quality_not_tested"] += 1
        self.counts["pairs"] += 1
        self.counts["isomir" if isomir.types else "exact"] += 1
        for name in isomir.types:
            self.counts[name] += 1
        return True

    def _in_order(self, merged: _Merged, kept: list[int]) -> Ints:
        """Return the numbers of the rows that stay as they are to be written."""
        if "pair_id" in self._records.at:
            reads = merged.reads.tolist()
            kept.sort(key=lambda number: (-reads[number], self._identifier(merged, number)))
        else:
            kept.sort(key=merged.shown.tolist().__getitem__)
        return np.array(kept, np.int64)

    def _identifier(self, merged: _Merged, number: int) -> str:
        records, row, part = self._records, int(merged.shown[number]), int(merged.part[number])
        if not records.has_place:
            return records.cells[row][records.at["pair_id"]]
        return pair_id(self._assigned[part].mirna, self._parts[part], MISSING, *records.place_cells(row))

    def _strongest(self, rows: Ints, begins: Ints) -> Ints:
        """Return the row with the strongest evidence of each group."""
        best = rows[begins]
        sizes = np.diff(begins, append=len(rows))
        for group in np.flatnonzero(sizes > 1).tolist():
            members = rows[begins[group] : begins[group] + sizes[group]].tolist()
            best[group] = min(members, key=lambda row: self._strength(self._records.cells[row]))
        return best

    def _rows_of(self, number: int) -> list[int]:
        """Return the numbers of all rows that went into one."""
        merged = self._merged
        return [row for unit in _members(merged, number) for row in self._rows_of_unit(unit)]

    def _rows_of_unit(self, unit: int) -> list[int]:
        units = self._units
        stop = units.begins[unit + 1] if unit + 1 < len(units.begins) else len(units.rows)
        rows: list[int] = units.rows[units.begins[unit] : stop].tolist()
        return rows

    def _qualities(self, merged: _Merged, number: int) -> bytes | None:
        """Return the highest Phred+33 value at each base, ``!`` where the target claimed a base in every read."""
        records = self._records
        length = len(self._parts[merged.part[number]])
        best: bytes | None = None
        for unit in _members(merged, number):
            start, end = int(self._start[unit]), int(self._end[unit])
            for row in self._rows_of_unit(unit):
                values = records.qualities(row)
                if values is not None and start != _UNCUT:
                    mirna_first = records.all_ends[records.ends[self._units.shown[unit]]][3]
                    step = 1 if mirna_first else -1
                    values = values[::step][start:end].ljust(length, _NO_QUALITY)[::step]
                best = best_qualities(best, values)
        return best

    def _coverages(self) -> list[tuple[int, list[int]]]:
        """Return the columns that ask for them, and the reads of each row's miRNA part or target over all rows."""
        merged = self._merged
        groups = [merged.part, self._records.places()[0][merged.shown] if self._records.has_place else None]
        result: list[tuple[int, list[int]]] = []
        for place, group in zip(self._coverage, groups, strict=True):
            if place is not None and group is not None:
                total = np.zeros(group.max(initial=0) + 1, np.int64)
                np.add.at(total, group, merged.reads)
                result.append((place, total[group].tolist()))
        return result

    def _cells(self, number: int) -> list[str]:
        records, at, merged = self._records, self._records.at, self._merged
        rows, shown, part = self._rows_of(number), int(merged.shown[number]), int(merged.part[number])
        isomir, assigned = self._isomirs[part], self._assigned[part]
        assert isomir is not None
        cells = records.cells[shown]
        cells[records.mirna_column], cells[records.sequence_column] = assigned.mirna, self._parts[part]
        counted = [at.get("n_reads"), at.get("n_copies"), *records.sample_columns]
        for place, column in zip(counted, records.counts, strict=True):
            if place is not None:
                cells[place] = str(sum([column[row] for row in rows]))
        if "mirna_unassigned" in at:
            cells[at["mirna_unassigned"]] = MISSING
        if "mirna_qual" in at and (qualities := self._qualities(merged, number)) is not None:
            cells[at["mirna_qual"]] = qualities.decode("ascii")
        sources: set[str] = set()
        if "pair_id" in at and records.has_place:
            sources.add(cells[at["pair_id"]])
            sources.update(records.cells[row][at["pair_id"]] for row in rows if row != shown)
            identifier = cells[at["pair_id"]] = self._identifier(merged, number)
            sources.discard(identifier)
        quality = int(merged.quality[number])
        values = (
            "isomir" if isomir.types else "exact",
            ",".join(isomir.types) or MISSING,
            self._variants[part] or MISSING,
            MISSING if quality == _NO_VALUE else str(quality),
            ",".join(assigned.equal) if len(assigned.equal) > 1 else MISSING,
            ",".join(sorted(sources)) or MISSING,
        )
        cells += [MISSING] * (len(self.columns) - len(cells))
        for place, value in zip(self._new, values, strict=True):
            cells[place] = value
        return cells


def _members(merged: _Merged, number: int) -> list[int]:
    units: list[int] = merged.units[merged.begin[number] : merged.end[number]].tolist()
    return units


def _is_coordinate(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 10


class _Variants(dict[int, str]):
    """The mirGFF3 variant of parts, by number, at the first of the loci that explain them best."""

    def __init__(
        self,
        precursors: Precursors,
        parts: Sequence[str],
        assigned: Mapping[int, Assigned],
        isomirs: Sequence[Isomir | None],
    ) -> None:
        self._sources = precursors, parts, assigned, isomirs

    def __missing__(self, part: int) -> str:
        precursors, parts, assigned, isomirs = self._sources
        isomir = isomirs[part]
        assert isomir is not None
        variant = precursors.places(assigned[part].mirna, parts[part], isomir)[0].variant
        self[part] = variant
        return variant


def _groups(keys: Sequence[NDArray[Any]]) -> tuple[Ints, Ints]:
    """Return row numbers so ordered that rows with equal keys are together, and where each group begins."""
    rows = np.lexsort(keys)
    new = np.zeros(len(rows), bool)
    new[:1] = True
    for key in keys:
        ordered = key[rows]
        new[1:] |= ordered[1:] != ordered[:-1]
    return rows, np.flatnonzero(new)


def _lowest_quality(qualities: bytes, isomir: Isomir) -> int:
    """Return the lowest Phred value at a changed base, of those that have one, or -1."""
    values = [qualities[position] - 33 for position in isomir.changed]
    return min((value for value in values if value > 0), default=_NO_VALUE)
