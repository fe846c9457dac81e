"""False forms from errors and linkers: planted rates, polymorphisms and tails with a known answer."""

import numpy as np
import pytest

from mirtools.chimera.digests import DigestNumbers, digests
from mirtools.chimera.references import encode
from mirtools.isomir.errors import error_rate
from mirtools.isomir.junction import Junction, find_parts

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
DEEP = 40_000
TARGETS = [first + "CATC" for first in "ACGT"]


def changed(place, base):
    return MIRNA[:place] + base + MIRNA[place + 1 :]


def all_changed():
    """Return the 66 sequences that differ in one base from the miRNA."""
    return [changed(place, base) for place in range(len(MIRNA)) for base in "ACGT" if base != MIRNA[place]]


def rate_of(reads_of, min_reads=10):
    """Return the error rate estimated from parts and their reads."""
    bases = encode("".join(reads_of))
    ends = np.cumsum([len(part) for part in reads_of])
    begins = ends - [len(part) for part in reads_of]
    numbers = DigestNumbers()
    numbers.add(digests(bases, begins, ends))
    support = np.array(list(reads_of.values()), float)
    recurring = np.flatnonzero(support >= min_reads)
    return error_rate(bases, begins, ends, numbers, support, recurring, min_reads)


def forms_of(rows, min_reads=10, **options):
    """Find the parts of (part, following bases, order) with their reads; return the reads of each form."""
    junctions = []
    for (part, linker, mirna_first), target in [(row, target) for row in rows for target in TARGETS]:
        bases = part + linker + target if mirna_first else part[::-1] + linker + target
        junctions.append(Junction(bases, 0, len(part), len(part) + len(linker), mirna_first))
    reads = [max(1, count // len(TARGETS)) for count in rows.values() for _ in TARGETS]
    found = find_parts(junctions, reads, min_reads, (MIRNA,), **options)
    counts = {}
    for part, count in zip(found.part.tolist(), reads, strict=True):
        if part >= 0:
            counts[found.parts[part]] = counts.get(found.parts[part], 0) + count
    return counts, found


@pytest.mark.parametrize("rate", [0.001, 0.002, 0.01])
@pytest.mark.parametrize("all_counts_known", [True, False])
def test_a_planted_rate_is_found(rate, all_counts_known):
    """At 0.001 each changed base is in 5 of 15,000 reads, and counts below 10 may already have been dropped."""
    rng = np.random.default_rng(1)
    reads_of = {MIRNA: 15_000}
    for part in all_changed():
        reads_of[part] = int(rng.poisson(reads_of[MIRNA] * rate / 3))
        if reads_of[part] < 10 and not all_counts_known:
            del reads_of[part]
    assert rate_of(reads_of) == pytest.approx(rate, rel=0.2)


def test_a_real_polymorphism_does_not_raise_the_rate():
    reads_of = {MIRNA: DEEP} | dict.fromkeys(all_changed(), 27)
    reads_of[changed(10, "A")] = 4_000
    assert rate_of(reads_of) == pytest.approx(0.002, rel=0.1)


def test_few_reads_leave_the_usual_rate():
    assert rate_of({MIRNA: 150, changed(10, "A"): 30}) == 0.002
    assert rate_of({}) == 0.002


def test_reads_with_two_errors_make_no_shorter_form():
    """If one error lies near the end, the part before it has only the other error."""
    once = [changed(place, base) for place in range(4, 16) for base in "ACGT" if base != MIRNA[place]]
    twice = [part[:18] + "C" + part[19:] for part in once]
    rows = {(MIRNA, "", True): DEEP, (MIRNA[:18], "C", True): 4}
    rows |= {(part, "", True): 28 for part in once} | {(part, "", True): 4 for part in twice}
    counts, _ = forms_of(rows)
    assert set(counts) == {MIRNA}


def test_errors_of_an_abundant_form_are_no_forms_and_a_snp_of_one_percent_is():
    """At 0.002 errors per base, 27 of 40,000 reads show each changed base; 400 show the polymorphism."""
    snp = changed(10, "A")
    rows = {(MIRNA, "", True): DEEP} | {(part, "", True): 28 for part in all_changed()}
    rows[snp, "", True] = DEEP // 100
    counts, found = forms_of(rows)
    assert counts == {MIRNA: DEEP + 65 * 28, snp: DEEP // 100}
    assert found.error_rate == pytest.approx(0.002, rel=0.2)
    assert found.false_parts >= 65


def test_without_the_test_for_errors_all_recurring_forms_are_kept():
    rows = {(MIRNA, "", True): DEEP} | {(part, "", True): 28 for part in all_changed()[12:36]}
    counts, found = forms_of(rows, errors=False)
    assert len(counts) == 25
    assert found.false_parts == 0


def test_few_reads_are_evidence_if_the_mirna_has_few():
    """In 300 reads, errors give 0.2 reads with a certain changed base: 20 reads are a real polymorphism."""
    snp = changed(10, "A")
    counts, _ = forms_of({(MIRNA, "", True): 300, (snp, "", True): 20})
    assert counts == {MIRNA: 300, snp: 20}


@pytest.mark.parametrize("mirna_first", [True, False])
def test_random_linkers_make_no_additions_and_a_tail_is_kept(mirna_first):
    rows = {(MIRNA, "", mirna_first): DEEP}
    for base in "ACGT":
        rows[MIRNA, base, mirna_first] = 1_000
        for other in "ACGT":
            rows[MIRNA, base + other, mirna_first] = 240
    assert set(forms_of(rows)[0]) == {MIRNA}
    rows[MIRNA, "A", mirna_first] += 4_000
    counts, _ = forms_of(rows)
    tailed = MIRNA + "A" if mirna_first else "A" + MIRNA
    assert set(counts) == {MIRNA, tailed}
    assert counts[tailed] >= 4_000


def test_reads_of_the_other_order_are_evidence_against_linkers():
    """T before the miRNA: 20 reads begin with it, and in 4 reads it could be a linker."""
    added = "T" + MIRNA
    rows = {(MIRNA, "", True): 200, (MIRNA, "", False): 80, (added, "", True): 20}
    rows |= {(MIRNA, base, False): 4 for base in "ACGT"}
    counts, _ = forms_of(rows)
    assert set(counts) == {MIRNA, added}
    assert counts[added] >= 20


@pytest.mark.parametrize("is_read", [True, False])
def test_reads_with_other_bases_before_a_part_do_not_support_its_start(is_read):
    """Different replaced 5' ends, each too rare to be a form, are no 5' deletion together."""
    rest = MIRNA[2:] if is_read else MIRNA[2:9] + "N" + MIRNA[10:]
    starts = {"GC" + MIRNA[2:]: 2, "AT" + rest: 1, MIRNA: 10}
    places = [(start, target) for start in starts for target in TARGETS]
    junctions = [Junction(start + target, 2 * (start != MIRNA), 22, 22, True) for start, target in places]
    found = find_parts(junctions, [starts[start] for start, _ in places], 10, (MIRNA,))
    assert {found.parts[part] for part in found.part.tolist() if part >= 0} == {MIRNA}


def test_reads_with_n_and_other_bases_before_a_part_make_no_form():
    """Errors at the first base of reads with N: the other order shows a form one base shorter, by chance."""
    unread = MIRNA[1:9] + "N" + MIRNA[10:]
    back = MIRNA[::-1]
    junctions = [Junction(base + unread + target, 1, 22, 22, True) for base in "ACG" for target in TARGETS]
    junctions += [Junction("T" + unread + target, 0, 22, 22, True) for target in TARGETS]
    junctions += [Junction(back + target, 0, 22, 22, False) for target in TARGETS]
    found = find_parts(junctions, [2] * 12 + [2_000] * 4 + [300] * 4, 10, (MIRNA,))
    assert {found.parts[part] for part in found.part.tolist() if part >= 0} == {MIRNA}
