"""What genome browsers draw of sites: coverage of targets by sample, and aligned reads or pairs.

On the genome if an annotation places any target there (without those that it does not place), else on transcripts.
BAM tags: ``XM`` miRNA, ``XF`` form, ``XS`` site_id, ``XG`` gene, ``XP`` pair_id, ``XN`` distinct reads of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from mirtools.io.tables import MISSING, TableReader
from mirtools.io.tracks import Alignment, Block
from mirtools.sites.guides import form_names
from mirtools.sites.merge import Merged
from mirtools.sites.rows import Rows
from mirtools.sites.sites import Site
from mirtools.sites.targets import Targets
from mirtools.transcripts.gtf import genomic_blocks

_PAIRED = "paired"


class Tracks:
    """Places of the aligned parts of some sites.

    Parameters
    ----------
    sites : sequence of Site
        Those that are drawn.
    merged : Merged
    rows : Rows
    known : Targets
    """

    def __init__(self, sites: Sequence[Site], merged: Merged, rows: Rows, known: Targets) -> None:
        self._merged, self._rows, self._known = merged, rows, known
        self._forms = form_names(rows)
        self._site_of = {site.number: site for site in sites}
        self._members = np.flatnonzero(np.isin(merged.member_site, list(self._site_of)))

    def sizes(self) -> dict[str, int]:
        """Return the length of each chromosome or transcript, as far as annotation, FASTA and reads reach."""
        spots = self._merged.spots
        if not self._known.on_genome:
            ends = np.ones(len(spots.targets), np.int64)
            np.maximum.at(ends, spots.target, spots.end)
            lengths = zip(spots.targets, ends.tolist(), strict=True)
            return {name: max(self._known.length(name) or 0, end) for name, end in lengths}
        found: dict[str, int] = {}
        for name in spots.targets:
            if (placement := self._known.placement(name)) is not None:
                end = max(last for _, last in placement.exons)
                found[placement.chromosome] = max(end, found.get(placement.chromosome, 0))
        return found

    def coverage(self, sample: int) -> Iterator[Block]:
        """Yield the aligned parts of all pairs with reads in a sample, by its position in ``rows.samples``."""
        merged = self._merged
        for member in self._members.tolist():
            spot = int(merged.member_spot[member])
            reads = float(self._rows.reads[merged.spots.row[spot], sample] * merged.member_share[member])
            if reads > 0:
                chromosome, _, blocks = self._place(spot)
                yield from (Block(chromosome, start, end, reads) for start, end in blocks)

    def pairs(self) -> Iterator[Alignment]:
        """Yield an alignment for each pair in each of its sites."""
        for member in self._members.tolist():
            spot = int(self._merged.member_spot[member])
            yield from self._alignment(spot, int(self._merged.member_site[member]))

    def reads(self, paths: Iterable[str]) -> Iterator[Alignment]:
        """Yield an alignment for each read in read reports of chimera-parse, at the site with most of its pair."""
        best: dict[int, tuple[float, int, int]] = {}
        for member in self._members.tolist():
            spot, site = int(self._merged.member_spot[member]), int(self._merged.member_site[member])
            key = float(self._merged.member_share[member]), -spot, site
            row = int(self._merged.spots.row[spot])
            best[row] = max(best.get(row, key), key)
        row_of: dict[str, int] = {}
        for row in sorted(best, reverse=True):
            row_of[self._rows.pair_ids[row]] = row
            row_of.update(dict.fromkeys(self._rows.cell("merged_from", row).split(","), row))
        for path in paths:
            reader = TableReader(path, ("read_id", "status", "pair_id"))
            name, status, pair = (reader.index(each) for each in ("read_id", "status", "pair_id"))
            for cells in reader:
                found = row_of.get(cells[pair])
                if cells[status] == _PAIRED and found is not None:
                    _, spot, site = best[found]
                    yield from (each._replace(name=cells[name]) for each in self._alignment(-spot, site))

    def _place(self, spot: int) -> tuple[str, str, Sequence[tuple[int, int]]]:
        """Return chromosome, strand and blocks of a spot; no blocks if it is not placed."""
        spots = self._merged.spots
        name, start, end = spots.targets[spots.target[spot]], int(spots.start[spot]), int(spots.end[spot])
        if not self._known.on_genome:
            return name, "+", [(start, end)]
        placement = self._known.placement(name)
        if placement is None or end > placement.length:
            return name, "+", []
        return placement.chromosome, placement.strand, genomic_blocks(placement, start, end)

    def _alignment(self, spot: int, number: int) -> Iterator[Alignment]:
        chromosome, strand, blocks = self._place(spot)
        if not blocks:
            return
        rows, site, spots = self._rows, self._site_of[number], self._merged.spots
        row = int(spots.row[spot])
        first = int(rows.starts[row] - rows.site_starts[row])
        length = int(rows.ends[row] - rows.starts[row])
        # bases are those of the row's own place; the site may begin after bases that it shares with the miRNA
        bases = rows.cell("site_seq", row)[max(0, first) : max(0, first) + length] if first >= 0 else ""
        tags: list[tuple[str, str | int]] = [
            ("XM", rows.cell("mirna_id", row)),
            ("XF", self._forms[row]),
            ("XS", site.site_id),
            ("XP", rows.pair_ids[row]),
            ("XN", round(float(rows.reads[row].sum()))),
        ]
        if site.gene.symbol != MISSING:
            tags.append(("XG", site.gene.symbol))
        known = bases if len(bases) == length and spot < len(rows) else ""
        yield Alignment(rows.pair_ids[row], chromosome, strand, blocks, known, tags)
