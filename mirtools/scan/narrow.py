"""Narrow peaks of miRNAs on transcripts: score windows, explain those with high scores, find peaks; streamed.

(Gresova et al. 2022, Methods 2.5.) Windows whose score is not above the threshold are not explained. If only rare
scores count, a window is explained if it also overlaps a window with a rare score. Peaks in windows with rare
scores are then those of the paper's definition, with the same heights; others are not reported. Memory holds a few
pairs of miRNA and transcript: the scores of all windows, and one matrix, transcript by miRNA.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.explained import Explainer
from mirtools.computing.threads import in_order
from mirtools.io.sequences import Reference
from mirtools.models.encoder import Encoder
from mirtools.models.scorers import WindowScorer
from mirtools.models.tiling import Tiling, Windows
from mirtools.prediction.scores import printed
from mirtools.scan.maxima import width_at_half
from mirtools.scan.peaks import Peak, PeakFinder
from mirtools.scan.tracks import AttributionMap, Floats, mean_scores, on_grid, within
from mirtools.transcripts.names import accession

_BATCH = 16


class Pair(NamedTuple):
    """A miRNA, with its number in the list of all miRNAs, and a transcript."""

    number: int
    mirna: Reference
    target: Reference


class WindowSettings(NamedTuple):
    """Which windows are explained: windows on a grid with scores above a threshold.

    Attributes
    ----------
    threshold : float
    stride : int
        Distance of the windows on the grid, in nt; all windows are scored.
    rare : ndarray of shape (mirnas,), optional
        For each miRNA the score above which a window is rare; only windows that overlap a rare one are explained.
    """

    threshold: float = 0.5
    stride: int = 1
    rare: Floats | None = None


@dataclass(frozen=True)
class Narrowed:
    """The results of a miRNA on a transcript.

    Attributes
    ----------
    mirna, target : Reference
    window : int
        Width of a window, in nt.
    scores : ndarray of shape (windows,), float32
        Scores of the windows that begin at 0, 1, 2...
    score_track : ndarray of shape (length,), float64
        The mean score of the windows that cover each base.
    attribution_track : ndarray of shape (length,), float64
        The largest attribution of each base, smoothed.
    peaks : list of Peak
        Sorted by position.
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
        """Return the full widths at half maximum of the attributions and of the scores at a peak.

        The maximum of the scores is searched in a window around the summit.
        """
        half = self.window // 2
        first = max(peak.summit - half, 0)
        top = first + int(self.score_track[first : peak.summit + half + 1].argmax())
        return width_at_half(self.attribution_track, peak.summit), width_at_half(self.score_track, top)


class _Job(NamedTuple):
    """A pair, its windows, their scores, the windows to explain, and the bases at which peaks are reported."""

    number: int
    mirna: Reference
    target: Reference
    windows: Windows
    scores: NDArray[np.float32]
    chosen: NDArray[np.intp]
    reported: NDArray[np.bool_] | None


class _Task(NamedTuple):
    """Some windows of a job; the last task of a job ends it."""

    job: _Job
    starts: NDArray[np.intp]
    last: bool


