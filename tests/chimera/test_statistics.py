"""Karlin-Altschul statistics: compared with BLAST's numbers and with their definition."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.chimera.statistics import LAMBDA, H, K, bit_score, e_value, least_score, search_space

# "Effective search space used" of blastn 2.12 (-task blastn-short): read length, letters and sequences of the
# database, search space.
BLAST = [
    (16, 58_432, 2_656, 241_696),
    (22, 58_432, 2_656, 448_864),
    (35, 58_432, 2_656, 796_800),
    (44, 58_432, 2_656, 1_083_648),
    (16, 11_920_000, 4_000, 35_604_000),
    (22, 11_920_000, 4_000, 106_812_000),
    (35, 11_920_000, 4_000, 249_144_000),
    (49, 11_920_000, 4_000, 415_240_000),
    (75, 11_920_000, 4_000, 711_600_000),
    (100, 11_920_000, 4_000, 1_008_100_000),
]


@pytest.mark.parametrize(("read", "letters", "count", "space"), BLAST)
def test_search_space_is_that_of_blast(read, letters, count, space):
    assert search_space(read, letters, count) == space


@given(st.integers(1, 500), st.integers(1, 3 * 10**8), st.integers(1, 10**5))
def test_the_space_is_what_the_adjusted_lengths_leave(read, reference, count):
    space = search_space(read, reference, count)
    assert 1 <= space <= read * max(reference, 1)


@given(st.integers(15, 300), st.integers(10**4, 3 * 10**8), st.floats(1e-6, 10))
def test_least_score_is_the_smallest_that_passes(read, reference, evalue):
    space = search_space(read, reference, 1)
    score = least_score(evalue, space)
    assert e_value(score, space) <= evalue
    assert score == 1 or e_value(score - 1, space) > evalue


@given(st.integers(20, 300), st.integers(10**4, 10**8))
def test_the_adjustment_is_the_expected_length_of_a_chance_alignment(read, reference):
    """The largest whole number that is at most ln(K m' n') / H in the remaining space."""
    space = search_space(read, reference, 1)
    largest = max(
        length
        for length in range(read)
        if length == 0 or length <= math.log(K * (read - length) * (reference - length)) / H
    )
    assert space == pytest.approx((read - largest) * (reference - largest))


def test_bits_are_a_change_of_units():
    for score in range(10, 60):
        assert 2 ** -bit_score(score) == pytest.approx(K * math.exp(-LAMBDA * score))
