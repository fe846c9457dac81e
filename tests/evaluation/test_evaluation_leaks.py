"""Pairs that a training has seen, and labels that memory alone predicts."""

import numpy as np
import pytest

from mirtools.evaluation.leaks import leaks
from mirtools.pairs.table import LabelledPairs


def pairs_of(rows):
    mirnas, sites, labels = (list(column) for column in zip(*rows, strict=True))
    dots = ["."] * len(rows)
    return LabelledPairs(mirnas, sites, np.array(labels, np.uint8), dots, dots)


def test_a_clean_split_is_quiet():
    training = pairs_of([("AC", "TT", 1), ("AC", "TA", 0), ("CC", "TC", 1), ("CC", "TG", 0)])
    tested = pairs_of([("AC", "GT", 1), ("AC", "GA", 0), ("CC", "GC", 1), ("CC", "GG", 0)])
    numbers = {"training_pairs": 0, "mirna_identity_auroc": 0.5, "site_identity_auroc": 0.5}
    assert leaks(tested, training) == (numbers, [])


def test_what_leaks_is_told():
    training = pairs_of([("AC", "TT", 1), ("AC", "TA", 1), ("CC", "TC", 0), ("CC", "TG", 0)])
    # miRNAs keep their labels, sites change them; one pair is known
    tested = pairs_of([("AC", "TC", 1), ("AC", "TG", 1), ("CC", "TT", 0), ("CC", "TC", 0)])
    numbers, warnings = leaks(tested, training)
    assert numbers == {"training_pairs": 1, "mirna_identity_auroc": 1.0, "site_identity_auroc": 0.25}
    assert warnings[0].startswith("1 of 4 pairs are training pairs")
    assert warnings[1].startswith(
        "how often a miRNA was positive in the training predicts the label with AUROC 1.000"
    )
    assert warnings[2].startswith(
        "how often a site was positive in the training predicts the label with AUROC 0.250"
    )
    assert max(map(len, warnings)) <= 190


@pytest.mark.parametrize("labels", [(1, 1), (0, 0)])
def test_one_label_alone_has_no_memory(labels):
    training = pairs_of([("AC", "TT", 1), ("CC", "TA", 0)])
    tested = pairs_of([("AC", "TT", labels[0]), ("CC", ".", labels[1])])
    assert leaks(tested, training) == ({}, [])
