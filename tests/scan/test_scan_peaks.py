"""Peaks of known matrices, and properties of the peaks of any matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.alignment.align import Aligner, Costs
from mirtools.io.sequences import reverse_complement
from mirtools.models.pairing import WATSON_CRICK
from mirtools.scan.peaks import PeakFinder, PeakRules, around

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
RULES = PeakRules(smooth=5, least_height=0.01, least_prominence=0.2, distance=8)
FINDER = PeakFinder(WATSON_CRICK, Costs(), RULES, 50)


def paired(target: list[str], matrix: np.ndarray, start: int, first: int, bases: int, value: float) -> None:
    """Let a part of the target pair with the miRNA's bases from ``first`` (0-based), all with the same value."""
    target[start : start + bases] = reverse_complement(MIRNA[first : first + bases])
    for step in range(bases):
        matrix[start + step, first + bases - 1 - step] = value


def peaks_of(target: list[str], matrix: np.ndarray, finder: PeakFinder = FINDER):
    return finder.find(matrix, finder.track(matrix), MIRNA, "".join(target))


def test_a_planted_seed_is_one_peak():
    target, matrix = ["A"] * 200, np.zeros((200, 22))
    paired(target, matrix, 100, 1, 10, 0.1)
    (peak,) = peaks_of(target, matrix)
    assert peak.summit in (104, 105)
    assert peak.height == pytest.approx(0.1)
    assert peak.window_start == peak.summit - 25
    # all of the miRNA lies on the target, base 1 downstream of the planted part
    assert (peak.start, peak.end) == (111 - 22, 111)
    partners = peak.alignment.partners + peak.window_start
    assert partners[1:11].tolist() == list(range(109, 99, -1))


@pytest.mark.parametrize("distance", [15, 20, 25, 50])
@pytest.mark.parametrize("second", [0.1, 0.06, 0.015])
def test_two_seeds_are_two_peaks_with_an_alignment_each(distance, second):
    target, matrix = ["A"] * 200, np.zeros((200, 22))
    paired(target, matrix, 80, 1, 10, 0.1)
    paired(target, matrix, 80 + distance, 1, 10, second)
    peaks = peaks_of(target, matrix)
    assert [80 <= peaks[0].summit < 90, 80 + distance <= peaks[1].summit < 90 + distance] == [True, True]
    for peak, start in zip(peaks, (80, 80 + distance), strict=True):
        partners = peak.alignment.partners + peak.window_start
        assert partners[1:11].tolist() == list(range(start + 9, start - 1, -1))


@pytest.mark.parametrize("bulge", [0, 1, 2])
def test_seed_and_pairing_of_the_3p_end_are_one_peak(bulge):
    target, matrix = ["A"] * 200, np.zeros((200, 22))
    paired(target, matrix, 100, 1, 7, 0.1)  # pairs with bases 2 to 8
    paired(target, matrix, 100 - 4 - 5 - bulge, 12, 5, 0.08)  # bases 13 to 17
    track = FINDER.track(matrix)
    assert (track[91 - bulge : 96 - bulge].max() > 2 * track[96 - bulge : 100].min()) or bulge < 2
    (peak,) = FINDER.find(matrix, track, MIRNA, "".join(target))
    assert 100 <= peak.summit < 107
    assert peak.start < 97


def test_no_attribution_no_peak():
    assert peaks_of(["A"] * 80, np.zeros((80, 22))) == []
    assert peaks_of(["A"] * 80, np.full((80, 22), -1.0)) == []
    assert peaks_of(["A"] * 1, np.zeros((1, 22))) == []


def test_a_peak_without_an_alignment_is_its_summit():
    matrix = np.zeros((60, 22))
    matrix[30, 5] = 1  # A opposite to A
    (peak,) = peaks_of(["T" if at != 30 else MIRNA[5] for at in range(60)], matrix)
    assert peak.alignment.empty
    assert (peak.summit, peak.start, peak.end) == (30, 30, 31)


def test_windows_stay_on_the_transcript():
    for start in (0, 49):
        target, matrix = ["A"] * 60, np.zeros((60, 22))
        paired(target, matrix, start, 1, 10, 0.1)
        (peak,) = peaks_of(target, matrix)
        assert len(peak.alignment.site) == 50
        assert peak.window_start == (0 if start == 0 else 10)
        assert start <= peak.summit < start + 10
        assert 0 <= peak.start <= peak.summit < peak.end <= 60


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 120), st.floats(0, 0.5))
def test_any_matrix(seed, length, share):
    random = np.random.default_rng(seed)
    matrix = np.where(random.random((length, 22)) < share, random.normal(size=(length, 22)), 0)
    target = "".join(random.choice(list("ACGTN"), length))
    before = matrix.copy()
    track = FINDER.track(matrix)
    peaks = FINDER.find(matrix, track, MIRNA, target)
    assert (matrix == before).all()
    summits = [peak.summit for peak in peaks]
    assert summits == sorted(summits)
    for peak in peaks:
        assert track[peak.summit] == peak.height >= RULES.least_height
        assert 0 <= peak.start < peak.end <= length
        assert peak.window_start <= peak.summit < peak.window_start + len(peak.alignment.site)
        assert target[peak.window_start :].startswith(peak.alignment.site)
    # the highest position of a track that is not 0 is a peak
    if track.max() >= RULES.least_height:
        assert track.max() == max((peak.height for peak in peaks), default=0)


def test_cells_around_a_diagonal():
    cells = around((3, 4), 1, 2, 2)
    expected = [[0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 0]]
    assert cells.astype(int).tolist() == expected


def test_a_single_site_is_aligned_as_its_window():
    target, matrix = list("ACGTACGTTA" * 10), np.random.default_rng(3).normal(0, 0.005, (100, 22))
    paired(target, matrix, 50, 1, 10, 0.1)
    peak = max(peaks_of(target, matrix), key=lambda peak: peak.height)
    part = slice(peak.window_start, peak.window_start + 50)
    alone = Aligner(WATSON_CRICK, Costs()).align(matrix[None, part], [MIRNA], ["".join(target[part])])[0]
    assert (peak.alignment.moves == alone.moves).all()
    assert peak.alignment.score == alone.score
