"""Fits the model of repression: weights of features, and the scale of each experiment, by least squares."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from measured import Measured, Windows, own_change_removed
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from mirtools.genes.features import REGION_NAMES, TYPE_FEATURES, Described, design, has_effect
from mirtools.genes.predict import find_sites

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Log affinities of average sites before any data, and how much lower they are elsewhere than in 3'UTRs
_PRIOR = {"8mer": -1.6, "7mer-m8": -2.2, "7mer-A1": -2.8, "6mer": -3.5, "offset-6mer": -4.0}
_LOWER = {"5'UTR": 1.5, "CDS": 1.2, "3'UTR": 0.0}
# Features that a window does not show
_UNSEEN = ("length of", "nearer end", "near stop codon", "near 3' end", "to stop codon", "neighbours")
# What a variance of 1 / _PRECISION is worth, relative to the penalties
_PRECISION = 25.0


class Pairs(NamedTuple):
    """Pairs of a small RNA and an mRNA, with their measured changes and sites.

    Attributes
    ----------
    experiment, target : array of int64, shape (pairs,)
        The target is -1 for a window.
    offset : array of int64, shape (pairs,)
        Pairs with equal numbers have one intercept.
    change, weight : array of float64, shape (pairs,)
    features : sparse matrix, shape (sites, features)
    pair : array of int64, shape (sites,)
    """

    experiment: Ints
    target: Ints
    offset: Ints
    change: Floats
    weight: Floats
    features: csr_matrix
    pair: Ints


class Fit(NamedTuple):
    """Weights of the features, and the scale of each experiment."""

    weights: Floats
    scales: Floats


def feature_matrix(described: Described, names: list[str]) -> csr_matrix:
    """Return the features of sites as a sparse matrix."""
    return csr_matrix(design(described, names))


def pairs_of(measured: Measured, changes: Floats, names: list[str]) -> Pairs:
    """Return all pairs with a measured change; experiments weigh as much as their noise allows."""
    experiments = len(measured.names)
    spread = 1 / np.nanvar(changes, axis=0)
    weights = _PRECISION * np.clip(spread / np.median(spread), 0.3, 3)
    target, experiment = np.nonzero(~np.isnan(changes))
    number = np.full(changes.size, -1)
    number[target * experiments + experiment] = np.arange(len(target))
    found = find_sites(measured.mirnas, measured.targets)
    pair = number[found.sites[:, 1] * experiments + found.sites[:, 0]]
    kept = np.flatnonzero((pair >= 0) & has_effect(found.described.kind, found.described.region))
    described = subset(found.described, kept)
    return Pairs(
        experiment, target, experiment, changes[target, experiment], weights[experiment],
        feature_matrix(described, names), pair[kept],
    )  # fmt: skip


def subset(described: Described, kept: Ints) -> Described:
    """Return some of the sites."""
    per_site = {name: getattr(described, name)[kept] for name in Described._fields[:6]}
    return described._replace(**per_site)


def with_windows(pairs: Pairs, measured: Measured, windows: Windows, names: list[str]) -> Pairs:
    """Return the pairs together with windows in CDS and 3'UTR, as sites of average position.

    The rest of the mRNA of a window is unknown: windows of one experiment and region have an intercept of their
    own.
    """
    found = find_sites(measured.mirnas, windows.targets)
    sites = found.sites
    # the site around which the window was cut, of the small RNA of its experiment
    own = (windows.experiment[sites[:, 1]] == sites[:, 0]) & (sites[:, 2] == 46) & (sites[:, 3] == 0)
    own &= windows.region[sites[:, 1]] > 0
    kept = np.flatnonzero(own)
    window = sites[kept, 1]
    described = subset(found.described, kept)._replace(region=windows.region[window])
    features = feature_matrix(described, names).toarray()
    known = pairs.features.toarray()
    for at, name in enumerate(names):
        if any(part in name for part in _UNSEEN):
            for region in np.unique(described.region).tolist():
                like = known[:, names.index(f"{REGION_NAMES[region]} 8mer")] == 1
                features[described.region == region, at] = known[like, at].mean()
    weight = np.zeros(len(measured.names))
    weight[pairs.experiment] = pairs.weight
    experiment = windows.experiment[window]
    size = len(pairs.change)
    return Pairs(
        np.concatenate([pairs.experiment, experiment]),
        np.concatenate([pairs.target, np.full(len(window), -1)]),
        np.concatenate([pairs.offset, experiment + len(measured.names) * described.region]),
        np.concatenate([pairs.change, windows.changes[window]]),
        np.concatenate([pairs.weight, weight[experiment]]),
        vstack([pairs.features, csr_matrix(features)]).tocsr(),
        np.concatenate([pairs.pair, size + np.arange(len(window))]),
    )


def training_pairs(measured: Measured, windows: Windows, names: list[str]) -> Pairs:
    """Return all pairs of the training set, each mRNA's own tendency removed."""
    pairs = pairs_of(measured, own_change_removed(measured.changes), names)
    return with_windows(pairs, measured, windows, names)


