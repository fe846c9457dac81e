"""Finds the start of 3' adapters on reads, with the results of cutadapt's aligner but faster.

cutadapt (Martin 2011) allows 10 % errors and requires an overlap of at least 3 nt. Most reads contain the adapter
without an error, or nothing that aligns to it; a compiled kernel solves these cases exactly. The other reads are
aligned by cutadapt.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import local
from typing import TYPE_CHECKING

import numpy as np

from mirtools.chimera.batches import RawReads
from mirtools.chimera.digests import Bytes, Places
from mirtools.chimera.references import encode
from mirtools.computing.compiled import compiled

if TYPE_CHECKING:
    from cutadapt.adapters import BackAdapter

_ERROR_RATE = 0.1
LEAST_OVERLAP = 3
_UNDECIDED = -1


class Adapters:
    """3' adapters; if several match, the one that removes most is used.

    Parameters
    ----------
    sequences : iterable of str
        5'->3', letters ``ACGTN``.
    """

    def __init__(self, sequences: Iterable[str]) -> None:
        self._sequences = list(sequences)
        self._codes = [encode(sequence) for sequence in self._sequences]
        self._blocks = [_blocks(sequence) for sequence in self._sequences]
        self._threads = local()  # cutadapt's aligners keep their state between calls

    def __len__(self) -> int:
        return len(self._sequences)

    @property
    def sequences(self) -> tuple[str, ...]:
        """The sequences of the adapters, 5'->3'."""
        return tuple(self._sequences)

    def starts(self, reads: RawReads) -> Places:
        """Return the start of the first adapter on each read, or the length of the read; shape (n,)."""
        return self.spans(reads)[0]

    def spans(self, reads: RawReads) -> tuple[Places, Places]:
        """Return start and end of the first adapter on each read, or twice the length of the read; shape (n,)."""
        lengths = np.diff(reads.starts)
        found, stops = lengths, lengths.copy()
        for number, (codes, blocks) in enumerate(zip(self._codes, self._blocks, strict=True)):
            if blocks is None:
                places = np.full(len(found), _UNDECIDED)
            else:
                places = _plain_cases(reads.bases, reads.starts, codes, *blocks)
            ends = np.minimum(places + len(codes), lengths)
            for read in np.flatnonzero(places == _UNDECIDED).tolist():
                match = self._aligners()[number].match_to(reads.sequence(read))
                places[read] = match.rstart if match is not None else lengths[read]
                ends[read] = match.rstop if match is not None else lengths[read]
            stops = np.where(places < found, ends, stops)
            found = np.minimum(found, places)
        return found, stops

    def begun(self, reads: RawReads) -> Places:
        """Return how many last bases of each read may be the first bases of an adapter; shape (n,).

        Only overlaps that are too short for :meth:`starts` are counted: 0, 1 or 2.
        """
        found = np.zeros(len(reads.starts) - 1, np.int64)
        for codes in self._codes:
            np.maximum(found, _begun(reads.bases, reads.starts, codes), out=found)
        return found

    def _aligners(self) -> list[BackAdapter]:
        try:
            aligners: list[BackAdapter] = self._threads.aligners
        except AttributeError:
            from cutadapt.adapters import BackAdapter

            aligners = [
                BackAdapter(sequence, max_errors=_ERROR_RATE, min_overlap=LEAST_OVERLAP)
                for sequence in self._sequences
            ]
            self._threads.aligners = aligners
        return aligners


def _blocks(sequence: str) -> tuple[Places, Places, Places] | None:
    """Return blocks of an adapter; every alignment with errors contains at least one unchanged block.

    An alignment over ``10 e`` to ``10 e + 9`` adapter bases may have ``e`` errors. Its first ``10 e`` bases are
    divided into ``e + 1`` blocks, of which at least one has no error.

    Returns
    -------
    offsets, lengths : array of int64, shape (blocks,)
        Position and length of each block on the adapter.
    reaches : array of int64, shape (blocks,)
        Largest distance between the start of the alignment and the end of the read, in nt; unlimited for the
        largest ``e``, which includes alignments inside the read.
        The result is None for adapters that the kernel cannot handle: too short for an error, or with ``N``.
    """
    if len(sequence) < round(1 / _ERROR_RATE) or "N" in sequence:
        return None
    most_errors = int(len(sequence) * _ERROR_RATE)
    blocks = []
    for errors in range(1, most_errors + 1):
        length = round(errors / _ERROR_RATE) // (errors + 1)
        last = errors == most_errors
        reach = 1 << 62 if last else round((errors + 1) / _ERROR_RATE) + 2 * errors
        blocks += [(place * length, length, reach) for place in range(errors + 1)]
    offsets, lengths, reaches = np.array(blocks, np.int64).T.copy()
    return offsets, lengths, reaches


@compiled
def _equal(bases: Bytes, start: int, codes: Bytes, offset: int, length: int) -> bool:
    place = 0
    while place < length and bases[start + place] == codes[offset + place]:
        place += 1
    return place == length


@compiled
def _begun(bases: Bytes, starts: Places, codes: Bytes) -> Places:
    found = np.zeros(len(starts) - 1, np.int64)
    for read in range(len(found)):
        start, end = starts[read], starts[read + 1]
        for length in range(1, LEAST_OVERLAP):
            if length <= min(end - start, len(codes)) and _equal(bases, end - length, codes, 0, length):
                found[read] = length
    return found


@compiled
def _plain_cases(
    bases: Bytes, starts: Places, codes: Bytes, offsets: Places, lengths: Places, reaches: Places
) -> Places:
    """Return the start of the adapter on each read, the length of the read without one, or ``_UNDECIDED``.

    Without a block on the read, only an unchanged start of the adapter at the end of the read can match. If all
    blocks on the read belong to one unchanged adapter (or the start of one), cutadapt finds the same.
    """
    answers = np.empty(len(starts) - 1, np.int64)
    blocks, masks = np.zeros(len(offsets), np.int64), np.zeros(len(offsets), np.int64)
    for block in range(len(offsets)):
        for place in range(lengths[block]):
            blocks[block] = blocks[block] << 3 | np.int64(codes[offsets[block] + place])
        masks[block] = (1 << 3 * lengths[block]) - 1
    for read in range(len(answers)):
        start, end = starts[read], starts[read + 1]
        candidate, undecided = end, False
        word = np.int64(0)
        for place in range(start, end):
            word = word << 3 | np.int64(bases[place])
            for block in range(len(offsets)):
                if word & masks[block] == blocks[block] and place - start + 1 >= lengths[block]:
                    origin = place + 1 - lengths[block] - offsets[block]
                    if origin >= end - reaches[block]:
                        undecided |= candidate not in (end, origin)
                        candidate = origin
        if candidate < end:
            overlap = min(len(codes), end - candidate)
            undecided |= candidate < start or not _equal(bases, candidate, codes, 0, overlap)
        else:
            candidate = max(end - len(codes), start)
            while candidate <= end - 3 and not _equal(bases, candidate, codes, 0, end - candidate):
                candidate += 1
            if candidate > end - 3:
                candidate = end
        answers[read] = -1 if undecided else candidate - start
    return answers
