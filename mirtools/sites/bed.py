"""Binding sites as BED12, on the genome if an annotation places them, else on the transcripts.

========================  ====================================================================================
name                      miRNA and site_id, ``hsa-miR-16-5p/S0123456789abcdef``
score                     :func:`mirtools.chimera.sites.bed_score` of the reads: 100 for one, 1000 from 1023 on
thickStart, thickEnd      the core, which at least half as many reads cover as the summit
itemRgb                   the site type: 8mer, 7mer and 6mer in shades of blue, the darker the stronger; an offset,
                          G:U or bulge orange; no seed match grey
blocks                    one on a transcript, one for each exon on the genome
========================  ====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from mirtools.chimera.sites import bed_score
from mirtools.io.bed import SiteLines
from mirtools.pairs.site_types import NO_TYPE
from mirtools.sites.sites import Site
from mirtools.sites.targets import Targets
from mirtools.transcripts.gtf import genomic_blocks

_SHADES = {"8mer": "0,60,110", "7mer-m8": "0,114,178", "7mer-A1": "86,180,233", "6mer": "160,210,240"}
_WEAK, _NONE = "230,159,0", "140,140,140"
_TRACK = (
    'track name="binding sites" description="miRNA binding sites (mirtools sites-merge)" itemRgb="On" useScore=0\n'
)


def write_bed(stream: TextIO, sites: Iterable[Site], known: Targets) -> int:
    """Write sites, sorted by position; returns how many have no place on the genome and are left out.

    If no target has a place on the genome, all are written on their transcripts.
    """
    lines, left_out = SiteLines(), 0
    for site in sites:
        name = f"{site.guide}/{site.site_id}"
        score, colour = bed_score(site.total), colour_of(site.match.site_type)
        # the extent may begin after bases that the reads share with the miRNA
        thick = max(site.start, site.core_start), min(site.end, site.core_end)
        if not known.on_genome:
            lines.add(site.target, [(site.start, site.end)], name, score, "+", thick, colour)
            continue
        placement = known.placement(site.target)
        if placement is None or not site.blocks:
            left_out += 1
            continue
        if thick[0] < thick[1]:
            core = genomic_blocks(placement, *thick)
            thick = core[0][0], core[-1][1]
        lines.add(site.chromosome, site.blocks, name, score, site.strand, thick, colour)
    stream.write(_TRACK)
    lines.write(stream)
    return left_out


def colour_of(site_type: str) -> str:
    """Return the colour of a site type as red, green and blue."""
    return _SHADES.get(site_type, _NONE if site_type in (NO_TYPE, ".") else _WEAK)
