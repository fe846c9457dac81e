"""The settings of dmiso-predict, for pairs in a table and for all miRNAs on all targets."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError
from mirtools.models.base import BACKENDS

# Share of the background's windows that may reach the score of a window that a scan predicts
RARE = 0.001


@dataclass(frozen=True)
class PredictSettings(settings.Settings):
    """Which pairs are scored, and how; see the options of ``dmiso-predict``.

    Attributes
    ----------
    pairs : str
        Table with ``mirna_seq`` and ``site_seq``; ``-`` for standard input.
    format : {"table", "dmiso"}
    long_sites : {"windows", "centre", None}
        Score the best window of sites longer than a window (also None), or only their centre.
    shard : Share, optional
        The share of rows to score.
    model : str, optional
        Name of a bundled model, or a model file; by default the bundled one that validates best.
    threshold : float, optional
        A pair is predicted to interact if its score is larger; by default the model's.
    backend : {"numpy", "tensorflow"}
    window : int, optional
        Width of a window in nt; by default the site length of the model.
    stride : int
        Distance between the starts of windows, in nt.
    """

    pairs: str = settings.path()
    format: str = settings.choice("table", "dmiso")
    long_sites: str | None = settings.choice(None, "windows", "centre")
    shard: settings.Share | None = settings.optional_share()
    model: str | None = settings.optional_path()
    threshold: float | None = settings.optional_number(0, 1)
    backend: str = settings.choice(*BACKENDS)
    window: int | None = settings.optional_whole()
    stride: int = settings.whole(10)


@dataclass(frozen=True)
class ScanSettings(settings.Settings):
    """Which miRNAs are scored on which targets, and how; see the options of ``dmiso-predict``.

    Attributes
    ----------
    mirnas : tuple of str
        FASTA files, sequences, or names in the database.
    targets : str
        FASTA file.
    database : str, optional
        FASTA file of mature miRNAs, for names.
    best : bool
        Only the best window of a miRNA on a target.
    predicted : bool
        Only windows, and genes, that are predicted to interact.
    background : float, optional
        Predict only windows whose score is reached by at most this share of 10,000 windows, see :attr:`share`.
    sort : {"target", "score"}
        Order of the windows: by target, miRNA and position, or highest score first.
    gene_table : str, optional
        Table of targets and genes; by default genes are read from FASTA headers.
    regions, gtf : str, optional
        Table of coding sequences; GTF or GFF3 file, which also places sites on the genome. By default regions are
        read from GENCODE's FASTA headers.
    shard : Share, optional
        The share of targets to score.
    threshold : float, optional
        As of :class:`PredictSettings`; alone it makes scans predict as pairs are predicted.
    model, backend, window, stride
        As of :class:`PredictSettings`.
    """

    mirnas: tuple[str, ...] = settings.paths()
    targets: str = settings.path()
    database: str | None = settings.optional_path()
    best: bool = False
    predicted: bool = False
    background: float | None = settings.optional_number(0, 1)
    sort: str = settings.choice("target", "score")
    gene_table: str | None = settings.optional_path()
    regions: str | None = settings.optional_path()
    gtf: str | None = settings.optional_path()
    shard: settings.Share | None = settings.optional_share()
    model: str | None = settings.optional_path()
    threshold: float | None = settings.optional_number(0, 1)
    backend: str = settings.choice(*BACKENDS)
    window: int | None = settings.optional_whole()
    stride: int = settings.whole(10)

    @property
    def share(self) -> float | None:
        """The share of background windows that may reach the score of a call; None if only the threshold counts.

        A model's threshold suits pairs: on transcripts of hundreds of windows nearly all have one above it.
        """
        return RARE if self.background is None and self.threshold is None else self.background

    def check(self) -> None:  # noqa: D102
        if self.regions is not None and self.gtf is not None:
            raise UsageError("--regions and --gtf both give the regions of transcripts; give one of them")
        if self.sort == "score" and self.shard is not None:
            raise UsageError("--sort score needs all targets in one run; omit --shard")
