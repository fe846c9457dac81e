"""The interaction table."""

from __future__ import annotations

import gzip
import io

import pytest
from commands import refusal
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.interactions import (
    ALIASES,
    CLASSIFY_COLUMNS,
    NEGATIVE_COLUMNS,
    PARSE_COLUMNS,
    PREDICT_COLUMNS,
    TIE_COLUMNS,
    TableReader,
    TableWriter,
    extended,
)

CELL = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=8)


@st.composite
def tables(draw):
    columns = draw(st.lists(CELL.filter(bool), min_size=1, max_size=5, unique=True))
    # a table of one empty column name or cell could not be told from a blank line
    row = st.lists(CELL if len(columns) > 1 else CELL.filter(bool), min_size=len(columns), max_size=len(columns))
    return columns, draw(st.lists(row, max_size=5))


@settings(deadline=None)
@given(tables(), st.booleans(), st.booleans(), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, table, crlf, bom, packed):
    columns, rows = table
    assume(columns not in rows)
    if bom is False and columns[0].startswith("\ufeff"):
        return
    stream = io.StringIO()
    writer = TableWriter(stream, columns)
    for row in rows:
        writer.write(row)
    content = stream.getvalue().encode()
    assert content.count(b"\n") == len(rows) + 1
    if crlf:
        content = content.replace(b"\n", b"\r\n")
    if bom:
        content = b"\xef\xbb\xbf" + content
    path = tmp_path_factory.getbasetemp() / "table"
    path.write_bytes(gzip.compress(content) if packed else content)
    reader = TableReader(str(path))
    assert reader.columns == columns
    assert list(reader) == rows


def table(tmp_path, text: str, **options) -> TableReader:
    path = tmp_path / "t.tsv"
    path.write_bytes(text.encode())
    return TableReader(str(path), **options)


def test_line_numbers_count_every_line(tmp_path):
    reader = table(tmp_path, "a\tb\n1\t2\n\n\n3\t4\n5\n")
    rows = iter(reader)
    next(rows)
    assert reader.line == 2
    next(rows)
    assert reader.line == 5
    with pytest.raises(InputError, match=r"t\.tsv:6: 1 columns where the header has 2"):
        next(rows)


def test_one_column_and_no_final_newline(tmp_path):
    assert list(table(tmp_path, "a\nx\n\ny")) == [["x"], [""], ["y"]]


@pytest.mark.parametrize(
    ("name", "spelling"), [(name, other) for name in ALIASES for other in (name, *ALIASES[name])]
)
def test_other_spellings(tmp_path, name, spelling):
    reader = table(tmp_path, f"x\t{spelling}\n", required=[name])
    assert reader.index(name) == reader.find(name) == 1
    assert reader.columns == ["x", spelling]


def test_the_standard_name_comes_first(tmp_path):
    assert table(tmp_path, "gene\tmiRNA\tsite_seq\tmirna_seq\n").index("site_seq") == 2


def test_missing_column_is_told_with_its_spellings(tmp_path):
    with pytest.raises(InputError, match=r"t\.tsv:1: has no column site_seq or gene or target; name it"):
        table(tmp_path, "mirna_seq\n", required=["mirna_seq", "site_seq"])


def test_dmiso_layout(tmp_path):
    reader = table(tmp_path, "m\tt\tACGU\tTTTT\n", layout="dmiso", required=["mirna_seq", "site_seq"])
    assert [reader.dna(row, reader.index("mirna_seq")) for row in reader] == ["ACGT"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("0", 0), ("007", 7), ("123456789012345678", 123456789012345678), ("", None)]
    + [
        (cell, None)
        for cell in ("-1", "+1", "1.0", "1e3", " 1", "1 ", "1_0", "²", "١", "nan", "9" * 19, "9" * 5000)
    ],
)
def test_whole_numbers(tmp_path, cell, value):
    reader = table(tmp_path, f"n\tx\n{cell}\t1\n")
    row = next(iter(reader))
    if value is not None:
        assert reader.whole_number(row, 0) == value
        return
    with pytest.raises(InputError) as caught:
        reader.whole_number(row, 0)
    assert "t.tsv:2: n is '" in str(caught.value)
    assert len(str(caught.value)) < 200 + len(str(tmp_path))


def test_sequence_cells(tmp_path):
    reader = table(tmp_path, "s\tx\nacgU\t1\n\t1\nAXG\t1\n")
    rows = iter(reader)
    assert reader.dna(next(rows), 0) == "ACGT"
    with pytest.raises(InputError, match=r"t\.tsv:3: s is empty"):
        reader.dna(next(rows), 0)
    with pytest.raises(InputError, match=r"t\.tsv:4: s: 'X' at position 2"):
        reader.dna(next(rows), 0)


@settings(deadline=None)
@given(
    st.binary(max_size=80) | st.lists(st.sampled_from([b"a", b"\t", b"\n", b"\r", b"\0", b"\xff"])).map(b"".join)
)
def test_nothing_but_our_errors(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(content)

    def work():
        reader = TableReader(str(path))
        for row in reader:
            assert len(row) == len(reader.columns)

    message = refusal(work)
    assert not message or str(path) in message


def test_header_lines_of_concatenated_tables_are_no_rows(tmp_path):
    reader = table(tmp_path, "s\tx\na\t1\ns\tx\nx\ts\ns\tx\r\n")
    assert list(reader) == [["a", "1"], ["x", "s"]]


def test_extended():
    assert extended([], ["a", "b"]) == (["a", "b"], [0, 1])
    assert extended(["b", "x", "a"], ["a", "b"]) == (["b", "x", "a"], [2, 0])
    before = ["x"]
    columns, _ = extended(before, ["y"])
    assert before == ["x"]
    assert extended(columns, ["y"]) == (["x", "y"], [1])


def test_no_column_has_two_writers():
    names = [*PARSE_COLUMNS, *TIE_COLUMNS, *CLASSIFY_COLUMNS, *NEGATIVE_COLUMNS, *PREDICT_COLUMNS]
    assert len(names) == len(set(names))
