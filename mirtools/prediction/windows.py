"""Every miRNA on every window of every target, streamed: scores target by target, then lines of a table."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.threads import in_order
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING
from mirtools.models.arrays import Floats
from mirtools.models.encoder import Encoder
from mirtools.models.scorers import WindowScorer
from mirtools.models.tiling import Tiling, Windows, batches
from mirtools.pairs.site_types import SITE_TYPES, window_matches
from mirtools.prediction.background import Background
from mirtools.prediction.scores import printed

COLUMNS = (
    "mirna_id mirna_seq target_id site_start site_end site_seq gene_id gene_name region site_type score prediction"
).split()

# Scores in memory at a time, 4 bytes each; on longer targets, miRNAs are scored in groups.
_MOST_SCORES = 1 << 23
_BATCHES = 8  # of the scorer, for which short targets are combined
_MIRNAS_PER_TASK = 64
_MOST_TEXTS = 100_000  # of windows, that are kept for the next miRNA


class TargetScores(NamedTuple):
    """Scores of some miRNAs on all windows of one target.

    Attributes
    ----------
    target : Reference
    mirnas : sequence of Reference
    first : int
        Index of the first of them in the list of all miRNAs.
    starts, ends : ndarray of shape (windows,)
        0-based, half-open.
    scores : ndarray of shape (mirnas, windows), float64
        As printed, with six decimals.
    """

    target: Reference
    mirnas: Sequence[Reference]
    first: int
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    scores: NDArray[np.float64]


class _Job(NamedTuple):
    """A batch of targets, the miRNAs to score on it, and the number of tasks that do this."""

    targets: list[Reference]
    windows: Windows
    mirnas: range
    tasks: int


class _Task(NamedTuple):
    windows: Windows
    mirnas: range
    first: int
    last: int


def scan(
    mirnas: Sequence[Reference],
    targets: Iterable[Reference],
    scorer: WindowScorer,
    tiling: Tiling,
    threads: int,
    counts: Counter[str],
    encoder: Encoder,
) -> Iterator[TargetScores]:
    """Yield scores by target, then by miRNA, each in the order of its file.

    Parameters
    ----------
    mirnas : sequence of Reference
        The miRNAs of ``scorer``.
    targets : iterable of Reference
        They are read when needed.
    scorer : WindowScorer
    tiling : Tiling
    threads : int
    counts : collections.Counter
        Gains mirnas, targets, windows (of all miRNAs), mirnas_cropped and short_targets.
    encoder : Encoder
        The encoder of the model.
    """
    counts["mirnas"] += len(mirnas)
    counts["mirnas_cropped"] += sum(len(mirna.sequence) > encoder.mirna_length for mirna in mirnas)
    for name in ("targets", "windows", "short_targets"):
        counts[name] += 0
    jobs: deque[_Job] = deque()
    tasks = _tasks(len(mirnas), targets, scorer, tiling, counts, encoder, jobs)

    def work(task: _Task) -> tuple[_Task, Floats]:
        return task, scorer.score_windows(task.mirnas, task.windows, task.first, task.last)

    found: Floats | None = None
    done = 0
    for task, scores in in_order(work, tasks, threads):
        job = jobs[0]
        if found is None:
            found = np.empty((len(job.mirnas), len(job.windows)), np.float32)
        row = task.mirnas.start - job.mirnas.start
        found[row : row + len(task.mirnas), task.first : task.last] = scores
        done += 1
        if done == job.tasks:
            yield from _by_target(job, [mirnas[number] for number in job.mirnas], found)
            jobs.popleft()
            found, done = None, 0


def _tasks(
    mirna_count: int,
    targets: Iterable[Reference],
    scorer: WindowScorer,
    tiling: Tiling,
    counts: Counter[str],
    encoder: Encoder,
    jobs: deque[_Job],
) -> Iterator[_Task]:
    """Yield the tasks of batches of targets; the job of each batch is appended to ``jobs`` before its tasks."""
    most = max(_MOST_SCORES // mirna_count, scorer.batch_size)
    for batch in batches(targets, tiling, min(_BATCHES * scorer.batch_size, most), most):
        windows = Windows((target.sequence for target in batch), tiling, encoder)
        counts["targets"] += len(batch)
        counts["windows"] += len(windows) * mirna_count
        counts["short_targets"] += sum(len(target.sequence) < tiling.window for target in batch)
        group = mirna_count if len(batch) > 1 else max(_MOST_SCORES // len(windows), 1)
        for first in range(0, mirna_count, group):
            chosen = range(first, min(first + group, mirna_count))
            blocks = range(0, len(windows), scorer.batch_size)
            parts = range(chosen.start, chosen.stop, _MIRNAS_PER_TASK)
            jobs.append(_Job(batch, windows, chosen, len(blocks) * len(parts)))
            for start in blocks:
                stop = min(start + scorer.batch_size, len(windows))
                for part in parts:
                    numbers = range(part, min(part + _MIRNAS_PER_TASK, chosen.stop))
                    yield _Task(windows, numbers, start, stop)


def _by_target(job: _Job, mirnas: list[Reference], scores: Floats) -> Iterator[TargetScores]:
    first, windows = job.mirnas.start, job.windows
    for number, target in enumerate(job.targets):
        part = windows.of_target(number)
        yield TargetScores(
            target, mirnas, first, windows.starts[part], windows.ends[part], printed(scores[:, part])
        )


class Selection(NamedTuple):
    """Which windows are written.

    Attributes
    ----------
    thresholds : ndarray of shape (mirnas,)
        A window is predicted to interact if its printed score is larger than the threshold of the miRNA.
    best : bool
        Only the best window of every miRNA on every target, the first if tied.
    predicted : bool
        Only windows that are predicted to interact.
    background : Background, optional
        Adds the column ``background``: the share of windows that reach the score.
    cells : callable, optional
        Returns ``gene_id``, ``gene_name`` and ``region`` of a site, given the name of its target, start and end.
    """

    thresholds: NDArray[np.float64]
    best: bool = False
    predicted: bool = False
    background: Background | None = None
    cells: Callable[[str, int, int], Sequence[str]] | None = None

    @property
    def columns(self) -> list[str]:
        """The header of the table."""
        return [*COLUMNS, "background"] if self.background else COLUMNS


def lines(found: TargetScores, selection: Selection, counts: Counter[str]) -> Iterator[tuple[float, str]]:
    """Yield score and line of a table for each window; ``counts`` gains predicted_interactions."""
    target, starts, ends = found.target, found.starts.tolist(), found.ends.tolist()

    def place(window: int) -> str:
        start, end = starts[window], ends[window]
        cells = [MISSING] * 3 if selection.cells is None else selection.cells(target.name, start, end)
        return "\t".join([str(start), str(end), target.sequence[start:end], *cells])

    if len(found.mirnas) > 1 and len(starts) < _MOST_TEXTS:
        place = cache(place)  # miRNAs share the text
    for number, (mirna, scores) in enumerate(zip(found.mirnas, found.scores, strict=True), found.first):
        chosen = _chosen(scores, selection, selection.thresholds[number])
        values = scores[chosen]
        flags = values > selection.thresholds[number]
        counts["predicted_interactions"] += int(flags.sum())
        if not len(chosen):
            continue
        types, _ = window_matches(mirna.sequence, target.sequence, found.starts[chosen], found.ends[chosen])
        begin = f"{mirna.name}\t{mirna.sequence}\t{target.name}\t"
        shares = [""] * len(chosen)
        if selection.background is not None:
            shares = [f"\t{share:.4f}" for share in selection.background.shares(number, values).tolist()]
        cells = zip(chosen.tolist(), types.tolist(), values.tolist(), flags.tolist(), shares, strict=True)
        for window, kind, value, flag, share in cells:
            yield value, f"{begin}{place(window)}\t{SITE_TYPES[kind]}\t{value:.6f}\t{flag:d}{share}\n"


def _chosen(scores: NDArray[np.float64], selection: Selection, threshold: float) -> NDArray[np.intp]:
    """Return the windows of a miRNA on a target that are written."""
    chosen: NDArray[np.intp] = np.array([scores.argmax()]) if selection.best else np.arange(len(scores))
    return chosen[scores[chosen] > threshold] if selection.predicted else chosen
