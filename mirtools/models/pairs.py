"""Scores for the rows of an interaction table, streamed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import encode
from mirtools.interactions import PREDICT_COLUMNS, TableReader, extended
from mirtools.models.dmiso import MIRNA_LENGTH, SITE_LENGTH
from mirtools.models.inference import Codes, Floats

# Batches of a predictor that travel together: fewer hand-overs between threads.
_BATCHES_A_CHUNK = 4


class Scorer(Protocol):
    """What computes scores: :class:`mirtools.models.inference.Predictor` or the TensorFlow back end."""

    batch_size: int

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order."""


class PairScores:
    """Rows of a table with ``score`` and ``prediction``.

    Parameters
    ----------
    reader : TableReader
        With columns mirna_seq and site_seq (or other spellings of them).
    scorer : Scorer
    threshold : float
        ``prediction`` is 1 where the score, as printed, is larger.

    Attributes
    ----------
    columns : list of str
        The header of the result.
    counts : collections.Counter
        pairs, predicted_interactions, mirnas_cropped, sites_cropped.
    """

    def __init__(self, reader: TableReader, scorer: Scorer, threshold: float) -> None:
        self.columns, (self._score, self._prediction) = extended(reader.columns, PREDICT_COLUMNS)
        self.counts: Counter[str] = Counter(
            dict.fromkeys(("pairs", "predicted_interactions", "mirnas_cropped", "sites_cropped"), 0)
        )
        self._reader = reader
        self._scorer = scorer
        self._threshold = threshold

    def rows(self, threads: int = 1) -> Iterator[list[str]]:
        """Yield the rows in the order of the input, in constant memory."""
        waiting: deque[list[list[str]]] = deque()
        missing = len(self.columns) - len(self._reader.columns)
        for scores in self._scorer.score_stream(self._chunks(waiting), threads):
            for row, (score, prediction) in zip(
                waiting.popleft(), score_cells(scores, self._threshold), strict=True
            ):
                row.extend([""] * missing)
                row[self._score], row[self._prediction] = score, prediction
                self.counts["predicted_interactions"] += prediction == "1"
                yield row

    def _chunks(self, waiting: deque[list[list[str]]]) -> Iterator[tuple[Codes, Codes]]:
        reader = self._reader
        mirna_column, site_column = reader.index("mirna_seq"), reader.index("site_seq")
        size = self._scorer.batch_size * _BATCHES_A_CHUNK
        rows: list[list[str]] = []
        mirnas: list[str] = []
        sites: list[str] = []

        def chunk() -> tuple[Codes, Codes]:
            self.counts["pairs"] += len(rows)
            self.counts["mirnas_cropped"] += sum(len(mirna) > MIRNA_LENGTH for mirna in mirnas)
            self.counts["sites_cropped"] += sum(len(site) > SITE_LENGTH for site in sites)
            waiting.append(rows)
            return encode(mirnas, MIRNA_LENGTH), encode(sites, SITE_LENGTH)

        for row in reader:
            mirnas.append(reader.dna(row, mirna_column))
            sites.append(reader.dna(row, site_column))
            rows.append(row)
            if len(rows) == size:
                yield chunk()
                rows, mirnas, sites = [], [], []
        if rows:
            yield chunk()


def score_cells(scores: NDArray[np.float32], threshold: float) -> Iterator[tuple[str, str]]:
    """Yield score and prediction as printed; the printed score decides about the prediction."""
    for score in scores.tolist():
        text = f"{score:.6f}"
        yield text, "1" if float(text) > threshold else "0"
