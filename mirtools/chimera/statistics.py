"""Karlin-Altschul statistics of ungapped nucleotide alignments, as NCBI BLAST computes them for blastn-short.

A match scores +1, a mismatch -3, a gap of n bases -(5 + 2n). With such costly gaps BLAST uses the parameters of
ungapped alignments (Karlin & Altschul 1990) for gapped ones, too. This module does the same, so that both engines
give the same e-value for the same alignment.
"""

from __future__ import annotations

import math
from typing import Any

MATCH, MISMATCH, GAP_OPEN, GAP_EXTEND = 1, -3, 5, 2

# Of +1/-3 with equally frequent bases; lambda solves exp(lambda) / 4 + 3 exp(-3 lambda) / 4 = 1.
LAMBDA = 1.374063122459975
K = 0.710603
H = LAMBDA * (math.exp(LAMBDA) - 9 * math.exp(-3 * LAMBDA)) / 4


def bit_score(score: Any) -> Any:
    """Return the bit score of a raw alignment score, or of an array of them.

    >>> round(bit_score(21), 1)
    42.1
    """
    return (LAMBDA * score - math.log(K)) / math.log(2)


def search_space(read_length: int, reference_length: int, references: int) -> float:
    """Return the effective search space: the product of both lengths without bases that start no alignment.

    The length adjustment is the largest whole number that does not exceed the length of an alignment expected once
    in the remaining space (Altschul & Gish 1996, in NCBI's fixed-point form).

    Parameters
    ----------
    read_length : int
        Length of the read in nt.
    reference_length, references : int
        Total length of all reference sequences, and their number.
    """
    adjustment = _length_adjustment(read_length, reference_length, references)
    return float(max(read_length - adjustment, 1)) * max(reference_length - references * adjustment, 1)


def e_value(score: float, space: float) -> float:
    """Return the expected number of chance alignments with at least this raw score in a search space."""
    return K * space * math.exp(-LAMBDA * score)


def least_score(evalue: float, space: float) -> int:
    """Return the least raw score whose e-value is at most ``evalue``."""
    score = max(1, math.floor(math.log(K * space / evalue) / LAMBDA))
    while e_value(score, space) > evalue:
        score += 1
    return score


def _length_adjustment(m: int, n: int, count: int) -> int:
    def expected_length(adjustment: float) -> float:
        return math.log(K * (m - adjustment) * (n - count * adjustment)) / H

    room = n * m - max(m, n) / K
    if room < 0:
        return 0
    low, high = 0.0, 2 * room / (m * count + n + math.sqrt((m * count + n) ** 2 - 4 * count * room))
    guess = 0.0
    for step in range(1, 21):
        length = expected_length(guess)
        if length >= guess:
            low = guess
            if length - low <= 1:
                # the next whole number may be reached as well
                following = math.ceil(low)
                reached = following <= high and expected_length(following) >= following
                return following if reached else int(low)
            if low == high:
                break
        else:
            high = guess
        halfway = high if step == 1 else (low + high) / 2
        guess = length if low <= length <= high else halfway
    return int(low)
