"""A network that knows one thing: whether bases 2 to 8 of the miRNA pair, all seven, anywhere in the window."""

from __future__ import annotations

import numpy as np

from mirtools.models.base import Model
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network
from mirtools.models.modelfile import save_model
from mirtools.models.pairing import WATSON_CRICK


def write_seed_network(path) -> None:
    """Write its model file: a window with the seed match scores 0.982, any other 0.018."""
    layers = (
        {"op": "conv", "filters": 1, "kernel": [7, 20], "padding": "valid"},
        {"op": "relu"},
        {"op": "global_pool", "kinds": ["max"]},
    )
    network = Network(WATSON_CRICK, 50, 20, layers)
    kernel = np.zeros((7, 20, 1, 1), "f4")
    for row in range(7):
        kernel[row, 7 - row] = 1
    weights = {
        "conv_1.kernel": kernel,
        "conv_1.bias": np.full(1, -6, "f4"),
        "output.kernel": np.full((1, 1), 8, "f4"),
        "output.bias": np.full(1, -4, "f4"),
    }
    with open(path, "wb") as stream:
        save_model(Model(Matrix("cnn", network), weights, "seeds", 0.5), stream)
