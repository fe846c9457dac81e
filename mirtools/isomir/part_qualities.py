"""Phred values of the bases of miRNA parts, for one row of the result and over all rows that show a part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from mirtools.io.tables import MISSING
from mirtools.isomir.parts import Parts
from mirtools.isomir.records import NO_JUNCTION, Block, Records
from mirtools.isomir.strength import best_qualities
from mirtools.isomir.units import Ints, Observed, Units

NO_VALUE = -1
# A base without a value in any read; not a Phred+33 character
_NO_QUALITY = b" "


class Member(NamedTuple):
    """A row of a block that is merged into a row of the result, the number of its observation, and its cells."""

    row: int
    observed: int
    cells: list[str]


class PartQualities:
    """The qualities of miRNA parts.

    Parameters
    ----------
    records : Records
    observed : Observed
    parts : Parts
    """

    def __init__(self, records: Records, observed: Observed, parts: Parts) -> None:
        self._records = records
        self._parts = parts
        # for each observation: its ends, and where its part lies on the junction
        self._ends, self._sequences = observed.ends.tolist(), observed.sequence.tolist()
        self._starts, self._stops = parts.start.tolist(), parts.end.tolist()
        self._is_changed = [isomir is not None and bool(isomir.changed) for isomir in parts.isomirs]
        self._best: dict[int, bytes] = {}

    def read(self, blocks: Iterable[tuple[Block, Units, Ints]]) -> None:
        """Keep the highest value at each base of every part with changed bases, over all rows that show it.

        These values replace missing ones of a single row, in which the target includes the base.
        """
        if "mirna_qual" not in self._records.at:
            return
        changed = np.array([*self._is_changed, False])
        for block, units, of in blocks:
            parts = self._parts.of[of]
            bounds = np.append(units.begins, len(units.rows))
            for unit in np.flatnonzero(changed[parts]).tolist():
                part, rows = int(parts[unit]), units.rows[bounds[unit] : bounds[unit + 1]].tolist()
                members = [Member(row, int(of[unit]), block.cells(row)) for row in rows]
                best = best_qualities(self._best.get(part), self.of_row(part, members))
                if best is not None:
                    self._best[part] = best

    def is_changed(self, part: int) -> bool:
        """Return whether a part has added or changed bases."""
        return self._is_changed[part]

    def of_row(self, part: int, members: Sequence[Member]) -> bytes | None:
        """Return the highest Phred+33 value at each base; a blank if no read has a value.

        A value is missing if in every read the target includes the base, or the read has N, an error, or ends
        before.
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
            # on the turned junction, the bases of a part that were not read lie before the others
            values = cell.encode("ascii", "replace")[::step][start:end].rjust(
                length - max(end - len(cell), 0), _NO_QUALITY
            )
            values = values.ljust(length, _NO_QUALITY)[::step]
            if self._parts.inexact[observed]:
                values = self._of_agreeing_bases(values, part, observed)
            best = best_qualities(best, values)
        return best

    def lowest(self, part: int, qualities: bytes, of_all: bool = False) -> int:
        """Return the lowest known Phred value at a changed base of a part, or -1 if none is known.

        Parameters
        ----------
        part : int
        qualities : bytes
            Qualities of a row.
        of_all : bool
            Whether bases without a value get the highest value of all rows that show the part.
        """
        values = qualities
        if of_all:
            pairs = zip(qualities, self._best[part], strict=True)
            values = bytes(other if value == _NO_QUALITY[0] else value for value, other in pairs)
        known = (values[position] for position in self._parts.isomir(part).changed)
        return min((value - 33 for value in known if value != _NO_QUALITY[0]), default=NO_VALUE)

    def _of_agreeing_bases(self, values: bytes, part: int, observed: int) -> bytes:
        """Return values with blanks where the base that was read differs from the part's."""
        junction = self._records.junction(self._sequences[observed], self._ends[observed])
        read = junction.part(self._starts[observed], self._stops[observed])
        pairs = zip(values, read, self._parts.sequences[part], strict=False)
        agreeing = bytes(value if base == own else _NO_QUALITY[0] for value, base, own in pairs)
        return agreeing.ljust(len(values), _NO_QUALITY)
