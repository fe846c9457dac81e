"""The DMISO family: a convolution of each of two sequences and an LSTM over both (Talukder et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import one_hot
from mirtools.models.arrays import Codes, Floats, Weights
from mirtools.models.base import Family
from mirtools.models.dmiso import abundance, architecture, bounds
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer
from mirtools.models.dmiso.window_scorer import DmisoWindowScorer
from mirtools.models.encoder import Encoder
from mirtools.models.keras import KerasForm


class Dmiso(Family):
    """DMISO, or its variant with abundances.

    Parameters
    ----------
    knows_abundance : bool
        Whether read coverages are added to the last layer (:mod:`mirtools.models.dmiso.abundance`).
    """

    architectures = (architecture.NAME, abundance.NAME)
    encoder = Encoder(architecture.MIRNA_LENGTH, architecture.SITE_LENGTH)
    has_kernels = True

    def __init__(self, knows_abundance: bool = False) -> None:
        self.knows_abundance = knows_abundance
        self.architecture = abundance.NAME if knows_abundance else architecture.NAME

    @classmethod
    def from_description(cls, architecture: str, description: Mapping[str, Any]) -> Dmiso:
        """Return the family; the sizes in the description must be DMISO's."""
        family = cls(architecture == abundance.NAME)
        for key, value in family.described().items():
            if type(description.get(key)) is not type(value) or description[key] != value:
                raise ValueError(f"has another {key.replace('_', ' ')} than {architecture} models")
        return family

    def described(self) -> dict[str, Any]:
        """Return encoder and lengths."""
        return {
            "encoder": architecture.ENCODER,
            "mirna_length": architecture.MIRNA_LENGTH,
            "site_length": architecture.SITE_LENGTH,
        }

    def tensor_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Return the shape of every tensor by its name."""
        return abundance.TENSOR_SHAPES if self.knows_abundance else architecture.TENSOR_SHAPES

    def overflows(self, weights: Mapping[str, Floats]) -> bool:
        """Return whether the computation of a score may overflow."""
        return bounds.overflows(weights)

    def pair_scorer(self, weights: Weights) -> DmisoPairScorer:
        """Return the scorer of pairs."""
        return DmisoPairScorer(weights)

    def window_scorer(self, weights: Weights, mirnas: Codes) -> DmisoWindowScorer:
        """Return the scorer of windows, which computes once what depends on the miRNA or the window alone."""
        return DmisoWindowScorer(weights, mirnas)

    def keras_form(self, weights: Weights) -> KerasForm:
        """Return the model on Keras; for the variant with abundances, without them."""
        from mirtools.models.dmiso import keras

        model = keras.build_keras()
        keras.set_weights(model, weights)
        return KerasForm(model, lambda mirnas, sites: [one_hot(mirnas), one_hot(sites)])

    def with_abundance(self, weights: Weights, scores: Floats, coverages: NDArray[np.float64]) -> Floats:
        """Return the scores of pairs, adjusted for their read coverages."""
        return abundance.shifted(scores, abundance.shifts(weights, coverages))
