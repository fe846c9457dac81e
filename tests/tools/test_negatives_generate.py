"""The command negatives-generate, every negative checked by an independent slow function."""

import csv
import hashlib
import io
import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import RNA

from tools.negatives_generate import main

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".." / "shared" / "data"
MIRNAS = {
    "hsa-let-7a-5p": "TGAGGTAGTAGGTTGTATAGTT",
    "hsa-miR-16-5p": "TAGCAGCACGTAAATATTGGCG",
    "hsa-miR-21-5p": "TAGCTTATCAGACTGATGTTGA",
    "hsa-miR-92a-3p": "TATTGCACTTGTCCCGGCCTGT",
    "hsa-miR-24-3p": "TGGCTCAGTTCAGCAGGAACAG",
    "hsa-miR-320a-3p": "AAAAGCTGGGTTGAGAGGGCGA",
}
HEADER = (
    "pair_id n_reads mirna_id mirna_seq mirna_qual mirna_evalue target_id target_start target_end site_start "
    "site_end site_seq order rank mirna_class my_note"
).split()


class World:
    """Transcripts with known 3'UTRs, among them awkward ones, and positives on them."""

    def __init__(self, folder, count=160, seed=1):
        rng = random.Random(seed)
        self.folder = folder
        self.sequences, self.utr3 = {}, {}
        for number in range(30):
            length = rng.randint(300, 1500)
            sequence = "".join(rng.choices("ACGT", weights=[27, 23, 23, 27], k=length))
            start, end = rng.randint(1, 90), rng.randint(150, length)
            if number < 5:
                # one without 3'UTR, one with a short one, one full of N, two isoforms of one gene
                end = (length, length - 20, end, 200, 200)[number]
            if number == 2:
                sequence = sequence[:end] + "".join(
                    "N" if i % 30 == 0 else c for i, c in enumerate(sequence[end:])
                )
            if number == 4:
                first = next(name for name in self.sequences if name.startswith("T3|"))
                sequence, length = self.sequences[first][:-40], len(self.sequences[first]) - 40
            utr3 = f"UTR3:{end + 1}-{length}|" if end < length else ""
            name = f"T{number}|G|{length}|UTR5:1-{start}|CDS:{start + 1}-{end}|{utr3}"
            self.sequences[name] = sequence
            self.utr3[name] = (end, length)
        self.fasta = folder / "t.fa"
        self.fasta.write_text("".join(f">{name}\n{text}\n" for name, text in self.sequences.items()))
        self.rows = []
        for number in range(count):
            name = rng.choice(list(self.sequences))
            mirna = rng.choice(list(MIRNAS))
            size = rng.randint(30, 60)
            start = rng.randrange(len(self.sequences[name]) - size)
            cells = dict.fromkeys(HEADER, "x")
            cells |= {
                "pair_id": f"P{number}",
                "mirna_id": mirna,
                "mirna_seq": MIRNAS[mirna][: rng.randint(18, 22)],
            }
            cells |= {"target_id": name, "site_start": str(start), "site_end": str(start + size)}
            cells |= {"site_seq": self.sequences[name][start : start + size], "mirna_class": "exact"}
            self.rows.append(cells)
        self.table = self.write("pairs.tsv", self.rows)

    def write(self, name, rows, columns=HEADER):
        path = self.folder / name
        lines = ["\t".join(columns)] + ["\t".join(row[column] for column in columns) for row in rows]
        path.write_text("\n".join(lines) + "\n")
        return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("negatives"))


def run(capsys, *arguments):
    """Run the command; returns status, rows as dictionaries, stderr."""
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, list(csv.DictReader(io.StringIO(captured.out), delimiter="\t")), captured.err


def energy(row):
    return RNA.cofold(f"{row['mirna_seq']}&{row['site_seq']}".replace("T", "U"))[1]


