"""Plain predictors: known answers."""

import numpy as np
import pytest

from mirtools.pairs.baselines import BASELINES, baseline_scores, identity_scores, seed_grades
from mirtools.pairs.energy import duplex_energies
from mirtools.pairs.table import LabelledPairs

LET7 = "TGAGGTAGTAGGTTGTATAGTT"


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
    perfect, other = duplex_energies(
        [(LET7, site) for site in ("AACTATACAACCTACTACCTCA", "GAGAGAGAGAGAGAGAGAGA")], 1
    )
    assert perfect < -30 < other <= 10


def test_every_baseline_is_there():
    pairs = LabelledPairs(
        [LET7] * 2, ["CTACCTCAAA", "GGGGGGGGGG"], np.array([1, 0], np.uint8), ["."] * 2, ["."] * 2
    )
    found = {name: baseline_scores(name, pairs, pairs) for name in BASELINES}
    assert found["site_type"].tolist() == [4, 0]
    for name in BASELINES:
        assert (found[name][0] > found[name][1]) == (name != "mirna_identity")
    assert found["mirna_identity"][0] == found["mirna_identity"][1]


def test_identities_need_a_training():
    pairs = LabelledPairs([LET7], ["ACGT"], np.array([1], np.uint8), ["."], ["."])
    with pytest.raises(ValueError, match="site_identity needs the pairs of the training"):
        baseline_scores("site_identity", pairs)
