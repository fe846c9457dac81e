"""The settings of sites-merge."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError
from mirtools.sites.guides import GUIDES

MULTI = ("em", "first", "unique")


@dataclass(frozen=True)
class MergeSettings(settings.Settings):
    """Which tables are merged, and by which rules; see the options of ``sites-merge``.

    Attributes
    ----------
    tables : sequence of str
        Interaction tables of samples, shards or both.
    sample : sequence of str
        The sample of all tables, or of each, if their columns name none.
    samples : str, optional
        Sample sheet.
    by : {"mirna", "family", "seed", "form"}
    families : str, optional
        Table of miRNAs and their families.
    multi : {"em", "first", "unique"}
        What becomes of reads that fit several sites equally well: shared by expectation-maximisation, all to the
        place that chimera-parse chose, or left out.
    transcripts, gtf, regions, genes : str, optional
        What tells bases, places on the genome, regions and genes.
    read_report : sequence of str
        Read reports of chimera-parse: alignments are then those of reads, else of pairs.
    min_reads : int
        Reads that a site needs, over all samples.
    min_replicates : int
        Replicates of one condition that must have the site; samples, if no sheet gives conditions.
    max_q : float
        Largest q-value of a site.
    """

    tables: tuple[str, ...] = settings.paths()
    sample: tuple[str, ...] = settings.names()
    samples: str | None = settings.optional_path()
    by: str = settings.choice(*GUIDES)
    families: str | None = settings.optional_path()
    multi: str = settings.choice(*MULTI)
    transcripts: str | None = settings.optional_path()
    gtf: str | None = settings.optional_path()
    regions: str | None = settings.optional_path()
    genes: str | None = settings.optional_path()
    read_report: tuple[str, ...] = settings.names()
    min_reads: int = settings.whole(1)
    min_replicates: int = settings.whole(1)
    max_q: float = settings.number(1.0, 0, 1)

    def check(self) -> None:  # noqa: D102
        if self.families is not None and self.by != "family":
            raise UsageError("--families needs --by family")
        if self.gtf is not None and self.regions is not None:
            raise UsageError("--gtf and --regions both tell regions; give one of them")
        if self.regions is not None and self.transcripts is None:
            raise UsageError("--regions needs --transcripts, to check the regions against their lengths")
