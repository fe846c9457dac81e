"""The similarity of motifs, with p-values: the statistic of TOMTOM (Gupta et al. 2007, Genome Biol 8:R24).

A query is aligned with a target at every offset with enough overlap. The score of two columns increases with
decreasing Euclidean distance. The p-value of the sum over the overlap is from its exact distribution (by
convolution) for columns drawn independently from all columns of the motif file. The smallest p-value of a target
is corrected for the number of offsets (and strands), a query's p-values for the number of targets (E-value) and
for the number of all comparisons (q-value, Benjamini and Hochberg).

Offsets are treated as independent, which is only approximately true: p-values of unrelated motifs are uniform up
to 0.5, and somewhat too large above (in tests, 3 to 7 % of them are below 0.05).

Columns of real motifs are not independent: some motifs have long uninformative parts, others repeat one letter,
and any motif with such columns "matches" there. Therefore every motif is compared with permutations of its
columns; only a better match than theirs is informative.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.interpretation.motifs import Frequencies, Motif, consensus, reverse_complement

MATCH_COLUMNS = (
    "motif target target_name strand offset overlap p_value e_value q_value motif_consensus target_consensus"
).split()
# Least number of overlapping columns; shorter motifs must be contained.
MIN_OVERLAP = 5
# a permutation with this E-value or less counts as a match by chance
CONTROL_E_VALUE = 0.05
_PERMUTATIONS = 99
# steps from the largest distance of two columns, the square root of 2, to zero
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
        0-based position on the query at which the aligned target begins; negative if it begins before the query.
    overlap : int
        Number of overlapping columns.
    p_value : float
        P-value of the best alignment, corrected for the number of alignments.
    e_value : float
        Expected number of targets that match the query equally well by chance.
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


@dataclass(frozen=True)
class Control:
    """The matches of permutations of a query.

    Attributes
    ----------
    p_value : float
        Share of 100 orders of the query's columns (99 random ones and the real one) with an equal or better match.
    matched : float
        Share of permutations with a match at an E-value of at most 0.05.
    """

    p_value: float
    matched: float


class Comparison(NamedTuple):
    """Matches of queries with targets, and the controls by the queries' names."""

    matches: list[Match]
    controls: dict[str, Control]


def compare_with_control(
    queries: Sequence[Motif], targets: Sequence[Motif], both_strands: bool = False, seed: int = 1
) -> Comparison:
    """Return the matches of queries with targets, and the control; empty without targets."""
    if not targets:
        return Comparison([], {})
    controls = permutation_controls(queries, targets, both_strands, seed)
    return Comparison(compare(queries, targets, both_strands), controls)


def compare(queries: Sequence[Motif], targets: Sequence[Motif], both_strands: bool = False) -> list[Match]:
    """Return the best alignment of every query with every target: query by query, the best targets first."""
    library = _Library(targets, both_strands)
    matches = [match for query in queries for match in sorted(library.matches(query), key=lambda m: m.p_value)]
    if not matches:
        return []
    from scipy.stats import false_discovery_control

    q_values = false_discovery_control([match.p_value for match in matches])
    return [replace(match, q_value=float(q)) for match, q in zip(matches, q_values, strict=True)]


def permutation_controls(
    queries: Sequence[Motif], targets: Sequence[Motif], both_strands: bool = False, seed: int = 1
) -> dict[str, Control]:
    """Return the control of every query by its name: matches with its columns in random orders."""
    library = _Library(targets, both_strands)
    random = np.random.default_rng(seed)
    controls = {}
    for query in queries:
        columns = library.columns(query)
        observed = library.p_values(columns).min()
        drawn = np.array([library.p_values(random.permutation(columns)).min() for _ in range(_PERMUTATIONS)])
        # the same sums in another order differ in their last bits
        as_good = int((drawn <= observed * (1 + 1e-9)).sum()) + 1
        matched = float((drawn * len(targets) <= CONTROL_E_VALUE).mean())
        controls[query.name] = Control(as_good / (_PERMUTATIONS + 1), matched)
    return controls


