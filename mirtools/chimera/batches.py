"""Reads as arrays: thousands at a time, the form in which they are trimmed, searched and paired."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class ReadBatch(NamedTuple):
    """Inserts of some reads: UMI and adapter are off, copies within the batch are collapsed.

    Attributes
    ----------
    bases : array of uint8, shape (bases of all inserts,)
        Codes (:mod:`mirtools.chimera.references`), one insert after the other, 5'->3'.
    starts : array of int64, shape (n + 1,)
        Where each insert starts in ``bases``; the last entry is the length of ``bases``.
    qualities : array of uint8 or None
        Phred+33 characters beside ``bases``, the best of all copies in the batch; None for FASTA.
    names : list of str
        Name of the first copy of each; empty when nobody needs names.
    digests : array of uint64, shape (n, 2)
        128-bit hash of sample, UMI and insert: equal for copies, and taken as different for all others.
    copies : array of int64, shape (n,)
        How many reads each entry stands for.
    sample : int
        Position of the sample among all samples.
    """

    bases: NDArray[np.uint8]
    starts: NDArray[np.int64]
    qualities: NDArray[np.uint8] | None
    names: list[str]
    digests: NDArray[np.uint64]
    copies: NDArray[np.int64]
    sample: int
