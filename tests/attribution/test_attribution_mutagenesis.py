"""In-silico mutagenesis of any model, from its scores alone."""

from __future__ import annotations

import math

import numpy as np

from mirtools.attribution.mutagenesis import HiddenBases
from mirtools.models.encoder import Encoder

ENCODER = Encoder(4, 6)


def known(codes):
    return (codes != ENCODER.unknown).sum(axis=1)


def product(mirnas, sites):
    """The number of known bases of the miRNA times that of the site: each pair of bases adds exactly 1."""
    return (known(mirnas) * known(sites)).astype(float)


def adenines(mirnas, sites):
    return (mirnas == 0).sum(axis=1) + 10.0 * (sites == 0).sum(axis=1)


def test_joint_effects_of_two_bases():
    found = HiddenBases(ENCODER, product).explain(["ACG", "ANG", ""], ["ACGTA", "AC", "A"])
    expected = np.zeros((3, 6, 4))
    expected[0, :5, :3] = 1
    expected[1, :2, [0, 2]] = 1
    assert (found.values == expected).all()
    assert found.scores.tolist() == [15, 4, 0]
    assert found.approximate
    assert math.isnan(found.expectation)


def test_importances_of_bases():
    found = HiddenBases(ENCODER, adenines).explain(["AC"], ["CAN"])
    # an A has three mutants without it; of the mutants of another base one in three is an A
    np.testing.assert_allclose(found.mirna, [[1, -1 / 3, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(found.site, [[-10 / 3, 10, 0, 0, 0, 0]], atol=1e-6)
    # additive bases have no joint effect
    assert not found.values.any()
