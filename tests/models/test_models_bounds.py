"""Models that overflow, or that need gigabytes and minutes a pair, are refused when they are read."""

from __future__ import annotations

import dataclasses
import io
import time

import numpy as np
import pytest
from commands import COMMANDS, refusal, run
from networks import drawn_weights

from mirtools.models import dmiso
from mirtools.models.bounds import overflows
from mirtools.models.bundled import bundled_names, resolve_model
from mirtools.models.cost import MOST_MULTIPLY_ADDS, MOST_VALUES, cost_of, too_costly
from mirtools.models.modelfile import Model, load_model, save_model
from mirtools.models.network import Network, cnn, mirbind
from mirtools.models.network_scanning import can_share
from mirtools.models.network_steps import PairingPredictor
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
def test_what_costs_too_much_is_refused_at_once(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    costly = COSTLY[name]
    shapes = costly.tensor_shapes()
    weights = {key: np.zeros(shape, np.float32) for key, shape in shapes.items()}
    path = written(Model(weights, "x", architecture="cnn", network=costly))
    begin = time.process_time()
    told = refusal(lambda: load_model(path))
    assert time.process_time() - begin < 2
    assert told.startswith("own.safetensors: needs ")
    assert " a pair, more than " in told


def test_what_is_sensible_costs_a_fraction():
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
    assert not overflows(model.network, {key: value * 2 for key, value in model.weights.items()})
    assert overflows(model.network, {key: value * np.float32(1e15) for key, value in model.weights.items()})


@pytest.mark.parametrize("name", bundled_names())
def test_one_weight_is_enough(name):
    model = resolve_model(name)
    for key, value in model.weights.items():
        if key.endswith((".mean", ".variance")):
            continue
        changed = value.copy()
        changed.flat[-1] = 3e38
        assert overflows(model.network, {**model.weights, key: changed}), key


def test_deep_networks_pass_where_their_values_stay_small():
    deep = mirbind(WATSON_CRICK, 200, 20, filters=8, blocks=20)
    weights = drawn_weights(deep)
    assert not overflows(deep, weights)
    large = {key: value * (np.float32(300) if "kernel" in key else 1) for key, value in weights.items()}
    assert overflows(deep, large)


def test_values_that_overflow_all_the_same_are_told_without_warnings():
    one = network(conv(1, 7, 20, padding="valid"), RELU, POOL)
    weights = {key: np.full(shape, 3e38, np.float32) for key, shape in one.tensor_shapes().items()}
    predictor = PairingPredictor(one, weights)
    codes = WATSON_CRICK.codes(["ACGT" * 5], 20, False), WATSON_CRICK.codes(["ACGT" * 12], 50, True)
    assert "values overflow with these sequences" in refusal(lambda: predictor.score(*codes))


def test_large_networks_are_scored_in_small_batches():
    small, large = cnn(WATSON_CRICK), cnn(WATSON_CRICK, 300, 300)
    sizes = [PairingPredictor(one, drawn_weights(one)).batch_size for one in (small, large)]
    assert sizes == [16, 1]


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if "--model" in command.inputs])
@pytest.mark.parametrize("scale", [1e15, 3e38])
def test_every_command_refuses_weights_that_overflow(workplace, name, scale):
    model = load_model("model.safetensors")
    with np.errstate(over="ignore"):
        weights = {key: np.clip(value * np.float32(scale), -3e38, 3e38) for key, value in model.weights.items()}
    path = written(dataclasses.replace(model, weights=weights))
    done = run(name, [*COMMANDS[name].line(model=path), "-o", "out"])
    told = "own.safetensors: has weights so large that scores overflow; give a model written by dmiso-train\n"
    assert (done.status, done.err) == (1, f"{name}: error: {told}")


def test_a_model_of_dmiso_is_checked_as_well():
    model = resolve_model("dmiso")
    stream = io.BytesIO()
    save_model(dataclasses.replace(model, weights=model.weights), stream)
    weights = {key: np.zeros(shape, np.float32) for key, shape in dmiso.TENSOR_SHAPES.items()}
    assert not overflows(None, weights)
    weights["lstm_forward.kernel"][0] = 1e30
    weights["merged_norm.gamma"][0] = 1e30
    assert overflows(None, weights)


def test_windows_share_no_layer_that_takes_gigabytes_for_a_tile():
    def reading(height):
        first = conv(1000, 1, 20, padding="valid")
        return network(first, RELU, conv(1, height, 1, padding="valid"), RELU, POOL, site=450)

    assert too_costly(reading(400)) is None
    assert can_share(reading(200))
    assert not can_share(reading(400))
