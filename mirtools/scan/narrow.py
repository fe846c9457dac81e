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

from mirtools.attribution.explainer import PairExplainer
from mirtools.models.encoder import Encoder, encoder_of
from mirtools.models.layers import Codes
from mirtools.models.modelfile import Model
from mirtools.models.network_scanning import NetworkScanner, can_share
from mirtools.models.parallel import in_order
from mirtools.models.scorers import pair_scorer
from mirtools.scan.maxima import width_at_half
from mirtools.scan.peaks import Peak, PeakFinder
from mirtools.scan.tracks import AttributionMap, Floats, mean_scores, on_grid
from mirtools.sequences import Reference

_BATCH = 16


class TranscriptScorer(Protocol):
    """What scores all windows of a transcript, see :func:`transcript_scorer`."""

    def tracks(self, mirna: int, codes: Codes) -> NDArray[np.float32]:
        """Return the scores of the windows at 0, 1, 2... of a transcript, given as codes of all its letters.

        ``mirna`` is a number in the list of miRNAs that the scorer was made with.
        """


class Pair(NamedTuple):
    """A miRNA, with its number in the list of all, and a transcript."""

    number: int
    mirna: Reference
    target: Reference


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
    codes: Codes
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
    encoder : Encoder
        Of the model.
    scorer : TranscriptScorer
    explainer : PairExplainer
    finder : PeakFinder
    settings : WindowSettings

    Attributes
    ----------
    counts : collections.Counter
        Of pairs, windows, those above and below the threshold, those explained, peaks.
    gap : float
        How far attributions were at most from adding up to the score; 0 for explainers that do not add up.
    """

    def __init__(
        self,
        encoder: Encoder,
        scorer: TranscriptScorer,
        explainer: PairExplainer,
        finder: PeakFinder,
        settings: WindowSettings,
    ) -> None:
        self._encoder = encoder
        self._scorer = scorer
        self._explainer = explainer
        self._finder = finder
        self._settings = settings
        names = "pairs windows windows_below_threshold windows_above_threshold windows_explained peaks".split()
        self.counts: Counter[str] = Counter(dict.fromkeys(names, 0))
        self.gap = 0.0

    def run(self, pairs: Iterable[Pair], threads: int = 1) -> Iterator[Narrowed]:
        """Yield each pair of miRNA and transcript with its tracks and peaks, in order.

        What comes out depends neither on threads nor on the pairs before and after.
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
            for at in range(0, max(len(job.chosen), 1), _BATCH):
                yield _Task(job, job.chosen[at : at + _BATCH], at + _BATCH >= len(job.chosen))

    def _scored(self, pair: Pair) -> _Job:
        number, mirna, target = pair
        codes = self._encoder.letters(target.sequence)
        scores = self._scorer.tracks(number, codes)
        grid = on_grid(len(codes), self._encoder.site_length, self._settings.stride)
        return _Job(mirna, target, codes, scores, grid[scores[grid] > self._settings.threshold])

    def _explained(self, task: _Task) -> tuple[_Task, Sequence[NDArray[np.float32]], float]:
        if not len(task.starts):
            return task, [], 0.0
        windows = _windows(task.job.codes, self._encoder)[task.starts]
        mirnas = self._encoder.mirnas([task.job.mirna.sequence] * len(windows))
        found = self._explainer.explain_codes(mirnas, windows)
        return task, list(found.values), float(found.gaps.max()) if self._explainer.additive else 0.0

    def _finished(self, job: _Job, matrix: Floats) -> Narrowed:
        target, window = job.target.sequence, self._encoder.site_length
        track = self._finder.track(matrix)
        peaks = self._finder.find(matrix, track, self._encoder.mirna(job.mirna.sequence), target)
        self.counts["peaks"] += len(peaks)
        return Narrowed(
            job.mirna, job.target, window, job.scores, mean_scores(job.scores, len(target), window), track, peaks
        )


class PairScorer(Protocol):
    """What scores pairs, all at once."""

    def score(self, mirnas: Codes, sites: Codes) -> NDArray[np.float32]:
        """Return the scores of pairs, shape ``(n,)``."""


class WindowByWindow:
    """Score every window on its own.

    Parameters
    ----------
    scorer : PairScorer
    encoder : Encoder
    mirnas : sequence of str
    """

    def __init__(self, scorer: PairScorer, encoder: Encoder, mirnas: Sequence[str]) -> None:
        self._scorer = scorer
        self._encoder = encoder
        self._mirnas = encoder.mirnas(mirnas)

    def tracks(self, mirna: int, codes: Codes) -> NDArray[np.float32]:
        """Return the scores of the windows at 0, 1, 2..."""
        windows = _windows(codes, self._encoder)
        scores = np.empty(len(windows), np.float32)
        for start in range(0, len(windows), _BATCH):
            part = windows[start : start + _BATCH]
            mirnas = np.repeat(self._mirnas[mirna][None], len(part), axis=0)
            scores[start : start + _BATCH] = self._scorer.score(mirnas, part)
        return scores


def _windows(codes: Codes, encoder: Encoder) -> Codes:
    """Return all windows of a target, shape ``(windows, site length)``."""
    missing = max(encoder.site_length - len(codes), 0)
    padded = np.pad(codes, (0, missing), constant_values=encoder.unknown)
    return sliding_window_view(padded, encoder.site_length)


def transcript_scorer(model: Model, mirnas: Sequence[str]) -> TranscriptScorer:
    """Return what scores miRNAs along transcripts with a model of any kind."""
    encoder = encoder_of(model.network)
    if model.network is not None and can_share(model.network):
        return NetworkScanner(model.network, model.weights, encoder.mirnas(mirnas))
    return WindowByWindow(pair_scorer(model.weights, model.network), encoder, mirnas)


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
        The pairs of names that are wanted.
    counts : collections.Counter
        Gains targets.
    """
    for target in targets:
        counts["targets"] += 1
        for number, mirna in enumerate(mirnas):
            if only is None or (mirna.name, target.name) in only:
                yield Pair(number, mirna, target)
