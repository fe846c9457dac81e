"""Finds the exons of transcripts near an interval of the genome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.transcripts.gtf import Placement, genomic_blocks

# Bases of an intron next to an exon without which it is not spliced
SPLICE_BASES = 2


class Exon(NamedTuple):
    """An exon, or several without a gap between them.

    Attributes
    ----------
    target : int
        Position of the transcript in the list of placements.
    start, end : int
        On the genome, 0-based and half-open.
    before : int
        Bases of the transcript's other exons at smaller positions of the genome.
    follows_intron, precedes_intron : int
        1 if there is an intron at its start, its end (on the plus strand).
    """

    target: int
    start: int
    end: int
    before: int
    follows_intron: int
    precedes_intron: int

    def holds(self, start: int, end: int) -> bool:
        """Return whether an interval lies inside; an empty one lies between two bases of the exon."""
        inside = self.start <= start and end <= self.end
        return inside and (start < end or self.start < start < self.end)

    def touches(self, start: int, end: int) -> bool:
        """Return whether an interval shares a base with the exon; an empty one, whether it is at its border."""
        if start == end:
            return self.start <= start <= self.end
        return start < self.end and self.start < end

    def splice_touches(self, start: int, end: int) -> bool:
        """Return whether an interval changes the two bases of an intron next to the exon."""
        beside = []
        if self.follows_intron:
            beside.append((self.start - SPLICE_BASES, self.start))
        if self.precedes_intron:
            beside.append((self.end, self.end + SPLICE_BASES))
        if start == end:
            return any(first < start < last for first, last in beside)
        return any(start < last and first < end for first, last in beside)

    def on_transcript(self, start: int, end: int, placement: Placement) -> tuple[int, int]:
        """Return an interval inside of the exon on the transcript, 0-based and half-open, 5'->3'."""
        first, last = self.before + start - self.start, self.before + end - self.start
        if placement.strand == "-":
            return placement.length - last, placement.length - first
        return first, last


class ExonIndex:
    """The exons of all transcripts of which a position on the genome is known.

    Chromosomes have the names of the annotation; ``1`` and ``chr1``, or ``MT`` and ``chrM``, are the same unless
    both names occur.

    Parameters
    ----------
    placements : sequence of (Placement or None)
    """

    def __init__(self, placements: Sequence[Placement | None]) -> None:
        found: dict[str, list[Exon]] = {}
        for target, placement in enumerate(placements):
            if placement is not None:
                found.setdefault(placement.chromosome, []).extend(_exons(target, placement))
        self._exons: dict[str, NDArray[np.int64]] = {}
        self._furthest: dict[str, NDArray[np.int64]] = {}
        self._known: dict[str, str] = {}
        for chromosome in sorted(found):
            table = np.array(sorted(found[chromosome], key=lambda exon: exon.start), np.int64)
            self._exons[chromosome] = table
            self._furthest[chromosome] = np.maximum.accumulate(table[:, 2])
            self._known.setdefault(plain_chromosome(chromosome), chromosome)

    def __len__(self) -> int:
        return sum(map(len, self._exons.values()))

    @property
    def chromosomes(self) -> list[str]:
        """The chromosomes, sorted by name."""
        return list(self._exons)

    def find(self, chromosome: str) -> str | None:
        """Return the name of a chromosome in the annotation, or ``None``."""
        return chromosome if chromosome in self._exons else self._known.get(plain_chromosome(chromosome))

    def near(self, chromosome: str, start: int, end: int) -> list[Exon]:
        """Return the exons that are at most two bases away from an interval.

        Parameters
        ----------
        chromosome : str
            A name that :meth:`find` returned.
        start, end : int
            0-based and half-open.
        """
        table = self._exons[chromosome]
        first = int(np.searchsorted(self._furthest[chromosome], start - SPLICE_BASES))
        last = int(np.searchsorted(table[:, 1], end + SPLICE_BASES, "right"))
        if first >= last:
            return []
        rows = table[first:last]
        return [Exon(*row) for row in rows[rows[:, 2] >= start - SPLICE_BASES].tolist()]


def plain_chromosome(name: str) -> str:
    """Return what is the same in different names of a chromosome.

    >>> [plain_chromosome(name) for name in ("chr1", "1", "chrM", "MT", "Chr2L")]
    ['1', '1', 'mt', 'mt', '2l']
    """
    plain = name.lower().removeprefix("chr")
    return "mt" if plain == "m" else plain


def _exons(target: int, placement: Placement) -> list[Exon]:
    blocks = genomic_blocks(placement, 0, placement.length)
    found, before = [], 0
    for number, (start, end) in enumerate(blocks):
        found.append(Exon(target, start, end, before, int(number > 0), int(number < len(blocks) - 1)))
        before += end - start
    return found
