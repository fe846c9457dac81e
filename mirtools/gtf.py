"""Transcripts from a GTF: exons and coding sequence on the genome, and the way from a transcript to it."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from mirtools.errors import InputError
from mirtools.regions import Regions, Transcript, match_names, non_coding, stem, unknown_to_all
from mirtools.streams import open_text, reading

# GTF leaves the stop codon out of the CDS features; some writers leave out the start codon as well.
_CODING = {"CDS", "start_codon", "stop_codon"}
_TRANSCRIPT = re.compile(r'\btranscript_id "?([^";]+)"?')
_VERSION = re.compile(r'\btranscript_version "?([0-9]+)"?')
# No chromosome is longer than 10^12 nt: more digits are a defect
_NUMBER = re.compile(r"[0-9]{1,12}")


class Placement(NamedTuple):
    """Where a transcript lies on the genome.

    Attributes
    ----------
    chromosome : str
    strand : {"+", "-"}
    exons : sequence of (int, int)
        Genomic intervals, 0-based and half-open, ascending.
    coding : (int, int) or None
        From the first to the last genomic base of coding sequence, start and stop codon.
    """

    chromosome: str
    strand: str
    exons: Sequence[tuple[int, int]]
    coding: tuple[int, int] | None = None

    def fits(self, length: int) -> bool:
        """Tell whether the exons are those of a sequence of ``length`` nt: apart, and together that long."""
        apart = all(before[1] <= after[0] for before, after in pairwise(self.exons))
        return apart and sum(end - start for start, end in self.exons) == length


def read_placements(path: str, transcripts: Iterable[Transcript]) -> dict[str, Placement]:
    """Read where transcripts lie from a GTF (Ensembl, GENCODE, RefSeq, UCSC), plain or compressed.

    Of a transcript that is placed on several chromosomes (alternative loci) the first placement counts.
    Transcripts are matched as :func:`mirtools.regions.match_names` says; Ensembl's ``transcript_version`` is part
    of the name.

    Parameters
    ----------
    path : str
    transcripts : iterable of Transcript
        Only these are kept in memory.

    Returns
    -------
    dict
        From FASTA identifiers; transcripts without exons in the GTF are left out.

    Raises
    ------
    InputError
        For lines that are no GTF, and when the GTF describes none of the transcripts.
    """
    names = [transcript.name for transcript in transcripts]
    wanted = {stem(name.split("|", 1)[0]) for name in names}
    found: dict[str, _Features] = {}
    with open_text(path) as stream, reading(path):
        for number, text in enumerate(stream, 1):
            if text.startswith("#") or text.isspace():
                continue
            fields = text.rstrip("\r\n").split("\t")
            if len(fields) != 9:
                problem = f"{len(fields)} columns where GTF has 9; give a GTF file"
                raise InputError(problem, source=path, line=number)
            if fields[2] == "exon" or fields[2] in _CODING:
                try:
                    _add(found, wanted, fields)
                except ValueError as error:
                    raise InputError(str(error), source=path, line=number) from error
    placements = {
        name: Placement(features.chromosome, features.strand, sorted(features.exons), features.span())
        for name, features in found.items()
        if features.exons
    }
    matched = match_names(names, placements)
    if not matched:
        raise unknown_to_all(path)
    return matched


def regions_of_placements(
    placements: Mapping[str, Placement], transcripts: Iterable[Transcript], source: str
) -> tuple[dict[str, Regions], set[str]]:
    """Return the regions of placed transcripts.

    Parameters
    ----------
    placements : mapping
        By FASTA identifier.
    transcripts : iterable of Transcript
    source : str
        Name of the GTF, for messages.

    Returns
    -------
    regions : dict
        From FASTA identifiers.
    other_length : set of str
        Transcripts whose exons do not add up to the length of the sequence, so that nothing is known about
        them: another release, a poly(A) tail, an insertion.

    Raises
    ------
    InputError
        For a coding sequence that ends outside the exons.
    """
    regions: dict[str, Regions] = {}
    other_length: set[str] = set()
    for name, _, length in transcripts:
        placement = placements.get(name)
        if placement is None:
            continue
        if not placement.fits(length):
            other_length.add(name)
        elif placement.coding is None:
            regions[name] = non_coding(length)
        else:
            try:
                start, end = transcript_span(placement.exons, placement.strand, *placement.coding)
            except ValueError as error:
                raise InputError(f"{error}; repair the GTF", source=source, record=name) from error
            regions[name] = Regions(start, end, length)
    return regions, other_length


def transcript_span(exons: Sequence[tuple[int, int]], strand: str, start: int, end: int) -> tuple[int, int]:
    """Return the transcript interval between two genomic positions, introns left out.

    Parameters
    ----------
    exons : sequence of (int, int)
        Genomic, 0-based half-open, disjoint, in any order.
    strand : {"+", "-"}
    start, end : int
        Genomic, half-open; its first and its last base lie in exons.

    Raises
    ------
    ValueError
        When one of them lies in no exon.

    >>> transcript_span([(100, 110), (200, 220)], "-", 105, 203)
    (17, 25)
    """
    offsets: list[int] = []
    before = 0
    for exon_start, exon_end in sorted(exons):
        offsets.extend(before + base - exon_start for base in (start, end - 1) if exon_start <= base < exon_end)
        before += exon_end - exon_start
    if len(offsets) != 2:
        raise ValueError("coding sequence outside the exons")
    if strand == "-":
        offsets = [before - 1 - offset for offset in reversed(offsets)]
    return offsets[0], offsets[1] + 1


def genomic_blocks(placement: Placement, start: int, end: int) -> list[tuple[int, int]]:
    """Return the genomic intervals of a transcript interval, ascending; exons that touch give one block.

    Parameters
    ----------
    placement : Placement
    start, end : int
        0-based and half-open on the transcript, 5'->3'; ``start < end <=`` length.

    >>> genomic_blocks(Placement("1", "-", [(100, 110), (200, 220)]), 17, 25)
    [(105, 110), (200, 203)]
    """
    offsets = list(accumulate((last - first for first, last in placement.exons), initial=0))
    if placement.strand == "-":
        start, end = offsets[-1] - end, offsets[-1] - start
    blocks: list[tuple[int, int]] = []
    for number in range(bisect_right(offsets, start) - 1, len(placement.exons)):
        if offsets[number] >= end:
            break
        origin = placement.exons[number][0] - offsets[number]
        first = origin + max(start, offsets[number])
        last = origin + min(end, offsets[number + 1])
        if blocks and blocks[-1][1] == first:
            first = blocks.pop()[0]
        blocks.append((first, last))
    return blocks


class _Features:
    """What the lines of one transcript add up to."""

    __slots__ = ("chromosome", "exons", "first_coding", "last_coding", "strand")

    def __init__(self, chromosome: str, strand: str) -> None:
        self.chromosome = chromosome
        self.strand = strand
        self.exons: list[tuple[int, int]] = []
        self.first_coding = 0  # 1-based and inclusive, as in the file; 0 for none
        self.last_coding = 0

    def add(self, kind: str, start: int, end: int) -> None:
        if kind == "exon":
            self.exons.append((start - 1, end))
        else:
            self.first_coding = min(start, self.first_coding or start)
            self.last_coding = max(end, self.last_coding)

    def span(self) -> tuple[int, int] | None:
        return (self.first_coding - 1, self.last_coding) if self.last_coding else None


def _add(found: dict[str, _Features], wanted: set[str], fields: list[str]) -> None:
    attributes = fields[8]
    named = _TRANSCRIPT.search(attributes)
    if named is None:
        raise ValueError('no transcript_id "..." in column 9; give a GTF file (GFF3 is not read)')
    name = named.group(1)
    if stem(name) not in wanted:
        return
    # asked first, for most GTF files have none and a search takes longer
    if "transcript_version" in attributes and (version := _VERSION.search(attributes)):
        name = f"{name}.{version.group(1)}"
    numbers = _NUMBER.fullmatch(fields[3]) and _NUMBER.fullmatch(fields[4])
    if not (numbers and 0 < int(fields[3]) <= int(fields[4]) and fields[6] in {"+", "-"}):
        raise ValueError("start, end or strand is no GTF; columns 4, 5 and 7 hold two numbers and + or -")
    features = found.get(name)
    if features is None:
        features = found[name] = _Features(sys.intern(fields[0]), sys.intern(fields[6]))
    if (features.chromosome, features.strand) == (fields[0], fields[6]):
        features.add(fields[2], int(fields[3]), int(fields[4]))
