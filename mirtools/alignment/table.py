"""Rows of an interaction table with their alignments, in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.align import Aligner
from mirtools.alignment.alignments import GAP, Alignment, Alignments
from mirtools.alignment.source import Attributed, Source
from mirtools.computing.threads import in_order
from mirtools.io.tables import MISSING, TableReader, extended
from mirtools.prediction.rows import WINDOW_COLUMNS

COLUMNS = (
    "alignment_score alignment_start alignment_end aligned_target aligned_marks aligned_mirna column_scores "
    "mirna_importance target_importance gap_open gap_extend"
).split()
SCALES = ("none", "largest")
_ROUNDING = 1e-12
_NAMES = ("pair_id", "mirna_id", "gene_name", "target_id")

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Named:
    """An alignment with the further data of a drawing.

    Attributes
    ----------
    number : int
        1-based row of the table.
    names : tuple of str
        Names of the pair, the miRNA, the gene and the target, if the table has such columns; "" for a missing
        name.
    offset : int
        0-based start of the alignment's site on the site of the table, which may be longer.
    score : str
        The model's score, or "".
    values : ndarray of shape (site length, miRNA length), float64
        The attributions, without padding.
    alignment : Alignment
    """

    number: int
    names: tuple[str, ...]
    offset: int
    score: str
    values: Floats
    alignment: Alignment


class Batch(NamedTuple):
    """Rows of the result, and their data; ``importance`` is that of the miRNAs' bases as in the rows."""

    rows: list[list[str]]
    alignments: Alignments
    values: Floats
    offsets: list[int]
    first: int
    gap: float
    importance: Floats
    notes: Sequence[list[str]]


class _Rows(NamedTuple):
    """Rows of a table, with names and sequences; ``starts`` are the positions of sites on those of the table."""

    rows: list[list[str]]
    names: list[str]
    mirnas: list[str]
    sites: list[str]
    starts: list[int]


class _Task(NamedTuple):
    """Rows, their cropped sequences, the offsets of these, and the function that returns attributions."""

    rows: list[list[str]]
    mirnas: list[str]
    sites: list[str]
    offsets: list[int]
    attributed: Callable[[], Attributed]
    first: int


class AlignedPairs:
    """Aligns the rows of a table.

    Parameters
    ----------
    reader : TableReader
        A table with the columns mirna_seq and site_seq (or other spellings of them).
    source : Source
        Row i of the table gets its ith matrix.
    aligner : Aligner
    scale : {"none", "largest"}
        ``largest`` divides the scores of the table by each matrix's largest score, as published figures do.

    Attributes
    ----------
    columns : list of str
        The header of the result.
    names : list of str
        The columns of the names of a :class:`Named`.
    counts : collections.Counter
        pairs, aligned_pairs, mirnas_cropped, sites_cropped, and sites_in_windows (aligned in their best window).
    gap : float
        The largest additivity gap of the attributions so far.
    """

    def __init__(self, reader: TableReader, source: Source, aligner: Aligner, scale: str = "none") -> None:
        self._reader, self._source, self._aligner = reader, source, aligner
        self._scaled = scale == "largest"
        self.columns, self._places = extended(reader.columns, (*source.columns, *COLUMNS))
        found = {name: reader.find(name) for name in _NAMES}
        if found["gene_name"] == found["target_id"]:
            del found["gene_name"]  # the only name of a target may be its gene
        named = {name: at for name, at in found.items() if at is not None}
        self.names, self._names = list(named), list(named.values())
        self._score = self.columns.index("score") if "score" in self.columns else None
        keys = ("pairs", "aligned_pairs", "mirnas_cropped", "sites_cropped", "sites_in_windows")
        self.counts: Counter[str] = Counter(dict.fromkeys(keys, 0))
        self.gap = 0.0
        self._importance = np.zeros(source.encoder.mirna_length)

    def batches(self, threads: int = 1, chosen: tuple[int, int] | None = None) -> Iterator[Batch]:
        """Yield the rows with their alignments, in the order of the table.

        Parameters
        ----------
        threads : int
        chosen : (int, int), optional
            Only rows from the first number to before the second, 0-based.
        """
        for batch in in_order(self._aligned, self._tasks(chosen), threads if self._source.threads else 1):
            self.gap = max(self.gap, batch.gap)
            self.counts["pairs"] += len(batch.rows)
            self.counts["aligned_pairs"] += int((batch.alignments.columns > 0).sum())
            # row by row, so that the sum does not depend on the size of batches
            for row in batch.importance:
                self._importance += row
            yield batch
        if chosen is None:
            self._source.finish()

    def named(self, batch: Batch, number: int) -> Named:
        """Return one alignment of a batch with all data of a drawing."""
        alignment, row = batch.alignments[number], batch.rows[number]
        return Named(
            batch.first + number + 1,
            tuple("" if row[at] == MISSING else row[at] for at in self._names),
            batch.offsets[number],
            "" if self._score is None else row[self._score],
            np.array(batch.values[number, : len(alignment.site), : len(alignment.mirna)], np.float64),
            alignment,
        )

    def profile(self) -> list[float]:
        """Return the mean importance of each base of the miRNA over all pairs so far, 5'->3'."""
        return [float(f"{value:.6g}") for value in self._importance / max(1, self.counts["pairs"])]

    def _tasks(self, chosen: tuple[int, int] | None) -> Iterator[_Task]:
        reader, source, encoder = self._reader, self._source, self._source.encoder
        mirna_column, site_column = reader.index("mirna_seq"), reader.index("site_seq")
        name_column = reader.find("pair_id")
        window = [at for name in WINDOW_COLUMNS if (at := reader.find(name)) is not None] if source.windows else []
        begin, last = chosen or (0, -1)
        source.skip(begin)
        first = begin
        batch = _Rows([], [], [], [], [])
        for number, row in enumerate(reader):
            if number == last:
                break
            if number < begin:
                continue
            batch.rows.append(row)
            batch.names.append(MISSING if name_column is None else row[name_column])
            batch.mirnas.append(reader.sequence(row, mirna_column, encoder.read))
            site = reader.sequence(row, site_column, encoder.read)
            start, end = _window([row[at] for at in window], len(site), encoder.site_length)
            self.counts["sites_in_windows"] += end - start < len(site)
            batch.sites.append(site[start:end])
            batch.starts.append(start)
            if len(batch.rows) == source.batch_size:
                yield self._task(batch, first)
                first += len(batch.rows)
                batch = _Rows([], [], [], [], [])
        if batch.rows:
            yield self._task(batch, first)

    def _task(self, batch: _Rows, first: int) -> _Task:
        encoder = self._source.encoder
        mirnas, sites = list(map(encoder.mirna, batch.mirnas)), list(map(encoder.site, batch.sites))
        for key, cut, whole in (("mirnas_cropped", mirnas, batch.mirnas), ("sites_cropped", sites, batch.sites)):
            self.counts[key] += sum(len(part) < len(given) for part, given in zip(cut, whole, strict=True))
        offsets = [
            start + (len(given) - len(part)) // 2
            for start, part, given in zip(batch.starts, sites, batch.sites, strict=True)
        ]
        attributed = self._source.attribute(batch.names, batch.mirnas, batch.sites)
        return _Task(batch.rows, mirnas, sites, offsets, attributed, first)

    def _aligned(self, task: _Task) -> Batch:
        found = task.attributed()
        alignments = self._aligner.align(found.values, task.mirnas, task.sites)
        divisors = self._divisors(alignments)
        by_base = alignments.mirna_importance, alignments.site_importance
        if found.bases is not None:
            by_base = _filled(*found.bases, alignments.partners)
        mirna, site = (values / divisors[:, None] for values in by_base)
        missing = len(self.columns) - len(self._reader.columns)
        for number, row in enumerate(task.rows):
            alignment, divisor = alignments[number], float(divisors[number])
            own = None
            if found.bases is not None:
                own = mirna[number, : len(alignment.mirna)], site[number, : len(alignment.site)]
            cells = (*found.cells[number], *alignment_cells(alignment, task.offsets[number], divisor, own))
            row.extend([""] * missing)
            for place, cell in zip(self._places, cells, strict=True):
                row[place] = cell
        return Batch(task.rows, alignments, found.values, task.offsets, task.first, found.gap, mirna, found.notes)

    def _divisors(self, alignments: Alignments) -> NDArray[np.float64]:
        if not self._scaled:
            return np.ones(len(alignments))
        largest = alignments.largest
        return np.where(largest > 0, largest, 1.0)


