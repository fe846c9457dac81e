"""Results of a model and of baselines on pairs that the model was not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.io.tables import extended
from mirtools.models.arrays import Weights
from mirtools.models.base import Family
from mirtools.models.encoder import is_nucleic
from mirtools.pairs.baselines import ENERGIES, IDENTITIES, SITE_TYPE, baseline_scores
from mirtools.pairs.grouping import numbered
from mirtools.pairs.ranking import Labels, Ranking, Scores, decision_figures, interval, resamples
from mirtools.pairs.table import LabelledPairs
from mirtools.prediction.scores import score_cells

Figures = dict[str, float]
FIGURES = "auroc auroc_low auroc_high average_precision ap_low ap_high within_mirna_auroc".split()
AT_THRESHOLD = "f1 precision recall specificity".split()
TABLE_COLUMNS = ["part", "predictor", "pairs", "positives", *FIGURES, *AT_THRESHOLD]
BASELINES = (SITE_TYPE, "6mer", *ENERGIES, *IDENTITIES)
MODEL, START = "model", "start_model"


def model_scores(family: Family, weights: Weights, pairs: LabelledPairs) -> NDArray[np.float32]:
    """Return the scores of pairs as dmiso-predict computes them, shape ``(n,)``, float32."""
    scores = family.pair_scorer(weights).score(*pairs.encoded(family.encoder))
    if not family.knows_abundance or pairs.coverages is None:
        return scores
    return family.with_abundance(weights, scores, pairs.coverages)


def evaluate(
    scores: Mapping[str, NDArray[np.float32]],
    threshold: float,
    training: LabelledPairs,
    tested: LabelledPairs,
    seed: int,
) -> dict[str, Figures]:
    """Return the results of each predictor: models, then baselines (for other alphabets only identities).

    Parameters
    ----------
    scores : mapping of str to ndarray of shape (n,)
        Scores of each model on the tested pairs.
    threshold : float
    training : LabelledPairs
        The training pairs of the model (with validation pairs), which the identity baselines use.
    tested : LabelledPairs
        Pairs with both labels that the model was not trained on.
    """
    mirnas = tested.mirna_names()
    figures = {
        name: ranking_figures(tested.labels, values, mirnas, seed)
        | threshold_figures(tested.labels, values, threshold)
        for name, values in scores.items()
    }
    for name in BASELINES if is_nucleic(tested.alphabet) else IDENTITIES:
        figures[name] = ranking_figures(tested.labels, baseline_scores(name, tested, training), mirnas, seed)
    return figures


def ranking_figures(
    labels: Labels, scores: Scores, mirnas: Sequence[str], seed: int = 1, samples: int = 200
) -> dict[str, float]:
    """Return the quality of a ranking (:data:`FIGURES`); needs both labels.

    These are AUROC and average precision over all pairs, each with the 95 % interval of ``samples`` stratified
    bootstrap samples of pairs, and the AUROC within miRNAs (:func:`within_mirna_auroc`; missing if no miRNA has
    both labels).
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
    """Return F1, precision, recall and specificity of ``scores > threshold``; 0 if no pair is predicted."""
    figures = decision_figures(labels, scores > threshold)
    return {name: 0.0 if value != value else value for name, value in figures._asdict().items()}


def within_mirna_auroc(labels: Labels, scores: Scores, mirnas: Sequence[str]) -> float | None:
    """Return the mean AUROC of the miRNAs that have both labels, weighted by their pairs.

    Unlike the AUROC over all pairs, it is not raised by knowing which miRNAs bind often.
    """
    auroc = Ranking(labels, scores, numbered(mirnas)).figures()[0]
    return None if auroc != auroc else auroc


def mean_figures(folds: Sequence[dict[str, Figures]]) -> dict[str, Figures]:
    """Return the mean of every result over folds; intervals become mean -+ standard deviation."""
    means: dict[str, Figures] = {}
    for name in folds[0]:
        shared = [key for key in folds[0][name] if all(key in fold[name] for fold in folds)]
        values = {key: np.array([fold[name][key] for fold in folds]) for key in shared}
        means[name] = {key: float(value.mean()) for key, value in values.items()}
        for key, short in (("auroc", "auroc"), ("average_precision", "ap")):
            spread = _deviation(values[key])
            means[name][f"{short}_low"] = means[name][key] - spread
            means[name][f"{short}_high"] = means[name][key] + spread
    return means


def table_rows(part: str, pairs: int, positives: int, figures: dict[str, Figures]) -> list[list[str]]:
    """Return rows of the table of results (:data:`TABLE_COLUMNS`), with four decimals."""
    rows = []
    for name, values in figures.items():
        cells = [f"{values[key]:.4f}" if key in values else "." for key in (*FIGURES, *AT_THRESHOLD)]
        rows.append([part, name, str(pairs), str(positives), *cells])
    return rows


def _deviation(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def score_rows(
    columns: Sequence[str],
    rows: Sequence[list[str]],
    scores: NDArray[np.float32],
    parts: Sequence[str],
    threshold: float,
) -> Iterator[list[str]]:
    """Yield header and rows of a table with score, prediction and part, as dmiso-predict prints scores."""
    header, places = extended(columns, ("score", "prediction", "part"))
    yield header
    for row, cells, part in zip(rows, score_cells(scores, threshold), parts, strict=True):
        full = row + [""] * (len(header) - len(row))
        for place, cell in zip(places, (*cells, part), strict=True):
            full[place] = cell
        yield full
