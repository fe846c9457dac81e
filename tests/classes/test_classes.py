"""Classes of interactions: planted classes are found, names follow the rule, the order of rows has no effect."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from mirtools.classes.agreement import adjusted_rand_index, both_known, cross_rows, cross_table
from mirtools.classes.classify import (
    CHOICE_COLUMNS,
    SUMMARY_COLUMNS,
    ClassOptions,
    centre_of_mass,
    choice_rows,
    class_names,
    classify,
    kind_of,
    read_classes,
    summary_rows,
)
from mirtools.classes.cofold import all_paired_bases, joined_bases, paired_bases
from mirtools.classes.kmeans import Points, distinct, k_means, try_numbers
from mirtools.classes.vectors import VectorList, Vectors, read_numbers, scaled

FIVE = ClassOptions(5, None, "row", 20, 1)
KINDS = ["seed", "relaxed_seed", "middle", "3p", "distributed"]


def shape(**weights):
    """A profile of 20 bases: base or range of bases to weight."""
    profile = np.zeros(20)
    for bases, weight in weights.items():
        first, _, last = bases.strip("b").partition("_")
        profile[int(first) - 1 : int(last or first)] = weight
    return profile


SHAPES = {
    "seed": shape(b2_8=1),
    "relaxed_seed": shape(b2_8=0.8, b9_12=0.75),
    "middle": shape(b8_13=1),
    "3p": shape(b13_20=1),
    "distributed": shape(b1_20=0.5),
}


def planted(count=400, noise=0.08, seed=1):
    """Return rows around the five profiles, with values that differ a hundredfold, and their classes."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 5, count)
    rows = np.array([SHAPES[KINDS[kind]] for kind in truth]) + noise * random.normal(0, 1, (count, 20))
    return Vectors(rows * 10 ** random.uniform(-2, 0, (count, 1)), np.ones(count, bool)), truth


# ---- vectors ------------------------------------------------------------------------------------------------


def test_vectors_are_of_one_length():
    vectors = VectorList(5)
    for numbers in ([1, 2], [1, 2, 3, 4, 5, 6, 7], None, [0, -1], [-0.0, 2], [0, 0, 0, 0, 0, 9]):
        vectors.add(numbers)
    found = vectors.vectors()
    assert found.values.tolist() == [[1, 2, 0, 0, 0], [1, 2, 3, 4, 5], [0] * 5, [0] * 5, [0, 2, 0, 0, 0], [0] * 5]
    assert found.known.tolist() == [True, True, False, False, True, False]
    assert not np.signbit(found.values).any()
    assert VectorList(5).vectors().values.shape == (0, 5)


@pytest.mark.parametrize("cell", ["", "."])
def test_no_numbers(cell):
    assert read_numbers(cell, "x") is None


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1,a,2", "'a' at position 2"),
        ("1,", "'' at position 2"),
        ("nan", "'nan' at position 1"),
        ("1,2,inf", "'inf' at position 3"),
        ("1e200", "'1e200'"),
        ("1;2", "'1;2'"),
        ("1,.", "'.' at position 2"),
    ],
)
def test_bad_numbers(cell, words):
    with pytest.raises(ValueError, match="is not a number; give numbers separated by commas") as error:
        read_numbers(cell, "x")
    assert words in str(error.value)


def test_scales():
    values = np.array([[1.0, -4.0], [0.0, 0.0], [1e-3, 0.0]])
    assert scaled(values, "row").tolist() == [[0.25, -1], [0, 0], [1, 0]]
    assert scaled(values, "none") is values


# ---- k-means ------------------------------------------------------------------------------------------------


def test_planted_classes_are_found_exactly():
    vectors, truth = planted()
    found = classify("importance", vectors, FIVE)
    assert sorted(found.classes.names) == sorted(KINDS)
    assert [found.label(number) for number in found.members.numbers] == [KINDS[kind] for kind in truth]
    masses = [centre_of_mass(centre) for centre in found.classes.centres]
    assert masses == sorted(masses)
    assert found.classes.names[0] == "seed"
    assert found.classes.names[-1] == "3p"
    assert found.members.silhouettes.min() > 0


