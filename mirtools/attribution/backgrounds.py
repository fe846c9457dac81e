"""The background of explanations: the pairs that attributions are relative to.

(Gresova et al. 2022, 2.2 and Fig. S1: 100 pairs of the training set.) They are from a file of pairs, or else from
the model file, see :func:`mirtools.models.composition.typical_pairs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.io.tables import TableReader
from mirtools.models.base import Model
from mirtools.models.composition import typical_pairs
from mirtools.pairs.table import Pair, PairReader, sample

BACKGROUND = 100
FEW = 20
_REPRESENTED = 20  # pairs that one pair represents
FILE = "file"


@dataclass(frozen=True)
class Background:
    """Background pairs.

    Attributes
    ----------
    mirnas, sites : tuple of str
        Sequences 5'->3'.
    source : str
        :data:`FILE`, or a source of :class:`mirtools.models.composition.Typical`.
    weights : ndarray of shape (n,), float64, optional
        The weight of each pair; they sum up to 1. None for equal weights.
    """

    mirnas: tuple[str, ...]
    sites: tuple[str, ...]
    source: str
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.mirnas)

    def described(self) -> dict[str, Any]:
        """Return the facts for a JSON report."""
        return {"pairs": len(self), "source": self.source, "weighted": self.weights is not None}


def choose_background(model: Model, count: int = BACKGROUND, seed: int = 1, path: str | None = None) -> Background:
    """Return ``count`` background pairs of a model.

    Parameters
    ----------
    model : Model
    count : int
        Fewer are returned if a file, or a model that stores pairs, has fewer.
    seed : int
        Seed of the choice among more pairs, and of random pairs.
    path : str, optional
        An interaction table of background pairs; labels are ignored.

    Raises
    ------
    InputError
        For a file without pairs, and for a model file whose pairs are not valid.
    """
    if path is not None:
        pairs = [(pair.mirna, pair.site) for pair in sample(_read(model, path), count, seed)]
        if not pairs:
            raise InputError("has no pairs for the background; give a table with pairs", source=path)
        source = FILE
    else:
        pairs, source = typical_pairs(model, count, seed)
    mirnas, sites = zip(*pairs, strict=True)
    return Background(mirnas, sites, source)


def _read(model: Model, path: str) -> Iterator[Pair]:
    return PairReader(TableReader(path), model.encoder.read, label=None).pairs()


def representative_background(
    model: Model, count: int = FEW, seed: int = 1, path: str | None = None
) -> Background:
    """Return few background pairs that represent many, by their scores.

    20 times as many pairs (see :func:`choose_background`) are sorted by their scores and divided into groups of
    equal size; the middle pair of each group represents it. As many random pairs would take the same time, but
    their attributions, and above all their expectation, would differ more from those of all pairs.

    Parameters
    ----------
    model, count, seed, path
        As for :func:`choose_background`.
    """
    many = choose_background(model, _REPRESENTED * count, seed, path)
    return summarised(many, model.scores(many.mirnas, many.sites), count)


def summarised(background: Background, scores: NDArray[np.floating], count: int) -> Background:
    """Return ``count`` pairs that represent all pairs of a background, by their scores.

    Pairs are sorted by their scores and divided into groups of equal size; the middle pair of each group
    represents it, weighted with the group's size if sizes differ (by one). Their expectation is closer to that of
    all pairs than the expectation of as many random pairs.

    Parameters
    ----------
    background : Background
    scores : ndarray of shape (n,)
        The model's score of each pair.
    count : int
    """
    groups = np.array_split(np.argsort(scores, kind="stable"), min(count, len(background)))
    chosen = [int(group[len(group) // 2]) for group in groups]
    sizes = np.array([len(group) for group in groups], np.float64)
    return Background(
        tuple(background.mirnas[place] for place in chosen),
        tuple(background.sites[place] for place in chosen),
        background.source,
        None if (sizes == sizes[0]).all() else sizes / len(background),
    )
