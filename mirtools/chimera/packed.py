"""Bases packed 32 per word, so that a machine instruction compares 32 bases at once.

Base ``i`` is in bits ``2 (i % 32)`` and above of word ``i // 32 + 1``; codes other than A, C, G and T count as A.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from mirtools.chimera.references import N
from mirtools.computing.compiled import compiled

# The lower bit of each base
LOWER = np.uint64(0x5555555555555555)
_ONE = np.uint64(1)


@compiled
def pack(codes: NDArray[np.uint8]) -> Any:
    """Return the packed bases as uint64, with one more word before and after, for windows beyond the ends."""
    packed = np.zeros(len(codes) // 32 + 3, np.uint64)
    for position in range(len(codes)):
        if codes[position] < N:
            packed[position // 32 + 1] |= np.uint64(codes[position]) << np.uint64(2 * (position % 32))
    return packed


@compiled
def changed_bases(a: NDArray[np.uint64], i: int, b: NDArray[np.uint64], j: int) -> Any:
    """Return which of 32 bases of two packed sequences differ: base ``i + n`` of ``a`` sets bit ``2 n``.

    Windows may start up to 32 bases before a sequence and end up to 32 bases after it.
    """
    difference = _window(a, i) ^ _window(b, j)
    return (difference | (difference >> _ONE)) & LOWER


@compiled
def _window(packed: NDArray[np.uint64], position: int) -> Any:
    shifted = np.uint64(position + 32)
    word = shifted >> np.uint64(5)
    bits = (shifted & np.uint64(31)) << _ONE
    # two shifts, because a shift by 64 bits is undefined
    return (packed[word] >> bits) | ((packed[word + _ONE] << (np.uint64(63) - bits)) << _ONE)


def _counter(instruction: str) -> Any:
    """Return a numba intrinsic that compiles to one instruction, which counts zero bits."""

    def count(typing_context: Any, word: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(arguments[0], ir.Constant(ir.IntType(1), 0))

        return types.int64(types.uint64), generate

    return intrinsic(count)


# In compiled code: the zero bits of a uint64 below its lowest set bit, and above its highest; 64 for 0.
trailing_zeros: Any = _counter("cttz")
leading_zeros: Any = _counter("ctlz")
