"""The settings of attrib-align."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.attribution.explained import KINDS, WITHOUT_BACKGROUND
from mirtools.errors import UsageError

_COMPUTED = ("model", "explainer", "background", "background_pairs")  # fields for computed attributions


@dataclass(frozen=True)
class AlignSettings(settings.Settings):
    """Which pairs are explained and aligned, and how; see the options of ``attrib-align``.

    Attributes
    ----------
    pairs : str
        Table with ``mirna_seq`` and ``site_seq``; ``-`` for standard input.
    format : {"table", "dmiso"}
    shard : Share, optional
        The share of rows to align.
    matrix : str, optional
        NumPy file of attributions; without it they are computed.
    model : str, optional
        Name of a bundled model, or a model file; by default the best bundled one on pairing matrices.
    explainer : {"deep", "shap", "gradient", "ism", "masking", None}
        None is ``deep``.
    background : int, optional
        Number of background pairs to which attributions are relative; by default 100.
    background_pairs : str, optional
        Table of background pairs.
    importance : {"alignment", "bases"}
        Importances are scores of the alignment, or the explainer's importances of bases.
    mutations : str, optional
        Table of mutations whose effects are the importances.
    gap_percentiles : (float, float)
        Percentiles for the costs of opening and extending a gap.
    gap_scale : {"rows", "cells"}
        Percentiles of row sums or of cells.
    mode : {"affine", "published"}
    wobble : bool
        G and U pair, too; by default as in the model.
    pairing : str, optional
        Table of letters that pair.
    scale : {"none", "largest"}
    seed : int
    """

    pairs: str = settings.path()
    format: str = settings.choice("table", "dmiso")
    shard: settings.Share | None = settings.optional_share()
    matrix: str | None = settings.optional_path()
    model: str | None = settings.optional_path()
    explainer: str | None = settings.choice(None, *KINDS)
    background: int | None = settings.optional_whole()
    background_pairs: str | None = settings.optional_path()
    importance: str = settings.choice("alignment", "bases")
    mutations: str | None = settings.optional_path()
    gap_percentiles: tuple[float, float] = settings.numbers((99.0, 90.0), 0, 100)
    gap_scale: str = settings.choice("rows", "cells")
    mode: str = settings.choice("affine", "published")
    wobble: bool = False
    pairing: str | None = settings.optional_path()
    scale: str = settings.choice("none", "largest")
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        for name in ("mutations", "background_pairs"):
            if getattr(self, name) == self.pairs == "-":
                option = settings.option_of(name)
                raise UsageError(f"{option} and the pairs cannot both be standard input; give a file for one")
        if self.gap_percentiles[0] < self.gap_percentiles[1]:
            raise UsageError(
                "argument --gap-percentiles: opening a gap must cost at least as much as extending it"
            )
        given = [name for name in _COMPUTED if getattr(self, name) is not None]
        if self.matrix is not None and given:
            raise UsageError(f"--matrix gives the attributions; omit {settings.option_of(given[0])}")
        if self.matrix is not None and self.importance != "alignment":
            raise UsageError("--importance bases needs an explainer; omit --matrix")
        if self.mutations is not None and (self.explainer != "ism" or self.importance != "alignment"):
            raise UsageError("--mutations needs --explainer ism, and excludes --importance bases")
        if self.explainer in WITHOUT_BACKGROUND and (self.background, self.background_pairs) != (None, None):
            raise UsageError(
                f"--explainer {self.explainer} needs no background; omit --background and --background-pairs"
            )
