"""The pairing matrix: which base of a site could pair with which base of a miRNA.

(Gresova et al. 2022, Methods 2.1: 50 x 20, Watson-Crick pairs 1, all else 0.) Both axes run 5'->3', the site's
first. The rule is a table of letters, so that wobbles can have a channel of their own and other alphabets
(proteins) need no code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.io.streams import open_text, reading
from mirtools.models.arrays import Codes, Floats

_MOST_LETTERS, _MOST_CHANNELS, _MOST_RULE = 32, 32, 1 << 20
_LARGEST = 1_000_000  # far below any overflow
_TABLE_COLUMNS = ["site", "mirna"]


@dataclass(frozen=True)
class PairingRule:
    """The values of each combination of a letter of a site and a letter of a miRNA.

    Attributes
    ----------
    alphabet : str
        The letters, upper case; all others are unknown and do not pair.
    channels : tuple of str
        Names of the values of a pair.
    pairs : mapping of (str, str) to tuple of float
        The values of each pair (letter of the site, letter of the miRNA); those of other pairs are zero.
    """

    alphabet: str
    channels: tuple[str, ...]
    pairs: Mapping[tuple[str, str], tuple[float, ...]]

    @property
    def unknown(self) -> int:
        """The code of letters outside the alphabet, and of padding."""
        return len(self.alphabet)

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
        """Return the rule as plain data; equal rules give equal data."""
        pairs = [[*letters, *values] for letters, values in sorted(self.pairs.items())]
        return {"alphabet": self.alphabet, "channels": list(self.channels), "pairs": pairs}


_WATSON_CRICK = (("A", "T"), ("T", "A"), ("C", "G"), ("G", "C"))
_WOBBLE = (("G", "T"), ("T", "G"))
WATSON_CRICK = PairingRule("ATCG", ("watson_crick",), dict.fromkeys(_WATSON_CRICK, (1.0,)))
WOBBLE = PairingRule(
    "ATCG",
    ("watson_crick", "wobble"),
    dict.fromkeys(_WATSON_CRICK, (1.0, 0.0)) | dict.fromkeys(_WOBBLE, (0.0, 1.0)),
)


def rule_from(description: object) -> PairingRule:
    """Return the rule of plain data, the inverse of :meth:`PairingRule.described`.

    Raises
    ------
    ValueError
        If the data are not valid; the message names the problem.
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
            raise ValueError("a pair of a pairing rule has letters that are not in the alphabet")
        if not all(type(v) in (float, int) and abs(v) <= _LARGEST for v in values):
            raise ValueError(f"a pairing rule's values are finite numbers from -{_LARGEST:,} to {_LARGEST:,}")
        if (site, mirna) in found:
            raise ValueError(f"a pairing rule has the pair {site}, {mirna} twice")
        found[site, mirna] = tuple(float(value) for value in values)
    return PairingRule(alphabet, tuple(channels), found)


def _distinct(items: Sequence[str]) -> bool:
    return len(set(items)) == len(items)


def read_rule(path: str) -> PairingRule:
    """Read a rule from a TSV table: ``site``, ``mirna`` (a letter each), and one column of numbers per channel.

    Rows whose values are all 0 may be missing, but every letter of the alphabet must occur.

    Raises
    ------
    InputError
        If the table is not a rule.
    """
    with open_text(path) as stream, reading(path):
        text = stream.read(_MOST_RULE + 1)
    if len(text) > _MOST_RULE:
        raise InputError("is not a pairing rule (too large); give a table of letters and values", source=path)
    lines = [line.rstrip("\r") for line in text.split("\n")]
    rows = [line.split("\t") for line in lines if line]
    if not rows or [name.lower() for name in rows[0][:2]] != _TABLE_COLUMNS or len(rows[0]) < 3:
        problem = (
            "is not a pairing rule; its header needs 'site', 'mirna' and the names of the values, tab-separated"
        )
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
            raise InputError(f"'{cell}' is not a number", source=path, line=number) from error
        pairs.append([row[0].upper(), row[1].upper(), *values])
    if not pairs:
        raise InputError("has no pairs; a row has a letter of the site, one of the miRNA, and values", source=path)
    alphabet = "".join(sorted({letter for pair in pairs for letter in pair[:2]}))
    try:
        return rule_from({"alphabet": alphabet, "channels": channels, "pairs": pairs})
    except ValueError as error:
        raise InputError(str(error), source=path) from error
