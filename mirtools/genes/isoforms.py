"""From transcripts to genes: the fold change of all mRNAs of a gene together, by the weights of its isoforms.

A gene with isoforms of the weights ``w`` and the predicted log2 fold changes ``c`` changes by
``log2(sum(w * 2^c) / sum(w))``: weights are numbers of mRNAs (TPM), and mRNAs add up, not their logarithms.
Isoforms share the change of their gene by the mRNAs that each loses, ``w * (1 - 2^c)``, and the sites of an
isoform its part by their contributions; contributions over all isoforms add up to the prediction of the gene.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.genes.observed import Marks
from mirtools.genes.predict import Prediction
from mirtools.genes.settings import LONGEST, MEAN
from mirtools.genes.targets import Targets
from mirtools.io.sequences import is_missing
from mirtools.io.tables import MISSING, TableReader
from mirtools.runlog import RunLog
from mirtools.transcripts.names import match_names
from mirtools.transcripts.regions import unknown_to_all

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ISOFORM_COLUMNS = ["n_isoforms", "gene_weight", "best_target"]
# Columns of tables of weights, lower case: own ones; those of salmon, kallisto and RSEM
_NAMES = ("target_id", "transcript_id", "name")
_WEIGHTS = ("weight", "tpm")
# Predictions are written with six decimals
_LEAST = 5e-7


class Isoforms:
    """The isoforms of each gene and their weights. Genes have the order of their first transcripts.

    Parameters
    ----------
    targets : Targets
        Transcripts.
    weights : array of float64, shape (transcripts,)
        0 or more, or NaN for a transcript of unknown weight, which is 0 if another isoform has one.

    Attributes
    ----------
    transcripts : Targets
    targets : Targets
        The isoform with most weight of each gene; of equal ones that with the longest 3'UTR.
    without_weight : int
        Genes whose isoforms have no weight above 0. All their isoforms count the same.
    """

    def __init__(self, targets: Targets, weights: Floats) -> None:
        self.transcripts = targets
        names = [gene.identifier for gene in targets.genes]
        number = {name: at for at, name in enumerate(dict.fromkeys(names))}
        self._owner = np.array([number[name] for name in names], np.int64)
        size = len(number)
        known = ~np.isnan(weights)
        total = self._sums(np.where(known, weights, 0.0))
        weighted = total > 0
        self.without_weight = int(size - weighted.sum())
        used = np.where(weighted[self._owner], np.where(known, weights, 0.0), 1.0)
        self._share = used / self._sums(used)[self._owner]
        self._size = np.bincount(self._owner, minlength=size)
        has_any = self._sums(known * 1.0) > 0
        self._weight = [
            f"{value:.6g}" if is_known else MISSING for value, is_known in zip(total, has_any, strict=True)
        ]
        by_name = sorted(range(len(names)), key=targets.names.__getitem__)
        self._rank = np.empty(len(names), np.int64)
        self._rank[by_name] = np.arange(len(names))
        self._of_gene: list[list[int]] = [[] for _ in range(size)]
        for at in by_name:
            self._of_gene[self._owner[at]].append(at)
        self.targets = targets.select([self._main(isoforms) for isoforms in self._of_gene])

    def joined(self, prediction: Prediction) -> Prediction:
        """Return the prediction of genes from that of transcripts.

        ``change``, ``by_region``, ``counts`` (weighted means, float64) and ``best`` have one entry per gene;
        ``found`` and ``log_affinity`` are the same, and ``contribution`` is to the prediction of the gene.
        """
        size = len(self._size)
        lost = self._share * -np.expm1(np.log(2) * prediction.change)
        loss = self._sums(lost)
        change = np.log1p(-loss) / np.log(2)
        change[change > -_LEAST] = 0.0
        part = np.divide(change[self._owner] * lost, loss[self._owner], out=np.zeros(len(lost)), where=lost > 0)
        factor = np.divide(part, prediction.change, out=np.zeros(len(lost)), where=prediction.change < 0)
        target = prediction.found.sites[:, 1]
        contribution = prediction.contribution * factor[target] + 0.0
        by_region = self._table_sums(prediction.by_region * factor[:, None]) + 0.0
        shape = prediction.counts.shape[1:]
        counts = self._table_sums(prediction.counts.reshape(len(lost), -1) * self._share[:, None])
        best = np.full(size, -1, np.int64)
        # strongest last; of equal ones the first on the target, then on the first target by name
        order = np.lexsort((-self._rank[target], -prediction.found.starts, -contribution))
        best[self._owner[target[order]]] = order
        best[change == 0] = -1
        return prediction._replace(
            change=change + 0.0,
            by_region=by_region,
            counts=counts.reshape(size, *shape),
            best=best,
            contribution=contribution,
        )

    def marked(self, marks: Marks) -> Marks:
        """Return what was observed on genes from what was observed on transcripts."""
        return marks._replace(
            number=np.rint(self._sums(marks.number.astype(np.float64))).astype(np.int64),
            reads=self._sums(marks.reads),
        )

    def order(self, genes: Ints) -> Ints:
        """Return the transcripts of genes, those of a gene by name."""
        return np.array([at for gene in genes.tolist() for at in self._of_gene[gene]], np.int64)

    def gene_of(self, transcript: int) -> int:
        """Return the number of the gene of a transcript."""
        return int(self._owner[transcript])

    def utr3_lengths(self) -> Floats:
        """Return the weighted mean length of the 3'UTRs of each gene, nt."""
        edges = self.transcripts.edges
        lengths: Floats = (edges[:, 3] - edges[:, 2]) * self._share
        return self._sums(lengths)

    def cells(self, gene: int, prediction: Prediction) -> list[str]:
        """Return the cells ``ISOFORM_COLUMNS`` of a gene."""
        best = int(prediction.best[gene])
        name = MISSING if best < 0 else self.transcripts.names[int(prediction.found.sites[best, 1])]
        return [str(self._size[gene]), self._weight[gene], name]

    def _main(self, isoforms: Sequence[int]) -> int:
        return min(isoforms, key=lambda at: (-self._share[at], self.transcripts.representative_key(at)))

    def _sums(self, values: Floats) -> Floats:
        return np.bincount(self._owner, values, minlength=int(self._owner.max(initial=-1)) + 1).astype(np.float64)

    def _table_sums(self, rows: Floats) -> Floats:
        return np.stack([self._sums(column) for column in rows.T], axis=1)


