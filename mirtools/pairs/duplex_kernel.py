"""The least free energy of pairs between two strands, as ViennaRNA's duplexfold finds it, for many duplexes.

Rehmsmeier et al., RNA 10:1507 (2004) and Hofacker et al., Monatsh. Chem. 125:167 (1994): the best duplex that ends
with each pair of bases is the best one that ends with an earlier pair, and the loop between the two. Parts of a
loop's energy that depend on the earlier pair alone are added to its energy once, so that most loops cost an
addition and a comparison, on several at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.compiled import compiled
from mirtools.pairs.turner import (
    BULGE,
    LONGEST_LOOP,
    ONE_SIDED,
    OTHER,
    REVERSED,
    SUMS,
    TWO_THREE,
    Table,
    loop_energies,
)

Letters = NDArray[np.int8]
Ends = NDArray[np.int64]

NO_PAIR = 1 << 28

_NUMBERS = np.zeros(256, np.int8)
for _letters, _number in (("Aa", 1), ("Cc", 2), ("Gg", 3), ("TtUu", 4)):
    for _letter in _letters:
        _NUMBERS[ord(_letter)] = _number

# by bases; -1 where two do not pair
_PAIR_OF = np.full((5, 5), -1, np.int8)
for _pair, (_first, _second) in enumerate([(2, 3), (3, 2), (3, 4), (4, 3), (1, 4), (4, 1)]):
    _PAIR_OF[_first, _second] = _pair


def duplex_energies_of(firsts: list[str], seconds: list[str]) -> NDArray[np.int32]:
    """Return the least energy of each duplex in hundredths of kcal/mol, shape ``(n,)``, int32.

    :data:`NO_PAIR` where no bases pair. Equal to that of ViennaRNA's ``duplexfold`` to the last digit.

    Parameters
    ----------
    firsts, seconds : list of str
        5'->3', letters of DNA or RNA; others pair with nothing.
    """
    energies = loop_energies()
    ends = [np.cumsum([0, *map(len, strands)]) for strands in (firsts, seconds)]
    letters = [_NUMBERS[np.frombuffer("".join(strands).encode(), np.uint8)] for strands in (firsts, seconds)]
    found = np.empty(len(firsts), np.int32)
    least_energies(letters[0], ends[0], letters[1], ends[1], _PAIR_OF, REVERSED, *energies, found)
    return found


@compiled
def least_energies(
    firsts: Letters,
    first_ends: Ends,
    seconds: Letters,
    second_ends: Ends,
    pair_of: Letters,
    reversed_pair: Letters,
    start: int,
    end: Table,
    stack: Table,
    bulge_of_one: Table,
    small: Table,
    lengths: Table,
    outer: Table,
    inner: Table,
    cheapest: Table,
    found: Table,
) -> None:
    """Write the least energy of each duplex into ``found``.

    Parameters
    ----------
    firsts, seconds : ndarray of int8
        Numbers of the bases of all strands, one after the other.
    first_ends, second_ends : ndarray of int64, shape (n + 1,)
        Where each strand begins, and where the last one ends.
    pair_of : ndarray of int8, shape (5, 5)
    reversed_pair : ndarray of int8, shape (6,)
    start, end, stack, bulge_of_one, small, lengths, outer, inner, cheapest
        The fields of :class:`~mirtools.pairs.turner.LoopEnergies`.
    found : ndarray of int32, shape (n,)
    """
    rows = columns = 0
    for number in range(len(found)):
        rows = max(rows, first_ends[number + 1] - first_ends[number])
        columns = max(columns, second_ends[number + 1] - second_ends[number])
    closed = np.empty((rows, columns), np.int32)  # the best duplex that ends with this pair
    sums = np.empty((SUMS, rows, columns), np.int32)  # and with the outer part of a loop after it
    # no duplex that goes on from a pair up to this one, over a loop that is no special one, has less energy
    floors = np.empty((rows, columns + 1), np.int32)
    floors[:, :] = NO_PAIR
    for number in range(len(found)):
        first = firsts[first_ends[number] : first_ends[number + 1]]
        second = seconds[second_ends[number] : second_ends[number + 1]]
        least = NO_PAIR
        for i in range(len(first)):
            floors[i, len(second)] = NO_PAIR
            for j in range(len(second) - 1, -1, -1):
                pair = pair_of[first[i], second[j]]
                if pair < 0:
                    closed[i, j] = NO_PAIR
                    for kind in range(SUMS):
                        sums[kind, i, j] = NO_PAIR
                    floors[i, j] = min(floors[i, j + 1], floors[i - 1, j]) if i else floors[i, j + 1]
                    continue
                before = first[i - 1] + 1 if i else 0
                after = second[j + 1] + 1 if j + 1 < len(second) else 0
                best = start + end[pair, before, after]
                back = reversed_pair[pair]
                if before and after:
                    best = _after_loop(
                        first,
                        second,
                        i,
                        j,
                        back,
                        best,
                        pair_of,
                        closed,
                        sums,
                        floors,
                        stack,
                        bulge_of_one,
                        small,
                        lengths,
                        inner,
                    )
                closed[i, j] = best
                a = first[i + 1] if i + 1 < len(first) else 0
                b = second[j - 1] if j else 0
                floor = min(floors[i, j + 1], floors[i - 1, j]) if i else floors[i, j + 1]
                for kind in range(SUMS):
                    sums[kind, i, j] = best + outer[kind, pair, a, b]
                    floor = min(floor, sums[kind, i, j] + cheapest[kind])
                floors[i, j] = floor
                before = second[j - 1] + 1 if j else 0
                after = first[i + 1] + 1 if i + 1 < len(first) else 0
                least = min(least, best + end[back, before, after])
        found[number] = least


@compiled
def _after_loop(
    first: Letters,
    second: Letters,
    i: int,
    j: int,
    back: int,
    best: int,
    pair_of: Letters,
    closed: Table,
    sums: Table,
    floors: Table,
    stack: Table,
    bulge_of_one: Table,
    small: Table,
    lengths: Table,
    inner: Table,
) -> int:
    """Return ``best`` or the least energy of a duplex whose last loop ends with bases ``i`` and ``j``."""
    c, d = first[i - 1], second[j + 1]
    for k in range(i - 1, max(i - LONGEST_LOOP - 2, -1), -1):
        on_first = i - k - 1
        stop = min(len(second), j + 2 + LONGEST_LOOP - on_first)
        done = j + 1  # the first base of the second strand whose loop is not a special one
        if on_first <= 2:
            done = min(stop, j + 3 if on_first == 0 else j + 4)
            for q in range(j + 1, done):
                if closed[k, q] == NO_PAIR:
                    continue
                on_second = q - j - 1
                pair = pair_of[first[k], second[q]]
                if on_first == 0 and on_second == 0:
                    energy = stack[pair, back]
                elif on_first + on_second == 1:
                    energy = bulge_of_one[pair, back]
                elif on_first == 0 or on_second == 0:
                    energy = lengths[on_first, on_second] + inner[BULGE, back, c, d]
                    best = min(best, sums[BULGE, k, q] + energy)
                    continue
                else:
                    energy = small[on_first - 1, on_second - 1, pair, back, first[k + 1], second[q - 1], c, d]
                best = min(best, closed[k, q] + energy)
        if floors[k, j + 1] >= best:
            if on_first >= 2:
                break
            continue
        if on_first == 0:
            best = min(best, _least_sum(sums[BULGE, k], lengths[0], done, stop, j) + inner[BULGE, back, c, d])
            continue
        if on_first == 1:
            reached = _least_sum(sums[ONE_SIDED, k], lengths[1], done, stop, j)
            best = min(best, reached + inner[ONE_SIDED, back, c, d])
            continue
        if on_first > 2:
            # no base or one base on the second strand
            best = min(best, sums[BULGE, k, j + 1] + lengths[on_first, 0] + inner[BULGE, back, c, d])
            if j + 2 < stop:
                energy = lengths[on_first, 1] + inner[ONE_SIDED, back, c, d]
                best = min(best, sums[ONE_SIDED, k, j + 2] + energy)
            done = j + 3
        if on_first == 2 or on_first == 3:
            q = j + 1 + (5 - on_first)
            if q < stop:
                energy = lengths[on_first, 5 - on_first] + inner[TWO_THREE, back, c, d]
                best = min(best, sums[TWO_THREE, k, q] + energy)
            done = q + 1
        reached = _least_sum(sums[OTHER, k], lengths[on_first], done, stop, j)
        best = min(best, reached + inner[OTHER, back, c, d])
    return best


@compiled
def _least_sum(sums: Table, lengths: Table, begin: int, stop: int, j: int) -> np.int32:
    """Return the least of the energies up to a loop, plus that of the loop's lengths."""
    least = np.int32(NO_PAIR)
    for q in range(begin, stop):
        energy = np.int32(sums[q] + lengths[q - j - 1])
        if energy < least:
            least = energy
    return least