class _Library:
    """The columns of all targets, one target after the other, and their alignments with queries."""

    def __init__(self, targets: Sequence[Motif], both_strands: bool) -> None:
        self._targets = targets
        strands = "+-" if both_strands else "+"
        tables = [
            target.frequencies if strand == "+" else reverse_complement(target.frequencies)
            for target in targets
            for strand in strands
        ]
        self._pool = np.concatenate(tables) if tables else np.empty((0, 4))
        self._widths = [len(table) for table in tables]
        self._strands = strands
        self._layouts: dict[int, _Layout] = {}

    def matches(self, query: Motif) -> list[Match]:
        """Return the best alignment with every target, in the order of targets."""
        if not self._targets:
            return []
        layout = self._layout(query.width)
        p_values = self._alignment_p_values(self.columns(query), layout)
        overlaps = layout.stops - layout.starts
        # ties: the longer overlap, then the first
        order = np.lexsort((layout.offsets, layout.strands, -overlaps, p_values, layout.targets))
        best = order[layout.first]
        corrected = _corrected(p_values[best], layout.ways)
        return [
            Match(
                query,
                target,
                self._strands[layout.strands[at]],
                int(layout.offsets[at]),
                int(overlaps[at]),
                float(p_value),
                float(p_value) * len(self._targets),
            )
            for target, at, p_value in zip(self._targets, best.tolist(), corrected, strict=True)
        ]

    def columns(self, query: Motif) -> NDArray[np.int64]:
        """Return the scores of the query's columns with all columns of the library."""
        return column_scores(query.frequencies, self._pool)

    def p_values(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the p-value of the best alignment with every target, corrected for the number of alignments."""
        layout = self._layout(len(columns))
        found = np.minimum.reduceat(self._alignment_p_values(columns, layout), layout.first)
        return _corrected(found, layout.ways)

    def _alignment_p_values(self, columns: NDArray[np.int64], layout: _Layout) -> NDArray[np.float64]:
        null = _Null(columns)
        p_values = np.empty(len(layout.targets))
        for (start, stop), chosen in layout.groups.items():
            first = layout.columns[chosen]
            sums = sum(columns[at, first + at - start] for at in range(start, stop))
            p_values[chosen] = null.tail(start, stop)[sums]
        return p_values

    def _layout(self, width: int) -> _Layout:
        if width not in self._layouts:
            self._layouts[width] = _Layout(width, self._widths, len(self._strands))
        return self._layouts[width]


class _Layout:
    """All alignments of queries of one width with the targets of a library, target by target.

    Attributes
    ----------
    targets, strands, offsets, starts, stops, columns : ndarray of shape (alignments,), int64
        Target, strand, position of the target on the query, aligned part of the query (start, stop), and the
        library's column at which this part begins.
    first, ways : ndarray of shape (targets,), int64
        The first alignment of every target, and its number of alignments.
    groups : dict of (int, int) to ndarray
        The alignments by the aligned part of the query.
    """

    def __init__(self, width: int, widths: Sequence[int], strands: int) -> None:
        rows = []
        begin = 0
        for number, length in enumerate(widths):
            target, strand = divmod(number, strands)
            for offset, start, stop in alignments(width, length):
                rows.append((target, strand, offset, start, stop, begin + start - offset))
            begin += length
        table = np.array(rows, np.int64).reshape(-1, 6).T
        self.targets, self.strands, self.offsets, self.starts, self.stops, self.columns = table
        _, self.first, self.ways = np.unique(self.targets, return_index=True, return_counts=True)
        parts, which = np.unique(table[3:5], axis=1, return_inverse=True)
        self.groups = {
            (int(start), int(stop)): np.flatnonzero(which.ravel() == at)
            for at, (start, stop) in enumerate(parts.T)
        }


def _corrected(p_values: NDArray[np.float64], ways: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the p-values of the best of several alignments."""
    return -np.expm1(ways * np.log1p(-np.minimum(p_values, 1 - 1e-15)))


class _Null:
    """Distributions of the score of a query's columns with random columns of a library.

    Parameters
    ----------
    columns : ndarray of shape (query, library), int64
        See :func:`column_scores`.
    """

    def __init__(self, columns: NDArray[np.int64]) -> None:
        self._masses = {
            (at, at + 1): np.bincount(row, minlength=_RESOLUTION + 1) / len(row) for at, row in enumerate(columns)
        }

    def tail(self, start: int, stop: int) -> NDArray[np.float64]:
        """Return the probability of every score, or a higher one, for the query's columns ``start:stop``."""
        return np.minimum(np.cumsum(self._mass(start, stop)[::-1])[::-1], 1)

    def _mass(self, start: int, stop: int) -> NDArray[np.float64]:
        # parts of a query nearly always include its first or its last column, and share their shorter parts
        if (start, stop) not in self._masses:
            inner = (start, stop - 1) if start == 0 else (start + 1, stop)
            single = (stop - 1, stop) if start == 0 else (start, start + 1)
            self._masses[start, stop] = np.convolve(self._mass(*inner), self._masses[single])
        return self._masses[start, stop]


def column_scores(query: Frequencies, target: Frequencies) -> NDArray[np.int64]:
    """Return the scores of all pairs of columns: shape ``(query, target)``, 0 to 250, 250 for equal columns."""
    distances = np.sqrt(((query[:, None] - target[None]) ** 2).sum(2))
    return np.rint((1 - distances / np.sqrt(2)) * _RESOLUTION).astype(np.int64)


def alignments(query: int, target: int) -> Iterator[tuple[int, int, int]]:
    """Yield offset, start and stop on the query of every alignment of a query and a target of these lengths."""
    least = min(MIN_OVERLAP, query, target)
    for offset in range(least - target, query - least + 1):
        yield offset, max(offset, 0), min(offset + target, query)


def best_matches(matches: Sequence[Match], max_e_value: float) -> dict[str, Match]:
    """Return the best match of every query by its name, up to an E-value; the first in the file if tied."""
    best: dict[str, Match] = {}
    for match in matches:
        if match.e_value <= max_e_value:
            best.setdefault(match.query.name, match)
    return best


def comparison_summary(comparison: Comparison) -> dict[str, float]:
    """Return the numbers of queries, and of their permutations, with a match at an E-value of at most 0.05."""
    return {
        "max_e_value": CONTROL_E_VALUE,
        "motifs_matched": len(best_matches(comparison.matches, CONTROL_E_VALUE)),
        "motifs_matched_when_permuted": round(sum(control.matched for control in comparison.controls.values()), 2),
    }


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
