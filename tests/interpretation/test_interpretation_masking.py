"""Masking maps against a model computed one masked pair at a time."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import slow_dmiso

from mirtools.interpretation.masking import COLUMNS, GROUPS, LENGTHS, MaskingSums, mask_pairs, masked_copies
from mirtools.interpretation.study import Study, masking_summary
from mirtools.io.encoding import encode
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer
from mirtools.pairs.table import Pair

WEIGHTS = slow_dmiso.random_weights(7)
PREDICTOR = DmisoPairScorer(WEIGHTS)


def make_pairs(count, labels=(0, 1), seed=0):
    random = np.random.default_rng(seed)

    def sequence(*lengths):
        return "".join(random.choice(list("ACGT"), random.integers(*lengths)))

    return [
        Pair(sequence(15, 34), sequence(20, 75), f"m{number % 3}", f"t{number % 5}", labels[number % len(labels)])
        for number in range(count)
    ]


def slow_change(pair, name, start, width):
    """Return the change of the score by one window, or None if it exceeds the sequence."""
    sequences = {"mirna": pair.mirna, "site": pair.site}
    codes = {key: encode([sequences[key]], length)[0] for key, length in LENGTHS.items()}
    if start + width > min(len(sequences[name]), LENGTHS[name]):
        return None
    before = slow_dmiso.score(WEIGHTS, codes["mirna"], codes["site"])
    codes[name][start : start + width] = 4
    return slow_dmiso.score(WEIGHTS, codes["mirna"], codes["site"]) - before


@pytest.mark.parametrize("width", [1, 4])
def test_changes_equal_the_slow_model(width):
    pairs = [*make_pairs(2), Pair("ACG", "ACGTACGTAC", "m", "t", 1), Pair("A" * 40, "ACGT" * 20, "m", "t", 0)]
    (masked,) = mask_pairs(pairs, PREDICTOR, width)
    assert list(masked.pairs) == pairs
    for name, length in LENGTHS.items():
        assert masked.changes[name].shape == (len(pairs), length - width + 1)
        for at, pair in enumerate(pairs):
            for start in range(0, length - width + 1, 1 if name == "mirna" else 5):
                expected = slow_change(pair, name, start, width)
                found = masked.changes[name][at, start]
                assert np.isnan(found) if expected is None else abs(found - expected) < 2e-6


def test_sums_equal_plain_statistics():
    pairs = make_pairs(300)
    sums = MaskingSums(4, 0.5)
    parts = list(mask_pairs(pairs, PREDICTOR, 4))
    assert len(parts) == 3
    positive = np.concatenate([sums.add(part) for part in parts])
    assert positive.tolist() == [pair.label == 1 for pair in pairs]
    for name in LENGTHS:
        table = np.concatenate([part.changes[name] for part in parts])
        for group, chosen in zip(GROUPS, (positive | True, positive, ~positive), strict=True):
            found = sums.map(name, group)
            for start in range(table.shape[1]):
                values = table[chosen, start]
                values = values[~np.isnan(values)]
                assert found.counts[start] == len(values)
                if len(values) > 1:
                    expected = values.mean(), values.std(ddof=1), np.abs(values).mean()
                    found_here = found.mean[start], found.sd[start], found.mean_abs[start]
                    assert np.allclose(found_here, expected, atol=1e-12)


def test_threads_and_chunks_change_nothing(monkeypatch):
    pairs = make_pairs(150)

    def changes(threads):
        parts = list(mask_pairs(pairs, PREDICTOR, 4, threads))
        return [np.concatenate([part.changes[name] for part in parts]) for name in LENGTHS]

    expected = changes(1)
    for size, threads in ((128, 2), (7, 1), (150, 3)):
        monkeypatch.setattr("mirtools.interpretation.masking._CHUNK", size)
        for one, other in zip(expected, changes(threads), strict=True):
            assert np.array_equal(one, other, equal_nan=True)


def test_pairs_without_labels_go_by_their_score():
    pairs = make_pairs(60, (None,))
    (masked,) = mask_pairs(pairs, PREDICTOR, 4)
    threshold = float(np.median(masked.scores))
    sums = MaskingSums(4, threshold)
    positive = sums.add(masked)
    assert np.array_equal(positive, masked.scores > threshold)
    assert 0 < positive.sum() < 60
    assert sums.counts["labelled_pairs"] == 0
    assert sums.counts["positive_pairs"] == positive.sum()


def test_counts():
    pairs = [Pair("ACG", "ACGT" * 20, "m", "t", 1), Pair("A" * 31, "AC", "m", "t", 0)]
    sums = MaskingSums(4, 0.5)
    for masked in mask_pairs(pairs, PREDICTOR, 4):
        sums.add(masked)
    assert sums.counts == {
        "pairs": 2,
        "labelled_pairs": 2,
        "positive_pairs": 1,
        "mirnas_cropped": 1,
        "sites_cropped": 1,
        "mirnas_too_short": 1,
        "sites_too_short": 1,
    }
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in sums.rows()]
    assert Counter((row["sequence"], row["pairs"]) for row in rows) == {
        ("mirna", "all"): 27,
        ("mirna", "negative"): 27,
        ("site", "all"): 57,
        ("site", "positive"): 57,
    }
    assert {row["sd_change"] for row in rows} == {"."}  # one value has no spread
    assert (rows[0]["start"], rows[0]["end"], rows[0]["n"]) == ("0", "4", "1")


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 9))
def test_masked_copies(lengths, width):
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (len(lengths), 9)).astype(np.uint8)
    copies, which, start = masked_copies(codes, np.array(lengths), width)
    expected = [
        (number, first) for number, length in enumerate(lengths) for first in range(max(length - width + 1, 0))
    ]
    assert list(zip(which.tolist(), start.tolist(), strict=True)) == expected
    for copy, (number, first) in zip(copies, expected, strict=True):
        assert (copy[first : first + width] == 4).all()
        outside = [at for at in range(9) if not first <= at < first + width]
        assert np.array_equal(copy[outside], codes[number][outside])


def test_a_model_that_looks_at_one_place():
    """A score that depends only on the A at base 5 of the miRNA: map and summary show it."""

    class Scorer:
        batch_size = 10

        def score_stream(self, batches, threads=1):
            for mirnas, _ in batches:
                yield np.where(mirnas[:, 4] == 0, 0.9, 0.4).astype(np.float32)

    pairs = [Pair("CCCCA" + "C" * 15, "G" * 30, "m", "t", 1)] * 5
    study = Study(WEIGHTS, Scorer(), 0.5, 4)
    for _ in study.passing(pairs):
        pass
    found = study.maps.map("mirna", "positive")
    assert np.allclose(found.mean[:17], [0, *[-0.5] * 4, *[0] * 12])
    assert not study.maps.map("site", "positive").mean[:27].any()
    summary = masking_summary(study.maps)["score_change"]
    assert summary["mirna"]["positive"]["lowers_most"] == {
        "start": 1,
        "end": 5,
        "mean_change": -0.5,
        "mean_abs_change": 0.5,
    }
    assert summary["mirna"]["positive"]["seed_mean_abs_change"] == 0.5
    assert summary["mirna"]["positive"]["elsewhere_mean_abs_change"] == 0
    assert "negative" not in summary["mirna"]
