"""Statistics of isomiRs as in the DMISO paper (Results): types, isomiRs per miRNA, preferences, shared targets.

Everything is counted over the classified table: a pair is a row, an isomiR is a combination of a miRNA and an
observed sequence. An isomiR of several types counts for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.tables import ISOMIR_TYPES
from mirtools.isomir.repertoire import Interactions, Isomirs, type_mask

SIGNIFICANT = 0.01
ALL = "all"
# Groups of forms that may share targets, with the types of each; an isomiR of several types may be in several
GROUPS = {
    "exact": 0,
    "5p": type_mask([name for name in ISOMIR_TYPES if name.startswith("5p")]),
    "3p": type_mask([name for name in ISOMIR_TYPES if name.startswith("3p")]),
    "polymorphic": type_mask(["SNP", "MNP"]),
}

_COUNTED = ("exact", "isomir", *ISOMIR_TYPES, "hybrid")


class Count(NamedTuple):
    """Pairs, their distinct reads, and distinct isomiRs (or exact miRNAs)."""

    pairs: int
    reads: int
    isomirs: int


class Preference(NamedTuple):
    """The share of one type among a miRNA's isomiR pairs.

    Attributes
    ----------
    mirna, type : str
    pairs, isomir_pairs : int
        Pairs of this type, and of any type.
    expected : float
        Share of the type among the isomiR pairs of all miRNAs.
    p, corrected : float
        Probability of as many pairs or more, without and with Bonferroni correction (at most 1).
    """

    mirna: str
    type: str
    pairs: int
    isomir_pairs: int
    expected: float
    p: float
    corrected: float

    @property
    def is_preferred(self) -> bool:
        """Whether the type is significantly more frequent than expected."""
        return self.corrected < SIGNIFICANT


class Shared(NamedTuple):
    """Number of targets bound by exactly these groups of one miRNA (or summed over all miRNAs)."""

    mirna: str
    groups: tuple[str, ...]
    sites: int | None
    transcripts: int


class _Targets(NamedTuple):
    """Targets of a miRNA by combination of groups (as bits): sites (``None`` without coordinates), transcripts."""

    sites: NDArray[np.int64] | None
    transcripts: NDArray[np.int64]


class Statistics(NamedTuple):
    """All statistics of one table.

    Attributes
    ----------
    types : dict of str to Count
        ``exact``, ``isomir`` (of any type), the eight types and ``hybrid`` (of several types).
    mirnas : dict of str to dict
        The same for each miRNA, those with most isomiR pairs first.
    isomirs_per_mirna : list of int
        Number of isomiRs of each miRNA that has any, ascending.
    reads_per_isomir, pairs_per_isomir : list of int
        Distinct reads and pairs of each isomiR, ascending.
    preferences : list of Preference
    shared : list of Shared
        ``all`` first, then the miRNAs as in ``mirnas``. Empty if targets have no names.
    """

    types: dict[str, Count]
    mirnas: dict[str, dict[str, Count]]
    isomirs_per_mirna: list[int]
    reads_per_isomir: list[int]
    pairs_per_isomir: list[int]
    preferences: list[Preference]
    shared: list[Shared]


def statistics_of(tables: Iterable[Interactions], min_pairs: int) -> Statistics:
    """Return the statistics of a table.

    Parameters
    ----------
    tables : iterable of Interactions
        The table in one or more chunks, all rows of a miRNA in the same chunk.
    min_pairs : int
        isomiR pairs that a miRNA needs to be tested for preferred types (paper: 100).
    """
    mirnas: dict[str, dict[str, Count]] = {}
    targets: dict[str, _Targets] = {}
    reads, pairs = [], []
    none: _Targets | None = None
    for interactions in tables:
        if interactions.target is not None:
            none = _targets(_part(interactions, np.zeros(0, np.int64)))
        isomirs = interactions.isomirs()
        isomirs_by_mirna = _slices(isomirs.mirna)
        for number, rows in _slices(interactions.mirna).items():
            name, part = interactions.names[number], _part(interactions, rows)
            mirnas[name] = _counts(part, _part(isomirs, isomirs_by_mirna[number]))
            if part.target is not None:
                targets[name] = _targets(part)
        no_exact = isomirs.types > 0
        reads += isomirs.reads[no_exact].tolist()
        pairs += isomirs.pairs[no_exact].tolist()
    mirnas = dict(sorted(mirnas.items(), key=lambda item: (-item[1]["isomir"].pairs, item[0])))
    types = {name: _sum(counts[name] for counts in mirnas.values()) for name in _COUNTED}
    per_mirna = sorted(counts["isomir"].isomirs for counts in mirnas.values() if counts["isomir"].isomirs)
    shared = [] if none is None else list(_shared({name: targets[name] for name in mirnas}, none))
    preferences = _preferences(types, mirnas, min_pairs)
    return Statistics(types, mirnas, per_mirna, sorted(reads), sorted(pairs), preferences, shared)


def summary_rows(statistics: Statistics) -> Iterator[list[str]]:
    """Yield the lines of the summary: table, miRNA (or ``all``), item, measure, value."""

    def counted(table: str, mirna: str, counts: dict[str, Count]) -> Iterator[list[str]]:
        for name, count in counts.items():
            for measure, value in zip(Count._fields, count, strict=True):
                yield [table, mirna, name, measure, str(value)]

    yield from counted("types", ALL, statistics.types)
    for table, measures in _spreads(statistics).items():
        for measure, value in measures.items():
            yield [table, ALL, "isomir", measure, f"{value:.6g}"]
    for mirna, counts in statistics.mirnas.items():
        yield from counted("mirnas", mirna, {name: count for name, count in counts.items() if count.pairs})
    for item in statistics.preferences:
        for measure, text in (
            ("pairs", str(item.pairs)),
            ("isomir_pairs", str(item.isomir_pairs)),
            ("share", f"{item.pairs / item.isomir_pairs:.4g}"),
            ("expected_share", f"{item.expected:.4g}"),
            ("p", f"{item.p:.3g}"),
            ("p_corrected", f"{item.corrected:.3g}"),
            ("preferred", str(int(item.is_preferred))),
        ):
            yield ["preference", item.mirna, item.type, measure, text]
    for shared in statistics.shared:
        name = "+".join(shared.groups)
        if shared.sites is not None:
            yield ["targets", shared.mirna, name, "sites", str(shared.sites)]
        yield ["targets", shared.mirna, name, "transcripts", str(shared.transcripts)]
    yield from _in_common(statistics.shared)


def facts(statistics: Statistics) -> dict[str, Any]:
    """Return the statistics over all miRNAs, for ``--json``."""
    tested = {item.mirna for item in statistics.preferences}
    return {
        "types": {name: count._asdict() for name, count in statistics.types.items()},
        **_spreads(statistics),
        "preference": {
            "mirnas_tested": len(tested),
            "mirnas_with_preferred_type": len(
                {item.mirna for item in statistics.preferences if item.is_preferred}
            ),
            "preferred": {
                name: sum(item.type == name and item.is_preferred for item in statistics.preferences)
                for name in ISOMIR_TYPES
            },
        },
        "targets": {
            "+".join(item.groups): {"sites": item.sites, "transcripts": item.transcripts}
            for item in statistics.shared
            if item.mirna == ALL
        },
    }


def _spreads(statistics: Statistics) -> dict[str, dict[str, float]]:
    return {
        "isomirs_per_mirna": spread(statistics.isomirs_per_mirna, "mirnas"),
        "reads_per_isomir": spread(statistics.reads_per_isomir, "isomirs"),
        "pairs_per_isomir": spread(statistics.pairs_per_isomir, "isomirs"),
    }


def spread(counts: Sequence[int], items: str) -> dict[str, float]:
    """Return the number of items, and mean, median and maximum of their counts (sorted)."""
    if not counts:
        return {items: 0, "mean": 0, "median": 0, "max": 0}
    middle = len(counts) // 2
    median = counts[middle] if len(counts) % 2 else (counts[middle - 1] + counts[middle]) / 2
    return {items: len(counts), "mean": sum(counts) / len(counts), "median": median, "max": counts[-1]}


def _sum(counts: Iterable[Count]) -> Count:
    return Count(*np.sum([(0, 0, 0), *counts], axis=0).tolist())


def _counts(interactions: Interactions, isomirs: Isomirs) -> dict[str, Count]:
    def count(pairs: NDArray[Any], different: NDArray[Any]) -> Count:
        reads = int(interactions.reads[pairs].sum())
        return Count(int(pairs.sum()), reads, int(different.sum()))

    result = {
        "exact": count(interactions.types == 0, isomirs.types == 0),
        "isomir": count(interactions.types > 0, isomirs.types > 0),
    }
    for bit, name in enumerate(ISOMIR_TYPES):
        result[name] = count(interactions.types >> bit & 1 == 1, isomirs.types >> bit & 1 == 1)
    # more than one bit
    result["hybrid"] = count(
        interactions.types & (interactions.types - 1) > 0, isomirs.types & (isomirs.types - 1) > 0
    )
    return result


def _preferences(types: dict[str, Count], mirnas: dict[str, dict[str, Count]], min_pairs: int) -> list[Preference]:
    """Test every type of every miRNA with enough isomiR pairs, corrected for the number of tests."""
    from scipy.special import bdtrc

    total = types["isomir"].pairs
    tested = {name: counts for name, counts in mirnas.items() if counts["isomir"].pairs >= max(min_pairs, 1)}
    tests = len(tested) * len(ISOMIR_TYPES)
    result = []
    for mirna, counts in tested.items():
        for name in ISOMIR_TYPES:
            pairs, of, expected = counts[name].pairs, counts["isomir"].pairs, types[name].pairs / total
            p = float(bdtrc(pairs - 1, of, expected))
            result.append(Preference(mirna, name, pairs, of, expected, p, min(1.0, p * tests)))
    return result


def _targets(part: Interactions) -> _Targets:
    """Return how many targets of one miRNA each combination of groups binds.

    Overlapping sites on a transcript are one target site.
    """
    groups = _groups(part.types)
    assert part.target is not None
    transcripts = _united(groups, np.unique(part.target, return_inverse=True)[1])
    return _Targets(None if part.start is None else _united(groups, _sites(part)), transcripts)


def _shared(targets: dict[str, _Targets], none: _Targets) -> Iterator[Shared]:
    """Yield the targets by the groups that bind them: first for all miRNAs together, then for each miRNA.

    A site counts once for each miRNA. ``none`` has the counts of a miRNA without targets.
    """
    keys = [groups for size in range(1, len(GROUPS) + 1) for groups in combinations(GROUPS, size)]
    transcripts = sum((each.transcripts for each in targets.values()), none.transcripts)
    sites = none.sites
    for each in targets.values():
        sites = None if sites is None or each.sites is None else sites + each.sites
    yield from _rows(ALL, keys, sites, transcripts, every=True)
    for name, each in targets.items():
        yield from _rows(name, keys, each.sites, each.transcripts)


def _rows(
    mirna: str,
    keys: list[tuple[str, ...]],
    sites: NDArray[Any] | None,
    transcripts: NDArray[Any],
    every: bool = False,
) -> Iterator[Shared]:
    bits = {name: 1 << bit for bit, name in enumerate(GROUPS)}
    for groups in keys:
        mask = sum(bits[name] for name in groups)
        n_sites = None if sites is None else int(sites[mask])
        if every or n_sites or transcripts[mask]:
            yield Shared(mirna, groups, n_sites, int(transcripts[mask]))


def _in_common(shared: Sequence[Shared]) -> Iterator[list[str]]:
    """Yield the targets of each group, and those that two groups have in common, over all miRNAs."""
    of_all = [item for item in shared if item.mirna == ALL]
    for groups in [(name,) for name in GROUPS] + list(combinations(GROUPS, 2)):
        having = [item for item in of_all if set(groups) <= set(item.groups)]
        name = " and ".join(groups)
        if having and having[0].sites is not None:
            yield ["targets_in_common", ALL, name, "sites", str(sum(item.sites or 0 for item in having))]
        if having:
            yield ["targets_in_common", ALL, name, "transcripts", str(sum(item.transcripts for item in having))]


def _groups(types: NDArray[Any]) -> NDArray[np.int64]:
    """Return the groups of types as bits, in the order of ``GROUPS``."""
    result = np.where(types == 0, 1, 0)
    for bit, mask in enumerate(GROUPS.values()):
        result |= np.where(types & mask, 1 << bit, 0)
    return result


def _sites(part: Interactions) -> NDArray[np.int64]:
    """Return a number for each row of one miRNA: the same for sites that overlap, directly or through others."""
    assert part.target is not None
    assert part.start is not None
    assert part.end is not None
    order = np.lexsort((part.start, part.target))
    target, start, end = part.target[order].astype(np.int64), part.start[order], part.end[order]
    # the transcript's number is added in the high digits, so that one running maximum works for all transcripts
    width = int(end.max(initial=0)) + 1
    reach = np.maximum.accumulate(target * width + end)
    new = np.ones(len(order), bool)
    new[1:] = (target[1:] != target[:-1]) | (target[1:] * width + start[1:] >= reach[:-1])
    sites = np.empty(len(order), np.int64)
    sites[order] = np.cumsum(new) - 1
    return sites


def _united(groups: NDArray[np.int64], of: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many targets are bound by each combination of groups."""
    united = np.zeros(of.max(initial=-1) + 1, np.int64)
    np.bitwise_or.at(united, of, groups)
    return np.bincount(united, minlength=1 << len(GROUPS))


def _slices(numbers: NDArray[Any]) -> dict[int, NDArray[Any]]:
    """Return the positions of each number."""
    order = np.argsort(numbers, kind="stable")
    values, begins = np.unique(numbers[order], return_index=True)
    return dict(zip(values.tolist(), np.split(order, begins[1:]), strict=True)) if len(values) else {}


def _part(table: Any, rows: NDArray[Any]) -> Any:
    """Return the given rows of ``Interactions`` or ``Isomirs``."""
    return type(table)(*(column[rows] if isinstance(column, np.ndarray) else column for column in table))
