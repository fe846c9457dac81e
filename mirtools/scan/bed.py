"""BED and bedGraph: known sites in, peaks and tracks out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO
from urllib.parse import unquote

import numpy as np

from mirtools.bednames import HEADINGS, escaped, first_column
from mirtools.errors import InputError, shorten
from mirtools.lines import CONTROL
from mirtools.scan.tracks import Floats
from mirtools.streams import open_text, reading

_UNNAMED = "."


class KnownSite(NamedTuple):
    """A line of a BED file; names as they were before they were escaped.

    Attributes
    ----------
    target_id : str
    start, end : int
    mirna_id : str
        Empty where the line has no name: a site of any miRNA.
    """

    target_id: str
    start: int
    end: int
    mirna_id: str


def read_sites(path: str) -> list[KnownSite]:
    """Read a BED file: chrom is the target, name (where there is one) the miRNA. Strands are not looked at.

    Raises
    ------
    InputError
        For a line that has no target, start and end.
    """
    sites = []
    with open_text(path) as stream, reading(path):
        for number, text in enumerate(stream, 1):
            line = text.rstrip("\r\n")
            if not line.strip() or line.startswith(HEADINGS):
                continue
            cells = line.split("\t") if "\t" in line else line.split()
            if len(cells) < 3 or not cells[0] or not all(_is_number(cell) for cell in cells[1:3]):
                problem = f"'{shorten(line, 40)}' is no line of BED; give target, start and end, by tabs"
                raise InputError(problem, source=path, line=number)
            start, end = int(cells[1]), int(cells[2])
            if start >= end:
                raise InputError(f"ends at {end}, before it begins; repair the line", source=path, line=number)
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
    """A line of BED with thick part, by position."""

    start: int
    end: int
    name: str
    score: int
    thick_start: int
    thick_end: int


def write_bed(stream: TextIO, target: str, lines: Iterable[BedLine]) -> None:
    """Write the sites on one target, by position, as eight columns; all lie on the plus strand."""
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


def write_bedgraph(stream: TextIO, target: str, track: Floats, title: str = "") -> None:
    """Write one track of one target with four decimals, equal neighbours as one line.

    Parameters
    ----------
    stream : TextIO
    target : str
    track : ndarray of shape (length,)
    title : str
        Name for a track line that goes before.
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
