"""Peaks compared with known sites."""

from __future__ import annotations

import math

import pytest

from mirtools.errors import InputError
from mirtools.io.bed import KnownSite
from mirtools.scan.evaluate import SITE_COLUMNS, FoundPeak, evaluate, read_peaks, site_row


def peak(summit: int, mirna: str = "m", target: str = "t", narrow: float = 5, wide: float = 50) -> FoundPeak:
    return FoundPeak(mirna, target, summit, 0.1, narrow, wide)


def site(start: int, end: int, mirna: str = "m", target: str = "t") -> KnownSite:
    return KnownSite(target, start, end, mirna)


def test_inside_near_and_far():
    sites = [site(10, 20), site(40, 50), site(80, 90)]
    found = evaluate(sites, [peak(12), peak(52), peak(70)], 3, {"t": 200})
    assert [each.peak and each.peak.summit for each in found.sites] == [12, 52, None]
    assert [each.distance for each in found.sites[:2]] == [0, 3]
    assert [each.offset for each in found.sites[:2]] == [-2.5, 7.5]
    assert [each.neighbour_distance for each in found.sites] == [30, 30, 40]
    assert (found.peaks, found.false_peaks, found.other_peaks) == (3, 1, 0)
    summary = found.summary()
    assert (summary["found"], summary["sites"], summary["false_peaks_per_kb"]) == (2, 3, 5)
    assert (summary["median_narrowing"], summary["median_offset"]) == (10, 5)
    assert summary["by_neighbour_distance"]["40"]["found_share"] == 0


def test_one_peak_is_not_assigned_to_two_sites():
    sites = [site(10, 20), site(18, 28)]
    both = evaluate(sites, [peak(19)], 0)
    assert [each.peak is not None for each in both.sites] == [True, True]
    assert sum(each.separate for each in both.sites) == 1
    apart = evaluate(sites, [peak(19), peak(12)], 0)
    assert [each.separate for each in apart.sites] == [True, True]
    assert [each.peak.summit for each in apart.sites] == [12, 19]


def test_pairs_are_separate():
    sites = [site(10, 20), site(10, 20, "other")]
    found = evaluate(sites, [peak(12), peak(15, "third"), peak(15, target="u")], 0)
    assert [each.peak is not None for each in found.sites] == [True, False]
    assert found.other_peaks == 2
    assert found.summary()["false_peaks_per_kb"] is None


def test_a_site_without_a_mirna_is_a_site_of_all():
    found = evaluate([site(10, 20, ""), site(5, 9, "", "u")], [peak(12), peak(13, "b")], 0, {"t": 100})
    assert [(each.mirna_id, each.peak is not None) for each in found.sites] == [
        ("b", True),
        ("m", True),
        ("", False),
    ]
    assert found.scanned is None  # the length of u is not known


def test_without_sites_or_peaks():
    summary = evaluate([], [], 3).summary()
    assert (summary["sites"], summary["found_share"], summary["by_neighbour_distance"]) == (0, None, {})
    assert evaluate([], [peak(3)], 3).other_peaks == 1
    assert evaluate([site(1, 2)], [], 3, {"t": 10}).summary()["median_offset"] is None


def test_rows():
    found = evaluate([site(10, 20), site(40, 50)], [peak(12, wide=math.nan)], 0)
    rows = [dict(zip(SITE_COLUMNS, site_row(each), strict=True)) for each in found.sites]
    assert rows[0] == {
        "mirna_id": "m",
        "target_id": "t",
        "site_start": "10",
        "site_end": "20",
        "neighbour_distance": "30",
        "found": "1",
        "separate": "1",
        "summit": "12",
        "distance": "0",
        "offset": "-2.5",
        "height": "0.1",
        "attribution_width": "5",
        "score_width": ".",
    }
    assert [rows[1][name] for name in ("found", "separate", "summit", "score_width")] == ["0", "0", ".", "."]


def test_reading_peaks(tmp_path):
    path = tmp_path / "peaks.tsv"
    path.write_text("target_id\tmirna_id\tsummit\theight\nt\tm\t7\t0.5\nt\tm\t9\t.\n")
    first, second = read_peaks(str(path))
    assert first[:4] == ("m", "t", 7, 0.5)
    assert math.isnan(second.height)
    assert math.isnan(first.score_width)
    path.write_text("target_id\tmirna_id\tsummit\nt\tm\tx\n")
    with pytest.raises(InputError, match="summit is 'x'"):
        read_peaks(str(path))
