"""How common a score is: what each miRNA's score is on windows drawn from all targets, sites or not.

A model tells pairs of a balanced set apart; on a transcript of hundreds of windows its threshold lets many pass,
more with one miRNA than with another. The share of windows that reach a score says how much it stands out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import UsageError
from mirtools.models.encoder import Encoder
from mirtools.models.layers import Codes, Floats
from mirtools.models.parallel import in_order
from mirtools.models.scanning import WindowScorer
from mirtools.models.scores import printed
from mirtools.models.tiling import Tiling
from mirtools.sequences import Reference

MOST_WINDOWS = 10_000


class Background:
    """Scores of all miRNAs on a sample of windows; 40 kB a miRNA.

    Parameters
    ----------
    scores : ndarray of shape (mirnas, windows)
    """

    def __init__(self, scores: Floats) -> None:
        self._sorted = np.sort(_units(printed(scores)), axis=1)

    def shares(self, mirna: int, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of windows that score at least so high, ``(k + 1) / (n + 1)``, shape ``(n,)``.

        Parameters
        ----------
        mirna : int
            Its number.
        scores : ndarray of shape (n,)
            As printed.
        """
        found = self._sorted[mirna]
        lower = np.searchsorted(found, _units(scores), side="left")
        shares: NDArray[np.float64] = (len(found) - lower + 1) / (len(found) + 1)
        return shares

    def thresholds(self, share: float, least: float) -> NDArray[np.float64]:
        """Return for each miRNA the score above which no window has a larger share, but at least ``least``.

        Raises
        ------
        UsageError
            Where the sample is too small for that share.
        """
        windows = self._sorted.shape[1]
        passing = int(share * (windows + 1) + 1e-9) - 1
        if passing < 0:
            raise UsageError(
                f"argument --background: {share:g} is less than {windows:,} windows can tell; "
                f"use {1.05 / (windows + 1):.2g} or more"
            )
        if passing >= windows:
            return np.full(len(self._sorted), least)
        return np.maximum(self._sorted[:, windows - 1 - passing] / 1e6, least)


def draw(
    targets: Iterable[Reference], lengths: Sequence[int], tiling: Tiling, encoder: Encoder | None = None
) -> Codes:
    """Return the codes of windows at equal distances in the list of all windows, ``MOST_WINDOWS`` at most.

    Parameters
    ----------
    targets : iterable of Reference
    lengths : sequence of int
        Of these targets.
    tiling : Tiling
    encoder : Encoder, optional
        Of the model, DMISO by default.
    """
    total = sum(map(tiling.count, lengths))
    count = min(total, MOST_WINDOWS)
    wanted = [(2 * number + 1) * total // (2 * count) for number in range(count)]
    return (encoder or Encoder()).sites(list(_sites(targets, wanted, tiling)))


def background_of(scorer: WindowScorer, mirnas: int, windows: Codes, threads: int) -> Background:
    """Score all miRNAs on the windows."""
    blocks = [windows[at : at + scorer.batch_size] for at in range(0, len(windows), scorer.batch_size)]
    scores = in_order(lambda block: scorer.score(range(mirnas), block), blocks, threads)
    return Background(np.concatenate(list(scores), axis=1))


def _sites(targets: Iterable[Reference], wanted: Sequence[int], tiling: Tiling) -> Iterator[str]:
    """Yield the windows of these numbers, ascending, counted over all targets."""
    before, position = 0, 0
    for target in targets:
        if position == len(wanted):
            return
        starts = tiling.starts(len(target.sequence))
        while position < len(wanted) and wanted[position] < before + len(starts):
            start = int(starts[wanted[position] - before])
            yield target.sequence[start : start + tiling.window]
            position += 1
        before += len(starts)


def _units(scores: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(scores * 1e6).astype(np.int32)
