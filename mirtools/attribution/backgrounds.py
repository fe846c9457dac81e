"""The background of explanations: the pairs that attributions are relative to.

(Gresova et al. 2022, 2.2 and Fig. S1: 100 pairs of the training set.) A file of pairs comes first, then what the
model file knows of the pairs that it learned from, see :func:`mirtools.models.composition.typical_pairs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.interactions import TableReader
from mirtools.interpretation.pairs import read_pairs, sample
from mirtools.models.composition import typical_pairs
from mirtools.models.modelfile import Model

BACKGROUND = 100
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
        pairs = [(pair.mirna, pair.site) for pair in sample(read_pairs(TableReader(path)), count, seed)]
        if not pairs:
            raise InputError("has no pairs to take as background; give a table with some", source=path)
        source = FILE
    else:
        pairs, source = typical_pairs(model, count, seed)
    mirnas, sites = zip(*pairs, strict=True)
    return Background(mirnas, sites, source)
