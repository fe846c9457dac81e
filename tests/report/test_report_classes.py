"""The figure of classes: what is drawn is what was computed."""

import numpy as np
import pytest

from mirtools.classes.classify import ClassOptions, classify
from mirtools.classes.vectors import Vectors
from mirtools.report import classes_figure


def classified(kind="importance", count=90, k=3, choices=None, missing=5):
    random = np.random.default_rng(1)
    values = random.random((count, 20)) * 0.05
    for number in range(count):
        first = (1, 8, 12)[number % 3]
        values[number, first : first + 6] += 1
    values[:missing] = 0
    return classify(kind, Vectors(values, values.any(1)), ClassOptions(k, choices, "row", 20, 1))


@pytest.fixture
def drawn(pages_of):
    return pages_of(classes_figure)


def test_what_is_drawn(drawn):
    found = classified()
    classes_figure.draw_classes(None, "png", [found])
    ((title, rows),) = drawn
    assert title == "90 interactions by the important bases of the miRNA"
    assert [len(row) for row in rows] == [2, 3]
    picture, counts = rows[0]
    assert picture.images[0].get_array().shape == (85, 20)
    assert picture.get_ylabel() == "85 interactions"
    assert [label.get_text() for label in counts.get_yticklabels()] == [
        "1  seed",
        "2  middle",
        "3  3' end",
        "no alignment",
    ]
    assert [bar.get_width() for bar in counts.patches] == [28, 28, 29, 5]
    for number, axes in enumerate(rows[1], 1):
        heights = [bar.get_height() for bar in axes.patches[-20:]]
        assert heights == pytest.approx(found.classes.centres[number - 1].tolist())
        assert axes.get_title(loc="left") or axes.get_title()
        assert axes.get_ylim()[1] == rows[1][0].get_ylim()[1]


def test_many_rows_are_merged_and_all_are_drawn(drawn, monkeypatch):
    monkeypatch.setattr(classes_figure, "_MOST_LINES", 40)
    found = classified(count=600, missing=0)
    classes_figure.draw_classes(None, "png", [found])
    picture = drawn[0][1][0][0]
    lines = picture.images[0].get_array()
    assert 36 <= len(lines) <= 44
    assert "600 interactions\n(a line is the mean of about 1" in picture.get_ylabel()
    assert float(lines.mean()) == pytest.approx(
        float((found.vectors.values / found.vectors.values.max(1, keepdims=True)).mean()), rel=0.02
    )


def test_numbers_tried_and_folding(drawn):
    found = [classified(choices=range(2, 6)), classified("cofold", missing=0)]
    classes_figure.draw_classes(None, "png", found)
    rows = drawn[0][1]
    assert [len(row) for row in rows] == [2, 3, 3, 2, 3, 2]
    line, best = rows[2][0].lines
    assert line.get_xdata().tolist() == [2, 3, 4, 5]
    assert best.get_xdata().tolist() == [3]
    both = rows[-1][0]
    assert "adjusted Rand index 1.00" in both.get_title(loc="left") + both.get_title()
    assert {text.get_text() for text in both.texts} == {"0", "28", "29"}


def test_nothing(drawn):
    classes_figure.draw_classes(None, "png", [classified(count=5)])
    classes_figure.draw_classes(None, "png", [])
    assert drawn == [("no alignments", [])] * 2


def test_many_classes(drawn):
    values = np.random.default_rng(1).random((60, 20))
    found = classify("importance", Vectors(values, np.ones(60, bool)), ClassOptions(15, None, "none", 20, 1))
    classes_figure.draw_classes(None, "png", [found])
    assert [len(row) for row in drawn[0][1]] == [2, 3, 3, 3, 3]
    assert [classes_figure.class_label(found, number) for number in (1, 15)] == [
        "1  distributed 1",
        "15  distributed 15",
    ]