def check_table(rows, positives):
    """Every positive is written unchanged with its label, followed by its negatives, whose columns are correct."""
    originals = iter(positives)
    for row in rows:
        assert float(row["site_mfe"]) == pytest.approx(energy(row), abs=0.0051)
        if row["label"] == "1":
            positive, rank = next(originals), 0
            assert {name: row[name] for name in HEADER} == positive
            assert (row["negative_of"], row["strategy"]) == (".", ".")
            continue
        rank += 1
        assert (row["label"], row["negative_of"]) == ("0", positive["pair_id"])
        assert row["pair_id"] == f"{positive['pair_id']}-n{rank}"
        for name in ("mirna_id", "mirna_seq", "mirna_qual", "mirna_class"):
            assert row[name] == positive[name]
        for name in ("n_reads", "mirna_evalue", "order", "rank", "my_note"):
            assert row[name] == "."
    assert next(originals, None) is None


def check_same_transcript(rows, sequences, utr3, distance=10, max_energy=-10.0):
    """Every negative against every positive."""
    positives = [row for row in rows if row["label"] == "1"]
    of_id = {row["pair_id"]: row for row in positives}
    for row in rows:
        if row["label"] == "1":
            continue
        start, end = int(row["site_start"]), int(row["site_end"])
        positive = of_id[row["negative_of"]]
        assert row["strategy"] == "same-transcript"
        assert row["target_id"] == positive["target_id"]
        assert len(row["site_seq"]) == end - start == len(positive["site_seq"])
        assert row["site_seq"] == sequences[row["target_id"]][start:end]
        assert "N" not in row["site_seq"]
        low, high = utr3[row["target_id"]]
        assert low <= start < end <= high
        assert (row["target_start"], row["target_end"]) == (".", ".")
        assert energy(row) <= max_energy + 0.005
        for other in positives:
            if other["mirna_id"] != row["mirna_id"]:
                continue
            if other["target_id"] == row["target_id"]:
                other_start, other_end = int(other["site_start"]), int(other["site_end"])
                assert other_end + distance <= start or end + distance <= other_start
            words = {other["site_seq"][i : i + 20] for i in range(len(other["site_seq"]) - 19)}
            assert not any(row["site_seq"][i : i + 20] in words for i in range(end - start - 19))


@pytest.mark.parametrize(("ratio", "distance", "max_energy"), [(1, 10, -10), (3, 0, -5), (1, 200, -13.5)])
def test_same_transcript(world, tmp_path, capsys, ratio, distance, max_energy):
    options = ["--ratio", ratio, "--min-distance", distance, "--max-energy", max_energy]
    files = ["--unmet", tmp_path / "u.tsv", "--json", tmp_path / "r.json"]
    status, rows, message = run(capsys, "--transcripts", world.fasta, *options, *files, world.table)
    assert status == 0
    check_table(rows, world.rows)
    check_same_transcript(rows, world.sequences, world.utr3, distance, max_energy)
    with open(tmp_path / "u.tsv") as stream:
        unmet = list(csv.DictReader(stream, delimiter="\t"))
    report = json.loads((tmp_path / "r.json").read_text())
    negatives = Counter(row["negative_of"] for row in rows if row["label"] == "0")
    short = {row["pair_id"]: int(row["negatives"]) for row in unmet}
    for positive in world.rows:
        assert negatives[positive["pair_id"]] == short.get(positive["pair_id"], ratio)
    assert report["counts"] == {
        "positives": 160,
        "negatives": sum(negatives.values()),
        "unmet_positives": len(unmet),
    }
    assert report["unmet"] == Counter(row["reason"] for row in unmet)
    assert {"no_3utr", "utr_too_short"} <= set(report["unmet"])
    assert set(report["unmet"]) <= {"no_3utr", "utr_too_short", "no_room", "energy"}
    assert max_energy > -13 or "energy" in report["unmet"]
    assert all(f"{reason} {count}" in message for reason, count in report["unmet"].items())


