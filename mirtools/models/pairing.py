"""The pairing matrix: which base of a site could pair with which base of a miRNA.

(Gresova et al. 2022, Methods 2.1: 50 x 20, Watson-Crick pairs 1, all else 0.) Both axes run 5'->3', the site's
first. What pairs is a table, so wobbles can be told apart, and other alphabets (proteins) need no code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import crop_centre
from mirtools.errors import InputError, shorten
from mirtools.streams import open_text, reading

Codes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SITE_LENGTH = 50
MIRNA_LENGTH = 20
_MOST_LETTERS, _MOST_CHANNELS, _MOST_RULE = 32, 32, 1 << 20
_LARGEST = 1_000_000  # far below what overflows
_TABLE_COLUMNS = ["site", "mirna"]


@dataclass(frozen=True)
class PairingRule:
    """What a letter of a site and one of a miRNA are to each other.

    Attributes
    ----------
    alphabet : str
        The letters, upper case; all others are unknown, and pair with nothing.
    channels : tuple of str
        Names of the values that a pair has.
    pairs : mapping of (str, str) to tuple of float
        The values of each pair (letter of the site, letter of the miRNA); pairs that are not named have zeros.
    """

    alphabet: str
    channels: tuple[str, ...]
    pairs: Mapping[tuple[str, str], tuple[float, ...]]

    @property
    def unknown(self) -> int:
        """The code of letters outside the alphabet, and of padding."""
        return len(self.alphabet)

    def codes(self, sequences: Sequence[str], length: int, centre: bool) -> Codes:
        """Return codes of letters, shape ``(n, length)``, uint8: their places in the alphabet, or :attr:`unknown`.

        Longer sequences are cropped, around their centre or behind their first ``length`` letters; shorter ones
        end in unknown letters.
        """
        cut = [crop_centre(s, length) if centre else s[:length] for s in sequences]
        raw = np.frombuffer("".join(s.ljust(length) for s in cut).encode("latin-1", "replace"), np.uint8)
        return code_of_byte(self.alphabet)[raw].reshape(len(sequences), length)

    def table(self) -> Floats:
        """Return the values by codes, shape ``(letters + 1, letters + 1, channels)``: site, miRNA, channel."""
        table = np.zeros((self.unknown + 1, self.unknown + 1, len(self.channels)), np.float32)
        for (site, mirna), values in self.pairs.items():
            table[self.alphabet.index(site), self.alphabet.index(mirna)] = values
        return table

    def matrices(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return pairing matrices, shape ``(n, site length, miRNA length, channels)``, float32."""
        return self.table()[sites[:, :, None], mirnas[:, None, :]]

    def paired(self, mirnas: Codes, sites: Codes) -> NDArray[np.bool_]:
        """Return which cells pair in any channel, shape ``(n, site length, miRNA length)``."""
        pairs: NDArray[np.bool_] = np.asarray(self.table().any(axis=2))
        return pairs[sites[:, :, None], mirnas[:, None, :]]

    def described(self) -> dict[str, Any]:
        """Return the rule as plain data, the same for equal rules."""
        pairs = [[*letters, *values] for letters, values in sorted(self.pairs.items())]
        return {"alphabet": self.alphabet, "channels": list(self.channels), "pairs": pairs}


def is_nucleic(alphabet: str) -> bool:
    """Tell whether an alphabet is of nucleotides, so that T and U are one letter."""
    return set(alphabet) <= set("ACGTUN")


@lru_cache(16)
def code_of_byte(alphabet: str) -> Codes:
    """Return the code of every byte, shape ``(256,)``: its place in the alphabet, or the alphabet's length."""
    codes = np.full(256, len(alphabet), np.uint8)
    for code, letter in enumerate(alphabet):
        codes[[ord(letter), ord(letter.lower())]] = code
    for known, other in ("TU", "UT"):
        if is_nucleic(alphabet) and known in alphabet and other not in alphabet:
            codes[[ord(other), ord(other.lower())]] = alphabet.index(known)
    codes.setflags(write=False)
    return codes


