"""Training: epochs, early stopping, and checkpoints that resume to identical weights.

The pairs of an epoch, their order and the dropout masks depend only on the seed and the number of the epoch, the
learning rate only on the history. Therefore a checkpoint needs no more than weights, optimizer state and history.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.models.arrays import Weights
from mirtools.models.base import Family
from mirtools.models.keras import import_keras, keras_seeds
from mirtools.pairs.ranking import Ranking
from mirtools.pairs.table import LabelledPairs
from mirtools.training.checkpoint import Checkpoint, Progress
from mirtools.training.choose import learner_of
from mirtools.training.epochs import TrainingPairs
from mirtools.training.evaluation import model_scores
from mirtools.training.options import BALANCED, TrainingOptions

# more than the steps of an epoch, so that dropout counters of epochs do not overlap
_COUNTERS_PER_EPOCH = 1 << 20
_REPORTED_PAIRS = 5000  # trained on between two reports of progress


class Epoch(NamedTuple):
    """One line of the history; losses are mean binary cross-entropies, without the penalty.

    ``training_loss`` is the mean of the training steps (with dropout, while weights change); the ``validation_``
    values are those of the weights after the epoch, NaN without validation pairs. Epoch 0 is the start model, if
    there is one.
    """

    epoch: int
    training_loss: float
    validation_loss: float
    validation_auroc: float
    validation_average_precision: float


class Begun(NamedTuple):
    """A training begins, or is resumed after some finished epochs: pairs per epoch, and finished epochs."""

    pairs: int
    finished: int


class Ended(NamedTuple):
    """A training has ended after this number of epochs."""

    epochs: int


# an int is the number of pairs trained on since the last report
Event = Begun | int | Epoch | Ended
Watch = Callable[[Event], None]


class Trained(NamedTuple):
    """Weights, their epoch (0 if no epoch improved the start model), and the history."""

    weights: Weights
    epoch: int
    history: list[Epoch]

    def kept(self) -> Epoch | None:
        """Return the line of the history for the epoch of the weights."""
        return next((line for line in self.history if line.epoch == self.epoch), None)


def train(
    family: Family,
    training: TrainingPairs,
    validation: LabelledPairs | None,
    options: TrainingOptions,
    checkpoint: Checkpoint | None = None,
    watch: Watch = lambda event: None,
    start: Weights | None = None,
) -> Trained:
    """Train a model; the same pairs and options give the same weights on the same processor.

    Parameters
    ----------
    family : Family
        The family and architecture of the model.
    training : TrainingPairs
        Pairs with both labels.
    validation : LabelledPairs or None
        They decide when to stop; needed if ``options.patience`` is not 0.
    checkpoint : Checkpoint, optional
        Written after every epoch; if it exists already, the training is resumed.
    watch : callable
        Called with events: at the beginning, with numbers of pairs, with every epoch (including those of a
        checkpoint) and at the end.
    start : dict of str to ndarray, optional
        Weights of a trained model to begin with.

    Raises
    ------
    MissingExtraError
        If TensorFlow is not installed.
    InputError
        For a checkpoint of another training, and if losses or weights become infinite.
    """
    trainer = _Trainer(family, options, training, start)
    progress = checkpoint.load(trainer.state()) if checkpoint else None
    if progress is None:
        progress = _first_progress(family, trainer, validation if start is not None else None)
    else:
        trainer.restore(progress.state)
    watch(Begun(training.positives + training.negatives, progress.epoch))
    history = [Epoch(*line) for line in progress.history]
    for line in history:
        watch(line)
    best, best_epoch, best_loss = progress.best, progress.best_epoch, progress.best_loss
    for number in range(progress.epoch + 1, options.epochs + 1):
        if options.patience and number - 1 - best_epoch >= options.patience:
            break
        loss = trainer.epoch(number, _learning_rate(options, history), watch)
        weights = trainer.weights()
        _check_finite(family, loss, weights, number)
        finished = Epoch(number, loss, *_validate(family, weights, validation, trainer.label_weights))
        history.append(finished)
        if not options.patience or finished.validation_loss < best_loss:
            best, best_epoch, best_loss = weights, number, finished.validation_loss
        if checkpoint:
            lines = [tuple(line) for line in history]
            checkpoint.save(Progress(number, lines, best_epoch, best_loss, best, trainer.state()))
        watch(history[-1])
    watch(Ended(history[-1].epoch if history else 0))
    return Trained(best, best_epoch, history)


def _first_progress(family: Family, trainer: _Trainer, validation: LabelledPairs | None) -> Progress:
    """Return the state before the first epoch; with validation pairs, epoch 0 is that of the start model."""
    progress = Progress(0, [], 0, float("inf"), trainer.weights(), trainer.state())
    if validation is None:
        return progress
    first = Epoch(0, float("nan"), *_validate(family, progress.best, validation, trainer.label_weights))
    return progress._replace(history=[tuple(first)], best_loss=first.validation_loss)


def _check_finite(family: Family, loss: float, weights: Weights, epoch: int) -> None:
    if not np.isfinite(loss) or not all(np.isfinite(value).all() for value in weights.values()):
        raise InputError(f"the loss became infinite in epoch {epoch}; lower --learning-rate")
    if family.overflows(weights):
        raise InputError(
            f"the weights became so large in epoch {epoch} that scores overflow; lower --learning-rate"
        )


def _learning_rate(options: TrainingOptions, history: list[Epoch]) -> float:
    """Return the rate of the next epoch, halved after every ``decay_after`` epochs without progress."""
    rate, lowest, waited = options.learning_rate, float("inf"), 0
    for line in history:
        if line.validation_loss < lowest:
            lowest, waited = line.validation_loss, 0
        else:
            waited += 1
        if options.decay_after and waited == options.decay_after:
            rate, waited = rate / 2, 0
    return rate


class _Trainer:
    """The Keras model and its optimizer; trains one epoch at a time.

    Attributes
    ----------
    label_weights : ndarray of shape (2,)
        Weights of a negative and of a positive in the loss.
    """

    def __init__(
        self,
        family: Family,
        options: TrainingOptions,
        training: TrainingPairs,
        start: Weights | None,
    ) -> None:
        keras = import_keras()
        import tensorflow as tf

        # sums over several threads depend on their number
        with contextlib.suppress(RuntimeError):  # TensorFlow has already started
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            # parallel trainings share a graphics card; by default the first one would get all its memory
            for card in tf.config.list_physical_devices("GPU"):
                tf.config.experimental.set_memory_growth(card, True)
        self._options, self._training = options, training
        learner = learner_of(family)(family, training, options, start)
        self._learner, model = learner, learner.model
        self.label_weights = _label_weights(options.positive_weight, training)
        self._optimizer = optimizer = _optimizer(keras, options)
        optimizer.build(model.trainable_variables)
        self._dropouts = [
            layer.seed_generator for layer in model.layers if isinstance(layer, keras.layers.Dropout)
        ]

        def step(labels: Any, weights: Any, *batch: Any) -> Any:
            with tf.GradientTape() as tape:
                losses = keras.losses.binary_crossentropy(labels, learner.scores(batch))
                loss = tf.reduce_mean(losses * weights)
                total = tf.add_n([loss, *model.losses])
            variables = model.trainable_variables
            optimizer.apply(tape.gradient(total, variables), variables)
            return loss

        shared = [tf.TensorSpec((None, 1), tf.float32), tf.TensorSpec((None,), tf.float32)]
        # AutoGraph, which is not needed without branches by values, would leave a temporary file if the process is
        # killed
        self._step = tf.function(step, input_signature=[*shared, *learner.signature()], autograph=False)

    def epoch(self, number: int, rate: float, watch: Watch) -> float:
        """Train on the pairs of an epoch; returns the mean loss."""
        options = self._options
        self._optimizer.learning_rate.assign(rate)
        seeds = keras_seeds(options.seed, len(self._dropouts))
        for seed, generator in zip(seeds, self._dropouts, strict=True):
            generator.state.assign([seed, number * _COUNTERS_PER_EPOCH])
        pairs = self._training.epoch(number)
        order = np.random.default_rng([options.seed, number]).permutation(len(pairs.labels))
        total, unreported = 0.0, 0
        # nearly equal batches, since a last batch of few pairs would disturb batch normalisation
        batches = np.array_split(order, options.steps(len(order)))
        for done, batch in enumerate(batches):
            if options.linear_decay:
                share = (number - 1 + done / len(batches)) / options.epochs
                self._optimizer.learning_rate.assign(rate * (1 - share))
            labels = pairs.labels[batch]
            loss = self._step(
                labels[:, None].astype(np.float32),
                self.label_weights[labels],
                *self._learner.batch(pairs.mirnas[batch], pairs.sites[batch]),
            )
            total += float(loss) * len(batch)
            unreported += len(batch)
            if unreported >= _REPORTED_PAIRS:
                watch(unreported)
                unreported = 0
        watch(unreported)
        return total / len(order)

    def weights(self) -> Weights:
        return self._learner.weights()

    def state(self) -> dict[str, NDArray[Any]]:
        """Return weights and optimizer state, by name."""
        state: dict[str, NDArray[Any]] = {f"model.{name}": value for name, value in self.weights().items()}
        for place, variable in enumerate(self._optimizer.variables):
            state[f"optimizer.{place}"] = np.array(variable.numpy())
        return state

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Set weights and optimizer state as :meth:`state` returned them."""
        prefix = "model."
        weights = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        self._learner.set_weights(weights)
        for place, variable in enumerate(self._optimizer.variables):
            variable.assign(state[f"optimizer.{place}"])


