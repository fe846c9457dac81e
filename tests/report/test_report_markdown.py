"""The summary in Markdown."""

import io
from collections import Counter

import pytest

from mirtools.report.markdown import escape, relative_link, share, write_summary
from mirtools.report.run_reports import RunReport
from mirtools.report.summary import Interaction, Pair, Summary

HOSTILE = "a|b`c*d <script>alert(1)</script> [x](y) $z$ _u_ ~~s~~ &amp; \x1b[31m\nnew # line"


def _pair(**changes):
    fields = {
        "mirna": "hsa-let-7a-5p",
        "target": "ENST1|ENSG1|-|-|HMGA2-201|HMGA2|4150|",
        "start": 100,
        "end": 131,
        "mirna_seq": "TGAGGTAGTAGGTTGTATAGTT",
        "site_seq": "TTTAACTATACAGGGACCTGCTACCTCATTT",
        "mirna_class": "isomir",
        "isomir_types": "5p_addition,SNP",
        "reads": 1234,
        "score": 0.98765,
        "prediction": 1,
    }
    return Pair(Interaction(**{**fields, **changes}), 7, 1234)


def _text(summary, reports=(), duplexes=3, figure=None):
    stream = io.StringIO()
    write_summary(stream, summary, reports, duplexes, figure)
    return stream.getvalue()


ALL = set(
    "mirna_id mirna_seq target_id site_seq n_reads n_copies target_start target_end site_start site_end gap "
    "mirna_class isomir_types score prediction".split()
)


def test_full_summary():
    summary = Summary(has=ALL, pairs=1, interactions=2, reads=1300, copies=1500, top=[_pair()])
    summary.reads_of = Counter({"hsa-let-7a-5p": 1300})
    summary.targets = 1
    summary.rows_of_class = Counter(exact=1, isomir=1)
    summary.reads_of_class = Counter(exact=66, isomir=1234)
    summary.rows_of_type = Counter(SNP=1, other=1)
    summary.rows_of_prediction = Counter({1: 2})
    report = RunReport(
        "chimera-parse", Counter(reads=2000, paired_reads=1300, duplicate_reads=200), Counter(gap=500)
    )
    text = _text(summary, [report], figure="f.png")
    assert "**1 miRNA-target pair** of 1 miRNA and 1 target transcript in 2 interactions (" in text
    assert "), seen in 1,300 distinct reads (1,500 with duplicates)." in text
    assert "![Figure](<f.png>)" in text
    assert "| exact miRNA           |            1 |  50.0 % |    66 |          5.1 % |" in text
    assert "| other          |" in text
    assert (
        "| 1   | hsa-let-7a-5p | HMGA2  | 100-131 | 5p_addition, SNP |            7 | 1,234 | 0.988 |   yes |"
        in text
    )
    assert "1. hsa-let-7a-5p with HMGA2, 103-128 (" in text
    assert "\n             |||||||||   ||||:||||||||\n" in text
    assert "| reads in               | 2,000 | 100.0 % |" in text
    assert "| gap too long           |   500 |  25.0 % |" in text
    assert text.endswith("|\n")


def test_empty_table():
    assert _text(Summary(has=ALL)) == "# miRNA-target interactions\n\nNo interactions.\n"


def test_skipped_rows_are_reported():
    text = _text(Summary(has=ALL, negatives=1, alternatives=2))
    assert "No interactions. 1 row with label 0 (no interaction) skipped. 2 second-best rows (rank" in text


def test_names_only():
    text = _text(
        Summary(
            has={"mirna_id"}, interactions=1, pairs=1, reads_of=Counter(m=1), top=[_pair(mirna_seq="", start=None)]
        )
    )
    assert "\nOrder: as first seen. " in text
    assert "| 1   | hsa-let-7a-5p | HMGA2  |" in text
    assert "distinct reads" not in text
    assert "Duplexes" not in text


def test_hostile_names_are_inert_everywhere():
    summary = Summary(
        has=ALL, interactions=1, pairs=1, top=[_pair(mirna=HOSTILE, target=HOSTILE, isomir_types=HOSTILE)]
    )
    summary.rows_of_type = Counter({HOSTILE: 1})
    report = RunReport(HOSTILE, Counter({HOSTILE: 1}), Counter({HOSTILE: 2}))
    text = _text(summary, [report])
    assert "<script" not in text
    assert "\x1b" not in text
    for line in text.splitlines():
        if line.startswith("| 1 "):
            assert line.replace("\\|", "").count("|") == 10
        assert not line.startswith("new")


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("NM_000146", "NM_000146"),
        ("a|b", "a\\|b"),
        ("_a_", "\\_a\\_"),
        ("<b>", "&lt;b&gt;"),
        ("=cmd()", "=cmd()"),
        ("a\tb\nc", "a?b?c"),
        ("x" * 100, "x" * 29 + "..." + "x" * 28),
    ],
)
def test_escape(name, escaped):
    assert escape(name) == escaped


@pytest.mark.parametrize(
    ("figure", "summary", "link"),
    [
        ("f.png", "-", "f.png"),
        ("out/f.png", "out/s.md", "f.png"),
        ("f.png", "out/s.md", "../f.png"),
        ("fig/f.png", "s.md", "fig/f.png"),
    ],
)
def test_relative_link(figure, summary, link):
    assert relative_link(figure, summary) == link


def test_links_cannot_break_out():
    text = _text(Summary(), figure="a>b\n<c%.png")
    assert "![Figure](<a%3Eb%0A%3Cc%25.png>)" in text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 3, "33.3 %"), (0, 5, "0.0 %"), (1, 100_000, "<0.1 %"), (0, 0, "."), (2, 2, "100.0 %")],
)
def test_share(part, whole, text):
    assert share(part, whole) == text
