"""The order of rows of one pair by evidence."""

import random

from mirtools.isomir.strength import strength_of

COLUMNS = "pair_id n_reads n_reads:a mirna_evalue mirna_bits target_evalue target_bits rank gap note".split()
BEST = "P1 1 1 1e-5 40 1e-9 60 1 0 b".split()


def changed(**cells):
    return [cells.get(name.replace(":", "_"), cell) for name, cell in zip(COLUMNS, BEST, strict=True)]


def test_the_order_of_evidence():
    strength = strength_of(COLUMNS)
    ranked = [
        changed(mirna_evalue="1e-6"),
        changed(target_bits="61"),
        changed(gap="-1"),
        changed(note="a"),
        BEST,
        changed(gap="2"),
        changed(gap="10"),  # by value, not as text
        changed(gap="."),
        changed(rank="2"),
        changed(mirna_bits="39.9"),
        changed(target_evalue="1e-8"),
        changed(mirna_evalue="."),
    ]
    shuffled = random.Random(1).sample(ranked, len(ranked))
    assert sorted(shuffled, key=strength) == ranked


def test_summed_columns_are_no_evidence():
    strength = strength_of(COLUMNS)
    assert strength(changed(pair_id="P0", n_reads="99", n_reads_a="99")) == strength(BEST)


def test_nan_compares_like_a_missing_number():
    strength = strength_of(["mirna_evalue", "rank"])
    assert strength(["nan", "1"])[:3] == strength([".", "1"])[:3]
    assert strength_of(["note"])(["x"])[:3] == (1.0, 0, 0.0)
