"""Takes the UMIs of reads from their bases and names, and joins the parts of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import RawReads
from mirtools.chimera.digests import Bytes, Places
from mirtools.chimera.names import umis_in_names
from mirtools.chimera.umis import REMOVED, USED, UmiLayout
from mirtools.computing.compiled import compiled

# Between the parts of a UMI, whose lengths may differ
BETWEEN = 254


class CutReads(NamedTuple):
    """Where the inserts of reads are, and their UMIs.

    Attributes
    ----------
    begins, ends : array of int64, shape (n,)
        Position of each insert in ``bases`` of the reads, without adapter and UMI.
    umis : array of uint8
        Codes or letters of all UMIs.
    umi_begins, umi_ends : array of int64, shape (n,)
        Position of each UMI in ``umis``.
    """

    begins: Places
    ends: Places
    umis: Bytes
    umi_begins: Places
    umi_ends: Places


class _Part(NamedTuple):
    bases: Bytes
    begins: Places
    ends: Places
    pattern: str
    from_end: bool = False


def cut_umis(
    reads: RawReads, layout: UmiLayout, ends: Places, stops: Places, without: NDArray[np.bool_]
) -> CutReads:
    """Remove the UMIs of reads.

    Parameters
    ----------
    reads : RawReads
    layout : UmiLayout
    ends, stops : array of int64, shape (n,)
        Where the adapter begins and ends on each read, as positions in ``reads.bases``.
    without : array of bool, shape (n,)
        Reads on which adapters were searched and not found: it is unknown how much of a UMI before them was read.

    Raises
    ------
    InputError
        If the name of a read lacks the UMI.
    """
    first = reads.starts[:-1]
    begins = np.minimum(first + len(layout.five_prime), ends)
    last = np.where(without, ends, np.maximum(ends - len(layout.three_prime), begins))
    behind = np.minimum(stops + len(layout.after_adapter), reads.starts[1:])
    parts = [
        _Part(reads.bases, first, begins, layout.five_prime),
        _Part(reads.bases, last, ends, layout.three_prime, True),
        _Part(reads.bases, np.minimum(stops, behind), behind, layout.after_adapter),
    ]
    parts = [part for part in parts if part.pattern]
    if layout.in_name:
        umis, umi_begins, umi_ends = umis_in_names(reads, layout.name_length)
        parts.append(_Part(umis, umi_begins, umi_ends, ""))
    if not parts:
        return CutReads(begins, last, reads.bases, first, first)
    if len(parts) == 1 and REMOVED not in parts[0].pattern:
        return CutReads(begins, last, *parts[0][:3])
    text, starts = np.zeros(0, np.uint8), np.zeros(len(first) + 1, np.int64)
    for part in parts:
        used = np.array([letter == USED for letter in part.pattern], np.bool_)
        source = np.require(part.bases, np.uint8, ["C", "W"])
        text, starts = _joined(text, starts, source, part.begins, part.ends, used, part.from_end)
    return CutReads(begins, last, text, starts[:-1], starts[1:])


@compiled
def _joined(
    text: Bytes,
    starts: Places,
    bases: Bytes,
    begins: Places,
    ends: Places,
    used: NDArray[np.bool_],
    from_end: bool,
) -> tuple[Bytes, Places]:
    """Append a part to each UMI: its bases that are used (all of them if ``used`` is empty), after a separator."""
    joined = np.empty(len(text) + len(begins) + (ends - begins).sum(), np.uint8)
    new_starts = np.zeros(len(starts), np.int64)
    size = 0
    for read in range(len(begins)):
        for place in range(starts[read], starts[read + 1]):
            joined[size] = text[place]
            size += 1
        if starts[read + 1] > starts[read]:
            joined[size] = BETWEEN
            size += 1
        length = ends[read] - begins[read]
        shift = len(used) - length if from_end else 0
        for place in range(length):
            if len(used) == 0 or used[shift + place]:
                joined[size] = bases[begins[read] + place]
                size += 1
        new_starts[read + 1] = size
    return joined[:size].copy(), new_starts
