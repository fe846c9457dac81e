"""The settings of chimera-simulate and peak-simulate."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError
from mirtools.simulation.transcripts import Planting, check_planting

_READS = 10_000


@dataclass(frozen=True)
class LibrarySettings(settings.Settings):
    """Settings of a simulated library; see the options of ``chimera-simulate``. All shares are 0..1.

    Attributes
    ----------
    reads, pairs : int, optional
        Number of reads (by default 10,000), or of pairs of a miRNA variant and a site; give one of them.
    read_length : int
        Cycles.
    insert_length : int, optional
        Longest insert, in nt. By default inserts fit the reads; if reads are too short for chimeras, inserts have
        up to 75 nt, and reads end within them.
    adapter : str
        3' adapter, DNA letters, or ``none``.
    umi_length : int
    error_rate : float
        Share of wrong bases.
    qualities : {"varied", "flat", "binned"}
    order : float
        Share of chimeras with the miRNA first.
    isomirs : float
        Share of pairs with an isomiR.
    overlaps, linkers : float
        Shares of junctions with bases that belong to both parts, and with bases between the parts.
    seed_sites : float
        Share of pairs for which a site with a seed match is searched.
    skew : float
        Abundance of the miRNA of rank r is r^-skew.
    low_quality : float
        Share of isomiRs with low quality at a changed base in all reads.
    decoys, duplicates : float
        Shares of reads that must give no pair, and of reads that are PCR copies.
    sites : int, optional
        Number of planted sites, which are the same in every sample of an experiment.
    chance : float
        Share of chimeras that are ligated by chance: a miRNA by its abundance, and a random place of a transcript
        by that of the transcript.
    samples : str, optional
        Sample sheet of the experiment.
    sample : str, optional
        Name of the sample to simulate.
    changed : float
        Share of planted sites that change in each condition except the first.
    fold : float
        By how much they change, half of them up and half down.
    dispersion : float
        Dispersion of the reads of a site between replicates (negative binomial).
    seed : int
    """

    reads: int | None = settings.optional_whole()
    pairs: int | None = settings.optional_whole()
    read_length: int = settings.whole(75)
    insert_length: int | None = settings.optional_whole()
    adapter: str = settings.sequence("TGGAATTCTCGGGTGCCAAGG")
    umi_length: int = settings.whole(0, 0)
    error_rate: float = settings.number(0.002, 0, 0.05)
    qualities: str = settings.choice("varied", "flat", "binned")
    order: float = settings.number(0.85, 0, 1)
    isomirs: float = settings.number(0.5, 0, 1)
    overlaps: float = settings.number(0.42, 0, 1)
    linkers: float = settings.number(0.23, 0, 1)
    seed_sites: float = settings.number(1.0, 0, 1)
    skew: float = settings.number(1.0, 0, 5)
    low_quality: float = settings.number(0.1, 0, 1)
    decoys: float = settings.number(0.3, 0, 1)
    duplicates: float = settings.number(0.15, 0, 1)
    sites: int | None = settings.optional_whole(0)
    chance: float = settings.number(0.3, 0, 1)
    samples: str | None = settings.optional_path()
    sample: str | None = None
    changed: float = settings.number(0.2, 0, 1)
    fold: float = settings.number(2.0, 1, 1000)
    dispersion: float = settings.number(0.05, 0, 10)
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        if self.reads is not None and self.pairs is not None:
            raise UsageError("--reads and --pairs both set the size of the library; give one of them")
        if self.decoys + self.duplicates >= 1:
            raise UsageError(
                "--decoys and --duplicates leave no room for chimeras; give shares that sum to less than 1"
            )
        if self.overlaps + self.linkers > 1:
            raise UsageError("--overlaps and --linkers sum to more than 1; give smaller shares")
        if (self.samples is None) != (self.sample is None):
            raise UsageError("--samples and --sample need each other: the sheet, and the sample to simulate")
        if self.samples is not None and self.sites is None:
            raise UsageError("--samples needs --sites, the number of sites that the samples share")
        if self.sites is not None and self.pairs is not None:
            raise UsageError("--sites plants pairs, so --pairs cannot be given; use --reads")

    @property
    def all_reads(self) -> int | None:
        """Number of reads; None if the number of pairs is given."""
        return None if self.pairs is not None else self.reads or _READS


@dataclass(frozen=True)
class TranscriptSettings(settings.Settings):
    """Settings of simulated transcripts with known sites; see the options of ``peak-simulate``.

    Attributes
    ----------
    plant_seeds, stitch : str, optional
        FASTA of miRNAs whose seeds are planted, or a labelled table of pairs whose sites are stitched together;
        give one of them.
    copies : int
        Transcripts for each miRNA, or for each miRNA and distance.
    distances : sequence of int
        From the start of one seed to that of the other, in nt; 0 for a single one.
    length : int
        Length of a transcript with planted seeds, in nt.
    first_base, seed_bases : int
        1-based miRNA base at which the planted part begins, and the length of that part.
    top_mirnas : int
        How many miRNAs to use: those with the most positive sites.
    positives, negatives : int
        Positive and negative sites of a stitched transcript.
    seed : int
    """

    plant_seeds: str | None = settings.optional_path()
    stitch: str | None = settings.optional_path()
    copies: int = settings.whole(1)
    distances: tuple[int, ...] = settings.wholes((15, 20, 25, 30, 35, 40, 45, 50), 0)
    length: int = settings.whole(500)
    first_base: int = settings.whole(2)
    seed_bases: int = settings.whole(10)
    top_mirnas: int = settings.whole(1)
    positives: int = settings.whole(3)
    negatives: int = settings.whole(6, 0)
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        if (self.plant_seeds is None) == (self.stitch is None):
            raise UsageError("give either --plant-seeds or --stitch")
        if self.plant_seeds is not None:
            try:
                check_planting(self.planting)
            except ValueError as error:
                raise UsageError(f"{error}; choose other --distances, --seed-bases or --length") from error

    @property
    def planting(self) -> Planting:
        """The settings of planted seeds."""
        return Planting(self.distances, self.copies, self.length, self.first_base, self.seed_bases)
