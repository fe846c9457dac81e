"""From reads to the interaction table: collapse, search, pair, aggregate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from mirtools.chimera.engine import BatchEngine, Hit, ReadHits, SearchReferences
from mirtools.chimera.inserts import Collapser, Insert
from mirtools.chimera.pairing import PairingRules, pair_hits
from mirtools.chimera.pairtable import PairTable
from mirtools.chimera.references import encode
from mirtools.sequences import Read


class ReadFate(NamedTuple):
    """What became of one distinct read: ``paired`` or the drop reason, and its ``pair_id``."""

    name: str
    status: str
    pair_id: str | None


class Chimeras:
    """The pairs of all reads, ready to be written.

    Parameters
    ----------
    references : SearchReferences
    rules : PairingRules
    min_reads : int
        Support rule, see :class:`mirtools.chimera.pairtable.PairTable`.
    keep_names : bool
        Keep the name of each distinct read, for :meth:`fates`.
    """

    def __init__(
        self, references: SearchReferences, rules: PairingRules, min_reads: int, keep_names: bool = False
    ) -> None:
        self._references = references
        self._rules = rules
        self.table = PairTable(references, rules, min_reads)
        self._names: list[str] | None = [] if keep_names else None
        # 0 for a paired read, else the number of the drop reason: one byte a read
        self._reasons = ["paired"]
        self._outcomes = bytearray()

    def add(self, inserts: list[Insert], hits: list[ReadHits]) -> None:
        """Pair the hits of new distinct reads."""
        for insert, read_hits in zip(inserts, hits, strict=True):
            pairs, reason = pair_hits(read_hits, insert.sequence, self._references, self._rules)
            if pairs:
                self.table.add(insert, pairs)
                reason = "paired"
            elif reason not in self._reasons:
                self._reasons.append(reason)
            self._outcomes.append(self._reasons.index(reason))
            if self._names is not None:
                self._names.append(insert.name)

    def fates(self) -> Iterator[ReadFate]:
        """Yield what became of each distinct read, in input order; names are empty unless they were kept."""
        for number, outcome in enumerate(self._outcomes):
            name = self._names[number] if self._names is not None else ""
            pair_id = self.table.pair_of(number) if outcome == 0 else None
            status = "low_support" if pair_id == "" else self._reasons[outcome]
            yield ReadFate(name, status, pair_id or None)


def search_reads(reads: Iterable[Read], collapser: Collapser, engine: BatchEngine, chimeras: Chimeras) -> None:
    """Search all reads with an engine and collect their pairs."""
    for batch in collapser.batches(reads):
        lengths = [len(insert.sequence) for insert in batch]
        bases = encode("".join(insert.sequence for insert in batch))
        found = engine.search(bases, np.cumsum([0, *lengths]))
        lists = [ReadHits([], []) for _ in batch]
        for side, hits in enumerate(found):
            for read, *cells in zip(*(column.tolist() for column in hits), strict=True):
                lists[read][side].append(Hit(*cells))
        chimeras.add(batch, lists)
    for number, qualities in collapser.later_copies:
        chimeras.table.add_copy(number, qualities)
    collapser.later_copies.clear()


def collect_hits(found: Iterable[tuple[Read, ReadHits]], collapser: Collapser, chimeras: Chimeras) -> None:
    """Collect the pairs of reads whose hits are already known (``.hyb`` files)."""
    hits_of: dict[str, ReadHits] = {}

    def reads() -> Iterator[Read]:
        for read, hits in found:
            hits_of.setdefault(read.sequence, hits)
            yield read

    for batch in collapser.batches(reads()):
        chimeras.add(batch, [hits_of[insert.sequence] for insert in batch])
        hits_of.clear()  # also of copies and of reads that were too short
