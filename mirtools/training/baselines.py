"""Plain predictors that every model must be shown beside: seed matches, energies, and what leaks.

``mirna_identity`` and ``target_identity`` know nothing but how often a miRNA or target was positive in the
training part. Where they do well, a model may owe its figures to the split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.models.pairing import is_nucleic
from mirtools.negatives.baselines import cofold_energies as cofold_energies
from mirtools.negatives.baselines import duplex_energies as duplex_energies
from mirtools.negatives.baselines import seed_grades as seed_grades
from mirtools.training.data import LabelledPairs, mirna_names

Scores = NDArray[np.float64]
NAMES = ("seed_6mer", "seed_graded", "duplex_energy", "cofold_energy", "mirna_identity", "target_identity")


def baseline_scores(training: LabelledPairs, tested: LabelledPairs) -> Iterator[tuple[str, Scores]]:
    """Yield name and scores (larger = more likely an interaction) of every baseline on ``tested``.

    Of other sequences than DNA and RNA only the identities are told.
    """
    if is_nucleic(tested.alphabet):
        grades = seed_grades(tested.mirnas, tested.sites)
        yield "seed_6mer", (grades > 0).astype(float)
        yield "seed_graded", grades.astype(float)
        yield "duplex_energy", -duplex_energies(tested.mirnas, tested.sites)
        yield "cofold_energy", -cofold_energies(tested.mirnas, tested.sites)
    yield "mirna_identity", identity_scores(mirna_names(training), training.labels, mirna_names(tested))
    yield "target_identity", identity_scores(training.sites, training.labels, tested.sites)


def identity_scores(known: Sequence[str], labels: NDArray[np.uint8], asked: Sequence[str]) -> Scores:
    """Return the share of positives that each name had among the known pairs, drawn towards the overall share."""
    total: Counter[str] = Counter(known)
    positive: Counter[str] = Counter(name for name, label in zip(known, labels.tolist(), strict=True) if label)
    prior = float(labels.mean())
    return np.array([(positive[name] + prior) / (total[name] + 1) for name in asked], np.float64)
