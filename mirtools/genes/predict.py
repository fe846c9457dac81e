"""Predicts the repression of every target by one miRNA, with every site and its contribution."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.context import describe_sites
from mirtools.genes.features import Described, seed_stability
from mirtools.genes.model import RepressionModel
from mirtools.genes.seeds import FIRST, LAST, SeedTables
from mirtools.genes.targets import Targets
from mirtools.io.encoding import encode
from mirtools.pairs.site_types import SITE_TYPES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Length in the place of that of an unknown coding sequence, nt: its feature is then 0
_TYPICAL_CDS = 1000


class FoundSites(NamedTuple):
    """Sites of one or more miRNAs on targets.

    Attributes
    ----------
    sites : array of int64, shape (n, 4)
        miRNA, target, anchor and type (:mod:`mirtools.genes.seeds`).
    starts, ends : array of int64, shape (n,)
        Bases of the target in the match, 0-based and half-open.
    spans : array of int64, shape (n, 2)
        The region of each site.
    described : Described
    """

    sites: Ints
    starts: Ints
    ends: Ints
    spans: Ints
    described: Described


class Prediction(NamedTuple):
    """The prediction of one miRNA for all targets.

    Attributes
    ----------
    change : array of float64, shape (targets,)
        Predicted log2 fold change, 0 or below.
    by_region : array of float64, shape (targets, 3)
        What the sites of 5'UTR, CDS and 3'UTR contribute.
    counts : array of int64, shape (targets, 3, 11)
        Sites by region and type; for genes, whose isoforms have different weights, means (float64).
    best : array of int64, shape (targets,)
        Position of the site with the strongest contribution, or -1.
    found : FoundSites
        Sorted by target and position.
    log_affinity, contribution : array of float64, shape (sites,)
    """

    change: Floats
    by_region: Floats
    counts: Ints | Floats
    best: Ints
    found: FoundSites
    log_affinity: Floats
    contribution: Floats


def find_sites(mirnas: list[str], targets: Targets) -> FoundSites:
    """Return the sites of miRNAs (DNA letters, 5'->3', 8 nt or more) on targets, with their context."""
    codes = encode(mirnas, max(8, *map(len, mirnas)))
    sites = SeedTables(codes).find(targets.codes, targets.starts)
    target, anchor, kind = sites[:, 1], sites[:, 2], sites[:, 3]
    starts, ends = anchor - FIRST[kind], anchor + LAST[kind]
    edges = targets.edges[target]
    middle = (starts + ends) // 2
    region = (middle >= edges[:, 1]).astype(np.int64) + (middle >= edges[:, 2])
    which = np.arange(len(sites))
    spans = np.stack([edges[which, region], edges[which, region + 1]], axis=1)
    coding = targets.coding[target]
    described = Described(
        sites[:, 0],
        kind,
        region,
        describe_sites(targets.codes, targets.starts, sites, spans, codes),
        edges[:, 3] - edges[:, 2],
        np.where(coding, edges[:, 2] - edges[:, 1], _TYPICAL_CDS),
        np.array([seed_stability(mirna) for mirna in mirnas]),
        codes[:, 0].astype(np.int64),
        codes[:, 7].astype(np.int64),
    )
    return FoundSites(sites, starts, ends, spans, described)


def predict(mirna: str, targets: Targets, model: RepressionModel) -> Prediction:
    """Return the prediction of one miRNA for all targets.

    Parameters
    ----------
    mirna : str
        DNA letters, 5'->3', 8 nt or more.
    """
    found = find_sites([mirna], targets)
    target, region = found.sites[:, 1], found.described.region
    log_affinity, affinity = model.affinities(found.described)
    size = len(targets.names)
    change, contribution = model.changes(affinity, target, size)
    place = target * 3 + region
    by_region: Floats = np.bincount(place, contribution, minlength=3 * size).astype(np.float64)
    types = len(SITE_TYPES) - 1
    counts = np.bincount(place * types + found.described.kind, minlength=3 * types * size)
    best = np.full(size, -1, np.int64)
    # strongest last; of equal ones the first on the target
    order = np.lexsort((-found.starts, -contribution))
    best[target[order]] = order
    best[change == 0] = -1
    by_region = by_region.reshape(size, 3) + 0.0  # no -0
    return Prediction(change, by_region, counts.reshape(size, 3, types), best, found, log_affinity, contribution)
