"""dmiso-predict as a command."""

import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from commands import environment, run, run_process

from mirtools.models.bundled import best_bundled
from mirtools.prediction.windows import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / ".." / "shared" / "data" / "dmiso_original"
needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the shared data are not next to the checkout")

# hsa-let-7a-5p and a site with its seed match, hsa-miR-21-5p and a site that is too long, and a pair of odd
# letters
PAIRS = """\
mirna_id\tmirna_seq\tsite_seq\tnote
let-7a\tTGAGGTAGTAGGTTGTATAGTT\tAAACTATACAACCTACTACCTCATTCCGGAATTCC\t1
let-7a\tugagguaguagguuguauaguu\taaacuauacaaccuacuaccucauuccggaauucc\t2
miR-21\tTAGCTTATCAGACTGATGTTGA\tCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTCAGTC\t3
odd\tRYSWKMNNNNACGTACGTACGTACGTACGTACGTACGT\tACGTNNN\t4
"""


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def predict(*arguments, stdin=b""):
    done = run("dmiso-predict", ["--quiet", *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


@pytest.fixture
def pairs(workplace):
    (workplace / "few.tsv").write_text(PAIRS)
    return "few.tsv"


def test_rows_with_scores(pairs):
    text = predict("--model", "model.safetensors", pairs, "--json", "report.json")
    assert text.startswith("mirna_id\tmirna_seq\tsite_seq\tnote\tscore\tprediction\twindow_start\twindow_end\n")
    rows = rows_of(text)
    assert [row["note"] for row in rows] == list("1234")
    assert rows[0]["score"] == rows[1]["score"]  # RNA and lower case are the same sequence
    for row in rows:
        assert len(row["score"]) == 8
        assert 0 <= float(row["score"]) <= 1
        assert row["prediction"] == str(int(float(row["score"]) > 0.5))
    report = json.loads(Path("report.json").read_text())
    assert report["counts"] == {
        "pairs": 4,
        "predicted_interactions": sum(row["prediction"] == "1" for row in rows),
        "mirnas_cropped": 1,
        "sites_in_windows": 1,
    }
    assert report["model"]["name"] == "test"
    assert len(report["model"]["sha256"]) == 64


def test_threads_stdin_and_shards_change_nothing(workplace):
    header, *lines = PAIRS.splitlines(keepends=True)
    many = [line.replace("\n", f"_{number}\n") for number in range(900) for line in lines]
    whole = header + "".join(many)
    expected = predict("--model", "model.safetensors", "--threads", "1", "-", stdin=whole.encode())
    for threads in ("2", "3"):
        assert predict("--model", "model.safetensors", "--threads", threads, "-", stdin=whole.encode()) == expected
    shards = [
        predict("--model", "model.safetensors", "-", stdin=(header + "".join(many[start:stop])).encode())
        for start, stop in ((0, 7), (7, 1900), (1900, len(many)))
    ]
    assert "".join([shards[0], *(shard.split("\n", 1)[1] for shard in shards[1:])]) == expected


def test_threshold(pairs):
    never = rows_of(predict("--model", "model.safetensors", "--threshold", "1", pairs))
    assert {row["prediction"] for row in never} == {"0"}
    always = rows_of(predict("--model", "model.safetensors", "--threshold", "0", pairs))
    assert [row["prediction"] for row in always] == [str(int(row["score"] != "0.000000")) for row in always]


def test_zero_rows(workplace):
    done = predict("--model", "model.safetensors", "-", "--json", "report.json", stdin=b"miRNA\tgene\n")
    assert done == "miRNA\tgene\tscore\tprediction\twindow_start\twindow_end\n"
    assert json.loads(Path("report.json").read_text())["counts"]["pairs"] == 0
    assert predict("--model", "model.safetensors", "--format", "dmiso", "-").count("\n") == 1


def test_windows(workplace):
    (workplace / "m.fa").write_text(">m1\nUGAGGUAGUAGGUUGUAUAGUU\n>m2 x\nTAGCTTATCAGACTGATGTTGA\n")
    (workplace / "t.fa").write_text(">t1 y\n" + "ACGTTGCATTGGCACCA" * 8 + "\n>short\nACGTACGT\n")
    options = ["--model", "model.safetensors", "--mirnas", "m.fa", "--targets", "t.fa"]
    rows = rows_of(predict(*options, "--stride", "25", "--json", "report.json"))
    places = [(row["mirna_id"], row["target_id"], row["site_start"], row["site_end"]) for row in rows]
    windows = [
        ("t1", "0", "60"),
        ("t1", "25", "85"),
        ("t1", "50", "110"),
        ("t1", "75", "135"),
        ("t1", "76", "136"),
    ]
    windows.append(("short", "0", "8"))
    by_target = [windows[:5], windows[5:]]
    assert places == [(mirna, *each) for part in by_target for mirna in ("m1", "m2") for each in part]
    assert rows[0]["mirna_seq"] == "TGAGGTAGTAGGTTGTATAGTT"
    assert json.loads(Path("report.json").read_text())["counts"]["windows"] == 12
    # each window has the score of the pair
    table = "mirna_seq\tsite_seq\n" + "".join(f"{row['mirna_seq']}\t{row['site_seq']}\n" for row in rows)
    again = rows_of(predict("--model", "model.safetensors", "-", stdin=table.encode()))
    for one, other in zip(again, rows, strict=True):
        assert abs(float(one["score"]) - float(other["score"])) < 2.1e-6
    best = rows_of(predict(*options, "--stride", "25", "--best"))
    assert len(best) == 4
    assert best[0]["score"] == max(row["score"] for row in rows[:5])


def bases(seed, length, letters="ACGT"):
    return "".join(random.Random(seed).choices(letters, k=length))


@pytest.fixture
def scan_inputs(workplace):
    """Five miRNAs, and targets of all lengths, some of the same gene; returns the options for them."""
    with open("m.fa", "w") as stream:
        stream.writelines(f">m{number} x\n{bases(number, 22, 'ACGU')}\n" for number in range(5))
    with open("t.fa", "w") as stream:
        for number, length in enumerate([700, 20, 60, 61, 1999, 333, 80, 60, 60, 1, 4000]):
            gene = f" gene=g{number % 3}" if number < 6 else ""
            stream.write(f">t{number}{gene}\n{bases(100 + number, length, 'ACGTN')}\n")
    return ["--model", "model.safetensors", "--mirnas", "m.fa", "--targets", "t.fa"]


def median_score(options):
    """Return a threshold that half of the windows exceed."""
    scores = sorted(row["score"] for row in rows_of(predict(*options)))
    return scores[len(scores) // 2]


@pytest.mark.parametrize("shards", [2, 3, 7])
def test_concatenated_shards_equal_the_whole(scan_inputs, shards):
    (Path("wide.tsv")).write_text(PAIRS + PAIRS.split("\n", 1)[1] * 300)
    for options in (["--model", "model.safetensors", "wide.tsv"], scan_inputs):
        whole = predict(*options)
        parts = [predict(*options, "--shard", f"{number}/{shards}") for number in range(1, shards + 1)]
        header = whole.split("\n", 1)[0] + "\n"
        assert all(part.startswith(header) for part in parts)
        assert whole == header + "".join(part.removeprefix(header) for part in parts)
        sizes = [len(part) for part in parts]
        assert options is scan_inputs or max(sizes) < 1.1 * min(sizes)
    # commands read concatenated shards, whose headers are repeated
    Path("joined.tsv").write_text("".join(parts))
    again = rows_of(predict("--model", "model.safetensors", "joined.tsv"))
    assert [row["site_seq"] for row in again] == [row["site_seq"] for row in rows_of(whole)]


def test_more_shards_than_rows(pairs):
    parts = [predict("--model", "model.safetensors", pairs, "--shard", f"{number}/9") for number in range(1, 10)]
    assert sum(part.count("\n") - 1 for part in parts) == 4


def test_scan_is_the_same_for_threads_and_hash_seeds(scan_inputs):
    from commands import environment

    outputs = ["--genes", "genes.tsv", "--bed", "sites.bed", "-o", "out.tsv"]
    found = set()
    for threads, hash_seed in (("1", "0"), ("2", "1"), ("8", "2")):
        line = ["--quiet", *scan_inputs, *outputs, "--threads", threads]
        done = run_process("dmiso-predict", line, env=environment(PYTHONHASHSEED=hash_seed))
        assert (done.status, done.err) == (0, "")
        found.add(tuple(Path(name).read_bytes() for name in outputs[1::2]))
    assert len(found) == 1


def test_genes_and_sites(scan_inputs):
    Path("genes_of.tsv").write_text("target_id\tgene_id\tgene_name\nt10\tg1\tone\n")
    median = median_score(scan_inputs)
    scan_inputs += ["--threshold", median]
    table = rows_of(
        predict(*scan_inputs, "--genes", "genes.tsv", "--gene-table", "genes_of.tsv", "--bed", "sites.bed")
    )
    genes = rows_of(Path("genes.tsv").read_text())
    members = {"g0": ["t0", "t3"], "g1": ["t1", "t4", "t10"], "g2": ["t2", "t5"]}
    members |= {f"t{number}": [f"t{number}"] for number in range(6, 10)}
    assert [(row["gene_id"], row["mirna_id"]) for row in genes] == [
        (gene, f"m{number}") for gene in members for number in range(5)
    ]
    assert [row["gene_name"] for row in genes[:15:5]] == ["g0", "g1", "g2"]
    bed = [line.split("\t") for line in Path("sites.bed").read_text().splitlines()]
    assert bed == sorted(bed, key=lambda line: (line[0], int(line[1]), int(line[2])))
    for row in genes:
        mine = [
            each
            for each in table
            if each["target_id"] in members[row["gene_id"]] and each["mirna_id"] == row["mirna_id"]
        ]
        best = max(mine, key=lambda each: float(each["score"]))
        for column in ("target_id", "site_start", "site_end", "score", "prediction"):
            assert row[column] == best[column]
        assert (int(row["n_targets"]), int(row["n_windows"])) == (len(members[row["gene_id"]]), len(mine))
        sites = [line for line in bed if line[3] == row["mirna_id"] and line[0] in members[row["gene_id"]]]
        assert int(row["n_sites"]) == len(sites)
        assert (row["n_sites"] == "0") == (float(best["score"]) <= float(median))
    called = {(row["target_id"], row["site_start"], row["site_end"], row["mirna_id"]) for row in table}
    assert {tuple(line[:4]) for line in bed} <= called
    assert len(bed) > 50
    few = rows_of(predict(*scan_inputs, "--predicted", "--genes", "few.tsv", "--gene-table", "genes_of.tsv"))
    assert few == [row for row in table if row["prediction"] == "1"]
    assert rows_of(Path("few.tsv").read_text()) == [row for row in genes if row["prediction"] == "1"]


def test_scans_predict_scores_that_are_rare(scan_inputs, monkeypatch):
    monkeypatch.setattr("mirtools.prediction.background._LEAST_BASES", 1000)
    median = median_score([*scan_inputs, "--threshold", "0.5"])
    plain = rows_of(predict(*scan_inputs, "--threshold", median))
    options = [*scan_inputs, "--background", "0.05", "--threshold", median]
    text = predict(*options, "--genes", "genes.tsv", "--bed", "sites.bed", "--json", "report.json")
    rows = rows_of(text)
    report = json.loads(Path("report.json").read_text())
    counts = report["counts"]
    windows = counts["background_windows"]
    assert report["background"] == {"share": 0.05, "drawn_from": "targets"}
    assert windows * 5 == len(rows)  # few enough to be drawn all
    for number in range(5):
        mine = [row for row in rows if row["mirna_id"] == f"m{number}"]
        scores = [float(row["score"]) for row in mine]
        for row in mine:
            share = (sum(score >= float(row["score"]) for score in scores) + 1) / (windows + 1)
            assert row["background"] == f"{share:.4f}"
            assert row["prediction"] == str(int(share <= 0.05 and float(row["score"]) > float(median)))
    assert [row["score"] for row in rows] == [row["score"] for row in plain]
    called = [row for row in rows if row["prediction"] == "1"]
    assert 0 < len(called) == counts["predicted_interactions"] < sum(row["prediction"] == "1" for row in plain)
    genes = rows_of(Path("genes.tsv").read_text())
    expected = {(row["target_id"], row["mirna_id"]) for row in called}
    bed = [line.split("\t") for line in Path("sites.bed").read_text().splitlines()]
    assert {(line[0], line[3]) for line in bed} == expected
    assert sum(int(row["n_sites"]) for row in genes) == counts["sites"]
    assert {row["mirna_id"] for row in genes if row["prediction"] == "1"} == {mirna for _, mirna in expected}
    assert rows_of(predict(*options, "--predicted")) == called
    # a share of the targets has the background of all targets
    shards = [predict(*options, "--shard", f"{number}/3") for number in (1, 2, 3)]
    assert text == shards[0] + "".join(shard.split("\n", 1)[1] for shard in shards[1:])
    # from a pipe as well
    line = ["--targets" if word == "--targets" else "-" if word == "t.fa" else word for word in options]
    assert predict(*line, stdin=Path("t.fa").read_bytes()) == text


def test_the_default_of_scans_is_a_share_of_a_thousandth(scan_inputs):
    rows = rows_of(predict(*scan_inputs, "--json", "report.json"))
    report = json.loads(Path("report.json").read_text())
    assert report["background"] == {"share": 0.001, "drawn_from": "random sequence"}
    assert report["counts"]["background_windows"] == 10_000
    called = [row for row in rows if row["prediction"] == "1"]
    assert all(float(row["background"]) <= 0.001 for row in called)
    assert len(called) < len(rows) / 50
    assert rows == rows_of(predict(*scan_inputs, "--background", "0.001"))
    # the model's threshold alone, as before
    by_threshold = rows_of(predict(*scan_inputs, "--threshold", "0.5"))
    assert [row["prediction"] for row in by_threshold] == [str(int(float(row["score"]) > 0.5)) for row in rows]
    assert "background" not in by_threshold[0]
    done = run("dmiso-predict", [*scan_inputs, "-o", "out.tsv"])
    (line,) = [line for line in done.err.splitlines() if "threshold is for pairs" in line]
    assert "at most 0.001 of 10,000 windows" in line


def test_sorted_by_score(scan_inputs):
    rows = rows_of(predict(*scan_inputs))
    found = rows_of(predict(*scan_inputs, "--sort", "score"))
    assert found == sorted(rows, key=lambda row: -float(row["score"]))
    best = rows_of(predict(*scan_inputs, "--sort", "score", "--best"))
    assert best == sorted(rows_of(predict(*scan_inputs, "--best")), key=lambda row: -float(row["score"]))


GENCODE = "ENST00000000001.2|ENSG00000000001.5|-|-|ONE-201|ONE|130|UTR5:1-30|CDS:31-90|UTR3:91-130|"


def test_gene_region_and_site_type_of_windows(workplace):
    site = "CTACCTCA"
    coding = "G" * 10 + site + "G" * 32 + "G" * 30 + site + "G" * 42  # 0-based: 10-18 and 80-88
    Path("t.fa").write_text(
        f">{GENCODE} x\n{coding}\n>ENST00000000002.1|ENSG00000000002.1|-|-|TWO-1|TWO|60|\n{'G' * 60}\n"
    )
    scan = ["--mirnas", "ugagguaguagguuguauaguu", "--targets", "t.fa", "--stride", "20", "--window", "40"]
    columns = ("target_id", "site_start", "gene_id", "gene_name", "region", "site_type")
    rows = rows_of(predict(*scan, "--model", "model.safetensors", "--threshold", "0.5"))
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("ENST00000000001.2", "0", "ENSG00000000001.5", "ONE", "5'UTR", "8mer"),
        ("ENST00000000001.2", "20", "ENSG00000000001.5", "ONE", "CDS", "none"),
        ("ENST00000000001.2", "40", "ENSG00000000001.5", "ONE", "CDS", "none"),
        ("ENST00000000001.2", "60", "ENSG00000000001.5", "ONE", "CDS", "8mer"),
        ("ENST00000000001.2", "80", "ENSG00000000001.5", "ONE", "3'UTR", "8mer"),
        ("ENST00000000001.2", "90", "ENSG00000000001.5", "ONE", "3'UTR", "none"),
        ("ENST00000000002.1", "0", "ENSG00000000002.1", "TWO", "noncoding", "none"),
        ("ENST00000000002.1", "20", "ENSG00000000002.1", "TWO", "noncoding", "none"),
    ]
    # from tables
    Path("t.fa").write_text(f">one\n{coding}\n>two\n{'G' * 60}\n")
    Path("regions.tsv").write_text("target_id\tcds_start\tcds_end\none\t30\t90\n")
    Path("genes.tsv").write_text("target_id\tgene_id\tgene_name\ntwo\tG2\tTWO\n")
    tables = ["--regions", "regions.tsv", "--gene-table", "genes.tsv"]
    described = rows_of(predict(*scan, "--model", "model.safetensors", "--threshold", "0.5", *tables))
    assert [row["region"] for row in described] == [row["region"] for row in rows[:6]] + [".", "."]
    assert [(row["gene_id"], row["gene_name"]) for row in described] == [(".", ".")] * 6 + [("G2", "TWO")] * 2
    # from GTF: the same exons on the genome
    attributes = 'gene_id "G1"; gene_name "ONE"; transcript_id "one";'
    lines = [("exon", 1, 130), ("CDS", 31, 87), ("stop_codon", 88, 90)]
    Path("a.gtf").write_text("".join(f"c\tx\t{kind}\t{a}\t{b}\t.\t+\t.\t{attributes}\n" for kind, a, b in lines))
    placed = rows_of(predict(*scan, "--model", "model.safetensors", "--threshold", "0.5", "--gtf", "a.gtf"))
    assert [row["region"] for row in placed] == [row["region"] for row in described]
    assert {(row["gene_id"], row["gene_name"]) for row in placed[:6]} == {("G1", "ONE")}


def test_mirnas_by_name_and_by_sequence(workplace):
    # as in miRBase: letters of RNA, other species, names that begin alike
    Path("mature.fa").write_text(
        ">hsa-let-7a-5p MIMAT0000062 Homo sapiens let-7a-5p\nUGAGGUAGUAGGUUGUAUAGUU\n"
        ">mmu-let-7a-5p MIMAT0000521 Mus musculus let-7a-5p\nUGAGGUAGUAGG\nUUGUAUAGUU\n"
        ">hsa-let-7a-5p-like x\nUGAGGUAGUAGGUUGUAUAGAA\n"
    )
    options = ["--targets", "transcripts.fa", "--model", "model.safetensors", "--best"]
    named = rows_of(predict("--mirnas", "hsa-let-7a-5p", "--database", "mature.fa", *options))
    typed = rows_of(predict("--mirnas", "UGAGGUAGUAGGUUGUAUAGUU", *options))
    assert {row["mirna_id"] for row in named} == {"hsa-let-7a-5p"}
    assert [row["score"] for row in named] == [row["score"] for row in typed]
    done = run("dmiso-predict", ["--quiet", "--mirnas", "let-7a-5p", "--database", "mature.fa", *options])
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "it has hsa-let-7a-5p, mmu-let-7a-5p" in done.err


def test_sites_on_the_genome(scan_inputs):
    attributes = 'gene_id "g"; transcript_id "t0";'
    exons = [(1001, 1100), (2001, 2300), (3001, 3300)]
    Path("a.gtf").write_text(
        "".join(f"chr2\tx\texon\t{start}\t{end}\t.\t-\t.\t{attributes}\n" for start, end in exons)
    )
    predict(*scan_inputs, "--threshold", "0", "--bed", "sites.bed", "-o", "out.tsv")
    predict(*scan_inputs, "--threshold", "0", "--bed", "placed.bed", "--gtf", "a.gtf", "--json", "report.json")
    on_target = [line.split("\t") for line in Path("sites.bed").read_text().splitlines()]
    placed = [line.split("\t") for line in Path("placed.bed").read_text().splitlines()]
    assert len(placed) == sum(line[0] == "t0" for line in on_target) > 20
    assert all(line[0] == "chr2" and line[5] == "-" for line in placed)
    assert all(sum(map(int, line[10].strip(",").split(","))) == 60 for line in placed)
    report = json.loads(Path("report.json").read_text())
    assert report["dropped"] == {"bed_not_in_gtf": len(on_target) - len(placed)}
    assert report["counts"]["sites"] == len(on_target)


def test_outputs_without_predictions(scan_inputs):
    outputs = ["--genes", "genes.tsv", "--bed", "sites.bed", "--json", "report.json"]
    text = predict(*scan_inputs, "--threshold", "1", "--predicted", *outputs)
    assert text == "\t".join(COLUMNS) + "\n"
    assert Path("genes.tsv").read_text().count("\n") == 1
    assert Path("sites.bed").read_text() == ""
    counts = json.loads(Path("report.json").read_text())["counts"]
    assert (counts["predicted_interactions"], counts["sites"], counts["targets"]) == (0, 0, 11)
    # a share without targets
    text = predict(*scan_inputs, "--shard", "2/40", "--bed", "none.bed")
    assert text.count("\n") == 1
    assert Path("none.bed").read_text() == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data.rstrip(b"\n"),
        lambda data: b"\n".join(line.lower() if b">" not in line else line for line in data.split(b"\n")),
        lambda data: b"\n".join(
            line.replace(b"T", b"U") if b">" not in line else line for line in data.split(b"\n")
        ),
        gzip.compress,
    ],
    ids=["crlf", "bom", "lower", "rna", "gz"],
)
def test_dialects_of_fasta(scan_inputs, change):
    expected = predict(*scan_inputs)
    for name in ("m.fa", "t.fa"):
        Path(name).write_bytes(change(Path(name).read_bytes()))
    assert predict(*scan_inputs) == expected


