"""Runs of peak-narrow (find peaks of miRNAs on targets) and peak-evaluate (compare peaks with known sites)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.align import Costs
from mirtools.alignment.source import pairing_of
from mirtools.attribution.choose import described, explained_model, explainer_of
from mirtools.attribution.explained import Explainer
from mirtools.errors import UsageError
from mirtools.io.bed import BedLine, read_sites, write_bed, write_bedgraph
from mirtools.io.empty_results import above_hint, mirnas_hint, rare_hint
from mirtools.io.mirnas import mirnas_of
from mirtools.io.sequences import Reference
from mirtools.io.tables import TableWriter, write_table
from mirtools.models.base import Model
from mirtools.models.encoder import Encoder
from mirtools.models.scorers import WindowScorer
from mirtools.models.tiling import Tiling
from mirtools.prediction.background import background_of
from mirtools.prediction.shards import must_be_file, target_share
from mirtools.prediction.targets import ScanTargets
from mirtools.runlog import RunLog
from mirtools.scan.evaluate import SITE_COLUMNS, PeakEvaluation, evaluate, read_peaks, site_row
from mirtools.scan.narrow import Narrowed, Narrower, WindowSettings, pairs_of
from mirtools.scan.peaks import PeakFinder, PeakRules
from mirtools.scan.settings import PAPER_STRIDE, NarrowSettings, PeakEvaluationSettings
from mirtools.scan.table import COLUMNS, bed_lines, read_pairs, rows

_FIGURES = ("sites", "found", "separate", "peaks", "false_peaks")


class TracksFigure(Protocol):
    """A figure of some miRNAs on their targets."""

    def add(self, found: Narrowed) -> None:
        """Keep a pair, if there is room for it."""

    def draw(self) -> None:
        """Draw the pairs that were kept."""


class NarrowOutputs(NamedTuple):
    """The open output files; all but the first are optional.

    Attributes
    ----------
    table : TextIO
        The peaks.
    bed : TextIO
        The peaks as BED.
    score_bedgraph, attribution_bedgraph : TextIO
        The two tracks.
    figure : TracksFigure
    """

    table: TextIO
    bed: TextIO | None = None
    score_bedgraph: TextIO | None = None
    attribution_bedgraph: TextIO | None = None
    figure: TracksFigure | None = None


class PeakEvaluationOutputs(NamedTuple):
    """The open output files: a table with one row per known site, and a figure of the evaluation."""

    table: TextIO
    figure: Callable[[PeakEvaluation], None] | None = None


def narrow(settings: NarrowSettings, outputs: NarrowOutputs, log: RunLog) -> None:
    """Find the peaks of miRNAs on targets, and write them target by target.

    Parameters
    ----------
    settings : NarrowSettings
    outputs : NarrowOutputs
    log : RunLog
        Gains counts, model and explainer, and a hint if there are no peaks.

    Raises
    ------
    InputError
        For a model that the explainer cannot explain, and for FASTA files and tables that cannot be used.
    UsageError
        For a stride that would skip bases, miRNAs that are neither files nor sequences nor known names, and a
        share of targets that cannot be read twice.
    """
    if settings.shard is not None:
        must_be_file(settings.targets, "--shard")
    model = explained_model(settings.model)
    log.facts["model"] = model.facts()
    encoder = model.encoder
    if settings.stride > encoder.site_length:
        length = encoder.site_length
        raise UsageError(
            f"argument --explain-stride: is more than the {length} nt of a window and would skip bases; lower it"
        )
    mirnas = mirnas_of(settings.mirnas, settings.database, encoder.read)
    sources = settings.explainer, settings.background, settings.background_pairs, settings.seed
    explainer = explainer_of(model, *sources)
    targets = ScanTargets(settings.targets, encoder.read, log.counts)
    scorer = model.window_scorer([mirna.sequence for mirna in mirnas])
    rare = _rare_scores(settings, model, scorer, len(mirnas), targets, log)
    narrower = _narrower(settings, model, explainer, scorer, rare)
    only = None if settings.pairs is None else read_pairs(settings.pairs)
    cropped = sum(len(encoder.mirna(mirna.sequence)) < len(mirna.sequence) for mirna in mirnas)
    log.counts.update({"mirnas": len(mirnas), "mirnas_cropped": cropped, "targets": 0})
    pairs = pairs_of(mirnas, _chosen(settings, encoder, targets, log), only, log.counts)
    writer = _Writer(outputs, titled=len(mirnas) > 1)
    found = narrower.run(pairs, log.threads)
    for name, group in groupby(found, key=lambda each: each.target.name):
        writer.write(name, group)
    log.counts.update(narrower.counts)
    if only is not None and settings.shard is None:
        log.dropped["pairs_not_in_fasta"] = len(only) - log.counts["pairs"]
    log.hints += _hints(settings, log, [len(mirna.sequence) for mirna in mirnas], writer.highest)
    log.facts["explainer"] = described(explainer, narrower.gap)
    if outputs.figure is not None:
        outputs.figure.draw()


def _rare_scores(
    settings: NarrowSettings, model: Model, scorer: WindowScorer, mirnas: int, targets: ScanTargets, log: RunLog
) -> NDArray[np.float64] | None:
    """Return the score above which a window of each miRNA is rare, or None; report what is explained."""
    if settings.share is None:
        log.say(f"model {model.name!a}, windows above {settings.least:g} are explained")
        return None
    tiling = Tiling(model.encoder.site_length, PAPER_STRIDE)
    background, source = background_of(scorer, mirnas, targets, tiling, model.encoder, log.threads)
    log.counts["background_windows"] = background.windows
    log.facts["rare"] = {"share": settings.share, "drawn_from": source}
    windows = "windows of the targets" if source == "targets" else f"windows of a {source} like the targets"
    log.say(
        f"model {model.name!a}, windows are explained around those with a score that at most {settings.share:g} "
        f"of 10,000 {windows} reach (--threshold {settings.least:g} explains all above it, as the paper does)"
    )
    return background.thresholds(settings.share, settings.least, "--rare")


def _narrower(
    settings: NarrowSettings,
    model: Model,
    explainer: Explainer,
    scorer: WindowScorer,
    rare: NDArray[np.float64] | None,
) -> Narrower:
    rules = PeakRules(settings.smooth, settings.min_height, settings.min_prominence, settings.min_distance)
    costs = Costs(*settings.gap_percentiles, settings.gap_scale)
    encoder = model.encoder
    finder = PeakFinder(pairing_of(model), costs, rules, encoder.site_length)
    return Narrower(encoder, scorer, explainer, finder, WindowSettings(settings.least, settings.stride, rare))


def _chosen(settings: NarrowSettings, encoder: Encoder, targets: ScanTargets, log: RunLog) -> Iterator[Reference]:
    """Return the targets, or those of the share."""
    chosen = None
    if settings.shard is not None:
        chosen = target_share(targets.transcripts, Tiling(encoder.site_length, PAPER_STRIDE), settings.shard)
    return log.progress(targets.stream(chosen), "targets")


class _Writer:
    """Writes the results target by target.

    Attributes
    ----------
    highest : float
        The highest score of a window.
    """

    def __init__(self, outputs: NarrowOutputs, titled: bool) -> None:
        self._outputs = outputs
        self._titled = titled
        self._table = TableWriter(outputs.table, COLUMNS)
        self.highest = 0.0

    def write(self, target: str, found: Iterator[Narrowed]) -> None:
        """Write the results of all miRNAs on a target."""
        lines: list[BedLine] = []
        for each in found:
            for row in rows(each):
                self._table.write(row)
            lines += bed_lines(each)
            self._write_tracks(target, each)
            if self._outputs.figure is not None:
                self._outputs.figure.add(each)
            self.highest = max(self.highest, float(each.scores.max(initial=0)))
        if self._outputs.bed is not None:
            write_bed(self._outputs.bed, target, lines)

    def _write_tracks(self, target: str, found: Narrowed) -> None:
        title = f"{found.mirna.name} on {target}" if self._titled else ""
        for stream, track in (
            (self._outputs.score_bedgraph, found.score_track),
            (self._outputs.attribution_bedgraph, found.attribution_track),
        ):
            if stream is not None:
                write_bedgraph(stream, target, track, title)


def _hints(settings: NarrowSettings, log: RunLog, lengths: Sequence[int], highest: float) -> list[str]:
    if hint := mirnas_hint(lengths):
        return [hint]
    counts = log.counts
    if counts["peaks"] or settings.shard is not None:
        return []
    if not counts["pairs"]:
        return ["no pair of --pairs is among --mirnas and --targets; are the names those of the FASTA files?"]
    if not counts["windows"]:
        return ["all --targets are shorter than a window of the model; give longer ones"]
    windows = f"{counts['windows']:,} windows"
    if not counts["windows_above_threshold"]:
        return [above_hint(windows, "--threshold", settings.least, highest)]
    if settings.share is not None and not counts["windows_rare"]:
        return [rare_hint(windows, "--rare", settings.share, highest)]
    return []


def evaluate_peaks(settings: PeakEvaluationSettings, outputs: PeakEvaluationOutputs, log: RunLog) -> None:
    """Compare peaks with known sites, and write one row per site.

    Parameters
    ----------
    settings : PeakEvaluationSettings
    outputs : PeakEvaluationOutputs
    log : RunLog
        Gains the results of the evaluation, and a hint if peaks and sites are of different pairs.

    Raises
    ------
    InputError
        For tables, BED and FASTA files that cannot be used.
    """
    lengths = None
    if settings.targets is not None:
        lengths = {each.name: each.length for each in ScanTargets(settings.targets, counts=log.counts).transcripts}
    evaluation = evaluate(read_sites(settings.truth), read_peaks(settings.peaks), settings.max_distance, lengths)
    write_table(outputs.table, SITE_COLUMNS, map(site_row, evaluation.sites))
    summary = evaluation.summary()
    log.facts["evaluation"] = summary
    for name in _FIGURES:
        log.counts[name] = summary[name]
    log.dropped["peaks_of_other_pairs"] = evaluation.other_peaks
    if evaluation.sites and evaluation.other_peaks and not evaluation.peaks:
        log.hints.append("no peak is of a miRNA and target of --truth; are their names the same in both?")
    if outputs.figure is not None:
        outputs.figure(evaluation)
