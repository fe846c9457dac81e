"""The run of sites-compare: sites of several samples and a sample sheet in, changes between two conditions out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.io.samplesheet import by_condition, read_samples
from mirtools.io.tables import MISSING, SAMPLE_PREFIX, TableWriter, cell_number
from mirtools.runlog import RunLog
from mirtools.sites.changes import (
    FEW_READS,
    NO_OTHERS,
    OUTLIER,
    TESTED,
    Changes,
    Normalisation,
    changes,
    size_factors,
)
from mirtools.sites.counts import Counts, read_counts
from mirtools.sites.deseq import require_pydeseq2
from mirtools.sites.settings_compare import CompareSitesSettings

CHANGE_COLUMNS = "base_mean log2_fold_change lower upper p_value q_value status".split()
# the q-value that counts and figures use
CALLED = 0.05
NO_REPLICATES = (
    "no replicates: the test knows how much counts vary by sampling, not how much replicates vary; "
    "most changes found may be chance"
)


@dataclass(frozen=True)
class Comparison:
    """What was compared, and what was found.

    Attributes
    ----------
    settings : CompareSitesSettings
    counts : Counts
        Samples of the first condition, then those of the second, each by name.
    in_a : array of bool, shape (samples,)
    normalisation : Normalisation
    changes : Changes
    """

    settings: CompareSitesSettings
    counts: Counts
    in_a: NDArray[np.bool_]
    normalisation: Normalisation
    changes: Changes

    @property
    def called(self) -> NDArray[np.bool_]:
        """Rows whose q-value is below 0.05."""
        return self.changes.q_value < CALLED

    @property
    def normalised(self) -> NDArray[np.float64]:
        """Reads divided by size factors."""
        return self.counts.reads / self.normalisation.size_factors


class CompareSitesOutputs(NamedTuple):
    """Open files that are written: a row for each site, pair, gene, miRNA or form, and a figure."""

    table: TextIO
    figure: Callable[[Comparison], None] | None = None


def compare_sites(settings: CompareSitesSettings, outputs: CompareSitesOutputs, log: RunLog) -> None:
    """Test which counts change between two conditions, and write all of them, those that change most surely first.

    Parameters
    ----------
    settings : CompareSitesSettings
    outputs : CompareSitesOutputs
    log : RunLog
        Gains counts of rows by status, samples, size factors, the test, and a warning without replicates.

    Raises
    ------
    InputError
        For a sample sheet without the conditions, and tables that cannot be used
        (:func:`mirtools.sites.counts.read_counts`).
    MissingExtraError
        If PyDESeq2 is needed and not installed.
    """
    first, second = _samples(settings)
    exact = len(first) == len(second) == 1
    if not exact:
        require_pydeseq2()
    counts = read_counts(settings.sites, [*first, *second], settings.by)
    in_a = np.arange(len(counts.samples)) < len(first)
    comparison = _compared(settings, counts, in_a, log.threads)
    _write(comparison, outputs.table)
    _report(comparison, log)
    if exact and len(counts.keys):
        log.facts["warnings"] = [NO_REPLICATES]
        log.say(f"warning: {NO_REPLICATES}")
    if outputs.figure is not None:
        outputs.figure(comparison)


def _samples(settings: CompareSitesSettings) -> tuple[list[str], list[str]]:
    """Return the names of the samples of both conditions, sorted."""
    conditions = by_condition(read_samples(settings.samples))
    if not conditions:
        raise InputError("has no column condition, or it is empty; give each sample one", source=settings.samples)
    for name in settings.contrast:
        if name not in conditions:
            listed = shorten(", ".join(conditions), 80)
            problem = f"has no condition '{shorten(name, 40)}'; --contrast needs two of: {listed}"
            raise InputError(problem, source=settings.samples)
    first, second = (sorted(conditions[name]) for name in settings.contrast)
    return first, second


def _compared(settings: CompareSitesSettings, counts: Counts, in_a: NDArray[np.bool_], threads: int) -> Comparison:
    normalisation = Normalisation(np.ones(len(in_a)), "total_reads")
    if len(counts.libraries):
        empty = np.flatnonzero(counts.libraries.sum(axis=0) == 0)
        if len(empty):
            problem = f"sample '{shorten(counts.samples[empty[0]], 40)}' has no reads; remove it from the sheet"
            raise InputError(problem, source=settings.sites)
        normalisation = size_factors(counts.libraries)
    groups = None if settings.relative is None else {"mirna": counts.mirna, "gene": counts.gene}[settings.relative]
    found = changes(counts.reads, in_a, normalisation, settings.min_reads, groups, threads)
    return Comparison(settings, counts, in_a, normalisation, found)


def _write(comparison: Comparison, stream: TextIO) -> None:
    counts, found = comparison.counts, comparison.changes
    samples = [SAMPLE_PREFIX + name for name in counts.samples]
    writer = TableWriter(stream, [*counts.columns, *CHANGE_COLUMNS, *samples])
    p_values = [_number(value, ".4g") for value in found.p_value]
    # as written, so that the last bits of p-values have no effect
    order = sorted(range(len(p_values)), key=lambda row: (cell_number(p_values[row], 2), row))
    for row in order:
        values = [
            _number(found.base_mean[row], ".2f"),
            *(_number(values[row], ".4f") for values in (found.log2_fold_change, found.lower, found.upper)),
            p_values[row],
            _number(found.q_value[row], ".4g"),
            str(found.status[row]),
        ]
        writer.write([*counts.keys[row], *values, *map(_reads, counts.reads[row].tolist())])


def _number(value: float, form: str) -> str:
    if value != value:
        return MISSING
    text = format(float(value), form)
    return text.removeprefix("-") if float(text) == 0 else text


def _reads(value: float) -> str:
    """Return a count with two decimals at most, as sites-merge writes it."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _report(comparison: Comparison, log: RunLog) -> None:
    settings, found = comparison.settings, comparison.changes
    called, up = comparison.called, found.log2_fold_change > 0
    log.counts.update({"rows": len(comparison.counts.keys)})
    log.counts.update({f"rows_{name}": int((found.status == name).sum()) for name in (TESTED, FEW_READS)})
    for name in (NO_OTHERS, OUTLIER):
        if (number := int((found.status == name).sum())) or (name == NO_OTHERS and settings.relative):
            log.counts[f"rows_{name}"] = number
    log.counts.update({"rows_up": int((called & up).sum()), "rows_down": int((called & ~up).sum())})
    if comparison.counts.dropped:
        log.dropped["no_gene"] = comparison.counts.dropped
    first, second = settings.contrast
    names = np.array(comparison.counts.samples)
    log.facts["samples"] = {
        first: names[comparison.in_a].tolist(),
        second: names[~comparison.in_a].tolist(),
    }
    factors = comparison.normalisation.size_factors
    log.facts["normalisation"] = comparison.normalisation.method
    log.facts["size_factors"] = {name: round(float(each), 4) for name, each in zip(names, factors, strict=True)}
    log.facts["test"] = found.test
    if found.trend:
        log.facts["dispersion_trend"] = found.trend
        log.facts["rows_not_converged"] = found.not_converged
    log.hints += _hints(comparison)


def _hints(comparison: Comparison) -> Sequence[str]:
    settings, found = comparison.settings, comparison.changes
    if not len(comparison.counts.keys):
        return ["the table has no sites; was sites-merge given interaction tables with pairs?"]
    if not (found.status == TESTED).any():
        if (found.status == NO_OTHERS).any():
            group = {"mirna": "miRNA", "gene": "gene"}[settings.relative or "gene"]
            return [f"no {group} has reads of more than one {settings.by}; try it without --relative"]
        wider = ", or --by gene" if settings.by in ("site", "pair") else ""
        return [
            f"no {settings.by} has {settings.min_reads} reads in these samples; try a smaller --min-reads{wider}"
        ]
    return []
