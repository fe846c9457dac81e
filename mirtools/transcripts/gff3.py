"""Transcripts from GFF3 (Ensembl, GENCODE, RefSeq, FlyBase, WormBase, TAIR, Phytozome, miRBase).

A transcript is a feature that exons or coding sequence name as their ``Parent``, or a feature of a transcript type
without such parts (miRBase, tRNAs). Its names are its ``transcript_id``, ``ID`` and ``Name``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from mirtools.io.tables import MISSING
from mirtools.transcripts.features import CODING, Features, interval
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.names import WantedNames, bare

_ATTRIBUTES = re.compile(r"\s*[^\s=;\"]+=")
_ATTRIBUTE = re.compile(r"\s*(ID|Parent|Name|Alias|transcript_id|version|gene_id|gene_name|gene)=([^;]*)")
_UTRS = frozenset({"five_prime_UTR", "three_prime_UTR", "5UTR", "3UTR", "UTR"})
_PARTS = CODING | _UTRS | {"exon", "pseudogenic_exon"}
_STRANDS = frozenset("+-")
_OF_GENE = ("gene_id", "gene_name", "gene", "Parent")
_GENE_BEFORE = re.compile(r"(?:gene:|Gene:|gene-)(?=.)")
# pre_miRNA, lnc_RNA, miRNA_primary_transcript, pseudogenic_transcript
_TRANSCRIPT = re.compile(r"rna|transcript", re.IGNORECASE)


def is_gff3(attributes: str) -> bool:
    """Return whether column 9 is written as in GFF3, ``key=value``, and not as in GTF.

    >>> [is_gff3(text) for text in ("ID=transcript:ENST00000331825;version=11", 'gene_id "a=b"; ')]
    [True, False]
    """
    return _ATTRIBUTES.match(attributes) is not None


class Gff3Features:
    """Collects the wanted transcripts from the lines of a GFF3 file, in any order.

    Parameters
    ----------
    wanted : WantedNames
    """

    def __init__(self, wanted: WantedNames) -> None:
        self._wanted = wanted
        # by ID; parts are kept until their transcript is read
        self._found: dict[str, _Transcript] = {}
        self._waiting: dict[str, _Transcript] = {}
        self._others: set[str] = set()
        # for files in which transcripts name no genes but their parents
        self._gene_names: dict[str, str] = {}

    def add(self, fields: Sequence[str]) -> None:
        """Add a line.

        Parameters
        ----------
        fields : sequence of str
            The nine columns of the line.

        Raises
        ------
        ValueError
            If the numbers or the strand of a line of a wanted transcript are invalid.
        """
        matches = map(_ATTRIBUTE.match, fields[8].split(";"))
        attributes = {found[1]: unquote(found[2]) for found in matches if found}
        if fields[2] in _PARTS:
            self._add_part(fields, attributes)
        elif identifier := attributes.get("ID", ""):
            if "gene" in fields[2]:
                self._gene_names[identifier] = attributes.get("Name", MISSING)
            self._add_transcript(fields, identifier, attributes)

    def _gene(self, transcript: _Transcript) -> Gene | None:
        """Return the gene of a transcript, once all lines are read."""
        own, parent = transcript.attributes, transcript.attributes.get("Parent", "")
        of_parent = _GENE_BEFORE.sub("", parent)
        if of_parent == parent and parent not in self._gene_names:
            of_parent = ""  # of another kind: precursors of miRNAs, for example
        # NCBI's gene= holds the symbol, and the parent is called gene-SYMBOL
        identifier = own.get("gene_id") or of_parent or own.get("gene", "")
        name = own.get("gene_name") or own.get("gene") or self._gene_names.get(parent, MISSING)
        return Gene(identifier, name) if identifier else None

    def transcripts(self) -> Iterator[Features]:
        """Yield the wanted transcripts, after all lines are added."""
        for parent, transcript in self._waiting.items():
            # the file has only its parts
            transcript.names = [*transcript.names, bare(parent)]
        for transcript in (*self._found.values(), *self._waiting.values()):
            if any(name in self._wanted for name in transcript.names):
                transcript.complete()
                transcript.gene = self._gene(transcript)
                yield transcript

    def _add_part(self, fields: Sequence[str], attributes: dict[str, str]) -> None:
        name = attributes.get("transcript_id", "")
        for parent in (attributes.get("Parent") or name).split(","):
            if not parent or parent in self._others:
                continue
            transcript = self._found.get(parent) or self._waiting.get(parent)
            if transcript is None:
                transcript = self._waiting[parent] = _Transcript(fields[0], fields[6], [name] if name else [])
            transcript.add(fields)

    def _add_transcript(self, fields: Sequence[str], identifier: str, attributes: dict[str, str]) -> None:
        if identifier in self._found:
            return
        waiting = self._waiting.pop(identifier, None)
        names = _names(identifier, attributes)
        if fields[6] not in _STRANDS or not any(name in self._wanted for name in names):
            self._others.add(identifier)
            return
        self._found[identifier] = transcript = waiting or _Transcript(fields[0], fields[6])
        transcript.names = names
        transcript.attributes = {key: attributes[key] for key in _OF_GENE if key in attributes}
        if _TRANSCRIPT.search(fields[2]):
            transcript.itself = interval(fields)


class _Transcript(Features):
    """A transcript, with substitutes for exons if the file has none."""

    __slots__ = ("attributes", "itself", "pieces")

    def __init__(self, chromosome: str, strand: str, names: Sequence[str] = ()) -> None:
        super().__init__(chromosome, strand, names)
        # both 1-based and inclusive
        self.pieces: list[tuple[int, int]] = []
        self.itself: tuple[int, int] | None = None
        self.attributes: dict[str, str] = {}

    def add(self, fields: Sequence[str]) -> None:
        if fields[6] not in _STRANDS:
            return  # "." and "?" are legal, for parts that are joined across strands
        if fields[2] not in _UTRS:
            super().add(fields)
        if self.exons:
            self.pieces = []
        elif (self.chromosome, self.strand) == (fields[0], fields[6]):
            self.pieces.append(interval(fields))

    def complete(self) -> None:
        """If there are no exons, derive them from coding sequence and UTRs, or from the whole transcript."""
        if not self.exons:
            self.exons = _joined(self.pieces or ([self.itself] if self.itself else []))


def _names(identifier: str, attributes: dict[str, str]) -> list[str]:
    names = [attributes.get("transcript_id", ""), bare(identifier)]
    if version := attributes.get("version"):
        names = [name and f"{name}.{version}" for name in names] + names
    name = attributes.get("Name", "")
    names += [identifier, bare(name), *attributes.get("Alias", "").split(",")]
    return [name for name in dict.fromkeys(names) if name]


def _joined(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Convert 1-based inclusive intervals to 0-based half-open ones; those that touch or overlap are joined."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if joined and start - 1 <= joined[-1][1]:
            first, last = joined.pop()
            joined.append((first, max(last, end)))
        else:
            joined.append((start - 1, end))
    return joined
