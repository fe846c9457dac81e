"""The support rule, compared with counting the reads of every part one by one."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_pairtable import cores, slow_support

from mirtools.chimera.references import encode
from mirtools.chimera.support import PartSupport


class StringParts:
    """Parts as strings, passed on as slices of an array with other bases, too."""

    def __init__(self, min_reads, reach):
        self.support = PartSupport(min_reads, reach)
        self.numbers = {}
        self.read = 0

    def number(self, parts):
        """Number parts; "-" at the end is an open end."""
        flags = np.array([part[-1:] == "-" for part in parts], bool)
        parts, written = [part.rstrip("-") for part in parts], parts
        text, begins = "NN", []
        for part in parts:
            begins.append(len(text))
            text += part + "TG"
        begins = np.array(begins, np.int64)
        ends = begins + np.array([len(part) for part in parts], np.int64)
        found = self.support.number(encode(text).copy(), begins, ends, flags).tolist()
        for part, number in zip(written, found, strict=True):
            assert self.numbers.setdefault(part, number) == number
        assert sorted(self.numbers.values()) == list(range(len(self.numbers)))
        return found

    def count(self, reads):
        """Count distinct reads, each a list of parts."""
        numbers = self.number([part for parts in reads for part in parts])
        owners = [self.read + place for place, parts in enumerate(reads) for _ in parts]
        self.read += len(reads)
        self.support.count(np.array(owners, np.int64), np.array(numbers, np.int64))

    def supported(self):
        found = self.support.supported()
        assert len(found) == len(self.numbers)
        return {part for part, number in self.numbers.items() if found[number]}


def agree(batches, min_reads, reach):
    counted = StringParts(min_reads, reach)
    for reads in batches:
        counted.count(reads)
    everything = [set(parts) for reads in batches for parts in reads]
    expected = slow_support(everything, min_reads, reach) if everything else set()
    assert counted.supported() == expected
    return expected, set().union(*everything)


# few letters and lengths, so that parts often contain each other
part_strategy = st.text("AC", min_size=1, max_size=6)
reads_strategy = st.lists(st.lists(part_strategy, min_size=1, max_size=3), max_size=8)


@settings(deadline=None)
@given(st.lists(reads_strategy, max_size=4), st.integers(1, 6), st.integers(0, 4))
def test_equals_counting_one_by_one(batches, min_reads, reach):
    agree(batches, min_reads, reach)


@pytest.mark.parametrize("seed", range(20))
def test_incompletely_read_parts(seed):
    """N at random places, and 3' ends that were not seen."""
    rng = random.Random(seed)
    whole = rng.choice(["TGAGGTAGTAGGTTGTATAGTT", "TAGCTTATCAGACTGATGTTGA"])
    batches = []
    for _ in range(3):
        reads = []
        for _ in range(rng.randint(3, 20)):
            part = list(rng.choice(["", "", "A", "C"]) + whole[: rng.choice([13, 17, 20, 22, 22, 22])])
            for _ in range(rng.choice([0, 0, 0, 1, 2])):
                part[rng.randrange(len(part))] = "N"
            reads.append(["".join(part) + "-" * (rng.random() < 0.4)])
        batches.append(reads)
    agree(batches, rng.choice([2, 5, 10]), rng.randint(0, 4))


def test_equals_counting_one_by_one_on_many_reads():
    whole = "TGAGGTAGTAGGTTGTATAGTTCAGCATTG"
    kept = dropped = 0
    for seed in range(20):
        rng = random.Random(seed)
        batches = []
        for _ in range(6):
            # the ends of a part vary more than the rule can bridge
            parts = lambda: whole[rng.randint(0, 7) : rng.randint(16, 28)]  # noqa: E731, B023
            batches.append([[parts() for _ in range(rng.choice([1, 1, 1, 2, 3]))] for _ in range(15)])
        supported, everything = agree(batches, rng.choice([5, 10, 15]), rng.randint(0, 4))
        kept, dropped = kept + len(supported), dropped + len(everything - supported)
    assert min(kept, dropped) > 100


MIRNA = "TGAGGTAGTAGGTTGTATAGTT"


@pytest.mark.parametrize(("bases", "expected"), [(0, True), (1, True), (4, True), (5, False)])
@pytest.mark.parametrize("five_prime", [True, False])
def test_reads_support_parts_that_are_shorter_at_one_end(bases, expected, five_prime):
    shorter = MIRNA[bases:] if five_prime else MIRNA[: 22 - bases]
    supported, _ = agree([[[MIRNA], [MIRNA], [shorter]]], 3, 4)
    assert (shorter in supported, MIRNA in supported) == (expected, expected)


def test_reads_do_not_support_parts_that_are_shorter_at_both_ends():
    assert agree([[[MIRNA], [MIRNA[1:-1]]]], 2, 4)[0] == set()
    # but one that is shorter at one end reaches both
    assert agree([[[MIRNA], [MIRNA[1:-1]], [MIRNA[1:]]]], 3, 4)[0] == set()
    assert agree([[[MIRNA], [MIRNA[1:-1]], [MIRNA[1:]]]], 2, 4)[0] == {MIRNA, MIRNA[1:], MIRNA[1:-1]}


def test_a_read_counts_once_for_what_its_parts_have_in_common():
    assert agree([[[MIRNA, MIRNA[1:], MIRNA[2:]]]], 2, 4)[0] == set()
    assert agree([[[MIRNA, MIRNA]]], 2, 4)[0] == set()
    assert agree([[[MIRNA, MIRNA[1:]], [MIRNA[1:]]]], 2, 4)[0] == {MIRNA, MIRNA[1:]}
    # and for each of them where they have nothing in common
    other = MIRNA[::-1]
    assert agree([[[MIRNA, other], [MIRNA], [other]]], 2, 4)[0] == {MIRNA, other}


def test_parts_are_not_shortened_to_zero_bases():
    assert cores("AC", 4) == {"A", "C", "AC"}
    assert agree([[["AC"], ["C"], ["GT"]]], 2, 4)[0] == {"AC", "C"}
    assert agree([[["A"], ["C"]]], 2, 4)[0] == set()


def test_one_read_is_enough_if_min_reads_is_one():
    assert agree([[[MIRNA]], [["ACGT"]]], 1, 4)[0] == {MIRNA, "ACGT"}


def test_parts_without_a_counted_read_have_no_support():
    """The table numbers the parts of all reads, and counts the distinct ones later."""
    counted = StringParts(2, 4)
    counted.number([MIRNA, MIRNA, "ACGT"])
    assert counted.supported() == set()


def test_no_parts():
    assert agree([], 2, 4)[0] == set()
    assert agree([[], []], 2, 4)[0] == set()
