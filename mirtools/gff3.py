"""Transcripts from GFF3 (Ensembl, GENCODE, RefSeq, FlyBase, WormBase, TAIR, Phytozome, miRBase).

A transcript is a feature that exons or pieces of coding sequence name as their ``Parent``, or one of its own kind
without any (miRBase, tRNAs). It is called what its ``transcript_id``, ``ID`` and ``Name`` say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from mirtools.features import CODING, Features, interval
from mirtools.transcriptnames import WantedNames, bare

_ATTRIBUTES = re.compile(r"\s*[^\s=;\"]+=")
_ATTRIBUTE = re.compile(r"\s*(ID|Parent|Name|Alias|transcript_id|version)=([^;]*)")
_UTRS = frozenset({"five_prime_UTR", "three_prime_UTR", "5UTR", "3UTR", "UTR"})
_PARTS = CODING | _UTRS | {"exon", "pseudogenic_exon"}
_STRANDS = frozenset("+-")
# pre_miRNA, lnc_RNA, miRNA_primary_transcript, pseudogenic_transcript
_TRANSCRIPT = re.compile(r"rna|transcript", re.IGNORECASE)


def is_gff3(attributes: str) -> bool:
    """Tell whether column 9 is written as in GFF3, ``key=value``, and not as in GTF.

    >>> [is_gff3(text) for text in ("ID=transcript:ENST00000331825;version=11", 'gene_id "a=b"; ')]
    [True, False]
    """
    return _ATTRIBUTES.match(attributes) is not None


class Gff3Features:
    """Collects the transcripts that are wanted from the lines of a GFF3 file, in any order.

    Parameters
    ----------
    wanted : WantedNames
    """

    def __init__(self, wanted: WantedNames) -> None:
        self._wanted = wanted
        # by ID; parts of those that have not come yet wait
        self._found: dict[str, _Transcript] = {}
        self._waiting: dict[str, _Transcript] = {}
        self._others: set[str] = set()

    def add(self, fields: Sequence[str]) -> None:
        """Add a line.

        Parameters
        ----------
        fields : sequence of str
            Its nine columns.

        Raises
        ------
        ValueError
            For a line of a wanted transcript whose numbers or strand are none.
        """
        matches = map(_ATTRIBUTE.match, fields[8].split(";"))
        attributes = {found[1]: unquote(found[2]) for found in matches if found}
        if fields[2] in _PARTS:
            self._add_part(fields, attributes)
        elif identifier := attributes.get("ID", ""):
            self._add_transcript(fields, identifier, attributes)

    def transcripts(self) -> Iterator[Features]:
        """Yield the transcripts that are wanted, once all lines are added."""
        for parent, transcript in self._waiting.items():
            # the file has parts of it alone
            transcript.names = [*transcript.names, bare(parent)]
        for transcript in (*self._found.values(), *self._waiting.values()):
            if any(name in self._wanted for name in transcript.names):
                transcript.complete()
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
        if _TRANSCRIPT.search(fields[2]):
            transcript.itself = interval(fields)


class _Transcript(Features):
    """A transcript with what makes up for exons where the file has none."""

    __slots__ = ("itself", "pieces")

    def __init__(self, chromosome: str, strand: str, names: Sequence[str] = ()) -> None:
        super().__init__(chromosome, strand, names)
        # both 1-based and inclusive
        self.pieces: list[tuple[int, int]] = []
        self.itself: tuple[int, int] | None = None

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
        """Put exons together from coding sequence and UTRs, or from the whole, where there are none."""
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
    """Return intervals, 1-based and inclusive, as 0-based and half-open ones that are apart."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if joined and start - 1 <= joined[-1][1]:
            first, last = joined.pop()
            joined.append((first, max(last, end)))
        else:
            joined.append((start - 1, end))
    return joined
