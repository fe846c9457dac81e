"""One test body for every search engine: what any of them must find, and must not."""

import random
import shutil

import pytest

from mirtools.chimera.blast import BlastEngine
from mirtools.chimera.engine import SearchReferences
from mirtools.errors import MissingExtraError
from mirtools.sequences import Reference, reverse_complement

RNG = random.Random(5)
MIRNAS = [Reference(f"m{n}", "", "".join(RNG.choices("ACGT", k=22))) for n in range(20)]
TRANSCRIPTS = [Reference(f"t|{n} x", "", "".join(RNG.choices("ACGT", k=800))) for n in range(20)]
REFERENCES = SearchReferences(MIRNAS, TRANSCRIPTS)

needs_blast = pytest.mark.skipif(shutil.which("blastn") is None, reason="NCBI BLAST+ is not installed")


@pytest.fixture(params=[pytest.param(BlastEngine, marks=needs_blast)], ids=["blast"])
def engine(request):
    with request.param(REFERENCES) as made:
        yield made


def chimera(number):
    start = 30 * number
    return MIRNAS[number].sequence + TRANSCRIPTS[number].sequence[start : start + 30]


def test_both_parts_are_found_where_they_are(engine):
    (found,) = engine.search([[chimera(number) for number in range(20)]])
    assert len(found) == 20
    for number, hits in enumerate(found):
        mirna = min(hits.mirnas, key=lambda hit: hit.evalue)
        assert (mirna.subject, mirna.subject_start, mirna.start) == (number, 0, 0)
        target = min(hits.targets, key=lambda hit: hit.evalue)
        assert (target.subject, target.end, target.subject_end) == (number, 52, 30 * number + 30)
        assert all(hit.evalue <= 0.1 and hit.bits > 0 for hit in (*hits.mirnas, *hits.targets))


def test_minus_strand_is_not_searched(engine):
    (found,) = engine.search([[reverse_complement(chimera(number)) for number in range(20)]])
    assert all(not [hit for hit in hits.mirnas if hit.end - hit.start > 16] for hits in found)
    assert all(not hits.targets for hits in found if not hits.mirnas)


def test_all_ties_are_reported():
    references = SearchReferences([*MIRNAS, MIRNAS[3]._replace(name="twin")], TRANSCRIPTS)
    if shutil.which("blastn") is None:
        pytest.skip("NCBI BLAST+ is not installed")
    with BlastEngine(references) as made:
        ((hits,),) = made.search([[chimera(3)]])
    assert {hit.subject for hit in hits.mirnas if hit.end - hit.start >= 22} == {3, 20}


def test_batches_keep_their_order_for_any_number_of_threads(engine):
    batches = [[chimera(number)] * 2 for number in range(10)]
    whole = list(engine.search(batches))
    assert [len(hits) for hits in whole] == [2] * 10
    with type(engine)(REFERENCES, threads=3) as other:
        assert list(other.search(batches)) == whole


def test_nothing_in_nothing_out(engine):
    assert list(engine.search([])) == []
    assert list(engine.search([["ACGT", "NNNNNNNNNNNNNNNNNNNNNNNN"]])) == [[([], []), ([], [])]]


def test_absent_blast_is_said_in_one_line(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError, match=r"NCBI BLAST\+ .* is not installed; install it with: "):
        BlastEngine(REFERENCES)
