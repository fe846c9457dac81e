"""The support rule: the number of distinct reads that carry a miRNA part.

DMISO, Identification of miRNA-mRNA interactions: at least 10 reads for an isomiR. An alignment may extend by
chance into linker or target if a base fits. Therefore reads also support the parts that are up to ``reach`` bases
shorter at one end.

An incompletely read part (N, or an open 3' end) has the support of any fully read part that it may be; it supports
no fully read part. Parts with open ends also support each other: shorter ones support longer ones.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import gather
from mirtools.chimera.digests import Bytes, DigestNumbers, Places, digests
from mirtools.chimera.forms import Forms
from mirtools.chimera.references import N
from mirtools.computing.compiled import compiled
from mirtools.computing.growing import GrowingArray

# Added to the keys of parts with an open end
_OPEN = np.uint64(1)


class PartSupport:
    """Counts distinct reads by their miRNA part, whatever the target.

    Parameters
    ----------
    min_reads : int
        Distinct reads that a part needs.
    reach : int
        Number of bases by which a supported part may be shorter than that of a read.
    """

    def __init__(self, min_reads: int, reach: int) -> None:
        self._min_reads = min_reads
        self._reach = reach
        self._numbers = DigestNumbers()
        self._bases = GrowingArray(np.uint8)
        self._ends = GrowingArray(np.int64)
        self._reads = GrowingArray(np.int64)
        self._open = GrowingArray(np.bool_)
        self._mixed: Counter[tuple[int, ...]] = Counter()  # reads with several parts

    def number(self, bases: Bytes, begins: Places, ends: Places, is_open: NDArray[Any]) -> Places:
        """Return the numbers of some parts, given the position of each in ``bases``; shape (n,).

        ``is_open`` is true for parts whose 3' end was not seen; the same bases with and without it are two parts.
        """
        known = len(self._numbers)
        keys = digests(bases, begins, ends)
        keys[is_open > 0, 0] ^= _OPEN
        numbers = self._numbers.add(keys)
        fresh = np.flatnonzero(numbers >= known)
        fresh = fresh[np.unique(numbers[fresh], return_index=True)[1]]
        text, starts = gather(bases, begins, ends, fresh)
        self._ends.extend(starts[1:] + len(self._bases))
        self._bases.extend(text)
        self._reads.extend(np.zeros(len(fresh), np.int64))
        self._open.extend(is_open[fresh] > 0)
        return numbers

    def count(self, reads: Places, parts: Places) -> None:
        """Count the parts of distinct reads; a read counts once for each part, even if it has several."""
        pairs = np.unique(np.column_stack([reads, parts]), axis=0)
        again = pairs[1:, 0] == pairs[:-1, 0]
        alone = ~(np.append(again, False) | np.append(False, again)) if len(pairs) else np.zeros(0, bool)
        np.add.at(self._reads.values, pairs[alone, 1], 1)
        several: dict[int, list[int]] = {}
        for read, part in pairs[~alone].tolist():
            several.setdefault(read, []).append(part)
        self._mixed.update(map(tuple, several.values()))

    def add_reads(self, parts: Places, reads: Places) -> None:
        """Add numbers of distinct reads, each of which has only one part."""
        np.add.at(self._reads.values, parts, reads)

    def supported(self) -> NDArray[np.bool_]:
        """Return which parts are carried by enough reads, shape (parts,)."""
        if self._min_reads <= 1:
            return np.ones(len(self._numbers), np.bool_)
        ends, is_open = self._ends.values, self._open.values
        starts = np.append(0, ends[:-1])
        cores, columns = DigestNumbers(), []
        slices: list[tuple[Places, Places]] = []
        shorter = range(1, self._reach + 1)
        for left, right in [(0, 0), *((bases, 0) for bases in shorter), *((0, bases) for bases in shorter)]:
            first, last = starts + left, ends - right
            # a part that would be empty is replaced by itself
            nothing = first >= last
            first, last = np.where(nothing, starts, first), np.where(nothing, ends, last)
            columns.append(cores.add(digests(self._bases.values, first, last)))
            slices.append((first, last))
        carried = np.column_stack(columns)
        reads = np.zeros(len(cores), np.int64)
        for part, count in enumerate(self._reads.values.tolist()):
            reads[np.unique(carried[part])] += count
        for parts, count in self._mixed.items():
            reads[np.unique(carried[list(parts)])] += count
        found = np.asarray((reads[carried] >= self._min_reads).any(axis=1), np.bool_)
        unread = _holds_n(self._bases.values, starts, ends)
        together = self._supporting_each_other(starts, np.flatnonzero(is_open & ~unread & ~found))
        found[together] = True
        if len(partial := np.flatnonzero((is_open | unread) & ~found)):
            # the fully read cores that enough reads carry, each once, and the open parts just found
            first = np.unique(carried.T.ravel(), return_index=True)[1]
            begins, lasts = (np.concatenate(column) for column in zip(*slices, strict=True))
            column, owner = np.divmod(first, len(ends))
            good = reads[carried[owner, column]] >= self._min_reads
            chosen = np.concatenate((first[good], together))
            chosen = chosen[~_holds_n(self._bases.values, begins[chosen], lasts[chosen])]
            forms = Forms(self._bases.values, begins[chosen], lasts[chosen])
            no_errors = np.zeros(len(partial), np.bool_)
            for first, last in slices:
                places = self._bases.values, first[partial], last[partial]
                open_end = is_open[partial] & (last[partial] == ends[partial])
                found[partial[forms.matches(*places, open_end, no_errors).part]] = True
        return found

    def _supporting_each_other(self, starts: Places, parts: Places) -> Places:
        """Return the given parts with open ends that enough reads carry, including the reads of shorter parts."""
        if not len(parts):
            return parts
        places = self._bases.values, starts[parts], self._ends.values[parts]
        nothing = np.zeros(len(parts), np.bool_)
        shorter = Forms(*places).matches(*places, ~nothing, nothing)
        reads = np.bincount(shorter.form, self._reads.values[parts[shorter.part]], len(parts))
        return parts[reads >= self._min_reads]


@compiled
def _holds_n(bases: Bytes, starts: Places, ends: Places) -> Any:
    found = np.zeros(len(starts), np.bool_)
    for part in range(len(starts)):
        for place in range(starts[part], ends[part]):
            found[part] |= bases[place] == N
    return found
