"""The rows of one miRNA on a page of genes: which targets are listed, and what the page knows of each, as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.compare import status
from mirtools.genes.isoforms import ISOFORM_COLUMNS, Isoforms
from mirtools.genes.observed import OBSERVED_SITE_COLUMNS, OBSERVED_TARGET_COLUMNS, Marks
from mirtools.genes.predict import Prediction
from mirtools.genes.table import COLUMNS, SITE_COLUMNS, site_rows, target_order, target_rows
from mirtools.genes.targets import Targets
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING
from mirtools.report.page.data import encoded_columns

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

COMPARED_COLUMNS = ["reference_log2fc", "difference", "status"]
# Of the table of sites; what a row of targets has as well is not repeated, and the rest is for programs
_SITE_CELLS = "region site_type site_start site_end contribution au_wide supplementary".split()


class Predicted(NamedTuple):
    """One miRNA and what is predicted for all targets.

    Attributes
    ----------
    mirna : Reference
    prediction : Prediction
    confidences : array of float64, shape (targets,)
    marks : Marks, optional
        What was observed.
    before : array of float64, shape (targets,), optional
        Predictions of the miRNA with which this one is compared.
    """

    mirna: Reference
    prediction: Prediction
    confidences: Floats
    marks: Marks | None = None
    before: Floats | None = None

    def shifts(self) -> list[str]:
        """Return what happens to each target, compared; ``.`` if neither miRNA represses it, or without one."""
        change = self.prediction.change.tolist()
        before = [0.0] * len(change) if self.before is None else self.before.tolist()
        nothing = self.before is None
        return [
            MISSING if nothing or (old == 0 and new == 0) else status(old, new)
            for old, new in zip(before, change, strict=True)
        ]


def listed_targets(predicted: Predicted, targets: Targets, most: int) -> Ints:
    """Return the targets with the strongest predictions, the strongest first; of equal ones, the first by name.

    If miRNAs are compared, targets that the other one represses strongly are among them: those that are lost.
    """
    order = target_order(predicted.prediction, targets, "prediction")
    if predicted.before is None:
        return order[:most]
    strength = np.minimum(predicted.prediction.change, predicted.before)
    kept = np.zeros(len(order), bool)
    kept[order[np.argsort(strength[order], kind="stable")[:most]]] = True
    return order[kept[order]]


def encoded_rows(
    predicted: Predicted, targets: Targets, listed: Ints, compared: bool, isoforms: Isoforms | None = None
) -> Iterator[str]:
    """Yield the listed targets of a miRNA and their sites as JSON in parts, safe within HTML.

    The columns of ``genes`` are those of the table of targets and, if miRNAs are compared, ``COMPARED_COLUMNS``;
    of the columns of the table of sites, ``sites`` has some, and only sites that contribute. They are in the
    order of the targets, of which each has as many as ``more.sites`` shows. If targets are genes with isoforms,
    ``sites`` has the transcript of each site as well, and ``transcripts`` the regions of these.

    Parameters
    ----------
    predicted : Predicted
    targets : Targets
    listed : array of int64
        Positions of targets.
    compared : bool
        Whether any miRNA is compared.
    isoforms : Isoforms, optional
        Of targets that are genes.
    """
    mirna, prediction, _, marks, _ = predicted
    texts = _Texts()
    transcripts = targets if isoforms is None else isoforms.transcripts
    own = [isoforms.order(listed[at : at + 1]) for at in range(len(listed))] if isoforms else listed[:, None]
    order = np.concatenate([np.zeros(0, np.int64), *own])
    site_names = SITE_COLUMNS + ([] if marks is None else OBSERVED_SITE_COLUMNS)
    shown = ([] if isoforms is None else ["target_id"]) + _SITE_CELLS
    shown += [] if marks is None else OBSERVED_SITE_COLUMNS
    sites, numbers = _sites(site_rows(mirna, prediction, transcripts, order, marks), site_names, shown, texts)
    matches = np.bincount(prediction.found.sites[:, 1], minlength=len(transcripts.names))
    counts = [sum(numbers[transcripts.names[at]] for at in each.tolist()) for each in own]
    edges = targets.edges[listed]
    more = {
        "gene": [gene_name(targets, at) for at in listed.tolist()],
        "cds_start": edges[:, 1].tolist(),
        "cds_end": edges[:, 2].tolist(),
        "length": edges[:, 3].tolist(),
        "sites": counts,
        "silent": [int(matches[each].sum()) - count for each, count in zip(own, counts, strict=True)],
    }
    names, rows = _target_cells(predicted, targets, listed, compared, isoforms, texts)
    yield '{"genes":'
    yield from encoded_columns(names, rows, more, {})
    yield ',"sites":'
    yield from encoded_columns(shown, sites, {}, {})
    yield ',"transcripts":'
    drawn = [at for at in order.tolist() if isoforms is not None and numbers[transcripts.names[at]]]
    bounds = [[transcripts.names[at], *map(str, transcripts.edges[at, 1:].tolist())] for at in drawn]
    yield from encoded_columns(["target_id", "cds_start", "cds_end", "length"], bounds, {}, {})
    yield "}"


def _target_cells(
    predicted: Predicted,
    targets: Targets,
    listed: Ints,
    compared: bool,
    isoforms: Isoforms | None,
    texts: _Texts,
) -> tuple[list[str], list[list[str]]]:
    """Return the columns of the table of targets, with those of a comparison, and the rows of the listed ones."""
    mirna, prediction, confidences, marks, before = predicted
    if isoforms is not None and marks is not None:
        marks = isoforms.marked(marks)
    names = COLUMNS + (ISOFORM_COLUMNS if isoforms else []) + ([] if marks is None else OBSERVED_TARGET_COLUMNS)
    found = target_rows(mirna, prediction, confidences, targets, listed, marks, isoforms)
    rows = [texts.once(row) for row in found]
    if compared:
        names = names + COMPARED_COLUMNS
        shifts = predicted.shifts()
        for row, at in zip(rows, listed.tolist(), strict=True):
            row += texts.once(_compared(prediction.change[at], None if before is None else before[at], shifts[at]))
    return names, rows


def gene_name(targets: Targets, at: int) -> str:
    """Return the gene of a target by its name, else by its identifier, else the name of the transcript."""
    gene = targets.genes[at]
    return next((name for name in (gene.symbol, gene.identifier) if name != MISSING), targets.names[at])


class _Texts:
    """Keeps each distinct cell once in memory: most cells are repeated."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def once(self, cells: Iterable[str]) -> list[str]:
        return [self._known.setdefault(cell, cell) for cell in cells]


def _compared(change: float, before: float | None, shift: str) -> list[str]:
    if before is None:
        return [MISSING] * len(COMPARED_COLUMNS)
    return [f"{before:.6f}", f"{change - before:.6f}", shift]


def _sites(
    rows: Iterator[list[str]], names: list[str], shown: list[str], texts: _Texts
) -> tuple[list[list[str]], Counter[str]]:
    """Return the shown cells of the sites that contribute, and their number on each target."""
    at = [names.index(name) for name in shown]
    target, contribution = names.index("target_id"), names.index("contribution")
    kept, numbers = [], Counter[str]()
    for name, sites in groupby(rows, lambda row: row[target]):
        for site in sites:
            if float(site[contribution]) < 0:
                kept.append(texts.once(site[place] for place in at))
                numbers[name] += 1
    return kept, numbers
