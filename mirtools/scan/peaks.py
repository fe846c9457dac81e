"""Peaks of a transcript's attributions, and the alignment of miRNA and transcript at each peak.

(Gresova et al. 2022, Methods 2.5.) The track is the largest attribution of each base over the miRNA's bases. It is
smoothed, and its local maxima are processed, the highest first: a window around each maximum is aligned. The paper
does not specify the following rules:

- An alignment accounts for a maximum if the scores of its bases, smoothed like the track, reach half of the
track's
  height.
- If the alignment of a higher maximum accounts for a maximum, the latter is part of the same site (for example its
  3' pairing) and not a separate peak.
- If an alignment does not account for its own maximum, it follows a stronger site in the same window. The
alignment
  is then repeated using only the cells of the matrix around the maximum's pairing diagonal, which is the diagonal
  with the largest sum there. "Around" means closer than the smallest distance of two peaks. Gaps cost the same.
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
    """The conditions for local maxima to become peaks.

    Attributes
    ----------
    smooth : int
        Half width of the triangle with which the track is smoothed, in nt.
    least_height : float
        Smallest height in the smoothed track.
    least_prominence : float
        Smallest prominence, as a share of the height.
    distance : int
        Smallest distance of two peaks, in nt.
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
        In the smoothed track.
    window_start : int
        Start of the aligned window.
    alignment : Alignment
        The alignment of the miRNA and that window.
    start, end : int
        The part of the transcript from the first to the last base that is aligned to the miRNA; only the summit if
        the alignment is empty.
    """

    summit: int
    height: float
    prominence: float
    window_start: int
    alignment: Alignment
    start: int
    end: int


class PeakFinder:
    """Finds and aligns the peaks of transcripts.

    Parameters
    ----------
    rule : PairingRule
    costs : Costs
        Costs of gaps.
    rules : PeakRules
    window : int
        Width of the aligned window, in nt.
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
            The result of :meth:`track` for the matrix.
        mirna, target : str
            Sequences, with the lengths of the matrix.
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
            np.maximum(part, self._explained_track(peak.alignment), out=part)
        return sorted(found, key=lambda peak: peak.summit)

    def _align(self, matrix: Floats, maximum: Maximum, mirna: str, target: str) -> Peak:
        summit = maximum.place
        begin = min(max(summit - self._window // 2, 0), max(len(target) - self._window, 0))
        part, site = matrix[begin : begin + self._window], target[begin : begin + self._window]
        row = summit - begin
        alignment = Aligner(self._rule, self._costs).align(part[None], [mirna], [site])[0]
        if self._explained_track(alignment)[row] < _ACCOUNTED * maximum.height:
            near = around(part.shape, row, self.anchor(part, row), self._rules.distance)
            costs = Costs(alignment.opening, alignment.extension, "given")
            alignment = Aligner(self._rule, costs).align(np.where(near, part, 0)[None], [mirna], [site])[0]
        start, end = alignment.span
        if start == end:  # the alignment is empty
            start, end = row, row + 1
        return Peak(summit, maximum.height, maximum.prominence, begin, alignment, begin + start, begin + end)

    def _explained_track(self, alignment: Alignment) -> Floats:
        """Return the part of the smoothed track that an alignment explains, by base of its window."""
        return smooth(np.maximum(alignment.site_importance, 0), self._rules.smooth)

    def anchor(self, matrix: Floats, row: int) -> int:
        """Return the base of the miRNA whose pairing diagonal has the largest sum around a base of the site.

        The diagonal's values are weighted as in the smoothing of the track; ties go to the most 5' base.
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
    """Return a mask of the cells closer than ``reach`` to the pairing diagonal of a cell."""
    diagonals = np.arange(shape[0])[:, None] + np.arange(shape[1])[None]
    return np.abs(diagonals - row - column) < reach
