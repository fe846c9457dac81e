"""Floors on reads of known origin: real qCLASH reads and simulated CLASH reads next to the project.

With BLAST, and on more reads: ``benchmarks/chimera_truth.py``.
"""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not next to the project"),
]


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("chimera_truth", ROOT / "benchmarks" / "chimera_truth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_qclash(benchmark):
    counts = benchmark.qclash(DATA, "native", "2")
    assert counts["paired"] >= 0.985 * counts["reads"]
    assert counts["miRNA"] >= 0.95 * counts["paired"]
    # Isoforms with the same site are ties: the truth table names one of them, and any may be it
    assert counts["transcript or tied"] >= 0.995 * counts["paired"]
    assert counts["transcript"] >= 0.96 * counts["paired"]
    assert counts["coordinates within 4 nt"] >= 0.99 * counts["transcript"]


def test_simulated_clash(benchmark):
    reads = DATA / "chimeric_reads"
    references = DATA / "references"
    counts = benchmark.simulated(
        "seed 11",
        reads / "sim_clash_seed11.fastq.gz",
        reads / "sim_clash_seed11.truth.tsv.gz",
        references / "mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz",
        references / "human_refseq_hg19_mrna_4000.fa.gz",
        "native",
        "2",
    )
    assert counts["found"] >= 0.97 * counts["expected"]
    assert counts["miRNA"] >= 0.97 * counts["found"]
    assert counts["type"] >= 0.97 * counts["found"]
    assert counts["decoys paired"] < 0.02 * counts["decoys"]
