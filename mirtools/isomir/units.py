"""Units: rows of one pair as chimera-parse defines it, which may come from several tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.isomir.records import Numbers, Records
from mirtools.isomir.strength import strength_of

Ints = NDArray[np.int64]
# Chooses a row of each group: of row numbers group by group, and where each group begins.
Choice = Callable[[Ints, Ints], Ints]


class Units(NamedTuple):
    """Rows put together, before anything is decided from what they show.

    Attributes
    ----------
    rows, begins : array of int
        Numbers of all rows, unit by unit, and where each unit begins.
    shown : array of int
        The row of each unit with the strongest evidence.
    reads : array of int
        Distinct reads.
    """

    rows: Ints
    begins: Ints
    shown: Ints
    reads: Ints

    def rows_of(self, unit: int) -> list[int]:
        """Return the numbers of the rows of one unit."""
        stop = self.begins[unit + 1] if unit + 1 < len(self.begins) else len(self.rows)
        rows: list[int] = self.rows[self.begins[unit] : stop].tolist()
        return rows


def units_of(records: Records, strongest: Choice) -> Units:
    """Return the units of all rows; without coordinates of targets every row is one of its own."""
    reads = np.frombuffer(records.counts[0], np.int64)
    if not records.has_place or not len(records):
        rows = np.arange(len(records))
        return Units(rows, rows, rows, reads)
    unassigned: Numbers[tuple[int, int]] = Numbers()
    # the last entry is that of rows without junction, number -1
    of_ends = [unassigned[ends[0]] for ends in records.all_ends] + [-1]
    columns = (records.mirna, records.sequence)
    keys = [*(np.frombuffer(column, np.int32) for column in columns), *records.places()]
    keys.append(np.array(of_ends, np.int32)[np.frombuffer(records.ends, np.int32)])
    rows, begins = groups(keys)
    return Units(rows, begins, strongest(rows, begins), np.add.reduceat(reads[rows], begins))


def choice_of_strongest(records: Records, columns: Sequence[str]) -> Choice:
    """Return the choice of the row with the strongest evidence."""
    strength = strength_of(columns)

    def strongest(rows: Ints, begins: Ints) -> Ints:
        best = rows[begins]
        sizes = np.diff(begins, append=len(rows))
        for group in np.flatnonzero(sizes > 1).tolist():
            members = rows[begins[group] : begins[group] + sizes[group]].tolist()
            best[group] = min(members, key=lambda row: strength(records.cells[row]))
        return best

    return strongest


def groups(keys: Sequence[NDArray[Any]]) -> tuple[Ints, Ints]:
    """Return row numbers so ordered that rows with equal keys are together, and where each group begins."""
    rows = np.lexsort(keys)
    new = np.zeros(len(rows), bool)
    new[:1] = True
    for key in keys:
        ordered = key[rows]
        new[1:] |= ordered[1:] != ordered[:-1]
    return rows, np.flatnonzero(new)
