"""Finds miRNAs on raw reads by exact words of 16 bases, on both strands: fast, without alignments.

Untrimmed reads of unknown structure may have a miRNA anywhere. One in 2,000 random reads of 75 nt contains a word
of the 2,656 human miRNAs by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import Bytes, Places
from mirtools.chimera.references import N, T
from mirtools.computing.compiled import compiled

WORD = 16
# Guides longer than this are no mature miRNAs: the place of a word in them shows no 5' end
_LONGEST = 30
# Value of ``begins`` for reads without a word
NONE = -(1 << 20)
_EMPTY = -1


class WordsFound(NamedTuple):
    """What the words of some reads show; arrays of shape (reads,).

    Attributes
    ----------
    begins : array of int64
        Position on the read at which the first miRNA begins (0-based; negative if the read lacks its first bases),
        or ``NONE``.
    ends : array of int64
        Position after its last base, as far as the miRNA of the database is long.
    mirnas : array of int64
        The miRNA, by its position among the sequences; -1 for none.
    reverse : array of bool
        Whether the read contains a word of the reverse complement of a miRNA.
    """

    begins: Places
    ends: Places
    mirnas: Places
    reverse: NDArray[np.bool_]


class MirnaWords:
    """All words of some miRNAs and of their reverse complements.

    Words with another base than ``ACGT`` and words that occur on both strands are ignored. A word of several
    miRNAs belongs to the first one.

    Parameters
    ----------
    sequences : sequence of array of uint8
        Codes of each miRNA, 5'->3'; those shorter than a word or longer than 30 nt have no words.
    """

    def __init__(self, sequences: Sequence[Bytes]) -> None:
        chosen = [number for number, codes in enumerate(sequences) if WORD <= len(codes) <= _LONGEST]
        lengths = np.array([len(sequences[number]) for number in chosen], np.int64)
        text = np.concatenate([*(sequences[number] for number in chosen), np.zeros(0, np.uint8)]).astype(np.int64)
        starts = np.cumsum(lengths) - lengths
        owner = np.repeat(np.arange(len(chosen)), lengths)
        offset = np.arange(len(text)) - starts[owner]
        places = np.flatnonzero(offset + WORD <= lengths[owner])
        windows = text[places[:, None] + np.arange(WORD)]
        places, windows = places[(windows < N).all(axis=1)], windows[(windows < N).all(axis=1)]
        weights = 4 ** np.arange(WORD)[::-1]
        words, opposite = windows @ weights, (T - windows[:, ::-1]) @ weights
        distinct, first = np.unique(words, return_index=True)
        alone = ~np.isin(distinct, opposite)
        first = places[first[alone]]
        mirnas = np.array(chosen, np.int64)[owner[first]]
        forward = np.column_stack([distinct[alone], mirnas, offset[first], lengths[owner[first]]])
        reverse = np.setdiff1d(opposite, words)
        entries = np.full((len(forward) + len(reverse), 4), _EMPTY, np.int64)
        entries[: len(forward)] = forward
        entries[len(forward) :, 0] = reverse
        # word, miRNA (-1 for the reverse strand), offset, length
        self._slots = _hashed(entries, 1 << max(4, (2 * len(entries)).bit_length()))

    def find(self, bases: Bytes, starts: Places) -> WordsFound:
        """Return the miRNAs of reads, see :class:`mirtools.chimera.batches.RawReads`."""
        return WordsFound(*_find(np.require(bases, np.uint8, ["C", "W"]), starts, self._slots))


@compiled
def _hashed(entries: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return an open hash table of entries by their first column; free slots have ``_EMPTY`` there."""
    slots = np.full((size, entries.shape[1]), _EMPTY, np.int64)
    for entry in entries:
        slot = (entry[0] * 0x9E3779B1 >> 16) & (size - 1)
        while slots[slot, 0] != _EMPTY:
            slot = (slot + 1) & (size - 1)
        slots[slot] = entry
    return slots


@compiled
def _find(
    bases: Bytes, starts: Places, slots: NDArray[np.int64]
) -> tuple[Places, Places, Places, NDArray[np.bool_]]:
    reads = len(starts) - 1
    begins, ends = np.full(reads, NONE, np.int64), np.full(reads, NONE, np.int64)
    mirnas, reverse = np.full(reads, -1, np.int64), np.zeros(reads, np.bool_)
    mask = (np.int64(1) << 2 * WORD) - 1
    for read in range(reads):
        word, length = np.int64(0), 0
        for place in range(starts[read], starts[read + 1]):
            code = np.int64(bases[place])
            length = length + 1 if code < N else 0
            word = (word << 2 | (code & 3)) & mask
            if length < WORD:
                continue
            slot = (word * 0x9E3779B1 >> 16) & (len(slots) - 1)
            while slots[slot, 0] != _EMPTY and slots[slot, 0] != word:
                slot = (slot + 1) & (len(slots) - 1)
            if slots[slot, 0] == _EMPTY:
                continue
            if slots[slot, 1] < 0:
                reverse[read] = True
            elif mirnas[read] < 0:
                mirnas[read] = slots[slot, 1]
                begins[read] = place - WORD + 1 - slots[slot, 2] - starts[read]
                ends[read] = begins[read] + slots[slot, 3]
    return begins, ends, mirnas, reverse