def test_without_scaling_size_decides():
    vectors, truth = planted()
    found = classify("importance", vectors, ClassOptions(5, None, "none", 20, 1))
    assert adjusted_rand_score(truth, found.members.numbers) < 0.5


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_as_good_as_scikit_learn(k):
    values = np.random.default_rng(k).random((500, 20)) ** 3
    # its threads are slow with so few rows
    with threadpool_limits(1):
        peer = KMeans(k, n_init=20, random_state=1).fit(values)
    assert k_means(distinct(values), k, 1).inertia <= peer.inertia_ * 1.005


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 25), st.just(3)), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    st.integers(1, 6),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_has_no_effect(values, k, random):
    order = list(range(len(values)))
    random.shuffle(order)
    wanted = ClassOptions(k, None, "none", 3, 1)
    vectors = Vectors(values, values.max(1) > 0)
    shuffled = Vectors(values[order], vectors.known[order])
    first, second = classify("importance", vectors, wanted), classify("importance", shuffled, wanted)
    assert first.classes.centres.tobytes() == second.classes.centres.tobytes()
    assert first.members.numbers[order].tolist() == second.members.numbers.tolist()
    # every row is in the nearest class, and every centre is the mean of its rows
    assert len(first.classes.names) == min(k, len(np.unique(values[vectors.known], axis=0)))
    known = np.flatnonzero(vectors.known)
    for row in known:
        distances = np.sqrt(((first.classes.centres - values[row]) ** 2).sum(1))
        assert distances[first.members.numbers[row] - 1] == distances.min() == first.members.distances[row]
    assert ((first.members.numbers > 0) == vectors.known).all()


def test_weights_are_as_good_as_copies():
    values = np.random.default_rng(1).random((40, 4))
    weights = np.random.default_rng(2).integers(1, 5, 40)
    points = distinct(np.repeat(values, weights, axis=0))
    assert points.weights.sum() == weights.sum()
    assert len(points.values) == 40
    heavy = Points(np.array([[0.0], [1.0], [2.0]]), np.array([1, 1, 98]))
    assert k_means(heavy, 1, 1).centres[0, 0] == pytest.approx(1.97)
    assert k_means(heavy, 2, 1).inertia == pytest.approx(0.5)


def test_starts_are_tried_on_a_sample_of_many(monkeypatch):
    values = np.random.default_rng(1).random((3000, 20)) ** 3
    whole = k_means(distinct(values), 5, 1)
    monkeypatch.setattr("mirtools.classes.kmeans.START_SAMPLE", 500)
    sampled = k_means(distinct(values), 5, 1)
    assert len(sampled.members) == 3000
    assert sampled.inertia <= whole.inertia * 1.005
    assert k_means(distinct(values[::-1]), 5, 1).centres.tobytes() == sampled.centres.tobytes()
    vectors, truth = planted(2000)
    found = classify("importance", vectors, FIVE)
    assert [found.label(number) for number in found.members.numbers] == [KINDS[kind] for kind in truth]


def test_seeds_can_be_chosen():
    values = np.random.default_rng(1).random((300, 20))
    assert k_means(distinct(values), 5, 1, starts=1).inertia != k_means(distinct(values), 5, 2, starts=1).inertia
    assert k_means(distinct(values), 5, 3).centres.tobytes() == k_means(distinct(values), 5, 3).centres.tobytes()


def test_fewer_rows_than_classes():
    vectors = Vectors(np.eye(20)[:3], np.ones(3, bool))
    found = classify("importance", vectors, FIVE)
    assert found.members.numbers.tolist() == [1, 2, 3]
    assert found.members.distances.tolist() == [0, 0, 0]
    one = classify("importance", Vectors(np.ones((4, 20)), np.ones(4, bool)), FIVE)
    assert one.members.numbers.tolist() == [1] * 4
    assert np.isnan(one.members.silhouettes).all()


@pytest.mark.parametrize("rows", [0, 3])
def test_no_alignments(rows):
    found = classify("importance", Vectors(np.zeros((rows, 20)), np.zeros(rows, bool)), FIVE)
    assert found.members.numbers.tolist() == [0] * rows
    assert found.classes.names == []
    table = list(summary_rows(found))
    assert [row[2:5] for row in table] == ([[".", "no_alignment", "3"]] if rows else [])


def test_the_number_of_classes_is_that_of_the_best_silhouette():
    vectors, truth = planted(300, 0.05)
    found = classify("importance", vectors, ClassOptions(5, range(2, 9), "row", 20, 1))
    assert len(found.classes.names) == 5
    assert [choice.k for choice in found.choices] == list(range(2, 9))
    inertias = [choice.inertia for choice in found.choices]
    assert inertias == sorted(inertias, reverse=True)
    known = next(choice for choice in found.choices if choice.k == 5)
    assert known.silhouette == pytest.approx(silhouette_score(scaled(vectors.values, "row"), truth))
    rows = list(choice_rows(found))
    assert [len(row) for row in rows] == [len(CHOICE_COLUMNS)] * 7
    assert [row[-1] for row in rows] == ["0", "0", "0", "1", "0", "0", "0"]


