"""The background of explanations: the pairs that attributions are relative to.

(Gresova et al. 2022, 2.2 and Fig. S1: 100 pairs of the training set.) A file of pairs comes first, then what the
model file knows of the pairs that it learned from, see :func:`mirtools.models.composition.typical_pairs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.interactions import TableReader
from mirtools.interpretation.pairs import Pair, sample
from mirtools.models.composition import typical_pairs
from mirtools.models.encoder import encoder_of
from mirtools.models.modelfile import Model
from mirtools.models.network_steps import PairingPredictor

BACKGROUND = 100
FEW = 20
_REPRESENTED = 20  # pairs that one stands for
FILE = "file"


@dataclass(frozen=True)
class Background:
    """Background pairs.

    Attributes
    ----------
    mirnas, sites : tuple of str
        Sequences 5'->3'.
    source : str
        Where they are from: :data:`FILE`, or as :class:`mirtools.models.composition.Typical` says.
    weights : ndarray of shape (n,), float64, optional
        The share of each pair; they sum up to 1. All alike where None.
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
        Fewer are taken where a file, or a model that stores pairs, has fewer.
    seed : int
        Of the choice among more pairs, and of pairs that are drawn.
    path : str, optional
        An interaction table of background pairs; all rows count, whatever their label.

    Raises
    ------
    InputError
        For a file without pairs, and for a model file whose pairs are none.
    """
    if path is not None:
        pairs = [(pair.mirna, pair.site) for pair in sample(_read(model, path), count, seed)]
        if not pairs:
            raise InputError("has no pairs to take as background; give a table with some", source=path)
        source = FILE
    else:
        pairs, source = typical_pairs(model, count, seed)
    mirnas, sites = zip(*pairs, strict=True)
    return Background(mirnas, sites, source)


def _read(model: Model, path: str) -> Iterator[Pair]:
    reader = TableReader(path)
    encoder = encoder_of(model.network)
    mirna, site = reader.index("mirna_seq"), reader.index("site_seq")
    for row in reader:
        sequences = [reader.sequence(row, column, encoder.read) for column in (mirna, site)]
        yield Pair(sequences[0], sequences[1], "", "", None)


def representative_background(
    model: Model, count: int = FEW, seed: int = 1, path: str | None = None
) -> Background:
    """Return fewer background pairs that stand for many, by their scores.

    Of 20 times as many pairs, see :func:`choose_background`, in the order of their scores, the middle one of each
    group of one size stands for its group. As many drawn pairs cost the same and miss the values of many pairs by
    more, above all their expectation.

    Parameters
    ----------
    model, count, seed, path
        As for :func:`choose_background`. A model without a pairing matrix gets the pairs that this returns.
    """
    if model.network is None:
        return choose_background(model, count, seed, path)
    many = choose_background(model, _REPRESENTED * count, seed, path)
    encoder = encoder_of(model.network)
    predictor = PairingPredictor(model.network, model.weights)
    return summarised(many, predictor.score(encoder.mirnas(many.mirnas), encoder.sites(many.sites)), count)


def summarised(background: Background, scores: NDArray[np.floating], count: int) -> Background:
    """Return ``count`` pairs that stand for all pairs of a background, by their scores.

    Pairs in the order of their scores are cut into groups of one size, and the middle one of each group stands for
    it, weighted with the group's size where sizes differ by one. So the expectation stays close to that of all
    pairs, where as many drawn pairs miss it by chance.

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
