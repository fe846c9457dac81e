"""The figure that compares importances: what is drawn is what was computed."""

import numpy as np
import pytest

from mirtools.comparison.mutagenesis import Assay, measure
from mirtools.comparison.statistics import Statistics
from mirtools.comparison.tables import Comparison
from mirtools.report import compare_figure


def statistics(labels=("a", "b", "c"), runs=1, pairs=6, partners=False):
    random = np.random.default_rng(1)
    tables = len(labels) * runs
    values = random.random((tables, pairs, 20))
    bases = random.integers(0, 3, (tables, pairs, 20)).astype(np.int32)
    return Statistics(
        Comparison(
            list(labels),
            [list(range(at * runs, (at + 1) * runs)) for at in range(len(labels))],
            [("ACGT", f"{at}") for at in range(pairs)],
            ["."] * pairs,
            values,
            list(bases) if partners else [None] * tables,
        )
    )


@pytest.fixture
def drawn(pages_of):
    return pages_of(compare_figure)


def title_of(axes):
    return axes.get_title(loc="left") + axes.get_title()


def test_profiles_and_correlations(drawn):
    found = statistics(partners=True)
    compare_figure.draw_comparison(None, "png", found)
    ((title, rows),) = drawn
    assert title == "Importances of 6 pairs, 3 sets"
    assert [[title_of(axes) for axes in row] for row in rows] == [
        ["Profiles"],
        ["Correlation (median over pairs)", "Alignments in common"],
    ]
    profiles, (correlations, agreements) = rows[0][0], rows[1]
    lines = {line.get_label(): line.get_ydata() for line in profiles.lines[:3]}
    for label, mean in zip("abc", found.profiles[0], strict=True):
        assert lines[label].tolist() == mean.tolist()
    assert correlations.images[0].get_array().tolist() == found.pair_medians[0].tolist()
    assert [float(text.get_text()) for text in agreements.texts][1] == pytest.approx(
        found.agreement(0, 1).agreement, abs=0.006
    )


def test_one_set_and_one_pair(drawn):
    compare_figure.draw_comparison(None, "png", statistics("a", pairs=1))
    assert drawn[0][0] == "Importances of one pair, one set"
    assert [len(row) for row in drawn[0][1]] == [1]


@pytest.mark.parametrize(("labels", "numbers"), [(("100", "10", "50"), True), (("deep", "10", "50"), False)])
def test_spread(drawn, labels, numbers):
    found = statistics(labels, runs=3)
    compare_figure.draw_comparison(None, "png", found)
    profiles, _, spread, by_base = [axes for row in drawn[0][1] for axes in row]
    assert title_of(spread) == "Spread over 3 runs"
    means = [float(sds.mean()) for sds in found.run_sds]
    if numbers:
        np.testing.assert_allclose(spread.collections[0].get_offsets(), np.array([[100, 10, 50], means]).T)
        assert [label.get_text() for label in spread.get_xticklabels()] == ["10", "50", "100"]
    else:
        assert [bar.get_height() for bar in spread.patches] == pytest.approx(means)
    assert by_base.lines[0].get_ydata().tolist() == pytest.approx(found.run_sds[0].mean(0).tolist())
    # more than two shades would hide each other
    assert len(profiles.collections) == 0
    compare_figure.draw_comparison(None, "png", statistics("ab", runs=2))
    assert len(drawn[1][1][0][0].collections) == 2


def test_measured_values(drawn):
    found = statistics("ab")
    # invented values
    assays = [Assay("ACGT", "", [(1, 1), (2, 2), (11, 20)], [1.0, -2.0, 0.5]), Assay("TTTT", "", [(1, 1)], [1.0])]
    from collections import Counter

    measured = measure(found.comparison, assays, Counter())
    compare_figure.draw_comparison(None, "png", found, measured)
    axes = drawn[0][1][-1][-1]
    assert title_of(axes) == "ACGT: measured and computed"
    assert [bar.get_height() for bar in axes.patches] == [0.5, -1, 0.25]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "11–\n20"]
    assert all("(r = " in line.get_label() for line in axes.lines[:2])


def test_no_pairs_and_many_sets(drawn):
    compare_figure.draw_comparison(None, "png", statistics(pairs=0))
    assert drawn[0] == ("no pair with an alignment in all tables", [])
    compare_figure.draw_comparison(None, "png", statistics([f"label {at}" for at in range(30)], runs=2))
    assert len(drawn[1][1][0]) == 2
    assert len(drawn[1][1][0][1].texts) == 0
