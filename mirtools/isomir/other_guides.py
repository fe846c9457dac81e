"""Rows of interaction tables whose guide is of another class than miRNAs: passed on as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirtools.io.tables import MISSING
from mirtools.isomir.strength import best_qualities, strength_of


@dataclass
class OtherRow:
    """A row that is not classified.

    Attributes
    ----------
    number : int
        Number of the row in all tables.
    target : int
        Number of the target.
    counts : list of int
        Distinct reads, reads with duplicates, and distinct reads of each sample.
    cells : list of str
    """

    number: int
    target: int
    counts: list[int]
    cells: list[str]


class OtherGuides:
    """Collects rows of other guides; the rows of one pair in several tables (shards) become one.

    Ends of these guides are not determined, no form is compared with its sequence in the database, and support is
    not counted again. Memory: about one kilobyte per pair.

    Parameters
    ----------
    columns : sequence of str
        Columns of the tables.
    counted : sequence of int or None
        Positions of the columns of counts, see :class:`OtherRow`; ``None`` for columns that are missing.
    """

    def __init__(self, columns: Sequence[str], counted: Sequence[int | None]) -> None:
        self._counted = counted
        self._strength = strength_of(columns)
        at = {name: place for place, name in enumerate(columns)}
        self._pair_id, self._quality = at.get("pair_id"), at.get("mirna_qual")
        self._coverage = at.get("mirna_coverage")
        self._part = [at[name] for name in ("mirna_id", "mirna_seq") if name in at]
        self._rows: dict[str, OtherRow] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: OtherRow) -> None:
        """Add a row."""
        key = f"row {row.number}" if self._pair_id is None else row.cells[self._pair_id]
        held = self._rows.setdefault(key, row)
        if held is not row:
            held.counts = [sum(pair) for pair in zip(held.counts, row.counts, strict=True)]
            held.cells = self._merged(held.cells, row.cells)

    def rows(self) -> Iterator[OtherRow]:
        """Yield the rows with their counts, after all rows are added."""
        coverages: Counter[tuple[str, ...]] = Counter()
        for row in self._rows.values():
            coverages[self._part_of(row)] += row.counts[0]
        for row in self._rows.values():
            for place, count in zip(self._counted, row.counts, strict=True):
                if place is not None:
                    row.cells[place] = str(count)
            if self._coverage is not None:
                row.cells[self._coverage] = str(coverages[self._part_of(row)])
            yield row

    def _part_of(self, row: OtherRow) -> tuple[str, ...]:
        return tuple(row.cells[place] for place in self._part)

    def _merged(self, first: list[str], second: list[str]) -> list[str]:
        """Return the row with the stronger evidence, with the best quality of each base in both."""
        cells = list(first if self._strength(first) <= self._strength(second) else second)
        if self._quality is not None:
            both = (
                None if row[self._quality] == MISSING else row[self._quality].encode() for row in (first, second)
            )
            found = best_qualities(*both)
            cells[self._quality] = MISSING if found is None else found.decode()
        return cells
