"""The interaction table: the one format between commands (UTF-8 TSV, one header line, no quoting, LF).

Coordinates are 0-based and half-open on the transcript, sequences 5'->3' in DNA letters, missing is ``.``.
Tables are streamed row by row; columns that a command does not know pass through unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import TextIO

from mirtools.errors import InputError, shorten
from mirtools.sequences import to_dna
from mirtools.streams import open_text, reading

MISSING = "."

PARSE_COLUMNS = (
    "pair_id n_reads n_copies mirna_id mirna_seq mirna_qual mirna_unassigned target_id target_start target_end "
    "site_start site_end site_seq order gap mirna_evalue mirna_bits target_evalue target_bits rank n_best "
    "mirna_coverage target_coverage"
).split()
TIE_COLUMNS = "tied_mirnas tied_targets".split()
# Distinct reads of each of several samples: n_reads:NAME
SAMPLE_PREFIX = "n_reads:"
CLASSIFY_COLUMNS = ("mirna_class isomir_types isomir_variant isomir_min_qual mirna_ambiguous merged_from").split()
NEGATIVE_COLUMNS = "label negative_of strategy site_mfe".split()
PREDICT_COLUMNS = "score prediction".split()

ISOMIR_TYPES = ("5p_addition 5p_deletion 5p_replacement 3p_addition 3p_deletion 3p_replacement SNP MNP").split()

# Other spellings in the field: miRBind, miRBench, HybriDetector, DeepMirTar.
ALIASES = {
    "mirna_seq": ("miRNA", "noncodingRNA", "miRNA_seq", "mirna"),
    "site_seq": ("gene", "target", "site", "target_seq"),
    "mirna_id": ("noncodingRNA_name", "miRNA_name", "mirna_name"),
    "target_id": ("gene_name", "transcript_id"),
}
# `--format dmiso`: the headerless pair file of the original DMISO.
DMISO_COLUMNS = ("mirna_id", "target_id", "mirna_seq", "site_seq")


class TableReader:
    """Rows of an interaction table as lists of strings, one per column, in constant memory.

    A header line that comes again, as in concatenated tables, is no row.

    Parameters
    ----------
    path : str
        File, or ``-`` for standard input; compressed or not.
    required : sequence of str
        Columns that must be there, by their standard names; other spellings of them are found too.
    layout : {"table", "dmiso"}
        ``dmiso`` reads the four headerless columns of the original DMISO.

    Attributes
    ----------
    columns : list of str
        The header as it stands in the file.
    line : int
        1-based number of the line last read, for messages.

    Raises
    ------
    InputError
        For a missing header or column, a ragged row, text that is not UTF-8.
    """

    def __init__(self, path: str, required: Iterable[str] = (), layout: str = "table") -> None:
        self.path = path
        self.line = 0
        self._lines = self._text()
        if layout == "dmiso":
            self.columns = list(DMISO_COLUMNS)
        else:
            header = next(self._lines, "")
            if not header:
                raise InputError("is empty; give a table with a header line", source=path)
            self.columns = header.split("\t")
        if len(set(self.columns)) < len(self.columns):
            twice = next(name for name in self.columns if self.columns.count(name) > 1)
            problem = f"column '{shorten(twice, 40)}' occurs twice; rename one"
            raise InputError(problem, source=path, line=1)
        for name in required:
            self.index(name)

    def find(self, name: str) -> int | None:
        """Return the position of a column by its standard name or another spelling, or ``None``."""
        for spelling in (name, *ALIASES.get(name, ())):
            if spelling in self.columns:
                return self.columns.index(spelling)
        return None

    def index(self, name: str) -> int:
        """Return the position of a column that must be there."""
        position = self.find(name)
        if position is None:
            spellings = " or ".join((name, *ALIASES.get(name, ())[:2]))
            raise InputError(f"has no column {spellings}; name it in the header line", source=self.path, line=1)
        return position

    def __iter__(self) -> Iterator[list[str]]:
        width, columns = len(self.columns), self.columns
        for text in self._lines:
            row = text.split("\t")
            if row == columns:  # tables that were concatenated
                continue
            if len(row) != width:
                if not text:
                    continue
                problem = f"{len(row)} columns where the header has {width}; repair the row"
                raise InputError(problem, source=self.path, line=self.line)
            yield row

    def error(self, problem: str) -> InputError:
        """Return an error that points at the row last read."""
        return InputError(problem, source=self.path, line=self.line)

    def dna(self, row: Sequence[str], column: int) -> str:
        """Return a sequence cell in upper-case DNA letters; raises InputError for anything else."""
        return self.sequence(row, column, to_dna)

    def sequence(self, row: Sequence[str], column: int, read: Callable[[str], str]) -> str:
        """Return a sequence cell as ``read`` gives it; raises InputError where ``read`` raises ValueError."""
        try:
            sequence = read(row[column])
        except ValueError as error:
            raise self.error(f"{self.columns[column]}: {error}") from error
        if not sequence:
            raise self.error(f"{self.columns[column]} is empty; give a sequence")
        return sequence

    def whole_number(self, row: Sequence[str], column: int) -> int:
        """Return a non-negative integer cell; raises InputError for anything else."""
        cell = row[column]
        # 18 digits: beyond, the number is a defect, and Python refuses to convert very long ones
        if not (cell.isascii() and cell.isdigit() and len(cell) <= 18):
            name = self.columns[column]
            raise self.error(f"{name} is '{shorten(cell, 30)}'; give a whole number, 0 or more")
        return int(cell)

    def _text(self) -> Iterator[str]:
        with open_text(self.path) as stream, reading(self.path):
            for self.line, text in enumerate(stream, 1):
                yield text.rstrip("\r\n")


class TableWriter:
    """Write an interaction table; the header goes out at once, so that an empty result is a valid table."""

    def __init__(self, stream: TextIO, columns: Sequence[str]) -> None:
        self._write = stream.write
        self.columns = list(columns)
        self._write("\t".join(columns) + "\n")

    def write(self, row: Sequence[str]) -> None:
        """Write one row of cells, in the order of ``columns``."""
        self._write("\t".join(row) + "\n")


def extended(columns: Sequence[str], new: Iterable[str]) -> tuple[list[str], list[int]]:
    """Return ``columns`` with ``new`` ones appended where absent, and the position of each new one.

    A command that runs on its own output so replaces its columns instead of doubling them.

    >>> extended(["a", "score"], ["score", "prediction"])
    (['a', 'score', 'prediction'], [1, 2])
    """
    result = list(columns)
    for name in new:
        if name not in result:
            result.append(name)
    return result, [result.index(name) for name in new]


def cell_order(cell: str) -> tuple[float, str]:
    """Return what cells are ordered by where one of several must be chosen: numbers by value, others behind them.

    >>> sorted(["10", "x", "9"], key=cell_order)
    ['9', '10', 'x']
    """
    return cell_number(cell, float("inf")), cell


def cell_number(cell: str, missing: float) -> float:
    """Return the number in a cell, or ``missing`` where there is none."""
    try:
        value = float(cell)
    except ValueError:
        return missing
    # what is no number would compare with nothing
    return value if value == value else missing


def pair_id(*parts: object) -> str:
    """Return an identifier that depends on the content of a row alone, not on threads, shards or order."""
    return "P" + blake2b("|".join(map(str, parts)).encode("utf-8"), digest_size=8).hexdigest()
