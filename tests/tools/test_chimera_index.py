"""chimera-index as a command: the same file for all variants of FASTA, counts, damaged files."""

import gzip
import json

import pytest
from commands import TEST_DATA, run

FASTA = TEST_DATA / "transcripts.fa.gz"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The index of the small transcripts, the report, and standard error."""
    folder = tmp_path_factory.mktemp("index")
    done = run("chimera-index", ["-o", str(folder / "index"), "--json", str(folder / "report.json"), str(FASTA)])
    assert (done.status, done.out) == (0, b"")
    return (folder / "index").read_bytes(), json.loads((folder / "report.json").read_text()), done.err


def test_counts(index):
    _, report, log = index
    lines = gzip.open(FASTA, "rt").read().splitlines()
    transcripts = sum(line.startswith(">") for line in lines)
    bases = sum(len(line) for line in lines if not line.startswith(">"))
    assert report["counts"] == {"transcripts": transcripts, "bases": bases}
    assert report["word_length"] >= 8
    assert log == f"chimera-index: transcripts {transcripts}, bases {bases:,}\n"


def test_standard_streams_and_dialects_give_the_same_bytes(index):
    text = gzip.decompress(FASTA.read_bytes())
    lower = [line if line.startswith(b">") else line.lower() for line in text.split(b"\n")]
    for data in (text, text.replace(b"\n", b"\r\n"), b"\n".join(lower), FASTA.read_bytes()):
        done = run("chimera-index", ["--quiet", "-"], data)
        assert (done.status, done.out, done.err) == (0, index[0], "")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_a_truncated_index_is_an_error(index, tmp_path, monkeypatch, part):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cut").write_bytes(index[0][: int(len(index[0]) * part)])
    (tmp_path / "reads.fa").write_text(">r\nACGT\n")
    line = ["--mirnas", str(TEST_DATA / "mirnas.fa"), "--transcripts", "cut", "reads.fa", "-o", "out"]
    done = run("chimera-parse", line)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "reads.fa"]
    assert (done.status, done.out) == (1, b"")
    assert done.err.startswith(
        "chimera-parse: error: cut: is not an intact index; make it again with chimera-index"
    )
    assert done.err.count("\n") == 1


def test_other_commands_do_not_read_an_index(index, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "index").write_bytes(index[0])
    done = run("chimera-simulate", ["--mirnas", str(TEST_DATA / "mirnas.fa"), "--transcripts", "index"])
    assert done.status == 1
    assert done.err.count("\n") == 1
