"""BED and bedGraph: reading known sites; writing sites, peaks and tracks.

Characters that a name in BED cannot hold (blanks, control characters, anything beyond ASCII) are percent-escaped,
as is ``%``.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TextIO
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.io.lines import CONTROL
from mirtools.io.streams import open_text, reading

Floats = NDArray[np.float64]

_UNNAMED = "."
_SAFE = "".join(set(string.punctuation) - {"%"})
# lines that readers of BED treat as headings
_HEADINGS = ("#", "track", "browser")


@lru_cache(maxsize=100_000)  # a name occurs with many sites, which share the text
def first_column(name: str) -> str:
    """Return a sequence's name for the first column of BED, also escaped if it would be read as a heading."""
    chromosome = escaped(name)
    if chromosome.startswith(_HEADINGS):
        return f"%{ord(chromosome[0]):02X}{chromosome[1:]}"
    return chromosome


@lru_cache(maxsize=100_000)
def escaped(name: str) -> str:
    """Return a name with percent-escapes for characters that BED cannot hold; an empty name becomes ``.``.

    >>> escaped("miR 1%")
    'miR%201%25'
    """
    return quote(name, safe=_SAFE) or _UNNAMED


class KnownSite(NamedTuple):
    """A line of a BED file, with names as they were before escaping.

    Attributes
    ----------
    target_id : str
    start, end : int
    mirna_id : str
        Empty if the line has no name: a site of any miRNA.
    """

    target_id: str
    start: int
    end: int
    mirna_id: str


def read_sites(path: str) -> list[KnownSite]:
    """Read a BED file: chrom is the target, name (if any) the miRNA. Strands are ignored.

    Raises
    ------
    InputError
        For a line without target, start and end.
    """
    sites = []
    with open_text(path) as stream, reading(path):
        for number, text in enumerate(stream, 1):
            line = text.rstrip("\r\n")
            if not line.strip() or line.startswith(_HEADINGS):
                continue
            cells = line.split("\t") if "\t" in line else line.split()
            if len(cells) < 3 or not cells[0] or not all(_is_number(cell) for cell in cells[1:3]):
                problem = f"'{shorten(line, 40)}' is not a line of BED; give target, start and end, tab-separated"
                raise InputError(problem, source=path, line=number)
            start, end = int(cells[1]), int(cells[2])
            if start >= end:
                raise InputError(f"ends at {end}, before its start; repair the line", source=path, line=number)
            name = cells[3] if len(cells) > 3 else _UNNAMED
            target, mirna = unquote(cells[0]), "" if name == _UNNAMED else unquote(name)
            if CONTROL.search(target + mirna):
                problem = "has a control character in a name (%00 and the like); repair the name"
                raise InputError(problem, source=path, line=number)
            sites.append(KnownSite(target, start, end, mirna))
    return sites


def _is_number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) <= 18


class BedLine(NamedTuple):
    """A line of BED with a thick part."""

    start: int
    end: int
    name: str
    score: int
    thick_start: int
    thick_end: int


def write_bed(stream: TextIO, target: str, lines: Iterable[BedLine]) -> None:
    """Write the sites on one target, sorted by position, as eight columns; all are on the plus strand."""
    chrom = first_column(target)
    for line in sorted(lines):
        cells = (
            chrom,
            line.start,
            line.end,
            escaped(line.name),
            line.score,
            "+",
            line.thick_start,
            line.thick_end,
        )
        stream.write("\t".join(map(str, cells)) + "\n")


class SiteLines:
    """Collects sites and writes them as BED12, sorted as ``LC_ALL=C sort -k1,1 -k2,2n -k3,3n`` sorts.

    Therefore tabix and bedtools can read the file as it is. Memory: 0.25 kB per site.
    """

    def __init__(self) -> None:
        self._lines: list[tuple[str, int, int, str]] = []

    def add(
        self,
        chromosome: str,
        blocks: Sequence[tuple[int, int]],
        name: str,
        score: int,
        strand: str,
        thick: tuple[int, int],
        colour: str,
    ) -> None:
        """Add a site.

        Parameters
        ----------
        chromosome, name : str
            Without escapes: they are escaped here.
        blocks : sequence of (int, int)
            Start and end of each part, ascending, 0-based and half-open: one part on a transcript, one for each
            exon on the genome.
        score : int
            0 to 1000.
        strand : {"+", "-"}
        thick : (int, int)
            The interval that browsers draw thick; an empty interval for none.
        colour : str
            Red, green and blue, ``"0,114,178"``.
        """
        first, last = blocks[0][0], blocks[-1][1]
        if thick[0] >= thick[1]:
            thick = first, first  # in BED, this means that nothing is thick
        cells = (
            escaped(name),
            score,
            strand,
            *thick,
            colour,
            len(blocks),
            "".join(f"{end - start}," for start, end in blocks),
            "".join(f"{start - first}," for start, _ in blocks),
        )
        self._lines.append((first_column(chromosome), first, last, "\t".join(map(str, cells))))

    def write(self, stream: TextIO) -> None:
        """Write all sites; without sites, the file is empty, which is valid BED."""
        for line in sorted(self._lines):
            stream.write("\t".join(map(str, line)) + "\n")


def write_bedgraph(stream: TextIO, target: str, track: Floats, title: str = "") -> None:
    """Write one track of one target with four decimals; equal neighbours share a line.

    Parameters
    ----------
    stream : TextIO
    target : str
    track : ndarray of shape (length,)
    title : str
        Name for a track line before the values.
    """
    chrom = first_column(target)
    if title:
        stream.write(f'track type=bedGraph name="{escaped(title).replace(chr(34), "%22")}"\n')
    for start, end, value in _runs(np.round(track, 4) + 0.0):
        stream.write(f"{chrom}\t{start}\t{end}\t{value:g}\n")


def _runs(track: Floats) -> Iterator[tuple[int, int, float]]:
    starts = np.flatnonzero(np.concatenate(([True], track[1:] != track[:-1])))
    ends = np.append(starts[1:], len(track))
    yield from zip(starts.tolist(), ends.tolist(), track[starts].tolist(), strict=True)
