"""Tracks along a transcript from a model's results for its windows (Gresova et al. 2022, Methods 2.5).

There is a window at every position; a transcript shorter than a window is one window. All positions are 0-based.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def window_count(length: int, window: int) -> int:
    """Return the number of windows of a transcript.

    >>> window_count(52, 50), window_count(30, 50)
    (3, 1)
    """
    return max(length - window, 0) + 1


def coverage(length: int, window: int, stride: int = 1) -> NDArray[np.int64]:
    """Return the number of windows that cover each position, of every ``stride``-th window and the last one."""
    changes = np.zeros(length + 1, np.int64)
    starts = on_grid(length, window, stride)
    np.add.at(changes, starts, 1)
    np.add.at(changes, np.minimum(starts + window, length), -1)
    return np.cumsum(changes[:-1])


def on_grid(length: int, window: int, stride: int) -> NDArray[np.intp]:
    """Return every ``stride``-th window, and the last one.

    >>> on_grid(56, 50, 4).tolist()
    [0, 4, 6]
    """
    last = window_count(length, window) - 1
    starts = np.arange(0, last + 1, stride)
    return starts if starts[-1] == last else np.append(starts, last)


def within(places: NDArray[np.intp], before: int, after: int, length: int) -> NDArray[np.bool_]:
    """Return which positions lie less than ``after`` downstream or at most ``before`` upstream of any place.

    >>> within(np.array([3]), 1, 2, 6).tolist()
    [False, False, True, True, True, False]
    """
    changes = np.zeros(length + 1, np.int32)
    np.add.at(changes, np.maximum(places - before, 0), 1)
    np.add.at(changes, np.minimum(places + after, length), -1)
    return np.cumsum(changes[:-1]) > 0


def mean_scores(scores: NDArray[np.floating], length: int, window: int) -> Floats:
    """Return the mean score of the windows that cover each position.

    Parameters
    ----------
    scores : ndarray of shape (windows,)
        Scores of the windows that begin at 0, 1, 2...
    length : int
        Length of the transcript, in nt.
    window : int

    Returns
    -------
    ndarray of shape (length,), float64
    """
    sums = np.concatenate(([0.0], np.cumsum(scores, dtype=np.float64)))
    positions = np.arange(length)
    first = np.maximum(positions - window + 1, 0)
    last = np.minimum(positions, len(scores) - 1)
    return (sums[last + 1] - sums[first]) / (last + 1 - first)


class AttributionMap:
    """The attributions of windows, each scaled by its window's score, combined to one matrix of the transcript.

    The paper adds them up. Here each position's sum is divided by the number of windows that cover it, explained
    or not. The results differ by a constant factor, except near the ends, where fewer windows overlap; values keep
    their meaning of shares of a score.

    Parameters
    ----------
    length : int
        Length of the transcript, in nt.
    mirna_length : int
    window : int
    stride : int
        Distance of the windows that can be added, in nt.
    """

    def __init__(self, length: int, mirna_length: int, window: int, stride: int = 1) -> None:
        self._sums = np.zeros((length, mirna_length))
        # with a stride larger than the window, no window covers some bases
        self._coverage = np.maximum(coverage(length, window, stride), 1)

    def add(self, start: int, values: NDArray[np.floating], score: float) -> None:
        """Add a window's attributions, shape ``(window, miRNA length or more)``, both axes 5'->3'."""
        part = self._sums[start : start + len(values)]
        part += score * values[: len(part), : part.shape[1]].astype(np.float64)

    def matrix(self) -> Floats:
        """Return the matrix, shape ``(length, mirna_length)``."""
        return self._sums / self._coverage[:, None]


def strongest(matrix: Floats) -> Floats:
    """Return each transcript base's largest value over the miRNA's bases; 0 if none of them is positive."""
    return np.maximum(matrix.max(axis=1, initial=0), 0)


def smooth(track: Floats, reach: int) -> Floats:
    """Return the track convolved with a triangle that falls to 0 at ``reach`` nt; 1 does not change the track.

    Beyond the ends the track is 0.

    >>> smooth(np.array([0, 0, 4.0, 0, 0]), 2).tolist()
    [0.0, 1.0, 2.0, 1.0, 0.0]
    """
    weights = reach - np.abs(np.arange(1 - reach, reach))
    padded = np.pad(track, reach - 1)
    return np.convolve(padded, weights / weights.sum(), "valid")
