"""dmiso-interpret as a command."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from commands import run, run_process
from models import slow_dmiso
from networks import drawn_weights

from mirtools.models.base import Model
from mirtools.models.dmiso import abundance
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import mirbind
from mirtools.models.modelfile import load_model, save_model

ROOT = Path(__file__).resolve().parents[2]
PAIRS = ROOT / ".." / "shared" / "data" / "miRBench" / "AGO2_CLASH_Hejret2023_train_minus_holdout.tsv.gz"
needs_pairs = pytest.mark.skipif(not PAIRS.is_file(), reason="the shared data are not beside the project")

LET7, MIR21 = "TGAGGTAGTAGGTTGTATAGTT", "TAGCTTATCAGACTGATGTTGA"
JASPAR = """\
>MA1 planted
A  [ 0  0  0  9  0  0  0  9 ]
C  [ 0  9  9  0  0  9  0  0 ]
G  [ 0  0  0  0  0  0  0  0 ]
T  [ 9  0  0  0  9  0  9  0 ]
>MA2 other
9 9 0 0 0 0 9 0 9
0 0 0 9 0 0 0 0 0
0 0 9 0 0 9 0 9 0
0 0 0 0 9 0 0 0 0
"""


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def interpret(*arguments, stdin=b""):
    done = run("dmiso-interpret", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


@pytest.fixture
def planted(workplace):
    """A model whose first site kernel looks for TACCTCA, and pairs whose positive sites have it at base 20."""
    weights = slow_dmiso.random_weights(1)
    weights["site_conv.kernel"][:, :, 0] = 0
    weights["site_conv.bias"][0] = 0
    for position, letter in enumerate("TCCATCTA"):
        weights["site_conv.kernel"][position, "ATCG".index(letter), 0] = 2
    with open("planted.safetensors", "wb") as stream:
        save_model(Model(Dmiso(), weights, "planted", 0.5), stream)
    random = np.random.default_rng(2)
    lines = ["mirna_id\tmirna_seq\ttarget_id\tsite_seq\tlabel"]
    for number in range(60):
        site = "".join(random.choice(list("ACGT"), 45))
        name, mirna = (("let-7a", LET7), ("miR-21", MIR21))[number % 4 // 2]
        if number % 2:
            site = site[:20] + "TCCATCTA" + site[28:]
        lines.append(f"{name}\t{mirna}\tt{number % 7}\t{site}\t{number % 2}")
    (workplace / "planted.tsv").write_text("\n".join(lines) + "\n")
    (workplace / "known.txt").write_text(JASPAR)
    return ["--model", "planted.safetensors", "planted.tsv"]


def test_maps(planted):
    rows = rows_of(interpret(*planted, "--json", "report.json"))
    assert list(rows[0]) == "sequence pairs start end n mean_change sd_change mean_abs_change".split()
    assert {(row["sequence"], row["pairs"]) for row in rows} == {
        (sequence, pairs) for sequence in ("mirna", "site") for pairs in ("all", "positive", "negative")
    }
    sites = [row for row in rows if (row["sequence"], row["pairs"]) == ("site", "positive")]
    assert [int(row["start"]) for row in sites] == list(range(42))
    assert {row["n"] for row in sites} == {"30"}
    report = json.loads(Path("report.json").read_text())
    assert report["counts"] == {
        "pairs": 60,
        "labelled_pairs": 60,
        "positive_pairs": 30,
        "mirnas_cropped": 0,
        "sites_cropped": 0,
        "mirnas_too_short": 0,
        "sites_too_short": 0,
        "distinct_mirnas": 2,
        "distinct_sites": 60,
        "kernels_excited": report["counts"]["kernels_excited"],
    }
    assert report["model"]["name"] == "planted"
    changes = [float(row["mean_change"]) for row in sites]
    lowest = report["masking"]["score_change"]["site"]["positive"]["lowers_most"]
    assert (lowest["start"], lowest["end"]) == (int(np.argmin(changes)), int(np.argmin(changes)) + 4)
    assert lowest["mean_change"] == min(changes)
    # wider and narrower masks
    widths = {int(row["end"]) - int(row["start"]) for row in rows_of(interpret(*planted, "--mask", "7"))}
    assert widths == {7}


def test_motifs_and_matches(planted):
    outputs = ["--motifs", "m.meme", "--kernels", "k.tsv", "--compare", "known.txt", "--matches", "x.tsv"]
    interpret(*planted, *outputs, "--min-activation", "0.9", "--json", "r.json")
    kernels = {row["kernel"]: row for row in rows_of(Path("k.tsv").read_text())}
    assert list(kernels) == [f"{branch}_kernel_{n}" for branch in ("mirna", "site") for n in range(1, 11)]
    found = kernels["site_kernel_1"]
    assert (found["consensus"], found["sites"], found["distinct_kmers"]) == ("TCCATCTA", "30", "1")
    assert (found["largest_activation"], found["share_of_sequences"]) == ("16", "0.5000")
    assert (found["best_match"], found["best_match_name"]) == ("MA1", "planted")
    assert float(found["best_e_value"]) < 0.001
    assert float(found["control_p_value"]) < 0.05
    summary = json.loads(Path("r.json").read_text())["comparison"]
    assert summary["motifs_matched"] > summary["motifs_matched_when_permuted"]
    matches = rows_of(Path("x.tsv").read_text())
    first = next(row for row in matches if row["motif"] == "site_kernel_1")
    assert (first["target"], first["strand"], first["offset"], first["overlap"]) == ("MA1", "+", "0", "8")
    assert first["target_consensus"] == "TCCATCTA"
    with open("m.meme") as stream:
        record = bio_motifs.parse(stream, "minimal")
    assert len(record) == sum(row["sites"] != "0" for row in kernels.values())
    planted_motif = next(motif for motif in record if motif.name == "site_kernel_1")
    assert str(planted_motif.consensus) == "TCCATCTA"
    # its own motifs as the file to compare with: every kernel finds itself
    interpret(*planted, "--compare", "m.meme", "--kernels", "again.tsv", "--min-activation", "0.9")
    for row in rows_of(Path("again.tsv").read_text()):
        assert row["best_match"] == (row["kernel"] if row["sites"] != "0" else ".")


def test_no_match_is_a_header(planted):
    interpret(*planted, "--compare", "known.txt", "--matches", "x.tsv", "--max-evalue", "0")
    assert rows_of(Path("x.tsv").read_text()) == []


def test_clusters(planted):
    interpret(
        *planted,
        "--clusters",
        "c.tsv",
        "--shared-targets",
        "s.tsv",
        "--common-targets",
        "t.tsv",
        "--n-clusters",
        "1",
    )
    rows = rows_of(Path("c.tsv").read_text())
    assert sorted((row["mirna_id"], row["cluster"], row["pairs"]) for row in rows) == [
        ("let-7a", "1", "15"),
        ("miR-21", "1", "15"),
    ]
    assert all(len(row["profile"].split(",")) == 27 for row in rows)
    shared = rows_of(Path("s.tsv").read_text())
    assert [row["cluster"] for row in shared] == ["1", "all"]
    assert (shared[0]["mirna_ids"], shared[0]["targets"]) == ("let-7a,miR-21", "7")
    common = rows_of(Path("t.tsv").read_text())
    assert [row["target_id"] for row in common] == [f"t{number}" for number in range(7)]
    assert {(row["cluster"], row["mirnas"], row["mirna_ids"]) for row in common} == {("1", "2", "let-7a,miR-21")}
    interpret(*planted, "--clusters", "c.tsv", "--min-pairs", "16", "--json", "r.json")
    assert rows_of(Path("c.tsv").read_text()) == []
    assert json.loads(Path("r.json").read_text())["dropped"] == {"mirnas_with_too_few_pairs": 2}


def test_tables_without_labels_and_names(planted):
    """Predictions replace labels, and sequences replace names."""
    lines = [line.split("\t") for line in Path("planted.tsv").read_text().splitlines()]
    Path("bare.tsv").write_text("".join(f"{line[1]}\t{line[3]}\n" for line in lines))
    Path("dmiso.txt").write_text("".join(f"{line[0]}\t{line[2]}\t{line[1]}\t{line[3]}\n" for line in lines[1:]))
    model = planted[:2]
    bare = interpret(*model, "bare.tsv", "--clusters", "c.tsv", "--min-pairs", "1", "--json", "r.json")
    assert {row["mirna_id"] for row in rows_of(Path("c.tsv").read_text())} <= {LET7, MIR21}
    assert json.loads(Path("r.json").read_text())["counts"]["labelled_pairs"] == 0
    assert interpret(*model, "--format", "dmiso", "dmiso.txt") == bare
    labelled = interpret(*planted)
    both = [[line for line in text.splitlines() if "\tall\t" in line] for text in (bare, labelled)]
    assert both[0] == both[1]


def test_a_model_with_abundances_is_shown_at_average_abundance(planted):
    model = load_model("planted.safetensors")
    own = {name: shape for name, shape in abundance.TENSOR_SHAPES.items() if name.startswith("abundance")}
    extra = {name: np.full(shape, 2, np.float32) for name, shape in own.items()}
    with open("abundant.safetensors", "wb") as stream:
        save_model(Model(Dmiso(knows_abundance=True), {**model.weights, **extra}, "abundant", 0.5), stream)
    done = run("dmiso-interpret", ["--model", "abundant.safetensors", "planted.tsv"])
    assert done.out.decode() == interpret(*planted)
    assert "all miRNAs and targets are assumed to have average abundance" in done.err


def test_sample(planted):
    whole = interpret(*planted)
    assert interpret(*planted, "--sample", "60") == whole
    some = interpret(*planted, "--sample", "20", "--seed", "3")
    assert {row["n"] for row in rows_of(some) if row["pairs"] == "all"} == {"20"}
    assert interpret(*planted, "--sample", "20", "--seed", "3") == some
    assert interpret(*planted, "--sample", "20", "--seed", "4") != some


FIGURES = ("--plot", "--logos", "--clusters-plot")


@pytest.mark.parametrize(("kind", "options"), [("png", FIGURES[:1]), ("svg", FIGURES), ("pdf", FIGURES[2:])])
def test_figures_are_the_same_in_every_run(planted, kind, options):
    figures = {option: f"{option.strip('-')}.{kind}" for option in options}
    contents = []
    for threads in ("1", "2"):
        words = [word for pair in figures.items() for word in pair]
        words += ["--compare", "known.txt"] if "--logos" in options else []
        interpret(*planted, *words, "--threads", threads)
        contents.append([Path(figure).read_bytes() for figure in figures.values()])
    assert contents[0] == contents[1]
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert all(content.startswith(start) and len(content) > 5000 for content in contents[0])


def test_figures_without_pairs(planted):
    Path("none.tsv").write_text("mirna_seq\tsite_seq\n")
    options = [word for option in FIGURES for word in (option, f"{option.strip('-')}.svg")]
    assert interpret(*planted[:2], "none.tsv", *options).count("\n") == 1
    for option in FIGURES:
        assert Path(f"{option.strip('-')}.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--mask", "21"], 2, "argument --mask: 21 is more than 20 bases"),
        (["--mask", "0"], 2, "argument --mask"),
        (["--min-activation", "1"], 2, "argument --min-activation"),
        (["--matches", "m.tsv"], 2, "--matches needs motifs to compare with; give --compare FILE"),
        (["--compare", "known.txt"], 2, "--compare needs an output"),
        (["--compare", "absent.txt", "--matches", "m.tsv"], 1, "absent.txt: cannot be read"),
        (["--compare", "planted.tsv", "--matches", "m.tsv"], 1, "planted.tsv:1: is not a motif file"),
        (["--plot", "maps.gif"], 2, "is not a .png, .svg or .pdf file"),
        (["--logos", "absent/logos.png"], 1, "absent"),
        (["--model", "other"], 2, "no model 'other'"),
        (["--motifs", "m.meme", "--kernels", "m.meme"], 2, "m.meme"),
    ],
)
def test_errors(planted, arguments, status, words):
    before = sorted(path.name for path in Path().iterdir())
    done = run("dmiso-interpret", [*planted, *arguments])
    assert words in done.err
    assert (done.status, done.out, done.err.count("\n")) == (status, b"", 1)
    assert sorted(path.name for path in Path().iterdir()) == before


def test_bad_labels(planted):
    Path("bad.tsv").write_text(f"mirna_seq\tsite_seq\tlabel\n{LET7}\tACGTACGTACGT\tyes\n")
    done = run("dmiso-interpret", ["--quiet", *planted[:2], "bad.tsv"])
    assert done.err == "dmiso-interpret: error: bad.tsv:2: label is 'yes'; give 1 (interacts) or 0 (does not)\n"


def test_compare_and_pairs_cannot_share_standard_input(planted):
    done = run("dmiso-interpret", [*planted[:2], "-", "--compare", "-", "--matches", "m.tsv"])
    assert done.status == 2
    assert "cannot both be standard input" in done.err


def test_help_is_light():
    done = run_process("dmiso-interpret", ["--help"])
    assert done.status == 0
    assert b"masking maps" in done.out


@needs_pairs
@pytest.mark.slow
def test_the_bundled_model_on_real_pairs(tmp_path, monkeypatch):
    """Masking bases of real interactions lowers the score, that of negatives does not."""
    monkeypatch.chdir(tmp_path)
    interpret(str(PAIRS), "--sample", "2000", "--json", "r.json", "--kernels", "k.tsv")
    changes = json.loads(Path("r.json").read_text())["masking"]["score_change"]
    for sequence in ("mirna", "site"):
        positive, negative = (changes[sequence][group]["lowers_most"] for group in ("positive", "negative"))
        assert positive["mean_change"] < -0.02
        assert positive["mean_change"] < 2 * negative["mean_change"]
    kernels = rows_of(Path("k.tsv").read_text())
    assert sum(float(row["information"]) > 3 for row in kernels if row["sites"] != "0") >= 10


def test_networks_on_pairing_matrices_are_not_for_this_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = mirbind(filters=2, units=2)
    with open("net.safetensors", "wb") as stream:
        save_model(Model(Matrix("mirbind", network), drawn_weights(network), "net"), stream)
    Path("pairs.tsv").write_text(f"mirna_seq\tsite_seq\n{LET7}\t{MIR21}\n")
    done = run("dmiso-interpret", ["--model", "net.safetensors", "-o", "out.tsv", "pairs.tsv"])
    assert done.status == 2
    assert "'net' is a model on pairing matrices (mirbind); this command reads DMISO models" in done.err
    assert done.err.count("\n") == 1
    assert not Path("out.tsv").exists()
    assert run("dmiso-interpret", ["--quiet", "-o", "out.tsv", "pairs.tsv"]).status == 0
