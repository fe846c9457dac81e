"""From files of reads to their pairs: trim and collapse, search and pair on several threads, collect in order."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mirtools.annotation import Annotation
from mirtools.chimera.batches import RawReads, ReadBatch, chosen_reads, pack, read_batches
from mirtools.chimera.digests import RecentDigests
from mirtools.chimera.engine import BatchEngine, Hits, SearchReferences
from mirtools.chimera.fates import Fates, FateSummary, ReadFate
from mirtools.chimera.hyb import hits_of_inserts, read_hyb
from mirtools.chimera.inserts import Inserts, ReadLayout, inserts_of, longest_trimmed
from mirtools.chimera.junctions import Junctions, by_number
from mirtools.chimera.pairing import REASONS, PairingRules, Pairs, pair_hits
from mirtools.chimera.pairtable import PairTable
from mirtools.chimera.qualities import Qualities, looked_at
from mirtools.chimera.samples import Sample

Task = TypeVar("Task")
Result = TypeVar("Result")
# Number of the sample, what its qualities mean, and some of its reads
_Task = tuple[int, Sample, Qualities, int, Sequence[Any]]


class PairedReads(NamedTuple):
    """Reads that were read together, and their pairs.

    Attributes
    ----------
    batch : ReadBatch
        Distinct inserts, less some that are known to make no pair.
    pairs : Pairs
    reasons : array of uint8, shape (entries of the batch,)
        What became of each, by position in ``pairing.REASONS``.
    reads, too_short : int
        All reads, and those that were too short.
    """

    batch: ReadBatch
    pairs: Pairs
    reasons: NDArray[np.uint8]
    reads: int
    too_short: int


@dataclass(frozen=True)
class Pairing:
    """How hits become pairs, and what of the reads is kept."""

    references: SearchReferences
    rules: PairingRules
    layout: ReadLayout
    keep_names: bool = False
    keep_ties: bool = False

    def inserts(self, raw: RawReads, sample: int, longest: int) -> Inserts:
        """Return the distinct inserts of some reads; ``longest`` as :func:`longest_trimmed` tells it."""
        return inserts_of(raw, self.layout, sample, self.keep_names, longest)

    def pair(self, inserts: Inserts, batch: ReadBatch, hits: tuple[Hits, Hits]) -> PairedReads:
        """Pair the hits of a batch that some or all of the inserts are in."""
        pairs, reasons = pair_hits(
            *hits, batch.bases, batch.starts, batch.loose, self.references, self.rules, self.keep_ties
        )
        return PairedReads(batch, pairs, reasons, inserts.reads, inserts.too_short)


def pair_reads(
    samples: Sequence[Sample],
    pairing: Pairing,
    engine: BatchEngine,
    threads: int = 1,
    quality_base: str = "auto",
    look: Callable[[Sample, Qualities, Sequence[Sequence[Any]]], None] | None = None,
) -> Iterator[PairedReads]:
    """Read files one after the other, search the reads and pair their hits; in input order.

    A few batches are read ahead: memory does not grow with the files.

    Parameters
    ----------
    samples : sequence of Sample
    pairing : Pairing
    engine : BatchEngine
    threads : int
    quality_base : str
        What quality values start at, see :func:`mirtools.chimera.qualities.looked_at`.
    look : callable, optional
        Is shown each sample with what its quality values mean, and lists of its first reads, before any is used.

    Raises
    ------
    InputError
        For files that are no reads; what stands before the defect is yielded first.
    """
    known = RecentDigests()

    def tasks() -> Iterator[_Task]:
        for number, sample in enumerate(samples):
            qualities, first, batches = looked_at(read_batches(sample.path, engine.batch_size), quality_base)
            if look is not None:
                look(sample, qualities, first)
            longest = longest_trimmed(first, pairing.layout, sample.path)
            del first
            for records in batches:
                yield number, sample, qualities, longest, records

    def search(task: _Task) -> PairedReads:
        number, sample, qualities, longest, records = task
        inserts = pairing.inserts(qualities.applied(pack(records, sample.path)), number, longest)
        batch = inserts.batch
        # a copy of a read that made no pair makes none either; which ones are known changes nothing but the time
        if (copies := known.holds(batch.digests)).any():
            batch = chosen_reads(batch, np.flatnonzero(~copies))
        return pairing.pair(inserts, batch, engine.search(batch.bases, batch.starts))

    with without_cycle_search():
        for found in _in_order(search, tasks(), threads, engine.stop):
            yield found
            known.add(found.batch.digests[found.reasons > 0])


def pair_known_hits(samples: Sequence[Sample], pairing: Pairing) -> Iterator[PairedReads]:
    """Pair the hits that stand in ``.hyb`` files; in input order."""
    for number, sample in enumerate(samples):
        longest = None
        for reads in read_hyb(sample.path, pairing.references):
            if longest is None:
                longest = int(np.diff(reads.raw.starts).max(initial=0))
            inserts = pairing.inserts(reads.raw, number, longest)
            hits = tuple(hits_of_inserts(each, inserts.raw) for each in (reads.mirna_hits, reads.target_hits))
            yield pairing.pair(inserts, inserts.batch, (hits[0], hits[1]))


class Chimeras:
    """The pairs of all reads and what became of each; a context manager that gives its temporary files up.

    Parameters
    ----------
    pairing : Pairing
    samples : sequence of Sample
    min_reads : int
        Support rule, see :class:`mirtools.chimera.pairtable.PairTable`.
    annotation : Annotation, optional
        Regions of the transcripts, where they are known.

    Attributes
    ----------
    table : PairTable
    """

    def __init__(
        self, pairing: Pairing, samples: Sequence[Sample], min_reads: int, annotation: Annotation | None = None
    ) -> None:
        self._samples = samples
        self._reads = [0] * len(samples)
        self._too_short = 0
        self._junctions = Junctions(pairing.references.transcripts, annotation)
        self._fates = Fates(REASONS, len(samples), pairing.keep_names)
        self.table = PairTable(pairing.references, pairing.rules, min_reads, len(samples))

    def __enter__(self) -> Chimeras:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fates.__exit__(kind, error, trace)

    def add(self, found: PairedReads) -> NDArray[np.bool_]:
        """Collect the pairs of some reads, in input order; returns which reads are paired and no copies."""
        batch, pairs = found.batch, found.pairs
        self._reads[batch.sample] += found.reads
        self._too_short += found.too_short
        rows = self.table.add(batch, pairs)
        new = self._fates.add(batch, found.reasons, self.table.outcomes(pairs, rows, len(found.reasons)))
        self.table.count(batch, pairs, rows, new)
        self._junctions.add(pairs, new)
        return new

    def report(self) -> ChimeraReport:
        """Count everything, once all reads are added."""
        summary = self._fates.summary(self.table.pair_id)
        distinct = sum(sample.distinct_reads for sample in summary.samples)
        copies = sum(self._reads) - self._too_short - distinct
        dropped = {reason: count for reason, count in summary.fates.items() if reason != REASONS[0]}
        if self._too_short:
            dropped["too_short"] = self._too_short
        paired = summary.fates.get(REASONS[0], 0)
        statistics: dict[str, Any] = {
            "fate": {REASONS[0]: paired, **dict(sorted(dropped.items()))},
            "duplicates": copies,
            "insert_lengths": by_number(summary.insert_lengths),
            **self._junctions.statistics(),
        }
        if len(self._samples) > 1:
            statistics["samples"] = self._per_sample(summary)
        counts = {
            "reads": sum(self._reads),
            "duplicate_reads": copies,
            "distinct_reads": distinct,
            "paired_reads": paired,
        }
        return ChimeraReport(counts, dropped, statistics)

    def copies(self) -> NDArray[np.int64]:
        """Return how many reads each paired read stands for, in input order; needs names to be kept."""
        return self._fates.copies

    def fates(self) -> Iterator[ReadFate]:
        """Yield what became of each distinct read, in input order; needs names to be kept."""
        return self._fates.reads(self.table.pair_id)

    def _per_sample(self, summary: FateSummary) -> dict[str, dict[str, int]]:
        lists = zip(self._samples, self._reads, summary.samples, strict=True)
        return {sample.name: {"reads": reads, **counts._asdict()} for sample, reads, counts in lists}


class ChimeraReport(NamedTuple):
    """Counts of a run.

    Attributes
    ----------
    counts : dict
        ``reads``, ``duplicate_reads``, ``distinct_reads`` and ``paired_reads``.
    dropped : dict
        Reads by the reason why they are in no row; distinct ones, but for those that were too short.
    statistics : dict
        For ``--json`` and :mod:`mirtools.report.chimera_figure`.
    """

    counts: dict[str, int]
    dropped: dict[str, int]
    statistics: dict[str, Any]


def _in_order(
    work: Callable[[Task], Result], tasks: Iterable[Task], threads: int, stop: Callable[[], None]
) -> Iterator[Result]:
    """Yield ``work(task)`` for each task, in order; ``stop`` ends work whose results are not wanted any more."""
    if threads == 1:
        yield from map(work, tasks)
        return
    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[Result]] = deque()
    remaining = iter(tasks)
    failure: Exception | None = None
    try:
        while True:
            try:
                task = None if failure else next(remaining, None)
            except Exception as error:
                # what was read before comes first, an error in it too
                task, failure = None, error
            if task is not None:
                waiting.append(pool.submit(work, task))
            elif not waiting:
                if failure:
                    raise failure
                return
            if task is None or len(waiting) > 2 * threads:
                yield waiting.popleft().result()
    except BaseException:
        for future in waiting:
            future.cancel()
        stop()
        raise
    finally:
        pool.shutdown(wait=True)


@contextmanager
def without_cycle_search() -> Iterator[None]:
    """Keep Python from looking for cycles among the records again and again: there are none."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