def starting_weights(names: list[str]) -> tuple[Floats, Floats]:
    """Return the weights before any data, and how strongly each is drawn to them."""
    weights, pull = np.zeros(len(names)), np.ones(len(names))
    for at, name in enumerate(names):
        if name in TYPE_FEATURES:
            region, kind = name.split(" ", 1)
            weights[at] = _PRIOR[kind] - _LOWER[region]
            pull[at] = 3.0 if region == "5'UTR" else 1.0
    return weights, pull


def fit(pairs: Pairs, used: NDArray[np.bool_], names: list[str], cutoff: float, penalty: float = 10.0) -> Fit:
    """Fit weights and scales to some of the pairs.

    Minimised is the sum over pairs of ``weight / 2 * (change - offset - scale * prediction)**2``, plus ``penalty /
    2`` times the squared distances of the weights from where they begin, plus 10 times the squared logarithms of
    the scales: an experiment may be stronger or weaker, but is like others unless its data say so.
    """
    number = np.cumsum(used) - 1
    inside = used[pairs.pair]
    features, pair = pairs.features[inside], number[pairs.pair[inside]]
    turned = features.T.tocsr()
    change, weight = pairs.change[used], pairs.weight[used]
    experiment, offset = pairs.experiment[used], pairs.offset[used]
    begin, pull = starting_weights(names)
    size, experiments = len(names), int(pairs.experiment.max()) + 1
    total = np.bincount(offset, weight) + 1e-9

    def loss(numbers: Floats) -> tuple[float, Floats]:
        weights, scales = numbers[:size], np.exp(numbers[size:])
        raw = np.exp(np.minimum(features @ weights, 3.0))
        affinity = np.maximum(0.0, raw - cutoff)
        occupied = 1.0 + np.bincount(pair, affinity, minlength=len(change))
        prediction = -np.log2(occupied)
        rest = change - prediction * scales[experiment]
        rest -= (np.bincount(offset, weight * rest, minlength=len(total)) / total)[offset]
        slope = weight * rest * scales[experiment] / np.log(2) / occupied
        by_weight = turned @ (slope[pair] * (affinity > 0) * raw) + penalty * pull * (weights - begin)
        by_scale = -np.bincount(experiment, weight * rest * prediction, minlength=experiments) * scales
        value = 0.5 * (weight * rest * rest).sum() + 0.5 * penalty * (pull * (weights - begin) ** 2).sum()
        value += 10.0 * (numbers[size:] ** 2).sum()
        return value, np.concatenate([by_weight, by_scale + 20.0 * numbers[size:]])

    begun = np.concatenate([begin, np.zeros(experiments)])
    found = minimize(loss, begun, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return Fit(found[:size], np.exp(found[size:]))
