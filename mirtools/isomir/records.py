"""Rows of interaction tables for isomir-classify: parsed into columns, the cells stored in a temporary file."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST
from mirtools.errors import shorten
from mirtools.io.spool import FILES, Bytes, GroupedRecords
from mirtools.io.tables import END_OPEN, END_SEEN, GUIDE_CLASS, MIRNA_CLASS, MISSING
from mirtools.isomir.junction import Junction, fixed_junction, turn
from mirtools.isomir.options import REACH
from mirtools.isomir.other_guides import OtherGuides, OtherRow
from mirtools.isomir.tables import Tables

PLACE = ("target_id", "target_start", "target_end")
COUNTS = ("n_reads", "n_copies")
# With these columns the end of the miRNA can be determined; without them a sequence is used unchanged
_COORDINATES = ("target_start", "target_end", "site_start")
_JUNCTION = ("mirna_unassigned", "order", "gap", "site_seq", *_COORDINATES)
_USED = ("pair_id", *COUNTS, "mirna_qual", "mirna_3p_end", "target_id", GUIDE_CLASS, *_JUNCTION)
# Numbers with more digits are defects
_UNASSIGNED = re.compile(r"([0-9]{1,9}),([0-9]{1,9})")
_GAP = re.compile(r"-?[0-9]{1,9}")
NO_JUNCTION = -1
# Rows stored at a time
_ROWS = 1 << 14
# Fields of a row: its number, where its cells are stored, and the numbers of its miRNA, sequence, ends
# (NO_JUNCTION if the sequence is used unchanged) and target coordinates
_NUMBERS = ("number", "begin", "size", "mirna", "sequence", "ends", "target", "start", "stop")

Item = TypeVar("Item")

# Unassigned ends, gap, first bases of the target, whether the miRNA comes first, and whether its 3' end was not
# seen; together with a sequence this gives a junction
_Ends = tuple[tuple[int, int], int, str, bool, bool]


class Numbers(dict[Item, int]):
    """Numbers of distinct items, in the order in which they are first looked up."""

    def __missing__(self, item: Item) -> int:
        self[item] = number = len(self)
        return number


class Block:
    """Some rows, by their position in the block.

    Parameters
    ----------
    values : structured array
        ``number`` (of the row in all tables), ``mirna``, ``sequence``, ``ends``, ``target``, ``start``, ``stop``:
        numbers in the lists of :class:`Records`; ``counts``: distinct reads, reads with duplicates, distinct reads
        of each sample.
    cells : Bytes
    """

    def __init__(self, values: NDArray[Any], cells: Bytes) -> None:
        self.values = values
        self._cells = cells
        self._begins, self._sizes = values["begin"].tolist(), values["size"].tolist()

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, name: str) -> NDArray[np.int64]:
        """Return a column."""
        column: NDArray[np.int64] = self.values[name]
        return column

    @property
    def reads(self) -> NDArray[np.int64]:
        """Distinct reads."""
        return self["counts"][:, 0]

    def places(self) -> list[NDArray[np.int64]]:
        """Return the numbers of the target, its start and its end, for each row."""
        return [self[name] for name in ("target", "start", "stop")]

    def cells(self, row: int) -> list[str]:
        """Return the cells of a row."""
        return self._cells.get(self._begins[row], self._sizes[row]).decode("utf-8").split("\t")


class Records:
    """All rows of the tables.

    Parameters
    ----------
    tables : Tables
        Need ``mirna_id`` and ``mirna_seq``.
    canonical : mapping of str to str
        The known miRNAs.

    Attributes
    ----------
    at : dict of str to int
        Positions of the columns that are present.
    sequences : list of str
        Distinct observed miRNA parts, 5'->3', DNA letters.
    all_ends : list of tuple
        Distinct ends, which make a sequence a junction: unassigned ends, gap, first bases of the target after
        turning, whether the miRNA comes first, whether its 3' end was not seen.
    unassigned : array of int
        For each of ``all_ends``, the number of its unassigned ends and of whether the 3' end was seen; the last
        entry is -1.
    targets, starts, stops : list of str
        Distinct cells of the name, start and end of targets.
    others : OtherGuides
        Rows of guides of other classes than miRNAs, which are none of the rows here.
    rows_in : int
        Number of rows of all tables, including those of other guides.
    has_place : bool
        Whether the target has a name and coordinates, so that equal rows can be recognised.
    """

    def __init__(self, tables: Tables, canonical: Mapping[str, str]) -> None:
        self._tables = tables
        self._mirnas = {name: number for number, name in enumerate(canonical)}
        self.at = {name: place for name in _USED if (place := tables.find(name)) is not None}
        self.mirna_column, self.sequence_column = tables.index("mirna_id"), tables.index("mirna_seq")
        self.has_place = all(name in self.at for name in PLACE)
        self._has_junction = all(name in self.at for name in _JUNCTION)
        self.sample_columns = tables.samples()

        self._cells = Bytes()
        n_counts = 2 + len(self.sample_columns)
        self._spool = GroupedRecords(
            np.dtype([*((name, "<i8") for name in _NUMBERS), ("counts", "<i8", (n_counts,))])
        )
        self._waiting = array("q")
        self._size = 0
        self.rows_in = 0
        self.others = OtherGuides(tables.columns, [*(self.at.get(name) for name in COUNTS), *self.sample_columns])
        self._ends_numbers: Numbers[_Ends] = Numbers()
        self._cell_memo: dict[tuple[str, str, str], tuple[tuple[int, int], int, bool]] = {}
        self._read()

    def __len__(self) -> int:
        return self._size

    def blocks(self) -> Iterator[Block]:
        """Yield all rows in blocks, those with the same target coordinates together, in input order."""
        for values in self._spool.groups():
            parts = len(values) // _ROWS + 1
            if parts == 1:
                yield Block(values, self._cells)
                continue
            part = self._groups_of(values) // FILES % parts
            order = np.argsort(part, kind="stable")
            for rows in np.split(order, np.cumsum(np.bincount(part, minlength=parts))[:-1]):
                yield Block(values[rows], self._cells)

    def close(self) -> None:
        """Close the temporary files."""
        self._spool.close()
        self._cells.close()

    def junction(self, sequence: int, ends: int) -> Junction:
        """Return the junction of a number of ``sequences`` and one of ends, which may be ``NO_JUNCTION``."""
        if ends == NO_JUNCTION:
            return fixed_junction(self.sequences[sequence])
        unassigned, gap, target, mirna_first, is_open = self.all_ends[ends]
        # turned back, because turn() turns again
        only = target if mirna_first else target[::-1]
        return turn(self.sequences[sequence], unassigned, gap, only, mirna_first, is_open)

    def _read(self) -> None:
        tables, at = self._tables, self.at
        sequences, targets, starts, ends = (Numbers[str]() for _ in range(4))
        observed: dict[str, tuple[int, str]] = {}
        n_reads, n_copies, quality = at.get("n_reads"), at.get("n_copies"), at.get("mirna_qual")
        place = [at[name] for name in PLACE] if self.has_place else None
        target = start = end = 0
        guide_class = at.get(GUIDE_CLASS)
        for cells in tables:
            row, self.rows_in = self.rows_in, self.rows_in + 1
            is_other = guide_class is not None and cells[guide_class] not in (MIRNA_CLASS, MISSING, "")
            number = -1 if is_other else self._mirnas.get(cells[self.mirna_column])
            if number is None:
                name = shorten(cells[self.mirna_column], 40)
                raise tables.error(f"miRNA '{name}' is not in --mirnas; give the FASTA the pairs were made with")
            reads = tables.current.whole_number(cells, n_reads) if n_reads is not None else 1
            copies = tables.current.whole_number(cells, n_copies) if n_copies is not None else reads
            samples = [tables.current.whole_number(cells, column) for column in self.sample_columns]
            if is_other:
                target = 0 if place is None else targets[cells[place[0]]]
                self.others.add(OtherRow(row, target, [reads, copies, *samples], cells))
                continue
            text = cells[self.sequence_column]
            if text not in observed:
                sequence = tables.dna(cells, self.sequence_column)
                observed[text] = (sequences[sequence], sequence)
            sequence_number, sequence = observed[text]
            junction = self._ends_of(cells, sequence) if self._has_junction else NO_JUNCTION
            if quality is not None and cells[quality] != MISSING and len(cells[quality]) != len(sequence):
                raise tables.error("mirna_qual and mirna_seq differ in length; repair the row")
            if place is not None:
                target, start, end = targets[cells[place[0]]], starts[cells[place[1]]], ends[cells[place[2]]]
            place_of_cells = self._cells.add("\t".join(cells).encode("utf-8"))
            numbers = (row, *place_of_cells, number, sequence_number, junction, target, start, end)
            self._waiting.extend((*numbers, reads, copies, *samples))
            self._size += 1
            if self._size % _ROWS == 0:
                self._store()
        self._store()
        self.sequences = list(sequences)
        self.all_ends = list(self._ends_numbers)
        self.targets, self.starts, self.stops = list(targets), list(starts), list(ends)
        ends_numbers: Numbers[tuple[tuple[int, int], bool]] = Numbers()
        of_ends = (ends_numbers[each[0], each[4]] for each in self.all_ends)
        # the last entry is for rows without junction, number -1
        self.unassigned = np.array([*of_ends, NO_JUNCTION], np.int64)

    def _store(self) -> None:
        """Store the rows read so far, those with the same target coordinates together."""
        # all fields have the type of the array, in the same order
        values = np.frombuffer(self._waiting.tobytes(), self._spool.kind)
        self._waiting = array("q")
        self._spool.add(values, self._groups_of(values))

    def _groups_of(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Return a number for each row, the same for rows with the same target coordinates."""
        if not self.has_place:
            return np.asarray(values["number"] // _ROWS, np.int64)
        # well mixed, so that the groups have similar sizes
        mixed = values["target"] * 0x9E3779B1 + values["start"] * 0x85EBCA77 + values["stop"] * 0xC2B2AE3D
        return np.asarray(mixed * 0x2545F4914F6CDD1D >> 33 & 0x3FFFFFFF, np.int64)

    def _ends_of(self, cells: Sequence[str], sequence: str) -> int:
        at = self.at
        if cells[at["mirna_unassigned"]] == MISSING:
            return NO_JUNCTION
        key = (cells[at["mirna_unassigned"]], cells[at["gap"]], cells[at["order"]])
        if (known := self._cell_memo.get(key)) is None:
            known = self._cell_memo[key] = self._parsed(*key)
        unassigned, gap, mirna_first = known
        if sum(unassigned) >= len(sequence):
            raise self._bad_unassigned(key[0])
        start, end, site_start = (self._tables.current.whole_number(cells, at[name]) for name in _COORDINATES)
        shared = max(0, -gap)
        # bases that both parts include lie at the start or at the end of the target part
        own_start, own_end = (start + shared, end) if mirna_first else (start, end - shared)
        if start > end or site_start > own_start:
            raise self._tables.error("target_start, target_end and site_start contradict; repair the row")
        site = self._tables.dna(cells, at["site_seq"])
        target = site[own_start - site_start : max(own_end, own_start) - site_start]
        first = target[:REACH] if mirna_first else target[::-1][:REACH]
        is_open = "mirna_3p_end" in at and self._is_open(cells[at["mirna_3p_end"]])
        return self._ends_numbers[unassigned, gap, first, mirna_first, is_open]

    def _is_open(self, cell: str) -> bool:
        if cell not in (END_SEEN, END_OPEN, MISSING):
            problem = f"mirna_3p_end is '{shorten(cell, 30)}'; give {END_SEEN} or {END_OPEN}"
            raise self._tables.error(problem)
        return cell == END_OPEN

    def _parsed(self, unassigned: str, gap: str, order: str) -> tuple[tuple[int, int], int, bool]:
        if not (ends := _UNASSIGNED.fullmatch(unassigned)):
            raise self._bad_unassigned(unassigned)
        if not _GAP.fullmatch(gap):
            raise self._tables.error(f"gap is '{shorten(gap, 30)}'; give a whole number")
        if order not in (MIRNA_FIRST, TARGET_FIRST):
            problem = f"order is '{shorten(order, 30)}'; give {MIRNA_FIRST} or {TARGET_FIRST}"
            raise self._tables.error(problem)
        return (int(ends[1]), int(ends[2])), int(gap), order == MIRNA_FIRST

    def _bad_unassigned(self, cell: str) -> Exception:
        return self._tables.error(f"mirna_unassigned is '{shorten(cell, 30)}'; give two whole numbers, a,b")
