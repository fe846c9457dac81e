"""The figure of dmiso-evaluate: formats, determinism, panels and what is drawn in them."""

import io
import re

import numpy as np
import pytest

from mirtools.evaluation.judgement import Bootstrap, judge
from mirtools.evaluation.predictors import Predictor
from mirtools.pairs.table import LabelledPairs
from mirtools.report import evaluation_figure
from mirtools.report.drawing import FORMATS
from mirtools.report.evaluation_figure import NOTHING, draw_evaluation

pytest.importorskip("matplotlib")

SIGNATURES = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def case(labels, parts=("all", "exact", "isomir")):
    """Return the data of two predictors: one with correct scores, one that predicts 1 only for the first pair."""
    size = len(labels)
    dots = ["."] * size
    names = [f"m{row % 6}" for row in range(size)]
    pairs = LabelledPairs(dots, dots, np.array(labels, np.uint8), names, dots)
    called = np.arange(size) == 0
    predictors = [
        Predictor("right", "score", "higher", pairs.labels + np.linspace(0, 0.5, size), pairs.labels == 1),
        Predictor("$first_{<b>", "prediction", "higher", called.astype(float), called),
        Predictor("silent", "score", "higher", np.full(size, -np.inf)),
    ]
    judged = []
    for number, part in enumerate(parts):
        mask = np.ones(size, bool) if part == "all" else np.arange(size) % 2 == number % 2
        judged += judge(pairs, predictors, part, mask, Bootstrap(samples=20))
    return pairs.labels, predictors, judged


BOTH = [1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1]


def drawn(kind, *what):
    stream = io.BytesIO()
    draw_evaluation(stream, kind, *what)
    return stream.getvalue()


@pytest.fixture
def pages(pages_of):
    return pages_of(evaluation_figure)


def titles(page):
    return [[panel.get_title() for panel in row] for row in page[1]]


@pytest.mark.parametrize("kind", FORMATS)
def test_same_bytes_every_time(kind):
    first = drawn(kind, *case(BOTH))
    assert first.startswith(SIGNATURES[kind])
    assert first == drawn(kind, *case(BOTH))
    assert not re.search(rb"20\d\d-\d\d-\d\d|CreationDate|matplotlib\.org|Matplotlib v", first)


def test_panels(pages):
    draw_evaluation(io.BytesIO(), "png", *case(BOTH))
    draw_evaluation(io.BytesIO(), "png", *case(BOTH, ("all",)))
    draw_evaluation(io.BytesIO(), "png", *case(BOTH, ("exact",)))
    draw_evaluation(io.BytesIO(), "png", *case([1] * 9))
    draw_evaluation(io.BytesIO(), "png", *case([]))
    curves = ["ROC", "Precision and recall", ""]
    pooled = ["AUROC", "Average precision"]
    assert titles(pages[0]) == [curves, pooled, ["AUROC by part"]]
    assert titles(pages[1]) == [curves, pooled]
    assert titles(pages[2]) == [curves, ["AUROC by part"]]
    assert titles(pages[3]) == [["Recall"]]
    assert pages[4] == (NOTHING, [])


def test_curves(pages):
    draw_evaluation(io.BytesIO(), "png", *case(BOTH))
    roc, precision, names = pages[0][1][0]
    lines = {(line.get_color(), line.get_linestyle(), line.get_marker()): line for line in roc.lines[1:]}
    perfect = lines[evaluation_figure.BLUE, "-", "None"]
    assert (perfect.get_xdata()[0], perfect.get_ydata()[0]) == (0, 0)
    assert max(perfect.get_ydata()[np.asarray(perfect.get_xdata()) == 0]) == 1
    # a prediction of 1 for one of seven positives, and for no other pair, is a point
    point = lines[evaluation_figure.ORANGE, "None", "o"]
    assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx((0, 1 / 7))
    assert min(precision.lines[1].get_ydata()[:7]) == 1
    assert {"right", "$first_{<b>", "1.000", "0.571"} <= {text.get_text() for text in names.texts}


def test_recall_without_negatives(pages):
    draw_evaluation(io.BytesIO(), "png", *case([1] * 9, ("all",)))
    (panel,) = pages[0][1][0]
    points = [line.get_ydata()[0] for line in panel.lines if len(line.get_ydata()) == 1]
    assert points == pytest.approx([1, 1 / 9])
    assert [label.get_text() for label in panel.get_xticklabels()] == ["all\n9"]
    draw_evaluation(io.BytesIO(), "png", *case([1] * 12, ("all", "lab=x", "lab=y=z")))
    draw_evaluation(io.BytesIO(), "png", *case([1] * 12, ("lab=x", "type=y")))
    draw_evaluation(io.BytesIO(), "png", *case([1] * 9, ("all", "lab=too few", "lab=")))
    names = [[label.get_text().split("\n")[0] for label in page[1][0][0].get_xticklabels()] for page in pages[1:]]
    assert names == [["all", "x", "y=z"], ["lab=x", "type=y"], ["all", "none"]]
