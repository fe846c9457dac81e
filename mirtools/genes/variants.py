"""Places the alleles of variants on transcripts, or finds the reason why their effect is not predicted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.features import CDS, UTR3, UTR5
from mirtools.genes.targets import Targets
from mirtools.io.encoding import encode
from mirtools.io.vcf import NOT_AN_ALLELE, OTHER_DELETION, Variant, is_symbolic
from mirtools.transcripts.exons import Exon, ExonIndex

Codes = NDArray[np.uint8]

#: why an allele is not predicted on a transcript that it touches, the most telling first
ON_TRANSCRIPT = {
    "other_reference": "REF differs from the sequence of the transcript",
    "ambiguous_base": "N among the bases that change",
    "exon_border": "the mRNA after splicing is unknown",
    "splice_site": "changes one of the two bases of an intron next to an exon",
    "start_codon": "changes the first codon",
    "stop_codon": "changes the last codon, so that the 3'UTR may begin elsewhere",
    "frameshift": "the coding sequence ends elsewhere",
    "stop_gained": "the coding sequence ends earlier",
}
#: why an allele is not predicted at all
ELSEWHERE = {
    "no_alternative": "ALT is .",
    "same_as_reference": "ALT equals REF",
    "symbolic_allele": "ALT is a name or a breakend, without a sequence",
    "other_deletion": "ALT is *, the gap of another line",
    "unknown_chromosome": "no target lies on this chromosome",
    "outside_exons": "no exon of a target is there",
}
# T A A, T A G, T G A as codes
_STOPS = {(1, 0, 0), (1, 0, 3), (1, 3, 0)}


class Edit(NamedTuple):
    """An allele on one transcript: bases that replace others.

    Attributes
    ----------
    target : int
        Position in the targets.
    start, end : int
        Bases of the transcript that are replaced, 0-based and half-open, 5'->3'; equal for an insertion.
    codes : array of uint8
        Bases in their place, A T C G as 0 to 3, on the strand of the transcript.
    region : int
        ``UTR5``, ``CDS`` or ``UTR3``.
    """

    target: int
    start: int
    end: int
    codes: Codes
    region: int

    @property
    def shift(self) -> int:
        """By how many bases everything downstream moves."""
        return len(self.codes) - (self.end - self.start)


class Placed(NamedTuple):
    """An allele on all transcripts: edits, transcripts on which it is not predicted, or why it is on none.

    Attributes
    ----------
    edits : list of Edit
    refused : list of (int, str)
        Target, and a key of ``ON_TRANSCRIPT``.
    elsewhere : str or None
        A key of ``ELSEWHERE``, if both lists are empty.
    """

    edits: list[Edit]
    refused: list[tuple[int, str]]
    elsewhere: str | None = None

    @property
    def reason(self) -> str | None:
        """The reason why no effect is predicted, or ``None``."""
        if self.edits:
            return None
        order = list(ON_TRANSCRIPT)
        return self.elsewhere or min((reason for _, reason in self.refused), key=order.index)


class AllelePlacer:
    """Places alleles on targets.

    Parameters
    ----------
    targets : Targets
        Those without a position on the genome have no variants.
    """

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self.exons = ExonIndex(targets.placements)

    def place(self, variant: Variant, alternative: str) -> Placed:
        """Return one allele of a variant on all transcripts; both lists are sorted by the names of these."""
        chromosome = self.exons.find(variant.chromosome)
        elsewhere = _not_a_sequence(variant.reference, alternative)
        if elsewhere is None and chromosome is None:
            elsewhere = "unknown_chromosome"
        if elsewhere is not None or chromosome is None:
            return Placed([], [], elsewhere)
        start, end, bases = trimmed(variant.start, variant.reference, alternative)
        by_target: dict[int, list[Exon]] = {}
        for exon in self.exons.near(chromosome, start, end):
            by_target.setdefault(exon.target, []).append(exon)
        edits, refused = [], []
        for target in sorted(by_target, key=self._targets.names.__getitem__):
            found = self._on_target(target, by_target[target], variant, (start, end), bases)
            if isinstance(found, Edit):
                edits.append(found)
            elif found is not None:
                refused.append((target, found))
        return Placed(edits, refused, None if edits or refused else "outside_exons")

    def _on_target(
        self, target: int, exons: Sequence[Exon], variant: Variant, span: tuple[int, int], bases: str
    ) -> Edit | str | None:
        """Return an edit, the reason why there is none, or ``None`` if the transcript is not touched."""
        exon = next((exon for exon in exons if exon.holds(*span)), None)
        if exon is None:
            if any(exon.touches(*span) for exon in exons):
                return "exon_border"
            return "splice_site" if any(exon.splice_touches(*span) for exon in exons) else None
        if not self._agrees(exon, variant):
            return "other_reference"
        placement = self._targets.placements[target]
        assert placement is not None
        start, end = exon.on_transcript(*span, placement)
        codes = _on_strand(bases, placement.strand)
        before = self._codes(target)
        if (codes > 3).any() or (before[start:end] > 3).any():
            return "ambiguous_base"
        edges = self._targets.edges[target].tolist()
        edit = Edit(target, start, end, codes, _region(start, end, edges))
        if not self._targets.coding[target]:
            return edit
        return _coding_problem(edit, before, edges) or edit

    def _agrees(self, exon: Exon, variant: Variant) -> bool:
        """Return whether the bases of REF inside of the exon are those of the transcript; N is unknown."""
        placement = self._targets.placements[exon.target]
        assert placement is not None
        start = max(variant.start, exon.start)
        end = min(variant.start + len(variant.reference), exon.end)
        first, last = exon.on_transcript(start, end, placement)
        there = self._codes(exon.target)[first:last]
        bases = variant.reference[start - variant.start : end - variant.start]
        given = _on_strand(bases, placement.strand)
        return bool(((there == given) | (there > 3) | (given > 3)).all())

    def _codes(self, target: int) -> Codes:
        return self._targets.codes[self._targets.starts[target] : self._targets.starts[target + 1]]


def trimmed(start: int, reference: str, alternative: str) -> tuple[int, int, str]:
    """Return the bases of the reference that an allele replaces, without those that both share, and new bases.

    Parameters
    ----------
    start : int
        0-based position of ``reference``.

    Returns
    -------
    (int, int, str)
        Start and end, 0-based and half-open, and the bases in their place; on the plus strand. Of the ways to
        place an insertion or deletion in a repeat it is the leftmost one if ``start`` is, as in a normalised VCF.

    >>> trimmed(9, "CA", "CAA"), trimmed(9, "CAG", "CG"), trimmed(9, "ACG", "ATG")
    ((10, 10, 'A'), (10, 11, ''), (10, 11, 'T'))
    """
    tail = 0
    while tail < min(len(reference), len(alternative)) and reference[-1 - tail] == alternative[-1 - tail]:
        tail += 1
    reference, alternative = reference[: len(reference) - tail], alternative[: len(alternative) - tail]
    head = 0
    while head < min(len(reference), len(alternative)) and reference[head] == alternative[head]:
        head += 1
    return start + head, start + len(reference), alternative[head:]


def edited(codes: Codes, edges: Sequence[int], edit: Edit) -> tuple[Codes, list[int]]:
    """Return the bases and the edges of regions (as in ``Targets``) of a transcript with an allele."""
    start, cds_start, cds_end, length = edges
    if edit.region == UTR5:
        cds_start += edit.shift
    if edit.region in (UTR5, CDS):
        cds_end += edit.shift
    changed = np.concatenate([codes[: edit.start], edit.codes, codes[edit.end :]])
    return changed, [start, cds_start, cds_end, length + edit.shift]


def _not_a_sequence(reference: str, alternative: str) -> str | None:
    if alternative == NOT_AN_ALLELE:
        return "no_alternative"
    if alternative == OTHER_DELETION:
        return "other_deletion"
    if is_symbolic(alternative):
        return "symbolic_allele"
    return "same_as_reference" if alternative == reference else None


def _on_strand(bases: str, strand: str) -> Codes:
    codes = encode([bases], len(bases))[0]
    if strand == "+":
        return codes
    # complements differ in the last bit
    return np.where(codes < 4, codes ^ 1, codes)[::-1].astype(np.uint8)


def _region(start: int, end: int, edges: Sequence[int]) -> int:
    """Return the region of an edit; an insertion between two regions belongs to the untranslated one."""
    _, cds_start, cds_end, _ = edges
    last = max(start, end - 1)
    if last < cds_start or start == end == cds_start:
        return UTR5
    return CDS if start < cds_end else UTR3


def _coding_problem(edit: Edit, codes: Codes, edges: Sequence[int]) -> str | None:
    """Return why the coding sequence of the transcript with the allele is unknown, or ``None``."""
    _, cds_start, cds_end, length = edges
    is_complete = cds_start > 0 and cds_end < length and (cds_end - cds_start) % 3 == 0
    # the first codon of a sequence that begins before the transcript is not a start codon
    if cds_start and _changes(edit, cds_start, cds_start + 3):
        return "start_codon"
    if cds_end < length and _changes(edit, cds_end - 3, cds_end):
        return "stop_codon"
    if edit.region != CDS:
        return None
    if edit.shift % 3:
        return "frameshift"
    if not is_complete:
        return None
    first = edit.start - (edit.start - cds_start) % 3
    last = edit.end + (cds_start - edit.end) % 3
    before = codes[first:last]
    after = np.concatenate([codes[first : edit.start], edit.codes, codes[edit.end : last]])
    return "stop_gained" if _stops(after) > _stops(before) else None


def _changes(edit: Edit, start: int, end: int) -> bool:
    """Return whether an edit changes bases of an interval, or inserts some between them."""
    if edit.start == edit.end:
        return start < edit.start < end
    return edit.start < end and start < edit.end


def _stops(codes: Codes) -> int:
    return sum(tuple(codon) in _STOPS for codon in codes.reshape(-1, 3).tolist())