def genes_of(how: str, targets: Targets, log: RunLog) -> tuple[Targets, Isoforms | None]:
    """Return targets to predict for genes, and the weights of isoforms if more than one of a gene counts.

    Parameters
    ----------
    how : str
        ``longest`` for the transcript with the longest 3'UTR of each gene, ``mean`` for equal weights, else the
        file of a table of weights.
    targets : Targets
    log : RunLog
        Gains counts, and ``isoforms`` among its facts.

    Raises
    ------
    InputError
        As :func:`read_weights`.
    """
    if how == LONGEST:
        targets, isoforms = targets.one_per_gene(), None
        log.counts["genes"] = len(targets.names)
    else:
        weights = np.ones(len(targets.names)) if how == MEAN else read_weights(how, targets)
        isoforms = Isoforms(targets, weights)
        log.counts["genes"] = len(isoforms.targets.names)
        if how != MEAN:
            log.counts["targets_without_weight"] = int(np.isnan(weights).sum())
            log.counts["genes_without_weight"] = isoforms.without_weight
            _note(isoforms, log)
    log.facts["isoforms"] = how if how in (LONGEST, MEAN) else "weighted"
    return targets, isoforms


def read_weights(path: str, targets: Targets) -> Floats:
    """Return the weights of transcripts in a table, NaN for those that it lacks.

    Parameters
    ----------
    path : str
        Table with a column ``target_id`` (or ``transcript_id``, ``Name``) and a column ``weight`` (or ``TPM``), in
        any case; for example ``quant.sf`` of salmon.
    targets : Targets
        Names are matched by :func:`mirtools.transcripts.names.match_names`.

    Raises
    ------
    InputError
        If a column is missing, a weight is not a number of 0 or more, a transcript occurs twice, or the table
        describes none of the targets.
    """
    reader = TableReader(path)
    name_at, weight_at = _column(reader, _NAMES), _column(reader, _WEIGHTS)
    weights: dict[str, float] = {}
    for row in reader:
        name = row[name_at]
        if name in weights:
            raise reader.error(
                f"'{shorten(name, 40)}' has a weight in an earlier row; give each transcript one row"
            )
        weights[name] = _weight(reader, row[weight_at], weight_at)
    matched = match_names(targets.names, weights)
    if not matched:
        raise unknown_to_all(path)
    return np.array([matched.get(name, np.nan) for name in targets.names])


def _weight(reader: TableReader, cell: str, column: int) -> float:
    if is_missing(cell):
        return float("nan")
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        name = shorten(reader.columns[column], 30)
        raise reader.error(f"{name} is '{shorten(cell, 30)}'; give a number, 0 or more")
    return value


def _column(reader: TableReader, spellings: Sequence[str]) -> int:
    lower = [name.lower() for name in reader.columns]
    for spelling in spellings:
        if spelling in lower:
            return lower.index(spelling)
    problem = f"has no column {' or '.join(spellings)}; name it in the header line"
    raise InputError(problem, source=reader.path, line=1)


def _note(isoforms: Isoforms, log: RunLog) -> None:
    if isoforms.without_weight:
        log.say(
            f"{isoforms.without_weight:,} genes have no isoform with a weight above 0, so all their isoforms "
            "count the same; column gene_weight marks them"
        )
