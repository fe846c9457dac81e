"""Similarity of motifs: p-values against enumeration, planted matches, unrelated motifs."""

import functools

import numpy as np
import pytest

from mirtools.interpretation.comparison import (
    MATCH_COLUMNS,
    Comparison,
    Control,
    alignments,
    best_matches,
    column_scores,
    compare,
    compare_with_control,
    comparison_summary,
    match_rows,
    permutation_controls,
)
from mirtools.interpretation.motifs import Motif, reverse_complement


def random_motif(random, width, name="m", sharp=0.3):
    return Motif(name, random.dirichlet([sharp] * 4, width), 50)


def enumerated(query, columns, start, stop, score):
    """How often a choice of one column for each of the query's columns has this score or a better one."""
    scores = column_scores(query[start:stop], columns)
    every_choice = functools.reduce(np.add.outer, scores)
    assert every_choice.size == len(columns) ** (stop - start)
    return (every_choice >= score).mean()


def slow_match(query, targets, target, both_strands):
    """The corrected p-value, strand and offset of the best alignment, by enumeration."""
    strands = {"+": lambda table: table}
    if both_strands:
        strands["-"] = reverse_complement
    pool = np.concatenate([turn(other.frequencies) for turn in strands.values() for other in targets])
    found = []
    for strand, turn in strands.items():
        table = turn(target.frequencies)
        scores = column_scores(query.frequencies, table)
        for offset, start, stop in alignments(query.width, target.width):
            score = sum(scores[at, at - offset] for at in range(start, stop))
            p_value = enumerated(query.frequencies, pool, start, stop, score)
            found.append((p_value, start - stop, strand, offset))
    best = min(found)
    return 1 - (1 - best[0]) ** len(found), best[2], best[3], -best[1]


@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_p_values_by_enumeration(seed, both_strands):
    random = np.random.default_rng(seed)
    query = random_motif(random, 5, "q")
    targets = [random_motif(random, width, f"t{width}") for width in (2, 3, 5)]
    matches = compare([query], targets, both_strands)
    assert [m.p_value for m in matches] == sorted(m.p_value for m in matches)
    for match in matches:
        expected = slow_match(query, targets, match.target, both_strands)
        assert match.p_value == pytest.approx(expected[0], rel=1e-9)
        assert (match.strand, match.offset, match.overlap) == expected[1:]
        assert match.e_value == pytest.approx(3 * match.p_value)


def test_column_scores():
    table = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4])
    scores = column_scores(table, table)
    assert np.array_equal(scores, scores.T)
    assert scores.diagonal().tolist() == [250] * 4
    assert scores[0, 1] == 0  # the largest distance
    assert scores[0, 2] == 125


@pytest.mark.parametrize(("query", "target"), [(8, 8), (8, 3), (3, 8), (8, 20), (1, 1), (5, 6)])
def test_alignments_are_all_with_enough_overlap(query, target):
    found = list(alignments(query, target))
    expected = []
    for offset in range(-30, 31):
        start, stop = max(offset, 0), min(offset + target, query)
        if stop - start >= min(5, query, target):
            expected.append((offset, start, stop))
    assert found == expected


def test_a_planted_match_is_found():
    random = np.random.default_rng(5)
    targets = [random_motif(random, random.integers(6, 15), f"t{number}") for number in range(200)]
    table = targets[70].frequencies[1:9]
    forward = compare([Motif("q", table, 50)], targets)
    assert forward[0].target is targets[70]
    assert (forward[0].strand, forward[0].offset) == ("+", -1)
    assert forward[0].e_value < 1e-3
    turned = [Motif("q", reverse_complement(table), 50)]
    assert compare(turned, targets)[0].e_value > 0.01
    both = compare(turned, targets, both_strands=True)[0]
    assert (both.target, both.strand) == (targets[70], "-")
    assert both.e_value < 1e-3


def test_unrelated_motifs_have_uniform_p_values():
    random = np.random.default_rng(6)
    targets = [random_motif(random, random.integers(6, 15), f"t{number}") for number in range(100)]
    queries = [random_motif(random, 8, f"q{number}") for number in range(40)]
    p_values = np.array([match.p_value for match in compare(queries, targets)])
    for level in (0.01, 0.05, 0.2, 0.5):
        assert 0.6 * level < (p_values < level).mean() < 1.5 * level


def test_q_values():
    random = np.random.default_rng(7)
    targets = [random_motif(random, 8, f"t{number}") for number in range(30)]
    matches = compare([random_motif(random, 8, "a"), targets[3]], targets)
    p_values = sorted(match.p_value for match in matches)
    for match in matches:
        rivals = [p * len(p_values) / rank for rank, p in enumerate(p_values, 1) if p >= match.p_value]
        assert match.q_value == pytest.approx(min(1, *rivals))


def test_best_and_rows():
    random = np.random.default_rng(8)
    targets = [random_motif(random, 8, f"t{number}") for number in range(5)]
    matches = compare([targets[2]], targets)
    best = best_matches(matches, 1)
    assert best["t2"].target is targets[2]
    assert best_matches(matches, 1e-15) == {}
    rows = list(match_rows(matches, 10))
    assert len(rows) == 5
    assert rows[0][:3] == ["t2", "t2", "."]
    assert rows[0][9] == rows[0][10]
    assert {len(row) for row in rows} == {len(MATCH_COLUMNS)}
    assert list(match_rows(matches, 0)) == []
    assert compare([], targets) == []


def test_permutations_are_a_control():
    """A planted motif beats its permutations; one of equal columns cannot, whatever it matches."""
    random = np.random.default_rng(9)
    targets = [random_motif(random, random.integers(6, 15), f"t{number}") for number in range(50)]
    poly_a = np.tile([0.97, 0.01, 0.01, 0.01], (8, 1))
    targets.append(Motif("poly_a", poly_a, 50))
    queries = [Motif("planted", targets[7].frequencies[:6], 50), Motif("flat", poly_a, 50)]
    matches = compare(queries, targets)
    controls = permutation_controls(queries, targets, seed=1)
    assert controls["planted"].p_value < 0.05
    assert controls["planted"].matched < 0.2
    assert best_matches(matches, 0.05)["flat"].target.name == "poly_a"
    assert controls["flat"] == Control(1.0, 1.0)
    assert permutation_controls(queries, targets, seed=1) == controls
    summary = comparison_summary(Comparison(matches, controls))
    assert compare_with_control(queries, targets) == Comparison(matches, controls)
    assert compare_with_control(queries, []) == Comparison([], {})
    assert summary["motifs_matched"] == 2
    assert summary["motifs_matched_when_permuted"] == pytest.approx(1 + controls["planted"].matched, abs=0.01)


def test_controls_of_unrelated_motifs_are_uniform():
    random = np.random.default_rng(10)
    targets = [random_motif(random, random.integers(6, 15), f"t{number}") for number in range(20)]
    queries = [random_motif(random, 6, f"q{number}") for number in range(25)]
    found = [control.p_value for control in permutation_controls(queries, targets).values()]
    assert 0.35 < np.mean(found) < 0.65
    assert np.mean(np.array(found) < 0.1) < 0.3
