"""peak-narrow as a command."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from commands import COMMANDS, run
from seed_network import write_seed_network

# one seed match; two, 15 nt apart; none; none, and short
TRANSCRIPTS = """\
>let-7a:0:1 one
TTGGTTCCCGTTCTTTTGTGGTTCGAAGCTCACCAGCCCGCTACTACCTCACAAATCCGGTAACCGCTATTACAGAACGTTATCCTATCT
>let-7a:15:1
GACTTAAGACATCCCTTCGATATGTGAGTTTACTACTACCTCTCGGGCTACTACCTCCCGTTCGACTGGGGTGATCGGCTCAACGTAATT
>none
GACTTAAGACATCCCTTCGATATGTGAGTTTACCCCTACATCTCGGGCTACTACAAACCGTTCGACTGGGGTGATCGGCTCAACGTAATT
>short
ACGU
"""
GOLDEN = """\
target_id\tscore\tpeak_start\tpeak_end\tsummit\talignment_start\taligned_marks
let-7a:0:1\t0.982014\t31\t51\t46\t10\t..............:|...|||||||||||....................
let-7a:15:1\t0.982014\t23\t43\t38\t10\t...........|:.::...||||||||||.....................
let-7a:15:1\t0.982014\t38\t58\t53\t10\t..........|....|::.||||||||||.....................
"""
BED = """\
let-7a:0:1\t31\t51\tlet-7a\t982\t+\t46\t47
let-7a:15:1\t23\t43\tlet-7a\t982\t+\t38\t39
let-7a:15:1\t38\t58\tlet-7a\t982\t+\t53\t54
"""
INPUTS = "--model seeds.safetensors --mirnas mirnas.fa --targets targets.fa --background 5".split()
LINE = [*INPUTS, "--threshold", "0.5", "--quiet"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_seed_network("seeds.safetensors")
    Path("targets.fa").write_text(TRANSCRIPTS)
    Path("mirnas.fa").write_text(">let-7a\nUGAGGUAGUAGGUUGUAUAGUU\n")
    return tmp_path


def narrow(*arguments, stdin=b""):
    done = run("peak-narrow", [*LINE, *arguments], stdin)
    assert done.err == ""
    assert done.status == 0
    return done.out.decode()


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("threads", ["1", "2"])
def test_golden(folder, threads):
    rows = rows_of(narrow("--threads", threads, "--bed", "peaks.bed"))
    columns = GOLDEN.splitlines()[0].split("\t")
    lines = ["\t".join(columns), *("\t".join(row[name] for name in columns) for row in rows)]
    assert lines == GOLDEN.splitlines()
    assert Path("peaks.bed").read_text() == BED
    for row in rows:
        start, end = int(row["site_start"]), int(row["site_end"])
        assert len(row["site_seq"]) == end - start == 50
        assert start + int(row["alignment_start"]) == int(row["peak_start"])
        assert row["mirna_seq"] == "TGAGGTAGTAGGTTGTATAGTT"
        assert 4 < float(row["attribution_width"]) < 10
        assert float(row["score_width"]) > 60


def test_tracks_as_bedgraph(folder):
    narrow("--score-bedgraph", "s.bg", "--attribution-bedgraph", "a.bg")
    for name in ("s.bg", "a.bg"):
        lines = [line.split("\t") for line in Path(name).read_text().splitlines()]
        ends = {}
        for target, start, end, value in lines:
            assert int(start) == ends.get(target, 0)
            ends[target] = int(end)
            assert 0 <= float(value) <= 1
        assert ends == {"let-7a:0:1": 90, "let-7a:15:1": 90, "none": 90, "short": 4}
    assert ["none", "0", "90", "0.018"] in [line.split("\t") for line in Path("s.bg").read_text().splitlines()]
    assert ["none", "0", "90", "0"] in [line.split("\t") for line in Path("a.bg").read_text().splitlines()]


def test_low_windows_are_counted_and_not_explained(folder):
    narrow("--json", "out.json")
    report = json.loads(Path("out.json").read_text())
    assert report["counts"] == {
        "mirnas": 1,
        "mirnas_cropped": 1,
        "targets": 4,
        "pairs": 4,
        "peaks": 3,
        "windows": 3 * 41 + 1,
        "windows_below_threshold": 42,
        "windows_above_threshold": 82,
        "windows_explained": 82,
    }
    assert report["explainer"]["largest_additivity_gap"] < 1e-5
    assert report["explainer"]["background"]["pairs"] == 5
    narrow("--json", "out.json", "--explain-stride", "20")
    assert json.loads(Path("out.json").read_text())["counts"]["windows_explained"] == 6


def test_shards_in_order_equal_one_run(folder):
    Path("mirnas.fa").write_text(
        ">let-7a\nUGAGGUAGUAGGUUGUAUAGUU\n>b\nUGAGGUAGUAGGUUGUGUGGUU\n>c\nACGUACGUACGUACG\n"
    )
    names = ["out", "b.bed", "s.bg", "a.bg"]
    options = ["-o", "--bed", "--score-bedgraph", "--attribution-bedgraph"]
    narrow(*(word for pair in zip(options, names, strict=True) for word in pair))
    whole = {name: Path(name).read_text() for name in names}
    for shares in (2, 3, 7):
        parts = dict.fromkeys(names, "")
        for number in range(1, shares + 1):
            more = [word for pair in zip(options, names, strict=True) for word in pair]
            narrow("--shard", f"{number}/{shares}", *more)
            for name in names:
                text = Path(name).read_text()
                parts[name] += text if name != "out" or number == 1 else text.partition("\n")[2]
        assert parts == whole


def test_only_some_pairs(folder):
    Path("mirnas.fa").write_text(">let-7a\nUGAGGUAGUAGGUUGUAUAGUU\n>b\nUGAGGUAGUAGGUUGUGUGGUU\n")
    Path("pairs.tsv").write_text("target_id\tmirna_id\nlet-7a:15:1\tb\nlet-7a:0:1\tnobody\nnone\tb\n")
    rows = rows_of(narrow("--pairs", "pairs.tsv", "--json", "out.json"))
    assert {(row["mirna_id"], row["target_id"]) for row in rows} == {("b", "let-7a:15:1")}
    assert len(rows) == 2
    report = json.loads(Path("out.json").read_text())
    assert (report["counts"]["pairs"], report["dropped"]) == (2, {"pairs_not_in_fasta": 1})


@pytest.mark.parametrize("how", ["threshold", "height", "pairs", "targets"])
def test_no_peaks_are_a_valid_result(folder, how):
    Path("nothing.tsv").write_text("mirna_id\ttarget_id\n")
    Path("poly.fa").write_text(">t\n" + "A" * 200 + "\n")
    more = {
        "threshold": ["--threshold", "1"],
        "height": ["--min-height", "9"],
        "pairs": ["--pairs", "nothing.tsv"],
        "targets": ["--targets", "poly.fa"],
    }[how]
    out = narrow(*more, "--bed", "b.bed", "--score-bedgraph", "s.bg", "--plot", "p.svg", "--json", "j.json")
    assert out.count("\n") == 1
    assert out.startswith("mirna_id\tmirna_seq\ttarget_id\t")
    assert Path("b.bed").read_text() == ""
    assert (Path("s.bg").read_text() == "") == (how == "pairs")
    assert b"<svg" in Path("p.svg").read_bytes()
    assert json.loads(Path("j.json").read_text())["counts"]["peaks"] == 0


def test_strange_names_survive(folder):
    name = "a%b;<script>=cmd()\"$(id)`x`|'"
    Path("mirnas.fa").write_text(f">{name}\nUGAGGUAGUAGGUUGUAUAGUU\n")
    Path("targets.fa").write_text(TRANSCRIPTS.replace(">let-7a:0:1", f">#{name}"))
    rows = rows_of(narrow("--bed", "b.bed", "--attribution-bedgraph", "a.bg", "--plot", "p.svg"))
    assert (rows[0]["mirna_id"], rows[0]["target_id"]) == (name, f"#{name}")
    chrom, _, _, mirna, *_ = Path("b.bed").read_text().splitlines()[0].split("\t")
    assert chrom == "%23a%25b;<script>=cmd()\"$(id)`x`|'"
    assert mirna == "a%25b;<script>=cmd()\"$(id)`x`|'"
    assert Path("a.bg").read_text().startswith(chrom + "\t0\t")
    assert b"<script>" not in Path("p.svg").read_bytes()


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_figures_are_the_same_in_every_run(folder, suffix):
    Path("known.bed").write_text("let-7a:0:1\t40\t50\tlet-7a\nlet-7a:15:1\t32\t42\n")
    contents = set()
    for number in range(2):
        narrow("--plot", f"{number}.{suffix}", "--known", "known.bed")
        contents.add(Path(f"{number}.{suffix}").read_bytes())
    assert len(contents) == 1
    assert len(contents.pop()) > 5000


def test_compressed_in_and_out(folder):
    plain = narrow()
    Path("targets.fa").write_bytes(gzip.compress(TRANSCRIPTS.encode()))
    narrow("-o", "out.tsv.gz")
    assert gzip.decompress(Path("out.tsv.gz").read_bytes()).decode() == plain
    assert narrow("--targets", "-", stdin=TRANSCRIPTS.encode()) == plain


def test_a_dmiso_model_is_explained_by_masking(workplace):
    line = COMMANDS["peak-narrow"].line(model="model.safetensors")
    done = run("peak-narrow", [*line, "--explainer", "masking", "--threshold", "0", "--explain-stride", "10"])
    assert done.status == 0, done.err
    rows = rows_of(done.out.decode())
    assert len(rows) > 0
    assert {len(row["site_seq"]) for row in rows} == {60}
    done = run("peak-narrow", [*line, "--explainer", "ism"])
    assert done.status == 1
    assert "is not explained by ism" in done.err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--known", "k.bed"], 2, "--known has no effect without --plot"),
        (["--plot", "p.txt"], 2, "'p.txt' is not a .png, .svg or .pdf file"),
        (["--targets", "-", "--mirnas", "-"], 2, "only one input can be standard input"),
        (
            ["--gap-percentiles", "90", "99"],
            2,
            "argument --gap-percentiles: opening a gap must cost at least as much",
        ),
        (["--shard", "3/2"], 2, "'3/2' is not a share"),
        (["--shard", "1/2", "--targets", "-"], 2, "--shard reads '-' twice"),
        (["--threshold", "2"], 2, "'2' is not a number from 0 to 1"),
        (["--smooth", "0"], 2, "'0' is not a whole number of 1 or more"),
        (["--explain-stride", "51"], 2, "argument --explain-stride: is more than the 50 nt of a window"),
        (["--plot", "p.png", "--known", "absent.bed"], 1, "absent.bed: cannot be read"),
        (["--pairs", "targets.fa"], 1, "targets.fa:1: has no column mirna_id"),
        (["--plot", "p.png", "--known", "targets.fa"], 1, "targets.fa:1: '>let-7a:0:1 one' is not a line of BED"),
        (["--model", "no-such-model"], 2, "no model 'no-such-model'"),
        (["--background-pairs", "absent.tsv"], 1, "absent.tsv: cannot be read"),
        (["--mirnas", "absent.fa"], 1, "absent.fa: cannot be read"),
        (["--bed", "same", "-o", "same"], 2, "'same' is named for two outputs"),
    ],
)
def test_refusals(folder, arguments, status, message):
    before = sorted(path.name for path in folder.iterdir())
    done = run("peak-narrow", [*LINE, "-o", "out", *arguments])
    assert done.status == status
    assert done.err.startswith("peak-narrow: error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert len(done.err) <= 220
    assert sorted(path.name for path in folder.iterdir()) == before


def test_only_peaks_where_a_window_is_rare(folder, monkeypatch):
    """They are those of the paper's definition, with the same heights and alignments."""
    Path("mirnas.fa").write_text(">let-7a\nUGAGGUAGUAGGUUGUAUAGUU\n")
    paper = rows_of(narrow())
    rare = [*INPUTS, "--quiet", "--json", "out.json"]
    # a network with two scores: a seed match is reached by more than a thousandth of random windows
    done = run("peak-narrow", rare)
    assert (done.status, done.out.count(b"\n")) == (0, 1)
    counts = json.loads(Path("out.json").read_text())["counts"]
    assert (counts["windows_rare"], counts["windows_explained"], counts["background_windows"]) == (0, 0, 10_000)
    done = run("peak-narrow", [*rare, "--rare", "0.1", "--explain-stride", "1"])
    assert rows_of(done.out.decode()) == paper
    counts = json.loads(Path("out.json").read_text())["counts"]
    assert (counts["windows_rare"], counts["windows_explained"]) == (82, 82)
    line = [word for word in run("peak-narrow", INPUTS).err.splitlines() if "as the paper does" in word]
    assert len(line) == 1