def _optimizer(keras: Any, options: TrainingOptions) -> Any:
    longest = options.clip_norm or None
    if not options.weight_decay:
        return keras.optimizers.Adam(options.learning_rate, global_clipnorm=longest)
    optimizer = keras.optimizers.AdamW(
        options.learning_rate, weight_decay=options.weight_decay, global_clipnorm=longest
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _label_weights(positive_weight: float, training: TrainingPairs) -> NDArray[np.float32]:
    if positive_weight != BALANCED:
        return np.array([1, positive_weight], np.float32)
    total = training.positives + training.negatives
    return np.array([total / (2 * training.negatives), total / (2 * training.positives)], np.float32)


def _validate(
    family: Family,
    weights: Weights,
    pairs: LabelledPairs | None,
    label_weights: NDArray[np.float32],
) -> tuple[float, float, float]:
    """Return loss, AUROC and average precision of the scores of dmiso-predict; NaN without pairs."""
    if pairs is None:
        return float("nan"), float("nan"), float("nan")
    scores = model_scores(family, weights, pairs)
    clipped = np.clip(scores.astype(np.float64), 1e-7, 1 - 1e-7)
    losses = -np.where(pairs.labels == 1, np.log(clipped), np.log(1 - clipped))
    counted = label_weights.astype(np.float64)[pairs.labels]
    auroc, precision = Ranking(pairs.labels, scores).figures()
    return float(losses @ counted / counted.sum()), auroc, precision
