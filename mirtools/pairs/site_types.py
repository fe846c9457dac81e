"""Site types: how the seed of a miRNA matches a site (Bartel 2009; Grimson et al. 2007; Chi et al. 2012).

====================  ====================================================================================
8mer                  bases 2-8 of the miRNA pair (Watson-Crick), and an A lies opposite base 1
7mer-m8               bases 2-8
7mer-A1               bases 2-7, and an A opposite base 1
6mer                  bases 2-7
offset-6mer           bases 3-8
8mer+GU ... 6mer+GU   the same as above with one G:U pair among the seed's
8mer+bulge            bases 2-8, one base of the site bulged out between them, A opposite base 1
7mer-m8+bulge         the same without the A
none                  nothing of these
====================  ====================================================================================

A site has the type that comes first in this list. Of several matches of this type the one nearest to the 3' end
counts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.sequences import reverse_complement

NO_TYPE = "none"
SITE_TYPES = (
    "8mer",
    "7mer-m8",
    "7mer-A1",
    "6mer",
    "offset-6mer",
    "8mer+GU",
    "7mer-m8+GU",
    "7mer-A1+GU",
    "6mer+GU",
    "8mer+bulge",
    "7mer-m8+bulge",
    NO_TYPE,
)
# Types that Watson-Crick pairs of six bases or more make
CANONICAL = SITE_TYPES[:5]
# 3' supplementary pairing: so many bases in a row of miRNA bases 12-17, 1-based (Grimson et al. 2007)
_SUPPLEMENTARY = 4
_FIRST, _LAST = 12, 17
# by how many bases the loops of miRNA and site between the seed and this pairing may differ
_LOOPS_DIFFER = 4
_BASES = frozenset("ACGTN")
_WOBBLE = {"G": "T", "T": "G"}  # base of the miRNA -> base of the site that it wobbles with


class SeedMatch(NamedTuple):
    """How a seed matches a site.

    Attributes
    ----------
    site_type : str
        Of :data:`SITE_TYPES`.
    start, end : int
        The bases of the site in the match, 0-based and half-open on the site, 5'->3', with the base opposite
        miRNA base 1 if it counts; ``0, 0`` without a match.
    supplementary : bool
        Whether four bases in a row of miRNA bases 12-17 pair 5' of the match as well, in loops that differ by at
        most 4 nt; never without a match.
    """

    site_type: str
    start: int = 0
    end: int = 0
    supplementary: bool = False


def seed_match(mirna: str, site: str) -> SeedMatch:
    """Return how the seed of a miRNA, or of one of its isomiRs, matches a site.

    Parameters
    ----------
    mirna, site : str
        Upper-case DNA letters, 5'->3'. N pairs with nothing.

    >>> seed_match("TGAGGTAGTAGGTTGTATAGTT", "AACTATACAACCGTCTACCTCAAA")
    SeedMatch(site_type='8mer', start=14, end=22, supplementary=True)
    """
    for site_type, pattern, seed_first in _patterns(mirna[:8]):
        start = site.rfind(pattern)
        if start >= 0:
            paired = _pairs_at_3p_end(mirna, site, start, seed_first)
            return SeedMatch(site_type, start, start + len(pattern), paired)
    return SeedMatch(NO_TYPE)


def window_matches(
    mirna: str, target: str, starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return how the seed of a miRNA matches each window of a target, as :func:`seed_match` finds it.

    Parameters
    ----------
    mirna, target : str
        Upper-case DNA letters, 5'->3'.
    starts, ends : ndarray of shape (n,)
        The windows on the target, 0-based and half-open.

    Returns
    -------
    types : ndarray of shape (n,)
        Positions in :data:`SITE_TYPES`.
    places : ndarray of shape (n,)
        Where each match starts on the target; -1 without a match.
    """
    types = np.full(len(starts), SITE_TYPES.index(NO_TYPE), np.intp)
    places = np.full(len(starts), -1, np.intp)
    unmatched = np.arange(len(starts))
    for site_type, pattern, _ in _patterns(mirna[:8]):
        found = np.array(_occurrences(pattern, target), np.intp)
        if not len(found) or not len(unmatched):
            continue
        # the last match that ends in the window
        last = np.searchsorted(found, ends[unmatched] - len(pattern), side="right") - 1
        inside = (last >= 0) & (found[last] >= starts[unmatched])
        matched = unmatched[inside]
        types[matched], places[matched] = SITE_TYPES.index(site_type), found[last[inside]]
        unmatched = unmatched[~inside]
    return types, places


def _occurrences(pattern: str, text: str) -> list[int]:
    """Return where a pattern starts in a text, also where occurrences overlap."""
    found = []
    at = text.find(pattern)
    while at >= 0:
        found.append(at)
        at = text.find(pattern, at + 1)
    return found


@lru_cache(maxsize=1 << 14)
def _patterns(start: str) -> list[tuple[str, str, int]]:
    """Return site types, the best first, what a site must contain, and the last seed base that pairs."""
    if len(start) < 7 or not _BASES.issuperset(start):
        return []  # other alphabets have no site types
    seven = reverse_complement(start[1:8]) if len(start) == 8 else "N"
    six = reverse_complement(start[1:7])
    offset = reverse_complement(start[2:8]) if len(start) == 8 else "N"
    wobbles = _wobbles(start[1:8], seven) if len(start) == 8 else []
    bulges = [seven[:cut] + base + seven[cut:] for cut in range(1, 7) for base in "ACGT" if len(start) == 8]
    listed = {
        "8mer": [seven + "A"],
        "7mer-m8": [seven],
        "7mer-A1": [six + "A"],
        "6mer": [six],
        "offset-6mer": [offset],
        "8mer+GU": [each + "A" for each in wobbles],
        "7mer-m8+GU": wobbles,
        "7mer-A1+GU": [each + "A" for each in _wobbles(start[1:7], six)],
        "6mer+GU": _wobbles(start[1:7], six),
        "8mer+bulge": [each + "A" for each in bulges],
        "7mer-m8+bulge": bulges,
    }
    return [
        (name, pattern, 8 if "8" in name or name == "offset-6mer" else 7)
        for name, patterns in listed.items()
        for pattern in patterns
        if "N" not in pattern
    ]


def _wobbles(seed: str, match: str) -> list[str]:
    """Return the matches of a seed (5'->3') with one G:U pair in place of a Watson-Crick pair."""
    last = len(seed) - 1
    return [
        match[: last - at] + _WOBBLE[base] + match[last - at + 1 :]
        for at, base in enumerate(seed)
        if base in _WOBBLE
    ]


def _pairs_at_3p_end(mirna: str, site: str, start: int, seed_last: int) -> bool:
    """Tell whether bases 12-17 of the miRNA pair upstream of a seed match that starts at ``start``."""
    for first in range(_FIRST - 1, min(_LAST, len(mirna)) - _SUPPLEMENTARY + 1):
        loop = first - seed_last
        # the pairing ends so many bases of the site before the seed match begins
        earliest = max(0, start - loop - _LOOPS_DIFFER - _SUPPLEMENTARY)
        latest = start - max(0, loop - _LOOPS_DIFFER)
        pairing = reverse_complement(mirna[first : first + _SUPPLEMENTARY])
        if "N" not in pairing and site.find(pairing, earliest, max(0, latest)) >= 0:
            return True
    return False
