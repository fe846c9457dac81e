"""Experiments: splitting labelled pairs, training models, and evaluating them on held-out pairs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.processes import one_process_each
from mirtools.errors import InputError
from mirtools.models import composition
from mirtools.models.base import Family, Model
from mirtools.pairs.grouping import Groups, folds, group_pairs, half_of_groups, hold_out
from mirtools.pairs.repairing import FreshNegatives
from mirtools.pairs.table import LabelledPairs, require_both_labels
from mirtools.training.checkpoint import Checkpoint
from mirtools.training.epochs import TrainingPairs
from mirtools.training.evaluation import MODEL, START, Figures, evaluate, mean_figures, model_scores, table_rows
from mirtools.training.fit import Event, Trained, train
from mirtools.training.options import TrainingOptions

THRESHOLD = 0.5
FINAL = "final"
Watch = Callable[[str, Event], None]


@dataclass(frozen=True)
class Design:
    """How the pairs are split.

    Attributes
    ----------
    grouping : str
        The groups that a split does not divide, see :func:`mirtools.pairs.grouping.group_pairs`.
    hold_out : float
        Share of pairs that are held out to evaluate the model; 0 for none.
    half_of_groups : bool
        Hold out half of the groups instead, however many pairs they have.
    folds : int
        Number of folds of the cross-validation; 0 for none. With folds, the final model is trained on all pairs.
    validation : float
        Share of the remaining pairs that decide when to stop; 0 for none.
    families : mapping of str to str
        Family of a miRNA by its name.
    """

    grouping: str = "target"
    hold_out: float = 0.2
    half_of_groups: bool = False
    folds: int = 0
    validation: float = 0.1
    families: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One training: its training pairs, validation pairs (which decide when it stops), and test pairs.

    Attributes
    ----------
    name : str
        ``fold_1``... or ``final``.
    training, validation, tested : ndarray of intp
        Indices of pairs, disjoint; ``validation`` and ``tested`` may be empty.
    """

    name: str
    training: Groups
    validation: Groups
    tested: Groups


