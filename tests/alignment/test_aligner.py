"""The aligner compared with brute force and slow counterparts, and properties for any numbers."""

import itertools

import numpy as np
import pytest
import slow_alignment as slow
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mirtools.alignment.align import Aligner, Costs
from mirtools.models.pairing import WOBBLE, PairingRule

BASES = "ACGT"
# every letter pairs with every other, so that positive attributions are scores
ALL = PairingRule("ACGT", ("pairs",), {(a, b): (1.0,) for a in BASES for b in BASES})


def _sequences(rng, number, length):
    return ["".join(rng.choice(list(BASES), length)) for _ in range(number)]


def _batch(rng, number, rows, columns, whole=False):
    values = rng.normal(size=(number, rows, columns))
    if whole:
        values = np.round(values * 2)  # many ties
    return values, _sequences(rng, number, columns), _sequences(rng, number, rows)


@pytest.mark.parametrize("rows", range(1, 6))
@pytest.mark.parametrize("columns", range(1, 6))
def test_equals_the_best_of_all_alignments(rows, columns):
    rng = np.random.default_rng(100 * rows + columns)
    number = 400
    values, mirnas, sites = _batch(rng, number, rows, columns)
    scores = np.array([slow.scores_of(*case) for case in zip(values, mirnas, sites, strict=True)])
    for scale in ("rows", "cells"):
        found = Aligner(costs=Costs(scale=scale)).align(values, mirnas, sites)
        costs = np.array([slow.costs_of(matrix, scale=scale) for matrix in scores])
        np.testing.assert_allclose(found.numbers[:, 1:3], costs, atol=1e-12)
        np.testing.assert_allclose(found.scores, slow.best_of_all(scores, costs), atol=1e-12)
    for opening, extension in ((0.0, 0.0), (0.3, 0.3), (1.0, 0.1), (5.0, 0.0)):
        found = Aligner(costs=Costs(opening, extension, "given")).align(values, mirnas, sites)
        costs = np.tile([opening, extension], (number, 1))
        np.testing.assert_allclose(found.scores, slow.best_of_all(scores, costs), atol=1e-12)
        for alignment, matrix in zip(found, scores, strict=True):
            if not alignment.empty:
                score = slow.rescored(matrix, alignment.moves, opening, extension)
                assert score == pytest.approx(alignment.score, abs=1e-12)


@pytest.mark.parametrize("whole", [False, True])
def test_equals_the_slow_aligner(whole):
    rng = np.random.default_rng(3)
    values, mirnas, sites = _batch(rng, 40, 50, 20, whole)
    aligner = Aligner(costs=Costs(2.0, 1.0, "given")) if whole else Aligner()
    for case, alignment in zip(
        zip(values, mirnas, sites, strict=True), aligner.align(values, mirnas, sites), strict=True
    ):
        scores = slow.scores_of(*case)
        costs = (2.0, 1.0) if whole else slow.costs_of(scores)
        score, moves = slow.aligned(scores, *costs)
        assert alignment.score == pytest.approx(score, abs=1e-9)
        assert alignment.moves.tolist() == moves


def test_ties_are_resolved_as_documented():
    rng = np.random.default_rng(4)
    for rows, columns in ((3, 3), (4, 6), (7, 5), (1, 4), (5, 1)):
        values, mirnas, sites = _batch(rng, 200, rows, columns, whole=True)
        for opening, extension in ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (2.0, 1.0)):
            found = Aligner(costs=Costs(opening, extension, "given")).align(values, mirnas, sites)
            for case, alignment in zip(zip(values, mirnas, sites, strict=True), found, strict=True):
                assert alignment.moves.tolist() == slow.aligned(slow.scores_of(*case), opening, extension)[1]


def test_the_published_mode_equals_its_slow_counterpart():
    rng = np.random.default_rng(5)
    for whole in (False, True):
        values, mirnas, sites = _batch(rng, 30, 50, 20, whole)
        for case, alignment in zip(
            zip(values, mirnas, sites, strict=True),
            Aligner(mode="published").align(values, mirnas, sites),
            strict=True,
        ):
            scores = slow.scores_of(*case)
            costs = slow.costs_of(scores)
            assert alignment.moves.tolist() == slow.published(scores, *costs)
            assert alignment.score == pytest.approx(slow.rescored(scores, alignment.moves, *costs), abs=1e-9)


