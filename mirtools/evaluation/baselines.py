"""Plain predictors beside any other; see :mod:`mirtools.pairs.baselines`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from mirtools.errors import UsageError
from mirtools.evaluation.predictors import Predictor
from mirtools.evaluation.programs.output import HIGHER, LOWER
from mirtools.evaluation.score_columns import require_sequences
from mirtools.pairs.baselines import BASELINES, ENERGIES, IDENTITIES, SITE_TYPE, baseline_scores
from mirtools.pairs.table import LabelledPairs

Watch = Callable[[Iterable[float], str, int | None], Iterator[float]]


def baseline_predictors(
    names: Sequence[str], pairs: LabelledPairs, training: LabelledPairs | None, threads: int, watch: Watch
) -> Iterator[Predictor]:
    """Yield baselines by their names, in the order of :data:`mirtools.pairs.baselines.BASELINES`.

    Seed matches say yes and no as well: ``site_type`` to every match, each type alone to it and stronger ones.

    Parameters
    ----------
    names : sequence of str
    pairs : LabelledPairs
        With sequences.
    training : LabelledPairs, optional
        For the two identities.
    threads : int
        Processes for the energies.
    watch : callable
        Passes energies on and shows progress: ``watch(energies, what, total)``.

    Raises
    ------
    UsageError
        If sequences or the training pairs are missing.
    """
    for name in BASELINES:
        if name not in names:
            continue
        require_sequences(pairs, f"the baseline {name}")
        if name in IDENTITIES and training is None:
            raise UsageError(f"the baseline {name} needs the pairs of the training; give --training")

        def watched(energies: Iterable[float], name: str = name) -> Iterator[float]:
            return watch(energies, name, len(pairs))

        scores = baseline_scores(name, pairs, training, threads, watched)
        if name in IDENTITIES:
            yield Predictor(name, "training_share", HIGHER, scores)
        elif name in ENERGIES:
            yield Predictor(name, "energy", LOWER, scores)
        else:
            ranked_by = SITE_TYPE if name == SITE_TYPE else "prediction"
            yield Predictor(name, ranked_by, HIGHER, scores, np.asarray(scores > 0, bool))
