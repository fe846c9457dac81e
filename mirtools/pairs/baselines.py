"""Plain predictors that every other is to be compared with: seed matches, energies, and what a split remembers.

All are known by the names in :data:`BASELINES`, in tables, figures and options alike:

- ``site_type``: no seed match, 6mer, 7mer-A1, 7mer-m8, 8mer, as numbers from 0 to 4; each type alone is 1 for it
  and stronger ones;
- ``duplex_energy``, ``cofold_energy``: ViennaRNA's, without and with pairs within either strand;
- ``mirna_identity``, ``site_identity``: the share of positives that a miRNA, or the bases of a site, had among the
  training pairs. They know nothing else: if they do well, a model may owe its figures to the split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.pairs.energy import cofold_energies, duplex_energies
from mirtools.pairs.site_types import seed_match
from mirtools.pairs.table import LabelledPairs

Scores = NDArray[np.float64]
Watch = Callable[[Iterable[float]], Iterator[float]]

SITE_TYPE = "site_type"
SEED_GRADES = {"6mer": 1, "7mer-A1": 2, "7mer-m8": 3, "8mer": 4}
ENERGIES = ("duplex_energy", "cofold_energy")
IDENTITIES = ("mirna_identity", "site_identity")
BASELINES = (SITE_TYPE, *SEED_GRADES, *ENERGIES, *IDENTITIES)


def baseline_scores(
    name: str, pairs: LabelledPairs, training: LabelledPairs | None = None, threads: int = 1, watch: Watch = iter
) -> Scores:
    """Return the scores of a baseline, shape ``(n,)``; larger = more likely an interaction.

    Parameters
    ----------
    name : str
        Of :data:`BASELINES`.
    pairs : LabelledPairs
        With sequences; their labels are not looked at.
    training : LabelledPairs, optional
        What the identities learn from; they need it.
    threads : int
        For the energies.
    watch : callable
        Passes energies on and shows progress.
    """
    if name == SITE_TYPE:
        return seed_grades(pairs.mirnas, pairs.sites).astype(np.float64)
    if name in SEED_GRADES:
        return (seed_grades(pairs.mirnas, pairs.sites) >= SEED_GRADES[name]).astype(np.float64)
    if name in ENERGIES:
        energies = duplex_energies if name == "duplex_energy" else cofold_energies
        found = watch(energies(zip(pairs.mirnas, pairs.sites, strict=True), threads))
        return -np.fromiter(found, np.float64, len(pairs))
    if training is None:
        raise ValueError(f"{name} needs the pairs of the training")
    if name == "mirna_identity":
        return identity_scores(training.mirna_names(), training.labels, pairs.mirna_names())
    return identity_scores(training.sites, training.labels, pairs.sites)


def identity_scores(known: Sequence[str], labels: NDArray[np.uint8], asked: Sequence[str]) -> Scores:
    """Return the share of positives that each name had among the known pairs, drawn towards the overall share."""
    total: Counter[str] = Counter(known)
    positive: Counter[str] = Counter(name for name, label in zip(known, labels.tolist(), strict=True) if label)
    prior = float(labels.mean())
    return np.array([(positive[name] + prior) / (total[name] + 1) for name in asked], np.float64)


def seed_grades(mirnas: Sequence[str], sites: Sequence[str]) -> NDArray[np.int64]:
    """Return each pair's best seed match: 0 none, 1 6mer, 2 7mer-A1, 3 7mer-m8, 4 8mer.

    See :mod:`mirtools.pairs.site_types`.

    Parameters
    ----------
    mirnas, sites : sequence of str
        DNA letters, 5'->3'.
    """
    types = (seed_match(mirna, site).site_type for mirna, site in zip(mirnas, sites, strict=True))
    return np.array([SEED_GRADES.get(each, 0) for each in types], np.int64)
