"""What is learned from other folds: against counting and solving fold by fold."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.negatives.held_out import (
    FOLDS,
    deal_folds,
    dinucleotide_shares,
    held_out_combination,
    held_out_discriminant,
    held_out_shares,
    linked,
    numbered,
    site_groups,
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


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=25))
def test_linked_equals_following_every_link(links):
    owners, tokens = (np.array([link[place] for link in links], np.int64) for place in (0, 1))
    groups = [{number} for number in range(10)]
    for owner, token in links:
        for other, same in links:
            if token == same:
                merged = groups[owner] | groups[other]
                for member in merged:
                    groups[member] = merged
    assert linked(10, owners, tokens).tolist() == [min(group) for group in groups]


def test_sites_that_share_twenty_bases_are_one_place():
    rng = random.Random(4)
    genome = "".join(rng.choices("ACGT", k=400))
    sites = [genome[0:50], genome[30:80], genome[61:111], genome[92:140], genome[0:50], "N" * 50, "ACGT", "ACGT"]
    groups = site_groups(sites).tolist()
    assert groups[0] == groups[1] == groups[4]  # 20 bases
    assert len({groups[0], groups[2], groups[3], groups[5], groups[6]}) == 5  # 19 bases, N, too short
    assert groups[6] == groups[7]
    assert site_groups([]).tolist() == []


def test_dinucleotides_and_names():
    shares = dinucleotide_shares(["ATATN", "NN", "C"])
    assert shares.shape == (3, 16)
    assert sorted(shares[0])[-2:] == pytest.approx([1 / 3, 2 / 3])
    assert shares[1:].sum() == 0
    assert numbered(["b", "a", "b"]).tolist() == [0, 1, 0]
