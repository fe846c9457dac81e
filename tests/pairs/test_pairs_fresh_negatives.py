"""Fresh negatives: balanced, length-matched, new every epoch, never near a positive or a pair that judges."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.pairs.grouping import SHARED_BASES, group_pairs, hold_out
from mirtools.pairs.repairing import FreshNegatives
from mirtools.pairs.table import LabelledPairs
from mirtools.training.epochs import TrainingPairs

BASES = np.array(list("ACGT"))


def made(seed, count=200, mirnas=25):
    """Positives and negatives of several lengths; some sites overlap."""
    random = np.random.default_rng(seed)
    genome = "".join(random.choice(BASES, 6000))
    names = ["".join(random.choice(BASES, 22)) for _ in range(mirnas)]
    chosen = random.integers(0, mirnas, count)
    starts, sizes = random.integers(0, 5900, count), random.choice([40, 50, 57], count)
    sites = [genome[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    labels = (random.random(count) < 0.6).astype(np.uint8)
    return LabelledPairs(
        [names[number] for number in chosen], sites, labels, [f"m{number}" for number in chosen], ["."] * count
    )


def near(one, other):
    """Tell whether two sites share 20 bases."""
    words = {one[i : i + SHARED_BASES] for i in range(len(one) - SHARED_BASES + 1)}
    return any(other[i : i + SHARED_BASES] in words for i in range(len(other) - SHARED_BASES + 1))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_no_negative_is_near_a_positive_or_a_judging_pair(seed, ratio):
    pairs = made(seed)
    held = hold_out(group_pairs(pairs, "none"), 0.3, 1)
    training = np.flatnonzero(~held)
    fresh = FreshNegatives(pairs, training, ratio, seed)
    mirnas, sites = fresh.epoch(1)
    positives = training[pairs.labels[training] == 1]
    assert set(mirnas) | set(sites) <= set(positives)
    feared = [place for place in range(len(pairs)) if held[place] or pairs.labels[place] == 1]
    for mirna, site in zip(mirnas.tolist(), sites.tolist(), strict=True):
        for place in feared:
            if pairs.mirnas[place] == pairs.mirnas[mirna]:
                assert not near(pairs.sites[site], pairs.sites[place])


def test_balanced_and_of_the_same_lengths():
    pairs = made(7, 600, 60)
    training = np.arange(600)
    fresh = FreshNegatives(pairs, training, 3, 1)
    mirnas, sites = fresh.epoch(4)
    positives = fresh.positives
    assert len(mirnas) > 0.97 * 3 * len(positives)
    often = Counter(mirnas.tolist()), Counter(sites.tolist())
    assert max(often[0].values()) == max(often[1].values()) == 3
    lengths = np.array([len(site) for site in pairs.sites])
    assert (lengths[mirnas] == lengths[sites]).mean() > 0.97


def test_new_every_epoch_and_repeatable():
    pairs = made(3)
    training = np.arange(200)
    fresh, again = (FreshNegatives(pairs, training, 1, 5) for _ in range(2))
    for epoch in (1, 2, 9):
        for one, other in zip(fresh.epoch(epoch), again.epoch(epoch), strict=True):
            np.testing.assert_array_equal(one, other)
    assert set(zip(*fresh.epoch(1), strict=True)) != set(zip(*fresh.epoch(2), strict=True))
    other_seed = FreshNegatives(pairs, training, 1, 6)
    assert set(zip(*fresh.epoch(1), strict=True)) != set(zip(*other_seed.epoch(1), strict=True))


def test_a_single_mirna_has_no_negatives():
    pairs = made(3, 100, 1)
    with pytest.raises(InputError, match=r"fresh negatives exist for 0 of \d+ positives only"):
        FreshNegatives(pairs, np.arange(100), 1, 1)


def test_lessons():
    pairs = made(3)
    fixed = TrainingPairs(pairs, np.arange(50, 100))
    assert (fixed.positives, fixed.negatives) == tuple(np.bincount(pairs.labels[50:100])[::-1])
    np.testing.assert_array_equal(fixed.epoch(1).sites, fixed.epoch(2).sites)
    lessons = TrainingPairs(pairs, np.arange(200), FreshNegatives(pairs, np.arange(200), 2, 1))
    lesson = lessons.epoch(2)
    positive = lesson.labels == 1
    np.testing.assert_array_equal(lesson.mirnas[positive], lesson.sites[positive])
    assert (pairs.labels[lesson.sites] == 1).all()
    assert (lesson.mirnas[~positive] != lesson.sites[~positive]).all()
