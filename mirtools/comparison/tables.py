"""Alignments of the same pairs by several models, explainers or runs (second paper: 3.5, Figure 7)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.classes.vectors import IMPORTANCES, read_numbers
from mirtools.errors import UsageError, shorten
from mirtools.io.streams import COMPRESSED_SUFFIXES
from mirtools.io.tables import MISSING, TableReader

GAP = "-"
NO_PARTNER = -1

Floats = NDArray[np.float64]
Partners = NDArray[np.int32]
Duplex = tuple[str, str]
Passing = Callable[[Iterable[list[str]]], Iterable[list[str]]]


class Source(NamedTuple):
    """A table and its set; tables with the same label are runs of one set."""

    label: str
    path: str


@dataclass(frozen=True)
class AlignedTable:
    """One table of alignments.

    Attributes
    ----------
    rows : dict of (str, str) to int
        Row number of every pair, by miRNA and site in DNA letters, 5'->3'.
    names : list of str
        ``mirna_id`` of each row; ``.`` if missing.
    values : ndarray of shape (rows, length), float64
        Importance by base of the miRNA, 5'->3'; NaN after its end.
    partners : ndarray of shape (rows, length), int32, or None
        0-based base of the site aligned to each base of the miRNA, -1 for none; ``None`` if the table has no
        alignments.
    aligned : ndarray of shape (rows,), bool
        Rows with an alignment.
    """

    rows: dict[Duplex, int]
    names: list[str]
    values: Floats
    partners: Partners | None
    aligned: NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """The pairs that are in all tables, and their alignments.

    Attributes
    ----------
    labels : list of str
        Names of the sets, in the order of their first table.
    runs : list of list of int
        Indices of the tables of each set.
    pairs : list of (str, str)
        miRNA and site, 5'->3', in the order of the first table.
    names : list of str
        ``mirna_id`` of each pair; ``.`` if missing.
    values : ndarray of shape (tables, pairs, length), float64
        Importances on the chosen scale; NaN after the miRNA's end.
    partners : list of ndarray of shape (pairs, length), or None
        Aligned bases, by table.
    """

    labels: list[str]
    runs: list[list[int]]
    pairs: list[Duplex]
    names: list[str]
    values: Floats
    partners: list[Partners | None]

    @cached_property
    def means(self) -> Floats:
        """Importances of each set, the mean over its runs: shape ``(sets, pairs, length)``."""
        return np.array([self.values[own].mean(0) for own in self.runs]).reshape(
            len(self.runs), *self.values.shape[1:]
        )


def parse_sources(texts: Sequence[str], other: str | None = None) -> list[Source]:
    """Return the tables named on a command line, ``LABEL=FILE`` or ``FILE``.

    The label of a file without one is its name without folder and suffixes; ``other`` is another input file.

    Raises
    ------
    UsageError
        For an empty label or file name, and standard input named twice.
    """
    sources = []
    for text in texts:
        label, equals, path = text.partition("=")
        # text before "=" that contains a folder is part of a file name
        if not equals or os.sep in label:
            label, path = _stem(text), text
        if not label.strip() or not path or any(not letter.isprintable() for letter in label):
            raise UsageError(f"'{shorten(text, 60)}' has no label or no file name; write LABEL=FILE")
        sources.append(Source(label, path))
    if [*(source.path for source in sources), other].count("-") > 1:
        raise UsageError("standard input is named for two files; name all but one")
    return sources


def read_aligned(path: str, length: int, dropped: Counter[str], passing: Passing = iter) -> AlignedTable:
    """Read a table with mirna_seq, site_seq and mirna_importance, as attrib-align writes it.

    Parameters
    ----------
    path : str
    length : int
        Number of bases of a miRNA to compare.
    dropped : collections.Counter
        Counts repeated pairs, which are dropped.
    passing : callable
        Called with the rows; yields them.

    Raises
    ------
    InputError
        For importances or alignments that do not fit their pair, and as TableReader.
    """
    reader = TableReader(path, ("mirna_seq", "site_seq", IMPORTANCES))
    mirna_column, site_column, column = map(reader.index, ("mirna_seq", "site_seq", IMPORTANCES))
    name_column = reader.find("mirna_id")
    drawn = reader.find("aligned_target"), reader.find("aligned_mirna")
    rows: dict[Duplex, int] = {}
    names: list[str] = []
    aligned: list[bool] = []
    values: list[Floats] = []
    partners: list[Partners] = []
    for row in passing(reader):
        pair = reader.dna(row, mirna_column), reader.dna(row, site_column)
        if pair in rows:
            dropped["pairs_that_occur_again"] += 1
            continue
        try:
            numbers = read_numbers(row[column], IMPORTANCES) or []
            if len(numbers) > len(pair[0]):
                bases = len(pair[0])
                raise ValueError(f"{IMPORTANCES} has {len(numbers)} numbers for {bases} bases; give one per base")
            if drawn[0] is not None and drawn[1] is not None:
                partners.append(partners_of(row[drawn[0]], row[drawn[1]], *pair, length))
        except ValueError as error:
            raise reader.error(str(error)) from error
        rows[pair] = len(names)
        names.append(MISSING if name_column is None else row[name_column])
        aligned.append(any(numbers))
        known = np.full(length, np.nan)
        known[: len(numbers)] = numbers[:length]
        values.append(known)
    has_partners = None not in drawn
    return AlignedTable(
        rows,
        names,
        np.array(values, np.float64).reshape(-1, length) + 0.0,
        np.array(partners, np.int32).reshape(-1, length) if has_partners else None,
        np.array(aligned, np.bool_),
    )


def partners_of(aligned_site: str, aligned_mirna: str, mirna: str, site: str, length: int) -> Partners:
    """Return the 0-based base of the site aligned to each of the miRNA's first ``length`` bases, -1 for none.

    Parameters
    ----------
    aligned_site, aligned_mirna : str
        Site 5'->3' above miRNA 3'->5', with gaps; both ``.`` or empty without an alignment. For a model with a
        short input, they may be the middle of the pair's site and the beginning of its miRNA.
    mirna, site : str
        5'->3'.
    length : int

    Raises
    ------
    ValueError
        If the lines differ in length, or do not hold the pair's bases.
    """
    partners = np.full(length, NO_PARTNER, np.int32)
    if aligned_site in ("", MISSING) and aligned_mirna in ("", MISSING):
        return partners
    if len(aligned_site) != len(aligned_mirna):
        raise ValueError(
            "aligned_target and aligned_mirna differ in length; give them as attrib-align writes them"
        )
    upper, lower = (line.upper().replace("U", "T") for line in (aligned_site, aligned_mirna))
    bare_site, bare_mirna = upper.replace(GAP, ""), lower.replace(GAP, "")[::-1]
    if not mirna.startswith(bare_mirna):
        raise ValueError("aligned_mirna holds other bases than mirna_seq; it is the miRNA 3' to 5', with gaps")
    at = (len(site) - len(bare_site)) // 2
    if at < 0 or not site.startswith(bare_site, at):
        at = site.find(bare_site)
    if at < 0:
        raise ValueError("aligned_target holds other bases than site_seq; it is the site 5' to 3', with gaps")
    base = len(bare_mirna) - 1
    for above, below in zip(upper, lower, strict=True):
        if above != GAP and below != GAP and base < length:
            partners[base] = at
        at += above != GAP
        base -= below != GAP
    return partners


def compare(
    sources: Sequence[Source], tables: Sequence[AlignedTable], scale: str, dropped: Counter[str]
) -> Comparison:
    """Combine the pairs that are in all tables.

    Parameters
    ----------
    sources : sequence of Source
    tables : sequence of AlignedTable
        One per source.
    scale : {"row", "none"}
        ``row``: the importances of a pair are divided by the largest absolute value of their mean over the runs of
        a set, so that all pairs have the same weight; runs of one set keep their differences.
    dropped : collections.Counter
        Counts pairs that are missing, or without an alignment, in any table; they are dropped.
    """
    everywhere = [pair for pair in tables[0].rows if all(pair in table.rows for table in tables[1:])]
    seen = set().union(*(table.rows for table in tables))
    if missing := len(seen) - len(everywhere):
        dropped["pairs_not_in_every_table"] += missing
    pairs = [pair for pair in everywhere if all(table.aligned[table.rows[pair]] for table in tables)]
    if empty := len(everywhere) - len(pairs):
        dropped["pairs_without_alignment"] += empty
    places = [np.array([table.rows[pair] for pair in pairs], np.int64) for table in tables]
    values = np.array([table.values[at] for table, at in zip(tables, places, strict=True)])
    labels = list(dict.fromkeys(source.label for source in sources))
    runs = [[at for at, source in enumerate(sources) if source.label == label] for label in labels]
    if scale == "row" and pairs:
        for own in runs:
            means = np.abs(values[own].mean(0))
            largest = np.where(np.isnan(means), 0, means).max(1)[:, None]
            # the mean is 0 if runs cancel out
            values[own] = values[own] / np.where(largest > 0, largest, 1)
    return Comparison(
        labels,
        runs,
        pairs,
        list(_names(tables, pairs)),
        values,
        [None if table.partners is None else table.partners[at] for table, at in zip(tables, places, strict=True)],
    )


def _names(tables: Sequence[AlignedTable], pairs: Iterable[Duplex]) -> Iterator[str]:
    for pair in pairs:
        names = (table.names[table.rows[pair]] for table in tables)
        yield next((name for name in names if name not in ("", MISSING)), MISSING)


def _stem(path: str) -> str:
    if path == "-":
        return "stdin"
    name = os.path.basename(path)
    head, suffix = os.path.splitext(name)
    if suffix in COMPRESSED_SUFFIXES:
        name = head
    return os.path.splitext(name)[0]
