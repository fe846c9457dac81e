"""A run of genes-predict: miRNAs and targets in; the predicted change of every pair, and its sites, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.threads import in_order
from mirtools.errors import InputError, UsageError
from mirtools.genes.bed import add_sites
from mirtools.genes.compare import COMPARE_COLUMNS, Kept, compare_rows, references_of
from mirtools.genes.isoforms import ISOFORM_COLUMNS, Isoforms, genes_of
from mirtools.genes.model import RepressionModel, load_model
from mirtools.genes.observed import OBSERVED_SITE_COLUMNS, OBSERVED_TARGET_COLUMNS, Marks, read_observed
from mirtools.genes.predict import Prediction, predict
from mirtools.genes.settings import GenesSettings
from mirtools.genes.table import COLUMNS, SITE_COLUMNS, site_rows, target_order, target_rows
from mirtools.genes.targets import Targets, read_targets
from mirtools.genes.variant_table import VariantTable
from mirtools.io.bed import SiteLines
from mirtools.io.empty_results import references_hint
from mirtools.io.mirnas import mirnas_of
from mirtools.io.sequences import Reference
from mirtools.io.tables import TableWriter
from mirtools.runlog import RunLog

# Lengths of the small RNAs on which the model was trained, nt
_TRAINED = (19, 23)


class Figure(Protocol):
    """What draws the best targets, see :class:`mirtools.report.genes_figure.GenesFigure`."""

    def add(self, mirna: Reference, prediction: Prediction, targets: Targets, order: NDArray[np.int64]) -> None:
        """Keep the best targets of a miRNA."""

    def draw(self) -> None:
        """Write the figure."""


class Page(Protocol):
    """What writes a page to search, see :class:`mirtools.report.genes.page.GenesPage`."""

    def begin(
        self, mirnas: Sequence[Reference], targets: Targets, compared: Sequence[int], isoforms: Isoforms | None
    ) -> None:
        """Take what all miRNAs have in common."""

    def add(
        self,
        mirna: Reference,
        prediction: Prediction,
        confidences: NDArray[np.float64],
        marks: Marks | None,
        before: NDArray[np.float64] | None,
    ) -> None:
        """Keep the targets of the next miRNA that the page lists."""

    def finish(self) -> int:
        """Write the page; returns how many predictions it lists."""


class GenesOutputs(NamedTuple):
    """Open files that are written, each but the first if it is wanted.

    Attributes
    ----------
    table : TextIO
        One row for each miRNA and target.
    sites : TextIO
        One row for each site.
    bed : TextIO
        The sites that contribute.
    compare : TextIO
        One row for each form of a miRNA and target that it or the canonical miRNA represses.
    figure : Figure
        Draws the best targets.
    variant_effects : TextIO
        One row for each allele of a variant, target and miRNA, see :mod:`mirtools.genes.variant_table`.
    page : Page
        Lists the best targets.
    """

    table: TextIO
    sites: TextIO | None = None
    bed: TextIO | None = None
    compare: TextIO | None = None
    figure: Figure | None = None
    variant_effects: TextIO | None = None
    page: Page | None = None


def predict_genes(settings: GenesSettings, outputs: GenesOutputs, log: RunLog) -> None:
    """Predict how much each miRNA represses each target, and write all that is wanted.

    The targets are in memory, one byte per base, and the predictions of a few miRNAs, 0.3 kB per target; with
    BED, 0.25 kB per site.

    Raises
    ------
    InputError
        For files that cannot be used, and a miRNA whose seed has an N.
    UsageError
        For a miRNA that is neither a file nor a sequence nor a known name, and variants without a table of their
        effects, or the other way round.
    """
    if (settings.variants is None) != (outputs.variant_effects is None):
        raise UsageError("--variants needs --variant-effects, the table to write, and the other way round")
    mirnas = mirnas_of(settings.mirnas, settings.database)
    _check(mirnas)
    compared = references_of(mirnas) if outputs.compare is not None else []
    targets = read_targets(settings.targets, log, settings.gtf, settings.regions, settings.genes)
    isoforms = None
    if settings.per_gene:
        targets, isoforms = genes_of(settings.isoforms, targets, log)
    model = load_model()
    written = _Written(settings, outputs, targets, isoforms, model, log)
    if settings.variants is not None and outputs.variant_effects is not None:
        every = settings.variant_rows == "all"
        VariantTable(outputs.variant_effects, mirnas, targets, model, every, log).write(settings.variants)
    written.begin(mirnas, compared)
    for mirna, prediction in _predictions(mirnas, targets, model, log):
        written.add(mirna, prediction)
    written.finish()
    _remark(log, mirnas, targets, settings)


class _Written:
    """What is written of the predictions of each miRNA: rows at once, everything else at the end."""

    def __init__(
        self,
        settings: GenesSettings,
        outputs: GenesOutputs,
        targets: Targets,
        isoforms: Isoforms | None,
        model: RepressionModel,
        log: RunLog,
    ) -> None:
        self._outputs, self._model, self._log = outputs, model, log
        self._order = settings.order
        self._transcripts, self._isoforms = targets, isoforms
        self._targets = targets if isoforms is None else isoforms.targets
        self._observed = None if settings.observed is None else read_observed(settings.observed, targets, log)
        columns = COLUMNS + (ISOFORM_COLUMNS if isoforms else [])
        self._table = TableWriter(outputs.table, columns + (OBSERVED_TARGET_COLUMNS if self._observed else []))
        self._sites = None
        if outputs.sites is not None:
            columns = SITE_COLUMNS + (OBSERVED_SITE_COLUMNS if self._observed else [])
            self._sites = TableWriter(outputs.sites, columns)
        self._lines = SiteLines()
        self._kept: list[Kept] = []

    def begin(self, mirnas: Sequence[Reference], compared: Sequence[int]) -> None:
        """Take all miRNAs; ``compared`` is from :func:`mirtools.genes.compare.references_of`."""
        self._mirnas, self._compared = mirnas, compared
        if self._outputs.page is not None:
            self._outputs.page.begin(mirnas, self._targets, compared, self._isoforms)

    def add(self, mirna: Reference, prediction: Prediction) -> None:
        """Write the rows of a miRNA, from its prediction of transcripts."""
        isoforms, targets = self._isoforms, self._transcripts
        genes = prediction if isoforms is None else isoforms.joined(prediction)
        order = target_order(genes, self._targets, self._order)
        marks = self._observed.marks(mirna.name, prediction) if self._observed else None
        shown = marks if isoforms is None or marks is None else isoforms.marked(marks)
        confidences = self._model.confidences(genes.change)
        for row in target_rows(mirna, genes, confidences, self._targets, order, shown, isoforms):
            self._table.write(row)
        if self._sites is not None:
            listed = order if isoforms is None else isoforms.order(order)
            for row in site_rows(mirna, genes, targets, listed, marks):
                self._sites.write(row)
        if self._outputs.bed is not None and (left_out := add_sites(self._lines, mirna.name, genes, targets)):
            self._log.counts["bed_left_out_not_on_genome"] += left_out
        if self._outputs.figure is not None:
            # a figure shows single transcripts with their own predictions
            drawn = order if isoforms is None else target_order(prediction, targets, self._order)
            self._outputs.figure.add(mirna, prediction, targets, drawn)
        if self._outputs.compare is not None:
            self._kept.append(Kept(genes, isoforms))
        if self._outputs.page is not None:
            self._outputs.page.add(mirna, genes, confidences, marks, self._before())
        _count(self._log, genes)

    def finish(self) -> None:
        """Write what needs all miRNAs."""
        if self._outputs.bed is not None:
            self._lines.write(self._outputs.bed)
        if self._outputs.compare is not None:
            _write_compared(self._outputs.compare, self._mirnas, self._compared, self._kept, self._targets)
        if self._outputs.figure is not None:
            self._outputs.figure.draw()
        if self._outputs.page is not None:
            self._log.counts["predictions_on_page"] = self._outputs.page.finish()

    def _before(self) -> NDArray[np.float64] | None:
        """Return the changes by the miRNA with which the last one is compared, if it is compared."""
        at = len(self._kept) - 1
        if not self._compared or self._compared[at] == at:
            return None
        reference = self._compared[at]
        if reference < at:
            return self._kept[reference].change
        # the canonical miRNA comes after its form, which is rare: one more prediction costs less than keeping all
        prediction = predict(self._mirnas[reference].sequence, self._transcripts, self._model)
        return (prediction if self._isoforms is None else self._isoforms.joined(prediction)).change


def _predictions(
    mirnas: Sequence[Reference], targets: Targets, model: RepressionModel, log: RunLog
) -> Iterator[tuple[Reference, Prediction]]:
    """Yield each miRNA with its prediction, in order."""

    def work(mirna: Reference) -> Prediction:
        return predict(mirna.sequence, targets, model)

    found = log.progress(in_order(work, mirnas, log.threads), "miRNAs", len(mirnas))
    yield from zip(mirnas, found, strict=True)


def _write_compared(
    stream: TextIO, mirnas: Sequence[Reference], compared: Sequence[int], kept: Sequence[Kept], targets: Targets
) -> None:
    table = TableWriter(stream, COMPARE_COLUMNS)
    for at, reference in enumerate(compared):
        if at != reference:
            for row in compare_rows(mirnas[reference], kept[reference], mirnas[at], kept[at], targets):
                table.write(row)


def _check(mirnas: Sequence[Reference]) -> None:
    for mirna in mirnas:
        if "N" in mirna.sequence[1:8]:
            problem = "has N among bases 2-8, so its sites are unknown; give the whole seed, or remove the miRNA"
            raise InputError(problem, record=mirna.name)


def _count(log: RunLog, prediction: Prediction) -> None:
    log.counts["predictions"] += len(prediction.change)
    log.counts["predictions_below_0"] += int((prediction.change < 0).sum())
    log.counts["sites"] += len(prediction.contribution)
    log.counts["sites_that_contribute"] += int((prediction.contribution < 0).sum())


def _remark(log: RunLog, mirnas: Sequence[Reference], targets: Targets, settings: GenesSettings) -> None:
    log.counts["mirnas"] = len(mirnas)
    lengths = [len(mirna.sequence) for mirna in mirnas]
    hint = references_hint(lengths, np.diff(targets.starts).tolist(), "--targets")
    if hint is not None:
        log.hints.append(hint)
    elif not log.counts["predictions_below_0"]:
        log.hints.append(
            "no target has a site, so all predictions are 0; give --targets that are transcripts or "
            "3'UTRs, 5'->3', of the species of the --mirnas"
        )
    unusual = sum(not _TRAINED[0] <= length <= _TRAINED[1] + 3 for length in lengths)
    if unusual and hint is None:
        log.say(
            f"{unusual} miRNAs have fewer than {_TRAINED[0]} or more than {_TRAINED[1] + 3} nt; the model was "
            f"trained with {_TRAINED[0]}-{_TRAINED[1]} nt"
        )
