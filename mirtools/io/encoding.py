"""Sequences as arrays: the fixed-length one-hot layout of DMISO, for many sequences at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# DMISO, Deep learning model: columns A, T, C, G; N is a quarter of each.
ONE_HOT = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0.25, 0.25, 0.25, 0.25]], dtype=np.float32
)
N_CODE = 4

_CODE_OF_BYTE = np.full(256, N_CODE, dtype=np.uint8)
for _code, _letters in enumerate((b"Aa", b"TtUu", b"Cc", b"Gg")):
    _CODE_OF_BYTE[list(_letters)] = _code


def crop_centre(sequence: str, length: int) -> str:
    """Return the central ``length`` bases; if the surplus is odd, the 3' end loses one base more.

    >>> crop_centre("AACGTTT", 4)
    'ACGT'
    """
    surplus = len(sequence) - length
    return sequence if surplus <= 0 else sequence[surplus // 2 : surplus // 2 + length]


def encode(sequences: Sequence[str], length: int) -> NDArray[np.uint8]:
    """Return base codes (0..3 for A T C G, 4 for N and padding), shape ``(n, length)``, uint8.

    Sequences (5'->3', DNA or RNA letters) longer than ``length`` are cropped around their centre, shorter ones
    padded with N at their 3' end. Letters outside the alphabet become N.
    """
    joined = "".join(crop_centre(s, length).ljust(length, "N") for s in sequences)
    raw = np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8)
    return _CODE_OF_BYTE[raw].reshape(len(sequences), length)


def one_hot(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the one-hot rows of base codes: shape ``codes.shape + (4,)``, float32, columns A T C G."""
    return ONE_HOT[codes]
