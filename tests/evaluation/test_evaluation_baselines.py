"""Plain predictors: site types by hand, energies as ViennaRNA gives them, and what a split remembers."""

import numpy as np
import pytest

from mirtools.errors import UsageError
from mirtools.evaluation.baselines import baseline_predictors
from mirtools.pairs.baselines import BASELINES, SEED_GRADES
from mirtools.pairs.table import LabelledPairs
from tools import dmiso_evaluate

LET7 = "TGAGGTAGTAGGTTGTATAGTT"  # seed match TACCTC, with base 8 CTACCTC, with the A opposite base 1 TACCTCA
SITES = {
    "none": "GGGGTACCTTAGGGGGGGGGGGG",
    "6mer": "GGGGGTACCTCGGGGGGGGGGGG",
    "7mer-A1": "GGGGGTACCTCAGGGGGGGGGGG",
    "7mer-m8": "GGGGCTACCTCGGGGGGGGGGGG",
    "8mer": "GGGGCTACCTCAGGGGGGGGGGG",
}


def pairs_of(mirnas, sites, labels):
    dots = ["."] * len(labels)
    return LabelledPairs(list(mirnas), list(sites), np.array(labels, np.uint8), dots, dots)


def predictors(pairs, names=BASELINES, training=None, threads=1):
    found = baseline_predictors(names, pairs, training, threads, lambda items, *_: iter(items))
    return {predictor.name: predictor for predictor in found}


def test_site_types():
    found = predictors(pairs_of([LET7] * 5, SITES.values(), [0, 1, 1, 1, 1]), ["8mer", "site_type", *SEED_GRADES])
    assert list(found) == ["site_type", *SEED_GRADES]  # their own order, each once
    assert found["site_type"].scores.tolist() == [0, 1, 2, 3, 4]
    assert found["site_type"].called.tolist() == [False, True, True, True, True]
    for name, grade in SEED_GRADES.items():
        assert found[name].called.tolist() == [place >= grade for place in range(5)]


def test_energies():
    import RNA

    pairs = pairs_of([LET7] * 3, ["AACTATACAACCTACTACCTCA", "GGGGGGGGGGAAAAAA", "ACGTACGT"], [1, 0, 0])
    found = predictors(pairs, ["duplex_energy", "cofold_energy"])
    rna = [(m.replace("T", "U"), s.replace("T", "U")) for m, s in zip(pairs.mirnas, pairs.sites, strict=True)]
    assert found["duplex_energy"].scores == pytest.approx([-RNA.duplexfold(m, s).energy for m, s in rna], abs=1e-4)
    assert found["cofold_energy"].better == "lower"
    assert found["cofold_energy"].scores[0] > 20
    again = predictors(pairs, ["duplex_energy", "cofold_energy"], threads=2)
    for name, predictor in found.items():
        assert predictor.scores.tolist() == again[name].scores.tolist()


def test_what_the_training_remembers():
    training = pairs_of(["AC", "AC", "AC", "GG"], ["TT", "TA", "TC", "TT"], [1, 1, 0, 0])
    found = predictors(
        pairs_of(["AC", "GG", "CC"], ["TT", "TA", "GC"], [1, 0, 1]),
        ["mirna_identity", "site_identity"],
        training,
    )
    # a share, drawn towards the overall one by one pair
    assert found["mirna_identity"].scores == pytest.approx([2.5 / 4, 0.5 / 2, 0.5])
    assert found["site_identity"].scores == pytest.approx([1.5 / 3, 1.5 / 2, 0.5])


def test_what_is_missing():
    pairs = pairs_of([LET7], ["ACGT"], [1])
    with pytest.raises(UsageError, match="mirna_identity needs the pairs of the training; give --training"):
        predictors(pairs, ["mirna_identity"])
    with pytest.raises(UsageError, match="6mer needs mirna_seq and site_seq"):
        predictors(pairs_of([LET7], ["."], [1]), ["6mer"])


def test_the_command_knows_them_all():
    assert tuple(dmiso_evaluate.BASELINES) == BASELINES
