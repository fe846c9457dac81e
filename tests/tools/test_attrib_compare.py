"""attrib-compare as a command."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from commands import run, run_process

pytestmark = pytest.mark.usefixtures("short_sequences")

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
HEADER = "mirna_seq\tsite_seq\tmirna_importance\n"
GOLDEN = {
    "one": f"{HEADER}TGAG\tAAAA\t0,1,0.5,0\nTGAG\tCCCC\t0,0.2,0.1,0\nTGA\tGGGG\t0,0,3\n",
    "two": f"{HEADER}TGA\tGGGG\t0,0,2\nTGAG\tCCCC\t0,0.1,0.3,0\nTGAG\tAAAA\t0,4,2,0\n",
}
GOLDEN_PROFILES = """\
label\truns\tposition\tpairs\tmean\tsd\trun_sd
a\t1\t1\t3\t0\t0\t.
a\t1\t2\t3\t0.666667\t0.57735\t.
a\t1\t3\t3\t0.666667\t0.288675\t.
a\t1\t4\t2\t0\t0\t.
b\t1\t1\t3\t0\t0\t.
b\t1\t2\t3\t0.444444\t0.509175\t.
b\t1\t3\t3\t0.833333\t0.288675\t.
b\t1\t4\t2\t0\t0\t.
"""


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def compare(*arguments, stdin=b""):
    done = run("attrib-compare", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Golden tables, and five runs each of three sets with more and less noise, as attrib-align writes them."""
    monkeypatch.chdir(tmp_path)
    for name, text in GOLDEN.items():
        Path(f"{name}.tsv").write_text(text)
    random = np.random.default_rng(1)
    pairs = []
    for _ in range(40):
        site = "".join(random.choice(list("ACGT"), 30))
        pairs.append((site, random.random(22) * (random.random(22) < 0.5)))
    header = "mirna_id\tmirna_seq\tsite_seq\tmirna_importance\taligned_target\taligned_mirna\n"
    for label in (10, 50, 100):
        for number in range(5):
            lines = [header]
            for site, truth in pairs:
                cell = ",".join(f"{value:.6f}" for value in truth + random.normal(0, 1 / label, 22))
                at = 4 + (random.random() < 1 / label)
                below = "-" * at + MIRNA[::-1] + "-" * (8 - at)
                lines.append(f"let-7a\t{MIRNA}\t{site}\t{cell}\t{site}\t{below}\n")
            Path(f"b{label}_{number}.tsv").write_text("".join(lines))
    # invented values: the first pair's importances without noise
    lines = [f"let-7a\t{pairs[0][0]}\t{base}\t{pairs[0][1][base - 1]:.4f}\n" for base in range(1, 11)]
    lines.append(f"let-7a\t{pairs[0][0]}\t11-20\t{pairs[0][1][10:20].mean():.4f}\n")
    Path("mutations.tsv").write_text("mirna_id\tsite_seq\tposition\tvalue\n" + "".join(lines))
    return tmp_path


def sets(labels=(10, 50, 100), runs=5):
    return [f"{label}=b{label}_{number}.tsv" for label in labels for number in range(runs)]


def test_golden(folder):
    assert compare("a=one.tsv", "b=two.tsv") == GOLDEN_PROFILES


def test_golden_correlations(folder):
    compare("a=one.tsv", "b=two.tsv", "-o", "o", "--correlations", "c", "--json", "j")
    rows = rows_of(Path("c").read_text())
    assert [(row["over"], row["position"], row["values"]) for row in rows] == [
        ("pooled", ".", "11"),
        ("pair_median", ".", "3"),
        *[("position", str(base), "2" if base == 4 else "3") for base in range(1, 5)],
    ]
    # only of the pairs: 1, 0.1 / (0.2449 * 0.5) over ..., 1
    assert rows[1]["pearson"] == "1"
    assert (rows[2]["pearson"], rows[5]["pearson"]) == (".", ".")
    report = json.loads(Path("j").read_text())
    assert report["counts"] == {"pairs": 3}
    assert report["sets"] == {"a": ["one.tsv"], "b": ["two.tsv"]}
    assert report["comparison"][0]["median_pearson"] == 1


def test_spread_falls_with_the_number_of_backgrounds(folder):
    """The spread over runs falls, the agreement of runs grows (Figure S1, here with simulated noise)."""
    compare(*sets(), "-o", "o", "--spread", "s", "--agreement", "g", "--correlations", "c")
    spread = rows_of(Path("s").read_text())
    assert [(row["label"], row["runs"], row["pairs"]) for row in spread] == [
        (label, "5", "40") for label in ("10", "50", "100")
    ]
    sds = [float(row["mean_sd"]) for row in spread]
    assert sds == sorted(sds, reverse=True)
    for column in ("run_correlation", "run_agreement", "run_identical_alignments"):
        values = [float(row[column]) for row in spread]
        assert values == sorted(values)
    # noise of 0.1 on values whose largest is about 1
    assert sds[0] == pytest.approx(0.1, rel=0.2)
    agreements = rows_of(Path("g").read_text())
    assert [(row["first"], row["second"]) for row in agreements] == [("10", "50"), ("10", "100"), ("50", "100")]
    assert all(float(row["aligned_bases"]) == 40 * 20 for row in agreements)
    medians = [float(row["pearson"]) for row in rows_of(Path("c").read_text()) if row["over"] == "pair_median"]
    assert medians[2] == max(medians)


