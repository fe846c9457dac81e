"""Negatives as in the DMISO paper: another site of the same transcript's 3'UTR for the same miRNA.

Other parts of the transcript can be chosen: where most positives lie in coding sequence, 3'UTR negatives differ
from them in composition, which predicts the label; ``same`` keeps each negative in its positive's region.

For each positive a window of the region is drawn that is as long as the positive's site (or N padding would
predict the label), at least ``min_distance`` bases away from every positive site of that miRNA on that transcript,
free of N, and whose cofold energy with the miRNA is at most ``max_energy``. It may also share no 20-mer with a
positive site of that miRNA anywhere, which would be the same site on another isoform of the gene.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.pairs.bound import PositiveSites
from mirtools.pairs.energy import MAX_ENERGY, cofold_energy
from mirtools.pairs.grouping import SHARED_BASES, words
from mirtools.transcripts.regions import Regions

# Why a positive has no, or too few, negatives
NO_REGIONS = "no_regions"
OTHER_LENGTH = "other_length"
NO_ROOM = "no_room"
ENERGY = "energy"

# Where negatives are drawn from, and why there may be none: no such region, or it is shorter than the site
ANY, SAME = "any", "same"
_ABSENT = {"3utr": "no_3utr", "cds": "no_cds", "5utr": "no_5utr", ANY: "", SAME: ""}
_TOO_SHORT = {
    "3utr": "utr_too_short",
    "cds": "cds_too_short",
    "5utr": "utr5_too_short",
    ANY: "transcript_too_short",
}
CHOICES = tuple(_ABSENT)
_CHOICE_OF_REGION = {"5'UTR": "5utr", "CDS": "cds", "3'UTR": "3utr", "noncoding": ANY}


@dataclass(frozen=True)
class Rules:
    """What a negative must fulfil.

    Attributes
    ----------
    ratio : int
        Negatives for each positive.
    min_distance : int
        Least number of bases between a negative and any positive site of the miRNA on the transcript.
    max_energy : float
        Largest cofold energy, kcal/mol.
    seed : int
    region : {"3utr", "cds", "5utr", "any", "same"}
        ``same``: the region that holds the midpoint of the positive's site; all of a non-coding transcript.
    """

    ratio: int = 1
    min_distance: int = 10
    max_energy: float = MAX_ENERGY
    seed: int = 1
    region: str = "3utr"


class Positive(NamedTuple):
    """A positive pair: miRNA key, its sequence, and its site on a transcript (0-based, half-open)."""

    mirna: str
    mirna_seq: str
    target: str
    start: int
    end: int
    site_seq: str


class Search(NamedTuple):
    """All that is needed to find the negatives of one positive, far from the tables it came from.

    ``part`` is the region, ``part_start`` its place on the transcript; ``starts`` are the allowed windows as
    ``(first, last)`` start positions on ``part``, both included.
    """

    mirna_seq: str
    site_seq: str
    part: str
    part_start: int
    starts: list[tuple[int, int]]
    random_key: str
    rules: Rules
    reason: str


class Site(NamedTuple):
    """A site found: its place on the transcript, its sequence, its cofold energy in kcal/mol."""

    start: int
    end: int
    sequence: str
    energy: float


class Found(NamedTuple):
    """The positive's energy, its negatives, and why they are too few (``""`` when they are not)."""

    energy: float
    sites: list[Site]
    reason: str


def prepare(
    positive: Positive, regions: Regions | str, transcript: str, known: PositiveSites, rules: Rules
) -> Search:
    """Work out which windows of the region are open to the negatives of one positive.

    Parameters
    ----------
    positive : Positive
    regions : Regions or str
        Those of the transcript, or why there are none.
    transcript : str
        Its sequence.
    known : PositiveSites
        All positive sites.
    rules : Rules
    """
    random_key = f"{rules.seed}\t{positive.mirna_seq}\t{positive.target}\t{positive.start}\t{positive.end}"
    search = Search(positive.mirna_seq, positive.site_seq, "", 0, [], random_key, rules, "")
    region = rules.region
    if region == ANY:
        span = 0, len(transcript)
    elif isinstance(regions, str):
        return search._replace(reason=regions)
    else:
        if region == SAME:
            region = _CHOICE_OF_REGION[regions.region_of(positive.start, positive.end)]
        span = _span(regions, region)
    start, end = span
    size = len(positive.site_seq)
    if start == end:
        return search._replace(reason=_ABSENT[region])
    if end - start < size:
        return search._replace(reason=_TOO_SHORT[region])
    part = transcript[start:end]
    forbidden = [
        (site_start - rules.min_distance - start, site_end + rules.min_distance - start)
        for site_start, site_end in known.on(positive.mirna, positive.target)
    ]
    closed = _windows_touching(forbidden, size, len(part))
    closed |= _windows_holding(known.words.shared(positive.mirna, words(part)), SHARED_BASES, size, len(part))
    closed |= _windows_holding(np.frombuffer(part.encode(), dtype="S1") == b"N", 1, size, len(part))
    return search._replace(
        part=part, part_start=start, starts=_runs(~closed), reason=NO_ROOM if closed.all() else ""
    )