def test_strange_names_survive(workplace):
    names = ["<script>", "=cmd()", "a%b;c", "--x", '"q"', "track", "#1"]
    Path("m.fa").write_text("".join(f">{name}\n{bases(name, 22)}\n" for name in names))
    Path("t.fa").write_text("".join(f">{name}\n{bases(name + 't', 70)}\n" for name in names))
    options = ["--mirnas", "m.fa", "--targets", "t.fa", "--threshold", "0", "--model", "model.safetensors"]
    rows = rows_of(predict(*options, "--best", "--bed", "s.bed", "--genes", "g.tsv"))
    expected = [(target, mirna) for target in names for mirna in names]
    assert [(row["target_id"], row["mirna_id"]) for row in rows] == expected
    assert [(row["gene_id"], row["mirna_id"]) for row in rows_of(Path("g.tsv").read_text())] == expected
    lines = [line.split("\t") for line in Path("s.bed").read_text().splitlines()]
    assert all(len(line) == 12 and line[0].isascii() for line in lines)
    assert {unquote(line[0]) for line in lines} == {unquote(line[3]) for line in lines} == set(names)
    assert not any(line[0].startswith(("#", "track", "browser")) for line in lines)


def peak_memory(arguments):
    """Return the peak memory (MB) of a run of the command."""
    code = "from tools.dmiso_predict import main; main(); print(open('/proc/self/status').read())"
    line = [sys.executable, "-c", code, "--quiet", *arguments]
    done = subprocess.run(line, env=environment(), capture_output=True, check=True, text=True)
    return next(int(line.split()[1]) / 1024 for line in done.stdout.splitlines() if line.startswith("VmHWM"))


