"""Several tables read as one, and their rows as records."""

import pytest

from mirtools.errors import InputError
from mirtools.isomir.junction import Junction
from mirtools.isomir.records import Records
from mirtools.isomir.strength import best_qualities
from mirtools.isomir.tables import Tables

LET7A = "TGAGGTAGTAGGTTGTATAGTT"
MIRNAS = {"let-7a": LET7A, "mir-9": LET7A[::-1]}
HEADER = (
    "mirna_id mirna_seq mirna_qual mirna_unassigned n_reads n_copies order gap target_id target_start target_end "
    "site_start site_seq"
).split()
ROW = dict(
    zip(
        HEADER,
        [
            "let-7a",
            LET7A + "CA",
            ".",
            "0,2",
            "3",
            "4",
            "mirna_first",
            "2",
            "t1",
            "10",
            "20",
            "10",
            "ACGTACGTACGTTT",
        ],
        strict=True,
    )
)


def tables(tmp_path, *contents):
    """Write tables of a header and rows, and read them."""
    paths = []
    for number, (header, *rows) in enumerate(contents):
        paths.append(tmp_path / f"{number}.tsv")
        paths[-1].write_text("".join("\t".join(cells) + "\n" for cells in (header, *rows)))
    return Tables(list(map(str, paths)))


def records(tmp_path, *rows, header=HEADER, mirnas=MIRNAS):
    return Records(tables(tmp_path, (header, *([row[name] for name in header] for row in rows))), mirnas)


def test_columns_in_another_order(tmp_path):
    read = tables(tmp_path, (["mirna_id", "x", "y"], ["a", "1", "2"]), (["y", "mirna_id", "x"], ["4", "b", "3"]))
    assert read.columns == ["mirna_id", "x", "y"]
    assert list(read) == [["a", "1", "2"], ["b", "3", "4"]]


def test_samples_missing_from_a_table_have_no_reads_there(tmp_path):
    first = (["mirna_id", "n_reads:b", "z"], ["m", "1", "x"])
    second = (["mirna_id", "n_reads:c", "n_reads:a", "z"], ["m", "2", "3", "y"])
    read = tables(tmp_path, first, second)
    assert read.columns == ["mirna_id", "n_reads:a", "n_reads:b", "n_reads:c", "z"]
    assert list(read) == [["m", "0", "1", "0", "x"], ["m", "3", "0", "2", "y"]]
    assert [read.columns[at] for at in read.samples()] == ["n_reads:a", "n_reads:b", "n_reads:c"]
    assert tables(tmp_path, second, first).columns == read.columns


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (["mirna_id", "x", "more"], "has a column 'more', unlike"),
        (["mirna_id"], "lacks the column 'x', unlike"),
        (["mirna_id", "x", "n_reads:a"], "only one of it and .* counts reads by sample"),
    ],
)
def test_tables_with_different_columns_are_an_error(tmp_path, second, problem):
    with pytest.raises(InputError, match=problem):
        tables(tmp_path, (["mirna_id", "x"],), (second,))


def test_other_spellings_are_found_in_all_tables(tmp_path):
    read = tables(tmp_path, (["mirna_id", "noncodingRNA"], ["m", "ACGT"]))
    assert read.find("mirna_seq") == read.index("mirna_seq") == 1
    assert read.find("target_id") is None


def only_block(read):
    """Return the only block; few rows fit into one."""
    (block,) = read.blocks()
    return block


def test_a_row_as_a_record(tmp_path):
    read = records(tmp_path, ROW, {**ROW, "mirna_id": "mir-9", "target_id": "t2", "n_reads": "5"})
    assert read.sequences == [LET7A + "CA"]
    assert read.targets == [ROW["target_id"], "t2"]
    assert (read.starts, read.stops) == (["10"], ["20"])
    block = only_block(read)
    assert block["counts"].tolist() == [[3, 4], [5, 4]]
    assert block["mirna"].tolist() == [0, 1]
    assert [column.tolist() for column in block.places()] == [[0, 1], [0, 0], [0, 0]]
    assert block.cells(0) == list(ROW.values())
    assert block["ends"].tolist() == [0, 0]  # both rows have the same ends
    assert read.junction(0, 0) == Junction(LET7A + "CAACGT", 0, 22, 24, True)


def test_a_target_first(tmp_path):
    row = {**ROW, "mirna_seq": "C" + LET7A, "mirna_unassigned": "1,0", "order": "target_first", "gap": "1"}
    read = records(tmp_path, row)
    # the aligned target is ACGTACGTAC: its last bases, reversed, follow the reversed miRNA
    assert read.junction(0, 0) == Junction(("GTAC" + "C" + LET7A)[::-1], 0, 22, 23, False)


def test_without_unassigned_ends_a_sequence_is_used_unchanged(tmp_path):
    assert only_block(records(tmp_path, {**ROW, "mirna_unassigned": "."}))["ends"].tolist() == [-1]
    header = [name for name in HEADER if name != "site_seq"]
    assert only_block(records(tmp_path, ROW, header=header))["ends"].tolist() == [-1]
    assert records(tmp_path, ROW, header=["mirna_id", "mirna_seq"]).has_place is False


def test_rows_without_counts_are_one_read(tmp_path):
    read = records(tmp_path, ROW, ROW, header=["mirna_id", "mirna_seq"])
    assert only_block(read)["counts"].tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"mirna_id": "mir-1"}, "miRNA 'mir-1' is not in --mirnas"),
        ({"mirna_seq": "ACGX"}, "mirna_seq"),
        ({"mirna_qual": "III"}, "mirna_qual and mirna_seq differ in length"),
        ({"mirna_unassigned": "2"}, "mirna_unassigned is '2'"),
        ({"mirna_unassigned": "20,4"}, "mirna_unassigned is '20,4'"),
        ({"gap": "two"}, "gap is 'two'"),
        ({"order": "both"}, "order is 'both'"),
        ({"n_reads": "-1"}, "n_reads is '-1'"),
        ({"target_start": "30"}, "contradict"),
        ({"site_start": "11"}, "contradict"),
    ],
)
def test_defects_are_reported_with_their_line(tmp_path, cells, problem):
    with pytest.raises(InputError, match=problem) as error:
        records(tmp_path, ROW, {**ROW, **cells})
    assert "0.tsv, line 3" in str(error.value) or ":3" in str(error.value)


def test_best_qualities():
    assert best_qualities(None, None) is None
    assert best_qualities(None, b"#I") == best_qualities(b"#I", None) == b"#I"
    assert best_qualities(b"I#5", b"5I5") == b"II5"
