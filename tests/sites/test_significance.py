"""Chance ligation: calibrated on libraries without pairs, with power on planted ones."""

from __future__ import annotations

import numpy as np
import pytest

from mirtools.sites.significance import benjamini_hochberg, significance


def library(draw, reads, guides=200, places=3000, planted=0, planted_reads=0):
    """Return counts (guides, places) of chance ligation, and the pairs that were planted."""
    guide_share = draw.lognormal(0, 2, guides)
    place_share = draw.lognormal(0, 1.5, places)
    chosen = draw.choice(guides * places, planted, replace=False)
    counts = np.zeros((guides, places), int)
    at = (
        draw.choice(guides, reads, p=guide_share / guide_share.sum()),
        draw.choice(places, reads, p=place_share / place_share.sum()),
    )
    np.add.at(counts, at, 1)
    counts.ravel()[chosen] += planted_reads
    return counts, set(chosen.tolist())


def called(counts, q=0.05):
    guides, places = np.nonzero(counts)
    found = significance(counts[guides, places].astype(float), guides, places)
    chosen = found.q_value < q
    return set(np.ravel_multi_index((guides[chosen], places[chosen]), counts.shape).tolist()), chosen.size


def test_libraries_without_pairs_give_hardly_any_site():
    draw = np.random.default_rng(1)
    false, libraries_with = 0, 0
    for _ in range(40):
        counts, _ = library(draw, 20_000)
        found, _ = called(counts)
        false += len(found)
        libraries_with += bool(found)
    # at q 0.05 at most 5 % of libraries without pairs may have a site
    assert libraries_with <= 5
    assert false <= 6


def test_planted_pairs_are_found():
    draw = np.random.default_rng(2)
    counts, planted = library(draw, 20_000, planted=150, planted_reads=8)
    found, _ = called(counts)
    assert len(found & planted) >= 0.85 * len(planted)
    assert len(found & planted) >= 0.95 * len(found)


def test_by_hand():
    # two guides with 6 and 4 of 10 reads, two places with 5 each
    found = significance(np.array([5.0, 1, 4]), np.array([0, 0, 1]), np.array([0, 1, 1]))
    assert found.expected.tolist() == pytest.approx([3, 3, 2])
    assert found.fold.tolist() == pytest.approx([5 / 3, 1 / 3, 2])
    assert found.p_value.tolist() == pytest.approx([0.6**5, 1 - 0.4**5, 5 * 0.4**4 * 0.6 + 0.4**5])
    # of four tests the second smallest p-value decides
    assert found.q_value.tolist() == pytest.approx([found.p_value[2] * 2, 1, found.p_value[2] * 2])


def test_one_guide_alone_says_nothing():
    assert significance(np.array([5.0, 3]), np.array([0, 0]), np.array([0, 1])).p_value.tolist() == [1, 1]
    assert all(column.shape == (0,) for column in significance(np.empty(0), *[np.empty(0, int)] * 2))


def test_q_values_as_scipy_gives_them():
    from scipy.stats import false_discovery_control

    p_values = np.random.default_rng(3).random(50) ** 3
    assert benjamini_hochberg(p_values, 50) == pytest.approx(false_discovery_control(p_values))
    more = np.concatenate([p_values, np.ones(70)])
    assert benjamini_hochberg(p_values, 120) == pytest.approx(false_discovery_control(more)[:50])
