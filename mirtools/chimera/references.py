"""Reference sequences as arrays, for search engines and kernels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.io.sequences import Reference
from mirtools.transcripts.names import accessions
from mirtools.transcripts.regions import Transcript

# Base codes of reads and references; a separator ends every alignment that reaches it
A, C, G, T, N, SEPARATOR = range(6)
LETTERS = b"ACGTN|"

_CODE_OF = np.full(256, N, np.uint8)
_CODE_OF[np.frombuffer(LETTERS, np.uint8)] = np.arange(6)
_LETTER_OF = np.frombuffer(LETTERS, np.uint8)


def encode(sequence: str | bytes) -> NDArray[np.uint8]:
    """Return the codes of a sequence in upper-case DNA letters, one ``uint8`` per base.

    >>> encode("ACGTN").tolist()
    [0, 1, 2, 3, 4]
    """
    letters = sequence if isinstance(sequence, bytes) else sequence.encode("ascii")
    codes: NDArray[np.uint8] = _CODE_OF[np.frombuffer(letters, np.uint8)]
    return codes


def decode(codes: NDArray[np.uint8]) -> str:
    """Return the letters of codes; the inverse of :func:`encode`."""
    return _LETTER_OF[codes].tobytes().decode("ascii")


class References:
    """Named reference sequences in one array.

    Parameters
    ----------
    names, headers : sequence of str
        Identifier and whole header of each.
    codes : array of uint8, shape (total length + n + 1,)
        All bases, 5'->3', with a separator before the first, between all and after the last sequence.
    starts, ends : array of int64, shape (n,)
        Position of each sequence in ``codes`` (0-based, half-open).
    classes : sequence of str, optional
        Class of each guide, if there are several classes.
    """

    def __init__(
        self,
        names: Sequence[str],
        headers: Sequence[str],
        codes: NDArray[np.uint8],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        classes: Sequence[str] = (),
    ) -> None:
        self.names = names
        self.headers = headers
        self.codes = codes
        self.starts = starts
        self.ends = ends
        self.classes = classes

    @classmethod
    def of(cls, references: Iterable[Reference], classes: Sequence[str] = ()) -> References:
        """Put the sequences of :func:`mirtools.io.sequences.read_references` into an array."""
        listed = list(references)
        lengths = np.array([len(reference.sequence) for reference in listed], np.int64)
        ends = np.cumsum(lengths + 1)
        text = "|".join(["", *(reference.sequence for reference in listed), ""])
        names, headers = [reference.name for reference in listed], [reference.header for reference in listed]
        return cls(names, headers, encode(text), ends - lengths, ends, classes)

    def by_accession(self) -> References:
        """Return the same transcripts, named by their accessions instead of whole words of headers."""
        return References(accessions(self.names), self.headers, self.codes, self.starts, self.ends)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Length of each sequence in nt, shape (n,)."""
        lengths: NDArray[Any] = self.ends - self.starts
        return lengths

    def described(self) -> list[Transcript]:
        """Return the transcripts, to look up in an annotation."""
        return list(map(Transcript, self.names, self.headers, self.lengths.tolist()))

    def sequence(self, number: int, start: int = 0, end: int | None = None) -> str:
        """Return the bases ``start`` to ``end`` (0-based, half-open) of one sequence, cut at its ends."""
        length = int(self.ends[number] - self.starts[number])
        end = length if end is None else min(end, length)
        first = int(self.starts[number])
        return decode(self.codes[first + max(start, 0) : first + max(end, start, 0)])
