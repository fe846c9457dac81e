"""Transcripts from GTF or GFF3: exons and coding sequence on the genome, and conversion of coordinates."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from mirtools.errors import InputError
from mirtools.io.streams import open_text, reading
from mirtools.io.tables import MISSING
from mirtools.transcripts.features import CODING, Features
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.gff3 import Gff3Features, is_gff3
from mirtools.transcripts.names import WantedNames, match_names, stem
from mirtools.transcripts.regions import Regions, Transcript, non_coding, unknown_to_all

_TRANSCRIPT = re.compile(r'\btranscript_id "?([^";]+)"?')
_GENE = re.compile(r'\bgene_id "?([^";]+)"?')
# NCBI writes gene for gene_name
_GENE_NAME = re.compile(r'\b(?:gene_name|gene) "?([^";]+)"?')
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
        Genomic interval from the first to the last base of coding sequence, including start and stop codon.
    gene : Gene or None
        If the annotation names it.
    """

    chromosome: str
    strand: str
    exons: Sequence[tuple[int, int]]
    coding: tuple[int, int] | None = None
    gene: Gene | None = None

    @property
    def length(self) -> int:
        """The bases of all exons, in nt."""
        return sum(end - start for start, end in self.exons)

    def fits(self, length: int) -> bool:
        """Return whether the exons fit a sequence of ``length`` nt: disjoint and with this total length."""
        apart = all(before[1] <= after[0] for before, after in pairwise(self.exons))
        return apart and self.length == length


def read_placements(path: str, transcripts: Iterable[Transcript]) -> dict[str, Placement]:
    """Read the positions of transcripts from a GTF or GFF3 file, plain or compressed; the format is detected.

    If a transcript lies on several chromosomes (alternative loci), the first placement is used. Names are matched
    by :class:`mirtools.transcripts.names.NameIndex`; a version in a separate attribute, as in Ensembl's files, is
    part of the name. In GFF3 the names of a transcript are ``transcript_id``, ``ID`` and ``Name``, see
    :mod:`mirtools.transcripts.gff3`; the file ends at ``##FASTA``.

    Parameters
    ----------
    path : str
    transcripts : iterable of Transcript
        Only these are kept in memory.

    Returns
    -------
    dict
        By FASTA identifier; transcripts without exons in the file are missing.

    Raises
    ------
    InputError
        If a line is neither GTF nor GFF3, or the file describes none of the transcripts.
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
                break  # the directive may be missing
            fields = text.rstrip("\r\n").split("\t")
            if len(fields) != 9:
                problem = f"{len(fields)} columns instead of 9; give a GTF or GFF3 file"
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
        By FASTA identifier.
    other_length : set of str
        Transcripts whose total exon length differs from that of the sequence (another release, a poly(A) tail, an
        insertion); their regions are unknown.

    Raises
    ------
    InputError
        If a coding sequence ends outside the exons.
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
    """Return the transcript interval between two genomic positions, without introns.

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
        If one of them lies in no exon.

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
    """Collects the wanted transcripts from the lines of a GTF file."""

    def __init__(self, wanted: WantedNames) -> None:
        self._wanted = wanted
        self._found: dict[str, Features] = {}

    def add(self, fields: list[str]) -> None:
        """Add a line, as :meth:`mirtools.transcripts.gff3.Gff3Features.add`; every line must name a transcript."""
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
        # a fast test first, because most GTF files have no versions
        if "transcript_version" in attributes and (version := _VERSION.search(attributes)):
            names = [f"{name}.{version.group(1)}"]
            if stem(names[0]) != name:
                names.append(name)  # names of this kind are not matched without their version
        features = self._found.get(names[0])
        if features is None:
            features = self._found[names[0]] = Features(fields[0], fields[6], names)
            features.gene = _gene_in(attributes)
        features.add(fields)

    def transcripts(self) -> Iterable[Features]:
        """Return the wanted transcripts."""
        return self._found.values()


def _gene_in(attributes: str) -> Gene | None:
    """Return the gene in column 9 of a line of GTF, or ``None``.

    >>> _gene_in('gene_id "ENSG00000087086.15"; transcript_id "ENST00000331825.11"; gene_name "FTL";')
    Gene(identifier='ENSG00000087086.15', symbol='FTL')
    """
    gene, name = _GENE.search(attributes), _GENE_NAME.search(attributes)
    return Gene(gene[1], name[1] if name else MISSING) if gene else None


def _by_name(transcripts: Iterable[Features]) -> dict[str, Placement]:
    """Return placements by all names of transcripts; the first is used if names are equal."""
    placed: dict[str, Placement] = {}
    others: list[tuple[str, Placement]] = []
    for features in transcripts:
        if not features.exons:
            continue
        placement = Placement(
            features.chromosome, features.strand, sorted(features.exons), features.span(), features.gene
        )
        first, *more = features.names
        placed.setdefault(first, placement)
        others.extend((name, placement) for name in more)
    for name, placement in others:
        placed.setdefault(name, placement)
    return placed
