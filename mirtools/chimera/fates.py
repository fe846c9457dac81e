"""The outcome of every distinct read: exact counts and the read report, in limited memory.

Digests of paired reads are kept in memory, like their pairs. Most reads make no pair; their digests are stored in
temporary files and counted at the end, group by group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import ReadBatch
from mirtools.chimera.digests import Chosen, DigestNumbers, Places, first_copies
from mirtools.chimera.junctions import count_values
from mirtools.computing.growing import GrowingArray
from mirtools.io.spool import FILES, GroupedRecords, Lines

LOW_SUPPORT = "low_support"
# Of reads that are copies except for an error in their UMI
UMI_ERROR = "umi_error"

_UNPAIRED = np.dtype(
    [("digest", "u8", 2), ("number", "i8"), ("length", "u4"), ("sample", "u2"), ("reason", "u1"), ("spare", "u1")]
)
# Python integers need four times the memory
_LISTED_TOGETHER = 1 << 14
# The number of a table row, or -reason
_OUTCOME = np.dtype([("number", "i8"), ("outcome", "i8")])


class ReadFate(NamedTuple):
    """The outcome of a distinct read: ``paired``, ``umi_error`` or the drop reason; its ``pair_id`` or ``""``."""

    name: str
    status: str
    pair_id: str


class SampleCounts(NamedTuple):
    """Numbers of distinct reads and of paired reads of one sample."""

    distinct_reads: int
    paired_reads: int


class FateSummary(NamedTuple):
    """Counts over distinct reads.

    Attributes
    ----------
    fates : dict of str to int
        ``paired``, ``low_support`` and every other reason why a read is in no row.
    insert_lengths : dict of int to int
        Number of reads by the length of their insert in nt.
    samples : list of SampleCounts
    """

    fates: dict[str, int]
    insert_lengths: dict[int, int]
    samples: list[SampleCounts]


class Fates:
    """Collects the outcomes of reads; a context manager that removes its temporary files.

    Parameters
    ----------
    reasons : sequence of str
        Names of the outcomes of :func:`mirtools.chimera.pairing.pair_hits`; 0 is a paired read.
    samples : int
        Number of samples.
    keep_names : bool
        Whether to keep the names and copies for :meth:`reads` and :attr:`copies`.

    Attributes
    ----------
    umi_errors : array of bool, or None
        Which paired reads, in input order, are copies of others except for an error in their UMI; set after all
        reads are added.
    """

    def __init__(self, reasons: Sequence[str], samples: int, keep_names: bool = False) -> None:
        self._reasons = list(reasons)
        self._samples = samples
        self._names = Lines() if keep_names else None
        self._seen = 0
        self._unpaired = GroupedRecords(_UNPAIRED)
        self._paired = DigestNumbers()
        self._copies = GrowingArray(np.int64)
        self.umi_errors: Chosen | None = None
        self._paired_reads: list[NDArray[np.int64]] = [np.empty((0, 4), np.int64)]  # number, row, length, sample

    def __enter__(self) -> Fates:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unpaired.close()
        if self._names is not None:
            self._names.close()

    def add(self, batch: ReadBatch, reasons: NDArray[np.uint8], rows: Places) -> Chosen:
        """Add the reads of a batch, in input order.

        Parameters
        ----------
        batch : ReadBatch
        reasons : array of uint8, shape (n,)
        rows : array of int64, shape (n,)
            Table row of the best pair of each paired read.

        Returns
        -------
        array of bool, shape (n,)
            The paired reads without an earlier copy.
        """
        numbers = self._seen + np.arange(len(reasons))
        self._seen += len(reasons)
        lengths = np.diff(batch.starts)
        if self._names is not None:
            self._names.extend(batch.names)
        none = np.flatnonzero(reasons)
        records = np.zeros(len(none), _UNPAIRED)
        records["digest"], records["number"] = batch.digests[none], numbers[none]
        records["length"], records["sample"], records["reason"] = lengths[none], batch.sample, reasons[none]
        self._unpaired.add(records, (records["digest"][:, 1] >> np.uint64(32)).astype(np.int64))
        paired = np.flatnonzero(reasons == 0)
        known = len(self._paired)
        places = self._paired.add(batch.digests[paired])
        new = paired[places >= known]
        if self._names is not None:
            self._copies.extend(np.zeros(len(self._paired) - known, np.int64))
            np.add.at(self._copies.values, places, batch.copies[paired])
        samples = np.full(len(new), batch.sample)
        self._paired_reads.append(np.column_stack([numbers[new], rows[new], lengths[new], samples]))
        first_seen = np.zeros(len(reasons), bool)
        first_seen[new] = True
        return first_seen

    def summary(self, pair_id: Callable[[int], str]) -> FateSummary:
        """Return the counts, after all reads are added.

        Parameters
        ----------
        pair_id : callable
            Returns the identifier of a table row, or ``""`` without enough support.
        """
        paired = np.concatenate(self._paired_reads)
        if self.umi_errors is not None:
            paired = paired[~self.umi_errors]
        _, rows, lengths, samples = paired.T
        distinct, which = np.unique(rows, return_inverse=True)
        supported = np.array([bool(pair_id(row)) for row in distinct.tolist()], bool)[which]
        fates = Counter({self._reasons[0]: int(supported.sum()), LOW_SUPPORT: int((~supported).sum())})
        insert_lengths = Counter(count_values(lengths))
        reads_of = np.bincount(samples, minlength=self._samples)
        paired_of = np.bincount(samples[supported], minlength=self._samples)
        for group in self._unpaired.groups():
            group = group[_first_of_each(group["digest"])]
            for reason, count in count_values(group["reason"]).items():
                fates[self._reasons[reason]] += count
            insert_lengths.update(count_values(group["length"]))
            reads_of += np.bincount(group["sample"], minlength=self._samples)
        counts = zip(reads_of.tolist(), paired_of.tolist(), strict=True)
        return FateSummary(+fates, dict(sorted(insert_lengths.items())), [SampleCounts(*pair) for pair in counts])

    @property
    def copies(self) -> Places:
        """The number of copies of each paired read, in input order; needs ``keep_names``."""
        return self._copies.values

    def reads(self, pair_id: Callable[[int], str]) -> Iterator[ReadFate]:
        """Yield the outcome of each distinct read, in input order; needs ``keep_names``."""
        assert self._names is not None
        # each group of the spool contains the same number of consecutive reads
        step = self._seen // FILES + 1
        with closing(GroupedRecords(_OUTCOME)) as spool:
            numbers, rows, _, _ = np.concatenate(self._paired_reads).T
            errors = set() if self.umi_errors is None else set(numbers[self.umi_errors].tolist())
            spool.add(_outcomes(numbers, rows), numbers // step)
            for group in self._unpaired.groups():
                group = group[_first_of_each(group["digest"])]
                outcomes = _outcomes(group["number"], -group["reason"].astype(np.int64))
                spool.add(outcomes, group["number"] // step)
            names, position = iter(self._names), 0
            for number, outcome in _by_number(spool):
                name = next(islice(names, number - position, None))
                position = number + 1
                found = pair_id(outcome) if outcome >= 0 else ""
                status = self._reasons[max(-outcome, 0)] if found or outcome < 0 else LOW_SUPPORT
                if number in errors:
                    status = UMI_ERROR
                yield ReadFate(name, status, found)


def _by_number(spool: GroupedRecords) -> Iterator[tuple[int, int]]:
    """Yield number and outcome of all reads; groups hold ascending ranges of numbers."""
    for group in spool.groups():
        order = np.argsort(group["number"])
        for start in range(0, len(group), _LISTED_TOGETHER):
            some = group[order[start : start + _LISTED_TOGETHER]]
            yield from zip(some["number"].tolist(), some["outcome"].tolist(), strict=True)


def _outcomes(numbers: Places, outcomes: NDArray[Any]) -> NDArray[Any]:
    records = np.empty(len(numbers), _OUTCOME)
    records["number"], records["outcome"] = numbers, outcomes
    return records


def _first_of_each(digests: NDArray[np.uint64]) -> Places:
    """Return the position of the first of all equal digests of shape (n, 2)."""
    return np.flatnonzero(first_copies(digests) == np.arange(len(digests)))
