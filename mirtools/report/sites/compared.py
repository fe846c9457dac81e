"""Reads what sites-compare found: how sites, pairs, miRNAs or genes change between conditions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mirtools.errors import InputError, shorten
from mirtools.io.samplesheet import file_stem
from mirtools.io.tables import MISSING, TableReader
from mirtools.report.sites.statistics import SIGNIFICANT

# What a row can be, by the columns that name it; the first that a table has. A gene is its identifier if known.
_KINDS = (
    ("site", ("site_id",)),
    ("pair", ("mirna_id", "gene_id")),
    ("pair", ("mirna_id", "gene_name")),
    ("miRNA", ("mirna_id",)),
    ("gene", ("gene_id",)),
    ("gene", ("gene_name",)),
)
# where the names of miRNA and gene are
_SHOWN = (("mirna_id",), ("gene_name", "gene_id"))
_NUMBERS = "base_mean log2_fold_change lower upper p_value q_value".split()
_NEEDED = {"log2_fold_change", "q_value"}


class Change(NamedTuple):
    """One row of a comparison; numbers that are missing are not a number.

    Attributes
    ----------
    key : tuple of str
        The cells that name what changes, in the order of the columns in :attr:`Comparison.named_by`.
    mirna, gene : str
        Names to show; empty if the table does not have them.
    base_mean : float
        Mean normalised count.
    log2_fold_change, lower, upper : float
        With the ends of its interval.
    p_value, q_value : float
    cells : tuple of str
        Fold change and q-value as in the table.
    """

    key: tuple[str, ...]
    mirna: str
    gene: str
    base_mean: float
    log2_fold_change: float
    lower: float
    upper: float
    p_value: float
    q_value: float
    cells: tuple[str, str]

    @property
    def significant(self) -> bool:
        """Whether the q-value is below ``SIGNIFICANT``."""
        return self.q_value < SIGNIFICANT and not math.isnan(self.log2_fold_change)


@dataclass(frozen=True)
class Comparison:
    """A table of sites-compare.

    Attributes
    ----------
    name : str
        The contrast, or the name of the file.
    kind : {"site", "pair", "miRNA", "gene"}
        What a row is.
    named_by : tuple of str
        The columns that name it.
    changes : list of Change
        The smallest q-value first, then the smallest p-value, then the largest change.
    """

    name: str
    kind: str
    named_by: tuple[str, ...]
    changes: list[Change]

    @property
    def up(self) -> int:
        """Number of significant increases."""
        return sum(change.significant and change.log2_fold_change > 0 for change in self.changes)

    @property
    def down(self) -> int:
        """Number of significant decreases."""
        return sum(change.significant and change.log2_fold_change < 0 for change in self.changes)


def read_comparisons(paths: Sequence[str]) -> list[Comparison]:
    """Read tables of sites-compare.

    Raises
    ------
    InputError
        For a table that names neither sites nor miRNAs nor genes, lacks the columns log2_fold_change and q_value,
        names something twice, or has a cell that is not a number but should be.
    """
    return [_read(path) for path in paths]


def _read(path: str) -> Comparison:
    table = TableReader(path)
    kind, named_by = next((each for each in _KINDS if set(each[1]) <= set(table.columns)), ("", ()))
    if not kind:
        problem = "has no column site_id, mirna_id or gene_id; give a table of sites-compare"
        raise InputError(problem, source=path, line=1)
    lacking = [name for name in _NUMBERS if name in _NEEDED and name not in table.columns]
    if lacking:
        raise InputError(f"has no column {lacking[0]}; give a table of sites-compare", source=path, line=1)
    keys = [table.columns.index(name) for name in named_by]
    shown = [[table.columns.index(name) for name in names if name in table.columns] for names in _SHOWN]
    at = {name: table.columns.index(name) for name in _NUMBERS if name in table.columns}
    contrast = table.columns.index("contrast") if "contrast" in table.columns else None
    changes: dict[tuple[str, ...], Change] = {}
    name = file_stem(path)
    for row in table:
        key = tuple(row[place] for place in keys)
        if key in changes:
            raise table.error(f"{shorten(' '.join(key), 60)} occurs twice; compare one contrast in a table")
        base_mean, fold, lower, upper, p_value, q_value = (_number(table, row, at.get(each)) for each in _NUMBERS)
        cells = row[at["log2_fold_change"]], row[at["q_value"]]
        mirna, gene = (next((row[place] for place in places if row[place] != MISSING), "") for places in shown)
        changes[key] = Change(key, mirna, gene, base_mean, fold, lower, upper, p_value, q_value, cells)
        if contrast is not None:
            name = row[contrast]
    ordered = sorted(changes.values(), key=_order)
    return Comparison(name, kind, named_by, ordered)


def _order(change: Change) -> tuple[float, float, float, tuple[str, ...]]:
    q_value, p_value = (math.inf if math.isnan(value) else value for value in (change.q_value, change.p_value))
    size = 0.0 if math.isnan(change.log2_fold_change) else -abs(change.log2_fold_change)
    return q_value, p_value, size, change.key


def _number(table: TableReader, row: Sequence[str], at: int | None) -> float:
    if at is None or row[at] in (MISSING, "", "NA", "nan"):
        return math.nan
    try:
        value = float(row[at])
    except ValueError:
        value = math.inf
    if math.isinf(value):
        raise table.error(f"{table.columns[at]} is '{shorten(row[at], 30)}'; give a number")
    return value
