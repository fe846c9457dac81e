"""Turns rows of chimera-parse into classified rows: finds ends of parts, merges equal rows, tests qualities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from mirtools.io.spool import Bytes, GroupedRecords, SortedRows
from mirtools.io.tables import CLASSIFY_COLUMNS, END_SEEN, ISOMIR_TYPES, MISSING, extended, pair_id
from mirtools.isomir import mirgff
from mirtools.isomir.part_qualities import NO_VALUE, Member, PartQualities
from mirtools.isomir.parts import Parts
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.records import Block, Records
from mirtools.isomir.repertoire import Interactions, Isomirs
from mirtools.isomir.tables import Tables
from mirtools.isomir.units import Ints, Observed, Units, choice_of_strongest, groups, reads_of, units_of

# A row of the result for the statistics, as numbers
_INTERACTION = np.dtype([("part", "<i4"), ("target", "<i4"), ("start", "<i4"), ("stop", "<i4"), ("reads", "<i8")])


# The part of rows of other guides than miRNAs
_NO_PART = -1


class _Merged(NamedTuple):
    """Rows of the result that come from one block, as columns.

    Attributes
    ----------
    part : array of int
        Number of the miRNA part, which determines the miRNA and the types.
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


class _Shown(NamedTuple):
    """A row of the result: its row in the block, its part, and the other numbers of that row."""

    row: int
    part: int
    number: int
    target: int
    start: int
    stop: int


