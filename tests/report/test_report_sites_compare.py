"""What the figure of sites-compare shows."""

import io

import numpy as np
import pytest

from mirtools.report import sites_compare_figure
from mirtools.sites.changes import Changes, Normalisation
from mirtools.sites.compare import Comparison
from mirtools.sites.counts import KEYS, Counts
from mirtools.sites.settings_compare import CompareSitesSettings


def comparison(rows=30, a=2, b=2, q=(0.001, 0.01)):
    """Return a comparison in which the first rows are called, one up, one down, and so on."""
    random = np.random.default_rng(1)
    reads = random.poisson(random.lognormal(3, 1, (rows, 1)), (rows, a + b)).astype(float)
    up = np.where(np.arange(rows) % 2, -2.0, 2.0)
    reads[: len(q), :a] += 200 * (up[: len(q), None] > 0)
    q_values = np.array([*q, *np.linspace(0.2, 1, rows)])[:rows]
    if rows:
        q_values[-1] = np.nan
    changes = Changes(
        reads.mean(axis=1), np.where(q_values > 0, up, np.nan), up - 1, up + 1, q_values, q_values,
        np.where(q_values > 0, "tested", "few_reads"), "deseq2", "mean", 0,
    )  # fmt: skip
    keys = [(f"S{row}", f"miR-{row}", f"GENE{row}", f"g{row}", ".") for row in range(rows)]
    samples = tuple([f"a{n}" for n in range(a)] + [f"b{n}" for n in range(b)])
    none = np.zeros(rows, int)
    counts = Counts(KEYS["site"], keys, samples, reads, none, none, reads)
    settings = CompareSitesSettings("s", "t", ("knockdown", "control"))
    in_a = np.arange(a + b) < a
    return Comparison(settings, counts, in_a, Normalisation(np.ones(a + b), "total_reads"), changes)


def title(axes):
    return axes.get_title(loc="left") or axes.get_title()


def test_titles_answer_questions(pages_of):
    kept = pages_of(sites_compare_figure)
    sites_compare_figure.draw_comparison(io.BytesIO(), "png", comparison())
    ((page, ((means, volcano), (components, correlations))),) = kept
    assert page == "knockdown compared with control"
    assert title(means) == "2 of 29 sites change (q < 0.05)"
    labels = [text.get_text() for text in means.get_legend().get_texts()]
    assert labels == ["no change (27)", "more in knockdown (1)", "more in control (1)"]
    assert [len(points.get_offsets()) for points in means.collections] == [27, 1, 1]
    assert title(volcano) == "Surest change: miR-0 and GENE0"
    assert [text.get_text() for text in volcano.texts] == ["miR-0 and GENE0", "miR-1 and GENE1"]
    assert title(components) == "Samples separate by condition"
    assert sorted(text.get_text() for text in components.texts) == ["a0", "a1", "b0", "b1"]
    assert title(correlations).startswith("Replicates agree: 0.")
    assert correlations.images[0].get_array().shape == (4, 4)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 2), (15, 15)])
def test_numbers_of_samples(pages_of, a, b):
    kept = pages_of(sites_compare_figure)
    sites_compare_figure.draw_comparison(io.BytesIO(), "png", comparison(a=a, b=b, q=()))
    ((_, ((means, volcano), (components, _))),) = kept
    assert title(means) == "0 of 29 sites change (q < 0.05)"
    assert title(volcano) == "No change is sure"
    assert title(components).startswith("One sample per condition" if a + b == 2 else "Samples ")


def test_nothing(pages_of):
    kept = pages_of(sites_compare_figure)
    sites_compare_figure.draw_comparison(io.BytesIO(), "png", comparison(rows=0, q=()))
    assert kept == [(sites_compare_figure.NOTHING, [])]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_bytes_in_every_run(kind):
    both = [io.BytesIO(), io.BytesIO()]
    for stream in both:
        sites_compare_figure.draw_comparison(stream, kind, comparison())
    assert both[0].getvalue() == both[1].getvalue()


def test_components_are_those_of_the_logarithms():
    values = np.array([[1.0, 1, 7, 7], [3, 3, 3, 3], [0, 1, 0, 1]])
    places, shares = sites_compare_figure._components(values)
    # log2 of 2 and 8 differ by 2, those of 1 and 2 by 1
    assert np.abs(places).round(6).tolist() == [[1, 0.5]] * 4
    assert (places[:2, 0] * places[2:, 0] < 0).all()
    assert shares == pytest.approx([0.8, 0.2])
