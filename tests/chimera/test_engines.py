"""Tests of every search engine: what it must find, and must not."""

import os
import random
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from slow_pairing import batch_of, packed

from mirtools.chimera.blast import BlastEngine
from mirtools.chimera.native import NativeEngine
from mirtools.errors import MirtoolsError, MissingExtraError
from mirtools.io.sequences import reverse_complement

RNG = random.Random(5)
MIRNAS = [(f"m{number}", "".join(RNG.choices("ACGT", k=22))) for number in range(20)]
TRANSCRIPTS = [(f"t|{number} x", "".join(RNG.choices("ACGT", k=800))) for number in range(20)]

needs_blast = pytest.mark.skipif(shutil.which("blastn") is None, reason="NCBI BLAST+ is not installed")
ENGINES = [pytest.param("native"), pytest.param("blast", marks=needs_blast)]


@pytest.fixture(params=ENGINES)
def make(request):
    """Return a function that makes the engine for some references."""
    made = []

    def engine(mirnas=MIRNAS, transcripts=TRANSCRIPTS, **options):
        references = packed(mirnas, transcripts)
        if request.param == "native":
            return NativeEngine(references, **options)
        made.append(BlastEngine(references, **options))
        return made[-1]

    yield engine
    for each in made:
        each.__exit__(None, None, None)


def search(engine, reads):
    return engine.search(*batch_of(reads)[:2])


def of_read(hits, read):
    """Return the hits of one read as (subject, start, end, subject_start, subject_end), best first."""
    chosen = np.flatnonzero(hits.read == read)
    order = chosen[np.argsort(hits.evalue[chosen], kind="stable")]
    return list(zip(*(column[order].tolist() for column in hits[1:6]), strict=True))


def chimera(number, length=30):
    start = 30 * number
    return MIRNAS[number][1] + TRANSCRIPTS[number][1][start : start + length]


def as_sets(found):
    return [sorted(zip(*(column.tolist() for column in hits), strict=True)) for hits in found]


def test_both_parts_are_found_at_their_positions(make):
    mirnas, targets = search(make(), [chimera(number) for number in range(20)])
    for number in range(20):
        assert of_read(mirnas, number)[0][0] == number
        assert of_read(mirnas, number)[0][1] == of_read(mirnas, number)[0][3] == 0
        subject, _, end, _, subject_end = of_read(targets, number)[0]
        assert (subject, end, subject_end) == (number, 52, 30 * number + 30)
    for hits in (mirnas, targets):
        assert hits.evalue.max() <= 0.1
        assert hits.bits.min() > 0
        assert (np.diff(hits.read) >= 0).all()


def test_evalues_and_bits_are_those_of_karlin_and_altschul(make):
    """Hits of 22 and of 30 equal bases."""
    mirnas, targets = search(make(), [chimera(3)])
    best, longest = mirnas.evalue.argmin(), targets.evalue.argmin()
    assert mirnas.bits[best] == pytest.approx((1.37406 * 22 + 0.34164) / np.log(2), abs=0.1)
    assert targets.bits[longest] == pytest.approx((1.37406 * 30 + 0.34164) / np.log(2), abs=0.1)
    # an alignment cannot start in the last 7 bases of 52, nor in those of 20 miRNAs
    space = (52 - 7) * (20 * 22 - 20 * 7)
    assert mirnas.evalue[best] == pytest.approx(0.710603 * space * np.exp(-1.374063 * 22), rel=0.002)


def test_a_target_may_lie_before_the_mirna(make):
    read = TRANSCRIPTS[4][1][100:130] + MIRNAS[7][1]
    mirnas, targets = search(make(), [read])
    assert of_read(mirnas, 0)[0] == (7, 30, 52, 0, 22)
    assert of_read(targets, 0)[0][:1] == (4,)
    assert of_read(targets, 0)[0][3:] == (100, 130)


