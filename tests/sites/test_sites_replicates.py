"""Irreproducible discovery rates: simulations with known truth, and what results must not depend on."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from mirtools.sites.replicates import FEWEST_SITES, irreproducible_rates, rank_correlations

# share, mean, variance and correlation of reproducible sites; those of Li et al. 2011, section 3, first
TYPICAL, RARE, LOOSE = (0.65, 2.5, 1, 0.84), (0.05, 2.5, 1, 0.84), (0.5, 2, 1, 0.4)


def simulated(sites, replicates, model, seed, as_counts=True):
    """Return which sites are reproducible, and counts (most of them small) or continuous values."""
    random = np.random.default_rng(seed)
    share, mean, variance, correlation = model
    reproducible = random.random(sites) < share
    common, own = random.normal(size=(sites, 1)), random.normal(size=(sites, replicates))
    mixed = mean + np.sqrt(variance) * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)
    values = np.where(reproducible[:, None], mixed, own)
    return reproducible, np.floor(1 + 3 * np.exp(0.9 * values)) if as_counts else np.exp(values)


@pytest.mark.parametrize("as_counts", [True, False])
@pytest.mark.parametrize(
    ("replicates", "model", "power"),
    [
        (2, TYPICAL, 0.94),
        (3, TYPICAL, 0.97),
        (4, TYPICAL, 0.98),
        (2, RARE, 0.68),
        (3, RARE, 0.83),
        (4, RARE, 0.90),
        (2, LOOSE, 0.80),
        (4, LOOSE, 0.92),
    ],
)
def test_as_few_irreproducible_sites_as_promised(replicates, model, power, as_counts):
    """Of the sites with an IDR below 0.05, about 5 % are irreproducible, for any number of replicates."""
    reproducible, values = simulated(5000, replicates, model, 7, as_counts)
    chosen = irreproducible_rates(values) < 0.05
    wrong = (chosen & ~reproducible).sum() / chosen.sum()
    # three standard errors of a share of 0.05
    assert wrong <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / chosen.sum())
    assert (chosen & reproducible).sum() / reproducible.sum() >= power


def test_few_sites_keep_the_promise():
    wrong = chosen = 0
    for seed in range(10):
        reproducible, values = simulated(60, 2, (0.5, 2.5, 1, 0.84), seed)
        below = irreproducible_rates(values) < 0.05
        wrong, chosen = wrong + (below & ~reproducible).sum(), chosen + below.sum()
    assert chosen > 200
    assert wrong / chosen <= 0.08


def test_order_of_sites_and_of_replicates_has_no_effect():
    random = np.random.default_rng(2)
    _, counts = simulated(1000, 3, TYPICAL, 3)
    counts[:100, 0] = 0
    rates = irreproducible_rates(counts)
    for columns in ([0, 1, 2], [2, 0, 1], [1, 0, 2]):
        rows = random.permutation(1000)
        assert np.array_equal(irreproducible_rates(counts[rows][:, columns]), rates[rows], equal_nan=True)
    # sites with the same counts have the same rate
    _, first, group = np.unique(counts, axis=0, return_index=True, return_inverse=True)
    assert np.array_equal(rates[first][group], rates, equal_nan=True)


def test_more_sites_than_are_fitted():
    """Parameters are estimated from a part of 50,000 sites."""
    reproducible, counts = simulated(50_000, 4, TYPICAL, 5)
    chosen = irreproducible_rates(counts) < 0.05
    assert (chosen & ~reproducible).sum() / chosen.sum() == pytest.approx(0.05, abs=0.01)
    assert (chosen & reproducible).sum() / reproducible.sum() > 0.98


def test_perfect_replicates():
    values = np.random.default_rng(4).lognormal(1, 1.5, 2000)
    assert irreproducible_rates(np.column_stack([values, values, values])).max() < 1e-3
    # ranks of ties are random: sites with a read in each replicate show nothing, those with ten do
    counts = np.floor(1 + values)
    rates = irreproducible_rates(np.column_stack([counts, counts]))
    assert rates[counts == 1].min() > 0.2
    assert rates[counts >= 5].max() < 0.01


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(6).lognormal(size=(2000, 2)),
        np.random.default_rng(6).poisson(1, (5000, 3)) + 1.0,
        np.ones((500, 2)),
        np.tile([[1e300, 1e-300]], (60, 1)),
    ],
)
def test_independent_replicates_reproduce_nothing(values):
    assert (irreproducible_rates(values) == 1).all()


def test_sites_that_a_replicate_lacks_and_too_few_sites():
    _, counts = simulated(200, 2, TYPICAL, 8)
    counts[3, 1] = 0
    counts[5, 0] = np.nan
    rates = irreproducible_rates(counts)
    assert np.flatnonzero(np.isnan(rates)).tolist() == [3, 5]
    assert irreproducible_rates(counts[10 : 10 + FEWEST_SITES]).min() >= 0
    assert np.isnan(irreproducible_rates(counts[10 : 9 + FEWEST_SITES])).all()
    assert np.isnan(irreproducible_rates(counts[:, :1])).all()
    assert irreproducible_rates(np.empty((0, 2))).shape == (0,)


def test_rank_correlations_of_samples():
    random = np.random.default_rng(9)
    counts = random.poisson(random.lognormal(1, 1, (300, 1)), (300, 4)).astype(float)
    counts[:, 3] = 0
    counts[:2, 3] = 5
    found = rank_correlations(counts)
    for one in range(3):
        for other in range(3):
            shared = (counts[:, one] > 0) & (counts[:, other] > 0)
            expected = spearmanr(counts[shared, one], counts[shared, other]).statistic
            assert found[one, other] == pytest.approx(expected)
    assert np.isnan(found[3]).all()
    constant = np.column_stack([np.ones(5), np.arange(1.0, 6)])
    assert np.isnan(rank_correlations(constant)).tolist() == [[True, True], [True, False]]
