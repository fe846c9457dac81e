"""Networks on pairing matrices as Keras models, for training and for explainers that need TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mirtools.models.arrays import Floats
from mirtools.models.keras import Regularization, import_keras, keras_seeds
from mirtools.models.matrix.network import NORM_EPSILON, Named, Network, named, placed

_ATTRIBUTES = {"mean": "moving_mean", "variance": "moving_variance"}
# with Keras's default of 0.99 the first steps weigh too much in short trainings
_NORM_MOMENTUM = 0.98
_LEAST_MOMENTUM = 0.7


def norm_momentum(steps: int) -> float:
    """Return the momentum of batch normalisation for epochs of ``steps``; little of the last epoch remains.

    >>> norm_momentum(20)
    0.9
    """
    return min(max(1 - 2 / max(steps, 1), _LEAST_MOMENTUM), _NORM_MOMENTUM)


def build_keras(
    network: Network,
    regularization: Regularization | None = None,
    seed: int = 1,
    momentum: float = _NORM_MOMENTUM,
) -> Any:
    """Return the untrained Keras model: input ``(n, site, miRNA, channels)``, output ``(n, 1)``, a probability.

    Initial weights and dropout masks follow from ``seed``. ``regularization`` has the L1 penalty of all kernels;
    the last of its dropout rates is that of dropout layers. ``momentum`` is that of batch normalisation.
    """
    keras = import_keras()
    rules = regularization or Regularization(0.0, (0.0, 0.0, 0.0))
    seeds = iter(keras_seeds(seed, 1000))
    penalty = keras.regularizers.L1(rules.l1) if rules.l1 else None
    source = keras.Input(network.input_shape, name="pairing")
    x = _add(placed(network), source, keras, _Recipe(penalty, rules.dropout[-1], momentum, seeds))
    return keras.Model(source, keras.layers.Activation("sigmoid")(x), name="pairing_network")


class _Recipe(NamedTuple):
    penalty: Any
    dropout: float
    momentum: float
    seeds: Iterator[int]


def _add(layers: Sequence[Named], x: Any, keras: Any, recipe: _Recipe) -> Any:
    kinds = keras.layers

    def initial() -> Any:
        return keras.initializers.HeNormal(next(recipe.seeds))

    for layer in layers:
        shared = {"name": layer.name, "kernel_regularizer": recipe.penalty} if layer.op != "residual" else {}
        match layer.op:
            case "conv":
                x = kinds.Conv2D(
                    layer.fields["filters"],
                    tuple(layer.fields["kernel"]),
                    padding=layer.fields["padding"],
                    kernel_initializer=initial(),
                    **shared,
                )(x)
            case "norm":
                x = kinds.BatchNormalization(epsilon=NORM_EPSILON, momentum=recipe.momentum, name=layer.name)(x)
            case "relu":
                x = kinds.ReLU(name=layer.name)(x)
            case "max_pool":
                x = kinds.MaxPooling2D(tuple(layer.fields["size"]), name=layer.name)(x)
            case "residual":
                x = _residual(layer, x, keras, recipe)
            case "global_pool":
                x = _global_pool(layer, x, kinds)
            case "flatten":
                x = kinds.Flatten(name=layer.name)(x)
            case "dense":
                x = kinds.Dense(layer.after[0], kernel_initializer=initial(), **shared)(x)
            case "dropout":
                x = kinds.Dropout(recipe.dropout, seed=next(recipe.seeds), name=layer.name)(x)
    return x


def _residual(layer: Named, x: Any, keras: Any, recipe: _Recipe) -> Any:
    inner = _add(layer.inner, x, keras, recipe)
    margins = [(before - after) // 2 for before, after in zip(layer.before[:2], layer.after[:2], strict=True)]
    if any(margins):
        x = keras.layers.Cropping2D([(margin, margin) for margin in margins])(x)
    if layer.before[-1] != layer.after[-1]:
        x = keras.layers.Conv2D(
            layer.after[-1],
            1,
            kernel_initializer=keras.initializers.HeNormal(next(recipe.seeds)),
            kernel_regularizer=recipe.penalty,
            name=layer.name,
        )(x)
    return keras.layers.Add()([x, inner])


def _global_pool(layer: Named, x: Any, kinds: Any) -> Any:
    size = layer.before[:2]
    # pooling layers of full size: shap has rules for these
    pools = {"max": kinds.MaxPooling2D(size), "mean": kinds.AveragePooling2D(size)}
    parts = [kinds.Flatten()(pools[kind](x)) for kind in layer.fields["kinds"]]
    return parts[0] if len(parts) == 1 else kinds.Concatenate(name=layer.name)(parts)


def keras_variables(network: Network, model: Any) -> dict[str, Any]:
    """Return the Keras variables of a model by tensor name."""
    found = {}
    by_name = {layer.name: layer for layer in model.layers}
    for layer in named(network):
        for part in ("kernel", "bias", "gamma", "beta", "mean", "variance"):
            if (variable := getattr(by_name.get(layer.name), _ATTRIBUTES.get(part, part), None)) is not None:
                found[f"{layer.name}.{part}"] = variable
    return found


def get_weights(network: Network, model: Any) -> dict[str, Floats]:
    """Return copies of all weights of a Keras model by tensor name, float32."""
    variables = keras_variables(network, model)
    return {name: np.array(variables[name].numpy(), np.float32) for name in network.tensor_shapes()}


def set_weights(network: Network, model: Any, weights: Mapping[str, Floats]) -> None:
    """Set the weights of a Keras model from a tensor table; the inverse of :func:`get_weights`."""
    for name, variable in keras_variables(network, model).items():
        variable.assign(weights[name])
