"""Keras on TensorFlow, for all families: importing it, regularization, seeds, and scoring pairs.

TensorFlow is imported inside the functions that need it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mirtools.errors import MissingExtraError
from mirtools.models.arrays import Codes, Floats

_BATCH, _BATCH_VALUES = 4096, 1 << 29  # pairs, and numbers of the largest layer


@dataclass(frozen=True)
class Regularization:
    """Regularization of the training.

    Attributes
    ----------
    l1 : float
        L1 penalty on the kernels of the convolutions and of both dense layers.
    dropout : tuple of three floats
        Dropout rates after the merged branches, after the LSTM and after the dense layer.
    """

    l1: float = 0.01
    dropout: tuple[float, float, float] = (0.25, 0.5, 0.5)


def import_keras() -> Any:
    """Return the ``keras`` module on TensorFlow, without its log lines and with reproducible arithmetic.

    Raises
    ------
    MissingExtraError
        If TensorFlow is not installed.
    """
    require("tensorflow", "keras")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _native_stderr_dropped():
        import keras
        import tensorflow  # noqa: F401
    return keras


def require(*packages: str) -> None:
    """Check that packages of the extra ``train`` are installed, without importing them.

    Raises
    ------
    MissingExtraError
        If one is not; the message has the command that installs it.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            name = {"tensorflow": "TensorFlow", "sklearn": "scikit-learn"}.get(package, package)
            raise MissingExtraError(name, "pip install 'mirtools[train]'")


@contextlib.contextmanager
def _native_stderr_dropped() -> Iterator[None]:
    """Drop what native code writes to stderr: TensorFlow reports missing CUDA drivers at any log level."""
    try:
        kept = os.dup(2)
    except OSError:  # stderr is closed: nothing to drop
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def keras_seeds(seed: int, count: int) -> list[int]:
    """Return ``count`` independent seeds in the range that Keras accepts, from one seed of any size."""
    return (np.random.SeedSequence(seed).generate_state(count) >> 1).tolist()


class KerasForm(NamedTuple):
    """A model on Keras.

    Attributes
    ----------
    model : keras.Model
        Its output are probabilities, shape ``(n, 1)``.
    inputs : callable
        Turns the codes of miRNAs and of sites into the model's inputs.
    largest_layer : int
        Numbers that the largest layer needs per pair.
    """

    model: Any
    inputs: Callable[[Codes, Codes], Any]
    largest_layer: int = 1


class KerasPairScorer:
    """Scores pairs with TensorFlow instead of NumPy, for graphics cards and to check NumPy's scores.

    Parameters
    ----------
    form : KerasForm
    """

    def __init__(self, form: KerasForm) -> None:
        import tensorflow as tf

        # otherwise NVIDIA's cards round the factors of every product to 10 bits
        tf.config.experimental.enable_tensor_float_32_execution(False)
        # sums over several threads depend on their number; this does not concern graphics cards
        with contextlib.suppress(RuntimeError):  # TensorFlow has already started
            tf.config.threading.set_intra_op_parallelism_threads(1)
        self.batch_size = max(1, min(_BATCH, _BATCH_VALUES // form.largest_layer))
        self._inputs = form.inputs
        self._forward = tf.function(lambda inputs: form.model(inputs, training=False), autograph=False)

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the probability of interaction of every pair, shape ``(n,)``, float32."""
        scores = np.empty(len(mirnas), np.float32)
        for start in range(0, len(mirnas), self.batch_size):
            part = slice(start, min(start + self.batch_size, len(mirnas)))
            # batches of one size need only one compiled graph
            inputs = [
                np.zeros((self.batch_size, length), np.uint8) for length in (mirnas.shape[1], sites.shape[1])
            ]
            for full, codes in zip(inputs, (mirnas[part], sites[part]), strict=True):
                full[: len(codes)] = codes
            scores[part] = self._forward(self._inputs(*inputs)).numpy()[: len(mirnas[part]), 0]
        return scores

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order; TensorFlow itself uses one thread whatever ``threads`` is."""
        for mirnas, sites in batches:
            yield self.score(mirnas, sites)
