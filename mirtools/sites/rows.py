"""The rows of interaction tables of any number of samples and shards, as columns, in an order of their own."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, UsageError, shorten
from mirtools.io.samplesheet import file_stem
from mirtools.io.tables import MISSING, SAMPLE_PREFIX, TableReader, cell_number, pair_id
from mirtools.io.tied_sites import TIED_SITES, Spot, parse_spots

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_SPANS = "start end site_start site_end".split()
_TEXTS = "mirna_id mirna_seq target_id site_seq form guide_class gene_id gene_name region merged_from".split()
_OPTIONAL = (
    "site_seq isomir_variant mirna_class guide_class gene_id gene_name region merged_from pair_id score label "
    "rank tied_sites"
).split()
EXACT = "exact"
_NO_SCORE = -np.inf


class Rows(NamedTuple):
    """Distinct pairs of all tables, sorted by miRNA, its bases, target, place and identifier.

    Coordinates are 0-based and half-open on the target, 5'->3'.

    Attributes
    ----------
    pair_ids : list of str
    texts : dict of str to list of str
        Distinct cells of each column of text, sorted; ``form`` is ``exact`` or a mirGFF3 variant.
    numbers : dict of str to array of int64, shape (n,)
        For each of these columns the positions of the cells in ``texts``.
    starts, ends : array of int64, shape (n,)
        The aligned part of the target.
    site_starts, site_ends : array of int64, shape (n,)
        The same with its extension: where ``site_seq`` lies.
    reads : array of float64, shape (n, samples)
        Distinct reads.
    scores : array of float64, shape (n,)
        NaN if there is none.
    ties : dict of int to tuple of Spot
        For rows whose reads fit several places equally well all of these places, their own among them.
    samples : list of str
        Names, sorted.
    """

    pair_ids: list[str]
    texts: dict[str, list[str]]
    numbers: dict[str, Ints]
    starts: Ints
    ends: Ints
    site_starts: Ints
    site_ends: Ints
    reads: Floats
    scores: Floats
    ties: dict[int, tuple[Spot, ...]]
    samples: list[str]

    def __len__(self) -> int:
        return len(self.pair_ids)

    @property
    def totals(self) -> Floats:
        """Reads of each row in all samples, shape ``(n,)``."""
        totals: Floats = self.reads.sum(axis=1)
        return totals

    def cell(self, column: str, row: int) -> str:
        """Return a cell of a column of text."""
        return self.texts[column][self.numbers[column][row]]

    def cells(self, column: str) -> list[str]:
        """Return all cells of a column of text, shape ``(n,)``."""
        texts = self.texts[column]
        return [texts[number] for number in self.numbers[column].tolist()]


class RowCollector:
    """Reads interaction tables, and adds up the reads of equal pairs.

    Rows that are not interactions (label 0) and pairs that are not the best of their read (rank above 1) are
    counted and skipped. Some 300 bytes of memory for each distinct pair, none for reads.

    Attributes
    ----------
    counts, dropped : collections.Counter
        What was read, and what was skipped for which reason.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        # digests of whole rows: after isomir-classify a pair may have other bases in another sample
        self._places: dict[bytes, int] = {}
        self._pair_ids: list[str] = []
        self._texts: dict[str, dict[str, int]] = {name: {} for name in _TEXTS}
        self._columns = {name: array("q") for name in (*_TEXTS, *_SPANS)}
        self._scores = array("d")
        self._samples: dict[str, int] = {}
        self._reads: tuple[array[int], array[int], array[int]] = (array("q"), array("q"), array("q"))
        self._ties: dict[int, tuple[Spot, ...]] = {}

    def add(self, path: str, sample: str | None = None) -> None:
        """Read a table.

        Parameters
        ----------
        path : str
        sample : str, optional
            The sample of its reads, if no column ``n_reads:NAME`` names samples; the file's name by default.

        Raises
        ------
        InputError
            For a table without miRNAs, targets or places, and for cells that are none of these.
        UsageError
            If a sample is named for a table whose columns name samples.
        """
        reader = TableReader(path)
        cells = _Cells(reader, sample)
        for name in cells.samples:
            self._samples.setdefault(name, len(self._samples))
        sample_numbers = [self._samples[name] for name in cells.samples]
        for row in reader:
            self.counts["rows"] += 1
            if (reason := cells.reason_to_skip(row)) is not None:
                self.dropped[reason] += 1
                continue
            at = self._place(cells, row)
            for number, reads in zip(sample_numbers, cells.reads(row), strict=True):
                if reads:
                    for column, value in zip(self._reads, (at, number, reads), strict=True):
                        column.append(value)

    def _place(self, cells: _Cells, row: list[str]) -> int:
        """Return the number of a row's pair, which is added if it is new."""
        texts, spans, tied = cells.texts(row), cells.spans(row), cells.text(row, TIED_SITES)
        identifier = cells.identifier(row, texts, spans)
        content = "\t".join((identifier, *texts, *map(str, spans), tied))
        key = blake2b(content.encode("utf-8"), digest_size=16).digest()
        at = self._places.setdefault(key, len(self._places))
        score = cells.score(row)
        if at < len(self._pair_ids):
            # the best score, so that the order of tables does not matter
            self._scores[at] = max(self._scores[at], score)
            return at
        self._pair_ids.append(identifier)
        self._scores.append(score)
        for name, text in zip(_TEXTS, texts, strict=True):
            known = self._texts[name]
            self._columns[name].append(known.setdefault(text, len(known)))
        for name, value in zip(_SPANS, spans, strict=True):
            self._columns[name].append(value)
        if tied != MISSING:
            self._ties[at] = cells.spots(tied)
        return at

    def rows(self) -> Rows:
        """Return all pairs, in an order that does not depend on that of tables and rows."""
        count = len(self._places)
        texts, numbers = {}, {}
        for name in _TEXTS:
            texts[name], numbers[name] = _sorted_texts(self._texts[name], self._columns[name])
        spans = [np.array(self._columns[name], np.int64) for name in _SPANS]
        samples = sorted(self._samples)
        column_of = np.array([samples.index(name) for name in self._samples], np.int64)
        reads = np.zeros((count, len(samples)))
        at, number, found = (np.array(column, np.int64) for column in self._reads)
        np.add.at(reads, (at, column_of[number] if len(number) else number), found)
        # the least important first; identifiers, and digests after them, settle what content leaves open
        first = [numbers[name] for name in ("mirna_id", "mirna_seq", "target_id")]
        last = [numbers[name] for name in _TEXTS if name not in ("mirna_id", "mirna_seq", "target_id")]
        digests = np.frombuffer(b"".join(self._places), "S16")
        order = np.lexsort([digests, np.array(self._pair_ids, np.str_), *last[::-1], *spans[::-1], *first[::-1]])
        scores = np.array(self._scores, np.float64)
        scores[scores == _NO_SCORE] = np.nan
        new_place = np.empty(count, np.int64)
        new_place[order] = np.arange(count)
        return Rows(
            [self._pair_ids[place] for place in order.tolist()],
            texts,
            {name: column[order] for name, column in numbers.items()},
            spans[0][order],
            spans[1][order],
            spans[2][order],
            spans[3][order],
            reads[order],
            scores[order],
            {int(new_place[place]): tied for place, tied in self._ties.items()},
            samples,
        )


