"""A model of each architecture in training: its Keras model, what a batch of pairs is to it, and its tensors.

Everything else about training (:mod:`mirtools.training.fit`) is the same for all.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import ONE_HOT
from mirtools.models import abundance, dmiso, network_keras
from mirtools.models.dmiso import Regularization, Weights
from mirtools.models.encoder import encoder_of
from mirtools.models.network import Network
from mirtools.training.fresh import Places
from mirtools.training.lessons import Lessons

Arrays = list[NDArray[Any]]


class Learner(Protocol):
    """A model that learns.

    Attributes
    ----------
    model : keras.Model
    """

    model: Any

    def signature(self) -> list[Any]:
        """Return shapes and types of a batch, as TensorFlow describes them."""

    def batch(self, mirnas: Places, sites: Places) -> Arrays:
        """Return the pairs whose miRNAs and sites are at these places, in the form of :meth:`signature`."""

    def scores(self, batch: Any) -> Any:
        """Return the scores ``(n, 1)`` of a batch in training, as TensorFlow computes them."""

    def weights(self) -> Weights:
        """Return copies of all tensors by name."""

    def set_weights(self, weights: Weights) -> None:
        """Take over tensors by name; the inverse of :meth:`weights`."""


class DmisoLearner:
    """DMISO, with or without abundances.

    Parameters
    ----------
    lessons : Lessons
    rules : Regularization
    seed : int
    knows_abundance : bool
        Read coverages join the last layer.
    start : dict of str to ndarray, optional
        Weights to begin with.
    """

    def __init__(
        self, lessons: Lessons, rules: Regularization, seed: int, knows_abundance: bool, start: Weights | None
    ) -> None:
        self._codes = lessons.pairs.encoded()
        self._scale: Weights = {}
        self._coverages: NDArray[np.float32] | None = None
        self.model = dmiso.build_keras(rules, seed, knows_abundance)
        if knows_abundance:
            self._scale, self._coverages = _abundance(lessons, start)
        if start is not None:
            self.set_weights({"abundance.kernel": np.zeros((2, 1), np.float32), **start})

    def signature(self) -> list[Any]:
        """Return shapes and types of a batch."""
        import tensorflow as tf

        shapes = [
            tf.TensorSpec((None, dmiso.MIRNA_LENGTH), tf.int32),
            tf.TensorSpec((None, dmiso.SITE_LENGTH), tf.int32),
        ]
        return shapes if self._coverages is None else [*shapes, tf.TensorSpec((None, 2), tf.float32)]

    def batch(self, mirnas: Places, sites: Places) -> Arrays:
        """Return codes of miRNAs and sites, and their scaled coverages where these count."""
        codes: Arrays = [self._codes[0][mirnas].astype(np.int32), self._codes[1][sites].astype(np.int32)]
        if self._coverages is None:
            return codes
        return [*codes, np.stack([self._coverages[mirnas, 0], self._coverages[sites, 1]], axis=1)]

    def scores(self, batch: Any) -> Any:
        """Return the scores of a batch."""
        import tensorflow as tf

        one_hot = tf.constant(ONE_HOT)
        mirnas, sites, *coverages = batch
        return self.model([tf.gather(one_hot, mirnas), tf.gather(one_hot, sites), *coverages], training=True)

    def weights(self) -> Weights:
        """Return copies of all tensors by name."""
        return dmiso.get_weights(self.model) | self._scale

    def set_weights(self, weights: Weights) -> None:
        """Take over tensors by name."""
        dmiso.set_weights(self.model, weights)


class NetworkLearner:
    """A network on pairing matrices; parameters as :class:`DmisoLearner`, and the number of steps of an epoch."""

    def __init__(
        self,
        network: Network,
        lessons: Lessons,
        rules: Regularization,
        seed: int,
        steps: int,
        start: Weights | None,
    ) -> None:
        self._network = network
        self._codes = lessons.pairs.encoded(encoder_of(network))
        self.model = network_keras.build_keras(network, rules, seed, network_keras.norm_momentum(steps))
        if start is not None:
            self.set_weights(start)

    def signature(self) -> list[Any]:
        """Return shapes and types of a batch."""
        import tensorflow as tf

        lengths = self._network.mirna_length, self._network.site_length
        return [tf.TensorSpec((None, length), tf.int32) for length in lengths]

    def batch(self, mirnas: Places, sites: Places) -> Arrays:
        """Return codes of miRNAs and sites."""
        return [self._codes[0][mirnas].astype(np.int32), self._codes[1][sites].astype(np.int32)]

    def scores(self, batch: Any) -> Any:
        """Return the scores of a batch."""
        import tensorflow as tf

        table = self._network.rule.table()
        mirnas, sites = batch
        # which row of the table, as one number
        pairs = sites[:, :, None] * len(table) + mirnas[:, None, :]
        matrices = tf.gather(tf.constant(table.reshape(-1, table.shape[-1])), pairs)
        return self.model(matrices, training=True)

    def weights(self) -> Weights:
        """Return copies of all tensors by name."""
        return network_keras.get_weights(self._network, self.model)

    def set_weights(self, weights: Weights) -> None:
        """Take over tensors by name."""
        network_keras.set_weights(self._network, self.model, weights)


def _abundance(lessons: Lessons, start: Weights | None) -> tuple[Weights, NDArray[np.float32]]:
    """Return the scale of coverages, the start's where it has one, and all coverages so scaled."""
    coverages = lessons.pairs.coverages
    if coverages is None:
        raise ValueError("abundance-aware training needs pairs that were read with their coverages")
    lesson = lessons.epoch(1)
    own = abundance.scale_of(np.stack([coverages[lesson.mirnas, 0], coverages[lesson.sites, 1]], axis=1))
    scale = {name: (start or {}).get(name, value) for name, value in own.items()}
    return scale, abundance.scaled(scale, coverages)
