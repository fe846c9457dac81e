"""dmiso-evaluate as a command: its outputs, matching rules and errors."""

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest
from commands import run, run_process

from tools import dmiso_evaluate

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".." / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not beside the project")

MIR16, LET7 = "TAGCAGCACGTAAATATTGGCG", "TGAGGTAGTAGGTTGTATAGTT"
# label, score, class, types; the sites of miR-16 lie on one transcript, those of let-7 on another
ROWS = [
    ("P1", "hsa-miR-16-5p", MIR16, "T1", "100", "120", "GCCAATATTTACGTGCTGCTAA", "1", "0.9", "exact", "."),
    (
        "P2",
        "hsa-miR-16-5p",
        MIR16,
        "T1",
        "200",
        "220",
        "ACGTACGTACGTATGCTGCTTT",
        "1",
        "0.6",
        "isomir",
        "3p_addition",
    ),
    ("P3", "hsa-miR-16-5p", MIR16, "T1", "300", "320", "ACGTACGTACGTACGTACGTAC", "0", "0.7", "exact", "."),
    (
        "P4",
        "hsa-let-7a-5p",
        LET7,
        "T2",
        "10",
        "30",
        "AACTATACAACCTACTACCTCA",
        "1",
        "0.8",
        "isomir",
        "SNP,5p_deletion",
    ),
    ("P5", "hsa-let-7a-5p", LET7, "T2", "50", "70", "ACACACACACACACACACACAC", "0", "0.1", "exact", "."),
    ("P6", "hsa-let-7a-5p", LET7, "T2", "90", "99", "AGAGAGAGAGAGAGAGAGAGAG", "0", ".", "isomir", "SNP"),
]
HEADER = (
    "pair_id mirna_id mirna_seq target_id site_start site_end site_seq label score mirna_class isomir_types"
).split()
TABLE = "".join("\t".join(row) + "\n" for row in [HEADER, *ROWS])
MIRANDA = (
    ">hsa-miR-16-5p\tT1\t155.00\t-20.0\t2 20\t111 140\t18\t72%\t88%\n"
    ">hsa-miR-16-5p\tT1\t145.00\t-30.0\t2 20\t310 330\t18\t72%\t88%\n"
    ">hsa-miR-16-5p\tT1\t160.00\t-30.0\t2 20\t121 200\t18\t72%\t88%\n"
    ">hsa-let-7a-5p\tT1\t170.00\t-30.0\t2 20\t11 30\t18\t72%\t88%\n"
)


def evaluate(*arguments, stdin=b""):
    done = run("dmiso-evaluate", ["--quiet", "--resamples", "50", *arguments], stdin)
    assert (done.status, done.err) == (0, "")
    return {(row["part"], row["predictor"]): row for row in rows_of(done.out.decode())}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test.tsv").write_text(TABLE)
    (tmp_path / "miranda.txt").write_text(MIRANDA)
    return tmp_path


def test_results_by_hand(here):
    found = evaluate("test.tsv")
    assert {part for part, _ in found} == {
        "all", "exact", "isomir", "5p_deletion", "3p_addition", "SNP", "5p_isomir", "3p_isomir", "polymorphic"
    }  # fmt: skip
    row = found["all", "score"]
    # positives 0.9, 0.6, 0.8; negatives 0.7, 0.1, none: 8 of 9 in order
    assert row["auroc"] == f"{8 / 9:.4f}"
    assert row["average_precision"] == f"{(1 + 1 + 3 / 4) / 3:.4f}"
    # 0.9 and 0.6 against 0.7 within miR-16, 0.8 against 0.1 and none within let-7
    assert row["within_mirna_auroc"] == "0.7500"
    assert (row["precision"], row["recall"], row["specificity"]) == ("0.7500", "1.0000", "0.6667")
    assert (row["pairs"], row["positives"], row["negatives"], row["mirnas"]) == ("6", "3", "3", "2")
    assert (row["scored"], row["called"]) == ("5", "4")
    assert found["exact", "score"]["auroc"] == "1.0000"
    assert found["3p_addition", "score"]["auroc"] == "."
    assert found["3p_addition", "score"]["recall"] == "1.0000"


