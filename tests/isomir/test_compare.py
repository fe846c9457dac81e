"""Comparison of two experiments: known answers, the chance of absence, symmetry."""

from math import comb

import numpy as np
import pytest

from mirtools.errors import InputError
from mirtools.isomir.compare import COMPARE_COLUMNS, chance_absent, compare, comparison_rows
from mirtools.isomir.repertoire import read_isomirs, type_mask, type_names

HEADER = "mirna_id\tmirna_seq\tisomir_types\tn_reads\n"


def experiment(tmp_path, *rows):
    """Read rows of (miRNA, sequence, types, reads) as a table of isomir-classify."""
    path = tmp_path / "typed.tsv"
    path.write_text(HEADER + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return read_isomirs(str(path))


FIRST = [
    ("a", "ACGTACGAAA", ".", 60),
    ("a", "ACGTACGAAC", "3p_replacement", 12),
    ("a", "ACGTACGAAC", "3p_replacement", 3),  # on another target
    ("a", "ACGTACGAAG", "SNP,3p_addition", 70),
    ("b", "ACGTACGAAA", ".", 10),
    ("b", "ACGTACGCCC", "SNP", 9),  # too few to occur
]
SECOND = [
    ("a", "ACGTACGAAA", ".", 30),
    ("a", "ACGTACGAAG", "SNP,3p_addition", 9),  # too few to occur
    ("b", "ACGTACGCCC", "SNP", 40),
    ("c", "ACGTACGAAA", ".", 20),
]


def test_known_answer(tmp_path):
    compared = compare(experiment(tmp_path, *FIRST), experiment(tmp_path, *SECOND), 10)
    rows = [dict(zip(COMPARE_COLUMNS, row, strict=True)) for row in compared.rows]
    listed = {
        (r["mirna_id"], r["mirna_seq"]): (r["found_in"], r["reads_first"], r["reads_second"], r["pairs_first"])
        for r in rows
    }
    assert list(listed) == sorted(listed)
    assert listed == {
        ("a", "ACGTACGAAA"): ("both", "60", "30", "1"),
        ("a", "ACGTACGAAC"): ("first", "15", "0", "2"),
        ("a", "ACGTACGAAG"): ("first", "70", "9", "1"),
        ("b", "ACGTACGAAA"): ("first", "10", "0", "1"),
        ("b", "ACGTACGCCC"): ("second", "9", "40", "1"),
        ("c", "ACGTACGAAA"): ("second", "0", "20", "0"),
    }
    assert [r["mirna_class"] for r in rows] == ["exact", "isomir", "isomir", "exact", "isomir", "exact"]
    assert {r["isomir_types"] for r in rows if r["mirna_seq"] == "ACGTACGAAG"} == {"3p_addition,SNP"}
    # a chance of absence is given only if the isomiR is absent from one experiment
    assert [r["chance_absent"] == "." for r in rows] == [True, False, False, False, False, False]
    counts = {(s.experiment, s.item, s.min_reads): (s.isomirs, s.absent) for s in compared.shares}
    assert counts["first", "any", 10] == (4, 3)
    assert counts["first", "exact", 10] == (2, 1)
    assert counts["first", "isomir", 10] == (2, 2)
    assert counts["first", "SNP", 10] == (1, 1)  # the SNP with 9 reads does not occur
    assert counts["first", "any", 50] == (2, 1)
    assert counts["second", "any", 10] == (3, 2)
    assert ("second", "any", 50) not in counts
    lines = {tuple(row[:4]): row[4] for row in comparison_rows(compared)}
    assert lines["only_in_first_min_10_reads", "all", "any", "share"] == "0.75"
    assert lines["only_in_second_min_10_reads", "all", "any", "absent_from_other"] == "2"


def test_an_experiment_compared_with_itself(tmp_path):
    one = experiment(tmp_path, *FIRST)
    compared = compare(one, one, 10)
    assert {share.absent for share in compared.shares} == {0}
    assert {row[4] for row in compared.rows} == {"both", "neither"}


def test_swapping_the_experiments_swaps_the_result(tmp_path):
    first, second = experiment(tmp_path, *FIRST), experiment(tmp_path, *SECOND)
    forward, reverse = compare(first, second, 10), compare(second, first, 10)
    swap = {"first": "second", "second": "first"}
    assert sorted(s._replace(experiment=swap[s.experiment]) for s in forward.shares) == sorted(reverse.shares)
    swapped = [[*r[:4], swap.get(r[4], r[4]), r[6], r[5], r[8], r[7], r[9]] for r in forward.rows]
    assert swapped == reverse.rows


def test_comparison_with_an_empty_table(tmp_path):
    none, one = experiment(tmp_path), experiment(tmp_path, *FIRST)
    compared = compare(one, none, 10)
    assert {(s.isomirs, s.absent, s.expected) for s in compared.shares if s.item == "any"} == {
        (4, 4, 4.0),
        (2, 2, 2.0),
    }
    assert compare(none, none, 1) == ([], [])


@pytest.mark.parametrize(
    ("reads", "depth", "other", "least"), [(0, 10, 10, 1), (3, 100, 50, 10), (12, 90, 900, 10)]
)
def test_chance_of_absence_is_the_negative_binomial(reads, depth, other, least):
    hit = other / (depth + other)
    expected = sum(comb(reads + x, x) * hit**x * (1 - hit) ** (reads + 1) for x in range(least))
    (chance,) = chance_absent(np.array([reads]), depth, other, least)
    assert chance == pytest.approx(expected, rel=1e-12)


def test_chance_of_absence_by_simulation():
    """Given r reads in one experiment and a flat prior: how often has the other fewer than ten?"""
    rng = np.random.default_rng(1)
    abundance = rng.uniform(0, 100, 400_000)
    one, other = rng.poisson(abundance), rng.poisson(abundance / 2)
    for reads in (5, 20, 40):
        (chance,) = chance_absent(np.array([reads]), 1000, 500, 10)
        assert chance == pytest.approx((other[one == reads] < 10).mean(), abs=0.03)


def test_more_reads_are_missed_less_often():
    chance = chance_absent(np.arange(200), 1000, 800, 10)
    assert (np.diff(chance) < 0).all()
    assert chance[0] > 0.99
    assert chance[-1] < 1e-10


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mirna_id\tmirna_seq\n", "is not classified"),
        (HEADER + "a\tACGTACGAAA\tSNV\t3\n", "isomir_types has 'SNV'"),
        (HEADER + "a\tACGTACGAAA\tSNP\tx\n", "n_reads is 'x'"),
    ],
)
def test_a_table_that_is_not_classified_is_an_error(tmp_path, text, problem):
    path = tmp_path / "typed.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_isomirs(str(path))


def test_types_as_bits():
    assert type_names(0) == "."
    for names in (["SNP"], ["5p_addition", "3p_deletion"], ["MNP", "5p_replacement"]):
        assert set(type_names(type_mask(names)).split(",")) == set(names)


def test_a_table_without_reads_counts_rows(tmp_path):
    path = tmp_path / "typed.tsv"
    path.write_text("mirna_id\tmirna_seq\tisomir_types\na\tACGTACGAAA\t.\na\tACGTACGAAA\t.\na\tACGTACGAAC\tSNP\n")
    isomirs = read_isomirs(str(path))
    assert isomirs.reads.tolist() == isomirs.pairs.tolist() == [2, 1]
    assert list(isomirs.numbers()) == [("a", "ACGTACGAAA"), ("a", "ACGTACGAAC")]
