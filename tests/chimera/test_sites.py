"""BED12 of target sites, on transcripts and along exons."""

import io
import random
from itertools import pairwise
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.chimera.sites import SiteCollector
from mirtools.io.tables import CLASSIFY_COLUMNS, PARSE_COLUMNS
from mirtools.transcripts.gtf import Placement


def row(columns=tuple(PARSE_COLUMNS), **cells):
    defaults = {"mirna_id": "miR-1", "n_reads": 1, "target_id": "T", "order": "mirna_first"}
    return [str((defaults | cells).get(column, ".")) for column in columns]


def site(target_start, target_end, site_start, site_end, **cells):
    place = {"target_start": target_start, "target_end": target_end}
    return row(site_start=site_start, site_end=site_end, **place, **cells)


def lines(rows, columns=tuple(PARSE_COLUMNS), placements=None, lengths=None):
    collector = SiteCollector(columns, placements, lengths)
    for each in rows:
        collector.add(each)
    stream = io.StringIO()
    collector.write(stream)
    text = stream.getvalue()
    assert text.count("\n") == len(text.splitlines())
    return [line.split("\t") for line in text.splitlines()], collector.unplaced


def test_one_site_on_a_transcript():
    found, _ = lines([site(10, 30, 10, 55, n_reads=7, order="target_first")])
    assert found == ["T 10 55 miR-1 300 + 10 30 230,159,0 1 45, 0,".split()]


def test_no_sites():
    assert lines([]) == ([], {})


@pytest.mark.parametrize(("n_reads", "score"), [(1, "100"), (10, "346"), (1022, "1000"), (10**12, "1000")])
def test_score(n_reads, score):
    assert lines([site(0, 9, 0, 9, n_reads=n_reads)])[0][0][4] == score


@pytest.mark.parametrize(
    ("part", "thick"), [((8, 20), ["10", "20"]), ((10, 60), ["10", "55"]), ((2, 10), ["10", "10"])]
)
def test_the_thick_part_stays_in_the_site(part, thick):
    assert lines([site(*part, 10, 55)])[0][0][6:8] == thick
    placements = {"T": Placement("1", "+", [(0, 100)])}
    assert lines([site(*part, 10, 55)], placements=placements, lengths={"T": 100})[0][0][6:8] == thick


def test_the_colour_depends_on_the_class_if_known():
    columns = [*PARSE_COLUMNS, *CLASSIFY_COLUMNS]
    place = {"target_start": 0, "target_end": 9, "site_start": 0, "site_end": 9, "order": "target_first"}
    rows = [
        row(columns, mirna_class=kind, n_reads=n, **place) for n, kind in ((1, "exact"), (3, "isomir"), (7, "?"))
    ]
    assert [line[8] for line in lines(rows, columns)[0]] == ["0,114,178", "230,159,0", "140,140,140"]


def test_sorted_by_place():
    rows = [site(start, start + 5, start, start + 5, target_id=name) for name in "bBa" for start in (10, 9, 100)]
    random.Random(1).shuffle(rows)
    found, _ = lines(rows)
    assert [(line[0], line[1]) for line in found] == [
        (name, start) for name in "Bab" for start in ("9", "10", "100")
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a b\tc\nd", "a%20b%09c%0Ad"),
        ("50%", "50%25"),
        ("x;y|z<script>=cmd()", "x;y|z<script>=cmd()"),
        ("µ\x85", "%C2%B5%C2%85"),
        ("", "."),
    ],
)
def test_names_that_bed_cannot_hold(name, text):
    found = lines([site(0, 9, 0, 9, mirna_id=name, target_id=name)])[0][0]
    assert (found[0], found[3]) == (text, text)
    assert unquote(found[3]) == name or not name


@pytest.mark.parametrize("name", ["#1", "track", "browser_x"])
def test_transcripts_that_look_like_headings(name):
    found = lines([site(0, 9, 0, 9, target_id=name)])[0][0][0]
    assert found == f"%{ord(name[0]):02X}{name[1:]}"
    assert unquote(found) == name


EXONS = [(100, 110), (200, 220), (300, 305)]


@pytest.mark.parametrize(
    ("strand", "part", "where", "expected"),
    [
        ("+", (5, 8), (5, 10), "1 105 110 miR-1 100 + 105 108 0,114,178 1 5, 0,"),
        ("+", (5, 12), (5, 32), "1 105 302 miR-1 100 + 105 202 0,114,178 3 5,20,2, 0,95,195,"),
        ("-", (0, 3), (0, 5), "1 300 305 miR-1 100 - 302 305 0,114,178 1 5, 0,"),
        ("-", (4, 12), (3, 30), "1 105 302 miR-1 100 - 213 301 0,114,178 3 5,20,2, 0,95,195,"),
        ("-", (25, 35), (25, 35), "1 100 110 miR-1 100 - 100 110 0,114,178 1 10, 0,"),
    ],
)
def test_along_exons(strand, part, where, expected):
    placements = {"T": Placement("1", strand, EXONS)}
    assert lines([site(*part, *where)], placements=placements, lengths={"T": 35}) == ([expected.split()], {})


def test_sites_without_a_position_are_counted():
    placements = {"T": Placement("1", "+", EXONS), "U": Placement("1", "+", [(0, 9)])}
    rows = [site(0, 9, 0, 9, target_id=name) for name in "TTUV"]
    found, unplaced = lines(rows, placements=placements, lengths={"T": 36, "U": 9, "V": 9})
    assert [line[:3] for line in found] == [["1", "0", "9"]]
    assert unplaced == {"other_length": 2, "not_in_gtf": 1}


@st.composite
def sites_on_genes(draw):
    position = draw(st.integers(0, 5))
    exons = []
    for size, gap in draw(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 6)), min_size=1, max_size=6)):
        exons.append((position, position + size))
        position += size + gap
    length = sum(end - start for start, end in exons)
    start, end = sorted(draw(st.lists(st.integers(0, length), min_size=2, max_size=2, unique=True)))
    thick = sorted(draw(st.lists(st.integers(start, end), min_size=2, max_size=2, unique=True)))
    return exons, draw(st.sampled_from("+-")), (start, end), thick


@given(sites_on_genes())
def test_every_base_of_every_site(gene):
    exons, strand, (start, end), thick = gene
    along = [base for first, last in exons for base in range(first, last)]
    place_of = along if strand == "+" else along[::-1]
    placements = {"T": Placement("chr", strand, exons)}
    found = lines([site(*thick, start, end)], placements=placements, lengths={"T": len(along)})[0][0]
    first, last = int(found[1]), int(found[2])
    sizes, begins = ([int(cell) for cell in cells.split(",")[:-1]] for cells in found[10:12])
    assert len(sizes) == len(begins) == int(found[9])
    blocks = [(first + begin, first + begin + size) for begin, size in zip(begins, sizes, strict=True)]
    # rules of BED12: blocks ascend, are disjoint, begin with the first and end with the last base
    assert blocks[0][0] == first
    assert blocks[-1][1] == last
    assert all(before[1] < after[0] for before, after in pairwise(blocks))
    assert [base for block in blocks for base in range(*block)] == sorted(place_of[start:end])
    aligned = place_of[slice(*thick)]
    assert (int(found[6]), int(found[7])) == (min(aligned), max(aligned) + 1)
