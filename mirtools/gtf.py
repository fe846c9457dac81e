"""Transcripts from a GTF: exons and coding sequence on the genome, and the way from a transcript to it."""

from __future__ import annotations

import re
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
    coding : sequence of (int, int)
        Genomic intervals of coding sequence, start and stop codon, in any order.
    """

    chromosome: str
    strand: str
    exons: Sequence[tuple[int, int]]
    coding: Sequence[tuple[int, int]] = ()

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
        name: Placement(features.chromosome, features.strand, sorted(features.exons), features.coding)
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
        elif not placement.coding:
            regions[name] = non_coding(length)
        else:
            try:
                start, end = transcript_span(placement.exons, placement.strand, placement.coding)
            except ValueError as error:
                raise InputError(f"{error}; repair the GTF", source=source, record=name) from error
            regions[name] = Regions(start, end, length)
    return regions, other_length


def transcript_span(
    exons: Sequence[tuple[int, int]], strand: str, parts: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Return the transcript interval from the first to the last base of genomic ``parts``.

    Parameters
    ----------
    exons : sequence of (int, int)
        Genomic, 0-based half-open, disjoint, in any order.
    strand : {"+", "-"}
    parts : sequence of (int, int)
        Genomic intervals that lie within exons.

    Raises
    ------
    ValueError
        When an end of the parts lies in no exon.

    >>> transcript_span([(100, 110), (200, 220)], "-", [(105, 110), (200, 203)])
    (17, 25)
    """
    first = min(start for start, _ in parts)
    last = max(end for _, end in parts) - 1
    offsets: list[int] = []
    before = 0
    for start, end in sorted(exons):
        offsets.extend(before + base - start for base in (first, last) if start <= base < end)
        before += end - start
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


class _Features(NamedTuple):
    """What the lines of one transcript add up to."""

    chromosome: str
    strand: str
    exons: list[tuple[int, int]]
    coding: list[tuple[int, int]]


def _add(found: dict[str, _Features], wanted: set[str], fields: list[str]) -> None:
    attributes = fields[8]
    named = _TRANSCRIPT.search(attributes)
    if named is None:
        raise ValueError('no transcript_id "..." in column 9; give a GTF file (GFF3 is not read)')
    name = named.group(1)
    if stem(name) not in wanted:
        return
    if version := _VERSION.search(attributes):
        name = f"{name}.{version.group(1)}"
    numbers = _NUMBER.fullmatch(fields[3]) and _NUMBER.fullmatch(fields[4])
    if not (numbers and 0 < int(fields[3]) <= int(fields[4]) and fields[6] in {"+", "-"}):
        raise ValueError("start, end or strand is no GTF; columns 4, 5 and 7 hold two numbers and + or -")
    features = found.setdefault(name, _Features(fields[0], fields[6], [], []))
    if (features.chromosome, features.strand) == (fields[0], fields[6]):
        intervals = features.exons if fields[2] == "exon" else features.coding
        intervals.append((int(fields[3]) - 1, int(fields[4])))
