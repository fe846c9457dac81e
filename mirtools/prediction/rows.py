"""Scores for the rows of an interaction table, streamed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.abundance import AbundanceReader
from mirtools.io.tables import PREDICT_COLUMNS, TableReader, extended
from mirtools.models.arrays import Codes, Floats
from mirtools.models.base import Model
from mirtools.models.scorers import PairScorer
from mirtools.models.tiling import Tiling, Windows
from mirtools.prediction.scores import printed, score_cells

# Position of the best window of a long site, on the site
WINDOW_COLUMNS = ("window_start", "window_end")
# Several batches of the scorer per chunk, so that threads pass on data less often.
_BATCHES_PER_CHUNK = 4


class _Chunk(NamedTuple):
    """Rows whose scores are being computed, with their sites, and windows if a site is longer than one."""

    rows: list[list[str]]
    sites: list[str]
    windows: Windows | None
    coverages: list[list[float]]


class PairScores:
    """Rows of a table with ``score`` and ``prediction``.

    Parameters
    ----------
    reader : TableReader
        A table with the columns mirna_seq and site_seq (or other spellings of them).
    model : Model
        If it uses abundances, the table needs columns of coverages.
    scorer : PairScorer, optional
        A scorer of this model; by default the one that uses NumPy.
    threshold : float, optional
        ``prediction`` is 1 if the score, as printed, is larger; by default the model's.
    tiling : Tiling, optional
        Sites longer than a window are cut into windows and get the score of the best one (the first if tied),
        whose position is in ``window_start`` and ``window_end``. Without a tiling, sites are cropped around their
        centre.

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
        model: Model,
        scorer: PairScorer | None = None,
        threshold: float | None = None,
        tiling: Tiling | None = None,
    ) -> None:
        new = (*PREDICT_COLUMNS, *(WINDOW_COLUMNS if tiling else ()))
        self.columns, self._places = extended(reader.columns, new)
        self._long = "sites_in_windows" if tiling else "sites_cropped"
        self.counts: Counter[str] = Counter(
            dict.fromkeys(("pairs", "predicted_interactions", "mirnas_cropped", self._long), 0)
        )
        self._reader = reader
        self._model = model
        self._scorer = model.pair_scorer() if scorer is None else scorer
        self._threshold = model.threshold if threshold is None else threshold
        self._tiling = tiling
        self._encoder = model.encoder
        self._abundances = AbundanceReader(reader) if model.family.knows_abundance else None

    def rows(self, threads: int = 1, chosen: tuple[int, int] | None = None) -> Iterator[list[str]]:
        """Yield the rows in the order of the input, in constant memory.

        Parameters
        ----------
        threads : int
        chosen : (int, int), optional
            Only rows from the first number to before the second, 0-based.
        """
        waiting: deque[_Chunk] = deque()
        missing = len(self.columns) - len(self._reader.columns)
        for scores in self._scorer.score_stream(self._chunks(waiting, chosen), threads):
            chunk = waiting.popleft()
            if self._abundances:
                scores = self._with_abundance(scores, chunk)
            cells = self._cells(scores, chunk)
            for row, new in zip(chunk.rows, cells, strict=True):
                row.extend([""] * missing)
                for place, cell in zip(self._places, new, strict=True):
                    row[place] = cell
                self.counts["predicted_interactions"] += new[1] == "1"
                yield row

    def _with_abundance(self, scores: Floats, chunk: _Chunk) -> Floats:
        """Return the scores of all windows of a chunk's rows, adjusted for the abundances of these rows."""
        coverages = np.array(chunk.coverages)
        if chunk.windows is not None:
            coverages = np.repeat(coverages, np.diff(chunk.windows.bounds), axis=0)
        return self._model.family.with_abundance(self._model.weights, scores, coverages)

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
        size = self._scorer.batch_size * _BATCHES_PER_CHUNK
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
    """Return the index of each site's best window, the first if tied."""
    highest = np.repeat(np.maximum.reduceat(scores, bounds[:-1]), np.diff(bounds))
    found = np.flatnonzero(scores == highest)
    return found[np.searchsorted(found, bounds[:-1])]
