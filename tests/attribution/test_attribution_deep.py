"""DeepSHAP of networks on pairing matrices: additivity, known Shapley values, independence of other pairs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from networks import drawn_codes, drawn_weights

from mirtools.attribution.backgrounds import Background
from mirtools.attribution.choose import make_explainer
from mirtools.attribution.explained import within
from mirtools.attribution.matrix.deep import DeepShap
from mirtools.attribution.matrix.rules import forward, rules_of
from mirtools.computing.threads import in_order
from mirtools.errors import InputError, MissingExtraError
from mirtools.models.base import Model
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import ARCHITECTURES, Network, cnn, mirbind
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.matrix.steps import steps_of
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule

CHARGES = PairingRule(
    "EKL", ("charge", "size"), {("E", "K"): (1.0, 0.5), ("K", "E"): (-1.0, 0.0), ("L", "L"): (0.0, 2.0)}
)
# every kind of layer, sizes with remainders, a projection
MIXED = Network(
    CHARGES,
    21,
    9,
    (
        {"op": "conv", "filters": 5, "kernel": [2, 4], "padding": "same"},
        {"op": "relu"},
        {"op": "max_pool", "size": [3, 2]},
        {
            "op": "residual",
            "layers": ({"op": "conv", "filters": 6, "kernel": [3, 3], "padding": "valid"}, {"op": "norm"}),
        },
        {"op": "relu"},
        {"op": "global_pool", "kinds": ["mean", "max"]},
        {"op": "dense", "units": 7},
        {"op": "norm"},
        {"op": "relu"},
    ),
)
RECTIFIED_FIRST = Network(
    CHARGES, 6, 5, ({"op": "relu"}, {"op": "flatten"}, {"op": "dense", "units": 4}, {"op": "relu"})
)
NETWORKS = {
    "mirbind": mirbind(WATSON_CRICK, filters=16),
    "wobble": mirbind(WOBBLE, 40, 22, filters=24),
    "cnn": cnn(WATSON_CRICK, 30, 20),
    "mixed": MIXED,
    "rectified": RECTIFIED_FIRST,
}


def deep(network: Network, backgrounds: int = 12, shares: np.ndarray | None = None) -> DeepShap:
    return DeepShap(network, drawn_weights(network), *drawn_codes(network, backgrounds, 5), shares)


@pytest.mark.parametrize("name", sorted(NETWORKS))
class TestEveryNetwork:
    def test_values_and_expectation_add_up_to_the_score(self, name: str) -> None:
        network = NETWORKS[name]
        explainer = deep(network)
        codes = drawn_codes(network, 9)
        values, scores = explainer.values(*codes)
        assert np.abs(scores - MatrixPairScorer(network, drawn_weights(network)).score(*codes)).max() <= 1e-6
        assert np.abs(values.sum(axis=(1, 2, 3), dtype=np.float64) + explainer.expectation - scores).max() <= 1e-5

    def test_values_do_not_depend_on_other_pairs(self, name: str) -> None:
        network = NETWORKS[name]
        explainer = deep(network)
        mirnas, sites = drawn_codes(network, 7)
        values, scores = explainer.values(mirnas, sites)
        for number in (0, 3, 6):
            alone, score = explainer.values(mirnas[number : number + 1], sites[number : number + 1])
            assert alone.tobytes() == values[number].tobytes()
            assert score[0] == scores[number]

    def test_weights_equal_repeated_backgrounds(self, name: str) -> None:
        network = NETWORKS[name]
        mirnas, sites = drawn_codes(network, 3, 5)
        repeated = np.array([0, 0, 1, 2, 2, 2])
        weights = drawn_weights(network)
        weighted = DeepShap(network, weights, mirnas, sites, np.array([2, 1, 3]) / 6)
        whole = DeepShap(network, weights, mirnas[repeated], sites[repeated])
        codes = drawn_codes(network, 4)
        assert weighted.expectation == pytest.approx(whole.expectation, abs=1e-9)
        assert np.abs(weighted.values(*codes)[0] - whole.values(*codes)[0]).max() <= 1e-6


class TestShapley:
    def test_of_one_rectifier_over_paired_cells(self) -> None:
        # one unit with few inputs: the rescale rule is exact if all differences have the same sign
        network = Network(
            PairingRule("AB", ("x",), {("A", "A"): (1.0,)}),
            2,
            3,
            ({"op": "flatten"}, {"op": "dense", "units": 1}, {"op": "relu"}),
        )
        kernel = np.array([[0.5], [1.0], [0.25], [0.75], [2.0], [1.5]], np.float32)
        weights = {
            "dense_1.kernel": kernel,
            "dense_1.bias": np.array([0.1], np.float32),
            "output.kernel": np.array([[1e-3]], np.float32),  # small enough for the sigmoid to be almost linear
            "output.bias": np.zeros(1, np.float32),
        }
        explainer = DeepShap(network, weights, np.full((1, 3), 1, np.uint8), np.full((1, 2), 1, np.uint8))
        mirna, site = np.array([[0, 1, 0]], np.uint8), np.array([[0, 0]], np.uint8)
        values, _ = explainer.values(mirna, site)
        present = network.rule.matrices(mirna, site)[0].reshape(-1)

        def score(cells: set[int]) -> float:
            chosen = np.array([present[c] if c in cells else 0 for c in range(6)])
            return 1 / (1 + math.exp(-1e-3 * max(0.0, float(chosen @ kernel[:, 0]) + 0.1)))

        for cell in range(6):
            others = [other for other in range(6) if other != cell]
            expected = sum(
                math.factorial(size)
                * math.factorial(5 - size)
                / math.factorial(6)
                * (score({*group, cell}) - score({*group}))
                for size in range(6)
                for group in itertools.combinations(others, size)
            )
            assert values.reshape(-1)[cell] == pytest.approx(expected, abs=1e-8)

    def test_of_a_rectifier_against_its_two_orders(self) -> None:
        # the definition of the rule, by hand: the input changes from -0.2 to 0.6, so that each weight times 0.6 /
        # 0.8
        network = Network(
            PairingRule("AB", ("x",), {("A", "A"): (1.0,)}),
            1,
            2,
            ({"op": "flatten"}, {"op": "dense", "units": 1}, {"op": "relu"}),
        )
        weights = {
            "dense_1.kernel": np.array([[0.5], [0.3]], np.float32),
            "dense_1.bias": np.array([-0.2], np.float32),
            "output.kernel": np.array([[1.0]], np.float32),
            "output.bias": np.zeros(1, np.float32),
        }
        explainer = DeepShap(network, weights, np.array([[1, 1]], np.uint8), np.array([[1]], np.uint8))
        values, scores = explainer.values(np.array([[0, 0]], np.uint8), np.array([[0]], np.uint8))
        rise = 1 / (1 + math.exp(-0.6)) - 0.5
        assert scores[0] == pytest.approx(0.5 + rise)
        assert values.reshape(-1).tolist() == pytest.approx([rise * 0.5 / 0.8, rise * 0.3 / 0.8], abs=1e-7)


class TestSteps:
    @pytest.mark.parametrize("name", sorted(NETWORKS))
    def test_the_forward_pass_is_that_of_the_scorer(self, name: str) -> None:
        network = NETWORKS[name]
        steps = steps_of(network, drawn_weights(network))
        rules = rules_of(steps, (network.site_length, network.mirna_length))
        codes = drawn_codes(network, 5)
        predicted = MatrixPairScorer(network, drawn_weights(network)).logits(*codes)
        assert np.abs(forward(rules, network.rule.matrices(*codes))[0][:, 0] - predicted).max() <= 1e-4

    def test_equal_windows_give_equal_bits(self) -> None:
        # no base pairs, so that all positions not affected by padding are equal
        network = NETWORKS["cnn"]
        rules = rules_of(steps_of(network, drawn_weights(network)), (network.site_length, network.mirna_length))
        values, _ = rules[0].forward(np.zeros((3, *network.input_shape), np.float32))
        inner = values[:, 2:-2, 2:-2]
        assert (inner == inner[0, 0, 0]).all()


class TestExplainer:
    def made(self, kind: str = "deep", name: str = "mirbind"):
        network = NETWORKS[name]
        model = Model(Matrix("mirbind", network), drawn_weights(network), "mine")
        background = Background(
            ("ATCGATCGATCGATCGATCGAT", "TTTT", "GGGATCCC"), ("ATCG" * 12, "A", "CCCGATC" * 9), "file"
        )
        return make_explainer(model, kind, background)

    def test_cells_beyond_the_ends_are_zero_and_counted(self) -> None:
        explainer = self.made()
        found = explainer.explain(["ATCG", "", "NANN"], ["ATCGATNN", "ATTA", ""])
        assert not found.values[0, 6:].any()
        assert not found.values[0, :, 4:].any()
        assert found.values[0, :6, :4].any()
        assert not found.values[1:].any()
        assert found.beyond[1:].all()
        assert found.gaps.max() <= 1e-5

    def test_no_pairs(self) -> None:
        found = self.made().explain([], [])
        assert found.values.shape == (0, 50, 20)
        assert found.gaps.shape == (0,)

    def test_channels_add_up_to_the_values(self) -> None:
        explainer = self.made(name="wobble")
        found = explainer.explain_codes(*explainer.codes(["ATCGGTTA"], ["GGTACCTTAGG"]), channels=True)
        assert found.channels is not None
        assert found.channels.shape == (1, 40, 22, 2)
        assert np.abs(found.channels.sum(axis=3) - found.values).max() <= 1e-7

    def test_threads_change_nothing(self) -> None:
        explainer = self.made()
        mirnas, sites = drawn_codes(explainer.network, 12)
        batches = [(mirnas[start : start + 5], sites[start : start + 5]) for start in range(0, 12, 5)]
        one, two = (
            list(in_order(lambda codes: explainer.explain_codes(*codes).values, batches, threads))
            for threads in (1, 2)
        )
        assert np.concatenate(one).tobytes() == np.concatenate(two).tobytes()
        assert np.concatenate(one).tobytes() == explainer.explain_codes(mirnas, sites).values.tobytes()

    def test_short_codes_end_where_the_last_letter_is(self) -> None:
        codes = np.array([[0, 4, 1, 4, 4], [4, 4, 4, 4, 4]], np.uint8)
        assert within(codes, 4).tolist() == [[True, True, True, False, False], [False] * 5]

    def test_a_model_without_a_matrix_is_rejected(self) -> None:
        with pytest.raises(InputError, match="is not explained by shap; use deep or masking"):
            make_explainer(Model(Dmiso(), {}, "old"), "shap")

    @pytest.mark.parametrize("kind", ["shap", "gradient"])
    def test_a_missing_extra_is_named(self, kind: str, monkeypatch) -> None:
        import importlib.util

        whole = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name == "shap" else whole(name, *rest)
        )
        with pytest.raises(MissingExtraError, match=r"shap is not installed.*pip install 'mirtools\[explain\]'"):
            self.made(kind)


@pytest.mark.slow
class TestAgainstShap:
    @pytest.mark.parametrize(
        "network",
        [*(ARCHITECTURES[name](rule) for name in sorted(ARCHITECTURES) for rule in (WATSON_CRICK, WOBBLE)), MIXED],
        ids=["cnn", "cnn wobble", "mirbind", "mirbind wobble", "mixed"],
    )
    def test_values_equal_those_of_shap(self, network: Network) -> None:
        from mirtools.attribution.matrix.shap_explainers import ShapDeep

        background = drawn_codes(network, 100, 5)
        ours, shap_explainers = (
            kind(network, drawn_weights(network), *background) for kind in (DeepShap, ShapDeep)
        )
        codes = drawn_codes(network, 12)
        (values, scores), (expected, expected_scores) = ours.values(*codes), shap_explainers.values(*codes)
        assert abs(ours.expectation - shap_explainers.expectation) <= 1e-6
        assert np.abs(scores - expected_scores).max() <= 1e-5
        assert np.abs(values - expected).max() <= 1e-4
        assert np.abs(values).max() > 1e-3

    def test_gradients_work_after_shap_and_after_its_failure(self) -> None:
        import tensorflow as tf

        from mirtools.attribution.matrix import shap_explainers

        network = mirbind(filters=8)
        background = drawn_codes(network, 5, 5)
        explainer = shap_explainers.ShapDeep(network, drawn_weights(network), *background)
        explainer.values(*drawn_codes(network, 1))

        def slope() -> float:
            x = tf.Variable(2.0)
            with tf.GradientTape() as tape:
                y = tf.nn.relu(x) * 3
            return float(tape.gradient(y, x))

        assert slope() == 3

        def fail(*_: object) -> None:
            raise RuntimeError

        def failing() -> None:
            inner = explainer._explainer.explainer
            with shap_explainers._gradients_kept():
                inner.run(fail, inner.model_inputs, [np.zeros((2, 50, 20, 1))])

        with pytest.raises(RuntimeError):
            failing()
        assert slope() == 3

    def test_expected_gradients_depend_on_the_seed_only(self) -> None:
        from mirtools.attribution.matrix.shap_explainers import ShapGradient

        network = mirbind(filters=8)
        made = [
            ShapGradient(network, drawn_weights(network), *drawn_codes(network, 20, 5), 100, seed)
            for seed in (1, 1, 2)
        ]
        codes = drawn_codes(network, 3)
        first, second, other = (each.values(*codes)[0] for each in made)
        assert first.tobytes() == second.tobytes()
        assert first.tobytes() != other.tobytes()
        alone = made[0].values(codes[0][2:], codes[1][2:])[0]
        assert alone[0].tobytes() == first[2].tobytes()
        exact = DeepShap(network, drawn_weights(network), *drawn_codes(network, 20, 5)).values(*codes)[0]
        assert np.corrcoef(first.reshape(-1), exact.reshape(-1))[0, 1] > 0.5
