"""The figure of isomir-classify: formats, determinism, panels, hostile and long names, empty statistics."""

import io
import re

import pytest

from mirtools.io.tables import ISOMIR_TYPES
from mirtools.isomir.compare import Comparison, Share
from mirtools.isomir.statistics import Count, Preference, Shared, Statistics
from mirtools.report import isomir_figure
from mirtools.report.drawing import FORMATS
from mirtools.report.isomir_figure import MOST_MIRNAS, draw_isomirs

pytest.importorskip("matplotlib")

SIGNATURES = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}
TYPES = {"exact": Count(1000, 2000, 7), "isomir": Count(80, 90, 9)} | {
    name: Count(10 * at, 11 * at, at) for at, name in enumerate(ISOMIR_TYPES)
}


def preferences(names):
    return [
        Preference(name, kind, at, 100, 0.02 * at, 1e-9, 1e-7 if at == 5 else 1.0)
        for name in names
        for at, kind in enumerate(ISOMIR_TYPES)
    ]


SHARED = [
    Shared("all", ("exact",), 70, 60),
    Shared("all", ("3p",), 90, 80),
    Shared("all", ("exact", "3p"), 12, 11),
    Shared("a", ("exact",), 5, 5),
]
FULL = Statistics(TYPES, {}, [1, 1, 2, 30], [], [], preferences(["a", "<b>", "$x_1$"]), SHARED)
NOTHING = Statistics({name: Count(0, 0, 0) for name in TYPES}, {}, [], [], [], [], [])
COMPARED = Comparison([], [Share(side, "any", 10, 50, 40, 9.5) for side in ("first", "second")])


def drawn(statistics, comparison=None, kind="png"):
    stream = io.BytesIO()
    draw_isomirs(stream, kind, statistics, comparison, 100)
    return stream.getvalue()


@pytest.fixture
def pages(pages_of):
    return pages_of(isomir_figure)


def titles(page):
    return [[axes.get_title(loc="left") or axes.get_title() for axes in row] for row in page[1]]


@pytest.mark.parametrize("kind", FORMATS)
def test_same_bytes_every_time(kind):
    first = drawn(FULL, COMPARED, kind)
    assert first.startswith(SIGNATURES[kind])
    assert first == drawn(FULL, COMPARED, kind)
    assert not re.search(rb"20\d\d-\d\d-\d\d|CreationDate|matplotlib\.org|Matplotlib v", first)


def test_all_panels(pages):
    drawn(FULL, COMPARED)
    assert titles(pages[0]) == [
        ["isomiR types", "isomiRs per miRNA"],
        ["Preferred types", "Shared targets"],
        ["Found in one experiment only"],
    ]
    types, per_mirna = pages[0][1][0]
    assert [text.get_text() for text in types.texts][:2] == ["1,000  (7 miRNAs)", "0  (0)"]
    assert "mean 8.5, median 1.5, most 30; 4 miRNAs" in per_mirna.get_xlabel()
    assert per_mirna.get_xticklabels()[-1].get_text() == "≥20"
    preferred, shared = pages[0][1][1]
    # one dot for each miRNA, at the preferred type
    assert sorted(text.get_position() for text in preferred.texts) == [(5, 0), (5, 1), (5, 2)]
    assert [label.get_text() for label in shared.get_yticklabels()] == ["3p only", "exact only", "exact + 3p"]
    assert [text.get_text() for text in shared.texts] == ["90", "70", "12"]
    assert "40 of 50" in [text.get_text() for text in pages[0][1][2][0].texts]


def test_missing_statistics_are_not_drawn(pages):
    drawn(FULL._replace(preferences=[], shared=[]))
    assert titles(pages[0]) == [["isomiR types", "isomiRs per miRNA"]]
    drawn(NOTHING)
    assert pages[1] == ("no interactions", [])
    assert drawn(NOTHING, Comparison([], []))[:0] == b""


def test_transcripts_if_sites_are_unknown(pages):
    drawn(FULL._replace(shared=[item._replace(sites=None) for item in SHARED]))
    shared = pages[0][1][1][1]
    assert shared.get_xlabel().startswith("target transcripts")
    assert [text.get_text() for text in shared.texts] == ["80", "60", "11"]


def test_many_mirnas_and_names_of_databases(pages):
    names = [f"MIMAT00{n:05}_MirBase_miR-{n}_microRNA" for n in range(30)]
    drawn(FULL._replace(preferences=preferences(names)))
    axes = pages[0][1][1][0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"miR-{n}" for n in range(MOST_MIRNAS)]
    assert f"{MOST_MIRNAS} of 30 miRNAs" in axes.get_xlabel()