def test_other_programs_are_compared(here):
    found = evaluate(
        "test.tsv", "--miranda", "miranda.txt", "--baselines", "site_type,8mer", "--json", "report.json"
    )
    predictors = [name for part, name in found if part == "all"]
    assert predictors == ["score", "miranda", "site_type", "8mer"]
    row = found["all", "miranda"]
    # 155 is for P1; 160 ends where P2 begins; 145 is for P3, a negative; let-7 is on another transcript
    assert (row["scored"], row["called"]) == ("2", "2")
    assert row["auroc"] == f"{(3 + 2 * (0 + 0.5 + 0.5)) / 9:.4f}"
    assert (row["recall"], row["precision"]) == ("0.3333", "0.5000")
    report = json.loads(Path("report.json").read_text())
    assert report["programs"]["miranda"] == {"predictions": 4, "used": 2, "pairs_predicted": 2}
    assert report["predictors"]["miranda"] == {"ranked_by": "score", "better": "higher"}
    assert report["figures"]["all"]["8mer"]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert report["counts"] == {"pairs": 6, "positives": 3}


def test_programs_that_saw_sites_alone(here):
    by_program = evaluate("test.tsv", "--miranda", "miranda.txt", "--positions", "miranda=site", "--parts", "all")
    assert evaluate("test.tsv", "--miranda", "miranda.txt", "--positions", "site", "--parts", "all") == by_program
    assert by_program["all", "miranda"]["called"] == "3"
    others = evaluate("test.tsv", "--miranda", "miranda.txt", "--positions", "rna22=site", "--parts", "all")
    assert others["all", "miranda"]["called"] == "2"


def test_yes_and_no_as_in_the_paper(here):
    row = evaluate("test.tsv", "--miranda", "miranda.txt", "--peer-ranking", "prediction", "--parts", "all")[
        "all", "miranda"
    ]
    assert row["ranked_by"] == "prediction"
    # recall 1/3 and one false yes in three: no ranking beyond that
    assert row["auroc"] == "0.5000"


def test_energies_and_thresholds(here):
    found = evaluate(
        "test.tsv", "--miranda", "miranda.txt", "--rank-by", "miranda=energy",
        "--threshold", "miranda=-25", "--threshold", "0.75",
    )  # fmt: skip
    assert found["all", "miranda"]["better"] == "lower"
    assert (found["all", "miranda"]["called"], found["all", "score"]["called"]) == ("1", "2")


def test_what_is_said(here):
    done = run(
        "dmiso-evaluate",
        ["--resamples", "5", "--miranda", "miranda.txt", "--rank-by", "miranda=energy", "test.tsv"],
    )
    assert done.err.splitlines() == [
        "dmiso-evaluate: miranda: 4 predictions, 2 of them for the pairs; 2 of 6 pairs have one",
        "dmiso-evaluate: score is ranked by score",
        "dmiso-evaluate: miranda is ranked by energy, of which lower is better: its sign is turned",
        "dmiso-evaluate: pairs 6, positives 3",
    ]
    Path("miranda.txt").write_text(MIRANDA.replace("hsa-", "mmu-"))
    done = run("dmiso-evaluate", ["--resamples", "5", "--miranda", "miranda.txt", "test.tsv"])
    assert "dmiso-evaluate: miranda: no name fits; names may be" in done.err


def test_several_tables_and_their_differences(here):
    Path("other.tsv").write_text("pair_id\tscore\nP5\t5\nP1\t1\nP2\t2\nP3\t3\n")
    found = evaluate("test.tsv", "worse=other.tsv", "--differences", "lead.tsv", "--parts", "all")
    assert [name for _, name in found] == ["test", "worse"]
    assert (found["all", "worse"]["scored"], found["all", "worse"]["f1"]) == ("4", ".")
    lead = {row["figure"]: row for row in rows_of(Path("lead.tsv").read_text())}
    assert (lead["auroc"]["predictor"], lead["auroc"]["reference"]) == ("worse", "test")
    expected = float(found["all", "worse"]["auroc"]) - float(found["all", "test"]["auroc"])
    assert float(lead["auroc"]["difference"]) == pytest.approx(expected, abs=2e-4)
    done = run("dmiso-evaluate", ["--resamples", "5", "test.tsv", "worse=other.tsv"])
    assert "other.tsv: no scores for 2 of 6 pairs; they rank last" in done.err


