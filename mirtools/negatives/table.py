"""The interaction table of the negatives: positive rows in, each followed by its negatives out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from mirtools.errors import shorten
from mirtools.io.tables import GENOME_COLUMNS, MISSING, NEGATIVE_COLUMNS, TableReader, extended
from mirtools.negatives.labelled import REGION
from mirtools.negatives.same_transcript import Positive
from mirtools.pairs.table import Pair, PairReader
from mirtools.transcripts.names import NameIndex

# What a negative has in common with its positive; all else in the row is evidence of reads that it never had.
_MIRNA_PREFIXES = ("mirna", "isomir", "noncodingrna", "guide_class")
_MIRNA_EVIDENCE = {"mirna_evalue", "mirna_bits"}
GENE_OF_SITE = ("gene_id", "gene_name")
_SITE_COLUMNS = (
    *("target_id", "target_start", "target_end", "site_start", "site_end", "site_seq"),
    *(*GENE_OF_SITE, REGION, *GENOME_COLUMNS),
)
# A site of the transcript that is not the annotated one differs from it in most bases.
_LEAST_AGREEMENT = 0.8


class Unmet(NamedTuple):
    """A positive with fewer negatives than asked: its name, why, and how many there are."""

    pair_id: str
    mirna_seq: str
    target_id: str
    reason: str
    negatives: str


UNMET_COLUMNS = Unmet._fields


class Labelled(NamedTuple):
    """The rows of a positive and its negatives, and what to report if they are too few."""

    rows: list[list[str]]
    unmet: Unmet | None


class LabelledTable(Protocol):
    """A table of positives and its negatives.

    Attributes
    ----------
    columns : list of str
        The columns of the labelled table.
    find : callable
        Returns the position of a column of the table of positives by its standard name, or ``None``.
    positives : int
        Number of rows.
    """

    columns: list[str]
    find: Callable[[str], int | None]
    positives: int

    def labelled(self, threads: int = 1) -> Iterator[Labelled]:
        """Yield each positive with its negatives, in the order of the table."""


class RowMaker:
    """Make labelled rows out of the rows of a table of positives.

    Parameters
    ----------
    reader : TableReader
    strategy : str
        Its name, for the column ``strategy``.

    Attributes
    ----------
    columns : list of str
        Those of the labelled rows.
    find : callable
        :meth:`mirtools.io.tables.TableReader.find` of the reader.
    """

    def __init__(self, reader: TableReader, strategy: str) -> None:
        self.columns, self._new = extended(reader.columns, NEGATIVE_COLUMNS)
        self.find = reader.find
        self._strategy = strategy
        self._pair_id = reader.find("pair_id")
        self._mirna_seq = reader.index("mirna_seq")
        self._mirna_columns = [
            number
            for number, name in enumerate(reader.columns)
            if name.lower().startswith(_MIRNA_PREFIXES) and name not in _MIRNA_EVIDENCE
        ]
        self.places = {name: place for name in _SITE_COLUMNS if (place := reader.find(name)) is not None}

    def name(self, row: Sequence[str], number: int) -> str:
        """Return the ``pair_id`` of a positive, or ``row`` and its number (from 1) if it has none."""
        named = self._pair_id is not None and row[self._pair_id] not in ("", MISSING)
        return row[self._pair_id] if named and self._pair_id is not None else f"row{number}"

    def site_cells(self, row: Sequence[str]) -> dict[str, str]:
        """Return the cells of a row that describe its site, by standard column name."""
        return {name: row[place] for name, place in self.places.items()}

    def positive(self, row: Sequence[str], energy: float) -> list[str]:
        """Return a positive row with its label and energy."""
        return self._with_label(row, "1", MISSING, MISSING, energy)

    def negative(
        self, row: Sequence[str], name: str, rank: int, site: Mapping[str, str], energy: float
    ) -> list[str]:
        """Return the ``rank``-th negative (from 1) of a positive row.

        Parameters
        ----------
        row : sequence of str
            The positive, of which the miRNA's columns are taken over.
        name : str
            Its :meth:`name`.
        rank : int
        site : mapping
            The negative's own site, by standard column name; what is not given becomes ``.``.
        energy : float
            kcal/mol.
        """
        cells = [MISSING] * len(row)
        for place in self._mirna_columns:
            cells[place] = row[place]
        for column, value in site.items():
            if column in self.places:
                cells[self.places[column]] = value
        if self._pair_id is not None:
            cells[self._pair_id] = f"{name}-n{rank}"
        return self._with_label(cells, "0", name, self._strategy, energy)

    def unmet(self, row: Sequence[str], name: str, reason: str, found: int) -> Unmet:
        """Return what to report of a positive with ``found`` negatives, fewer than asked."""
        target = row[self.places["target_id"]] if "target_id" in self.places else MISSING
        return Unmet(name, row[self._mirna_seq], target, reason, str(found))

    def _with_label(self, row: Sequence[str], label: str, of: str, strategy: str, energy: float) -> list[str]:
        cells = [*row, *[MISSING] * (len(self.columns) - len(row))]
        for place, cell in zip(self._new, (label, of, strategy, f"{energy:.2f}"), strict=True):
            cells[place] = cell
        return cells


def read_pairs(reader: TableReader) -> Iterator[tuple[list[str], Pair]]:
    """Yield the rows of a table of positives with the pair in each; needs ``mirna_seq`` and ``site_seq``.

    Raises
    ------
    InputError
        As :class:`mirtools.io.tables.TableReader`, and for rows labelled otherwise than 1.
    """
    yield from PairReader(reader, label=_positive_label)


class PositiveReader:
    """The positives of a table, checked against the transcripts; iterating yields every row with its positive.

    Parameters
    ----------
    table : TableReader
    transcripts : NameIndex
        Sequences.

    Raises
    ------
    InputError
        As :func:`read_pairs`, and for a transcript that is not there or a site that is not on it: the
        transcripts are not those that the pairs were found with.
    """

    def __init__(self, table: TableReader, transcripts: NameIndex[str]) -> None:
        self._table, self._transcripts = table, transcripts
        self._pairs = PairReader(table, label=_positive_label)
        self._target, self._start, self._end = map(table.index, ("target_id", "site_start", "site_end"))

    def __iter__(self) -> Iterator[tuple[list[str], Positive]]:
        for row in self._table:
            yield row, self.positive(row)

    def positive(self, row: list[str]) -> Positive:
        """Return the positive in a row."""
        table, pair, name = self._table, self._pairs.pair(row), row[self._target]
        transcript = self._transcripts.find(name)
        if transcript is None:
            problem = (
                f"'{shorten(name, 40)}' is not in --transcripts; give the FASTA that the pairs were found with"
            )
            raise table.error(problem)
        start, end = table.whole_number(row, self._start), table.whole_number(row, self._end)
        if not start < end <= len(transcript):
            problem = f"site {start}-{end} is not on '{shorten(name, 40)}' ({len(transcript)} nt); give its FASTA"
            raise table.error(problem)
        if not _agree(pair.site, transcript[start:end]):
            problem = f"site_seq is not '{shorten(name, 40)}' {start}-{end}; give the FASTA that it was found in"
            raise table.error(problem)
        return Positive(pair.mirna_name, pair.mirna, name, start, end, pair.site)


def read_known(reader: TableReader) -> Iterator[tuple[list[str], Pair]]:
    """Yield the positive rows of a table that may hold negatives (label 0) as well."""
    label = reader.find("label")
    pairs = PairReader(reader, label=None)
    for row in reader:
        if label is None or row[label] != "0":
            yield row, pairs.pair(row)


def _positive_label(cell: str) -> int:
    if cell not in ("1", MISSING):
        raise ValueError(f"label is '{shorten(cell, 20)}'; give positive pairs only (1, or no column label)")
    return 1


def _agree(site: str, transcript_part: str) -> bool:
    if len(site) != len(transcript_part):
        return False
    same = sum(a == b for a, b in zip(site, transcript_part, strict=True))
    return same >= _LEAST_AGREEMENT * len(site)
