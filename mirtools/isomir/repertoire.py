"""The interactions and isomiRs of a classified table as arrays, for statistics and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.io.tables import ISOMIR_TYPES, MISSING, TableReader

_BIT = {name: 1 << bit for bit, name in enumerate(ISOMIR_TYPES)}


class Interactions(NamedTuple):
    """Classified interactions, column by column.

    Attributes
    ----------
    names : list of str
        miRNAs by number.
    sequences : list of str
        Observed miRNA parts by number.
    mirna, sequence : array of int
    types : array of int
        One bit for each of ``ISOMIR_TYPES``; 0 is the exact miRNA.
    reads : array of int
        Distinct reads.
    target : array of int, or None
        Number of the transcript, if known.
    start, end : array of int, or None
        Aligned part of the target, 0-based and half-open, if known.
    """

    names: list[str]
    sequences: list[str]
    mirna: NDArray[Any]
    sequence: NDArray[Any]
    types: NDArray[Any]
    reads: NDArray[Any]
    target: NDArray[Any] | None
    start: NDArray[Any] | None
    end: NDArray[Any] | None

    def isomirs(self) -> Isomirs:
        """Return the distinct observed miRNAs, by miRNA and sequence."""
        key = self.mirna.astype(np.int64) * max(len(self.sequences), 1) + self.sequence
        _, first, of = np.unique(key, return_index=True, return_inverse=True)
        return Isomirs(
            self.names,
            self.sequences,
            self.mirna[first],
            self.sequence[first],
            self.types[first],
            np.bincount(of, minlength=len(first)),
            # float64 is exact up to 2^53 reads
            np.bincount(of, self.reads, len(first)).astype(np.int64),
        )


class Isomirs(NamedTuple):
    """Distinct observed miRNAs, exact ones and isomiRs; columns as in :class:`Interactions`.

    Attributes
    ----------
    pairs : array of int
        Interactions of each.
    """

    names: list[str]
    sequences: list[str]
    mirna: NDArray[Any]
    sequence: NDArray[Any]
    types: NDArray[Any]
    pairs: NDArray[Any]
    reads: NDArray[Any]

    def numbers(self) -> dict[tuple[str, str], int]:
        """Return the number of each by miRNA name and sequence."""
        pairs = zip(self.mirna.tolist(), self.sequence.tolist(), strict=True)
        return {(self.names[mirna], self.sequences[part]): at for at, (mirna, part) in enumerate(pairs)}


def type_mask(types: Sequence[str]) -> int:
    """Return the bits of types.

    >>> type_mask(["5p_deletion", "SNP"])
    66
    """
    return sum(_BIT[name] for name in types)


def type_names(mask: int) -> str:
    """Return the types of a mask as written in the table; ``.`` for the exact miRNA."""
    return ",".join(name for name, bit in _BIT.items() if mask & bit) or MISSING


def read_isomirs(path: str) -> Isomirs:
    """Read the observed miRNAs of a table that isomir-classify wrote.

    Raises
    ------
    InputError
        If columns of isomir-classify are missing, or types are unknown.
    """
    reader = TableReader(path)
    if any(reader.find(name) is None for name in ("mirna_id", "mirna_seq", "isomir_types")):
        problem = "is not classified (no column isomir_types); run isomir-classify on it first"
        raise InputError(problem, source=path, line=1)
    mirna, sequence, types, n_reads = (
        reader.find(n) for n in ("mirna_id", "mirna_seq", "isomir_types", "n_reads")
    )
    assert mirna is not None
    assert sequence is not None
    assert types is not None
    found: dict[tuple[str, str], list[int]] = {}
    for cells in reader:
        cell = cells[types]
        given = [] if cell == MISSING else cell.split(",")
        if bad := next((name for name in given if name not in _BIT), None):
            raise reader.error(f"isomir_types has '{shorten(bad, 30)}'; give types of isomir-classify")
        reads = reader.whole_number(cells, n_reads) if n_reads is not None else 1
        item = found.setdefault((cells[mirna], reader.dna(cells, sequence)), [type_mask(given), 0, 0])
        item[1] += 1
        item[2] += reads
    names = {name: number for number, name in enumerate(dict.fromkeys(name for name, _ in found))}
    parts = {part: number for number, part in enumerate(dict.fromkeys(part for _, part in found))}
    columns = np.array(list(found.values()), np.int64).reshape(-1, 3)
    return Isomirs(
        list(names),
        list(parts),
        np.array([names[name] for name, _ in found], np.int64),
        np.array([parts[part] for _, part in found], np.int64),
        columns[:, 0],
        columns[:, 1],
        columns[:, 2],
    )
