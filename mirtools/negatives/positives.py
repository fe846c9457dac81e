"""What is known to be bound: the positive sites of every miRNA, to keep negatives away from them."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import N_CODE, encode
from mirtools.interactions import MISSING

# Two sites that share this many bases are one place: isoforms of a gene, overlapping reads, close paralogs.
SHARED_BASES = 20
_WEIGHTS = 4 ** np.arange(SHARED_BASES, dtype=np.int64)
_NO_WORD = -1


def words(sequence: str) -> NDArray[np.int64]:
    """Return a number for the 20-mer at each position, shape ``(length - 19,)``, int64; -1 where it holds N."""
    if len(sequence) < SHARED_BASES:
        return np.empty(0, dtype=np.int64)
    codes = np.lib.stride_tricks.sliding_window_view(encode([sequence], len(sequence))[0], SHARED_BASES)
    return np.where((codes == N_CODE).any(axis=1), _NO_WORD, codes @ _WEIGHTS)


def mirna_key(mirna_id: str, mirna_seq: str) -> str:
    """Return what tells miRNAs apart: the name, or the sequence where there is no name."""
    return mirna_seq if mirna_id in ("", MISSING) else mirna_id


class SharedWords:
    """The 20-mers of the positive sites, by miRNA (name, seed, or any other key).

    Sites shorter than 20 nt have none. Memory: eight bytes for each 20-mer.
    """

    def __init__(self) -> None:
        self._new: dict[str, list[NDArray[np.int64]]] = {}
        self._sorted: dict[str, NDArray[np.int64]] = {}

    def add(self, key: str, site_words: NDArray[np.int64]) -> None:
        """Note a positive site, given as :func:`words`."""
        self._new.setdefault(key, []).append(site_words)

    def shared(self, key: str, sequence_words: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each 20-mer whether a positive site of the miRNA holds it, shape as given."""
        if new := self._new.pop(key, None):
            self._sorted[key] = np.unique(np.concatenate([*new, self._sorted.get(key, new[0])]))
        known = self._sorted.get(key)
        if known is None or not known.size:
            return np.zeros(sequence_words.shape, dtype=np.bool_)
        places = np.minimum(np.searchsorted(known, sequence_words), known.size - 1)
        return (known[places] == sequence_words) & (sequence_words != _NO_WORD)


class PositiveSites:
    """The positive sites of each miRNA on each transcript, and the 20-mers of all its sites.

    miRNAs are told apart by :func:`mirna_key`. Memory: about 0.7 kB for a site of 50 nt.
    """

    def __init__(self) -> None:
        self.words = SharedWords()
        self._spans: dict[tuple[str, str], array[int]] = {}

    def add(self, mirna: str, target: str, start: int, end: int, site: str) -> None:
        """Note one positive site: its place on the transcript (0-based, half-open) and its sequence."""
        self._spans.setdefault((mirna, target), array("q")).extend((start, end))
        self.words.add(mirna, words(site))

    def on(self, mirna: str, target: str) -> list[tuple[int, int]]:
        """Return the positive sites of a miRNA on a transcript."""
        flat = self._spans.get((mirna, target), array("q"))
        return list(zip(flat[::2], flat[1::2], strict=True))