def test_parts_seen_in_training(here):
    Path("train.tsv").write_text(
        f"mirna_id\tmirna_seq\tsite_seq\tlabel\nhsa-let-7a-5p\t{LET7}\tACACACA\t1\n.\tACGTACGTAC\tACACACA\t0\n"
    )
    found = evaluate("test.tsv", "--training", "train.tsv", "--parts", "seen", "--baselines", "mirna_identity")
    assert {part: row["pairs"] for (part, name), row in found.items() if name == "score"} == {
        "mirna_seen": "3",
        "mirna_unseen": "3",
        "target_unseen": "6",
    }
    assert found["mirna_seen", "mirna_identity"]["auroc"] == "0.5000"


def test_some_rows_alone(here):
    found = evaluate("test.tsv", "--only", "mirna_class=isomir", "--parts", "all", "--json", "report.json")
    assert (found["all", "score"]["pairs"], found["all", "score"]["positives"]) == ("3", "2")
    assert json.loads(Path("report.json").read_text())["dropped"] == {"pairs left out by --only": 3}
    line = ["test.tsv", "--parts", "all", "--only", "mirna_id=hsa-miR-16-5p", "--only", "mirna_class=isomir"]
    assert evaluate(*line)["all", "score"]["pairs"] == "1"
    assert evaluate(*line, "--only", "mirna_class=exact")["all", "score"]["pairs"] == "3"
    # a result without pairs
    assert evaluate("test.tsv", "--only", "mirna_class=other") == {}


def test_a_split_that_leaks_is_reported(here):
    done = run(
        "dmiso-evaluate", ["test.tsv", "--training", "test.tsv", "--resamples", "5", "--json", "report.json"]
    )
    assert "dmiso-evaluate: warning: 6 of 6 pairs are training pairs" in done.err
    assert "warning: how often a site was positive in the training predicts the label with AUROC 1.000" in done.err
    report = json.loads(Path("report.json").read_text())["training"]
    assert (report["training_pairs"], report["site_identity_auroc"]) == (6, 1.0)


def test_positives_alone(here):
    lines = [line.split("\t") for line in TABLE.splitlines()]
    at = HEADER.index("label")
    Path("positives.tsv").write_text("".join("\t".join(row[:at] + row[at + 1 :]) + "\n" for row in lines))
    found = evaluate("--positives-only", "--by", "mirna_class", "--miranda", "miranda.txt", "positives.tsv")
    assert (found["all", "score"]["recall"], found["all", "miranda"]["recall"]) == ("0.6667", "0.3333")
    twice = evaluate("--positives-only", "--by", "mirna_class", "--by", "mirna_class", "positives.tsv")
    assert [part for part, _ in twice].count("mirna_class=exact") == 1
    assert found["mirna_class=exact", "miranda"]["recall"] == "0.6667"
    assert found["all", "score"]["auroc"] == found["all", "score"]["precision"] == "."
    assert run("dmiso-evaluate", ["positives.tsv"]).err.endswith("add it, or say --positives-only\n")


def test_standard_input_and_figure(here):
    pytest.importorskip("matplotlib")
    evaluate("-", "--figure", "f.svg", stdin=TABLE.encode())
    assert "test" not in Path("f.svg").read_text()[:200]
    first = Path("f.svg").read_bytes()
    evaluate("--figure", "f.svg", stdin=TABLE.encode())
    assert Path("f.svg").read_bytes() == first


