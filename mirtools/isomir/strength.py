"""Which of several rows of one pair is shown: decided by the content of the rows, never by their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mirtools.interactions import SAMPLE_PREFIX

# What is summed up or recomputed where rows merge tells nothing about the evidence of one of them.
_NO_EVIDENCE = set("pair_id n_reads n_copies mirna_qual mirna_coverage target_coverage".split())

Strength = tuple[float, float, float, list[str]]


def strength_of(columns: Sequence[str]) -> Callable[[Sequence[str]], Strength]:
    """Return the function that ranks rows of a table: the least one has the strongest evidence.

    The smallest product of e-values, then the most bits, then the first rank, then the lesser cells.
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
            product *= _number(cells[place], float("inf"))
        total = sum(_number(cells[place], 0.0) for place in bits)
        first = _number(cells[rank], float("inf")) if rank is not None else 0.0
        return product, -total, first, [cells[place] for place in others]

    return strength


def _number(cell: str, missing: float) -> float:
    try:
        value = float(cell)
    except ValueError:
        return missing
    # what is no number would compare with nothing
    return value if value == value else missing
