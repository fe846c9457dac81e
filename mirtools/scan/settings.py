"""The settings of peak-narrow and peak-evaluate."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError
from mirtools.prediction.settings import RARE

# The paper's definition of windows that are explained, and their distance
PAPER_THRESHOLD, PAPER_STRIDE = 0.5, 1
_RARE_STRIDE = 2  # measured in docs/peaks.md: the same peaks for half of the work


@dataclass(frozen=True)
class NarrowSettings(settings.Settings):
    """miRNAs, targets, and the definition of peaks; see the options of ``peak-narrow``.

    Attributes
    ----------
    mirnas : tuple of str
        FASTA files, sequences, or names in the database.
    targets : str
        FASTA file.
    database : str, optional
        FASTA file of mature miRNAs, for names.
    pairs : str, optional
        Table of the pairs of ``mirna_id`` and ``target_id`` to scan; by default all pairs.
    shard : Share, optional
        The share of the targets to scan.
    model : str, optional
        Name of a bundled model, or a model file; by default the best bundled one with a pairing matrix as input.
    rare : float, optional
        Explain only around windows whose score at most this share of 10,000 windows reaches, see :attr:`share`.
    threshold : float, optional
        Windows with scores above it are explained, 0.5 by default; alone it makes rare windows not count.
    explain_stride : int, optional
        Distance of the windows that are explained, in nt, see :attr:`stride`; all windows are scored.
    explainer : {"deep", "shap", "gradient", "ism", "masking"}
    background : int
        Number of background pairs, relative to which attributions are computed.
    background_pairs : str, optional
        Table from which they are drawn.
    smooth : int
        Half width of the triangle with which attributions are smoothed, in nt.
    min_height, min_prominence : float
        Smallest height and prominence of a peak of the smoothed attributions; prominence as a share of the height.
    min_distance : int
        Smallest distance of two peaks, in nt.
    gap_percentiles : (float, float)
        Costs of opening and extending a gap, as percentiles.
    gap_scale : {"rows", "cells"}
        Values of which the percentiles are taken.
    seed : int
    """

    mirnas: tuple[str, ...] = settings.paths()
    targets: str = settings.path()
    database: str | None = settings.optional_path()
    pairs: str | None = settings.optional_path()
    shard: settings.Share | None = settings.optional_share()
    model: str | None = settings.optional_path()
    rare: float | None = settings.optional_number(0, 1)
    threshold: float | None = settings.optional_number(0, 1)
    explain_stride: int | None = settings.optional_whole()
    explainer: str = settings.choice("deep", "shap", "gradient", "ism", "masking")
    background: int = settings.whole(20)
    background_pairs: str | None = settings.optional_path()
    smooth: int = settings.whole(5)
    min_height: float = settings.number(0.01, 0)
    min_prominence: float = settings.number(0.2, 0, 1)
    min_distance: int = settings.whole(8)
    gap_percentiles: tuple[float, float] = settings.numbers((99.0, 90.0), 0, 100)
    gap_scale: str = settings.choice("rows", "cells")
    seed: int = settings.whole(1, 0)

    @property
    def share(self) -> float | None:
        """The share of background windows that may reach a rare score; None if only the threshold counts."""
        return RARE if self.rare is None and self.threshold is None else self.rare

    @property
    def least(self) -> float:
        """The score above which windows are explained."""
        return PAPER_THRESHOLD if self.threshold is None else self.threshold

    @property
    def stride(self) -> int:
        """The distance of explained windows, in nt: by default 2 around rare windows, else 1."""
        if self.explain_stride is not None:
            return self.explain_stride
        return PAPER_STRIDE if self.share is None else _RARE_STRIDE

    def check(self) -> None:  # noqa: D102
        opening, extension = self.gap_percentiles
        if extension > opening:
            raise UsageError(
                "argument --gap-percentiles: opening a gap must cost at least as much as extending it"
            )


@dataclass(frozen=True)
class PeakEvaluationSettings(settings.Settings):
    """Peaks and known sites; see the options of ``peak-evaluate``.

    Attributes
    ----------
    peaks : str
        Table of peak-narrow.
    truth : str
        BED file of known sites.
    targets : str, optional
        FASTA file of the scanned targets, to relate false peaks to their length.
    max_distance : int
        Largest distance of a summit from its site, in nt.
    """

    peaks: str = settings.path()
    truth: str = settings.path()
    targets: str | None = settings.optional_path()
    max_distance: int = settings.whole(0, 0)
