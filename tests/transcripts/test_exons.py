"""Exons near an interval of the genome."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.transcripts.exons import Exon, ExonIndex, plain_chromosome
from mirtools.transcripts.gtf import Placement

PLUS = Placement("chr1", "+", [(100, 110), (110, 120), (200, 220)])
MINUS = Placement("chr1", "-", [(100, 120), (200, 220)])


def test_exons_without_a_gap_are_one():
    index = ExonIndex([PLUS, None, MINUS])
    assert len(index) == 4
    assert index.near("chr1", 205, 206) == [Exon(0, 200, 220, 20, 1, 0), Exon(2, 200, 220, 20, 1, 0)]
    assert index.near("chr1", 115, 115)[0] == Exon(0, 100, 120, 0, 0, 1)
    assert index.near("chr1", 150, 160) == []


@pytest.mark.parametrize(
    ("span", "holds", "touches", "splices"),
    [
        ((99, 100), False, False, False),  # before the transcript
        ((100, 101), True, True, False),
        ((119, 120), True, True, False),
        ((119, 121), False, True, True),
        ((120, 121), False, False, True),
        ((121, 122), False, False, True),
        ((122, 123), False, False, False),
        ((100, 100), False, True, False),
        ((101, 101), True, True, False),
        ((120, 120), False, True, False),
        ((121, 121), False, False, True),
        ((122, 122), False, False, False),
        ((90, 130), False, True, True),
    ],
)
def test_where_an_interval_is(span, holds, touches, splices):
    exon = ExonIndex([PLUS]).near("chr1", 110, 111)[0]
    assert (exon.holds(*span), exon.touches(*span), exon.splice_touches(*span)) == (holds, touches, splices)


def test_positions_on_both_strands():
    first, second = ExonIndex([PLUS, MINUS]).near("chr1", 203, 205)
    assert first.on_transcript(203, 205, PLUS) == (23, 25)
    assert second.on_transcript(203, 205, MINUS) == (15, 17)


def test_names_of_chromosomes():
    index = ExonIndex([PLUS, PLUS._replace(chromosome="MT"), PLUS._replace(chromosome="X")])
    assert [index.find(name) for name in ("chr1", "1", "chrM", "M", "chrx", "2")] == [
        *("chr1", "chr1", "MT", "MT", "X", None)
    ]
    both = ExonIndex([PLUS, PLUS._replace(chromosome="1")])
    assert [both.find(name) for name in ("chr1", "1")] == ["chr1", "1"]
    assert plain_chromosome("Chr3R") == "3r"


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), min_size=1, max_size=12),
    st.integers(0, 100),
    st.integers(0, 8),
)
def test_all_near_exons_are_found(exons, start, size):
    placements = [Placement("1", "+", [(begin, begin + length)]) for begin, length in exons]
    found = {exon.target for exon in ExonIndex(placements).near("1", start, start + size)}
    expected = {
        at for at, (begin, length) in enumerate(exons) if begin <= start + size + 2 and begin + length >= start - 2
    }
    assert found == expected
