"""The audit of labelled pairs: how well the label is predicted by what should have nothing to do with it.

Each property is judged alone, by the AUROC of what can be learned from it: on pairs that it was not learned from
(ten folds), or on one table after learning from another. A property above the limit leaks: a model that looks at
nothing else reaches that figure. Plain predictors, which may know something, stand beside for comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from mirtools.io.tables import MISSING
from mirtools.negatives.findings import (
    BASELINE,
    CLEAN,
    FOLDS,
    GROUP,
    LEAK,
    LEAKS,
    LIMIT,
    NOTHING,
    REMEDIES,
    REVERSED,
    SIGNIFICANCE,
    SPLIT,
    TOO_FEW,
    TRAINING,
    Finding,
)
from mirtools.negatives.held_out import FOLDS as FOLD_COUNT
from mirtools.negatives.held_out import (
    Labels,
    Mask,
    Numbers,
    Scores,
    deal_folds,
    dinucleotide_shares,
    gc_shares,
    held_out_combination,
    held_out_discriminant,
    held_out_shares,
)
from mirtools.negatives.labelled import ENERGY, REGION
from mirtools.pairs.baselines import ENERGIES, baseline_scores
from mirtools.pairs.grouping import numbered, seed_of, site_groups
from mirtools.pairs.ranking import area_under_curve
from mirtools.pairs.table import LabelledPairs

_LONGEST_JUNCTION = 8

Watch = Callable[[Iterable[str]], Iterator[str]]


@dataclass(frozen=True)
class AuditRules:
    """How an audit is done.

    Attributes
    ----------
    seed : int
        For the folds, and for the pairs that are folded.
    folded : int
        Largest number of pairs of which energies are computed.
    threads : int
        Processes for energies.
    """

    seed: int = 1
    folded: int = 20_000
    threads: int = 1


def audit(
    rows: LabelledPairs,
    training: LabelledPairs | None = None,
    rules: AuditRules = AuditRules(),
    watch: Watch = iter,
) -> list[Finding]:
    """Judge every property that is known of the pairs.

    Parameters
    ----------
    rows : LabelledPairs
        The pairs to judge.
    training : LabelledPairs, optional
        Pairs to learn from; without them each tenth of ``rows`` is judged by the others.
    rules : AuditRules
    watch : callable
        Passes the names of the properties on, and shows progress.

    Returns
    -------
    list of Finding
        In the order of :data:`mirtools.negatives.findings.REMEDIES`; empty where ``rows`` or ``training`` lack
        one of the labels.
    """
    if not (_has_both(rows) and (training is None or _has_both(training))):
        return []
    judge = _Judge(rows, training, rules)
    found = [each for name in watch(REMEDIES) if (each := judge.measure(name)) is not None]
    checked = sum(each.kind != BASELINE for each in found)
    beyond = NormalDist().inv_cdf(1 - SIGNIFICANCE / (2 * max(checked, 1)))
    return [each.finding(beyond) for each in found]


@dataclass(frozen=True)
class _Measured:
    name: str
    kind: str
    learned_from: str
    labels: Labels
    scores: Scores
    folds: Numbers
    seen: float
    varies: bool = True  # else it can predict nothing, however few pairs there are

    def finding(self, beyond: float) -> Finding:
        """Return the verdict; ``beyond`` is how many standard errors of chance are not put down to chance."""
        area = area_under_curve(self.labels, self.scores, self.folds)
        auroc, low, high = area.auroc, area.low, area.high
        direction = "as_learned"
        if auroc < 0.5:
            auroc, low, high, direction = 1 - auroc, 1 - high, 1 - low, "reversed"
        # Any two pairs of different folds meet twice, each helping to judge the other.
        by_chance = beyond * area.chance_error * (2**0.5 if self.learned_from == FOLDS else 1)
        strong = auroc - 0.5 > max(LIMIT - 0.5, by_chance)
        if self.kind == BASELINE:
            verdict = REVERSED if strong and direction == "reversed" else MISSING
        elif strong:
            verdict = GROUP if self.kind == SPLIT else LEAKS
        else:
            verdict = TOO_FEW if self.varies and by_chance > LIMIT - 0.5 else CLEAN
        size = len(self.labels)
        return Finding(
            self.name, self.kind, self.learned_from, size, self.seen, auroc, low, high, direction, verdict
        )


class _Judge:
    """Pairs to learn from and pairs to judge, in one: folds say which is which."""

    def __init__(self, rows: LabelledPairs, training: LabelledPairs | None, rules: AuditRules) -> None:
        self._rules = rules
        self._learned_from = FOLDS if training is None else TRAINING
        # sites that recur within a table do harm if it is split at random; in another table the harm is done
        self._within = SPLIT if training is None else LEAK
        self._rows = rows if training is None else training.joined(rows)
        self._labels = self._rows.labels
        self._first = len(self._rows) - len(rows)  # of those to judge
        if training is None:
            pairs = zip(rows.mirnas, rows.sites, strict=True)
            self._folds = deal_folds(numbered(pairs), rules.seed)
            self._asked = np.unique(self._folds).tolist()
        else:
            self._folds = (np.arange(len(self._rows)) >= self._first).astype(np.int64)
            self._asked = [1]
        self._sites = site_groups(self._rows.sites)
        self._dinucleotides = dinucleotide_shares(self._rows.sites)
        gc = gc_shares(self._rows.sites)
        self._gc = np.column_stack([gc, gc**2])
        self._leaks: list[tuple[Numbers, Mask]] = []  # what has been measured by value

    def measure(self, name: str) -> _Measured | None:
        """Return how well a property predicts the label, or ``None`` if it is known of too few pairs."""
        rows = self._rows
        if name == "mirna_length":
            return self._by_value(name, _lengths(rows.mirnas))
        if name == "site_length":
            return self._by_value(name, _lengths(rows.sites))
        if name == "n_count":
            counts = [
                mirna.count("N") + site.count("N") for mirna, site in zip(rows.mirnas, rows.sites, strict=True)
            ]
            return self._by_value(name, np.array(counts, np.int64))
        if name == "junction":
            pairs = zip(rows.mirnas, rows.sites, strict=True)
            return self._by_value(name, np.array([_shared_ends(*pair) for pair in pairs], np.int64))
        if name == "site_gc":
            return self._by_discriminant(name, self._gc)
        if name == "site_dinucleotides":
            return self._by_discriminant(name, self._dinucleotides)
        if name == "region":
            return self._by_name(name, rows.text(REGION))
        if name == "mirna_identity":
            return self._by_name(name, rows.mirna_names())
        if name == "mirna_seed":
            return self._by_name(name, list(map(seed_of, rows.mirnas)))
        if name == "target_identity":
            return self._by_name(name, rows.target_ids)
        if name == "site_identity":
            return self._by_value(name, self._sites, recurs=True, kind=self._within)
        if name == "site_memory":
            return self._by_memory(name)
        if name == "all_together":
            return self._by_all(name)
        return self._by_binding(name)

    def _by_name(self, name: str, values: Sequence[str]) -> _Measured | None:
        known = np.array([value != MISSING for value in values], bool)
        return self._by_value(name, numbered(values), known, recurs=True)

    def _by_value(
        self, name: str, values: Numbers, known: Mask | None = None, recurs: bool = False, kind: str = LEAK
    ) -> _Measured | None:
        some = np.ones(len(values), bool) if known is None else known
        judged = np.flatnonzero(some) >= self._first
        source = self._labels[some] if self._learned_from == FOLDS else self._labels[some][~judged]
        if not len(source):
            return None
        share = float(source.mean())
        shares, seen = held_out_shares(values[some], self._labels[some], self._folds[some], share)
        recurring = float(seen[judged].mean()) if recurs and judged.any() else float("nan")
        varies = bool(seen[judged].any()) and len(np.unique(values[some])) > 1
        measured = self._measured(name, kind, some, shares[judged], recurring, varies)
        if measured is not None and kind == LEAK:
            self._leaks.append((values, some))
        return measured

    def _composition_folds(self) -> tuple[Numbers, list[int]]:
        """Return folds and those to judge, sites of equal composition in one fold.

        A site and its shuffled twin look alike and have different labels: apart, each would teach the opposite
        of the other.
        """
        composition = np.unique(self._dinucleotides, axis=0, return_inverse=True)[1].ravel()
        folds = deal_folds(composition, self._rules.seed)
        if self._learned_from == TRAINING:
            folds[self._first :] = FOLD_COUNT
            return folds, [FOLD_COUNT]
        return folds, np.unique(folds).tolist()

    def _by_all(self, name: str) -> _Measured | None:
        folds, asked = self._composition_folds()
        features = np.column_stack([self._gc, self._dinucleotides])
        scores = held_out_combination(self._leaks, features, self._labels, folds, asked)
        every = np.ones(len(scores), bool)
        return self._measured(name, LEAK, every, scores[self._first :], float("nan"), True, folds)

    def _by_discriminant(self, name: str, features: Scores) -> _Measured | None:
        folds, asked = self._composition_folds()
        values = held_out_discriminant(features, self._labels, folds, asked)
        every = np.ones(len(values), bool)
        varies = bool(np.ptp(features, axis=0).any())
        return self._measured(name, LEAK, every, values[self._first :], float("nan"), varies, folds)

    def _by_memory(self, name: str) -> _Measured | None:
        """Judge whether the very same site is a positive elsewhere, which a model may remember."""
        sites, positive = numbered(self._rows.sites), self._labels
        size = int(sites.max(initial=0)) + 1
        elsewhere = np.zeros(len(sites))
        for fold in self._asked:
            held = self._folds == fold
            elsewhere[held] = np.bincount(sites[~held], positive[~held], size)[sites[held]] > 0
        scores = elsewhere[self._first :]
        return self._measured(
            name, self._within, np.ones(len(sites), bool), scores, float(scores.mean()), bool(scores.any())
        )

    def _by_binding(self, name: str) -> _Measured | None:
        """Judge a plain predictor, those that need folding on some of the pairs."""
        rows = self._rows
        chosen = np.arange(self._first, len(rows))
        if name in ENERGIES:
            drawn = np.random.default_rng([self._rules.seed, 0xF01D]).permutation(chosen)
            chosen = np.sort(drawn[: self._rules.folded])
        scores = np.full(len(chosen), np.nan)
        if name == "cofold_energy":
            scores = -rows.number(ENERGY)[chosen]
        unknown = np.flatnonzero(np.isnan(scores))
        scores[unknown] = baseline_scores(name, rows.subset(chosen[unknown]), threads=self._rules.threads)
        labels = self._labels[chosen]
        if not 0 < labels.sum() < len(labels):
            return None
        return _Measured(name, BASELINE, NOTHING, labels, scores, np.zeros(len(labels), np.int64), float("nan"))

    def _measured(
        self,
        name: str,
        kind: str,
        some: Mask,
        scores: Scores,
        seen: float,
        varies: bool,
        dealt: Numbers | None = None,
    ) -> _Measured | None:
        judged = np.flatnonzero(some[self._first :]) + self._first
        labels, folds = self._labels[judged], (self._folds if dealt is None else dealt)[judged]
        if not np.intersect1d(folds[labels == 1], folds[labels == 0]).size:
            return None
        return _Measured(name, kind, self._learned_from, labels, scores, folds, seen, varies)


def _has_both(rows: LabelledPairs) -> bool:
    return 0 < int(rows.labels.sum()) < len(rows)


def _shared_ends(mirna: str, site: str) -> int:
    """Return how many bases at the end of one are the beginning of the other, as if a read was cut in two."""
    for length in range(_LONGEST_JUNCTION, 0, -1):
        if mirna[-length:] == site[:length] or site[-length:] == mirna[:length]:
            return length
    return 0


def _lengths(sequences: Sequence[str]) -> NDArray[np.int64]:
    return np.array([len(sequence) for sequence in sequences], np.int64)
