"""The support rule: how many distinct reads carry a miRNA part.

DMISO, Identification of miRNA-mRNA interactions: at least 10 reads for an isomiR. Either end of an aligned part
may run on by chance, into linker or target, where a base fits; so reads also support the parts that are up to
``reach`` bases shorter at one end.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import gathered
from mirtools.chimera.digests import Bytes, DigestNumbers, Places, digests
from mirtools.chimera.growing import Growing


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
        self._mixed: Counter[tuple[int, ...]] = Counter()  # reads with several parts

    def number(self, bases: Bytes, begins: Places, ends: Places) -> Places:
        """Return the numbers of some parts, given where in ``bases`` each lies; shape (n,)."""
        known = len(self._numbers)
        numbers = self._numbers.add(digests(bases, begins, ends))
        fresh = np.flatnonzero(numbers >= known)
        fresh = fresh[np.unique(numbers[fresh], return_index=True)[1]]
        text, starts = gathered(bases, begins, ends, fresh)
        self._ends.extend(starts[1:] + len(self._bases))
        self._bases.extend(text)
        self._reads.extend(np.zeros(len(fresh), np.int64))
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
        ends = self._ends.values
        starts = np.append(0, ends[:-1])
        cores, columns = DigestNumbers(), []
        shorter = range(1, self._reach + 1)
        for left, right in [(0, 0), *((bases, 0) for bases in shorter), *((0, bases) for bases in shorter)]:
            begins, lasts = starts + left, ends - right
            # a part of which nothing would be left stands for itself once more
            whole = begins >= lasts
            begins, lasts = np.where(whole, starts, begins), np.where(whole, ends, lasts)
            columns.append(cores.add(digests(self._bases.values, begins, lasts)))
        carried = np.column_stack(columns)
        reads = np.zeros(len(cores), np.int64)
        for part, count in enumerate(self._reads.values.tolist()):
            reads[np.unique(carried[part])] += count
        for parts, count in self._mixed.items():
            reads[np.unique(carried[list(parts)])] += count
        return np.asarray((reads[carried] >= self._min_reads).any(axis=1), np.bool_)
