"""Clusters of miRNAs with similar profiles, and the targets that they share (paper: Fig. S2, Table S7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.interpretation.profiles import Profiles, profile_distances, target_overlaps

MIRNA_COLUMNS = "mirna_id cluster pairs targets silhouette strongest_start strongest_change profile".split()
CLUSTER_COLUMNS = (
    "cluster mirnas pairs targets shared_targets mean_overlap random_overlap p_value mirna_ids"
).split()
TARGET_COLUMNS = "cluster target_id mirnas mirna_ids".split()
# largest number of clusters, if it is chosen by silhouettes
MOST_CLUSTERS = 10
_PERMUTATIONS = 1000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """Clusters of miRNAs, numbered from 1 by decreasing size.

    Attributes
    ----------
    profiles : Profiles
    of_mirna : ndarray of shape (n,), int64
        The cluster of every miRNA.
    order : ndarray of shape (n,), int64
        The miRNAs cluster by cluster, with similar ones next to each other.
    silhouettes : ndarray of shape (n,), float64
        1: much closer to its own cluster than to the next; below 0: closer to another.
    sharing : list of Sharing
        One per cluster, then one for all clusters.
    """

    profiles: Profiles
    of_mirna: Integers
    order: Integers
    silhouettes: Floats
    sharing: list[Sharing]

    @property
    def count(self) -> int:
        """Number of clusters."""
        return int(self.of_mirna.max(initial=0))


@dataclass(frozen=True)
class Sharing:
    """The targets that miRNAs of a cluster share.

    Attributes
    ----------
    cluster : int
        0: pairs of miRNAs within any cluster.
    members : list of int
        Indices of the miRNAs.
    targets, shared : int
        Distinct targets of the cluster, and those of two or more of its miRNAs.
    overlap : float
        Mean over pairs of miRNAs: number of common targets divided by the smaller number of targets.
    random : float
        Mean overlap in random clusters of the same sizes, in which each miRNA is replaced by one with a similar
        number of targets (miRNAs with many targets share more).
    p_value : float
        Share of 1,000 clusters (999 random ones and this one) with at least this overlap.
    """

    cluster: int
    members: list[int]
    targets: int
    shared: int
    overlap: float
    random: float
    p_value: float


def cluster_mirnas(profiles: Profiles, count: int | None, seed: int) -> Clusters:
    """Cluster miRNAs by their profiles.

    By average linkage on 1 - Pearson's correlation, which depends on the shape of profiles, not on their height.

    Parameters
    ----------
    profiles : Profiles
    count : int or None
        Number of clusters, at most that of miRNAs; ``None`` for the number from 2 to 10 with the best mean
        silhouette.
    seed : int
        Seed of the random clusters.
    """
    n = len(profiles.names)
    distances = profile_distances(profiles.changes)
    tree = average_linkage(distances)
    if count is None:
        choices = range(2, min(MOST_CLUSTERS, n - 1) + 1)
        # the smallest number if tied
        count = max(
            choices, key=lambda k: float(silhouettes(distances, cut(tree, n, k)).mean()), default=min(n, 1)
        )
    of_mirna = _by_size(cut(tree, n, min(count, n)))
    order = _leaves(tree, n)
    order = order[np.argsort(of_mirna[order], kind="stable")]
    return Clusters(
        profiles, of_mirna, order, silhouettes(distances, of_mirna), _sharing(profiles, of_mirna, seed)
    )


def average_linkage(distances: Floats) -> Floats:
    """Return the tree of average linkage of a square matrix of distances, in scipy's format."""
    from scipy.cluster.hierarchy import average
    from scipy.spatial.distance import squareform

    # scipy rejects fewer than two items
    tree: Floats = average(squareform(distances, checks=False)) if len(distances) > 1 else np.zeros((0, 4))
    return tree


def cut(tree: Floats, n: int, count: int) -> Integers:
    """Return the cluster, numbered from 0, of each of ``n`` items without the last ``count - 1`` merges."""
    from scipy.cluster.hierarchy import cut_tree

    return cut_tree(tree, count)[:, 0].astype(np.int64) if n > 1 else np.zeros(n, np.int64)


def silhouettes(distances: Floats, clusters: Integers) -> Floats:
    """Return the silhouette of every item (Rousseeuw 1987): 0 in a cluster of one item.

    scikit-learn has this function, too, but only training needs that package.
    """
    names = np.unique(clusters)
    member = (clusters[:, None] == names).astype(np.float64)
    sizes = member.sum(0)
    sums = distances @ member
    own = member.astype(bool)
    if len(names) < 2:
        return np.zeros(len(clusters))
    own_size = sizes[_places(clusters, names)]
    inside = sums[own] / np.maximum(own_size - 1, 1)
    outside = np.where(own, np.inf, sums / sizes).min(1)
    larger = np.maximum(inside, outside)
    result = np.divide(outside - inside, larger, out=np.zeros_like(larger), where=larger > 0)
    return np.where(own_size > 1, result, 0.0)


