"""Every miRNA against every target: overlapping windows, their coordinates and scores, streamed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import N_CODE, encode
from mirtools.models.dmiso import MIRNA_LENGTH, SITE_LENGTH
from mirtools.models.inference import Codes
from mirtools.models.pairs import Scorer, score_cells
from mirtools.sequences import Reference

COLUMNS = "mirna_id mirna_seq target_id site_start site_end site_seq score prediction".split()


@dataclass(frozen=True)
class Tiling:
    """How targets are cut into windows.

    Attributes
    ----------
    window : int
        Width in nt, at most 60; a shorter target is one window.
    stride : int
        Distance between the starts of neighbouring windows.
    best : bool
        Keep only the highest window of every miRNA on every target (the first of several).
    """

    window: int = SITE_LENGTH
    stride: int = 10
    best: bool = False


def window_starts(length: int, tiling: Tiling) -> NDArray[np.intp]:
    """Return the 0-based starts of the windows of a target; the last window ends where the target ends.

    >>> window_starts(75, Tiling(60, 10)).tolist()
    [0, 10, 15]
    """
    last = max(length - tiling.window, 0)
    starts = np.arange(0, last + 1, tiling.stride)
    return starts if starts[-1] == last else np.append(starts, last)


class _Target:
    def __init__(self, reference: Reference, tiling: Tiling) -> None:
        self.name, self.sequence = reference.name, reference.sequence
        self.starts = window_starts(len(reference.sequence), tiling)
        self.ends = np.minimum(self.starts + tiling.window, len(reference.sequence))
        self._codes = np.append(encode([reference.sequence], len(reference.sequence))[0], N_CODE)

    def codes(self, first: int, last: int) -> Codes:
        """Return the codes of windows ``first`` to ``last``, shape ``(n, 60)``, N behind their ends."""
        places = self.starts[first:last, None] + np.arange(SITE_LENGTH)
        places[places >= self.ends[first:last, None]] = -1
        return self._codes[places]


# miRNA, target, first and last window
_Piece = tuple[Reference, _Target, int, int]


def scan(
    mirnas: Sequence[Reference],
    targets: Sequence[Reference],
    scorer: Scorer,
    threshold: float,
    tiling: Tiling,
    threads: int,
    counts: Counter[str],
) -> Iterator[list[str]]:
    """Yield table rows (:data:`COLUMNS`) by miRNA, target and position, each in the order of its file.

    Targets are held in memory, windows and scores are not. ``counts`` gains mirnas, targets, windows,
    predicted_interactions, mirnas_cropped and short_targets.
    """
    for name in ("windows", "predicted_interactions", "short_targets", "mirnas_cropped"):
        counts[name] += 0
    counts["mirnas"] += len(mirnas)
    counts["targets"] += len(targets)
    counts["mirnas_cropped"] += sum(len(mirna.sequence) > MIRNA_LENGTH for mirna in mirnas)
    counts["short_targets"] += sum(len(target.sequence) < tiling.window for target in targets)
    prepared = [_Target(target, tiling) for target in targets]
    rows = _rows(mirnas, prepared, scorer, threshold, threads, counts)
    if tiling.best:
        rows = (
            max(group, key=lambda row: float(row[6])) for _, group in groupby(rows, lambda row: (row[0], row[2]))
        )
    for row in rows:
        counts["predicted_interactions"] += row[7] == "1"
        yield row


def _rows(
    mirnas: Sequence[Reference],
    targets: Sequence[_Target],
    scorer: Scorer,
    threshold: float,
    threads: int,
    counts: Counter[str],
) -> Iterator[list[str]]:
    waiting: deque[list[_Piece]] = deque()

    def chunks() -> Iterator[tuple[Codes, Codes]]:
        for pieces in _pieces(mirnas, targets, 4 * scorer.batch_size):
            waiting.append(pieces)
            sizes = [last - first for _, _, first, last in pieces]
            codes = encode([mirna.sequence for mirna, *_ in pieces], MIRNA_LENGTH)
            yield (
                np.repeat(codes, sizes, axis=0),
                np.concatenate([target.codes(first, last) for _, target, first, last in pieces]),
            )

    for scores in scorer.score_stream(chunks(), threads):
        counts["windows"] += len(scores)
        cells = score_cells(scores, threshold)
        for mirna, target, first, last in waiting.popleft():
            for start, end in zip(
                target.starts[first:last].tolist(), target.ends[first:last].tolist(), strict=True
            ):
                site = target.sequence[start:end]
                yield [mirna.name, mirna.sequence, target.name, str(start), str(end), site, *next(cells)]


def _pieces(mirnas: Sequence[Reference], targets: Sequence[_Target], size: int) -> Iterator[list[_Piece]]:
    """Cut all windows of all pairs into lists of ``size`` windows."""
    pieces: list[_Piece] = []
    room = size
    for mirna in mirnas:
        for target in targets:
            first = 0
            while first < len(target.starts):
                last = min(first + room, len(target.starts))
                pieces.append((mirna, target, first, last))
                room -= last - first
                first = last
                if not room:
                    yield pieces
                    pieces, room = [], size
    if pieces:
        yield pieces
