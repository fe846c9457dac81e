"""What a search engine is: distinct reads in, local alignments against both references out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from mirtools.sequences import Reference


class Hit(NamedTuple):
    """One local alignment of a read with the plus strand of a reference; 0-based, half-open, 5'->3'.

    Attributes
    ----------
    subject : int
        Position of the reference sequence in its list.
    start, end : int
        Aligned part of the read.
    subject_start, subject_end : int
        Aligned part of the reference sequence.
    evalue : float
        Chance hits of this bit score expected for this read in this reference (Karlin-Altschul).
    bits : float
        Bit score.
    """

    subject: int
    start: int
    end: int
    subject_start: int
    subject_end: int
    evalue: float
    bits: float


class ReadHits(NamedTuple):
    """All hits of one read. ``targets`` may be left empty where ``mirnas`` is: such a read makes no pair."""

    mirnas: list[Hit]
    targets: list[Hit]


class SearchReferences(NamedTuple):
    """The two references that reads are searched against; ``mirnas`` and ``transcripts`` keep their order."""

    mirnas: list[Reference]
    transcripts: list[Reference]


class Engine(Protocol):
    """Searches reads against both references.

    An engine reports hits on the plus strand with an e-value of at most the one it was made with, in any order,
    and reports every tie. The result for a read depends on nothing but the read and the references.
    """

    def search(self, batches: Iterable[Sequence[str]]) -> Iterator[list[ReadHits]]:
        """Yield, for each batch of read sequences, the hits of each read, in the same order."""
        ...
