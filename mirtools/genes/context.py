"""What surrounds a site: composition, pairing of the miRNA's 3' part, distances, neighbours.

All are numbers per site (Grimson et al. 2007; Agarwal et al. 2015; McGeary et al. 2019), in the columns
``CONTEXT``:

==================  ======================================================================================
au_upstream         share of A and U among the 30 nt upstream of the base opposite miRNA base 8, each base
                    weighted by 1 / distance
au_downstream       the same downstream of the anchor
au_wide             share of A and U among the 100 nt on either side
up_1, up_2          1 if the base opposite miRNA base 9, 10 is A or U (0.5 beyond the transcript)
down_1, down_2      1 if the first, second base after the anchor is A or U
anchor_base         base opposite miRNA base 1: 0 to 3 for A T C G, 4 for none
eighth_base         base opposite miRNA base 8
supplementary       score of the best run of pairs of miRNA bases 9 and more: 1 for each pair of bases 13-16, 0.5
                    for others, minus 0.5 for each nt above 2 by which the two loops differ
supplementary_offset  this difference (target minus miRNA) of the best run
to_start, to_end    distance of the match to the start and the end of its region, nt
neighbours          canonical sites of the same miRNA in the same region, 8 to 40 nt away
==================  ======================================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.compiled import compiled
from mirtools.genes.seeds import FIRST, LAST, Codes

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

CONTEXT = (
    "au_upstream au_downstream au_wide up_1 up_2 down_1 down_2 anchor_base eighth_base supplementary "
    "supplementary_offset to_start to_end neighbours"
).split()
# By how many nt the loops of target and miRNA may differ, in the order in which they are tried
_OFFSETS = np.array([0, -1, 1, -2, 2, -3, 3, -4, 4, 5, 6, 7, 8, 9, 10])


@compiled
def _is_au(codes: Codes, place: int, start: int, end: int) -> float:
    if place < start or place >= end or codes[place] == 4:
        return 0.5
    return 1.0 if codes[place] < 2 else 0.0


@compiled
def _weighted_au(codes: Codes, place: int, step: int, start: int, end: int) -> float:
    total = share = 0.0
    for distance in range(1, 31):
        if start <= place < end:
            share += _is_au(codes, place, start, end) / distance
            total += 1.0 / distance
        place += step
    return share / total if total > 0 else 0.5


@compiled
def _plain_au(codes: Codes, first: int, last: int, start: int, end: int) -> float:
    first, last = max(first, start), min(last, end)
    share = 0.0
    for place in range(first, last):
        share += _is_au(codes, place, start, end)
    return share / (last - first) if last > first else 0.5


@compiled
def _supplementary(codes: Codes, anchor: int, start: int, mirna: Codes) -> tuple[float, int]:
    """Return score and offset of the best run of pairs upstream of the seed; of equal ones the smallest offset."""
    best, best_offset = 0.0, 0
    for offset in _OFFSETS:
        penalty = 0.5 * max(0, abs(offset) - 2)
        run = 0.0
        for base in range(9, mirna.size + 1):
            place = anchor - (base - 1) - offset
            if place < start:
                break
            if (
                place > anchor - 8
                or mirna[base - 1] > 3
                or codes[place] > 3
                or mirna[base - 1] ^ codes[place] != 1
            ):
                run = 0.0
                continue
            run += 1.0 if 13 <= base <= 16 else 0.5
            if run - penalty > best:
                best, best_offset = run - penalty, offset
    return best, best_offset


@compiled
def _describe(
    codes: Codes, starts: Ints, sites: Ints, spans: Ints, mirnas: Codes, first: Ints, last: Ints, into: Floats
) -> None:
    for number in range(sites.shape[0]):
        mirna, target, anchor, kind = sites[number]
        start, end = starts[target], starts[target + 1]
        place = start + anchor
        row = into[number]
        row[0] = _weighted_au(codes, place - 8, -1, start, end)
        row[1] = _weighted_au(codes, place + 1, 1, start, end)
        row[2] = _plain_au(codes, place - 107, place + 101, start, end)
        row[3] = _is_au(codes, place - 8, start, end)
        row[4] = _is_au(codes, place - 9, start, end)
        row[5] = _is_au(codes, place + 1, start, end)
        row[6] = _is_au(codes, place + 2, start, end)
        row[7] = codes[place] if place < end else 4
        row[8] = codes[place - 7] if place - 7 >= start else 4
        score, offset = _supplementary(codes, place, start, mirnas[mirna])
        row[9] = score
        row[10] = offset
        row[11] = max(0, anchor - first[kind] - spans[number, 0])
        row[12] = max(0, spans[number, 1] - anchor - last[kind])
        row[13] = 0
        for step in (-1, 1):
            other = number + step
            while 0 <= other < sites.shape[0] and sites[other, 0] == mirna and sites[other, 1] == target:
                distance = abs(sites[other, 2] - anchor)
                if distance > 40:
                    break
                if distance >= 8 and sites[other, 3] < 4 and spans[other, 0] == spans[number, 0]:
                    row[13] += 1
                other += step


def describe_sites(codes: Codes, starts: Ints, sites: Ints, spans: Ints, mirnas: Codes) -> Floats:
    """Return the context of each site.

    Parameters
    ----------
    codes, starts
        As for :meth:`mirtools.genes.seeds.SeedTables.find`.
    sites : array of int64, shape (n, 4)
        From there.
    spans : array of int64, shape (n, 2)
        The region of each site on its transcript, 0-based and half-open.
    mirnas : array of uint8, shape (miRNAs, m)
        Base codes; N for bases that a miRNA does not have.

    Returns
    -------
    array of float32, shape (n, 14)
        Columns ``CONTEXT``.
    """
    into = np.zeros((len(sites), len(CONTEXT)), np.float32)
    _describe(codes, starts, sites, spans, mirnas, FIRST, LAST, into)
    return into
