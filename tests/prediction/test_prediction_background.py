"""How rare a score is among the windows of all targets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import slow_dmiso

from mirtools.errors import UsageError
from mirtools.io.encoding import encode
from mirtools.io.sequences import Reference
from mirtools.models.dmiso.window_scorer import DmisoWindowScorer
from mirtools.models.encoder import Encoder
from mirtools.models.tiling import Tiling
from mirtools.prediction import background
from mirtools.prediction.background import Background, background_of, draw, random_sequence, sampled
from mirtools.prediction.scores import printed
from mirtools.prediction.targets import ScanTargets


@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=60),
    st.one_of(st.floats(0.02, 1), st.just(1.0)),
    st.sampled_from([0, 0.3, 1]),
)
def test_shares_and_thresholds_agree(values, share, least):
    scores = np.array([values], np.float32) / 12
    found = Background(scores)
    every = printed(scores[0])
    shares = found.shares(0, every)
    expected = [(sum(other >= score for other in every) + 1) / (len(every) + 1) for score in every]
    np.testing.assert_allclose(shares, expected)
    if share * (len(every) + 1) < 1:
        with pytest.raises(UsageError, match=r"use .* or more"):
            found.thresholds(share, least)
        return
    (threshold,) = found.thresholds(share, least)
    assert threshold >= least
    called = every > threshold
    assert (shares[called] <= share + 1e-9).all()
    if share == 1:
        assert (called == (every > least)).all()
    # every score that is rare enough and above the least threshold is called, up to one step of the shares
    assert called[(every > least) & (shares <= share - 1 / (len(every) + 1))].all()


@pytest.mark.parametrize("most", [7, 1000])
def test_windows_are_drawn_at_equal_distances(monkeypatch, most):
    monkeypatch.setattr(background, "MOST_WINDOWS", most)
    random = np.random.default_rng(1)
    lengths = [5, 700, 61, 60, 300]
    targets = [
        Reference(str(number), "", "".join(random.choice(list("ACGT"), length)))
        for number, length in enumerate(lengths)
    ]
    tiling = Tiling(60, 10)
    every = [
        target.sequence[start : start + 60] for target in targets for start in tiling.starts(len(target.sequence))
    ]
    found = draw(iter(targets), lengths, tiling, Encoder())
    if most == 1000:
        assert (found == encode(every, 60)).all()
    else:
        places = [(2 * number + 1) * len(every) // 14 for number in range(7)]
        assert (found == encode([every[place] for place in places], 60)).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_scores_of_the_sample(threads):
    random = np.random.default_rng(2)
    mirnas, sites = slow_dmiso.random_codes(random, 3, 30), slow_dmiso.random_codes(random, 1100, 60)
    scanner = DmisoWindowScorer(slow_dmiso.random_weights(), mirnas)
    found = sampled(scanner, 3, sites, threads)
    for number, scores in enumerate(printed(scanner.score(range(3), sites))):
        assert found.shares(number, scores.max(keepdims=True)) == 2 / 1101
        assert found.shares(number, np.array([2.0])) == 1 / 1101
        assert found.thresholds(0.1, 0)[number] == np.sort(scores)[1100 - 110]


def test_the_random_sequence_has_the_neighbours_of_the_targets():
    random = np.random.default_rng(4)
    # after A comes C or G, never A or T
    target = "".join("A" + "CG"[number] for number in random.integers(0, 2, 20_000))
    found = random_sequence([Reference("t", "", target), Reference("n", "", "NNNN")], 50_000, Encoder())
    assert found == random_sequence([Reference("t", "", target)], 50_000, Encoder())
    assert len(found) == 50_000
    steps = np.array([found.count(pair) for pair in ("AC", "AG", "CA", "GA")]) / 50_000
    np.testing.assert_allclose(steps, 0.25, atol=0.02)
    assert len(random_sequence([Reference("t", "", "A" * 60)], 130, Encoder(alphabet="EKLN"))) == 130


@pytest.mark.parametrize("threads", [1, 3])
def test_few_targets_are_compared_with_a_random_sequence(tmp_path, monkeypatch, threads):
    monkeypatch.setattr(background, "MOST_WINDOWS", 400)
    path = tmp_path / "t.fa"
    path.write_text(">t\n" + "ACGTTGCA" * 40 + "\n")
    scanner = DmisoWindowScorer(
        slow_dmiso.random_weights(), slow_dmiso.random_codes(np.random.default_rng(2), 2, 30)
    )
    targets, tiling = ScanTargets(str(path)), Tiling(60, 10)
    found, source = background_of(scanner, 2, targets, tiling, Encoder(), threads)
    sequence = random_sequence(targets.stream(), 25 * 399 + 60, Encoder())
    sites = encode([sequence[at : at + 60] for at in range(0, 25 * 400, 25)], 60)
    expected = sampled(scanner, 2, sites, 1)
    assert (source, found.windows) == ("random sequence", 400)
    assert (found.thresholds(0.1, 0) == expected.thresholds(0.1, 0)).all()
    monkeypatch.setattr(background, "_LEAST_BASES", 320)
    found, source = background_of(scanner, 2, targets, tiling, Encoder(), threads)
    assert (source, found.windows) == ("targets", tiling.count(320))
