"""Explanations of the DMISO model: equal to the papers' rule and to brute force, independent of other pairs."""

from pathlib import Path

import numpy as np
import pytest
from attribution.slow_dmiso_shap import Slow
from models import slow_dmiso

from mirtools.attribution.backgrounds import Background, choose_background
from mirtools.attribution.choose import make_explainer
from mirtools.attribution.dmiso import rescale
from mirtools.attribution.dmiso.occlusion import PairMasking
from mirtools.attribution.dmiso.rescale import DmisoShap
from mirtools.computing.threads import in_order
from mirtools.errors import InputError
from mirtools.io.encoding import N_CODE, encode
from mirtools.models.base import Model
from mirtools.models.bundled import resolve_model
from mirtools.models.dmiso import architecture
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer

GOLDEN = Path(__file__).parents[1] / "golden"


def scaled_weights(seed=1):
    """Random weights whose logits have mean 0 and standard deviation 1."""
    weights = slow_dmiso.random_weights(seed)
    random = np.random.default_rng(0)
    scores = DmisoPairScorer(weights).score(*(slow_dmiso.random_codes(random, 300, length) for length in (30, 60)))
    logits = np.log(scores / (1 - scores.astype(np.float64)))
    weights["output_norm.gamma"] /= logits.std()
    weights["output_norm.beta"] = (weights["output_norm.beta"] - logits.mean()) / logits.std()
    return {name: values.astype(np.float32) for name, values in weights.items()}


def drawn(seed, count):
    """Random pairs; the first ones include a miRNA of Ns, one of a single base, and such sites."""
    random = np.random.default_rng(seed)
    mirnas, sites = (slow_dmiso.random_codes(random, count, length) for length in (30, 60))
    if count > 4:
        mirnas[0], sites[1], mirnas[2, :], sites[2, :40], sites[3] = N_CODE, N_CODE, 1, 1, 2
    return mirnas, sites


@pytest.fixture(scope="module")
def deep():
    return DmisoShap(scaled_weights(), *drawn(2, 30))


@pytest.fixture(scope="module")
def masking():
    return PairMasking(scaled_weights())


def test_scores_vary():
    scores = DmisoPairScorer(scaled_weights()).score(*drawn(1, 100))
    assert np.ptp(scores) > 0.1


@pytest.mark.parametrize("weights", [scaled_weights(1), scaled_weights(5), resolve_model("dmiso").weights])
def test_deep_equals_the_papers_rule(weights):
    pairs, background = drawn(3, 6), drawn(4, 5)
    background[0][4], background[1][4] = pairs[0][4], pairs[1][4]  # equal sequences
    background[0][3] = pairs[0][3]  # equal miRNAs
    found = DmisoShap(weights, *background).explain(*pairs)
    slow = Slow(weights)
    for number, pair in enumerate(zip(*pairs, strict=True)):
        each = [slow.values(pair, other) for other in zip(*background, strict=True)]
        expected = [np.mean(values, axis=0) for values in zip(*each, strict=True)]
        np.testing.assert_allclose(found.mirna[number], expected[0], rtol=0, atol=1e-5)
        np.testing.assert_allclose(found.site[number], expected[1], rtol=0, atol=1e-5)
    assert np.abs(found.site).max() > 1e-3


def save_case(path):
    """Write the inputs of shap's values in golden/, for the oracle that computed them."""
    names = "mirnas", "sites", "background_mirnas", "background_sites"
    codes = dict(zip(names, (*drawn(3, 8), *drawn(4, 100)), strict=True))
    np.savez(path, **scaled_weights(1), **codes)


