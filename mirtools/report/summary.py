"""An interaction table, read once and in bounded memory, as the counts and the strongest rows of a report."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mirtools.errors import shorten
from mirtools.interactions import MISSING, TableReader

SCORE_BINS = 20
LONGEST_GAP = 20  # gaps beyond are counted as this long: one odd table must not widen the axis

# What a report is made of; a table needs at least one of the first four to be an interaction table.
_COLUMNS = (
    "mirna_id mirna_seq target_id site_seq n_reads n_copies target_start target_end site_start site_end gap "
    "mirna_class isomir_types label score prediction"
).split()
_NAMING = 4


@dataclass(frozen=True)
class Interaction:
    """One row of the table, with what a reader wants to see of it.

    Sequences are DNA letters 5'->3' or empty; ``start`` and ``end`` are 0-based and half-open on the target, of
    the extended site. What the table does not say is ``None`` or empty.
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


@dataclass
class Summary:
    """Counts over a table.

    Attributes
    ----------
    has : set of str
        Standard names of the columns that the table has.
    pairs, reads, copies : int
        Interactions (rows), their distinct reads, and their reads with duplicates.
    negatives : int
        Rows labelled 0, which are no interactions and are counted nowhere else.
    targets : set of str
        Transcripts.
    reads_of, isomir_reads_of : collections.Counter
        Reads of each miRNA, and those of its isomiRs; rows where the table has no ``n_reads``.
    pairs_of_class, reads_of_class : collections.Counter
        By ``mirna_class``: ``exact``, ``isomir``.
    pairs_of_type, reads_of_type : collections.Counter
        By isomiR type; an isomiR of several types counts for each.
    pairs_of_gap : collections.Counter
        By signed distance of the two parts on the read, in nt; negative is overlap.
    scores : dict of int to list of int
        For each prediction (0, 1; -1 without that column) the rows in ``SCORE_BINS`` equal bins from 0 to 1.
    top : list of Interaction
        The strongest first: predicted to bind, then most reads, then highest score, then first in the table.
    """

    has: set[str] = field(default_factory=set)
    pairs: int = 0
    reads: int = 0
    copies: int = 0
    negatives: int = 0
    targets: set[str] = field(default_factory=set)
    reads_of: Counter[str] = field(default_factory=Counter)
    isomir_reads_of: Counter[str] = field(default_factory=Counter)
    pairs_of_class: Counter[str] = field(default_factory=Counter)
    reads_of_class: Counter[str] = field(default_factory=Counter)
    pairs_of_type: Counter[str] = field(default_factory=Counter)
    reads_of_type: Counter[str] = field(default_factory=Counter)
    pairs_of_gap: Counter[int] = field(default_factory=Counter)
    pairs_of_prediction: Counter[int] = field(default_factory=Counter)
    reads_of_prediction: Counter[int] = field(default_factory=Counter)
    scores: dict[int, list[int]] = field(default_factory=dict)
    top: list[Interaction] = field(default_factory=list)


def summarize(table: TableReader, rows: Iterable[list[str]], top: int = 20) -> Summary:
    """Aggregate ``rows`` of ``table``; memory grows with distinct miRNAs and targets, not with rows.

    Raises
    ------
    InputError
        For a table with none of the naming columns, and for a cell that should be a number and is none.
    """
    cells = _Cells(table)
    summary = Summary(has=cells.has)
    strongest: list[tuple[tuple[float, ...], Interaction]] = []
    for number, row in enumerate(rows):
        if cells.text(row, "label") in ("0", "0.0"):
            summary.negatives += 1
            continue
        interaction = cells.interaction(row)
        _count(summary, interaction, cells, row)
        # the row number makes every key different, so that interactions are never compared
        key = (
            -1 if interaction.prediction is None else interaction.prediction,
            interaction.reads or 0,
            -1.0 if interaction.score is None else interaction.score,
            -number,
        )
        if len(strongest) < top:
            heapq.heappush(strongest, (key, interaction))
        elif top and key > strongest[0][0]:
            heapq.heapreplace(strongest, (key, interaction))
    summary.top = [interaction for _, interaction in sorted(strongest, key=lambda item: item[0], reverse=True)]
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


def _count(summary: Summary, interaction: Interaction, cells: _Cells, row: Sequence[str]) -> None:
    reads = interaction.reads or 0
    weight = reads if "n_reads" in cells.has else 1
    summary.pairs += 1
    summary.reads += reads
    summary.copies += cells.integer(row, "n_copies") or 0
    if interaction.target:
        summary.targets.add(interaction.target)
    if interaction.mirna:
        summary.reads_of[interaction.mirna] += weight
    if interaction.mirna_class:
        summary.pairs_of_class[interaction.mirna_class] += 1
        summary.reads_of_class[interaction.mirna_class] += reads
        if interaction.mirna_class == "isomir" and interaction.mirna:
            summary.isomir_reads_of[interaction.mirna] += weight
    for name in filter(None, interaction.isomir_types.split(",")):
        summary.pairs_of_type[name] += 1
        summary.reads_of_type[name] += reads
    gap = cells.integer(row, "gap", signed=True)
    if gap is not None:
        summary.pairs_of_gap[max(-LONGEST_GAP, min(LONGEST_GAP, gap))] += 1
    if interaction.prediction is not None:
        summary.pairs_of_prediction[interaction.prediction] += 1
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
        )

    def text(self, row: Sequence[str], name: str) -> str:
        position = self._position.get(name)
        return "" if position is None or row[position] == MISSING else row[position]

    def integer(self, row: Sequence[str], name: str, signed: bool = False) -> int | None:
        cell = self.text(row, name)
        if not cell:
            return None
        digits = cell.removeprefix("-") if signed else cell
        # 18 digits: beyond, the number is a defect, and Python refuses to convert very long ones
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
