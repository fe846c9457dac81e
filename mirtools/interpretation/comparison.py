"""How alike two motifs are, with p-values: the statistic of TOMTOM (Gupta et al. 2007, Genome Biol 8:R24).

A query is laid over a target at every offset with enough overlap. Columns are alike where their Euclidean
distance is small; the sum over the overlap is judged by its exact distribution (by convolution) were the columns
of the target drawn independently from all columns of the motif file. The smallest of a target's p-values is
corrected for the number of offsets (and strands), a query's p-values for the number of targets (E-value) and for
the number of all comparisons (q-value, Benjamini and Hochberg).

Offsets are taken as independent, which they are not quite: p-values of unrelated motifs are uniform up to 0.5, and
somewhat too large above (in tests 3 to 7 % of them lie below 0.05).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mirtools.interpretation.motifs import Frequencies, Motif, consensus, reverse_complement

MATCH_COLUMNS = (
    "motif target target_name strand offset overlap p_value e_value q_value motif_consensus target_consensus"
).split()
# Fewer overlapping columns say little; shorter motifs must lie inside.
MIN_OVERLAP = 5
# steps from the largest distance of two columns, the square root of 2, to none
_RESOLUTION = 250


@dataclass(frozen=True)
class Match:
    """The best alignment of a query with a target.

    Attributes
    ----------
    query, target : Motif
    strand : {"+", "-"}
        ``-``: the target's reverse complement is aligned.
    offset : int
        Position of the query, 0-based, at which the aligned target begins; negative where it begins before.
    overlap : int
        Columns.
    p_value : float
        Of the best alignment, corrected for the number of alignments.
    e_value : float
        Targets expected to match the query as well by chance.
    q_value : float
        False discovery rate among all comparisons up to this one.
    """

    query: Motif
    target: Motif
    strand: str
    offset: int
    overlap: int
    p_value: float
    e_value: float
    q_value: float = 1.0


def compare(queries: Sequence[Motif], targets: Sequence[Motif], both_strands: bool = False) -> list[Match]:
    """Return the best alignment of every query with every target: query by query, the best targets first."""
    matches: list[Match] = []
    strands = "+-" if both_strands else "+"
    tables = {"+": [target.frequencies for target in targets]}
    tables["-"] = [reverse_complement(table) for table in tables["+"]]
    pool = np.concatenate([table for strand in strands for table in tables[strand]])
    for query in queries:
        null = _Null(query.frequencies, pool)
        found = [
            _best(query, target, {strand: tables[strand][at] for strand in strands}, null, len(targets))
            for at, target in enumerate(targets)
        ]
        matches += sorted(found, key=lambda match: match.p_value)
    q_values = _false_discovery_rates(np.array([match.p_value for match in matches]))
    return [replace(match, q_value=float(q)) for match, q in zip(matches, q_values, strict=True)]


class _Null:
    """Distributions of the score of a query's columns with columns drawn from a pool."""

    def __init__(self, query: Frequencies, pool: Frequencies) -> None:
        columns = column_scores(query, pool)
        self._mass = [np.bincount(row, minlength=_RESOLUTION + 1) / len(pool) for row in columns]
        self._tails: dict[tuple[int, int], NDArray[np.float64]] = {}

    def p_value(self, start: int, stop: int, score: int) -> float:
        """Return how probable this score, or a better one, is over the query's columns ``start:stop``."""
        if (start, stop) not in self._tails:
            mass = self._mass[start]
            for more in self._mass[start + 1 : stop]:
                mass = np.convolve(mass, more)
            self._tails[start, stop] = np.cumsum(mass[::-1])[::-1]
        return min(float(self._tails[start, stop][score]), 1.0)


def column_scores(query: Frequencies, target: Frequencies) -> NDArray[np.int64]:
    """Return how alike all pairs of columns are: shape ``(query, target)``, 0 to 250, 250 for equal columns."""
    distances = np.sqrt(((query[:, None] - target[None]) ** 2).sum(2))
    return np.rint((1 - distances / np.sqrt(2)) * _RESOLUTION).astype(np.int64)


def alignments(query: int, target: int) -> Iterator[tuple[int, int, int]]:
    """Yield offset, start and stop on the query of every way to lay a target over a query; lengths are given."""
    least = min(MIN_OVERLAP, query, target)
    for offset in range(least - target, query - least + 1):
        yield offset, max(offset, 0), min(offset + target, query)


def _best(query: Motif, target: Motif, tables: dict[str, Frequencies], null: _Null, targets: int) -> Match:
    best = (2.0, 0, "+", 0)
    ways = 0
    for strand, table in tables.items():
        scores = column_scores(query.frequencies, table)
        for offset, start, stop in alignments(query.width, target.width):
            ways += 1
            score = int(np.trace(scores[start:stop, start - offset : stop - offset]))
            # of equal p-values the longer overlap counts, then the first
            best = min(best, (null.p_value(start, stop, score), start - stop, strand, offset))
    p_value = -np.expm1(ways * np.log1p(-best[0])) if best[0] < 1 else 1.0
    return Match(query, target, best[2], best[3], -best[1], float(p_value), float(p_value) * targets)


def _false_discovery_rates(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Benjamini and Hochberg's q-values, in the order given."""
    if not len(p_values):
        return p_values
    order = np.argsort(p_values, kind="stable")
    ranked = p_values[order] * len(p_values) / np.arange(1, len(p_values) + 1)
    result = np.empty_like(p_values)
    result[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1)
    return result


def best_matches(matches: Sequence[Match], max_e_value: float) -> dict[str, Match]:
    """Return the best match, up to an E-value, of every query, by its name; of equal ones the file's first."""
    best: dict[str, Match] = {}
    for match in matches:
        if match.e_value <= max_e_value:
            best.setdefault(match.query.name, match)
    return best


def match_rows(matches: Sequence[Match], max_e_value: float) -> Iterator[list[str]]:
    """Yield the table of matches, with MATCH_COLUMNS, up to an E-value."""
    for match in matches:
        if match.e_value > max_e_value:
            continue
        target = match.target.frequencies
        yield [
            match.query.name,
            match.target.name,
            match.target.alternative or ".",
            match.strand,
            str(match.offset),
            str(match.overlap),
            f"{match.p_value:.3g}",
            f"{match.e_value:.3g}",
            f"{match.q_value:.3g}",
            consensus(match.query.frequencies),
            consensus(target if match.strand == "+" else reverse_complement(target)),
        ]
