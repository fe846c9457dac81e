"""Sites that contribute to predictions as BED12, on the genome if an annotation places them, else on the targets.

The name is the miRNA, the score 1000 times the contribution without its sign (1000 at most), the colour that of
the site type in :mod:`mirtools.sites.bed`.
"""

from __future__ import annotations

import numpy as np

from mirtools.genes.predict import Prediction
from mirtools.genes.targets import Targets
from mirtools.io.bed import SiteLines
from mirtools.pairs.site_types import SITE_TYPES
from mirtools.sites.bed import colour_of
from mirtools.transcripts.gtf import genomic_blocks


def add_sites(lines: SiteLines, mirna: str, prediction: Prediction, targets: Targets) -> int:
    """Add the sites of one miRNA that contribute; returns how many have no place on the genome and are left out.

    If no target has a place on the genome, all are on their targets.
    """
    found, left_out = prediction.found, 0
    for site in np.flatnonzero(prediction.contribution < 0).tolist():
        target = int(found.sites[site, 1])
        start, end = int(found.starts[site]), int(found.ends[site])
        score = min(1000, round(-1000 * float(prediction.contribution[site])))
        colour = colour_of(SITE_TYPES[found.described.kind[site]])
        if not targets.placements:
            lines.add(targets.names[target], [(start, end)], mirna, score, "+", (start, end), colour)
            continue
        placement = targets.placements[target]
        if placement is None:
            left_out += 1
            continue
        blocks = genomic_blocks(placement, start, end)
        thick = blocks[0][0], blocks[-1][1]
        lines.add(placement.chromosome, blocks, mirna, score, placement.strand, thick, colour)
    return left_out
