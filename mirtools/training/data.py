"""Labelled pairs: read from a table, encoded, and identified by a checksum."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import encode
from mirtools.errors import InputError, shorten
from mirtools.interactions import MISSING, TableReader
from mirtools.models.dmiso import MIRNA_LENGTH, SITE_LENGTH

Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class LabelledPairs:
    """Pairs with labels, all lists and arrays of the same length.

    Attributes
    ----------
    mirnas, sites : list of str
        DNA letters, 5'->3'.
    labels : ndarray of uint8
        1 positive, 0 negative.
    mirna_ids, target_ids : list of str
        Names as in the table, ``.`` where it has none.
    """

    mirnas: list[str]
    sites: list[str]
    labels: NDArray[np.uint8]
    mirna_ids: list[str]
    target_ids: list[str]

    def __len__(self) -> int:
        return len(self.mirnas)

    def encoded(self) -> tuple[Codes, Codes]:
        """Return base codes of miRNAs ``(n, 30)`` and sites ``(n, 60)``, uint8."""
        return encode(self.mirnas, MIRNA_LENGTH), encode(self.sites, SITE_LENGTH)

    def subset(self, chosen: NDArray[np.intp]) -> LabelledPairs:
        """Return the pairs at these positions, in this order."""
        return LabelledPairs(
            [self.mirnas[i] for i in chosen],
            [self.sites[i] for i in chosen],
            self.labels[chosen],
            [self.mirna_ids[i] for i in chosen],
            [self.target_ids[i] for i in chosen],
        )

    def checksum(self) -> str:
        """Return the SHA-256 of sequences and labels in their order; names do not count."""
        digest = hashlib.sha256()
        for mirna, site, label in zip(self.mirnas, self.sites, self.labels.tolist(), strict=True):
            digest.update(f"{mirna}\t{site}\t{label}\n".encode())
        return digest.hexdigest()


def read_labelled(path: str) -> LabelledPairs:
    """Read a table with mirna_seq, site_seq and label; mirna_id and target_id are taken where it has them.

    Raises
    ------
    InputError
        For a label that is not 0 or 1, a table without pairs, and all that TableReader refuses.
    """
    reader = TableReader(path, ("mirna_seq", "site_seq", "label"))
    mirna_column, site_column, label_column = map(reader.index, ("mirna_seq", "site_seq", "label"))
    mirna_name, target_name = reader.find("mirna_id"), reader.find("target_id")
    mirnas, sites, labels = [], [], []
    mirna_ids, target_ids = [], []
    for row in reader:
        label = row[label_column]
        if label not in ("0", "1"):
            raise reader.error(f"label is '{shorten(label, 20)}'; give 1 (interacts) or 0 (does not)")
        labels.append(label == "1")
        mirnas.append(reader.dna(row, mirna_column))
        sites.append(reader.dna(row, site_column))
        mirna_ids.append(MISSING if mirna_name is None else row[mirna_name] or MISSING)
        target_ids.append(MISSING if target_name is None else row[target_name] or MISSING)
    if not mirnas:
        raise InputError("holds no pairs; give labelled pairs to learn from", source=path)
    return LabelledPairs(mirnas, sites, np.array(labels, np.uint8), mirna_ids, target_ids)


def mirna_names(pairs: LabelledPairs) -> list[str]:
    """Return what tells miRNAs apart: identifiers, or sequences where there are none."""
    return [
        sequence if name == MISSING else name for name, sequence in zip(pairs.mirna_ids, pairs.mirnas, strict=True)
    ]


def require_both_labels(labels: NDArray[np.uint8], part: str) -> None:
    """Raise InputError where a part of the data has pairs of one label only, or none."""
    for label, word in ((1, "positive"), (0, "negative")):
        if not (labels == label).any():
            problem = f"the {part} has no {word} pairs (label {label})"
            raise InputError(f"{problem}; add some, or change the split (--group, --hold-out, --seed)")