def _sorted_texts(known: Mapping[str, int], column: Sequence[int]) -> tuple[list[str], Ints]:
    texts = sorted(known)
    new = np.empty(len(texts), np.int64)
    for place, text in enumerate(texts):
        new[known[text]] = place
    return texts, new[np.array(column, np.int64)] if len(texts) else np.empty(0, np.int64)


class _Cells:
    """The cells of one table's rows, by what they mean."""

    def __init__(self, reader: TableReader, sample: str | None) -> None:
        self._reader = reader
        self._target = reader.index("target_id")
        self._sequence, self._name = reader.find("mirna_seq"), reader.find("mirna_id")
        if self._sequence is None and self._name is None:
            reader.index("mirna_id")  # names the missing column
        named = [name for name in reader.columns if name.startswith(SAMPLE_PREFIX)]
        # a chimera-parse run on one file names it; the user may know a better name
        if len(named) > 1 and sample is not None:
            raise UsageError(
                f"{shorten(reader.path, 60)} names its samples in columns ({shorten(named[0], 40)}); "
                "leave --sample out"
            )
        self.samples = [name.removeprefix(SAMPLE_PREFIX) for name in named]
        if len(named) < 2 and (sample is not None or not named):
            self.samples = [sample or file_stem(reader.path)]
        whole = reader.find("n_reads")
        self._counts = [reader.index(name) for name in named] or ([] if whole is None else [whole])
        self._site = self._span("site_start", "site_end")
        self._part = self._span("target_start", "target_end") or self._site
        if self._part is None:
            reader.index("target_start")
        self._at = {name: reader.find(name) for name in _OPTIONAL}
        if self._at["gene_name"] == self._target:
            self._at["gene_name"] = None  # the only name of a target may be its gene

    def _span(self, first: str, last: str) -> tuple[int, int] | None:
        columns = self._reader.columns
        return (columns.index(first), columns.index(last)) if first in columns and last in columns else None

    def text(self, row: Sequence[str], name: str) -> str:
        """Return a cell of a column that the table may lack."""
        at = self._at[name]
        return MISSING if at is None else row[at] or MISSING

    def reason_to_skip(self, row: Sequence[str]) -> str | None:
        if self.text(row, "label") in ("0", "0.0"):
            return "labelled_0"
        if self.text(row, "rank") not in (MISSING, "1"):
            return "rank_above_1"
        return None

    def reads(self, row: Sequence[str]) -> list[int]:
        return [self._reader.whole_number(row, at) for at in self._counts] or [1]

    def texts(self, row: Sequence[str]) -> list[str]:
        sequence = MISSING if self._sequence is None else self._reader.dna(row, self._sequence)
        name = sequence if self._name is None else row[self._name]
        target = row[self._target]
        if MISSING in (name, target) or not (name and target):
            raise self._reader.error("names no miRNA or no target; give both")
        site = self._at["site_seq"]
        bases = MISSING if site is None or row[site] == MISSING else self._reader.dna(row, site)
        form = EXACT if self.text(row, "mirna_class") == EXACT else self.text(row, "isomir_variant")
        others = (self.text(row, each) for each in _TEXTS[5:])
        return [name, sequence, target, bases, form, *others]

    def spans(self, row: Sequence[str]) -> tuple[int, int, int, int]:
        assert self._part is not None
        numbers = [self._reader.whole_number(row, at) for at in (*self._part, *(self._site or self._part))]
        start, end, site_start, site_end = numbers
        if start >= end or site_start >= site_end:
            raise self._reader.error(f"site {start}-{end} ends before it begins; give 0-based half-open numbers")
        return start, end, site_start, site_end

    def identifier(self, row: Sequence[str], texts: Sequence[str], spans: Sequence[int]) -> str:
        given = self.text(row, "pair_id")
        return given if given != MISSING else pair_id(*texts[:3], *spans)

    def score(self, row: Sequence[str]) -> float:
        return cell_number(self.text(row, "score"), _NO_SCORE)

    def spots(self, cell: str) -> tuple[Spot, ...]:
        try:
            return parse_spots(cell)
        except ValueError as error:
            raise self._reader.error(str(error)) from error


def read_rows(paths: Sequence[str], samples: Sequence[str] = ()) -> tuple[Rows, RowCollector]:
    """Read all tables.

    Parameters
    ----------
    paths : sequence of str
    samples : sequence of str
        The sample of all tables, or of each of them in their order; by default they name their samples, or else
        their files do.

    Raises
    ------
    UsageError
        If there are neither one name nor as many as tables.
    InputError
        As :meth:`RowCollector.add`.
    """
    if len(samples) not in (0, 1, len(paths)):
        raise UsageError(f"{len(samples)} --sample for {len(paths)} tables; give one, or one for each in order")
    collector = RowCollector()
    named = samples if len(samples) == len(paths) else repeat(samples[0] if samples else None)
    for path, sample in zip(paths, named, strict=False):
        collector.add(path, sample)
    return collector.rows(), collector


def unknown_samples(rows: Rows, known: Sequence[str], sheet: str) -> InputError | None:
    """Return the error for samples that a sample sheet does not list, or ``None``."""
    unknown = [name for name in rows.samples if name not in known]
    if not unknown:
        return None
    listed = ", ".join(shorten(name, 30) for name in unknown[:3])
    return InputError(f"does not list the sample {listed}; give a row for each sample", source=sheet)