def _best_diagonal(scores):
    rows, columns = scores.shape
    return max(0.0, *(scores.diagonal(offset).sum() for offset in range(1 - rows, columns)))


matrices = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 9)),
    elements=st.floats(-4, 4, width=32).map(lambda value: round(value, 3)),
)
costs = st.tuples(st.floats(0, 3), st.floats(0, 3)).map(lambda pair: Costs(max(pair), min(pair), "given"))


@settings(max_examples=150, deadline=None)
@given(values=matrices, costs=costs, seed=st.integers(0, 10**6), data=st.data())
def test_properties(values, costs, seed, data):
    number, rows, columns = values.shape
    rng = np.random.default_rng(seed)
    mirnas, sites = _sequences(rng, number, columns), _sequences(rng, number, rows)
    before = values.copy()
    aligner = Aligner(WOBBLE, costs)
    found = aligner.align(values, mirnas, sites)
    assert (values == before).all()

    for alignment, matrix in zip(found, values, strict=True):
        scores = slow.scores_of(matrix, alignment.mirna, alignment.site, slow.WOBBLE)
        assert alignment.largest == pytest.approx(np.abs(scores).max())
        if alignment.empty:
            assert not alignment.mirna_importance.any()
            assert not alignment.site_importance.any()
            assert (alignment.partners == -1).all()
            assert alignment.score == 0
            continue
        assert alignment.score == pytest.approx(
            slow.rescored(scores, alignment.moves, costs.opening, costs.extension)
        )
        # whole sequences, strings of equal length
        assert alignment.aligned_site.replace("-", "") == alignment.site
        assert alignment.aligned_mirna.replace("-", "") == alignment.mirna[::-1]
        lines = (alignment.aligned_site, alignment.aligned_mirna, alignment.marks, alignment.column_scores)
        assert {len(line) for line in lines} == {len(alignment.moves)}
        # gaps score 0, and the columns' scores are those of the bases
        gaps = np.array([a + b for a, b in zip(*lines[:2], strict=True)])
        gapped = np.char.find(gaps, "-") >= 0
        assert not alignment.column_scores[gapped].any()
        assert alignment.column_scores.sum() == pytest.approx(alignment.site_importance.sum())
        assert alignment.column_scores.sum() == pytest.approx(alignment.mirna_importance.sum())
        # a monotone path
        facing = [(i, j) for j, i in enumerate(alignment.partners) if i >= 0]
        assert all(a > b for (a, _), (b, _) in itertools.pairwise(facing))
        for i, j in facing:
            assert alignment.mirna_importance[j] == scores[i, columns - 1 - j] == alignment.site_importance[i]
        # no random path is better
        path = rng.choice(3, rows + columns)
        moves, i, j = [], 0, 0
        for move in path:
            move = 1 if j == columns else 2 if i == rows else int(move)
            if i == rows and j == columns:
                break
            moves.append(move)
            i, j = i + (move != 2), j + (move != 1)
        assert slow.rescored(scores, moves, costs.opening, costs.extension) <= alignment.score + 1e-9

    # a batch equals a loop
    for at in range(number):
        alone = aligner.align(values[at : at + 1], mirnas[at : at + 1], sites[at : at + 1])
        assert (alone.numbers == found.numbers[at]).all()
        assert alone[0].moves.tolist() == found[at].moves.tolist()

    # the score scales with values and costs
    factor = 4.0
    scaled = Aligner(WOBBLE, Costs(factor * costs.opening, factor * costs.extension, "given"))
    np.testing.assert_allclose(scaled.align(factor * values, mirnas, sites).scores, factor * found.scores)

    # swapped sequences have the same score (both are read from the other end)
    swapped = values.transpose(0, 2, 1)
    np.testing.assert_allclose(aligner.align(swapped, sites, mirnas).scores, found.scores, atol=1e-9)

    # with infinite costs there are no gaps
    ungapped = Aligner(WOBBLE, Costs(np.inf, np.inf, "given")).align(values, mirnas, sites)
    for alignment, matrix in zip(ungapped, values, strict=True):
        scores = slow.scores_of(matrix, alignment.mirna, alignment.site, slow.WOBBLE)
        assert alignment.score == pytest.approx(_best_diagonal(scores))
        assert alignment.score <= found.scores.max() + 1e-9

    # a higher cell never lowers the score
    every = Aligner(ALL, costs)
    cell = tuple(data.draw(st.integers(0, size - 1)) for size in values.shape)
    raised = values.copy()
    raised[cell] = max(0.0, raised[cell]) + 1.5
    lower, higher = every.align(values, mirnas, sites).scores, every.align(raised, mirnas, sites).scores
    assert (higher >= lower - 1e-9).all()


