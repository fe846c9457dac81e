"""Which scorer a model gets: by architecture, by back end, for pairs and for windows."""

from __future__ import annotations

from collections.abc import Sequence

from mirtools.models.dmiso import Weights
from mirtools.models.encoder import encoder_of
from mirtools.models.inference import Predictor
from mirtools.models.modelfile import Model
from mirtools.models.network import Network
from mirtools.models.network_scanning import NetworkScanner, can_share
from mirtools.models.network_steps import PairingPredictor
from mirtools.models.pairs import Scorer
from mirtools.models.scanning import PairByPair, Scanner, WindowScorer

BACKENDS = ("numpy", "tensorflow")


def pair_scorer(weights: Weights, network: Network | None, backend: str = "numpy") -> Scorer:
    """Return what scores pairs.

    Parameters
    ----------
    weights : dict of str to ndarray
    network : Network or None
        That the weights are of; None for DMISO.
    backend : {"numpy", "tensorflow"}

    Raises
    ------
    MissingExtraError
        Where TensorFlow is wanted and not installed.
    """
    if backend == "tensorflow":
        from mirtools.models.keras_backend import KerasPredictor

        return KerasPredictor(weights, network)
    return Predictor(weights) if network is None else PairingPredictor(network, weights)


def window_scorer(model: Model, mirnas: Sequence[str], backend: str = "numpy") -> WindowScorer:
    """Return what scores miRNAs against the windows of targets, with work shared between windows where it can be.

    Parameters
    ----------
    model : Model
    mirnas : sequence of str
        As the model's encoder reads them.
    backend : {"numpy", "tensorflow"}
        TensorFlow shares nothing.
    """
    codes = encoder_of(model.network).mirnas(mirnas)
    if backend == "tensorflow":
        return PairByPair(pair_scorer(model.weights, model.network, backend), codes)
    if model.network is None:
        return Scanner(model.weights, codes)
    if can_share(model.network):
        return NetworkScanner(model.network, model.weights, codes)
    return PairByPair(pair_scorer(model.weights, model.network), codes)
