"""Labelled pairs for a training, with sequences as the model's encoder reads them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mirtools.errors import InputError
from mirtools.io.abundance import COLUMNS, coverage
from mirtools.io.tables import TableReader
from mirtools.models.encoder import Encoder
from mirtools.pairs.table import LabelledPairs, NumberColumn, PairCollector, PairReader


def read_labelled(path: str, abundance: bool = False, encoder: Encoder | None = None) -> LabelledPairs:
    """Read a table with mirna_seq, site_seq and label.

    mirna_id, target_id, site_start and site_end are read if it has them, with ``abundance`` also mirna_coverage
    and target_coverage. The default encoder is that of DMISO.

    Raises
    ------
    InputError
        For a label that is not 0 or 1, an abundance that is not a number, a table without pairs, and all tables
        that TableReader rejects.
    """
    return read_labelled_rows(path, abundance, encoder)[0]


def read_labelled_rows(
    path: str, abundance: bool = False, encoder: Encoder | None = None
) -> tuple[LabelledPairs, list[str], list[list[str]]]:
    """Read as :func:`read_labelled`, and return the columns and rows of the table, too."""
    encoder = encoder or Encoder()
    table = TableReader(path)
    reader = PairReader(table, encoder.read, needed=("mirna_seq", "site_seq", "label"))
    coverages = {name: NumberColumn(table.index(name), coverage) for name in COLUMNS} if abundance else {}
    span = table.find("site_start"), table.find("site_end")
    collector = PairCollector(span, numbers=coverages, error=table.error)
    rows = []
    for row, pair in reader:
        collector.add(row, pair)
        rows.append(row)
    if not rows:
        raise InputError("has no pairs; give labelled pairs to train on", source=path)
    pairs = collector.pairs(encoder.alphabet)
    if abundance:
        pairs = replace(pairs, coverages=np.column_stack([pairs.numbers[name] for name in COLUMNS]), numbers={})
    return pairs, table.columns, rows
