"""Training: epochs, early stopping, and checkpoints that resume to identical weights.

Nothing random survives an epoch: the pairs, their order and the dropout masks follow from the seed and the number
of the epoch, the learning rate from the history, so weights and optimizer state are all that a checkpoint needs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.models import dmiso
from mirtools.models.bounds import overflows
from mirtools.models.dmiso import Regularization
from mirtools.models.network import Network
from mirtools.training.bootstrap import Ranking
from mirtools.training.checkpoint import Checkpoint, Progress
from mirtools.training.data import LabelledPairs
from mirtools.training.evaluation import model_scores
from mirtools.training.learners import DmisoLearner, Learner, NetworkLearner
from mirtools.training.lessons import Lessons

# dropout counters of two epochs never meet: an epoch has fewer steps
_COUNTERS_AN_EPOCH = 1 << 20
_TOLD_PAIRS = 5000  # learned from between two tellings of progress
BALANCED = 0.0


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; the defaults are DMISO's paper's, except early stopping, which it does not have.

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
    decay_after : int
        Halve the learning rate after so many epochs without a lower validation loss; 0 never does.
    linear_decay : bool
        The learning rate falls to 0 over all epochs, step by step.
    weight_decay : float
        What of each kernel is taken away every step, times the learning rate (AdamW); 0 takes nothing.
    clip_norm : float
        Longest gradient, all weights together; longer ones are shortened. 0 leaves all as they are.
    regularization : Regularization
    positive_weight : float
        What a positive counts in the loss, a negative counting 1; ``BALANCED`` gives both labels the same sum.
    fresh_negatives : int
        Negatives a positive that are made anew every epoch (:mod:`mirtools.training.fresh`); 0 uses the table's.
    abundance : bool
        Read coverages join the last layer (:mod:`mirtools.models.abundance`).
    seed : int
    """

    epochs: int = 500
    patience: int = 20
    batch_size: int = 100
    learning_rate: float = 0.001
    decay_after: int = 0
    linear_decay: bool = False
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    regularization: Regularization = field(default_factory=Regularization)
    positive_weight: float = 1.0
    fresh_negatives: int = 0
    abundance: bool = False
    seed: int = 1

    def described(self) -> dict[str, Any]:
        """Return the options as plain data for the model file."""
        return {
            "epochs": self.epochs,
            "patience": self.patience,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "decay_after": self.decay_after,
            "linear_decay": self.linear_decay,
            "weight_decay": self.weight_decay,
            "clip_norm": self.clip_norm,
            "l1": self.regularization.l1,
            "dropout": list(self.regularization.dropout),
            "positive_weight": "balanced" if self.positive_weight == BALANCED else self.positive_weight,
            "fresh_negatives": self.fresh_negatives,
            "abundance": self.abundance,
            "seed": self.seed,
        }


# for networks on pairing matrices: normalised convolutions stand faster steps, and learn more than they remember
NETWORK_OPTIONS = TrainingOptions(
    epochs=30,
    patience=10,
    batch_size=256,
    learning_rate=0.002,
    linear_decay=True,
    weight_decay=1e-4,
    clip_norm=1.0,
    regularization=Regularization(0.0, (0.0, 0.0, 0.1)),
)


class Epoch(NamedTuple):
    """One line of the history; losses are mean binary cross-entropies, without the penalty.

    ``training_loss`` is that of the training steps (dropout on, weights moving), the ``validation_`` figures those
    of the finished epoch's weights, NaN without validation pairs. Epoch 0 of a warm start is the start itself.
    """

    epoch: int
    training_loss: float
    validation_loss: float
    validation_auroc: float
    validation_average_precision: float


class Begun(NamedTuple):
    """A training begins, or goes on after some finished epochs: the pairs of an epoch."""

    pairs: int
    finished: int


class Ended(NamedTuple):
    """A training has ended after so many epochs."""

    epochs: int


# an int: so many pairs learned from since it was last told
Event = Begun | int | Epoch | Ended
Watch = Callable[[Event], None]


class Trained(NamedTuple):
    """Weights, the epoch they are of (0: a warm start that nothing improved), and the history."""

    weights: dmiso.Weights
    epoch: int
    history: list[Epoch]

    def kept(self) -> Epoch | None:
        """Return the history's line of the kept epoch."""
        return next((line for line in self.history if line.epoch == self.epoch), None)


