"""Clusters of miRNAs that a model treats alike, and whether these share targets (paper: Fig. S2, Table S7)."""

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
# without a number of clusters given, the one with the best silhouettes up to this
MOST_CLUSTERS = 10
_PERMUTATIONS = 1000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """Clusters of miRNAs, numbered from 1, the one with most miRNAs first.

    Attributes
    ----------
    profiles : Profiles
    of_mirna : ndarray of shape (n,), int64
        The cluster of every miRNA.
    order : ndarray of shape (n,), int64
        The miRNAs cluster by cluster, in each like beside like.
    silhouettes : ndarray of shape (n,), float64
        1: far nearer to its own cluster than to the next; below 0: nearer to another.
    sharing : list of Sharing
        By cluster, and last for all of them.
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
    """How many targets the miRNAs of a cluster share.

    Attributes
    ----------
    cluster : int
        0: pairs of miRNAs within any cluster.
    members : list of int
        Their positions.
    targets, shared : int
        Distinct targets of the cluster, and those of two or more of its miRNAs.
    overlap : float
        Mean over pairs of miRNAs: targets in common by the smaller number of targets.
    random : float
        The same in clusters of these sizes drawn at random, mean; each miRNA stands for one with about as many
        targets, since miRNAs with many share more.
    p_value : float
        Share of random clusters (of 1,000, the real one counted in) with at least this overlap.
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

    Average linkage on 1 - Pearson's correlation, so the shape of a profile counts and not its height.

    Parameters
    ----------
    profiles : Profiles
    count : int or None
        Number of clusters, at most as many as miRNAs; ``None``: the number from 2 to 10 with the best mean
        silhouette.
    seed : int
        Of the random clusters that shared targets are held against.
    """
    n = len(profiles.names)
    distances = profile_distances(profiles.changes)
    merges = average_linkage(distances)
    if count is None:
        choices = range(2, min(MOST_CLUSTERS, n - 1) + 1)
        # of equal ones the smallest number
        count = max(
            choices, key=lambda k: float(silhouettes(distances, cut(merges, n, k)).mean()), default=min(n, 1)
        )
    of_mirna = _by_size(cut(merges, n, min(count, n)))
    order = _leaves(merges, n)
    order = order[np.argsort(of_mirna[order], kind="stable")]
    return Clusters(
        profiles, of_mirna, order, silhouettes(distances, of_mirna), _sharing(profiles, of_mirna, seed)
    )


def average_linkage(distances: Floats) -> list[tuple[int, int, float]]:
    """Return the merges of average linkage, lowest first: two clusters, each by one of its items, and the height.

    Nearest-neighbour chains (Murtagh 1983): n squared steps.
    """
    n = len(distances)
    work = distances.astype(np.float64).copy()
    np.fill_diagonal(work, np.inf)
    sizes = np.ones(n)
    alive = np.ones(n, bool)
    merges: list[tuple[int, int, float]] = []
    chain: list[int] = []
    while len(merges) < n - 1:
        if not chain:
            chain.append(int(np.argmax(alive)))
        tip = chain[-1]
        nearest = int(np.argmin(work[tip]))
        # at equal distance back to where the chain came from, or it would run in circles
        if len(chain) > 1 and work[tip, chain[-2]] <= work[tip, nearest]:
            nearest = chain[-2]
        if len(chain) == 1 or nearest != chain[-2]:
            chain.append(nearest)
            continue
        del chain[-2:]
        kept, gone = min(tip, nearest), max(tip, nearest)
        merges.append((kept, gone, float(work[kept, gone])))
        joined = (work[kept] * sizes[kept] + work[gone] * sizes[gone]) / (sizes[kept] + sizes[gone])
        # rounding must not put a later merge below this one
        joined = np.maximum(joined, work[kept, gone])
        work[kept], work[:, kept] = joined, joined
        work[gone], work[:, gone] = np.inf, np.inf
        work[kept, kept] = np.inf
        sizes[kept] += sizes[gone]
        alive[gone] = False
    return sorted(merges, key=lambda merge: merge[2])


def cut(merges: list[tuple[int, int, float]], n: int, count: int) -> Integers:
    """Return the cluster, numbered from 1, of each of ``n`` items without the last ``count - 1`` merges."""
    parent = list(range(n))

    def root(item: int) -> int:
        while parent[item] != item:
            item = parent[item]
        return item

    for left, right, _ in merges[: max(n - count, 0)]:
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(root(item), len(numbers) + 1) for item in range(n)], np.int64)


def silhouettes(distances: Floats, clusters: Integers) -> Floats:
    """Return the silhouette of every item (Rousseeuw 1987): 0 where a cluster has one item."""
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
    """Return clusters renumbered, the largest 1; of equal ones that with the first item."""
    names, first, sizes = np.unique(clusters, return_index=True, return_counts=True)
    ranks = np.empty(len(names), np.int64)
    ranks[np.lexsort((first, -sizes))] = np.arange(1, len(names) + 1)
    return ranks[_places(clusters, names)]


def _leaves(merges: list[tuple[int, int, float]], n: int) -> Integers:
    """Return the items as the leaves of the tree, what is merged early side by side."""
    leaves = {item: [item] for item in range(n)}
    for left, right, _ in merges:
        leaves[left] += leaves.pop(right)
    return np.array([item for part in leaves.values() for item in part], np.int64)


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
    """Return positions of about equal numbers together, ten or more."""
    order = np.argsort(numbers, kind="stable").astype(np.int64)
    return np.array_split(order, max(1, len(numbers) // 10))


def _places(clusters: Integers, names: Integers) -> Integers:
    """Return the positions of clusters among their sorted names."""
    return np.searchsorted(names, clusters)
