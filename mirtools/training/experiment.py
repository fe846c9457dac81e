"""From labelled pairs to a model with honest figures: the split, the trainings, the evaluation."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.models import abundance, composition, dmiso
from mirtools.models.encoder import encoder_of
from mirtools.models.modelfile import Model
from mirtools.models.network import Network
from mirtools.training.checkpoint import Checkpoint
from mirtools.training.data import LabelledPairs, require_both_labels
from mirtools.training.evaluation import MODEL, START, Figures, evaluate, mean_figures, model_scores, table_rows
from mirtools.training.fit import Event, Trained, TrainingOptions, train
from mirtools.training.fresh import FreshNegatives
from mirtools.training.lessons import Lessons
from mirtools.training.splits import Groups, folds, group_pairs, half_of_groups, hold_out

THRESHOLD = 0.5
FINAL = "final"
Watch = Callable[[str, Event], None]


@dataclass(frozen=True)
class Design:
    """How the pairs are divided.

    Attributes
    ----------
    grouping : str
        What must not be on both sides of a split, see :func:`mirtools.training.splits.group_pairs`.
    hold_out : float
        Share of pairs that the model never sees and is judged by; 0 for none.
    half_of_groups : bool
        Half of the groups are held out instead, however many pairs they have.
    folds : int
        Of the cross-validation; 0 for none. The final model is then trained on all pairs.
    validation : float
        Share of the remaining pairs that decides when to stop; 0 for none.
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
    """One training: what it learns from, what decides when it stops, and what it is judged by.

    Attributes
    ----------
    name : str
        ``fold_1``... or ``final``.
    learned, watched, tested : ndarray of intp
        Places among the pairs, apart from each other; ``watched`` and ``tested`` may be empty.
    """

    name: str
    learned: Groups
    watched: Groups
    tested: Groups


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
    roles : list of str, one a pair
        What each pair was to the trainings that are judged: ``fold_1``... (tested by that fold), ``held_out``,
        ``validation`` or ``training`` (of the final model).
    scores : ndarray of float32, shape (n,)
        The score that each pair got from the model that did not see it; of the final model for the others.
    """

    model: Model
    history: list[tuple[str, Trained]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    scores: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class Setting:
    """What all trainings of an experiment share.

    Attributes
    ----------
    pairs : LabelledPairs
    options : TrainingOptions
    families : mapping of str to str
    start : Model, optional
        The trained model to begin with.
    checkpoints : str, optional
        Folder of the checkpoints, one subfolder a training.
    architecture : str
    network : Network, optional
        What is trained, on pairing matrices; DMISO without one.
    background_pairs : int
        How many of the pairs that it learned from the model keeps, for explanations.
    """

    pairs: LabelledPairs
    options: TrainingOptions
    families: Mapping[str, str] = field(default_factory=dict)
    start: Model | None = None
    checkpoints: str | None = None
    architecture: str = dmiso.NAME
    network: Network | None = None
    background_pairs: int = 200

    def train(self, part: Part, watch: Callable[[Event], None]) -> Trained:
        """Train a part."""
        pairs, options = self.pairs, self.options
        watched = pairs.subset(part.watched) if len(part.watched) else None
        fresh = None
        if options.fresh_negatives:
            fresh = FreshNegatives(pairs, part.learned, options.fresh_negatives, options.seed, self.families)
        checkpoint = None
        if self.checkpoints is not None:
            identity = options.described() | {
                "training": pairs.subset(part.learned).checksum(),
                "validation": watched.checksum() if watched else None,
                "start": self.start.checksum if self.start else None,
            }
            if fresh:
                families = json.dumps(sorted(self.families.items()))
                identity["fresh"] = [pairs.checksum(), hashlib.sha256(families.encode()).hexdigest()]
            if self.network is not None:
                identity["network"] = self.network.described()
            if not options.linear_decay:
                del identity["epochs"]  # a finished training may be asked to go on
            checkpoint = Checkpoint(os.path.join(self.checkpoints, part.name), identity)
        start = None if self.start is None else self.start.weights
        lessons = Lessons(pairs, part.learned, fresh)
        return train(lessons, watched, options, checkpoint, watch, start, self.network)


def check_start(model: Model, options: TrainingOptions, path: str) -> None:
    """Check that a training can begin with a model.

    Raises
    ------
    InputError
        Where it knows abundance and the training does not, or cannot learn it.
    """
    if model.network is not None and options.abundance:
        raise InputError("is a network on pairing matrices, which cannot know abundances", source=path)
    if abundance.knows_abundance(model.weights) and not options.abundance:
        raise InputError("knows abundances; add --abundance to go on with it", source=path)


def run_experiment(
    setting: Setting,
    design: Design,
    name: str,
    watch: Watch = lambda part, event: None,
    train_parts: Callable[[Setting, list[Part], Watch], list[Trained]] | None = None,
) -> Outcome:
    """Train and evaluate as ``design`` says.

    Parameters
    ----------
    setting : Setting
    design : Design
    name : str
        Of the model.
    watch : callable
        Told the name of a training and what happens in it.
    train_parts : callable, optional
        Trains all parts and returns the results in their order; one after the other by default.

    Raises
    ------
    InputError
        Where a part has pairs of one label only, or groups cannot be divided so.
    """
    pairs, options = setting.pairs, setting.options
    groups = group_pairs(pairs, design.grouping, design.families)
    parts = divide(pairs, groups, design, options.seed)
    trained = (train_parts or one_by_one)(setting, parts, watch)
    outcome = Outcome(Model({}, name), list(zip((part.name for part in parts), trained, strict=True)))
    outcome.metrics = {
        "pairs": len(pairs),
        "positives": int(pairs.labels.sum()),
        "groups": int(groups.max()) + 1,
        "largest_group": int(np.bincount(groups).max()),
    }
    _judge(setting, parts, trained, outcome)
    final = trained[-1]
    outcome.model = Model(
        final.weights,
        name,
        THRESHOLD,
        training={
            **options.described(),
            "grouping": design.grouping,
            "hold_out": design.hold_out,
            "half_of_groups": design.half_of_groups,
            "validation": design.validation,
            "data_sha256": pairs.checksum(),
            "pairs": len(pairs),
            "epoch": final.epoch,
            **_origin(setting.start),
            **_kept(setting, parts[-1]),
        },
        metrics=_rounded({part: figures[MODEL] for part, figures in outcome.metrics.get("figures", {}).items()}),
        architecture=abundance.NAME if options.abundance else setting.architecture,
        network=setting.network,
    )
    return outcome


def divide(pairs: LabelledPairs, groups: Groups, design: Design, seed: int) -> list[Part]:
    """Return the trainings of an experiment, the final one last; every part has both labels.

    Raises
    ------
    InputError
        Where that is not possible.
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
    """Hold back a part of the pairs to decide when to stop."""
    learned, watched = rest, rest[:0]
    if design.validation:
        held = hold_out(np.unique(groups[rest], return_inverse=True)[1].ravel(), design.validation, seed)
        learned, watched = rest[~held], rest[held]
        require_both_labels(pairs.labels[watched], "validation part")
    require_both_labels(pairs.labels[learned], "training part")
    return Part(name, learned, watched, tested)


