"""A run of binding-classes: add classes to a table of alignments, and write their summary and figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import chain
from typing import NamedTuple, TextIO

from mirtools.classes.agreement import CROSS_COLUMNS, adjusted_rand_index, both_known, cross_rows
from mirtools.classes.classify import (
    CHOICE_COLUMNS,
    SUMMARY_COLUMNS,
    Classified,
    choice_rows,
    read_classes,
    summary_rows,
)
from mirtools.classes.settings import ClassSettings
from mirtools.classes.table import class_columns, class_rows, classify_table, read_table, report
from mirtools.errors import UsageError
from mirtools.io.empty_results import no_rows_hint
from mirtools.io.spool import Lines
from mirtools.io.tables import write_table
from mirtools.runlog import RunLog


class ClassOutputs(NamedTuple):
    """The open output files; all but the first are optional.

    Attributes
    ----------
    table : TextIO
        The rows with their classes.
    summary : TextIO
        The classes.
    silhouettes : TextIO
        The tested numbers of classes; needs ``choose_k``.
    cross : TextIO
        Cross table of the classes by importance and by folding; needs ``cofold``.
    figure : callable
        Draws the classes.
    """

    table: TextIO
    summary: TextIO | None = None
    silhouettes: TextIO | None = None
    cross: TextIO | None = None
    figure: Callable[[Sequence[Classified]], None] | None = None


def sort_into_classes(settings: ClassSettings, outputs: ClassOutputs, log: RunLog) -> None:
    """Sort the rows of a table into classes, and write the outputs.

    Parameters
    ----------
    settings : ClassSettings
    outputs : ClassOutputs
    log : RunLog
        Gains counts, the classes, the agreement of classes by importance and by folding, and a hint if no row has
        an alignment.

    Raises
    ------
    InputError
        For tables that cannot be used.
    UsageError
        For outputs that need other settings.
    """
    if outputs.silhouettes is not None and settings.choose_k is None:
        raise UsageError("--silhouettes needs numbers of classes to test; give --choose-k A-B")
    if outputs.cross is not None and not settings.cofold:
        raise UsageError("--cross needs classes from folding; give --cofold")
    known = None if settings.classes is None else read_classes(settings.classes)
    options = settings.options(None if known is None else next(iter(known.values())).centres.shape[1])
    with closing(Lines()) as waiting:
        kept = read_table(
            settings.aligned, options.length, settings.cofold, waiting, lambda rows: log.progress(rows, "rows")
        )
        found = classify_table(
            kept, options, known, log.threads, lambda folds: log.progress(folds, "folds", len(waiting))
        )
        write_table(outputs.table, class_columns(kept, found), class_rows(kept, found))
    report(found, log.counts, log.facts)
    log.hints += _hints(log)
    if len(found) == 2:
        _say_agreement(found, log)
    write_table(outputs.summary, SUMMARY_COLUMNS, chain.from_iterable(map(summary_rows, found)))
    write_table(outputs.silhouettes, CHOICE_COLUMNS, chain.from_iterable(map(choice_rows, found)))
    write_table(outputs.cross, CROSS_COLUMNS, cross_rows(*found) if len(found) == 2 else ())
    if outputs.figure is not None:
        outputs.figure(found)


def _hints(log: RunLog) -> list[str]:
    if not log.counts["rows"]:
        return [no_rows_hint("ALIGNED")]
    if not log.counts["classified"] and "classified" in log.counts:
        return ["no row has an alignment; give a table that attrib-align made, or --cofold"]
    return []


def _say_agreement(found: Sequence[Classified], log: RunLog) -> None:
    index = adjusted_rand_index(both_known(*found))
    known = index == index
    log.facts["adjusted_rand_index"] = round(index, 4) if known else None
    if known:
        log.say(f"classes by importance and by folding agree with an adjusted Rand index of {index:.3f}")
