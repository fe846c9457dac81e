"""The pairs that predictions are judged by, with their scores: from one table, and from further ones."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, UsageError, shorten
from mirtools.evaluation.programs.output import HIGHER, LOWER
from mirtools.io.tables import MISSING, TableReader
from mirtools.pairs.table import (
    LabelledPairs,
    NumberColumn,
    Pair,
    PairCollector,
    PairReader,
    read_label,
    strict_coordinate,
)

Scores = NDArray[np.float64]

# further columns of the pairs that are judged
PAIR_ID, CLASS, TYPES = "pair_id", "mirna_class", "isomir_types"
# names of the gene of a target, if a table has them
GENES = ("gene_id", "gene_name")
_PREDICTION = "prediction"


@dataclass(frozen=True)
class Column:
    """A column of scores: its name, and which way is better (``higher`` or ``lower``)."""

    name: str
    better: str = HIGHER

    def oriented(self, values: Scores) -> Scores:
        """Return its numbers with larger = better, -inf for NaN."""
        return np.where(np.isnan(values), -np.inf, -values if self.better == LOWER else values)


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


class JudgedTable(NamedTuple):
    """The pairs of a table, the score columns that it has, and how many rows were left out."""

    pairs: LabelledPairs
    scores: list[ScoreColumn]
    left_out: int


def read_judged(
    path: str,
    columns: Sequence[Column] = (),
    extra: Sequence[str] = (),
    positives_only: bool = False,
    only: Mapping[str, Collection[str]] | None = None,
) -> JudgedTable:
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

    Returns
    -------
    JudgedTable
        The pairs have the texts :data:`PAIR_ID`, :data:`CLASS`, :data:`TYPES` and those of ``extra``.

    Raises
    ------
    InputError
        For a missing column, a label other than 0 and 1, and a score that is not a number (``.`` is none).
    """
    table = TableReader(path)
    if table.find("label") is None and not positives_only:
        problem = "has no column label (1 or 0); add it, or say --positives-only"
        raise InputError(problem, source=path, line=1)
    found = [(column, at) for column in columns if (at := table.find(column.name)) is not None]
    known = (PAIR_ID, CLASS, TYPES, _PREDICTION, *GENES)
    texts = {name: at for name in known if (at := table.find(name)) is not None}
    texts |= {name: table.index(name) for name in extra}
    wanted = [(table.index(name), frozenset(values)) for name, values in (only or {}).items()]
    reader = PairReader(table, label=_positive if positives_only else read_label, needed=())
    span = table.find("site_start"), table.find("site_end")
    numbers = {column.name: NumberColumn(at, read_score) for column, at in found}
    collector = PairCollector(span, texts, numbers, strict_coordinate, table.error)
    left_out = 0
    for row in table:
        if any(row[at] not in values for at, values in wanted):
            left_out += 1
            continue
        pair = reader.pair(row)
        collector.add(row, pair if pair.label is not None else pair._replace(label=1))
    pairs = collector.pairs()
    answers = [cell == "1" for cell in pairs.texts[_PREDICTION]] if _PREDICTION in pairs.texts else None
    values = [pairs.numbers[column.name] for column, _ in found]
    return JudgedTable(pairs, _score_columns([column for column, _ in found], values, answers), left_out)


def read_further(path: str, columns: Sequence[Column], pairs: LabelledPairs) -> tuple[list[ScoreColumn], int]:
    """Read scores for the same pairs from another table, and how many pairs it has none for.

    Pairs are the same if their ``pair_id`` is, or, without it, ``mirna_seq`` and ``site_seq``. The order does not
    matter; of pairs that occur more than once, the first of one table is the first of the other.

    Raises
    ------
    InputError
        For a table with none of the columns, or none of the pairs.
    """
    table = TableReader(path)
    found = [column for column in columns if table.find(column.name) is not None]
    if not found:
        names = " or ".join(column.name for column in columns)
        raise InputError(f"has no column {names}; name one with --score or --energy", source=path, line=1)
    by_name = table.find(PAIR_ID) is not None and set(pairs.text(PAIR_ID)) != {MISSING}
    texts = {name: at for name in (PAIR_ID, _PREDICTION) if (at := table.find(name)) is not None}
    numbers = {column.name: NumberColumn(table.index(column.name), read_score) for column in found}
    collector = PairCollector((None, None), texts, numbers, error=table.error)
    if by_name:
        for row in table:
            collector.add(row, Pair(MISSING, MISSING, label=0))
    else:
        for row, pair in PairReader(table, label=None):
            collector.add(row, pair._replace(label=0))
    others = collector.pairs()
    places, missing = _matched(list(_keys(pairs, by_name)), list(_keys(others, by_name)))
    if len(pairs) and missing == len(pairs):
        problem = "holds none of the pairs of the first table; give predictions for the same pairs"
        raise InputError(problem, source=path)
    values = [np.append(others.numbers[column.name], np.nan)[places] for column in found]
    answers = None
    if _PREDICTION in others.texts:
        cells = [*others.texts[_PREDICTION], MISSING]
        answers = [cells[place] == "1" for place in places]
    return _score_columns(found, values, answers), missing


def require_sequences(pairs: LabelledPairs, what: str) -> None:
    """Raise UsageError if pairs lack the sequences that something needs."""
    if MISSING in pairs.mirnas or MISSING in pairs.sites:
        raise UsageError(f"{what} needs mirna_seq and site_seq of every pair; add these columns to the table")


def read_score(cell: str) -> float:
    """Return the score in a cell, NaN for a missing one; raises ValueError for anything but a number."""
    if cell in ("", MISSING):
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ValueError(f"is '{shorten(cell, 20)}'; give a number, or . for none")
    return value


def _score_columns(
    columns: Sequence[Column], values: Sequence[Scores], answers: list[bool] | None
) -> list[ScoreColumn]:
    called = None if answers is None else np.array(answers, bool)
    return [
        ScoreColumn(column.name, column.better, column.oriented(each), called if column.name == "score" else None)
        for column, each in zip(columns, values, strict=True)
    ]


def _matched(asked: Sequence[tuple[str, ...]], known: Sequence[tuple[str, ...]]) -> tuple[list[int], int]:
    """Return for each key the place of its next one among the known, or its last; -1, and how many, for none."""
    places_of: dict[tuple[str, ...], list[int]] = {}
    for place, key in enumerate(known):
        places_of.setdefault(key, []).append(place)
    turns: dict[tuple[str, ...], int] = {}
    places = []
    for key in asked:
        candidates = places_of.get(key, [-1])
        turn = turns.get(key, 0)
        turns[key] = turn + 1
        places.append(candidates[min(turn, len(candidates) - 1)])
    return places, places.count(-1)


def _keys(pairs: LabelledPairs, by_name: bool) -> Iterator[tuple[str, ...]]:
    if by_name:
        yield from ((name,) for name in pairs.text(PAIR_ID))
    else:
        yield from zip(pairs.mirnas, pairs.sites, strict=True)


def _positive(cell: str) -> int:
    if read_label(cell) == 0:
        raise ValueError("label is 0, but --positives-only was given; leave the option or the row out")
    return 1
