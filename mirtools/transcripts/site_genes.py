"""The gene, the region and the place on the genome of each site, as cells of the interaction table."""

from __future__ import annotations

from collections.abc import Sequence

from mirtools.io.tables import GENOME_COLUMNS, MISSING
from mirtools.transcripts.annotation import Annotation
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.genes import Genes
from mirtools.transcripts.gtf import genomic_blocks

_UNKNOWN_GENE = Gene(MISSING, MISSING)


class SiteGenes:
    """Finds what annotations know about sites.

    Parameters
    ----------
    names, headers : sequence of str
        Identifier and whole header of each transcript.
    annotation : Annotation, optional
        Regions of the transcripts and their places on the genome, where they are known.
    genes : Genes, optional
        By default, only headers name genes.
    on_genome : bool
        Whether places on the genome are wanted.
    """

    def __init__(
        self,
        names: Sequence[str],
        headers: Sequence[str],
        annotation: Annotation | None = None,
        genes: Genes | None = None,
        on_genome: bool = False,
    ) -> None:
        self._names = names
        self._headers = headers
        self._annotation = annotation
        self._genes = genes or Genes()
        self._on_genome = on_genome
        self._known: dict[int, Gene] = {}

    def cells(self, target: int, start: int, end: int) -> list[str]:
        """Return the cells of a site, ``.`` for what is not known.

        Parameters
        ----------
        target : int
            Position of the transcript in its list.
        start, end : int
            The site on the transcript, 0-based and half-open.

        Returns
        -------
        list of str
            ``gene_id``, ``gene_name``, ``region`` by the midpoint of the site, and if places on the genome are
            wanted ``GENOME_COLUMNS``: from the first to the last base, including introns.
        """
        region = self._region(target, start, end)
        return [*self._gene(target), region, *(self._place(target, start, end) if self._on_genome else ())]

    def _gene(self, target: int) -> Gene:
        found = self._known.get(target)
        if found is None:
            name, header = self._names[target], self._headers[target]
            found = self._known[target] = self._genes.known(name, header) or _UNKNOWN_GENE
        return found

    def _region(self, target: int, start: int, end: int) -> str:
        if self._annotation is None:
            return MISSING
        region = self._annotation.region_of(self._names[target], start, end)
        return MISSING if region == "unknown" else region

    def _place(self, target: int, start: int, end: int) -> list[str]:
        name, annotation = self._names[target], self._annotation
        placement = None if annotation is None else annotation.placements.get(name)
        if annotation is None or placement is None or name in annotation.other_length:
            return [MISSING] * len(GENOME_COLUMNS)
        blocks = genomic_blocks(placement, start, end)
        return [placement.chromosome, str(blocks[0][0]), str(blocks[-1][1]), placement.strand]
