"""The settings of mirtools-run."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError

PROFILES = ("laptop", "slurm", "container")
ENGINES = ("apptainer", "docker", "podman")


@dataclass(frozen=True)
class WorkflowSettings(settings.Settings):
    """What a workflow reads, where it runs, and its rules; see the options of ``mirtools-run``.

    Attributes
    ----------
    sheet : str
        Sample sheet with files of reads, see :func:`mirtools.experiments.libraries.read_libraries`.
    mirnas, transcripts : str
        FASTA files.
    output : str
        Folder of results.
    gtf, regions, genes : str, optional
        Annotation of the transcripts, as for chimera-parse.
    profile : str
        ``laptop``, ``slurm``, ``container``, or the folder of a profile of Snakemake.
    partition, account : str, optional
        Of SLURM.
    image : str, optional
        Container image, for the profile ``container``.
    engine : {"apptainer", "docker", "podman"}
        What runs the image.
    jobs : int, optional
        Most jobs at the same time; by default that of the profile.
    cores : int
        Processor cores of each job.
    memory : int
        Memory of the larger jobs, in MB; doubled and tripled if a job is repeated.
    runtime : int
        Minutes that a job of SLURM may take.
    read_shards, row_shards : int
        Jobs per sample for reads, and jobs for scores.
    contrast : sequence of (str, str)
        Conditions to compare; by default all others with the first of the sheet.
    relative : str, optional
        ``mirna`` or ``gene``, see sites-compare.
    min_reads, max_gap, min_replicates : int
        As for chimera-parse and sites-merge.
    top_mirnas : int
        miRNAs with most reads, for which genes are predicted.
    model : str, optional
        Of dmiso-predict.
    snakemake : str, optional
        Further options of Snakemake, as one text.
    dry_run : bool
        Whether jobs are listed only.
    """

    sheet: str = settings.path()
    mirnas: str = settings.path()
    transcripts: str = settings.path()
    output: str = settings.path()
    gtf: str | None = settings.optional_path()
    regions: str | None = settings.optional_path()
    genes: str | None = settings.optional_path()
    profile: str = "laptop"
    partition: str | None = None
    account: str | None = None
    image: str | None = None
    engine: str = settings.choice(*ENGINES)
    jobs: int | None = settings.optional_whole()
    cores: int = settings.whole(1)
    memory: int = settings.whole(8000, 100)
    runtime: int = settings.whole(720)
    read_shards: int = settings.whole(1, most=10_000)
    row_shards: int = settings.whole(1, most=10_000)
    contrast: tuple[tuple[str, str], ...] = ()
    relative: str | None = None
    min_reads: int = settings.whole(10)
    max_gap: int = settings.whole(4, 0)
    min_replicates: int = settings.whole(1)
    top_mirnas: int = settings.whole(10)
    model: str | None = None
    snakemake: str | None = None
    dry_run: bool = False

    def check(self) -> None:  # noqa: D102
        if self.gtf is not None and self.regions is not None:
            raise UsageError("--gtf and --regions both give the regions; give one of them")
        if (self.profile == "container") != (self.image is not None):
            raise UsageError("--profile container and --image IMAGE need each other; give both")
        if self.relative not in (None, "mirna", "gene"):
            raise UsageError("--relative is mirna or gene")
