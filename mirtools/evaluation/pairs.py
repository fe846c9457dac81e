"""The pairs that predictions are judged by, and scores for them from further tables."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, UsageError, shorten
from mirtools.evaluation.hits import HIGHER, LOWER
from mirtools.interactions import MISSING, TableReader

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A column of scores: its name, and which way is better (``higher`` or ``lower``)."""

    name: str
    better: str = HIGHER


@dataclass
class JudgedPairs:
    """Pairs with labels, as parallel lists; ``.`` where the table has no such column.

    Attributes
    ----------
    labels : ndarray of uint8
    mirnas, sites : list of str
        DNA letters 5'->3'.
    mirna_ids, target_ids, pair_ids, classes, types : list of str
        ``mirna_class`` and ``isomir_types`` among them.
    starts, ends : list of int
        The site on its transcript, 0-based and half-open; -1 where unknown.
    others : dict
        Further columns that were asked for, by name.
    left_out : int
        Rows of the table that were not asked for.
    """

    labels: NDArray[np.uint8]
    mirnas: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    mirna_ids: list[str] = field(default_factory=list)
    target_ids: list[str] = field(default_factory=list)
    pair_ids: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    def mirna_names(self) -> list[str]:
        """Return what tells miRNAs apart: identifiers, or sequences where there are none."""
        return [
            name if name != MISSING else bases for name, bases in zip(self.mirna_ids, self.mirnas, strict=True)
        ]


@dataclass(frozen=True)
class ScoreColumn:
    """Scores of one predictor as a table gives them.

    Attributes
    ----------
    name, better : str
    scores : ndarray of float64
        Oriented (larger = better), -inf for pairs without a score.
    called : ndarray of bool, optional
        From a column ``prediction`` beside ``score``.
    """

    name: str
    better: str
    scores: Scores
    called: NDArray[np.bool_] | None


def read_pairs(
    path: str,
    columns: Sequence[Column],
    extra: Sequence[str] = (),
    positives_only: bool = False,
    only: Mapping[str, Collection[str]] | None = None,
) -> tuple[JudgedPairs, list[ScoreColumn]]:
    """Read the pairs of the first table, with those of the score columns that it has.

    Parameters
    ----------
    path : str
    columns : sequence of Column
    extra : sequence of str
        Columns to keep for splitting; they must be there.
    positives_only : bool
        Every pair is a positive; a column ``label`` is not needed.
    only : mapping of str to collection of str, optional
        Columns and the values that rows must have in them; other rows are left out.

    Raises
    ------
    InputError
        For a missing column, a label other than 0 and 1, and a score that is no number (``.`` is none).
    """
    reader = TableReader(path)
    label_at = reader.find("label")
    if label_at is None and not positives_only:
        problem = "has no column label (1 or 0); add it, or say --positives-only"
        raise InputError(problem, source=path, line=1)
    found = [(column, at) for column in columns if (at := reader.find(column.name)) is not None]
    prediction_at = reader.find("prediction")
    extra_at = [(name, reader.index(name)) for name in dict.fromkeys(extra)]
    wanted = [(reader.index(name), frozenset(values)) for name, values in (only or {}).items()]
    pairs = JudgedPairs(np.zeros(0, np.uint8), others={name: [] for name in extra})
    texts = [
        (reader.find(name), cells)
        for name, cells in (
            ("mirna_id", pairs.mirna_ids),
            ("target_id", pairs.target_ids),
            ("pair_id", pairs.pair_ids),
            ("mirna_class", pairs.classes),
            ("isomir_types", pairs.types),
        )
    ]
    sequences = [(reader.find("mirna_seq"), pairs.mirnas), (reader.find("site_seq"), pairs.sites)]
    places = [(reader.find("site_start"), pairs.starts), (reader.find("site_end"), pairs.ends)]
    labels: list[int] = []
    called: list[bool] = []
    scores: list[list[float]] = [[] for _ in found]
    for row in reader:
        if any(row[at] not in values for at, values in wanted):
            pairs.left_out += 1
            continue
        labels.append(1 if label_at is None else _label(reader, row[label_at], positives_only))
        for at, cells in texts:
            cells.append(MISSING if at is None else row[at] or MISSING)
        for at, cells in sequences:
            cells.append(MISSING if at is None else reader.dna(row, at))
        for at, numbers in places:
            numbers.append(-1 if at is None or row[at] in ("", MISSING) else reader.whole_number(row, at))
        for name, at in extra_at:
            pairs.others[name].append(row[at])
        for values, (column, at) in zip(scores, found, strict=True):
            values.append(_score(reader, row[at], column))
        if prediction_at is not None:
            called.append(row[prediction_at] == "1")
    pairs.labels = np.array(labels, np.uint8)
    read = [
        ScoreColumn(
            column.name,
            column.better,
            np.array(values, np.float64),
            np.array(called, bool) if column.name == "score" and prediction_at is not None else None,
        )
        for values, (column, _) in zip(scores, found, strict=True)
    ]
    return pairs, read


