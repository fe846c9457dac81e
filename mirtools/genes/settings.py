"""The settings of genes-predict."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError

# Isoforms of a gene that count: that with the longest 3'UTR, or all with the same weight
LONGEST, MEAN = "longest", "mean"


@dataclass(frozen=True)
class GenesSettings(settings.Settings):
    """miRNAs, targets and what is known of them; see the options of ``genes-predict``.

    Attributes
    ----------
    mirnas : tuple of str
        FASTA files, sequences, or names in the database.
    targets : str
        FASTA file of transcripts or 3'UTRs.
    database : str, optional
        FASTA file of mature miRNAs, for names.
    regions, gtf : str, optional
        Table of coding sequences; GTF or GFF3 file. Targets of unknown regions are 3'UTRs.
    genes : str, optional
        Table of the genes of transcripts.
    observed : str, optional
        Table of sites-merge, whose sites are marked.
    variants : str, optional
        VCF file, whose effects on predictions are found; needs ``gtf``.
    variant_rows : {"effects", "all"}
        Whether only effects and alleles that cannot be predicted have rows, or everything.
    per_gene : bool
        Whether rows are genes.
    isoforms : str
        Which isoforms of a gene count, with ``per_gene``: "longest" for that with the longest 3'UTR, "mean" for
        all, or the file of a table of their weights.
    order : {"prediction", "input"}
        Order of the targets of a miRNA.
    """

    mirnas: tuple[str, ...] = settings.paths()
    targets: str = settings.path()
    database: str | None = settings.optional_path()
    regions: str | None = settings.optional_path()
    gtf: str | None = settings.optional_path()
    genes: str | None = settings.optional_path()
    observed: str | None = settings.optional_path()
    variants: str | None = settings.optional_path()
    variant_rows: str = settings.choice("effects", "all")
    per_gene: bool = False
    isoforms: str = settings.word_or_path(LONGEST)
    order: str = settings.choice("prediction", "input")

    def check(self) -> None:  # noqa: D102
        if self.regions is not None and self.gtf is not None:
            raise UsageError("--regions and --gtf both give the regions of transcripts; give one of them")
        if self.isoforms != LONGEST and not self.per_gene:
            raise UsageError("--isoforms joins transcripts to genes; add --per-gene")
        if self.variants is not None and self.gtf is None:
            raise UsageError("--variants needs --gtf, which has the exons of the --targets on the genome")
