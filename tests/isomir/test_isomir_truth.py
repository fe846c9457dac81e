"""Promise 15: isomiR truth. Simulated single events, and published annotations (data outside the repository)."""

import importlib.util
import random
from pathlib import Path

import pytest

from mirtools.io.tables import ISOMIR_TYPES
from mirtools.isomir.types import classify

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are missing")


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("isomir_truth", ROOT / "benchmarks" / "isomir_truth.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def judged(benchmark):
    return benchmark.judge(DATA)


@needs_data
def test_published_annotations_agree_or_differ_for_a_known_reason(judged):
    assert len(judged) == 586
    assert [item for item in judged if None in (item.type_reason, item.variant_reason)] == []


@needs_data
@pytest.mark.parametrize(
    ("source", "sequences", "types", "variants"),
    [
        ("simulated reads (mirtop)", 56, 55, 33),  # some names give events without effect, such as T lost, T added
        ("simulated reads (mirtop, SAM)", 23, 22, 14),
        ("seqbuster on the simulated reads", 56, 55, 51),
        ("seqbuster, synthetic let-7a", 12, 12, 12),
        ("miraligner, real reads 1", 99, 78, 71),  # 19 sequences contain N
        ("miraligner, real reads 2", 99, 79, 67),  # 12 contain N
        ("GFF 0.0.1 (mirtop)", 9, 9, 9),
        ("mirGFF3 1.1 (mirtop), synthetic let-7a", 12, 12, 12),
        ("mirGFF3 1.1 (OptimiR)", 56, 40, 29),
        ("mirGFF3 1.1 (mirtop), real reads", 164, 68, 58),
    ],
)
def test_agreement_by_annotation(judged, source, sequences, types, variants):
    items = [item for item in judged if item.claim.source == source]
    assert len(items) == sequences
    assert sum(item.type_reason == "" for item in items) >= types
    assert sum(item.variant_reason == "" for item in items) >= variants


@needs_data
def test_another_mirna_than_annotated_explains_the_sequence_at_least_as_well(benchmark, judged):
    """If mirtools assigns another miRNA than the annotation, that miRNA needs no more types."""
    other = [item for item in judged if item.type_reason == benchmark.OTHER]
    assert len(other) == 32
    for item in other:
        assert item.found.mirna != item.claim.mirna
        assert item.found.types.count(",") <= item.types.count(",")


def with_event(rng, canonical, kind):
    """Return a miRNA with one event of one or two bases."""
    size = rng.choice([1, 2])
    other = [rng.choice([b for b in "ACGT" if b != base]) for base in canonical]
    if kind == "5p_addition":
        return "".join(rng.choices("ACGT", k=size)) + canonical
    if kind == "3p_addition":
        return canonical + "".join(rng.choices("ACGT", k=size))
    if kind == "5p_deletion":
        return canonical[size:]
    if kind == "3p_deletion":
        return canonical[:-size]
    length = len(canonical)
    places = {
        "5p_replacement": range(size),
        "3p_replacement": range(length - size, length),
        "SNP": [rng.randrange(4, length - 4)],
        "MNP": rng.sample(range(4, length - 4), 2),
    }[kind]
    return "".join(other[i] if i in places else base for i, base in enumerate(canonical))


@needs_data
@pytest.mark.parametrize("kind", ISOMIR_TYPES)
def test_simulated_single_events(kind):
    """At least 99.5 % of single events in real miRNAs get exactly their type."""
    from mirtools.io.sequences import read_references

    references = read_references(str(DATA / "references" / "mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"))
    rng = random.Random(15)
    mirnas = [reference.sequence for reference in references if len(reference.sequence) >= 18]
    right = total = 0
    for _ in range(3000):
        canonical = rng.choice(mirnas)
        isomir = classify(with_event(rng, canonical, kind), canonical)
        right += isomir is not None and isomir.types == (kind,)
        total += 1
    assert right >= 0.995 * total