def train(
    lessons: Lessons,
    validation: LabelledPairs | None,
    options: TrainingOptions,
    checkpoint: Checkpoint | None = None,
    watch: Watch = lambda event: None,
    start: dmiso.Weights | None = None,
    network: Network | None = None,
) -> Trained:
    """Train a model; the same pairs and options give the same weights on the same processor.

    Parameters
    ----------
    lessons : Lessons
        With both labels.
    validation : LabelledPairs or None
        Decides when to stop; needed where ``options.patience`` is not 0.
    checkpoint : Checkpoint, optional
        Written after every epoch; training goes on from it where it holds one already.
    watch : callable
        Told of the beginning, of pairs learned from, of every epoch (those that a checkpoint remembers as well)
        and of the end.
    start : dict of str to ndarray, optional
        Weights of a trained model to begin with.
    network : Network, optional
        To train instead of DMISO.

    Raises
    ------
    MissingExtraError
        Where TensorFlow is not installed.
    InputError
        For a checkpoint of another training.
    """
    trainer = _Trainer(options, lessons, start, network)
    progress = checkpoint.load(trainer.state()) if checkpoint else None
    if progress is None:
        progress = Progress(0, [], 0, float("inf"), trainer.weights(), trainer.state())
        if start is not None and validation is not None:
            first = Epoch(0, float("nan"), *_validate(progress.best, network, validation, trainer.label_weights))
            progress = progress._replace(history=[tuple(first)], best_loss=first.validation_loss)
    else:
        trainer.restore(progress.state)
    watch(Begun(lessons.positives + lessons.negatives, progress.epoch))
    history = [Epoch(*line) for line in progress.history]
    for line in history:
        watch(line)
    best, best_epoch, best_loss = progress.best, progress.best_epoch, progress.best_loss
    for number in range(progress.epoch + 1, options.epochs + 1):
        if options.patience and number - 1 - best_epoch >= options.patience:
            break
        loss = trainer.epoch(number, _learning_rate(options, history), watch)
        weights = trainer.weights()
        if not np.isfinite(loss) or not all(np.isfinite(value).all() for value in weights.values()):
            raise InputError(f"training came to no finite loss in epoch {number}; lower --learning-rate")
        if overflows(network, weights):
            raise InputError(f"training came to weights that overflow in epoch {number}; lower --learning-rate")
        nothing = (float("nan"),) * 3
        figures = nothing if validation is None else _validate(weights, network, validation, trainer.label_weights)
        history.append(Epoch(number, loss, *figures))
        if not options.patience or figures[0] < best_loss:
            best, best_epoch, best_loss = weights, number, figures[0]
        if checkpoint:
            lines = [tuple(line) for line in history]
            checkpoint.save(Progress(number, lines, best_epoch, best_loss, best, trainer.state()))
        watch(history[-1])
    watch(Ended(history[-1].epoch if history else 0))
    return Trained(best, best_epoch, history)


def _learning_rate(options: TrainingOptions, history: list[Epoch]) -> float:
    """Return the rate of the next epoch, halved whenever ``decay_after`` epochs went in vain."""
    rate, lowest, vain = options.learning_rate, float("inf"), 0
    for line in history:
        if line.validation_loss < lowest:
            lowest, vain = line.validation_loss, 0
        else:
            vain += 1
        if options.decay_after and vain == options.decay_after:
            rate, vain = rate / 2, 0
    return rate


