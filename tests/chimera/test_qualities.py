"""Scale and kind of quality values from the first reads, and their conversion."""

import gzip
import io
import json
import random
import re
import sys

import pytest
from dnaio import SequenceRecord

from mirtools.chimera.batches import pack
from mirtools.chimera.qualities import inspect_qualities
from mirtools.errors import InputError
from mirtools.tools.chimera_parse import main as parse
from mirtools.tools.isomir_classify import main as classify

MIRNA = "TAGCTTATCAGACTGATGTTGA"
CHANGED = MIRNA[:9] + "T" + MIRNA[10:]


def records(qualities):
    return [SequenceRecord(f"r{number}", "A" * len(text), text) for number, text in enumerate(qualities)]


def look(qualities, base="auto"):
    return inspect_qualities(iter([records(qualities)]), base)[0]


def converted(qualities, first=None, base="auto"):
    """Return converted qualities, with the scale of these or of the ``first`` reads."""
    raw = look(first or qualities, base).applied(pack(records(qualities), "reads.fq"))
    return None if raw.qualities is None else raw.qualities.tobytes().decode("ascii")


def texts(letters, count=300, length=40, seed=1):
    rng = random.Random(seed)
    return ["".join(rng.choices(letters, k=length)) for _ in range(count)]


def between(first, last):
    return [chr(number) for number in range(ord(first), ord(last) + 1)]


@pytest.mark.parametrize(
    ("qualities", "kind", "scale", "words"),
    [
        (["?" * 20] * 15, "flat", "Phred+33", "every base has the quality 30; qualities are treated as unknown"),
        (["I" * 20] * 10, "flat", "Phred+33", "the quality 40"),
        (["h" * 20] * 10, "flat", "Phred+33", "treated as unknown"),
        (["?" * 20, "$" * 20, "?" * 30] * 3, "flat", "Phred+33", r"the same quality \(3, 30\), as in SRA Lite"),
        (["?" * 20, "$" * 19 + "?"], "varied", "Phred+33", "^$"),
        (["I" * 20, "5" * 20], "varied", "Phred+33", "^$"),
        (texts(between("!", "J")), "varied", "Phred+33", "^$"),
        (texts(between("!", "~")), "varied", "Phred+33", "^$"),
        (texts(between("?", "~")), "varied", "Phred+33", "^$"),
        (texts(between("@", "J")), "varied", "Phred+33", "^$"),
        (texts(between("@", "~")), "varied", "Phred+33", "^$"),
        (texts(between("@", "Z")), "varied", "Phred+64", "from '@' to 'Z'"),
        (texts(between("@", "X"), 15), "varied", "Phred+33", "^$"),
        (
            texts(between("B", "h")),
            "varied",
            "Phred+64",
            "qualities from 'B' to 'h' are Phred.64; they are converted",
        ),
        (["hhhhJhhhh"] * 15, "varied", "Phred+64", "from 'J' to 'h'"),
        (texts(between(";", "h")), "varied", "Solexa+64", "from ';' to 'h' are Solexa.64"),
        (["#-8FF"] * 3, "binned", "Phred+33", r"binned \(2, 12, 23, 37\), so most sequencing errors have good"),
        (["#,:F"], "binned", "Phred+33", "2, 11, 25, 37"),
        (texts("#'0:BHIJ"), "binned", "Phred+33", "binned"),
        (texts("+I", 15), "varied", "Phred+33", "^$"),
        ([""], "none", "Phred+33", "^$"),
    ],
)
def test_kind_and_scale(qualities, kind, scale, words):
    found = look(qualities)
    assert (found.kind, found.scale) == (kind, scale)
    note = found.note()
    assert re.search(words, note)
    assert "\n" not in note


def test_values_are_converted():
    assert converted(["@Jhi"]) == "!+IJ"
    # 10 log10(10^(q/10) + 1) for -5, -2, 0, 10, 40
    assert converted([";>@Jh", ";hhhh"]) == '"#$+I"IIII'
    assert converted(["!5I"]) == "!5I"
    assert converted(["@@@", "hhh"], base="33") == "@@@hhh"
    assert converted(["@AB"], base="64") == '!"#'
    assert converted(["III"], base="33") == "III"


def test_flat_values_are_unknown_but_not_those_of_other_reads():
    assert converted(["??", "?"], first=["?" * 200]) is None
    assert converted(["??", "?5", "55"], first=["???"] * 100) == "\0\0?555"
    assert converted(["$$", "??"], first=["??", "$$"] * 50) is None
    # a read or two may have one value by chance
    assert converted(["??", "?"]) == "???"


@pytest.mark.parametrize(
    ("later", "first", "base", "words"),
    [
        (
            ["hhhh", "h?hh"],
            ["Bh"],
            "auto",
            "reads.fq: record 'r1': quality 2 is '[?]', not a Phred.64 value.*--quality-base",
        ),
        (["h:"], [";h"], "auto", "quality 2 is ':', not a Solexa.64 value"),
        (["h5"], ["Bh"], "64", "quality 2 is '5', not a Phred.64 value as required by --quality-base 64"),
    ],
)
def test_values_that_do_not_fit_the_first_reads_are_an_error(later, first, base, words):
    with pytest.raises(InputError, match=words):
        converted(later, first, base)


