"""The interaction table: the format between commands (UTF-8 TSV, one header line, no quoting, LF).

Tables of R and spreadsheets can also be read: quoted cells, commas or semicolons (:mod:`mirtools.io.dialects`).
Coordinates are 0-based and half-open on the transcript, sequences 5'->3' in DNA letters, missing values ``.``.
Tables are streamed row by row; columns that a command does not know are passed on unchanged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import TextIO

from mirtools.errors import InputError, shorten
from mirtools.io.dialects import ROW_NAMES, Dialect, dialect_of, named_separator
from mirtools.io.sequences import plausible_sequence, to_dna
from mirtools.io.spellings import SEQUENCES, find_column, spellings_of
from mirtools.io.streams import open_text, reading

MISSING = "."
# Whether reads show the 3' end of the miRNA, or sequencing stopped before it
END_SEEN, END_OPEN = "seen", "open"

PARSE_COLUMNS = (
    "pair_id n_reads n_copies mirna_id mirna_seq mirna_qual mirna_unassigned mirna_3p_end target_id target_start "
    "target_end site_start site_end site_seq gene_id gene_name region order gap mirna_evalue mirna_bits "
    "target_evalue target_bits rank n_best mirna_coverage target_coverage"
).split()
# The site on the genome, after region: 0-based and half-open, including introns
GENOME_COLUMNS = "chrom chrom_start chrom_end strand".split()
TIE_COLUMNS = "tied_mirnas tied_targets tied_sites".split()
# Class of the guide, after mirna_id: miRNA, or any other class that was searched together with miRNAs
GUIDE_CLASS, MIRNA_CLASS = "guide_class", "miRNA"
# Distinct reads of each sample: n_reads:NAME
SAMPLE_PREFIX = "n_reads:"
CLASSIFY_COLUMNS = ("mirna_class isomir_types isomir_variant isomir_min_qual mirna_ambiguous merged_from").split()
NEGATIVE_COLUMNS = "label negative_of strategy site_mfe".split()
PREDICT_COLUMNS = "score prediction".split()

ISOMIR_TYPES = ("5p_addition 5p_deletion 5p_replacement 3p_addition 3p_deletion 3p_replacement SNP MNP").split()

# `--format dmiso`: the headerless pair file of the original DMISO.
DMISO_COLUMNS = ("mirna_id", "target_id", "mirna_seq", "site_seq")
# Number of rows that decide what a column holds if its name does not
_FIRST_ROWS = 20


class TableReader:
    """Rows of an interaction table as lists of strings, one per column, in constant memory.

    A repeated header line, as in concatenated tables, is skipped. Tables of R, with or without row names, and CSV
    give the same cells as a tab-separated table.

    Parameters
    ----------
    path : str
        File, or ``-`` for standard input; compressed or not.
    required : sequence of str
        Standard names of columns that must be present; other spellings of them are also accepted.
    layout : {"table", "dmiso"}
        ``dmiso`` reads the four headerless columns of the original DMISO.

    Attributes
    ----------
    columns : list of str
        The header in the file, without quotes; ``row_name`` for R's row names.
    line : int
        1-based number of the line last read, for messages.

    Raises
    ------
    InputError
        For a missing header or column, a row of another length, text that is not UTF-8.
    """

    def __init__(self, path: str, required: Iterable[str] = (), layout: str = "table") -> None:
        self.path = path
        self.line = 0
        self._lines = self._text()
        self._ahead: deque[tuple[int, list[str]]] = deque()
        self._found: dict[tuple[str, bool], int | None] = {}
        self._least: dict[int, int] | None = None
        self._dialect = Dialect()
        first = next(self._lines, "")
        if (separator := named_separator(first)) is not None:
            first = next(self._lines, "")
        if not first and layout == "table":
            raise InputError("is empty; give a table with a header line", source=path)
        self._dialect = dialect_of(first) if separator is None else Dialect(separator, quoted=True)
        if layout == "dmiso":
            self.columns = list(DMISO_COLUMNS)
            self._lines = self._again(first, self.line, self._lines)
        else:
            self.columns = self._cells(first)
            if self._dialect.quoted:
                self._name_rows()
        if len(set(self.columns)) < len(self.columns):
            twice = next(name for name in self.columns if self.columns.count(name) > 1)
            problem = f"column '{shorten(twice, 40)}' occurs twice; rename one"
            raise InputError(problem, source=path, line=1)
        coordinates = ("site_start", "site_end")
        found = set(coordinates) <= set(self.columns)
        self._site_columns = [self.columns.index(name) for name in coordinates] if found else []
        for name in required:
            self.index(name)

    def find(self, name: str) -> int | None:
        """Return the position of a column by its standard name or another spelling, or ``None``.

        If a spelling means sequences in some tables and names in others, the first rows decide.
        """
        return self._find(name, needed=False)

    def index(self, name: str) -> int:
        """Return the position of a column that must be present."""
        position = self._find(name, needed=True)
        if position is None:
            problem = f"has no column {' or '.join(spellings_of(name))}; name it in the header line"
            if len(self.columns) == 1 and len(self.columns[0].split()) > 1:
                problem = f"{problem}, and separate cells by tabs (it has blanks)"
            raise InputError(problem, source=self.path, line=1)
        return position

    def __iter__(self) -> Iterator[list[str]]:
        yield from self._kept()
        for row in self._rows():
            yield row
            if self._ahead:
                yield from self._kept()

    def _rows(self) -> Iterator[list[str]]:
        width, columns = len(self.columns), self.columns
        plain = self._dialect == Dialect()
        for text in self._lines:
            row = text.split("\t") if plain else self._cells(text)
            if row == columns:  # tables that were concatenated
                continue
            if len(row) != width:
                if not text:
                    continue
                problem = f"{len(row)} columns where the header has {width}; repair the row"
                if len(row) == width + 1:
                    problem += ", or write the table without row names (R: row.names=FALSE)"
                raise InputError(problem, source=self.path, line=self.line)
            if not plain and not any(row):  # spreadsheets write rows of separators only
                continue
            yield row

    def error(self, problem: str) -> InputError:
        """Return an error that names the line of the last row read."""
        return InputError(problem, source=self.path, line=self.line)

    def dna(self, row: Sequence[str], column: int) -> str:
        """Return a sequence cell in upper-case DNA letters, as :meth:`sequence`."""
        return self.sequence(row, column, to_dna)

    def sequence(self, row: Sequence[str], column: int, read: Callable[[str], str]) -> str:
        """Return a sequence cell, converted by ``read``; as :meth:`sequence_in`.

        A site whose length agrees with its coordinates is accepted even if it is short or mostly N.
        """
        return self.sequence_in(row[column], column, read, self._is_cut_out(row, column))

    def sequence_in(
        self, cell: str, column: int, read: Callable[[str], str] = to_dna, any_length: bool = False
    ) -> str:
        """Return the sequence in a cell of a column, in upper-case DNA letters or converted by ``read``.

        Raises
        ------
        InputError
            If ``read`` raises ValueError, and for cells that are probably not sequences: a missing value (``NA``,
            ``nan``, ``.``), a miRNA or site as short as a name, or one of which more than half is N.
        """
        try:
            sequence = plausible_sequence(cell, read, 0 if any_length else self._shortest(column))
        except ValueError as error:
            raise self.error(f"{shorten(self.columns[column], 40)}: {error}") from error
        if not sequence:
            raise self.error(f"{shorten(self.columns[column], 40)} is empty; give a sequence")
        return sequence

    def whole_number(self, row: Sequence[str], column: int) -> int:
        """Return a non-negative integer cell; raises InputError for anything else."""
        cell = row[column]
        # a number of more than 18 digits is an error, and Python refuses to convert very long ones
        if not (cell.isascii() and cell.isdigit() and len(cell) <= 18):
            name = self.columns[column]
            raise self.error(f"{name} is '{shorten(cell, 30)}'; give a whole number, 0 or more")
        return int(cell)

    def _find(self, name: str, needed: bool) -> int | None:
        key = name, needed
        if key not in self._found:
            self._found[key] = find_column(self.columns, name, self._first_cells, needed)
        return self._found[key]

    def _shortest(self, column: int) -> int:
        """Return the smallest number of nucleotides in a cell of a column."""
        if self._least is None:
            places = {name: self.find(name) for name in SEQUENCES}
            places.update((name, self._find(name, True)) for name, place in places.items() if place is None)
            self._least = {place: SEQUENCES[name] for name, place in places.items() if place is not None}
        return self._least.get(column, 0)

    def _is_cut_out(self, row: Sequence[str], column: int) -> bool:
        if not self._site_columns or self.columns[column] != "site_seq":
            return False
        start, end = (row[place] for place in self._site_columns)
        return start.isdecimal() and end.isdecimal() and int(end[:18]) - int(start[:18]) == len(row[column])

    def _first_cells(self, column: int) -> list[str]:
        self._look_ahead(_FIRST_ROWS)
        return [row[column] for _, row in self._ahead]

    def _look_ahead(self, size: int) -> None:
        """Read and keep the next ``size`` rows, or fewer if the table ends."""
        line = self.line
        self._ahead.extend((self.line, row) for row in islice(self._rows(), max(0, size - len(self._ahead))))
        self.line = line

    def _kept(self) -> Iterator[list[str]]:
        while self._ahead:
            self.line, row = self._ahead.popleft()
            yield row

    def _name_rows(self) -> None:
        """Add a column for R's row names if the header has no name for it."""
        line, first = self.line, next(self._lines, "")
        if len(self._cells(first)) == len(self.columns) + 1:
            self.columns.insert(0, ROW_NAMES)
        self._lines = self._again(first, self.line, self._lines)
        self.line = line

    def _again(self, text: str, line: int, lines: Iterator[str]) -> Iterator[str]:
        """Yield a line that was taken from ``lines``, then the rest of them."""
        if text:
            self.line = line
            yield text
        yield from lines

    def _cells(self, text: str) -> list[str]:
        try:
            return self._dialect.split(text)
        except ValueError as error:
            raise self.error(str(error)) from error

    def _text(self) -> Iterator[str]:
        with open_text(self.path) as stream, reading(self.path):
            for self.line, text in enumerate(stream, 1):
                yield text.rstrip("\r\n")


