"""Sequences as arrays, compared with a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.io.encoding import crop_centre, encode, one_hot

LETTERS = "ATCG"


def slow(sequence: str, length: int) -> list[list[float]]:
    surplus = max(len(sequence) - length, 0)
    sequence = sequence[surplus // 2 : len(sequence) - (surplus - surplus // 2)]
    rows = []
    for place in range(length):
        base = sequence[place].upper().replace("U", "T") if place < len(sequence) else "N"
        rows.append([float(base == letter) for letter in LETTERS] if base in LETTERS else [0.25] * 4)
    return rows


@given(st.lists(st.text(alphabet="ACGTUNacgtunRYX-", max_size=70), max_size=6), st.integers(1, 65))
def test_one_hot_equals_the_slow_reference(sequences, length):
    codes = encode(sequences, length)
    assert codes.shape == (len(sequences), length)
    assert codes.dtype == np.uint8
    hot = one_hot(codes)
    assert hot.shape == (len(sequences), length, 4)
    assert hot.dtype == np.float32
    assert hot.tolist() == [slow(sequence, length) for sequence in sequences]
    assert (hot.sum(axis=2) == 1).all()


@given(st.text(max_size=10))
def test_letters_of_any_kind_are_n(sequence):
    assert encode([sequence], 10).shape == (1, 10)


@given(st.text(alphabet="ACGT", max_size=40), st.integers(0, 45))
def test_crop_centre(sequence, length):
    part = crop_centre(sequence, length)
    assert len(part) == min(len(sequence), length)
    left = (len(sequence) - len(part)) // 2
    assert sequence[left : left + len(part)] == part
    # the 3' side loses as much as the 5' side, or one more
    assert (len(sequence) - len(part)) - left - left in (0, 1)
    assert crop_centre(part, length) == part


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_sequence_does_not_depend_on_its_neighbours(batch):
    sequences = ["ACGT", "", "N" * 100, "ugca", "A" * 61]
    together = encode(sequences, 60)
    for start in range(0, len(sequences), batch):
        part = encode(sequences[start : start + batch], 60)
        assert (part == together[start : start + batch]).all()
