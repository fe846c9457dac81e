"""Networks on pairing matrices: rules, descriptions, model files, and scores equal to Keras's."""

from __future__ import annotations

import copy
import io
import json

import numpy as np
import pytest
from networks import drawn_codes, drawn_weights

from mirtools.errors import InputError
from mirtools.models.base import Model
from mirtools.models.bundled import resolve_model
from mirtools.models.encoder import Encoder
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import ARCHITECTURES, Network, mirbind, network_from
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.modelfile import load_model, save_model
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule, read_rule


class TestPairingRule:
    def test_watson_crick_pairs_are_one_and_all_else_zero(self) -> None:
        mirnas, sites = (
            Encoder(5, 5, WATSON_CRICK.alphabet, False).mirnas(["AUGCN"]),
            Encoder(5, 5, WATSON_CRICK.alphabet, False).sites(["acgtu"]),
        )
        assert WATSON_CRICK.matrices(mirnas, sites)[0, :, :, 0].tolist() == [
            [0, 1, 0, 0, 0],
            [0, 0, 1, 0, 0],
            [0, 0, 0, 1, 0],
            [1, 0, 0, 0, 0],
            [1, 0, 0, 0, 0],
        ]

    def test_wobbles_have_a_channel_of_their_own(self) -> None:
        mirnas, sites = (
            Encoder(3, 3, WOBBLE.alphabet, False).mirnas(["GUA"]),
            Encoder(3, 3, WOBBLE.alphabet, False).sites(["TGA"]),
        )
        assert WOBBLE.matrices(mirnas, sites)[0, :, :, 1].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
        assert WOBBLE.paired(mirnas, sites)[0].tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]

    def test_mirnas_are_cropped_at_their_end_and_sites_around_their_centre(self) -> None:
        assert Encoder(3, 3, WATSON_CRICK.alphabet, False).mirnas(["ATCGA"]).tolist() == [[0, 1, 2]]
        assert Encoder(3, 3, WATSON_CRICK.alphabet, False).sites(["ATCGA", "G"]).tolist() == [[1, 2, 3], [3, 4, 4]]

    def test_a_rule_is_read_from_a_table(self, tmp_path) -> None:
        table = tmp_path / "rule.tsv"
        table.write_text("site\tmirna\tcharge\tsize\nK\tE\t1\t0.5\nE\tK\t1\t0\nL\tL\t0\t1\n")
        rule = read_rule(str(table))
        assert (rule.alphabet, rule.channels) == ("EKL", ("charge", "size"))
        assert rule.table()[1, 0].tolist() == [1, 0.5]
        assert rule.table()[3].sum() == 0

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "header"),
            ("site\tmirna\n", "header"),
            ("site\tmirna\tx\n", "has no pairs"),
            ("site\tmirna\tx\nA\tT\n", ":2: has 2 cells"),
            ("site\tmirna\tx\nA\tT\tone\n", ":2: 'one' is not a number"),
            ("site\tmirna\tx\nA\tT\tnan\n", "finite"),
            ("site\tmirna\tx\nA\tT\t1\nA\tT\t1\n", "twice"),
            ("site\tmirna\tx\tx\nA\tT\t1\t1\n", "distinct channels"),
            ("site\tmirna\tx\nAB\tT\t1\n", "letters"),
            ("site\tmirna\tx\n*\tT\t1\n", "letters"),
        ],
    )
    def test_other_tables_are_rejected(self, tmp_path, text: str, problem: str) -> None:
        table = tmp_path / "rule.tsv"
        table.write_text(text)
        with pytest.raises(InputError) as raised:
            read_rule(str(table))
        assert problem in str(raised.value)