def test_scoring_needs_no_heavy_package(workplace):
    # benchmarks/predict_speed.py measures the time
    row = f"{bases(1, 22)}\t{bases(2, 50)}\n"
    Path("p.tsv").write_text("mirna_seq\tsite_seq\n" + row * 1000)
    code = (
        "import sys\nfrom tools.dmiso_predict import main\nmain()\n"
        "print(*({'numba', 'pandas', 'tensorflow', 'keras', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    line = [sys.executable, "-c", code, "--quiet", "p.tsv", "-o", "out.tsv"]
    done = subprocess.run(line, env=environment(), capture_output=True, check=True, text=True)
    assert done.stdout == "\n"
    assert Path("out.tsv").read_text().count("\n") == 1001


@pytest.mark.slow
def test_memory_does_not_grow_with_the_input(scan_inputs):
    peaks = {}
    row = f"{bases(1, 22)}\t{bases(2, 50)}\n"
    for kind, size in (("scan", 1), ("scan", 8), ("pairs", 1), ("pairs", 30)):
        Path("t.fa").write_text("".join(f">t{number}\n{bases(number, 3000)}\n" for number in range(60 * size)))
        Path("p.tsv").write_text("mirna_seq\tsite_seq\n" + row * 3000 * size)
        options = scan_inputs if kind == "scan" else [*scan_inputs[:2], "p.tsv"]
        peaks[kind, size] = peak_memory([*options, "-o", "out.tsv"])
    Path("t.fa").write_text(f">long\n{bases(3, 1_000_000)}\n")
    assert peak_memory([*scan_inputs, "--best", "-o", "out.tsv"]) < 300
    assert max(peaks.values()) < 200
    assert peaks["scan", 8] < peaks["scan", 1] + 15
    assert peaks["pairs", 30] < peaks["pairs", 1] + 25


# ---- the original DMISO: its inputs, not its defects --------------------------------------------------------


@needs_examples
def test_original_examples_run_unchanged(workplace):
    """Identifiers, sequences and order must equal the published output; its scores are another model's."""
    expected = (EXAMPLES / "test_output.txt").read_text().splitlines()[1:]
    text = predict("--format", "dmiso", "--model", "model.safetensors", str(EXAMPLES / "test_pairs.txt"))
    header, *lines = text.splitlines()
    assert header == "\t".join(
        "mirna_id target_id mirna_seq site_seq score prediction window_start window_end".split()
    )
    assert [line.split("\t")[:4] for line in lines] == [line.split("\t")[:4] for line in expected]
    options = ["--mirnas", str(EXAMPLES / "test_miRNAs.fa"), "--targets", str(EXAMPLES / "test_mRNAs.fa")]
    best = rows_of(predict(*options, "--model", "model.safetensors", "--best", "--genes", "genes.tsv"))
    assert len(best) == 16
    genes = rows_of(Path("genes.tsv").read_text())
    assert [row["gene_name"] for row in genes[::4]] == ["RPS15A", "PUM2", "H3C14", "FBXL20"]


def test_original_cropped_long_targets_and_this_does_not(workplace):
    """Of targets longer than 60 nt, the original scored only the central 60 nt."""
    mirna, site, filler = bases(1, 22), bases(2, 60), "A" * 500
    targets = {"head": site + filler, "centre": filler + site + filler, "tail": filler + site}
    Path("pairs.txt").write_text("".join(f"m\t{name}\t{mirna}\t{seq}\n" for name, seq in targets.items()))
    options = ["--model", "model.safetensors", "--format", "dmiso", "--stride", "1"]
    Path("site.txt").write_text(f"m\tsite\t{mirna}\t{site}\n")
    (alone,) = rows_of(predict(*options, "site.txt"))
    found = rows_of(predict(*options, "pairs.txt"))
    for row in found:
        target, start, end = targets[row["target_id"]], int(row["window_start"]), int(row["window_end"])
        assert float(row["score"]) >= float(alone["score"])
        Path("window.txt").write_text(f"m\tw\t{mirna}\t{target[start:end]}\n")
        assert rows_of(predict(*options, "window.txt"))[0]["score"] == row["score"]
    cropped = rows_of(predict(*options, "--long-sites", "centre", "pairs.txt"))
    assert cropped[0]["score"] == cropped[2]["score"] != alone["score"]  # the centre is only filler
    assert "window_start" not in cropped[0]


@pytest.mark.parametrize("length", [61, 69, 70, 75, 1003])
def test_original_missed_tails_and_this_does_not(workplace, length):
    Path("m.fa").write_text(f">m\n{bases(1, 22)}\n")
    target = bases(3, length)
    Path("t.fa").write_text(f">t\n{target}\n")
    rows = rows_of(predict("--model", "model.safetensors", "--mirnas", "m.fa", "--targets", "t.fa"))
    assert (rows[0]["site_start"], rows[-1]["site_end"]) == ("0", str(length))
    assert rows[-1]["site_seq"] == target[-60:]
    covered = {place for row in rows for place in range(int(row["site_start"]), int(row["site_end"]))}
    assert covered == set(range(length))


@pytest.mark.parametrize("ending", ["\n", "", "\n\n", "\r\n"])
@pytest.mark.parametrize("width", [60, 17])
def test_original_lost_the_last_line_and_this_does_not(workplace, ending, width):
    mirnas, targets = [bases(number, 22) for number in range(3)], [bases(9, 90), bases(10, 75)]
    for name, sequences in (("m.fa", mirnas), ("t.fa", targets)):
        lines = []
        for number, sequence in enumerate(sequences):
            lines.append(f">{number}")
            lines += [sequence[at : at + width] for at in range(0, len(sequence), width)]
        Path(name).write_text("\n".join(lines) + ending, newline="")
    rows = rows_of(predict("--model", "model.safetensors", "--mirnas", "m.fa", "--targets", "t.fa", "--best"))
    assert [(row["target_id"], row["mirna_id"]) for row in rows] == [(t, m) for t in "01" for m in "012"]
    every = rows_of(predict("--model", "model.safetensors", "--mirnas", "m.fa", "--targets", "t.fa"))
    assert {row["mirna_seq"] for row in every} == set(mirnas)
    assert every[-1]["site_seq"] == targets[1][-60:]


FASTA = ["--mirnas", "mirnas.fa", "--targets", "transcripts.fa"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mirnas", "mirnas.fa"], "belong together"),
        (["--mirnas", "mirnas.fa", "--targets", "transcripts.fa", "few.tsv"], "not both"),
        (["--mirnas", "-", "--targets", "-"], "cannot both be standard input"),
        (["--model", "dmiso", "--window", "61", "few.tsv"], "60 or less"),
        (["--threshold", "1.5", "few.tsv"], "from 0 to 1"),
        (["--model", "nonesuch", "few.tsv"], "no model 'nonesuch'"),
        (["--stride", "0", "few.tsv"], "1 or more"),
        (["--best", "few.tsv"], "--best needs --mirnas and --targets"),
        (["--genes", "g.tsv", "few.tsv"], "--genes needs --mirnas and --targets"),
        (["--regions", "g.tsv", "few.tsv"], "--regions needs --mirnas and --targets"),
        (["--sort", "score", "few.tsv"], "--sort needs --mirnas and --targets"),
        (["--database", "mirnas.fa", "few.tsv"], "--database needs --mirnas and --targets"),
        ([*FASTA, "--regions", "r.tsv", "--gtf", "a.gtf"], "--regions and --gtf both give the regions"),
        ([*FASTA, "--sort", "score", "--shard", "1/2"], "--sort score needs all targets in one run"),
        (["--mirnas", "let-7a-5p", "--targets", "transcripts.fa"], "neither a file nor a sequence"),
        (["--mirnas", "few_mirnas.fa", "--targets", "planted.fa", "--background", "0.000001"], "is less than"),
        (["--background", "0.01", "few.tsv"], "--background needs --mirnas and --targets"),
        ([*FASTA, "--genes", "g.tsv", "--shard", "1/2"], "omit --shard"),
        ([*FASTA, "--format", "dmiso"], "for tables of pairs"),
        ([*FASTA, "--long-sites", "centre"], "for tables of pairs"),
        (["--mirnas", "mirnas.fa", "--targets", "-", "--shard", "1/2"], "reads '-' twice"),
        (["--shard", "1/2", "-"], "reads '-' twice"),
        (["--shard", "3/2", "few.tsv"], "is not a share such as 1/4"),
    ],
)
def test_usage_errors(pairs, arguments, words):
    done = run("dmiso-predict", [*arguments, "--quiet", "-o", "out.tsv"])
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not os.path.exists("out.tsv")


