"""The interaction table."""

from __future__ import annotations

import gzip
import io

import pytest
from commands import refusal
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.io.spellings import ALIASES, EITHER
from mirtools.io.tables import (
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
    # a line of one empty column name or cell cannot be distinguished from a blank line
    row = st.lists(CELL if len(columns) > 1 else CELL.filter(bool), min_size=len(columns), max_size=len(columns))
    return columns, draw(st.lists(row, max_size=5))


@settings(deadline=None)
@given(tables(), st.booleans(), st.booleans(), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, table, crlf, bom, packed):
    columns, rows = table
    assume(columns not in rows)
    # separated only by tabs, and not quoted
    assume(len(columns) > 1 or not set(columns[0]) & {",", ";"})
    assume(not all(name[0] == name[-1:] == '"' for name in columns if name))
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
    ("name", "spelling"),
    [(name, other) for name in ALIASES for other in (name, *ALIASES[name])]
    + [(name, other) for name in ("mirna_seq", "site_seq") for other in EITHER[name]],
)
def test_other_spellings(tmp_path, name, spelling):
    reader = table(tmp_path, f"x\t{spelling}\n", required=[name])
    assert reader.index(name) == reader.find(name) == 1
    assert reader.columns == ["x", spelling]


def test_the_standard_name_comes_first(tmp_path):
    assert table(tmp_path, "gene\tmiRNA\tsite_seq\tmirna_seq\n").index("site_seq") == 2


def test_a_missing_column_is_reported_with_its_spellings(tmp_path):
    with pytest.raises(InputError, match=r"t\.tsv:1: has no column site_seq or gene or target; name it"):
        table(tmp_path, "mirna_seq\n", required=["mirna_seq", "site_seq"])


def test_dmiso_layout(tmp_path):
    reader = table(tmp_path, "m\tt\tACGUACGUAC\tTTTTTTT\n", layout="dmiso", required=["mirna_seq", "site_seq"])
    assert [reader.dna(row, reader.index("mirna_seq")) for row in reader] == ["ACGTACGTAC"]


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


@pytest.mark.parametrize(
    "cell", ["NA", "nan", "NaN", "N/A", "#N/A", "<NA>", "null", "None", "-", ".", " NA", "unknown", "N.A."]
)
@pytest.mark.parametrize("column", ["mirna_seq", "gene"])
def test_missing_values_are_not_sequences(tmp_path, column, cell):
    reader = table(tmp_path, f"x\t{column}\n1\t{'ACGT' * 5}\n2\t{cell}\n")
    rows = iter(reader)
    assert reader.dna(next(rows), 1) == "ACGT" * 5
    with pytest.raises(InputError, match=rf"t\.tsv:3: {column}: '.+' is a missing value; give a sequence"):
        reader.dna(next(rows), 1)


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("miRNA", "ATR", "'ATR' is too short for a sequence (3 nt, at least 10)"),
        ("miRNA", "GAGGUAG", "'GAGGUAG' is too short for a sequence (7 nt, at least 10)"),
        ("gene", "ADAR", "'ADAR' is too short for a sequence (4 nt, at least 7)"),
        ("site_seq", "GATTAC", "'GATTAC' is too short for a sequence (6 nt, at least 7)"),
        ("gene", "ACGNNNN", "more than half of 'ACGNNNN' is N or IUPAC letters"),
        ("miRNA", "KRASHRASNRAS", "more than half of 'KRASHRASNRAS' is N or IUPAC letters"),
        # the shortest published ones, and half of them N
        ("gene", "ACGUACG", ""),
        ("gene", "ACGUNNNN", ""),
        ("mirna_seq", "ACGUACGUAC", ""),
        # not a column of miRNAs or sites
        ("bases", "U", ""),
    ],
)
def test_names_are_not_sequences(tmp_path, column, cell, problem):
    reader = table(tmp_path, f"x\t{column}\n1\t{cell}\n")
    row = next(iter(reader))
    if not problem:
        assert reader.dna(row, 1) == cell.replace("U", "T")
        return
    with pytest.raises(InputError) as refused:
        reader.dna(row, 1)
    assert f"t.tsv:2: {column}: {problem}; give the bases" in str(refused.value)


