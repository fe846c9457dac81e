"""Trimming and collapsing of reads."""

import pytest

from mirtools.chimera import inserts
from mirtools.chimera.inserts import Collapser, Trimmer, best_qualities
from mirtools.errors import InputError
from mirtools.sequences import Read

ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
INSERT = "ACGTTGCATTACGGATCCATTGACCGT"


def collapse(reads, min_length=5, collapsed=False, trimmer=None):
    collapser = Collapser(trimmer or Trimmer(), min_length, collapsed, "reads.fq")
    return collapser, [insert for batch in collapser.batches(reads) for insert in batch]


@pytest.mark.parametrize("kept", [3, 4, 10, 21])
def test_adapter_is_removed_wherever_the_read_ends(kept):
    read = Read("r", INSERT + ADAPTER[:kept], None)
    assert Trimmer([ADAPTER])(read) == ("", 0, len(INSERT))


def test_one_error_in_ten_adapter_bases_is_tolerated():
    damaged = ADAPTER[:8] + "A" + ADAPTER[9:]
    assert Trimmer([ADAPTER])(Read("r", INSERT + damaged + "CCC", None)) == ("", 0, len(INSERT))


def test_umi_tells_copies_from_molecules():
    reads = [Read("a", "AAA" + INSERT, None), Read("b", "CCC" + INSERT, None), Read("c", "AAA" + INSERT, None)]
    collapser, found = collapse(reads, trimmer=Trimmer(umi_length=3))
    assert [(insert.name, insert.sequence) for insert in found] == [("a", INSERT), ("b", INSERT)]
    assert list(collapser.copies) == [2, 1]
    assert collapser.counts == {"reads": 3, "duplicate_reads": 1}


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_qualities_are_the_best_of_all_copies(monkeypatch, batch):
    monkeypatch.setattr(inserts, "BATCH_SIZE", batch)
    reads = [Read("a", "ACGTA", "I#I#I"), Read("b", "TTTTT", "IIIII"), Read("c", "ACGTA", "#I##I")]
    collapser, found = collapse(reads)
    late = dict(collapser.later_copies)
    assert best_qualities(found[0].qualities, late.get(0)) == b"III#I"
    assert list(collapser.copies) == [2, 1]


def test_collapsed_names_count_copies():
    reads = [Read("1_408", "ACGTA", None), Read("2_x12", "CCCCC", None), Read("9_2", "ACGTA", None)]
    collapser, _ = collapse(reads, collapsed=True)
    assert list(collapser.copies) == [410, 12]
    with pytest.raises(InputError, match=r"reads.fq: record 'plain': name does not end in _N or _xN"):
        collapse([Read("plain", "ACGTA", None)], collapsed=True)


def test_short_inserts_are_counted():
    collapser, found = collapse([Read("a", ADAPTER, None), Read("b", INSERT, None)], trimmer=Trimmer([ADAPTER]))
    assert [insert.name for insert in found] == ["b"]
    assert collapser.dropped == {"too_short": 1}
