"""Ranks the rows of one pair by evidence: by their content, never by their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mirtools.io.tables import SAMPLE_PREFIX, cell_number, cell_order

# Columns that are summed up or recomputed when rows are merged are no evidence for a single row
_NO_EVIDENCE = set("pair_id n_reads n_copies mirna_qual mirna_coverage target_coverage".split())

Strength = tuple[float, float, float, list[tuple[float, str]]]


def strength_of(columns: Sequence[str]) -> Callable[[Sequence[str]], Strength]:
    """Return the function that ranks rows of a table: the row with the smallest key has the strongest evidence.

    The order is by the smallest product of e-values, then the most bits, then the first rank, then the smallest
    cells (numbers by value). :class:`mirtools.chimera.pairtable.PairTable` ranks the reads of a row in the same
    way.
    """
    at = {name: place for place, name in enumerate(columns)}
    evalues = [at[name] for name in ("mirna_evalue", "target_evalue") if name in at]
    bits = [at[name] for name in ("mirna_bits", "target_bits") if name in at]
    rank = at.get("rank")
    others = [
        place for place, name in enumerate(columns) if name not in _NO_EVIDENCE and name[:8] != SAMPLE_PREFIX
    ]

    def strength(cells: Sequence[str]) -> Strength:
        product = 1.0
        for place in evalues:
            product *= cell_number(cells[place], float("inf"))
        total = sum(cell_number(cells[place], 0.0) for place in bits)
        first = cell_number(cells[rank], float("inf")) if rank is not None else 0.0
        return product, -total, first, [cell_order(cells[place]) for place in others]

    return strength


def best_qualities(first: bytes | None, second: bytes | None) -> bytes | None:
    """Return the higher Phred+33 value at each position of two equally long strings; either may be missing.

    A blank, for a base without a value, is lower than every value.

    >>> best_qualities(b"I#", b"5I")
    b'II'
    """
    if first is None or second is None:
        return first or second
    return bytes(map(max, first, second))
