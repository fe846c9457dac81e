"""chimera-simulate as a command, and test-data/ compared with its output."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import dnaio
import pytest

from mirtools.io.sequences import read_reads, read_references
from mirtools.io.tables import TableReader
from mirtools.simulation.reads import TRUTH_COLUMNS
from mirtools.simulation.settings import LibrarySettings
from tools.chimera_simulate import build_parser, main

ROOT = Path(__file__).resolve().parents[2]
TEST_DATA = ROOT / "test-data"
REFERENCES = ["--mirnas", str(TEST_DATA / "mirnas.fa"), "--transcripts", str(TEST_DATA / "transcripts.fa.gz")]


def table(path: Path) -> tuple[list[str], list[list[str]]]:
    reader = TableReader(str(path))
    return reader.columns, list(reader)


def test_committed_reads_are_the_output_of_the_command(tmp_path):
    reads, truth = tmp_path / "reads.fastq", tmp_path / "truth.tsv"
    options = ["--reads", "200", "--decoys", "0.2", "--duplicates", "0.1", "--seed", "42", "--quiet"]
    assert main([*REFERENCES, *options, "--truth", str(truth), "-o", str(reads)]) == 0
    assert list(read_reads(str(reads))) == list(read_reads(str(TEST_DATA / "tiny_reads.fastq.gz")))
    assert table(truth) == table(TEST_DATA / "tiny_reads.truth.tsv")


def test_the_truth_of_the_demo_reads_can_be_reproduced(tmp_path):
    reads, truth = tmp_path / "reads.fastq", tmp_path / "truth.tsv"
    options = ["--reads", "6000", "--seed", "42", "--quiet", "--truth", str(truth), "-o", str(reads)]
    assert main([*REFERENCES, *options]) == 0
    assert list(read_reads(str(reads))) == list(read_reads(str(TEST_DATA / "reads.fastq.gz")))
    digest = hashlib.sha256(truth.read_bytes()).hexdigest()
    assert digest == "8106b9a2a65934ee185aec8087b01cd2e1e446301424bab23cba8ad6d7a07c16"


def test_committed_transcripts_are_the_output_of_their_script(tmp_path):
    fasta, regions = tmp_path / "t.fa.gz", tmp_path / "t.tsv"
    script = [sys.executable, str(TEST_DATA / "make_transcripts.py"), str(TEST_DATA / "mirnas.fa")]
    subprocess.run([*script, str(fasta), str(regions), "1"], check=True)
    assert gzip.decompress(fasta.read_bytes()) == gzip.decompress((TEST_DATA / "transcripts.fa.gz").read_bytes())
    assert regions.read_bytes() == (TEST_DATA / "transcripts.regions.tsv").read_bytes()


def test_transcripts_have_the_structure_that_their_headers_declare():
    regions = {row[0]: (int(row[1]), int(row[2])) for row in table(TEST_DATA / "transcripts.regions.tsv")[1]}
    transcripts = read_references(str(TEST_DATA / "transcripts.fa.gz"))
    assert len(transcripts) == len(regions) == 60
    for name, header, sequence in transcripts:
        start, end = regions[name]
        fields = header.split("|")
        assert name == header
        assert fields[6:10] == [
            str(len(sequence)),
            f"UTR5:1-{start}",
            f"CDS:{start + 1}-{end}",
            f"UTR3:{end + 1}-{len(sequence)}",
        ]
        codons = [sequence[at : at + 3] for at in range(start, end, 3)]
        stops = [at for at, codon in enumerate(codons) if codon in ("TAA", "TAG", "TGA")]
        assert codons[0] == "ATG"
        assert stops == [len(codons) - 1]
        assert len(sequence) - end >= 300
        assert 600 <= len(sequence) <= 2500


def test_test_data_stay_small():
    assert sum(path.stat().st_size for path in TEST_DATA.iterdir() if path.is_file()) < 1_000_000


def test_bytes_do_not_depend_on_the_hash_seed_or_the_compression(tmp_path):
    code = "import sys; from tools.chimera_simulate import main; sys.exit(main())"
    outputs = []
    for hash_seed in ("0", "1", "4321"):
        truth = tmp_path / f"{hash_seed}.tsv"
        command = [sys.executable, "-c", code, *REFERENCES, "--reads", "400", "--truth", str(truth), "--quiet"]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)
        assert done.stderr == b""
        outputs.append((done.stdout, truth.read_bytes()))
    assert outputs[0] == outputs[1] == outputs[2]
    for suffix, unpack in ((".gz", gzip.decompress), (".bz2", bz2.decompress)):
        packed = tmp_path / f"reads.fastq{suffix}"
        assert main([*REFERENCES, "--reads", "400", "--quiet", "-o", str(packed)]) == 0
        assert unpack(packed.read_bytes()) == outputs[0][0]


def test_truth_and_report_fit_the_reads(tmp_path, capsys):
    reads, truth, report = (tmp_path / name for name in ("r.fastq.gz", "t.tsv.gz", "r.json"))
    options = ["--reads", "700", "--umi-length", "5", "--read-length", "80"]
    outputs = ["-o", str(reads), "--truth", str(truth), "--json", str(report)]
    assert main([*REFERENCES, *options, *outputs]) == 0
    columns, rows = table(truth)
    assert columns == TRUTH_COLUMNS
    with dnaio.open(str(reads)) as records:
        made = list(records)
    assert [row[0] for row in rows] == [record.name for record in made]
    assert len({row[0] for row in rows}) == len(made) == 700
    assert {len(record) for record in made} == {80}
    assert all(len(row[columns.index("umi")]) == 5 for row in rows)
    facts = json.loads(report.read_text())
    assert facts["counts"]["reads"] == 700
    assert facts["counts"]["reads_expected_in_pairs"] == sum(row[-1] == "1" for row in rows)
    assert sum(facts["read_classes"].values()) == 700
    assert 0.8 < facts["pairs_at_seed_match"] <= 1
    assert "reads 700" in capsys.readouterr().err


def test_without_a_number_there_are_10000_reads():
    assert "(default: 10000)" in build_parser().format_help()
    assert LibrarySettings().all_reads == 10000
    assert LibrarySettings(pairs=5).all_reads is None


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--insert-length", "40"], 2, "--insert-length is too short for these miRNAs; give 53 or more"),
        (["--adapter", "TGGXA"], 2, "argument --adapter: 'X' at position 4 is not a nucleotide"),
        (["--adapter", ""], 2, "argument --adapter: is empty"),
        (["--reads", "5", "--pairs", "5"], 2, "not allowed with argument --reads"),
        (["--reads", "0"], 2, "is not a whole number of 1 or more"),
        (["--error-rate", "0.5"], 2, "is not a number from 0 to 0.05"),
        (["--order", "1.5"], 2, "is not a number from 0 to 1"),
        (["--decoys", "0.9", "--duplicates", "0.2"], 2, "leave no room for chimeras"),
        (["--overlaps", "0.9", "--linkers", "0.2"], 2, "sum to more than 1"),
        (["--mirnas", "EMPTY"], 1, "empty.fa: holds no sequence; give a FASTA file"),
        (["--transcripts", "EMPTY"], 1, "empty.fa: holds no sequence; give a FASTA file"),
        (["--mirnas", "SHORT"], 1, "no miRNA can be used"),
        (["--transcripts", "SHORT"], 1, "no transcript has 40 nt"),
        (["--transcripts", "absent.fa"], 1, "absent.fa: cannot be read"),
    ],
)
def test_errors_are_one_line_and_leave_no_output(tmp_path, capsys, options, status, words):
    (tmp_path / "empty.fa").write_text("")
    (tmp_path / "short.fa").write_text(">a\nACGTACGTACGT\n")
    files = {"EMPTY": str(tmp_path / "empty.fa"), "SHORT": str(tmp_path / "short.fa")}
    options = [files.get(option, option) for option in options]
    output = tmp_path / "out.fastq"
    truth = tmp_path / "truth.tsv"
    assert main([*REFERENCES, *options, "-o", str(output), "--truth", str(truth)]) == status
    message = capsys.readouterr().err
    assert words in message
    assert message.count("\n") == 1
    assert len(message) <= 201
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.fa", "short.fa"]


def test_help_needs_the_standard_library_only():
    code = (
        "import sys; from tools.chimera_simulate import main; status = main(['--help']); "
        "sys.exit(status or any(name in sys.modules for name in ('numpy', 'dnaio', 'xopen', 'mirtools.chimera')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "--seed-sites" in done.stdout
