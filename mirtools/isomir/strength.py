"""Which of several rows of one pair is shown: decided by the content of the rows, never by their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mirtools.interactions import SAMPLE_PREFIX, cell_number, cell_order

# What is summed up or recomputed where rows merge tells nothing about the evidence of one of them.
_NO_EVIDENCE = set("pair_id n_reads n_copies mirna_qual mirna_coverage target_coverage".split())

Strength = tuple[float, float, float, list[tuple[float, str]]]


def strength_of(columns: Sequence[str]) -> Callable[[Sequence[str]], Strength]:
    """Return the function that ranks rows of a table: the least one has the strongest evidence.

    The smallest product of e-values, then the most bits, then the first rank, then the lesser cells, numbers by
    value. :class:`mirtools.chimera.pairtable.PairTable` ranks the reads of a row in the same way.
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