def test_other_alphabets_have_no_shortest_sequence(tmp_path):
    reader = table(tmp_path, "mirna_seq\tsite_seq\nSIINFEKL\tNA\n")
    row = next(iter(reader))
    assert reader.sequence(row, 0, str.upper) == "SIINFEKL"
    with pytest.raises(InputError, match="missing value"):
        reader.sequence(row, 1, str.upper)


MIRNA, AS_READ, SITE = "TGTGCAAATCCATGCA", "TGTGCAAATCCATGCAAAACTGA", "TCCAAATTAGAAGGCCGGCCCCGTCC"


@pytest.mark.parametrize(
    ("columns", "cells", "found"),
    [
        # HybriDetector's table: which of its columns is the miRNA as sequenced, and which the name
        (
            "gene_name seq.g noncodingRNA_real_seq noncodingRNA noncodingRNA_type noncodingRNA_seq",
            ["VAMP3", SITE, AS_READ, "hsa-miR-19b-3p|hsa-miR-19a-3p", "miRNA", "NA"],
            "noncodingRNA_real_seq seq.g noncodingRNA gene_name",
        ),
        (
            "noncodingRNA noncodingRNA_seq site_seq",
            ["hsa-miR-19b-3p", MIRNA, SITE],
            "noncodingRNA_seq site_seq noncodingRNA -",
        ),
        # miRBench, miRBind
        (
            "gene noncodingRNA noncodingRNA_name noncodingRNA_fam label",
            [SITE, MIRNA, "hsa-let-7a-3p", "let-7", "1"],
            "noncodingRNA gene noncodingRNA_name -",
        ),
        ("miRNA gene label", [MIRNA, SITE, "1"], "miRNA gene - -"),
        # CLASH of 2013, DMISO, spreadsheets: case, blanks and punctuation
        (
            "microRNA_name miRNA_seq mRNA_name mRNA_seq_extended",
            ["MIMAT0000062_MirBase_let-7a_microRNA", MIRNA, "ENSG1_ENST1_A_mRNA", SITE],
            "miRNA_seq mRNA_seq_extended microRNA_name mRNA_name",
        ),
        (
            "miRNA ID,Target ID,miRNA Sequence,Target Sequence",
            ["hsa-let-7a-5p", "NM_1", MIRNA, SITE],
            "miRNA Sequence,Target Sequence,miRNA ID,Target ID",
        ),
        # the same name, with sequences in one table and names in another
        ("miRNA gene miRNA_seq target", ["let-7a", "CAT", MIRNA, SITE], "miRNA_seq target miRNA gene"),
        ("miRNA gene miRNA_seq target", [MIRNA, SITE, "NA", "NM_1"], "miRNA gene - -"),
        ("mirna_seq gene site", [MIRNA, "ADAR", SITE], "mirna_seq site - gene"),
        # both hold names: there is no column of bases
        ("miRNA gene label", ["hsa-let-7a-5p", "VAMP3", "1"], "- - miRNA gene"),
    ],
)
def test_the_column_that_holds_sequences(tmp_path, columns, cells, found):
    names = columns.split("," if "," in columns else None)
    reader = table(tmp_path, "\t".join(names) + "\n" + "\t".join(cells) + "\n")
    expected = found.split("," if "," in found else None)
    for name, column in zip(("mirna_seq", "site_seq", "mirna_id", "target_id"), expected, strict=True):
        place = reader.find(name)
        assert (column if place is None else names[place]) == (column if place is not None else "-")
    assert list(reader) == [cells]


