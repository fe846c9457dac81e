"""Alignments of computed attributions."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from commands import run

from mirtools.alignment.source import pairing_of
from mirtools.attribution.choose import explained_model
from mirtools.models.base import Model
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network, cnn
from mirtools.models.modelfile import save_model
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A model with random weights, a table of pairs, and one of background pairs."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(4)
    network = cnn()
    weights = {
        name: (
            random.uniform(0.5, 1.5, shape)
            if name.endswith((".gamma", ".variance"))
            else random.normal(0, 0.1 if len(shape) < 2 else np.sqrt(2 / np.prod(shape[:-1])), shape)
        ).astype("f4")
        for name, shape in network.tensor_shapes().items()
    }
    with open("model.safetensors", "wb") as stream:
        save_model(Model(Matrix("cnn", network), weights, "test", 0.5), stream)
    letters = np.array(list("ACGT"))
    for name, count in (("pairs.tsv", 70), ("background.tsv", 8)):
        rows = [
            (str(number), "".join(random.choice(letters, 22)), "".join(random.choice(letters, 50)))
            for number in range(count)
        ]
        lines = ["pair_id\tmirna_seq\tsite_seq", *("\t".join(row) for row in rows)]
        Path(name).write_text("\n".join(lines) + "\n")
    return tmp_path


def _align(*arguments):
    done = run("attrib-align", ["--quiet", *arguments])
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


def test_attributions_add_up_and_do_not_depend_on_threads(folder):
    line = "--model model.safetensors --background-pairs background.tsv pairs.tsv --json report.json".split()
    one, two = (_align(*line, "--threads", threads) for threads in ("1", "2"))
    assert one == two
    report = json.loads(Path("report.json").read_text())
    assert report["explainer"]["kind"] == "deep"
    assert report["explainer"]["background"]["pairs"] == 8
    assert report["explainer"]["largest_additivity_gap"] < 1e-4
    assert report["model"]["name"] == "test"
    assert report["counts"]["pairs"] == report["counts"]["mirnas_cropped"] == 70
    rows = list(csv.DictReader(io.StringIO(one), delimiter="\t"))
    # the same scores as a prediction with the same model
    done = run("dmiso-predict", ["--quiet", "--model", "model.safetensors", "pairs.tsv"])
    scored = list(csv.DictReader(io.StringIO(done.out.decode()), delimiter="\t"))
    for row, other in zip(rows, scored, strict=True):
        assert float(row["score"]) == pytest.approx(float(other["score"]), abs=2e-6)
    # a table with scores keeps them
    Path("scored.tsv").write_bytes(done.out)
    line[-3] = "scored.tsv"
    again = list(csv.DictReader(io.StringIO(_align(*line)), delimiter="\t"))
    assert [row["score"] for row in again] == [row["score"] for row in scored]
    assert [row["column_scores"] for row in again] == [row["column_scores"] for row in rows]


def test_explanations_do_not_depend_on_other_pairs(folder):
    lines = Path("pairs.tsv").read_text().splitlines(keepends=True)
    Path("one.tsv").write_text(lines[0] + lines[41])
    line = "--model model.safetensors --background-pairs background.tsv".split()
    assert _align(*line, "one.tsv").splitlines()[1] == _align(*line, "pairs.tsv").splitlines()[41]


def test_the_window_of_a_long_site_in_the_table_is_explained(folder):
    random = np.random.default_rng(5)
    mirna, site = ("".join(random.choice(list("ACGT"), length)) for length in (20, 80))
    windows = [("17", "67"), ("0", "50"), (".", "."), ("40", "81"), ("9" * 5000, "3"), ("0", "80")]
    lines = ["mirna_seq\tsite_seq\twindow_start\twindow_end"]
    lines += [f"{mirna}\t{site}\t{start}\t{end}" for start, end in windows]
    Path("long.tsv").write_text("\n".join(lines) + "\n")
    parts = [(17, 67), (0, 50), *[(15, 65)] * 4]  # the centre if there is no valid window
    lines = ["mirna_seq\tsite_seq", *(f"{mirna}\t{site[start:end]}" for start, end in parts)]
    Path("short.tsv").write_text("\n".join(lines) + "\n")
    line = "--model model.safetensors --background-pairs background.tsv --json report.json".split()
    short, long = (_rows(_align(*line, table)) for table in ("short.tsv", "long.tsv"))
    counts = json.loads(Path("report.json").read_text())["counts"]
    assert (counts["sites_in_windows"], counts["sites_cropped"]) == (2, 4)
    for (first, _), alone, within in zip(parts, short, long, strict=True):
        for name in ("score", "alignment_score", "aligned_target", "mirna_importance", "target_importance"):
            assert within[name] == alone[name]
        for name in ("alignment_start", "alignment_end"):
            assert int(within[name]) == int(alone[name]) + first


def test_the_model_of_two_sequences(folder):
    lines = Path("pairs.tsv").read_text().splitlines(keepends=True)
    Path("few.tsv").write_text("".join(lines[:4]))
    row = next(
        csv.DictReader(
            io.StringIO(_align("--model", "dmiso", "--explainer", "masking", "few.tsv")), delimiter="\t"
        )
    )
    assert len(row["mirna_importance"].split(",")) == 22
    assert len(row["target_importance"].split(",")) == 50


def _rows(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def _numbers(cell):
    return np.array(list(map(float, cell.split(","))))


def _few(count=3):
    lines = Path("pairs.tsv").read_text().splitlines(keepends=True)
    Path("few.tsv").write_text("".join(lines[: count + 1]))
    return _rows("".join(lines[: count + 1]))


def _scores(pairs):
    lines = ["mirna_seq\tsite_seq", *(f"{mirna}\t{site}" for mirna, site in pairs)]
    done = run(
        "dmiso-predict",
        ["--quiet", "--model", "model.safetensors", "-"],
        ("\n".join(lines) + "\n").encode(),
    )
    return [float(row["score"]) for row in _rows(done.out.decode())]


def test_mutagenesis_equals_predictions_of_mutants(folder):
    pair = _few(1)[0]
    mirna, site = pair["mirna_seq"], pair["site_seq"]
    (row,) = _rows(_align(*"--model model.safetensors --explainer ism --importance bases few.tsv".split()))
    places = (0, 7, 19)
    mutants = [
        mirna[:place] + base + mirna[place + 1 :] for place in places for base in "ACGT" if base != mirna[place]
    ]
    score, *mutated = _scores([(mirna, site), *((mutant, site) for mutant in mutants)])
    expected = score - np.reshape(mutated, (3, 3)).mean(axis=1)
    importance = _numbers(row["mirna_importance"])
    assert len(importance) == 20
    np.testing.assert_allclose(importance[list(places)], expected, atol=3e-6)


def test_mutations_of_a_table(folder):
    pair = _few(2)[0]
    mirna, site = pair["mirna_seq"], pair["site_seq"]
    line = "--model model.safetensors --explainer ism few.tsv".split()
    row = _rows(_align(*line))[0]
    # the base of the site aligned with the miRNA's ninth
    facing, at, base = {}, 0, 19
    for above, below in zip(row["aligned_target"], row["aligned_mirna"], strict=True):
        if above != "-" and below != "-":
            facing[base] = at
        at, base = at + (above != "-"), base - (below != "-")
    place = facing[8]

    def other(letter):
        return "A" if letter != "A" else "C"

    Path("mutations.tsv").write_text(
        "pair_id\tside\tposition\tbases\n"
        f"0\tmirna\t3\t{other(mirna[2])}{other(mirna[3])}\n"
        f"0\tsite\t{place + 1}\t{other(site[place])}\n"
        "absent\tmirna\t1\tA\n"
    )
    options = [
        "--mutations",
        "mutations.tsv",
        "--mutants",
        "mutants.tsv",
        "--json",
        "report.json",
        "--threads",
        "2",
    ]
    rows = _rows(_align(*line, *options))
    pairs = [
        (mirna, site),
        (mirna[:2] + other(mirna[2]) + other(mirna[3]) + mirna[4:], site),
        (mirna, site[:place] + other(site[place]) + site[place + 1 :]),
    ]
    score, first, second = _scores(pairs)
    importance = _numbers(rows[0]["mirna_importance"])
    expected = np.zeros(20)
    expected[2:4] = score - first
    expected[8] = score - second
    np.testing.assert_allclose(importance, expected, atol=3e-6)
    on_site = _numbers(rows[0]["target_importance"])
    assert on_site[place] == pytest.approx(score - second, abs=3e-6)
    assert not _numbers(rows[1]["mirna_importance"]).any()
    # the alignment is that of the matrix
    assert rows[0]["aligned_mirna"] == row["aligned_mirna"]
    mutants = _rows(Path("mutants.tsv").read_text())
    assert [(each["pair_id"], each["side"], each["position"]) for each in mutants] == [
        ("0", "mirna", "3"),
        ("0", "site", str(place + 1)),
    ]
    assert float(mutants[1]["change"]) == pytest.approx(score - second, abs=3e-6)
    report = json.loads(Path("report.json").read_text())
    assert report["counts"]["mutants"] == 2
    assert report["dropped"] == {"mutations_of_absent_pairs": 1}


def test_importances_by_base_add_up_to_the_matrix(folder):
    _few()
    line = "--model model.safetensors --background-pairs background.tsv few.tsv --importance bases".split()
    for row in _rows(_align(*line)):
        by_mirna, by_site = _numbers(row["mirna_importance"]), _numbers(row["target_importance"])
        assert by_mirna.sum() == pytest.approx(by_site.sum(), abs=1e-4)
        assert (by_mirna < 0).any()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ("--mutations mutations.tsv pairs.tsv", 2, "needs --explainer ism"),
        ("--explainer ism --mutants mutants.tsv pairs.tsv", 2, "give --mutations"),
        ("--explainer ism --mutations - -", 2, "cannot both be standard input"),
        ("--matrix m.npz --importance bases pairs.tsv", 2, "omit --matrix"),
        (
            "--model dmiso --explainer ism --mutations mutations.tsv pairs.tsv",
            1,
            "is not explained by ism; use deep or masking",
        ),
        ("--model model.safetensors --explainer ism --mutations pairs.tsv pairs.tsv", 1, "pairs.tsv"),
        ("--model model.safetensors --explainer masking pairs.tsv", 1, "masking"),
        ("--model model.safetensors --background-pairs absent.tsv pairs.tsv", 1, "absent.tsv: cannot be read"),
    ],
)
def test_bad_input(folder, arguments, status, words):
    done = run("attrib-align", ["--quiet", "-o", "out.tsv", *arguments.split()])
    assert done.status == status, done.err
    assert done.err.startswith("attrib-align: error: ")
    assert done.err.count("\n") == 1
    assert words in done.err
    assert "internal error" not in done.err
    assert len(done.err) <= 201
    assert not Path("out.tsv").exists()


def test_pairs_in_alignments_for_a_model(folder):
    model = explained_model("model.safetensors")
    assert pairing_of(model) is WATSON_CRICK
    assert pairing_of(explained_model("dmiso")) is WATSON_CRICK
    every = PairingRule("ACGT", ("any",), {(a, b): (1.0,) for a in "ACGT" for b in "ACGT"})
    charges = PairingRule("DK", ("bridge",), {("D", "K"): (1.0,), ("K", "D"): (1.0,)})
    for rule, expected in ((WOBBLE, WOBBLE), (every, WATSON_CRICK), (charges, charges)):
        network = Network(
            rule,
            model.family.network.site_length,
            model.family.network.mirna_length,
            model.family.network.layers,
        )
        assert pairing_of(Model(Matrix("mirbind", network), model.weights, "other")) is expected
