"""Scores for the rows of an interaction table, streamed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.interactions import PREDICT_COLUMNS, TableReader, extended
from mirtools.models import abundance
from mirtools.models.abundance import AbundanceReader
from mirtools.models.dmiso import Weights
from mirtools.models.encoder import Encoder
from mirtools.models.layers import Codes, Floats
from mirtools.models.scores import printed, score_cells
from mirtools.models.tiling import Tiling, Windows

# The best window of a long site, on the site
WINDOW_COLUMNS = ("window_start", "window_end")
# Batches of a predictor that travel together: fewer hand-overs between threads.
_BATCHES_A_CHUNK = 4


class Scorer(Protocol):
    """What computes scores: :class:`mirtools.models.inference.Predictor` or the TensorFlow back end."""

    batch_size: int

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the scores of pairs, shape ``(n,)``."""

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order."""


class _Chunk(NamedTuple):
    """Rows whose scores are being computed, with their sites, and the windows of these where any is cut."""

    rows: list[list[str]]
    sites: list[str]
    windows: Windows | None
    coverages: list[list[float]]


class PairScores:
    """Rows of a table with ``score`` and ``prediction``.

    Parameters
    ----------
    reader : TableReader
        With columns mirna_seq and site_seq (or other spellings of them).
    scorer : Scorer
    threshold : float
        ``prediction`` is 1 where the score, as printed, is larger.
    tiling : Tiling, optional
        Sites longer than a window are cut into windows, and the best one's score counts (the first of several);
        ``window_start`` and ``window_end`` tell which it is. Without it they are cropped around their centre.
    weights : dict of str to ndarray, optional
        Of a model that knows abundance (:mod:`mirtools.models.abundance`): the table's coverages move the scores.
    encoder : Encoder, optional
        Of the model, DMISO by default.

    Attributes
    ----------
    columns : list of str
        The header of the result.
    counts : collections.Counter
        pairs, predicted_interactions, mirnas_cropped, and sites_cropped or sites_in_windows.
    """

    def __init__(
        self,
        reader: TableReader,
        scorer: Scorer,
        threshold: float,
        tiling: Tiling | None = None,
        weights: Weights | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        new = (*PREDICT_COLUMNS, *(WINDOW_COLUMNS if tiling else ()))
        self.columns, self._places = extended(reader.columns, new)
        self._long = "sites_in_windows" if tiling else "sites_cropped"
        self.counts: Counter[str] = Counter(
            dict.fromkeys(("pairs", "predicted_interactions", "mirnas_cropped", self._long), 0)
        )
        self._reader = reader
        self._scorer = scorer
        self._threshold = threshold
        self._tiling = tiling
        self._weights = weights
        self._encoder = encoder or Encoder()
        self._abundances = AbundanceReader(reader) if weights else None

    def rows(self, threads: int = 1, chosen: tuple[int, int] | None = None) -> Iterator[list[str]]:
        """Yield the rows in the order of the input, in constant memory.

        Parameters
        ----------
        threads : int
        chosen : (int, int), optional
            Only rows from the one to before the other, counted from 0.
        """
        waiting: deque[_Chunk] = deque()
        missing = len(self.columns) - len(self._reader.columns)
        for scores in self._scorer.score_stream(self._chunks(waiting, chosen), threads):
            chunk = waiting.popleft()
            if self._weights:
                scores = self._moved(scores, chunk, self._weights)
            cells = self._cells(scores, chunk)
            for row, new in zip(chunk.rows, cells, strict=True):
                row.extend([""] * missing)
                for place, cell in zip(self._places, new, strict=True):
                    row[place] = cell
                self.counts["predicted_interactions"] += new[1] == "1"
                yield row

    @staticmethod
    def _moved(scores: Floats, chunk: _Chunk, weights: Weights) -> Floats:
        """Let the abundances of a chunk's rows move the scores of all their windows."""
        shifts = abundance.shifts(weights, np.array(chunk.coverages))
        if chunk.windows is not None:
            shifts = np.repeat(shifts, np.diff(chunk.windows.bounds))
        return abundance.shifted(scores, shifts)

    def _cells(self, scores: Floats, chunk: _Chunk) -> Iterator[Sequence[str]]:
        """Yield the new cells of each row."""
        windows = chunk.windows
        if self._tiling is None:
            yield from score_cells(scores, self._threshold)
        elif windows is None:
            for cells, site in zip(score_cells(scores, self._threshold), chunk.sites, strict=True):
                yield (*cells, "0", str(len(site)))
        else:
            best = _best_windows(printed(scores), windows.bounds)
            places = zip(windows.starts[best].tolist(), windows.ends[best].tolist(), strict=True)
            for cells, (start, end) in zip(score_cells(scores[best], self._threshold), places, strict=True):
                yield (*cells, str(start), str(end))

    def _chunks(self, waiting: deque[_Chunk], chosen: tuple[int, int] | None) -> Iterator[tuple[Codes, Codes]]:
        reader, tiling, encoder = self._reader, self._tiling, self._encoder
        mirna_column, site_column = reader.index("mirna_seq"), reader.index("site_seq")
        size = self._scorer.batch_size * _BATCHES_A_CHUNK
        rows: list[list[str]] = []
        mirnas: list[str] = []
        sites: list[str] = []
        coverages: list[list[float]] = []

        def chunk() -> tuple[Codes, Codes]:
            self.counts["pairs"] += len(rows)
            self.counts["mirnas_cropped"] += sum(len(mirna) > encoder.mirna_length for mirna in mirnas)
            longest = tiling.window if tiling else encoder.site_length
            long = sum(len(site) > longest for site in sites)
            self.counts[self._long] += long
            codes = encoder.mirnas(mirnas)
            if tiling is None or not long:
                waiting.append(_Chunk(rows, sites, None, coverages))
                return codes, encoder.sites(sites)
            windows = Windows(sites, tiling, encoder)
            waiting.append(_Chunk(rows, sites, windows, coverages))
            return np.repeat(codes, np.diff(windows.bounds), axis=0), windows.codes(0, len(windows))

        first, last = chosen or (0, -1)
        held = 0
        for number, row in enumerate(reader):
            if number < first:
                continue
            if number == last:
                break
            mirnas.append(reader.sequence(row, mirna_column, encoder.read))
            sites.append(reader.sequence(row, site_column, encoder.read))
            rows.append(row)
            if self._abundances:
                coverages.append(self._abundances.coverages(row))
            length = len(sites[-1])
            held += tiling.count(length) if tiling and length > tiling.window else 1
            if held >= size:
                yield chunk()
                rows, mirnas, sites, coverages, held = [], [], [], [], 0
        if rows:
            yield chunk()


def _best_windows(scores: NDArray[np.float64], bounds: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of each site's best window, the first of several."""
    highest = np.repeat(np.maximum.reduceat(scores, bounds[:-1]), np.diff(bounds))
    found = np.flatnonzero(scores == highest)
    return found[np.searchsorted(found, bounds[:-1])]