def test_large_sets_are_sampled(monkeypatch):
    monkeypatch.setattr("mirtools.classes.kmeans.SILHOUETTE_SAMPLE", 150)
    vectors, _ = planted(400, 0.05)
    choices = try_numbers(distinct(scaled(vectors.values, "row")), [4, 5, 6], 1)
    assert max(choices, key=lambda choice: choice.silhouette).k == 5
    # there cannot be more classes than distinct points
    assert [choice.k for choice in try_numbers(distinct(np.eye(3)), range(2, 9), 1)] == [2, 3]
    assert try_numbers(distinct(np.ones((3, 3))), range(2, 9), 1) == []
    some = classify(
        "importance", Vectors(np.ones((3, 20)), np.ones(3, bool)), ClassOptions(5, range(2, 4), "row", 20, 1)
    )
    assert (some.classes.names, some.choices) == (["distributed"], [])


# ---- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("centre", "kind"),
    [
        *[(profile, kind) for kind, profile in SHAPES.items()],
        (np.zeros(20), "distributed"),
        (shape(b1=1), "distributed"),
        # the profiles of k-means on 128 published matrices, to one decimal
        (
            [0.2, 0.6, 0.7, 0.7, 0.7, 0.5, 0.4, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 0.1, 0.1, 0.1],
            "seed",
        ),
        (
            [0.1, 0.1, 0.3, 0.4, 0.5, 0.7, 0.9, 0.6, 0.5, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0, 0.1, 0.1, 0, 0],
            "relaxed_seed",
        ),
        (
            [0, 0.2, 0.2, 0.1, 0.1, 0.2, 0.2, 0.4, 0.7, 0.8, 0.7, 0.6, 0.5, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1],
            "middle",
        ),
        ([0, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.2, 0.4, 0.4, 0.5, 0.6, 0.9, 0.7, 0.6, 0.6, 0.5, 0.3], "3p"),
        # seed: exactly two thirds, and a little less
        (shape(b2_8=2 / 7, b13=1), "seed"),
        (shape(b2_8=2 / 7, b13=1.01), "relaxed_seed"),
        # dense: exactly 1.5 times the mean, and a little less: 0.3 of the weight on 4 of 20 bases
        (shape(b9_12=0.3 / 4, b2_8=0.35 / 7, b13_20=0.35 / 8), "middle"),
        (shape(b9_12=0.299 / 4, b2_8=0.35 / 7, b13_20=0.351 / 8), "distributed"),
        # bases 8 and 9 are in different regions
        (shape(b8=1), "seed"),
        (shape(b9=1), "middle"),
        (shape(b12=1), "middle"),
        (shape(b13=1), "3p"),
        (shape(b1=1, b2=1), "distributed"),
        # negative importances have no weight
        (shape(b2_8=1, b13_20=-5), "seed"),
        (-np.ones(20), "distributed"),
        # other lengths
        ([1.0], "distributed"),
        ([0.0, 1.0], "seed"),
        ([0.0] * 8 + [1.0] * 2, "middle"),
        ([0.0] * 20 + [1.0] * 10, "3p"),
    ],
)
def test_names_follow_the_rule(centre, kind):
    assert kind_of(np.array(centre)) == kind
    # the size of importances does not matter
    assert kind_of(1e-4 * np.array(centre)) == kind


def test_classes_of_one_kind_are_numbered():
    centres = [SHAPES[kind] for kind in ("seed", "3p", "middle", "3p", "seed", "3p")]
    assert class_names(centres) == ["seed_1", "3p_1", "middle", "3p_2", "seed_2", "3p_3"]


def test_centres_of_mass():
    assert centre_of_mass(shape(b3=1, b5=1)) == 4
    assert centre_of_mass(shape(b3=1, b5=3, b20=-7)) == 4.5
    assert centre_of_mass(np.zeros(20)) == 0


# ---- writing and reading summaries ---------------------------------------------------------------------------