def test_inspection_loses_no_reads():
    """All lists are yielded in order; an error among the first reads is raised after the reads before it."""

    def broken():
        yield records(["IIII", "5555"])
        raise InputError("cut")

    _, first, every = inspect_qualities(broken())
    assert len(first) == 1
    assert len(next(every)) == 2
    with pytest.raises(InputError, match="cut"):
        next(every)
    lists = [records(["I5"] * 3000) for _ in range(6)]
    found, first, every = inspect_qualities(iter(lists))
    assert (found.reads, len(first)) == (12000, 4)
    assert [id(each) for each in every] == [id(each) for each in lists]
    fasta = [SequenceRecord("a", "ACGT")]
    assert inspect_qualities(iter([fasta]))[0].kind == "none"


@pytest.fixture
def references(tmp_path):
    rng = random.Random(4)
    transcript = "".join(rng.choices("ACGT", k=600))
    (tmp_path / "m.fa").write_text(f">miR\n{MIRNA}\n")
    (tmp_path / "t.fa").write_text(f">tx\n{transcript}\n")
    return tmp_path, transcript


def reads_of(transcript, part, quality):
    """Return FASTQ of 12 reads of one miRNA part at 12 sites; quality of its tenth base, and of all others."""
    lines = []
    for number in range(12):
        read = part + transcript[number * 40 : number * 40 + 32]
        values = quality[1] * 9 + quality[0] + quality[1] * (len(read) - 10)
        lines.append(f"@{part[:11]}{number}\n{read}\n+\n{values}\n")
    return "".join(lines)


def isomirs(folder, fastq, *options):
    """Return isomiR types and lowest qualities of pairs from FASTQ files, and the two reports."""
    paths = []
    for number, text in enumerate(fastq):
        paths.append(str(folder / f"s{number}.fastq"))
        (folder / f"s{number}.fastq").write_text(text)
    out = folder / "typed.tsv"
    mirnas = ["--mirnas", str(folder / "m.fa"), "--quiet"]
    line = [*mirnas, "--transcripts", str(folder / "t.fa"), "-o", str(folder / "pairs.tsv")]
    assert parse([*line, "--json", str(folder / "parse.json"), *options, *paths]) == 0
    report = ["--json", str(folder / "classify.json")]
    assert classify([*mirnas, *report, "-o", str(out), str(folder / "pairs.tsv")]) == 0
    header, *rows = [line.split("\t") for line in out.read_text().splitlines()]
    cells = {(row[header.index("isomir_types")], row[header.index("isomir_min_qual")]) for row in rows}
    return (
        cells,
        json.loads((folder / "parse.json").read_text()),
        json.loads((folder / "classify.json").read_text()),
    )


def test_isomirs_of_files_with_such_qualities(references):
    folder, transcript = references
    flat, low33, low64 = (reads_of(transcript, CHANGED, quality) for quality in ("??", "+I", "Jh"))
    cells, parsed, classified = isomirs(folder, [flat])
    assert cells == {("SNP", ".")}
    assert classified["counts"]["quality_not_tested"] == 12
    assert parsed["qualities"]["s0"] == {
        "kind": "flat",
        "scale": "Phred+33",
        "lowest": 30,
        "highest": 30,
        "different_values": 1,
        "reads_looked_at": 12,
    }
    assert isomirs(folder, [flat], "--quality-base", "33")[0] == set()
    for low in (low33, low64):
        cells, _, classified = isomirs(folder, [low])
        assert cells == set()
        assert classified["dropped"] == {"low_quality": 12}
        assert "--min-quality 30" in classified["hints"][0]
    # of copies in both kinds of files, those with known values count
    good = reads_of(transcript, CHANGED, "gh")
    assert isomirs(folder, [flat, good])[0] == {("SNP", "39")}


def test_all_shards_stdin_and_gzip_get_the_same_scale(references, tmp_path, monkeypatch, capsys):
    folder, transcript = references
    # the only low values, which contradict Phred+64, are on one read
    reads = reads_of(transcript, MIRNA, "hh").replace("hhhh\n@", "hhhK\n@", 1)
    (folder / "r.fq.gz").write_bytes(gzip.compress(reads.encode()))
    line = [
        "--mirnas",
        str(folder / "m.fa"),
        "--transcripts",
        str(folder / "t.fa"),
        "--min-reads",
        "1",
        "--sample",
        "r",
    ]
    whole = tmp_path / "whole.tsv"
    assert parse([*line, "-o", str(whole), str(folder / "r.fq.gz")]) == 0
    assert "r.fq.gz: qualities from 'K' to 'h' are Phred+64; they are converted" in capsys.readouterr().err
    rows = set(whole.read_text().splitlines())
    shards = set()
    for number in ("1/3", "2/3", "3/3"):
        out = tmp_path / "shard.tsv"
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(reads.encode()))))
        assert parse([*line, "--shard", number, "-o", str(out), "-"]) == 0
        assert "<stdin>: qualities from 'K'" in capsys.readouterr().err
        shards |= set(out.read_text().splitlines())
    drop_coverages = lambda lines: {row.rsplit("\t", 3)[0] for row in lines}  # noqa: E731
    assert drop_coverages(shards) == drop_coverages(rows)
    assert all("I" * 22 in row for row in rows if row.startswith("P"))
