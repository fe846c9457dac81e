"""attrib-align as a command."""

import csv
import io
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from commands import run

pytestmark = pytest.mark.usefixtures("short_sequences")

PAIRS = """\
pair_id\tmirna_id\tmirna_seq\tsite_seq\tnote
p1\tmiR-a\tUGAGG\tTTCCTCAT\tx
p2\tmiR-b\tTGAGG\tTTCCACAT\t
p3\tmiR-a\ttgagg\tCCCCCCCC\ty
p4\tmiR-c\tTGAGGAA\tGGGTTCCTCAGGG\tz
"""
GOLDEN = """\
pair_id\tmirna_id\tmirna_seq\tsite_seq\tnote\talignment_score\talignment_start\talignment_end\taligned_target\t\
aligned_marks\taligned_mirna\tcolumn_scores\tmirna_importance\ttarget_importance\tgap_open\tgap_extend
p1\tmiR-a\tUGAGG\tTTCCTCAT\tx\t2.5\t2\t7\tTTCCTCAT\t..|||||.\t--GGAGT-\t0,0,0.5,0.5,0.5,0.5,0.5,0\t\
0.5,0.5,0.5,0.5,0.5\t0,0,0.5,0.5,0.5,0.5,0.5,0\t0.5\t0.5
"""
TEXT = """\

>pair 1  p1  miR-a  alignment 2.5
           1
site    5' UUCCUCAU 3'
             |||||
miRNA   3'   GGAGU  5'
             5   1
score        99999
"""


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def numbers(cell):
    return [float(value) for value in cell.split(",")]