def test_summary_adds_up_and_is_read_back(tmp_path):
    vectors, _ = planted(100)
    values = np.vstack([vectors.values, np.zeros((3, 20))])
    vectors = Vectors(values, np.append(vectors.known, [False] * 3))
    found = classify("importance", vectors, FIVE)
    rows = [dict(zip(SUMMARY_COLUMNS, row, strict=True)) for row in summary_rows(found)]
    assert [row["binding_class"] for row in rows] == ["1", "2", "3", "4", "5", "."]
    assert sum(int(row["rows"]) for row in rows) == 103
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1, abs=1e-3)
    for number, row in enumerate(rows[:5], 1):
        own = found.known(number)
        means = [float(cell) for cell in row["mean_importance"].split(",")]
        assert means == pytest.approx(values[own].mean(0).tolist(), abs=1e-6)
        centre = [float(cell) for cell in row["centre"].split(",")]
        assert centre == pytest.approx(scaled(values[own], "row").mean(0).tolist(), abs=1e-6)
        assert float(row["share_seed"]) == pytest.approx(
            sum(c for c in centre[1:8] if c > 0) / sum(c for c in centre if c > 0), abs=1e-3
        )
    path = tmp_path / "summary.tsv"
    path.write_text("\n".join("\t".join(row) for row in [SUMMARY_COLUMNS, *summary_rows(found)]) + "\n")
    (again,) = read_classes(str(path)).values()
    assert again.names == found.classes.names
    assert again.centres.tobytes() == found.classes.centres.tobytes()
    members = again.assign(vectors)
    assert members.numbers.tolist() == found.members.numbers.tolist()
    assert members.distances.tobytes() == found.members.distances.tobytes()


# ---- folding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("structure", "length", "bases"),
    [
        ("....", 2, "00"),
        ("(())", 2, "11"),
        ("(.)().(..)", 6, "000000"),
        ("((.).)", 3, "110"),
        ("((.)(.))", 5, "10001"),
        ("(..(.)).", 4, "1001"),
    ],
)
def test_only_pairs_with_the_site_count(structure, length, bases):
    assert joined_bases(structure, length) == bases


def test_folded_bases():
    mirna = "TGAGGTAGTAGGTTGTATAGTT"
    seed_site = "AAAAAAAAAACTACCTCAAAAAAA"
    assert paired_bases(mirna, seed_site) == "1" * 9 + "0" * 13
    # pairs within the miRNA are ignored
    hairpin = "GGGGCCAAAAGGCCCC"
    assert paired_bases(hairpin, "AAAAAAAA").count("1") < 4
    duplexes = [(mirna, seed_site), (hairpin, "AAAA"), (mirna, seed_site)]
    assert list(all_paired_bases(duplexes, 1)) == [paired_bases(*duplex) for duplex in duplexes]
    assert list(all_paired_bases([], 1)) == []


# ---- agreement ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "index"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0], 1.0),
        ([0, 0, 1, 1], [0, 1, 0, 1], -0.5),
        ([0, 0, 1, 2], [0, 0, 1, 1], 4 / 7),
        ([0, 0, 0, 0], [0, 1, 2, 3], 0.0),
        ([0, 0, 0], [0, 0, 0], 1.0),
        ([0, 1, 2], [2, 1, 0], 1.0),
    ],
)
def test_known_adjusted_rand_indices(first, second, index):
    table = cross_table(np.array(first), np.array(second), (max(first) + 1, max(second) + 1))
    assert adjusted_rand_index(table) == pytest.approx(index)


def test_adjusted_rand_index_is_that_of_scikit_learn():
    random = np.random.default_rng(1)
    for _ in range(50):
        first, second = random.integers(0, 5, (2, 60))
        table = cross_table(first, second, (5, 5))
        assert adjusted_rand_index(table) == pytest.approx(adjusted_rand_score(first, second))
    assert np.isnan(adjusted_rand_index(np.zeros((2, 2), np.int64)))
    assert np.isnan(adjusted_rand_index(np.ones((1, 1), np.int64)))


def test_cross_table_counts_every_row():
    vectors, _ = planted(60)
    first = classify("importance", Vectors(vectors.values, np.arange(60) > 1), FIVE)
    second = classify("cofold", Vectors(vectors.values, np.arange(60) < 57), ClassOptions(3, None, "row", 20, 1))
    rows = list(cross_rows(first, second))
    assert sum(int(row[4]) for row in rows) == 60
    assert sum(float(row[5]) for row in rows) <= 60
    assert both_known(first, second).sum() == 55
    assert [row[:4] for row in rows if "." in row[:3]].count([".", "no_alignment", ".", "no_alignment"]) == 0
    assert sum(int(row[4]) for row in rows if row[0] == ".") == 2
