"""The DMISO architecture (Talukder et al. 2022, "Deep learning model"): its plain data, and Keras around it.

Sizes and tensor names are plain data, so that model files are checked and scored without TensorFlow; only
:func:`build_keras` and what it returns need it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import MissingExtraError

Weights = dict[str, NDArray[np.float32]]

NAME = "dmiso"
ENCODER = "one-hot-ATCG-N-quarter-right-padded"
MIRNA_LENGTH = 30
SITE_LENGTH = 60
KERNELS = 10
KERNEL_WIDTH = 8
POOL = 4
MIRNA_STEPS = MIRNA_LENGTH - KERNEL_WIDTH - POOL + 2  # 30 -> 23 -> 20
SITE_STEPS = SITE_LENGTH - KERNEL_WIDTH - POOL + 2  # 60 -> 53 -> 50
STEPS = MIRNA_STEPS + SITE_STEPS
LSTM_UNITS = 10
DENSE_UNITS = 100
NORM_EPSILON = 1e-3

_NORM = ("gamma", "beta", "mean", "variance")


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for branch in ("mirna_conv", "site_conv"):
        shapes[f"{branch}.kernel"] = (KERNEL_WIDTH, 4, KERNELS)
        shapes[f"{branch}.bias"] = (KERNELS,)
    shapes.update({f"merged_norm.{part}": (KERNELS,) for part in _NORM})
    for direction in ("lstm_forward", "lstm_backward"):
        # columns: the gates i, f, c, o, LSTM_UNITS each
        shapes[f"{direction}.kernel"] = (KERNELS, 4 * LSTM_UNITS)
        shapes[f"{direction}.recurrent_kernel"] = (LSTM_UNITS, 4 * LSTM_UNITS)
        shapes[f"{direction}.bias"] = (4 * LSTM_UNITS,)
    shapes.update({f"lstm_norm.{part}": (2 * LSTM_UNITS,) for part in _NORM})
    shapes["dense.kernel"] = (STEPS * 2 * LSTM_UNITS, DENSE_UNITS)
    shapes["dense.bias"] = (DENSE_UNITS,)
    shapes.update({f"dense_norm.{part}": (DENSE_UNITS,) for part in _NORM})
    shapes["output.kernel"] = (DENSE_UNITS, 1)
    shapes["output.bias"] = (1,)
    shapes.update({f"output_norm.{part}": (1,) for part in _NORM})
    return shapes


TENSOR_SHAPES: Mapping[str, tuple[int, ...]] = _shapes()


@dataclass(frozen=True)
class Regularization:
    """What holds the training back.

    Attributes
    ----------
    l1 : float
        L1 penalty on the kernels of the convolutions and of both dense layers.
    dropout : tuple of three floats
        Shares dropped after the merged branches, after the LSTM and after the dense layer.
    """

    l1: float = 0.01
    dropout: tuple[float, float, float] = (0.25, 0.5, 0.5)


def import_keras() -> Any:
    """Return the ``keras`` module on TensorFlow, quiet and with steady arithmetic.

    Raises
    ------
    MissingExtraError
        Where TensorFlow is not installed.
    """
    require("tensorflow", "keras")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _unheard():
        import keras
        import tensorflow  # noqa: F401
    return keras


def require(*packages: str) -> None:
    """Check that packages of the extra ``train`` are installed, without importing them.

    Raises
    ------
    MissingExtraError
        Naming the command that installs them.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            name = {"tensorflow": "TensorFlow", "sklearn": "scikit-learn"}.get(package, package)
            raise MissingExtraError(name, "pip install 'mirtools[train]'")


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Drop what native code writes to stderr: TensorFlow tells of absent CUDA drivers at any log level."""
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


def build_keras(regularization: Regularization | None = None, seed: int = 1, abundance: bool = False) -> Any:
    """Return the untrained Keras model: inputs ``(n, 30, 4)`` and ``(n, 60, 4)``, output ``(n, 1)``.

    Initial weights and dropout masks follow from ``seed``. With ``abundance``, a third input ``(n, 2)`` joins the
    last layer (:mod:`mirtools.models.abundance`), with weights that start at 0.
    """
    keras = import_keras()
    layers = keras.layers
    rules = regularization or Regularization()
    penalty = keras.regularizers.L1(rules.l1) if rules.l1 else None
    seeds = iter(keras_seeds(seed, 20))

    def glorot() -> Any:
        return keras.initializers.GlorotUniform(next(seeds))

    def norm(name: str) -> Any:
        return layers.BatchNormalization(epsilon=NORM_EPSILON, name=name)

    def branch(source: Any, name: str) -> Any:
        convolved = layers.Conv1D(
            KERNELS,
            KERNEL_WIDTH,
            activation="relu",
            kernel_regularizer=penalty,
            kernel_initializer=glorot(),
            name=name,
        )(source)
        return layers.MaxPooling1D(POOL, strides=1)(convolved)

    def lstm(name: str, backwards: bool) -> Any:
        return layers.LSTM(
            LSTM_UNITS,
            return_sequences=True,
            go_backwards=backwards,
            kernel_initializer=glorot(),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            name=name,
        )

    mirna = keras.Input((MIRNA_LENGTH, 4), name="mirna")
    site = keras.Input((SITE_LENGTH, 4), name="site")
    x = layers.Concatenate(axis=1)([branch(mirna, "mirna_conv"), branch(site, "site_conv")])
    x = norm("merged_norm")(x)
    x = layers.Dropout(rules.dropout[0], seed=next(seeds))(x)
    x = layers.Bidirectional(lstm("lstm_forward", False), backward_layer=lstm("lstm_backward", True), name="lstm")(
        x
    )
    x = norm("lstm_norm")(x)
    x = layers.Dropout(rules.dropout[1], seed=next(seeds))(x)
    x = layers.Flatten()(x)
    x = layers.Dense(DENSE_UNITS, kernel_regularizer=penalty, kernel_initializer=glorot(), name="dense")(x)
    x = layers.ReLU()(norm("dense_norm")(x))
    x = layers.Dropout(rules.dropout[2], seed=next(seeds))(x)
    x = layers.Dense(1, kernel_regularizer=penalty, kernel_initializer=glorot(), name="output")(x)
    inputs = [mirna, site]
    if abundance:
        inputs.append(keras.Input((2,), name="coverage"))
        added = layers.Dense(
            1, use_bias=False, kernel_regularizer=penalty, kernel_initializer="zeros", name="abundance"
        )(inputs[-1])
        x = layers.Add()([x, added])
    x = layers.Activation("sigmoid")(norm("output_norm")(x))
    return keras.Model(inputs, x, name=NAME)


def keras_seeds(seed: int, count: int) -> list[int]:
    """Return ``count`` unrelated seeds in the range that Keras takes, from one seed of any size."""
    return (np.random.SeedSequence(seed).generate_state(count) >> 1).tolist()


def keras_variables(model: Any) -> dict[str, Any]:
    """Return the Keras variables of a model by tensor name."""
    found: dict[str, Any] = {}
    joins_abundance = any(layer.name == "abundance" for layer in model.layers)
    for name in (*TENSOR_SHAPES, "abundance.kernel") if joins_abundance else TENSOR_SHAPES:
        layer_name, part = name.split(".")
        if layer_name.startswith("lstm_") and layer_name != "lstm_norm":
            both = model.get_layer("lstm")
            layer = both.forward_layer if layer_name == "lstm_forward" else both.backward_layer
            found[name] = getattr(layer.cell, part)
        else:
            attribute = {"mean": "moving_mean", "variance": "moving_variance"}.get(part, part)
            found[name] = getattr(model.get_layer(layer_name), attribute)
    return found


def get_weights(model: Any) -> Weights:
    """Return copies of all weights of a Keras model by tensor name, float32."""
    return {name: np.array(variable.numpy(), np.float32) for name, variable in keras_variables(model).items()}


def set_weights(model: Any, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Give a Keras model the weights of a tensor table; the inverse of :func:`get_weights`."""
    for name, variable in keras_variables(model).items():
        variable.assign(weights[name])
