"""The settings of chimera-parse and chimera-check."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mirtools import settings
from mirtools.chimera.guides import GuideFile, parse_guides
from mirtools.chimera.samples import Sample, name_samples
from mirtools.chimera.umis import UmiLayout, parse_umis
from mirtools.errors import UsageError
from mirtools.io.streams import has_suffix


@dataclass(frozen=True)
class ParseSettings(settings.Settings):
    """Settings of reads, search and pairing; see the options of ``chimera-parse``.

    Attributes
    ----------
    reads : sequence of str
        FASTQ, FASTA or ``.hyb`` files; each is a sample.
    mirnas, transcripts : str
        FASTA files; ``transcripts`` may also be an index of chimera-index.
    guides : sequence of str
        FASTA files of further guides with their classes, as ``CLASS=FASTA``.
    gtf, regions : str, optional
        Annotation of the transcripts: GTF or GFF3, or a table of coding sequences; give at most one.
    genes : str, optional
        Table of the genes of transcripts.
    sample : sequence of str
        Names of the samples; by default the names of the files.
    adapter : sequence of str
        3' adapters to remove, DNA letters.
    umi_length : int or str
        Length of the UMI or barcode in nt, or a pattern; several separated by commas.
    umi_position : str
        Position of the UMI, or the positions of its parts: ``5p``, ``3p``, ``after-adapter``, ``name``.
    umi_errors : int
        Bases in which UMIs of one molecule may differ: 0 or 1.
    min_length : int
        Shortest read without adapter and UMI, in nt.
    collapsed : bool
        Whether read names contain the number of copies.
    quality_base : {"auto", "33", "64"}
        Scale of quality values.
    format : {"auto", "reads", "hyb"}
        Format of the files; ``auto`` depends on their names.
    shard : Share
        The share of the reads to use.
    engine : {"native", "blast"}
    evalue : float
        Largest e-value of a hit, in either reference.
    min_score : int
        Least score of a miRNA hit.
    max_gap : int
        Most bases between both parts, and most bases that they share.
    extend : int
        Number of bases by which the target part is extended at its 3' end.
    min_site : int
        Shortest extended site, in nt.
    top : int
        Number of pairs to keep per read.
    ties : bool
        Whether to keep the names of equally good miRNAs and transcripts.
    min_reads : int
        Distinct reads that a miRNA part needs, over all its targets.
    """

    reads: tuple[str, ...] = settings.paths()
    mirnas: str = settings.path()
    transcripts: str = settings.path()
    guides: tuple[str, ...] = settings.names()
    gtf: str | None = settings.optional_path()
    regions: str | None = settings.optional_path()
    genes: str | None = settings.optional_path()
    sample: tuple[str, ...] = settings.names()
    adapter: tuple[str, ...] = settings.sequences()
    umi_length: int | str = settings.umi_lengths()
    umi_position: str = settings.umi_positions()
    umi_errors: int = settings.whole(0, 0, 1)
    min_length: int = settings.whole(15)
    collapsed: bool = False
    quality_base: str = settings.choice("auto", "33", "64")
    format: str = settings.choice("auto", "reads", "hyb")
    shard: settings.Share = settings.share()
    engine: str = settings.choice("native", "blast")
    evalue: float = settings.number(0.1, 1e-300)
    min_score: int = settings.whole(16)
    max_gap: int = settings.whole(4, 0)
    extend: int = settings.whole(25, 0)
    min_site: int = settings.whole(30)
    top: int = settings.whole(1)
    ties: bool = False
    min_reads: int = settings.whole(10)

    def check(self) -> None:  # noqa: D102
        hyb = [self._is_hyb(path) for path in self.reads]
        if any(hyb) and (self.adapter or self.umis.given):
            raise UsageError("--adapter and UMI options would shift the coordinates of a .hyb file; omit them")
        if any(hyb) and not all(hyb):
            raise UsageError("READS are .hyb files and others; give files of one format at a time")
        if self.umis.after_adapter and not self.adapter:
            raise UsageError("--umi-position after-adapter needs --adapter, the sequence before the UMI")
        if self.umi_errors and not self.umis.given:
            raise UsageError("--umi-errors needs a UMI; give --umi-length or --umi-position")
        if self.umi_errors and self.shard.shares > 1:
            raise UsageError(
                "--umi-errors compares all reads of an insert, which --shard divides; omit one of both"
            )
        if self.gtf is not None and self.regions is not None:
            raise UsageError("--gtf and --regions both give the regions; give one of them")
        _ = self.guide_files  # classes that cannot be used are refused
        _ = self.samples  # invalid names are an error

    @property
    def known_hits(self) -> bool:
        """Whether the reads are ``.hyb`` files, which are not searched."""
        return self._is_hyb(self.reads[0])

    @cached_property
    def umis(self) -> UmiLayout:
        """The parts of the UMI."""
        return parse_umis(self.umi_length, self.umi_position)

    @cached_property
    def guide_files(self) -> list[GuideFile]:
        """The files of further guides, with their classes."""
        return list(map(parse_guides, self.guides))

    @cached_property
    def samples(self) -> list[Sample]:
        """The files with the names of their samples."""
        return name_samples(self.reads, self.sample)

    def _is_hyb(self, path: str) -> bool:
        return self.format == "hyb" or (self.format == "auto" and has_suffix(path, ".hyb"))


@dataclass(frozen=True)
class CheckSettings(settings.Settings):
    """Settings of chimera-check; see its options.

    Attributes
    ----------
    reads : sequence of str
        FASTQ or FASTA files; each is a sample.
    mirnas, transcripts : str
        FASTA files; ``transcripts`` may also be an index of chimera-index.
    sample, adapter, umi_length, umi_position
        As for :class:`ParseSettings`: what is to be checked.
    first : int
        Number of first reads of each file that are used.
    """

    reads: tuple[str, ...] = settings.paths()
    mirnas: str = settings.path()
    transcripts: str = settings.path()
    sample: tuple[str, ...] = settings.names()
    adapter: tuple[str, ...] = settings.sequences()
    umi_length: int | str = settings.umi_lengths()
    umi_position: str = settings.umi_positions()
    first: int = settings.whole(100_000)

    def check(self) -> None:  # noqa: D102
        _ = self.umis  # parts that do not fit together are an error
        _ = self.samples

    @cached_property
    def umis(self) -> UmiLayout:
        """The parts of the UMI."""
        return parse_umis(self.umi_length, self.umi_position)

    @cached_property
    def samples(self) -> list[Sample]:
        """The files with the names of their samples."""
        return name_samples(self.reads, self.sample)
