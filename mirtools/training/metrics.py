"""Figures of merit, pooled and within miRNAs, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

FIGURES = "auroc auroc_low auroc_high average_precision ap_low ap_high within_mirna_auroc".split()
AT_THRESHOLD = "f1 precision recall specificity".split()

Labels = NDArray[np.uint8]
Scores = NDArray[np.floating]


def ranking_figures(
    labels: Labels, scores: Scores, mirnas: Sequence[str], seed: int = 1, resamples: int = 200
) -> dict[str, float]:
    """Return what a ranking is worth (:data:`FIGURES`); needs both labels.

    AUROC and average precision over all pairs with the 95 % interval of ``resamples`` bootstrap samples of pairs,
    and the AUROC within miRNAs (:func:`within_mirna_auroc`; absent where no miRNA has both labels).
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    result = {}
    for name, short, measure in (
        ("auroc", "auroc", roc_auc_score),
        ("average_precision", "ap", average_precision_score),
    ):
        result[name] = float(measure(labels, scores))
        result[f"{short}_low"], result[f"{short}_high"] = _interval(measure, labels, scores, seed, resamples)
    within = within_mirna_auroc(labels, scores, mirnas)
    if within is not None:
        result["within_mirna_auroc"] = within
    return result


def threshold_figures(labels: Labels, scores: Scores, threshold: float) -> dict[str, float]:
    """Return F1, precision, recall and specificity of ``scores > threshold``; 0 where nothing is predicted."""
    predicted = scores > threshold
    true_positives = int((predicted & (labels == 1)).sum())
    true_negatives = int((~predicted & (labels == 0)).sum())
    precision = true_positives / max(int(predicted.sum()), 1)
    recall = true_positives / max(int((labels == 1).sum()), 1)
    return {
        "f1": 2 * precision * recall / (precision + recall) if true_positives else 0.0,
        "precision": precision,
        "recall": recall,
        "specificity": true_negatives / max(int((labels == 0).sum()), 1),
    }


def within_mirna_auroc(labels: Labels, scores: Scores, mirnas: Sequence[str]) -> float | None:
    """Return the mean AUROC of the miRNAs that have both labels, weighted by their pairs.

    Knowing which miRNAs bind often is worth nothing here, unlike in the pooled figure.
    """
    from sklearn.metrics import roc_auc_score

    numbers = np.unique(np.array(mirnas), return_inverse=True)[1].ravel()
    order = np.argsort(numbers, kind="stable")
    total, weight = 0.0, 0
    for members in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        if 0 < labels[members].sum() < len(members):
            total += len(members) * float(roc_auc_score(labels[members], scores[members]))
            weight += len(members)
    return total / weight if weight else None


def _interval(
    measure: Callable[..., float], labels: Labels, scores: Scores, seed: int, resamples: int
) -> tuple[float, float]:
    random = np.random.default_rng([seed, 0xB007])
    values = []
    for _ in range(resamples):
        sample = random.integers(0, len(labels), len(labels))
        if 0 < labels[sample].sum() < len(sample):
            values.append(float(measure(labels[sample], scores[sample])))
    low, high = np.percentile(values, [2.5, 97.5]) if values else (float("nan"),) * 2
    return float(low), float(high)
