"""Clusters of miRNAs: planted groups are found, and results equal those of SciPy and scikit-learn."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from mirtools.interpretation.clusters import (
    CLUSTER_COLUMNS,
    MIRNA_COLUMNS,
    TARGET_COLUMNS,
    _leaves,
    average_linkage,
    cluster_mirnas,
    cluster_rows,
    cut,
    mirna_rows,
    silhouettes,
    target_rows,
)
from mirtools.interpretation.masking import MaskedPairs
from mirtools.interpretation.profiles import Profiles, ProfileSums, profile_distances, target_overlaps
from mirtools.pairs.table import Pair

NAMES = [f"t{number}" for number in range(200_000)]


def planted(groups=3, size=8, noise=0.3, seed=1):
    """Profiles in groups: a shape of its own each, any height, 3' ends missing; the group's targets are shared."""
    random = np.random.default_rng(seed)
    shapes = random.normal(0, 1, (groups, 27))
    changes, targets, truth = [], [], []
    for number in range(groups * size):
        group = number % groups
        row = random.uniform(0.1, 5) * (shapes[group] + noise * random.normal(0, 1, 27)) + random.normal()
        row[random.integers(17, 21) :] = np.nan
        changes.append(row)
        own = 1000 * (number + 1) + np.arange(10)
        shared = random.choice(20, 8, replace=False) + 100 * group
        targets.append({*own.tolist(), *shared.tolist()})
        truth.append(group)
    names = [f"m{number:02}" for number in range(groups * size)]
    return Profiles(names, [20] * len(names), np.array(changes), targets, NAMES), truth


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_planted_groups_come_back(groups):
    profiles, truth = planted(groups)
    found = cluster_mirnas(profiles, None, 1)
    assert found.count == groups
    assert adjusted_rand_score(truth, found.of_mirna) == 1
    assert found.silhouettes.min() > 0.3
    members = found.of_mirna[found.order]
    assert members.tolist() == sorted(members.tolist())
    assert sorted(found.order.tolist()) == list(range(len(truth)))
    # targets are shared within groups, not between them
    assert found.sharing[-1].cluster == 0
    assert [sharing.cluster for sharing in found.sharing[:-1]] == list(range(1, groups + 1))
    for sharing in found.sharing:
        assert sharing.p_value <= 0.002
        assert sharing.overlap > 1.5 * sharing.random > 0


def test_no_sharing_where_targets_are_drawn_at_random():
    profiles, _ = planted(3)
    random = np.random.default_rng(2)
    targets = [set(random.choice(200, 20, replace=False).tolist()) for _ in profiles.names]
    found = cluster_mirnas(Profiles(profiles.names, profiles.pairs, profiles.changes, targets, NAMES), 3, 1)
    assert found.sharing[-1].p_value > 0.01
    assert found.sharing[-1].overlap == pytest.approx(found.sharing[-1].random, rel=0.1)


def test_random_clusters_have_as_many_targets():
    """miRNAs with many targets are one cluster: they share more, but not more than others with many would."""
    random = np.random.default_rng(5)
    profiles, _ = planted(2, 30)
    many = np.array(profiles.names) >= "m30"  # half of either cluster
    sizes = np.where(many, 80, 10)
    targets = [set(random.choice(100, size, replace=False).tolist()) for size in sizes]
    found = cluster_mirnas(Profiles(profiles.names, profiles.pairs, profiles.changes, targets, NAMES), 2, 1)
    assert all(sharing.p_value > 0.01 for sharing in found.sharing)
    # as a cluster of their own
    swapped = np.concatenate([np.flatnonzero(many), np.flatnonzero(~many)])
    order = np.argsort(np.arange(60) % 2, kind="stable")
    changes = np.empty_like(profiles.changes)
    changes[swapped] = profiles.changes[order]
    found = cluster_mirnas(Profiles(profiles.names, profiles.pairs, changes, targets, NAMES), 2, 1)
    assert {tuple(found.of_mirna[many].tolist()), tuple(found.of_mirna[~many].tolist())} == {(1,) * 30, (2,) * 30}
    for sharing in found.sharing:
        assert (sharing.random, sharing.p_value) == (pytest.approx(sharing.overlap), 1)


def test_sharing_by_hand():
    profiles, _ = planted(2, 2, 0.01)  # m00 and m02 belong together, m01 and m03
    targets = [{1, 2, 3, 4}, {5, 6}, {3, 4}, {6, 7, 1}]
    found = cluster_mirnas(Profiles(profiles.names, profiles.pairs, profiles.changes, targets, NAMES), 2, 1)
    rows = [dict(zip(CLUSTER_COLUMNS, row, strict=True)) for row in cluster_rows(found)]
    assert [row["mirna_ids"] for row in rows] == ["m00,m02", "m01,m03", "."]
    assert [(row["targets"], row["shared_targets"]) for row in rows] == [("4", "2"), ("4", "1"), ("7", "4")]
    assert [row["mean_overlap"] for row in rows] == ["1.0000", "0.5000", "0.7500"]
    assert [dict(zip(TARGET_COLUMNS, row, strict=True)) for row in target_rows(found)] == [
        {"cluster": "1", "target_id": "t3", "mirnas": "2", "mirna_ids": "m00,m02"},
        {"cluster": "1", "target_id": "t4", "mirnas": "2", "mirna_ids": "m00,m02"},
        {"cluster": "2", "target_id": "t6", "mirnas": "2", "mirna_ids": "m01,m03"},
    ]
    # there are three ways to halve four miRNAs
    overlaps = target_overlaps(targets)
    ways = [((0, 2), (1, 3)), ((0, 1), (2, 3)), ((0, 3), (1, 2))]
    expected = np.mean([(overlaps[a] + overlaps[b]) / 2 for a, b in ways])
    assert float(rows[2]["random_overlap"]) == pytest.approx(expected, abs=0.03)
    assert float(rows[2]["p_value"]) == pytest.approx(1 / 3, abs=0.05)


def test_linkage_by_hand():
    places = np.array([0.0, 10, 1, 12, 30])
    tree = average_linkage(np.abs(places[:, None] - places))
    assert tree[:, 2].tolist() == [1, 2, 10.5, 24.25]
    assert [cut(tree, 5, count).tolist() for count in (1, 2, 3, 5)] == [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 1, 0, 1, 2],
        [0, 1, 2, 3, 4],
    ]
    assert _leaves(tree, 5).tolist() == [0, 2, 1, 3, 4]


def test_linkage_with_equal_distances():
    for n in (0, 1, 2, 3, 7, 20):
        tree = average_linkage(np.ones((n, n)) - np.eye(n))
        assert len(tree) == max(n - 1, 0)
        assert set(cut(tree, n, 1).tolist()) == ({0} if n else set())
        assert len(set(cut(tree, n, n).tolist())) == n
        assert sorted(_leaves(tree, n).tolist()) == list(range(n))


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 20), st.integers(2, 3), st.integers(0, 1000))
def test_silhouettes_equal_scikit_learn(n, count, seed):
    random = np.random.default_rng(seed)
    distances = squareform(random.random(n * (n - 1) // 2))
    clusters = np.concatenate([np.arange(count), random.integers(0, count, n - count)]) + 1
    expected = silhouette_samples(distances, clusters, metric="precomputed")
    assert np.allclose(silhouettes(distances, clusters), expected)


def test_distances_are_correlations_over_common_windows():
    random = np.random.default_rng(3)
    changes = random.normal(0, 1, (6, 27))
    changes[1, 15:] = np.nan
    changes[2, 3:] = np.nan  # three windows: too few
    changes[3] = 0.5  # flat
    changes[4] = -2 * changes[0] + 1
    found = profile_distances(changes)
    assert np.allclose(found, found.T)
    assert not found.diagonal().any()
    assert found[0, 1] == pytest.approx(1 - np.corrcoef(changes[0, :15], changes[1, :15])[0, 1])
    assert found[0, 5] == pytest.approx(1 - np.corrcoef(changes[0], changes[5])[0, 1])
    assert found[0, 4] == pytest.approx(2)
    assert set(found[[2, 3]][:, [0, 1, 4, 5]].ravel().tolist()) == {1}


def test_profiles_are_means_by_mirna():
    random = np.random.default_rng(4)
    pairs = [Pair("A", "C", f"m{number % 4}", f"t{number % 7}", 1) for number in range(90)]
    table = random.normal(0, 1, (90, 27))
    table[::5, 20:] = np.nan
    chosen = random.random(90) < 0.6
    sums = ProfileSums(4)
    for part in (slice(0, 50), slice(50, 90)):
        masked = MaskedPairs(tuple(pairs[part]), np.zeros(len(pairs[part])), {"mirna": table[part]})
        sums.add(masked, chosen[part])
    dropped = Counter()
    counts = [sum(chosen[number::4]) for number in range(4)]
    found = sums.profiles(sorted(counts)[1], dropped)
    kept = [number for number in range(4) if counts[number] >= sorted(counts)[1]]
    assert dropped == {"mirnas_with_too_few_pairs": 4 - len(kept)}
    assert found.names == [f"m{number}" for number in kept]
    assert found.pairs == [counts[number] for number in kept]
    for row, targets, number in zip(found.changes, found.targets, kept, strict=True):
        own = [at for at in range(number, 90, 4) if chosen[at]]
        assert np.allclose(row, np.nanmean(table[own], axis=0))
        assert sorted(found.target_names[target] for target in targets) == sorted({f"t{at % 7}" for at in own})


def test_the_most_frequent_mirnas_are_kept(monkeypatch):
    monkeypatch.setattr("mirtools.interpretation.profiles.MOST_MIRNAS", 2)
    names = ["a", "b", "b", "c", "c", "c", "d", "d"]
    masked = MaskedPairs(
        tuple(Pair("A", "C", n, "t", 1) for n in names), np.zeros(8), {"mirna": np.zeros((8, 27))}
    )
    sums = ProfileSums(4)
    sums.add(masked, np.ones(8, bool))
    dropped = Counter()
    assert sums.profiles(1, dropped).names == ["b", "c"]
    assert dropped == {"mirnas_beyond_the_limit": 2}


@pytest.mark.parametrize("count", [None, 1, 5])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_mirnas(n, count):
    profiles, _ = planted(3, 1)
    few = Profiles(profiles.names[:n], profiles.pairs[:n], profiles.changes[:n], profiles.targets[:n], NAMES)
    found = cluster_mirnas(few, count, 1)
    assert found.count == min(n, {None: 1 if n < 3 else 2}.get(count, count))
    rows = list(mirna_rows(found))
    assert len(rows) == n
    assert all(len(row) == len(MIRNA_COLUMNS) for row in rows)
    assert len(list(cluster_rows(found))) == (found.count + 1 if n else 0)
