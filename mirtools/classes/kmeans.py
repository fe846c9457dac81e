"""k-means whose result depends only on the points, not on their order, on threads or on hash seeds.

Equal points are merged to one with a weight, the distinct points are sorted, and random starts are drawn from
them; therefore tables in another order, or joined from shards, give the same classes. scikit-learn's k-means
depends on the order of rows and on threads, and only training needs scikit-learn otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.interpretation.clusters import silhouettes

# number of random starts, of which the best is used
STARTS = 20
# with more points, a sample of this size decides which start is used for all
START_SAMPLE = 20_000
_MOST_ITERATIONS = 300
# number of points for a silhouette; all pairs of them are compared
SILHOUETTE_SAMPLE = 2000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Partition:
    """The result of k-means.

    Attributes
    ----------
    centres : ndarray of shape (k, length), float64
    members : ndarray of shape (points,), int64
        Index of the centre of every distinct point.
    inertia : float
        Sum of the squared distances of all points from their centres.
    """

    centres: Floats
    members: Integers
    inertia: float


@dataclass(frozen=True)
class Choice:
    """A tested number of classes, and how well it fits."""

    k: int
    inertia: float
    silhouette: float


@dataclass(frozen=True)
class Points:
    """Distinct points in ascending order, with the number of rows equal to each.

    Attributes
    ----------
    values : ndarray of shape (points, length), float64
    weights : ndarray of shape (points,), int64
    """

    values: Floats
    weights: Integers


def distinct(values: Floats) -> Points:
    """Return the distinct rows of ``values`` in ascending order."""
    if not len(values):
        return Points(values, np.zeros(0, np.int64))
    points, weights = np.unique(values, axis=0, return_counts=True)
    return Points(points, weights.astype(np.int64))


def k_means(points: Points, k: int, seed: int, starts: int = STARTS) -> Partition:
    """Partition points around ``k`` centres, or around as many as there are distinct points.

    Lloyd's iteration from k-means++ starts (Arthur and Vassilvitskii 2007); the start with the smallest inertia is
    used, of equal ones the first. With more than 20,000 points, the starts are tested on a random sample of that
    size, and the iteration continues with all points from the best.
    """
    k = min(k, len(points.values))
    if not k:
        return Partition(np.zeros((0, points.values.shape[1])), np.zeros(0, np.int64), 0.0)
    random = np.random.default_rng(seed)
    some = points
    if len(points.values) > START_SAMPLE:
        chosen = np.sort(random.choice(len(points.values), START_SAMPLE, replace=False))
        some = Points(points.values[chosen], points.weights[chosen])
    best: Partition | None = None
    for _ in range(starts):
        found = _lloyd(some, _start(some, k, random))
        if best is None or found.inertia < best.inertia:
            best = found
    assert best is not None
    return best if some is points else _lloyd(points, best.centres)


def try_numbers(points: Points, numbers: Iterable[int], seed: int) -> list[Choice]:
    """Return how well numbers of classes fit; the silhouette is the mean over a sample of the rows.

    Numbers of classes larger than the number of distinct points are skipped.
    """
    rows = np.repeat(np.arange(len(points.values)), points.weights)
    if len(rows) > SILHOUETTE_SAMPLE:
        chosen = np.random.default_rng(seed).choice(len(rows), SILHOUETTE_SAMPLE, replace=False)
        rows = rows[np.sort(chosen)]
    sample = points.values[rows]
    # one by one, because all at once would need a gigabyte
    distances = np.array([np.sqrt(((sample - point) ** 2).sum(1)) for point in sample]).reshape(len(rows), -1)
    choices = []
    for k in numbers:
        if k <= len(points.values):
            found = k_means(points, k, seed)
            mean = float(silhouettes(distances, found.members[rows]).mean())
            choices.append(Choice(k, found.inertia, mean))
    return choices


def _start(points: Points, k: int, random: np.random.Generator) -> Floats:
    chances = points.weights.astype(np.float64)
    nearest = np.full(len(points.values), np.inf)
    chosen: list[int] = []
    while len(chosen) < k:
        last = int(random.choice(len(chances), p=chances / chances.sum()))
        chosen.append(last)
        nearest = np.minimum(nearest, ((points.values - points.values[last]) ** 2).sum(1))
        chances = points.weights * nearest
    return points.values[chosen]


def _lloyd(points: Points, centres: Floats) -> Partition:
    values, weights = points.values, points.weights
    at = np.arange(len(values))
    members = np.full(len(values), -1)
    for _ in range(_MOST_ITERATIONS):
        # squared distances without the points' own squares, which are the same for all centres
        nearest = (values @ (-2 * centres.T) + (centres**2).sum(1)).argmin(1)
        if np.array_equal(nearest, members):
            break
        members = nearest
        own = np.zeros((len(values), len(centres)))
        own[at, members] = weights
        sizes = own.sum(0)
        empty = np.flatnonzero(sizes == 0)
        previous = centres
        centres = np.divide(own.T @ values, sizes[:, None], where=sizes[:, None] > 0, out=centres.copy())
        if len(empty):
            # a centre without points moves to the points that are farthest from their centres
            far = ((values - previous[members]) ** 2).sum(1)
            centres[empty] = values[np.argsort(-far, kind="stable")[: len(empty)]]
    spread = (weights * ((values - centres[members]) ** 2).sum(1)).sum()
    return Partition(centres, members.astype(np.int64), float(spread))
