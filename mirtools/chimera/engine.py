"""What a search engine is: distinct reads in, local alignments against both references out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

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


class Hits(NamedTuple):
    """Local alignments of the reads of a batch with the plus strand of one reference list, as columns.

    All arrays have one entry a hit; hits of one read stand together and reads ascend. Coordinates are 0-based and
    half-open, 5'->3'.

    Attributes
    ----------
    read : array of int32
        Position of the read in its batch.
    subject : array of int32
        Position of the reference sequence in its list.
    start, end : array of int32
        Aligned part of the read.
    subject_start, subject_end : array of int32
        Aligned part of the reference sequence, on that sequence.
    evalue, bits : array of float64
        Chance hits of this score expected for this read in this reference list (Karlin-Altschul), and bit score.
    """

    read: NDArray[np.int32]
    subject: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    subject_start: NDArray[np.int32]
    subject_end: NDArray[np.int32]
    evalue: NDArray[np.float64]
    bits: NDArray[np.float64]


class BatchEngine(Protocol):
    """Searches batches of reads against the miRNAs and the transcripts that it was made with.

    An engine reports hits on the plus strand with an e-value of at most the one it was made with, and every tie.
    The result for a read depends on nothing but the read and the references. ``search`` may be called from
    several threads at once.
    """

    def search(self, bases: NDArray[np.uint8], starts: NDArray[np.int64]) -> tuple[Hits, Hits]:
        """Return the miRNA hits and the target hits of a batch.

        Reads without a miRNA hit make no pair; their target hits may be left out.

        Parameters
        ----------
        bases : array of uint8
            Codes of all reads (:mod:`mirtools.chimera.references`), one after the other.
        starts : array of int64, shape (reads + 1,)
            Where each read starts in ``bases``; the last entry is the length of ``bases``.
        """
        ...
