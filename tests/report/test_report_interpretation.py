"""Figures of interpretation: what is drawn is what was computed."""

import io
import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

from mirtools.interpretation.clusters import cluster_mirnas
from mirtools.interpretation.kernels import KernelMotif
from mirtools.interpretation.masking import MaskedPairs, MaskingSums
from mirtools.interpretation.motifs import Motif, information
from mirtools.interpretation.profiles import Profiles
from mirtools.pairs.table import Pair
from mirtools.report import interpretation_clusters, interpretation_logos, interpretation_maps


def axes_of():
    return Figure().subplots()


def kernel(frequencies, sites=1000, branch="mirna", number=1):
    motif = Motif(f"{branch}_kernel_{number}", np.array(frequencies), sites)
    return KernelMotif(branch, number, 0.0, 1.0, 10, 0.5, motif)


def test_letters_are_stacked_the_largest_on_top():
    table = np.random.default_rng(1).dirichlet([0.5] * 4, 8)
    axes = axes_of()
    interpretation_logos._draw_logo(axes, kernel(table), {})
    bits = information(table, 1000)
    boxes = [patch.get_path().get_extents() for patch in axes.patches]
    for position in range(8):
        column = [box for box in boxes if round((box.x0 + box.x1) / 2) == position + 1]
        heights = [box.height for box in column]
        assert heights == sorted(heights)
        assert np.allclose(sorted(table[position] * bits[position]), heights)
        assert column[0].y0 == pytest.approx(0)
        assert column[-1].y1 == pytest.approx(bits[position])
        for lower, upper in itertools.pairwise(column):
            assert lower.y1 == pytest.approx(upper.y0)
    assert axes.get_title(loc="left") + axes.get_title() == "miRNA 1"
    assert axes.get_title(loc="right") == f"{bits.sum():.1f} bits, 1,000 sites"


def test_a_kernel_without_sites():
    axes = axes_of()
    empty = KernelMotif("site", 3, 0.0, 0.0, 0, 0.0, None)
    interpretation_logos._draw_logo(axes, empty, {})
    assert "Site 3: never active" in (axes.get_title(), axes.get_title(loc="left"))
    assert not axes.patches


def sums_of(label):
    sums = MaskingSums(4, 0.5)
    pairs = tuple(Pair("A" * 22, "C" * 50, "m", "t", label and number % 2) for number in range(10))
    random = np.random.default_rng(0)
    changes = {"mirna": random.normal(0, 1, (10, 27)), "site": random.normal(0, 1, (10, 57))}
    changes["mirna"][1:, 19:] = np.nan
    sums.add(MaskedPairs(pairs, np.linspace(0, 1, 10), changes))
    return sums


def test_maps_show_the_means():
    sums = sums_of(1)
    axes = axes_of()
    interpretation_maps._draw_spread(axes, sums, "mirna")
    mean = next(line for line in axes.lines if line.get_label() == "mean")
    assert np.array_equal(mean.get_xdata(), np.arange(27) + 2.5)  # the middle of bases 1 to 4, and so on
    assert np.allclose(mean.get_ydata(), sums.map("mirna", "all").mean)
    axes = axes_of()
    interpretation_maps._draw_groups(axes, sums, "site")
    assert [line.get_label() for line in axes.lines[:2]] == ["positive (5)", "negative (5)"]
    assert np.allclose(axes.lines[0].get_ydata(), sums.map("site", "positive").mean)
    axes = axes_of()
    interpretation_maps._draw_groups(axes, sums_of(None), "site")
    assert [line.get_label() for line in axes.lines[:2]] == ["positive (5)", "negative (5)"]
    assert axes.get_title(loc="left") + axes.get_title() == "Site, by prediction"


@pytest.mark.parametrize("count", [1, 2, 120])
def test_clusters_of_few_and_many(count):
    random = np.random.default_rng(3)
    names = [f"miR-{number}$_1" for number in range(count)]
    targets = [set(random.choice(50, 5).tolist()) for _ in names]
    profiles = Profiles(names, [10] * count, random.normal(0, 1, (count, 27)), targets, [])
    stream = io.BytesIO()
    interpretation_clusters.draw_clusters(stream, "png", cluster_mirnas(profiles, None, 1), 4)
    assert stream.getvalue().startswith(b"\x89PNG")
    interpretation_clusters.draw_clusters(io.BytesIO(), "png", cluster_mirnas(profiles, 100, 1), 4)
