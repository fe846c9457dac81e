"""Training DMISO: epochs, early stopping, and checkpoints that resume to identical weights.

Nothing random survives an epoch: the order of the pairs and the dropout masks follow from the seed and the number
of the epoch, so weights and optimizer state are all that a checkpoint needs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import ONE_HOT
from mirtools.models import dmiso
from mirtools.models.dmiso import Regularization
from mirtools.models.inference import Codes, Predictor
from mirtools.training.checkpoint import Checkpoint, Progress
from mirtools.training.data import LabelledPairs

# dropout counters of two epochs never meet: an epoch has fewer steps
_COUNTERS_AN_EPOCH = 1 << 20


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; the defaults are the paper's, except early stopping, which it does not have.

    Attributes
    ----------
    epochs : int
        At most.
    patience : int
        Stop after so many epochs without a lower validation loss, and keep the weights of the lowest; 0 trains all
        epochs and keeps the last weights.
    batch_size : int
    learning_rate : float
        Of the Adam optimizer.
    regularization : Regularization
    seed : int
    """

    epochs: int = 500
    patience: int = 20
    batch_size: int = 100
    learning_rate: float = 0.001
    regularization: Regularization = field(default_factory=Regularization)
    seed: int = 1

    def described(self) -> dict[str, Any]:
        """Return the options as plain data for the model file."""
        return {
            "epochs": self.epochs,
            "patience": self.patience,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "l1": self.regularization.l1,
            "dropout": list(self.regularization.dropout),
            "seed": self.seed,
        }


class Epoch(NamedTuple):
    """One line of the history; losses are mean binary cross-entropies, without the penalty.

    ``training_loss`` is that of the training steps (dropout on, weights moving), ``validation_loss`` and
    ``validation_auroc`` those of the finished epoch's weights; both are NaN without validation pairs.
    """

    epoch: int
    training_loss: float
    validation_loss: float
    validation_auroc: float


class Trained(NamedTuple):
    """Weights, the 1-based epoch they are of, and the history."""

    weights: dmiso.Weights
    epoch: int
    history: list[Epoch]


def train(
    training: LabelledPairs,
    validation: LabelledPairs | None,
    options: TrainingOptions,
    checkpoint: Checkpoint | None = None,
    watch: Callable[[Epoch], None] = lambda epoch: None,
) -> Trained:
    """Train a DMISO model; the same pairs and options give the same weights on the same processor.

    Parameters
    ----------
    training : LabelledPairs
        With both labels.
    validation : LabelledPairs or None
        Decides when to stop; needed where ``options.patience`` is not 0.
    checkpoint : Checkpoint, optional
        Written after every epoch; training goes on from it where it holds one already.
    watch : callable
        Called with every epoch, also with those that a checkpoint remembers.

    Raises
    ------
    MissingExtraError
        Where TensorFlow is not installed.
    InputError
        For a checkpoint of another training.
    """
    trainer = _Trainer(options)
    codes, labels = training.encoded(), training.labels
    watched = None if validation is None else (*validation.encoded(), validation.labels)
    progress = checkpoint.load(trainer.state()) if checkpoint else None
    if progress is None:
        progress = Progress(0, [], 0, float("inf"), trainer.weights(), trainer.state())
    else:
        trainer.restore(progress.state)
        for line in progress.history:
            watch(Epoch(*line))
    history = [Epoch(*line) for line in progress.history]
    best, best_epoch, best_loss = progress.best, progress.best_epoch, progress.best_loss
    for number in range(progress.epoch + 1, options.epochs + 1):
        if options.patience and number - 1 - best_epoch >= options.patience:
            break
        loss = trainer.epoch(number, codes, labels)
        weights = trainer.weights()
        figures = (float("nan"),) * 2 if watched is None else _validate(weights, *watched)
        history.append(Epoch(number, loss, *figures))
        if not options.patience or figures[0] < best_loss:
            best, best_epoch, best_loss = weights, number, figures[0]
        if checkpoint:
            lines = [tuple(line) for line in history]
            checkpoint.save(Progress(number, lines, best_epoch, best_loss, best, trainer.state()))
        watch(history[-1])
    return Trained(best, best_epoch, history)


