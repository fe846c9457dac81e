"""Sites chosen from windows, as BED12 and by gene."""

import io
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.io.sequences import Reference
from mirtools.models.tiling import Tiling
from mirtools.prediction.sites import GENE_COLUMNS, GeneSummary, SiteBed, sites_of
from mirtools.prediction.windows import TargetScores
from mirtools.transcripts.genes import Genes
from mirtools.transcripts.gtf import Placement

MIRNAS = [Reference("m 1%", "", "ACGT"), Reference("m2", "", "ACGT")]


def found_of(scores, length=None, name="t1", header="", tiling=None, mirnas=MIRNAS, first=0):
    scores = np.atleast_2d(np.array(scores, float))
    tiling = tiling or Tiling(60, 10)
    length = length or 60 + 10 * (scores.shape[1] - 1)
    starts = tiling.starts(length)
    assert len(starts) == scores.shape[1]
    ends = np.minimum(starts + tiling.window, length)
    return TargetScores(Reference(name, header, "A" * length), mirnas[: len(scores)], first, starts, ends, scores)


def slow_sites(scores, starts, ends, threshold):
    remaining = [number for number in range(len(scores)) if scores[number] > threshold]
    chosen = []
    while remaining:
        best = max(remaining, key=lambda number: (scores[number], -number))
        chosen.append(best)
        remaining = [n for n in remaining if ends[n] <= starts[best] or starts[n] >= ends[best]]
    return sorted(chosen)


@given(
    st.integers(1, 600),
    st.integers(1, 60),
    st.integers(1, 70),
    st.randoms(use_true_random=False),
    st.sampled_from([0, 0.5, 1]),
)
def test_sites_are_the_highest_without_overlap(length, window, stride, random, threshold):
    tiling = Tiling(window, stride)
    scores = [[random.choice([0, 0.2, 0.5, 0.7, 1]) for _ in range(tiling.count(length))] for _ in range(2)]
    found = found_of(scores, length, tiling=tiling)
    expected = [slow_sites(row, found.starts, found.ends, threshold) for row in scores]
    assert sites_of(found, np.full(2, threshold)) == expected


LET_7 = Reference("let-7a", "", "TGAGGTAGTAGGTTGTATAGTT")


def planted(places, length=300):
    """Return a target with the match of bases 2-8 of let-7 at each place."""
    letters = ["G"] * length
    for place in places:
        letters[place : place + 7] = "CTACCTC"
    return "".join(letters)


@pytest.mark.parametrize(
    ("places", "sites"),
    [([120], 1), ([120, 160], 2), ([120, 135], 2), ([120, 127], 1), ([40, 120, 200], 3), ([], 0)],
)
def test_each_seed_match_in_a_predicted_window_is_a_site(places, sites):
    tiling = Tiling(50, 10)
    target = planted(places)
    starts = tiling.starts(len(target))
    # a window is predicted if it has a seed match, with the highest score if this is in its middle
    scores = np.zeros((1, len(starts)))
    for number, start in enumerate(starts.tolist()):
        inside = [abs(place - start - 21) for place in places if start <= place <= start + 43]
        scores[0, number] = 0.9 - min(inside) / 1000 if inside else 0.1
    found = TargetScores(Reference("t", "", target), [LET_7], 0, starts, starts + 50, scores)
    (chosen,) = sites_of(found, np.array([0.5]))
    assert len(chosen) == sites
    for place in places[:sites]:
        assert any(starts[window] <= place <= starts[window] + 43 for window in chosen)


def test_windows_without_a_seed_are_sites_only_apart_from_those_with_one():
    tiling = Tiling(50, 10)
    target = planted([120])
    starts = tiling.starts(len(target))
    scores = np.full((1, len(starts)), 0.1)
    scores[0, [8, 11, 13, 14, 20]] = 0.7, 0.8, 0.95, 0.99, 0.9  # 110-160 has the seed
    found = TargetScores(Reference("t", "", target), [LET_7], 0, starts, starts + 50, scores)
    assert sites_of(found, np.array([0.5])) == [[11, 20]]
    assert sites_of(found, np.array([0.85])) == [[14, 20]]


def bed_of(placements, *several, threshold=0.5):
    bed, stream = SiteBed(placements), io.StringIO()
    for found in several:
        bed.add(found, sites_of(found, np.full(2, threshold)))
    bed.write(stream)
    return [line.split("\t") for line in stream.getvalue().splitlines()], bed.unplaced


def test_bed_on_targets():
    every, unplaced = bed_of(
        None,
        found_of([[0.6, 0.9, 0.9, 0, 0, 0, 0, 0.51236], [0] * 8], name="track9"),
        found_of([[0.4], [0.7]], length=33, name="a"),
    )
    assert every == [
        ["%74rack9", "10", "70", "m%201%25", "900", "+", "10", "70", "0,114,178", "1", "60,", "0,"],
        ["%74rack9", "70", "130", "m%201%25", "512", "+", "70", "130", "0,114,178", "1", "60,", "0,"],
        ["a", "0", "33", "m2", "700", "+", "0", "33", "0,114,178", "1", "33,", "0,"],
    ]
    assert not unplaced
    assert bed_of(None) == ([], Counter())


@pytest.mark.parametrize("strand", ["+", "-"])
def test_bed_on_the_genome(strand):
    placements = {
        "t1": Placement("chr1", strand, [(100, 140), (200, 240)]),
        "short": Placement("chr1", strand, [(100, 140)]),
    }
    every, unplaced = bed_of(
        placements,
        found_of([[0, 0, 0.9], [0, 0, 0]]),
        found_of([[0.9], [0.9]], name="short"),
        found_of([[0.9], [0.1]], name="elsewhere"),
    )
    # bases 20 to 80 of 80: the right exon and half of the left one, or the reverse
    blocks = (["120", "240"], ["20,40,", "0,80,"]) if strand == "+" else (["100", "220"], ["40,20,", "0,100,"])
    places, parts = blocks
    assert every == [["chr1", *places, "m%201%25", "900", strand, *places, "0,114,178", "2", *parts]]
    assert unplaced == {"other_length": 2, "not_in_gtf": 1}


def test_sums_of_genes():
    halves = np.full(2, 0.5)
    summary = GeneSummary(MIRNAS, Genes(), halves)
    for found in (
        found_of([[0.6, 0.2], [0.1, 0.1]], name="t1", header="t1 gene=g"),
        found_of([[0.3], [0.2]], name="t2"),
        found_of([[0, 0.6, 0, 0, 0, 0, 0, 0.55], [0] * 8], name="t3", header="t3 gene=g"),
        # miRNAs of a long target are added one by one
        found_of([[0.4, 0.95]], name="t4", header="t4 gene=g"),
        found_of([[0.1, 0.1]], name="t4", header="t4 gene=g", mirnas=MIRNAS[1:], first=1),
    ):
        summary.add(found, sites_of(found, halves))
    assert len(summary) == 2
    rows = [dict(zip(GENE_COLUMNS, row, strict=True)) for row in summary.rows()]
    assert [(row["mirna_id"], row["gene_id"], row["n_sites"], row["prediction"]) for row in rows] == [
        ("m 1%", "g", "4", "1"),
        ("m2", "g", "0", "0"),
        ("m 1%", "t2", "0", "0"),
        ("m2", "t2", "0", "0"),
    ]
    assert list(rows[0].values())[3:] == ["3", "12", "4", "t4", "10", "70", "0.950000", "1"]
    assert list(rows[1].values())[3:] == ["3", "12", "0", "t1", "0", "60", "0.100000", "0"]
    assert [row[0] for row in summary.rows(predicted=True)] == ["m 1%"]
