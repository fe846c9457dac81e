"""A run of dmiso-train: trains a model on labelled pairs and evaluates it on held-out pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, NamedTuple, TextIO

from mirtools.errors import UsageError
from mirtools.io.tables import write_table
from mirtools.models.base import Family
from mirtools.models.bundled import resolve_model
from mirtools.models.composition import most_stored
from mirtools.models.keras import Regularization, require
from mirtools.models.modelfile import save_model
from mirtools.pairs.grouping import read_families
from mirtools.runlog import RunLog
from mirtools.training.choose import family_to_train, learner_of
from mirtools.training.data import read_labelled_rows
from mirtools.training.evaluation import TABLE_COLUMNS, score_rows
from mirtools.training.experiment import Design, Setting, check_start, run_experiment
from mirtools.training.fit import Epoch, Trained
from mirtools.training.options import TrainingOptions
from mirtools.training.progress import TrainingProgress
from mirtools.training.settings import TrainSettings

_BACKGROUND_PAIRS = 200
# fields that settings and options share
_RECIPE = (
    "epochs patience batch_size learning_rate decay_after weight_decay clip_norm positive_weight fresh_negatives "
    "abundance seed"
).split()

History = Sequence[tuple[str, Trained]]


class TrainOutputs(NamedTuple):
    """Open outputs; all but the first two are optional.

    Attributes
    ----------
    model : BinaryIO
    figures : TextIO
        The results as a table.
    metrics : TextIO
        The results as JSON.
    history : TextIO
        Losses and validation results of every epoch.
    scores : TextIO
        The table of pairs with scores from the model for which they were held out.
    curves : callable
        Draws the learning curves.
    """

    model: BinaryIO
    figures: TextIO
    metrics: TextIO | None = None
    history: TextIO | None = None
    scores: TextIO | None = None
    curves: Callable[[History], None] | None = None


def train_model(
    settings: TrainSettings, outputs: TrainOutputs, log: RunLog, progress: TrainingProgress | None = None
) -> None:
    """Train, evaluate and write a model.

    Parameters
    ----------
    settings : TrainSettings
    outputs : TrainOutputs
    log : RunLog
        Gains counts, the metrics, and all options of the training.
    progress : TrainingProgress, optional

    Raises
    ------
    MissingExtraError
        If TensorFlow is not installed.
    UsageError
        For options that exclude each other.
    InputError
        For tables and models that cannot be used, and pairs that cannot be split by the settings.
    """
    require("tensorflow", "scipy")
    start = None if settings.start is None else resolve_model(settings.start)
    family, architecture = family_to_train(settings, start)
    options = training_options(settings, family, architecture)
    if start is not None:
        check_start(start, family, str(settings.start))
    kept = _background_pairs(settings.background_pairs, family)
    log.facts["training"] = options.described() | {"architecture": architecture, "background_pairs": kept}
    families = read_families(settings.families) if settings.families else {}
    design = _design(settings, options, families)
    pairs, columns, rows = read_labelled_rows(settings.labelled, family.knows_abundance, family.encoder)
    log.counts.update(pairs=len(pairs), positives=int(pairs.labels.sum()))
    setting = Setting(family, pairs, options, families, start, settings.checkpoint, kept)
    if progress is None:
        outcome = run_experiment(setting, design, settings.name, threads=log.threads)
    else:
        progress.begin(options.epochs, design.folds + 1)
        outcome = run_experiment(setting, design, settings.name, progress.watch, log.threads)
    save_model(outcome.model, outputs.model)
    write_table(outputs.figures, TABLE_COLUMNS, outcome.rows)
    log.facts["metrics"] = outcome.metrics
    if outputs.metrics is not None:
        outputs.metrics.write(json.dumps(outcome.metrics, indent=2) + "\n")
    write_table(outputs.history, ("part", *Epoch._fields), _history_rows(outcome.history))
    if outputs.scores is not None:
        scored = score_rows(columns, rows, outcome.scores, outcome.roles, outcome.model.threshold)
        write_table(outputs.scores, next(scored), scored)
    if outputs.curves is not None:
        outputs.curves(outcome.history)


def training_options(settings: TrainSettings, family: Family, architecture: str) -> TrainingOptions:
    """Return the options of a training; those that settings do not give are the family's.

    Raises
    ------
    UsageError
        For options that exclude each other.
    """
    learner = learner_of(family)
    defaults = learner.defaults
    own = defaults.regularization
    dropout = own.dropout
    if settings.dropout is not None:
        if len(settings.dropout) != learner.dropouts:
            rates = "three rates" if learner.dropouts == 3 else "one rate"
            raise UsageError(f"argument --dropout: give {rates} for --architecture {architecture}")
        first, second, last = (0.0, 0.0, *settings.dropout)[-3:]
        dropout = first, second, last
    linear = settings.decay == "linear"
    if settings.decay is None:
        linear = defaults.linear_decay and not settings.decay_after
    given = {name: value for name in _RECIPE if (value := getattr(settings, name)) is not None}
    l1 = own.l1 if settings.l1 is None else settings.l1
    options = replace(defaults, **given, linear_decay=linear, regularization=Regularization(l1, dropout))
    if options.patience and settings.validation == 0:
        raise UsageError("early stopping needs validation pairs; give --validation SHARE, or --patience 0")
    if options.decay_after and not options.patience and not settings.validation:
        raise UsageError("--decay-after needs validation pairs; give --validation SHARE")
    if options.decay_after and linear:
        raise UsageError("--decay-after and --decay linear both change the learning rate; choose one")
    return options


def _design(settings: TrainSettings, options: TrainingOptions, families: dict[str, str]) -> Design:
    hold_out, validation = settings.hold_out, settings.validation
    if hold_out is None:
        hold_out = 0.0 if settings.cross_validate or settings.half_of_mirnas else 0.2
    if validation is None:
        validation = 0.1 if options.patience else 0.0
    return Design(
        settings.group or ("mirna" if settings.half_of_mirnas else "target"),
        hold_out,
        settings.half_of_mirnas,
        settings.cross_validate or 0,
        validation,
        families,
    )


def _background_pairs(wanted: int | None, family: Family) -> int:
    """Return the number of pairs to store in the model; raises UsageError if they do not fit into its file."""
    most = most_stored(family)
    if wanted is not None and wanted > most:
        raise UsageError(f"argument --background-pairs: at most {most:,} pairs fit into the file of such a model")
    return min(_BACKGROUND_PAIRS, most) if wanted is None else wanted


def _history_rows(history: History) -> Iterator[list[str]]:
    for part, trained in history:
        for line in trained.history:
            figures = ["." if value != value else f"{value:.6f}" for value in line[1:]]
            yield [part, str(line.epoch), *figures]
