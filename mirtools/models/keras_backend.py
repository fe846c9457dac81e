"""Scores by TensorFlow instead of NumPy: for a graphics card, and to check one against the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from mirtools.encoding import one_hot
from mirtools.models import dmiso, network_keras
from mirtools.models.cost import cost_of
from mirtools.models.folding import Floats
from mirtools.models.layers import Codes
from mirtools.models.network import Network

_BATCH, _BATCH_VALUES = 4096, 1 << 29  # pairs, and numbers of the largest layer


class KerasPredictor:
    """As :class:`mirtools.models.inference.Predictor`, on TensorFlow.

    Parameters
    ----------
    weights : dict of str to ndarray
    network : Network, optional
        That the weights are of; DMISO by default.

    Raises
    ------
    MissingExtraError
        Where TensorFlow is not installed.
    """

    def __init__(self, weights: dmiso.Weights, network: Network | None = None) -> None:
        dmiso.import_keras()
        import tensorflow as tf

        # NVIDIA's cards would round the factors of every product to 10 bits
        tf.config.experimental.enable_tensor_float_32_execution(False)
        # sums over several threads depend on their number; a graphics card does not care
        with contextlib.suppress(RuntimeError):  # TensorFlow has already started
            tf.config.threading.set_intra_op_parallelism_threads(1)
        self._network = network
        self.batch_size = _BATCH
        if network is None:
            model = dmiso.build_keras()
            dmiso.set_weights(model, weights)
        else:
            self.batch_size = max(1, min(_BATCH, _BATCH_VALUES // cost_of(network).layer_values))
            model = network_keras.build_keras(network)
            network_keras.set_weights(network, model, weights)
        self._forward = tf.function(lambda inputs: model(inputs, training=False), autograph=False)

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the probability of interaction of every pair, shape ``(n,)``, float32."""
        scores = np.empty(len(mirnas), np.float32)
        for start in range(0, len(mirnas), self.batch_size):
            part = slice(start, min(start + self.batch_size, len(mirnas)))
            # one batch size, one compiled graph
            inputs = [
                np.zeros((self.batch_size, length), np.uint8) for length in (mirnas.shape[1], sites.shape[1])
            ]
            for full, codes in zip(inputs, (mirnas[part], sites[part]), strict=True):
                full[: len(codes)] = codes
            scores[part] = self._forward(self._inputs(*inputs)).numpy()[: len(mirnas[part]), 0]
        return scores

    def _inputs(self, mirnas: Codes, sites: Codes) -> Any:
        if self._network is None:
            return [one_hot(mirnas), one_hot(sites)]
        return self._network.rule.matrices(mirnas, sites)

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order; TensorFlow itself uses one thread whatever ``threads`` is."""
        for mirnas, sites in batches:
            yield self.score(mirnas, sites)
