"""Plain predictors of a pair: seed match and folding energies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.negatives import energy
from mirtools.negatives.parallel import in_order
from mirtools.sequences import reverse_complement

Scores = NDArray[np.float64]


def seed_grades(mirnas: Sequence[str], sites: Sequence[str]) -> NDArray[np.int64]:
    """Return each pair's best seed match: 0 none, 1 6mer, 2 7mer-A1, 3 7mer-m8, 4 8mer.

    6mer: Watson-Crick pairs of bases 2-7; m8: base 8 too; A1: an A opposite base 1 (Bartel 2009).

    Parameters
    ----------
    mirnas, sites : sequence of str
        DNA letters, 5'->3'.
    """
    return np.array([_seed_grade(mirna, site) for mirna, site in zip(mirnas, sites, strict=True)], np.int64)


def _seed_grade(mirna: str, site: str) -> int:
    if len(mirna) < 7 or "N" in mirna[1:7]:
        return 0
    six = reverse_complement(mirna[1:7])
    if six not in site:
        return 0
    seven = reverse_complement(mirna[1:8]) if len(mirna) > 7 else None
    if seven and seven in site:
        return 4 if seven + "A" in site else 3
    return 2 if six + "A" in site else 1


def duplex_energies(mirnas: Sequence[str], sites: Sequence[str], threads: int = 1) -> Scores:
    """Return ViennaRNA's duplex energies (pairs between the two strands only), kcal/mol, shape ``(n,)``."""
    return np.array(list(in_order(_duplex, zip(mirnas, sites, strict=True), threads)), np.float64)


def cofold_energies(mirnas: Sequence[str], sites: Sequence[str], threads: int = 1) -> Scores:
    """Return ViennaRNA's energies of both strands folded together, kcal/mol, shape ``(n,)``."""
    return np.array(list(energy.cofold_energies(zip(mirnas, sites, strict=True), threads)), np.float64)


def _duplex(pair: tuple[str, str]) -> float:
    return energy.duplex_energy(*pair)
