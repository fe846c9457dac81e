"""Plain predictors that every model must be shown beside: seed matches, energies, and what leaks.

``mirna_identity`` and ``target_identity`` know nothing but how often a miRNA or target was positive in the
training part. Where they do well, a model may owe its figures to the split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.negatives.energy import cofold_energy
from mirtools.sequences import reverse_complement
from mirtools.training.data import LabelledPairs, mirna_names

Scores = NDArray[np.float64]
NAMES = ("seed_6mer", "seed_graded", "duplex_energy", "cofold_energy", "mirna_identity", "target_identity")


def baseline_scores(training: LabelledPairs, tested: LabelledPairs) -> Iterator[tuple[str, Scores]]:
    """Yield name and scores (larger = more likely an interaction) of every baseline on ``tested``."""
    grades = seed_grades(tested.mirnas, tested.sites)
    yield "seed_6mer", (grades > 0).astype(float)
    yield "seed_graded", grades.astype(float)
    yield "duplex_energy", -duplex_energies(tested.mirnas, tested.sites)
    yield "cofold_energy", -cofold_energies(tested.mirnas, tested.sites)
    yield "mirna_identity", identity_scores(mirna_names(training), training.labels, mirna_names(tested))
    yield "target_identity", identity_scores(training.sites, training.labels, tested.sites)


def seed_grades(mirnas: Sequence[str], sites: Sequence[str]) -> NDArray[np.int64]:
    """Return each pair's best seed match: 0 none, 1 6mer, 2 7mer-A1, 3 7mer-m8, 4 8mer.

    6mer: Watson-Crick pairs of bases 2-7; m8: base 8 too; A1: an A opposite base 1 (Bartel 2009).
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


def duplex_energies(mirnas: Sequence[str], sites: Sequence[str]) -> Scores:
    """Return ViennaRNA's duplex energies (pairs between the two strands only), kcal/mol."""
    import RNA

    # U, not T: the bonus of special loops is looked up by their letters
    rna = [(mirna.replace("T", "U"), site.replace("T", "U")) for mirna, site in zip(mirnas, sites, strict=True)]
    return np.array([RNA.duplexfold(mirna, site).energy for mirna, site in rna], np.float64)


def cofold_energies(mirnas: Sequence[str], sites: Sequence[str]) -> Scores:
    """Return ViennaRNA's energies of both strands folded together, kcal/mol."""
    return np.array([cofold_energy(mirna, site) for mirna, site in zip(mirnas, sites, strict=True)], np.float64)


def identity_scores(known: Sequence[str], labels: NDArray[np.uint8], asked: Sequence[str]) -> Scores:
    """Return the share of positives that each name had among the known pairs, drawn towards the overall share."""
    total: Counter[str] = Counter(known)
    positive: Counter[str] = Counter(name for name, label in zip(known, labels.tolist(), strict=True) if label)
    prior = float(labels.mean())
    return np.array([(positive[name] + prior) / (total[name] + 1) for name in asked], np.float64)
