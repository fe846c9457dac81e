"""Peaks of a transcript's attributions: where they are, and how miRNA and transcript lie on each other there.

(Gresova et al. 2022, Methods 2.5.) For each base the largest attribution over the miRNA's bases is taken; this
track is smoothed, and its local maxima are looked at, the highest first. A window around the maximum is aligned.
What the paper leaves open is decided so:

- An alignment accounts for a maximum where the scores of its bases, smoothed as the track is, reach half of the
  track's height.
- A maximum that the alignment of a higher one accounts for is a part of that site (its 3' pairing, say) and no
  peak of its own.
- An alignment that does not account for its own maximum has gone to a stronger site in the same window. It is made
  again with those cells of the matrix alone that lie around the maximum's pairing diagonal, which is the one that
  holds most there: nearer to it than two peaks may lie to each other. Gaps cost what they did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.align import Aligner, Costs
from mirtools.alignment.alignments import Alignment
from mirtools.models.pairing import PairingRule
from mirtools.scan.maxima import Maximum, find_maxima
from mirtools.scan.tracks import Floats, smooth, strongest

_ACCOUNTED = 0.5


@dataclass(frozen=True)
class PeakRules:
    """Which local maxima become peaks.

    Attributes
    ----------
    smooth : int
        Reach of the triangle that the track is smoothed with, in nt.
    least_height : float
        Of the smoothed track.
    least_prominence : float
        As a share of the height.
    distance : int
        Least distance of two peaks, in nt.
    """

    smooth: int = 5
    least_height: float = 0.01
    least_prominence: float = 0.2
    distance: int = 8


class Peak(NamedTuple):
    """A peak.

    Attributes
    ----------
    summit : int
        0-based position on the transcript.
    height, prominence : float
        Of the smoothed track.
    window_start : int
        Where the aligned window begins.
    alignment : Alignment
        Of the miRNA and that window.
    start, end : int
        The part of the transcript from the first to the last base that is opposite to the miRNA; the summit alone
        where nothing aligns.
    """

    summit: int
    height: float
    prominence: float
    window_start: int
    alignment: Alignment
    start: int
    end: int


class PeakFinder:
    """Find and align the peaks of transcripts.

    Parameters
    ----------
    rule : PairingRule
    costs : Costs
        What gaps cost.
    rules : PeakRules
    window : int
        Width of what is aligned, in nt.
    """

    def __init__(self, rule: PairingRule, costs: Costs, rules: PeakRules, window: int) -> None:
        self._rule = rule
        self._costs = costs
        self._rules = rules
        self._window = window

    def track(self, matrix: Floats) -> Floats:
        """Return the smoothed track of a matrix of shape ``(transcript length, miRNA length)``."""
        return smooth(strongest(matrix), self._rules.smooth)

    def find(self, matrix: Floats, track: Floats, mirna: str, target: str) -> list[Peak]:
        """Return the peaks, by position.

        Parameters
        ----------
        matrix : ndarray of shape (transcript length, miRNA length)
            Both axes 5'->3'. Not changed.
        track : ndarray of shape (transcript length,)
            What :meth:`track` makes of it.
        mirna, target : str
            As long as the matrix.
        """
        rules = self._rules
        maxima = find_maxima(track, rules.least_height, rules.least_prominence, rules.distance)
        accounted = np.zeros(len(track))
        found: list[Peak] = []
        for maximum in sorted(maxima, key=lambda maximum: (-maximum.height, maximum.place)):
            if accounted[maximum.place] >= _ACCOUNTED * maximum.height:
                continue
            peak = self._align(matrix, maximum, mirna, target)
            found.append(peak)
            part = accounted[peak.window_start : peak.window_start + self._window]
            np.maximum(part, self._held(peak.alignment), out=part)
        return sorted(found, key=lambda peak: peak.summit)

    def _align(self, matrix: Floats, maximum: Maximum, mirna: str, target: str) -> Peak:
        summit = maximum.place
        begin = min(max(summit - self._window // 2, 0), max(len(target) - self._window, 0))
        part, site = matrix[begin : begin + self._window], target[begin : begin + self._window]
        row = summit - begin
        alignment = Aligner(self._rule, self._costs).align(part[None], [mirna], [site])[0]
        if self._held(alignment)[row] < _ACCOUNTED * maximum.height:
            near = around(part.shape, row, self.anchor(part, row), self._rules.distance)
            costs = Costs(alignment.opening, alignment.extension, "given")
            alignment = Aligner(self._rule, costs).align(np.where(near, part, 0)[None], [mirna], [site])[0]
        start, end = alignment.span
        if start == end:  # nothing aligns
            start, end = row, row + 1
        return Peak(summit, maximum.height, maximum.prominence, begin, alignment, begin + start, begin + end)

    def _held(self, alignment: Alignment) -> Floats:
        """Return how much of the smoothed track the bases of an alignment hold, by base of its window."""
        return smooth(np.maximum(alignment.site_importance, 0), self._rules.smooth)

    def anchor(self, matrix: Floats, row: int) -> int:
        """Return the base of the miRNA whose pairing diagonal holds most around a base of the site.

        The diagonal's values are weighted as the track is smoothed; of equal ones the most 5' base is taken.
        """
        reach, (rows, columns) = self._rules.smooth, matrix.shape
        sums = np.zeros(columns)
        for step in range(max(1 - reach, -row), min(reach, rows - row)):
            places = np.arange(columns) - step
            inside = (places >= 0) & (places < columns)
            values = np.maximum(matrix[row + step, places[inside]], 0)
            sums[inside] += (reach - abs(step)) * values
        return int(sums.argmax())


def around(shape: tuple[int, int], row: int, column: int, reach: int) -> NDArray[np.bool_]:
    """Return which cells lie less than ``reach`` from the pairing diagonal of a cell."""
    diagonals = np.arange(shape[0])[:, None] + np.arange(shape[1])[None]
    return np.abs(diagonals - row - column) < reach
