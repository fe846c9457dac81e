"""Networks over the windows of targets: scores equal those of pairs and do not depend on other windows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import drawn_weights

from mirtools.io.sequences import Reference
from mirtools.models.base import Model
from mirtools.models.encoder import DNA, Encoder, is_nucleic
from mirtools.models.matrix import window_scorer as matrix_window_scorer
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network, cnn, mirbind
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.matrix.window_scorer import MatrixWindowScorer, _sliding, can_share
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule
from mirtools.models.scorers import PairByPair
from mirtools.models.tiling import Tiling, Windows
from mirtools.prediction import windows
from mirtools.prediction.windows import scan

LETTERS = PairingRule("EKN", ("x",), {("E", "K"): (1.0,), ("K", "E"): (0.5,), ("N", "N"): (-1.0,)})
RELU = {"op": "relu"}


def conv(filters: int, height: int, width: int) -> dict:
    return {"op": "conv", "filters": filters, "kernel": [height, width], "padding": "valid"}


NETWORKS = {
    "mirbind": mirbind(WOBBLE, 50, 22, filters=16, units=8),
    "letters": mirbind(LETTERS, 30, 12, filters=8, blocks=1, units=8),
    "mean": Network(WATSON_CRICK, 20, 9, (conv(4, 3, 9), RELU, {"op": "global_pool", "kinds": ["mean"]})),
    "projected": Network(
        WATSON_CRICK,
        24,
        5,
        (
            conv(4, 2, 5),
            RELU,
            {"op": "residual", "layers": (conv(6, 3, 1), {"op": "norm"})},
            {"op": "global_pool", "kinds": ["max"]},
            {"op": "dense", "units": 3},
            RELU,
        ),
    ),
}


def drawn(random: np.random.Generator, alphabet: str, length: int) -> str:
    return "".join(random.choice(list(alphabet + "?"), length, p=[*[0.97 / len(alphabet)] * len(alphabet), 0.03]))


def scanner_of(network: Network, count: int = 3, seed: int = 1) -> tuple[MatrixWindowScorer, PairByPair]:
    random = np.random.default_rng(seed)
    weights = drawn_weights(network)
    sequences = [drawn(random, network.rule.alphabet, int(random.integers(5, 30))) for _ in range(count)]
    mirnas = network.encoder.mirnas(sequences)
    return MatrixWindowScorer(network, weights, mirnas), PairByPair(MatrixPairScorer(network, weights), mirnas)


@given(st.integers(1, 40), st.integers(1, 60))
def test_sliding_combinations(width: int, more: int) -> None:
    values = np.random.default_rng(width).random((width + more - 1, 3), np.float32)
    slid = np.lib.stride_tricks.sliding_window_view(values, width, axis=0)
    assert (_sliding(np.maximum, values, width) == slid.max(axis=2)).all()
    np.testing.assert_allclose(_sliding(np.add, values, width), slid.sum(axis=2), rtol=1e-5)


def test_networks_whose_windows_share_work() -> None:
    assert all(map(can_share, NETWORKS.values()))
    assert not can_share(cnn())
    pool = {"op": "global_pool", "kinds": ["max"]}
    same = {"op": "conv", "filters": 4, "kernel": [3, 1], "padding": "same"}
    for layers in (
        (conv(4, 3, 8), pool),  # does not span the miRNA
        (conv(4, 3, 9), {"op": "max_pool", "size": [2, 1]}, pool),
        (conv(4, 3, 9), {"op": "residual", "layers": (same,)}, pool),
        (conv(4, 3, 9), {"op": "flatten"}),
        (RELU, conv(4, 3, 9), pool),
    ):
        assert not can_share(Network(WATSON_CRICK, 20, 9, layers))


@pytest.mark.parametrize("name", NETWORKS)
def test_shared_scores_are_those_of_pairs(name: str) -> None:
    network = NETWORKS[name]
    scanner, pairs = scanner_of(network)
    random = np.random.default_rng(7)
    lengths = [1, network.site_length - 1, network.site_length, network.site_length + 1, 700]
    sequences = [drawn(random, network.rule.alphabet, length) for length in lengths]
    for tiling in (
        Tiling(network.site_length, 1),
        Tiling(network.site_length, 13),
        Tiling(network.site_length, 60),
        Tiling(11, 5),
    ):
        cut = Windows(sequences, tiling, network.encoder)
        found = scanner.score_windows([2, 0], cut, 0, len(cut))
        np.testing.assert_allclose(found, pairs.score_windows([2, 0], cut, 0, len(cut)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("tile", [16, 256])
def test_scores_do_not_depend_on_other_windows(monkeypatch: pytest.MonkeyPatch, tile: int) -> None:
    monkeypatch.setattr(matrix_window_scorer, "TILE", tile)
    network = NETWORKS["mirbind"]
    scanner, _ = scanner_of(network)
    codes = network.encoder.letters(drawn(np.random.default_rng(3), DNA, 900))
    whole = scanner.at(1, codes, np.arange(851))
    assert whole.shape == (851,)
    random = np.random.default_rng(4)
    for count in (1, 2, 30):
        starts = np.sort(random.choice(851, count, replace=False))
        assert (scanner.at(1, codes, starts) == whole[starts]).all()
    cut = Windows(
        ["ACGT" * 10, "".join(DNA[c] if c < 4 else "N" for c in codes), "G"], Tiling(50, 7), Encoder(22, 50)
    )
    every = scanner.score_windows([0, 1], cut, 0, len(cut))
    assert (every[1, cut.of_target(1)] == whole[cut.starts[cut.of_target(1)]]).all()
    for first, last in ((0, 1), (1, 2), (5, 60), (60, len(cut)), (len(cut) - 1, len(cut)), (3, 3)):
        assert (scanner.score_windows([1], cut, first, last)[0] == every[1, first:last]).all()
    alone, _ = scanner_of(network, 2)
    assert (alone.at(1, codes, np.arange(851)) == whole).all()


def test_scan_is_the_same_for_threads_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    network = NETWORKS["mirbind"]
    random = np.random.default_rng(2)
    mirnas = [Reference(f"m{n}", "", drawn(random, DNA, 22).replace("?", "N")) for n in range(4)]
    targets = [Reference(f"t{n}", "", drawn(random, DNA, n).replace("?", "N")) for n in (30, 900, 50, 51, 1200)]
    encoder = network.encoder
    model = Model(Matrix("mirbind", network), drawn_weights(network), "x")
    scorer = model.window_scorer([m.sequence for m in mirnas])
    assert isinstance(scorer, MatrixWindowScorer)
    results = []
    for batch, most, threads in ((2048, 1 << 23, 1), (40, 1 << 23, 3), (17, 100, 2)):
        monkeypatch.setattr(MatrixWindowScorer, "batch_size", batch)
        monkeypatch.setattr(windows, "_MOST_SCORES", most)
        found: dict[tuple[str, int], list[float]] = {}
        counts: Counter[str] = Counter()
        for part in scan(mirnas, targets, scorer, Tiling(50, 10), threads, counts, encoder):
            for number, scores in enumerate(part.scores, part.first):
                found[part.target.name, number] = scores.tolist()
        results.append((found, dict(counts)))
    assert results[0] == results[1] == results[2]
    assert results[0][1]["short_targets"] == 1


def test_models_get_their_scorers() -> None:
    network = cnn(WOBBLE)
    model = Model(Matrix("cnn", network), drawn_weights(network), "x")
    scorer = model.window_scorer(["ACGT"])
    assert isinstance(scorer, PairByPair)


def test_encoders_read_their_alphabet() -> None:
    dmiso, rna = Encoder(), Encoder(5, 5, "ACGU", False)
    assert dmiso.read("ugaR") == rna.read("ugaR") == "TGAN"
    assert rna.letters("UTtu").tolist() == [3] * 4
    assert dmiso.mirnas(["A" * 31 + "C"]).tolist() == [[0] * 30]
    assert rna.mirnas(["ACGTTAA", "C"]).tolist() == [[0, 1, 2, 3, 3], [1, 4, 4, 4, 4]]
    assert rna.sites(["AACGTAA"]).tolist() == [[0, 1, 2, 3, 0]]
    protein = NETWORKS["letters"].encoder
    assert not protein.nucleic
    assert is_nucleic("ACGTU")
    assert protein.read("ekxN") == "EKXN"
    assert protein.letters("EKNX").tolist() == [0, 1, 2, 3]
    for bad, problem in (
        ("EK*", r"'\*' at position 3"),
        ("E K", "position 2"),
        ("AAA", "none of the letters EKN"),
    ):
        with pytest.raises(ValueError, match=problem):
            protein.read(bad)
    # padding between targets has the code of unknown letters
    cut = Windows(["NN", "K"], Tiling(30, 10), protein)
    assert cut.codes(0, 2).tolist() == [[2, 2, *[3] * 28], [1, *[3] * 29]]


@settings(max_examples=50)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=6), st.integers(1, 60), st.data())
def test_windows_by_target(lengths: list[int], stride: int, data: st.DataObject) -> None:
    sequences = ["ACGTN"[number % 5] * length for number, length in enumerate(lengths)]
    cut = Windows(sequences, Tiling(60, stride), Encoder())
    first = data.draw(st.integers(0, len(cut)))
    last = data.draw(st.integers(first, len(cut)))
    parts = list(cut.by_target(first, last))
    assert [n for part, _ in parts for n in range(part.start, part.stop)] == list(range(first, last))
    for part, codes in parts:
        number = int(np.searchsorted(cut.bounds, part.start, "right")) - 1
        assert codes.tolist() == Encoder().letters(sequences[number]).tolist()
        assert part.stop <= cut.bounds[number + 1]
