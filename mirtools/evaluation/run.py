"""A run of dmiso-evaluate: predictions in; figures of every predictor out, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TextIO

from mirtools.errors import UsageError
from mirtools.evaluation.assembly import Matching, OwnPredictors, own_predictors, peer_predictors
from mirtools.evaluation.baselines import baseline_predictors
from mirtools.evaluation.judgement import (
    LEAD_COLUMNS,
    PART_KINDS,
    TABLE_COLUMNS,
    Judged,
    as_json,
    judge,
    lead_rows,
    parts_of,
    table_rows,
)
from mirtools.evaluation.leaks import leaks
from mirtools.evaluation.matching import read_utr3_starts
from mirtools.evaluation.predictors import Predictor, require_good_names, with_thresholds
from mirtools.evaluation.programs.output import LOWER, Hit
from mirtools.evaluation.programs.targetscan import read_families
from mirtools.evaluation.score_columns import read_judged
from mirtools.evaluation.settings import EvaluateSettings
from mirtools.io.empty_results import no_rows_hint
from mirtools.io.tables import write_table
from mirtools.pairs.table import LabelledPairs
from mirtools.runlog import RunLog


class EvaluateOutputs(NamedTuple):
    """Where results go, each but the first if it is wanted.

    Attributes
    ----------
    table : TextIO
        The figures.
    differences : TextIO
        The lead of each predictor over the first.
    summary : callable
        Writes what was judged to read, from that, the confidence and warnings.
    figure : callable
        Draws curves, from labels, predictors and what was judged.
    """

    table: TextIO
    differences: TextIO | None = None
    summary: Callable[..., None] | None = None
    figure: Callable[..., None] | None = None


def evaluate(settings: EvaluateSettings, outputs: EvaluateOutputs, log: RunLog) -> list[Judged]:
    """Judge all predictors and write all that is wanted.

    Parameters
    ----------
    settings : EvaluateSettings
    outputs : EvaluateOutputs
    log : RunLog
        Gains counts, figures, what scores are, and warnings of pairs that a training has seen.

    Returns
    -------
    list of Judged
        How good each predictor is in each part.

    Raises
    ------
    InputError
        For tables and outputs of programs that cannot be used.
    UsageError
        If there is nothing to judge, names clash, or an option lacks another.
    """
    threshold = settings.threshold.get("")
    own = own_predictors(
        settings.named_tables, settings.columns, settings.by, settings.positives_only, threshold, settings.only
    )
    pairs = own.pairs
    _note_rows(own, log)
    training = None if settings.training is None else read_judged(settings.training).pairs
    warnings: list[str] = []
    if training is not None:
        log.facts["training"], warnings = leaks(pairs, training)
        for warning in warnings:
            log.say(f"warning: {warning}")
    predictors = [
        *own.predictors,
        *_peers(settings, pairs, log),
        *baseline_predictors(settings.wanted_baselines, pairs, training, log.threads, log.progress),
    ]
    predictors = _ready(predictors, settings, log)
    parts = parts_of(pairs, settings.parts or PART_KINDS, settings.by, training)
    judged = []
    for part, mask in log.progress(parts, "parts", len(parts)):
        judged += judge(pairs, predictors, part, mask, settings.bootstrap)
    by_name = {predictor.name: predictor for predictor in predictors}
    write_table(outputs.table, TABLE_COLUMNS, table_rows(judged, by_name))
    write_table(outputs.differences, LEAD_COLUMNS, lead_rows(judged, predictors[0].name))
    if outputs.summary is not None:
        outputs.summary(judged, settings.confidence, warnings)
    if outputs.figure is not None:
        outputs.figure(pairs.labels, predictors, judged)
    log.counts.update(pairs=len(pairs), positives=int(pairs.labels.sum()))
    log.facts["predictors"] = {
        each.name: {"ranked_by": each.ranked_by, "better": each.better} for each in predictors
    }
    log.facts["figures"] = as_json(judged)
    return judged


def _note_rows(own: OwnPredictors, log: RunLog) -> None:
    if not len(own.pairs):
        log.hints.append("no pair fits --only" if own.left_out else no_rows_hint("the table"))
    if own.left_out:
        log.dropped["pairs left out by --only"] = own.left_out
    for path, without in own.missing.items():
        log.say(f"{path}: no scores for {without:,} of {len(own.pairs):,} pairs; they rank last")
        log.dropped["pairs without scores in a table"] += without


def _ready(predictors: list[Predictor], settings: EvaluateSettings, log: RunLog) -> list[Predictor]:
    """Return the predictors with the thresholds asked for, and say what each is ranked by."""
    if not predictors:
        raise UsageError("nothing to judge: the table has no column score; name one with --score or --energy")
    require_good_names(predictors)
    ready = with_thresholds(predictors, {name: value for name, value in settings.threshold.items() if name})
    for predictor in ready:
        turned = ", of which lower is better: its sign is turned" if predictor.better == LOWER else ""
        log.say(f"{predictor.name} is ranked by {predictor.ranked_by}{turned}")
    return ready


def _peers(settings: EvaluateSettings, pairs: LabelledPairs, log: RunLog) -> Iterator[Predictor]:
    matching = Matching(
        settings.match == "order",
        settings.on_sites,
        None if settings.regions is None else read_utr3_starts(settings.regions),
        settings.species,
        None if settings.families is None else read_families(settings.families),
        settings.peer_ranking == "prediction",
    )
    facts = log.facts.setdefault("programs", {})

    def watch(hits: Iterable[Hit]) -> Iterator[Hit]:
        return log.progress(hits, "predictions")

    for found in peer_predictors(settings.peer_files, pairs, matching, watch):
        name = found.predictor.name
        log.say(
            f"{name}: {found.predictions:,} predictions, {found.used:,} of them for the pairs; "
            f"{found.pairs_predicted:,} of {len(pairs):,} pairs have one"
        )
        if found.predictions and not found.used:
            log.say(
                f"{name}: no name fits; names may be those of the table, sequences or pair_id; or --match order"
            )
        facts[name] = {
            "predictions": found.predictions,
            "used": found.used,
            "pairs_predicted": found.pairs_predicted,
        }
        yield found.predictor
