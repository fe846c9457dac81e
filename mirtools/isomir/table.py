"""Rows of chimera-parse -> rows with isomiR types: ends settled, equal rows merged, qualities tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from mirtools.chimera.pairing import natural
from mirtools.chimera.pairtable import pair_id
from mirtools.interactions import CLASSIFY_COLUMNS, MISSING, TableReader, extended
from mirtools.isomir.junction import settle
from mirtools.isomir.records import Record, RecordReader
from mirtools.isomir.types import Isomir, classify

_WORD = 10


class IsomirTable:
    """Classifies an interaction table; the whole table is held, because support is counted over all of it.

    Parameters
    ----------
    reader : TableReader
        Needs ``mirna_id`` and ``mirna_seq``; uses the other columns of chimera-parse where they are there.
    canonical : mapping of str to str
        Sequence of each miRNA by its name, 5'->3', DNA letters.
    min_reads : int
        Distinct reads in which a miRNA part must be possible. Without ``n_reads`` every row counts as one read.
    min_quality : int
        Phred value that added and changed bases must exceed; not tested where qualities are missing.

    Attributes
    ----------
    columns : list of str
        Columns of the rows that :meth:`rows` yields.
    counts, dropped : collections.Counter
    """

    def __init__(
        self, reader: TableReader, canonical: Mapping[str, str], min_reads: int, min_quality: int
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.columns, self._new = extended(reader.columns, CLASSIFY_COLUMNS)
        self._records = RecordReader(reader, canonical)
        self._canonical = canonical
        self._min_reads = min_reads
        self._min_quality = min_quality
        self._classify = cache(classify)

    def rows(self) -> Iterator[list[str]]:
        """Yield the classified rows, in the order in which each first occurs in the input."""
        records = list(self._records)
        self.counts["rows_in"] = len(records)
        records = self._merge(self._assign(self._settle(records)))
        for record in records:
            isomir = self._classify(record.sequence, self._canonical[record.mirna])
            if isomir is None:
                self.dropped["no_ungapped_alignment"] += 1
                continue
            quality = _lowest_quality(record, isomir)
            if quality is not None and quality <= self._min_quality:
                self.dropped["low_quality"] += 1
                continue
            self._count(isomir, quality)
            yield self._cells(record, isomir, quality)

    def _settle(self, records: list[Record]) -> list[Record]:
        """Cut every miRNA part where it ends; drop those that do not recur."""
        junctions = [record.junction for record in records]
        reads = [record.reads for record in records if record.junction is not None]
        places = iter(settle([junction for junction in junctions if junction is not None], reads, self._min_reads))
        for record in records:
            if record.junction is not None and (place := next(places)) is not None:
                record.cut(*place)
        support: Counter[str] = Counter()
        for record in records:
            support[record.sequence] += record.reads
        # a junction that is left has no recurring part; a sequence that never had one has to recur as it stands
        settled = [
            record
            for record, junction in zip(records, junctions, strict=True)
            if record.junction is None and (junction is not None or support[record.sequence] >= self._min_reads)
        ]
        if dropped := len(records) - len(settled):
            self.dropped["low_support"] = dropped
        return settled

    def _assign(self, records: list[Record]) -> list[Record]:
        """Give all rows with one miRNA part the same miRNA.

        Alignments of single reads can run into a longer family member by chance; the part that recurs cannot.
        Of the miRNAs that share ten bases with the part, the one that needs the fewest isomiR types is taken,
        of these the one with the fewest changed or added bases, then the one that occurs most as exact miRNA,
        then the one with the fewest lost bases, then the first by name.
        """
        reads: Counter[str] = Counter()
        for record in records:
            reads[record.sequence] += record.reads
        index: dict[str, set[str]] = {}
        for name, sequence in self._canonical.items():
            for word in _words(sequence):
                index.setdefault(word, set()).add(name)
        assigned = {(record.sequence, record.mirna) for record in records}
        options: dict[str, set[str]] = {}
        for part, name in assigned:
            options.setdefault(part, {name}).add(name)
        best: dict[str, str] = {}
        for part, names in options.items():
            names = names.union(*(index.get(word, ()) for word in _words(part)))
            best[part] = min(names, key=lambda name: self._distance(part, name, reads[self._canonical[name]]))
        for record in records:
            record.mirna = best[record.sequence]
        return records

    def _distance(self, part: str, name: str, exact_reads: int) -> tuple[Any, ...]:
        canonical = self._canonical[name]
        isomir = self._classify(part, canonical)
        if isomir is None:
            return 99, 0, 0, 0, natural(name)
        lost = abs(len(part) - len(canonical))
        return len(isomir.types), len(isomir.changed), -exact_reads, lost, natural(name)

    def _merge(self, records: list[Record]) -> list[Record]:
        if not self._records.has_place:
            return records
        merged: dict[tuple[str, ...], Record] = {}
        for record in records:
            key = (record.mirna, record.sequence, *self._records.place(record))
            if key in merged:
                self.counts["merged_rows"] += 1
                merged[key].merge(record)
            else:
                merged[key] = record
        return list(merged.values())

    def _count(self, isomir: Isomir, quality: int | None) -> None:
        self.counts["pairs"] += 1
        self.counts["isomir" if isomir.types else "exact"] += 1
        if isomir.changed and quality is None:
            self.counts["quality_not_tested"] += 1
        for name in isomir.types:
            self.counts[name] += 1

    def _cells(self, record: Record, isomir: Isomir, quality: int | None) -> list[str]:
        identifier = ""
        if self._records.has_place and record.sources[0]:
            identifier = pair_id(record.mirna, record.sequence, MISSING, *self._records.place(record))
        self._records.write_back(record, identifier)
        values = (
            "isomir" if isomir.types else "exact",
            ",".join(isomir.types) or MISSING,
            isomir.variant or MISSING,
            MISSING if quality is None else str(quality),
            ",".join(source for source in record.sources if source != identifier) or MISSING,
        )
        cells = record.cells + [MISSING] * (len(self.columns) - len(record.cells))
        for column, value in zip(self._new, values, strict=True):
            cells[column] = value
        return cells


def _words(sequence: str) -> list[str]:
    return [sequence[start : start + _WORD] for start in range(len(sequence) - _WORD + 1)]


def _lowest_quality(record: Record, isomir: Isomir) -> int | None:
    """Return the lowest Phred value at a changed base, of those that have one."""
    if record.qualities is None:
        return None
    values = [record.qualities[position] - 33 for position in isomir.changed]
    return min((value for value in values if value > 0), default=None)
