"""Which bases of a miRNA pair with the site when both fold together: the CLASH paper's way to classes.

Helwak et al. (2013, Cell 153:654) cluster the vector of paired and unpaired bases of the predicted duplex.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mirtools.negatives.energy import Duplex
from mirtools.negatives.parallel import each_once

PAIRED, UNPAIRED = "1", "0"


def paired_bases(mirna: str, site: str) -> str:
    """Return for every base of the miRNA, 5'->3', ``1`` where it pairs with the site and ``0`` where not.

    The structure of least free energy of those that join both strands, by ViennaRNA's cofold with its defaults (37
    degrees C, dangles 2, Turner 2004). Pairs of the miRNA with itself do not count.

    Parameters
    ----------
    mirna, site : str
        5'->3', DNA letters; N pairs with nothing.
    """
    import RNA

    # U, not T: bonuses of special hairpin loops are looked up by their letters
    structure: str = RNA.fold_compound(f"{mirna}&{site}".replace("T", "U")).mfe()[0]
    return joined_bases(structure.replace("&", ""), len(mirna))


def joined_bases(structure: str, length: int) -> str:
    """Return which of the first ``length`` positions of a dot-bracket string pair with a position behind these.

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
    """Yield the :func:`paired_bases` of each duplex, in order; equal ones are folded once.

    Memory: what distinct duplexes take.
    """
    yield from each_once(_paired_bases, duplexes, threads)


def _paired_bases(duplex: Duplex) -> str:
    return paired_bases(*duplex)
