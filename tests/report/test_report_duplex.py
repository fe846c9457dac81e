"""Text drawings of duplexes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.report.duplex import fold_duplex

LET7 = "TGAGGTAGTAGGTTGTATAGTT"


def test_perfect_duplex():
    duplex = fold_duplex(LET7, "CCCCC" + "AACTATACAACCTACTACCTCA" + "CCCCC")
    assert duplex.marks.strip() == "|" * 22
    assert duplex.mirna.strip() == LET7[::-1].replace("T", "U")
    assert (duplex.start, duplex.end) == (5, 27)
    assert duplex.energy < -30


def test_known_drawing_with_bulge_and_wobble():
    # seed match with one G:U pair, a bulge in the target, 3' pairing
    site = "TTTAACTATACAGGGACCTGCTACCTCATTT"
    assert fold_duplex(LET7, site).text() == (
        "target 5' UUUAACUAUACAGGGACCUGCUACCUCAUUU 3'\n"
        "             |||||||||   ||||:||||||||\n"
        "miRNA  3'    UUGAUAUGU---UGGAUGAUGGAGU    5'"
    )


def test_gu_pairs_are_colons():
    duplex = fold_duplex("GGGGGGGGGG", "CCCCTCCCCC")
    assert duplex.marks.strip() == "||||:|||||"


@pytest.mark.parametrize(("mirna", "site"), [("AAAAAAA", "AAAAAAA"), ("NNNN", "NNNN"), ("A", "T"), ("G", "C")])
def test_nothing_stable_is_none(mirna, site):
    assert fold_duplex(mirna, site) is None


def _is_consistent(mirna, site):
    duplex = fold_duplex(mirna, site)
    if duplex is None:
        return True
    assert len(duplex.target) == len(duplex.marks) == len(duplex.mirna)
    bases = duplex.mirna.replace("-", "").strip()
    assert bases == mirna[::-1].replace("T", "U"), "the whole miRNA is drawn, 3'->5'"
    assert duplex.target.replace("-", "").strip() in site.replace("T", "U")
    paired = [
        (t, m, mark) for t, m, mark in zip(duplex.target, duplex.mirna, duplex.marks, strict=True) if mark != " "
    ]
    for target, facing, mark in paired:
        expected = "|" if target + facing in ("AU", "UA", "CG", "GC") else ":"
        assert mark == expected
        assert mark == "|" or target + facing in ("GU", "UG")
    assert site[duplex.start].replace("T", "U") == paired[0][0]
    assert site[duplex.end - 1].replace("T", "U") == paired[-1][0]
    return True


@settings(max_examples=150, deadline=None)
@given(st.text("ACGTN", min_size=1, max_size=28), st.text("ACGTN", min_size=1, max_size=70))
def test_drawings_are_consistent(mirna, site):
    assert _is_consistent(mirna, site)
