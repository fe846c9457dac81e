"""Bases of a miRNA that pair with the site when both fold together, for classes as in the CLASH paper.

Helwak et al. (2013, Cell 153:654) cluster the vector of paired and unpaired bases of the predicted duplex.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mirtools.computing.processes import distinct_in_order
from mirtools.pairs.energy import Duplex, joined_fold

PAIRED, UNPAIRED = "1", "0"


def paired_bases(mirna: str, site: str) -> str:
    """Return for every base of the miRNA, 5'->3', ``1`` if it pairs with the site, otherwise ``0``.

    The structure is that of minimum free energy of ViennaRNA's cofold with its defaults (37 degrees C, dangles 2,
    Turner 2004). Pairs within the miRNA are ignored.

    Parameters
    ----------
    mirna, site : str
        5'->3', DNA letters; N does not pair.
    """
    return joined_bases(joined_fold(mirna, site)[0].replace("&", ""), len(mirna))


def joined_bases(structure: str, length: int) -> str:
    """Return which of the first ``length`` positions of a dot-bracket string pair with a later position.

    >>> joined_bases("((..).)", 4)
    '1100'
    >>> joined_bases("(.)(..)", 4)
    '0001'
    """
    paired = [UNPAIRED] * length
    opened: list[int] = []
    for position, mark in enumerate(structure):
        if mark == "(":
            opened.append(position)
        elif mark == ")":
            partner = opened.pop()
            if partner < length <= position:
                paired[partner] = PAIRED
    return "".join(paired)


def all_paired_bases(duplexes: Iterable[Duplex], threads: int) -> Iterator[str]:
    """Yield the :func:`paired_bases` of each duplex, in order; equal duplexes are folded once.

    All distinct duplexes are in memory.
    """
    yield from distinct_in_order(_paired_bases, duplexes, threads)


def _paired_bases(duplex: Duplex) -> str:
    return paired_bases(*duplex)