class TestNetwork:
    @pytest.mark.parametrize("name", sorted(ARCHITECTURES))
    def test_a_network_is_restored_from_its_description(self, name: str) -> None:
        network = ARCHITECTURES[name](WOBBLE, 60, 22)
        again = network_from(json.loads(json.dumps(network.described())))
        assert again.described() == network.described()
        assert again.tensor_shapes() == network.tensor_shapes()

    def test_shapes_of_mirbind(self) -> None:
        shapes = mirbind().tensor_shapes()
        assert shapes["conv_1.kernel"] == (8, 20, 1, 96)
        assert shapes["dense_1.kernel"] == (192, 64)
        assert shapes["output.kernel"] == (64, 1)

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (lambda d: d.update(site_length=0), "site_length"),
            (lambda d: d.update(mirna_length=True), "mirna_length"),
            (lambda d: d.update(layers=[]), "layers"),
            (lambda d: d.update(site_length=5), "leaves nothing"),
            (lambda d: d["layers"].insert(0, {"op": "norm"}), "directly follow"),
            (lambda d: d["layers"].insert(0, {"op": "exec"}), "op is not one of"),
            (lambda d: d["layers"].insert(0, {"op": "relu", "code": "x"}), "op only"),
            (lambda d: d["layers"].insert(0, {"op": "dense", "units": 3}), "cannot follow"),
            (lambda d: d["layers"][0].update(filters=1 << 30), "filters"),
            (lambda d: d["layers"][0].update(padding="full"), "padding"),
            (lambda d: d["layers"].pop(), None),
            (lambda d: d.update(layers=d["layers"][:3]), "cannot follow"),
            (lambda d: d["rule"].update(alphabet="AAT"), "distinct"),
        ],
    )
    def test_other_descriptions_are_rejected(self, change, problem: str | None) -> None:
        description = copy.deepcopy(mirbind().described())
        change(description)
        if problem is None:
            network_from(description)
            return
        with pytest.raises(ValueError, match=problem):
            network_from(description)

    def test_a_model_file_keeps_network_and_weights(self, tmp_path) -> None:
        network = mirbind(WOBBLE, 40, 18)
        weights = drawn_weights(network)
        stream = io.BytesIO()
        save_model(Model(Matrix("mirbind", network), weights, "mine"), stream)
        path = tmp_path / "mine.safetensors"
        path.write_bytes(stream.getvalue())
        model = load_model(str(path))
        assert model.family.network.described() == network.described()
        assert all((model.weights[name] == weights[name]).all() for name in weights)


class TestScores:
    @pytest.mark.parametrize("name", sorted(ARCHITECTURES))
    def test_a_score_does_not_depend_on_the_batch(self, name: str) -> None:
        network = ARCHITECTURES[name](WOBBLE)
        predictor = MatrixPairScorer(network, drawn_weights(network))
        mirnas, sites = drawn_codes(network, 67)
        whole = predictor.score(mirnas, sites)
        one_by_one = [predictor.score(mirnas[i : i + 1], sites[i : i + 1])[0] for i in range(67)]
        assert whole.tolist() == [float(score) for score in one_by_one]
        parts = predictor.score_stream([(mirnas[:5], sites[:5]), (mirnas[5:], sites[5:])], threads=2)
        assert np.concatenate(list(parts)).tolist() == whole.tolist()

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "network",
        [
            ARCHITECTURES["mirbind"](),
            ARCHITECTURES["cnn"](WOBBLE, 60, 22),
            ARCHITECTURES["mirbind"](PairingRule("AB", ("x",), {("A", "B"): (1.0,), ("B", "B"): (-0.5,)}), 30, 30),
            Network(
                WATSON_CRICK,
                21,
                9,
                (
                    {"op": "conv", "filters": 4, "kernel": [2, 4], "padding": "same"},
                    {"op": "relu"},
                    {"op": "max_pool", "size": [3, 2]},
                    {
                        "op": "residual",
                        "layers": (
                            {"op": "conv", "filters": 6, "kernel": [3, 3], "padding": "valid"},
                            {"op": "norm"},
                        ),
                    },
                    {"op": "global_pool", "kinds": ["mean"]},
                ),
            ),
        ],
        ids=["mirbind", "cnn", "letters", "layers"],
    )
    def test_scores_are_those_of_keras(self, network: Network) -> None:
        from mirtools.models.matrix import keras

        weights = drawn_weights(network)
        keras_model = keras.build_keras(network)
        keras.set_weights(network, keras_model, weights)
        found = keras.get_weights(network, keras_model)
        assert all((found[name] == weights[name]).all() for name in weights)
        mirnas, sites = drawn_codes(network, 2500)
        expected = keras_model.predict(network.rule.matrices(mirnas, sites), batch_size=500, verbose=0)[:, 0]
        # random weights; with trained ones the difference is at most 1e-6, as for the bundled model below
        assert np.abs(MatrixPairScorer(network, weights).score(mirnas, sites) - expected).max() <= 3e-6

    @pytest.mark.slow
    def test_the_bundled_network_scores_as_keras_does(self) -> None:
        from mirtools.models.matrix import keras

        model = resolve_model("mirbind")
        network, weights = model.family.network, model.weights
        keras_model = keras.build_keras(network)
        keras.set_weights(network, keras_model, weights)
        mirnas, sites = drawn_codes(network, 10_000)
        expected = keras_model.predict(network.rule.matrices(mirnas, sites), batch_size=500, verbose=0)[:, 0]
        assert np.abs(MatrixPairScorer(network, weights).score(mirnas, sites) - expected).max() <= 1e-6
