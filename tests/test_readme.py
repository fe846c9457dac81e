"""The commands in README.md work as described."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mirtools.io.tables import TableReader
from mirtools.models.modelfile import load_model

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: the files in the section, and their replacements here: a file of test-data and its number of lines
FILES = {
    "mature.fa": ("mirnas.fa", None),
    "transcripts.fa.gz": ("transcripts.fa.gz", 500),
    "reads.fastq.gz": ("reads.fastq.gz", 8000),
}


def commands(section: str) -> list[str]:
    """Return the shell blocks of a section."""
    text = README.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def rows(path: Path) -> int:
    return sum(1 for _ in TableReader(str(path)))


def test_every_linked_picture_and_page_exists():
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_named_target_of_make_exists():
    targets = set(re.findall(r"^([a-z][a-z-]*(?: [a-z-]+)*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert named
    assert named <= {name for line in targets for name in line.split()}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_commands_of_in_a_shell(tmp_path):
    for name, (source, lines) in FILES.items():
        path = ROOT / "test-data" / source
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        data = b"".join(data.splitlines(keepends=True)[:lines])
        (tmp_path / name).write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    blocks = commands("In a shell")
    assert len(blocks) == 3
    for block in blocks:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        assert done.stdout == ""
    found = rows(tmp_path / "interactions.tsv")
    assert found > 250
    for figure in ("interactions.png", "peaks.png", "curves.png"):
        assert (tmp_path / figure).read_bytes().startswith(b"\x89PNG"), figure
    assert "hsa-" in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "explained.html").read_text().startswith("<!DOCTYPE html>")
    windows = rows(tmp_path / "windows.tsv")
    assert windows > 10
    assert len((tmp_path / "windows.bed").read_text().splitlines()) <= windows
    assert len((tmp_path / "peaks.bed").read_text().splitlines()) == rows(tmp_path / "peaks.tsv") > 5
    assert 1.8 * found < rows(tmp_path / "scores.tsv") <= 2 * found
    assert rows(tmp_path / "rescored.tsv") == found
    assert load_model(str(tmp_path / "mine.safetensors")).name == "mine"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_commands_of_an_experiment(tmp_path):
    (sheet,) = re.findall(r"^```\n(sample .*?)^```", README, re.DOTALL | re.MULTILINE)
    (tmp_path / "samples.tsv").write_text(re.sub(r" +", "\t", sheet))
    for name, source in {
        "mature.fa": "mirnas.fa",
        "transcripts.fa.gz": "transcripts.fa.gz",
        "genes.gtf": "transcripts.gtf",
    }.items():
        (tmp_path / name).write_bytes((ROOT / "test-data" / source).read_bytes())
    simulate = (
        "for sample in wt_1 wt_2 ko_1 ko_2; do "
        "chimera-simulate --mirnas mature.fa --transcripts transcripts.fa.gz --samples samples.tsv "
        "--sample $sample --sites 60 --reads 2000 --fold 4 --quiet -o $sample.fastq.gz; done"
    )
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    (block,) = commands("An experiment: conditions and replicates")
    assert block.count("\n") - block.count("\\\n") == 5
    for script in (simulate, block):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{script}\n{done.stderr}"
    sites = rows(tmp_path / "sites.tsv")
    assert sites > 60
    assert rows(tmp_path / "changes.tsv") == sites
    assert len((tmp_path / "sites.bed").read_text().splitlines()) == sites + 1
    assert (tmp_path / "sites.html").read_text().startswith("<!DOCTYPE html>")
