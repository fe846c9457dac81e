"""Units: the rows of one pair as chimera-parse defines it, possibly from several tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import DigestNumbers, digests
from mirtools.computing.growing import GrowingArray
from mirtools.isomir.records import Block, Records
from mirtools.isomir.strength import strength_of

Ints = NDArray[np.int64]
# Chooses a row of each group, given a block, its rows group by group, and where each group begins
Choice = Callable[[Block, Ints, Ints], Ints]


class Units(NamedTuple):
    """Rows of a block grouped by pair, before parts are determined.

    Attributes
    ----------
    rows, begins : array of int
        All rows by their position in the block, unit by unit, and where each unit begins.
    shown : array of int
        The row of each unit with the strongest evidence.
    """

    rows: Ints
    begins: Ints
    shown: Ints


class Observed:
    """The distinct observations of all units: miRNA, sequence and ends, with the reads of the units.

    Attributes
    ----------
    mirna, sequence, ends : array of int
        Numbers as in :class:`mirtools.isomir.records.Block`.
    reads : array of int
        Distinct reads.
    """

    def __init__(self) -> None:
        self._numbers = DigestNumbers()
        self._columns = GrowingArray(np.int64, 4)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def mirna(self) -> Ints:  # noqa: D102
        return self._columns.values[:, 0]

    @property
    def sequence(self) -> Ints:  # noqa: D102
        return self._columns.values[:, 1]

    @property
    def ends(self) -> Ints:  # noqa: D102
        return self._columns.values[:, 2]

    @property
    def reads(self) -> Ints:  # noqa: D102
        return self._columns.values[:, 3]

    def add(self, block: Block, units: Units) -> Ints:
        """Add the units of a block; returns the number of the observation of each."""
        columns = [block[name][units.shown] for name in ("mirna", "sequence", "ends")]
        keys = np.stack(columns, axis=1)
        bounds = np.arange(len(keys) + 1) * keys.strides[0]
        numbers = self._numbers.add(digests(keys.view(np.uint8).ravel(), bounds[:-1], bounds[1:]))
        fresh = np.unique(numbers, return_index=True)[1]
        fresh = fresh[numbers[fresh] >= len(self._columns)]
        self._columns.extend(np.column_stack((keys[fresh], np.zeros(len(fresh), np.int64))))
        np.add.at(self.reads, numbers, reads_of(block, units))
        return numbers


def units_of(records: Records, block: Block, strongest: Choice) -> Units:
    """Return the units of a block; without target coordinates every row is a unit of its own."""
    if not records.has_place or not len(block):
        rows = np.arange(len(block))
        return Units(rows, rows, rows)
    keys = [block["mirna"], block["sequence"], *block.places(), records.unassigned[block["ends"]]]
    rows, begins = groups(keys)
    return Units(rows, begins, strongest(block, rows, begins))


def reads_of(block: Block, units: Units) -> Ints:
    """Return the distinct reads of units."""
    return np.add.reduceat(block.reads[units.rows], units.begins) if len(block) else np.zeros(0, np.int64)


def choice_of_strongest(columns: Sequence[str]) -> Choice:
    """Return the choice of the row with the strongest evidence."""
    strength = strength_of(columns)

    def strongest(block: Block, rows: Ints, begins: Ints) -> Ints:
        best = rows[begins]
        sizes = np.diff(begins, append=len(rows))
        for group in np.flatnonzero(sizes > 1).tolist():
            members = rows[begins[group] : begins[group] + sizes[group]].tolist()
            best[group] = min(members, key=lambda row: strength(block.cells(row)))
        return best

    return strongest


def groups(keys: Sequence[NDArray[Any]]) -> tuple[Ints, Ints]:
    """Return row numbers ordered so that rows with equal keys are together, and where each group begins."""
    rows = np.lexsort(keys)
    new = np.zeros(len(rows), bool)
    new[:1] = True
    for key in keys:
        ordered = key[rows]
        new[1:] |= ordered[1:] != ordered[:-1]
    return rows, np.flatnonzero(new)
