"""Binding sites described: where they are, which forms bind them, how the seed matches, what chance gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mirtools.io.tables import MISSING, content_id
from mirtools.pairs.site_types import SeedMatch, seed_match
from mirtools.sites.guides import form_names
from mirtools.sites.merge import Merged, shape
from mirtools.sites.rows import EXACT, Floats, Rows
from mirtools.sites.significance import significance
from mirtools.sites.targets import UNKNOWN_GENE, Targets
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.gtf import Placement, genomic_blocks


class Site(NamedTuple):
    """One binding site.

    Coordinates are 0-based and half-open, on the transcript with most of its reads (5'->3'), and on the genome.

    Attributes
    ----------
    number : int
        Its number in :class:`mirtools.sites.merge.Merged`.
    site_id, guide, guide_class, target, region : str
    gene : Gene
    start, end : int
        The extent: all reads with the extension of their sites.
    summit : int
    core_start, core_end : int
        See :func:`mirtools.sites.merge.shape`.
    chromosome, strand : str
        ``.`` without a place on the genome.
    blocks : tuple of (int, int)
        The extent on the genome, one block for each exon; empty without a place there.
    reads : array of float64, shape (samples,)
    isomir_share : float
        Of its reads; NaN if the table does not tell exact miRNAs from isomiRs.
    top_form : str
        The form with most reads.
    match : SeedMatch
        Of the seed of this form.
    score : float
        The best of its pairs; NaN if there is none.
    expected, fold, p_value, q_value : float
        See :mod:`mirtools.sites.significance`.
    pairs : int
        Distinct pairs.
    top_pair : str
        The pair with most reads.
    mirna_seq, site_seq : str
        The bases of the top form, and those from ``start`` to ``end``; DNA letters, ``.`` if unknown.
    """

    number: int
    site_id: str
    guide: str
    guide_class: str
    gene: Gene
    region: str
    target: str
    start: int
    end: int
    summit: int
    core_start: int
    core_end: int
    chromosome: str
    strand: str
    blocks: tuple[tuple[int, int], ...]
    reads: Floats
    isomir_share: float
    top_form: str
    match: SeedMatch
    score: float
    expected: float
    fold: float
    p_value: float
    q_value: float
    pairs: int
    top_pair: str
    mirna_seq: str
    site_seq: str

    @property
    def total(self) -> float:
        """Reads in all samples."""
        return float(self.reads.sum())


class _Member(NamedTuple):
    row: int
    target: int
    start: int
    end: int
    reads: float


def describe(merged: Merged, rows: Rows, guides: Sequence[str], known: Targets) -> list[Site]:
    """Return all sites: those with most reads first, then by guide, target and start.

    Parameters
    ----------
    merged : Merged
    rows : Rows
        What it was made of.
    guides : sequence of str
        Names of the guides.
    known : Targets
    """
    describer = _Describer(merged, rows, guides, known)
    sites = [describer.site(number) for number in range(len(merged))]
    return sorted(
        sites, key=lambda site: (-round(site.total, 6), site.guide, site.target, site.start, site.site_id)
    )


class _Describer:
    """Describes one site after the other."""

    def __init__(self, merged: Merged, rows: Rows, guides: Sequence[str], known: Targets) -> None:
        self._merged, self._rows, self._guides, self._known = merged, rows, guides, known
        self._totals = rows.totals
        self._forms = form_names(rows)
        self._classified = [form != MISSING for form in rows.cells("form")]
        self._bounds = np.searchsorted(merged.member_site, np.arange(len(merged) + 1)).tolist()
        self._chance = significance(merged.reads.sum(axis=1), merged.guide, merged.place)

    def site(self, number: int) -> Site:
        merged, rows = self._merged, self._rows
        members = self._members(number)
        guide = self._guides[merged.guide[number]]
        target, there = self._on_one_target(members)
        summit, core_start, core_end = shape([(each.start, each.end, each.reads) for each in there])
        start, end, bases = self._extent(target, there)
        top = max(members, key=lambda each: (each.reads, -each.row))
        form, mirna_seq, isomir_share = self._form(members)
        placement = self._known.placement(target)
        blocks = _blocks(placement, start, end)
        match = SeedMatch(MISSING) if MISSING in (mirna_seq, bases) else seed_match(mirna_seq, bases)
        scores = [score for each in members if (score := float(rows.scores[each.row])) == score]
        return Site(
            number,
            content_id("S", guide, target, start, end, core_start, core_end),
            guide,
            rows.cell("guide_class", top.row),
            self._gene(target, there),
            self._region(target, core_start, core_end, there),
            target,
            start,
            end,
            summit,
            core_start,
            core_end,
            placement.chromosome if placement is not None and blocks else MISSING,
            placement.strand if placement is not None and blocks else MISSING,
            blocks,
            merged.reads[number],
            isomir_share,
            form,
            match,
            max(scores, default=float("nan")),
            float(self._chance.expected[number]),
            float(self._chance.fold[number]),
            float(self._chance.p_value[number]),
            float(self._chance.q_value[number]),
            len({each.row for each in members}),
            rows.pair_ids[top.row],
            mirna_seq,
            bases,
        )

    def _members(self, number: int) -> list[_Member]:
        merged, found = self._merged, []
        for at in range(self._bounds[number], self._bounds[number + 1]):
            spot = int(merged.member_spot[at])
            row = int(merged.spots.row[spot])
            start, end = int(merged.spots.start[spot]), int(merged.spots.end[spot])
            reads = float(self._totals[row] * merged.member_share[at])
            found.append(_Member(row, int(merged.spots.target[spot]), start, end, reads))
        return found

    def _on_one_target(self, members: Sequence[_Member]) -> tuple[str, list[_Member]]:
        """Return the target with most reads, the first by name of several, and the members on it."""
        reads: dict[int, float] = defaultdict(float)
        for member in members:
            reads[member.target] += member.reads
        best = min(reads, key=lambda target: (-round(reads[target], 6), target))
        return self._merged.spots.targets[best], [member for member in members if member.target == best]

    def _extent(self, target: str, members: Iterable[_Member]) -> tuple[int, int, str]:
        """Return start, end and bases of all members with their extensions."""
        rows = self._rows
        pieces: dict[tuple[int, int], str] = {}
        for member in members:
            own = rows.cell("target_id", member.row) == target and int(rows.starts[member.row]) == member.start
            if own:
                span = int(rows.site_starts[member.row]), int(rows.site_ends[member.row])
                pieces[span] = rows.cell("site_seq", member.row)
            else:
                pieces.setdefault((member.start, member.end), MISSING)
        start, end = min(span[0] for span in pieces), max(span[1] for span in pieces)
        known = self._known.bases(target, start, end)
        return start, end, _assembled(start, end, pieces) if known is None else known or MISSING

    def _form(self, members: Iterable[_Member]) -> tuple[str, str, float]:
        """Return the form with most reads, its bases, and the share of isomiRs."""
        reads: dict[tuple[str, str], float] = defaultdict(float)
        isomirs = total = 0.0
        classified = False
        for member in members:
            form = self._forms[member.row]
            reads[form, self._rows.cell("mirna_seq", member.row)] += member.reads
            classified |= self._classified[member.row]
            total += member.reads
            isomirs += 0.0 if form == EXACT else member.reads
        form, bases = min(reads, key=lambda key: (-round(reads[key], 6), key[0] != EXACT, key))
        return form, bases, isomirs / total if classified else float("nan")

    def _gene(self, target: str, members: Sequence[_Member]) -> Gene:
        known = self._known.gene(target)
        for member in members:
            gene = Gene(self._rows.cell("gene_id", member.row), self._rows.cell("gene_name", member.row))
            if gene != UNKNOWN_GENE and self._rows.cell("target_id", member.row) == target:
                return Gene(*(cell if cell != MISSING else other for cell, other in zip(gene, known, strict=True)))
        return known

    def _region(self, target: str, start: int, end: int, members: Sequence[_Member]) -> str:
        region = self._known.region(target, start, end)
        if region != MISSING:
            return region
        reads: dict[str, float] = defaultdict(float)
        for member in members:
            if self._rows.cell("target_id", member.row) == target:
                reads[self._rows.cell("region", member.row)] += member.reads
        return min(reads, key=lambda name: (name == MISSING, -round(reads[name], 6), name), default=MISSING)


def _blocks(placement: Placement | None, start: int, end: int) -> tuple[tuple[int, int], ...]:
    if placement is None or end > placement.length:
        return ()
    return tuple(genomic_blocks(placement, start, end))


def _assembled(start: int, end: int, pieces: Mapping[tuple[int, int], str]) -> str:
    """Return the bases from start to end that pieces tell, N between them; ``.`` if none tells any."""
    bases = ["N"] * (end - start)
    known = False
    for (first, last), piece in sorted(pieces.items()):
        if len(piece) == last - first:
            bases[first - start : last - start] = piece
            known = True
    return "".join(bases) if known else MISSING
