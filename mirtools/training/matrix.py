"""Training networks on pairing matrices, and the networks that can be made."""

from __future__ import annotations

import math
from typing import Any

from mirtools.errors import UsageError, shorten
from mirtools.models.arrays import Weights
from mirtools.models.base import Model
from mirtools.models.keras import Regularization
from mirtools.models.matrix import keras
from mirtools.models.matrix.cost import too_costly
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import ARCHITECTURES, Network, network_from
from mirtools.models.modelfile import MOST_NUMBERS
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule, read_rule
from mirtools.training.epochs import TrainingPairs
from mirtools.training.learner import Learner
from mirtools.training.options import TrainingOptions
from mirtools.training.settings import TrainSettings


class MatrixLearner(Learner):
    """Trains a network on pairing matrices."""

    architectures = ("mirbind", "cnn")
    own_options = ("wobble", "pairing_rule", "site_length", "mirna_length", "filters", "blocks")
    # normalised convolutions allow larger learning rates and overfit less
    defaults = TrainingOptions(
        epochs=30,
        patience=10,
        batch_size=256,
        learning_rate=0.002,
        linear_decay=True,
        weight_decay=1e-4,
        clip_norm=1.0,
        regularization=Regularization(0.0, (0.0, 0.0, 0.1)),
    )

    @classmethod
    def family_of(cls, settings: TrainSettings, architecture: str, start: Model | None) -> Matrix:
        """Return a network of the sizes in the settings, or that of the start."""
        if start is not None:
            if given := settings.given(cls.own_options):
                raise UsageError(f"the network is that of --start; omit {given}")
            assert isinstance(start.family, Matrix)
            return start.family
        if settings.wobble and settings.pairing_rule:
            raise UsageError("--pairing-rule gives all pairs; omit --wobble")
        if architecture == "cnn" and (settings.filters or settings.blocks):
            raise UsageError("--filters and --blocks are for --architecture mirbind; omit them")
        rule = WOBBLE if settings.wobble else WATSON_CRICK
        if settings.pairing_rule:
            rule = read_rule(settings.pairing_rule)
        sizes = settings.site_length, settings.mirna_length, settings.filters, settings.blocks
        return Matrix(architecture, network_of(architecture, rule, *sizes))

    @property
    def _network(self) -> Network:
        assert isinstance(self._family, Matrix)
        return self._family.network

    def build(self, training: TrainingPairs, options: TrainingOptions, start: Weights | None) -> Any:
        """Return the untrained Keras model."""
        steps = options.steps(training.positives + training.negatives)
        momentum = keras.norm_momentum(steps)
        return keras.build_keras(self._network, options.regularization, options.seed, momentum)

    def scores(self, batch: Any) -> Any:
        """Return the scores of a batch."""
        import tensorflow as tf

        table = self._network.rule.table()
        mirnas, sites = batch
        # row of the table, as one number
        pairs = sites[:, :, None] * len(table) + mirnas[:, None, :]
        matrices = tf.gather(tf.constant(table.reshape(-1, table.shape[-1])), pairs)
        return self.model(matrices, training=True)

    def weights(self) -> Weights:
        """Return copies of all tensors by name."""
        return keras.get_weights(self._network, self.model)

    def set_weights(self, weights: Weights) -> None:
        """Set tensors by name."""
        keras.set_weights(self._network, self.model, weights)


def network_of(
    architecture: str,
    rule: PairingRule,
    site_length: int | None = None,
    mirna_length: int | None = None,
    filters: int | None = None,
    blocks: int | None = None,
) -> Network:
    """Return an untrained network; sizes that are None are those of the architecture.

    Parameters
    ----------
    architecture : {"mirbind", "cnn"}
    rule : PairingRule
    site_length, mirna_length : int, optional
        Letters of the network's input.
    filters, blocks : int, optional
        Only for ``mirbind``.

    Raises
    ------
    UsageError
        If such a network cannot be made.
    """
    wanted = {"site_length": site_length, "mirna_length": mirna_length, "filters": filters, "blocks": blocks}
    sizes = {name: value for name, value in wanted.items() if value is not None}
    try:
        network = ARCHITECTURES[architecture](rule, **sizes)
        # limits of model files are checked before the training
        network_from(network.described())
    except ValueError as error:
        raise UsageError(f"a {architecture} network cannot have this size: {shorten(str(error), 120)}") from error
    if (cost := too_costly(network)) is not None:
        raise UsageError(f"a {architecture} network cannot have this size: it {cost}; make it smaller")
    numbers = sum(map(math.prod, network.tensor_shapes().values()))
    if numbers > MOST_NUMBERS:
        raise UsageError(
            f"the network would have {numbers:,} weights, more than {MOST_NUMBERS:,}; make it smaller"
        )
    return network