def test_percentiles_scale_with_the_matrix():
    rng = np.random.default_rng(6)
    values, mirnas, sites = _batch(rng, 20, 50, 20)
    for scale in ("rows", "cells"):
        aligner = Aligner(costs=Costs(scale=scale))
        one, other = aligner.align(values, mirnas, sites), aligner.align(8 * values, mirnas, sites)
        np.testing.assert_allclose(other.numbers, 8 * one.numbers)
        assert (one.moves == other.moves).all()


def test_without_positive_scores_the_alignment_is_empty():
    values = -np.ones((2, 6, 4))
    values[1] = 0
    for mode in ("affine", "published"):
        found = Aligner(mode=mode).align(values, ["ACGT"] * 2, ["ACGTAC"] * 2)
        assert [alignment.empty for alignment in found] == [True, True]
        assert not found.numbers.any()
        assert found[0].aligned_site == found[0].marks == found[0].aligned_mirna == ""
        assert found[0].span == (0, 0)
        assert len(found[0].column_scores) == 0
    # attributions of bases that do not pair make no alignment, either
    found = Aligner().align(np.ones((1, 3, 3)), ["AAA"], ["CCC"])
    assert found[0].empty


def test_padding_is_ignored():
    rng = np.random.default_rng(7)
    values, mirnas, sites = _batch(rng, 5, 9, 6)
    padded = np.full((5, 12, 8), 99.0)
    padded[:, :9, :6] = values
    alone, together = Aligner().align(values, mirnas, sites), Aligner().align(padded, mirnas, sites)
    assert (alone.numbers == together.numbers).all()
    assert (together.site_importance[:, 9:] == 0).all()
    for one, other in zip(alone, together, strict=True):
        assert one.aligned_mirna == other.aligned_mirna


def test_wobbles_unknown_letters_and_other_alphabets():
    values = np.ones((1, 2, 2))
    #       site 5' G T, miRNA 3' T G: both are wobbles
    assert Aligner().align(values, ["GT"], ["GT"])[0].empty
    found = Aligner(WOBBLE).align(values, ["GT"], ["GT"])[0]
    assert (found.aligned_site, found.marks, found.aligned_mirna) == ("GT", "::", "TG")
    assert found.score == 2
    assert Aligner(WOBBLE).align(values, ["NN"], ["GT"])[0].empty
    charges = PairingRule("DEKR", ("bridge",), dict.fromkeys(map(tuple, ("DK", "KD", "ER", "RE")), (1.0,)))
    found = Aligner(charges).align(values, ["ED"], ["KR"])[0]
    assert (found.aligned_site, found.marks, found.aligned_mirna) == ("KR", "||", "DE")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.ones((1, 3))}, "shape"),
        ({"mirnas": ["AC"] * 2}, "2 miRNAs"),
        ({"mirnas": ["ACGT"]}, "longer than the matrix"),
        ({"sites": [""]}, "must not be empty"),
        ({"values": np.full((1, 3, 3), np.nan)}, "finite"),
    ],
)
def test_inconsistent_inputs_are_rejected(change, message):
    case = {"values": np.ones((1, 3, 3)), "mirnas": ["ACG"], "sites": ["ACG"], **change}
    with pytest.raises(ValueError, match=message):
        Aligner().align(**case)


@pytest.mark.parametrize("costs", [(1, 2, "given"), (101, 90, "rows"), (1, -1, "given"), (99, 90, "columns")])
def test_invalid_costs_are_rejected(costs):
    with pytest.raises(ValueError, match=r"cost|percentile"):
        Costs(*costs)
    with pytest.raises(ValueError, match="mode"):
        Aligner(mode="other")


def test_no_pairs():
    found = Aligner().align(np.empty((0, 50, 20)), [], [])
    assert len(found) == 0
    assert list(found) == []
