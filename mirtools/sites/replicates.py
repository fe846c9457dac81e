"""Which sites replicates reproduce: irreproducible discovery rates, and rank correlations of samples.

The model is the copula mixture of Li, Brown, Huang and Bickel (2011, Annals of Applied Statistics 5:1752-1779,
section 2.2), here for any number of replicates. Each site is reproducible with probability ``p``. The counts of a
reproducible site come, by an unknown increasing transformation for each replicate, from normal values with mean
``mu``, variance ``sigma2`` and the same correlation ``rho`` between any two replicates; those of an irreproducible
site from independent standard normal values. Only ranks are used.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

# sites that four parameters need: with 20, an IDR of 0.05 holds 15 % irreproducible sites; with 60, 5 %
FEWEST_SITES = 50
_STARTS = (0.2, 0.5, 0.8)  # share of reproducible sites
_STEPS = 200
_ENOUGH = 1e-6  # change of the log-likelihood per site
# sites that the parameters are estimated from; more change them by less than a hundredth
_MOST_FITTED = 10_000
# gain in log-likelihood below which replicates may as well be independent (chi-squared of 4, p 0.001, halved)
_LEAST_GAIN = 9.2
_GRID = 2000
_HIGHEST_RHO = 0.999
_SEED = 20


class _Mixture(NamedTuple):
    """The parameters: share, mean, variance and correlation of reproducible sites."""

    p: float
    mu: float
    sigma2: float
    rho: float


def irreproducible_rates(counts: Floats) -> Floats:
    """Return the global irreproducible discovery rate (IDR) of every site.

    The IDR of a site is the expected share of irreproducible sites among those that are at least as reproducible
    (Li et al., section 2.3). Equal counts of a replicate are ranked at random with a fixed seed, and sites with
    the same counts get the mean of their local rates. Results therefore depend neither on the order of sites nor
    on that of replicates.

    Parameters
    ----------
    counts : array of float64, shape (sites, replicates)
        Reads, or any other values of which larger ones are stronger evidence; 0 or NaN: the replicate does not
        have the site.

    Returns
    -------
    array of float64, shape (sites,)
        From 0 to 1. NaN for sites that a replicate does not have, and for all sites if there are fewer than two
        replicates or fewer than ``FEWEST_SITES`` sites that all replicates have.
    """
    counts = np.asarray(counts, np.float64)
    rates = np.full(len(counts), np.nan)
    complete = np.flatnonzero((counts > 0).all(axis=1)) if counts.size else np.empty(0, np.intp)
    if counts.shape[1] < 2 or len(complete) < FEWEST_SITES:
        return rates
    rows, columns = _canonical_order(counts[complete])
    ordered = counts[complete][rows][:, columns]
    uniform = _ranks(ordered) / (len(ordered) + 1)
    local = _mean_of_equal(ordered, _local_rates(uniform))
    rates[complete[rows]] = _global_rates(local)
    return rates


def rank_correlations(counts: Floats) -> Floats:
    """Return Spearman's correlation of the counts of any two samples, over the sites that both have.

    Parameters
    ----------
    counts : array of float64, shape (sites, samples)
        0 or NaN: the sample does not have the site.

    Returns
    -------
    array of float64, shape (samples, samples)
        NaN for two samples that share fewer than three sites, or if one has the same count at all of them.
    """
    from scipy.stats import rankdata

    counts = np.asarray(counts, np.float64)
    samples = counts.shape[1]
    found = np.full((samples, samples), np.nan)
    for one in range(samples):
        for other in range(one, samples):
            shared = (counts[:, one] > 0) & (counts[:, other] > 0)
            if shared.sum() < 3:
                continue
            ranks = rankdata(counts[shared][:, [one, other]], axis=0)
            ranks -= ranks.mean(axis=0)
            norms = np.sqrt((ranks**2).sum(axis=0))
            if norms.all():
                value = float(ranks[:, 0] @ ranks[:, 1] / (norms[0] * norms[1]))
                found[one, other] = found[other, one] = min(max(value, -1.0), 1.0)
    return found


def _canonical_order(counts: Floats) -> tuple[Ints, Ints]:
    """Return an order of sites and one of replicates that depend on the counts only, not on the order given.

    Sites with the same counts in another order of replicates have the same key. Replicates are compared by their
    counts, sites in the order of their keys.
    """
    keys = np.sort(counts, axis=1)
    by_key = np.lexsort(keys.T[::-1])
    changes = (keys[by_key][1:] != keys[by_key][:-1]).any(axis=1)
    group = np.empty(len(counts), np.intp)
    group[by_key] = np.concatenate([[0], np.cumsum(changes)])
    profiles = [tuple(column[np.lexsort((column, group))]) for column in counts.T]
    columns = np.array(sorted(range(len(profiles)), key=profiles.__getitem__), np.intp)
    rows = np.lexsort([*counts[:, columns].T[::-1], group])
    return rows, columns


def _ranks(counts: Floats) -> Floats:
    """Return ranks from 1 in each column; equal counts in random order."""
    random = np.random.default_rng(_SEED)
    ranks = np.empty(counts.shape)
    for column in range(counts.shape[1]):
        order = np.lexsort((random.random(len(counts)), counts[:, column]))
        ranks[order, column] = np.arange(1, len(counts) + 1)
    return ranks


def _mean_of_equal(counts: Floats, values: Floats) -> Floats:
    """Return the mean of the values of equal rows, for each row; equal rows are neighbours."""
    starts = np.concatenate([[True], (counts[1:] != counts[:-1]).any(axis=1)])
    group = np.cumsum(starts) - 1
    return (np.bincount(group, values) / np.bincount(group))[group]


def _global_rates(local: Floats) -> Floats:
    """Return the mean of all local rates that are at most as high, for each site."""
    distinct, group, sizes = np.unique(local, return_inverse=True, return_counts=True)
    return (np.cumsum(distinct * sizes) / np.cumsum(sizes))[group]


def _local_rates(uniform: Floats) -> Floats:
    """Return the probability of each site to be irreproducible, by the best of several starts.

    All are 1 if the replicates are not significantly better described by the mixture than as independent: a
    mixture of two components without correlation fits them as well, with any share.
    """
    fitted = uniform[:: -(-len(uniform) // _MOST_FITTED)]
    fits = [_fit(fitted, start) for start in _STARTS]
    likelihood, mixture = max(fits, key=lambda fit: fit[0])
    if likelihood * len(fitted) < _LEAST_GAIN:
        return np.ones(len(uniform))
    return 1 - _reproducible(_pseudo_values(uniform, mixture), mixture)[0]


def _fit(uniform: Floats, share: float) -> tuple[float, _Mixture]:
    """Return the log-likelihood per site of the copula and the parameters, by expectation-maximisation."""
    mixture = _Mixture(share, 2.0, 1.0, 0.7)
    best = -np.inf, mixture
    before = -np.inf
    for _ in range(_STEPS):
        values = _pseudo_values(uniform, mixture)
        probability, density = _reproducible(values, mixture)
        likelihood = float((density - _marginal_density(values, mixture).sum(axis=1)).mean())
        if likelihood > best[0]:
            best = likelihood, mixture
        if abs(likelihood - before) < _ENOUGH:
            break
        before = likelihood
        mixture = _maximised(values, probability)
    return best


def _maximised(values: Floats, probability: Floats) -> _Mixture:
    """Return the parameters that fit values with these probabilities to be reproducible best."""
    sites, replicates = values.shape
    weight = max(float(probability.sum()), 1e-9)
    mu = max(float(probability @ values.sum(axis=1)) / (replicates * weight), 0.0)
    deviations = values - mu
    squares = (deviations**2).sum(axis=1)
    sigma2 = max(float(probability @ squares) / (replicates * weight), 1e-6)
    products = deviations.sum(axis=1) ** 2 - squares
    rho = float(probability @ products) / (replicates * (replicates - 1) * weight * sigma2)
    share = min(max(weight / sites, 1 / sites), 1 - 1 / sites)
    return _Mixture(share, mu, sigma2, min(max(rho, 0.0), _HIGHEST_RHO))


def _reproducible(values: Floats, mixture: _Mixture) -> tuple[Floats, Floats]:
    """Return the probability of each site to be reproducible, and the log density of its values."""
    one = np.log(mixture.p) + _log_normal(values, mixture.mu, mixture.sigma2, mixture.rho)
    other = np.log1p(-mixture.p) + _log_normal(values, 0.0, 1.0, 0.0)
    both = np.logaddexp(one, other)
    return np.exp(one - both), both


def _log_normal(values: Floats, mu: float, sigma2: float, rho: float) -> Floats:
    """Return the log density of exchangeable normal values, one row per site."""
    replicates = values.shape[1]
    deviations = values - mu
    sums = deviations.sum(axis=1)
    rest = (deviations**2).sum(axis=1) - sums**2 / replicates
    # eigenvalues of the covariance: one for the mean of replicates, one for all differences between them
    common, single = sigma2 * (1 + (replicates - 1) * rho), sigma2 * (1 - rho)
    logs = np.log(2 * np.pi) * replicates + np.log(common) + (replicates - 1) * np.log(single)
    return -0.5 * (logs + sums**2 / (replicates * common) + np.maximum(rest, 0) / single)


def _marginal_density(values: Floats, mixture: _Mixture) -> Floats:
    scale = np.sqrt(mixture.sigma2)
    one = np.log(mixture.p) - 0.5 * ((values - mixture.mu) / scale) ** 2 - np.log(scale)
    other = np.log1p(-mixture.p) - 0.5 * values**2
    return np.logaddexp(one, other) - 0.5 * np.log(2 * np.pi)


def _pseudo_values(uniform: Floats, mixture: _Mixture) -> Floats:
    """Return the values at which the mixture's marginal distribution is ``uniform``, by interpolation."""
    from scipy.special import ndtr

    scale = float(np.sqrt(mixture.sigma2))
    low, high = min(-8.0, mixture.mu - 8 * scale), max(8.0, mixture.mu + 8 * scale)
    grid = np.linspace(low, high, _GRID)
    below = mixture.p * ndtr((grid - mixture.mu) / scale) + (1 - mixture.p) * ndtr(grid)
    return np.interp(uniform, below, grid)
