"""Rows of interaction tables as isomir-classify needs them: parsed into columns, their cells put aside."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST
from mirtools.errors import shorten
from mirtools.interactions import MISSING
from mirtools.isomir.junction import REACH, Junction, turn
from mirtools.isomir.rowstore import RowStore
from mirtools.isomir.tables import Tables

PLACE = ("target_id", "target_start", "target_end")
COUNTS = ("n_reads", "n_copies")
# With these columns the end of the miRNA can be settled; without them a sequence is taken as it stands.
_COORDINATES = ("target_start", "target_end", "site_start")
_JUNCTION = ("mirna_unassigned", "order", "gap", "site_seq", *_COORDINATES)
_USED = ("pair_id", *COUNTS, "mirna_qual", "target_id", *_JUNCTION)
# Numbers of more digits are defects
_UNASSIGNED = re.compile(r"([0-9]{1,9}),([0-9]{1,9})")
_GAP = re.compile(r"-?[0-9]{1,9}")
_NO_JUNCTION = -1

Item = TypeVar("Item")

# Unassigned ends, gap, first bases of the target, whether the miRNA comes first: with a sequence, a junction.
_Ends = tuple[tuple[int, int], int, str, bool]


class Numbers(dict[Item, int]):
    """Numbers of different items, in the order in which they are first looked up."""

    def __missing__(self, item: Item) -> int:
        self[item] = number = len(self)
        return number


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
    cells : RowStore
        The rows as they stand.
    at : dict of str to int
        Positions of the columns that are there.
    mirna, sequence, ends, target, target_start, target_end : array of int
        Numbers, row by row: of the miRNA in ``canonical``, of ``sequences``, of ``all_ends`` or -1 where a
        sequence is to be taken as it stands, of ``targets``, ``starts`` and ``stops`` (where ``has_place``).
    counts : list of array of int
        Row by row: distinct reads, reads with duplicates, distinct reads of each sample.
    sequences : list of str
        Different observed miRNA parts, 5'->3', DNA letters.
    all_ends : list of tuple
        What makes a sequence a junction: unassigned ends, gap, first bases of the target behind the turn, whether
        the miRNA comes first.
    targets, starts, stops : list of str
        Cells of the place of targets.
    has_place : bool
        Whether the target has a name and coordinates, so that equal rows can be told.
    """

    def __init__(self, tables: Tables, canonical: Mapping[str, str]) -> None:
        self._tables = tables
        self._mirnas = {name: number for number, name in enumerate(canonical)}
        self.at = {name: place for name in _USED if (place := tables.find(name)) is not None}
        self.mirna_column, self.sequence_column = tables.index("mirna_id"), tables.index("mirna_seq")
        self.has_place = all(name in self.at for name in PLACE)
        self._has_junction = all(name in self.at for name in _JUNCTION)
        self.sample_columns = tables.samples()

        self.cells = RowStore()
        self.mirna, self.sequence, self.ends = array("i"), array("i"), array("i")
        self.target, self.target_start, self.target_end = array("i"), array("i"), array("i")
        self.counts = [array("q") for _ in range(2 + len(self.sample_columns))]
        self._qualities = bytearray()
        self._quality_ends = array("q", [0])
        self._ends_numbers: Numbers[_Ends] = Numbers()
        self._cell_memo: dict[tuple[str, str, str], tuple[tuple[int, int], int, bool]] = {}
        self._read()

    def __len__(self) -> int:
        return len(self.mirna)

    def junction(self, sequence: int, ends: int) -> Junction:
        """Return the junction of a number of ``sequences`` and one of ends."""
        unassigned, gap, target, mirna_first = self.all_ends[ends]
        # turned once more: the target's first bases were taken behind the turn
        only = target if mirna_first else target[::-1]
        return turn(self.sequences[sequence], unassigned, gap, only, mirna_first)

    def places(self) -> list[NDArray[np.int32]]:
        """Return the numbers of the targets, their starts and their ends, row by row."""
        columns = (self.target, self.target_start, self.target_end)
        return [np.frombuffer(column, np.int32) for column in columns]

    def place_cells(self, row: int) -> tuple[str, str, str]:
        """Return the cells of a row's target: name, start, end."""
        target, start, end = self.target[row], self.target_start[row], self.target_end[row]
        return self.targets[target], self.starts[start], self.stops[end]

    def qualities(self, row: int) -> bytes | None:
        """Return the Phred+33 values of a row's sequence, or ``None`` where it has none."""
        begin, end = self._quality_ends[row], self._quality_ends[row + 1]
        return bytes(self._qualities[begin:end]) if end > begin else None

    def _read(self) -> None:
        tables, at = self._tables, self.at
        sequences, targets, starts, ends = (Numbers[str]() for _ in range(4))
        observed: dict[str, tuple[int, str]] = {}
        n_reads, n_copies, quality = at.get("n_reads"), at.get("n_copies"), at.get("mirna_qual")
        place = [at[name] for name in PLACE] if self.has_place else None
        for cells in tables:
            number = self._mirnas.get(cells[self.mirna_column])
            if number is None:
                name = shorten(cells[self.mirna_column], 40)
                raise tables.error(f"miRNA '{name}' is not in --mirnas; give the FASTA the pairs were made with")
            text = cells[self.sequence_column]
            if text not in observed:
                sequence = tables.current.dna(cells, self.sequence_column)
                observed[text] = (sequences[sequence], sequence)
            sequence_number, sequence = observed[text]
            reads = tables.current.whole_number(cells, n_reads) if n_reads is not None else 1
            self.counts[0].append(reads)
            copies = tables.current.whole_number(cells, n_copies) if n_copies is not None else reads
            self.counts[1].append(copies)
            for counts, column in zip(self.counts[2:], self.sample_columns, strict=True):
                counts.append(tables.current.whole_number(cells, column))
            self.mirna.append(number)
            self.sequence.append(sequence_number)
            self.ends.append(self._ends_of(cells, sequence) if self._has_junction else _NO_JUNCTION)
            if quality is not None and cells[quality] != MISSING:
                self._add_qualities(cells[quality], len(sequence))
            self._quality_ends.append(len(self._qualities))
            if place is not None:
                self.target.append(targets[cells[place[0]]])
                self.target_start.append(starts[cells[place[1]]])
                self.target_end.append(ends[cells[place[2]]])
            self.cells.add(cells)
        self.sequences = list(sequences)
        self.all_ends = list(self._ends_numbers)
        self.targets, self.starts, self.stops = list(targets), list(starts), list(ends)

    def _add_qualities(self, cell: str, length: int) -> None:
        qualities = cell.encode("ascii", "replace")
        if len(qualities) != length:
            raise self._tables.error("mirna_qual and mirna_seq differ in length; repair the row")
        self._qualities += qualities

    def _ends_of(self, cells: Sequence[str], sequence: str) -> int:
        at = self.at
        if cells[at["mirna_unassigned"]] == MISSING:
            return _NO_JUNCTION
        key = (cells[at["mirna_unassigned"]], cells[at["gap"]], cells[at["order"]])
        if (known := self._cell_memo.get(key)) is None:
            known = self._cell_memo[key] = self._parsed(*key)
        unassigned, gap, mirna_first = known
        if sum(unassigned) >= len(sequence):
            raise self._bad_unassigned(key[0])
        start, end, site_start = (self._tables.current.whole_number(cells, at[name]) for name in _COORDINATES)
        shared = max(0, -gap)
        # bases that both parts claim lie at the start or at the end of the target part
        before, behind = (start + shared, end) if mirna_first else (start, end - shared)
        if start > end or site_start > before:
            raise self._tables.error("target_start, target_end and site_start contradict; repair the row")
        site = self._tables.current.dna(cells, at["site_seq"])
        target = site[before - site_start : max(behind, before) - site_start]
        first = target[:REACH] if mirna_first else target[::-1][:REACH]
        return self._ends_numbers[unassigned, gap, first, mirna_first]

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


def best_qualities(first: bytes | None, second: bytes | None) -> bytes | None:
    """Return the higher Phred+33 value at each position of two equally long strings; either may be missing.

    >>> best_qualities(b"I#", b"5I")
    b'II'
    """
    if first is None or second is None:
        return first or second
    return bytes(map(max, first, second))
