"""Our alignments compared with the published ones, if the published files are available."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mirtools.alignment.align import Aligner, Costs

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".." / "shared" / "data" / "attribution"
sys.path.insert(0, str(ROOT / "benchmarks"))

import published_alignments as benchmark  # noqa: E402

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"{DATA.name}: the published attributions are not here")


@pytest.fixture(scope="module")
def published():
    return benchmark.read(DATA)


def _found(published, **options):
    return Aligner(**options).align(published.values, published.mirnas, published.sites)


def test_affine_gaps_agree(published):
    found = _found(published)
    share, equal = benchmark.agreement(published, found, list(range(128)))
    assert share >= 0.98
    assert equal == 105
    profile = benchmark.profile(found)
    assert np.corrcoef(profile, published.importance.mean(axis=0))[0, 1] >= 0.99
    assert np.corrcoef(profile, np.array(benchmark.PROFILE, float))[0, 1] >= 0.97


def test_the_published_mode_finds_every_alignment(published):
    found = _found(published, mode="published")
    whole = published.whole
    assert len(whole) == 127
    assert benchmark.agreement(published, found, whole) == (1, 127)
    # the same scores
    scaled = found.mirna_importance / found.numbers[:, 3:]
    np.testing.assert_allclose(scaled[whole], published.importance[whole], atol=1e-4)
    # if a miRNA is one base shorter, the published program reads its matrix one column too far
    (short,) = set(range(128)) - set(whole)
    shifted = published.values[short : short + 1, :, 1:]
    found = Aligner(mode="published").align(shifted, [published.mirnas[short]], [published.sites[short]])
    assert benchmark.facing(found[0]) == published.facing[short]


def test_why_alignments_differ(published):
    reasons = benchmark.differences(published, list(range(128)))
    assert list(reasons.values()) == [105, 20, 3]
    # no published alignment is better than ours
    aligner = Aligner()
    for number, alignment in enumerate(_found(published)):
        assert benchmark.own_score(published, number, aligner, alignment) <= alignment.score + 1e-9


def test_cells_by_the_text_of_the_paper(published):
    share, _ = benchmark.agreement(published, _found(published, costs=Costs(scale="cells")), list(range(128)))
    assert 0.65 < share < 0.75
