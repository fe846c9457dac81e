"""Reads files and pairs their reads: trims and collapses, then searches and pairs on several threads, in order."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import RawReads, ReadBatch, chosen_reads, pack, read_batches
from mirtools.chimera.digests import RecentDigests
from mirtools.chimera.engine import BatchEngine, Hits, SearchReferences
from mirtools.chimera.hyb import hits_of_inserts, read_hyb
from mirtools.chimera.inserts import Inserts, ReadLayout, inserts_of, longest_trimmed
from mirtools.chimera.pairing import PairingRules, Pairs, pair_hits
from mirtools.chimera.qualities import Qualities, inspect_qualities
from mirtools.chimera.read_state import ReadState
from mirtools.chimera.samples import Sample
from mirtools.computing.threads import in_order
from mirtools.errors import InputError

# Number of the sample, its qualities, and some of its reads
_Task = tuple[int, Sample, Qualities, int, Sequence[Any]]


class PairedReads(NamedTuple):
    """The reads of one batch, and their pairs.

    Attributes
    ----------
    batch : ReadBatch
        Distinct inserts, without some that are known to make no pair.
    pairs : Pairs
    reasons : array of uint8, shape (entries of the batch,)
        Outcome of each, as a position in ``pairing.REASONS``.
    reads, too_short : int
        Numbers of all reads, and of those that were too short.
    """

    batch: ReadBatch
    pairs: Pairs
    reasons: NDArray[np.uint8]
    reads: int
    too_short: int


@dataclass(frozen=True)
class Pairing:
    """Settings of pairing: references, rules, and structure of the reads."""

    references: SearchReferences
    rules: PairingRules
    layout: ReadLayout
    keep_names: bool = False
    keep_ties: bool = False

    def inserts(self, raw: RawReads, sample: int, longest: int) -> Inserts:
        """Return the distinct inserts of some reads; ``longest`` is the result of :func:`longest_trimmed`."""
        return inserts_of(raw, self.layout, sample, self.keep_names, longest)

    def pair(self, inserts: Inserts, batch: ReadBatch, hits: tuple[Hits, Hits]) -> PairedReads:
        """Pair the hits of a batch of some or all of the inserts."""
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
    look: Callable[[Sample, Qualities, ReadState], None] | None = None,
) -> Iterator[PairedReads]:
    """Read one file after the other, search the reads and pair their hits; yields in input order.

    A few batches are read ahead; memory does not grow with the files.

    Parameters
    ----------
    samples : sequence of Sample
    pairing : Pairing
    engine : BatchEngine
    threads : int
    quality_base : str
        Scale of quality values, see :func:`mirtools.chimera.qualities.inspect_qualities`.
    look : callable, optional
        Called for each sample, with the qualities and the state of its first reads, before they are used.

    Raises
    ------
    InputError
        If a file does not contain reads; reads before the defect are yielded first.
    """
    known = RecentDigests()

    def tasks() -> Iterator[_Task]:
        for number, sample in enumerate(samples):
            lists = read_batches(sample.path, engine.batch_size)
            qualities, first, batches = inspect_qualities(lists, quality_base)
            state = state_of(first, qualities, pairing, sample.path)
            if look is not None:
                look(sample, qualities, state)
            longest = longest_trimmed(state, pairing.layout)
            del first
            for records in batches:
                yield number, sample, qualities, longest, records

    def search(task: _Task) -> PairedReads:
        number, sample, qualities, longest, records = task
        inserts = pairing.inserts(qualities.applied(pack(records, sample.path)), number, longest)
        batch = inserts.batch
        # copies of reads without a pair make no pair either; skipping known ones only saves time
        if (copies := known.holds(batch.digests)).any():
            batch = chosen_reads(batch, np.flatnonzero(~copies))
        return pairing.pair(inserts, batch, engine.search(batch.bases, batch.starts))

    with without_cycle_search():
        for found in in_order(search, tasks(), threads, engine.stop):
            yield found
            known.add(found.batch.digests[found.reasons > 0])


def state_of(first: Sequence[Sequence[Any]], qualities: Qualities, pairing: Pairing, source: str) -> ReadState:
    """Return the state of the first reads of a file, up to the first that cannot be used.

    Parameters
    ----------
    first : sequence of sequences of dnaio.SequenceRecord or Read
    qualities : Qualities
    pairing : Pairing
    source : str
        File name as given by the user.
    """
    lists = []
    for records in first:
        try:
            lists.append(qualities.applied(pack(records, source)))
        except InputError:  # reported when the read is reached
            break
    state = ReadState(pairing.references.mirnas)
    state.measure(lists, pairing.layout.adapters)
    return state


def pair_known_hits(samples: Sequence[Sample], pairing: Pairing) -> Iterator[PairedReads]:
    """Pair the hits of ``.hyb`` files; yields in input order."""
    for number, sample in enumerate(samples):
        longest = None
        for reads in read_hyb(sample.path, pairing.references):
            if longest is None:
                longest = int(np.diff(reads.raw.starts).max(initial=0))
            inserts = pairing.inserts(reads.raw, number, longest)
            hits = tuple(hits_of_inserts(each, inserts.raw) for each in (reads.mirna_hits, reads.target_hits))
            yield pairing.pair(inserts, inserts.batch, (hits[0], hits[1]))


@contextmanager
def without_cycle_search() -> Iterator[None]:
    """Pause Python's search for reference cycles: records have none."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
