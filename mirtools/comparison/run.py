"""A run of attrib-compare: compare explanations of the same pairs by profiles, correlations and spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO

from mirtools.comparison.mutagenesis import COLUMNS, Measured, measure, mutagenesis_rows, read_assays
from mirtools.comparison.settings import CompareSettings
from mirtools.comparison.statistics import (
    AGREEMENT_COLUMNS,
    CORRELATION_COLUMNS,
    PROFILE_COLUMNS,
    SPREAD_COLUMNS,
    Statistics,
    agreement_rows,
    correlation_rows,
    profile_rows,
    spread_rows,
    summary,
)
from mirtools.comparison.tables import Comparison, compare, read_aligned
from mirtools.errors import UsageError
from mirtools.io.empty_results import no_rows_hint
from mirtools.io.tables import write_table
from mirtools.runlog import RunLog


class CompareOutputs(NamedTuple):
    """The open output files; all but the first are optional.

    Attributes
    ----------
    profiles : TextIO
        Mean importance of every base of the miRNA in each set.
    correlations, agreement : TextIO
        Correlations and agreement of each pair of sets.
    spread : TextIO
        Spread over the runs of each set.
    measured : TextIO
        Correlations with measured effects; needs ``mutagenesis``.
    figure : callable
        Draws all results.
    """

    profiles: TextIO
    correlations: TextIO | None = None
    agreement: TextIO | None = None
    spread: TextIO | None = None
    measured: TextIO | None = None
    figure: Callable[[Statistics, Sequence[Measured]], None] | None = None


def compare_explanations(settings: CompareSettings, outputs: CompareOutputs, log: RunLog) -> None:
    """Compare explanations of the same pairs, and write the outputs.

    Parameters
    ----------
    settings : CompareSettings
    outputs : CompareOutputs
    log : RunLog
        Gains counts, dropped pairs, the comparison, and a hint if no pair is in every table.

    Raises
    ------
    InputError
        For tables that cannot be used.
    UsageError
        For measured values without an output, and an output without measured values.
    """
    _check(settings, outputs)
    assays = [] if settings.mutagenesis is None else read_assays(settings.mutagenesis)
    comparison = _read(settings, log)
    measured = measure(comparison, assays, log.dropped)
    log.counts["pairs"] = len(comparison.pairs)
    if not comparison.pairs:
        log.hints.append(
            "no pair has an alignment in every table; are these explanations of the same pairs?"
            if log.dropped
            else no_rows_hint("every table")
        )
    statistics = Statistics(comparison)
    log.facts["sets"] = {
        label: [settings.sources[at].path for at in own]
        for label, own in zip(comparison.labels, comparison.runs, strict=True)
    }
    log.facts["comparison"] = summary(statistics)
    write_table(outputs.profiles, PROFILE_COLUMNS, profile_rows(statistics))
    write_table(outputs.correlations, CORRELATION_COLUMNS, correlation_rows(statistics))
    write_table(outputs.agreement, AGREEMENT_COLUMNS, agreement_rows(statistics))
    write_table(outputs.spread, SPREAD_COLUMNS, spread_rows(statistics))
    write_table(outputs.measured, COLUMNS, mutagenesis_rows(comparison, measured))
    if outputs.figure is not None:
        outputs.figure(statistics, measured)


def _check(settings: CompareSettings, outputs: CompareOutputs) -> None:
    if outputs.measured is not None and settings.mutagenesis is None:
        raise UsageError("--measured needs measured values; give --mutagenesis FILE")
    if settings.mutagenesis is not None and outputs.measured is None and outputs.figure is None:
        raise UsageError("--mutagenesis needs an output; give --measured or --plot FILE")


def _read(settings: CompareSettings, log: RunLog) -> Comparison:
    tables = [
        read_aligned(source.path, settings.length, log.dropped, lambda rows: log.progress(rows, "rows"))
        for source in settings.sources
    ]
    return compare(settings.sources, tables, settings.scale, log.dropped)