def _span(regions: Regions, region: str) -> tuple[int, int]:
    if region == ANY:
        return 0, regions.length
    if regions.cds_start == regions.length:  # non-coding
        return 0, 0
    return {"3utr": regions.utr3, "cds": regions.cds, "5utr": regions.utr5}[region]


def find_sites(search: Search) -> Found:
    """Draw windows in random order until enough of them fold with the miRNA as well as asked.

    The order depends only on the seed and the pair itself, neither on other rows nor on processes.
    Windows that overlap one already taken are used only if the others do not suffice.
    """
    rules = search.rules
    size = len(search.site_seq)
    energy = cofold_energy(search.mirna_seq, search.site_seq)
    taken: list[Site] = []
    overlapping: list[int] = []

    def take(start: int) -> None:
        sequence = search.part[start : start + size]
        folded = cofold_energy(search.mirna_seq, sequence)
        if folded <= rules.max_energy:
            place = search.part_start + start
            taken.append(Site(place, place + size, sequence, folded))

    for start in _shuffled(search.starts, search.random_key):
        if len(taken) == rules.ratio:
            return Found(energy, taken, "")
        if any(abs(search.part_start + start - other.start) < size for other in taken):
            overlapping.append(start)
        else:
            take(start)
    for start in overlapping:
        if len(taken) == rules.ratio:
            break
        take(start)
    if len(taken) == rules.ratio:
        return Found(energy, taken, "")
    windows = sum(last - first + 1 for first, last in search.starts)
    return Found(energy, taken, search.reason or (ENERGY if len(taken) < windows else NO_ROOM))


def _windows_touching(spans: Iterable[tuple[int, int]], size: int, length: int) -> NDArray[np.bool_]:
    """Return for each window start whether the window overlaps one of the spans (which may lie outside)."""
    closed = np.zeros(length - size + 1, dtype=np.bool_)
    for start, end in spans:
        closed[max(start - size + 1, 0) : max(end, 0)] = True
    return closed


def _windows_holding(marks: NDArray[np.bool_], width: int, size: int, length: int) -> NDArray[np.bool_]:
    """Return for each window start whether the window holds a whole marked piece of ``width`` bases."""
    count = length - size + 1
    if size < width or not marks.any():
        return np.zeros(count, dtype=np.bool_)
    before = np.concatenate([[0], np.cumsum(marks)])
    last = size - width + 1
    held: NDArray[np.bool_] = before[last : last + count] > before[:count]
    return held


def _runs(open_starts: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], open_starts.astype(np.int8), [0]])))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def _shuffled(starts: list[tuple[int, int]], random_key: str) -> Iterator[int]:
    """Yield all window starts in an order drawn from the key, each once, without listing them first."""
    order = random.Random(int.from_bytes(hashlib.blake2b(random_key.encode(), digest_size=16).digest()))
    count = sum(last - first + 1 for first, last in starts)
    moved: dict[int, int] = {}  # Fisher-Yates on a list that exists only as far as it was touched
    for left in range(count, 0, -1):
        drawn = order.randrange(left)
        number = moved.get(drawn, drawn)
        moved[drawn] = moved.get(left - 1, left - 1)
        yield _nth(starts, number)


def _nth(starts: list[tuple[int, int]], number: int) -> int:
    for first, last in starts:
        if number <= last - first:
            return first + number
        number -= last - first + 1
    raise IndexError(number)
