"""The table of pairs: read in one place, in a stream or as a whole.

:class:`PairReader` takes a pair out of every row, :class:`PairCollector` keeps what a caller asks for as columns.
Columns are lists and NumPy arrays: a data frame would add a copy and an import, and nothing here joins or groups.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.io.sequences import to_dna
from mirtools.io.tables import MISSING, TableReader

DNA = "ATCG"

Codes = NDArray[np.uint8]
Labels = NDArray[np.uint8]
Spans = NDArray[np.int64]
Values = NDArray[np.float64]
Item = TypeVar("Item")


class Encodes(Protocol):
    """Turns sequences into a model's codes."""

    def mirnas(self, sequences: Sequence[str]) -> Codes:
        """Return the codes of miRNAs, shape ``(n, length)``."""

    def sites(self, sequences: Sequence[str]) -> Codes:
        """Return the codes of sites, shape ``(n, length)``."""


class Pair(NamedTuple):
    """A miRNA and a site.

    Attributes
    ----------
    mirna, site : str
        5'->3', in DNA letters or as a model reads them; ``.`` if the table has no sequences.
    mirna_id, target_id : str
        Names as in the table, ``.`` if it has none.
    label : int or None
        1 positive, 0 negative; ``None`` if the table has no labels.
    """

    mirna: str
    site: str
    mirna_id: str = MISSING
    target_id: str = MISSING
    label: int | None = None

    @property
    def mirna_name(self) -> str:
        """What identifies the miRNA."""
        return name_or_sequence(self.mirna_id, self.mirna)

    @property
    def target_name(self) -> str:
        """What identifies the target."""
        return name_or_sequence(self.target_id, self.site)


def name_or_sequence(name: str, sequence: str) -> str:
    """Return what identifies a miRNA or a target: its name, or its sequence if it has no name."""
    return sequence if name in ("", MISSING) else name


def read_label(cell: str) -> int:
    """Return the label in a cell; raises ValueError for anything but 1 and 0."""
    if cell not in ("0", "1"):
        raise ValueError(f"label is '{shorten(cell, 20)}'; give 1 (interacts) or 0 (does not)")
    return int(cell)


class PairReader:
    """Pairs of a table, row by row; iterating yields every row with its pair.

    Parameters
    ----------
    table : TableReader
    read : callable
        Returns a sequence as the caller keeps it, or raises ValueError.
    label : callable, optional
        Returns the label in a cell, or raises ValueError; ``None`` ignores labels.
    needed : sequence of str
        Of ``mirna_seq``, ``site_seq`` and ``label``: columns that the table must have.

    Raises
    ------
    InputError
        For a missing column, a label or a sequence that is none, and all that TableReader refuses.
    """

    def __init__(
        self,
        table: TableReader,
        read: Callable[[str], str] = to_dna,
        label: Callable[[str], int] | None = read_label,
        needed: Sequence[str] = ("mirna_seq", "site_seq"),
    ) -> None:
        self.table = table
        self._read, self._label_of = read, label

        def place(name: str) -> int | None:
            return table.index(name) if name in needed else table.find(name)

        self._mirna, self._site, self._label = map(place, ("mirna_seq", "site_seq", "label"))
        self._mirna_id, self._target_id = map(place, ("mirna_id", "target_id"))

    def __iter__(self) -> Iterator[tuple[list[str], Pair]]:
        for row in self.table:
            yield row, self.pair(row)

    def pairs(self) -> Iterator[Pair]:
        """Yield the pairs alone."""
        for row in self.table:
            yield self.pair(row)

    def pair(self, row: list[str]) -> Pair:
        """Return the pair in the row last read."""
        label = None
        if self._label is not None and self._label_of is not None:
            try:
                label = self._label_of(row[self._label])
            except ValueError as error:
                raise self.table.error(str(error)) from error
        return Pair(
            self._sequence(row, self._mirna),
            self._sequence(row, self._site),
            MISSING if self._mirna_id is None else row[self._mirna_id] or MISSING,
            MISSING if self._target_id is None else row[self._target_id] or MISSING,
            label,
        )

    def _sequence(self, row: list[str], column: int | None) -> str:
        return MISSING if column is None else self.table.sequence(row, column, self._read)


