"""Target sites as BED12, on the transcripts or, with the exons of a GTF, on the genome.

One line for each row of the interaction table:

========================  ====================================================================================
chrom, start, end         transcript and site (the aligned part with its extension), or their position on the
genome name                      miRNA score                     ``min(1000, round(100 * log2(1 + n_reads)))``: 100
for one read, 346 for ten, 1000 from
                          1023 reads on; it depends on no other row
strand                    ``+`` on the transcript, the transcript's strand on the genome
thickStart, thickEnd      the aligned part of the site
itemRgb                   isomiRs orange and exact miRNAs blue if the table distinguishes them, else by order:
miRNA
                          first blue, target first orange
blocks                    one on the transcript; on the genome one for each exon that contains a part of the site
========================  ====================================================================================
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TextIO

from mirtools.io.bed import SiteLines
from mirtools.transcripts.gtf import Placement, genomic_blocks

# Okabe and Ito's blue and orange, as in the figures
_BLUE, _ORANGE, _GREY = "0,114,178", "230,159,0", "140,140,140"
_COLOURS = {"exact": _BLUE, "isomir": _ORANGE, "mirna_first": _BLUE, "target_first": _ORANGE}


def bed_score(n_reads: float) -> int:
    """Return the BED score of a number of reads: ``min(1000, round(100 * log2(1 + n_reads)))``."""
    return min(1000, round(100 * math.log2(1 + n_reads)))


class SiteCollector:
    """Collects the sites of an interaction table and writes them as BED12, sorted by position.

    Parameters
    ----------
    columns : sequence of str
        Columns of the table: at least ``mirna_id n_reads target_id target_start target_end site_start site_end
        order``, as chimera-parse writes them.
    placements : mapping of str to Placement, optional
        Positions of the transcripts on the genome; sites are then written on the genome.
    lengths : mapping of str to int, optional
        Length of each transcript, needed with ``placements``: sites are placed only if the exons fit it.

    Attributes
    ----------
    unplaced : collections.Counter
        Sites without a position on the genome, by reason: ``not_in_gtf``, ``other_length``.
    """

    def __init__(
        self,
        columns: Sequence[str],
        placements: Mapping[str, Placement] | None = None,
        lengths: Mapping[str, int] | None = None,
    ) -> None:
        self.unplaced: Counter[str] = Counter()
        self._names = [columns.index(name) for name in ("mirna_id", "target_id")]
        numbers = "n_reads target_start target_end site_start site_end".split()
        self._numbers = [columns.index(name) for name in numbers]
        self._colour = columns.index("mirna_class" if "mirna_class" in columns else "order")
        self._placements = placements
        self._lengths = lengths or {}
        self._fits: dict[str, bool] = {}
        self._lines = SiteLines()

    def add(self, row: Sequence[str]) -> None:
        """Add the site of one row of the table."""
        mirna, target = (row[column] for column in self._names)
        n_reads, part_start, part_end, start, end = (int(row[column]) for column in self._numbers)
        # the site may begin after bases that the miRNA shares with the aligned part.
        thick = max(part_start, start), min(part_end, end)
        blocks, strand, chromosome = [(start, end)], "+", target
        if self._placements is not None:
            if target not in self._placements:
                self.unplaced["not_in_gtf"] += 1
                return
            placement = self._placements[target]
            if target not in self._fits:
                self._fits[target] = placement.fits(self._lengths[target])
            if not self._fits[target]:
                self.unplaced["other_length"] += 1
                return
            chromosome, strand = placement.chromosome, placement.strand
            blocks = genomic_blocks(placement, start, end)
            if thick[0] < thick[1]:
                aligned = genomic_blocks(placement, *thick)
                thick = aligned[0][0], aligned[-1][1]
        score = bed_score(n_reads)
        colour = _COLOURS.get(row[self._colour], _GREY)
        self._lines.add(chromosome, blocks, mirna, score, strand, thick, colour)

    def write(self, stream: TextIO) -> None:
        """Write all sites; without sites the file is empty, which is valid BED."""
        self._lines.write(stream)