def test_summary(here):
    evaluate("<a|b>=test.tsv", "--training", "test.tsv", "--parts", "all,class", "--summary", "s.md")
    lines = Path("s.md").read_text().splitlines()
    assert lines[0] == "# Evaluation of the predictors"
    assert lines[2] == "**Warning**: 6 of 6 pairs are training pairs; figures on these mean nothing."
    assert "## All pairs: 3 positives, 3 negatives" in lines
    assert "## exact: 1 positives, 2 negatives" in lines
    at = lines.index("## All pairs: 3 positives, 3 negatives")
    # too few pairs and miRNAs for intervals
    assert lines[at + 2 : at + 5] == [
        "| predictor | AUROC | AP | AUROC within miRNAs | AP within miRNAs "
        "| F1 | precision | recall | specificity |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| &lt;a\\|b&gt; | 0.889 | 0.917 | 0.750 | 0.917 | 0.857 | 0.750 | 1.000 | 0.667 |",
    ]
    Path("many.tsv").write_text("label\tscore\n" + "1\t0.9\n0\t0.3\n1\t0.2\n" * 10)
    evaluate("many.tsv", "--parts", "all", "--summary", "s.md")
    cells = r"\| score \| 0\.500 \(0\.\d{3}-0\.\d{3}\) \| 0\.833 \(0\.\d{3}-0\.\d{3}\) \| 0\.500 \| "
    assert re.search(cells, Path("s.md").read_text())
    evaluate("test.tsv", "--only", "mirna_class=other", "--summary", "s.md")
    assert Path("s.md").read_text() == "# Evaluation of the predictors\n\nNo pairs to evaluate on.\n"


def test_a_file_whose_name_holds_an_equals_sign(here):
    Path("a=b.tsv").write_text(TABLE)
    assert ("all", "score") in evaluate("a=b.tsv")


def test_threads_do_not_matter(here):
    line = ["--baselines", "duplex_energy,cofold_energy", "test.tsv", "--resamples", "30"]
    outputs = {
        run_process("dmiso-evaluate", [*line, "--threads", threads], cwd=here).out for threads in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["test.tsv", "--rank-by", "miranda=pvalue"], 2, "give one of miranda=score, miranda=energy"),
        (["test.tsv", "--positions", "miRanda=site"], 2, "as in miranda=site"),
        (["test.tsv", "--baselines", "9mer"], 2, "no baseline '9mer'"),
        (["test.tsv", "--parts", "half"], 2, "no kind of part 'half'"),
        (["test.tsv", "--threshold", "x=1"], 2, "no predictor 'x'"),
        (["test.tsv", "--figure", "f.bmp"], 2, "is not a .png, .svg or .pdf"),
        (["test.tsv", "test.tsv"], 2, "two predictors are named 'test'"),
        (["test.tsv", "--baselines", "mirna_identity"], 2, "give --training"),
        (["a\tb=test.tsv", "test.tsv"], 2, "'a?b' cannot stand in a table"),
        (["test.tsv", "--positives-only"], 1, "test.tsv:4: label is 0, but --positives-only was given"),
        (["test.tsv", "--only", "mirna_class"], 2, "'mirna_class' is not a column and value"),
        (["test.tsv", "--only", "colour=red"], 1, "test.tsv:1: has no column colour"),
        (["test.tsv", "--by", "colour"], 1, "test.tsv:1: has no column colour"),
        (["test.tsv", "--score", "colour"], 1, "test.tsv:1: has no column colour"),
        (["test.tsv", "--miranda", "test.tsv"], 1, "test.tsv: is not output of miRanda"),
        (["test.tsv", "--miranda", "miranda.txt", "--match", "order"], 1, "4 predictions for 6 pairs"),
        (["nothing.tsv"], 1, "nothing.tsv"),
    ],
)
def test_errors(here, arguments, status, message):
    done = run("dmiso-evaluate", [*arguments, "-o", "out.tsv", "--resamples", "5"])
    assert done.status == status
    last = done.err.splitlines()[-1]
    assert last.startswith("dmiso-evaluate: error: ")
    assert message in last
    assert len(last) <= 200
    assert not Path("out.tsv").exists()


def test_nothing_to_evaluate(here):
    Path("plain.tsv").write_text("label\n1\n")
    done = run("dmiso-evaluate", ["plain.tsv"])
    assert (done.status, done.out) == (2, b"")
    assert "nothing to judge" in done.err


