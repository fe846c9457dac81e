"""Sites where windows are predicted, from the scores of windows: as BED12, and summed up by gene.

Windows overlap, so one place has several that score high. The sites of a miRNA on a target are those predicted
windows that remain when the highest is taken, what overlaps it is left out, the highest of the rest is taken, and
so on; of equal ones the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.bednames import escaped, first_column
from mirtools.geneheaders import Gene
from mirtools.genes import Genes
from mirtools.gtf import Placement, genomic_blocks
from mirtools.models.windows import TargetScores
from mirtools.sequences import Reference

GENE_COLUMNS = (
    "mirna_id gene_id gene_name n_targets n_windows n_sites target_id site_start site_end score prediction"
).split()
_BLUE = "0,114,178"  # Okabe and Ito's, as in the figures


def sites_of(found: TargetScores, thresholds: NDArray[np.float64]) -> list[list[int]]:
    """Return for each miRNA the numbers of the windows that are its sites on a target, ascending.

    Parameters
    ----------
    found : TargetScores
    thresholds : ndarray of shape (mirnas,)
        For each of all miRNAs: a window is predicted to interact where its score, as printed, is larger.
    """
    # overlapping windows are neighbours: from lows to before highs
    lows = np.searchsorted(found.ends, found.starts, side="right").tolist()
    highs = np.searchsorted(found.starts, found.ends, side="left").tolist()
    sites = []
    for number, scores in enumerate(found.scores, found.first):
        called = np.flatnonzero(scores > thresholds[number])
        free = bytearray(b"\1") * len(scores)
        chosen = []
        for window in called[np.argsort(-scores[called], kind="stable")].tolist():
            if free[window]:
                chosen.append(window)
                low, high = lows[window], highs[window]
                free[low:high] = bytes(high - low)
        sites.append(sorted(chosen))
    return sites


class SiteBed:
    """Collects predicted sites and writes them as BED12, sorted as ``LC_ALL=C sort -k1,1 -k2,2n -k3,3n`` does.

    chrom, start and end are target and site, or its place on the genome; name the miRNA; score 1000 times the
    model's; blocks one on the target, on the genome one for each exon.

    Parameters
    ----------
    placements : mapping of str to Placement, optional
        Where targets lie on the genome; sites are then written there.

    Attributes
    ----------
    unplaced : collections.Counter
        Sites that are not on the genome, by reason: ``not_in_gtf``, ``other_length``.
    """

    def __init__(self, placements: Mapping[str, Placement] | None = None) -> None:
        self.unplaced: Counter[str] = Counter()
        self._placements = placements
        self._lines: list[tuple[str, int, int, str]] = []

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
        chromosome = first_column(chromosome)
        for mirna, scores, windows in zip(found.mirnas, found.scores, sites, strict=True):
            for window in windows:
                blocks = [(int(found.starts[window]), int(found.ends[window]))]
                if placement is not None:
                    blocks = genomic_blocks(placement, *blocks[0])
                first, last = blocks[0][0], blocks[-1][1]
                cells = (
                    escaped(mirna.name),
                    round(1000 * float(scores[window])),
                    strand,
                    first,
                    last,
                    _BLUE,
                    len(blocks),
                    "".join(f"{end - start}," for start, end in blocks),
                    "".join(f"{start - first}," for start, _ in blocks),
                )
                self._lines.append((chromosome, first, last, "\t".join(map(str, cells))))

    def write(self, stream: TextIO) -> None:
        """Write all sites; none give an empty file, which is valid BED."""
        for line in sorted(self._lines):
            stream.write("\t".join(map(str, line)) + "\n")


class _GeneScores:
    """What the targets of one gene add up to, for every miRNA; 24 bytes each."""

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
    """Sums scores up by gene, for every miRNA.

    Parameters
    ----------
    mirnas : sequence of Reference
        All of them.
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
        if found.first == 0:  # the miRNAs of a long target come in groups
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

        ``target_id site_start site_end score`` tell of the best window on any target of the gene.
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
