"""Training DMISO, with or without abundances."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import ONE_HOT
from mirtools.models.arrays import Weights
from mirtools.models.base import Model
from mirtools.models.dmiso import abundance, keras
from mirtools.models.dmiso.family import Dmiso
from mirtools.pairs.repairing import Places
from mirtools.training.epochs import TrainingPairs
from mirtools.training.learner import Arrays, Learner
from mirtools.training.options import TrainingOptions
from mirtools.training.settings import TrainSettings


class DmisoLearner(Learner):
    """Trains DMISO; in the variant with abundances, read coverages are added to the last layer."""

    architectures = ("dmiso",)
    own_options = ("abundance",)
    defaults = TrainingOptions()
    dropouts = 3

    @classmethod
    def family_of(cls, settings: TrainSettings, architecture: str, start: Model | None) -> Dmiso:
        """Return DMISO, with abundances if they are in the settings."""
        return Dmiso(settings.abundance)

    def build(self, training: TrainingPairs, options: TrainingOptions, start: Weights | None) -> Any:
        """Return the untrained Keras model; in the variant with abundances, scale the coverages, too."""
        self._scale: Weights = {}
        self._coverages: NDArray[np.float32] | None = None
        if self._family.knows_abundance:
            self._scale, self._coverages = _abundance(training, start)
        return keras.build_keras(options.regularization, options.seed, self._family.knows_abundance)

    def signature(self) -> list[Any]:
        """Return shapes and types of a batch."""
        import tensorflow as tf

        shapes = super().signature()
        return shapes if self._coverages is None else [*shapes, tf.TensorSpec((None, 2), tf.float32)]

    def batch(self, mirnas: Places, sites: Places) -> Arrays:
        """Return codes of miRNAs and sites, and their scaled coverages in the variant with abundances."""
        codes = super().batch(mirnas, sites)
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
        return keras.get_weights(self.model) | self._scale

    def set_weights(self, weights: Weights) -> None:
        """Set tensors by name; weights of abundances are 0 after a start without them."""
        keras.set_weights(self.model, {"abundance.kernel": np.zeros((2, 1), np.float32), **weights})


def _abundance(training: TrainingPairs, start: Weights | None) -> tuple[Weights, NDArray[np.float32]]:
    """Return the scale of coverages, from the start if it has one, and all scaled coverages."""
    coverages = training.pairs.coverages
    if coverages is None:
        raise ValueError("training with abundances needs pairs that were read with their coverages")
    pairs = training.epoch(1)
    own = abundance.scale_of(np.stack([coverages[pairs.mirnas, 0], coverages[pairs.sites, 1]], axis=1))
    scale = {name: (start or {}).get(name, value) for name, value in own.items()}
    return scale, abundance.scaled(scale, coverages)
