"""Assigning a part to a miRNA: fewest types, fewest changed bases, then the documented tie-breaks."""

import pytest

from mirtools.isomir.assignment import Assigned, Assignment
from mirtools.isomir.types import classify

LET7 = {
    "let-7a": "TGAGGTAGTAGGTTGTATAGTT",
    "let-7b": "TGAGGTAGTAGGTTGTGTGGTT",
    "let-7c": "TGAGGTAGTAGGTTGTATGGTT",
    "let-7e": "TGAGGTAGGAGGTTGTATAGTT",
    "mir-21": "TAGCTTATCAGACTGATGTTGA",
}


def assign(part, candidates=(), reads=None, canonical=LET7):
    return Assignment(canonical, classify).assign(part, candidates, reads or {})


@pytest.mark.parametrize("name", LET7)
def test_an_exact_mirna_is_assigned_to_itself_whatever_the_alignments_were(name):
    assert assign(LET7[name], ["mir-21"]) == Assigned(name, (name,))


def test_the_fewest_types_count_before_the_fewest_changed_bases():
    canonical = {"two-bases": "TGAGGTAGTAGGTTGTATAGTT", "two-types": "ATGAGCTAGAAGGTTGTATAGT"}
    part = "TGAGCTAGAAGGTTGTATAGTT"  # an MNP of the first; a 5' deletion and a 3' addition of the second
    assert classify(part, canonical["two-bases"]).types == ("MNP",)
    assert classify(part, canonical["two-types"]).types == ("5p_deletion", "3p_addition")
    assert assign(part, canonical=canonical) == Assigned("two-bases", ("two-bases",))


def test_with_equally_many_types_the_fewest_changed_bases_count():
    part = "TGAGGTAGTAGGTTGTGTGGTA"  # one base from let-7b, two from let-7c
    assert assign(part).equal == ("let-7b",)


def test_ties_are_broken_by_exact_reads_then_by_length_then_by_name():
    part = "TGAGGTAGTAGGTTGTAT"  # 3' deletion of let-7a and of let-7c
    assert assign(part) == Assigned("let-7a", ("let-7a", "let-7c"))
    assert assign(part, reads={LET7["let-7c"]: 5}).mirna == "let-7c"
    assert assign(part, reads={LET7["let-7c"]: 5, LET7["let-7a"]: 5}).mirna == "let-7a"
    longer = {"mir-9": LET7["let-7a"] + "A", "mir-10": LET7["let-7a"], "mir-2": LET7["let-7a"]}
    assert assign(part, canonical=longer) == Assigned("mir-2", ("mir-2", "mir-9", "mir-10"))
    assert assign(part, canonical={"mir-9": LET7["let-7a"] + "A", "mir-10": LET7["let-7a"]}).mirna == "mir-10"


def test_equal_sequences_are_ambiguous():
    canonical = {"mir-10b": LET7["let-7a"], "mir-9": LET7["let-7a"]}
    assert assign(LET7["let-7a"], canonical=canonical) == Assigned("mir-9", ("mir-9", "mir-10b"))


def test_an_unexplained_part_keeps_its_candidate():
    assert assign("C" * 20, ["mir-21"]) == Assigned("mir-21", ("mir-21",))
