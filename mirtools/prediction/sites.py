"""Predicted sites, chosen from overlapping windows: as BED12, and summed up by gene.

Around a site, several overlapping windows score high, and a window may have several sites. The sites of a miRNA on
a target are chosen in two rounds. First, each seed match of seven bases or more that is the best of a predicted
window is a site, with the highest of its windows (the first if tied); of matches less than eight bases apart, only
that with the higher window counts. Then, of the predicted windows without such a match, the highest becomes a site
if it overlaps no other; this is repeated with the remaining windows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.io.bed import SiteLines
from mirtools.io.sequences import Reference
from mirtools.pairs.site_types import SITE_TYPES, window_matches
from mirtools.prediction.windows import TargetScores
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.genes import Genes
from mirtools.transcripts.gtf import Placement, genomic_blocks

GENE_COLUMNS = (
    "mirna_id gene_id gene_name n_targets n_windows n_sites target_id site_start site_end score prediction"
).split()
# The first site types, seeds of seven bases or more, and the least distance of two of them, in nt
_SEEDS = SITE_TYPES.index("7mer-A1") + 1
_APART = 8
_BLUE = "0,114,178"  # Okabe and Ito's, as in the figures


def sites_of(found: TargetScores, thresholds: NDArray[np.float64]) -> list[list[int]]:
    """Return, for each miRNA, the indices of the windows that are its sites on a target, ascending.

    Parameters
    ----------
    found : TargetScores
    thresholds : ndarray of shape (mirnas,)
        A window is predicted to interact if its printed score is larger than the threshold of the miRNA.
    """
    # windows from lows to before highs overlap a window
    lows = np.searchsorted(found.ends, found.starts, side="right").tolist()
    highs = np.searchsorted(found.starts, found.ends, side="left").tolist()
    sites = []
    for number, (mirna, scores) in enumerate(zip(found.mirnas, found.scores, strict=True), found.first):
        called = np.flatnonzero(scores > thresholds[number])
        called = called[np.argsort(-scores[called], kind="stable")]
        types, places = window_matches(
            mirna.sequence, found.target.sequence, found.starts[called], found.ends[called]
        )
        chosen = _by_seed(called[types < _SEEDS], places[types < _SEEDS])
        free = bytearray(b"\1") * len(scores)
        for window in chosen:
            free[lows[window] : highs[window]] = bytes(highs[window] - lows[window])
        for window in called[types >= _SEEDS].tolist():
            if free[window]:
                chosen.append(window)
                free[lows[window] : highs[window]] = bytes(highs[window] - lows[window])
        sites.append(sorted(chosen))
    return sites


def _by_seed(called: NDArray[np.intp], places: NDArray[np.intp]) -> list[int]:
    """Return the highest window of each seed match, given windows from the highest and the places of the seeds."""
    taken: set[int] = set()
    chosen = []
    for window, place in zip(called.tolist(), places.tolist(), strict=True):
        if taken.isdisjoint(range(place - _APART + 1, place + _APART)):
            taken.add(place)
            chosen.append(window)
    return chosen


class SiteBed:
    """Collects predicted sites and writes them as BED12, sorted as ``LC_ALL=C sort -k1,1 -k2,2n -k3,3n`` does.

    chrom, start and end are target and site, or the site's position on the genome; name is the miRNA; score is
    1000 times the model's score; a site has one block on the target, on the genome one per exon.

    Parameters
    ----------
    placements : mapping of str to Placement, optional
        Positions of targets on the genome; if given, sites have genomic coordinates.

    Attributes
    ----------
    unplaced : collections.Counter
        Sites that are not on the genome, by reason: ``not_in_gtf``, ``other_length``.
    """

    def __init__(self, placements: Mapping[str, Placement] | None = None) -> None:
        self.unplaced: Counter[str] = Counter()
        self._placements = placements
        self._lines = SiteLines()

    def add(self, found: TargetScores, sites: Sequence[Sequence[int]]) -> None:
        """Add the sites on one target, as :func:`sites_of` returns them."""
        target = found.target
        chromosome, strand, placement = target.name, "+", None
        if self._placements is not None:
            placement = self._placements.get(target.name)
            if placement is None or not placement.fits(len(target.sequence)):
                reason = "not_in_gtf" if placement is None else "other_length"
                self.unplaced[reason] += sum(map(len, sites))
                return
            chromosome, strand = placement.chromosome, placement.strand
        for mirna, scores, windows in zip(found.mirnas, found.scores, sites, strict=True):
            for window in windows:
                blocks = [(int(found.starts[window]), int(found.ends[window]))]
                if placement is not None:
                    blocks = genomic_blocks(placement, *blocks[0])
                score = round(1000 * float(scores[window]))
                thick = blocks[0][0], blocks[-1][1]
                self._lines.add(chromosome, blocks, mirna.name, score, strand, thick, _BLUE)

    def write(self, stream: TextIO) -> None:
        """Write all sites; without any the file is empty, which is valid BED."""
        self._lines.write(stream)


class _GeneScores:
    """Sums over the targets of one gene for every miRNA; 24 bytes per miRNA."""

    def __init__(self, gene: Gene, mirnas: int) -> None:
        self.gene = gene
        self.targets: list[str] = []
        self.windows = 0
        self.sites = np.zeros(mirnas, np.int32)
        self.best = np.full(mirnas, -1.0)
        self.target = np.zeros(mirnas, np.int32)
        self.start = np.zeros(mirnas, np.int32)
        self.end = np.zeros(mirnas, np.int32)


class GeneSummary:
    """Summarises windows and sites by gene, for every miRNA.

    Parameters
    ----------
    mirnas : sequence of Reference
        All miRNAs.
    genes : Genes
    thresholds : ndarray of shape (mirnas,)
    """

    def __init__(self, mirnas: Sequence[Reference], genes: Genes, thresholds: NDArray[np.float64]) -> None:
        self._mirnas = mirnas
        self._genes = genes
        self._thresholds = thresholds
        self._found: dict[str, _GeneScores] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, found: TargetScores, sites: Sequence[Sequence[int]]) -> None:
        """Add the scores of one target, and the sites on it as :func:`sites_of` returns them."""
        gene = self._genes.of(found.target)
        if gene.identifier not in self._found:
            self._found[gene.identifier] = _GeneScores(gene, len(self._mirnas))
        sums = self._found[gene.identifier]
        if found.first == 0:  # the miRNAs of a long target are added in groups
            sums.targets.append(found.target.name)
            sums.windows += len(found.starts)
        group = slice(found.first, found.first + len(found.mirnas))
        windows = found.scores.argmax(axis=1)
        best = found.scores.max(axis=1)
        better = np.flatnonzero(best > sums.best[group]) + found.first
        chosen = windows[better - found.first]
        sums.best[better] = best[better - found.first]
        sums.target[better] = len(sums.targets) - 1
        sums.start[better], sums.end[better] = found.starts[chosen], found.ends[chosen]
        sums.sites[group] += np.fromiter(map(len, sites), np.int32, len(sites))

    def rows(self, predicted: bool = False) -> Iterator[list[str]]:
        """Yield rows (:data:`GENE_COLUMNS`) by gene and miRNA; with ``predicted`` only those with a site.

        ``target_id site_start site_end score`` are those of the best window on any target of the gene.
        """
        for sums in self._found.values():
            for number, mirna in enumerate(self._mirnas):
                called = bool(sums.best[number] > self._thresholds[number])
                if predicted and not called:
                    continue
                yield [
                    mirna.name,
                    *sums.gene,
                    str(len(sums.targets)),
                    str(sums.windows),
                    str(sums.sites[number]),
                    sums.targets[sums.target[number]],
                    str(sums.start[number]),
                    str(sums.end[number]),
                    f"{sums.best[number]:.6f}",
                    str(int(called)),
                ]