def examples():
    """Return the commands that the help shows, pipes by their last part."""
    text = dmiso_evaluate.EXAMPLES.replace("\\\n", " ")
    lines = [line.split("|")[-1].split(">")[0] for line in text.splitlines() if " dmiso-evaluate " in line]
    return [shlex.split(line)[1:] for line in lines]


@pytest.fixture
def everything(here):
    """All files that the examples name; every program finds the first pair, and no other."""
    lines = [line.split("\t") for line in TABLE.splitlines()]
    at = HEADER.index("label")
    rows = [[*row, "support" if row is lines[0] else "strong"] for row in lines]
    unlabelled = "".join("\t".join(row[:at] + row[at + 1 :]) + "\n" for row in rows)
    hit = f"{MIR16}:22:-20.1:0.01:3:A  A: GC : CG :G  U\n"
    files = {
        "mine.tsv": TABLE,
        "bundled.tsv": TABLE,
        "half.tsv": TABLE.replace("isomir_types", "part").replace("SNP", "held_out"),
        "train.tsv": TABLE.replace("hsa-miR-16-5p", "hsa-miR-1-3p"),
        "scored.tsv": TABLE.replace("mirna_class", "site_mfe").replace("exact", "-9").replace("isomir\t", "-8\t"),
        "mirtarbase.tsv": unlabelled,
        "hybrids.txt": f"{ROWS[0][6]}:50:" + hit,
        "rna22.tsv": "hsa_miR_16_5p\tT1\ttarget from/to=[101,119]\t-21\tA\tC\t((\t))\t17\t18\t0.05\t1\n",
        "targetscan.txt": "a_Gene_ID\tmiRNA_family_ID\tspecies_ID\tMSA_start\tMSA_end\tUTR_start\tUTR_end\t"
        "Group_num\tSite_type\nT1\thsa-miR-16-5p\t9606\t1\t2\t5\t11\t1\t8mer-1a\n",
        "sites.csv": "GeneName\tmiRNA\tSiteStart\tSiteEnd\tPrediction\nT1\thsa-miR-16-5p\t90\t110\t0.9\n",
        "mitar.fa": f">hsa-miR-16-5p|T1|1|0|0.9\n{MIR16[::-1]}NNNN{ROWS[0][6]}\n",
        "regions.tsv": "transcript_id\tcds_end\nT1\t100\n",
    }
    for name, text in files.items():
        Path(name).write_text(text)
    Path("miranda.txt").write_text(MIRANDA.splitlines(keepends=True)[0])


@pytest.mark.parametrize("arguments", examples())
def test_examples_of_the_help(everything, arguments):
    if "--figure" in arguments:
        pytest.importorskip("matplotlib")
    arguments = [*arguments, "--resamples", "20", "--quiet"]
    done = run("dmiso-evaluate", arguments, TABLE.encode())
    assert (done.status, done.err) == (0, "")
    rows = rows_of(done.out.decode())
    for row in rows:
        if row["predictor"] in dmiso_evaluate.PEERS and row["part"] in ("all", "exact"):
            # without positions, the names fit two pairs
            assert row["called"] == ("2" if "--positions" in arguments else "1")
            assert row["recall"] not in ("0.0000", ".")


@needs_data
def test_published_outputs_of_other_programs(here):
    """RNAhybrid's AUROC on this set is known to be 0.835; RNA22 found 330 sites, 247 of them of these pairs."""
    peers = DATA / "clash_pairs" / "peer_outputs"
    found = evaluate(
        str(DATA / "clash_pairs" / "mirbind_test_set_1_1.tsv.gz"), "--parts", "all",
        "--rnahybrid", str(peers / "test_set_1_1_RNAhybrid_raw.txt.gz"),
        "--rna22", str(peers / "test_set_1_1_rna22.tsv.gz"), "--baselines", "6mer,duplex_energy",
    )  # fmt: skip
    assert found["all", "rnahybrid"]["auroc"].startswith("0.835")
    assert (found["all", "rna22"]["scored"], found["all", "rnahybrid"]["scored"]) == ("247", "4000")
    assert 0.84 < float(found["all", "duplex_energy"]["auroc"]) < 0.86
    assert found["all", "6mer"]["auroc"].startswith("0.56")
