"""Promise 16: the native engine finds what BLAST finds, and finds far fewer false miRNAs."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from mirtools.chimera.blast import BlastEngine
from mirtools.chimera.engine import SearchReferences
from mirtools.chimera.native import NativeEngine
from mirtools.chimera.references import References
from mirtools.io.sequences import read_references

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "references"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are missing"),
    pytest.mark.skipif(shutil.which("blastn") is None, reason="NCBI BLAST+ is not installed"),
]


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("engines", ROOT / "benchmarks" / "engines.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def source(benchmark):
    mirnas = read_references(str(DATA / "mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"))
    transcripts = read_references(str(DATA / "human_refseq_hg19_mrna_4000.fa.gz"))
    return benchmark.Source([each for each in mirnas if each.name.startswith("hsa-")], transcripts, 16)


@pytest.fixture(scope="module")
def engines(benchmark, source):
    # only miRNAs are evaluated here; BLAST would need an hour for the transcripts
    references = SearchReferences(References.of(source.all_mirnas), benchmark.NO_TRANSCRIPTS)
    with BlastEngine(references) as blast:
        yield {"blast": blast, "native": NativeEngine(references)}


def test_recall_of_every_type_is_at_least_that_of_blast(benchmark, source, engines, monkeypatch):
    monkeypatch.setattr(benchmark, "LENGTHS", (30, 50, 75))
    found = benchmark.mirna_recall(engines, source, 300)
    assert {kind for kind, _ in found["native"]} == set(benchmark.KINDS)
    lower = {key: (found["native"][key], found["blast"][key]) for key in found["blast"]}
    assert not {key: both for key, both in lower.items() if both[0] < both[1]}
    assert min(value for (kind, _), value in found["native"].items() if kind != "MNP") >= 0.99


def test_false_calls_are_a_sixth_of_those_of_blast(benchmark, source, engines, monkeypatch):
    """On random reads of 40 nt BLAST calls a miRNA on 3 to 4 %."""
    monkeypatch.setattr(benchmark, "LENGTHS", (40, 75))
    called = benchmark.false_calls(engines, source, 4000)
    assert 0.02 < called["blast"]["random", 40] < 0.06
    assert called["native"]["random", 40] <= 0.005
    for key, share in called["native"].items():
        assert share <= called["blast"][key] / 6, key
