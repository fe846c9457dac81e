"""Counts of what is compared between conditions: sites, pairs, genes, miRNAs or forms of miRNAs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import shorten
from mirtools.io.tables import MISSING, SAMPLE_PREFIX, TableReader

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEYS = {
    "site": ("site_id", "mirna_id", "gene_name", "gene_id", "region"),
    "pair": ("mirna_id", "gene_name", "gene_id"),
    "gene": ("gene_name", "gene_id"),
    "mirna": ("mirna_id",),
    "form": ("mirna_id",),
}
# the names that decide which rows are added
_SAME = {
    "site": ("site_id",),
    "pair": ("mirna_id", "gene_id"),
    "gene": ("gene_id",),
    "mirna": ("mirna_id",),
    "form": ("mirna_id",),
}
_GENES = ("gene_id", "gene_name", "target_id")
# forms as sites-merge --by form names them: hsa-miR-21-5p|exact, hsa-miR-21-5p|iso_5p:+1, hsa-miR-21-5p|UAGC...
_FORM = re.compile(r"\|(exact|iso_[^|]*|[ACGTUN]+)$")
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
# fractions of reads are added as whole numbers, so that sums do not depend on the order of rows
_PARTS = 10**6
_MOST_READS = 10**9


@dataclass(frozen=True)
class Counts:
    """Reads by sample of everything that is compared, in the order of the keys.

    Attributes
    ----------
    columns : tuple of str
        Names of the cells of a key.
    keys : list of tuple of str
    samples : tuple of str
    reads : array of float64, shape (rows, samples)
        Fractions where reads are shared.
    mirna, gene : array of int64, shape (rows,)
        Number of the miRNA and the gene of each row, that changes can be relative to; -1 if unknown.
    libraries : array of float64, shape (sites, samples)
        Reads of all sites, in any order, for the depths of samples.
    dropped : int
        Rows of the table without a gene, if genes are compared.
    """

    columns: tuple[str, ...]
    keys: list[tuple[str, ...]]
    samples: tuple[str, ...]
    reads: Floats
    mirna: Ints
    gene: Ints
    libraries: Floats
    dropped: int = 0


@dataclass
class _Sum:
    """The rows with one key so far: names, miRNA and gene that changes can be relative to, millionths of reads."""

    names: list[str]
    mirna: str
    gene: str
    parts: list[int]

    def add(self, names: Sequence[str], parts: Sequence[int]) -> None:
        self.names = [_first(one, other) for one, other in zip(self.names, names, strict=True)]
        self.parts = [one + other for one, other in zip(self.parts, parts, strict=True)]


def read_counts(path: str, samples: Sequence[str], by: str) -> Counts:
    """Read a table of sites, and add up the reads of each site, pair, gene, miRNA or form.

    A pair is a guide, as the table names it, and a gene. A miRNA is a guide without its form. The gene of a site
    is its ``gene_id``, or if that is missing its ``gene_name``, or its ``target_id``.

    Parameters
    ----------
    path : str
    samples : sequence of str
        Names in columns ``n_reads:NAME``.
    by : {"site", "pair", "gene", "mirna", "form"}

    Raises
    ------
    InputError
        As :class:`mirtools.io.tables.TableReader`; for a sample without a column, a count that is not a number of
        reads, a site that occurs twice, and guides without forms if forms are compared.
    """
    reader = TableReader(path, ["mirna_id", *(["site_id"] if by == "site" else [])])
    sums: dict[tuple[str, ...], _Sum] = {}
    sites: list[list[int]] = []
    dropped = forms = 0
    for cells, parts in _rows(reader, samples, by):
        sites.append(parts)
        guide, plain = cells["mirna_id"], _FORM.sub("", cells["mirna_id"])
        gene = next((name for column in _GENES if (name := cells[column]) != MISSING), MISSING)
        forms += plain != guide
        if by in ("pair", "gene"):
            if gene == MISSING:
                dropped += 1
                continue
            cells["gene_id"] = gene
        elif by == "mirna":
            cells["mirna_id"] = plain
        names = [cells[name] for name in KEYS[by]]
        key = tuple(cells[name] for name in _SAME[by])
        if key not in sums:
            sums[key] = _Sum(names, plain if by == "form" else guide, gene, parts)
        elif by == "site":
            raise reader.error(f"site '{shorten(key[0], 40)}' occurs twice; give one table of sites-merge")
        else:
            sums[key].add(names, parts)
    if by == "form" and sums and not forms:
        raise reader.error("mirna_id names no forms such as hsa-miR-21-5p|exact; merge with sites-merge --by form")
    return _counts(by, sums, samples, sites, dropped)


def _first(one: str, other: str) -> str:
    """Return the name that sorts first, so that it does not depend on the order of rows; missing ones are last."""
    return min((one == MISSING, one), (other == MISSING, other))[1]


def _rows(reader: TableReader, samples: Sequence[str], by: str) -> Iterator[tuple[dict[str, str], list[int]]]:
    """Yield the cells that name a site, and its reads by sample in millionths."""
    at = {name: reader.columns.index(name) for name in {*KEYS["site"], *_GENES} if name in reader.columns}
    at["mirna_id"] = reader.index("mirna_id")
    if by in ("pair", "gene") and not at.keys() & set(_GENES):
        reader.index("gene_id")
    counts = []
    for name in samples:
        if SAMPLE_PREFIX + name not in reader.columns:
            raise reader.error(
                f"has no column {SAMPLE_PREFIX}{shorten(name, 40)}; name samples in the sheet as in the table"
            )
        counts.append(reader.columns.index(SAMPLE_PREFIX + name))
    missing = dict.fromkeys([*KEYS["site"], *_GENES], MISSING)
    for row in reader:
        cells = missing | {name: row[column] or MISSING for name, column in at.items()}
        yield cells, [_parts(reader, row, column) for column in counts]


def _parts(reader: TableReader, row: Sequence[str], column: int) -> int:
    cell = row[column]
    if cell == MISSING:
        return 0
    if not _NUMBER.fullmatch(cell) or float(cell) > _MOST_READS:
        name = shorten(reader.columns[column], 40)
        raise reader.error(f"{name} is '{shorten(cell, 30)}'; give a number of reads from 0 to {_MOST_READS:,}")
    return round(float(cell) * _PARTS)


def _counts(
    by: str,
    sums: dict[tuple[str, ...], _Sum],
    samples: Sequence[str],
    sites: Sequence[Sequence[int]],
    dropped: int,
) -> Counts:
    ordered = sorted(sums.items(), key=lambda item: (item[1].names, item[0]))
    rows = [row for _, row in ordered]
    reads = _reads([row.parts for row in rows], len(samples))
    return Counts(
        KEYS[by],
        [tuple(row.names) for row in rows],
        tuple(samples),
        reads,
        _numbers([row.mirna for row in rows]),
        _numbers([row.gene for row in rows]),
        _reads(sites, len(samples)),
        dropped,
    )


def _reads(parts: Sequence[Sequence[int]], samples: int) -> Floats:
    return np.array(parts, np.float64).reshape(len(parts), samples) / _PARTS


def _numbers(names: Sequence[str]) -> Ints:
    number_of = {name: number for number, name in enumerate(sorted({*names} - {MISSING}))}
    return np.array([number_of.get(name, -1) for name in names], np.int64)
