"""The support rule: how many distinct reads carry a miRNA part.

DMISO, Identification of miRNA-mRNA interactions: at least 10 reads for an isomiR. Either end of an aligned part
may run on by chance, into linker or target, where a base fits; so reads also support the parts that are up to
``reach`` bases shorter at one end.

A part of which not every base was read (N, or an open 3' end) has the support of any fully read part that it may
be; it supports none itself. Parts with open ends also support each other, the longer ones by the shorter ones.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import gathered
from mirtools.chimera.digests import Bytes, DigestNumbers, Places, digests
from mirtools.chimera.forms import Forms
from mirtools.chimera.growing import Growing
from mirtools.chimera.references import N
from mirtools.compiled import compiled

# What keys of parts with an open end differ by
_OPEN = np.uint64(1)


class PartSupport:
    """Counts distinct reads by their miRNA part, whatever the target.

    Parameters
    ----------
    min_reads : int
        Reads that a part needs.
    reach : int
        Bases by which a supported part may be shorter than that of a read.
    """

    def __init__(self, min_reads: int, reach: int) -> None:
        self._min_reads = min_reads
        self._reach = reach
        self._numbers = DigestNumbers()
        self._bases = Growing(np.uint8)
        self._ends = Growing(np.int64)
        self._reads = Growing(np.int64)
        self._open = Growing(np.bool_)
        self._mixed: Counter[tuple[int, ...]] = Counter()  # reads with several parts

    def number(self, bases: Bytes, begins: Places, ends: Places, is_open: NDArray[Any]) -> Places:
        """Return the numbers of some parts, given where in ``bases`` each lies; shape (n,).

        ``is_open`` tells of each whether its 3' end was not seen; the same bases with and without are two parts.
        """
        known = len(self._numbers)
        keys = digests(bases, begins, ends)
        keys[is_open > 0, 0] ^= _OPEN
        numbers = self._numbers.add(keys)
        fresh = np.flatnonzero(numbers >= known)
        fresh = fresh[np.unique(numbers[fresh], return_index=True)[1]]
        text, starts = gathered(bases, begins, ends, fresh)
        self._ends.extend(starts[1:] + len(self._bases))
        self._bases.extend(text)
        self._reads.extend(np.zeros(len(fresh), np.int64))
        self._open.extend(is_open[fresh] > 0)
        return numbers

    def count(self, reads: Places, parts: Places) -> None:
        """Count the parts of distinct reads; a read with several counts once for whatever they have in common."""
        pairs = np.unique(np.column_stack([reads, parts]), axis=0)
        again = pairs[1:, 0] == pairs[:-1, 0]
        alone = ~(np.append(again, False) | np.append(False, again)) if len(pairs) else np.zeros(0, bool)
        np.add.at(self._reads.values, pairs[alone, 1], 1)
        several: dict[int, list[int]] = {}
        for read, part in pairs[~alone].tolist():
            several.setdefault(read, []).append(part)
        self._mixed.update(map(tuple, several.values()))

    def supported(self) -> NDArray[np.bool_]:
        """Return which parts enough reads carry, shape (parts,)."""
        if self._min_reads <= 1:
            return np.ones(len(self._numbers), np.bool_)
        ends, is_open = self._ends.values, self._open.values
        starts = np.append(0, ends[:-1])
        cores, columns = DigestNumbers(), []
        slices: list[tuple[Places, Places]] = []
        shorter = range(1, self._reach + 1)
        for left, right in [(0, 0), *((bases, 0) for bases in shorter), *((0, bases) for bases in shorter)]:
            first, last = starts + left, ends - right
            # a part of which nothing would be left stands for itself once more
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
        """Return those of some parts with open ends that enough reads carry, the shorter parts' counted in."""
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
