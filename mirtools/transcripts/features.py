"""Collects the exons and coding sequence of one transcript from the lines of a GTF or GFF3 file."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from mirtools.transcripts.geneheaders import Gene

# GTF excludes the stop codon from the CDS features; some writers exclude the start codon as well
CODING = frozenset({"CDS", "start_codon", "stop_codon"})
# No chromosome is longer than 10^12 nt; numbers with more digits are defects
_NUMBER = re.compile(r"[0-9]{1,12}")


class Features:
    """Exons and coding sequence of one transcript.

    Parameters
    ----------
    chromosome : str
    strand : {"+", "-"}
    names : sequence of str
        Names of the transcript in the file, the most reliable first.

    Attributes
    ----------
    exons : list of (int, int)
        0-based and half-open, in the order of the lines.
    gene : Gene or None
        If the file names it.
    """

    __slots__ = ("chromosome", "exons", "first_coding", "gene", "last_coding", "names", "strand")

    def __init__(self, chromosome: str, strand: str, names: Sequence[str] = ()) -> None:
        self.chromosome = sys.intern(chromosome)
        self.strand = sys.intern(strand)
        self.names = names
        self.exons: list[tuple[int, int]] = []
        self.gene: Gene | None = None
        self.first_coding = 0  # 1-based and inclusive, as in the file; 0 for none
        self.last_coding = 0

    def add(self, fields: Sequence[str]) -> None:
        """Add an exon or a part of the coding sequence; those on another chromosome or strand are skipped.

        Raises
        ------
        ValueError
            If the numbers or the strand of a line are invalid.
        """
        start, end = interval(fields)
        if (self.chromosome, self.strand) != (fields[0], fields[6]):
            return
        if fields[2] in CODING:
            self.first_coding = min(start, self.first_coding or start)
            self.last_coding = max(end, self.last_coding)
        else:
            self.exons.append((start - 1, end))

    def span(self) -> tuple[int, int] | None:
        """Return start and end of the coding sequence, 0-based and half-open, or ``None``."""
        return (self.first_coding - 1, self.last_coding) if self.last_coding else None


def interval(fields: Sequence[str]) -> tuple[int, int]:
    """Return start and end of a line, 1-based and inclusive as in the file.

    Raises
    ------
    ValueError
        If they are invalid, or the strand is neither + nor -.
    """
    numbers = _NUMBER.fullmatch(fields[3]) and _NUMBER.fullmatch(fields[4])
    if not (numbers and 0 < int(fields[3]) <= int(fields[4]) and fields[6] in {"+", "-"}):
        raise ValueError("invalid start, end or strand; columns 4, 5 and 7 must be two numbers and + or -")
    return int(fields[3]), int(fields[4])
