"""Parts of the pairs, and how good every predictor is in each: figures with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import UsageError, shorten
from mirtools.evaluation.predictors import Predictor
from mirtools.evaluation.score_columns import CLASS, TYPES
from mirtools.io.tables import ISOMIR_TYPES
from mirtools.pairs.grouping import numbered
from mirtools.pairs.ranking import Decision, Ranking, decision_figures, group_resamples, interval, resamples
from mirtools.pairs.table import LabelledPairs

RANKING = ("auroc", "average_precision", "within_mirna_auroc", "within_mirna_ap")
FIGURES = (*RANKING, *Decision._fields)
SHORT = {"average_precision": "ap"}
PART_KINDS = ("all", "class", "type", "seen")
ALL = "all"
_FEWEST = 5  # pairs of a label, or miRNAs, for an interval: resamples of fewer are all alike
MOST_VALUES = 50  # of a column that splits the pairs
# the paper's groups of types
_GROUPS = {"5p_isomir": "5p_", "3p_isomir": "3p_"}

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made: seed, number of resamples, confidence, and what is drawn (pairs or mirnas)."""

    seed: int = 1
    samples: int = 1000
    confidence: float = 0.95
    unit: str = "pairs"


class Estimate(NamedTuple):
    """A figure and its interval; NaN if it has no meaning."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """How good one predictor is in one part of the pairs.

    Attributes
    ----------
    part, predictor : str
    pairs, positives, mirnas : int
        ``mirnas`` counts those with both labels: what the figures within miRNAs rest on.
    scored, called : int
        Pairs that it gave a score, and said yes to; ``called`` is -1 if it says neither yes nor no.
    figures : dict
        :class:`Estimate` by name, of :data:`FIGURES`.
    leads : dict
        The same for the difference to the first predictor in this part, ranking figures alone; empty for it.
    """

    part: str
    predictor: str
    pairs: int
    positives: int
    mirnas: int
    scored: int
    called: int
    figures: dict[str, Estimate]
    leads: dict[str, Estimate] = field(default_factory=dict)


def parts_of(
    pairs: LabelledPairs, kinds: Iterable[str], by: Sequence[str], training: LabelledPairs | None
) -> list[tuple[str, Mask]]:
    """Return the parts of the pairs by name; those without a pair are left out.

    Parameters
    ----------
    pairs : LabelledPairs
    kinds : iterable of str
        Of :data:`PART_KINDS`: all pairs; exact miRNAs and isomiRs; the eight types and the paper's three groups
        of them; miRNAs and sites that the training pairs hold and those that they do not.
    by : sequence of str
        Columns whose values make parts.
    training : LabelledPairs, optional

    Raises
    ------
    UsageError
        For a column with too many values.
    """
    chosen = set(kinds)
    parts: list[tuple[str, Mask]] = [(ALL, np.ones(len(pairs), bool))] if "all" in chosen else []
    if "class" in chosen:
        classes = np.array(pairs.text(CLASS), dtype=object)
        parts += [(name, classes == name) for name in ("exact", "isomir")]
    if "type" in chosen:
        types = [set(cell.split(",")) for cell in pairs.text(TYPES)]
        parts += [(name, np.array([name in each for each in types], bool)) for name in ISOMIR_TYPES]
        for name, start in _GROUPS.items():
            parts.append((name, np.array([any(t.startswith(start) for t in each) for each in types], bool)))
        parts.append(("polymorphic", np.array([not each.isdisjoint({"SNP", "MNP"}) for each in types], bool)))
    if "seen" in chosen and training is not None:
        for word, known, asked in (
            ("mirna", training.mirna_names(), pairs.mirna_names()),
            ("target", training.sites, pairs.sites),
        ):
            seen = set(known)
            mask = np.array([name in seen for name in asked], bool)
            parts += [(f"{word}_seen", mask), (f"{word}_unseen", ~mask)]
    for column in dict.fromkeys(by):
        cells = pairs.texts[column]
        values = sorted(set(cells))
        if len(values) > MOST_VALUES:
            problem = f"column '{shorten(column, 30)}' has {len(values):,} values"
            raise UsageError(f"{problem}; split by one with at most {MOST_VALUES}")
        array = np.array(cells, dtype=object)
        parts += [(f"{column}={value}", array == value) for value in values]
    return [(name, mask) for name, mask in parts if mask.any()]


def judge(
    pairs: LabelledPairs, predictors: Sequence[Predictor], part: str, mask: Mask, bootstrap: Bootstrap
) -> list[Judged]:
    """Return how good each predictor is on the pairs of a part.

    All predictors are judged on the same resamples, so that differences between them have honest intervals.
    Those of figures within miRNAs are drawn over miRNAs, of which five at least are needed, as are five pairs of
    a label. If one label is missing, there is no ranking: positives alone give recall alone.
    """
    labels = pairs.labels[mask]
    names = pairs.mirna_names()
    mirnas = numbered([names[row] for row in np.flatnonzero(mask)])
    contenders = [_Contender(predictor, labels, mirnas, mask) for predictor in predictors]
    clusters = mirnas if bootstrap.unit == "mirnas" else None
    if len(labels) and contenders:
        groups = contenders[0].groups
        within = group_resamples(groups, bootstrap.seed, bootstrap.samples) if groups >= _FEWEST else None
        for counts in resamples(labels, bootstrap.seed, bootstrap.samples, clusters):
            group_counts = None if within is None else next(within)
            for contender in contenders:
                contender.resample(counts, group_counts)
    enough = all(not members or members >= _FEWEST for members in np.bincount(labels, minlength=2).tolist())
    positives = np.bincount(mirnas, labels, minlength=1)
    sizes = np.bincount(mirnas, minlength=1)
    both = int(((positives > 0) & (positives < sizes)).sum())
    judged = []
    for contender in contenders:
        predictor = contender.predictor
        judged.append(
            Judged(
                part,
                predictor.name,
                len(labels),
                int(labels.sum()),
                both,
                int(np.isfinite(predictor.scores[mask]).sum()),
                -1 if predictor.called is None else int(predictor.called[mask].sum()),
                contender.estimates(bootstrap.confidence, enough),
                contender.leads(contenders[0], bootstrap.confidence, enough)
                if contender is not contenders[0]
                else {},
            )
        )
    return judged


class _Contender:
    def __init__(self, predictor: Predictor, labels: NDArray[np.uint8], mirnas: NDArray[np.int64], mask: Mask):
        self.predictor = predictor
        self._labels = labels
        self._called = None if predictor.called is None else predictor.called[mask]
        scores = predictor.scores[mask]
        self._ranking = Ranking(labels, scores)
        self._within = Ranking(labels, scores, mirnas).by_group()
        self.groups = len(self._within[2])
        self._value = np.array(self._figures(None, np.ones(self.groups, np.int64)))
        self._samples: list[list[float]] = []

    def resample(self, counts: NDArray[np.int64], group_counts: NDArray[np.int64] | None) -> None:
        self._samples.append(self._figures(counts, group_counts))

    def estimates(self, confidence: float, enough: bool) -> dict[str, Estimate]:
        return _estimates(FIGURES, self._value, self._drawn(), confidence, enough)

    def leads(self, first: _Contender, confidence: float, enough: bool) -> dict[str, Estimate]:
        lead, drawn = self._value - first._value, self._drawn() - first._drawn()
        return _estimates(RANKING, lead, drawn, confidence, enough)

    def _drawn(self) -> NDArray[np.float64]:
        return np.array(self._samples, np.float64).reshape(-1, len(FIGURES))

    def _figures(self, counts: NDArray[np.int64] | None, group_counts: NDArray[np.int64] | None) -> list[float]:
        nothing = float("nan")
        figures = [*self._ranking.figures(counts), nothing, nothing]
        if group_counts is not None and self.groups:
            aurocs, precisions, sizes = self._within
            weights = sizes * group_counts
            figures[2:] = [float(aurocs @ weights / weights.sum()), float(precisions @ weights / weights.sum())]
        if self._called is None:
            return [*figures, *[nothing] * len(Decision._fields)]
        return [*figures, *decision_figures(self._labels, self._called, counts)]


def _estimates(
    names: Sequence[str],
    values: NDArray[np.float64],
    drawn: NDArray[np.float64],
    confidence: float,
    enough: bool,
) -> dict[str, Estimate]:
    result = {}
    for place, name in enumerate(names):
        value = float(values[place])
        low = high = float("nan")
        # a figure that the pairs themselves do not have, resamples do not have either
        if value == value and (enough or name.startswith("within")):
            low, high = interval(drawn[:, place], confidence)
        result[name] = Estimate(value, low, high)
    return result


TABLE_COLUMNS = [
    *"part predictor ranked_by better pairs positives negatives mirnas scored called".split(),
    *(
        f"{SHORT.get(name, name) if suffix else name}{suffix}"
        for name in FIGURES
        for suffix in ("", "_low", "_high")
    ),
]
LEAD_COLUMNS = "part predictor reference figure difference low high".split()


def table_rows(judged: Sequence[Judged], predictors: Mapping[str, Predictor]) -> Iterator[Sequence[str]]:
    """Yield the rows of the result table (:data:`TABLE_COLUMNS`): figures with four decimals, ``.`` for none."""
    for each in judged:
        predictor = predictors[each.predictor]
        counts = (each.pairs, each.positives, each.pairs - each.positives, each.mirnas, each.scored)
        cells = [each.part, each.predictor, predictor.ranked_by, predictor.better, *map(str, counts)]
        cells.append("." if each.called < 0 else str(each.called))
        yield cells + [_cell(value) for name in FIGURES for value in each.figures[name]]


def lead_rows(judged: Sequence[Judged], reference: str) -> Iterator[Sequence[str]]:
    """Yield the rows of differences to the first predictor (:data:`LEAD_COLUMNS`)."""
    for each in judged:
        for name, estimate in each.leads.items():
            yield [each.part, each.predictor, reference, name, *map(_cell, estimate)]


def as_json(judged: Sequence[Judged]) -> dict[str, object]:
    """Return the figures for ``--json``: by part, then predictor; figures without a meaning are left out."""
    parts: dict[str, dict[str, object]] = {}
    for each in judged:
        entry: dict[str, object] = {"pairs": each.pairs, "positives": each.positives, "scored": each.scored}
        if each.called >= 0:
            entry["called"] = each.called
        entry.update(_rounded(each.figures))
        if leads := _rounded(each.leads):
            entry["lead_over_first"] = leads
        parts.setdefault(each.part, {})[each.predictor] = entry
    return dict(parts)


def _rounded(figures: Mapping[str, Estimate]) -> dict[str, dict[str, float]]:
    return {
        name: {key: round(value, 6) for key, value in estimate._asdict().items() if value == value}
        for name, estimate in figures.items()
        if estimate.value == estimate.value
    }


def _cell(value: float) -> str:
    return "." if value != value else f"{round(value, 4) + 0.0:.4f}"  # no "-0.0000"