class IsomirTable:
    """Classifies interaction tables; support is counted over all of them.

    Cells are stored in a temporary file. Memory grows with the number of rows, by 0.6 kilobytes per row if all
    junctions are different.

    Parameters
    ----------
    tables : Tables
        Need ``mirna_id`` and ``mirna_seq``; the other columns of chimera-parse are used if present.
    canonical : mapping of str to str
        Sequence of each miRNA by its name, 5'->3', DNA letters.
    min_reads : int
        Distinct reads in which a miRNA part must be possible. Without ``n_reads`` every row counts as one read.
    min_quality : int
        Phred value that added and changed bases must exceed; not tested if qualities are missing.
    precursors : Precursors
        If a miRNA has any, ``isomir_variant`` distinguishes templated from non-templated 3' additions.
    errors : bool
        Whether forms that sequencing errors of others explain are counted with these; false for the paper's rules.

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
        self.counts["rows_in"] = records.rows_in
        self._rows, self._interactions = SortedRows(), GroupedRecords(_INTERACTION)
        self._units = Bytes()
        self._unit_places: list[list[tuple[int, int]]] = []
        observed, reads_in = Observed(), 0
        for block in records.blocks():
            reads_in += int(block["counts"][:, 0].sum())
            units = units_of(records, block, self._strongest)
            arrays = (*units, observed.add(block, units))
            self._unit_places.append([self._units.add(array.tobytes()) for array in arrays])
        self._tally: Counter[str] = Counter()
        self._tally["reads_in"] = reads_in
        own = precursors or Precursors(canonical, [])
        self._parts = Parts(records, observed, canonical, min_reads, own, errors)
        self.error_rate = self._parts.error_rate
        # for each part: rows of the result, distinct reads, reads of each sample; for each target: distinct reads
        n_parts = len(self._parts.sequences)
        self._pairs_of_part = np.zeros(n_parts, np.int64)
        self._reads_of_part = np.zeros((n_parts, 1 + len(records.sample_columns)), np.int64)
        self._reads_of_target = np.zeros(max(len(records.targets), 1), np.int64)
        self._qualities = PartQualities(records, observed, self._parts)
        self._qualities.read(self._blocks())
        for block, units, of in self._blocks():
            self._classify(block, units, of)
        self._units.close()
        self._add_others()
        self._count()

    def rows(self) -> Iterator[list[str]]:
        """Yield the classified rows: most reads first, then by ``pair_id``; in input order without ``pair_id``."""
        for (*_, part, target), cells in self._rows:
            of_part, of_target = self._coverage
            if of_part is not None and part != _NO_PART:
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
        """Return the distinct observed miRNAs, by miRNA and sequence."""
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
        """Close the temporary files."""
        self._records.close()
        self._rows.close()
        self._interactions.close()

    def _blocks(self) -> Iterator[tuple[Block, Units, Ints]]:
        """Yield each block with its units, and the number of each unit's observation."""
        for block, places in zip(self._records.blocks(), self._unit_places, strict=True):
            *columns, of = (np.frombuffer(self._units.get(*place), np.int64) for place in places)
            yield block, Units(*columns), of

    def _classify(self, block: Block, units: Units, of: Ints) -> None:
        """Add the rows of a block to the result; ``of``: the number of each unit's observation."""
        parts = self._parts
        kept = np.flatnonzero(parts.recurs[of])
        merged = self._merge(block, units, of, kept)
        explained = parts.explained[merged.part]
        unread = int(parts.unread[of].sum())
        self._tally["unread_base"] += unread
        self._tally["low_support"] += len(of) - len(kept) - unread
        self._tally["merged_rows"] += len(block) - len(of) + len(kept) - len(merged.part)
        self._tally["no_ungapped_alignment"] += len(explained) - int(explained.sum())
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
                Member(each, observed[unit], block.cells(each))
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
        """Merge units with the same part and target coordinates."""
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

    def _add(self, shown: _Shown, members: list[Member], total: list[int]) -> bool:
        """Add a row to the result unless its quality is low; returns whether it was added."""
        parts, part = self._parts, shown.part
        qualities = self._qualities.of_row(part, members)
        quality = NO_VALUE
        if self._qualities.is_changed(part):
            tested = NO_VALUE
            if qualities is not None:
                quality = self._qualities.lowest(part, qualities)
                tested = self._qualities.lowest(part, qualities, of_all=True)
            if NO_VALUE < tested <= self._min_quality:
                self._tally["low_quality"] += 1
                return False
            if quality == NO_VALUE:
                self._tally["quality_not_tested"] += 1
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
            MISSING if quality == NO_VALUE else str(quality),
            ",".join(equal) if len(equal) > 1 else MISSING,
            ",".join(sorted(sources)) or MISSING,
        )
        cells += [MISSING] * (len(self.columns) - len(cells))
        for place, value in zip(self._new, values, strict=True):
            cells[place] = value
        # part and target are stored because coverages are known only after all rows
        rest = shown.number, part, shown.target
        self._rows.add(rest if identifier is None else (-total[0], identifier.encode(), *rest), cells)
        self._tally["reads_out"] += total[0]
        return True

    def _cells(self, shown: _Shown, members: list[Member], total: list[int]) -> list[str]:
        """Return the cells of the shown row, with the part and the counts of all members."""
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

    def _identifier(self, shown: _Shown, members: list[Member]) -> tuple[str | None, set[str]]:
        """Return the identifier of a row, ``None`` without such a column, and those of the rows merged into it."""
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

    def _keep(self, block: Block, merged: _Merged, good: list[int], totals: list[list[int]]) -> None:
        """Count the rows of the result that come from a block, and store their numbers for statistics."""
        part, shown, reads = merged.part[good], merged.shown[good], merged.reads[good]
        np.add.at(self._pairs_of_part, part, 1)
        np.add.at(self._reads_of_part, part, totals)
        np.add.at(self._reads_of_target, block["target"][shown], reads)
        rows = np.empty(len(good), _INTERACTION)
        rows["part"], rows["reads"] = part, reads
        for name, column in zip(("target", "start", "stop"), block.places(), strict=True):
            rows[name] = column[shown]
        self._interactions.add(rows, self._parts.mirna[part])

    def _add_others(self) -> None:
        """Add the rows of other guides than miRNAs to the result, unclassified."""
        column = self._records.at.get("pair_id")
        for row in self._records.others.rows():
            cells = row.cells + [MISSING] * (len(self.columns) - len(row.cells))
            for place in self._new:
                cells[place] = MISSING
            rest = row.number, _NO_PART, row.target
            key = rest if column is None else (-row.counts[0], cells[column].encode(), *rest)
            self._rows.add(key, cells)
            self._reads_of_target[row.target] += row.counts[0]
            self._tally["reads_in"] += row.counts[0]
            self._tally["reads_out"] += row.counts[0]
        if others := len(self._records.others):
            self.counts["pairs_of_other_guides"] = others

    def _count(self) -> None:
        for counter, name in (
            (self.dropped, "low_support"),
            (self.dropped, "unread_base"),
            (self.counts, "merged_rows"),
            (self.dropped, "no_ungapped_alignment"),
            (self.counts, "quality_not_tested"),
            (self.dropped, "low_quality"),
        ):
            if self._tally[name]:
                counter[name] = self._tally[name]
        self.counts.update(reads_in=self._tally["reads_in"], reads_out=self._tally["reads_out"])
        if self._parts.false_parts:
            self.counts["forms_explained_away"] = self._parts.false_parts
        types, pairs = self._parts.types, self._pairs_of_part
        total, exact = int(pairs.sum()), int(pairs[types == 0].sum())
        self.counts.update(pairs=total, exact=exact, isomir=total - exact)
        for bit, name in enumerate(ISOMIR_TYPES):
            if count := int(pairs[types >> bit & 1 > 0].sum()):
                self.counts[name] = count


def _member(shown: _Shown, members: list[Member]) -> Member:
    """Return the shown row."""
    return members[0] if len(members) == 1 else next(each for each in members if each.row == shown.row)


def _is_coordinate(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 10
