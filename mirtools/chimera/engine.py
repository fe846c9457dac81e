"""The interface of search engines: local alignments of distinct reads with both references."""

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

    All arrays have one entry per hit; hits are grouped by read, in ascending order. Coordinates are 0-based and
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
        Aligned part of the reference sequence.
    evalue, bits : array of float64
        Expected chance hits of this score for this read in this reference list (Karlin-Altschul), and bit score.
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
    """Searches batches of reads against given miRNAs and transcripts.

    An engine reports all hits on the plus strand up to its largest e-value, including every tie. The result for a
    read depends only on the read and the references. ``search`` may be called from several threads at once.

    Attributes
    ----------
    batch_size : int
        Number of reads to search together.
    """

    @property
    def batch_size(self) -> int: ...  # noqa: D102

    def search(self, bases: NDArray[np.uint8], starts: NDArray[np.int64]) -> tuple[Hits, Hits]:
        """Return the miRNA hits and the target hits of a batch.

        Hits with too little evidence for a miRNA (:mod:`mirtools.chimera.pairing`), and target hits of reads
        without a better miRNA hit, may be missing: they make no pair.

        Parameters
        ----------
        bases : array of uint8
            Codes of all reads (:mod:`mirtools.chimera.references`), one after the other.
        starts : array of int64, shape (reads + 1,)
            Where each read starts in ``bases``; the last entry is the length of ``bases``.
        """
        ...

    def stop(self) -> None:
        """Stop searches in other threads, if possible; their results are not needed any more."""
        ...
