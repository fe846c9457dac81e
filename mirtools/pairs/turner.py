"""ViennaRNA's energies of loops between two strands as tables, for the kernel of duplexes.

Every value is asked of ViennaRNA itself, so that other parameters of it (a later version) are followed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LONGEST_LOOP = 30  # unpaired bases in a loop (ViennaRNA's MAXLOOP)

# Pairs are numbered from 0: CG, GC, GU, UG, AU, UA. Bases: 0 is any other letter, then A, C, G, U.
PAIRS = 6
BASES = 5
REVERSED = np.array([1, 0, 3, 2, 5, 4], np.int8)

# Loops whose energy is a sum: one part of its lengths, one of the pair at each end with the bases next to it.
BULGE, ONE_SIDED, TWO_THREE, OTHER = range(4)
_EXAMPLES = {BULGE: (0, 2), ONE_SIDED: (1, 3), TWO_THREE: (2, 3), OTHER: (4, 4)}
SUMS = len(_EXAMPLES)

Table = NDArray[np.int32]


class LoopEnergies(NamedTuple):
    """Energies in hundredths of kcal/mol, int32.

    Loops are between an outer pair, 5' on the first strand, and an inner pair that is read from the second
    strand. ``a, b`` are the bases next to the outer pair in the loop (first, second strand), ``c, d`` those next
    to the inner pair.

    Attributes
    ----------
    start : int
        Of two strands becoming one complex.
    end : ndarray, shape (6, 6, 6)
        Of a pair at an end of the duplex, by its dangling bases on its own 5' side and 3' side; 0 is no base, and
        others are one more than their number.
    stack, bulge_of_one : ndarray, shape (6, 6)
        By outer and inner pair.
    small : ndarray, shape (2, 2, 6, 6, 5, 5, 5, 5)
        Loops of one or two bases on either strand: by lengths less 1, outer pair, inner pair, a, b, c, d.
    lengths : ndarray, shape (31, 31)
        All other loops: the part of their lengths.
    outer, inner : ndarray, shape (4, 6, 5, 5)
        All other loops: the part of each end, by kind of sum, pair and bases (a, b or c, d).
    least : ndarray, shape (4,)
        All other loops: the least of lengths and inner end together, by kind of sum.
    """

    start: int
    end: Table
    stack: Table
    bulge_of_one: Table
    small: Table
    lengths: Table
    outer: Table
    inner: Table
    least: Table


@lru_cache(maxsize=1)
def loop_energies() -> LoopEnergies:
    """Return the energies of ViennaRNA's defaults (Turner 2004, 37 degrees Celsius); some 50 ms once."""
    import RNA

    parameters = RNA.param()

    def loop(
        first: int, second: int, outer: int, inner: int, a: int = 1, b: int = 1, c: int = 1, d: int = 1
    ) -> int:
        found: int = RNA.E_IntLoop(first, second, outer + 1, inner + 1, a, b, c, d, parameters)
        return found

    def end(pair: int, before: int, after: int) -> int:
        found: int = RNA.E_ExtLoop(pair + 1, before - 1, after - 1, parameters)
        return found

    both = PAIRS, PAIRS
    small = np.zeros((2, 2, *both, BASES, BASES, BASES, BASES), np.int32)
    small[0, 0] = _table(lambda o, i, a, b: loop(1, 1, o, i, a, b), *both, BASES, BASES)[..., None, None]
    one_two = _table(lambda o, i, a, b, d: loop(1, 2, o, i, a, b, 1, d), *both, BASES, BASES, BASES)
    small[0, 1] = one_two[:, :, :, :, None, :]
    two_one = _table(lambda o, i, a, c, d: loop(2, 1, o, i, a, 1, c, d), *both, BASES, BASES, BASES)
    small[1, 0] = two_one[:, :, :, None, :, :]
    small[1, 1] = _table(partial(loop, 2, 2), *both, BASES, BASES, BASES, BASES)
    lengths = np.zeros((LONGEST_LOOP + 1, LONGEST_LOOP + 1), np.int32)
    for first, second in product(range(LONGEST_LOOP + 1), repeat=2):
        if first + second <= LONGEST_LOOP:
            lengths[first, second] = loop(first, second, 0, 0)
    outer = [_part(lambda p, a, b, f=f, s=s: loop(f, s, p, 0, a, b)) for f, s in _EXAMPLES.values()]
    inner = [_part(lambda p, c, d, f=f, s=s: loop(f, s, 0, p, 1, 1, c, d)) for f, s in _EXAMPLES.values()]
    return LoopEnergies(
        parameters.DuplexInit,
        _table(end, PAIRS, BASES + 1, BASES + 1),
        _table(partial(loop, 0, 0), *both),
        _table(partial(loop, 0, 1), *both),
        small,
        lengths,
        np.stack(outer),
        np.stack(inner),
        np.array([_least_length(lengths, *example) for example in _EXAMPLES.values()], np.int32)
        + [table.min() for table in inner],
    )


def _table(energy: Callable[..., int], *shape: int) -> Table:
    return np.array([energy(*index) for index in np.ndindex(*shape)], np.int32).reshape(shape)


def _least_length(lengths: Table, shorter: int, longer: int) -> int:
    """Return a lower bound of the part of the lengths, for loops like an example of their kind."""
    if shorter == longer:
        strands = np.arange(2, LONGEST_LOOP)
        return int(lengths[np.ix_(strands, strands)][np.add.outer(strands, strands) <= LONGEST_LOOP].min())
    return int(lengths[shorter, longer : LONGEST_LOOP + 1 - shorter].min())


def _part(energy: Callable[..., int]) -> Table:
    """Return by how much an end differs from that of the reference, the first pair with two A."""
    table = _table(energy, PAIRS, BASES, BASES)
    return table - table[0, 1, 1]
