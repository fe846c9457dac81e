"""Local maxima of a track, how much they stand out, and how wide they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.scan.tracks import Floats


class Maximum(NamedTuple):
    """A local maximum.

    Attributes
    ----------
    place : int
        0-based position; the middle one, or the one before the middle, of equal neighbours.
    height : float
    prominence : float
        How far one has to go down before it goes up to something higher; the whole height where nothing is.
    """

    place: int
    height: float
    prominence: float


def local_maxima(track: Floats) -> NDArray[np.intp]:
    """Return where a track is higher than on both sides, its ends included; equal neighbours count as one.

    >>> local_maxima(np.array([2.0, 1, 3, 3, 3, 0, 0])).tolist()
    [0, 3]
    """
    if not len(track):
        return np.zeros(0, np.intp)
    starts = np.flatnonzero(np.concatenate(([True], track[1:] != track[:-1])))
    ends = np.append(starts[1:], len(track))
    values = np.concatenate(([-np.inf], track[starts], [-np.inf]))
    high = (values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])
    return (starts[high] + ends[high] - 1) // 2


def prominence(track: Floats, place: int) -> float:
    """Return how far a local maximum stands out above the higher one of the valleys beside it."""
    height = track[place]
    higher = np.flatnonzero(track > height)
    at = int(np.searchsorted(higher, place))
    valleys = []
    if at > 0:
        valleys.append(track[higher[at - 1] : place + 1].min())
    if at < len(higher):
        valleys.append(track[place : higher[at] + 1].min())
    return float(height - max(valleys, default=0.0))


def find_maxima(track: Floats, least_height: float, least_share: float, distance: int) -> list[Maximum]:
    """Return the local maxima that count, by position.

    Parameters
    ----------
    track : ndarray of shape (length,)
    least_height : float
        Lower ones do not count, and none that is not above 0.
    least_share : float
        How much of its height a maximum has to stand out.
    distance : int
        Of maxima nearer to each other than this, in nt, the highest counts, of equal ones the first.
    """
    places = local_maxima(track)
    heights = track[places]
    places = places[(heights >= least_height) & (heights > 0)]
    found: list[Maximum] = []
    for place in places[np.argsort(-track[places], kind="stable")].tolist():
        if any(abs(place - other.place) < distance for other in found):
            continue
        height, above = float(track[place]), prominence(track, place)
        if above >= least_share * height:
            found.append(Maximum(place, height, above))
    return sorted(found)


def width_at_half(track: Floats, place: int, base: float = 0.0) -> float:
    """Return the full width at half maximum, in nt: as far as a track stays above half its value at a place.

    Between two positions the track is a straight line; beyond its ends it is 0.

    Parameters
    ----------
    track : ndarray of shape (length,)
    place : int
    base : float
        Where heights are counted from.

    >>> width_at_half(np.array([0, 1, 2.0, 1, 0]), 2)
    2.0
    """
    half = base + (float(track[place]) - base) / 2
    if half <= base:
        return 0.0
    return _reach(track[place:], half) + _reach(track[place::-1], half)


def _reach(track: Floats, half: float) -> float:
    below = np.flatnonzero(track < half)
    if not len(below):
        return len(track) - 0.5
    at = int(below[0])
    high, low = float(track[at - 1]), float(track[at])
    return at - 1 + (high - half) / (high - low)
