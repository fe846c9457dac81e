"""Figures of merit, pooled and within miRNAs, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence

from mirtools.training.bootstrap import (
    Labels,
    Ranking,
    Scores,
    decision_figures,
    interval,
    numbered,
    resamples,
)

FIGURES = "auroc auroc_low auroc_high average_precision ap_low ap_high within_mirna_auroc".split()
AT_THRESHOLD = "f1 precision recall specificity".split()


def ranking_figures(
    labels: Labels, scores: Scores, mirnas: Sequence[str], seed: int = 1, samples: int = 200
) -> dict[str, float]:
    """Return what a ranking is worth (:data:`FIGURES`); needs both labels.

    AUROC and average precision over all pairs with the 95 % interval of ``samples`` stratified bootstrap samples
    of pairs, and the AUROC within miRNAs (:func:`within_mirna_auroc`; absent where no miRNA has both labels).
    """
    ranking = Ranking(labels, scores)
    result = {}
    drawn = [ranking.figures(counts) for counts in resamples(labels, seed, samples)]
    for place, (name, short) in enumerate((("auroc", "auroc"), ("average_precision", "ap"))):
        result[name] = ranking.figures()[place]
        result[f"{short}_low"], result[f"{short}_high"] = interval([pair[place] for pair in drawn])
    within = within_mirna_auroc(labels, scores, mirnas)
    if within is not None:
        result["within_mirna_auroc"] = within
    return result


def threshold_figures(labels: Labels, scores: Scores, threshold: float) -> dict[str, float]:
    """Return F1, precision, recall and specificity of ``scores > threshold``; 0 where nothing is predicted."""
    figures = decision_figures(labels, scores > threshold)
    return {name: 0.0 if value != value else value for name, value in figures._asdict().items()}


def within_mirna_auroc(labels: Labels, scores: Scores, mirnas: Sequence[str]) -> float | None:
    """Return the mean AUROC of the miRNAs that have both labels, weighted by their pairs.

    Knowing which miRNAs bind often is worth nothing here, unlike in the pooled figure.
    """
    auroc = Ranking(labels, scores, numbered(mirnas)).figures()[0]
    return None if auroc != auroc else auroc