def test_lengths_of_negatives_are_those_of_positives(world, capsys):
    from scipy.stats import ks_2samp

    _, rows, _ = run(capsys, "--transcripts", world.fasta, world.table)
    sizes = [[len(row["site_seq"]) for row in rows if row["label"] == label] for label in "10"]
    assert len(sizes[1]) > 100
    assert ks_2samp(*sizes).pvalue > 0.05


def test_frequency_matched(world, tmp_path, capsys):
    files = ["--unmet", tmp_path / "u.tsv", "--json", tmp_path / "r.json"]
    status, rows, _ = run(capsys, "--strategy", "frequency-matched", "--ratio", 2, *files, world.table)
    assert status == 0
    check_table(rows, world.rows)
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["unmet"] == {}
    positives, negatives = ([row for row in rows if row["label"] == label] for label in "10")
    site = ("target_id", "target_start", "target_end", "site_start", "site_end", "site_seq")
    for columns in (("mirna_id",), ("mirna_seq",), site):
        counts = [Counter(tuple(row[name] for name in columns) for row in part) for part in (positives, negatives)]
        assert counts[1] == {key: 2 * count for key, count in counts[0].items()}
    bound = {(row["mirna_id"], row["site_seq"]) for row in positives}
    assert not any((row["mirna_id"], row["site_seq"]) in bound for row in negatives)


def test_two_columns_are_enough_for_frequency_matched(world, capsys):
    columns = {"miRNA": "mirna_seq", "gene": "site_seq"}
    rows = [{new: row[old] for new, old in columns.items()} for row in world.rows]
    table = world.write("two.tsv", rows, list(columns))
    status, rows, _ = run(capsys, "--strategy", "frequency-matched", table)
    assert status == 0
    assert rows[1]["negative_of"] == "row1"
    assert list(rows[0]) == ["miRNA", "gene", "label", "negative_of", "strategy", "site_mfe"]
    assert Counter(row["gene"] for row in rows if row["label"] == "0") == Counter(
        row["gene"] for row in rows if row["label"] == "1"
    )


@pytest.mark.parametrize("strategy", ["same-transcript", "frequency-matched"])
def test_identical_for_any_threads_and_hash_seed(world, strategy):
    digests = set()
    for threads, hash_seed in ((1, "0"), (2, "1"), (3, "2")):
        options = ["--transcripts", str(world.fasta)] if strategy == "same-transcript" else []
        command = "import sys; from tools.negatives_generate import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", command, *options, "--strategy", strategy, "--threads", str(threads), "-"],
            input=world.table.read_bytes(),
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        )
        digests.add(hashlib.sha256(done.stdout).hexdigest())
    assert len(digests) == 1


def test_shards_and_row_order(world, capsys):
    _, whole, _ = run(capsys, "--transcripts", world.fasta, world.table)
    # all positives of a miRNA and transcript are in one shard; only its sites on isoforms are needed, too
    mirnas = list(MIRNAS)
    shards = [[row for row in world.rows if mirnas.index(row["mirna_id"]) % 2 == part] for part in (0, 1)]
    parts = []
    for number, shard in enumerate(shards):
        parts += run(capsys, "--transcripts", world.fasta, world.write(f"s{number}.tsv", shard))[1]
    # any shards: the whole table to keep away from
    halves = []
    for number, shard in enumerate((world.rows[:70], world.rows[70:])):
        path = world.write(f"h{number}.tsv", shard)
        halves += run(capsys, "--transcripts", world.fasta, "--avoid", world.table, path)[1]
    backwards = run(capsys, "--transcripts", world.fasta, world.write("back.tsv", world.rows[::-1]))[1]
    assert halves == whole

    def key(row):
        return row["pair_id"]

    assert sorted(parts, key=key) == sorted(backwards, key=key) == sorted(whole, key=key)


