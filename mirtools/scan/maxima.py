"""Local maxima of a track, their prominence and width."""

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
        0-based position; of equal neighbours the middle one, or the one before the middle.
    height : float
    prominence : float
        Smallest descent on the way to a higher value; the whole height if there is no higher value.
    """

    place: int
    height: float
    prominence: float


def local_maxima(track: Floats) -> NDArray[np.intp]:
    """Return the positions at which a track is higher than on both sides, ends included; equal neighbours are one.

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
    """Return the height of a local maximum above the higher of the two valleys next to it."""
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
    """Return the local maxima that fulfil the conditions, by position.

    Parameters
    ----------
    track : ndarray of shape (length,)
    least_height : float
        Smallest height; maxima that are not above 0 are always skipped.
    least_share : float
        Smallest prominence, as a share of the height.
    distance : int
        Of maxima closer than this, in nt, only the highest is kept; of equal ones the first.
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
    """Return the full width at half maximum, in nt: the part of a track above half its value at a position.

    Between two positions the track is interpolated linearly; beyond its ends it is 0.

    Parameters
    ----------
    track : ndarray of shape (length,)
    place : int
    base : float
        Value from which heights are measured.

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
