"""What a foreign program predicts, and the lines of its output."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mirtools.errors import InputError, shorten
from mirtools.io.dialects import dialect_of
from mirtools.io.sequences import plausible_sequence
from mirtools.io.streams import open_text, reading

HIGHER, LOWER = "higher", "lower"


class Hit(NamedTuple):
    """One predicted site.

    Attributes
    ----------
    mirna, target : str
        Names as the program wrote them; parts between ``|`` are names as well.
    score : float
        Oriented: larger = better. Energies, p-values and context scores have had their sign turned.
    called : bool
        Whether the program itself says that it binds.
    start, end : int
        On the named target, 0-based and half-open; -1 if the program does not say.
    bases : str
        Bases of the target that were looked at, if the program writes these and no position; DNA letters.
    """

    mirna: str
    target: str
    score: float
    called: bool = True
    start: int = -1
    end: int = -1
    bases: str = ""


@dataclass(frozen=True)
class Output:
    """The predictions in one file.

    Attributes
    ----------
    hits : iterator of Hit
        In the order of the file, read as they are asked for.
    ranked_by : str
        What the score is.
    better : {"higher", "lower"}
        Which way it was in the file.
    in_utr3 : bool
        Positions count from the first base of the 3'UTR, not of the transcript.
    """

    hits: Iterator[Hit]
    ranked_by: str
    better: str
    in_utr3: bool = False


@dataclass(frozen=True)
class Program:
    """A foreign program: its name, what its sites can be ranked by (the first unless asked otherwise), its reader.

    ``read(path, ranked_by)`` returns the output; InputError for a file that is none of this program.
    """

    name: str
    ranks: tuple[str, ...]
    read: Callable[[str, str], Output]


class Lines:
    """Lines of a text file without their ends, counted from 1, for parsers whose errors name a line."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        with open_text(self.path) as stream, reading(self.path):
            for self.number, line in enumerate(stream, 1):
                yield line.rstrip("\r\n")

    def cells(self) -> Iterator[list[str]]:
        """Yield the stripped cells of the lines that are not blank, of a table with tabs or of CSV."""
        dialect = None
        for line in self:
            if not line.strip():
                continue
            dialect = dialect or dialect_of(line)
            try:
                yield [cell.strip() for cell in dialect.split(line)]
            except ValueError as error:
                raise self.error(str(error)) from error

    def error(self, problem: str) -> InputError:
        """Return an error that points at the line last read."""
        return InputError(problem, source=self.path, line=self.number)

    def number_in(self, text: str, what: str) -> float:
        """Return a finite number; raises InputError for anything else."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(f"{what} is '{shorten(text, 30)}'; give the program's output as it wrote it")
        return value

    def whole_number_in(self, text: str, what: str) -> int:
        """Return a whole number of 0 or more; raises InputError for anything else."""
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise self.error(f"{what} is '{shorten(text, 30)}'; give the program's output as it wrote it")
        return int(text)

    def dna_in(self, text: str) -> str:
        """Return a sequence in DNA letters; raises InputError for anything else."""
        try:
            return plausible_sequence(text.strip())
        except ValueError as error:
            raise self.error(str(error)) from error


def looks_a_number(text: str) -> bool:
    """Return whether a cell holds a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def not_output_of(program: str, path: str) -> InputError:
    """Return the error for a file in which nothing looks like the output of ``program``."""
    return InputError(f"is not output of {program}; give the file as {program} wrote it", source=path)