def one_by_one(setting: Setting, parts: list[Part], watch: Watch) -> list[Trained]:
    """Train the parts one after the other."""

    def told(part: Part) -> Callable[[Event], None]:
        return lambda event: watch(part.name, event)

    return [setting.train(part, told(part)) for part in parts]


def _judge(setting: Setting, parts: list[Part], trained: list[Trained], outcome: Outcome) -> None:
    """Fill in figures, roles and scores."""
    pairs = setting.pairs
    roles = np.full(len(pairs), "training", object)
    network = setting.network
    outcome.scores = np.array(model_scores(trained[-1].weights, pairs, network))
    roles[parts[-1].watched] = "validation"
    folds_figures = []
    for part, result in zip(parts, trained, strict=True):
        if not len(part.tested):
            continue
        tested = pairs.subset(part.tested)
        scores = {MODEL: model_scores(result.weights, tested, network)}
        outcome.scores[part.tested] = scores[MODEL]
        if setting.start is not None:
            scores[START] = model_scores(setting.start.weights, tested, network)
        rest = pairs.subset(np.union1d(part.learned, part.watched))
        figures = evaluate(scores, THRESHOLD, rest, tested, setting.options.seed)
        shown = "held_out" if part.name == FINAL else part.name
        roles[part.tested] = shown
        _record(outcome, shown, tested, figures)
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


def _origin(start: Model | None) -> dict[str, Any]:
    return {} if start is None else {"start": start.name, "start_sha256": start.checksum}


def _kept(setting: Setting, part: Part) -> dict[str, Any]:
    """Return what the model keeps of the pairs that it learned from."""
    learned = setting.pairs.subset(part.learned)
    encoder = encoder_of(setting.network)
    return composition.training_facts(
        learned.mirnas, learned.sites, encoder, setting.background_pairs, setting.options.seed
    )


def _rounded(figures: dict[str, Figures]) -> dict[str, Figures]:
    return {part: {key: round(value, 4) for key, value in values.items()} for part, values in figures.items()}
