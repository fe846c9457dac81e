"""What a search engine is: distinct reads in, local alignments against both references out."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.references import References


class SearchReferences(NamedTuple):
    """The two reference lists that reads are searched against."""

    mirnas: References
    transcripts: References


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

    Attributes
    ----------
    batch_size : int
        How many reads to search together.
    """

    @property
    def batch_size(self) -> int: ...  # noqa: D102

    def search(self, bases: NDArray[np.uint8], starts: NDArray[np.int64]) -> tuple[Hits, Hits]:
        """Return the miRNA hits and the target hits of a batch.

        Hits with too little evidence for a miRNA (:mod:`mirtools.chimera.pairing`) and target hits of reads
        without any other may be left out: they make no pair.

        Parameters
        ----------
        bases : array of uint8
            Codes of all reads (:mod:`mirtools.chimera.references`), one after the other.
        starts : array of int64, shape (reads + 1,)
            Where each read starts in ``bases``; the last entry is the length of ``bases``.
        """
        ...

    def stop(self) -> None:
        """End searches that run in other threads, as far as possible; their results are of no use any more."""
        ...
