"""How a model encodes sequences: its alphabet, its input lengths, and how longer sequences are cropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mirtools.io.encoding import crop_centre
from mirtools.io.sequences import to_dna
from mirtools.models.arrays import Codes

DNA = "ATCG"
_NO_LETTER = re.compile(r"[^A-Z]")


@dataclass(frozen=True)
class Encoder:
    """Turns sequences into codes.

    The code of a letter is its index in the alphabet; the code of padding and unknown letters is the length of the
    alphabet.

    Attributes
    ----------
    mirna_length, site_length : int
        Letters of the model's input; the defaults are those of DMISO.
    alphabet : str
        Upper case, in the order of the codes.
    mirna_centre : bool
        If true, the central letters of a longer miRNA are used, else its first ones. Of a longer site the central
        letters are used.
    """

    mirna_length: int = 30
    site_length: int = 60
    alphabet: str = DNA
    mirna_centre: bool = True

    @property
    def unknown(self) -> int:
        """The code of padding and of letters outside the alphabet."""
        return len(self.alphabet)

    @property
    def nucleic(self) -> bool:
        """Whether the sequences are DNA or RNA."""
        return is_nucleic(self.alphabet)

    def read(self, sequence: str) -> str:
        """Return an input sequence normalised: DNA letters, or upper case of another alphabet.

        Raises
        ------
        ValueError
            If a character is not a letter (the message names the first), or if no letter is in the alphabet.
        """
        if self.nucleic:
            return to_dna(sequence)
        letters = sequence.upper()
        if bad := _NO_LETTER.search(letters):
            raise ValueError(f"{bad.group()!a} at position {bad.start() + 1} is not a letter")
        if letters and not set(letters) & set(self.alphabet):
            raise ValueError(f"has none of the letters {self.alphabet} of the pairing rule")
        return letters

    def mirna(self, sequence: str) -> str:
        """Return the part of a miRNA that is the model's input."""
        return crop_centre(sequence, self.mirna_length) if self.mirna_centre else sequence[: self.mirna_length]

    def site(self, sequence: str) -> str:
        """Return the part of a site that is the model's input."""
        return crop_centre(sequence, self.site_length)

    def mirnas(self, sequences: Sequence[str]) -> Codes:
        """Return the codes of miRNAs, shape ``(n, mirna_length)``, uint8."""
        return self._codes(map(self.mirna, sequences), self.mirna_length, len(sequences))

    def sites(self, sequences: Sequence[str]) -> Codes:
        """Return the codes of sites, shape ``(n, site_length)``, uint8."""
        return self._codes(map(self.site, sequences), self.site_length, len(sequences))

    def letters(self, sequence: str) -> Codes:
        """Return the codes of all letters of a sequence, shape ``(length,)``, uint8."""
        raw = np.frombuffer(sequence.encode("latin-1", "replace"), np.uint8)
        codes: Codes = code_of_byte(self.alphabet)[raw]
        return codes

    def _codes(self, sequences: map[str], length: int, count: int) -> Codes:
        # no alphabet contains a blank
        return self.letters("".join(sequence.ljust(length) for sequence in sequences)).reshape(count, length)


def is_nucleic(alphabet: str) -> bool:
    """Return whether all letters of an alphabet are nucleotides, so that T and U are the same letter."""
    return set(alphabet) <= set("ACGTUN")


@lru_cache(16)
def code_of_byte(alphabet: str) -> Codes:
    """Return the code of every byte, shape ``(256,)``: its index in the alphabet, or the alphabet's length."""
    codes = np.full(256, len(alphabet), np.uint8)
    for code, letter in enumerate(alphabet):
        codes[[ord(letter), ord(letter.lower())]] = code
    for known, other in ("TU", "UT"):
        if is_nucleic(alphabet) and known in alphabet and other not in alphabet:
            codes[[ord(other), ord(other.lower())]] = alphabet.index(known)
    codes.setflags(write=False)
    return codes
