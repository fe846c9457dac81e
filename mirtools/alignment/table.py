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
from mirtools.models.parallel import in_order

COLUMNS = (
    "alignment_score alignment_start alignment_end aligned_target aligned_marks aligned_mirna column_scores "
    "mirna_importance target_importance gap_open gap_extend"
).split()
SCALES = ("none", "largest")
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
    """

    values: Floats
    cells: list[tuple[str, ...]]
    gap: float = 0.0


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
    """

    encoder: Encoder
    columns: tuple[str, ...]
    batch_size: int
    threads: bool

    def attribute(self, mirnas: Sequence[str], sites: Sequence[str]) -> Callable[[], Attributed]:
        """Return what gives the attributions of the next pairs, of sequences that fit the matrix.

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

    def __init__(self, matrices: Matrices, rule: PairingRule) -> None:
        self._matrices = matrices
        self.encoder = Encoder(matrices.mirna_length, matrices.site_length, rule.alphabet, mirna_centre=False)
        self.batch_size = matrices.batch_size
        self._taken = 0

    def attribute(self, mirnas: Sequence[str], sites: Sequence[str]) -> Callable[[], Attributed]:
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
    """Rows of the result, and the alignments behind them."""

    rows: list[list[str]]
    alignments: Alignments
    values: Floats
    offsets: list[int]
    first: int
    gap: float


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
        pairs, aligned_pairs, and how many sequences were cropped.
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
        keys = ("pairs", "aligned_pairs", "mirnas_cropped", "sites_cropped")
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
            importance = batch.alignments.mirna_importance
            if self._scaled:
                importance = importance / self._divisors(batch.alignments)[:, None]
            # row by row: the same sum for any size of batch
            for row in importance:
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
        begin, last = chosen or (0, -1)
        source.skip(begin)
        first = begin
        rows: list[list[str]] = []
        mirnas: list[str] = []
        sites: list[str] = []
        offsets: list[int] = []
        for number, row in enumerate(reader):
            if number == last:
                break
            if number < begin:
                continue
            mirna = reader.sequence(row, mirna_column, encoder.read)
            site = reader.sequence(row, site_column, encoder.read)
            short, part = encoder.mirna(mirna), encoder.site(site)
            self.counts["mirnas_cropped"] += len(short) < len(mirna)
            self.counts["sites_cropped"] += len(part) < len(site)
            rows.append(row)
            mirnas.append(short)
            sites.append(part)
            offsets.append((len(site) - len(part)) // 2)
            if len(rows) == source.batch_size:
                yield _Task(rows, mirnas, sites, offsets, source.attribute(mirnas, sites), first)
                first += len(rows)
                rows, mirnas, sites, offsets = [], [], [], []
        if rows:
            yield _Task(rows, mirnas, sites, offsets, source.attribute(mirnas, sites), first)

    def _aligned(self, task: _Task) -> Batch:
        found = task.attributed()
        alignments = self._aligner.align(found.values, task.mirnas, task.sites)
        missing = len(self.columns) - len(self._reader.columns)
        divisors = self._divisors(alignments).tolist()
        cells = zip(found.cells, alignments, task.offsets, divisors, strict=True)
        for row, (model, alignment, offset, divisor) in zip(task.rows, cells, strict=True):
            row.extend([""] * missing)
            for place, cell in zip(
                self._places, (*model, *alignment_cells(alignment, offset, divisor)), strict=True
            ):
                row[place] = cell
        return Batch(task.rows, alignments, found.values, task.offsets, task.first, found.gap)

    def _divisors(self, alignments: Alignments) -> NDArray[np.float64]:
        if not self._scaled:
            return np.ones(len(alignments))
        largest = alignments.largest
        return np.where(largest > 0, largest, 1.0)


def number_cell(value: float) -> str:
    """Return a number as it stands in a table: six significant digits, no negative zero."""
    return f"{value:.6g}" if value else "0"


def alignment_cells(alignment: Alignment, offset: int, divisor: float = 1.0) -> Iterator[str]:
    """Yield the cells of an alignment, in the order of :data:`COLUMNS`.

    Parameters
    ----------
    alignment : Alignment
    offset : int
        0-based place of its site on the site of the table.
    divisor : float
        Of all scores and costs.
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
        bases = iter(site)
        scores = []
        for above, below in zip(alignment.aligned_site, alignment.aligned_mirna, strict=True):
            score = "0" if above == GAP else next(bases)
            scores.append("0" if below == GAP else score)
        yield ",".join(scores)
    yield ",".join(mirna)
    yield ",".join(site)
    yield number_cell(alignment.opening / divisor)
    yield number_cell(alignment.extension / divisor)
