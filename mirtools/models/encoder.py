"""How a model sees sequences: which letters it knows, how many of them, and what is cut from longer ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mirtools.encoding import crop_centre
from mirtools.models import dmiso
from mirtools.models.layers import Codes
from mirtools.models.network import Network
from mirtools.models.pairing import code_of_byte, is_nucleic
from mirtools.sequences import to_dna

DNA = "ATCG"
_NO_LETTER = re.compile(r"[^A-Z]")


@dataclass(frozen=True)
class Encoder:
    """Turns sequences into codes: places of letters in the alphabet, its length for padding and unknown letters.

    Attributes
    ----------
    mirna_length, site_length : int
        Letters that the model sees.
    alphabet : str
        Upper case, in the order of the codes.
    mirna_centre : bool
        Longer miRNAs are cropped around their centre, else behind their first letters. Sites are cropped around
        their centre.
    """

    mirna_length: int = dmiso.MIRNA_LENGTH
    site_length: int = dmiso.SITE_LENGTH
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
        """Return a sequence of an input as the suite keeps it: DNA letters, or upper case of another alphabet.

        Raises
        ------
        ValueError
            Naming the first character that is no letter, or where the alphabet has none of the letters.
        """
        if self.nucleic:
            return to_dna(sequence)
        letters = sequence.upper()
        if bad := _NO_LETTER.search(letters):
            raise ValueError(f"{bad.group()!a} at position {bad.start() + 1} is no letter")
        if letters and not set(letters) & set(self.alphabet):
            raise ValueError(f"has none of the letters {self.alphabet} of the pairing rule")
        return letters

    def mirna(self, sequence: str) -> str:
        """Return the part of a miRNA that the model sees."""
        return crop_centre(sequence, self.mirna_length) if self.mirna_centre else sequence[: self.mirna_length]

    def site(self, sequence: str) -> str:
        """Return the part of a site that the model sees."""
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
        # a blank is no letter of any alphabet
        return self.letters("".join(sequence.ljust(length) for sequence in sequences)).reshape(count, length)


def encoder_of(network: Network | None) -> Encoder:
    """Return the encoder of a network on pairing matrices, or of DMISO for None."""
    if network is None:
        return Encoder()
    return Encoder(network.mirna_length, network.site_length, network.rule.alphabet, mirna_centre=False)
