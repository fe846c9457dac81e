"""Predictors side by side: scores that all point the same way, and their yes or no, if they have one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import UsageError, shorten
from mirtools.evaluation.matching import Matched
from mirtools.evaluation.programs.output import LOWER
from mirtools.evaluation.score_columns import ScoreColumn


@dataclass(frozen=True)
class Predictor:
    """A predictor's answers for all pairs.

    Attributes
    ----------
    name : str
    ranked_by : str
        What its score is.
    better : {"higher", "lower"}
        Which way that was before it was oriented.
    scores : ndarray of float64
        Larger = better; -inf for pairs that it said nothing about.
    called : ndarray of bool, optional
        Its yes.
    """

    name: str
    ranked_by: str
    better: str
    scores: NDArray[np.float64]
    called: NDArray[np.bool_] | None = None


def from_column(name: str, column: ScoreColumn, threshold: float | None = None) -> Predictor:
    """Return a predictor from a table's column.

    Yes is what is above ``threshold``; without one what the column ``prediction`` says, and without that what is
    above 0.5, if the scores run from 0 to 1. ``threshold`` is for scores whose higher values are better.
    """
    called = column.called
    if column.better != LOWER:
        known = column.scores[np.isfinite(column.scores)]
        if threshold is None and called is None and len(known) and known.min() >= 0 and known.max() <= 1:
            threshold = 0.5
        called = called if threshold is None else column.scores > threshold
    return Predictor(name, column.name, column.better, column.scores, called)


def table_name(given: str, path: str, column: str, columns: int, tables: bool) -> str:
    """Return what a predictor from a table is called.

    Parameters
    ----------
    given : str
        The name before the file on the command line, or "".
    path, column : str
    columns : int
        How many score columns the table has.
    tables : bool
        Whether there are several tables.

    >>> table_name("", "run/mine.tsv.gz", "score", 1, True), table_name("", "run/mine.tsv", "score", 1, False)
    ('mine', 'score')
    """
    if not given and not tables:
        return column
    stem = given or ("stdin" if path == "-" else os.path.basename(path).split(".")[0])
    return stem if columns == 1 else f"{stem}:{column}"


def from_match(name: str, ranked_by: str, better: str, matched: Matched, by_call: bool) -> Predictor:
    """Return a foreign program as a predictor.

    Parameters
    ----------
    name, ranked_by, better : str
    matched : Matched
    by_call : bool
        Rank by yes and no alone, as the paper's tables do.
    """
    if by_call:
        return Predictor(name, "prediction", "higher", matched.called.astype(np.float64), matched.called)
    return Predictor(name, ranked_by, better, matched.scores, matched.called)


def with_thresholds(predictors: Sequence[Predictor], thresholds: Mapping[str, float]) -> list[Predictor]:
    """Return predictors that say yes beyond a threshold, given by their names in the units of their own scores.

    Raises
    ------
    UsageError
        For a threshold of an unknown predictor.
    """
    names = [predictor.name for predictor in predictors]
    for name in thresholds:
        if name not in names:
            listed = ", ".join(shorten(each, 30) for each in names)
            raise UsageError(f"argument --threshold: no predictor '{shorten(name, 30)}'; there are {listed}")
    result = []
    for predictor in predictors:
        threshold = thresholds.get(predictor.name)
        if threshold is not None:
            oriented = -threshold if predictor.better == LOWER else threshold
            predictor = replace(predictor, called=predictor.scores > oriented)
        result.append(predictor)
    return result


def require_good_names(predictors: Sequence[Predictor]) -> None:
    """Raise UsageError where two predictors have the same name, or a name would break a table."""
    names = [predictor.name for predictor in predictors]
    remedy = "put a name before a file, as in mine=predictions.tsv"
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two predictors are named '{shorten(name, 40)}'; {remedy}")
        if not name.isprintable():
            raise UsageError(f"'{shorten(name, 40)}' cannot stand in a table; {remedy}")
