"""Loci of miRNAs on precursors; variants and cigars are tested with mirGFF3."""

from mirtools.io.sequences import Reference
from mirtools.isomir.precursors import Placed, Precursors
from mirtools.isomir.types import classify

MIRNA = "TAGCTTATCAGACTGATGTTGA"
OTHER = "CAACACCAGTCGATGGGCTGT"


def hairpins(**sequences):
    return [Reference(name.replace("_", "-"), "", sequence) for name, sequence in sequences.items()]


def place(observed, *precursors, name="mir-21"):
    found = Precursors({name: MIRNA}, precursors).places(name, observed, classify(observed, MIRNA))
    return found[0] if len(found) == 1 else found


def test_every_occurrence_is_a_locus():
    precursors = Precursors(
        {"mir-21": MIRNA, "mir-21b": MIRNA, "star": OTHER, "none": "ACGT" * 5},
        hairpins(one="GG" + MIRNA + "AC" + OTHER, two=MIRNA + "T" + MIRNA),
    )
    assert [(locus.precursor, locus.start) for locus in precursors.loci("mir-21")] == [
        ("one", 2),
        ("two", 0),
        ("two", 23),
    ]
    assert precursors.loci("mir-21b") == precursors.loci("mir-21")
    assert [(locus.precursor, locus.start) for locus in precursors.loci("star")] == [("one", 26)]
    assert precursors.loci("none") == []
    assert precursors.without == 1


def test_loci_are_of_the_same_species_if_possible():
    precursors = Precursors(
        {"hsa-miR-21-5p": MIRNA, "rno-miR-21-5p": MIRNA, "MIMAT1_miR-21": MIRNA},
        hairpins(hsa_mir_21="G" + MIRNA, mmu_mir_21="GG" + MIRNA),
    )
    assert [locus.precursor for locus in precursors.loci("hsa-miR-21-5p")] == ["hsa-mir-21"]
    assert len(precursors.loci("rno-miR-21-5p")) == len(precursors.loci("MIMAT1_miR-21")) == 2


def test_the_locus_with_the_fewest_non_templated_bases_is_chosen():
    one, two = hairpins(one=MIRNA + "AC", two=MIRNA + "CC")
    assert place(MIRNA + "A", one, two).precursor == "one"
    assert place(MIRNA + "C", one, two).variant == "iso_3p:+1"
    both = place(MIRNA + "G", one, two)
    assert [(p.precursor, p.variant, p.not_templated) for p in both] == [
        ("one", "iso_add3p:1", 1),
        ("two", "iso_add3p:1", 1),
    ]


def test_bases_beyond_the_ends_of_a_precursor():
    (tight,) = hairpins(tight="A" + MIRNA + "C")
    assert place("GA" + MIRNA, tight) == Placed("tight", 0, 23, "iso_5p:-2,iso_snv", "G23M", 1)
    assert place(MIRNA + "CC", tight) == Placed("tight", 1, 24, "iso_3p:+1,iso_add3p:1", "23MC", 1)


def test_without_precursors():
    assert place(MIRNA[1:] + "C") == Placed("mir-21", 1, 22, "iso_5p:+1,iso_add3p:1", "21MC", 1)


def test_n_in_a_mirna_or_a_precursor_agrees_with_every_base():
    unread = MIRNA[:5] + "N" + MIRNA[6:]
    for mirna, precursor in ((MIRNA, "GG" + unread + "CT"), (unread, "GG" + MIRNA + "CT")):
        precursors = Precursors({"mir-21": mirna}, hairpins(one=precursor, gap="N" * 30, none="GG" + OTHER))
        assert [(locus.precursor, locus.start) for locus in precursors.loci("mir-21")] == [("one", 2)]
    tailed = MIRNA + "CT"
    assert place(tailed, *hairpins(one="GG" + unread + "CTG")).variant == "iso_3p:+2"