def test_missing_tensorflow_is_reported_in_one_line(pairs, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    done = run("dmiso-predict", ["--quiet", "--backend", "tensorflow", "--model", "model.safetensors", pairs])
    assert done.status == 1
    assert done.err == (
        "dmiso-predict: error: TensorFlow is not installed; install it with: pip install 'mirtools[train]'\n"
    )


@pytest.mark.slow
def test_tensorflow_back_end_agrees(pairs):
    pytest.importorskip("tensorflow")
    options = ["--quiet", "--model", "model.safetensors", pairs]
    done = run_process("dmiso-predict", ["--backend", "tensorflow", *options])
    assert (done.status, done.err) == (0, "")
    by_numpy = rows_of(predict(*options[1:]))
    by_tensorflow = rows_of(done.out.decode())
    for one, other in zip(by_numpy, by_tensorflow, strict=True):
        assert abs(float(one["score"]) - float(other["score"])) < 2.1e-6
    # by default Keras is not imported
    code = "import sys; from tools.dmiso_predict import main; main(sys.argv[1:]); sys.exit('keras' in sys.modules)"
    line = [sys.executable, "-c", code, *options]
    assert subprocess.run(line, env=environment(), capture_output=True, check=False).returncode == 0


def test_bundled_model_is_used_by_default(pairs):
    predict(pairs, "--json", "report.json")
    report = json.loads(Path("report.json").read_text())
    assert report["model"]["name"] == best_bundled().name
