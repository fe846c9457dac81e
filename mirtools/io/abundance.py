"""Coverages of miRNAs and targets in interaction tables: numbers of reads."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mirtools.errors import shorten
from mirtools.io.tables import TableReader

COLUMNS = ("mirna_coverage", "target_coverage")


def coverage(cell: str) -> float:
    """Return the number of reads in a cell; raises ValueError for anything else."""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        problem = "give a number of reads, or use a model without abundance"
        raise ValueError(f"is '{shorten(cell, 20)}'; {problem}")
    return value


class AbundanceReader:
    """Reads the coverages in a table's rows.

    Parameters
    ----------
    reader : TableReader

    Raises
    ------
    InputError
        If the table lacks a column of coverages.
    """

    def __init__(self, reader: TableReader) -> None:
        self._reader = reader
        self._places = [reader.index(name) for name in COLUMNS]

    def coverages(self, row: Sequence[str]) -> list[float]:
        """Return the coverages of miRNA and target; raises InputError for a cell that is not a number of reads."""
        values = []
        for place in self._places:
            try:
                values.append(coverage(row[place]))
            except ValueError as error:
                raise self._reader.error(f"{self._reader.columns[place]} {error}") from error
        return values