def test_mirnas_by_name(folder):
    Path("mature.fa").write_text(
        ">hsa-let-7a-5p x\nUGAGGUAGUAGG\nUUGUAUAGUU\n>mmu-let-7a-5p\nUGAGGUAGUAGGUUGUAUAGUU\n"
    )
    expected = rows_of(narrow())
    named = rows_of(narrow("--mirnas", "hsa-let-7a-5p", "--database", "mature.fa"))
    assert {row.pop("mirna_id") for row in named} == {"hsa-let-7a-5p"}
    assert named == [{name: row[name] for name in row if name != "mirna_id"} for row in expected]


@pytest.mark.slow
def test_the_bundled_model_finds_and_separates_planted_seeds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mirnas = (
        "UGAGGUAGUAGGUUGUAUAGUU",
        "UAGCUUAUCAGACUGAUGUUGA",
        "UAAAGUGCUUAUAGUGCAGGUAG",
        "AACCGUAGAUCCGAUCUUGU",
    )
    Path("mirnas.fa").write_text("".join(f">m{number}\n{mirna}\n" for number, mirna in enumerate(mirnas)))
    planted = "--plant-seeds mirnas.fa --distances 0 15 25 50 --length 300 --seed 3 --bed truth.bed -o planted.fa"
    assert run("peak-simulate", planted.split()).status == 0
    pairs = ["mirna_id\ttarget_id"]
    for line in Path("truth.bed").read_text().splitlines():
        target, _, _, mirna = line.split("\t")[:4]
        pairs.append(f"{mirna}\t{target}")
    Path("pairs.tsv").write_text("\n".join(pairs) + "\n")
    line = "--mirnas mirnas.fa --targets planted.fa --pairs pairs.tsv --threshold 0.5 -o peaks.tsv".split()
    assert run("peak-narrow", line).status == 0
    sites = rows_of(run("peak-evaluate", "--truth truth.bed --max-distance 3 peaks.tsv".split()).out.decode())
    assert len(sites) == 4 * 7
    assert [site["separate"] for site in sites] == ["1"] * len(sites)
    assert all(abs(float(site["offset"])) <= 3 for site in sites)
    # where windows are rare, the peaks are the same
    assert (
        run("peak-narrow", [*line[:-2], "--rare", "0.02", "--explain-stride", "1", "-o", "rare.tsv"]).status == 0
    )
    paper = {(row["mirna_id"], row["target_id"], row["summit"]) for row in rows_of(Path("peaks.tsv").read_text())}
    rare = {(row["mirna_id"], row["target_id"], row["summit"]) for row in rows_of(Path("rare.tsv").read_text())}
    assert rare <= paper
    assert all(2 * float(site["attribution_width"]) <= float(site["score_width"]) for site in sites)
