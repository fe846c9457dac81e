"""Labelled pairs in memory, for the audit: from a table, or row by row as they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.interactions import MISSING, TableReader
from mirtools.negatives.positives import mirna_key
from mirtools.sequences import to_dna

# Columns that tell the region: our own, and HybriDetector's and miRBench's
_REGION_COLUMNS = ("region", "feature")

RegionOf = Callable[[str, int, int], str]


@dataclass
class LabelledRows:
    """What the audit needs of pairs, as parallel lists.

    Attributes
    ----------
    labels : list of int
    mirnas, sites : list of str
        DNA letters, 5'->3'.
    mirna_keys : list of str
        Name, or sequence where there is none.
    targets, regions : list of str
        ``.`` where unknown.
    energies : list of float
        Cofold, kcal/mol; NaN where the table does not tell.
    """

    labels: list[int] = field(default_factory=list)
    mirnas: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    mirna_keys: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.labels)

    def joined(self, others: LabelledRows) -> LabelledRows:
        """Return these pairs followed by others."""
        return LabelledRows(*(getattr(self, each.name) + getattr(others, each.name) for each in fields(self)))

    def label_array(self) -> NDArray[np.uint8]:
        """Return the labels, shape ``(n,)``."""
        return np.array(self.labels, np.uint8)


class RowCollector:
    """Gather rows of a labelled table.

    Parameters
    ----------
    columns : sequence of str
        Its header.
    find : callable
        Position of a column by its standard name, as :meth:`mirtools.interactions.TableReader.find`; asked for
        those that the header has by another name only.
    region_of : callable, optional
        From target, start and end (0-based, half-open) to the region, as
        :meth:`mirtools.annotation.Annotation.region_of`; without it a column ``region`` or ``feature`` tells.
    """

    def __init__(
        self, columns: Sequence[str], find: Callable[[str], int | None], region_of: RegionOf | None = None
    ) -> None:
        def place(name: str) -> int | None:
            return columns.index(name) if name in columns else find(name)

        self.rows = LabelledRows()
        self._mirna, self._site, self._label = place("mirna_seq"), place("site_seq"), place("label")
        self._named, self._target, self._energy = place("mirna_id"), place("target_id"), place("site_mfe")
        self._span = place("site_start"), place("site_end")
        self._region_of = region_of
        self._region = next((columns.index(name) for name in _REGION_COLUMNS if name in columns), None)

    def add(self, row: Sequence[str], mirna: str, site: str, label: int) -> None:
        """Take over a row; sequences in DNA letters."""
        rows = self.rows
        rows.labels.append(label)
        rows.mirnas.append(mirna)
        rows.sites.append(site)
        rows.mirna_keys.append(mirna_key(MISSING if self._named is None else row[self._named], mirna))
        rows.targets.append(MISSING if self._target is None else row[self._target] or MISSING)
        rows.regions.append(self._region_at(row))
        rows.energies.append(_number(MISSING if self._energy is None else row[self._energy]))

    def add_written(self, row: Sequence[str]) -> None:
        """Take over a row that :class:`mirtools.negatives.table.RowMaker` made."""
        assert self._mirna is not None
        assert self._site is not None
        assert self._label is not None
        self.add(row, to_dna(row[self._mirna]), to_dna(row[self._site]), int(row[self._label]))

    def _region_at(self, row: Sequence[str]) -> str:
        start, end = self._span
        if self._region_of is None:
            return MISSING if self._region is None else row[self._region] or MISSING
        if self._target is None or start is None or end is None:
            return MISSING
        if not (row[start].isdigit() and row[end].isdigit()):  # a shuffled site lies nowhere
            return MISSING
        region = self._region_of(row[self._target], int(row[start]), int(row[end]))
        return MISSING if region == "unknown" else region


def read_labelled_rows(path: str, region_of: RegionOf | None = None) -> LabelledRows:
    """Read a table with mirna_seq, site_seq and label (1 or 0), and what else the audit can use.

    Raises
    ------
    InputError
        For a label that is neither, a table that lacks one of the labels, and all that TableReader refuses.
    """
    reader = TableReader(path, ("mirna_seq", "site_seq", "label"))
    mirna_at, site_at, label_at = map(reader.index, ("mirna_seq", "site_seq", "label"))
    collector = RowCollector(reader.columns, reader.find, region_of)
    for row in reader:
        if row[label_at] not in ("0", "1"):
            raise reader.error(f"label is '{shorten(row[label_at], 20)}'; give 1 (interacts) or 0 (does not)")
        collector.add(row, reader.dna(row, mirna_at), reader.dna(row, site_at), int(row[label_at]))
    for label, kind in ((1, "positive"), (0, "negative")):
        if len(collector.rows) and label not in collector.rows.labels:
            raise InputError(f"holds no {kind} pairs (label {label}); give both to audit", source=path)
    return collector.rows


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