class Narrower:
    """Finds narrow peaks of miRNAs on transcripts.

    Parameters
    ----------
    encoder : Encoder
        The encoder of the model.
    scorer : WindowScorer
        Holds the miRNAs of all pairs, by their numbers.
    explainer : Explainer
    finder : PeakFinder
    settings : WindowSettings

    Attributes
    ----------
    counts : collections.Counter
        Numbers of pairs, windows, windows above and below the threshold, explained windows, and peaks.
    gap : float
        Largest difference between a score and the sum of its attributions; 0 for explainers that are not additive.
    """

    def __init__(
        self,
        encoder: Encoder,
        scorer: WindowScorer,
        explainer: Explainer,
        finder: PeakFinder,
        settings: WindowSettings,
    ) -> None:
        self._encoder = encoder
        self._scorer = scorer
        self._explainer = explainer
        self._finder = finder
        self._settings = settings
        names = "pairs windows windows_below_threshold windows_above_threshold windows_explained peaks".split()
        names += [] if settings.rare is None else ["windows_rare", "pairs_with_rare_windows"]
        self.counts: Counter[str] = Counter(dict.fromkeys(names, 0))
        self.gap = 0.0

    def run(self, pairs: Iterable[Pair], threads: int = 1) -> Iterator[Narrowed]:
        """Yield each pair of miRNA and transcript with its tracks and peaks, in order.

        The results depend neither on threads nor on the pairs before and after.
        """
        explaining = threads if self._explainer.threads else 1
        gathered: AttributionMap | None = None
        for task, values, gap in in_order(self._explained, self._tasks(pairs, threads), explaining):
            job = task.job
            self.gap = max(self.gap, gap)
            if gathered is None:
                mirna_length, window = len(self._encoder.mirna(job.mirna.sequence)), self._encoder.site_length
                gathered = AttributionMap(len(job.target.sequence), mirna_length, window, self._settings.stride)
            for start, matrix in zip(task.starts.tolist(), values, strict=True):
                gathered.add(start, matrix, float(job.scores[start]))
            if task.last:
                yield self._finished(job, gathered.matrix())
                gathered = None

    def _tasks(self, pairs: Iterable[Pair], threads: int) -> Iterator[_Task]:
        for job in in_order(self._scored, pairs, threads):
            passing = int((job.scores > self._settings.threshold).sum())
            self.counts["pairs"] += 1
            self.counts["windows"] += len(job.scores)
            self.counts["windows_above_threshold"] += passing
            self.counts["windows_below_threshold"] += len(job.scores) - passing
            self.counts["windows_explained"] += len(job.chosen)
            if self._settings.rare is not None:
                rare = int((printed(job.scores) > self._settings.rare[job.number]).sum())
                self.counts["windows_rare"] += rare
                self.counts["pairs_with_rare_windows"] += rare > 0
            for at in range(0, max(len(job.chosen), 1), _BATCH):
                yield _Task(job, job.chosen[at : at + _BATCH], at + _BATCH >= len(job.chosen))

    def _scored(self, pair: Pair) -> _Job:
        number, mirna, target = pair
        window = self._encoder.site_length
        windows = Windows([target.sequence], Tiling(window, 1), self._encoder)
        (scores,) = self._scorer.score_windows([number], windows, 0, len(windows))
        grid = on_grid(len(target.sequence), window, self._settings.stride)
        chosen = grid[scores[grid] > self._settings.threshold]
        if self._settings.rare is None:
            return _Job(number, mirna, target, windows, scores, chosen, None)
        rare = np.flatnonzero(printed(scores) > self._settings.rare[number])
        near = within(rare, window - 1, window, len(scores))
        reported = within(rare, 0, window, len(target.sequence))
        return _Job(number, mirna, target, windows, scores, chosen[near[chosen]], reported)

    def _explained(self, task: _Task) -> tuple[_Task, Sequence[NDArray[np.float32]], float]:
        if not len(task.starts):
            return task, [], 0.0
        windows = np.concatenate([task.job.windows.codes(start, start + 1) for start in task.starts.tolist()])
        mirnas = self._encoder.mirnas([task.job.mirna.sequence] * len(windows))
        found = self._explainer.explain_codes(mirnas, windows)
        return task, list(found.values), float(found.gaps.max()) if self._explainer.additive else 0.0

    def _finished(self, job: _Job, matrix: Floats) -> Narrowed:
        target, window = job.target.sequence, self._encoder.site_length
        track = self._finder.track(matrix)
        peaks = self._finder.find(matrix, track, self._encoder.mirna(job.mirna.sequence), target)
        if job.reported is not None:
            peaks = [peak for peak in peaks if job.reported[peak.summit]]
        self.counts["peaks"] += len(peaks)
        return Narrowed(
            job.mirna, job.target, window, job.scores, mean_scores(job.scores, len(target), window), track, peaks
        )


def pairs_of(
    mirnas: Sequence[Reference],
    targets: Iterable[Reference],
    only: frozenset[tuple[str, str]] | None,
    counts: Counter[str],
) -> Iterator[Pair]:
    """Yield every miRNA with every target, target by target.

    Parameters
    ----------
    mirnas : sequence of Reference
    targets : iterable of Reference
    only : frozenset, optional
        The pairs to yield, of the name of a miRNA and the accession of a target; by default all.
    counts : collections.Counter
        Gains targets.
    """
    for target in targets:
        counts["targets"] += 1
        short = accession(target.name)
        for number, mirna in enumerate(mirnas):
            if only is None or (mirna.name, short) in only:
                yield Pair(number, mirna, target)
