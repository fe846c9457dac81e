"""Figures under weights against scikit-learn and against copies of pairs; intervals by their promises."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.pairs.grouping import numbered
from mirtools.pairs.ranking import Ranking, decision_figures, group_resamples, interval, resamples


def slow_figures(labels, scores, groups):
    """The same by scikit-learn, group by group."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    aurocs, precisions, sizes = [], [], []
    for group in np.unique(groups):
        members = groups == group
        if 0 < labels[members].sum() < members.sum():
            aurocs.append(roc_auc_score(labels[members], scores[members]))
            precisions.append(average_precision_score(labels[members], scores[members]))
            sizes.append(members.sum())
    if not sizes:
        return float("nan"), float("nan")
    return np.average(aurocs, weights=sizes), np.average(precisions, weights=sizes)


pairs = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-3, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40
)


@settings(deadline=None)
@given(pairs)
def test_figures_equal_those_of_scikit_learn(rows):
    labels, scores, groups, weights = (np.array(column) for column in zip(*rows, strict=True))
    labels, scores = labels.astype(np.uint8), scores.astype(float)
    one = np.zeros(len(labels), np.int64)
    for numbers in (groups, one):
        ranking = Ranking(labels, scores, numbers)
        assert ranking.figures() == pytest.approx(slow_figures(labels, scores, numbers), nan_ok=True)
        # a weight is a number of copies
        copied = [np.repeat(column, weights) for column in (labels, scores, numbers)]
        expected = slow_figures(*copied) if weights.sum() else (float("nan"),) * 2
        assert ranking.figures(weights) == pytest.approx(expected, nan_ok=True)
    assert Ranking(labels, scores).figures() == pytest.approx(Ranking(labels, scores, one).figures(), nan_ok=True)


@settings(deadline=None)
@given(pairs)
def test_every_group_by_itself(rows):
    """The figures of a group are those of its pairs alone; groups without both labels are left out."""
    labels, scores, groups, weights = (np.array(column) for column in zip(*rows, strict=True))
    labels, scores = labels.astype(np.uint8), scores.astype(float)
    expected = []
    for group in np.unique(groups):
        members = np.repeat(groups == group, weights)
        chosen = [np.repeat(column, weights)[members] for column in (labels, scores)]
        if 0 < chosen[0].sum() < len(chosen[0]):
            expected.append((*slow_figures(*chosen, np.zeros(len(chosen[0]))), len(chosen[0])))
    found = list(zip(*Ranking(labels, scores, groups).by_group(weights), strict=True))
    assert len(found) == len(expected)
    assert np.array(found) == pytest.approx(np.array(expected))


def test_groups_by_hand():
    labels, groups = np.array([1, 0, 1, 1, 0, 0], np.uint8), np.array([2, 2, 0, 0, 1, 1])
    aurocs, precisions, sizes = Ranking(labels, np.array([0.1, 0.9, 0.5, 0.4, 0.3, 0.2]), groups).by_group()
    assert (aurocs.tolist(), precisions.tolist(), sizes.tolist()) == ([0], [0.5], [2])
    assert [len(part) for part in Ranking(labels[:0], np.zeros(0), groups[:0]).by_group()] == [0, 0, 0]


def test_samples_of_groups():
    drawn = list(group_resamples(7, 1, 400))
    assert all(counts.shape == (7,) and counts.sum() == 7 for counts in drawn)
    assert np.abs(np.mean(drawn, axis=0) - 1).max() < 0.2
    assert np.array_equal(drawn, list(group_resamples(7, 1, 400)))
    assert not np.array_equal(drawn, list(group_resamples(7, 2, 400)))


def test_unscored_pairs_rank_last_together():
    labels = np.array([1, 0, 1, 0], np.uint8)
    auroc, precision = Ranking(labels, np.array([2.0, 1.0, -np.inf, -np.inf])).figures()
    assert auroc == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert precision == pytest.approx(0.5 * 1 + 0.5 * 0.5)


def test_curves_by_hand():
    hits, false = Ranking(np.array([1, 0, 1, 0], np.uint8), np.array([0.9, 0.5, 0.5, 0.1])).curves()
    assert hits.tolist() == [0, 1, 2, 2]
    assert false.tolist() == [0, 0, 1, 2]


def test_nothing_to_rank():
    nothing = Ranking(np.zeros(0, np.uint8), np.zeros(0))
    assert np.isnan(nothing.figures()).all()
    assert next(resamples(np.zeros(0, np.uint8), 1, 2)).tolist() == []


def test_decisions_by_hand():
    labels = np.array([1, 1, 0, 0, 0], np.uint8)
    called = np.array([True, False, True, False, False])
    assert decision_figures(labels, called) == pytest.approx((0.5, 0.5, 0.5, 2 / 3))
    assert decision_figures(labels, called, np.array([3, 1, 1, 0, 0])) == pytest.approx((0.75, 0.75, 0.75, 0))
    assert decision_figures(labels, np.zeros(5, bool)) == (0, 0, 0, 1)


def test_positives_alone_have_recall_alone():
    figures = decision_figures(np.ones(4, np.uint8), np.array([True, True, True, False]))
    assert figures.recall == 0.75
    assert np.isnan([figures.f1, figures.precision, figures.specificity]).all()


def test_resamples_keep_both_labels_in_number():
    labels = np.array([1] * 30 + [0] * 70, np.uint8)
    drawn = list(resamples(labels, 3, 50))
    assert all((counts[:30].sum(), counts[30:].sum()) == (30, 70) for counts in drawn)
    again = list(resamples(labels, 3, 50))
    assert all((one == two).all() for one, two in zip(drawn, again, strict=True))
    assert any((one != two).any() for one, two in zip(drawn, resamples(labels, 4, 50), strict=True))


def test_clusters_are_drawn_whole():
    labels = np.array([1, 0] * 10, np.uint8)
    clusters = np.repeat(np.arange(5), 4)
    for counts in resamples(labels, 1, 20, clusters):
        assert counts.reshape(5, 4).min(1).tolist() == counts.reshape(5, 4).max(1).tolist()
        assert counts.sum() == 20


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Two normal distributions one deviation apart: AUROC is Phi(1/sqrt(2)) = 0.7602."""
    random = np.random.default_rng(8)
    labels = np.array([1] * 100 + [0] * 100, np.uint8)
    covered = 0
    for seed in range(100):
        ranking = Ranking(labels, random.normal(labels.astype(float)))
        low, high = interval([ranking.figures(counts)[0] for counts in resamples(labels, seed, 300)])
        covered += low <= 0.7602 <= high
    assert 88 <= covered <= 99


def test_interval_of_few_and_none():
    assert np.isnan(interval([])).all()
    assert interval([float("nan"), 0.5]) == (0.5, 0.5)
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))


def test_numbers_of_names():
    assert numbered(["b", "a", "b"]).tolist() == [0, 1, 0]


def test_a_thousand_resamples_of_twenty_thousand_pairs_take_seconds():
    random = np.random.default_rng(2)
    labels = random.integers(0, 2, 20_000).astype(np.uint8)
    scores = random.normal(labels.astype(float))
    pooled, within = Ranking(labels, scores), Ranking(labels, scores, random.integers(0, 300, 20_000))
    start = time.process_time()
    for counts in resamples(labels, 1, 1000):
        pooled.figures(counts)
        within.figures(counts)
    assert time.process_time() - start < 10
