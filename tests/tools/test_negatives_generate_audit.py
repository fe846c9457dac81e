"""negatives-generate --audit and --audit-only: both give the same audit; errors of the command line."""

import csv
import json
import random
from pathlib import Path

import commands
import pytest

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
DATA = commands.ROOT / ".." / "shared" / "data"
MIRNAS = {
    "hsa-let-7a-5p": "TGAGGTAGTAGGTTGTATAGTT",
    "hsa-miR-16-5p": "TAGCAGCACGTAAATATTGGCG",
    "hsa-miR-21-5p": "TAGCTTATCAGACTGATGTTGA",
    "hsa-miR-92a-3p": "TATTGCACTTGTCCCGGCCTGT",
    "hsa-miR-24-3p": "TGGCTCAGTTCAGCAGGAACAG",
}
NEW = "label negative_of strategy site_mfe".split()


def run(*arguments):
    return commands.run("negatives-generate", [str(argument) for argument in arguments])


def rows_of(path):
    with open(path) as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Positives, and pairs of which let-7 is mostly positive and negatives have short sites."""
    folder = tmp_path_factory.mktemp("audit")
    rng = random.Random(1)
    positives, leaky = ["mirna_id\tmirna_seq\tsite_seq"], ["mirna_id\tmirna_seq\tsite_seq\tlabel"]
    for number in range(600):
        name = rng.choices(list(MIRNAS), [8, 1, 1, 1, 1] if number % 2 else [1, 1, 1, 1, 1])[0]
        size = rng.randint(40, 50) if number % 2 else rng.randint(36, 46)
        site = "".join(rng.choices("ACGT", k=size))
        leaky.append(f"{name}\t{MIRNAS[name]}\t{site}\t{number % 2}")
        positives.append(f"{rng.choice(list(MIRNAS))}\t{MIRNAS[name]}\t{site}")
    (folder / "positives.tsv").write_text("\n".join(positives[:161]) + "\n")
    (folder / "leaky.tsv").write_text("\n".join(leaky) + "\n")
    return folder


@pytest.mark.parametrize("threads", [1, 2])
def test_golden(tables, tmp_path, threads):
    files = ["-o", tmp_path / "a.tsv", "--audit-figure", tmp_path / "a.svg", "--json", tmp_path / "a.json"]
    few = ["--audit-energies", 150, "--threads", threads]
    done = run("--audit-only", *few, *files, tables / "leaky.tsv")
    assert done.status == 0, done.err
    assert (tmp_path / "a.tsv").read_text() == (GOLDEN / "leaky_audit.tsv").read_text()
    assert "audit: site_length alone has AUROC 0.81" in done.err
    assert "audit: mirna_identity alone has AUROC 0.73" in done.err
    assert done.err.count("\n") == 5  # three more: the miRNA's seed, all together, and the counts
    report = json.loads((tmp_path / "a.json").read_text())
    assert report["counts"] == {"positives": 300, "negatives": 300}
    assert report["audit"]["warnings"] == ["site_length", "mirna_identity", "mirna_seed", "all_together"]
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("strategy", ["frequency-matched", "random-mirna", "shuffled"])
def test_audit_while_generating_equals_audit_of_the_table(tables, tmp_path, strategy):
    labelled, first, second = (tmp_path / name for name in ("l.tsv", "a.tsv", "b.tsv"))
    options = ["--audit-energies", 100]
    done = run("--strategy", strategy, *options, "--audit", first, "-o", labelled, tables / "positives.tsv")
    assert done.status == 0, done.err
    assert run("--audit-only", *options, "-o", second, labelled).status == 0
    assert first.read_bytes() == second.read_bytes()
    plain = tmp_path / "plain.tsv"
    assert run("--strategy", strategy, "-o", plain, tables / "positives.tsv").status == 0
    assert plain.read_bytes() == labelled.read_bytes()


def test_same_transcript_with_regions(workplace):
    options = ["--transcripts", "transcripts.fa", "--audit-energies", "0"]
    done = run(*options, "--audit", "a.tsv", "--audit-figure", "a.png", "-o", "l.tsv", "typed.tsv")
    assert done.status == 0, done.err
    assert run("--audit-only", *options, "-o", "b.tsv", "l.tsv").status == 0
    found = {row["property"]: row for row in rows_of("a.tsv")}
    assert "region" in found
    assert Path("a.tsv").read_bytes() == Path("b.tsv").read_bytes()
    # without transcripts, the column region describes positives and negatives alike
    assert run("--audit-only", "--audit-energies", "0", "-o", "c.tsv", "l.tsv").status == 0
    assert Path("a.tsv").read_bytes() == Path("c.tsv").read_bytes()
    rows = [line.split("\t") for line in Path("l.tsv").read_text().splitlines()]
    rows[0][rows[0].index("region")] = "something"
    Path("without.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    assert run("--audit-only", "--audit-energies", "0", "-o", "c.tsv", "without.tsv").status == 0
    assert [row["property"] for row in rows_of("c.tsv")] == [name for name in found if name != "region"]


def test_zero_rows_and_one_label(tables, tmp_path):
    header = "mirna_seq\tsite_seq\tlabel\n"
    table, output, figure = (tmp_path / name for name in ("t.tsv", "o.tsv", "f.png"))
    table.write_text(header)
    done = run("--audit-only", "-o", output, "--audit-figure", figure, table)
    assert done.status == 0
    assert "no audit: it needs positives and negatives" in done.err
    assert output.read_text().count("\n") == 1
    assert figure.read_bytes().startswith(b"\x89PNG")
    table.write_text(header + "ACGTACGTAC\tACGTACG\t1\n")
    done = run("--audit-only", "-o", tmp_path / "none.tsv", table)
    assert done.status == 1
    assert done.err.endswith("t.tsv: holds no negative pairs (label 0); give both to audit\n")
    assert not (tmp_path / "none.tsv").exists()
    table.write_text(header + "ACGTACGTAC\tACGT\tyes\n")
    assert "t.tsv:2: label is 'yes'; give 1 (interacts) or 0 (does not)" in run("--audit-only", table).err


def test_names_in_other_spellings(tables, tmp_path):
    text = (tables / "leaky.tsv").read_text()
    (tmp_path / "other.tsv").write_text(
        text.replace("mirna_id\tmirna_seq\tsite_seq", "noncodingRNA_name\tnoncodingRNA\tgene", 1)
    )
    few = ["--audit-only", "--audit-energies", 0]
    assert run(*few, tmp_path / "other.tsv").out == run(*few, tables / "leaky.tsv").out


def test_usage_errors(tables):
    pairs = tables / "leaky.tsv"
    for arguments, problem in (
        (["--audit-only", "--audit", "x.tsv", pairs], "--audit-only makes no negatives"),
        (["--audit-only", "--unmet", "x.tsv", pairs], "--audit-only makes no negatives"),
        (["--audit-only", "--gtf", "x.gtf", pairs], "need --transcripts"),
        (["--audit-only", "--against", "-", "-"], "cannot both be standard input"),
        (["--strategy", "shuffled", "--against", "x.tsv", pairs], "--against is for an audit"),
        (["--strategy", "shuffled", "--audit-figure", "x.txt", pairs], "is not a .png, .svg or .pdf file"),
        (["--strategy", "shuffled", "--audit", "x.tsv", "-o", "x.tsv", pairs], "is named for two outputs"),
    ):
        done = run(*arguments)
        assert (done.status, done.err.count("\n")) == (2, 1)
        assert problem in done.err


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_the_mirbind_split_is_flagged(tmp_path):
    pairs = DATA / "clash_pairs"
    options = ["--audit-only", "--audit-energies", 0, "--against", pairs / "mirbind_train_set_1_1.tsv.gz"]
    done = run(*options, "-o", tmp_path / "a.tsv", pairs / "mirbind_test_set_1_1.tsv.gz")
    assert done.status == 0
    for name in ("mirna_identity", "site_memory"):
        assert f"audit: {name} alone has AUROC 0.90" in done.err
