"""AUROC, its interval and the error of chance."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.pairs.ranking import Ranking, area_under_curve

SAMPLES = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=2, max_size=30).filter(
    lambda pairs: len({label for label, _ in pairs}) == 2
)


@given(SAMPLES)
def test_equals_comparing_every_positive_with_every_negative(pairs):
    labels, scores = np.array([a for a, _ in pairs], np.uint8), np.array([b for _, b in pairs], float)
    comparisons = [
        (a > b) + 0.5 * (a == b) for a, b in itertools.product(scores[labels == 1], scores[labels == 0])
    ]
    area = area_under_curve(labels, scores)
    assert area.auroc == pytest.approx(np.mean(comparisons))
    assert area.auroc == pytest.approx(Ranking(labels, scores).figures()[0])
    assert 0 <= area.low <= area.auroc <= area.high <= 1
    turned = area_under_curve(labels, -scores)
    assert turned.auroc == pytest.approx(1 - area.auroc)
    assert turned.low == pytest.approx(1 - area.high)


def test_strata_compare_their_own_alone():
    labels, scores = np.array([1, 0, 1, 0, 0, 1], np.uint8), np.array([1.0, 2, 9, 8, 7, 20])
    strata = np.array([0, 0, 1, 1, 1, 2])
    area = area_under_curve(labels, scores, strata)
    assert area.auroc == pytest.approx(2 / 3)  # none of one comparison, both of two; the last has no other
    chance = [area_under_curve(labels[some], scores[some]).chance_error for some in (strata == 0, strata == 1)]
    assert area.chance_error == pytest.approx(((chance[0] * 1) ** 2 + (chance[1] * 2) ** 2) ** 0.5 / 3)
    assert area_under_curve(labels, scores, np.zeros(6)) == area_under_curve(labels, scores)


def test_error_of_chance_is_that_of_all_orders():
    scores = np.arange(7.0)
    aurocs = []
    for positives in itertools.combinations(range(7), 3):
        labels = np.isin(np.arange(7), positives).astype(np.uint8)
        area = area_under_curve(labels, scores)
        aurocs.append(area.auroc)
    assert area.chance_error == pytest.approx(np.std(aurocs))


def test_intervals_hold_the_truth_as_often_as_they_say():
    random = np.random.default_rng(1)
    truth, held = 0.7602, 0  # of two normal distributions one standard deviation apart
    labels = np.repeat([1, 0], [60, 90]).astype(np.uint8)
    for _ in range(500):
        area = area_under_curve(labels, random.normal(size=150) + labels)
        held += area.low <= truth <= area.high
    assert 0.92 <= held / 500 <= 0.975