@dataclass(frozen=True)
class LabelledPairs:
    """Pairs with labels; all lists and arrays have the same length.

    Attributes
    ----------
    mirnas, sites : list of str
        5'->3', in DNA letters or as a model reads them; ``.`` if the table has no sequences.
    labels : ndarray of uint8
        1 positive, 0 negative.
    mirna_ids, target_ids : list of str
        Names as in the table, ``.`` if it has none.
    spans : ndarray of int64, shape (n, 2), optional
        Start and end of the site on its target, 0-based, half-open; -1 if unknown.
    coverages : ndarray of float64, shape (n, 2), optional
        Reads of the miRNA and of the target, 0 or more.
    alphabet : str
        The letters that are known; all others may stand for any.
    texts : dict of str to list of str
        Further columns.
    numbers : dict of str to ndarray of float64
        Further columns of numbers; NaN if missing.
    """

    mirnas: list[str]
    sites: list[str]
    labels: Labels
    mirna_ids: list[str]
    target_ids: list[str]
    spans: Spans | None = None
    coverages: Values | None = None
    alphabet: str = DNA
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    numbers: Mapping[str, Values] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def mirna_names(self) -> list[str]:
        """Return what identifies the miRNAs: names, or sequences of those without."""
        return list(map(name_or_sequence, self.mirna_ids, self.mirnas))

    def text(self, name: str) -> list[str]:
        """Return a further column, ``.`` in all rows if it was not read."""
        return self.texts.get(name) or [MISSING] * len(self)

    def number(self, name: str) -> Values:
        """Return a further column of numbers, NaN in all rows if it was not read."""
        found = self.numbers.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def encoded(self, encoder: Encodes) -> tuple[Codes, Codes]:
        """Return codes of miRNAs and of sites, ``(n, length)`` each, uint8, as a model takes them."""
        return encoder.mirnas(self.mirnas), encoder.sites(self.sites)

    def subset(self, chosen: NDArray[np.intp]) -> LabelledPairs:
        """Return the pairs at these positions, in this order."""

        def some(cells: list[str]) -> list[str]:
            return [cells[place] for place in chosen]

        return LabelledPairs(
            some(self.mirnas),
            some(self.sites),
            self.labels[chosen],
            some(self.mirna_ids),
            some(self.target_ids),
            None if self.spans is None else self.spans[chosen],
            None if self.coverages is None else self.coverages[chosen],
            self.alphabet,
            {name: some(cells) for name, cells in self.texts.items()},
            {name: values[chosen] for name, values in self.numbers.items()},
        )

    def joined(self, others: LabelledPairs) -> LabelledPairs:
        """Return these pairs followed by others, without places and coverages."""
        return LabelledPairs(
            self.mirnas + others.mirnas,
            self.sites + others.sites,
            np.concatenate([self.labels, others.labels]),
            self.mirna_ids + others.mirna_ids,
            self.target_ids + others.target_ids,
            alphabet=self.alphabet,
            texts={name: self.text(name) + others.text(name) for name in {**self.texts, **others.texts}},
            numbers={
                name: np.concatenate([self.number(name), others.number(name)])
                for name in {**self.numbers, **others.numbers}
            },
        )

    def checksum(self) -> str:
        """Return the SHA-256 of sequences, labels and coverages in their order; names do not count."""
        digest = hashlib.sha256()
        for mirna, site, label in zip(self.mirnas, self.sites, self.labels.tolist(), strict=True):
            digest.update(f"{mirna}\t{site}\t{label}\n".encode())
        if self.coverages is not None:
            digest.update(np.ascontiguousarray(self.coverages, "<f8").tobytes())
        return digest.hexdigest()


def coordinate(cell: str) -> int:
    """Return a coordinate, -1 for anything but a whole number."""
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= 18 else -1


def strict_coordinate(cell: str) -> int:
    """Return a coordinate, -1 for a missing one; raises ValueError for anything but a whole number."""
    found = coordinate(cell)
    if found < 0 and cell not in ("", MISSING):
        raise ValueError(f"is '{shorten(cell, 30)}'; give a whole number, 0 or more")
    return found


