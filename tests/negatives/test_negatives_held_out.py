"""What is learned from other folds: against counting and solving fold by fold."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.negatives.held_out import (
    FOLDS,
    deal_folds,
    dinucleotide_shares,
    held_out_combination,
    held_out_discriminant,
    held_out_shares,
)

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=40)


@given(ROWS, st.sampled_from([0.0, 1.5]), st.floats(0.05, 0.95))
def test_shares_equal_counting_in_other_folds(rows, evidence, share):
    values, labels, folds = (np.array(column) for column in zip(*rows, strict=True))
    shares, seen = held_out_shares(values, labels.astype(np.uint8), folds, share, evidence)
    for number, (value, _, fold) in enumerate(rows):
        others = [label for other, label, of in rows if other == value and of != fold]
        assert seen[number] == bool(others)
        hits, total = sum(others), len(others)
        error = (total * share * (1 - share)) ** 0.5
        if abs(abs(hits - total * share) - evidence * error) < 1e-9 * total:
            continue
        told = total and abs(hits - total * share) >= evidence * error
        assert shares[number] == pytest.approx((hits + share) / (total + 1) if told else share)


@pytest.mark.parametrize("ratio", [1, 3, 10])
def test_balanced_values_tell_nothing_however_they_are_dealt(ratio):
    values = np.repeat(np.arange(60), ratio + 1)
    labels = np.tile([1, *[0] * ratio], 60).astype(np.uint8)
    folds = deal_folds(np.arange(len(values)), 1)
    shares, _ = held_out_shares(values, labels, folds, float(labels.mean()))
    assert len(set(shares.tolist())) == 1
    # without the least evidence, holding out a positive leaves a surplus of negatives
    shares, _ = held_out_shares(values, labels, folds, float(labels.mean()), 0)
    assert shares[labels == 1].mean() < shares[labels == 0].mean()


def test_discriminant_equals_solving_for_each_fold():
    chance = np.random.default_rng(2)
    features = chance.normal(size=(300, 4)) * [1, 5, 0.1, 1] + [0, 3, 0, 0]
    features = np.column_stack([features, np.ones(300)])  # a constant does no harm
    labels = (features[:, 0] + chance.normal(size=300) > 0.4).astype(np.uint8)
    folds = chance.integers(0, 3, 300)
    values = held_out_discriminant(features, labels, folds, [0, 2])
    assert (values[folds == 1] == 0).all()
    scaled = (features[:, :4] - features[:, :4].mean(axis=0)) / features[:, :4].std(axis=0)
    for fold in (0, 2):
        one, other = (scaled[(folds != fold) & (labels == label)] for label in (1, 0))
        within = (np.cov(one.T, bias=True) * len(one) + np.cov(other.T, bias=True) * len(other)) / (
            len(one) + len(other)
        )
        direction = np.linalg.solve(within + 1e-3 * np.eye(4), one.mean(axis=0) - other.mean(axis=0))
        assert values[folds == fold] == pytest.approx(scaled[folds == fold] @ direction)


def test_combination_of_one_property_ranks_as_its_shares():
    chance = np.random.default_rng(5)
    values = chance.integers(0, 6, 900)
    labels = (chance.random(900) < values / 6 + 0.05).astype(np.uint8)
    folds = chance.integers(0, 5, 900)
    nothing, known = np.zeros((900, 0)), np.ones(900, bool)
    combined = held_out_combination([(values, known)], nothing, labels, folds, [1, 3])
    assert (combined[(folds != 1) & (folds != 3)] == 0).all()
    for fold in (1, 3):
        held = folds == fold
        shares = held_out_shares(values, labels, held.astype(int), float(labels[~held].mean()))[0][held]
        assert np.corrcoef(combined[held], shares)[0, 1] == pytest.approx(1)
    # labels of the fold itself do not matter
    turned = np.where(folds == 3, 1 - labels, labels).astype(np.uint8)
    again = held_out_combination([(values, known)], nothing, turned, folds, [3])
    assert again[folds == 3] == pytest.approx(combined[folds == 3])
    unknown = held_out_combination([(values, values > 2)], nothing, labels, folds, [1])[folds == 1]
    assert len(np.unique(unknown[values[folds == 1] <= 2])) == 1


def test_discriminant_without_one_label_elsewhere_tells_nothing():
    labels = np.array([1, 1, 0, 0], np.uint8)
    values = held_out_discriminant(np.arange(4.0)[:, None], labels, np.array([0, 0, 1, 1]), [0, 1])
    assert values.tolist() == [0, 0, 0, 0]


def test_folds_keep_groups_together_and_are_of_equal_size():
    groups = np.random.default_rng(3).integers(0, 500, 3000)
    folds = deal_folds(groups, 7)
    assert all(len(set(folds[groups == group])) == 1 for group in range(500))
    assert sorted(Counter(folds[np.unique(groups, return_index=True)[1]].tolist()).values()) == [50] * FOLDS
    assert (folds == deal_folds(groups, 7)).all()
    assert (folds != deal_folds(groups, 8)).any()


def test_dinucleotides():
    shares = dinucleotide_shares(["ATATN", "NN", "C"])
    assert shares.shape == (3, 16)
    assert sorted(shares[0])[-2:] == pytest.approx([1 / 3, 2 / 3])
    assert shares[1:].sum() == 0
