"""Transcripts from GTF or GFF3: exons and coding sequence on the genome, and the way from a transcript to it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from mirtools.errors import InputError
from mirtools.features import CODING, Features
from mirtools.gff3 import Gff3Features, is_gff3
from mirtools.regions import Regions, Transcript, non_coding, unknown_to_all
from mirtools.streams import open_text, reading
from mirtools.transcriptnames import WantedNames, match_names, stem

_TRANSCRIPT = re.compile(r'\btranscript_id "?([^";]+)"?')
_VERSION = re.compile(r'\btranscript_version "?([0-9]+)"?')


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
    """Read where transcripts lie from a GTF or GFF3 file, plain or compressed; its lines tell which of them it is.

    Of a transcript that is placed on several chromosomes (alternative loci) the first placement counts.
    Transcripts are matched as :class:`mirtools.transcriptnames.NameIndex` does; a version in an attribute of its
    own, as Ensembl has it, is part of the name. In GFF3 a transcript is known by ``transcript_id``, ``ID`` and
    ``Name``, see :mod:`mirtools.gff3`; the file ends at ``##FASTA``.

    Parameters
    ----------
    path : str
    transcripts : iterable of Transcript
        Only these are kept in memory.

    Returns
    -------
    dict
        From FASTA identifiers; transcripts without exons in the file are left out.

    Raises
    ------
    InputError
        For lines that are neither GTF nor GFF3, and when the file describes none of the transcripts.
    """
    names = [transcript.name for transcript in transcripts]
    wanted = WantedNames(names)
    collector: _GtfFeatures | Gff3Features | None = None
    with open_text(path) as stream, reading(path):
        for number, text in enumerate(stream, 1):
            if text.startswith("#") or text.isspace():
                if text.startswith("##FASTA"):
                    break
                continue
            if text[0] == ">" and isinstance(collector, Gff3Features):
                break  # the directive may be left out
            fields = text.rstrip("\r\n").split("\t")
            if len(fields) != 9:
                problem = f"{len(fields)} columns where GTF and GFF3 have 9; give a GTF or GFF3 file"
                raise InputError(problem, source=path, line=number)
            if collector is None and fields[8] != ".":
                collector = Gff3Features(wanted) if is_gff3(fields[8]) else _GtfFeatures(wanted)
            if collector is not None:
                try:
                    collector.add(fields)
                except ValueError as error:
                    raise InputError(str(error), source=path, line=number) from error
    matched = match_names(names, _by_name(collector.transcripts() if collector else ()))
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
        Name of the GTF or GFF3 file, for messages.

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
                raise InputError(f"{error}; repair the annotation", source=source, record=name) from error
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


class _GtfFeatures:
    """Collects the transcripts that are wanted from the lines of a GTF file."""

    def __init__(self, wanted: WantedNames) -> None:
        self._wanted = wanted
        self._found: dict[str, Features] = {}

    def add(self, fields: list[str]) -> None:
        """Add a line; as :meth:`mirtools.gff3.Gff3Features.add`, also for one that names no transcript."""
        if fields[2] != "exon" and fields[2] not in CODING:
            return
        attributes = fields[8]
        named = _TRANSCRIPT.search(attributes)
        if named is None:
            raise ValueError('no transcript_id "..." in column 9; give a GTF or GFF3 file')
        name = named.group(1)
        if name not in self._wanted:
            return
        names = [name]
        # asked first, for most GTF files have none and a search takes longer
        if "transcript_version" in attributes and (version := _VERSION.search(attributes)):
            names = [f"{name}.{version.group(1)}"]
            if stem(names[0]) != name:
                names.append(name)  # of a kind that is not matched without its version
        features = self._found.get(names[0])
        if features is None:
            features = self._found[names[0]] = Features(fields[0], fields[6], names)
        features.add(fields)

    def transcripts(self) -> Iterable[Features]:
        """Return the transcripts that are wanted."""
        return self._found.values()


def _by_name(transcripts: Iterable[Features]) -> dict[str, Placement]:
    """Return placements by all names of transcripts; of those with the same name the first counts."""
    placed: dict[str, Placement] = {}
    others: list[tuple[str, Placement]] = []
    for features in transcripts:
        if not features.exons:
            continue
        placement = Placement(features.chromosome, features.strand, sorted(features.exons), features.span())
        first, *more = features.names
        placed.setdefault(first, placement)
        others.extend((name, placement) for name in more)
    for name, placement in others:
        placed.setdefault(name, placement)
    return placed
