"""Rows of an interaction table with their alignments, in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.align import Aligner
from mirtools.alignment.alignments import GAP, Alignment, Alignments
from mirtools.alignment.matrices import Matrices
from mirtools.errors import InputError
from mirtools.interactions import MISSING, TableReader, extended
from mirtools.models.encoder import Encoder
from mirtools.models.pairing import PairingRule
from mirtools.models.pairs import WINDOW_COLUMNS
from mirtools.models.parallel import in_order

COLUMNS = (
    "alignment_score alignment_start alignment_end aligned_target aligned_marks aligned_mirna column_scores "
    "mirna_importance target_importance gap_open gap_extend"
).split()
SCALES = ("none", "largest")
_ROUNDING = 1e-12
_NAMES = ("pair_id", "mirna_id", "target_id")

Floats = NDArray[np.floating]


class Attributed(NamedTuple):
    """Attributions of pairs.

    Attributes
    ----------
    values : ndarray of shape (n, site length, miRNA length), float
    cells : list of tuple of str
        What the source adds to each row.
    gap : float
        How far values are at most from adding up to what they should.
    bases : tuple of ndarray, optional
        What takes the place of the alignment's scores as importances: shapes ``(n, miRNA length)`` and
        ``(n, site length)``; not a number for bases of which nothing is known.
    notes : list of list of str
        Rows of a further table.
    """

    values: Floats
    cells: list[tuple[str, ...]]
    gap: float = 0.0
    bases: tuple[Floats, Floats] | None = None
    notes: Sequence[list[str]] = ()


class Source(Protocol):
    """Where attributions come from.

    Attributes
    ----------
    encoder : Encoder
        What every matrix covers of longer sequences.
    columns : tuple of str
        What it adds to the table.
    batch_size : int
    threads : bool
        Whether attributions of several batches may be computed at once.
    windows : bool
        Whether of a long site it covers the window that the table names, as dmiso-predict does, not the centre.
    """

    encoder: Encoder
    columns: tuple[str, ...]
    batch_size: int
    threads: bool
    windows: bool

    def attribute(
        self, names: Sequence[str], mirnas: Sequence[str], sites: Sequence[str]
    ) -> Callable[[], Attributed]:
        """Return what gives the attributions of the next pairs, whose sequences may be longer than the matrix.

        Batches are asked for in order; what is returned may be called in any order, by any thread.
        """

    def skip(self, number: int) -> None:
        """Leave out the attributions of the next pairs."""

    def finish(self) -> None:
        """Raise InputError where attributions are left over."""

    def close(self) -> None:
        """Close what is open."""


class FileSource:
    """The matrices of a file, one a row, in order."""

    columns: tuple[str, ...] = ()
    threads = True
    windows = False

    def __init__(self, matrices: Matrices, rule: PairingRule) -> None:
        self._matrices = matrices
        self.encoder = Encoder(matrices.mirna_length, matrices.site_length, rule.alphabet, mirna_centre=False)
        self.batch_size = matrices.batch_size
        self._taken = 0

    def attribute(
        self, names: Sequence[str], mirnas: Sequence[str], sites: Sequence[str]
    ) -> Callable[[], Attributed]:
        """Return what gives the next matrices; raises InputError where there are no more."""
        found = Attributed(self._matrices.take(len(mirnas)), [()] * len(mirnas))
        self._taken += len(found.values)
        if len(found.values) < len(mirnas):
            problem = f"holds {self._taken:,} matrices for a table of more rows; give one for each"
            raise InputError(problem, source=self._matrices.path)
        return lambda: found

    def skip(self, number: int) -> None:
        """Leave out the next matrices."""
        while number > 0 and (skipped := len(self._matrices.take(min(number, self.batch_size)))):
            self._taken += skipped
            number -= skipped

    def finish(self) -> None:
        """Raise InputError where matrices are left over."""
        if self._taken < self._matrices.count:
            problem = (
                f"holds {self._matrices.count:,} matrices for a table of {self._taken:,} rows; give one for each"
            )
            raise InputError(problem, source=self._matrices.path)

    def close(self) -> None:
        """Close the file."""
        self._matrices.close()


@dataclass(frozen=True)
class Named:
    """An alignment with what a drawing needs besides.

    Attributes
    ----------
    number : int
        1-based row of the table.
    names : tuple of str
        Of the pair, the miRNA and the target, as far as the table has such columns; "" where it is missing.
    offset : int
        0-based place of the alignment's site on the site of the table, which may be longer.
    score : str
        The model's, or "".
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
    """Rows of the result, and what is behind them; ``importance`` is that of the miRNAs' bases as in the rows."""

    rows: list[list[str]]
    alignments: Alignments
    values: Floats
    offsets: list[int]
    first: int
    gap: float
    importance: Floats
    notes: Sequence[list[str]]


