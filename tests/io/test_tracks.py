"""bigWig and BAM, read back by their libraries."""

from __future__ import annotations

import io

import pyBigWig
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.io.tracks import Alignment, Block, write_bam, write_bigwig


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(1, 9), st.integers(1, 4)), max_size=9
    )
)
def test_cover_as_counting_bases_gives_it(tmp_path_factory, drawn):
    path = tmp_path_factory.mktemp("bw") / "x.bw"
    with path.open("wb") as stream:
        write_bigwig(stream, {"a": 60, "b": 60}, [Block(c, s, s + n, w / 2) for c, s, n, w in drawn])
    with pyBigWig.open(str(path)) as file:
        assert file.isBigWig()
        for name in "ab":
            found = dict.fromkeys(range(60), 0.0)
            for start, end, value in file.intervals(name) or ():
                found.update(dict.fromkeys(range(start, end), value))
            expected = {p: sum(w / 2 for c, s, n, w in drawn if c == name and s <= p < s + n) for p in range(60)}
            assert found == pytest.approx(expected)


def test_bytes_do_not_depend_on_the_order(tmp_path):
    blocks = [Block("a", 3, 9, 0.1), Block("a", 5, 9, 0.2), Block("a", 5, 12, 0.7)]
    found = []
    for order in (blocks, blocks[::-1]):
        stream = io.BytesIO()
        write_bigwig(stream, {"a": 50}, order)
        found.append(stream.getvalue())
    assert found[0] == found[1]


def test_alignments_on_both_strands(tmp_path):
    path = tmp_path / "x.bam"
    listed = [
        Alignment("two", "1", "-", [(100, 103), (200, 202)], "ACGTA", [("XM", "miR-16"), ("XN", 7)]),
        Alignment("one", "1", "+", [(50, 54)], "", []),
    ]
    with path.open("wb") as stream, (tmp_path / "x.bam.bai").open("wb") as index:
        write_bam(stream, index, {"1": 1000, "2": 10}, listed)
    with pysam.AlignmentFile(str(path)) as file:
        assert file.header["HD"]["SO"] == "coordinate"
        found = list(file)
        assert [each.query_name for each in found] == ["one", "two"]
        assert found[1].cigarstring == "3M97N2M"
        assert found[1].is_reverse
        assert found[1].get_forward_sequence() == "ACGTA"
        assert dict(found[1].tags) == {"XM": "miR-16", "XN": 7}
        assert [each.query_name for each in file.fetch("1", 199, 201)] == ["two"]
        assert list(file.fetch("2")) == []


def test_nothing_is_a_valid_file(tmp_path):
    with (tmp_path / "x.bam").open("wb") as stream, (tmp_path / "x.bam.bai").open("wb") as index:
        write_bam(stream, index, {}, [])
    with pysam.AlignmentFile(str(tmp_path / "x.bam"), check_sq=False) as file:
        assert list(file) == []
    with (tmp_path / "x.bw").open("wb") as stream:
        write_bigwig(stream, {}, [])
    with pyBigWig.open(str(tmp_path / "x.bw")) as file:
        assert file.isBigWig()