def test_labelled_table_can_be_avoided_and_output_labelled_again(world, capsys, tmp_path):
    first = tmp_path / "first.tsv"
    assert main(["--transcripts", str(world.fasta), "-o", str(first), str(world.table)]) == 0
    capsys.readouterr()
    _, rows, _ = run(capsys, "--transcripts", world.fasta, "--avoid", first, world.table)
    text = first.read_text()
    assert rows == list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    relabel = tmp_path / "positives.tsv"
    relabel.write_text("".join(line for line in text.splitlines(keepends=True) if "-n1\t" not in line))
    assert run(capsys, "--transcripts", world.fasta, relabel)[1] == rows


def test_seed_matters(world, capsys):
    _, first, _ = run(capsys, "--transcripts", world.fasta, world.table)
    _, second, _ = run(capsys, "--transcripts", world.fasta, "--seed", 2, world.table)
    assert first != second


def test_regions_from_table_and_gtf_equal_those_from_headers(world, tmp_path, capsys):
    table, gtf = ["transcript_id\tcds_start\tcds_end"], []
    for name, sequence in world.sequences.items():
        start, end = int(name.split("UTR5:1-")[1].split("|")[0]), world.utr3[name][0]
        short = name.split("|")[0]
        table.append(f"{short}\t{start}\t{end}")
        for feature, low, high in (
            ("exon", 1, len(sequence)),
            ("CDS", start + 1, end - 3),
            ("stop_codon", end - 2, end),
        ):
            gtf.append(f'1\tx\t{feature}\t{low}\t{high}\t.\t+\t.\ttranscript_id "{short}";')
    (tmp_path / "r.tsv").write_text("\n".join(table) + "\n")
    (tmp_path / "g.gtf").write_text("\n".join(gtf) + "\n")
    _, expected, _ = run(capsys, "--transcripts", world.fasta, world.table)
    for option, name in (("--regions", "r.tsv"), ("--gtf", "g.gtf")):
        assert run(capsys, "--transcripts", world.fasta, option, tmp_path / name, world.table)[1] == expected


@pytest.mark.parametrize("strategy", ["same-transcript", "frequency-matched"])
def test_no_pairs_is_a_valid_input(world, tmp_path, capsys, strategy):
    empty = world.write("empty.tsv", [])
    options = ["--transcripts", world.fasta] if strategy == "same-transcript" else []
    files = ["-o", tmp_path / "o.tsv", "--unmet", tmp_path / "u.tsv", "--json", tmp_path / "r.json"]
    assert run(capsys, "--strategy", strategy, *options, *files, empty)[0] == 0
    new = ["label", "negative_of", "strategy", "site_mfe"]
    assert (tmp_path / "o.tsv").read_text() == "\t".join(HEADER + new) + "\n"
    assert (tmp_path / "u.tsv").read_text() == "pair_id\tmirna_seq\ttarget_id\treason\tnegatives\n"
    counts = json.loads((tmp_path / "r.json").read_text())["counts"]
    assert counts == {"positives": 0, "negatives": 0, "unmet_positives": 0}


BAD_ROWS = [
    ({"target_id": "T99"}, ":2: 'T99' is not in --transcripts; give the FASTA that the pairs were found with"),
    ({"site_end": "99999"}, "is not on 'T"),
    ({"site_start": "9999"}, "is not on 'T"),
    ({"site_start": "-1"}, ":2: site_start is '-1'; give a whole number, 0 or more"),
    ({"site_start": "."}, ":2: site_start is '.'"),
    ({"site_seq": "ACGTACG"}, ":2: site_seq is not 'T"),
    ({"site_seq": ""}, ":2: site_seq is empty"),
    ({"mirna_seq": "TGA!"}, ":2: mirna_seq: '!' at position 4 is not a nucleotide"),
    ({"my_note": "0"}, ":2: label is '0'; give positive pairs only (1, or no column label)"),
    ({"my_note": "yes"}, ":2: label is 'yes'"),
]