class _Rows(NamedTuple):
    """Rows of a table, with what is asked of them; a site begins ``starts`` bases into that of the table."""

    rows: list[list[str]]
    names: list[str]
    mirnas: list[str]
    sites: list[str]
    starts: list[int]


class _Task(NamedTuple):
    """Rows, their sequences as the model sees them, where these begin, and what gives their attributions."""

    rows: list[list[str]]
    mirnas: list[str]
    sites: list[str]
    offsets: list[int]
    attributed: Callable[[], Attributed]
    first: int


class AlignedPairs:
    """Align the rows of a table.

    Parameters
    ----------
    reader : TableReader
        With columns mirna_seq and site_seq (or other spellings of them).
    source : Source
        Row i of the table gets its ith matrix.
    aligner : Aligner
    scale : {"none", "largest"}
        ``largest`` divides the scores of the table by each matrix's largest, as published figures do.

    Attributes
    ----------
    columns : list of str
        The header of the result.
    names : list of str
        Columns that the names of a :class:`Named` are from.
    counts : collections.Counter
        pairs, aligned_pairs, how many sequences were cropped, and of how many sites the best window was taken.
    gap : float
        How far attributions were at most from adding up to what they should.
    """

    def __init__(self, reader: TableReader, source: Source, aligner: Aligner, scale: str = "none") -> None:
        self._reader, self._source, self._aligner = reader, source, aligner
        self._scaled = scale == "largest"
        self.columns, self._places = extended(reader.columns, (*source.columns, *COLUMNS))
        named = {name: at for name in _NAMES if (at := reader.find(name)) is not None}
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
            Only rows from the one to before the other, counted from 0.
        """
        for batch in in_order(self._aligned, self._tasks(chosen), threads if self._source.threads else 1):
            self.gap = max(self.gap, batch.gap)
            self.counts["pairs"] += len(batch.rows)
            self.counts["aligned_pairs"] += int((batch.alignments.columns > 0).sum())
            # row by row: the same sum for any size of batch
            for row in batch.importance:
                self._importance += row
            yield batch
        if chosen is None:
            self._source.finish()

    def named(self, batch: Batch, number: int) -> Named:
        """Return one alignment of a batch with all that a drawing needs."""
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
    """Return the part of a long site that a table's cells name; the whole site where they name none that fits."""
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
    """Give bases of which nothing is known what the base opposite to them has, and 0 without such a base."""
    pair, base = np.nonzero(partners >= 0)
    facing = partners[pair, base]
    new_mirna, new_site = mirna.astype(np.float64), site.astype(np.float64)
    for new, at, old, opposite in ((new_mirna, base, site, facing), (new_site, facing, mirna, base)):
        here = new[pair, at]
        new[pair, at] = np.where(np.isnan(here), old[pair, opposite], here)
    return np.nan_to_num(new_mirna), np.nan_to_num(new_site)


def number_cell(value: float) -> str:
    """Return a number as it stands in a table: six significant digits; what only rounding left over is 0."""
    return f"{value:.6g}" if abs(value) > _ROUNDING else "0"


def alignment_cells(
    alignment: Alignment, offset: int, divisor: float = 1.0, bases: tuple[Floats, Floats] | None = None
) -> Iterator[str]:
    """Yield the cells of an alignment, in the order of :data:`COLUMNS`.

    Parameters
    ----------
    alignment : Alignment
    offset : int
        0-based place of its site on the site of the table.
    divisor : float
        Of all scores and costs.
    bases : tuple of ndarray, optional
        Importances of miRNA and site to be written instead of the alignment's scores.
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
