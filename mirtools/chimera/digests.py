"""128-bit hashes of reads, to recognise copies.

Reads with equal digests are assumed to be copies. Among 10**9 distinct reads, the chance that any two have the
same digest is 10**-21.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.compiled import compiled

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Digests = NDArray[np.uint64]
Chosen = NDArray[np.bool_]

_FIRST_SLOTS = 1 << 10
# Slots of recent digests, 16 bytes each
_RECENT = 1 << 19


class DigestNumbers:
    """Numbers digests from 0 in the order in which they are first seen; 32 to 56 bytes each, no Python objects."""

    def __init__(self) -> None:
        self._digests = np.zeros((_FIRST_SLOTS, 2), np.uint64)
        self._slots = np.full(2 * _FIRST_SLOTS, -1, np.int64)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, digests: Digests) -> Places:
        """Return the numbers of digests of shape (n, 2), as int64; new digests get the next numbers."""
        most = self._size + len(digests)
        if most > len(self._digests):
            # in place: two copies of a large array would determine the peak memory of a run
            self._digests.resize((max(most, len(self._digests) * 5 // 4), 2), refcheck=False)
        if 2 * most > len(self._slots):
            size = len(self._slots)
            while size < 2 * most:
                size *= 2
            self._slots = np.full(size, -1, np.int64)
            _number(self._slots, self._digests, 0, self._digests[: self._size].copy())
        numbers: Places = _number(self._slots, self._digests, self._size, digests)
        if len(numbers):
            self._size = max(self._size, int(numbers.max()) + 1)
        return numbers


class RecentDigests:
    """A set of fixed size: a new digest may replace an older one."""

    def __init__(self) -> None:
        self._slots = np.zeros((_RECENT, 2), np.uint64)

    def add(self, digests: Digests) -> None:
        """Add digests of shape (n, 2)."""
        self._slots[digests[:, 0] & np.uint64(_RECENT - 1)] = digests

    def holds(self, digests: Digests) -> Chosen:
        """Return which digests were added and not replaced."""
        held: Chosen = (self._slots[digests[:, 0] & np.uint64(_RECENT - 1)] == digests).all(axis=1)
        return held


@compiled
def _rotated(value: np.uint64, bits: np.uint64) -> np.uint64:
    return (value << bits) | (value >> (np.uint64(64) - bits))


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@compiled
def _absorbed(
    first: np.uint64, second: np.uint64, codes: Bytes, start: int, end: int
) -> tuple[np.uint64, np.uint64]:
    """Mix codes (below 256, 8 per word) and their number into both halves of a hash."""
    position = start
    while position < end:
        word = np.uint64(0)
        for place in range(position, min(position + 8, end)):
            word = (word << np.uint64(8)) | np.uint64(codes[place])
        scrambled = _rotated(word * np.uint64(0x87C37B91114253D5), np.uint64(31)) * np.uint64(0x4CF5AD432745937F)
        first = (_rotated(first ^ scrambled, np.uint64(27)) + second) * np.uint64(5) + np.uint64(0x52DCE729)
        scrambled = _rotated(word * np.uint64(0x4CF5AD432745937F), np.uint64(33)) * np.uint64(0x87C37B91114253D5)
        second = (_rotated(second ^ scrambled, np.uint64(31)) + first) * np.uint64(5) + np.uint64(0x38495AB5)
        position += 8
    length = np.uint64(end - start)
    return _mixed(first ^ length) + second, _mixed(second + length) ^ first


@compiled
def digests_of(
    sample: int, umis: Bytes, umi_starts: Places, umi_ends: Places, bases: Bytes, begins: Places, ends: Places
) -> NDArray[np.uint64]:
    """Return a 128-bit hash of sample, UMI and insert for each read, as ``uint64`` of shape (n, 2).

    Two 64-bit halves, each computed from every base, similar to MurmurHash3. Not resistant to attacks.

    Parameters
    ----------
    sample : int
    umis, bases : array of uint8
        Arrays that contain the UMIs and the inserts; any codes.
    umi_starts, umi_ends, begins, ends : array of int64, shape (n,)
        Position of each read's UMI in ``umis`` and of its insert in ``bases``.
    """
    found = np.empty((len(begins), 2), np.uint64)
    for read in range(len(begins)):
        first = _mixed(np.uint64(0x9E3779B97F4A7C15) + np.uint64(sample))
        second = _mixed(np.uint64(0xC2B2AE3D27D4EB4F) ^ first)
        first, second = _absorbed(first, second, umis, umi_starts[read], umi_ends[read])
        first, second = _absorbed(first, second, bases, begins[read], ends[read])
        first += second
        second += first
        first, second = _mixed(first), _mixed(second)
        found[read, 0] = first + second
        found[read, 1] = second + found[read, 0]
    return found


def digests(bases: Bytes, begins: Places, ends: Places) -> Digests:
    """Return the hashes of slices ``bases[begins[i]:ends[i]]``, see :func:`digests_of`."""
    nowhere = np.zeros(len(begins), np.int64)
    found: Digests = digests_of(0, np.zeros(0, np.uint8), nowhere, nowhere, bases, begins, ends)
    return found


@compiled
def first_copies(digests: NDArray[np.uint64]) -> Places:
    """Return the position of the first equal digest for each digest, as ``int64``."""
    size = 16
    while size < 2 * len(digests):
        size *= 2
    slots = np.full(size, -1, np.int64)
    firsts = np.empty(len(digests), np.int64)
    for number in range(len(digests)):
        slot = np.int64(digests[number, 0] & np.uint64(size - 1))
        while True:
            held = slots[slot]
            if held < 0:
                slots[slot] = number
                firsts[number] = number
                break
            if digests[held, 0] == digests[number, 0] and digests[held, 1] == digests[number, 1]:
                firsts[number] = held
                break
            slot = (slot + 1) & (size - 1)
    return firsts


@compiled
def _number(slots: Places, known: Digests, size: int, digests: Digests) -> Places:
    """Number digests with an open hash table of positions in ``known``; new digests are appended to it."""
    numbers = np.empty(len(digests), np.int64)
    last = len(slots) - 1
    for number in range(len(digests)):
        first, second = digests[number, 0], digests[number, 1]
        slot = np.int64(first & np.uint64(last))
        while slots[slot] >= 0:
            held = slots[slot]
            if known[held, 0] == first and known[held, 1] == second:
                break
            slot = (slot + 1) & last
        else:
            slots[slot] = size
            known[size, 0], known[size, 1] = first, second
            size += 1
        numbers[number] = slots[slot]
    return numbers
