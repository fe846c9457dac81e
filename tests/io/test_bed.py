"""BED and bedGraph: names and tracks are read back unchanged."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.io.bed import BedLine, KnownSite, read_sites, write_bed, write_bedgraph

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "%2E")
)


@given(NAMES, NAMES)
def test_names_are_read_back(tmp_path_factory, target, mirna):
    stream = io.StringIO()
    write_bed(stream, target, [BedLine(7, 9, mirna, 10, 7, 8), BedLine(3, 5, mirna, 0, 3, 4)])
    path = tmp_path_factory.mktemp("bed") / "sites.bed"
    path.write_text(stream.getvalue())
    assert read_sites(str(path)) == [KnownSite(target, 3, 5, mirna), KnownSite(target, 7, 9, mirna)]
    assert all(len(line.split("\t")) == 8 for line in stream.getvalue().splitlines())


def test_sites_of_other_programs(tmp_path):
    path = tmp_path / "sites.bed"
    path.write_bytes(b"#c\ntrack name=x\nbrowser position\n\nt1 5 9\nt2\t0\t4\t.\t0\t-\r\nt3\t1\t2\tmiR%201\n")
    assert read_sites(str(path)) == [
        KnownSite("t1", 5, 9, ""),
        KnownSite("t2", 0, 4, ""),
        KnownSite("t3", 1, 2, "miR 1"),
    ]
    path.write_text("")
    assert read_sites(str(path)) == []


@pytest.mark.parametrize("line", ["t1\t5", "t1\tx\t9", "t1\t-5\t9", "t1\t9\t9", "t1\t9\t5", "t1\t1\t" + "9" * 30])
def test_bad_lines(tmp_path, line):
    path = tmp_path / "sites.bed"
    path.write_text("t1\t1\t2\n" + line + "\n")
    with pytest.raises(InputError, match=r"sites.bed:2: ") as error:
        read_sites(str(path))
    assert len(str(error.value)) < 200 + len(str(path))


@given(st.lists(st.sampled_from([0.0, -0.0, 0.00004, 0.5, 0.25, 1e-7]), min_size=1, max_size=30))
def test_tracks_are_read_back(values):
    stream = io.StringIO()
    write_bedgraph(stream, "t 1", np.array(values), 'a "track" on t')
    heading, *lines = stream.getvalue().splitlines()
    assert heading == 'track type=bedGraph name="a%20%22track%22%20on%20t"'
    back = np.full(len(values), np.nan)
    ends = [0]
    for line in lines:
        chrom, start, end, value = line.split("\t")
        assert chrom == "t%201"
        assert int(start) == ends[-1]
        back[int(start) : int(end)] = float(value)
        ends.append(int(end))
    assert np.allclose(back, values, atol=6e-5)
    assert all(a.split("\t")[3] != b.split("\t")[3] for a, b in pairwise(lines))