def read_further(path: str, columns: Sequence[Column], pairs: JudgedPairs) -> tuple[list[ScoreColumn], int]:
    """Read scores for the same pairs from another table, and how many pairs it has none for.

    Pairs are the same where ``pair_id`` is, or, without it, ``mirna_seq`` and ``site_seq``. The order does not
    matter; of pairs that occur more than once, the first of one table is the first of the other.

    Raises
    ------
    InputError
        For a table with none of the columns, or none of the pairs.
    """
    reader = TableReader(path)
    found = [(column, at) for column in columns if (at := reader.find(column.name)) is not None]
    if not found:
        names = " or ".join(column.name for column in columns)
        raise InputError(f"has no column {names}; name one with --score or --energy", source=path, line=1)
    by_name = reader.find("pair_id") is not None and set(pairs.pair_ids) != {MISSING}
    key_at = [reader.index(name) for name in (("pair_id",) if by_name else ("mirna_seq", "site_seq"))]
    prediction_at = reader.find("prediction")
    rows: dict[tuple[str, ...], list[tuple[list[float], bool]]] = {}
    for row in reader:
        key = tuple(row[at] if by_name else reader.dna(row, at) for at in key_at)
        values = [_score(reader, row[at], column) for column, at in found]
        rows.setdefault(key, []).append((values, prediction_at is not None and row[prediction_at] == "1"))
    nothing = ([-math.inf] * len(found), False)
    matched, missing = [], 0
    taken: dict[tuple[str, ...], int] = {}
    for key in _keys(pairs, by_name):
        candidates = rows.get(key)
        if candidates is None:
            missing += 1
            matched.append(nothing)
            continue
        turn = taken.get(key, 0)
        taken[key] = turn + 1
        matched.append(candidates[min(turn, len(candidates) - 1)])
    if len(pairs) and missing == len(pairs):
        problem = "holds none of the pairs of the first table; give predictions for the same pairs"
        raise InputError(problem, source=path)
    scores = np.array([values for values, _ in matched], np.float64).reshape(len(pairs), len(found))
    called = np.array([call for _, call in matched], bool)
    return [
        ScoreColumn(
            column.name,
            column.better,
            scores[:, number],
            called if column.name == "score" and prediction_at is not None else None,
        )
        for number, (column, _) in enumerate(found)
    ], missing


def require_sequences(pairs: JudgedPairs, what: str) -> None:
    """Raise UsageError where pairs lack the sequences that something needs."""
    if MISSING in pairs.mirnas or MISSING in pairs.sites:
        raise UsageError(f"{what} needs mirna_seq and site_seq of every pair; add these columns to the table")


def _keys(pairs: JudgedPairs, by_name: bool) -> Iterator[tuple[str, ...]]:
    if by_name:
        yield from ((name,) for name in pairs.pair_ids)
    else:
        yield from zip(pairs.mirnas, pairs.sites, strict=True)


def _label(reader: TableReader, cell: str, positives_only: bool) -> int:
    if cell not in ("0", "1"):
        raise reader.error(f"label is '{shorten(cell, 20)}'; give 1 (interacts) or 0 (does not)")
    if positives_only and cell == "0":
        raise reader.error("label is 0, but --positives-only was given; leave the option or the row out")
    return int(cell)


def _score(reader: TableReader, cell: str, column: Column) -> float:
    if cell in ("", MISSING):
        return -math.inf
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise reader.error(f"{column.name} is '{shorten(cell, 20)}'; give a number, or . for none")
    return -value if column.better == LOWER else value
