"""Networks on pairing matrices with drawn weights, and pairs of drawn letters for them."""

from __future__ import annotations

import numpy as np

from mirtools.models.matrix.network import Network


def drawn_weights(network: Network, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    weights = {}
    for name, shape in network.tensor_shapes().items():
        if name.endswith((".gamma", ".variance")):
            weights[name] = random.uniform(0.5, 1.5, shape).astype("f4")
        elif name.endswith(".kernel"):
            weights[name] = random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape).astype("f4")
        else:
            weights[name] = random.normal(0, 0.1, shape).astype("f4")
    return weights


def drawn_codes(network: Network, count: int, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    letters = [*network.rule.alphabet, "?"]
    share = [0.96 / len(network.rule.alphabet)] * len(network.rule.alphabet) + [0.04]

    def sequences(shortest: int, longest: int) -> list[str]:
        lengths = random.integers(shortest, longest + 1, count)
        return ["".join(random.choice(letters, length, p=share)) for length in lengths]

    mirnas = network.encoder.mirnas(sequences(1, network.mirna_length + 5))
    return mirnas, network.encoder.sites(sequences(1, network.site_length + 30))
