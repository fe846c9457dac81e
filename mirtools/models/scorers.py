"""The protocols of pair scorers and window scorers of all families, and a window scorer for any pair scorer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from mirtools.models.arrays import Codes, Floats
from mirtools.models.tiling import Windows


class PairScorer(Protocol):
    """Scores pairs. A pair's score depends neither on other pairs of its batch nor on threads.

    Attributes
    ----------
    batch_size : int
        Pairs to score per call.
    """

    batch_size: int

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the probability of interaction of every pair, shape ``(n,)``, float32.

        Parameters
        ----------
        mirnas : ndarray of shape (n, miRNA length), uint8
        sites : ndarray of shape (n, site length), uint8
            Codes by the family's encoder.
        """

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order, with at most ``2 * threads`` batches waiting."""


class WindowScorer(Protocol):
    """Scores a list of miRNAs, which its constructor gets, against windows of targets.

    Attributes
    ----------
    batch_size : int
        Windows to score per call.
    """

    batch_size: int

    def score(self, mirnas: Sequence[int], sites: Codes) -> Floats:
        """Return the scores of miRNAs (their indices in the list) and windows: ``(mirnas, windows)``, float32."""

    def score_windows(self, mirnas: Sequence[int], windows: Windows, first: int, last: int) -> Floats:
        """Return the scores of miRNAs and windows ``first`` to before ``last``, shape ``(mirnas, windows)``."""


class PairByPair:
    """Scores every miRNA with every window as a separate pair, for families whose windows share no work.

    Parameters
    ----------
    scorer : PairScorer
    mirnas : ndarray of shape (n, miRNA length), uint8
    """

    def __init__(self, scorer: PairScorer, mirnas: Codes) -> None:
        self.batch_size = scorer.batch_size
        self._scorer = scorer
        self._mirnas = mirnas

    def score(self, mirnas: Sequence[int], sites: Codes) -> Floats:
        """Return the scores of miRNAs, by their indices, and windows, shape ``(mirnas, windows)``."""
        left = np.repeat(self._mirnas[np.asarray(mirnas)], len(sites), axis=0)
        right = np.tile(sites, (len(mirnas), 1))
        return self._scorer.score(left, right).reshape(len(mirnas), len(sites))

    def score_windows(self, mirnas: Sequence[int], windows: Windows, first: int, last: int) -> Floats:
        """Return the scores of miRNAs and windows ``first`` to before ``last``, shape ``(mirnas, windows)``."""
        return self.score(mirnas, windows.codes(first, last))
