"""From labelled pairs to a model with honest figures: the split, the trainings, the evaluation."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mirtools.models.modelfile import Model
from mirtools.training.checkpoint import Checkpoint
from mirtools.training.data import LabelledPairs, require_both_labels
from mirtools.training.evaluation import MODEL, Figures, evaluate, mean_figures, table_rows
from mirtools.training.fit import Epoch, Trained, TrainingOptions, train
from mirtools.training.splits import Groups, folds, group_pairs, hold_out

THRESHOLD = 0.5


@dataclass(frozen=True)
class Design:
    """How the pairs are divided.

    Attributes
    ----------
    grouping : str
        What must not be on both sides of a split, see :func:`mirtools.training.splits.group_pairs`.
    hold_out : float
        Share of pairs that the model never sees and is judged by; 0 for none.
    folds : int
        Of the cross-validation; 0 for none. The final model is then trained on all pairs.
    validation : float
        Share of the remaining pairs that decides when to stop; 0 for none.
    """

    grouping: str = "target"
    hold_out: float = 0.2
    folds: int = 0
    validation: float = 0.1


Watch = Callable[[str, Epoch], None]


@dataclass
class Outcome:
    """What an experiment gives.

    Attributes
    ----------
    model : Model
    history : list of (str, Trained)
        Every training by its name: ``fold_1``..., ``final``.
    rows : list of list of str
        The figures as a table (:data:`mirtools.training.evaluation.TABLE_COLUMNS`).
    metrics : dict
        The same as plain data, with the sizes of the parts.
    """

    model: Model
    history: list[tuple[str, Trained]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)


def run_experiment(
    pairs: LabelledPairs,
    design: Design,
    options: TrainingOptions,
    name: str,
    checkpoints: str | None = None,
    watch: Watch = lambda part, epoch: None,
) -> Outcome:
    """Train and evaluate as ``design`` says.

    Parameters
    ----------
    name : str
        Of the model.
    checkpoints : str, optional
        Folder of the checkpoints, one subfolder a training.
    watch : callable
        Called with the name of the training and every epoch.

    Raises
    ------
    InputError
        Where a part has pairs of one label only, or groups cannot be divided so.
    """
    groups = group_pairs(pairs, design.grouping)
    outcome = Outcome(Model({}, name))
    outcome.metrics = {
        "pairs": len(pairs),
        "positives": int(pairs.labels.sum()),
        "groups": int(groups.max()) + 1,
        "largest_group": int(np.bincount(groups).max()),
    }

    def fit(part: str, chosen: Groups) -> Trained:
        """Train on the chosen pairs, a part of them held back to decide when to stop."""
        learned, watched = chosen, None
        if design.validation:
            held = hold_out(np.unique(groups[chosen], return_inverse=True)[1], design.validation, options.seed)
            learned, watched = chosen[~held], pairs.subset(chosen[held])
            require_both_labels(watched.labels, "validation part")
        training = pairs.subset(learned)
        require_both_labels(training.labels, "training part")
        checkpoint = None
        if checkpoints is not None:
            identity = options.described() | {
                "training": training.checksum(),
                "validation": watched.checksum() if watched else None,
            }
            del identity["epochs"]  # a finished training may be asked to go on
            checkpoint = Checkpoint(os.path.join(checkpoints, part), identity)
        trained = train(training, watched, options, checkpoint, lambda epoch: watch(part, epoch))
        outcome.history.append((part, trained))
        return trained

    everything = np.arange(len(pairs))
    if design.folds:
        _cross_validate(pairs, folds(groups, design.folds, options.seed), fit, options.seed, outcome)
    held_out = hold_out(groups, design.hold_out, options.seed) if design.hold_out else np.zeros(len(pairs), bool)
    tested, rest = pairs.subset(everything[held_out]), everything[~held_out]
    if design.hold_out:
        require_both_labels(tested.labels, "held-out part")
    final = fit("final", rest)
    if design.hold_out:
        figures = evaluate(final.weights, THRESHOLD, pairs.subset(rest), tested, options.seed)
        _record(outcome, "held_out", tested, figures)
    outcome.model = Model(
        final.weights,
        name,
        THRESHOLD,
        training={
            **options.described(),
            "grouping": design.grouping,
            "hold_out": design.hold_out,
            "validation": design.validation,
            "data_sha256": pairs.checksum(),
            "pairs": len(pairs),
            "epoch": final.epoch,
        },
        metrics=_rounded({part: figures[MODEL] for part, figures in outcome.metrics.get("figures", {}).items()}),
    )
    return outcome


def _cross_validate(
    pairs: LabelledPairs, fold_of: Groups, fit: Callable[[str, Groups], Trained], seed: int, outcome: Outcome
) -> None:
    parts = [np.flatnonzero(fold_of == number) for number in range(int(fold_of.max()) + 1)]
    for number, part in enumerate(parts, 1):
        require_both_labels(pairs.labels[part], f"fold {number}")
    figures: list[dict[str, Figures]] = []
    for number, part in enumerate(parts, 1):
        rest = np.flatnonzero(fold_of != number - 1)
        trained = fit(f"fold_{number}", rest)
        tested = pairs.subset(part)
        figures.append(evaluate(trained.weights, THRESHOLD, pairs.subset(rest), tested, seed))
        _record(outcome, f"fold_{number}", tested, figures[-1])
    _record(outcome, "mean_of_folds", pairs, mean_figures(figures))


def _record(outcome: Outcome, part: str, tested: LabelledPairs, figures: dict[str, Figures]) -> None:
    positives = int(tested.labels.sum())
    outcome.rows += table_rows(part, len(tested), positives, figures)
    outcome.metrics.setdefault("parts", {})[part] = {"pairs": len(tested), "positives": positives}
    outcome.metrics.setdefault("figures", {})[part] = figures


def _rounded(figures: dict[str, Figures]) -> dict[str, Figures]:
    return {part: {key: round(value, 4) for key, value in values.items()} for part, values in figures.items()}
