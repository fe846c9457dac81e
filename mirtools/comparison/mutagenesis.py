"""Comparison of importances with measured effects of mutated bases (second paper: 3.2, Table 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.comparison.statistics import pearson, spearman
from mirtools.comparison.tables import Comparison
from mirtools.errors import InputError, shorten
from mirtools.io.tables import MISSING, TableReader

COLUMNS = "label mirna site_seq pairs positions runs pearson spearman run_pearson_mean run_pearson_sd".split()
# with fewer positions a correlation is meaningless
_FEWEST = 3
_LONGEST = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Assay:
    """Measured effects of mutations on the binding of one miRNA.

    Attributes
    ----------
    mirna : str
        Name or sequence, as in the file.
    site : str
        DNA letters, 5'->3', or "" for all sites of the miRNA.
    ranges : list of (int, int)
        First and last base, 1-based, to which each value belongs.
    values : list of float
    """

    mirna: str
    site: str
    ranges: list[tuple[int, int]]
    values: list[float]


@dataclass(frozen=True)
class Measured:
    """An assay and the importances of its pairs.

    Attributes
    ----------
    assay : Assay
    pairs : int
        Number of pairs of the miRNA (and site), over which importances are averaged.
    ranges : list of (int, int)
        Ranges on which all sets have importances.
    values : ndarray of shape (ranges,), float64
    importances : ndarray of shape (tables, ranges), float64
    means : ndarray of shape (sets, ranges), float64
    """

    assay: Assay
    pairs: int
    ranges: list[tuple[int, int]]
    values: Floats
    importances: Floats
    means: Floats

    @property
    def pearsons(self) -> list[float]:
        """Pearson's correlation of each set with the assay."""
        return [_correlation(pearson, row, self.values) for row in self.means]


def read_assays(path: str) -> list[Assay]:
    """Read measured effects: a table with ``position``, ``value``, and ``mirna_id`` or ``mirna_seq``.

    A position is a base of the miRNA from its 5' end, 1-based, or a range such as ``11-20`` for a value measured
    for all of these bases together. With ``site_seq`` an assay is for this site only.

    Raises
    ------
    InputError
        For invalid positions or values, a position that occurs twice, and an empty table.
    """
    reader = TableReader(path, ("position", "value"))
    name = reader.find("mirna_id")
    column = reader.index("mirna_seq") if name is None else name
    site_column = reader.find("site_seq")
    position, value = reader.index("position"), reader.index("value")
    assays: dict[tuple[str, str], Assay] = {}
    for row in reader:
        mirna = row[column] if name is not None else reader.dna(row, column)
        bare = site_column is None or row[site_column] in ("", MISSING)
        site = "" if site_column is None or bare else reader.dna(row, site_column)
        assay = assays.setdefault((mirna, site), Assay(mirna, site, [], []))
        bases = _bases(row[position], reader)
        if bases in assay.ranges:
            raise reader.error(f"position {row[position]} occurs twice for one miRNA and site; give one value")
        assay.ranges.append(bases)
        try:
            number = float(row[value])
        except ValueError:
            number = float("nan")
        if not abs(number) < 1e100:
            raise reader.error(f"value is '{shorten(row[value], 30)}'; give a number")
        assay.values.append(number)
    if not assays:
        raise InputError("holds no measured value; give rows with position and value", source=path)
    return list(assays.values())


def measure(comparison: Comparison, assays: Sequence[Assay], dropped: Counter[str]) -> list[Measured]:
    """Combine assays with importances; assays without a pair and positions without a base count as dropped."""
    found = []
    for assay in assays:
        chosen = [
            at
            for at, ((mirna, site), name) in enumerate(zip(comparison.pairs, comparison.names, strict=True))
            if assay.mirna in (mirna, name) and assay.site in ("", site)
        ]
        if not chosen:
            dropped["assays_without_a_pair"] += 1
            continue
        values = comparison.values[:, chosen].mean(1)
        importances = np.full((len(values), len(assay.ranges)), np.nan)
        for number, (first, last) in enumerate(assay.ranges):
            part = values[:, first - 1 : last]
            known = ~np.isnan(part)
            # a range beyond the miRNA's end means the bases that exist
            if part.size and known.any(1).all():
                importances[:, number] = np.where(known, part, 0).sum(1) / known.sum(1)
        kept = ~np.isnan(importances).any(0)
        if beyond := int((~kept).sum()):
            dropped["assay_positions_beyond_the_mirna"] += beyond
        importances = importances[:, kept]
        found.append(
            Measured(
                assay,
                len(chosen),
                [bases for bases, keep in zip(assay.ranges, kept.tolist(), strict=True) if keep],
                np.array(assay.values, np.float64)[kept],
                importances,
                np.array([importances[own].mean(0) for own in comparison.runs]),
            )
        )
    return found


def mutagenesis_rows(comparison: Comparison, measured: Sequence[Measured]) -> Iterator[list[str]]:
    """Yield the correlations of importances with measured effects, with COLUMNS, assay by assay."""
    for one in measured:
        for at, (label, own) in enumerate(zip(comparison.labels, comparison.runs, strict=True)):
            by_run = [_correlation(pearson, one.importances[table], one.values) for table in own]
            several = len(own) > 1
            yield [
                label,
                one.assay.mirna,
                one.assay.site or MISSING,
                str(one.pairs),
                str(len(one.ranges)),
                str(len(own)),
                _cell(one.pearsons[at]),
                _cell(_correlation(spearman, one.means[at], one.values)),
                _cell(float(np.mean(by_run))) if several else MISSING,
                _cell(float(np.std(by_run, ddof=1))) if several else MISSING,
            ]


def _correlation(function: Callable[[Floats, Floats], float], first: Floats, second: Floats) -> float:
    return float("nan") if len(first) < _FEWEST else function(first, second)


def _bases(text: str, reader: TableReader) -> tuple[int, int]:
    first, dash, last = text.replace("\u2013", "-").partition("-")
    if not dash:
        last = first
    good = all(part.isascii() and part.isdigit() and len(part) <= 3 for part in (first, last))
    if not good or not 1 <= int(first) <= int(last) <= _LONGEST:
        raise reader.error(
            f"position is '{shorten(text, 20)}'; give a base such as 3, counted from 1, or a range such as 11-20"
        )
    return int(first), int(last)


def _cell(value: float) -> str:
    return MISSING if value != value else f"{value:.4f}"
