"""Plain predictors to stand beside any other: TargetScan's site types, energies, and what leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import UsageError
from mirtools.evaluation.hits import HIGHER, LOWER
from mirtools.evaluation.pairs import JudgedPairs, require_sequences
from mirtools.evaluation.predictors import Predictor
from mirtools.negatives.energy import cofold_energy
from mirtools.negatives.parallel import in_order
from mirtools.training.baselines import duplex_energies, identity_scores, seed_grades

# a site of this type or a stronger one
SITE_TYPES = {"6mer": 1, "7mer-a1": 2, "7mer-m8": 3, "8mer": 4}
ENERGIES = ("duplex_energy", "cofold_energy")
MEMORIES = ("mirna_frequency", "target_frequency")
BASELINES = ("site_type", *SITE_TYPES, *ENERGIES, *MEMORIES)

Watch = Callable[[Iterable[float], str, int | None], Iterator[float]]


def baseline_predictors(
    names: Sequence[str], pairs: JudgedPairs, training: JudgedPairs | None, threads: int, watch: Watch
) -> Iterator[Predictor]:
    """Yield baselines by their names, in the order of :data:`BASELINES`.

    ``site_type`` ranks no site, 6mer, 7mer-A1, 7mer-m8, 8mer; each type alone says yes to it and stronger ones.
    ``mirna_frequency`` and ``target_frequency`` know nothing but the share of positives that a miRNA, or a site's
    bases, had among the training pairs: where they do well, the split leaks.

    Parameters
    ----------
    names : sequence of str
        Of :data:`BASELINES`.
    pairs : JudgedPairs
        With sequences.
    training : JudgedPairs, optional
        For the two frequencies.
    threads : int
        Processes for the energies.
    watch : callable
        Passes energies on and shows progress: ``watch(energies, what, total)``.

    Raises
    ------
    UsageError
        Where sequences or the training pairs are missing.
    """
    for name in BASELINES:
        if name not in names:
            continue
        require_sequences(pairs, f"the baseline {name}")
        if name in MEMORIES:
            if training is None:
                raise UsageError(f"the baseline {name} needs the pairs of the training; give --training")
            known, asked = (
                (training.mirna_names(), pairs.mirna_names())
                if name == "mirna_frequency"
                else (training.sites, pairs.sites)
            )
            scores = identity_scores(known, training.labels, asked)
            yield Predictor(name, "training_share", HIGHER, scores)
        elif name in ENERGIES:
            function = _duplex if name == "duplex_energy" else _cofold
            tasks = zip(pairs.mirnas, pairs.sites, strict=True)
            found = watch(in_order(function, tasks, threads), name, len(pairs))
            yield Predictor(name, "energy", LOWER, -np.fromiter(found, np.float64, len(pairs)))
        else:
            grades = _grades(pairs)
            if name == "site_type":
                yield Predictor(name, "site_type", HIGHER, grades.astype(np.float64), grades > 0)
            else:
                called = grades >= SITE_TYPES[name]
                yield Predictor(name, "prediction", HIGHER, called.astype(np.float64), called)


def _grades(pairs: JudgedPairs) -> NDArray[np.int64]:
    return seed_grades(pairs.mirnas, pairs.sites)


def _duplex(pair: tuple[str, str]) -> float:
    return float(duplex_energies([pair[0]], [pair[1]])[0])


def _cofold(pair: tuple[str, str]) -> float:
    return cofold_energy(*pair)