def test_deep_equals_shap():
    # benchmarks/dmiso_explainers.py compares with an installed shap, and CPU times
    expected = np.load(GOLDEN / "dmiso_shap.npz")
    explainer = DmisoShap(scaled_weights(1), *drawn(4, 100))
    found = explainer.explain(*drawn(3, 8))
    np.testing.assert_allclose(found.mirna, expected["mirna"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.site, expected["site"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(explainer.expectation, expected["expectation"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [1, 7, 130, 300])
def test_deep_adds_up(count):
    weights, pairs, background = scaled_weights(), drawn(5, 12), drawn(6, count)
    explainer = DmisoShap(weights, *background)
    found = explainer.explain(*pairs)
    predictor = DmisoPairScorer(weights)
    np.testing.assert_allclose(found.scores, predictor.score(*pairs), rtol=0, atol=1e-6)
    np.testing.assert_allclose(explainer.expectation, predictor.score(*background).mean(), rtol=0, atol=1e-6)
    sums = found.mirna.sum(axis=1) + found.site.sum(axis=1)
    np.testing.assert_allclose(sums, found.scores - explainer.expectation, rtol=0, atol=1e-5)


def test_deep_values_of_the_background_are_zero():
    pairs = drawn(7, 3)
    for number in range(3):
        pair = [codes[number : number + 1] for codes in pairs]
        found = DmisoShap(scaled_weights(), *pair).explain(*pair)
        assert not found.mirna.any()
        assert not found.site.any()


def test_deep_shares_equal_repeated_backgrounds():
    pairs, (mirnas, sites) = drawn(8, 5), drawn(9, 3)
    repeated = DmisoShap(scaled_weights(), *(np.repeat(codes, [1, 2, 5], axis=0) for codes in (mirnas, sites)))
    shared = DmisoShap(scaled_weights(), mirnas, sites, np.array([1, 2, 5]) / 8)
    assert shared.expectation == pytest.approx(repeated.expectation, abs=1e-6)
    for one, other in zip(shared.explain(*pairs), repeated.explain(*pairs), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [1, 20, 48, 100, 128, 150, 239, 241, 500, 1000])
@pytest.mark.parametrize("steady", [np.arange(512), np.r_[8:248, 264:504], np.r_[0:130, 200:400:2]], ids=len)
def test_blocks_are_in_steady_columns(count, steady):
    blocks, places = rescale.layout(count, steady)
    covered = np.concatenate([np.arange(count)[block] for block in blocks])
    assert covered.tolist() == list(range(count))
    size = max(block.stop - block.start for block in blocks)
    columns = np.concatenate([np.arange(place, place + size) for place in places])
    assert len(columns) == len(set(columns.tolist())) > 0
    assert np.isin(columns, steady).all()


@pytest.mark.parametrize("name", ["deep", "masking"])
def test_values_do_not_depend_on_other_pairs(name, request):
    explainer = request.getfixturevalue(name)
    mirnas, sites = drawn(10, 70)
    together = explainer.explain(mirnas, sites)
    order = np.random.default_rng(2).permutation(70)
    for chosen in (order, slice(7, 8), slice(33, 70)):
        for one, other in zip(explainer.explain(mirnas[chosen], sites[chosen]), together, strict=True):
            assert (one == other[chosen]).all()


def test_values_do_not_depend_on_other_pairs_with_many_backgrounds():
    explainer = DmisoShap(scaled_weights(), *drawn(2, 150))  # two blocks
    mirnas, sites = drawn(11, 9)
    for one, other in zip(
        explainer.explain(mirnas[4:6], sites[4:6]), explainer.explain(mirnas, sites), strict=True
    ):
        assert (one == other[4:6]).all()


@pytest.mark.parametrize("name", ["deep", "masking"])
@pytest.mark.parametrize("threads", [1, 3])
def test_values_do_not_depend_on_threads(name, threads, request):
    explainer = request.getfixturevalue(name)
    mirnas, sites = drawn(12, 40)
    batches = [(mirnas[start : start + 9], sites[start : start + 9]) for start in range(0, 40, 9)]
    parts = list(in_order(lambda codes: explainer.explain(*codes), batches, threads))
    for one, *others in zip(explainer.explain(mirnas, sites), *parts, strict=True):
        assert (one == np.concatenate(others)).all()


@pytest.mark.parametrize("name", ["deep", "masking"])
def test_no_pairs(name, request):
    found = request.getfixturevalue(name).explain(encode([], 30), encode([], 60))
    assert [len(array) for array in found] == [0] * len(found)


@pytest.mark.parametrize("weights", [scaled_weights(1), resolve_model("dmiso").weights], ids=["random", "bundled"])
def test_masking_equals_brute_force(weights):
    predictor = DmisoPairScorer(weights)
    pairs = drawn(13, 30)
    found = PairMasking(weights).explain(*pairs)
    for number in (0, 1, 2, 3, 4, 17, 29):
        mirna, site = (codes[number] for codes in pairs)
        # row and column 0 are unmasked
        mirnas = np.concatenate((mirna[None], np.where(np.eye(30, dtype=bool), np.uint8(N_CODE), mirna)))
        sites = np.concatenate((site[None], np.where(np.eye(60, dtype=bool), np.uint8(N_CODE), site)))
        scores = predictor.score(np.tile(mirnas, (61, 1)), np.repeat(sites, 31, axis=0))
        f = scores.reshape(61, 31).astype(np.float64)
        expected = f[0, 0] - f[1:, :1] - f[:1, 1:] + f[1:, 1:]
        np.testing.assert_allclose(found.scores[number], f[0, 0], rtol=0, atol=1e-6)
        np.testing.assert_allclose(found.mirna[number], f[0, 0] - f[0, 1:], rtol=0, atol=2e-6)
        np.testing.assert_allclose(found.site[number], f[0, 0] - f[1:, 0], rtol=0, atol=2e-6)
        np.testing.assert_allclose(found.values[number], expected, rtol=0, atol=4e-6)
        unknown = (site == N_CODE)[:, None] | (mirna == N_CODE)[None]
        assert not found.values[number][unknown].any()
    assert np.abs(found.values).max() > 1e-3


def planted_weights():
    """A network with a high score if the miRNA contains GGGACTGA and the site TCAGTCCC, exactly.

    A found word stands in four pooled windows and puts 4 * 1/4 into one cell of the forward LSTM, which keeps it;
    the score is high where the cell ends at 2, low at 1 and 0.
    """
    weights = {name: np.zeros(shape, np.float32) for name, shape in architecture.TENSOR_SHAPES.items()}
    for name in weights:
        if name.endswith(("gamma", "variance")):
            weights[name][:] = 1
    for branch, word in (("mirna_conv", "GGGACTGA"), ("site_conv", "TCAGTCCC")):
        weights[f"{branch}.kernel"][np.arange(8), encode([word], 8)[0], 0] = 1
        weights[f"{branch}.bias"][0] = -7.5  # an N lowers the sum of 8 by 0.75
    gates = {gate: slice(10 * number, 10 * number + 10) for number, gate in enumerate("ifco")}
    weights["lstm_forward.kernel"][0, gates["c"].start] = 2 * np.arctanh(0.25)
    for gate in "ifo":
        weights["lstm_forward.bias"][gates[gate]] = 20
    between = (np.tanh(1) + np.tanh(2)) / 2
    weights["dense.kernel"][20 * (architecture.STEPS - 1), 0] = 100
    weights["dense.bias"][0] = -100 * between
    weights["output.kernel"][0] = 1
    weights["output.bias"][0] = -5
    return weights


def planted_pairs():
    """Three pairs with both words, one with only the miRNA's, and the positions of the words."""
    words = "GGGACTGA", "TCAGTCCC"
    starts = [3, 9, 14], [10, 42, 3]
    mirnas = [("TCATTATTACTTATTA"[:start] + words[0] + "TTACTTACTTACTT")[:22] for start in (*starts[0], 5)]
    sites = [("TA" * 25)[:start] + words[1] + "AT" * ((42 - start) // 2) for start in starts[1]]
    return mirnas, [*sites, "A" * 50], *starts


def test_masking_finds_planted_words():
    mirnas, sites, mirna_starts, site_starts = planted_pairs()
    found = PairMasking(planted_weights()).explain(encode(mirnas, 30), encode(sites, 60))
    assert (found.scores[:3] > 0.9).all()
    assert found.scores[3] < 0.05
    for number, (j, i) in enumerate(zip(mirna_starts, site_starts, strict=True)):
        block = np.zeros((60, 30), bool)
        block[i : i + 8, j : j + 8] = True
        assert (found.values[number][block] > 0.8).all()
        assert np.abs(found.values[number][~block]).max() < 1e-6
    assert np.abs(found.values[3]).max() < 1e-6


def test_deep_finds_planted_words():
    mirnas, sites, mirna_starts, site_starts = planted_pairs()
    background = encode(["TTACTTACTTACATTATTTACA"] * 2, 30), encode(["A" * 50, "T" * 50], 60)
    found = DmisoShap(planted_weights(), *background).explain(encode(mirnas, 30), encode(sites, 60))
    for values, starts in ((found.mirna, mirna_starts), (found.site, site_starts)):
        for row, start in zip(values, starts, strict=False):
            word = np.zeros(len(row), bool)
            word[start : start + 8] = True
            assert row[word].sum() > 0.3
            assert np.abs(row[~word]).max() < 1e-6


def test_explainers_through_the_factory():
    model = resolve_model("dmiso")
    background = choose_background(model, 20)
    mirnas, sites = ["TGAGGTAGTAGGTTGTATAGTT", "TGAGNTAG"], ["AACTATACAACCTACTACCTCA" + "ACGT" * 5, "A" * 75]
    deep = make_explainer(model, "deep", background)
    found = deep.explain(mirnas, sites)
    assert (deep.kind, deep.additive, deep.background, deep.threads) == ("deep", True, background, True)
    assert found.values.shape == (2, 60, 30)
    assert found.approximate
    assert deep.approximate
    assert found.mirna.shape == (2, 30)
    assert found.site.shape == (2, 60)
    assert not found.mirna[0, 22:].any()
    assert found.mirna[1, 4]  # an N within a sequence does not end it
    assert not found.site[0, 42:].any()
    assert (found.beyond != 0).all()
    assert found.gaps.max() < 1e-5

    masking = make_explainer(model, "masking")
    assert (masking.kind, masking.additive, masking.background) == ("masking", False, None)
    assert np.isnan(masking.expectation)
    masked = masking.explain(mirnas, sites)
    assert masked.approximate
    assert masked.mirna is None
    assert (masked.values == found.values).all()


def test_rejected_kinds():
    model = Model(Dmiso(), scaled_weights(), "mine")
    with pytest.raises(InputError, match="\\(dmiso\\) is not explained by ism; use deep or masking"):
        make_explainer(model, "ism")
    with pytest.raises(ValueError, match="needs a background"):
        make_explainer(model, "deep")
    assert make_explainer(model, "deep", Background(("ACGT",), ("ACGT",), "file")).expectation > 0