class NumberColumn(NamedTuple):
    """The position of a column of numbers, and how its cells are read: a function that may raise ValueError."""

    place: int
    read: Callable[[str], float]


class PairCollector:
    """Keeps pairs, and further columns of their rows, in memory.

    Parameters
    ----------
    span : tuple of int or None
        Positions of the columns ``site_start`` and ``site_end``.
    texts : mapping of str to int
        Position of each column to keep, by the name to keep it under.
    numbers : mapping of str to NumberColumn
    coordinate_of : callable
        How coordinates are read: :func:`coordinate` or :func:`strict_coordinate`.
    error : callable
        Makes the error of a cell from its message, such as :meth:`mirtools.io.tables.TableReader.error`.
    """

    def __init__(
        self,
        span: tuple[int | None, int | None] = (None, None),
        texts: Mapping[str, int] | None = None,
        numbers: Mapping[str, NumberColumn] | None = None,
        coordinate_of: Callable[[str], int] = coordinate,
        error: Callable[[str], Exception] = ValueError,
    ) -> None:
        self._cells: list[list[Any]] = [[] for _ in Pair._fields]
        start, end = span
        self._span = None if start is None or end is None else (start, end)
        self._spans: list[tuple[int, int]] = []
        self._texts: list[tuple[str, int, list[str]]] = [(name, at, []) for name, at in (texts or {}).items()]
        self._numbers: list[tuple[str, NumberColumn, list[float]]] = [
            (name, column, []) for name, column in (numbers or {}).items()
        ]
        self._coordinate, self._error = coordinate_of, error

    def __len__(self) -> int:
        return len(self._cells[0])

    def add(self, row: Sequence[str], pair: Pair) -> None:
        """Keep a pair with a label, and of its row what was asked for."""
        for cells, value in zip(self._cells, pair, strict=True):
            cells.append(value)
        if self._span is not None:
            names = ("site_start", "site_end")
            start, end = (
                int(self._read(name, row[at], self._coordinate))
                for name, at in zip(names, self._span, strict=True)
            )
            self._spans.append((start, end) if 0 <= start < end else (-1, -1))
        for _, at, texts in self._texts:
            texts.append(row[at] or MISSING)
        for name, column, values in self._numbers:
            values.append(self._read(name, row[column.place], column.read))

    def _read(self, name: str, cell: str, read: Callable[[str], float]) -> float:
        try:
            return read(cell)
        except ValueError as error:
            raise self._error(f"{name} {error}") from error

    def pairs(self, alphabet: str = DNA) -> LabelledPairs:
        """Return what was kept."""
        mirnas, sites, mirna_ids, target_ids, labels = self._cells
        return LabelledPairs(
            mirnas,
            sites,
            np.array(labels, np.uint8),
            mirna_ids,
            target_ids,
            None if self._span is None else np.array(self._spans, np.int64).reshape(-1, 2),
            alphabet=alphabet,
            texts={name: cells for name, _, cells in self._texts},
            numbers={name: np.array(values, np.float64) for name, _, values in self._numbers},
        )


def require_both_labels(labels: Labels, part: str) -> None:
    """Raise InputError if a part of the data has pairs of one label only, or none."""
    for label, word in ((1, "positive"), (0, "negative")):
        if not (labels == label).any():
            problem = f"the {part} has no {word} pairs (label {label})"
            raise InputError(f"{problem}; add some, or change the split (--group, --hold-out, --seed)")


def sample(items: Iterable[Item], size: int, seed: int) -> list[Item]:
    """Return ``size`` items, or all if there are fewer, in their order; any choice is equally probable.

    One pass, in memory for ``size`` items (reservoir sampling).
    """
    choose = random.Random(seed)
    kept: list[tuple[int, Any]] = []
    for number, item in enumerate(items):
        if number < size:
            kept.append((number, item))
        elif (place := choose.randrange(number + 1)) < size:
            kept[place] = number, item
    return [item for _, item in sorted(kept, key=lambda entry: entry[0])]