@dataclass
class Outcome:
    """The results of an experiment.

    Attributes
    ----------
    model : Model
    history : list of (str, Trained)
        Every training by its name: ``fold_1``..., ``final``.
    rows : list of list of str
        The results as a table (:data:`mirtools.training.evaluation.TABLE_COLUMNS`).
    metrics : dict
        The results as plain data, with the sizes of the parts.
    roles : list of str, one per pair
        The role of each pair: ``fold_1``... (tested by that fold), ``held_out``, ``validation`` or ``training``
        (of the final model).
    scores : ndarray of float32, shape (n,)
        The score of each pair by the model for which it was held out, or else by the final model.
    """

    model: Model
    history: list[tuple[str, Trained]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    scores: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class Setting:
    """The data and options that all trainings of an experiment share.

    Attributes
    ----------
    family : Family
        The family and architecture of the models.
    pairs : LabelledPairs
    options : TrainingOptions
    families : mapping of str to str
        Family of a miRNA by its name.
    start : Model, optional
        The trained model to begin with.
    checkpoints : str, optional
        Folder of the checkpoints, with one subfolder per training.
    background_pairs : int
        Number of training pairs to store in the model, for explanations.
    """

    family: Family
    pairs: LabelledPairs
    options: TrainingOptions
    families: Mapping[str, str] = field(default_factory=dict)
    start: Model | None = None
    checkpoints: str | None = None
    background_pairs: int = 200

    def train(self, part: Part, watch: Callable[[Event], None]) -> Trained:
        """Train the model of a part."""
        pairs, options = self.pairs, self.options
        validation = pairs.subset(part.validation) if len(part.validation) else None
        fresh = None
        if options.fresh_negatives:
            fresh = FreshNegatives(pairs, part.training, options.fresh_negatives, options.seed, self.families)
        checkpoint = None
        if self.checkpoints is not None:
            identity = options.described() | {
                "training": pairs.subset(part.training).checksum(),
                "validation": validation.checksum() if validation else None,
                "start": self.start.checksum if self.start else None,
            }
            if fresh:
                families = json.dumps(sorted(self.families.items()))
                identity["fresh"] = [pairs.checksum(), hashlib.sha256(families.encode()).hexdigest()]
            identity["model"] = [self.family.architecture, self.family.described()]
            if not options.linear_decay:
                del identity["epochs"]  # a finished training may be resumed with more epochs
            checkpoint = Checkpoint(os.path.join(self.checkpoints, part.name), identity)
        start = None if self.start is None else self.start.weights
        training = TrainingPairs(pairs, part.training, fresh)
        return train(self.family, training, validation, options, checkpoint, watch, start)


def check_start(model: Model, family: Family, path: str) -> None:
    """Check that a training of a family can begin with a model.

    Raises
    ------
    InputError
        If it uses abundances and the family does not.
    """
    if model.family.knows_abundance and not family.knows_abundance:
        raise InputError("uses abundances; add --abundance", source=path)


def run_experiment(
    setting: Setting,
    design: Design,
    name: str,
    watch: Watch = lambda part, event: None,
    threads: int = 1,
) -> Outcome:
    """Train and evaluate by ``design``.

    Parameters
    ----------
    setting : Setting
    design : Design
    name : str
        Name of the model.
    watch : callable
        Called with the name of a training and its events.
    threads : int
        Trainings at a time, each in a process of its own with one thread, so that weights do not depend on it.

    Raises
    ------
    InputError
        If a part has only pairs of one label, or groups cannot be split by the design.
    """
    pairs, options = setting.pairs, setting.options
    groups = group_pairs(pairs, design.grouping, design.families)
    parts = divide(pairs, groups, design, options.seed)
    trained = train_parts(setting, parts, watch, threads)
    outcome = Outcome(
        Model(setting.family, {}, name), list(zip((part.name for part in parts), trained, strict=True))
    )
    outcome.metrics = {
        "pairs": len(pairs),
        "positives": int(pairs.labels.sum()),
        "groups": int(groups.max()) + 1,
        "largest_group": int(np.bincount(groups).max()),
    }
    _evaluate(setting, parts, trained, outcome)
    metrics = {part: figures[MODEL] for part, figures in outcome.metrics.get("figures", {}).items()}
    training = _training_facts(setting, design, parts[-1], trained[-1])
    outcome.model = Model(setting.family, trained[-1].weights, name, THRESHOLD, training, _rounded(metrics))
    return outcome


def divide(pairs: LabelledPairs, groups: Groups, design: Design, seed: int) -> list[Part]:
    """Return the trainings of an experiment, the final one last; every part has both labels.

    Raises
    ------
    InputError
        If that is not possible.
    """
    parts = []
    nothing = np.zeros(0, np.intp)
    if design.folds:
        fold_of = folds(groups, design.folds, seed)
        tests = [np.flatnonzero(fold_of == number) for number in range(design.folds)]
        for number, tested in enumerate(tests, 1):
            require_both_labels(pairs.labels[tested], f"fold {number}")
        parts = [
            _part(f"fold_{number}", np.flatnonzero(fold_of != number - 1), tested, pairs, groups, design, seed)
            for number, tested in enumerate(tests, 1)
        ]
    held = np.zeros(len(pairs), bool)
    if design.half_of_groups:
        held = half_of_groups(groups, seed)
    elif design.hold_out:
        held = hold_out(groups, design.hold_out, seed)
    tested = np.flatnonzero(held)
    if len(tested):
        require_both_labels(pairs.labels[tested], "held-out part")
    return [
        *parts,
        _part(FINAL, np.flatnonzero(~held), tested if len(tested) else nothing, pairs, groups, design, seed),
    ]


def _part(
    name: str, rest: Groups, tested: Groups, pairs: LabelledPairs, groups: Groups, design: Design, seed: int
) -> Part:
    """Return a part with validation pairs taken from the rest."""
    training, validation = rest, rest[:0]
    if design.validation:
        held = hold_out(np.unique(groups[rest], return_inverse=True)[1].ravel(), design.validation, seed)
        training, validation = rest[~held], rest[held]
        require_both_labels(pairs.labels[validation], "validation part")
    require_both_labels(pairs.labels[training], "training part")
    return Part(name, training, validation, tested)


def train_parts(setting: Setting, parts: list[Part], watch: Watch, threads: int) -> list[Trained]:
    """Train the parts, ``threads`` at a time; returns the results in the order of the parts."""
    # the final one has most pairs, so it is started first
    order = sorted(range(len(parts)), key=lambda number: -len(parts[number].training) if threads > 1 else 0)
    trained = one_process_each(
        setting.train,
        [parts[number] for number in order],
        threads,
        lambda part, event: watch(part.name, event),
        lambda part: f"training {part.name}",
    )
    return [result for _, result in sorted(zip(order, trained, strict=True), key=lambda item: item[0])]


def _evaluate(setting: Setting, parts: list[Part], trained: list[Trained], outcome: Outcome) -> None:
    """Set results, roles and scores of the outcome."""
    pairs = setting.pairs
    roles = np.full(len(pairs), "training", object)
    family, start = setting.family, setting.start
    outcome.scores = np.array(model_scores(family, trained[-1].weights, pairs))
    roles[parts[-1].validation] = "validation"
    folds_figures = []
    for part, result in zip(parts, trained, strict=True):
        if not len(part.tested):
            continue
        tested = pairs.subset(part.tested)
        scores = {MODEL: model_scores(family, result.weights, tested)}
        outcome.scores[part.tested] = scores[MODEL]
        if start is not None:
            scores[START] = model_scores(start.family, start.weights, tested)
        rest = pairs.subset(np.union1d(part.training, part.validation))
        figures = evaluate(scores, THRESHOLD, rest, tested, setting.options.seed)
        role = "held_out" if part.name == FINAL else part.name
        roles[part.tested] = role
        _record(outcome, role, tested, figures)
        if part.name != FINAL:
            folds_figures.append(figures)
    if folds_figures:
        _record(outcome, "mean_of_folds", pairs, mean_figures(folds_figures))
    outcome.roles = roles.tolist()


def _record(outcome: Outcome, part: str, tested: LabelledPairs, figures: dict[str, Figures]) -> None:
    positives = int(tested.labels.sum())
    outcome.rows += table_rows(part, len(tested), positives, figures)
    outcome.metrics.setdefault("parts", {})[part] = {"pairs": len(tested), "positives": positives}
    outcome.metrics.setdefault("figures", {})[part] = figures


def _training_facts(setting: Setting, design: Design, part: Part, trained: Trained) -> dict[str, Any]:
    """Return the facts about the training of the final model for its file."""
    start, options = setting.start, setting.options
    training = setting.pairs.subset(part.training)
    return {
        **options.described(),
        "grouping": design.grouping,
        "hold_out": design.hold_out,
        "half_of_groups": design.half_of_groups,
        "validation": design.validation,
        "data_sha256": setting.pairs.checksum(),
        "pairs": len(setting.pairs),
        "epoch": trained.epoch,
        **({} if start is None else {"start": start.name, "start_sha256": start.checksum}),
        **composition.training_facts(
            training.mirnas, training.sites, setting.family.encoder, setting.background_pairs, options.seed
        ),
    }


def _rounded(figures: dict[str, Figures]) -> dict[str, Figures]:
    return {part: {key: round(value, 4) for key, value in values.items()} for part, values in figures.items()}