_WATSON_CRICK = (("A", "T"), ("T", "A"), ("C", "G"), ("G", "C"))
_WOBBLE = (("G", "T"), ("T", "G"))
WATSON_CRICK = PairingRule("ATCG", ("watson_crick",), dict.fromkeys(_WATSON_CRICK, (1.0,)))
WOBBLE = PairingRule(
    "ATCG",
    ("watson_crick", "wobble"),
    dict.fromkeys(_WATSON_CRICK, (1.0, 0.0)) | dict.fromkeys(_WOBBLE, (0.0, 1.0)),
)


def rule_from(description: object) -> PairingRule:
    """Return the rule that plain data describes, as :meth:`PairingRule.described` gives it.

    Raises
    ------
    ValueError
        For anything else; the message says what is wrong.
    """
    if not isinstance(description, dict) or set(description) != {"alphabet", "channels", "pairs"}:
        raise ValueError("a pairing rule has alphabet, channels and pairs")
    alphabet, channels, pairs = (description[key] for key in ("alphabet", "channels", "pairs"))
    if not isinstance(alphabet, str) or not 1 <= len(alphabet) <= _MOST_LETTERS:
        raise ValueError(f"a pairing rule's alphabet has 1 to {_MOST_LETTERS} letters")
    if not (alphabet.isascii() and alphabet.isalpha() and alphabet.isupper() and _distinct(alphabet)):
        raise ValueError("a pairing rule's alphabet has distinct upper-case letters")
    if not isinstance(channels, list) or not all(isinstance(name, str) and name for name in channels):
        raise ValueError("a pairing rule's channels are names")
    if not 1 <= len(channels) <= _MOST_CHANNELS or not _distinct(channels):
        raise ValueError(f"a pairing rule has 1 to {_MOST_CHANNELS} distinct channels")
    if not isinstance(pairs, list) or not pairs:
        raise ValueError("a pairing rule has at least one pair")
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 + len(channels):
            raise ValueError("a pair of a pairing rule has two letters and a value for each channel")
        site, mirna, *values = pair
        if not all(
            isinstance(letter, str) and len(letter) == 1 and letter in alphabet for letter in (site, mirna)
        ):
            raise ValueError("a pair of a pairing rule has letters that the alphabet lacks")
        if not all(type(v) in (float, int) and abs(v) <= _LARGEST for v in values):
            raise ValueError(f"a pairing rule's values are finite numbers from -{_LARGEST:,} to {_LARGEST:,}")
        if (site, mirna) in found:
            raise ValueError(f"a pairing rule names the pair {site}, {mirna} twice")
        found[site, mirna] = tuple(float(value) for value in values)
    return PairingRule(alphabet, tuple(channels), found)


def _distinct(items: Sequence[str]) -> bool:
    return len(set(items)) == len(items)


def read_rule(path: str) -> PairingRule:
    """Read a rule from a TSV table: ``site``, ``mirna`` (a letter each), and one column of numbers a channel.

    Rows may be left out where all values are 0, but every letter of the alphabet must occur.

    Raises
    ------
    InputError
        For a table that is no rule.
    """
    with open_text(path) as stream, reading(path):
        text = stream.read(_MOST_RULE + 1)
    if len(text) > _MOST_RULE:
        raise InputError("is no pairing rule (too large); give a table of letters and values", source=path)
    lines = [line.rstrip("\r") for line in text.split("\n")]
    rows = [line.split("\t") for line in lines if line]
    if not rows or [name.lower() for name in rows[0][:2]] != _TABLE_COLUMNS or len(rows[0]) < 3:
        problem = "is no pairing rule; its header line is 'site', 'mirna' and the names of the values, by tabs"
        raise InputError(problem, source=path)
    channels = rows[0][2:]
    pairs: list[list[Any]] = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise InputError(f"has {len(row)} cells, the header {len(rows[0])}", source=path, line=number)
        try:
            values = [float(cell) for cell in row[2:]]
        except ValueError as error:
            cell = shorten(" ".join(row[2:]), 30)
            raise InputError(f"'{cell}' is no number", source=path, line=number) from error
        pairs.append([row[0].upper(), row[1].upper(), *values])
    if not pairs:
        raise InputError("has no pairs; a row is a letter of the site, one of the miRNA, and values", source=path)
    alphabet = "".join(sorted({letter for pair in pairs for letter in pair[:2]}))
    try:
        return rule_from({"alphabet": alphabet, "channels": channels, "pairs": pairs})
    except ValueError as error:
        raise InputError(str(error), source=path) from error
