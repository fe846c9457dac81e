"""binding-classes as a command."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from commands import run, run_process

from mirtools.classes.cofold import paired_bases

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = (
    ROOT / ".." / "shared" / "data" / "attribution" / "published_code_alignments_rows18000-18127.tsv.gz"
).resolve()
needs_published = pytest.mark.skipif(not PUBLISHED.is_file(), reason="the shared data are not beside the project")

GOLDEN_TABLE = """\
name\tmirna_importance
a\t0,1,1,1,0.5,1,1,1,0,0,0,0
b\t0,0.02,0.02,0.02,0.02,0.02,0.02,0.01,0,0
c\t0,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,9,9
d\t.
e\t0,0,0,0,0,0,0,0,0,0,0,0,3,3,3,3,3,3,3,2
f\t0,-1,0,0
"""
GOLDEN_ROWS = """\
name\tmirna_importance\tbinding_class\tclass_name\tclass_distance\tclass_silhouette
a\t0,1,1,1,0.5,1,1,1,0,0,0,0\t1\tseed\t0.3536\t0.9053
b\t0,0.02,0.02,0.02,0.02,0.02,0.02,0.01,0,0\t1\tseed\t0.3536\t0.9053
c\t0,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,9,9\t2\t3p\t0.1667\t0.9557
d\t.\t.\tno_alignment\t.\t.
e\t0,0,0,0,0,0,0,0,0,0,0,0,3,3,3,3,3,3,3,2\t2\t3p\t0.1667\t0.9548
f\t0,-1,0,0\t.\tno_alignment\t.\t.
"""


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def classes(*arguments, stdin=b""):
    done = run("binding-classes", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A table of 120 rows around four shapes, with sequences, and some without an alignment."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    lines = ["mirna_seq\tsite_seq\tmirna_importance\tshape"]
    places = {"seed": (1, 8), "middle": (8, 12), "3p": (12, 20), "distributed": (0, 20)}
    for number in range(120):
        name = list(places)[number % 4]
        first, last = places[name]
        values = np.zeros(20)
        values[first:last] = random.uniform(0.5, 1, last - first) * 10 ** random.uniform(-2, 0)
        cell = ",".join(f"{value:.6f}" for value in values)
        mirna, site = ("".join(random.choice(list("ACGT"), size)) for size in (22, 40))
        lines.append(f"{mirna}\t{site}\t{cell if number % 12 else '.'}\t{name if number % 12 else 'no_alignment'}")
    Path("aligned.tsv").write_text("\n".join(lines) + "\n")
    Path("golden.tsv").write_text(GOLDEN_TABLE)
    return tmp_path


@pytest.mark.parametrize("threads", ["1", "2"])
def test_golden(folder, threads):
    assert classes("--k", "2", "golden.tsv", "--threads", threads) == GOLDEN_ROWS


@pytest.mark.parametrize("threads", ["1", "2"])
def test_golden_summary_and_report(folder, threads):
    classes("--k", "2", "golden.tsv", "-o", "o", "--summary", "s", "--json", "j", "--threads", threads)
    rows = [row[:5] for row in csv.reader(io.StringIO(Path("s").read_text()), delimiter="\t")]
    assert rows[1:] == [
        ["importance", "row", "1", "seed", "2"],
        ["importance", "row", "2", "3p", "2"],
        ["importance", "row", ".", "no_alignment", "2"],
    ]
    report = json.loads(Path("j").read_text())
    assert report["counts"] == {"rows": 6, "classified": 4, "without_alignment": 2}
    assert report["classes"] == {"importance": {"scale": "row", "rows": {"seed": 2, "3p": 2}, "silhouettes": {}}}


def test_planted_classes_are_found(folder):
    rows = rows_of(classes("--k", "4", "aligned.tsv"))
    assert [row["class_name"] for row in rows] == [row["shape"] for row in rows]
    assert [row["binding_class"] == "." for row in rows] == [row["shape"] == "no_alignment" for row in rows]
    assert list(rows[0])[:4] == "mirna_seq site_seq mirna_importance shape".split()


def test_rows_in_any_order_and_through_a_pipe(folder):
    header, *lines = Path("aligned.tsv").read_text().splitlines(keepends=True)
    first = classes("aligned.tsv", "--summary", "s1").splitlines()
    random = np.random.default_rng(3).permutation(len(lines))
    shuffled = header + "".join(lines[at] for at in random)
    second = classes("-", "--summary", "s2", stdin=shuffled.encode()).splitlines()
    assert second[1:] == [first[1 + at] for at in random]
    assert Path("s1").read_bytes() == Path("s2").read_bytes()


def test_classes_of_an_earlier_run(folder):
    """Parts of a table, sorted into the classes of the whole table, give the same rows."""
    whole = classes("aligned.tsv", "--cofold", "--summary", "s")
    header, *lines = Path("aligned.tsv").read_text().splitlines(keepends=True)
    Path("part1.tsv").write_text(header + "".join(lines[:50]))
    Path("part2.tsv").write_text(header + "".join(lines[50:]))
    parts = [classes("--classes", "s", "--cofold", f"part{number}.tsv") for number in (1, 2)]
    assert parts[0] + parts[1].partition("\n")[2] == whole


def test_a_second_run_replaces_its_own_columns(folder):
    Path("once.tsv").write_text(classes("aligned.tsv", "--cofold"))
    assert classes("once.tsv", "--cofold") == Path("once.tsv").read_text()


def test_the_number_of_classes_is_chosen(folder):
    out = classes("--choose-k", "2-6", "aligned.tsv", "--silhouettes", "n.tsv", "--json", "j")
    table = rows_of(Path("n.tsv").read_text())
    assert [(row["k"], row["chosen"]) for row in table] == [
        ("2", "0"),
        ("3", "0"),
        ("4", "1"),
        ("5", "0"),
        ("6", "0"),
    ]
    assert {row["binding_class"] for row in rows_of(out)} == {".", "1", "2", "3", "4"}
    silhouettes = json.loads(Path("j").read_text())["classes"]["importance"]["silhouettes"]
    assert max(silhouettes, key=silhouettes.get) == "4"


def test_folding(folder):
    outputs = {}
    for threads in ("1", "2"):
        out = classes("--cofold", "--cross", "x", "--json", "j", "aligned.tsv", "--threads", threads)
        outputs[threads] = (out, Path("x").read_text(), Path("j").read_text())
    assert outputs["1"] == outputs["2"]
    rows = rows_of(out)
    assert all(row["cofold_paired"] == paired_bases(row["mirna_seq"], row["site_seq"]) for row in rows[:10])
    cross = rows_of(outputs["1"][1])
    assert sum(int(row["rows"]) for row in cross) == 120
    assert -0.2 < json.loads(outputs["1"][2])["adjusted_rand_index"] < 0.2  # random sequences
    # importances are not needed
    bare = "".join("\t".join(line.split("\t")[:2]) + "\n" for line in Path("aligned.tsv").read_text().splitlines())
    alone = rows_of(classes("--cofold", "-", "--json", "j", stdin=bare.encode()))
    assert list(alone[0])[2:] == "cofold_paired cofold_class cofold_name cofold_distance cofold_silhouette".split()
    assert [row["cofold_class"] for row in alone] == [row["cofold_class"] for row in rows]
    assert "adjusted_rand_index" not in json.loads(Path("j").read_text())
    # other names of the columns are recognised
    other = bare.replace("mirna_seq", "miRNA").replace("site_seq", "gene")
    again = rows_of(classes("--cofold", "-", stdin=other.encode()))
    assert [row["cofold_class"] for row in again] == [row["cofold_class"] for row in rows]


def test_the_text_about_agreement(folder):
    done = run("binding-classes", ["aligned.tsv", "--cofold", "-o", "o"])
    assert "classes by importance and by folding agree with an adjusted Rand index of " in done.err
    assert "rows 120, classified 110, without alignment 10, cofold classified 1" in done.err


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_figures_are_the_same_in_every_run(folder, kind):
    contents = []
    for threads in ("1", "2"):
        classes("aligned.tsv", "--choose-k", "2-4", "--plot", f"f.{kind}", "-o", "o", "--threads", threads)
        contents.append(Path(f"f.{kind}").read_bytes())
    assert contents[0] == contents[1]
    assert contents[0].startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind])


@pytest.mark.parametrize("rows", ["", "a\t.\nb\t0,0\n"])
def test_nothing_to_classify(folder, rows):
    Path("none.tsv").write_text("name\tmirna_importance\n" + rows)
    out = classes("none.tsv", "--summary", "s", "--plot", "f.svg", "--choose-k", "2-4", "--silhouettes", "n")
    assert [row["class_name"] for row in rows_of(out)] == ["no_alignment"] * rows.count("\n")
    assert Path("s").read_text().count("\n") == (2 if rows else 1)
    assert Path("n").read_text().count("\n") == 1
    assert Path("f.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--k", "0", "golden.tsv"], 2, "argument --k"),
        (["--k", "51", "golden.tsv"], 2, "argument --k: 51 is more than 50 classes"),
        (["--choose-k", "8-2", "golden.tsv"], 2, "argument --choose-k: '8-2' is not a range such as 2-8"),
        (["--choose-k", "1-3", "golden.tsv"], 2, "argument --choose-k: '1-3' is not a range"),
        (["--choose-k", "2-51", "golden.tsv"], 2, "argument --choose-k: '2-51' is not a range"),
        (["--choose-k", "2-4", "--k", "3", "golden.tsv"], 2, "not allowed with argument"),
        (["--scale", "sum", "golden.tsv"], 2, "argument --scale"),
        (["--length", "101", "golden.tsv"], 2, "argument --length: 101 is more than 100 bases"),
        (
            ["--silhouettes", "n", "golden.tsv"],
            2,
            "--silhouettes needs numbers of classes to test; give --choose-k A-B",
        ),
        (["--cross", "x", "golden.tsv"], 2, "--cross needs classes from folding; give --cofold"),
        (["--classes", "s", "--scale", "row", "golden.tsv"], 2, "omit --scale and --length"),
        (["--classes", "-", "-"], 2, "cannot both be standard input"),
        (["--plot", "f.gif", "golden.tsv"], 2, "is not a .png, .svg or .pdf file"),
        (["--cofold", "golden.tsv"], 1, "golden.tsv:1: has no column mirna_seq"),
        (["--classes", "golden.tsv", "golden.tsv"], 1, "golden.tsv:1: has no column vectors"),
        (["absent.tsv"], 1, "absent.tsv: cannot be read"),
        (["other.tsv"], 1, "other.tsv:1: has no column mirna_importance; give attrib-align's table"),
        (["letters.tsv"], 1, "letters.tsv:3: mirna_importance: 'x' at position 2 is not a number"),
        (["--classes", "header.tsv", "golden.tsv"], 1, "header.tsv: has no classes"),
        (["--classes", "gap.tsv", "golden.tsv"], 1, "gap.tsv:2: binding_class is '2', not 1"),
        (["--classes", "scale.tsv", "golden.tsv"], 1, "scale.tsv:2: scale is 'sum'; give row or none"),
        (["--classes", "short.tsv", "golden.tsv"], 1, "short.tsv:3: centre has 1 numbers; give as many as in"),
        (["--classes", "bad.tsv", "golden.tsv"], 1, "bad.tsv:2: centre: 'a' at position 1 is not a number"),
        (["--classes", "cofold.tsv", "golden.tsv"], 2, "--classes has no classes of importance vectors"),
    ],
)
def test_refusals(folder, arguments, status, words):
    head = "vectors\tscale\tbinding_class\tclass_name\tcentre\n"
    for name, text in {
        "other": "name\n1\n",
        "letters": "mirna_importance\n1,2\n1,x\n",
        "header": head,
        "gap": f"{head}importance\trow\t2\tseed\t1,2\n",
        "scale": f"{head}importance\tsum\t1\tseed\t1,2\n",
        "short": f"{head}importance\trow\t1\tseed\t1,2\nimportance\trow\t2\tseed\t1\n",
        "bad": f"{head}importance\trow\t1\tseed\ta,2\n",
        "cofold": f"{head}cofold\trow\t1\tseed\t1,2\n",
    }.items():
        Path(f"{name}.tsv").write_text(text)
    before = sorted(path.name for path in Path().iterdir())
    done = run("binding-classes", [*arguments, "-o", "out.tsv"])
    assert words in done.err
    assert (done.status, done.out, done.err.count("\n")) == (status, b"", 1)
    assert len(done.err) <= 201
    assert sorted(path.name for path in Path().iterdir()) == before


def test_help_is_light():
    done = run_process("binding-classes", ["--help"])
    assert done.status == 0
    assert b"relaxed_seed" in done.out


@needs_published
def test_published_alignments_give_the_classes_of_the_paper(tmp_path, monkeypatch):
    """Seed, relaxed seed, middle and 3' end, of similar sizes."""
    import gzip

    monkeypatch.chdir(tmp_path)
    with gzip.open(PUBLISHED, "rt") as stream:
        published = list(csv.DictReader(stream, delimiter="\t"))
    lines = ["mirna_importance"]
    for row in published:
        columns = zip(row["scores"].split(","), row["aligned_miRNA_5to3"], strict=True)
        lines.append(",".join(score for score, base in columns if base != "-"))
    Path("published.tsv").write_text("\n".join(lines) + "\n")
    classes("published.tsv", "-o", "o", "--summary", "s")
    found = rows_of(Path("s").read_text())
    assert [row["class_name"] for row in found] == ["seed", "relaxed_seed", "middle", "3p_1", "3p_2"]
    assert all(0.1 < float(row["share"]) < 0.35 for row in found)
