"""Every miRNA against every window of every target, streamed: scores target by target, then lines of a table."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.models.background import Background
from mirtools.models.encoder import Encoder
from mirtools.models.layers import Floats
from mirtools.models.parallel import in_order
from mirtools.models.scanning import WindowScorer
from mirtools.models.scores import printed
from mirtools.models.tiling import Tiling, Windows, batches
from mirtools.sequences import Reference

COLUMNS = "mirna_id mirna_seq target_id site_start site_end site_seq score prediction".split()

# Scores held at a time, 4 bytes each; of a longer target the miRNAs are done group by group.
_MOST_SCORES = 1 << 23
_BATCHES = 8  # of a scorer, that targets are put together for
_MIRNAS_A_TASK = 64
_MOST_TEXTS = 100_000  # of windows that are kept for the next miRNA


class TargetScores(NamedTuple):
    """Scores of some miRNAs on all windows of one target.

    Attributes
    ----------
    target : Reference
    mirnas : sequence of Reference
    first : int
        Number of the first of them in the list of all.
    starts, ends : ndarray of shape (windows,)
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
    """A batch of targets and the miRNAs to score on it."""

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
    encoder: Encoder | None = None,
) -> Iterator[TargetScores]:
    """Yield scores by target, in the order of their file, then by miRNA, in the order of theirs.

    Parameters
    ----------
    mirnas : sequence of Reference
        Those that ``scorer`` holds.
    targets : iterable of Reference
        Read as they are needed.
    scorer : WindowScorer
    tiling : Tiling
    threads : int
    counts : collections.Counter
        Gains mirnas, targets, windows (of all miRNAs), mirnas_cropped and short_targets.
    encoder : Encoder, optional
        Of the model, DMISO by default.
    """
    encoder = encoder or Encoder()
    counts["mirnas"] += len(mirnas)
    counts["mirnas_cropped"] += sum(len(mirna.sequence) > encoder.mirna_length for mirna in mirnas)
    for name in ("targets", "windows", "short_targets"):
        counts[name] += 0
    jobs: deque[_Job] = deque()

    def tasks() -> Iterator[_Task]:
        most = max(_MOST_SCORES // len(mirnas), scorer.batch_size)
        for batch in batches(targets, tiling, min(_BATCHES * scorer.batch_size, most), most):
            windows = Windows((target.sequence for target in batch), tiling, encoder)
            counts["targets"] += len(batch)
            counts["windows"] += len(windows) * len(mirnas)
            counts["short_targets"] += sum(len(target.sequence) < tiling.window for target in batch)
            group = len(mirnas) if len(batch) > 1 else max(_MOST_SCORES // len(windows), 1)
            for first in range(0, len(mirnas), group):
                chosen = range(first, min(first + group, len(mirnas)))
                blocks = range(0, len(windows), scorer.batch_size)
                parts = range(chosen.start, chosen.stop, _MIRNAS_A_TASK)
                jobs.append(_Job(batch, windows, chosen, len(blocks) * len(parts)))
                for start in blocks:
                    stop = min(start + scorer.batch_size, len(windows))
                    for part in parts:
                        numbers = range(part, min(part + _MIRNAS_A_TASK, chosen.stop))
                        yield _Task(windows, numbers, start, stop)

    def work(task: _Task) -> tuple[_Task, Floats]:
        return task, scorer.score_windows(task.mirnas, task.windows, task.first, task.last)

    found: Floats | None = None
    done = 0
    for task, scores in in_order(work, tasks(), threads):
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


def _by_target(job: _Job, mirnas: list[Reference], scores: Floats) -> Iterator[TargetScores]:
    first, windows = job.mirnas.start, job.windows
    for number, target in enumerate(job.targets):
        part = windows.of_target(number)
        yield TargetScores(
            target, mirnas, first, windows.starts[part], windows.ends[part], printed(scores[:, part])
        )


class Selection(NamedTuple):
    """Which windows become lines.

    Attributes
    ----------
    thresholds : ndarray of shape (mirnas,)
        For each of all miRNAs: a window is predicted to interact where its score, as printed, is larger.
    best : bool
        Only the best window of every miRNA on every target, the first of several.
    predicted : bool
        Only windows that are predicted to interact.
    background : Background, optional
        Adds the column ``background``: the share of windows that score so high.
    """

    thresholds: NDArray[np.float64]
    best: bool = False
    predicted: bool = False
    background: Background | None = None

    @property
    def columns(self) -> list[str]:
        """The header of the table."""
        return [*COLUMNS, "background"] if self.background else COLUMNS


def lines(found: TargetScores, selection: Selection, counts: Counter[str]) -> Iterator[str]:
    """Yield the lines of a table; ``counts`` gains predicted_interactions."""
    target, starts, ends = found.target, found.starts.tolist(), found.ends.tolist()

    def place(window: int) -> str:
        start, end = starts[window], ends[window]
        return f"{start}\t{end}\t{target.sequence[start:end]}"

    if len(found.mirnas) > 1 and len(starts) < _MOST_TEXTS:
        place = cache(place)  # miRNAs share the text
    for number, (mirna, scores) in enumerate(zip(found.mirnas, found.scores, strict=True), found.first):
        threshold = selection.thresholds[number]
        chosen = np.array([scores.argmax()]) if selection.best else np.arange(len(scores))
        if selection.predicted:
            chosen = chosen[scores[chosen] > threshold]
        values = scores[chosen]
        flags = values > threshold
        counts["predicted_interactions"] += int(flags.sum())
        begin = f"{mirna.name}\t{mirna.sequence}\t{target.name}\t"
        cells = zip(chosen.tolist(), values.tolist(), flags.tolist(), strict=True)
        if selection.background is None:
            for window, value, flag in cells:
                yield f"{begin}{place(window)}\t{value:.6f}\t{flag:d}\n"
        else:
            shares = selection.background.shares(number, values).tolist()
            for (window, value, flag), share in zip(cells, shares, strict=True):
                yield f"{begin}{place(window)}\t{value:.6f}\t{flag:d}\t{share:.4f}\n"
