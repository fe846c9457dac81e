"""Models that overflow, or that need gigabytes and minutes per pair, are rejected when they are read."""

from __future__ import annotations

import dataclasses
import io
import time

import numpy as np
import pytest
from commands import COMMANDS, refusal, run
from networks import drawn_weights

from mirtools.models.base import Model
from mirtools.models.bundled import bundled_names, resolve_model
from mirtools.models.dmiso import architecture
from mirtools.models.encoder import Encoder
from mirtools.models.matrix.bounds import overflows
from mirtools.models.matrix.cost import MOST_MULTIPLY_ADDS, MOST_VALUES, cost_of, too_costly
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network, cnn, mirbind
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.matrix.window_scorer import can_share
from mirtools.models.modelfile import load_model, save_model
from mirtools.models.pairing import WATSON_CRICK

DENSE = {"op": "dense", "units": 8}


def network(*layers, site=50, mirna=20) -> Network:
    return Network(WATSON_CRICK, site, mirna, layers)


def conv(filters, *kernel, padding="same"):
    return {"op": "conv", "filters": filters, "kernel": list(kernel), "padding": padding}


POOL = {"op": "global_pool", "kinds": ["max"]}
RELU = {"op": "relu"}
COSTLY = {
    "windows in memory": network(conv(16, 3, 3), RELU, conv(16, 9, 9), RELU, POOL, site=1000, mirna=1000),
    "many layers": network(conv(16, 1, 1), *[RELU] * 190, POOL, site=1000, mirna=1000),
    "multiply-adds": network(conv(64, 3, 3), *[conv(64, 5, 5)] * 6, POOL, site=300, mirna=300),
    "inside a residual": network(
        conv(64, 3, 3), {"op": "residual", "layers": ({"op": "residual", "layers": (conv(64, 9, 9),) * 4},)}, POOL,
        site=300, mirna=300,
    ),
}  # fmt: skip


def written(model: Model, path="own.safetensors") -> str:
    with open(path, "wb") as stream:
        save_model(model, stream)
    return path


def test_the_cost_of_a_pair():
    layers = [conv(3, 5, 7, padding="valid"), {"op": "norm"}, RELU, {"op": "flatten"}, DENSE]
    cost = cost_of(network(*layers, site=20, mirna=10))
    positions = 16 * 4
    windows = positions * 5 * 7
    assert cost.multiply_adds == windows * 3 + positions * 3 * 8 + 8
    assert cost.layer_values == 20 * 10 + windows + positions * 3
    assert cost.values == 3 * positions * 3 + 8 + 1


@pytest.mark.parametrize("name", COSTLY)
def test_costly_networks_are_rejected_at_once(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    costly = COSTLY[name]
    shapes = costly.tensor_shapes()
    weights = {key: np.zeros(shape, np.float32) for key, shape in shapes.items()}
    path = written(Model(Matrix("cnn", costly), weights, "x"))
    begin = time.process_time()
    message = refusal(lambda: load_model(path))
    assert time.process_time() - begin < 2
    assert message.startswith("own.safetensors: needs ")
    assert " per pair, more than " in message


def test_large_sensible_networks_are_within_the_limits():
    for sensible in (
        mirbind(WATSON_CRICK, filters=400, blocks=8),
        mirbind(WATSON_CRICK, 500, 30, filters=200, blocks=5),
        cnn(WATSON_CRICK, 300, 300),
        cnn(WATSON_CRICK, 1000, 100),
    ):
        assert too_costly(sensible) is None
        cost = cost_of(sensible)
        assert cost.multiply_adds < MOST_MULTIPLY_ADDS
        assert max(cost.values, cost.layer_values) < MOST_VALUES


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_models_are_far_from_an_overflow(name):
    model = resolve_model(name)
    assert not model.family.overflows({key: value * 2 for key, value in model.weights.items()})
    assert model.family.overflows({key: value * np.float32(1e15) for key, value in model.weights.items()})


@pytest.mark.parametrize("name", bundled_names())
def test_one_huge_weight_is_detected(name):
    model = resolve_model(name)
    for key, value in model.weights.items():
        if key.endswith((".mean", ".variance")):
            continue
        changed = value.copy()
        changed.flat[-1] = 3e38
        assert model.family.overflows({**model.weights, key: changed}), key


def test_deep_networks_with_small_values_are_accepted():
    deep = mirbind(WATSON_CRICK, 200, 20, filters=8, blocks=20)
    weights = drawn_weights(deep)
    assert not overflows(deep, weights)
    large = {key: value * (np.float32(300) if "kernel" in key else 1) for key, value in weights.items()}
    assert overflows(deep, large)


def test_an_overflow_during_scoring_is_an_error_without_warnings():
    one = network(conv(1, 7, 20, padding="valid"), RELU, POOL)
    weights = {key: np.full(shape, 3e38, np.float32) for key, shape in one.tensor_shapes().items()}
    predictor = MatrixPairScorer(one, weights)
    codes = (
        Encoder(20, 20, WATSON_CRICK.alphabet, False).mirnas(["ACGT" * 5]),
        Encoder(50, 50, WATSON_CRICK.alphabet, False).sites(["ACGT" * 12]),
    )
    assert "values overflow with these sequences" in refusal(lambda: predictor.score(*codes))


def test_large_networks_are_scored_in_small_batches():
    small, large = cnn(WATSON_CRICK), cnn(WATSON_CRICK, 300, 300)
    sizes = [MatrixPairScorer(one, drawn_weights(one)).batch_size for one in (small, large)]
    assert sizes == [16, 1]


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if "--model" in command.inputs])
@pytest.mark.parametrize("scale", [1e15, 3e38])
def test_every_command_rejects_weights_that_overflow(workplace, name, scale):
    model = load_model("model.safetensors")
    with np.errstate(over="ignore"):
        weights = {key: np.clip(value * np.float32(scale), -3e38, 3e38) for key, value in model.weights.items()}
    path = written(dataclasses.replace(model, weights=weights))
    done = run(name, [*COMMANDS[name].line(model=path), "-o", "out"])
    message = "own.safetensors: has weights so large that scores overflow; give a model written by dmiso-train\n"
    assert (done.status, done.err) == (1, f"{name}: error: {message}")


def test_dmiso_models_are_checked_as_well():
    model = resolve_model("dmiso")
    stream = io.BytesIO()
    save_model(dataclasses.replace(model, weights=model.weights), stream)
    weights = {key: np.zeros(shape, np.float32) for key, shape in architecture.TENSOR_SHAPES.items()}
    assert not model.family.overflows(weights)
    weights["lstm_forward.kernel"][0] = 1e30
    weights["merged_norm.gamma"][0] = 1e30
    assert model.family.overflows(weights)


def test_windows_do_not_share_a_layer_that_needs_gigabytes_per_tile():
    def reading(height):
        first = conv(1000, 1, 20, padding="valid")
        return network(first, RELU, conv(1, height, 1, padding="valid"), RELU, POOL, site=450)

    assert too_costly(reading(400)) is None
    assert can_share(reading(200))
    assert not can_share(reading(400))
