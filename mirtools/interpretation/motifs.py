"""Motifs: letter frequencies by position, their information content, and consensus sequences.

Columns are always in the order A, C, G, T, sequences 5'->3' in DNA letters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LETTERS = "ACGT"
# consensus letters: more than half of the sites, or two letters with more than three quarters together
_ONE, _TWO = 0.5, 0.75
_PAIRS = {"AC": "M", "AG": "R", "AT": "W", "CG": "S", "CT": "Y", "GT": "K"}

Frequencies = NDArray[np.float64]


@dataclass(frozen=True)
class Motif:
    """Letter frequencies of a motif.

    Attributes
    ----------
    name : str
        A name without blanks.
    frequencies : ndarray of shape (width, 4), float64
        Columns A, C, G, T; every row adds up to 1.
    sites : int
        Number of sequences that were counted; 0 if it is unknown.
    alternative : str
        A second name (the protein of a database motif), or empty.
    """

    name: str
    frequencies: Frequencies
    sites: int = 0
    alternative: str = ""

    @property
    def width(self) -> int:
        """Number of positions."""
        return len(self.frequencies)


def reverse_complement(frequencies: Frequencies) -> Frequencies:
    """Return the frequencies on the other strand: positions and letters A, C, G, T reversed."""
    return frequencies[::-1, ::-1]


def information(frequencies: Frequencies, sites: int = 0) -> Frequencies:
    """Return the information content of every position in bits, 0 to 2.

    The background is equal frequencies of the four letters. Few sites are informative by chance: if their number
    is given, the expected excess ``3 / (2 ln 2 sites)`` is subtracted (Schneider et al. 1986, J Mol Biol 188:415),
    and negative results become 0.
    """
    logs = np.log2(frequencies, out=np.zeros_like(frequencies), where=frequencies > 0)
    bits = 2 + (frequencies * logs).sum(1)
    excess = 3 / (2 * np.log(2) * sites) if sites else 0.0
    return np.clip(bits - excess, 0, 2)


def relative_entropy(frequencies: Frequencies, background: Frequencies) -> Frequencies:
    """Return the relative entropy of every position to background frequencies (all above 0), in bits."""
    ratio = np.divide(frequencies, background, out=np.ones_like(frequencies), where=frequencies > 0)
    return np.maximum((frequencies * np.log2(ratio)).sum(1), 0)


def consensus(frequencies: Frequencies) -> str:
    """Return one letter per position: A C G T, a letter for two of them (IUPAC), or N.

    >>> consensus(np.array([[0.9, 0.1, 0, 0], [0.4, 0, 0.4, 0.2], [0.25, 0.25, 0.25, 0.25]]))
    'ARN'
    """
    letters = []
    for row in frequencies:
        order = np.argsort(-row, kind="stable")
        if row[order[0]] > _ONE:
            letters.append(LETTERS[order[0]])
        elif row[order[:2]].sum() > _TWO:
            letters.append(_PAIRS["".join(sorted(LETTERS[at] for at in order[:2]))])
        else:
            letters.append("N")
    return "".join(letters)
