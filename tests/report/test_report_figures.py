"""The figure of an interaction table: formats, determinism, hostile names, empty tables."""

import importlib.util
import io
import re
from collections import Counter

import pytest

from mirtools.errors import MissingExtraError, UsageError
from mirtools.report import drawing, figures
from mirtools.report.run_reports import RunReport
from mirtools.report.summary import SCORE_BINS, Summary

pytest.importorskip("matplotlib")

SIGNATURES = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def _summary(names=("hsa-let-7a-5p", "hsa-miR-21-5p")):
    summary = Summary(has={"n_reads", "mirna_class", "isomir_types"}, interactions=9)
    for number, name in enumerate(names):
        summary.reads_of[name] = 10 * number + 5
        summary.isomir_reads_of[name] = number
    summary.rows_of_class = Counter(exact=4, isomir=5)
    summary.rows_of_type = Counter({"SNP": 2, "$unknown^": 3})
    summary.rows_of_gap = Counter({-20: 1, 0: 5, 3: 2})
    summary.scores = {0: [1] * SCORE_BINS, 1: list(range(SCORE_BINS))}
    return summary


REPORT = RunReport("chimera-parse", Counter(reads=30, paired_reads=9, duplicate_reads=3), Counter(gap=18))


def _bytes(kind, *arguments):
    stream = io.BytesIO()
    figures.draw_figure(stream, kind, *arguments)
    return stream.getvalue()


@pytest.mark.parametrize("kind", drawing.FORMATS)
def test_same_bytes_every_time(kind):
    first = _bytes(kind, _summary(), [REPORT])
    assert first.startswith(SIGNATURES[kind])
    assert first == _bytes(kind, _summary(), [REPORT])
    assert not re.search(rb"20\d\d-\d\d-\d\d|CreationDate|matplotlib\.org|Matplotlib v", first)


@pytest.mark.parametrize("reports", [(), [REPORT]])
def test_no_interactions(reports):
    assert _bytes("png", Summary(has={"n_reads"}), reports).startswith(SIGNATURES["png"])


@pytest.mark.parametrize("keep", range(5))
def test_any_subset_of_panels(keep):
    summary = _summary()
    for number, name in enumerate(("reads_of", "rows_of_gap", "scores")):
        if number < keep:
            setattr(summary, name, type(getattr(summary, name))())
    if keep == 4:
        summary.has = {"mirna_id"}
    assert _bytes("png", summary, [REPORT] * (keep % 2))


def test_hostile_and_foreign_names():
    names = ("$\\frac{1}{", "<script>", "a\nb\tc", "名前", "x" * 300, "100%", "_a^b", "")
    assert _bytes("png", _summary(names), [])


def test_many_reasons_are_grouped(monkeypatch):
    report = RunReport("x", Counter(reads=300, paired_reads=100), Counter({f"reason_{n}": 10 for n in range(20)}))
    seen = []
    monkeypatch.setattr(figures, "draw_bars", lambda axes, names, *rest: seen.append(list(names)))
    _bytes("png", Summary(), [report])
    assert len(seen[0]) == figures.MOST_FATES
    assert seen[0][-1] == "other reasons"


@pytest.mark.parametrize("name", ["a.png", "b.SVG", "c.tar.pdf"])
def test_formats_by_suffix(name):
    assert drawing.figure_format(name) == name[-3:].lower()


@pytest.mark.parametrize("name", ["a.jpg", "png", "-", "", "a.png.gz"])
def test_other_suffixes_are_usage_errors(name):
    with pytest.raises(UsageError, match=r"\.png"):
        drawing.figure_format(name)


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(drawing, "find_spec", lambda name: None)
    assert importlib.util.find_spec("matplotlib")
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'mirtools[report]'")):
        drawing.figure_format("a.png")
