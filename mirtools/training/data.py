"""Labelled pairs: read from a table, encoded, and identified by a checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.interactions import MISSING, TableReader
from mirtools.models.abundance import COLUMNS, AbundanceReader
from mirtools.models.encoder import DNA, Encoder

Codes = NDArray[np.uint8]
Spans = NDArray[np.int64]
Coverages = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledPairs:
    """Pairs with labels, all lists and arrays of the same length.

    Attributes
    ----------
    mirnas, sites : list of str
        As the model's encoder reads them, 5'->3'.
    labels : ndarray of uint8
        1 positive, 0 negative.
    mirna_ids, target_ids : list of str
        Names as in the table, ``.`` where it has none.
    spans : ndarray of int64, shape (n, 2), optional
        Start and end of the site on its target, 0-based, half-open; -1 where the table has none.
    coverages : ndarray of float64, shape (n, 2), optional
        Reads of the miRNA and of the target, 0 or more.
    alphabet : str
        The letters that are known; all others may stand for any.
    """

    mirnas: list[str]
    sites: list[str]
    labels: NDArray[np.uint8]
    mirna_ids: list[str]
    target_ids: list[str]
    spans: Spans | None = None
    coverages: Coverages | None = None
    alphabet: str = DNA

    def __len__(self) -> int:
        return len(self.mirnas)

    def encoded(self, encoder: Encoder | None = None) -> tuple[Codes, Codes]:
        """Return codes of miRNAs and of sites, ``(n, length)`` each, uint8, as a model takes them (DMISO)."""
        encoder = encoder or Encoder()
        return encoder.mirnas(self.mirnas), encoder.sites(self.sites)

    def subset(self, chosen: NDArray[np.intp]) -> LabelledPairs:
        """Return the pairs at these positions, in this order."""
        return LabelledPairs(
            [self.mirnas[i] for i in chosen],
            [self.sites[i] for i in chosen],
            self.labels[chosen],
            [self.mirna_ids[i] for i in chosen],
            [self.target_ids[i] for i in chosen],
            None if self.spans is None else self.spans[chosen],
            None if self.coverages is None else self.coverages[chosen],
            self.alphabet,
        )

    def checksum(self) -> str:
        """Return the SHA-256 of sequences, labels and abundances in their order; names do not count."""
        digest = hashlib.sha256()
        for mirna, site, label in zip(self.mirnas, self.sites, self.labels.tolist(), strict=True):
            digest.update(f"{mirna}\t{site}\t{label}\n".encode())
        if self.coverages is not None:
            digest.update(np.ascontiguousarray(self.coverages, "<f8").tobytes())
        return digest.hexdigest()


def read_labelled(path: str, abundance: bool = False, encoder: Encoder | None = None) -> LabelledPairs:
    """Read a table with mirna_seq, site_seq and label.

    mirna_id, target_id, site_start and site_end are taken where it has them, with ``abundance`` also
    mirna_coverage and target_coverage. Sequences are read as the encoder of the model reads them (DMISO).

    Raises
    ------
    InputError
        For a label that is not 0 or 1, an abundance that is none, a table without pairs, and all that TableReader
        refuses.
    """
    return read_labelled_rows(path, abundance, encoder)[0]


def read_labelled_rows(
    path: str, abundance: bool = False, encoder: Encoder | None = None
) -> tuple[LabelledPairs, list[str], list[list[str]]]:
    """Read as :func:`read_labelled` and return also the table: its columns and its rows."""
    encoder = encoder or Encoder()
    reader = TableReader(path, ("mirna_seq", "site_seq", "label", *(COLUMNS if abundance else ())))
    mirna_column, site_column, label_column = map(reader.index, ("mirna_seq", "site_seq", "label"))
    mirna_name, target_name = reader.find("mirna_id"), reader.find("target_id")
    span_columns = [reader.find(name) for name in ("site_start", "site_end")]
    abundances = AbundanceReader(reader) if abundance else None
    mirnas, sites, labels = [], [], []
    mirna_ids, target_ids = [], []
    spans: list[tuple[int, int]] = []
    coverages: list[list[float]] = []
    rows = []
    for row in reader:
        label = row[label_column]
        if label not in ("0", "1"):
            raise reader.error(f"label is '{shorten(label, 20)}'; give 1 (interacts) or 0 (does not)")
        labels.append(label == "1")
        mirnas.append(reader.sequence(row, mirna_column, encoder.read))
        sites.append(reader.sequence(row, site_column, encoder.read))
        mirna_ids.append(MISSING if mirna_name is None else row[mirna_name] or MISSING)
        target_ids.append(MISSING if target_name is None else row[target_name] or MISSING)
        spans.append(_span(row, span_columns))
        if abundances:
            coverages.append(abundances.coverages(row))
        rows.append(row)
    if not mirnas:
        raise InputError("holds no pairs; give labelled pairs to learn from", source=path)
    pairs = LabelledPairs(
        mirnas,
        sites,
        np.array(labels, np.uint8),
        mirna_ids,
        target_ids,
        np.array(spans, np.int64) if None not in span_columns else None,
        np.array(coverages, np.float64) if abundance else None,
        encoder.alphabet,
    )
    return pairs, reader.columns, rows


def _span(row: Sequence[str], columns: Sequence[int | None]) -> tuple[int, int]:
    """Return start and end of a site; (-1, -1) where the row has none."""
    start, end = ("" if column is None else row[column] for column in columns)
    if not (start.isascii() and start.isdigit() and end.isascii() and end.isdigit() and len(start + end) <= 36):
        return -1, -1
    return (int(start), int(end)) if int(start) < int(end) else (-1, -1)


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
