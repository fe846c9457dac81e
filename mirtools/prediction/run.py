"""Runs of dmiso-predict: scores for a table of pairs; windows, sites and genes for FASTA files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import UsageError
from mirtools.io.empty_results import above_hint, mirnas_hint, no_rows_hint, rare_hint
from mirtools.io.mirnas import mirnas_of
from mirtools.io.sequences import Reference
from mirtools.io.spool import SortedRows
from mirtools.io.tables import TableReader, TableWriter, write_table
from mirtools.models.base import Model
from mirtools.models.bundled import resolve_model
from mirtools.models.tiling import Tiling
from mirtools.prediction.background import background_of
from mirtools.prediction.rows import PairScores
from mirtools.prediction.settings import PredictSettings, ScanSettings
from mirtools.prediction.shards import must_be_file, row_share, target_share
from mirtools.prediction.sites import GENE_COLUMNS, GeneSummary, SiteBed, sites_of
from mirtools.prediction.targets import ScanTargets
from mirtools.prediction.windows import Selection, TargetScores, lines, scan
from mirtools.runlog import RunLog
from mirtools.transcripts.annotation import read_annotation_if_any
from mirtools.transcripts.genes import Genes, read_genes
from mirtools.transcripts.site_genes import SiteGenes


class PredictOutputs(NamedTuple):
    """The open output: the table with scores."""

    table: TextIO


class ScanOutputs(NamedTuple):
    """Open outputs; all but the first are optional.

    Attributes
    ----------
    table : TextIO
        The windows.
    genes : TextIO
        A summary of windows and sites for each miRNA and gene.
    bed : TextIO
        The sites as BED12.
    """

    table: TextIO
    genes: TextIO | None = None
    bed: TextIO | None = None


def predict_pairs(settings: PredictSettings, outputs: PredictOutputs, log: RunLog) -> None:
    """Score the pairs of a table, and write the table with scores.

    Parameters
    ----------
    settings : PredictSettings
    outputs : PredictOutputs
    log : RunLog
        Gains counts, the model, and a hint if there are no pairs.

    Raises
    ------
    InputError
        For tables and models that cannot be used.
    UsageError
        For windows wider than the model's input, and a shard of a table that cannot be read twice.
    """
    if settings.shard is not None:
        must_be_file(settings.pairs, "--shard")
    model, threshold = _model(settings, log)
    tiling = _tiling(settings, model)
    scorer = model.pair_scorer(settings.backend)
    chosen = None
    if settings.shard is not None:
        chosen = row_share(settings.pairs, settings.format, settings.shard)
    reader = TableReader(settings.pairs, ("mirna_seq", "site_seq"), settings.format)
    scores = PairScores(reader, model, scorer, threshold, None if settings.long_sites == "centre" else tiling)
    write_table(outputs.table, scores.columns, log.progress(scores.rows(log.threads, chosen), "pairs"))
    log.counts.update(scores.counts)
    if not scores.counts["pairs"] and settings.shard is None:
        log.hints.append(no_rows_hint("PAIRS"))


def predict_targets(settings: ScanSettings, outputs: ScanOutputs, log: RunLog) -> None:
    """Score all miRNAs on the windows of all targets, and write windows, sites and genes.

    Parameters
    ----------
    settings : ScanSettings
    outputs : ScanOutputs
    log : RunLog
        Gains counts, sites that are not on the genome, the model, and a hint if no window is predicted.

    Raises
    ------
    InputError
        For FASTA files, tables and models that cannot be used.
    UsageError
        For windows wider than the model's input, a background share that is too small, miRNAs that are neither
        files nor sequences nor known names, and a shard of targets that cannot be read twice.
    """
    if settings.shard is not None:
        must_be_file(settings.targets, "--shard")
    model, threshold = _model(settings, log)
    tiling, encoder = _tiling(settings, model), model.encoder
    if model.family.knows_abundance:
        log.say("the model uses abundances; all miRNAs and targets are assumed to be equally abundant")
    mirnas = mirnas_of(settings.mirnas, settings.database, encoder.read)
    targets = ScanTargets(settings.targets, encoder.read, log.counts)
    described = _Described(settings, targets)
    scorer = model.window_scorer([mirna.sequence for mirna in mirnas], settings.backend)
    threads = 1 if settings.backend == "tensorflow" else log.threads
    thresholds: NDArray[np.float64] = np.full(len(mirnas), threshold)
    background = None
    if settings.share is not None:
        background, source = background_of(scorer, len(mirnas), targets, tiling, encoder, threads)
        thresholds = background.thresholds(settings.share, threshold)
        log.counts["background_windows"] = background.windows
        log.facts["background"] = {"share": settings.share, "drawn_from": source}
        log.say(_rule(settings.share, source, threshold))
    selection = Selection(thresholds, settings.best, settings.predicted, background, described.cells)
    table = _Table(outputs.table, selection.columns, settings.sort)
    sites = _Sites(settings, outputs, mirnas, described, thresholds)
    log.counts["predicted_interactions"] = 0
    highest = 0.0
    chosen = None
    if settings.shard is not None:
        chosen = target_share(targets.transcripts, tiling, settings.shard)
    found = scan(mirnas, targets.stream(chosen), scorer, tiling, threads, log.counts, encoder)
    for scores in log.progress(found, "targets"):
        table.write(lines(scores, selection, log.counts))
        highest = max(highest, float(scores.scores.max(initial=0)))
        sites.add(scores, log)
    table.finish()
    sites.write(log)
    log.hints += _hints(settings, log, [len(mirna.sequence) for mirna in mirnas], float(thresholds.min()), highest)


def _rule(share: float, source: str, threshold: float) -> str:
    """Return the line about the background of a scan."""
    windows = "windows of the targets" if source == "targets" else f"windows of a {source} like the targets"
    return (
        f"a window is predicted if at most {share:g} of 10,000 {windows} reach its score with the same miRNA; the "
        f"model's threshold is for pairs (--threshold {threshold:g} predicts by it alone)"
    )


def _model(settings: PredictSettings | ScanSettings, log: RunLog) -> tuple[Model, float]:
    """Return and report model and threshold."""
    model = resolve_model(settings.model)
    threshold = model.threshold if settings.threshold is None else settings.threshold
    log.facts["model"] = model.facts() | {"threshold": threshold}
    log.say(f"model {model.name!a}, threshold {threshold:g}")
    return model, threshold


def _tiling(settings: PredictSettings | ScanSettings, model: Model) -> Tiling:
    most = model.encoder.site_length
    if settings.window is not None and settings.window > most:
        problem = f"{settings.window} is more than the {most} nt of the model's input; use {most} or less"
        raise UsageError(f"argument --window: {problem}")
    return Tiling(settings.window or most, settings.stride)


class _Described:
    """What annotations know about the targets."""

    def __init__(self, settings: ScanSettings, targets: ScanTargets) -> None:
        transcripts = targets.transcripts
        annotation = read_annotation_if_any(transcripts, targets.path, settings.gtf, settings.regions)
        self.placements = annotation.placements if annotation is not None and settings.gtf else None
        table = read_genes(settings.gene_table) if settings.gene_table else None
        self.genes = Genes(table, self.placements)
        self._numbers = {each.name: number for number, each in enumerate(transcripts)}
        names, headers = [each.name for each in transcripts], [each.header for each in transcripts]
        self._sites = SiteGenes(names, headers, annotation, self.genes)

    def cells(self, target: str, start: int, end: int) -> Sequence[str]:
        """Return ``gene_id``, ``gene_name`` and ``region`` of a site."""
        return self._sites.cells(self._numbers[target], start, end)


class _Table:
    """Writes the windows as they come, or sorted by score; equal ones stay in their order."""

    def __init__(self, stream: TextIO, columns: Sequence[str], sort: str) -> None:
        TableWriter(stream, columns)  # writes the header
        self._stream = stream
        self._sorted = SortedRows() if sort == "score" else None
        self._written = 0

    def write(self, scored: Iterable[tuple[float, str]]) -> None:
        """Add lines with their scores."""
        if self._sorted is None:
            self._stream.writelines(line for _, line in scored)
            return
        for score, line in scored:
            self._sorted.add((-score, self._written), [line.rstrip("\n")])
            self._written += 1

    def finish(self) -> None:
        """Write what waits."""
        if self._sorted is not None:
            self._stream.writelines("\t".join(cells) + "\n" for _, cells in self._sorted)
            self._sorted.close()


class _Sites:
    """Collects and writes sites and genes, if they are outputs."""

    def __init__(
        self,
        settings: ScanSettings,
        outputs: ScanOutputs,
        mirnas: Sequence[Reference],
        described: _Described,
        thresholds: NDArray[np.float64],
    ) -> None:
        self._outputs, self._predicted, self._thresholds = outputs, settings.predicted, thresholds
        self._genes: GeneSummary | None = None
        self._bed: SiteBed | None = None
        if outputs.genes is not None:
            self._genes = GeneSummary(mirnas, described.genes, thresholds)
        if outputs.bed is not None:
            self._bed = SiteBed(described.placements)

    def add(self, scores: TargetScores, log: RunLog) -> None:
        """Add the sites on one target."""
        if self._genes is None and self._bed is None:
            return
        sites = sites_of(scores, self._thresholds)
        log.counts["sites"] += sum(map(len, sites))
        for collected in (self._genes, self._bed):
            if collected is not None:
                collected.add(scores, sites)

    def write(self, log: RunLog) -> None:
        """Write genes and sites."""
        if self._genes is not None:
            log.counts["genes"] = len(self._genes)
            write_table(self._outputs.genes, GENE_COLUMNS, self._genes.rows(self._predicted))
        if self._bed is not None and self._outputs.bed is not None:
            self._bed.write(self._outputs.bed)
            log.dropped.update({f"bed_{reason}": count for reason, count in self._bed.unplaced.items()})


def _hints(settings: ScanSettings, log: RunLog, lengths: Sequence[int], least: float, highest: float) -> list[str]:
    if hint := mirnas_hint(lengths):
        return [hint]
    if log.counts["windows"] and not log.counts["predicted_interactions"] and settings.shard is None:
        windows = f"{log.counts['windows']:,} windows"
        if settings.share is None:
            return [above_hint(windows, "--threshold", least, highest)]
        return [rare_hint(windows, "--background", settings.share, highest)]
    return []
