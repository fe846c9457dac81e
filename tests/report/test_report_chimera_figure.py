"""The figure of chimera-parse: formats, determinism, panels and their order, hostile names, empty statistics."""

import io
import re

import pytest

from mirtools.report import chimera_figure
from mirtools.report.chimera_figure import draw_chimera, fates, numbered
from mirtools.report.drawing import FORMATS

pytest.importorskip("matplotlib")

SIGNATURES = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}
STATISTICS = {
    "fate": {"paired": 30, "low_support": 2, "no_mirna": 50, "no_target": 9, "too_short": 4},
    "duplicates": 12,
    "insert_lengths": {"9": 4, "50": 60, "100": 31},
    "mirna_lengths": {"20": 2, "22": 30},
    "target_lengths": {"25": 31, "90": 1},
    "gaps": {"-2": 10, "0": 20, "3": 2},
    "orders": {"mirna_first": 31, "target_first": 1},
    "regions": {"5'UTR": 1, "CDS": 20, "3'UTR": 9, "noncoding": 0, "unknown": 2},
    "samples": {
        "a": {"reads": 60, "distinct_reads": 50, "paired_reads": 20},
        "b": {"reads": 47, "distinct_reads": 45, "paired_reads": 10},
    },
}
NOTHING = {"fate": {"paired": 0}, "duplicates": 0} | {key: {} for key in list(STATISTICS)[2:]}


def drawn(statistics, kind="png"):
    stream = io.BytesIO()
    draw_chimera(stream, kind, statistics)
    return stream.getvalue()


@pytest.fixture
def pages(pages_of):
    return pages_of(chimera_figure)


@pytest.mark.parametrize("kind", FORMATS)
def test_same_bytes_every_time(kind):
    first = drawn(STATISTICS, kind)
    assert first.startswith(SIGNATURES[kind])
    assert first == drawn(STATISTICS, kind)
    assert not re.search(rb"20\d\d-\d\d-\d\d|CreationDate|matplotlib\.org|Matplotlib v", first)


@pytest.mark.parametrize("missing", [*STATISTICS, "all"])
def test_missing_statistics_are_not_drawn(missing):
    rest = {key: value for key, value in STATISTICS.items() if missing not in (key, "all")}
    plain = drawn(rest)
    assert plain.startswith(SIGNATURES["png"])
    assert missing == "duplicates" or drawn(rest | {missing: {}}) == plain


def test_without_chimeras_there_is_a_figure(pages):
    draw_chimera(io.BytesIO(), "png", NOTHING)
    assert pages == [("no chimeric reads", [])]
    draw_chimera(io.BytesIO(), "png", NOTHING | {"fate": {"paired": 0, "no_mirna": 5}})
    assert [panel.get_title(loc="left") or panel.get_title() for row in pages[1][1] for panel in row] == [
        "Fate of 5 reads"
    ]


def labels(axes):
    return [text.get_text().strip() for text in axes.texts]


def test_contents_of_the_panels(pages):
    draw_chimera(io.BytesIO(), "png", STATISTICS)
    [(title, rows)] = pages
    assert title == ""
    assert [len(row) for row in rows] == [1, 3, 2, 1]
    (fate,), lengths, (junctions, regions), (samples,) = rows
    assert labels(fate) == ["30  (31.6 %)", "2  (2.1 %)", "9  (9.5 %)", "50  (52.6 %)", "4  (4.2 %)"]
    assert fate.get_yticklabels()[0].get_text() == "miRNA and target found"
    assert fate.get_title() == "Fate of 95 reads (without 12 duplicates)"
    assert [axes.get_xlabel() for axes in lengths] == [
        "nt (median 50; 95 reads)",
        "nt (median 22; 32 reads)",
        "nt (median 25; 32 reads)",
    ]
    assert labels(junctions) == ["overlap 31.2 %", "adjacent 62.5 %", "gap 6.2 %"]
    assert junctions.get_xlabel().endswith("target first in 3.1 % of reads")
    assert [label.get_text() for label in regions.get_yticklabels()] == ["5'UTR", "CDS", "3'UTR", "unknown"]
    assert labels(regions)[0] == "1  (3.1 %)"
    assert labels(samples) == ["20 of 50  (40.0 %)", "10 of 45  (22.2 %)"]


def test_a_long_tail_is_a_note_below_the_axis(pages):
    lengths = {str(length): 100 for length in range(20, 40)} | {"300": 1, "900": 2}
    draw_chimera(io.BytesIO(), "png", {"fate": {"paired": 1}, "target_lengths": lengths})
    axes = pages[0][1][1][0]
    assert len(axes.patches) == 20
    assert axes.get_xlabel() == "nt (median 30; 2,003 reads)\n3 longer, up to 900 nt"


def test_most_samples_in_the_order_of_the_command_line(pages):
    samples = {f"s{n}": {"reads": n * 7 % 41, "distinct_reads": 0, "paired_reads": 0} for n in range(40)}
    draw_chimera(io.BytesIO(), "png", {"fate": {"paired": 1}, "samples": samples})
    axes = pages[0][1][1][0]
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert len(shown) == chimera_figure.MOST_SAMPLES
    assert shown == sorted(shown, key=lambda name: int(name[1:]))
    assert min(samples[name]["reads"] for name in shown) >= max(
        counts["reads"] for name, counts in samples.items() if name not in shown
    )
    assert "(the 15 of 40 samples with most)" in axes.get_xlabel()


def test_many_reasons_are_grouped(pages):
    fate = {"paired": 5} | {f"reason_{n}": n for n in range(30)}
    assert [name for name, _ in fates({"fate": fate})][:3] == ["paired", "reason_29", "reason_28"]
    draw_chimera(io.BytesIO(), "png", {"fate": fate})
    names = [label.get_text() for label in pages[0][1][0][0].get_yticklabels()]
    assert len(names) == 10
    assert names[-1] == "other reasons"
    assert "of 440 reads" in pages[0][1][0][0].get_title()


def test_hostile_names():
    names = ("$\\frac{1}{", "<script>", "a\nb\tc", "名前", "x" * 300, "100%", "_a^b", "")
    samples = {name: {"reads": 3, "distinct_reads": 2, "paired_reads": 1} for name in names}
    assert drawn(STATISTICS | {"samples": samples})


def test_numbers_ascend():
    assert list(numbered({"10": 1, "9": 2, "-3": 4, "5": 0}).items()) == [(-3, 4), (9, 2), (10, 1)]
