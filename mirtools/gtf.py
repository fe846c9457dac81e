"""Transcript regions from a GTF: exons and coding sequence on the genome, mapped to the transcript."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mirtools.errors import InputError
from mirtools.regions import Regions, match_names, non_coding, stem, unknown_to_all
from mirtools.sequences import Reference
from mirtools.streams import open_text, reading

# GTF leaves the stop codon out of the CDS features; some writers leave out the start codon as well.
_CODING = {"CDS", "start_codon", "stop_codon"}
_TRANSCRIPT = re.compile(r'\btranscript_id "?([^";]+)"?')
_VERSION = re.compile(r'\btranscript_version "?(\d+)"?')


@dataclass(slots=True)
class _Placement:
    """What the GTF says of one transcript; genomic intervals are 0-based and half-open."""

    chromosome: str
    strand: str
    exons: list[tuple[int, int]] = field(default_factory=list)
    coding: list[tuple[int, int]] = field(default_factory=list)


def regions_from_gtf(path: str, transcripts: Sequence[Reference]) -> tuple[dict[str, Regions], set[str]]:
    """Read the regions of transcripts from a GTF (Ensembl, GENCODE, RefSeq, UCSC), plain or compressed.

    Of a transcript that is placed on several chromosomes (alternative loci) the first placement counts.
    Transcripts are matched as :func:`mirtools.regions.match_names` says; Ensembl's
    ``transcript_version`` is part of the name.

    Parameters
    ----------
    path : str
    transcripts : sequence of Reference
        Only these are kept in memory.

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
        For lines that are no GTF, and when the GTF describes none of the transcripts.
    """
    wanted = {stem(transcript.name.split("|", 1)[0]) for transcript in transcripts}
    placements: dict[str, _Placement] = {}
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
                    _add(placements, wanted, fields)
                except ValueError as error:
                    raise InputError(str(error), source=path, line=number) from error
    matched = match_names([transcript.name for transcript in transcripts], placements)
    if not matched:
        raise unknown_to_all(path)
    regions: dict[str, Regions] = {}
    other_length: set[str] = set()
    for transcript in transcripts:
        placement = matched.get(transcript.name)
        if placement is None:
            continue
        length = sum(end - start for start, end in placement.exons)
        if length != len(transcript.sequence):
            other_length.add(transcript.name)
        elif not placement.coding:
            regions[transcript.name] = non_coding(length)
        else:
            try:
                start, end = transcript_span(placement.exons, placement.strand, placement.coding)
            except ValueError as error:
                raise InputError(f"{error}; repair the GTF", source=path, record=transcript.name) from error
            regions[transcript.name] = Regions(start, end, length)
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


def _add(placements: dict[str, _Placement], wanted: set[str], fields: list[str]) -> None:
    attributes = fields[8]
    named = _TRANSCRIPT.search(attributes)
    if named is None:
        raise ValueError('no transcript_id "..." in column 9; give a GTF file (GFF3 is not read)')
    name = named.group(1)
    if stem(name) not in wanted:
        return
    if version := _VERSION.search(attributes):
        name = f"{name}.{version.group(1)}"
    if not (fields[3].isdigit() and fields[4].isdigit() and fields[6] in {"+", "-"}):
        raise ValueError("start, end or strand is no GTF; columns 4, 5 and 7 hold two numbers and + or -")
    placement = placements.setdefault(name, _Placement(fields[0], fields[6]))
    if (placement.chromosome, placement.strand) == (fields[0], fields[6]):
        intervals = placement.exons if fields[2] == "exon" else placement.coding
        intervals.append((int(fields[3]) - 1, int(fields[4])))
