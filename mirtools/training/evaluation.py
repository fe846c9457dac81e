"""A model's figures on pairs it was not trained on, beside those of plain predictors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.interactions import extended
from mirtools.models import abundance, dmiso
from mirtools.models.encoder import encoder_of
from mirtools.models.network import Network
from mirtools.models.scorers import pair_scorer
from mirtools.models.scores import score_cells
from mirtools.training.baselines import baseline_scores
from mirtools.training.data import LabelledPairs, mirna_names
from mirtools.training.metrics import AT_THRESHOLD, FIGURES, ranking_figures, threshold_figures

Figures = dict[str, float]
TABLE_COLUMNS = ["part", "predictor", "pairs", "positives", *FIGURES, *AT_THRESHOLD]
MODEL, START = "model", "start_model"


def model_scores(
    weights: dmiso.Weights, pairs: LabelledPairs, network: Network | None = None
) -> NDArray[np.float32]:
    """Return the scores of pairs as users will get them, shape ``(n,)``, float32; of DMISO without a network."""
    scores = pair_scorer(weights, network).score(*pairs.encoded(encoder_of(network)))
    if not abundance.knows_abundance(weights) or pairs.coverages is None:
        return scores
    return abundance.shifted(scores, abundance.shifts(weights, pairs.coverages))


def evaluate(
    scores: Mapping[str, NDArray[np.float32]],
    threshold: float,
    training: LabelledPairs,
    tested: LabelledPairs,
    seed: int,
) -> dict[str, Figures]:
    """Return figures by predictor: the models first, then every baseline.

    Parameters
    ----------
    scores : mapping of str to ndarray of shape (n,)
        Of each model on the tested pairs.
    threshold : float
    training : LabelledPairs
        What the model was trained on (validation included); the identity baselines learn from it.
    tested : LabelledPairs
        Pairs with both labels that the model has not seen.
    """
    mirnas = mirna_names(tested)
    figures = {
        name: ranking_figures(tested.labels, values, mirnas, seed)
        | threshold_figures(tested.labels, values, threshold)
        for name, values in scores.items()
    }
    for name, baseline in baseline_scores(training, tested):
        figures[name] = ranking_figures(tested.labels, baseline, mirnas, seed)
    return figures


def mean_figures(folds: Sequence[dict[str, Figures]]) -> dict[str, Figures]:
    """Return the mean of every figure over folds; the interval's ends become mean -+ standard deviation."""
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
    """Return rows of the result table (:data:`TABLE_COLUMNS`), figures with four decimals."""
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