@pytest.mark.parametrize(("change", "problem"), BAD_ROWS)
def test_bad_rows(world, tmp_path, capsys, change, problem):
    table = world.write("bad.tsv", [{**world.rows[0], "my_note": "1", **change}])
    table.write_text(table.read_text().replace("my_note", "label"))
    output = tmp_path / "o.tsv"
    status, _, message = run(capsys, "--transcripts", world.fasta, "-o", output, table)
    assert status == 1
    assert problem in message
    assert message.count("\n") == 1
    assert len(message) <= 201
    assert not output.exists()


@pytest.mark.parametrize("missing", ["mirna_seq", "site_seq", "target_id", "site_start", "site_end"])
def test_missing_columns(world, capsys, missing):
    table = world.write("few.tsv", world.rows, [name for name in HEADER if name != missing])
    status, _, message = run(capsys, "--transcripts", world.fasta, table)
    assert status == 1
    assert f"few.tsv:1: has no column {missing}" in message


def test_usage_errors(world, capsys):
    for arguments, problem in (
        ([world.table], "needs --transcripts"),
        (["--strategy", "frequency-matched", "--gtf", "x", world.table], "mean nothing to frequency-matched"),
        (["--transcripts", "-", "--ratio", "0", world.table], "'0' is not a whole number of 1 or more"),
        (["--transcripts", "x", "--max-energy", "low", world.table], "'low' is not a number"),
        (["--transcripts", "x", "--gtf", "x", "--regions", "x", world.table], "not allowed with"),
        (["--transcripts", "x", "--avoid", "-", "-"], "cannot both be standard input"),
    ):
        status, _, message = run(capsys, *arguments)
        assert (status, message.count("\n")) == (2, 1)
        assert problem in message


def test_wrong_references(world, tmp_path, capsys):
    other = tmp_path / "other.fa"
    other.write_text(">T0\n" + "ACGT" * 100 + "\n")
    assert "name no UTR5/CDS/UTR3" in run(capsys, "--transcripts", other, world.table)[2]
    regions = tmp_path / "r.tsv"
    regions.write_text("transcript_id\tcds_start\tcds_end\nX\t1\t2\n")
    message = run(capsys, "--transcripts", world.fasta, "--regions", regions, world.table)[2]
    assert "describes none of the transcripts" in message


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_real_qclash_pairs(tmp_path, capsys):
    import gzip

    from mirtools.io.sequences import read_references

    fasta = DATA / "references" / "human_refseq_hg19_mrna_4000.fa.gz"
    regions = DATA / "references" / "human_refseq_hg19_mrna_4000.regions.tsv.gz"
    sequences = {name: sequence for name, _, sequence in read_references(str(fasta))}
    with gzip.open(regions, "rt") as stream:
        utr3 = {
            row["transcript_id"]: (int(row["cds_end"]), int(row["length"]))
            for row in csv.DictReader(stream, delimiter="\t")
        }
    rows = []
    with gzip.open(DATA / "chimeric_reads" / "hyb_qclash_refseq_truth.tsv.gz", "rt") as stream:
        for number, read in enumerate(csv.DictReader(stream, delimiter="\t")):
            start, target = int(read["refseq_start"]) - 1, read["refseq_id"]
            end = min(int(read["refseq_end"]) + 25, len(sequences[target]))
            if number % 40 or end - start < 30:
                continue
            cells = dict.fromkeys(HEADER, "x") | {"pair_id": f"P{number}", "mirna_seq": read["mirna_portion"]}
            cells |= {"mirna_id": read["mirna_name_mirbase22"] or read["mirna_ref_hOH7"], "target_id": target}
            cells |= {"site_start": str(start), "site_end": str(end), "site_seq": sequences[target][start:end]}
            rows.append(cells)
    table = tmp_path / "pairs.tsv"
    lines = [HEADER, *([row[name] for name in HEADER] for row in rows)]
    table.write_text("".join("\t".join(line) + "\n" for line in lines))
    status, found, _ = run(capsys, "--transcripts", fasta, "--regions", regions, table)
    assert status == 0
    check_table(found, rows)
    check_same_transcript(found, sequences, utr3)
    assert len(found) - len(rows) >= 0.95 * len(rows)
