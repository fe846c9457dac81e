"""How common a score is among the windows of all targets."""

import numpy as np
import pytest
import slow_dmiso
from hypothesis import given
from hypothesis import strategies as st

from mirtools.encoding import encode
from mirtools.errors import UsageError
from mirtools.models import background
from mirtools.models.background import Background, background_of, draw
from mirtools.models.scanning import Scanner
from mirtools.models.scores import printed
from mirtools.models.tiling import Tiling
from mirtools.sequences import Reference


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
    # nothing that is rare enough is missed but for the least threshold, and for scores between those seen
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
    found = draw(iter(targets), lengths, tiling)
    if most == 1000:
        assert (found == encode(every, 60)).all()
    else:
        places = [(2 * number + 1) * len(every) // 14 for number in range(7)]
        assert (found == encode([every[place] for place in places], 60)).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_scores_of_the_sample(threads):
    random = np.random.default_rng(2)
    mirnas, sites = slow_dmiso.random_codes(random, 3, 30), slow_dmiso.random_codes(random, 1100, 60)
    scanner = Scanner(slow_dmiso.random_weights(), mirnas)
    found = background_of(scanner, 3, sites, threads)
    for number, scores in enumerate(printed(scanner.score(range(3), sites))):
        assert found.shares(number, scores.max(keepdims=True)) == 2 / 1101
        assert found.shares(number, np.array([2.0])) == 1 / 1101
        assert found.thresholds(0.1, 0)[number] == np.sort(scores)[1100 - 110]
