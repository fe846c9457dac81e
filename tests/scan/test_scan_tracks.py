"""Tracks and maxima compared with slow counterparts, and their properties."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import slow_tracks
from hypothesis import given
from hypothesis import strategies as st

from mirtools.scan.maxima import find_maxima, local_maxima, prominence, width_at_half
from mirtools.scan.tracks import AttributionMap, coverage, mean_scores, on_grid, smooth, strongest, window_count

TRACKS = st.lists(st.integers(0, 6), min_size=1, max_size=40).map(lambda values: np.array(values, np.float64))


@pytest.mark.parametrize("length", [1, 7, 10, 11, 24, 60])
def test_scores_are_averaged_as_in_the_paper(length):
    scores = np.random.default_rng(length).random(window_count(length, 10)).astype("f4")
    assert np.allclose(mean_scores(scores, length, 10), slow_tracks.mean_scores(scores, length, 10), atol=1e-12)


@pytest.mark.parametrize(("length", "stride"), [(7, 1), (10, 1), (24, 1), (24, 4), (30, 7), (31, 50)])
def test_attributions_are_combined_as_in_the_paper(length, stride):
    random = np.random.default_rng(length)
    explained = [
        (start, random.normal(size=(10, 6)).astype("f4"), random.random())
        for start in on_grid(length, 10, stride).tolist()
        if random.random() < 0.7
    ]
    gathered = AttributionMap(length, 5, 10, stride)
    for start, values, score in explained:
        before = values.copy()
        gathered.add(start, values, score)
        assert (values == before).all()
    expected = slow_tracks.attributions(explained, length, 5, 10, stride)
    assert np.allclose(gathered.matrix(), expected, atol=1e-12)
    largest = np.maximum(expected.max(axis=1), 0)
    assert np.allclose(strongest(gathered.matrix()), largest, atol=1e-12)


def test_one_window_everywhere_gives_its_values_at_the_ends_too():
    gathered = AttributionMap(30, 1, 10)
    for start in range(21):
        gathered.add(start, np.full((10, 1), 2.0), 0.5)
    assert (gathered.matrix() == 1).all()


@given(st.integers(1, 80), st.integers(1, 30), st.integers(1, 20))
def test_windows_on_a_grid_cover_every_base_if_they_touch(length, window, stride):
    counts = coverage(length, window, min(stride, window))
    assert counts.min() >= 1
    assert counts.sum() == sum(
        min(window, length - start) for start in on_grid(length, window, min(stride, window))
    )


@given(TRACKS, st.integers(1, 8))
def test_smoothing(track, reach):
    result = smooth(track, reach)
    assert np.allclose(result, slow_tracks.smoothed(track, reach))
    assert result.max() <= track.max() + 1e-12
    if reach == 1:
        assert (result == track).all()


@given(TRACKS)
def test_maxima(track):
    places = local_maxima(track).tolist()
    assert places == slow_tracks.maxima(track.tolist())
    for place in places:
        assert prominence(track, place) == slow_tracks.prominence(track.tolist(), place)


@given(TRACKS, st.integers(0, 4), st.sampled_from([0, 0.3, 0.8]), st.integers(1, 6))
def test_maxima_that_count(track, height, share, distance):
    found = find_maxima(track, height, share, distance)
    places = [maximum.place for maximum in found]
    assert places == sorted(places)
    assert all(b - a >= distance for a, b in pairwise(places))
    for maximum in found:
        assert maximum.height == track[maximum.place] >= max(height, 1e-9)
        assert maximum.prominence >= share * maximum.height
    if track.max() >= height and track.max() > 0:
        assert any(maximum.height == track.max() for maximum in found)


def test_no_track_has_no_maxima():
    assert local_maxima(np.zeros(0)).tolist() == []
    assert find_maxima(np.zeros(5), 0, 0, 1) == []


@pytest.mark.parametrize(
    ("track", "place", "width"),
    [
        ([0, 0, 4, 0, 0], 2, 1.0),
        ([0, 2, 4, 2, 0], 2, 2.0),
        ([0, 1, 2, 3, 4, 3, 2, 1, 0], 4, 4.0),
        ([4, 4, 4], 1, 3.0),  # the track is 0 beyond its ends
        ([4, 3, 2, 1, 0], 0, 2.5),
        ([0, 4, 4, 4, 4, 0], 2, 4.0),
    ],
)
def test_width_at_half_height(track, place, width):
    assert width_at_half(np.array(track, float), place) == width


@given(TRACKS, st.integers(2, 5))
def test_widths_do_not_depend_on_the_scale(track, factor):
    place = int(track.argmax())
    assert width_at_half(track, place) == pytest.approx(width_at_half(factor * track, place))
    assert width_at_half(track, place) <= len(track)