def test_mutagenesis(folder):
    arguments = [*sets(), "-o", "o", "--mutagenesis", "mutations.tsv", "--measured", "m"]
    compare(*arguments)
    rows = rows_of(Path("m").read_text())
    assert [(row["label"], row["mirna"], row["pairs"], row["positions"], row["runs"]) for row in rows] == [
        (label, "let-7a", "1", "11", "5") for label in ("10", "50", "100")
    ]
    assert float(rows[2]["pearson"]) > 0.99
    assert float(rows[0]["run_pearson_sd"]) > float(rows[2]["run_pearson_sd"])
    assert float(rows[0]["run_pearson_mean"]) < float(rows[2]["run_pearson_mean"])


def test_one_table_gives_its_profile(folder):
    out = rows_of(compare("one.tsv", "--scale", "none"))
    assert [row["label"] for row in out] == ["one"] * 4
    assert [row["mean"] for row in out] == ["0", "0.4", "1.2", "0"]
    piped = compare("--scale", "none", stdin=GOLDEN["one"].encode())
    assert [row["label"] for row in rows_of(piped)] == ["stdin"] * 4
    assert compare("one=-", "--scale", "none", stdin=GOLDEN["one"].encode()) == compare(
        "one.tsv", "--scale", "none"
    )


def test_dropped_pairs_are_counted(folder):
    Path("some.tsv").write_text(
        "mirna_seq\tsite_seq\tmirna_importance\nTGAG\tAAAA\t.\nTGAG\tCCCC\t1\nTGAG\tCCCC\t1\nTGAG\tTTTT\t1\n"
    )
    compare("one.tsv", "some.tsv", "-o", "o", "--json", "j")
    report = json.loads(Path("j").read_text())
    assert report["counts"] == {"pairs": 1}
    assert report["dropped"] == {
        "pairs_not_in_every_table": 2,
        "pairs_that_occur_again": 1,
        "pairs_without_alignment": 1,
    }


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_figures_are_the_same_in_every_run(folder, kind):
    contents = []
    for _ in range(2):
        compare(*sets(runs=2), "-o", "o", "--mutagenesis", "mutations.tsv", "--plot", f"f.{kind}")
        contents.append(Path(f"f.{kind}").read_bytes())
    assert contents[0] == contents[1]
    assert contents[0].startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind])


def test_no_pair_in_common(folder):
    Path("other.tsv").write_text("mirna_seq\tsite_seq\tmirna_importance\nTTTT\tAAAA\t1\n")
    outputs = ["--correlations", "c", "--agreement", "g", "--spread", "s", "--plot", "f.svg", "--measured", "m"]
    out = compare("one.tsv", "x=other.tsv", "x=other.tsv", *outputs, "--mutagenesis", "mutations.tsv")
    assert out == GOLDEN_PROFILES.splitlines(keepends=True)[0]
    assert [Path(name).read_text().count("\n") for name in "cgsm"] == [1] * 4
    assert Path("f.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["=one.tsv", "two.tsv"], 2, "'=one.tsv' has no label or no file name; write LABEL=FILE"),
        (["a=-", "b=-"], 2, "standard input is named for two files"),
        (["a=-", "--mutagenesis", "-", "--measured", "m"], 2, "standard input is named for two files"),
        (["one.tsv", "--length", "101"], 2, "argument --length: 101 is more than 100 bases"),
        (["one.tsv", "--length", "0"], 2, "argument --length"),
        (["one.tsv", "--scale", "sum"], 2, "argument --scale"),
        (["one.tsv", "--measured", "m"], 2, "--measured needs measured values; give --mutagenesis FILE"),
        (["one.tsv", "--mutagenesis", "m.tsv"], 2, "--mutagenesis needs an output; give --measured or --plot"),
        (["one.tsv", "--plot", "f.gif"], 2, "is not a .png, .svg or .pdf file"),
        (["one.tsv", "absent.tsv"], 1, "absent.tsv: cannot be read"),
        (["one.tsv", "--mutagenesis", "one.tsv", "--measured", "m"], 1, "one.tsv:1: has no column position"),
        (["one.tsv", "mutations.tsv"], 1, "mutations.tsv:1: has no column mirna_seq"),
        (["one.tsv", "letters.tsv"], 1, "letters.tsv:2: mirna_importance: 'x' at position 2"),
        (["one.tsv", "many.tsv"], 1, "many.tsv:2: mirna_importance has 3 numbers for 2 bases; give one per base"),
        (["one.tsv", "drawn.tsv"], 1, "drawn.tsv:2: aligned_mirna holds other bases than mirna_seq"),
    ],
)
def test_refusals(folder, arguments, status, words):
    head = "mirna_seq\tsite_seq\tmirna_importance"
    Path("letters.tsv").write_text(f"{head}\nTGAG\tAAAA\t1,x\n")
    Path("many.tsv").write_text(f"{head}\nTG\tAAAA\t1,1,1\n")
    Path("drawn.tsv").write_text(f"{head}\taligned_target\taligned_mirna\nTG\tAAAA\t1,1\tAAAA\t--TG\n")
    before = sorted(path.name for path in Path().iterdir())
    done = run("attrib-compare", [*arguments, "-o", "out.tsv"])
    assert words in done.err
    assert (done.status, done.out, done.err.count("\n")) == (status, b"", 1)
    assert len(done.err) <= 201
    assert sorted(path.name for path in Path().iterdir()) == before


def test_help_shows_the_format_of_measured_values():
    done = run_process("attrib-compare", ["--help"])
    assert done.status == 0
    assert b"11-20     0.1" in done.out
    assert b"invented" in done.out