def test_looking_ahead_changes_neither_rows_nor_line_numbers(tmp_path):
    text = "miRNA\tmiRNA_seq\n" + "".join(f"m{n}\t{MIRNA}\n" for n in range(30)) + "x\n"
    reader = table(tmp_path, text, required=["mirna_seq"])
    rows = iter(reader)
    assert next(rows)[0] == "m0"
    assert reader.line == 2
    assert reader.find("mirna_id") == 0  # asked for in between
    assert [next(rows)[0] for _ in range(29)] == [f"m{n}" for n in range(1, 30)]
    assert reader.line == 31
    with pytest.raises(InputError, match=r"t\.tsv:32: 1 columns"):
        next(rows)


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ('"a"\t"b"\n"x"\t"NA"\n', ["a", "b"], [["x", "NA"]]),
        # row names, for which R's header has no name; numbers are not quoted
        (
            '"a"\t"b"\n"1"\t"x"\t2\n"2"\t"y, z"\tNA\n',
            ["row_name", "a", "b"],
            [["1", "x", "2"], ["2", "y, z", "NA"]],
        ),
        ('"a"\t"b"\n"say \\"x\\""\t"say ""y"""\n', ["a", "b"], [['say "x"', 'say "y"']]),
        ('"a" "b"\n"1" "x y" NA\n', ["row_name", "a", "b"], [["1", "x y", "NA"]]),
        ("a,b\nx,y\n,\nz,\n", ["a", "b"], [["x", "y"], ["z", ""]]),
        ('a;b\n"x;1";0,5\n', ["a", "b"], [["x;1", "0,5"]]),
        ('"","a"\n"1","x, ""y"""\n', ["", "a"], [["1", 'x, "y"']]),
        ("sep=;\na;b\nx;y\n", ["a", "b"], [["x", "y"]]),
        # quotes among the cells of a tab-separated table are characters
        ('a\tb\n"x"\t5" \n', ["a", "b"], [['"x"', '5" ']]),
    ],
)
def test_tables_of_r_and_spreadsheets(tmp_path, text, columns, rows):
    for written in (text, text.rstrip("\n").replace("\n", "\r\n"), "\ufeff" + text):
        reader = table(tmp_path, written)
        assert reader.columns == columns
        assert list(reader) == rows


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'"a"\t"b"\n"x\t"y"\n', "t.tsv:2: cell 1 has an open quote"),
        (b'a,b\nx,"y\nz"\n', "t.tsv:2: cell 2 has an open quote"),
        (b'a,b\nx,"y\tz"\n', "t.tsv:2: cell 2 holds a tab"),
        (b"mirna_id\tsite_seq\n1\tx\ty\n", "t.tsv:2: 3 columns where the header has 2; repair the row, or write"),
        (
            b"miRNA gene label\n",
            "t.tsv:1: has no column mirna_seq or miRNA or noncodingRNA; name it in the header line, and",
        ),
        (b'miRNA\tgene\n"ACGTACGTAC"\tACGTACG\n', "t.tsv:2: miRNA: is quoted, but the header line is not"),
        (b"miRNA\tgene\rx\ty\r", "t.tsv:1: has a carriage return inside a line"),
        ("miRNA\tgene\n".encode("utf-16"), "t.tsv: is UTF-16"),
        (b"PK\3\4\x14\0\x06\0\x08\xff\xfe", "t.tsv: is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "t.tsv: is a workbook"),
    ],
)
def test_the_true_cause_is_named(tmp_path, content, problem):
    (tmp_path / "t.tsv").write_bytes(content)

    def read():
        reader = TableReader(str(tmp_path / "t.tsv"), ["mirna_seq"] if b"miRNA" in content else ())
        for row in reader:
            reader.dna(row, 0)

    assert problem in refusal(read)


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
def test_random_tables_raise_only_input_errors(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(content)

    def work():
        reader = TableReader(str(path))
        for row in reader:
            assert len(row) == len(reader.columns)

    message = refusal(work)
    assert not message or str(path) in message


def test_repeated_header_lines_are_skipped(tmp_path):
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
