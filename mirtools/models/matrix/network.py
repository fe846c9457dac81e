"""Networks on pairing matrices as plain data: layers, sizes, tensor names; and two architectures.

A network is a list of layers, each a dictionary with its ``op``, from the pairing matrix to one vector, followed
by a dense unit with a sigmoid. The list is stored in the model file, so that models of any size, rule and layout
that ``dmiso-train`` can make are read, used and explained by the same code:

==============  ===================================================================================================
conv            ``filters``, ``kernel`` [site, miRNA], ``padding`` valid or same; stride 1
norm            batch normalisation, directly after a conv or dense
relu
max_pool        ``size`` [site, miRNA]; strides equal the size, a remainder at the end is dropped
residual        ``layers``, whose result is added to their input: to its central part if valid convolutions made
                the result smaller, through a 1 x 1 convolution if the numbers of channels differ
global_pool     ``kinds``: ``max``, ``mean`` or both, over all positions; makes a vector
flatten         makes a vector
dense           ``units``
dropout         only has an effect in training
==============  ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mirtools.models.encoder import Encoder
from mirtools.models.pairing import WATSON_CRICK, PairingRule, rule_from

Layer = Mapping[str, Any]
Shape = tuple[int, ...]  # (site positions, miRNA positions, channels) or (units,)

ENCODER = "pairing-matrix"
SITE_LENGTH, MIRNA_LENGTH = 50, 20
NORM_EPSILON = 1e-3
_NORM = ("gamma", "beta", "mean", "variance")
_FIELDS = {
    "conv": {"filters", "kernel", "padding"},
    "norm": set(),
    "relu": set(),
    "max_pool": {"size"},
    "residual": {"layers"},
    "global_pool": {"kinds"},
    "flatten": set(),
    "dense": {"units"},
    "dropout": set(),
}
_MOST_LAYERS, _MOST_LENGTH, _MOST_UNITS, _MOST_VALUES = 200, 1000, 4096, 1 << 24


@dataclass(frozen=True)
class Network:
    """A network on pairing matrices.

    Attributes
    ----------
    rule : PairingRule
    site_length, mirna_length : int
        Size of the matrix, in letters.
    layers : tuple of mapping
    """

    rule: PairingRule
    site_length: int
    mirna_length: int
    layers: tuple[Layer, ...]

    @property
    def input_shape(self) -> Shape:
        """Site positions, miRNA positions, channels."""
        return self.site_length, self.mirna_length, len(self.rule.channels)

    @property
    def encoder(self) -> Encoder:
        """How it encodes sequences: the central letters of sites, the first letters of miRNAs."""
        return Encoder(self.mirna_length, self.site_length, self.rule.alphabet, mirna_centre=False)

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor by its name."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in named(self):
            match layer.op:
                case "conv":
                    shapes[f"{layer.name}.kernel"] = (*layer.fields["kernel"], layer.before[-1], layer.after[-1])
                    shapes[f"{layer.name}.bias"] = (layer.after[-1],)
                case "norm":
                    shapes.update({f"{layer.name}.{part}": (layer.after[-1],) for part in _NORM})
                case "residual" if layer.before[-1] != layer.after[-1]:
                    shapes[f"{layer.name}.kernel"] = (1, 1, layer.before[-1], layer.after[-1])
                    shapes[f"{layer.name}.bias"] = (layer.after[-1],)
                case "dense":
                    shapes[f"{layer.name}.kernel"] = (layer.before[0], layer.after[0])
                    shapes[f"{layer.name}.bias"] = (layer.after[0],)
        return shapes

    def described(self) -> dict[str, Any]:
        """Return the network as plain data."""
        return {
            "rule": self.rule.described(),
            "site_length": self.site_length,
            "mirna_length": self.mirna_length,
            "layers": [_plain(layer) for layer in self.layers],
        }


@dataclass(frozen=True)
class Named:
    """A layer with its name and shapes.

    Attributes
    ----------
    name : str
        ``conv_1``, ``norm_1``..., numbered by op; ``output`` for the last dense unit.
    op : str
    fields : mapping
    before, after : tuple of int
        Shapes of one pair's input and output.
    inner : tuple of Named
        The layers of a residual.
    """

    name: str
    op: str
    fields: Layer
    before: Shape
    after: Shape
    inner: tuple[Named, ...] = ()


def placed(network: Network) -> tuple[Named, ...]:
    """Return the layers with names and shapes, the output unit last; those of residuals are their ``inner``.

    Raises
    ------
    ValueError
        If a layer does not fit; the message names it and the reason.
    """
    counts: dict[str, int] = {}
    layers = _placed([*network.layers, {"op": "dense", "units": 1}], network.input_shape, counts)
    *_, last = layers
    return (*layers[:-1], Named("output", last.op, last.fields, last.before, last.after))


def named(network: Network) -> Iterator[Named]:
    """Yield all layers, a residual after its inner ones."""

    def walk(layers: Sequence[Named]) -> Iterator[Named]:
        for layer in layers:
            yield from walk(layer.inner)
            yield layer

    yield from walk(placed(network))


def _placed(layers: Sequence[Layer], shape: Shape, counts: dict[str, int]) -> tuple[Named, ...]:
    result: list[Named] = []
    for layer in layers:
        op = layer["op"]
        counts[op] = counts.get(op, 0) + 1
        name = f"{op}_{counts[op]}"
        if sum(counts.values()) > _MOST_LAYERS:
            raise ValueError(f"a network has at most {_MOST_LAYERS} layers")
        if op == "norm" and (not result or result[-1].op not in ("conv", "dense")):
            raise ValueError(f"{name} does not directly follow a conv or dense")
        if (len(shape) == 1) != (op == "dense") and op not in ("norm", "relu", "dropout"):
            raise ValueError(f"{name} cannot follow values of shape {shape}")
        inner = _placed(layer["layers"], shape, counts) if op == "residual" else ()
        after = _after(name, layer, shape, inner)
        if min(after) < 1:
            raise ValueError(f"{name} leaves nothing of values of shape {shape}")
        if _size(after) > _MOST_VALUES:
            raise ValueError(f"{name} makes too many values")
        result.append(Named(name, op, layer, shape, after, inner))
        shape = after
    return tuple(result)


def _after(name: str, layer: Layer, shape: Shape, inner: tuple[Named, ...]) -> Shape:
    match layer["op"]:
        case "conv" if layer["padding"] == "same":
            return (*shape[:2], layer["filters"])
        case "conv":
            height, width = (size - kernel + 1 for size, kernel in zip(shape, layer["kernel"], strict=False))
            return height, width, layer["filters"]
        case "max_pool":
            height, width = (size // step for size, step in zip(shape, layer["size"], strict=False))
            return height, width, shape[2]
        case "residual":
            after = inner[-1].after
            if len(after) != 3 or any((size - left) % 2 for size, left in zip(shape[:2], after[:2], strict=True)):
                raise ValueError(f"{name} ends in values of shape {after}, which cannot be centred in {shape}")
            return after
        case "global_pool":
            return (shape[2] * len(layer["kinds"]),)
        case "flatten":
            return (_size(shape),)
        case "dense":
            return (layer["units"],)
        case _:
            return shape


def _size(shape: Shape) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def network_from(description: object) -> Network:
    """Return the network of plain data, the inverse of :meth:`Network.described`.

    Raises
    ------
    ValueError
        If the data are not valid; the message names the problem.
    """
    if not isinstance(description, dict) or set(description) != {"rule", "site_length", "mirna_length", "layers"}:
        raise ValueError("a network has rule, site_length, mirna_length and layers")
    rule = rule_from(description["rule"])
    for key in ("site_length", "mirna_length"):
        if not _is_integer(description[key], _MOST_LENGTH):
            raise ValueError(f"a network's {key} is a whole number from 1 to {_MOST_LENGTH}")
    layers = _layers(description["layers"], 0)
    network = Network(rule, description["site_length"], description["mirna_length"], layers)
    placed(network)  # raises ValueError if a layer does not fit
    return network


def _layers(layers: object, depth: int) -> tuple[Layer, ...]:
    if not isinstance(layers, list) or not 1 <= len(layers) <= _MOST_LAYERS or depth > 4:
        raise ValueError("a network's layers are not a list, or an empty, too long or too deep one")
    return tuple(_layer(layer, depth) for layer in layers)


def _layer(layer: object, depth: int) -> Layer:
    if not isinstance(layer, dict) or not isinstance(op := layer.get("op"), str) or op not in _FIELDS:
        raise ValueError(f"a network has a layer whose op is not one of {', '.join(_FIELDS)}")
    if set(layer) - {"op"} != _FIELDS[op]:
        raise ValueError(f"a {op} layer has the fields {', '.join(sorted(_FIELDS[op])) or 'op only'}")
    for field, most in (("filters", _MOST_UNITS), ("units", _MOST_UNITS)):
        if field in layer and not _is_integer(layer[field], most):
            raise ValueError(f"a {op} layer's {field} are from 1 to {most}")
    for field in ("kernel", "size"):
        if field in layer:
            sizes = layer[field]
            if not isinstance(sizes, list) or len(sizes) != 2 or not all(_is_integer(n, 1000) for n in sizes):
                raise ValueError(f"a {op} layer's {field} is two whole numbers")
    if op == "conv" and layer["padding"] not in ("valid", "same"):
        raise ValueError("a conv layer's padding is valid or same")
    if op == "global_pool" and layer["kinds"] not in (["max"], ["mean"], ["max", "mean"]):
        raise ValueError("a global_pool layer's kinds are max, mean or both")
    if op == "residual":
        return {"op": op, "layers": _layers(layer["layers"], depth + 1)}
    return layer


def _is_integer(value: object, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def _plain(layer: Layer) -> dict[str, Any]:
    if layer["op"] == "residual":
        return {"op": "residual", "layers": [_plain(inner) for inner in layer["layers"]]}
    return dict(layer)


def _conv(filters: int, height: int, width: int, padding: str = "valid") -> list[Layer]:
    return [{"op": "conv", "filters": filters, "kernel": [height, width], "padding": padding}, {"op": "norm"}]


def mirbind(
    rule: PairingRule = WATSON_CRICK,
    site_length: int = SITE_LENGTH,
    mirna_length: int = MIRNA_LENGTH,
    filters: int = 96,
    height: int = 8,
    blocks: int = 2,
    units: int = 64,
) -> Network:
    """Return the residual network.

    (Gresova et al. 2022, 2.1: "a modified version of ResNet".) Here the first convolution spans the whole miRNA,
    whose positions have different roles, while a site may be anywhere; the residual blocks then run along the
    site, without padding, so that neighbouring windows of a transcript share all of them.
    """
    relu: Layer = {"op": "relu"}
    layers: list[Layer] = [*_conv(filters, min(height, site_length), mirna_length), relu]
    for _ in range(blocks):
        block = [*_conv(filters, 3, 1), relu, *_conv(filters, 3, 1)]
        layers += [{"op": "residual", "layers": tuple(block)}, relu]
    layers += [{"op": "global_pool", "kinds": ["max", "mean"]}, {"op": "dropout"}]
    layers += [{"op": "dense", "units": units}, {"op": "norm"}, relu]
    return Network(rule, site_length, mirna_length, tuple(layers))


def cnn(
    rule: PairingRule = WATSON_CRICK, site_length: int = SITE_LENGTH, mirna_length: int = MIRNA_LENGTH
) -> Network:
    """Return the plain convolutional network: three convolutions with pooling in both directions."""
    relu: Layer = {"op": "relu"}
    pool: Layer = {"op": "max_pool", "size": [2, 2]}
    layers: list[Layer] = []
    for filters, size in ((32, 5), (64, 3), (64, 3)):
        layers += [*_conv(filters, size, size, "same"), relu, pool]
    layers += [{"op": "flatten"}, {"op": "dropout"}, {"op": "dense", "units": 64}, {"op": "norm"}, relu]
    return Network(rule, site_length, mirna_length, tuple(layers))


ARCHITECTURES = {"mirbind": mirbind, "cnn": cnn}
