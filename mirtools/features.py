"""What the lines of a GTF or GFF3 file say of one transcript, added up."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

# GTF leaves the stop codon out of the CDS features; some writers leave out the start codon as well.
CODING = frozenset({"CDS", "start_codon", "stop_codon"})
# No chromosome is longer than 10^12 nt: more digits are a defect
_NUMBER = re.compile(r"[0-9]{1,12}")


class Features:
    """Exons and coding sequence of one transcript.

    Parameters
    ----------
    chromosome : str
    strand : {"+", "-"}
    names : sequence of str
        What the file calls it, the surest first.

    Attributes
    ----------
    exons : list of (int, int)
        0-based and half-open, as the lines come.
    """

    __slots__ = ("chromosome", "exons", "first_coding", "last_coding", "names", "strand")

    def __init__(self, chromosome: str, strand: str, names: Sequence[str] = ()) -> None:
        self.chromosome = sys.intern(chromosome)
        self.strand = sys.intern(strand)
        self.names = names
        self.exons: list[tuple[int, int]] = []
        self.first_coding = 0  # 1-based and inclusive, as in the file; 0 for none
        self.last_coding = 0

    def add(self, fields: Sequence[str]) -> None:
        """Add an exon or a piece of coding sequence; one on another chromosome or strand is left aside.

        Raises
        ------
        ValueError
            For a line whose numbers or strand are none.
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
        """Return the first and behind the last base of coding sequence, 0-based, or ``None``."""
        return (self.first_coding - 1, self.last_coding) if self.last_coding else None


def interval(fields: Sequence[str]) -> tuple[int, int]:
    """Return start and end of a line, 1-based and inclusive as they stand.

    Raises
    ------
    ValueError
        Where they are no such numbers, or the strand is neither + nor -.
    """
    numbers = _NUMBER.fullmatch(fields[3]) and _NUMBER.fullmatch(fields[4])
    if not (numbers and 0 < int(fields[3]) <= int(fields[4]) and fields[6] in {"+", "-"}):
        raise ValueError("start, end or strand is no GTF or GFF3; columns 4, 5 and 7 hold two numbers and + or -")
    return int(fields[3]), int(fields[4])
