"""The family of networks on pairing matrices (Gresova et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirtools.models.arrays import Codes, Floats, Weights
from mirtools.models.base import Family
from mirtools.models.keras import KerasForm
from mirtools.models.matrix import bounds, cost
from mirtools.models.matrix.network import ARCHITECTURES, ENCODER, Network, network_from
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.matrix.window_scorer import MatrixWindowScorer, can_share
from mirtools.models.scorers import PairByPair, WindowScorer


class Matrix(Family):
    """A network on pairing matrices.

    Parameters
    ----------
    architecture : {"mirbind", "cnn"}
    network : Network
    """

    architectures = tuple(ARCHITECTURES)

    def __init__(self, architecture: str, network: Network) -> None:
        self.architecture = architecture
        self.network = network
        self.encoder = network.encoder
        self.pairing = network.rule

    @classmethod
    def from_description(cls, architecture: str, description: Mapping[str, Any]) -> Matrix:
        """Return the family with the network that a description lists layer by layer."""
        if description.get("encoder") != ENCODER:
            raise ValueError(f"has another encoder than {architecture} models")
        try:
            network = network_from(description.get("network"))
        except ValueError as error:
            raise ValueError(f"has a network that is not valid ({error})") from error
        return cls(architecture, network)

    def described(self) -> dict[str, Any]:
        """Return encoder and network."""
        return {"encoder": ENCODER, "network": self.network.described()}

    def tensor_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Return the shape of every tensor by its name."""
        return self.network.tensor_shapes()

    def too_costly(self) -> str | None:
        """Return which limit the cost of scoring a pair exceeds, or None."""
        return cost.too_costly(self.network)

    def overflows(self, weights: Mapping[str, Floats]) -> bool:
        """Return whether the computation of a score may overflow."""
        return bounds.overflows(self.network, weights)

    def pair_scorer(self, weights: Weights) -> MatrixPairScorer:
        """Return the scorer of pairs."""
        return MatrixPairScorer(self.network, weights)

    def window_scorer(self, weights: Weights, mirnas: Codes) -> WindowScorer:
        """Return the scorer of windows, which share the convolutions of the network if :func:`can_share`."""
        if can_share(self.network):
            return MatrixWindowScorer(self.network, weights, mirnas)
        return PairByPair(self.pair_scorer(weights), mirnas)

    def keras_form(self, weights: Weights) -> KerasForm:
        """Return the model on Keras."""
        from mirtools.models.matrix import keras

        model = keras.build_keras(self.network)
        keras.set_weights(self.network, model, weights)
        return KerasForm(model, self.network.rule.matrices, cost.cost_of(self.network).layer_values)