def align(*arguments, stdin=b""):
    done = run("attrib-align", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Four pairs and a matrix for each: the first pair matches from end to end, the third has no attribution."""
    monkeypatch.chdir(tmp_path)
    Path("pairs.tsv").write_text(PAIRS)
    values = np.random.default_rng(1).normal(0, 0.1, (4, 8, 5)).astype(np.float32)
    values[0] = 0
    for base in range(5):
        values[0, 6 - base, base] = 0.5
    values[2] = -abs(values[2])
    np.savez("matrices.npz", shap=values)
    return tmp_path


@pytest.mark.parametrize("threads", ["1", "2"])
def test_golden(folder, threads):
    Path("one.tsv").write_text("".join(PAIRS.splitlines(keepends=True)[:2]))
    np.savez("one.npz", np.load("matrices.npz")["shap"][0])
    out = align("--matrix", "one.npz", "one.tsv", "--text", "text", "--threads", threads)
    assert out == GOLDEN
    assert Path("text").read_text().split("\n\n", 1)[1] == TEXT[1:]


def test_table(folder):
    out = align("--matrix", "matrices.npz", "pairs.tsv", "--json", "report.json")
    rows = rows_of(out)
    assert [row["note"] for row in rows] == ["x", "", "y", "z"]
    for row in rows:
        assert len(numbers(row["target_importance"])) == 8
        assert len(numbers(row["mirna_importance"])) == 5
    none = rows[2]
    columns = "alignment_start alignment_end aligned_target aligned_marks aligned_mirna column_scores".split()
    assert {none[name] for name in columns} == {"."}
    assert none["alignment_score"] == "0"
    assert set(none["mirna_importance"]) == {"0", ","}
    # the last pair is longer than the matrix, which covers the site's centre and the miRNA's 5' end
    last = rows[3]
    assert last["aligned_target"].replace("-", "") == "GTTCCTCA"
    assert last["aligned_mirna"].replace("-", "")[::-1] == "TGAGG"
    start, end = int(last["alignment_start"]), int(last["alignment_end"])
    facing = [
        a for a, b in zip(last["aligned_target"], last["aligned_mirna"], strict=True) if a != "-" and b != "-"
    ]
    assert last["site_seq"][start] == facing[0]
    assert last["site_seq"][end - 1] == facing[-1]
    for row in (rows[0], rows[1], last):
        scores = numbers(row["column_scores"])
        assert len(scores) == len(row["aligned_target"]) == len(row["aligned_mirna"]) == len(row["aligned_marks"])
        assert sum(scores) == pytest.approx(sum(numbers(row["mirna_importance"])), abs=1e-5)
        assert sum(scores) == pytest.approx(sum(numbers(row["target_importance"])), abs=1e-5)
    report = json.loads(Path("report.json").read_text())
    assert report["counts"] == {
        "aligned_pairs": 3,
        "mirnas_cropped": 1,
        "pairs": 4,
        "sites_cropped": 1,
        "sites_in_windows": 0,
    }
    means = np.mean([numbers(row["mirna_importance"]) for row in rows], axis=0)
    np.testing.assert_allclose(report["mean_mirna_importance"], means, atol=1e-6)


def test_scores_divided_by_the_largest(folder):
    plain, scaled = (
        rows_of(align("--matrix", "matrices.npz", "pairs.tsv", "--scale", scale)) for scale in ("none", "largest")
    )
    largest = np.abs(np.load("matrices.npz")["shap"][1].clip(0)).max()
    ratio = numbers(plain[1]["alignment_score"])[0] / numbers(scaled[1]["alignment_score"])[0]
    assert ratio == pytest.approx(largest, rel=1e-4)
    assert plain[1]["aligned_mirna"] == scaled[1]["aligned_mirna"]
    assert scaled[2]["alignment_score"] == "0"


def test_own_output_and_standard_input(folder):
    once = align("--matrix", "matrices.npz", "pairs.tsv")
    assert align("--matrix", "matrices.npz", "-", stdin=once.encode()) == once


def test_bytes_do_not_depend_on_threads_and_batches(folder, monkeypatch):
    rng = np.random.default_rng(2)
    letters = np.array(list("ACGT"))
    lines = ["mirna_seq\tsite_seq\n"]
    for _ in range(2500):
        lines.append(f"{''.join(rng.choice(letters, 20))}\t{''.join(rng.choice(letters, 50))}\n")
    Path("many.tsv").write_text("".join(lines))
    np.savez_compressed("many.npz", rng.normal(size=(2500, 50, 20)).astype(np.float32))
    results = set()
    for threads, pairs in (("1", 1024), ("2", 1024), ("3", 7), ("1", 2500)):
        monkeypatch.setattr("mirtools.alignment.matrices._MOST_PAIRS", pairs)
        out = align(
            *("--matrix", "many.npz", "many.tsv", "--threads", threads, "--text", "t", "--json", "j"),
            *("--html", "h.html", "--html-pairs", "3"),
        )
        results.add((out, *(Path(name).read_text() for name in ("t", "j", "h.html"))))
    assert len(results) == 1
    assert Path("h.html").read_text().count("<section") == 3


@pytest.mark.parametrize("shares", [2, 3, 7])
def test_concatenated_shares_equal_the_whole(folder, shares):
    whole = align("--matrix", "matrices.npz", "pairs.tsv", "--text", "whole")
    parts = [
        align("--matrix", "matrices.npz", "pairs.tsv", "--shard", f"{number}/{shares}", "--text", f"{number}.txt")
        for number in range(1, shares + 1)
    ]
    header = whole.splitlines(keepends=True)[0]
    assert {part.splitlines(keepends=True)[0] for part in parts} == {header}
    assert header + "".join(part.removeprefix(header) for part in parts) == whole
    texts = [Path(f"{number}.txt").read_text().split("\n", 2)[2] for number in range(1, shares + 1)]
    assert "".join(texts) == Path("whole").read_text().split("\n", 2)[2]


def test_any_alphabet(folder):
    Path("rule.tsv").write_text("site\tmirna\tbridge\nD\tK\t1\nK\tD\t1\nE\tR\t1\nR\tE\t1\n")
    Path("proteins.tsv").write_text("mirna_seq\tsite_seq\nDEK\tAdrke\n")
    np.savez("ones.npz", np.ones((1, 5, 3)))
    row = rows_of(align("--matrix", "ones.npz", "--pairing", "rule.tsv", "proteins.tsv"))[0]
    assert row["site_seq"] == "Adrke"
    assert (row["aligned_target"], row["aligned_marks"], row["aligned_mirna"]) == ("ADRKE", ".|||.", "-KED-")


def test_wobbles(folder):
    Path("gu.tsv").write_text("mirna_seq\tsite_seq\nGGG\tTTT\n")
    np.savez("ones.npz", np.ones((1, 3, 3)))
    assert rows_of(align("--matrix", "ones.npz", "gu.tsv"))[0]["aligned_marks"] == "."
    assert rows_of(align("--matrix", "ones.npz", "gu.tsv", "--wobble"))[0]["aligned_marks"] == ":::"


def test_dmiso_layout(folder):
    Path("pairs.txt").write_text("m\tt\tUGAGG\tUUCCUCAU\n")
    np.savez("one.npz", np.load("matrices.npz")["shap"][:1])
    row = rows_of(align("--matrix", "one.npz", "--format", "dmiso", "pairs.txt"))[0]
    assert (row["mirna_id"], row["aligned_mirna"]) == ("m", "--GGAGT-")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ("--matrix absent.npz pairs.tsv", 1, "absent.npz: cannot be read"),
        ("--matrix - pairs.tsv", 2, "give a file"),
        ("--matrix pairs.tsv pairs.tsv", 1, "is not a NumPy file"),
        ("--matrix three.npz pairs.tsv", 1, "three.npz: has 3 matrices for a table of more rows"),
        ("--matrix five.npz pairs.tsv", 1, "five.npz: has 5 matrices for a table of 4 rows"),
        ("--matrix nan.npz pairs.tsv", 1, "matrix 2 has a value"),
        ("--matrix matrices.npz --model dmiso pairs.tsv", 2, "omit --model"),
        ("--matrix matrices.npz --background-pairs pairs.tsv pairs.tsv", 2, "omit --background-pairs"),
        ("--matrix matrices.npz --gap-percentiles 50 90 pairs.tsv", 2, "at least as much"),
        ("--matrix matrices.npz --gap-percentiles 101 90 pairs.tsv", 2, "from 0 to 100"),
        ("--matrix matrices.npz --wobble --pairing rule.tsv pairs.tsv", 2, "not allowed with"),
        ("--matrix matrices.npz --pairing pairs.tsv pairs.tsv", 1, "pairs.tsv: is not a pairing rule"),
        ("--matrix matrices.npz --plot map.bmp pairs.tsv", 2, "suffixes"),
        ("--matrix matrices.npz --plot map.png --plot-pairs 21 pairs.tsv", 2, "more than 20"),
        ("--explainer ism --background 5 pairs.tsv", 2, "needs no background"),
        ("--model no-such-model pairs.tsv", 2, "no model 'no-such-model'"),
        ("--matrix matrices.npz --shard 1/2 -", 2, "save it as a file"),
        ("--matrix matrices.npz --shard 3/2 pairs.tsv", 2, "is not a share"),
        ("--background-pairs - -", 2, "cannot both be standard input"),
        ("--model dmiso --explainer shap pairs.tsv", 1, "is not explained by shap; use deep or masking"),
    ],
)
def test_bad_input(folder, arguments, status, words):
    values = np.load("matrices.npz")["shap"]
    np.savez("three.npz", values[:3])
    np.savez("five.npz", np.concatenate([values, values[:1]]))
    broken = values.copy()
    broken[1, 0, 0] = np.nan
    np.savez("nan.npz", broken)
    before = sorted(file.name for file in folder.iterdir())
    done = run("attrib-align", ["--quiet", "-o", "out.tsv", *arguments.split()])
    assert done.status == status, done.err
    assert done.err.count("\n") == 1
    assert done.err.startswith("attrib-align: error: ")
    assert words in done.err
    assert "internal error" not in done.err
    assert len(done.err) <= 201
    assert sorted(file.name for file in folder.iterdir()) == before


def test_missing_packages(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    done = run("attrib-align", ["--matrix", "matrices.npz", "pairs.tsv", "--html", "a.html"])
    assert done.status == 1
    assert "pip install 'mirtools[report]'" in done.err


# ---- the page ------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page; unbalanced tags are an error."""

    VOID = ("meta", "br")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.targets, self.links, self.said = [], [], set(), set(), []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        assert not [name for name, _ in attributes if name.startswith("on")]
        attributes = dict(attributes)
        self.targets |= {attributes["id"]} if "id" in attributes else set()
        link = attributes.get("href")
        if link is not None and tag == "a":
            self.links.add(link)
        elif link is not None:
            assert link.startswith("data:image/png;base64,")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def test_page(folder):
    nasty = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "&amp;"]
    for number, name in enumerate(nasty):
        Path("pairs.tsv").write_text(Path("pairs.tsv").read_text().replace(f"p{number + 1}\t", f"{name}\t"))
    align("--matrix", "matrices.npz", "pairs.tsv", "--html", "a.html", "-o", "o.tsv", "--text", "t")
    text = Path("a.html").read_text()
    page = Page(text)
    assert page.links == {f"#pair-{number}" for number in range(1, 5)} | {"#top"}
    assert {link.removeprefix("#") for link in page.links} <= page.targets
    assert not {"script", "img", "iframe", "link", "object"} & set(page.tags)
    assert page.tags.count("svg") == 5
    said = "".join(page.said)
    for name in (*nasty[:3], "&amp;"):
        assert name in said
    assert "no bases that pair have a positive attribution" in said
    assert not re.search("https?://", text)
    # names are those of the table
    assert [row["pair_id"] for row in rows_of(Path("o.tsv").read_text())] == nasty


def test_no_rows(folder):
    Path("none.tsv").write_text(PAIRS.splitlines(keepends=True)[0])
    np.savez("none.npz", np.empty((0, 50, 20)))
    options = ["--text", "t", "--html", "h.html", "--plot", "p.svg", "--json", "j"]
    assert align("--matrix", "none.npz", "none.tsv", *options).count("\n") == 1
    assert "No pairs." in Path("h.html").read_text()
    Page(Path("h.html").read_text())
    assert Path("t").read_text().count("\n") == 2
    assert "<svg" in Path("p.svg").read_text()
    assert not any(json.loads(Path("j").read_text())["counts"].values())
