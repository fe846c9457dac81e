"""All predictors of a run, from the user's tables and from the outputs of foreign programs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mirtools.errors import InputError, shorten
from mirtools.evaluation.matching import SITE, TRANSCRIPT, UTR3, PairIndex, match_by_names, match_by_order
from mirtools.evaluation.predictors import Predictor, from_column, from_match, table_name
from mirtools.evaluation.programs.output import Hit
from mirtools.evaluation.programs.registry import read_output
from mirtools.evaluation.programs.targetscan import Families
from mirtools.evaluation.score_columns import Column, read_further, read_judged
from mirtools.pairs.table import LabelledPairs

DEFAULT_COLUMN = Column("score")

Watch = Callable[[Iterable[Hit]], Iterator[Hit]]


class Table(NamedTuple):
    """A table of scores: the name that the user gave it, or "", and its file."""

    name: str
    path: str


@dataclass(frozen=True)
class Matching:
    """How predictions of foreign programs find their pairs.

    Attributes
    ----------
    by_order : bool
        The i-th prediction is for the i-th pair.
    on_sites : frozenset of str
        Programs that saw sites alone: their positions do not count.
    utr3_starts : dict, optional
        First base of the 3'UTR by transcript.
    species : str, optional
        The only one whose rows TargetScan's tables are read for.
    families : dict, optional
        Seeds of TargetScan's families.
    by_call : bool
        Rank by yes and no alone.
    """

    by_order: bool = False
    on_sites: frozenset[str] = frozenset()
    utr3_starts: dict[str, int] | None = None
    species: str | None = None
    families: Families | None = None
    by_call: bool = False


class PeerFile(NamedTuple):
    """A foreign program, its output, and what to rank it by (its first choice where ``None``)."""

    program: str
    path: str
    ranked_by: str | None = None


class PeerResult(NamedTuple):
    """A foreign program as a predictor; its predictions, those for the pairs, and pairs with one."""

    predictor: Predictor
    predictions: int
    used: int
    pairs_predicted: int


class OwnPredictors(NamedTuple):
    """The pairs, and what the user's tables predict for them.

    Attributes
    ----------
    pairs : LabelledPairs
    predictors : list of Predictor
    missing : dict
        By file, for how many pairs a further table has no scores.
    left_out : int
        Rows of the first table without the values asked for.
    """

    pairs: LabelledPairs
    predictors: list[Predictor]
    missing: dict[str, int]
    left_out: int


def own_predictors(
    tables: Sequence[Table],
    columns: Sequence[Column],
    by: Sequence[str] = (),
    positives_only: bool = False,
    threshold: float | None = None,
    only: Mapping[str, Collection[str]] | None = None,
) -> OwnPredictors:
    """Read the pairs and all scores that the user's tables have for them.

    Parameters
    ----------
    tables : sequence of Table
        The first one holds the pairs and their labels.
    columns : sequence of Column
        Score columns; by default :data:`DEFAULT_COLUMN`, which the first table then need not have.
    by : sequence of str
        Columns of the first table to keep.
    positives_only : bool
    threshold : float, optional
        For scores whose higher values are better.
    only : mapping of str to collection of str, optional
        Values that rows of the first table must have, by column.

    Raises
    ------
    InputError
        For a column that no table has, and all that the readers refuse.
    """
    wanted = list(columns) or [DEFAULT_COLUMN]
    several = len(tables) > 1
    pairs, found, left_out = read_judged(tables[0].path, wanted, by, positives_only, only)
    read = [(tables[0], found)]
    missing = {}
    for table in tables[1:]:
        further, lacking = read_further(table.path, wanted, pairs)
        read.append((table, further))
        if lacking:
            missing[table.path] = lacking
    names = {column.name for _, group in read for column in group}
    for column in columns:
        if column.name not in names:
            problem = f"has no column {shorten(column.name, 40)}; name one that is there"
            raise InputError(problem, source=tables[0].path, line=1)
    predictors = [
        from_column(table_name(*table, column.name, len(group), several), column, threshold)
        for table, group in read
        for column in group
    ]
    return OwnPredictors(pairs, predictors, missing, left_out)


def peer_predictors(
    files: Sequence[PeerFile], pairs: LabelledPairs, matching: Matching, watch: Watch
) -> Iterator[PeerResult]:
    """Yield every foreign program as a predictor.

    Parameters
    ----------
    files : sequence of PeerFile
    pairs : LabelledPairs
    matching : Matching
    watch : callable
        Passes predictions on and shows progress.

    Raises
    ------
    InputError
        For files that a program did not write.
    UsageError
        For TargetScan on transcripts without ``utr3_starts``.
    """
    index = None
    for file in files:
        output = read_output(file.program, file.path, file.ranked_by, matching.species, matching.families)
        if matching.by_order:
            matched = match_by_order(watch(output.hits), file.path, len(pairs))
        else:
            index = index or PairIndex(pairs, matching.utr3_starts)
            whole = UTR3 if output.in_utr3 else TRANSCRIPT
            positions_in = SITE if file.program in matching.on_sites else whole
            matched = match_by_names(index, watch(output.hits), positions_in, len(pairs))
        predictor = from_match(file.program, output.ranked_by, output.better, matched, matching.by_call)
        predicted = int(np.isfinite(matched.scores).sum())
        yield PeerResult(predictor, matched.predictions, matched.used, predicted)
