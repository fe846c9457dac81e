"""Promise 1: for any problem with the input, one short line names place and problem, and no output appears."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import shutil
import struct
import zipfile

import pytest
from commands import COMMANDS, TABLE_COMMANDS, run

FASTA_INPUTS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option, kind in command.kinds.items()
    if kind == "fasta"
] + [("dmiso-predict", "--targets")]
SEQUENCE_INPUTS = [*FASTA_INPUTS, ("chimera-parse", "")]
FILE_INPUTS = [*SEQUENCE_INPUTS, *((name, "") for name in TABLE_COMMANDS)]

HUGE = "9" * 5000


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def damaged(content: bytes) -> bytes:
    """Compressed data with wrong bytes in the middle."""
    data = bytearray(gzipped(content))
    for place in range(len(data) // 2, len(data) // 2 + 20):
        data[place] ^= 0xA5
    return bytes(data)


def line_for(name: str, option: str, path: str) -> list[str]:
    """Return the good run of a command with one input replaced."""
    command = COMMANDS[name]
    if name == "dmiso-predict" and option == "--targets":
        return f"--quiet --model model.safetensors --mirnas mirnas.fa --targets {path}".split()
    return command.line(**{option.strip("-").replace("-", "_") or "main": path})


def good_input(workplace, name: str, option: str) -> bytes:
    """Return the content of an input in the good run of a command."""
    return (workplace / COMMANDS[name].inputs.get(option, "planted.fa")).read_bytes()


def refused(workplace, name: str, arguments: list[str], status: int, *words: str, output: str = "out.tsv") -> None:
    """Run a command that must fail with one line and without outputs."""
    before = sorted(os.listdir(workplace))
    done = run(name, [*arguments, "-o", output])
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith(f"{name}: error: ")
    assert len(done.err) <= 201
    for word in ("Traceback", "internal error"):
        assert word not in done.err
    for word in words:
        assert word in done.err
    assert done.status == status, done.err
    assert done.out == b""
    assert sorted(os.listdir(workplace)) == before


# ---- files that cannot be read at all -----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "option"), FILE_INPUTS)
def test_missing_file(workplace, name, option):
    refused(workplace, name, line_for(name, option, "absent.x"), 1, "absent.x: cannot be read (no such file")


@pytest.mark.parametrize(("name", "option"), FILE_INPUTS)
def test_folder_as_input(workplace, name, option):
    (workplace / "folder").mkdir()
    refused(workplace, name, line_for(name, option, "folder"), 1, "folder: cannot be read (is a directory)")


@pytest.mark.parametrize(("name", "option"), FILE_INPUTS)
@pytest.mark.parametrize(
    "make", [lambda data: data[: len(data) // 2], lambda data: data[:12], lambda data: data[:-5]]
)
def test_cut_gzip(workplace, name, option, make):
    (workplace / "cut.gz").write_bytes(make(gzipped(good_input(workplace, name, option))))
    refused(workplace, name, line_for(name, option, "cut.gz"), 1, "cut.gz: compressed data end too early")


@pytest.mark.parametrize(("name", "option"), FILE_INPUTS)
def test_damaged_gzip(workplace, name, option):
    (workplace / "bad.gz").write_bytes(damaged(good_input(workplace, name, option)))
    refused(workplace, name, line_for(name, option, "bad.gz"), 1, "bad.gz")


@pytest.mark.parametrize(("name", "option"), FILE_INPUTS)
@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 20,
        b"\x7fELF\x02\x01\x01" + b"\0" * 200,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "mirna_seq\tsite_seq\n".encode("utf-16"),
        ">a\nACGT\n".encode("utf-16-le"),
        b">a\nAC\xffGT\n",
        b"<html><body>404</body></html>\n",
    ],
    ids=["bytes", "program", "picture", "utf-16", "utf-16-le", "latin-1", "html"],
)
def test_files_that_are_not_text(workplace, name, option, content):
    (workplace / "binary").write_bytes(content)
    refused(workplace, name, line_for(name, option, "binary"), 1, "binary")


# ---- sequences ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "option"), FASTA_INPUTS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no sequence"),
        (b"\n\n", "bad.fa"),
        (b">a\nACGTACGTACGTACGTACGT\n>b\n\n>c\nACGT\n", "record 'b': has no sequence"),
        (b">a\nACGTACGTACGTACGTACGT\n>a x\nACGTACGT\n", "record 'a': name occurs twice"),
        (b">\nACGTACGTACGTACGTACGT\n", "sequence 1 has no name"),
        (b">a\nACGTACGTACGT\n>   \nACGTACGTACGT\n", "sequence 2 has no name"),
        (b">a\nACGTACGTACXTACGTACGT\n", "record 'a': 'X' at position 11 is not a nucleotide"),
        (b">a\nACGT-ACGT\n", "'-' at position 5"),
        (b">p\nMKLVINGKTLKGE\n", "is not a nucleotide"),
        (b"ACGTACGTACGTACGTACGT\n", "bad.fa"),
        (b"pair_id\tmirna_seq\n1\tACGT\n", "bad.fa"),
    ],
)
def test_bad_references(workplace, name, option, content, words):
    (workplace / "bad.fa").write_bytes(content)
    refused(workplace, name, line_for(name, option, "bad.fa"), 1, "bad.fa", words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIII\n", "bad.fq:8: not valid FASTQ"),
        (b"@a\nACGT\n+\nIIII\n@b\nAC", "bad.fq:6: not valid FASTQ"),
        (b"@a\nACGT\n+\n", "bad.fq:4: not valid FASTQ"),
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\n", "not valid FASTQ"),
        (b"@a\nACGT\n+\nIIII\nb\nACGT\n+\nIIII\n", "bad.fq:5: not valid FASTQ"),
        (b"@a\nACGT\n-\nIIII\n", "bad.fq:3: not valid FASTQ"),
        (b"@a\nACGT\n+b\nIIII\n", "bad.fq:3: not valid FASTQ"),
        (b"@a\nACGT\nACGT\n+\nIIII\nIIII\n", "not valid FASTQ"),
        (b"@read7\nACGTACGTAC?TACGTACGTACGT\n+\nIIIIIIIIIIIIIIIIIIIIIIII\n", "record 'read7': '?' at position 11"),
        (b"@read8\nACGT\n+\nI\tII\n", "record 'read8': quality 2 is not a Phred+33"),
        (b"SRR1\tACGT\n", "neither FASTA nor FASTQ"),
    ],
)
def test_bad_reads(workplace, content, words):
    (workplace / "bad.fq").write_bytes(content)
    refused(workplace, "chimera-parse", line_for("chimera-parse", "", "bad.fq"), 1, "bad.fq", words)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("r1", "record 'r1': name has no number of copies"),
        ("r1_x0", "record 'r1_x0': its number of copies is 0"),
        ("r1_x" + "9" * 30, "record 'r1_x999"),
        ("r1_x" + HUGE, "record 'r1_x999"),
    ],
    ids=["none", "zero", "large", "huge"],
)
def test_bad_copy_numbers(workplace, header, words):
    (workplace / "bad.fa").write_text(f">{header}\nACGTACGTACGTACGTACGTACGT\n")
    line = ["--collapsed", *line_for("chimera-parse", "", "bad.fa")]
    refused(workplace, "chimera-parse", line, 1, "bad.fa", words)


HYB = "r1\tTGAGGTAGTAGGTTGTATAGTTACGTACGT\t-1.0\thsa-let-7a-5p\t1\t22\t1\t22\t1e-9\tother\t23\t30\t1\t8\t0.1\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("r1\tACGT\t-1\n", "bad.hyb:1: 3 columns instead of 15"),
        (HYB + HYB.replace("\t1\t22\t1\t22", "\t1\t99\t1\t22"), "bad.hyb:2: segment 'hsa-let-7a-5p' lies outside"),
        (HYB.replace("\t1\t22\t1\t22", "\t0\t22\t1\t22"), "bad.hyb:1: segment"),
        (HYB.replace("\t1\t22\t1\t22", "\t9\t2\t1\t22"), "bad.hyb:1: segment"),
        (HYB.replace("\t1\t22\t1\t22", "\tone\t22\t1\t22"), "bad.hyb:1: coordinates are not whole numbers"),
        (HYB.replace("\t1\t22\t1\t22", "\tnan\t22\t1\t22"), "bad.hyb:1: coordinates are not whole numbers"),
        (HYB.replace("\t1\t22\t1\t22", "\t1\tinf\t1\t22"), "bad.hyb:1: coordinates are not whole numbers"),
        (HYB.replace("1e-9", "low"), "bad.hyb:1:"),
        (HYB.replace("1e-9", "nan"), "bad.hyb:1: score 'nan' is not an e-value"),
        (HYB.replace("GTTACG", "GT!ACG"), "bad.hyb:1: '!' at position 22"),
    ],
)
def test_bad_hyb(workplace, text, words):
    (workplace / "bad.hyb").write_text(text)
    refused(
        workplace, "chimera-parse", "--mirnas mirnas.fa --transcripts transcripts.fa bad.hyb".split(), 1, words
    )


# ---- tables -------------------------------------------------------------------------------------------------


def good_table(workplace, name: str) -> list[list[str]]:
    lines = (workplace / COMMANDS[name].inputs[""]).read_text().splitlines()[:4]
    return [line.split("\t") for line in lines]


def write_table(path, rows: list[list[str]]) -> None:
    path.write_text("".join("\t".join(row) + "\n" for row in rows))


@pytest.mark.parametrize("name", TABLE_COMMANDS)
@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b"\n", b"\r\n"], ids=["empty", "bom", "newline", "crlf"]
)
def test_table_without_a_header(workplace, name, content):
    (workplace / "empty.tsv").write_bytes(content)
    refused(workplace, name, line_for(name, "", "empty.tsv"), 1, "empty.tsv: is empty")


@pytest.mark.parametrize("name", TABLE_COMMANDS)
@pytest.mark.parametrize("change", ["short", "long", "empty_last", "duplicate", "nul"])
def test_bad_shape(workplace, name, change):
    rows = good_table(workplace, name)
    place = "bad.tsv:3"
    if change == "short":
        rows[2] = rows[2][:3]
    elif change == "long":
        rows[2].append("more")
    elif change == "empty_last":
        rows[2].append("")
    elif change == "duplicate":
        rows[0][-1], place = rows[0][0], "bad.tsv:1: column 'pair_id' occurs twice"
    else:
        rows[2][0] = "a\0b"
    write_table(workplace / "bad.tsv", rows)
    refused(workplace, name, line_for(name, "", "bad.tsv"), 1, place)


NEEDED = {
    "attrib-compare": ["mirna_seq", "site_seq", "mirna_importance"],
    "binding-classes": ["mirna_seq", "site_seq"],
    "isomir-classify": ["mirna_id", "mirna_seq"],
    "dmiso-predict": ["mirna_seq", "site_seq"],
    "negatives-generate": ["mirna_seq", "site_seq", "target_id", "site_start", "site_end"],
    "dmiso-train": ["mirna_seq", "site_seq", "label"],
}


@pytest.mark.parametrize(("name", "column"), [(name, column) for name in NEEDED for column in NEEDED[name]])
def test_missing_column(workplace, name, column):
    rows = good_table(workplace, name)
    rows[0][rows[0].index(column)] = "something_else"
    if column == "target_id":
        rows[0][rows[0].index("gene_name")] = "another_one"  # would do for a target
    write_table(workplace / "bad.tsv", rows)
    refused(workplace, name, line_for(name, "", "bad.tsv"), 1, f"bad.tsv:1: has no column {column}")


def test_table_without_a_name(workplace):
    (workplace / "bad.tsv").write_text("a\tb\n1\t2\n")
    refused(workplace, "interactions-report", ["bad.tsv"], 1, "bad.tsv:1: has no column mirna_seq")


@pytest.mark.parametrize("name", TABLE_COMMANDS)
@pytest.mark.parametrize("cell", ["ACGTXACGT", "", "ACGTÄ", "NA", "KRAS"])
@pytest.mark.parametrize("column", ["mirna_seq", "site_seq"])
def test_bad_sequence_cell(workplace, name, cell, column):
    rows = good_table(workplace, name)
    rows[2][rows[0].index(column)] = cell
    if name == "isomir-classify" and column == "mirna_seq":
        rows[2][rows[0].index("mirna_qual")] = "."
    write_table(workplace / "bad.tsv", rows)
    refused(workplace, name, line_for(name, "", "bad.tsv"), 1, f"bad.tsv:3: {column}")


BAD_CELLS = [
    *(("isomir-classify", "n_reads", cell) for cell in ("-1", "1.5", "many", "", ".", "nan", "1e3", HUGE, "²")),
    *(("isomir-classify", "n_copies", cell) for cell in ("-1", "x")),
    *(("isomir-classify", "gap", cell) for cell in ("", "far", "1.5", HUGE)),
    *(("isomir-classify", "mirna_unassigned", cell) for cell in ("", "1", "a,b", "-1,0", "99,99", "1,2,3", "²,0")),
    ("isomir-classify", "mirna_unassigned", f"{HUGE},0"),
    *(("isomir-classify", "target_start", cell) for cell in ("-4", "x", "99999999", HUGE)),
    ("isomir-classify", "target_end", "0"),
    *(("isomir-classify", "mirna_qual", cell) for cell in ("I", "")),
    *(("isomir-classify", "mirna_id", cell) for cell in ("hsa-miR-none", "", "x" * 300)),
    *(("interactions-report", "n_reads", cell) for cell in ("many", "-1", "1.5", "nan", HUGE)),
    *(("interactions-report", "gap", cell) for cell in ("1.5", "--1", HUGE)),
    *(("negatives-generate", "site_start", cell) for cell in ("x", "-1", "99999999", HUGE)),
    *(("negatives-generate", "site_end", cell) for cell in ("x", "0", "99999999")),
    *(("negatives-generate", "target_id", cell) for cell in ("no_such", "", "x" * 300)),
    *(("dmiso-train", "label", cell) for cell in ("2", "", ".", "yes", "1.0", HUGE)),
]


@pytest.mark.parametrize(
    ("name", "column", "cell"),
    BAD_CELLS,
    ids=[f"{name}-{column}-{cell[:12]}" for name, column, cell in BAD_CELLS],
)
def test_bad_cell(workplace, name, column, cell):
    rows = good_table(workplace, name)
    rows[2][rows[0].index(column)] = cell
    if column == "gap":
        rows[2][rows[0].index("mirna_unassigned")] = "0,0"
    write_table(workplace / "bad.tsv", rows)
    refused(workplace, name, line_for(name, "", "bad.tsv"), 1, "bad.tsv:3: ")


@pytest.mark.parametrize(
    "name",
    [
        "isomir-classify",
        "interactions-report",
        "negatives-generate",
    ],
)
def test_bad_label_and_score(workplace, name):
    column, cell = {
        "isomir-classify": ("order", "sideways"),
        "interactions-report": ("score", "1.5"),
        "negatives-generate": ("label", "2"),
    }[name]
    rows = good_table(workplace, name)
    if column in rows[0]:
        rows[2][rows[0].index(column)] = cell
    else:
        rows = [[*row, new] for row, new in zip(rows, (column, "1", cell, "1"), strict=True)]
    write_table(workplace / "bad.tsv", rows)
    refused(workplace, name, line_for(name, "", "bad.tsv"), 1, "bad.tsv:3: ")


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        (
            "dmiso-predict",
            "a\tb\tACGTACGTAC\tACGTACG\na\tb\tACGT\n",
            "bad.txt:2: 3 columns where the header has 4",
        ),
        ("dmiso-predict", "a\tb\tACGTACGTAC\tAC9T\n", "bad.txt:1: site_seq: '9' at position 3"),
        ("dmiso-predict", "a b ACGT ACGT\n", "bad.txt:1: 1 columns"),
        ("dmiso-predict", "a,b,ACGT,CAT\n", "bad.txt:1: mirna_seq: 'ACGT' is too short"),
    ],
)
def test_bad_dmiso_table(workplace, name, text, place):
    (workplace / "bad.txt").write_text(text)
    refused(workplace, name, ["--format", "dmiso", *line_for(name, "", "bad.txt")], 1, place)


# ---- annotation and reports ---------------------------------------------------------------------------------


def _name_of_first_target(workplace) -> str:
    rows = good_table(workplace, "negatives-generate")
    return rows[1][rows[0].index("target_id")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "bad.tsv: is empty"),
        ("transcript_id\tcds_start\n", "bad.tsv:1: has no column cds_end"),
        ("transcript_id\tcds_start\tcds_end\nother\t1\t2\n", "bad.tsv: describes none"),
        ("transcript_id\tcds_start\tcds_end\nNAME\tx\t2\n", "bad.tsv:2: cds_start is 'x'"),
        ("transcript_id\tcds_start\tcds_end\nNAME\t5\t2\n", "bad.tsv:2: CDS 5-2 does not fit"),
        ("transcript_id\tcds_start\tcds_end\nNAME\t1\t99999999\n", "bad.tsv:2: CDS 1-99999999 does not fit"),
        (
            "transcript_id\tcds_start\tcds_end\nNAME\t1\t2\nNAME\t1\t2\n",
            "bad.tsv:3: transcript is described twice",
        ),
    ],
)
def test_bad_regions(workplace, text, place):
    (workplace / "bad.tsv").write_text(text.replace("NAME", _name_of_first_target(workplace)))
    line = ["--regions", "bad.tsv", *COMMANDS["negatives-generate"].line()]
    refused(workplace, "negatives-generate", line, 1, place)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "bad.gtf: describes none"),
        ("chr1\tx\texon\t1\t2\n", "bad.gtf:1: 5 columns instead of 9"),
        ('chr1\tx\texon\t1\t2\t.\t+\t.\tgene_id "a";\n', "bad.gtf:1: no transcript_id"),
        ('chr1\tx\texon\tone\t2\t.\t+\t.\ttranscript_id "NAME";\n', "bad.gtf:1: invalid start, end or strand"),
        ('chr1\tx\texon\t1\t2\t.\t?\t.\ttranscript_id "NAME";\n', "bad.gtf:1: invalid start, end or strand"),
        ("chr1\tx\texon\t1\t" + HUGE + '\t.\t+\t.\ttranscript_id "NAME";\n', "bad.gtf:1: "),
        ('chr1\tx\texon\t²\t2\t.\t+\t.\ttranscript_id "NAME";\n', "bad.gtf:1: "),
    ],
)
def test_bad_gtf(workplace, text, place):
    name = _name_of_first_target(workplace).split("|")[0]
    (workplace / "bad.gtf").write_text(text.replace("NAME", name))
    line = ["--gtf", "bad.gtf", *COMMANDS["negatives-generate"].line()]
    refused(workplace, "negatives-generate", line, 1, place)


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{}", '{"tool": 1}', '{"tool": "x", "counts": {"a": -1}, "dropped": {}}', "[" * 20000]
)
def test_bad_run_report(workplace, text):
    (workplace / "bad.json").write_text(text)
    line = ["--run-report", "bad.json", "typed.tsv"]
    refused(workplace, "interactions-report", line, 1, "bad.json: ")


# ---- the command line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["--json"],
        ["\u2013\u2013json", "x"],
        ["\u2014o", "x"],
        ["--jso", "x.json"],
        ["first.tsv", "second.tsv", "third.tsv"],
        ["--quiet=yes"],
    ],
    ids=["unknown", "no-value", "en-dash", "em-dash", "abbreviated", "too-many", "value-for-a-switch"],
)
def test_bad_usage(workplace, name, arguments):
    if COMMANDS[name].many and arguments[0] == "first.tsv":
        pytest.skip("takes any number of files")
    refused(workplace, name, [*COMMANDS[name].line(), *arguments], 2)


@pytest.mark.parametrize("name", COMMANDS)
def test_bad_numbers_of_every_option(workplace, name):
    """Each option for a number refuses anything else."""
    module = __import__(f"tools.{name.replace('-', '_')}", fromlist=["build_parser"])
    numeric = [
        action.option_strings[-1]
        for action in module.build_parser()._actions
        if action.option_strings and action.type is not None and action.metavar != "A,B,C"
    ]
    assert numeric or name in ("interactions-report", "chimera-index")
    for option in numeric:
        for value in ("nan", "-inf", "many", "", "1,5", "0x10", HUGE):
            refused(workplace, name, [*COMMANDS[name].line(), f"{option}={value}"], 2, f"argument {option}: ")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("chimera-parse", ["--adapter", "TGGAXTT"]),
        ("chimera-parse", ["--adapter", ""]),
        ("chimera-parse", ["--adapter", "\u2212ACGT"]),
        ("chimera-parse", ["--evalue", "-1"]),
        ("chimera-parse", ["--threads", "0"]),
        ("chimera-parse", ["--threads", "-2"]),
        ("chimera-parse", ["--threads", "1.5"]),
        ("chimera-parse", ["--min-reads", "0"]),
        ("chimera-parse", ["--engine", "magic"]),
        ("chimera-parse", ["--format", "hyb", "--umi-length", "5"]),
        ("chimera-parse", ["--format", "hyb", "--adapter", "ACGT"]),
        ("chimera-parse", ["--shard", "2"]),
        ("chimera-parse", ["--umi-position", "3p"]),
        ("chimera-parse", ["--min-length", "0"]),
        ("chimera-parse", ["--plot", "plot.bmp"]),
        ("chimera-simulate", ["--error-rate", "0.5"]),
        ("chimera-simulate", ["--order", "1.0001"]),
        ("chimera-simulate", ["--seed", "-1"]),
        ("isomir-classify", ["--min-quality", "-1"]),
        ("interactions-report", ["--figure", "figure.bmp"]),
        ("interactions-report", ["--top", "-1"]),
        ("negatives-generate", ["--strategy", "frequency-matched"]),
        ("negatives-generate", ["--gtf", "a.gtf", "--regions", "b.tsv"]),
        ("negatives-generate", ["--ratio", "0"]),
        ("negatives-generate", ["--max-energy", "nan"]),
        ("dmiso-predict", ["--mirnas", "mirnas.fa"]),
        ("dmiso-predict", ["--mirnas", "mirnas.fa", "--targets", "mirnas.fa"]),
        ("dmiso-predict", ["--window", "61"]),
        ("dmiso-predict", ["--stride", "0"]),
        ("dmiso-predict", ["--threshold", "1.5"]),
        ("dmiso-predict", ["--model", "no-such-model"]),
        ("dmiso-train", ["--dropout", "0.5"]),
        ("dmiso-train", ["--dropout", "0.5,nan,0.1"]),
        ("dmiso-train", ["--cross-validate", "1"]),
        ("dmiso-train", ["--cross-validate", "5"]),
        ("dmiso-train", ["--learning-rate", "0"]),
        ("dmiso-train", ["--curves", "curves.bmp"]),
    ],
)
def test_bad_options(workplace, name, arguments):
    refused(workplace, name, [*COMMANDS[name].line(), *arguments], 2)


@pytest.mark.parametrize("name", COMMANDS)
def test_required_options(workplace, name):
    required = {"chimera-parse", "chimera-simulate", "isomir-classify", "negatives-generate", "dmiso-train"}
    if name in required:
        refused(workplace, name, [argument for argument in COMMANDS[name].line() if argument.endswith(".tsv")], 2)


def test_both_references_from_standard_input(workplace):
    refused(workplace, "dmiso-predict", "--mirnas - --targets -".split(), 2)


# ---- outputs ------------------------------------------------------------------------------------------------


OUTPUT_OPTIONS = [
    (name, option) for name in COMMANDS for option in ("-o", "--json", *COMMANDS[name].extra_outputs)
] + [("interactions-report", "--figure"), ("chimera-parse", "--plot"), ("dmiso-train", "-m")]


@pytest.mark.parametrize(("name", "option"), OUTPUT_OPTIONS)
@pytest.mark.parametrize("kind", ["absent-folder", "folder", "below-a-file", "empty", "long", "read-only"])
def test_unwritable_output(workplace, name, option, kind):
    figure = ".png" if option in ("--figure", "--plot") else ""
    path, status = {
        "absent-folder": (f"absent/out{figure}", 1),
        "folder": (f"folder{figure}", 1),
        "below-a-file": (f"mirnas.fa/out{figure}", 1),
        "empty": ("", 1),
        "long": ("x" * 300 + figure, 1),
        "read-only": (f"locked/out{figure}", 1),
    }[kind]
    if kind == "empty" and option not in ("-o", "--json", "--truth", "-m"):
        pytest.skip("an empty name is no name there")
    if kind == "folder":
        (workplace / path).mkdir()
    if kind == "read-only":
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        (workplace / "locked").mkdir(mode=0o555)
    line = [*COMMANDS[name].line(), option, path]
    before = sorted(os.listdir(workplace))
    done = run(name, line if option == "-o" else [*line, "-o", "out.md"])
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith(f"{name}: error: ")
    assert len(done.err) <= 201
    assert "cannot be written" in done.err
    assert (path[:40] or "''") in done.err
    assert done.status == status
    assert done.out == b""
    assert sorted(os.listdir(workplace)) == before


@pytest.mark.parametrize(("name", "option"), [pair for pair in OUTPUT_OPTIONS if pair[1] != "-o"])
@pytest.mark.parametrize("other", ["same.png", "./same.png", "link.png"])
def test_output_named_twice(workplace, name, option, other):
    (workplace / "link.png").symlink_to("same.png")
    refused(
        workplace, name, [*COMMANDS[name].line(), option, "same.png"], 2, "named for two outputs", output=other
    )


@pytest.mark.parametrize("name", [name for name in COMMANDS if not COMMANDS[name].heavy])
def test_standard_output_named_twice(workplace, name):
    refused(workplace, name, [*COMMANDS[name].line(), "--json", "-"], 2, "named for two outputs", output="-")


# ---- model files --------------------------------------------------------------------------------------------


class Bomb:
    """A pickle that runs code when it is loaded."""

    def __reduce__(self):
        return os.mkdir, ("exploded",)


def _zip(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "content")
    return stream.getvalue()


def _parts(data: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def _model(header: dict, tensors: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def _with_nan(data: bytes) -> bytes:
    header, tensors = _parts(data)
    return _model(header, struct.pack("<f", float("nan")) + tensors[4:])


def _with_shape(data: bytes) -> bytes:
    header, tensors = _parts(data)
    name = next(name for name in header if name != "__metadata__")
    header[name]["shape"] = [2**40, 2**20]
    return _model(header, tensors)


def _with_architecture(data: bytes) -> bytes:
    header, tensors = _parts(data)
    description = json.loads(header["__metadata__"]["mirtools"])
    description["architecture"] = "lambda"
    header["__metadata__"]["mirtools"] = json.dumps(description)
    return _model(header, tensors)


HOSTILE = {
    "empty": lambda data: b"",
    "text": lambda data: b"hello, this is not a model at all",
    "pickle": lambda data: pickle.dumps(Bomb()),
    "zip": lambda data: _zip("../../evil.py"),
    "hdf5": lambda data: b"\x89HDF\r\n\x1a\n" + bytes(100),
    "gzip": lambda data: gzipped(data),
    "cut": lambda data: data[:-1],
    "cut-in-the-header": lambda data: data[:100],
    "more": lambda data: data + b"\0",
    "huge-header": lambda data: struct.pack("<Q", 2**62) + data[8:],
    "nested-header": lambda data: struct.pack("<Q", 200000) + b"[" * 200000,
    "nan": _with_nan,
    "shape": _with_shape,
    "architecture": _with_architecture,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_model(workplace, kind):
    (workplace / "bad.safetensors").write_bytes(HOSTILE[kind]((workplace / "model.safetensors").read_bytes()))
    refused(
        workplace, "dmiso-predict", line_for("dmiso-predict", "--model", "bad.safetensors"), 1, "bad.safetensors: "
    )


@pytest.mark.parametrize("kind", ["absent", "pipe", "folder"])
def test_a_model_that_is_not_a_file(workplace, kind):
    if kind == "pipe":
        os.mkfifo(workplace / "pipe.safetensors")
    elif kind == "folder":
        (workplace / "folder.safetensors").mkdir()
    line = line_for("dmiso-predict", "--model", f"{kind}.safetensors")
    refused(workplace, "dmiso-predict", line, 1, f"{kind}.safetensors: ")


# ---- missing programs and packages --------------------------------------------------------------------------


def test_missing_blast(workplace, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    line = [*COMMANDS["chimera-parse"].line(), "--engine", "blast"]
    refused(workplace, "chimera-parse", line, 1, "BLAST+ (blastn) is not installed; install it with: ")


@pytest.mark.parametrize(
    ("name", "arguments", "package"),
    [
        ("dmiso-predict", ["--backend", "tensorflow"], "tensorflow"),
        ("dmiso-train", [], "tensorflow"),
        ("interactions-report", ["--figure", "f.png"], "matplotlib"),
    ],
)
def test_missing_extra(workplace, monkeypatch, name, arguments, package):
    import sys

    for module in [module for module in sys.modules if module.partition(".")[0] in (package, "keras")]:
        monkeypatch.delitem(sys.modules, module)
    for module in (package, "keras"):
        monkeypatch.setitem(sys.modules, module, None)
    refused(
        workplace, name, [*COMMANDS[name].line(), *arguments], 1, "is not installed; install it with: pip install"
    )
