"""Compares the isomiRs of two experiments: which occur in both, and how many are missing from one by chance.

The absence of an isomiR means little if the other experiment is shallow. Therefore the absent share is compared
with the share expected at equal abundance. If an isomiR has r of the N reads of one experiment, its reads among
the M of the other follow a negative binomial distribution (Poisson counts with a flat prior): the failures before
the (r + 1)-th success, each success with probability N / (N + M). An isomiR occurs in an experiment if it has at
least ``min_reads`` reads there, so the chance of its absence is the probability of fewer. (A table may list
isomiRs with fewer reads, because the support rule counts the reads in which a part is possible; these are listed,
but count as occurring in neither.) The expected number of absences tends to be too low, because reads above a
threshold are partly luck.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.tables import ISOMIR_TYPES, MISSING
from mirtools.isomir.repertoire import Isomirs, type_names

COMPARE_COLUMNS = (
    "mirna_id mirna_seq mirna_class isomir_types found_in reads_first reads_second pairs_first pairs_second "
    "chance_absent"
).split()
# The paper reports all isomiRs, and those with 50 reads or more.
MANY_READS = 50
BOTH, FIRST, SECOND, NEITHER = "both", "first", "second", "neither"


class Share(NamedTuple):
    """How many of the isomiRs of one experiment are absent from the other.

    Attributes
    ----------
    experiment : {"first", "second"}
    item : str
        ``any``, ``exact``, ``isomir`` or a type.
    min_reads : int
        Fewest reads in this experiment; the other experiment keeps the threshold of the comparison.
    isomirs, absent : int
    expected : float
        Number expected to be absent at equal abundance.
    """

    experiment: str
    item: str
    min_reads: int
    isomirs: int
    absent: int
    expected: float


class Comparison(NamedTuple):
    """The isomiRs of two experiments.

    Attributes
    ----------
    rows : list of list of str
        As ``COMPARE_COLUMNS``: every miRNA observed in either experiment, with its reads in both.
    shares : list of Share
    """

    rows: list[list[str]]
    shares: list[Share]


class _Side(NamedTuple):
    """One experiment; the number of each isomiR in the other experiment or -1; its chance to be absent there."""

    isomirs: Isomirs
    found: NDArray[np.int64]
    chance: NDArray[np.float64]


def compare(first: Isomirs, second: Isomirs, min_reads: int) -> Comparison:
    """Compare two experiments by miRNA name and observed sequence.

    Parameters
    ----------
    first, second : Isomirs
        Both classified with a support rule of at most ``min_reads``.
    min_reads : int
        Distinct reads that an isomiR needs to occur in an experiment.
    """
    sides = []
    for one, other in ((first, second), (second, first)):
        numbers = other.numbers()
        found = np.array([numbers.get(key, -1) for key in one.numbers()], np.int64)
        chance = chance_absent(one.reads, int(one.reads.sum()), int(other.reads.sum()), min_reads)
        sides.append(_Side(one, found, chance))
    rows = [*_rows(sides[0], sides[1], min_reads), *_rows(sides[1], sides[0], min_reads, is_first=False)]
    rows.sort(key=lambda row: (row[0], row[1]))
    shares = [
        share
        for name, other, side in zip((FIRST, SECOND), (second, first), sides, strict=True)
        for share in _shares(name, side, _reads_there(other, side.found) < min_reads, min_reads)
    ]
    return Comparison(rows, shares)


def chance_absent(reads: NDArray[Any], depth: int, other_depth: int, least: int) -> NDArray[np.float64]:
    """Return the chance that isomiRs have fewer than ``least`` reads in the other experiment.

    Parameters
    ----------
    reads : array of int
        Reads of each isomiR in this experiment.
    depth, other_depth : int
        Reads of all isomiRs, in this and in the other experiment.
    least : int
        Reads that an isomiR needs to occur in the other experiment.
    """
    if not other_depth or not len(reads):
        return np.ones(len(reads))
    from scipy.special import nbdtr

    chances: NDArray[np.float64] = nbdtr(least - 1, reads.astype(np.int64) + 1, depth / (depth + other_depth))
    return chances


def comparison_rows(comparison: Comparison) -> Iterator[list[str]]:
    """Yield the lines of the summary: table, miRNA (``all``), item, measure, value."""
    for share in comparison.shares:
        table = f"only_in_{share.experiment}_min_{share.min_reads}_reads"
        for measure, text in (
            ("isomirs", str(share.isomirs)),
            ("absent_from_other", str(share.absent)),
            ("share", f"{share.absent / share.isomirs:.4g}"),
            ("share_by_chance", f"{share.expected / share.isomirs:.4g}"),
        ):
            yield [table, "all", share.item, measure, text]


def _reads_there(other: Isomirs, found: NDArray[np.int64]) -> NDArray[Any]:
    return np.where(found >= 0, np.append(other.reads, 0)[found], 0)


def _rows(side: _Side, other: _Side, min_reads: int, is_first: bool = True) -> Iterator[list[str]]:
    for at, (mirna, sequence) in enumerate(side.isomirs.numbers()):
        there = int(side.found[at])
        if there >= 0 and not is_first:
            continue  # already listed with the first
        reads, pairs, chances = [0, 0], [0, 0], [0.0, 0.0]
        for place, one, number in ((not is_first, side, at), (is_first, other, there)):
            if number >= 0:
                reads[place], pairs[place] = int(one.isomirs.reads[number]), int(one.isomirs.pairs[number])
                chances[place] = float(one.chance[number])
        places = [place for place in (0, 1) if reads[place] >= min_reads]
        types = int(side.isomirs.types[at])
        yield [
            mirna,
            sequence,
            "isomir" if types else "exact",
            type_names(types),
            BOTH if len(places) == 2 else (FIRST, SECOND)[places[0]] if places else NEITHER,
            *map(str, reads),
            *map(str, pairs),
            f"{chances[places[0]]:.3g}" if len(places) == 1 else MISSING,
        ]


def _shares(name: str, side: _Side, absent: NDArray[Any], least: int) -> Iterator[Share]:
    one = side.isomirs
    items = {"any": np.ones(len(one.types), bool), "exact": one.types == 0, "isomir": one.types > 0}
    items |= {kind: one.types >> bit & 1 == 1 for bit, kind in enumerate(ISOMIR_TYPES)}
    for min_reads in sorted({least, max(least, MANY_READS)}):
        for item, of in items.items():
            taken = of & (one.reads >= min_reads)
            if taken.any():
                counts = int(taken.sum()), int((taken & absent).sum())
                yield Share(name, item, min_reads, *counts, float(side.chance[taken].sum()))
