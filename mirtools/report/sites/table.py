"""Reads a table of binding sites, as sites-merge writes it, one typed site after the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mirtools.errors import shorten
from mirtools.io.samplesheet import Sample, by_condition
from mirtools.io.sequences import is_dna
from mirtools.io.tables import MISSING, SAMPLE_PREFIX, TableReader
from mirtools.report.summary import gene_symbol
from mirtools.sites.columns import REPLICATES_PREFIX
from mirtools.sites.table import PRESENT as PRESENT_READS

# Reads are counted in hundredths, as sites-merge writes shared reads: sums do not depend on the order of rows
UNIT = 100
# Reads in hundredths with which a sample has a site
PRESENT = round(UNIT * PRESENT_READS)
UNKNOWN = "unknown"

_REQUIRED = ("site_id", "mirna_id", "n_reads")
_SEQUENCES = ("mirna_seq", "site_seq")
_OPTIONAL = "guide_class gene_name gene_id target_id region site_type n_samples q_value".split()


class SiteCells(NamedTuple):
    """What a report needs of one row.

    Attributes
    ----------
    site_id, mirna, guide_class : str
        The class is ``unknown`` if missing.
    gene : str
        By its name, else by its identifier, else by the name of its transcript.
    region, site_type : str
        ``unknown`` if missing.
    reads : int
        In hundredths of a read.
    by_sample : tuple of int
        Reads of each sample, in hundredths.
    q_value : float
        Not a number if missing.
    cells : list of str
        The row.
    """

    site_id: str
    mirna: str
    guide_class: str
    gene: str
    region: str
    site_type: str
    reads: int
    by_sample: tuple[int, ...]
    q_value: float
    cells: list[str]

    @property
    def order(self) -> tuple[int, str, list[str]]:
        """Sort key: most reads first, then by identifier."""
        return -self.reads, self.site_id, self.cells


class SiteReader:
    """Sites of a table.

    Parameters
    ----------
    table : TableReader
        With the columns site_id, mirna_id and n_reads at least.
    sheet : sequence of Sample
        Gives the order of samples, and their conditions.
    sheet_path : str, optional
        For messages.

    Attributes
    ----------
    columns : list of str
        The header.
    samples : list of str
    conditions : dict of str to list of str
        Samples of each condition; the lists are empty if only the table's header names the conditions.

    Raises
    ------
    InputError
        For a table without these columns, and a sheet that lacks a sample of the table.
    """

    def __init__(self, table: TableReader, sheet: Sequence[Sample] = (), sheet_path: str | None = None) -> None:
        self._table = table
        self.columns = table.columns
        self._at = {name: table.index(name) for name in _REQUIRED}
        self._at.update((name, at) for name in _OPTIONAL if (at := table.find(name)) is not None)
        found = [name.removeprefix(SAMPLE_PREFIX) for name in table.columns if name.startswith(SAMPLE_PREFIX)]
        listed = {sample.name for sample in sheet}
        for name in found:
            if sheet and name not in listed:
                problem = f"sample '{shorten(name, 40)}' has no row in {shorten(str(sheet_path), 60)}"
                raise table.error(f"{problem}; add it there")
        self.samples = [sample.name for sample in sheet if sample.name in found] if sheet else found
        self.conditions = by_condition([sample for sample in sheet if sample.name in found])
        for name in table.columns:
            if not sheet and name.startswith(REPLICATES_PREFIX):
                self.conditions[name.removeprefix(REPLICATES_PREFIX)] = []
        self._sample_at = [table.columns.index(SAMPLE_PREFIX + name) for name in self.samples]

    @property
    def has(self) -> set[str]:
        """The columns among those that a report uses."""
        return set(self._at)

    def position(self, name: str) -> int | None:
        """Return the position of a column by its name, or ``None``."""
        return self.columns.index(name) if name in self.columns else None

    def sites(self, rows: Iterable[list[str]]) -> Iterator[SiteCells]:
        """Yield the sites of rows of the table.

        Raises
        ------
        InputError
            For a cell that is not a number or a sequence but should be, and a site without an identifier.
        """
        reads = self._at["n_reads"]
        sequences = [self.columns.index(name) for name in _SEQUENCES if name in self.columns]
        for row in rows:
            for at in sequences:
                if row[at] != MISSING and not is_dna(row[at]):
                    self._table.dna(row, at)  # reports the first letter that is not a base
            if self._text(row, "site_id") == MISSING:
                raise self._table.error("site_id is missing; give every site one")
            yield SiteCells(
                row[self._at["site_id"]],
                self._text(row, "mirna_id"),
                self._known(row, "guide_class"),
                self._gene(row),
                self._known(row, "region"),
                self._known(row, "site_type"),
                self._reads(row, reads),
                tuple(self._reads(row, at) for at in self._sample_at),
                self._q_value(row),
                row,
            )

    def _text(self, row: Sequence[str], name: str) -> str:
        at = self._at.get(name)
        return MISSING if at is None or not row[at] else row[at]

    def _known(self, row: Sequence[str], name: str) -> str:
        cell = self._text(row, name)
        return UNKNOWN if cell == MISSING else cell

    def _gene(self, row: Sequence[str]) -> str:
        for name in ("gene_name", "gene_id"):
            if (cell := self._text(row, name)) != MISSING:
                return cell
        return gene_symbol(self._text(row, "target_id"))

    def _reads(self, row: Sequence[str], at: int) -> int:
        cell = row[at]
        if cell.isascii() and cell.isdigit() and len(cell) < 16:
            return int(cell) * UNIT
        value = self._number(row, at, 0 if cell == MISSING else None)
        if not 0 <= value < 1e15:
            raise self._table.error(f"{self._name(at)} is '{shorten(cell, 30)}'; give a number of 0 or more")
        return round(value * UNIT)

    def _q_value(self, row: Sequence[str]) -> float:
        at = self._at.get("q_value")
        if at is None or row[at] == MISSING:
            return math.nan
        value = self._number(row, at, None)
        if not 0 <= value <= 1:
            raise self._table.error(f"{self._name(at)} is '{shorten(row[at], 30)}'; give a number from 0 to 1")
        return value

    def _number(self, row: Sequence[str], at: int, missing: float | None) -> float:
        if missing is not None:
            return missing
        try:
            return float(row[at])
        except ValueError:
            return math.nan

    def _name(self, at: int) -> str:
        return shorten(self.columns[at], 40)


def is_site_table(table: TableReader) -> bool:
    """Return whether a table has one row per binding site."""
    return "site_id" in table.columns
