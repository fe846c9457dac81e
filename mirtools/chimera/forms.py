"""Finds the forms that an incompletely read miRNA part may be: N agrees with every base, an open end with any end.

Forms are fully read parts. They are looked up by sums of 64-bit words, one word for each base at each position, so
that the key without one position, or of a prefix, can be computed without hashing all bases again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.references import N
from mirtools.computing.compiled import compiled

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

# Shortest part with an open end: fewer bases would fit many forms
SHORTEST_PREFIX = 12
# Longest form that is found incompletely read; no miRNA has this length
_LONGEST = 64
_BASES = 8
_LENGTHS = np.uint64(1 << 32)


class Matches(NamedTuple):
    """Pairs of a part and a form that it may be, ascending by part, then by form.

    Attributes
    ----------
    part, form : array of int64, shape (n,)
        Positions in the parts and in the forms.
    errors : array of int64, shape (n,)
        Number of mismatches, 0 or 1; N matches every base.
    """

    part: Places
    form: Places
    errors: Places


class Forms:
    """Fully read miRNA parts.

    Parameters
    ----------
    bases : array of uint8
        Codes (:mod:`mirtools.chimera.references`), 5'->3', without N; forms are slices of it.
    begins, ends : array of int64, shape (n,)
        Position of each form.
    """

    def __init__(self, bases: Bytes, begins: Places, ends: Places) -> None:
        self._forms = tuple(_plain(array, kind) for array, kind in ((bases, "u1"), (begins, "i8"), (ends, "i8")))
        keys, forms = _keys(*self._forms)
        order = np.lexsort((forms, keys))
        self._keys, self._numbers = keys[order], forms[order]
        self._slots = _slots(self._keys)

    def matches(
        self, bases: Bytes, begins: Places, ends: Places, is_open: NDArray[np.bool_], errors: NDArray[np.bool_]
    ) -> Matches:
        """Return which forms each part may be.

        Parameters
        ----------
        bases : array of uint8
            Codes, 5'->3'; parts are slices of it.
        begins, ends : array of int64, shape (n,)
        is_open : array of bool, shape (n,)
            Parts that may be longer than what was read: they may be any form that begins with them.
        errors : array of bool, shape (n,)
            Parts that may differ from a form in one base; false for parts with N.
        """
        parts = _plain(bases, "u1"), _plain(begins, "i8"), _plain(ends, "i8")
        flags = _plain(is_open, "?"), _plain(errors, "?")
        found = _matches(*parts, *flags, self._slots, self._keys, self._numbers, *self._forms)
        found = np.unique(found, axis=0) if len(found) else found
        return Matches(*found.T.copy())


def _plain(array: NDArray[Any], kind: str) -> NDArray[Any]:
    """Return a contiguous array of the type for which kernels are compiled."""
    return np.require(array, kind, ["C", "W"])


@compiled
def _word(place: int, base: int) -> np.uint64:
    """Return the word of a base at a position: splitmix64 (Steele et al. 2014)."""
    value = np.uint64(place * _BASES + base + 1) * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled
def _shortest(length: int) -> int:
    """Return the length of the shortest prefix of a form that is looked up."""
    return min(SHORTEST_PREFIX, length) if length <= _LONGEST else length


@compiled
def _keys(bases: Bytes, begins: Places, ends: Places) -> Any:
    """Return the keys of all forms and of their prefixes, complete and without any one position."""
    total = 0
    for form in range(len(begins)):
        length = ends[form] - begins[form]
        for size in range(_shortest(length), length + 1):
            total += size + 1 if length <= _LONGEST else 1
    keys, forms = np.empty(total, np.uint64), np.empty(total, np.int64)
    at = 0
    for form in range(len(begins)):
        begin, length = begins[form], ends[form] - begins[form]
        for size in range(_shortest(length), length + 1):
            key = _word(_LENGTHS, size) if size == length else _word(_LENGTHS + np.uint64(1), size)
            for place in range(size):
                key += _word(place, bases[begin + place])
            keys[at], forms[at] = key, form
            at += 1
            for place in range(size if length <= _LONGEST else 0):
                keys[at] = key - _word(place, bases[begin + place]) + _word(place, N)
                forms[at] = form
                at += 1
    return keys, forms


@compiled
def _slots(keys: Any) -> Any:
    """Return an open hash table of the first position of each key in the sorted ``keys``; -1 for an empty slot."""
    size = 16
    while size < 2 * len(keys):
        size *= 2
    slots = np.full(size, -1, np.int64)
    for at in range(len(keys)):
        if at and keys[at] == keys[at - 1]:
            continue
        slot = np.int64(keys[at] & np.uint64(size - 1))
        while slots[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = at
    return slots


@compiled
def _first_of(slots: Any, keys: Any, wanted: np.uint64) -> int:
    """Return the first position of a key in ``keys``, or their number if it is missing."""
    slot = np.int64(wanted & np.uint64(len(slots) - 1))
    while slots[slot] >= 0:
        if keys[slots[slot]] == wanted:
            return slots[slot]
        slot = (slot + 1) & (len(slots) - 1)
    return len(keys)


@compiled
def _differing(bases: Bytes, begin: int, end: int, form: Bytes, is_open: bool) -> int:
    """Return the number of mismatches of a part and a form; 99 if the lengths do not fit."""
    length = end - begin
    if length > len(form) or (length < len(form) and not is_open):
        return 99
    differing = 0
    for place in range(length):
        base = bases[begin + place]
        differing += base != N and base != form[place]
    return differing


@compiled
def _matches(
    bases: Bytes,
    begins: Places,
    ends: Places,
    is_open: Any,
    errors: Any,
    slots: Any,
    keys: Any,
    numbers: Places,
    form_bases: Bytes,
    form_begins: Places,
    form_ends: Places,
) -> Any:
    found = np.empty((256, 3), np.int64)
    size = 0
    for part in range(len(begins)):
        begin, end = begins[part], ends[part]
        unread = 0
        key = np.uint64(0)
        for place in range(end - begin):
            unread += bases[begin + place] == N
            key += _word(place, bases[begin + place])
        if unread > 1:
            # rare enough to compare with every form
            for form in range(len(form_begins)):
                other = form_bases[form_begins[form] : form_ends[form]]
                if _differing(bases, begin, end, other, is_open[part]) == 0:
                    if size == len(found):
                        found = np.concatenate((found, np.empty_like(found)))
                    found[size, 0], found[size, 1], found[size, 2] = part, form, 0
                    size += 1
            continue
        for kind in range(2 if is_open[part] else 1):
            whole = key + _word(_LENGTHS + np.uint64(kind), end - begin)
            blotted = end - begin if errors[part] and not unread else 0
            for place in range(-1, blotted):
                wanted = whole
                if place >= 0:
                    wanted = whole - _word(place, bases[begin + place]) + _word(place, N)
                at = _first_of(slots, keys, wanted)
                while at < len(keys) and keys[at] == wanted:
                    form = numbers[at]
                    other = form_bases[form_begins[form] : form_ends[form]]
                    differing = _differing(bases, begin, end, other, is_open[part])
                    # without a position, a form that agrees in it is found again
                    if differing == (0 if place < 0 else 1):
                        if size == len(found):
                            found = np.concatenate((found, np.empty_like(found)))
                        found[size, 0], found[size, 1], found[size, 2] = part, form, differing
                        size += 1
                    at += 1
    return found[:size].copy()
