"""What is known to be bound: the positive sites of every miRNA, to keep negatives away from them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mirtools.pairs.grouping import NO_WORD, seed_of, words
from mirtools.pairs.table import Pair
from mirtools.transcripts.names import accession


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
        """Return for each 20-mer whether a positive site of the miRNA holds it, shape as given."""
        if new := self._new.pop(key, None):
            self._sorted[key] = np.unique(np.concatenate([*new, self._sorted.get(key, new[0])]))
        known = self._sorted.get(key)
        if known is None or not known.size:
            return np.zeros(sequence_words.shape, dtype=np.bool_)
        places = np.minimum(np.searchsorted(known, sequence_words), known.size - 1)
        return (known[places] == sequence_words) & (sequence_words != NO_WORD)


class PositiveSites:
    """The positive sites of each miRNA on each transcript, and the 20-mers of all its sites.

    miRNAs are identified by name, or sequence if they have none, transcripts by accession. Memory: about 0.7 kB
    for a site of 50 nt.
    """

    def __init__(self) -> None:
        self.words = SharedWords()
        self._spans: dict[tuple[str, str], array[int]] = {}

    def add(self, mirna: str, target: str, start: int, end: int, site: str) -> None:
        """Note one positive site: its place on the transcript (0-based, half-open) and its sequence."""
        self._spans.setdefault((mirna, accession(target)), array("q")).extend((start, end))
        self.words.add(mirna, words(site))

    def on(self, mirna: str, target: str) -> list[tuple[int, int]]:
        """Return the positive sites of a miRNA on a transcript."""
        flat = self._spans.get((mirna, accession(target)), array("q"))
        return list(zip(flat[::2], flat[1::2], strict=True))


class Bound:
    """Which sites are bound by which miRNA names and seeds.

    Parameters
    ----------
    positives : iterable of Pair
    """

    def __init__(self, positives: Iterable[Pair]) -> None:
        self._words = SharedWords()
        self._sites: dict[str, set[str]] = {}
        for pair in positives:
            self._add(pair)

    @staticmethod
    def keys(pair: Pair) -> tuple[str, str]:
        """Return what a miRNA is known by: its name (or sequence), and its seed."""
        return f"name {pair.mirna_name}", f"seed {seed_of(pair.mirna)}"

    def _add(self, pair: Pair) -> None:
        site_words = words(pair.site)
        for key in self.keys(pair):
            self._words.add(key, site_words)
            self._sites.setdefault(key, set()).add(pair.site)

    def free(self, pair: Pair, site: str) -> bool:
        """Return whether a site can be a negative for the miRNA of ``pair``."""
        site_words = words(site)
        return not any(
            site in self._sites.get(key, ()) or self._words.shared(key, site_words).any()
            for key in self.keys(pair)
        )
