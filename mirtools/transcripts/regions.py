"""Reads the positions of 5'UTR, coding sequence and 3'UTR of transcripts, from FASTA headers or a table.

GTF and GFF3 are read by :mod:`mirtools.transcripts.gtf`. Everything is 0-based and half-open on the transcript,
5'->3'. The stop codon belongs to the coding sequence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mirtools.errors import InputError
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING, TableReader
from mirtools.transcripts.names import match_names

REGIONS = ("5'UTR", "CDS", "3'UTR", "noncoding", "unknown")

# GENCODE: >ENST...|ENSG...|...|UTR5:1-98|CDS:99-1100|UTR3:1101-1432|, 1-based and inclusive
_HEADER_REGION = re.compile(r"(UTR5|CDS|UTR3):([0-9]{1,18})-([0-9]{1,18})")


class Transcript(NamedTuple):
    """A transcript to look up in an annotation: FASTA identifier, whole header, length in nt."""

    name: str
    header: str
    length: int


def transcripts_of(references: Iterable[Reference]) -> list[Transcript]:
    """Return the transcripts of a FASTA file without their sequences."""
    return [Transcript(each.name, each.header, len(each.sequence)) for each in references]


class Regions(NamedTuple):
    """The regions of one transcript; a non-coding one has ``cds_start == cds_end == length``."""

    cds_start: int
    cds_end: int
    length: int

    @property
    def utr5(self) -> tuple[int, int]:
        """The 5'UTR."""
        return 0, self.cds_start

    @property
    def cds(self) -> tuple[int, int]:
        """The coding sequence with its stop codon."""
        return self.cds_start, self.cds_end

    @property
    def utr3(self) -> tuple[int, int]:
        """The 3'UTR."""
        return self.cds_end, self.length

    def region_of(self, start: int, end: int) -> str:
        """Return the region (of ``REGIONS``) of the midpoint of a site.

        The midpoint is base ``(start + end) // 2``; of two middle bases it is the one nearer to the 3' end.

        >>> regions = Regions(cds_start=100, cds_end=400, length=900)
        >>> [regions.region_of(start, start + 60) for start in (69, 70, 369, 370)]
        ["5'UTR", 'CDS', 'CDS', "3'UTR"]
        """
        if self.cds_start == self.length:
            return "noncoding"
        middle = (start + end) // 2
        return "5'UTR" if middle < self.cds_start else "CDS" if middle < self.cds_end else "3'UTR"


def non_coding(length: int) -> Regions:
    """Return the regions of a non-coding transcript."""
    return Regions(length, length, length)


def headers_name_regions(transcripts: Iterable[Transcript]) -> bool:
    """Return whether any FASTA header names a coding sequence in GENCODE's format."""
    return any(kind == "CDS" for each in transcripts for kind, _, _ in _HEADER_REGION.findall(each.header))


def regions_from_headers(
    transcripts: Sequence[Transcript], source: str, strict: bool = True
) -> dict[str, Regions]:
    """Read the regions in FASTA headers of GENCODE.

    In a file in which some headers have ``CDS:``, transcripts without it are non-coding.

    Parameters
    ----------
    transcripts : sequence of Transcript
    source : str
        Name of the FASTA file, for messages.
    strict : bool
        Whether a header that contradicts its sequence is an error; else the transcript is skipped.

    Raises
    ------
    InputError
        If no header has regions (Ensembl's and RefSeq's never do), or one contradicts its sequence.
    """
    regions = {}
    coding = False
    for transcript in transcripts:
        parts = {kind: (int(a) - 1, int(b)) for kind, a, b in _HEADER_REGION.findall(transcript.header)}
        length = transcript.length
        if "CDS" not in parts:
            regions[transcript.name] = non_coding(length)
            continue
        coding = True
        start, end = parts["CDS"]
        expected = {"UTR5": (0, start), "CDS": (start, end), "UTR3": (end, length)}
        if not start < end <= length or any(expected[kind] != span for kind, span in parts.items()):
            if not strict:
                continue
            problem = f"the header's regions do not fit a sequence of {length} nt; download the file again"
            raise InputError(problem, source=source, record=transcript.name)
        regions[transcript.name] = Regions(start, end, length)
    if not coding:
        second = transcripts[0].header.split()[1:2]
        kind = "are bare coding sequences" if second == ["cds"] else "name no UTR5/CDS/UTR3 as GENCODE's do"
        raise InputError(
            f"the FASTA headers {kind}; give --gtf or --regions, and whole transcripts", source=source
        )
    return regions


def regions_from_table(path: str, transcripts: Sequence[Transcript]) -> dict[str, Regions]:
    """Read the columns ``transcript_id``, ``cds_start`` (or ``cds_start0``) and ``cds_end`` of a TSV table.

    Coordinates are 0-based and half-open on the transcript; ``.`` in both means non-coding. Other columns are
    ignored. Names are matched by :class:`mirtools.transcripts.names.NameIndex`.

    Raises
    ------
    InputError
        If a column is missing, a transcript is described twice, a number is invalid or lies outside the sequence,
        or the table describes none of the transcripts.
    """
    reader = TableReader(path)
    name_at = _column(reader, "transcript_id", "target_id")
    start_at = _column(reader, "cds_start", "cds_start0")
    end_at = _column(reader, "cds_end")
    spans: dict[str, tuple[int, int, int]] = {}
    for row in reader:
        name = row[name_at]
        if name in spans:
            raise reader.error("transcript is described twice; keep one row")
        if row[start_at] == row[end_at] == MISSING:
            spans[name] = (-1, -1, reader.line)
        else:
            spans[name] = (reader.whole_number(row, start_at), reader.whole_number(row, end_at), reader.line)
    lengths = {transcript.name: transcript.length for transcript in transcripts}
    matched = match_names(lengths, spans)
    if not matched:
        raise unknown_to_all(path)
    regions = {}
    for name, (start, end, line) in matched.items():
        length = lengths[name]
        if start == -1:
            regions[name] = non_coding(length)
            continue
        if not start < end <= length:
            problem = f"CDS {start}-{end} does not fit the transcript's {length} nt; use 0-based half-open numbers"
            raise InputError(problem, source=path, line=line)
        regions[name] = Regions(start, end, length)
    return regions


def unknown_to_all(path: str) -> InputError:
    """Return the error for an annotation that describes none of the transcripts."""
    problem = "describes none of the transcripts of the FASTA file; give the annotation of the same release"
    return InputError(problem, source=path)


def _column(reader: TableReader, *spellings: str) -> int:
    for spelling in spellings:
        if spelling in reader.columns:
            return reader.columns.index(spelling)
    problem = f"has no column {' or '.join(spellings)}; name it in the header line"
    raise InputError(problem, source=reader.path, line=1)
