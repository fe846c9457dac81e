"""Counts and strongest pairs of an interaction table, which is read once and in bounded memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mirtools.errors import shorten
from mirtools.io.tables import MISSING, TableReader

SCORE_BINS = 20
LONGEST_GAP = 20  # longer gaps are counted as this long, so that an odd table does not widen the axis

# The columns that a report uses; an interaction table has at least one of the first four.
_COLUMNS = (
    "mirna_id mirna_seq target_id site_seq n_reads n_copies target_start target_end site_start site_end gap "
    "mirna_class isomir_types rank label score prediction gene_name"
).split()
_NAMING = 4


@dataclass(frozen=True)
class Interaction:
    """One row of the table: the cells that a report shows.

    Sequences are DNA letters 5'->3' or empty; ``start`` and ``end`` of the extended site are 0-based and half-open
    on the target. Missing values are ``None`` or empty.
    """

    mirna: str
    target: str
    start: int | None
    end: int | None
    mirna_seq: str
    site_seq: str
    mirna_class: str
    isomir_types: str
    reads: int | None
    score: float | None
    prediction: int | None
    gene: str = ""

    @property
    def shown_target(self) -> str:
        """The name of the gene if it is known, else the target."""
        return self.gene or gene_symbol(self.target)

    @property
    def strength(self) -> tuple[int, int, float]:
        """Sort key: predicted to bind, then reads, then score."""
        return (
            -1 if self.prediction is None else self.prediction,
            self.reads or 0,
            -1.0 if self.score is None else self.score,
        )


@dataclass(frozen=True)
class Pair:
    """All rows of one miRNA and one target.

    Attributes
    ----------
    best : Interaction
        Its strongest row (for a pair that was weak at first: the strongest row since).
    interactions, reads : int
        Number of rows, and of their distinct reads.
    """

    best: Interaction
    interactions: int
    reads: int


@dataclass
class Summary:
    """Counts over a table.

    Attributes
    ----------
    has : set of str
        Standard names of the columns that the table has.
    interactions, reads, copies : int
        Number of rows, of their distinct reads, and of their reads with duplicates.
    pairs : int
        Distinct pairs of a miRNA and a target transcript.
    negatives, alternatives : int
        Rows with label 0, which are not interactions, and rows of rank 2 or more, whose reads are already counted
        with a better row. Neither is counted anywhere else.
    targets : int
        Distinct transcripts.
    reads_of, isomir_reads_of : collections.Counter
        Reads of each miRNA, and those of its isomiRs; rows if the table has no ``n_reads``.
    rows_of_class, reads_of_class : collections.Counter
        By ``mirna_class``: ``exact``, ``isomir``.
    rows_of_type, reads_of_type : collections.Counter
        By isomiR type; an isomiR of several types is counted with each.
    rows_of_gap : collections.Counter
        By signed distance of the two parts on the read, in nt; overlaps are negative.
    scores : dict of int to list of int
        For each prediction (0, 1; -1 without that column) the number of rows in ``SCORE_BINS`` equal bins from 0
        to 1.
    top : list of Pair
        The strongest first: predicted to bind in any row, then most reads, then highest score,
        then first in the table.
    """

    has: set[str] = field(default_factory=set)
    interactions: int = 0
    pairs: int = 0
    reads: int = 0
    copies: int = 0
    negatives: int = 0
    alternatives: int = 0
    targets: int = 0
    reads_of: Counter[str] = field(default_factory=Counter)
    isomir_reads_of: Counter[str] = field(default_factory=Counter)
    rows_of_class: Counter[str] = field(default_factory=Counter)
    reads_of_class: Counter[str] = field(default_factory=Counter)
    rows_of_type: Counter[str] = field(default_factory=Counter)
    reads_of_type: Counter[str] = field(default_factory=Counter)
    rows_of_gap: Counter[int] = field(default_factory=Counter)
    rows_of_prediction: Counter[int] = field(default_factory=Counter)
    reads_of_prediction: Counter[int] = field(default_factory=Counter)
    scores: dict[int, list[int]] = field(default_factory=dict)
    top: list[Pair] = field(default_factory=list)


def summarize(table: TableReader, rows: Iterable[list[str]], top: int = 20) -> Summary:
    """Aggregate ``rows`` of ``table``; memory grows with distinct pairs of miRNA and target, not with rows.

    Raises
    ------
    InputError
        For a table without any of the columns that name a miRNA or a target, and for a cell that is not a number
        but should be.
    """
    cells = _Cells(table)
    summary = Summary(has=cells.has)
    strongest = _Strongest(top)
    for row in rows:
        if cells.text(row, "label") in ("0", "0.0"):
            summary.negatives += 1
            continue
        if (cells.integer(row, "rank") or 1) > 1:
            summary.alternatives += 1
            continue
        interaction = cells.interaction(row)
        _count(summary, interaction, cells, row)
        strongest.add(interaction)
    summary.pairs, summary.targets = strongest.pairs, strongest.targets
    summary.top = strongest.ranked()
    return summary


def gene_symbol(target: str) -> str:
    """Return the gene of a GENCODE-style name (its sixth ``|`` field), or the name as it is.

    >>> gene_symbol("ENST00000331825.11|ENSG00000087086.15|-|-|FTL-201|FTL|871|UTR5:1-29|")
    'FTL'
    >>> gene_symbol("NM_000146")
    'NM_000146'
    """
    fields = target.split("|")
    return fields[5] if len(fields) > 5 and fields[5] else target


class _Strongest:
    """The strongest pairs, exactly, without keeping a row of every pair.

    The strength of a pair only grows, and so does the strength of the weakest pair on the list. A pair that is on
    the list at the end is therefore on it when its last row is read: a row needs to be kept only if its pair is on
    the list at that time.
    """

    def __init__(self, top: int) -> None:
        self._top = top
        self._numbers: dict[str, int] = {}
        self._target_numbers: set[int] = set()
        # pair -> predicted, reads, score, rows
        self._totals: dict[tuple[int, int], tuple[int, int, float, int]] = {}
        self._kept: dict[tuple[int, int], Interaction] = {}
        self._weakest: tuple[int, int] | None = None

    @property
    def pairs(self) -> int:
        return len(self._totals)

    @property
    def targets(self) -> int:
        return len(self._target_numbers)

    def add(self, row: Interaction) -> None:
        mirna = self._numbers.setdefault(row.mirna, len(self._numbers))
        target = self._numbers.setdefault(row.target, len(self._numbers))
        if row.target:
            self._target_numbers.add(target)
        pair = mirna, target
        predicted, reads, score = row.strength
        before = self._totals.get(pair, (predicted, 0, score, 0))
        self._totals[pair] = (max(predicted, before[0]), reads + before[1], max(score, before[2]), before[3] + 1)
        if pair in self._kept:
            if row.strength > self._kept[pair].strength:
                self._kept[pair] = row
            if pair == self._weakest:
                self._weakest = None
        elif len(self._kept) < self._top:
            self._kept[pair] = row
            self._weakest = None
        elif self._top:
            if self._weakest is None:
                self._weakest = min(self._kept, key=self._rank)
            if self._rank(pair) > self._rank(self._weakest):
                del self._kept[self._weakest]
                self._kept[pair] = row
                self._weakest = None

    def _rank(self, pair: tuple[int, int]) -> tuple[float, ...]:
        # of equally strong pairs, the one seen first
        return (*self._totals[pair][:3], -pair[0], -pair[1])

    def ranked(self) -> list[Pair]:
        order = sorted(self._kept, key=self._rank, reverse=True)
        return [Pair(self._kept[pair], self._totals[pair][3], self._totals[pair][1]) for pair in order]


def _count(summary: Summary, interaction: Interaction, cells: _Cells, row: Sequence[str]) -> None:
    reads = interaction.reads or 0
    weight = reads if "n_reads" in cells.has else 1
    summary.interactions += 1
    summary.reads += reads
    summary.copies += cells.integer(row, "n_copies") or 0
    if interaction.mirna:
        summary.reads_of[interaction.mirna] += weight
    if interaction.mirna_class:
        summary.rows_of_class[interaction.mirna_class] += 1
        summary.reads_of_class[interaction.mirna_class] += reads
        if interaction.mirna_class == "isomir" and interaction.mirna:
            summary.isomir_reads_of[interaction.mirna] += weight
    for name in filter(None, interaction.isomir_types.split(",")):
        summary.rows_of_type[name] += 1
        summary.reads_of_type[name] += reads
    gap = cells.integer(row, "gap", signed=True)
    if gap is not None:
        summary.rows_of_gap[max(-LONGEST_GAP, min(LONGEST_GAP, gap))] += 1
    if interaction.prediction is not None:
        summary.rows_of_prediction[interaction.prediction] += 1
        summary.reads_of_prediction[interaction.prediction] += reads
    if interaction.score is not None:
        kind = -1 if interaction.prediction is None else interaction.prediction
        bins = summary.scores.setdefault(kind, [0] * SCORE_BINS)
        bins[min(int(interaction.score * SCORE_BINS), SCORE_BINS - 1)] += 1


class _Cells:
    """Typed access to the cells of a row, by the columns' standard names."""

    def __init__(self, table: TableReader) -> None:
        self._table = table
        found = {name: table.find(name) for name in _COLUMNS}
        self._position = {name: position for name, position in found.items() if position is not None}
        self.has = set(self._position)
        if not self.has.intersection(_COLUMNS[:_NAMING]):
            table.index("mirna_seq")  # names the missing column

    def interaction(self, row: Sequence[str]) -> Interaction:
        sequence = self._sequence(row, "mirna_seq")
        start, end = self.integer(row, "site_start"), self.integer(row, "site_end")
        if start is None or end is None:
            start, end = self.integer(row, "target_start"), self.integer(row, "target_end")
        prediction = self.integer(row, "prediction")
        if prediction not in (None, 0, 1):
            raise self._table.error(f"prediction is {prediction}; give 0 or 1")
        return Interaction(
            mirna=self.text(row, "mirna_id") or sequence,
            target=self.text(row, "target_id"),
            start=start,
            end=end,
            mirna_seq=sequence,
            site_seq=self._sequence(row, "site_seq"),
            mirna_class=self.text(row, "mirna_class"),
            isomir_types=self.text(row, "isomir_types"),
            reads=self.integer(row, "n_reads"),
            score=self._score(row),
            prediction=prediction,
            gene=self.text(row, "gene_name"),
        )

    def text(self, row: Sequence[str], name: str) -> str:
        position = self._position.get(name)
        return "" if position is None or row[position] == MISSING else row[position]

    def integer(self, row: Sequence[str], name: str, signed: bool = False) -> int | None:
        cell = self.text(row, name)
        if not cell:
            return None
        digits = cell.removeprefix("-") if signed else cell
        # a number of more than 18 digits is an error, and Python refuses to convert very long ones
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            wanted = "a whole number" if signed else "a whole number, 0 or more"
            raise self._table.error(f"{name} is '{shorten(cell, 30)}'; give {wanted}")
        return int(cell)

    def _sequence(self, row: Sequence[str], name: str) -> str:
        position = self._position.get(name)
        return self._table.dna(row, position) if position is not None and row[position] != MISSING else ""

    def _score(self, row: Sequence[str]) -> float | None:
        cell = self.text(row, "score")
        if not cell:
            return None
        try:
            score = float(cell)
        except ValueError:
            score = math.nan
        if not 0 <= score <= 1:
            raise self._table.error(f"score is '{shorten(cell, 30)}'; give a probability from 0 to 1")
        return score
