"""Motif files: written motifs are read back, here and by Biopython; invalid files are rejected."""

import io

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from commands import refusal
from hypothesis import given
from hypothesis import strategies as st

from mirtools.interpretation.motiffile import read_motifs, write_meme
from mirtools.interpretation.motifs import Motif

BACKGROUND = np.array([0.3, 0.2, 0.2, 0.3])


def meme_of(found, path):
    text = io.StringIO()
    write_meme(text, found, BACKGROUND)
    path.write_text(text.getvalue())
    return str(path)


def random_motifs(count, seed=1):
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        sites = 100 * number + 7
        counts = random.multinomial(sites, random.dirichlet([0.4] * 4, 4 + number))
        found.append(Motif(f"mirna_kernel_{number}", counts / sites, sites))
    return found


def test_round_trip(tmp_path):
    found = random_motifs(4)
    back = read_motifs(meme_of(found, tmp_path / "m.meme"))
    for before, after in zip(found, back, strict=True):
        assert (after.name, after.sites, after.alternative) == (before.name, before.sites, "")
        assert np.allclose(before.frequencies, after.frequencies, atol=2e-6)
        assert np.allclose(after.frequencies.sum(1), 1)


def test_biopython_reads_what_is_written(tmp_path):
    found = random_motifs(4)
    with open(meme_of(found, tmp_path / "m.meme")) as stream:
        record = bio_motifs.parse(stream, "minimal")
    assert record.background == {"A": 0.3, "C": 0.2, "G": 0.2, "T": 0.3}
    assert [motif.name for motif in record] == [motif.name for motif in found]
    for before, after in zip(found, record, strict=True):
        assert after.num_occurrences == before.sites
        counts = np.array([after.counts[letter] for letter in "ACGT"]).T
        assert np.array_equal(counts, np.rint(before.frequencies * before.sites))


def test_no_motifs_are_a_valid_file(tmp_path):
    path = meme_of([], tmp_path / "none.meme")
    with open(path) as stream:
        assert list(bio_motifs.parse(stream, "minimal")) == []


JASPAR = """\
>MA0004.1\tArnt
A  [ 4 19  0  0  0  0 ]
C  [16  0 20  0  0  0 ]
G  [ 0  1  0 20  0 20 ]
T  [ 0  0  0  0 20  0 ]
>MA0006.1 Ahr::Arnt
3 0 0 0 0 0
8 0 23 0 0 0
2 23 0 23 0 24
11 1 1 1 24 0
"""


def test_jaspar_of_both_kinds(tmp_path):
    (tmp_path / "j.txt").write_text(JASPAR)
    first, second = read_motifs(str(tmp_path / "j.txt"))
    assert (first.name, first.alternative, first.sites, first.width) == ("MA0004.1", "Arnt", 20, 6)
    assert np.allclose(first.frequencies[0], [0.2, 0.8, 0, 0])
    assert (second.name, second.alternative, second.sites) == ("MA0006.1", "Ahr::Arnt", 24)
    with open(tmp_path / "j.txt") as stream:
        expected = bio_motifs.parse(io.StringIO(stream.read().split(">MA0006")[0]), "jaspar")[0]
    counts = np.array([expected.counts[letter] for letter in "ACGT"]).T
    assert np.allclose(first.frequencies, counts / 20)


MEME = """\
MEME version 5.5.5 (Release date: somewhen)

ALPHABET "RNA" RNA-LIKE
A "Adenine" CC0000
C "Cytosine" 0000CC
G "Guanine" FFB300
U "Uracil" 008000
END ALPHABET

Background letter frequencies (from file):
A 0.25 C 0.25 G 0.25 U 0.25

MOTIF RBP1 some protein

log-odds matrix: alength= 4 w= 2
 1 2 3 4
 1 2 3 4

letter-probability matrix: alength= 4 w= 2 nsites= 17.0 E= 1e-5
 0.1 0.2 0.3 0.4
 1 0 0 0

URL http://example.org/

MOTIF RBP2
letter-probability matrix: w= 1
0.5\t0.5\t0\t0
"""


def test_meme_of_other_programs(tmp_path):
    (tmp_path / "m.meme").write_text(MEME.replace("\n", "\r\n"))
    first, second = read_motifs(str(tmp_path / "m.meme"))
    assert (first.name, first.alternative, first.sites) == ("RBP1", "some protein", 17)
    assert np.allclose(first.frequencies, [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]])
    assert (second.name, second.sites, second.width) == ("RBP2", 0, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("hello\n", ":1: is not a motif file"),
        ("MEME version 4\n", "has no motifs"),
        ("MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n", ":2: alphabet 'ACDEFGHIKLMNPQR"),
        ("MEME version 4\nMOTIF\n", ":2: a motif has no name"),
        ("MEME version 4\nletter-probability matrix: w= 1\n1 0 0 0\n", ":2: a matrix has no MOTIF line"),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: w= 2\n1 0 0 0\n", ":4: ends inside a motif"),
        (
            "MEME version 4\nMOTIF a\nletter-probability matrix: w= 1\n1 0 0\n",
            ":4: the row has 3 numbers instead of four",
        ),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: w= 1\n1 1 0 0\n", ":4: frequencies add up to 2"),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: w= 1\n1 x 0 0\n", ":4: 'x' is not a count"),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: w= 1\nnan 1 0 0\n", ":4: 'nan' is not a count"),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: w= 0\n", ":3: the width (w) is not"),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: w= 1e9\n", ":3: the width (w) is not"),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: w= inf\n", ":3: the matrix has no valid width"),
        ("MEME version 4\nMOTIF a\nletter-probability matrix: alength= 20 w= 1\n", ":3: the matrix has no four"),
        (">a\n1 2\n1 2\n1 2\n", ":4: ends inside a motif"),
        (">a\n1 2\n1 2\n1 2\n1\n", ":5: the row is empty, or its length"),
        (">a\n1 0\n1 0\n1 0\n1 0\n", ":5: a position has no counts"),
        (">a\nA 1\nG 1\nC 1\nT 1\n", ":3: is not the row of letter C"),
        (">\n1\n1\n1\n1\n", ":1: a motif must begin with '>name'"),
        (">a\n1\n1\n1\n1\nb\n", ":6: a motif must begin with '>name'"),
    ],
)
def test_errors(tmp_path, monkeypatch, text, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.motifs").write_text(text)
    message = refusal(lambda: read_motifs("bad.motifs"))
    assert message.startswith("bad.motifs")
    assert words in message


@given(
    st.text("MOTIFmeme verson4>ACGT letr-pbaimx:=0123.\n\t", max_size=120),
    st.sampled_from(["", ">a\n", "MEME version 4\nMOTIF a\n"]),
)
def test_any_text_is_motifs_or_an_error(tmp_path_factory, text, start):
    path = tmp_path_factory.mktemp("fuzz") / "m.txt"
    path.write_text(start + text)
    message = refusal(lambda: read_motifs(str(path)))
    assert len(message.split("m.txt", 1)[-1]) < 150
