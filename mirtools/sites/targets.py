"""What is known of the targets of a table: genes, regions, bases, and places on the genome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mirtools.io.sequences import Reference, read_references
from mirtools.io.tables import MISSING
from mirtools.transcripts.annotation import Annotation, read_annotation_if_any
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.genes import Genes, read_genes
from mirtools.transcripts.gtf import Placement, read_placements, regions_of_placements
from mirtools.transcripts.names import match_names
from mirtools.transcripts.regions import Transcript, transcripts_of

UNKNOWN_GENE = Gene(MISSING, MISSING)


class Targets:
    """What is known of the targets of a table, by their names there.

    Parameters
    ----------
    references : mapping of str to Reference
        Sequences and headers, where they are known.
    annotation : Annotation, optional
        Regions and places on the genome.
    genes : Genes, optional
        What tells genes beside headers.
    """

    def __init__(
        self, references: Mapping[str, Reference], annotation: Annotation | None = None, genes: Genes | None = None
    ) -> None:
        self._references = references
        self._annotation = annotation
        self._genes = genes or Genes()
        self._known: dict[str, Gene] = {}

    @property
    def on_genome(self) -> bool:
        """Whether any target has a place on the genome."""
        return self._annotation is not None and bool(self._annotation.placements)

    def gene(self, name: str) -> Gene:
        """Return the gene of a target; ``.`` twice if nothing tells it."""
        if name not in self._known:
            found = self._genes.of(self._references.get(name) or Reference(name, name, ""))
            self._known[name] = UNKNOWN_GENE if found == Gene(name, MISSING) else found
        return self._known[name]

    def region(self, name: str, start: int, end: int) -> str:
        """Return the region of a part of a target, or ``.`` if no annotation is given."""
        return MISSING if self._annotation is None else self._annotation.region_of(name, start, end)

    def placement(self, name: str) -> Placement | None:
        """Return where a target lies on the genome, if its exons are as long as its sequence."""
        if self._annotation is None or name in self._annotation.other_length:
            return None
        return self._annotation.placements.get(name)

    def length(self, name: str) -> int | None:
        """Return the length of a target in nt, or ``None`` if its sequence is not known."""
        reference = self._references.get(name)
        return None if reference is None else len(reference.sequence)

    def bases(self, name: str, start: int, end: int) -> str | None:
        """Return the bases of a part of a target, or ``None`` if its sequence is not known."""
        reference = self._references.get(name)
        return reference.sequence[start:end] if reference is not None else None


def read_targets(
    names: Sequence[str],
    transcripts: str | None = None,
    gtf: str | None = None,
    regions: str | None = None,
    genes: str | None = None,
) -> Targets:
    """Read what files tell of the targets of a table.

    Without FASTA file the lengths of transcripts are those of their exons in the GTF file.

    Parameters
    ----------
    names : sequence of str
        Targets in the table.
    transcripts : str, optional
        FASTA file.
    gtf, regions, genes : str, optional
        GTF or GFF3 file; tables of coding sequences and of genes.

    Raises
    ------
    InputError
        For files that cannot be used, and an annotation that describes none of the targets.
    """
    table = Genes(None if genes is None else read_genes(genes))
    references: dict[str, Reference] = {}
    if transcripts is not None:
        references = match_names(names, {each.name: each for each in read_references(transcripts)})
        listed = [each._replace(name=name) for name, each in references.items()]
        known = transcripts_of(listed)
        return Targets(
            references, read_annotation_if_any(known, transcripts, gtf, regions) if known else None, table
        )
    if gtf is None:
        return Targets({}, None, table)
    placed = read_placements(gtf, [Transcript(name, name, 0) for name in names])
    lengths = {name: found.length for name, found in placed.items()}
    known = [Transcript(name, name, length) for name, length in lengths.items()]
    found, other_length = regions_of_placements(placed, known, gtf)
    return Targets({}, Annotation(found, placed, other_length), table)
