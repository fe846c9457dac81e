"""Tables of R and spreadsheets: quoted cells, separators other than tabs (comma, semicolon, blank), row names."""

from __future__ import annotations

import re
from typing import NamedTuple

TAB, COMMA, SEMICOLON, BLANK = "\t", ",", ";", " "
# name of the column of R's row names if the header has none
ROW_NAMES = "row_name"
# R's default; without quotes, blanks may be part of cells
_BETWEEN_BLANKS = re.compile(r'"[^"]*"(?: "[^"]*")+')
# Excel reads the separator in a line before the header
_NAMED = re.compile(r'"?sep=([,;\t])"?')
# in quotes, where "" and \" are quotes (spreadsheets, R), or without
_CELLS = {
    separator: re.compile(rf'(?:"((?:[^"\\]|""|\\.?)*)"|((?:[^"{separator}][^{separator}]*)?))({separator}|$)')
    for separator in (TAB, COMMA, SEMICOLON, BLANK)
}
_ESCAPED = re.compile(r'""|\\"')


class Dialect(NamedTuple):
    """How the cells of a line are separated.

    Attributes
    ----------
    separator : {"\\t", ",", ";", " "}
    quoted : bool
        Cells may be in double quotes. In a tab-separated table a quote is an ordinary character, unless the whole
        header line is quoted.
    """

    separator: str = TAB
    quoted: bool = False

    def split(self, line: str) -> list[str]:
        """Return the cells of a line.

        Raises
        ------
        ValueError
            For a quote that is not closed, or closed before the end of its cell, and for a tab inside a cell.

        >>> Dialect(",", True).split('1,"a, b",')
        ['1', 'a, b', '']
        """
        if not self.quoted or '"' not in line:
            cells = line.split(self.separator)
        else:
            cells = []
            at, more = 0, True
            while more:
                cell = _CELLS[self.separator].match(line, at)
                if cell is None:
                    raise ValueError(f"cell {len(cells) + 1} has an open quote; write the table without quotes")
                cells.append(_ESCAPED.sub('"', cell[1]) if cell[1] is not None else cell[2])
                at, more = cell.end(), bool(cell[3])
        if self.quoted and (bad := next((n for n, cell in enumerate(cells, 1) if TAB in cell), 0)):
            raise ValueError(f"cell {bad} holds a tab; replace it")
        return cells


def named_separator(line: str) -> str | None:
    """Return the separator that a line such as ``sep=;`` before the header names, ``None`` for other lines."""
    named = _NAMED.fullmatch(line)
    return named and named[1]


def dialect_of(header: str) -> Dialect:
    """Return the dialect of a table with this header line.

    >>> dialect_of("miRNA;gene")
    Dialect(separator=';', quoted=True)
    """
    if TAB in header:
        quoted = all(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in header.split(TAB))
        return Dialect(TAB, quoted)
    if _BETWEEN_BLANKS.fullmatch(header):
        return Dialect(BLANK, True)
    separator = max((SEMICOLON, COMMA), key=header.count)
    return Dialect(separator, True) if separator in header else Dialect()