def _window(cells: Sequence[str], length: int, most: int) -> tuple[int, int]:
    """Return the window of a long site in a table's cells; the whole site if they have no valid window."""
    if (
        length > most
        and len(cells) == 2
        and all(cell.isascii() and cell.isdigit() and len(cell) < 10 for cell in cells)
    ):
        start, end = map(int, cells)
        if start < end <= min(length, start + most):
            return start, end
    return 0, length


def _filled(
    mirna: Floats, site: Floats, partners: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return importances with those of unknown bases (NaN) replaced by that of the aligned base, or by 0."""
    pair, base = np.nonzero(partners >= 0)
    facing = partners[pair, base]
    new_mirna, new_site = mirna.astype(np.float64), site.astype(np.float64)
    for new, at, old, opposite in ((new_mirna, base, site, facing), (new_site, facing, mirna, base)):
        here = new[pair, at]
        new[pair, at] = np.where(np.isnan(here), old[pair, opposite], here)
    return np.nan_to_num(new_mirna), np.nan_to_num(new_site)


def number_cell(value: float) -> str:
    """Return a number as in tables: six significant digits; 0 for mere rounding errors."""
    return f"{value:.6g}" if abs(value) > _ROUNDING else "0"


def alignment_cells(
    alignment: Alignment, offset: int, divisor: float = 1.0, bases: tuple[Floats, Floats] | None = None
) -> Iterator[str]:
    """Yield the cells of an alignment, in the order of :data:`COLUMNS`.

    Parameters
    ----------
    alignment : Alignment
    offset : int
        0-based start of its site on the site of the table.
    divisor : float
        Divides all scores and costs.
    bases : tuple of ndarray, optional
        Importances of miRNA and site that replace the alignment's scores.
    """
    site = ["0"] * len(alignment.site)
    mirna = ["0"] * len(alignment.mirna)
    for base, at in enumerate(alignment.partners.tolist()):
        if at >= 0:
            site[at] = mirna[base] = number_cell(float(alignment.site_importance[at]) / divisor)
    yield number_cell(alignment.score / divisor)
    if alignment.empty:
        yield from (MISSING,) * 6
    else:
        start, end = alignment.span
        yield from (str(offset + start), str(offset + end))
        yield from (alignment.aligned_site, alignment.marks, alignment.aligned_mirna)
        along = iter(site)
        scores = []
        for above, below in zip(alignment.aligned_site, alignment.aligned_mirna, strict=True):
            score = "0" if above == GAP else next(along)
            scores.append("0" if below == GAP else score)
        yield ",".join(scores)
    for scores, own in ((mirna, bases and bases[0]), (site, bases and bases[1])):
        yield ",".join(scores if own is None else map(number_cell, own.tolist()))
    yield number_cell(alignment.opening / divisor)
    yield number_cell(alignment.extension / divisor)
