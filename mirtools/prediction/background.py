"""How rare a score is: its rank among the scores of the same miRNA on 10,000 windows.

The threshold of a model suits balanced sets of pairs. On a transcript of hundreds of windows, many exceed it, more
with some miRNAs than with others. The share of windows that reach a score shows how rare it is.

The windows are sampled from all targets. A site of a miRNA would be too large a share of a few targets, so that
nothing on them could be rare: if these have fewer than 100,000 bases, the windows are those of a random sequence
with the same frequencies of neighbouring bases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.threads import in_order
from mirtools.errors import UsageError
from mirtools.io.sequences import Reference
from mirtools.models.arrays import Codes, Floats
from mirtools.models.encoder import Encoder
from mirtools.models.scorers import WindowScorer
from mirtools.models.tiling import Tiling, Windows
from mirtools.prediction.scores import printed
from mirtools.prediction.targets import ScanTargets

MOST_WINDOWS = 10_000
_LEAST_BASES = 100_000
# Distance of the windows of a random sequence: neighbours share half of their bases, and the work for these
_RANDOM_STRIDE = 25
_CHAIN = 100  # bases of a random sequence that depend on the ones before
# Pairs of neighbouring bases that are added to those of the targets, so that short ones do not repeat themselves
_ADDED = 100


class Background:
    """Scores of all miRNAs on a sample of windows; 40 kB per miRNA.

    Parameters
    ----------
    scores : ndarray of shape (mirnas, windows)

    Attributes
    ----------
    windows : int
    """

    def __init__(self, scores: Floats) -> None:
        self._sorted = np.sort(_units(printed(scores)), axis=1)
        self.windows = self._sorted.shape[1]

    def shares(self, mirna: int, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of windows that reach each score, ``(k + 1) / (n + 1)``, shape ``(n,)``.

        Parameters
        ----------
        mirna : int
            Its index.
        scores : ndarray of shape (n,)
            As printed.
        """
        found = self._sorted[mirna]
        lower = np.searchsorted(found, _units(scores), side="left")
        shares: NDArray[np.float64] = (len(found) - lower + 1) / (len(found) + 1)
        return shares

    def thresholds(self, share: float, least: float, option: str = "--background") -> NDArray[np.float64]:
        """Return, for each miRNA, the threshold (``least`` or more) above which shares are at most ``share``.

        ``option`` is the name of the share, for messages.

        Raises
        ------
        UsageError
            If the sample is too small for this share.
        """
        windows = self.windows
        passing = int(share * (windows + 1) + 1e-9) - 1
        if passing < 0:
            raise UsageError(
                f"argument {option}: {share:g} is less than {windows:,} windows can resolve; "
                f"use {1.05 / (windows + 1):.2g} or more"
            )
        if passing >= windows:
            return np.full(len(self._sorted), least)
        return np.maximum(self._sorted[:, windows - 1 - passing] / 1e6, least)


def draw(targets: Iterable[Reference], lengths: Sequence[int], tiling: Tiling, encoder: Encoder) -> Codes:
    """Return the codes of at most ``MOST_WINDOWS`` windows, at equal distances in the list of all windows.

    Parameters
    ----------
    targets : iterable of Reference
    lengths : sequence of int
        Lengths of the targets.
    tiling : Tiling
    encoder : Encoder
        The encoder of the model.
    """
    total = sum(map(tiling.count, lengths))
    count = min(total, MOST_WINDOWS)
    wanted = [(2 * number + 1) * total // (2 * count) for number in range(count)]
    return encoder.sites(list(_sites(targets, wanted, tiling)))


def background_of(
    scorer: WindowScorer, mirnas: int, targets: ScanTargets, tiling: Tiling, encoder: Encoder, threads: int
) -> tuple[Background, str]:
    """Return the background of some miRNAs and targets, and where it is from: ``targets`` or ``random sequence``.

    Parameters
    ----------
    scorer : WindowScorer
    mirnas : int
        Number of the scorer's miRNAs.
    targets : ScanTargets
    tiling : Tiling
    encoder : Encoder
        The encoder of the model.
    threads : int
    """
    lengths = targets.lengths
    if sum(lengths) >= _LEAST_BASES:
        return sampled(scorer, mirnas, draw(targets.stream(), lengths, tiling, encoder), threads), "targets"
    stride = Tiling(tiling.window, _RANDOM_STRIDE)
    length = _RANDOM_STRIDE * (MOST_WINDOWS - 1) + tiling.window
    windows = Windows([random_sequence(targets.stream(), length, encoder)], stride, encoder)
    return _scanned(scorer, mirnas, windows, threads), "random sequence"


def sampled(scorer: WindowScorer, mirnas: int, windows: Codes, threads: int) -> Background:
    """Return the background of all miRNAs on windows given as codes."""
    blocks = [windows[at : at + scorer.batch_size] for at in range(0, len(windows), scorer.batch_size)]
    scores = in_order(lambda block: scorer.score(range(mirnas), block), blocks, threads)
    return Background(np.concatenate(list(scores), axis=1))


def _scanned(scorer: WindowScorer, mirnas: int, windows: Windows, threads: int) -> Background:
    size = scorer.batch_size
    blocks = [(at, min(at + size, len(windows))) for at in range(0, len(windows), size)]
    scores = in_order(lambda block: scorer.score_windows(range(mirnas), windows, *block), blocks, threads)
    return Background(np.concatenate(list(scores), axis=1))


def random_sequence(targets: Iterable[Reference], length: int, encoder: Encoder) -> str:
    """Return a random sequence, always the same, with the frequencies of neighbouring letters of some targets.

    Parameters
    ----------
    targets : iterable of Reference
    length : int
    encoder : Encoder
        Letters outside its alphabet do not count.
    """
    letters = encoder.unknown
    counts = np.full((letters, letters), _ADDED, np.int64)
    for target in targets:
        codes = encoder.letters(target.sequence).astype(np.int64)
        known = (codes[:-1] < letters) & (codes[1:] < letters)
        steps = codes[:-1][known] * letters + codes[1:][known]
        counts += np.bincount(steps, minlength=letters**2).reshape(letters, letters)
    rises = np.cumsum(counts / counts.sum(axis=1, keepdims=True), axis=1)
    first = np.cumsum(counts.sum(axis=1) / counts.sum())
    draws = np.random.default_rng(1).random((_CHAIN, -(-length // _CHAIN)))
    states = [np.minimum(np.searchsorted(first, draws[0], "right"), letters - 1)]
    for row in draws[1:]:
        states.append(np.minimum((row[:, None] >= rises[states[-1]]).sum(axis=1), letters - 1))
    alphabet = np.array(list(encoder.alphabet))
    return "".join(alphabet[np.stack(states, axis=1).ravel()[:length]])


def _sites(targets: Iterable[Reference], wanted: Sequence[int], tiling: Tiling) -> Iterator[str]:
    """Yield the windows with the given indices (ascending, over all targets)."""
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