def test_changed_lost_and_added_bases_do_not_hide_a_target(make):
    site = TRANSCRIPTS[9][1][200:245]
    other = {"A": "C", "C": "A", "G": "T", "T": "G"}
    changed = site[:20] + other[site[20]] + site[21:]
    # a base that equals none of its neighbours, so that the gap has one place
    added = next(base for base in "ACGT" if base not in (site[21], site[22]))
    reads = [MIRNAS[0][1] + part for part in (changed, site[:22] + site[23:], site[:22] + added + site[22:])]
    _, targets = search(make(), reads)
    for number, end in enumerate((67, 66, 68)):
        subject, _, found_end, start, subject_end = of_read(targets, number)[0]
        assert (subject, found_end, subject_end) == (9, end, 245)
        assert 200 <= start <= 202


def _changed(sequence, *places):
    """Return a sequence with other bases at some places."""
    other = {"A": "C", "C": "A", "G": "T", "T": "G"}
    return "".join(other[base] if place in places else base for place, base in enumerate(sequence))


@pytest.mark.parametrize(("start", "end"), [(12, 32), (0, 22), (52, 72)])
def test_a_strong_hit_that_makes_no_pair_hides_no_target(make, start, end):
    """It overlaps the end of the miRNA, or contains all of it, or lies far after it.

    Words of the native engine have ten bases here, and seven in reads without a target that may make a pair.
    """
    after = "GGTCATTGACCTACAGTCGA"
    read = MIRNAS[0][1] + _changed(TRANSCRIPTS[9][1][200:230], 8, 17, 26) + after
    holder = TRANSCRIPTS[0][1][:50] + read[start:end] + TRANSCRIPTS[1][1][50:100]
    many = "".join(random.Random(8).choices("ACGT", k=1 << 20))
    # the overlap deep inside both miRNAs is small
    kin = _changed(MIRNAS[0][1], 3, 20)
    engine = make([*MIRNAS, ("kin", kin)], [*TRANSCRIPTS[:10], ("holder", holder), ("many", many)])
    mirnas, targets = search(engine, [read])
    assert {(0, 0, 22, 0, 22), (20, 4, 20, 4, 20)} <= set(of_read(mirnas, 0))
    found = {subject: (first, last) for subject, first, last, *_ in of_read(targets, 0)}
    assert found[10][0] <= start < end <= found[10][1]
    assert found[9] == (22, 48)


def test_minus_strand_is_not_searched(make):
    mirnas, targets = search(make(), [reverse_complement(chimera(number)) for number in range(20)])
    assert (mirnas.end - mirnas.start).max(initial=0) <= 16
    assert set(targets.read.tolist()) <= set(mirnas.read.tolist())


def test_reads_without_a_mirna_need_no_target(make):
    mirnas, targets = search(make(), [TRANSCRIPTS[2][1][50:110], chimera(2)])
    assert 0 not in mirnas.read
    assert 0 not in targets.read
    assert 1 in targets.read


def test_all_ties_are_reported(make):
    engine = make(
        [*MIRNAS, ("twin", MIRNAS[3][1])], [*TRANSCRIPTS, *((f"t{n}", TRANSCRIPTS[3][1]) for n in range(50))]
    )
    mirnas, targets = search(engine, [chimera(3)])
    assert {hit[0] for hit in of_read(mirnas, 0) if hit[2] - hit[1] >= 22} == {3, 20}
    assert {hit[0] for hit in of_read(targets, 0) if hit[4] == 120} == {3, *range(20, 70)}


def test_low_complexity_starts_no_target_but_may_belong_to_one(make):
    transcripts = [
        ("repeat", "CA" * 300),
        ("mixed", TRANSCRIPTS[1][1][:300] + "CA" * 15 + TRANSCRIPTS[1][1][300:]),
    ]
    reads = [MIRNAS[0][1] + "CA" * 20, MIRNAS[0][1] + TRANSCRIPTS[1][1][280:300] + "CA" * 12]
    _, targets = search(make(transcripts=transcripts), reads)
    assert 0 not in targets.read
    assert of_read(targets, 1)[0] == (1, 22, 66, 280, 324)


