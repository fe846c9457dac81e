"""Drawings of attribution alignments: text, figure, parts of the page."""

import io
import struct
import zlib

import numpy as np
import pytest

from mirtools.alignment.align import Aligner, Costs
from mirtools.alignment.table import Named
from mirtools.report import alignment_figure
from mirtools.report.alignment_colours import AGAINST, FOR, LEVELS, colour, hexadecimal, ink, palette
from mirtools.report.alignment_figure import draw_alignments
from mirtools.report.alignment_strip import path_runs, strip_of
from mirtools.report.alignment_svg import levels, map_svg, png, profile_svg
from mirtools.report.alignment_text import draw_text, ruler

MIRNA = "TGAGGTAGTA"
#       perfect seed, a bulged A on the site, then the rest; four bases on either side
SITE = "GGGG" + "TACT" + "A" + "ACCTCA" + "GGGG"


def drawing(names=("p1", "miR-x"), offset=30, score="0.91"):
    values = np.zeros((len(SITE), len(MIRNA)))
    for base, place in enumerate((14, 13, 12, 11, 10, 9, 7, 6, 5, 4)):
        values[place, base] = 1.0 if base else 0.02
    values[0, 0] = -2.0
    values[14, 0] = 0.02
    found = Aligner(costs=Costs(0.5, 0.25, "given")).align(values[None], [MIRNA], [SITE])
    return Named(7, names, offset, score, values, found[0])


def empty():
    values = np.full((6, 4), -1.0)
    return Named(1, (), 0, "", values, Aligner().align(values[None], ["ACGT"], ["ACGTAC"])[0])


TEXT = """\
>pair 7  p1  miR-x  score 0.91  alignment 8.52
                   40
site    5' GGGGUACUAACCUCAGGGG 3'
               |||| ||||||
miRNA   3'     AUGA-UGGAGU     5'
              10     5   1
score          9999 99999.
"""


def test_text():
    assert draw_text(drawing()) == TEXT
    assert "no alignment" in draw_text(empty())


def test_positions_are_above_their_bases():
    assert ruler([8, 9, 10, 11, 12], 10) == " 10  "
    assert ruler([1, 2, 3, 4, 5, 6], 5) == "1   5 "
    assert ruler([0, 1, 0, 2], 5) == " 1  "
    assert ruler([10], 10) == " "  # no room


def test_strip_has_the_sites_positions_on_the_table():
    strip = strip_of(drawing())
    assert strip.site_positions == list(range(31, 50))
    assert [position for position in strip.mirna_positions if position] == list(range(10, 0, -1))
    assert [site for site, below in zip(strip.site, strip.mirna, strict=True) if below == "-"] == ["A"]
    assert {len(line) for line in strip} == {19}


def test_path_without_gaps():
    assert [len(run) for run in path_runs(drawing())] == [4, 6]
    assert path_runs(empty()) == []


def test_what_is_drawn(pages_of):
    pages = pages_of(alignment_figure)
    draw_alignments(io.BytesIO(), "png", [drawing(), empty()])
    ((title, rows),) = pages
    assert title == ""
    (heat,), (strip,), _, (nothing,) = rows
    assert heat.get_title() == "pair 7 \u00b7 p1 \u00b7 miR-x \u00b7 score 0.91 \u00b7 alignment 8.52"
    image = heat.images[0]
    assert image.get_array().shape == (10, 19)
    assert image.get_clim() == (-2, 2)
    # two runs of the path, and the gap between them
    assert [len(line.get_xdata()) for line in heat.lines] == [4, 6, 2]
    assert "".join(label.get_text() for label in heat.get_xticklabels()) == SITE.replace("T", "U")
    assert "".join(label.get_text() for label in heat.get_yticklabels()) == MIRNA.replace("T", "U")
    assert [label.get_text() for label in heat.get_xticklabels(minor=True)] == ["35", "40", "45"]
    assert len(strip.patches) == 20
    assert "no alignment: no bases that pair" in nothing.texts[0].get_text()


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_same_bytes_in_every_run(kind):
    drawings = []
    for _ in range(2):
        stream = io.BytesIO()
        draw_alignments(stream, kind, [drawing(("<b>$x$</b>", "日本"))])
        drawings.append(stream.getvalue())
    assert drawings[0] == drawings[1]


def test_a_long_site_has_no_letters(pages_of):
    pages = pages_of(alignment_figure)
    values = np.zeros((90, 4))
    values[20:24, :] = np.eye(4)[::-1]
    named = Named(1, (), 0, "", values, Aligner().align(values[None], ["ACGT"], ["ACGTA" * 18])[0])
    draw_alignments(io.BytesIO(), "png", [named])
    assert [label.get_text() for label in pages[0][1][0][0].get_xticklabels()][:2] == ["1", "10"]
    assert ">90</text>" in map_svg(named)
    assert ">A</text>" in map_svg(named)  # of the miRNA


def test_colours():
    assert colour(2, 2) == hexadecimal(FOR)
    assert colour(-9, 2) == hexadecimal(AGAINST)
    assert colour(0, 2) == colour(1, 0) == "#ffffff"
    assert ink(-2, 2) == "#ffffff"
    assert ink(2, 2) == ink(0, 0) == "#000000"
    assert palette()[LEVELS // 2] == (255, 255, 255)


def test_png():
    """The decoded picture shows each value's colour."""
    values = np.array([[-1.0, 0.0], [0.5, 1.0]])
    data = png(levels(values, 1.0))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(name + content)
        chunks[name], at = content, at + 12 + size
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (width, height, depth, kind) == (8, 8, 8, 3)
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(8, 9)
    assert not lines[:, 0].any()
    colours = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    shown = colours[lines[:, 1:]][::4, ::4]
    assert shown.tolist() == [[list(AGAINST), [255, 255, 255]], [[234, 174, 128], list(FOR)]]


def test_profile():
    text = profile_svg([0.0, 0.5, -0.25])
    assert text.count("<rect") == 3
    assert "base 2: 0.5" in text
    assert "nan" not in profile_svg([0.0, 0.0])
