"""Explainers of the DMISO model, which reads two sequences and has no pairing matrix.

=========  ========================================================================================================
masking    a site x miRNA matrix: the joint effect of two bases, from masking them (approximate; no background)
deep       DeepSHAP: the value of each base of the miRNA and of the site; the matrix is that of ``masking``
=========  ========================================================================================================
"""

from __future__ import annotations

import math

import numpy as np

from mirtools.attribution.backgrounds import Background
from mirtools.attribution.dmiso.occlusion import PairMasking
from mirtools.attribution.dmiso.rescale import DmisoShap
from mirtools.attribution.explained import Explained, Explainer, within
from mirtools.attribution.mutagenesis import AnyFamilyExplainers
from mirtools.io.encoding import N_CODE
from mirtools.models.arrays import Codes, Floats
from mirtools.models.base import Model
from mirtools.models.encoder import Encoder


class DmisoExplainer(Explainer):
    """Explains scores of a DMISO model.

    Sequences are cropped around their centre as for the model (30 and 60 nt). The variant with abundances is
    explained at average abundance. Matrices are those of masking for both kinds; with ``deep`` the values of bases
    and the expectation add up to the score, except for rounding.

    Parameters
    ----------
    encoder : Encoder
    masking : PairMasking
    deep : DmisoShap, optional
        If given, the kind is ``deep``.
    background : Background, optional
        The pairs that ``deep`` is relative to.
    """

    approximate = True

    def __init__(
        self, encoder: Encoder, masking: PairMasking, deep: DmisoShap | None, background: Background | None
    ) -> None:
        super().__init__("masking" if deep is None else "deep", encoder, background)
        self.additive = deep is not None
        self._masking, self._deep = masking, deep

    @property
    def expectation(self) -> float:
        """The background's mean score; NaN for ``masking``."""
        return math.nan if self._deep is None else self._deep.expectation

    def explain_codes(self, mirnas: Codes, sites: Codes) -> Explained:
        """Explain pairs given as codes, shapes ``(n, 30)`` and ``(n, 60)``; ``values`` are ``(n, 60, 30)``."""
        masked = self._masking.explain(mirnas, sites)
        beyond = np.zeros(len(mirnas), np.float32)
        if self._deep is None:
            return Explained(masked.values, masked.scores, math.nan, beyond, approximate=self.approximate)
        found = self._deep.explain(mirnas, sites)
        mirna, beyond_mirna = _split(found.mirna, mirnas)
        site, beyond_site = _split(found.site, sites)
        beyond += beyond_mirna + beyond_site
        return Explained(
            masked.values,
            found.scores,
            self.expectation,
            beyond,
            mirna=mirna,
            site=site,
            approximate=self.approximate,
        )


def _split(values: Floats, codes: Codes) -> tuple[Floats, Floats]:
    """Return the values before the ends of sequences, 0 after them, and each sequence's sum after its end."""
    inside = within(codes, N_CODE)
    beyond = np.where(inside, 0, values).sum(axis=1, dtype=np.float64)
    return np.where(inside, values, np.float32(0)), beyond.astype(np.float32)


class DmisoExplainers(AnyFamilyExplainers):
    """The explainers of DMISO models."""

    kinds: tuple[str, ...] = ("deep", "masking")

    def make(self, model: Model, kind: str, background: Background | None, samples: int, seed: int) -> Explainer:
        """Return an explainer; ``deep`` needs a background, samples and seed are not used."""
        encoder, masking = model.encoder, PairMasking(model.weights)
        if kind == "masking" or background is None:
            return DmisoExplainer(encoder, masking, None, None)
        codes = encoder.mirnas(background.mirnas), encoder.sites(background.sites)
        deep = DmisoShap(model.weights, *codes, background.weights)
        return DmisoExplainer(encoder, masking, deep, background)