def test_a_mirna_of_low_complexity_is_found(make):
    """hsa-miR-3613-3p."""
    mirnas, _ = search(
        make([*MIRNAS, ("miR-3613-3p", "ACAAAAAAAAAAGCCCAACCCTTC")]), ["ACAAAAAAAAAAGCCCAACCCTTC" + "GCTA" * 8]
    )
    assert of_read(mirnas, 0)[0] == (20, 0, 24, 0, 24)


def test_the_evalue_is_a_limit(make):
    found = [search(make(evalue=limit), [chimera(number) for number in range(20)]) for limit in (0.1, 1e-5, 1e-15)]
    for (mirnas, targets), limit in zip(found, (0.1, 1e-5, 1e-15), strict=True):
        assert max(mirnas.evalue.max(initial=0), targets.evalue.max(initial=0)) <= limit
    loose, strict = (set(as_sets(found[n])[1]) for n in (0, 1))
    assert strict == {hit for hit in loose if hit[6] <= 1e-5}
    assert len(found[2][0].read) == 0


def test_a_read_depends_on_no_other(make):
    rng = random.Random(3)
    reads = [chimera(number, rng.randint(0, 40)) for number in range(20)] + ["A" * 30, "ACGT"]
    engine = make()
    together = as_sets(search(engine, reads))
    for order in (rng.sample(range(22), 22), range(21, -1, -1)):
        shuffled = as_sets(search(engine, [reads[number] for number in order]))
        for expected, found in zip(together, shuffled, strict=True):
            assert sorted((order[hit[0]], *hit[1:]) for hit in found) == expected


def test_several_threads_search_at_once(make):
    engine = make()
    batches = [[chimera(number)] * 3 for number in range(10)]
    expected = [as_sets(search(engine, batch)) for batch in batches]
    with ThreadPoolExecutor(3) as pool:
        assert [as_sets(found) for found in pool.map(lambda batch: search(engine, batch), batches)] == expected


@pytest.mark.parametrize("reads", [[], ["ACGT"], ["NNNNNNNNNNNNNNNNNNNNNNNN", "ACGT"]])
def test_no_reads_give_no_hits(make, reads):
    for hits in search(make(), reads):
        assert all(len(column) == 0 for column in hits)


def test_an_n_in_a_read_matches_nothing(make):
    mirna = MIRNAS[5][1]
    mirnas, _ = search(make(), [mirna[:21] + "N" + TRANSCRIPTS[5][1][100:140]])
    assert of_read(mirnas, 0)[0] == (5, 0, 21, 0, 21)


def test_hits_end_where_a_sequence_does(make):
    """The last bases of one transcript and the first of the next do not make a hit of 40 nt."""
    read = MIRNAS[1][1] + TRANSCRIPTS[6][1][-20:] + TRANSCRIPTS[7][1][:20]
    _, targets = search(make(), [read])
    assert {(6, 42, 800), (7, 62, 20)} <= {(hit[0], hit[2], hit[4]) for hit in of_read(targets, 0)}
    assert (targets.end - targets.start).max() < 30


def test_the_native_engine_drops_low_scores():
    reads = [chimera(number) for number in range(20)] + [MIRNAS[2][1][:15] + TRANSCRIPTS[2][1][:40]]
    every, most = (
        search(NativeEngine(packed(MIRNAS, TRANSCRIPTS), min_score=score), reads)[0] for score in (8, 16)
    )
    assert 20 in every.read
    assert 20 not in most.read
    assert set(as_sets([most])[0]) <= set(as_sets([every])[0])


def test_missing_blast_is_reported_in_one_line(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError, match=r"NCBI BLAST\+ .* is not installed; install it with: "):
        BlastEngine(packed(MIRNAS, TRANSCRIPTS))


def test_a_failure_of_blast_is_reported_with_its_message(tmp_path, monkeypatch):
    for name in ("blastn", "makeblastdb"):
        script = tmp_path / name
        script.write_text("#!/bin/sh\ncat > /dev/null\necho 'BLAST Database error: disk is full' >&2\nexit 3\n")
        os.chmod(script, stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(
        MirtoolsError, match="makeblastdb failed with status 3: BLAST Database error: disk is full"
    ):
        BlastEngine(packed(MIRNAS, TRANSCRIPTS))
