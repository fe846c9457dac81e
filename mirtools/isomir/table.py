"""Rows of chimera-parse -> rows with isomiR types: ends settled, equal rows merged, qualities tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from mirtools.chimera.spool import Spool
from mirtools.interactions import CLASSIFY_COLUMNS, END_SEEN, ISOMIR_TYPES, MISSING, extended, pair_id
from mirtools.isomir import mirgff
from mirtools.isomir.parts import Parts
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.records import NO_JUNCTION, Block, Records, best_qualities
from mirtools.isomir.repertoire import Interactions, Isomirs
from mirtools.isomir.rowstore import Shelf, SortedRows
from mirtools.isomir.tables import Tables
from mirtools.isomir.types import Isomir
from mirtools.isomir.units import Ints, Observed, Units, choice_of_strongest, groups, reads_of, units_of

# A base that no read has a value for: no Phred+33 character
_NO_QUALITY = b" "
_NO_VALUE = -1
# A row of the result as statistics need it, by numbers.
_INTERACTION = np.dtype([("part", "<i4"), ("target", "<i4"), ("start", "<i4"), ("stop", "<i4"), ("reads", "<i8")])


class _Merged(NamedTuple):
    """Rows of the result that come from one block, column by column.

    Attributes
    ----------
    part : array of int
        Number of the miRNA part, which decides about the miRNA and the types.
    begin, end : array of int
        The units of a row, as a slice of ``units``.
    shown : array of int
        The row of the block with the strongest evidence.
    reads : array of int
        Distinct reads.
    units : array of int
    """

    part: Ints
    begin: Ints
    end: Ints
    shown: Ints
    reads: Ints
    units: Ints


class _Member(NamedTuple):
    """A row of a block that went into one of the result, what its unit shows, and its cells."""

    row: int
    observed: int
    cells: list[str]


class _Shown(NamedTuple):
    """A row of the result: the row of the block that it is made from, its part, and numbers of that row."""

    row: int
    part: int
    number: int
    target: int
    start: int
    stop: int


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
    errors : bool
        Whether forms that sequencing errors of others explain are taken for these; not by the paper's rules.

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
        errors: bool = True,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.columns, self._new = extended(tables.columns, CLASSIFY_COLUMNS)
        self._names = list(canonical)
        self._min_quality = min_quality
        self._records = records = Records(tables, canonical)
        self.samples = [tables.columns[place] for place in records.sample_columns]
        self._coverage = tables.find("mirna_coverage"), tables.find("target_coverage")
        self._strongest = choice_of_strongest(tables.columns)
        self.counts["rows_in"] = len(records)
        self._rows, self._interactions = SortedRows(), Spool(_INTERACTION)
        shelf, observed = Shelf(), Observed()
        for block in records.blocks():
            units = units_of(records, block, self._strongest)
            shelf.add(*units, observed.add(block, units))
        # of each observed thing: its ends, and where its part lies on the junction
        self._ends = observed.ends.tolist()
        self._told: Counter[str] = Counter()
        own = precursors or Precursors(canonical, [])
        self._parts = Parts(records, observed, canonical, min_reads, own, errors)
        self.error_rate = self._parts.error_rate
        self._starts, self._stops = self._parts.start.tolist(), self._parts.end.tolist()
        self._sequence_of = observed.sequence.tolist()
        # of each part: rows of the result, distinct reads, those of each sample; of each target: distinct reads
        n_parts = len(self._parts.sequences)
        self._pairs_of_part = np.zeros(n_parts, np.int64)
        self._reads_of_part = np.zeros((n_parts, 1 + len(records.sample_columns)), np.int64)
        self._reads_of_target = np.zeros(max(len(records.targets), 1), np.int64)
        self._is_changed = [isomir is not None and bool(isomir.changed) for isomir in self._parts.isomirs]
        self._best_of_part = self._qualities_of_changed(shelf)
        for block, (*columns, of) in zip(records.blocks(), shelf.read(4), strict=True):
            self._classify(block, Units(*columns), of)
        shelf.close()
        self._count()

    def rows(self) -> Iterator[list[str]]:
        """Yield the classified rows: most reads first, then by ``pair_id``; as they came where there is none."""
        for (*_, part, target), cells in self._rows:
            of_part, of_target = self._coverage
            if of_part is not None:
                cells[of_part] = str(self._reads_of_part[part, 0])
            if of_target is not None and self._records.has_place:
                cells[of_target] = str(self._reads_of_target[target])
            yield cells

    def interactions(self) -> Iterator[Interactions]:
        """Yield the result as arrays, some miRNAs at a time."""
        records, parts = self._records, self._parts
        starts = stops = None
        if records.has_place and all(_is_coordinate(cell) for cell in records.starts + records.stops):
            starts, stops = np.array(records.starts, np.int64), np.array(records.stops, np.int64)
        for rows in self._interactions.groups():
            part = rows["part"].astype(np.int64)
            yield Interactions(
                self._names,
                parts.sequences,
                parts.mirna[part],
                part,
                parts.types[part],
                rows["reads"],
                rows["target"] if records.has_place else None,
                None if starts is None else starts[rows["start"]],
                None if stops is None else stops[rows["stop"]],
            )

    def isomirs(self) -> Isomirs:
        """Return the different observed miRNAs, by miRNA and sequence."""
        parts, found = self._parts, np.flatnonzero(self._pairs_of_part)
        found = found[np.argsort(parts.mirna[found], kind="stable")]
        columns = (
            parts.mirna,
            np.arange(len(parts.mirna)),
            parts.types,
            self._pairs_of_part,
            self._reads_of_part[:, 0],
        )
        return Isomirs(self._names, parts.sequences, *(column[found] for column in columns))

    def observed(self) -> list[mirgff.Observed]:
        """Return every observed miRNA once, by miRNA and sequence, with its reads in each sample."""
        parts, reads = self._parts, self._reads_of_part
        counts = reads[:, 1:] if self.samples else reads[:, :1]
        found = np.flatnonzero(self._pairs_of_part).tolist()
        return [
            mirgff.Observed(
                parts.assigned[part].mirna,
                parts.sequences[part],
                parts.isomir(part),
                counts[part].tolist(),
                parts.assigned[part].equal,
            )
            for part in sorted(found, key=lambda part: (parts.mirna[part], parts.sequences[part]))
        ]

    def close(self) -> None:
        """Give the temporary files up."""
        self._records.close()
        self._rows.close()
        self._interactions.close()

    def _classify(self, block: Block, units: Units, of: Ints) -> None:
        """Add the rows of a block to the result; ``of``: what each of its units shows."""
        parts = self._parts
        kept = np.flatnonzero(parts.recurs[of])
        merged = self._merge(block, units, of, kept)
        explained = parts.explained[merged.part]
        unread = int(parts.unread[of].sum())
        self._told["unread_base"] += unread
        self._told["low_support"] += len(of) - len(kept) - unread
        self._told["merged_rows"] += len(block) - len(of) + len(kept) - len(merged.part)
        self._told["no_ungapped_alignment"] += len(explained) - int(explained.sum())
        counts, observed = block["counts"].tolist(), of.tolist()
        rows = zip(
            merged.shown.tolist(),
            merged.part.tolist(),
            *(column[merged.shown].tolist() for column in (block["number"], *block.places())),
            strict=True,
        )
        members_of = zip(merged.begin.tolist(), merged.end.tolist(), strict=True)
        unit_of, row_of = merged.units.tolist(), units.rows.tolist()
        bounds = [*units.begins.tolist(), len(row_of)]
        good: list[int] = []
        totals: list[list[int]] = []
        for at, ((row, part, number, *place), (begin, end)) in enumerate(zip(rows, members_of, strict=True)):
            if not explained[at]:
                continue
            members = [
                _Member(each, observed[unit], block.cells(each))
                for unit in unit_of[begin:end]
                for each in row_of[bounds[unit] : bounds[unit + 1]]
            ]
            total = counts[row]
            if len(members) > 1:
                total = [sum(column) for column in zip(*(counts[member.row] for member in members), strict=True)]
            if self._add(_Shown(row, part, number, *place), members, total):
                good.append(at)
                totals.append([total[0], *total[2:]])
        if good:
            self._keep(block, merged, good, totals)

    def _merge(self, block: Block, units: Units, of: Ints, kept: Ints) -> _Merged:
        """Merge units that became equal."""
        part, shown = self._parts.of[of[kept]], units.shown[kept]
        if self._records.has_place:
            order, begin = groups([part, *(column[shown] for column in block.places())])
            shown = self._strongest(block, shown[order], begin)
        else:
            order = begin = np.arange(len(shown))
        members = kept[order]
        reads = np.add.reduceat(reads_of(block, units)[members], begin) if len(begin) else np.zeros(0, np.int64)
        return _Merged(
            part[order][begin], begin, np.append(begin[1:], len(order))[: len(begin)], shown, reads, members
        )

    def _add(self, shown: _Shown, members: list[_Member], total: list[int]) -> bool:
        """Add a row to the result unless its quality is low; returns whether it is there."""
        parts, part = self._parts, shown.part
        qualities = self._best_qualities(part, members)
        quality = _NO_VALUE
        if self._is_changed[part]:
            tested = _NO_VALUE
            if qualities is not None:
                quality = _lowest_quality(qualities, parts.isomir(part))
                tested = _lowest_quality(_filled(qualities, self._best_of_part[part]), parts.isomir(part))
            if _NO_VALUE < tested <= self._min_quality:
                self._told["low_quality"] += 1
                return False
            if quality == _NO_VALUE:
                self._told["quality_not_tested"] += 1
        cells = self._cells(shown, members, total)
        if qualities is not None:
            cells[self._records.at["mirna_qual"]] = qualities.decode("ascii")
        identifier, sources = self._identifier(shown, members)
        if identifier is not None:
            cells[self._records.at["pair_id"]] = identifier
        isomir, equal = parts.isomir(part), parts.assigned[part].equal
        values = (
            "isomir" if isomir.types else "exact",
            ",".join(isomir.types) or MISSING,
            parts.variant(part) or MISSING,
            MISSING if quality == _NO_VALUE else str(quality),
            ",".join(equal) if len(equal) > 1 else MISSING,
            ",".join(sorted(sources)) or MISSING,
        )
        cells += [MISSING] * (len(self.columns) - len(cells))
        for place, value in zip(self._new, values, strict=True):
            cells[place] = value
        # part and target: coverages are known when all rows are
        rest = shown.number, part, shown.target
        self._rows.add(rest if identifier is None else (-total[0], identifier.encode(), *rest), cells)
        return True

    def _cells(self, shown: _Shown, members: list[_Member], total: list[int]) -> list[str]:
        """Return the cells of the row that is shown, with the part and the counts of all members."""
        records, at = self._records, self._records.at
        cells = list(_member(shown, members).cells)
        cells[records.mirna_column] = self._parts.assigned[shown.part].mirna
        cells[records.sequence_column] = self._parts.sequences[shown.part]
        if len(members) > 1:
            counted = [at.get("n_reads"), at.get("n_copies"), *records.sample_columns]
            for place, count in zip(counted, total, strict=True):
                if place is not None:
                    cells[place] = str(count)
        if "mirna_unassigned" in at:
            cells[at["mirna_unassigned"]] = MISSING
        if (end := at.get("mirna_3p_end")) is not None and any(
            member.cells[end] == END_SEEN for member in members
        ):
            cells[end] = END_SEEN
        return cells

    def _identifier(self, shown: _Shown, members: list[_Member]) -> tuple[str | None, set[str]]:
        """Return the identifier of a row, ``None`` where the tables have none, and others that went into it."""
        records = self._records
        if (column := records.at.get("pair_id")) is None:
            return None, set()
        if not records.has_place:
            return _member(shown, members).cells[column], set()
        place = records.targets[shown.target], records.starts[shown.start], records.stops[shown.stop]
        name, sequence = self._parts.assigned[shown.part].mirna, self._parts.sequences[shown.part]
        identifier = pair_id(name, sequence, MISSING, *place)
        sources = {member.cells[column] for member in members}
        sources.discard(identifier)
        return identifier, sources

    def _best_qualities(self, part: int, members: list[_Member]) -> bytes | None:
        """Return the highest Phred+33 value at each base; a blank where none was read as that base.

        That is where the target claimed it in every read, or every read has N, an error, or ends before it.
        """
        if (column := self._records.at.get("mirna_qual")) is None:
            return None
        length = len(self._parts.sequences[part])
        best: bytes | None = None
        for member in members:
            if (cell := member.cells[column]) == MISSING:
                continue
            observed = member.observed
            start, end = self._starts[observed], self._stops[observed]
            ends = self._ends[observed]
            step = 1 if ends == NO_JUNCTION or self._records.all_ends[ends][3] else -1
            # as the junction is turned, what was not read of a part lies before its first base
            values = cell.encode("ascii", "replace")[::step][start:end].rjust(
                length - max(end - len(cell), 0), b" "
            )
            values = values.ljust(length, _NO_QUALITY)[::step]
            if self._parts.inexact[observed]:
                values = self._of_agreeing_bases(values, part, observed)
            best = best_qualities(best, values)
        return best

    def _qualities_of_changed(self, shelf: Shelf) -> dict[int, bytes]:
        """Return the highest value at each base of every part with changed bases, over all rows that show it.

        Where a row has no value of its own, because the target claimed the base, this says whether any read does.
        """
        found: dict[int, bytes] = {}
        if "mirna_qual" not in self._records.at:
            return found
        changed = np.array([*self._is_changed, False])
        for block, (*columns, of) in zip(self._records.blocks(), shelf.read(4), strict=True):
            units, parts = Units(*columns), self._parts.of[of]
            bounds = np.append(units.begins, len(units.rows))
            for unit in np.flatnonzero(changed[parts]).tolist():
                part, rows = int(parts[unit]), units.rows[bounds[unit] : bounds[unit + 1]].tolist()
                members = [_Member(row, int(of[unit]), block.cells(row)) for row in rows]
                best = best_qualities(found.get(part), self._best_qualities(part, members))
                if best is not None:
                    found[part] = best
        return found

    def _of_agreeing_bases(self, values: bytes, part: int, observed: int) -> bytes:
        """Return values without those of bases that are not the part's."""
        junction = self._records.junction(self._sequence_of[observed], self._ends[observed])
        read = junction.part(self._starts[observed], self._stops[observed])
        pairs = zip(values, read, self._parts.sequences[part], strict=False)
        agreeing = bytes(value if base == own else _NO_QUALITY[0] for value, base, own in pairs)
        return agreeing.ljust(len(values), _NO_QUALITY)

    def _keep(self, block: Block, merged: _Merged, good: list[int], totals: list[list[int]]) -> None:
        """Count the rows of the result that come from a block, and put their numbers aside for statistics."""
        part, shown, reads = merged.part[good], merged.shown[good], merged.reads[good]
        np.add.at(self._pairs_of_part, part, 1)
        np.add.at(self._reads_of_part, part, totals)
        np.add.at(self._reads_of_target, block["target"][shown], reads)
        rows = np.empty(len(good), _INTERACTION)
        rows["part"], rows["reads"] = part, reads
        for name, column in zip(("target", "start", "stop"), block.places(), strict=True):
            rows[name] = column[shown]
        self._interactions.add(rows, self._parts.mirna[part])

    def _count(self) -> None:
        for counter, name in (
            (self.dropped, "low_support"),
            (self.dropped, "unread_base"),
            (self.counts, "merged_rows"),
            (self.dropped, "no_ungapped_alignment"),
            (self.counts, "quality_not_tested"),
            (self.dropped, "low_quality"),
        ):
            if self._told[name]:
                counter[name] = self._told[name]
        if self._parts.false_parts:
            self.counts["forms_explained_away"] = self._parts.false_parts
        types, pairs = self._parts.types, self._pairs_of_part
        told = Counter({"pairs": int(pairs.sum()), "exact": int(pairs[types == 0].sum())})
        told["isomir"] = told["pairs"] - told["exact"]
        self.counts.update({name: told[name] for name in ("pairs", "exact", "isomir")})
        for bit, name in enumerate(ISOMIR_TYPES):
            if count := int(pairs[types >> bit & 1 > 0].sum()):
                self.counts[name] = count


def _member(shown: _Shown, members: list[_Member]) -> _Member:
    """Return the row that is shown."""
    return members[0] if len(members) == 1 else next(each for each in members if each.row == shown.row)


def _is_coordinate(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 10


def _filled(qualities: bytes, others: bytes) -> bytes:
    """Return values, and those of ``others`` where there is none."""
    pairs = zip(qualities, others, strict=True)
    return bytes(other if value == _NO_QUALITY[0] else value for value, other in pairs)


def _lowest_quality(qualities: bytes, isomir: Isomir) -> int:
    """Return the lowest Phred value at a changed base, of those that have one, or -1."""
    values = [qualities[position] for position in isomir.changed]
    return min((value - 33 for value in values if value != _NO_QUALITY[0]), default=_NO_VALUE)
