"""Gathers UMIs that differ by a sequencing error: the directional method of UMI-tools (Smith et al. 2017).

Of the UMIs of one insert, a UMI belongs to another one if they differ in one base and the other one has at least
twice as many copies, minus one; and with it everything that belongs to it in turn. UMIs are taken in the order of
their copies, so that each belongs to the most frequent one. Smith, Heger & Sudbery 2017, "UMI-tools: modeling
sequencing errors in Unique Molecular Identifiers to improve quantification accuracy", Genome Research 27, 491-499,
Figure 1d.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import ReadBatch, gather
from mirtools.chimera.digests import Bytes, Chosen, DigestNumbers, Places
from mirtools.chimera.pairing import Pairs
from mirtools.computing.compiled import compiled
from mirtools.computing.growing import GrowingArray

_NEEDED = frozenset(
    "read rank target_first gap part_start part_end target target_ref_start target_ref_end "
    "site_start site_end".split()
)


class KeptPairs(NamedTuple):
    """The pairs of reads of one batch that are not copies, to be counted later.

    Attributes
    ----------
    sample : int
    pairs : Pairs
        Without the columns that are not counted.
    rows : array of int64, shape (pairs,)
        Row of each pair.
    reads : int
        Reads of the batch.
    numbers : array of int64, shape (new reads,)
        Position of each new read in its batch, in the order of its number among all paired reads.
    """

    sample: int
    pairs: Pairs
    rows: Places
    reads: int
    numbers: Places


class UmiGatherer:
    """Collects paired reads with their UMIs, and finds those whose UMI is an error of another one's."""

    def __init__(self) -> None:
        self._reads = DigestNumbers()
        self._molecules = DigestNumbers()
        self._group = GrowingArray(np.int64)
        self._copies = GrowingArray(np.int64)
        self._umis, self._ends = GrowingArray(np.uint8), GrowingArray(np.int64)
        self._kept: list[KeptPairs] = []

    def add(self, batch: ReadBatch, pairs: Pairs, reasons: NDArray[np.uint8], rows: Places) -> None:
        """Add the reads of a batch, in input order; ``rows`` are those of ``pairs``."""
        assert batch.molecules is not None
        assert batch.umis is not None
        assert batch.umi_starts is not None
        paired = np.flatnonzero(reasons == 0)
        known = len(self._reads)
        numbers = self._reads.add(batch.digests[paired])
        fresh = np.flatnonzero(numbers >= known)
        fresh = fresh[np.unique(numbers[fresh], return_index=True)[1]]
        new = paired[fresh]
        self._group.extend(self._molecules.add(batch.molecules[new]))
        self._copies.extend(np.zeros(len(new), np.int64))
        np.add.at(self._copies.values, numbers, batch.copies[paired])
        text, starts = gather(batch.umis, batch.umi_starts[:-1], batch.umi_starts[1:], new)
        self._ends.extend(starts[1:] + len(self._umis))
        self._umis.extend(text)
        mine = np.isin(pairs.read, new)
        none = np.zeros(0, np.int64)
        columns: dict[str, Any] = {
            name: (column[mine] if name in _NEEDED else none)
            for name, column in pairs._asdict().items()
            if name != "tied"
        }
        self._kept.append(KeptPairs(batch.sample, Pairs(**columns, tied=None), rows[mine], len(reasons), new))

    def errors(self) -> Chosen:
        """Return which paired reads, by number, are copies of others; shape (paired reads,)."""
        ends = self._ends.values
        starts = np.append(0, ends)[:-1].astype(np.int64)
        ranks = _ranks(self._umis.values, starts, ends)
        order = np.lexsort((ranks, -self._copies.values, self._group.values))
        bounds = np.flatnonzero(np.diff(self._group.values[order], prepend=-1, append=-1))
        found: Chosen = _gathered(
            order.astype(np.int64), bounds.astype(np.int64), self._copies.values, self._umis.values, starts, ends
        )
        return found

    def kept(self, errors: Chosen) -> Iterator[tuple[KeptPairs, Chosen]]:
        """Yield the pairs of each batch, and which reads of it to count."""
        number = 0
        for kept in self._kept:
            counted = np.zeros(kept.reads, np.bool_)
            counted[kept.numbers] = ~errors[number : number + len(kept.numbers)]
            number += len(kept.numbers)
            yield kept, counted


def _ranks(umis: Bytes, starts: Places, ends: Places) -> Places:
    """Return the alphabetical rank of each UMI, so that the order of reads does not matter."""
    listed = [umis[start:end].tobytes() for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    position = {umi: rank for rank, umi in enumerate(sorted(set(listed)))}
    return np.array([position[umi] for umi in listed], np.int64)


@compiled
def _differ_by_one(umis: Bytes, start: int, end: int, other: int, other_end: int) -> bool:
    if end - start != other_end - other:
        return False
    different = 0
    for place in range(end - start):
        different += umis[start + place] != umis[other + place]
        if different > 1:
            return False
    return different == 1


@compiled
def _gathered(order: Places, bounds: Places, copies: Places, umis: Bytes, starts: Places, ends: Places) -> Chosen:
    """Return which reads belong to another one; groups are slices of ``order``, most copies first."""
    errors = np.zeros(len(order), np.bool_)
    for group in range(len(bounds) - 1):
        reads = order[bounds[group] : bounds[group + 1]]
        taken = np.zeros(len(reads), np.bool_)
        stack = np.empty(len(reads), np.int64)
        for first in range(len(reads)):
            if taken[first]:
                continue
            taken[first] = True
            stack[0], height = first, 1
            while height:
                height -= 1
                one = reads[stack[height]]
                for at in range(first + 1, len(reads)):
                    other = reads[at]
                    if taken[at] or copies[one] < 2 * copies[other] - 1:
                        continue
                    if _differ_by_one(umis, starts[one], ends[one], starts[other], ends[other]):
                        taken[at] = errors[other] = True
                        stack[height] = at
                        height += 1
    return errors
