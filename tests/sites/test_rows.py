"""Tables of any number of samples and shards as columns."""

from __future__ import annotations

import itertools

import pytest
from sites.tables_of_pairs import row, write_rows

from mirtools.errors import InputError, UsageError
from mirtools.io.tied_sites import Spot, parse_spots, write_spots
from mirtools.sites.rows import read_rows


def plain(rows):
    return (
        rows.pair_ids,
        rows.cells("mirna_id"),
        rows.starts.tolist(),
        rows.reads.tolist(),
        rows.samples,
        rows.ties,
    )


def test_samples_from_columns_options_and_file_names(tmp_path):
    named = [row("miR-16", "T1", 5, 30, **{"n_reads:liver": 2, "n_reads:brain": 3, "n_reads": 5})]
    first = write_rows(tmp_path / "first.tsv", named)
    second = write_rows(tmp_path / "kidney.tsv", [row("miR-16", "T1", 5, 30, n_reads=7)])
    rows, collector = read_rows([first, second])
    assert rows.samples == ["brain", "kidney", "liver"]
    assert rows.reads.tolist() == [[3, 7, 2]]
    assert collector.counts == {"rows": 2}
    rows, _ = read_rows([second], ["lung"])
    assert rows.samples == ["lung"]
    with pytest.raises(UsageError, match="names its samples in columns"):
        read_rows([first], ["lung"])
    with pytest.raises(UsageError, match="2 --sample for 1 tables"):
        read_rows([first], ["a", "b"])


def test_order_of_tables_and_rows_does_not_matter(tmp_path):
    listed = [
        row("miR-21", "T2", 5, 30, n_reads=2, score=0.5),
        row("miR-16", "T2", 5, 30, n_reads=1),
        row("miR-16", "T1", 9, 30, n_reads=4, tied_sites="T1:9-30,T3:9-30"),
    ]
    found = []
    for number, order in enumerate(itertools.permutations(listed)):
        one = write_rows(tmp_path / f"{number}_a.tsv", list(order[:1]))
        two = write_rows(tmp_path / f"{number}_b.tsv", list(order[1:]))
        rows, _ = read_rows([one, two], ["a", "a"])
        found.append(plain(rows))
        assert [score for score in rows.scores.tolist() if score == score] == [0.5]
    assert all(each == found[0] for each in found)
    assert found[0][1] == ["miR-16", "miR-16", "miR-21"]
    assert found[0][5] == {0: (Spot("T1", 9, 30), Spot("T3", 9, 30))}


def test_the_same_pair_with_other_bases_in_another_sample_is_another_row(tmp_path):
    one = row("miR-16", "T1", 5, 30, pair_id="P1")
    two = {**one, "mirna_seq": "TAGCAGCACGTAAATATTGG"}
    for rows in ([one, two], [two, one]):
        paths = [write_rows(tmp_path / f"{name}.tsv", [each]) for name, each in zip("ab", rows, strict=True)]
        found, _ = read_rows(paths, ["a"])
        assert [len(each) for each in found.cells("mirna_seq")] == [20, 22]


def test_rows_that_are_no_interactions_are_counted(tmp_path):
    path = write_rows(
        tmp_path / "t.tsv",
        [
            row("miR-16", "T1", 5, 30, label=0, rank="."),
            row("miR-16", "T1", 5, 31, label=1, rank=2),
            row("miR-16", "T1", 5, 32, label=1, rank=1),
        ],
    )
    rows, collector = read_rows([path])
    assert len(rows) == 1
    assert collector.dropped == {"labelled_0": 1, "rank_above_1": 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"target_start": 40}, "t.tsv:2: .*ends before it begins"),
        ({"target_end": "x"}, "t.tsv:2: .*give a whole number"),
        ({"mirna_id": "."}, "t.tsv:2: .*no miRNA or no target"),
        ({"mirna_seq": "NA"}, "t.tsv:2: .*missing value"),
        ({"n_reads": "-1"}, "t.tsv:2: .*give a whole number"),
        ({"tied_sites": "T1"}, "t.tsv:2: .*NAME:START-END"),
    ],
)
def test_cells_that_make_no_sense(tmp_path, changed, said):
    path = write_rows(tmp_path / "t.tsv", [{**row("miR-16", "T1", 5, 30), **changed}])
    with pytest.raises(InputError, match=said):
        read_rows([path])


def test_a_table_without_reads_counts_rows(tmp_path):
    cells = row("miR-16", "T1", 5, 30)
    del cells["n_reads"], cells["pair_id"]
    rows, _ = read_rows([write_rows(tmp_path / "t.tsv", [cells])])
    assert rows.reads.tolist() == [[1]]
    assert rows.pair_ids[0].startswith("P")


def test_spots_with_colons_and_commas_in_names():
    spots = (Spot("a:1-2", 3, 9), Spot("b,c", 0, 5))
    assert parse_spots(write_spots(spots)) == spots
    for bad in ("a", "a:5-5", ":1-2", "a:x-3", "a:1-2,b"):
        with pytest.raises(ValueError, match="NAME:START-END"):
            parse_spots(bad)
