"""DMISO as a Keras model, for training and for scoring with TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.models.arrays import Weights
from mirtools.models.dmiso.architecture import (
    DENSE_UNITS,
    KERNEL_WIDTH,
    KERNELS,
    LSTM_UNITS,
    MIRNA_LENGTH,
    NAME,
    NORM_EPSILON,
    POOL,
    SITE_LENGTH,
    TENSOR_SHAPES,
)
from mirtools.models.keras import Regularization, import_keras, keras_seeds


def build_keras(regularization: Regularization | None = None, seed: int = 1, abundance: bool = False) -> Any:
    """Return the untrained Keras model: inputs ``(n, 30, 4)`` and ``(n, 60, 4)``, output ``(n, 1)``.

    Initial weights and dropout masks follow from ``seed``. With ``abundance``, a third input ``(n, 2)`` is added
    to the last layer (:mod:`mirtools.models.dmiso.abundance`), with initial weights of 0.
    """
    keras = import_keras()
    layers = keras.layers
    rules = regularization or Regularization()
    penalty = keras.regularizers.L1(rules.l1) if rules.l1 else None
    seeds = iter(keras_seeds(seed, 20))

    def norm(name: str) -> Any:
        return layers.BatchNormalization(epsilon=NORM_EPSILON, name=name)

    def dense(units: int, name: str) -> Any:
        initializer = keras.initializers.GlorotUniform(next(seeds))
        return layers.Dense(units, kernel_regularizer=penalty, kernel_initializer=initializer, name=name)

    mirna = keras.Input((MIRNA_LENGTH, 4), name="mirna")
    site = keras.Input((SITE_LENGTH, 4), name="site")
    branches = [
        _branch(keras, source, name, penalty, next(seeds))
        for source, name in ((mirna, "mirna_conv"), (site, "site_conv"))
    ]
    x = norm("merged_norm")(layers.Concatenate(axis=1)(branches))
    x = layers.Dropout(rules.dropout[0], seed=next(seeds))(x)
    forward = _lstm(keras, "lstm_forward", next(seeds), next(seeds))
    backward = _lstm(keras, "lstm_backward", next(seeds), next(seeds))
    x = norm("lstm_norm")(layers.Bidirectional(forward, backward_layer=backward, name="lstm")(x))
    x = layers.Dropout(rules.dropout[1], seed=next(seeds))(x)
    x = dense(DENSE_UNITS, "dense")(layers.Flatten()(x))
    x = layers.ReLU()(norm("dense_norm")(x))
    x = layers.Dropout(rules.dropout[2], seed=next(seeds))(x)
    x = dense(1, "output")(x)
    inputs = [mirna, site]
    if abundance:
        inputs.append(keras.Input((2,), name="coverage"))
        added = layers.Dense(
            1, use_bias=False, kernel_regularizer=penalty, kernel_initializer="zeros", name="abundance"
        )(inputs[-1])
        x = layers.Add()([x, added])
    x = layers.Activation("sigmoid")(norm("output_norm")(x))
    return keras.Model(inputs, x, name=NAME)


def _branch(keras: Any, source: Any, name: str, penalty: Any, seed: int) -> Any:
    """Return the convolved, rectified and pooled values of one sequence."""
    convolution = keras.layers.Conv1D(
        KERNELS,
        KERNEL_WIDTH,
        activation="relu",
        kernel_regularizer=penalty,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        name=name,
    )
    return keras.layers.MaxPooling1D(POOL, strides=1)(convolution(source))


def _lstm(keras: Any, name: str, seed: int, recurrent_seed: int) -> Any:
    return keras.layers.LSTM(
        LSTM_UNITS,
        return_sequences=True,
        go_backwards=name == "lstm_backward",
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        recurrent_initializer=keras.initializers.Orthogonal(seed=recurrent_seed),
        name=name,
    )


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
    """Set the weights of a Keras model from a tensor table; the inverse of :func:`get_weights`."""
    for name, variable in keras_variables(model).items():
        variable.assign(weights[name])