class _Trainer:
    """The Keras model, its optimizer, and one epoch."""

    def __init__(self, options: TrainingOptions) -> None:
        keras = dmiso.import_keras()
        import tensorflow as tf

        # sums over several threads depend on their number
        with contextlib.suppress(RuntimeError):  # TensorFlow has already started, with the settings it has
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        self._options = options
        self._model = model = dmiso.build_keras(options.regularization, options.seed)
        self._optimizer = optimizer = keras.optimizers.Adam(options.learning_rate)
        optimizer.build(model.trainable_variables)
        self._dropouts = [
            layer.seed_generator for layer in model.layers if isinstance(layer, keras.layers.Dropout)
        ]
        crossentropy = keras.losses.BinaryCrossentropy()
        one_hot = tf.constant(ONE_HOT)

        def step(mirnas: Any, sites: Any, labels: Any) -> Any:
            with tf.GradientTape() as tape:
                scores = model([tf.gather(one_hot, mirnas), tf.gather(one_hot, sites)], training=True)
                loss = crossentropy(labels, scores)
                total = tf.add_n([loss, *model.losses])
            variables = model.trainable_variables
            optimizer.apply(tape.gradient(total, variables), variables)
            return loss

        def signature(width: int, kind: Any) -> Any:
            return tf.TensorSpec((None, width), kind)

        self._step = tf.function(
            step,
            input_signature=[
                signature(dmiso.MIRNA_LENGTH, tf.int32),
                signature(dmiso.SITE_LENGTH, tf.int32),
                signature(1, tf.float32),
            ],
        )

    def epoch(self, number: int, codes: tuple[Codes, Codes], labels: NDArray[np.uint8]) -> float:
        """Run through all pairs once; returns the mean loss."""
        options = self._options
        seeds = dmiso.keras_seeds(options.seed, len(self._dropouts))
        for seed, generator in zip(seeds, self._dropouts, strict=True):
            generator.state.assign([seed, number * _COUNTERS_AN_EPOCH])
        order = np.random.default_rng([options.seed, number]).permutation(len(labels))
        total = 0.0
        # nearly equal batches: a last batch of a few pairs would shake batch normalisation
        for batch in np.array_split(order, max(round(len(order) / options.batch_size), 1)):
            mirnas, sites = (part[batch].astype(np.int32) for part in codes)
            loss = self._step(mirnas, sites, labels[batch, None].astype(np.float32))
            total += float(loss) * len(batch)
        return total / len(order)

    def weights(self) -> dmiso.Weights:
        return dmiso.get_weights(self._model)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return weights and optimizer state, by name."""
        state: dict[str, NDArray[Any]] = {f"model.{name}": value for name, value in self.weights().items()}
        for place, variable in enumerate(self._optimizer.variables):
            state[f"optimizer.{place}"] = np.array(variable)
        return state

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take over what :meth:`state` returned."""
        dmiso.set_weights(self._model, {name: state[f"model.{name}"] for name in dmiso.TENSOR_SHAPES})
        for place, variable in enumerate(self._optimizer.variables):
            variable.assign(state[f"optimizer.{place}"])


def _validate(
    weights: dmiso.Weights, mirnas: Codes, sites: Codes, labels: NDArray[np.uint8]
) -> tuple[float, float]:
    """Return loss and AUROC, computed as users will compute scores."""
    from sklearn.metrics import roc_auc_score

    scores = np.clip(Predictor(weights).score(mirnas, sites).astype(np.float64), 1e-7, 1 - 1e-7)
    loss = -np.where(labels == 1, np.log(scores), np.log(1 - scores)).mean()
    return float(loss), float(roc_auc_score(labels, scores))