class TableWriter:
    """Writes an interaction table; the header is written at once, so that an empty result is a valid table."""

    def __init__(self, stream: TextIO, columns: Sequence[str]) -> None:
        self._write = stream.write
        self.columns = list(columns)
        self._write("\t".join(columns) + "\n")

    def write(self, row: Sequence[str]) -> None:
        """Write one row of cells, in the order of ``columns``."""
        self._write("\t".join(row) + "\n")


def write_table(stream: TextIO | None, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a whole table if a stream is given; without one, ``rows`` are not read."""
    if stream is None:
        return
    writer = TableWriter(stream, columns)
    for row in rows:
        writer.write(row)


def extended(columns: Sequence[str], new: Iterable[str]) -> tuple[list[str], list[int]]:
    """Return ``columns`` with the missing ones of ``new`` appended, and the position of each column of ``new``.

    A command that runs on its own output thereby replaces its columns.

    >>> extended(["a", "score"], ["score", "prediction"])
    (['a', 'score', 'prediction'], [1, 2])
    """
    result = list(columns)
    for name in new:
        if name not in result:
            result.append(name)
    return result, [result.index(name) for name in new]


def cell_order(cell: str) -> tuple[float, str]:
    """Return a sort key for cells: numbers by value, other cells after them.

    >>> sorted(["10", "x", "9"], key=cell_order)
    ['9', '10', 'x']
    """
    return cell_number(cell, float("inf")), cell


def cell_number(cell: str, missing: float) -> float:
    """Return the number in a cell, or ``missing`` if the cell is not a number."""
    try:
        value = float(cell)
    except ValueError:
        return missing
    # comparisons with NaN are always false
    return value if value == value else missing


def pair_id(*parts: object) -> str:
    """Return the identifier of a pair, see :func:`content_id`."""
    return content_id("P", *parts)


def content_id(kind: str, *parts: object) -> str:
    """Return an identifier that depends only on the content of a row, not on threads, shards or order."""
    return kind + blake2b("|".join(map(str, parts)).encode("utf-8"), digest_size=8).hexdigest()