def mirna_rows(clusters: Clusters) -> Iterator[list[str]]:
    """Yield the table of miRNAs, with MIRNA_COLUMNS, cluster by cluster; window starts are 0-based."""
    profiles = clusters.profiles
    for at in clusters.order.tolist():
        changes = profiles.changes[at]
        cells = ["." if value != value else f"{value:.6f}" for value in changes.tolist()]
        known = ~np.isnan(changes)
        strongest = int(np.nanargmin(changes)) if known.any() else None
        yield [
            profiles.names[at],
            str(clusters.of_mirna[at]),
            str(profiles.pairs[at]),
            str(len(profiles.targets[at])),
            f"{clusters.silhouettes[at]:.4f}",
            "." if strongest is None else str(strongest),
            "." if strongest is None else cells[strongest],
            ",".join(cells),
        ]


def cluster_rows(clusters: Clusters) -> Iterator[list[str]]:
    """Yield the table of clusters, with CLUSTER_COLUMNS; the last row, ``all``, is for all clusters together."""
    profiles = clusters.profiles
    for sharing in clusters.sharing:
        some = sharing.overlap == sharing.overlap
        names = ",".join(profiles.names[at] for at in sharing.members) if sharing.cluster else ""
        yield [
            str(sharing.cluster or "all"),
            str(len(sharing.members)),
            str(sum(profiles.pairs[at] for at in sharing.members)),
            str(sharing.targets),
            str(sharing.shared),
            f"{sharing.overlap:.4f}" if some else ".",
            f"{sharing.random:.4f}" if some else ".",
            f"{sharing.p_value:.4f}" if some else ".",
            names or ".",
        ]


def target_rows(clusters: Clusters) -> Iterator[list[str]]:
    """Yield the targets that miRNAs of a cluster share, with TARGET_COLUMNS: those of most miRNAs first."""
    profiles = clusters.profiles
    for number in range(1, clusters.count + 1):
        mirnas_of: dict[int, list[str]] = {}
        for at in np.flatnonzero(clusters.of_mirna == number).tolist():
            for target in profiles.targets[at]:
                mirnas_of.setdefault(target, []).append(profiles.names[at])
        shared = [
            (-len(mirnas), profiles.target_names[target], mirnas)
            for target, mirnas in mirnas_of.items()
            if len(mirnas) > 1
        ]
        for count, name, mirnas in sorted(shared):
            yield [str(number), name, str(-count), ",".join(mirnas)]


def _by_size(clusters: Integers) -> Integers:
    """Return clusters renumbered by decreasing size from 1; ties in the order of their first items."""
    names, first, sizes = np.unique(clusters, return_index=True, return_counts=True)
    ranks = np.empty(len(names), np.int64)
    ranks[np.lexsort((first, -sizes))] = np.arange(1, len(names) + 1)
    return ranks[_places(clusters, names)]


def _leaves(tree: Floats, n: int) -> Integers:
    """Return the items in the order of the tree's leaves, beginning with the side of the first item."""
    groups = [[item] for item in range(n)]
    for left, right in tree[:, :2].astype(np.int64).tolist():
        groups.append([item for part in sorted((groups[left], groups[right]), key=min) for item in part])
    return np.array(groups[-1] if groups else [], np.int64)


def _sharing(profiles: Profiles, clusters: Integers, seed: int) -> list[Sharing]:
    n = len(clusters)
    if not n:
        return []
    overlaps = target_overlaps(profiles.targets)
    member = (clusters[:, None] == np.arange(1, clusters.max() + 1)).astype(np.float64)
    pairs = member.sum(0) * (member.sum(0) - 1)
    pairs = np.append(pairs, pairs.sum())

    def means(inside: Floats) -> Floats:
        sums = np.einsum("ik,ik->k", inside, overlaps @ inside)
        return np.divide(np.append(sums, sums.sum()), pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)

    observed = means(member)
    random = np.random.default_rng(seed)
    strata = _strata([len(targets) for targets in profiles.targets])

    def shuffled() -> Integers:
        places = np.arange(n)
        for stratum in strata:
            places[stratum] = random.permutation(stratum)
        return places

    drawn = np.stack([means(member[shuffled()]) for _ in range(_PERMUTATIONS - 1)])
    # sums in another order differ in their last bits
    as_large = (drawn >= observed - 1e-9).sum(0) + 1
    expected = (drawn.sum(0) + observed) / _PERMUTATIONS
    results = []
    for at in range(len(pairs)):
        number = (at + 1) % len(pairs)
        members = np.flatnonzero(clusters == number).tolist() if number else list(range(n))
        mirnas_of = Counter(target for item in members for target in profiles.targets[item])
        results.append(
            Sharing(
                number,
                members,
                len(mirnas_of),
                sum(count > 1 for count in mirnas_of.values()),
                float(observed[at]),
                float(expected[at]),
                float(as_large[at]) / _PERMUTATIONS,
            )
        )
    return results


def _strata(numbers: list[int]) -> list[Integers]:
    """Return groups of ten or more indices of similar numbers."""
    order = np.argsort(numbers, kind="stable").astype(np.int64)
    return np.array_split(order, max(1, len(numbers) // 10))


def _places(clusters: Integers, names: Integers) -> Integers:
    """Return the indices of clusters in their sorted names."""
    return np.searchsorted(names, clusters)
