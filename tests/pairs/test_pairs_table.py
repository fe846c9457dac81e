"""The table of pairs: what rows give, what is kept, and what is refused."""

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from mirtools.errors import InputError
from mirtools.io.sequences import to_dna
from mirtools.io.tables import TableReader
from mirtools.pairs.table import (
    LabelledPairs,
    NumberColumn,
    Pair,
    PairCollector,
    PairReader,
    name_or_sequence,
    sample,
    strict_coordinate,
)

TABLE = """\
mirna_id\tmirna_seq\ttarget_id\tsite_start\tsite_end\tsite_seq\tlabel\tnote\tsite_mfe
m1\tUGAGGUAGUAG\tT1\t5\t12\tACGTACG\t1\tx\t-3.5
.\tTGAGGTAGTAG\t\t9\t9\tACGTACGT\t0\t\t.
"""


@pytest.fixture
def table(tmp_path):
    def write(text=TABLE):
        path = tmp_path / "t.tsv"
        path.write_text(text)
        return TableReader(str(path))

    return write


def number(cell):
    if cell == ".":
        return float("nan")
    return float(cell)


def test_names_or_sequences():
    assert name_or_sequence("let-7", "TGAG") == "let-7"
    assert name_or_sequence(".", "TGAG") == name_or_sequence("", "TGAG") == "TGAG"
    pair = Pair("TGAG", "ACGT", target_id="T")
    assert (pair.mirna_name, pair.target_name) == ("TGAG", "T")


def test_rows_as_pairs(table):
    (row, first), (_, second) = PairReader(table())
    assert row[7] == "x"
    assert first == Pair("TGAGGTAGTAG", "ACGTACG", "m1", "T1", 1)
    assert second == Pair("TGAGGTAGTAG", "ACGTACGT", ".", ".", 0)
    # no labels, no names; sequences as a model reads them
    bare = table("mirna_seq\tsite_seq\nUGAGGUAGUAG\tACGUACG\n")
    assert list(PairReader(bare, str.lower).pairs()) == [Pair("ugagguaguag", "acguacg")]
    assert [pair.label for pair in PairReader(table(), label=None).pairs()] == [None, None]
    nothing = table("label\tscore\n1\t0.5\n")
    assert list(PairReader(nothing, needed=()).pairs()) == [Pair(".", ".", label=1)]


@pytest.mark.parametrize(
    ("text", "needed", "message"),
    [
        (TABLE.replace("\t0\t\t.", "\t2\t\t."), ("label",), r"t\.tsv:3: label is '2'; give 1 \(interacts\) or 0"),
        (TABLE.replace("label", "other"), ("mirna_seq", "label"), r"t\.tsv:1: has no column label"),
        (TABLE.replace("ACGTACGT\t", "ACGT?CGT\t"), ("site_seq",), r"t\.tsv:3: site_seq: "),
    ],
)
def test_what_is_refused(table, text, needed, message):
    with pytest.raises(InputError, match=message):
        list(PairReader(table(text), to_dna, needed=needed))


def collected(reader, **options):
    collector = PairCollector(error=reader.error, **options)
    for row, pair in PairReader(reader):
        collector.add(row, pair)
    return collector.pairs()


def test_what_is_kept(table):
    pairs = collected(table(), span=(3, 4), texts={"note": 7}, numbers={"mfe": NumberColumn(8, number)})
    assert pairs.labels.tolist() == [1, 0]
    assert pairs.labels.dtype == np.uint8
    assert pairs.mirna_names() == ["m1", "TGAGGTAGTAG"]
    assert pairs.spans.tolist() == [[5, 12], [-1, -1]]  # a site without a base lies nowhere
    assert pairs.text("note") == ["x", "."]
    assert pairs.text("absent") == [".", "."]
    assert pairs.number("mfe").tolist()[0] == -3.5
    assert np.isnan([pairs.number("mfe")[1], *pairs.number("absent")]).all()
    assert collected(table()).spans is None
    empty = collected(table(TABLE.split("\n")[0] + "\n"), span=(3, 4))
    assert (len(empty), empty.spans.shape) == (0, (0, 2))


def test_numbers_that_are_none(table):
    with pytest.raises(InputError, match=r"t\.tsv:2: mfe could not convert"):
        collected(table(), numbers={"mfe": NumberColumn(7, number)})
    odd = TABLE.replace("\t5\t12", "\tfive\t12")
    assert collected(table(odd), span=(3, 4)).spans.tolist() == [[-1, -1]] * 2
    with pytest.raises(InputError, match=r"t\.tsv:2: site_start is 'five'; give a whole number"):
        collected(table(odd), span=(3, 4), coordinate_of=strict_coordinate)


def pairs_of(count, **more):
    letters = [f"{number}" for number in range(count)]
    return LabelledPairs(letters, letters, np.arange(count, dtype=np.uint8) % 2, letters, letters, **more)


def test_parts_and_wholes():
    pairs = pairs_of(
        4,
        spans=np.arange(8).reshape(4, 2),
        coverages=np.ones((4, 2)),
        texts={"a": list("wxyz")},
        numbers={"b": np.arange(4.0)},
    )
    part = pairs.subset(np.array([3, 1]))
    assert part.mirnas == part.target_ids == ["3", "1"]
    assert part.spans.tolist() == [[6, 7], [2, 3]]
    assert (part.texts, part.number("b").tolist()) == ({"a": ["z", "x"]}, [3, 1])
    both = part.joined(pairs_of(1, texts={"c": ["q"]}))
    assert both.sites == ["3", "1", "0"]
    assert both.texts == {"a": ["z", "x", "."], "c": [".", ".", "q"]}
    assert np.isnan(both.number("b")[2])


def test_checksums_are_of_sequences_labels_and_coverages():
    pairs = pairs_of(3)
    assert replace(pairs, mirna_ids=["x"] * 3).checksum() == pairs.checksum()
    others = [replace(pairs, labels=1 - pairs.labels), replace(pairs, coverages=np.ones((3, 2))), pairs_of(2)]
    assert len({pairs.checksum(), *(other.checksum() for other in others)}) == 4


def test_samples_are_fair_and_in_order():
    items = list(range(6))
    assert sample(items, 6, 1) == sample(iter(items), 100, 1) == items
    assert sample([], 5, 1) == []
    drawn = Counter(tuple(sample(items, 2, seed)) for seed in range(3000))
    assert set(drawn) == set(itertools.combinations(range(6), 2))
    assert min(drawn.values()) > 140
    assert max(drawn.values()) < 260