class _Trainer:
    """The Keras model, its optimizer, and one epoch.

    Attributes
    ----------
    label_weights : ndarray of shape (2,)
        What a negative and a positive count in the loss.
    """

    def __init__(
        self, options: TrainingOptions, lessons: Lessons, start: dmiso.Weights | None, network: Network | None
    ) -> None:
        keras = dmiso.import_keras()
        import tensorflow as tf

        # sums over several threads depend on their number
        with contextlib.suppress(RuntimeError):  # TensorFlow has already started, with the settings it has
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            # trainings side by side share a graphics card; TensorFlow would give all its memory to the first
            for card in tf.config.list_physical_devices("GPU"):
                tf.config.experimental.set_memory_growth(card, True)
        self._options, self._lessons = options, lessons
        rules, seed = options.regularization, options.seed
        learner: Learner
        if network is None:
            learner = DmisoLearner(lessons, rules, seed, options.abundance, start)
        else:
            steps = _steps(lessons.positives + lessons.negatives, options)
            learner = NetworkLearner(network, lessons, rules, seed, steps, start)
        self._learner, model = learner, learner.model
        self.label_weights = _label_weights(options.positive_weight, lessons)
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
        # AutoGraph would write the step as a file, which stays behind where the process is killed; nothing in it
        # branches by values
        self._step = tf.function(step, input_signature=[*shared, *learner.signature()], autograph=False)

    def epoch(self, number: int, rate: float, watch: Watch) -> float:
        """Run through the pairs of an epoch once; returns the mean loss."""
        options = self._options
        self._optimizer.learning_rate.assign(rate)
        seeds = dmiso.keras_seeds(options.seed, len(self._dropouts))
        for seed, generator in zip(seeds, self._dropouts, strict=True):
            generator.state.assign([seed, number * _COUNTERS_AN_EPOCH])
        lesson = self._lessons.epoch(number)
        order = np.random.default_rng([options.seed, number]).permutation(len(lesson.labels))
        total, told = 0.0, 0
        # nearly equal batches: a last batch of a few pairs would shake batch normalisation
        batches = np.array_split(order, _steps(len(order), options))
        for done, batch in enumerate(batches):
            if options.linear_decay:
                share = (number - 1 + done / len(batches)) / options.epochs
                self._optimizer.learning_rate.assign(rate * (1 - share))
            labels = lesson.labels[batch]
            loss = self._step(
                labels[:, None].astype(np.float32),
                self.label_weights[labels],
                *self._learner.batch(lesson.mirnas[batch], lesson.sites[batch]),
            )
            total += float(loss) * len(batch)
            told += len(batch)
            if told >= _TOLD_PAIRS:
                watch(told)
                told = 0
        watch(told)
        return total / len(order)

    def weights(self) -> dmiso.Weights:
        return self._learner.weights()

    def state(self) -> dict[str, NDArray[Any]]:
        """Return weights and optimizer state, by name."""
        state: dict[str, NDArray[Any]] = {f"model.{name}": value for name, value in self.weights().items()}
        for place, variable in enumerate(self._optimizer.variables):
            state[f"optimizer.{place}"] = np.array(variable.numpy())
        return state

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take over what :meth:`state` returned."""
        prefix = "model."
        weights = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        self._learner.set_weights(weights)
        for place, variable in enumerate(self._optimizer.variables):
            variable.assign(state[f"optimizer.{place}"])


def _steps(pairs: int, options: TrainingOptions) -> int:
    return max(round(pairs / options.batch_size), 1)


def _optimizer(keras: Any, options: TrainingOptions) -> Any:
    longest = options.clip_norm or None
    if not options.weight_decay:
        return keras.optimizers.Adam(options.learning_rate, global_clipnorm=longest)
    optimizer = keras.optimizers.AdamW(
        options.learning_rate, weight_decay=options.weight_decay, global_clipnorm=longest
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _label_weights(positive_weight: float, lessons: Lessons) -> NDArray[np.float32]:
    if positive_weight != BALANCED:
        return np.array([1, positive_weight], np.float32)
    total = lessons.positives + lessons.negatives
    return np.array([total / (2 * lessons.negatives), total / (2 * lessons.positives)], np.float32)


def _validate(
    weights: dmiso.Weights, network: Network | None, pairs: LabelledPairs, label_weights: NDArray[np.float32]
) -> tuple[float, float, float]:
    """Return loss, AUROC and average precision, computed as users will compute scores."""
    scores = model_scores(weights, pairs, network)
    clipped = np.clip(scores.astype(np.float64), 1e-7, 1 - 1e-7)
    losses = -np.where(pairs.labels == 1, np.log(clipped), np.log(1 - clipped))
    counted = label_weights.astype(np.float64)[pairs.labels]
    auroc, precision = Ranking(pairs.labels, scores).figures()
    return float(losses @ counted / counted.sum()), auroc, precision
