"""Motif files: reading and writing the MEME format, reading JASPAR's count matrices.

(``Bio.motifs`` rounds the frequencies of MEME files to counts, and does not report which line of a file is wrong.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TextIO

import numpy as np

from mirtools.errors import InputError, shorten
from mirtools.interpretation.motifs import LETTERS, Frequencies, Motif
from mirtools.io.streams import open_text, reading

# larger counts or frequencies, and wider motifs, are errors
_LARGEST = 1e12
_WIDEST = 1000
_NEAR_ONE = 0.02  # rows of rounded frequencies may miss 1 by this
_HEADING = re.compile(r"letter-probability matrix:(.*)")
_JASPAR_ROW = re.compile(r"(?:([ACGTU])\s*)?\[?([^\[\]]*)\]?")


def read_motifs(path: str) -> list[Motif]:
    """Read the motifs of a MEME file, or of a JASPAR file (with brackets or as four plain lines).

    RNA letters are read as DNA. Counts become frequencies.

    Raises
    ------
    InputError
        For files in other formats, and for a file without motifs.
    """
    with open_text(path) as stream, reading(path):
        lines = _Lines(path, stream)
        first = lines.peek()
        if first is None:
            raise InputError("is empty; give motifs in MEME or JASPAR format", source=path)
        if first.startswith("MEME version"):
            motifs = list(_meme(lines))
        elif first.startswith(">"):
            motifs = list(_jaspar(lines))
        else:
            raise lines.error("is not a motif file; give MEME ('MEME version 4') or JASPAR ('>name') format")
    if not motifs:
        raise InputError("has no motifs; give motifs in MEME or JASPAR format", source=path)
    return motifs


def write_meme(stream: TextIO, motifs: Sequence[Motif], background: Frequencies) -> None:
    """Write motifs in the minimal MEME format, version 4.

    Parameters
    ----------
    stream : TextIO
    motifs : sequence of Motif
    background : ndarray of shape (4,)
        Frequencies of A, C, G and T in the data.
    """
    stream.write(f"MEME version 4\n\nALPHABET= {LETTERS}\n\nstrands: +\n\nBackground letter frequencies\n")
    stream.write(" ".join(f"{letter} {value:.6f}" for letter, value in zip(LETTERS, background, strict=True)))
    for motif in motifs:
        name = f"{motif.name} {motif.alternative}".rstrip()
        stream.write(f"\n\nMOTIF {name}\nletter-probability matrix: alength= 4 w= {motif.width}")
        stream.write(f" nsites= {motif.sites} E= 0\n")
        stream.write("\n".join(" " + " ".join(f"{value:.6f}" for value in row) for row in motif.frequencies))
    stream.write("\n")


class _Lines:
    """The lines of a file that are not blank, with their numbers and a look-ahead of one line."""

    def __init__(self, path: str, stream: TextIO) -> None:
        self._path = path
        self._numbered = ((n, text.strip()) for n, text in enumerate(stream, 1) if text.strip())
        self._next = next(self._numbered, None)
        self.number = 0 if self._next is None else self._next[0]

    def peek(self) -> str | None:
        return None if self._next is None else self._next[1]

    def take(self) -> str:
        """Return the next line, to which :meth:`error` refers."""
        if self._next is None:
            raise self.error("ends inside a motif; copy or download the file again")
        self.number, text = self._next
        self._next = next(self._numbered, None)
        return text

    def error(self, problem: str) -> InputError:
        return InputError(problem, source=self._path, line=self.number or None)


def _meme(lines: _Lines) -> Iterator[Motif]:
    name = alternative = ""
    while lines.peek() is not None:
        text = lines.take()
        if text.startswith("ALPHABET"):
            letters = text.partition("=")[2].strip() or text.partition(" ")[2].strip()
            if letters not in ("ACGT", "ACGU"):
                if not re.fullmatch(r"['\"]?(DNA|RNA)['\"]?.*", letters):
                    raise lines.error(f"alphabet '{shorten(letters, 20)}' is not ACGT or ACGU; give such motifs")
                # definitions of letters, up to the line END
                while not lines.take().startswith("END"):
                    pass
        elif text.startswith("MOTIF"):
            names = text.split(None, 2)[1:]
            if not names:
                raise lines.error("a motif has no name; write it after MOTIF")
            name, alternative = names[0], names[1] if len(names) > 1 else ""
        elif match := _HEADING.fullmatch(text):
            if not name:
                raise lines.error("a matrix has no MOTIF line above it; add one")
            yield _meme_matrix(lines, match[1], name, alternative)
            name = ""


def _meme_matrix(lines: _Lines, heading: str, name: str, alternative: str) -> Motif:
    values = dict(re.findall(r"(\w+)\s*=\s*(\S+)", heading))
    if values.get("alength", "4") != "4":
        raise lines.error("the matrix has no four letters (alength); give DNA or RNA motifs")
    width = _count(lines, values.get("w", ""), "width (w)")
    if not 1 <= width <= _WIDEST:
        raise lines.error(f"the width (w) is not from 1 to {_WIDEST}; repair the matrix")
    sites = _count(lines, values["nsites"], "number of sites (nsites)") if "nsites" in values else 0
    rows = []
    for _ in range(width):
        rows.append(_numbers(lines, lines.take()))
        if len(rows[-1]) != 4:
            raise lines.error(f"the row has {len(rows[-1])} numbers instead of four; repair it")
        if abs(sum(rows[-1]) - 1) > _NEAR_ONE:
            raise lines.error(f"frequencies add up to {sum(rows[-1]):.4g}, not 1; repair the row")
    return _motif(lines, name, alternative, rows, sites)


def _jaspar(lines: _Lines) -> Iterator[Motif]:
    while lines.peek() is not None:
        heading = lines.take()
        names = heading[1:].split(None, 1)
        if not heading.startswith(">") or not names:
            raise lines.error("a motif must begin with '>name'; repair the file")
        counts: dict[str, list[float]] = {}
        for letter in LETTERS:
            match = _JASPAR_ROW.fullmatch(lines.take())
            if match is None or (match[1] or letter).replace("U", "T") != letter:
                raise lines.error(f"is not the row of letter {letter}; give the rows A, C, G, T in this order")
            counts[letter] = _numbers(lines, match[2])
            if not 1 <= len(counts[letter]) <= _WIDEST or len(counts[letter]) != len(counts["A"]):
                raise lines.error("the row is empty, or its length is not that of row A; repair the motif")
        rows = [list(row) for row in zip(*counts.values(), strict=True)]
        if min(map(sum, rows)) <= 0:
            raise lines.error("a position has no counts; repair the motif")
        alternative = names[1].strip().replace("\t", " ") if len(names) > 1 else ""
        yield _motif(lines, names[0], alternative, rows, round(sum(rows[0])))


def _motif(lines: _Lines, name: str, alternative: str, rows: list[list[float]], sites: int) -> Motif:
    table = np.array(rows)
    return Motif(name, table / table.sum(1, keepdims=True), sites, alternative)


def _numbers(lines: _Lines, text: str) -> list[float]:
    numbers = []
    for word in text.split():
        try:
            value = float(word)
        except ValueError:
            value = -1.0
        if not 0 <= value <= _LARGEST:
            raise lines.error(f"'{shorten(word, 20)}' is not a count or frequency; give numbers of 0 or more")
        numbers.append(value)
    return numbers


def _count(lines: _Lines, text: str, what: str) -> int:
    try:
        value = round(float(text))
    except (ValueError, OverflowError):
        value = -1
    if not 0 <= value <= _LARGEST:
        raise lines.error(f"the matrix has no valid {what}; write it after 'letter-probability matrix:'")
    return value
