"""Narrow peaks of miRNAs on transcripts: windows scored, those that score high explained, peaks found; streamed.

(Gresova et al. 2022, Methods 2.5.) Windows that score no more than the threshold are never explained. In memory
are a few pairs of miRNA and transcript: scores of all windows, and one matrix, transcript by miRNA.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mirtools.attribution.explainer import Explainer
from mirtools.models.network import Network
from mirtools.models.pairing import Codes
from mirtools.models.parallel import in_order
from mirtools.scan.maxima import width_at_half
from mirtools.scan.peaks import Peak, PeakFinder
from mirtools.scan.tracks import AttributionMap, Floats, mean_scores, on_grid
from mirtools.sequences import Reference

# explainers whose values are computed outside of Python's lock
_THREADED = ("deep", "ism")
_BATCH = 16


class TranscriptScorer(Protocol):
    """What scores all windows of a transcript."""

    def score(self, mirna: Codes, target: Codes) -> NDArray[np.float32]:
        """Return the scores of the windows at 0, 1, 2...

        Parameters
        ----------
        mirna : ndarray of shape (miRNA length,)
            Codes of the network's rule, as long as the network sees.
        target : ndarray of shape (length,)
            At least as long as a window.
        """


class WindowSettings(NamedTuple):
    """Which windows are explained: those on a grid that score more than a threshold.

    Attributes
    ----------
    threshold : float
    stride : int
        Of windows that are explained; all are scored.
    """

    threshold: float = 0.5
    stride: int = 1


@dataclass(frozen=True)
class Narrowed:
    """A miRNA on a transcript.

    Attributes
    ----------
    mirna, target : Reference
    window : int
        Width of a window, in nt.
    scores : ndarray of shape (windows,), float32
        Of the windows that begin at 0, 1, 2...
    score_track : ndarray of shape (length,), float64
        At each base the mean score of the windows over it.
    attribution_track : ndarray of shape (length,), float64
        The largest attribution of each base, smoothed.
    peaks : list of Peak
        By position.
    """

    mirna: Reference
    target: Reference
    window: int
    scores: NDArray[np.float32]
    score_track: Floats
    attribution_track: Floats
    peaks: list[Peak]

    def score_of(self, peak: Peak) -> float:
        """Return the score of the window around a peak."""
        return float(self.scores[peak.window_start])

    def widths(self, peak: Peak) -> tuple[float, float]:
        """Return the full width at half maximum of the attributions at a peak, and that of the scores there.

        The scores' maximum is looked for as far as a window around the summit reaches.
        """
        half = self.window // 2
        first = max(peak.summit - half, 0)
        top = first + int(self.score_track[first : peak.summit + half + 1].argmax())
        return width_at_half(self.attribution_track, peak.summit), width_at_half(self.score_track, top)


class _Job(NamedTuple):
    """A pair, its window scores and which windows to explain."""

    mirna: Reference
    target: Reference
    mirna_codes: Codes
    target_codes: Codes
    scores: NDArray[np.float32]
    chosen: NDArray[np.intp]


class _Task(NamedTuple):
    """Some windows of a job; the last task of a job ends it."""

    job: _Job
    starts: NDArray[np.intp]
    last: bool


class Narrower:
    """Narrow the peaks of miRNAs on transcripts.

    Parameters
    ----------
    network : Network
    scorer : TranscriptScorer
    explainer : Explainer
    finder : PeakFinder
    settings : WindowSettings

    Attributes
    ----------
    counts : collections.Counter
        Of pairs, windows, those above and below the threshold, those explained, peaks.
    """

    def __init__(
        self,
        network: Network,
        scorer: TranscriptScorer,
        explainer: Explainer,
        finder: PeakFinder,
        settings: WindowSettings,
    ) -> None:
        self._network = network
        self._scorer = scorer
        self._explainer = explainer
        self._finder = finder
        self._settings = settings
        names = "pairs windows windows_below_threshold windows_above_threshold windows_explained peaks".split()
        self.counts: Counter[str] = Counter(dict.fromkeys(names, 0))

    def run(self, pairs: Iterable[tuple[Reference, Reference]], threads: int = 1) -> Iterator[Narrowed]:
        """Yield each pair of miRNA and transcript with its tracks and peaks, in order.

        What comes out depends neither on threads nor on the pairs before and after.
        """
        alone = self._explainer.kind not in _THREADED
        gathered: AttributionMap | None = None
        for task, values in in_order(self._explained, self._tasks(pairs, threads), 1 if alone else threads):
            job = task.job
            length, mirna_length = len(job.target.sequence), self._seen(job.mirna)
            if gathered is None:
                window, stride = self._network.site_length, self._settings.stride
                gathered = AttributionMap(length, mirna_length, window, stride)
            for start, matrix in zip(task.starts.tolist(), values, strict=True):
                gathered.add(start, matrix, float(job.scores[start]))
            if task.last:
                yield self._finished(job, gathered.matrix())
                gathered = None

    def _seen(self, mirna: Reference) -> int:
        return min(len(mirna.sequence), self._network.mirna_length)

    def _tasks(self, pairs: Iterable[tuple[Reference, Reference]], threads: int) -> Iterator[_Task]:
        for job in in_order(self._scored, pairs, threads):
            passing = int((job.scores > self._settings.threshold).sum())
            self.counts["pairs"] += 1
            self.counts["windows"] += len(job.scores)
            self.counts["windows_above_threshold"] += passing
            self.counts["windows_below_threshold"] += len(job.scores) - passing
            self.counts["windows_explained"] += len(job.chosen)
            for at in range(0, max(len(job.chosen), 1), _BATCH):
                yield _Task(job, job.chosen[at : at + _BATCH], at + _BATCH >= len(job.chosen))

    def _scored(self, pair: tuple[Reference, Reference]) -> _Job:
        mirna, target = pair
        rule, window = self._network.rule, self._network.site_length
        length = max(len(target.sequence), window)
        mirna_codes = rule.codes([mirna.sequence], self._network.mirna_length, centre=False)[0]
        target_codes = rule.codes([target.sequence], length, centre=False)[0]
        scores = self._scorer.score(mirna_codes, target_codes)
        grid = on_grid(len(target.sequence), window, self._settings.stride)
        chosen = grid[scores[grid] > self._settings.threshold]
        return _Job(mirna, target, mirna_codes, target_codes, scores, chosen)

    def _explained(self, task: _Task) -> tuple[_Task, Sequence[NDArray[np.float32]]]:
        if not len(task.starts):
            return task, []
        windows = sliding_window_view(task.job.target_codes, self._network.site_length)[task.starts]
        mirnas = np.repeat(task.job.mirna_codes[None], len(windows), axis=0)
        return task, list(self._explainer.explain_codes(mirnas, windows).values)

    def _finished(self, job: _Job, matrix: Floats) -> Narrowed:
        target, window = job.target.sequence, self._network.site_length
        track = self._finder.track(matrix)
        peaks = self._finder.find(matrix, track, job.mirna.sequence[: self._seen(job.mirna)], target)
        self.counts["peaks"] += len(peaks)
        return Narrowed(
            job.mirna, job.target, window, job.scores, mean_scores(job.scores, len(target), window), track, peaks
        )


class WindowByWindow:
    """Score every window on its own: for networks whose windows share nothing.

    Parameters
    ----------
    scorer
        What scores pairs, such as :class:`mirtools.models.network_steps.PairingPredictor`.
    window : int
    """

    def __init__(self, scorer: PairScorer, window: int) -> None:
        self._scorer = scorer
        self._window = window

    def score(self, mirna: Codes, target: Codes) -> NDArray[np.float32]:
        """Return the scores of the windows at 0, 1, 2..."""
        windows = sliding_window_view(target, self._window)
        scores = np.empty(len(windows), np.float32)
        for start in range(0, len(windows), _BATCH):
            part = windows[start : start + _BATCH]
            scores[start : start + _BATCH] = self._scorer.score(np.repeat(mirna[None], len(part), axis=0), part)
        return scores


class PairScorer(Protocol):
    """What scores pairs, all at once."""

    def score(self, mirnas: Codes, sites: Codes) -> NDArray[np.float32]:
        """Return the scores of pairs, shape ``(n,)``."""


def pairs_of(
    mirnas: Sequence[Reference],
    targets: Iterable[Reference],
    only: frozenset[tuple[str, str]] | None,
    counts: Counter[str],
) -> Iterator[tuple[Reference, Reference]]:
    """Yield every miRNA with every target, target by target.

    Parameters
    ----------
    mirnas : sequence of Reference
    targets : iterable of Reference
    only : frozenset, optional
        The pairs of names that are wanted.
    counts : collections.Counter
        Gains targets.
    """
    for target in targets:
        counts["targets"] += 1
        for mirna in mirnas:
            if only is None or (mirna.name, target.name) in only:
                yield mirna, target
