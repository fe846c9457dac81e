"""Figures and baselines: known answers."""

import numpy as np
import pytest

from mirtools.training.baselines import NAMES, baseline_scores, duplex_energies, identity_scores, seed_grades
from mirtools.training.data import LabelledPairs
from mirtools.training.evaluation import mean_figures
from mirtools.training.metrics import ranking_figures, threshold_figures, within_mirna_auroc

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


def test_knowing_the_mirna_is_worth_nothing_within():
    labels = np.array([1, 1, 1, 0, 1, 0, 0, 0], np.uint8)
    mirnas = list("aaaabbbb")
    by_mirna = np.array([0.9] * 4 + [0.1] * 4)
    assert within_mirna_auroc(labels, by_mirna, mirnas) == pytest.approx(0.5)
    assert ranking_figures(labels, by_mirna, mirnas)["auroc"] == pytest.approx(0.75)
    assert within_mirna_auroc(labels, labels.astype(float), mirnas) == pytest.approx(1)
    assert within_mirna_auroc(labels, by_mirna, list("abcdefgh")) is None


@pytest.mark.parametrize(
    ("site", "grade"),
    [
        ("CCCCCTACCTCCCC", 3),  # CTACCTC: bases 2-8
        ("CCCCCTACCTCACC", 4),
        ("CCCCATACCTCACC", 2),
        ("CCCCATACCTCGCC", 1),
        ("CCCCATACCGCACC", 0),
        ("ATACCTC", 1),
    ],
)
def test_seed_grades(site, grade):
    assert seed_grades([LET7], [site]).tolist() == [grade]


def test_seed_of_odd_mirnas():
    assert seed_grades(["TGAG", "NNNNNNNNNN", "TGAGGTA"], ["CTCA", "NNNNNNNNN", "TACCTC"]).tolist() == [0, 0, 1]


def test_identity_remembers_shares():
    scores = identity_scores(["a", "a", "b"], np.array([1, 1, 0], np.uint8), ["a", "b", "c"])
    assert scores[2] == pytest.approx(2 / 3)
    assert scores[0] > scores[2] > scores[1]


def test_energy_is_lower_for_the_complement():
    perfect, other = duplex_energies([LET7, LET7], ["AACTATACAACCTACTACCTCA", "GAGAGAGAGAGAGAGAGAGA"])
    assert perfect < -30 < other <= 10


def test_every_baseline_is_there():
    pairs = LabelledPairs(
        [LET7] * 2, ["ACTACCTCAA", "GGGGGGGGGG"], np.array([1, 0], np.uint8), ["."] * 2, ["."] * 2
    )
    found = dict(baseline_scores(pairs, pairs))
    assert tuple(found) == NAMES
    for name in ("seed_6mer", "seed_graded", "duplex_energy", "cofold_energy", "target_identity"):
        assert found[name][0] > found[name][1]
    assert found["mirna_identity"][0] == found["mirna_identity"][1]


def test_mean_of_folds():
    folds = [
        {"model": {"auroc": 0.6, "average_precision": 0.5, "within_mirna_auroc": 0.4}},
        {"model": {"auroc": 0.8, "average_precision": 0.5}},
    ]
    means = mean_figures(folds)["model"]
    assert means["auroc"] == pytest.approx(0.7)
    assert (means["auroc_high"] - means["auroc_low"]) / 2 == pytest.approx(np.std([0.6, 0.8], ddof=1))
    assert "within_mirna_auroc" not in means
