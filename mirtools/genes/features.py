"""What the model knows of a site: one number per site and feature, from its type, region, context and miRNA.

All features are 0 for an average site, so that the weight of a type is the affinity of an average site of this
type, and every other weight says how a property changes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.context import CONTEXT
from mirtools.pairs.site_types import CANONICAL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UTR5, CDS, UTR3 = range(3)
REGION_NAMES = ("5'UTR", "CDS", "3'UTR")
# Types of sites with an effect, by region; measured effects of all others are no larger than their errors
EFFECTIVE = {UTR5: CANONICAL[:2], CDS: CANONICAL[:4], UTR3: CANONICAL}
TYPE_FEATURES = tuple(f"{REGION_NAMES[region]} {kind}" for region, kinds in EFFECTIVE.items() for kind in kinds)

# Free energy of two neighbouring pairs, kcal/mol at 37 degrees C, by two bases of the miRNA 5'->3' (Turner 2004)
_STACKS = {
    "AA": -0.93, "TT": -0.93, "AT": -1.10, "TA": -1.33, "CT": -2.08, "AG": -2.08, "CA": -2.11, "TG": -2.11,
    "GT": -2.24, "AC": -2.24, "GA": -2.35, "TC": -2.35, "CG": -2.36, "GG": -3.26, "CC": -3.26, "GC": -3.42,
}  # fmt: skip
# Mean over small RNAs of the stability of their seeds, kcal/mol
_MEAN_STABILITY = -12.5


class Described(NamedTuple):
    """Sites of any number of miRNAs and what is known of them; one entry per site in each array.

    Attributes
    ----------
    mirna : array of int64
        Positions in the lists of stabilities and bases.
    kind : array of int64
        Positions in ``SITE_TYPES``.
    region : array of int64
        ``UTR5``, ``CDS`` or ``UTR3``.
    context : array of float32, shape (n, 14)
        From :func:`mirtools.genes.context.describe_sites`.
    utr3_length, cds_length : array of int64
        Of the transcript, nt.
    stability : array of float64, shape (miRNAs,)
        From :func:`seed_stability`.
    first_base, eighth_base : array of int64, shape (miRNAs,)
        Codes of bases 1 and 8, A T C G as 0 to 3.
    """

    mirna: Ints
    kind: Ints
    region: Ints
    context: NDArray[np.float32]
    utr3_length: Ints
    cds_length: Ints
    stability: Floats
    first_base: Ints
    eighth_base: Ints


def seed_stability(mirna: str) -> float:
    """Return the free energy of the stacks of pairs of miRNA bases 2-8, kcal/mol; N adds nothing.

    >>> round(seed_stability("TGAGGTAGTAGGTTGTATAGTT"), 2)
    -12.12
    """
    return sum(_STACKS.get(mirna[at : at + 2], 0.0) for at in range(1, 7))


def has_effect(kind: Ints, region: Ints) -> NDArray[np.bool_]:
    """Return which sites have an effect in the model, by type and region."""
    found = np.zeros(len(kind), bool)
    for where, kinds in EFFECTIVE.items():
        found |= (region == where) & (kind < len(kinds))
    return found


def site_features(sites: Described) -> dict[str, Floats]:
    """Return the features of sites, each an array of shape ``(n,)``, by name."""
    found = dict(_types(sites))
    found.update(_context(sites, sites.region == UTR3, "3'UTR"))
    found.update(_context(sites, sites.region == CDS, "CDS"))
    found.update(_lengths_and_places(sites))
    found.update(_bases(sites))
    found["seed stability"] = (sites.stability[sites.mirna] - _MEAN_STABILITY) / 3
    return found


def design(sites: Described, names: Iterable[str]) -> Floats:
    """Return the features of sites in the order of ``names``, shape ``(n, features)``."""
    found = site_features(sites)
    return np.stack([found[name] for name in names], axis=1)


def _column(sites: Described, name: str) -> Floats:
    return sites.context[:, CONTEXT.index(name)].astype(np.float64)


def _types(sites: Described) -> Iterable[tuple[str, Floats]]:
    for region, kinds in EFFECTIVE.items():
        for number, kind in enumerate(kinds):
            yield f"{REGION_NAMES[region]} {kind}", ((sites.region == region) & (sites.kind == number)) * 1.0


def _context(sites: Described, inside: NDArray[np.bool_], region: str) -> Iterable[tuple[str, Floats]]:
    within: Floats = inside.astype(np.float64)
    for name in ("au_upstream", "au_downstream", "au_wide", "up_1", "up_2", "down_1", "down_2"):
        yield f"{region} {name}", within * (_column(sites, name) - 0.5)
    yield f"{region} supplementary", within * np.maximum(0, _column(sites, "supplementary") - 1.5)


def _lengths_and_places(sites: Described) -> Iterable[tuple[str, Floats]]:
    utr3, cds = sites.region == UTR3, sites.region == CDS
    # tens of thousands of nt are as rare as some tens
    utr3_length = np.log10(np.clip(sites.utr3_length, 50, 20_000)) - 3
    cds_length = np.log10(np.clip(sites.cds_length, 100, 20_000)) - 3
    before, after = _column(sites, "to_start"), _column(sites, "to_end")
    yield "3'UTR length of 3'UTR", utr3 * utr3_length
    yield "3'UTR length of CDS", utr3 * cds_length
    yield "CDS length of 3'UTR", cds * utr3_length
    yield "CDS length of CDS", cds * cds_length
    yield "3'UTR nearer end", utr3 * (np.log10(np.maximum(np.minimum(before, after), 10)) - 2.5)
    yield "3'UTR near stop codon", utr3 * (before < 15) * 1.0
    yield "3'UTR near 3' end", utr3 * (after < 15) * 1.0
    yield "CDS to stop codon", cds * (np.log10(np.maximum(after, 10)) - 2.5)
    yield "neighbours", np.minimum(_column(sites, "neighbours"), 2)


def _bases(sites: Described) -> Iterable[tuple[str, Floats]]:
    opposite_first, opposite_eighth = _column(sites, "anchor_base"), _column(sites, "eighth_base")
    yield "T opposite base 1", (opposite_first == 1) * 1.0
    yield "C opposite base 1", (opposite_first == 2) * 1.0
    without_eighth = (sites.kind == 2) | (sites.kind == 3)
    for code, letter in enumerate("ATC"):
        yield f"{letter} opposite base 8", (without_eighth & (opposite_eighth == code)) * 1.0
    for letter, code in (("A", 0), ("C", 2), ("G", 3)):
        yield f"base 1 {letter}", (sites.first_base[sites.mirna] == code) * 1.0
        yield f"base 8 {letter}", (sites.eighth_base[sites.mirna] == code) * 1.0
