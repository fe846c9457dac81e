"""Where the seed of a miRNA matches transcripts: a table of all 9-mers, and one pass over the bases.

Types are those of :mod:`mirtools.pairs.site_types`, as positions in ``SITE_TYPES``. A site is known by its
*anchor*: the 0-based position of the base that lies opposite base 1 of the miRNA. Bases 2, 3... of the miRNA lie
opposite ``anchor - 1``, ``anchor - 2``... The anchor may lie up to two bases
after the transcript, if its last base lies opposite base 2 or (offset-6mer) 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.compiled import compiled
from mirtools.pairs.site_types import SITE_TYPES

Codes = NDArray[np.uint8]

NONE = len(SITE_TYPES) - 1
# Canonical types by Watson-Crick pairs only; the others have one G:U pair or a bulge
N_CANONICAL = 5
WINDOW = 9
# Anchors of two sites of one miRNA are at least so far apart: the six bases of a seed are not shared
SPACING = 6
# Bases that a match takes, from the anchor: its first base is anchor - FIRST, its end (exclusive) anchor + LAST
FIRST = np.array([7, 7, 6, 6, 7, 7, 7, 6, 6, 8, 8, 0])
LAST = np.array([1, 0, 1, 0, -1, 1, 0, 1, 0, 1, 0, 0])


@compiled
def _pair(base: int, other: int) -> bool:
    # codes A T C G = 0 1 2 3: complements differ in the last bit
    return base < 4 and other < 4 and base ^ other == 1


@compiled
def _wobble(base: int, other: int) -> bool:
    return base < 4 and other < 4 and base ^ other == 2 and base & 1 == 1


@compiled
def window_type(window: Codes, seed: Codes) -> int:
    """Return the type of the match of a seed with nine bases of a transcript.

    Parameters
    ----------
    window : array of uint8, shape (9,)
        Bases A T C G N as 0 to 4, 5'->3'; the last one lies opposite base 1 of the miRNA.
    seed : array of uint8, shape (8,)
        Bases 1-8 of the miRNA, 5'->3'.

    Returns
    -------
    int
        Position in ``SITE_TYPES``.
    """
    paired = wobbles = 0
    bad = 0
    for at in range(2, 8):
        if _pair(window[9 - at], seed[at - 1]):
            paired += 1
        elif _wobble(window[9 - at], seed[at - 1]):
            wobbles += 1
        else:
            bad += 1
    first_pairs = _pair(window[7], seed[1])
    eighth_pairs = _pair(window[1], seed[7])
    adenine = window[8] == 0
    if paired == 6:
        if eighth_pairs:
            return 0 if adenine else 1
        return 2 if adenine else 3
    if eighth_pairs and paired == 5 and not first_pairs:
        return 4
    if bad == 0 and wobbles == 1:
        if eighth_pairs:
            return 5 if adenine else 6
        return 7 if adenine else 8
    for cut in range(1, 7):
        if window[cut] >= 4:
            continue
        matches = True
        for at in range(7):
            if not _pair(window[at if at < cut else at + 1], seed[7 - at]):
                matches = False
                break
        if matches:
            return 9 if adenine else 10
    return 11


@compiled
def _fill(table: Codes, seed: Codes) -> None:
    window = np.zeros(9, np.uint8)
    for code in range(table.size):
        rest = code
        for at in range(8, -1, -1):
            window[at] = rest & 3
            rest >>= 2
        table[code] = window_type(window, seed)


@compiled
def _type_at(codes: Codes, start: int, end: int, anchor: int, seed: Codes) -> int:
    """Return the type at an anchor, with N instead of bases beyond the transcript."""
    window = np.full(9, 4, np.uint8)
    for at in range(9):
        place = anchor - 8 + at
        if start <= place < end:
            window[at] = codes[place]
    return window_type(window, seed)


@compiled
def _scan(codes: Codes, start: int, end: int, table: Codes, seed: Codes, types: Codes) -> int:
    """Write the type at each anchor of one transcript to ``types``, and return how many are not NONE."""
    rolling = 0
    known = 0
    found = 0
    for anchor in range(start, end + 2):
        if anchor < end and codes[anchor] < 4:
            rolling = ((rolling << 2) | codes[anchor]) & 0x3FFFF
            known += 1
        else:
            known = 0
        kind = table[rolling] if known >= 9 else _type_at(codes, start, end, anchor, seed)
        types[anchor - start] = kind
        found += kind != 11
    return found


@compiled
def _separate(types: Codes, size: int) -> int:
    """Remove matches closer than 6 nt to one of a better type, or of the same type nearer to the 3' end."""
    kept = 0
    taken = np.zeros(size + 12, np.uint8)
    for kind in range(11):
        for at in range(size - 1, -1, -1):
            if types[at] != kind:
                continue
            free = True
            for near in range(at + 1, at + 12):  # at - 5 to at + 5, shifted by 6
                if taken[near]:
                    free = False
                    break
            if free:
                taken[at + 6] = 1
                kept += 1
            else:
                types[at] = 11
    return kept


@compiled
def _find(
    codes: Codes, starts: NDArray[np.int64], tables: Codes, seeds: Codes, longest: int
) -> tuple[NDArray[np.int64], int]:
    found = np.empty((256, 4), np.int64)
    count = 0
    types = np.empty(longest + 2, np.uint8)
    for mirna in range(seeds.shape[0]):
        for target in range(starts.size - 1):
            start, end = starts[target], starts[target + 1]
            size = end - start + 2
            if not _scan(codes, start, end, tables[mirna], seeds[mirna], types):
                continue
            kept = _separate(types, size)
            while count + kept > found.shape[0]:
                larger = np.empty((2 * found.shape[0], 4), np.int64)
                larger[:count] = found[:count]
                found = larger
            for at in range(size):
                if types[at] != 11:
                    found[count, 0] = mirna
                    found[count, 1] = target
                    found[count, 2] = at
                    found[count, 3] = types[at]
                    count += 1
    return found, count


class SeedTables:
    """The types of all 9-mers for each of several miRNAs.

    Parameters
    ----------
    mirnas : array of uint8, shape (n, m)
        Base codes of the miRNAs, 5'->3', at least 8 bases (N for bases that a miRNA does not have).
    """

    def __init__(self, mirnas: Codes) -> None:
        self.seeds = np.ascontiguousarray(mirnas[:, :8])
        self.tables = np.empty((len(mirnas), 4**WINDOW), np.uint8)
        for table, seed in zip(self.tables, self.seeds, strict=True):
            _fill(table, seed)

    def find(self, codes: Codes, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the sites of every miRNA on every transcript.

        Parameters
        ----------
        codes : array of uint8, shape (total,)
            Bases of all transcripts, one after the other.
        starts : array of int64, shape (transcripts + 1,)
            Where each transcript begins in ``codes``, and the end of the last.

        Returns
        -------
        array of int64, shape (sites, 4)
            miRNA, transcript, anchor on the transcript, and type; in this order. No two sites of a miRNA are
            closer than ``SPACING``.
        """
        longest = int(np.diff(starts).max(initial=0))
        found, count = _find(codes, starts, self.tables, self.seeds, longest)
        return found[:count]
