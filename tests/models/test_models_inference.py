"""Scores without TensorFlow: equal to the textbook and to Keras, and independent of other pairs."""

import numpy as np
import pytest
import slow_dmiso

from mirtools.io.encoding import encode, one_hot
from mirtools.models.arrays import sigmoid
from mirtools.models.dmiso import architecture, keras, layers
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer
from mirtools.models.dmiso.window_scorer import DmisoWindowScorer
from mirtools.models.scorers import PairByPair


@pytest.fixture(scope="module")
def pairs():
    random = np.random.default_rng(1)
    return slow_dmiso.random_codes(random, 1500, 30), slow_dmiso.random_codes(random, 1500, 60)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equals_the_textbook(pairs, seed):
    weights = slow_dmiso.random_weights(seed)
    mirnas, sites = (codes[:40] for codes in pairs)
    expected = [slow_dmiso.score(weights, mirna, site) for mirna, site in zip(mirnas, sites, strict=True)]
    scores = DmisoPairScorer(weights).score(mirnas, sites)
    assert scores.dtype == np.float32
    assert np.ptp(expected) > 1e-3
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-6)


def test_known_answer():
    """With zero kernels only the last bias and normalisation remain; computed by hand."""
    weights = {name: np.zeros(shape, np.float32) for name, shape in architecture.TENSOR_SHAPES.items()}
    weights["output.bias"][:] = 3
    weights["output_norm.gamma"][:] = 2
    weights["output_norm.mean"][:] = 1
    weights["output_norm.variance"][:] = 1
    weights["output_norm.beta"][:] = -1
    expected = 1 / (1 + np.exp(-((3 - 1) / np.sqrt(1.001) * 2 - 1)))
    score = DmisoPairScorer(weights).score(encode(["ACGT"], 30), encode(["ACGT"], 60))
    np.testing.assert_allclose(score, [expected], atol=1e-7)


def test_scores_do_not_depend_on_other_pairs(pairs):
    mirnas, sites = pairs
    predictor = DmisoPairScorer(slow_dmiso.random_weights())
    together = predictor.score(mirnas, sites)
    order = np.random.default_rng(2).permutation(len(mirnas))
    assert (predictor.score(mirnas[order], sites[order]) == together[order]).all()
    assert (predictor.score(mirnas[7:8], sites[7:8]) == together[7:8]).all()
    assert (predictor.score(mirnas[1000:], sites[1000:]) == together[1000:]).all()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_scores_do_not_depend_on_threads(pairs, threads):
    mirnas, sites = pairs
    predictor = DmisoPairScorer(slow_dmiso.random_weights())
    batches = [(mirnas[start : start + 100], sites[start : start + 100]) for start in range(0, 1500, 100)]
    streamed = np.concatenate(list(predictor.score_stream(iter(batches), threads)))
    assert (streamed == predictor.score(mirnas, sites)).all()


def test_stream_reads_no_further_than_needed(pairs):
    taken = 0

    def batches():
        nonlocal taken
        for _ in range(50):
            taken += 1
            yield tuple(codes[:3] for codes in pairs)

    stream = DmisoPairScorer(slow_dmiso.random_weights()).score_stream(batches(), 2)
    next(stream)
    assert taken <= 5
    stream.close()


def test_no_pairs():
    predictor = DmisoPairScorer(slow_dmiso.random_weights())
    assert predictor.score(encode([], 30), encode([], 60)).shape == (0,)
    assert list(predictor.score_stream(iter([]), 2)) == []


def test_extreme_logits_do_not_overflow():
    scores = sigmoid(np.array([-1e4, -90, 0, 90, 1e4], np.float32))
    np.testing.assert_allclose(scores, [0, 0, 0.5, 1, 1], atol=1e-30)


def test_all_columns_of_a_product_with_one_row_are_equal():
    # every library computes these sums in the same order
    assert len(layers.steady_columns([(1, 1)])) == layers.WIDTH


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_equals_keras_on_ten_thousand_pairs():
    pytest.importorskip("tensorflow")
    random = np.random.default_rng(3)

    def sequences(longest):
        """Sequences of one base to many more than the model's input, some with N."""
        lengths = random.integers(1, longest + 1, 10_000).tolist()
        letters = random.choice(list("ACGTUacguNR"), (10_000, longest))
        return ["".join(row[:length]) for row, length in zip(letters, lengths, strict=True)]

    mirnas, sites = encode(sequences(40), 30), encode(sequences(120), 60)
    for seed in (0, 1):
        weights = slow_dmiso.random_weights(seed)
        model = keras.build_keras()
        keras.set_weights(model, weights)
        assert all((keras.get_weights(model)[name] == weights[name]).all() for name in weights)
        expected = model.predict([one_hot(mirnas), one_hot(sites)], batch_size=2000, verbose=0)[:, 0]
        assert np.ptp(expected) > 1e-3
        assert np.abs(DmisoPairScorer(weights).score(mirnas, sites) - expected).max() <= 1e-6


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scan_equals_keras_on_ten_thousand_pairs():
    pytest.importorskip("tensorflow")
    from mirtools.models.keras import KerasPairScorer

    random = np.random.default_rng(6)
    mirnas, sites = slow_dmiso.random_codes(random, 50, 30), slow_dmiso.random_codes(random, 200, 60)
    weights = slow_dmiso.random_weights(2)
    expected = PairByPair(KerasPairScorer(Dmiso().keras_form(weights)), mirnas).score(range(50), sites)
    assert np.ptp(expected) > 1e-3
    assert np.abs(DmisoWindowScorer(weights, mirnas).score(range(50), sites) - expected).max() <= 1e-6


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_tensorflow_back_end_agrees(pairs):
    pytest.importorskip("tensorflow")
    from mirtools.models.keras import KerasPairScorer

    weights = slow_dmiso.random_weights()
    batches = [tuple(codes[:5] for codes in pairs), tuple(codes[5:] for codes in pairs)]
    scores = np.concatenate(list(KerasPairScorer(Dmiso().keras_form(weights)).score_stream(batches, 2)))
    assert np.abs(DmisoPairScorer(weights).score(*pairs) - scores).max() <= 1e-6
