"""Results of models and baselines: known answers."""

import numpy as np
import pytest

from mirtools.pairs.table import LabelledPairs
from mirtools.training.evaluation import (
    BASELINES,
    evaluate,
    mean_figures,
    ranking_figures,
    threshold_figures,
    within_mirna_auroc,
)

LET7 = "TGAGGTAGTAGGTTGTATAGTT"


def test_ranking_figures_by_hand():
    labels = np.array([1, 0, 1, 0], np.uint8)
    figures = ranking_figures(labels, np.array([0.9, 0.8, 0.7, 0.1]), ["a"] * 4)
    assert figures["auroc"] == pytest.approx(0.75)
    assert figures["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert figures["auroc_low"] <= figures["auroc"] <= figures["auroc_high"]
    assert figures == ranking_figures(labels, np.array([0.9, 0.8, 0.7, 0.1]), ["a"] * 4)


def test_threshold_figures_by_hand():
    labels = np.array([1, 1, 0, 0, 0], np.uint8)
    figures = threshold_figures(labels, np.array([0.9, 0.5, 0.6, 0.2, 0.1]), 0.5)
    assert figures == pytest.approx({"f1": 0.5, "precision": 0.5, "recall": 0.5, "specificity": 2 / 3})
    assert threshold_figures(labels, np.zeros(5), 0.5)["f1"] == 0


def test_knowing_the_mirna_does_not_help_within_mirnas():
    labels = np.array([1, 1, 1, 0, 1, 0, 0, 0], np.uint8)
    mirnas = list("aaaabbbb")
    by_mirna = np.array([0.9] * 4 + [0.1] * 4)
    assert within_mirna_auroc(labels, by_mirna, mirnas) == pytest.approx(0.5)
    assert ranking_figures(labels, by_mirna, mirnas)["auroc"] == pytest.approx(0.75)
    assert within_mirna_auroc(labels, labels.astype(float), mirnas) == pytest.approx(1)
    assert within_mirna_auroc(labels, by_mirna, list("abcdefgh")) is None


def test_baselines_stand_after_the_models():
    pairs = LabelledPairs(
        [LET7] * 2, ["ACTACCTCAA", "GGGGGGGGGG"], np.array([1, 0], np.uint8), ["."] * 2, ["."] * 2
    )
    scores = {"model": np.array([0.9, 0.1], np.float32)}
    assert list(evaluate(scores, 0.5, pairs, pairs, 1)) == ["model", *BASELINES]
    letters = LabelledPairs(pairs.mirnas, pairs.sites, pairs.labels, ["."] * 2, ["."] * 2, alphabet="ACDE")
    assert list(evaluate(scores, 0.5, letters, letters, 1)) == ["model", "mirna_identity", "site_identity"]


def test_mean_of_folds():
    folds = [
        {"model": {"auroc": 0.6, "average_precision": 0.5, "within_mirna_auroc": 0.4}},
        {"model": {"auroc": 0.8, "average_precision": 0.5}},
    ]
    means = mean_figures(folds)["model"]
    assert means["auroc"] == pytest.approx(0.7)
    assert (means["auroc_high"] - means["auroc_low"]) / 2 == pytest.approx(np.std([0.6, 0.8], ddof=1))
    assert "within_mirna_auroc" not in means
