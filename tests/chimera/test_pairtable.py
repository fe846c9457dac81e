"""Rows of the interaction table from pairs of reads."""

import random

from mirtools.chimera.engine import Hit, SearchReferences
from mirtools.chimera.inserts import Insert
from mirtools.chimera.pairing import PairingRules, ReadHits, pair_hits
from mirtools.chimera.pairtable import PairTable, pair_id
from mirtools.interactions import PARSE_COLUMNS, TIE_COLUMNS
from mirtools.sequences import Reference

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
TRANSCRIPT = "GGATTCCGAACCATGCAAGCTTGACCGATCAAGGCTTTCAGGCACGATTACAGGCATCCAGGACTCAGGTTACCAGATTGACCA"
REFERENCES = SearchReferences([Reference("m", "m", MIRNA)], [Reference("t|x", "t|x", TRANSCRIPT)])


def insert(number, shift, gap="", qualities=None):
    sequence = MIRNA + gap + TRANSCRIPT[shift : shift + 20]
    return Insert(number, f"r{number}", sequence, qualities and qualities * len(sequence))


def add(table, item, shift, gap="", evalue=1e-5):
    start = len(MIRNA) + len(gap)
    target = Hit(0, start, start + 20, shift, shift + 20, evalue, 40.0)
    pairs, _ = pair_hits(ReadHits([Hit(0, 0, 22, 0, 22, 1e-7, 44.0)], [target]), item.sequence, REFERENCES, RULES)
    table.add(item, pairs)


RULES = PairingRules()


def test_a_row_holds_what_its_reads_say():
    table = PairTable(REFERENCES, RULES, 1)
    add(table, insert(0, 10, qualities=b"5"), 10, evalue=1e-4)
    add(table, insert(1, 10, qualities=b"I"), 10, evalue=1e-5)
    (row,) = table.rows([3, 4])
    cells = dict(zip(PARSE_COLUMNS + TIE_COLUMNS, row, strict=True))
    assert cells == {
        "pair_id": pair_id("m", MIRNA, "0,0", "t|x", 10, 30),
        "n_reads": "2",
        "n_copies": "7",
        "mirna_id": "m",
        "mirna_seq": MIRNA,
        "mirna_qual": "I" * 22,
        "mirna_unassigned": "0,0",
        "target_id": "t|x",
        "target_start": "10",
        "target_end": "30",
        "site_start": "10",
        "site_end": "55",
        "site_seq": TRANSCRIPT[10:55],
        "order": "mirna_first",
        "gap": "0",
        "mirna_evalue": "1e-07",
        "mirna_bits": "44.0",
        "target_evalue": "1e-05",
        "target_bits": "40.0",
        "rank": "1",
        "n_best": "1",
        "tied_mirnas": "m",
        "tied_targets": "t|x",
    }


def test_the_site_ends_with_the_transcript():
    table = PairTable(REFERENCES, RULES, 1)
    add(table, insert(0, 50), 50)
    (row,) = table.rows([1])
    assert row[PARSE_COLUMNS.index("site_end")] == str(len(TRANSCRIPT))


def test_support_is_counted_over_all_targets_without_unassigned_ends():
    table = PairTable(REFERENCES, RULES, 3)
    add(table, insert(0, 5), 5)
    add(table, insert(1, 9, "C"), 9, "C")
    assert table.pair_of(0) == ""
    assert list(table.rows([1, 1])) == []
    add(table, insert(2, 12, "GA"), 12, "GA")
    assert len(list(table.rows([1, 1, 1]))) == 3
    assert table.pair_of(0) == pair_id("m", MIRNA, "0,0", "t|x", 5, 25)
    assert table.pair_of(7) is None


def test_later_copies_raise_qualities():
    table = PairTable(REFERENCES, RULES, 1)
    add(table, insert(0, 10, qualities=b"5"), 10)
    table.add_copy(0, b"I" + b"#" * 60)
    (row,) = table.rows([2])
    assert row[PARSE_COLUMNS.index("mirna_qual")] == "I" + "5" * 21


def test_rows_do_not_depend_on_the_order_of_reads():
    made = [(number, 5 + number % 7, "ACGT"[number % 4] if number % 3 else "") for number in range(40)]

    def rows(order):
        table = PairTable(REFERENCES, RULES, 2)
        for number, shift, gap in order:
            add(table, insert(number, shift, gap, b"I"), shift, gap)
        return list(table.rows([1] * 40))

    expected = rows(made)
    assert expected
    assert all(rows(random.Random(seed).sample(made, 40)) == expected for seed in range(3))
