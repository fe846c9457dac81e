"""Merges rows of one pair in several shards of chimera-parse, and applies the support rule to all reads.

The result is the table that chimera-parse writes for all reads at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import groupby, islice
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import DigestNumbers, Places, digests
from mirtools.chimera.references import encode
from mirtools.chimera.support import PartSupport
from mirtools.computing.growing import GrowingArray
from mirtools.errors import InputError, shorten
from mirtools.io.spool import SortedRows
from mirtools.io.tables import END_OPEN, GUIDE_CLASS, MISSING, SAMPLE_PREFIX, TableReader
from mirtools.isomir.strength import best_qualities, strength_of

# Columns that tell a pair from others; all rows with one pair_id have the same cells there
_KEY = "mirna_id mirna_seq mirna_unassigned mirna_3p_end target_id target_start target_end".split()
_ENDS = re.compile(r"([0-9]{1,9}),([0-9]{1,9})")
_BLOCK = 8192
# A larger number of reads is a mistake, and sums of such numbers would overflow
_MOST_READS = 10**12


class _Pair(NamedTuple):
    """A pair of all shards: its row, its distinct reads, and its aligned miRNA part, whose end may be open."""

    cells: list[str]
    reads: int
    part: str
    is_open: bool


class MergedPairs:
    """Collects the rows of shards of chimera-parse; a context manager that removes its temporary files.

    Rows wait in temporary files. Memory grows with the number of different miRNA parts and targets (about 100
    bytes each), not with rows.

    Parameters
    ----------
    columns : sequence of str
        Columns of all rows that are added, those of chimera-parse.
    min_reads, max_gap : int
        Support rule, see :class:`mirtools.chimera.pairtable.PairTable`.

    Attributes
    ----------
    counts, dropped : collections.Counter
        ``merged_rows`` and ``pairs``; reads of parts without support as ``low_support``.
    low_support : collections.Counter
        These reads by sample.
    """

    def __init__(self, columns: Sequence[str], min_reads: int, max_gap: int) -> None:
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.low_support: Counter[str] = Counter()
        self._columns = columns
        self._at = {name: place for place, name in enumerate(columns)}
        self._reader: TableReader | None = None
        self._own: dict[str, int] = {}
        self._key = [self._at[name] for name in _KEY]
        self._samples = [name.removeprefix(SAMPLE_PREFIX) for name in columns if name.startswith(SAMPLE_PREFIX)]
        self._sums = ["n_reads", "n_copies", *(name for name in columns if name.startswith(SAMPLE_PREFIX))]
        self._form = [self._at[name] for name in ("mirna_id", GUIDE_CLASS, "mirna_seq") if name in self._at]
        self._strength = strength_of(columns)
        self._support = PartSupport(min_reads, max_gap)
        self._stack = ExitStack()
        self._rows = self._stack.enter_context(closing(SortedRows()))
        self._pairs = self._stack.enter_context(closing(SortedRows()))
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, reader: TableReader, row: list[str]) -> None:
        """Add the row last read by ``reader``; a sample that the table lacks has no reads.

        Raises
        ------
        InputError
            For cells that chimera-parse does not write, and for a row of ``--top``: its reads may be in several
            rows, so that their number is unknown.
        """
        if reader is not self._reader:
            self._reader, self._own = reader, {name: place for place, name in enumerate(reader.columns)}
        own = self._own
        for name in self._sums:
            if name in own and reader.whole_number(row, own[name]) > _MOST_READS:
                raise reader.error(f"{shorten(name, 40)} is not a number of reads; repair the row")
        if row[own["rank"]] != "1":
            problem = "rank is not 1: a read with several pairs (chimera-parse --top) may be counted twice"
            raise reader.error(f"{problem}; give the tables of all shards to isomir-classify")
        for name in ("mirna_seq", "site_seq"):
            row[own[name]] = reader.dna(row, own[name])
        ends = row[own["mirna_unassigned"]]
        found = _ENDS.fullmatch(ends)
        if found is None or int(found[1]) + int(found[2]) > len(row[own["mirna_seq"]]):
            problem = f"mirna_unassigned is '{shorten(ends, 30)}'"
            raise reader.error(f"{problem}; give two numbers of bases at the ends of mirna_seq, such as 0,2")
        cells = [row[own[name]] if name in own else "0" for name in self._columns]
        self._rows.add((cells[self._at["pair_id"]].encode(), self._count), cells)
        self._count += 1

    def rows(self) -> Iterator[list[str]]:
        """Return the supported rows, most reads first, after all rows are added."""
        return self._supported(*self._collect())

    def _supported(self, forms: DigestNumbers, targets: DigestNumbers) -> Iterator[list[str]]:
        supported = self._support.supported()
        coverages = GrowingArray(np.int64), GrowingArray(np.int64)
        for array, count in zip(coverages, (len(forms), len(targets)), strict=True):
            array.extend(np.zeros(count, np.int64))
        for (negative, _, part, form, target), _ in self._pairs:
            if supported[part]:
                coverages[0].values[form] -= negative
                coverages[1].values[target] -= negative
        for (negative, _, part, form, target), cells in self._pairs:
            if not supported[part]:
                self.dropped["low_support"] -= negative
                self.low_support.update(
                    {name: int(cells[self._at[SAMPLE_PREFIX + name]]) for name in self._samples}
                )
                continue
            cells[self._at["mirna_coverage"]] = str(coverages[0].values[form])
            cells[self._at["target_coverage"]] = str(coverages[1].values[target])
            self.counts["pairs"] += 1
            yield cells

    def _collect(self) -> tuple[DigestNumbers, DigestNumbers]:
        """Sort the merged rows by their reads, and count the reads of each part."""
        forms, targets = DigestNumbers(), DigestNumbers()
        merged = self._merged()
        while block := [*islice(merged, _BLOCK)]:
            starts = _starts([pair.part for pair in block])
            is_open = np.array([pair.is_open for pair in block])
            bases = encode("".join(pair.part for pair in block))
            parts = self._support.number(bases, starts[:-1], starts[1:], is_open)
            self._support.add_reads(parts, np.array([pair.reads for pair in block], np.int64))
            form = _numbers(forms, ["\t".join(pair.cells[place] for place in self._form) for pair in block])
            target = _numbers(targets, [pair.cells[self._at["target_id"]] for pair in block])
            keys = zip(block, parts.tolist(), form.tolist(), target.tolist(), strict=True)
            for pair, *numbers in keys:
                self._pairs.add((-pair.reads, pair.cells[self._at["pair_id"]].encode(), *numbers), pair.cells)
        return forms, targets

    def _merged(self) -> Iterator[_Pair]:
        """Yield one row per pair."""
        at = self._at
        for _, group in groupby(self._rows, key=lambda item: item[0][0]):
            rows = [cells for _, cells in group]
            cells = self._joined(rows)
            self.counts["merged_rows"] += len(rows) - 1
            left, _, right = cells[at["mirna_unassigned"]].partition(",")
            sequence = cells[at["mirna_seq"]]
            part = sequence[int(left) : len(sequence) - int(right)]
            yield _Pair(cells, int(cells[at["n_reads"]]), part, cells[at["mirna_3p_end"]] == END_OPEN)

    def _joined(self, rows: list[list[str]]) -> list[str]:
        first = rows[0]
        if len(rows) == 1:
            return first
        for row in rows:
            if any(row[place] != first[place] for place in self._key):
                problem = "two pairs have this pair_id; give tables of one version of chimera-parse"
                raise InputError(problem, record=first[self._at["pair_id"]])
        cells = min(rows, key=self._strength)
        sums = [str(sum(int(row[self._at[name]]) for row in rows)) for name in self._sums]
        quality = self._at["mirna_qual"]
        best: bytes | None = None
        for row in rows:
            best = best_qualities(best, None if row[quality] == MISSING else row[quality].encode())
        cells[quality] = MISSING if best is None else best.decode()
        for name, text in zip(self._sums, sums, strict=True):
            cells[self._at[name]] = text
        return cells


def _starts(texts: Sequence[str]) -> Places:
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    return starts


def _numbers(known: DigestNumbers, texts: Sequence[str]) -> Places:
    """Return a number for each text, equal for equal texts."""
    encoded = [text.encode() for text in texts]
    lengths = np.array([len(text) for text in encoded], np.int64)
    ends = np.cumsum(lengths)
    characters: NDArray[np.uint8] = np.frombuffer(b"".join(encoded), np.uint8)
    return known.add(digests(characters, ends - lengths, ends))
