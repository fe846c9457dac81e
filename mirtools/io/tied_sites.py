"""Tied places of a target part: places with equally good hits, in chimera-parse's column ``tied_sites``.

The format is ``NAME:START-END`` for each place, separated by commas: the aligned part, 0-based and half-open on
the transcript. Names may hold colons and commas, because the numbers mark the end of a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mirtools.errors import shorten
from mirtools.io.tables import MISSING

TIED_SITES = "tied_sites"
_SPOT = re.compile(r"(.+?):([0-9]{1,12})-([0-9]{1,12})(?:,|$)")


class Spot(NamedTuple):
    """A part of a target, 0-based and half-open."""

    target: str
    start: int
    end: int


def write_spots(spots: Iterable[Spot]) -> str:
    """Return the cell for places, sorted.

    >>> write_spots([Spot("B", 3, 30), Spot("A", 5, 32)])
    'A:5-32,B:3-30'
    """
    return ",".join(f"{target}:{start}-{end}" for target, start, end in sorted(spots)) or MISSING


def parse_spots(cell: str) -> tuple[Spot, ...]:
    """Return the places in a cell.

    Raises
    ------
    ValueError
        For a cell that lists no places.
    """
    spots, at = [], 0
    while at < len(cell):
        found = _SPOT.match(cell, at)
        if found is None or int(found[2]) >= int(found[3]):
            problem = f"{TIED_SITES} is '{shorten(cell, 40)}'"
            raise ValueError(f"{problem}; give NAME:START-END for each place, separated by commas")
        spots.append(Spot(found[1], int(found[2]), int(found[3])))
        at = found.end()
    return tuple(spots)
