"""Compositions: statistics of sequences with known answers, pairs drawn from them, and invalid model files."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from networks import drawn_weights

from mirtools.errors import InputError
from mirtools.models.base import Model
from mirtools.models.composition import (
    DRAWN,
    STORED,
    UNIFORM,
    composition_of,
    draw,
    most_stored,
    training_facts,
    typical_pairs,
    uniform,
)
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.encoder import Encoder
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import mirbind
from mirtools.models.modelfile import load_model, save_model
from mirtools.models.pairing import WOBBLE, PairingRule


def test_statistics_of_a_few_letters() -> None:
    found = composition_of(["AAT", "TNC"], ["G"], "ATCG")
    assert found["mirna"]["lengths"] == {"3": 1.0}
    assert found["mirna"]["first"] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], abs=1e-6)  # A, T, and C after N
    assert found["mirna"]["next"][0] == [0.5, 0.5, 0, 0]
    # no letter follows T, so its row has the shares of all letters
    assert found["mirna"]["next"][3] == pytest.approx(found["mirna"]["next"][2])
    assert found["site"] == {"lengths": {"1": 1.0}, "first": [0, 0, 0, 1], "next": [[0, 0, 0, 1]] * 4}
    assert json.loads(json.dumps(found)) == found


def test_drawn_pairs_have_the_composition_they_are_drawn_from() -> None:
    random = np.random.default_rng(1)
    mirnas = [
        "".join(random.choice(list("ATCG"), 18 + number % 5, p=[0.1, 0.2, 0.3, 0.4])) for number in range(4000)
    ]
    sites = ["".join(random.choice(list("ATCG"), 50, p=[0.4, 0.3, 0.2, 0.1])) for _ in range(4000)]
    composition = composition_of(mirnas, sites)
    pairs = draw(composition, 4000, 3)
    again = composition_of(*zip(*pairs, strict=True))
    for side in ("mirna", "site"):
        assert again[side]["lengths"] == pytest.approx(composition[side]["lengths"], abs=0.03)
        np.testing.assert_allclose(again[side]["first"], composition[side]["first"], atol=0.05)
        np.testing.assert_allclose(again[side]["next"], composition[side]["next"], atol=0.03)
    assert draw(composition, 4000, 3) == pairs
    assert draw(composition, 10, 4) != pairs[:10]
    assert draw(composition, 0, 4) == []


def test_a_chain_without_choice() -> None:
    composition = composition_of(["ATATAT"], ["CG"], "ATCG")
    assert draw(composition, 3, 1) == [("ATATAT", "CG")] * 3


def _model(**training: object) -> Model:
    return Model(Matrix("mirbind", mirbind()), {}, "mine", training=training)


def test_sources_of_typical_pairs() -> None:
    stored = [["ACGT", "ACGTT"], ["AAAA", "CCCC"], ["TTTT", "GGGG"]]
    composition = composition_of(["AAA"], ["CC"])
    assert typical_pairs(_model(background_pairs=stored, composition=composition), 5, 1) == (
        [tuple(pair) for pair in stored],
        STORED,
    )
    some = typical_pairs(_model(background_pairs=stored), 2, 1).pairs
    assert len(some) == 2
    assert set(some) < {tuple(pair) for pair in stored}
    assert typical_pairs(_model(composition=composition), 2, 1) == ([("AAA", "CC")] * 2, DRAWN)
    pairs, source = typical_pairs(_model(), 2, 1)
    assert source == UNIFORM
    assert [tuple(map(len, pair)) for pair in pairs] == [(20, 50)] * 2
    assert [tuple(map(len, pair)) for pair in typical_pairs(Model(Dmiso(), {}, "one"), 1, 1).pairs] == [(22, 50)]
    letters = mirbind(PairingRule("EK", ("x",), {("E", "K"): (1.0,)}), 30, 12)
    pairs, _ = typical_pairs(Model(Matrix("mirbind", letters), {}, "letters"), 50, 1)
    assert set("".join(mirna + site for mirna, site in pairs)) == {"E", "K"}
    assert {tuple(map(len, pair)) for pair in pairs} == {(12, 30)}


@pytest.mark.parametrize(
    "pairs", [{}, [["A"]], [["A", 1]], [["A", ""]], [["A", "a"]], [["A", "C\n"]], ["AC"], [["A" * 1001, "A"]], 1]
)
def test_invalid_stored_pairs(pairs: object) -> None:
    with pytest.raises(InputError, match="model 'mine': has background pairs that are"):
        typical_pairs(_model(background_pairs=pairs), 2, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.clear(),
        lambda c: c.update(alphabet="AA"),
        lambda c: c.update(alphabet="ACG"),
        lambda c: c.update(alphabet=4),
        lambda c: c.update(mirna=[]),
        lambda c: c["mirna"].update(lengths={}),
        lambda c: c["mirna"].update(lengths={"0": 1.0}),
        lambda c: c["mirna"].update(lengths={"9999": 1.0}),
        lambda c: c["mirna"].update(lengths={"x": 1.0}),
        lambda c: c["site"].update(first=[1.0]),
        lambda c: c["site"].update(first=[0, 0, 0, 0]),
        lambda c: c["site"].update(first=[1, 1, 1, -1]),
        lambda c: c["site"].update(first=[1, 1, 1, True]),
        lambda c: c["site"].update(next=[[1, 0, 0, 0]]),
        lambda c: c["site"]["next"].__setitem__(1, "A"),
        lambda c: c["site"]["next"].__setitem__(1, [1, 0, 0, float("nan")]),
    ],
)
def test_invalid_compositions(change) -> None:
    composition = copy.deepcopy(uniform())
    change(composition)
    with pytest.raises(InputError, match="has a composition"):
        typical_pairs(_model(composition=composition), 2, 1)
    with pytest.raises(InputError, match="has a composition"):
        typical_pairs(_model(composition=None), 2, 1)


def test_training_facts_have_cropped_pairs() -> None:
    mirnas, sites = ["A" * 10 + "C" * 10, "G" * 5], ["TTACGTT", "ACG"]
    facts = training_facts(mirnas, sites, Encoder(10, 3, mirna_centre=False), 5, 1)
    assert facts["background_pairs"] == [["A" * 10, "ACG"], ["G" * 5, "ACG"]]
    assert facts["composition"]["mirna"]["lengths"] == {"5": 0.5, "10": 0.5}
    assert training_facts(mirnas, sites, Encoder(4, 3), 5, 1)["background_pairs"][0] == ["AACC", "ACG"]
    assert len(training_facts(mirnas, sites, Encoder(10, 3), 1, 1)["background_pairs"]) == 1
    assert set(training_facts(mirnas, sites, Encoder(10, 3), 0, 1)) == {"composition"}


def test_stored_pairs_fit_into_a_model_file(tmp_path) -> None:
    letters = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    rule = PairingRule("".join(letters), ("x", "y"), {(a, b): (0.123456, -1.5) for a in letters for b in letters})
    for network in (mirbind(), mirbind(rule, 100, 40, 8), mirbind(WOBBLE, 1000, 30, 8)):
        encoder = network.encoder
        random = np.random.default_rng(1)
        long = ["".join(random.choice(letters, 1000)) for _ in range(200)]
        facts = training_facts(long, long, encoder, most_stored(network), 1)
        path = tmp_path / "model.safetensors"
        with open(path, "wb") as stream:
            save_model(Model(Matrix("mirbind", network), drawn_weights(network), "x", training=facts), stream)
        assert len(typical_pairs(load_model(str(path)), 1000, 1).pairs) == min(most_stored(network), 200) > 0
