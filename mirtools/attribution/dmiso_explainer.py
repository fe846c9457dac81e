"""Explainers of the DMISO model, which reads two sequences and sees no pairing matrix.

=========  ========================================================================================================
masking    a site x miRNA matrix: what two bases add together, from masking them (approximate; no background)
deep       DeepSHAP: what each base of the miRNA and of the site adds; the matrix is that of ``masking``
=========  ========================================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.backgrounds import Background
from mirtools.attribution.dmiso_masking import PairMasking
from mirtools.attribution.dmiso_rescale import DmisoShap
from mirtools.attribution.explainer import Explained
from mirtools.encoding import N_CODE, encode
from mirtools.errors import InputError, shorten
from mirtools.models.dmiso import MIRNA_LENGTH, SITE_LENGTH
from mirtools.models.folding import Floats
from mirtools.models.layers import Codes
from mirtools.models.modelfile import Model
from mirtools.models.parallel import in_order

KINDS = ("deep", "masking")


class DmisoExplainer:
    """Explains scores of a DMISO model; made by :func:`make_dmiso_explainer`.

    A pair's values do not depend on the pairs beside it, on their number or on threads. Sequences are cropped
    around their centre as the model crops them (30 and 60 nt). The variant with abundances is explained at average
    abundance.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    additive : bool
        Whether values of bases and expectation add up to the score, but for rounding: for ``deep``.
    background : Background or None
        The pairs that ``deep`` is relative to.
    threads : bool
        Several threads may explain at once.
    approximate : bool
        The matrices are those of masking for both kinds.
    """

    threads = True
    approximate = True

    def __init__(self, masking: PairMasking, deep: DmisoShap | None, background: Background | None) -> None:
        self.kind = "masking" if deep is None else "deep"
        self.additive = deep is not None
        self.background = background
        self._masking, self._deep = masking, deep

    @property
    def expectation(self) -> float:
        """The background's mean score; not a number for ``masking``."""
        return math.nan if self._deep is None else self._deep.expectation

    def codes(self, mirnas: Sequence[str], sites: Sequence[str]) -> tuple[Codes, Codes]:
        """Return sequences (5'->3') as the codes that the model sees."""
        return encode(mirnas, MIRNA_LENGTH), encode(sites, SITE_LENGTH)

    def explain(self, mirnas: Sequence[str], sites: Sequence[str]) -> Explained:
        """Explain pairs of sequences, 5'->3'."""
        return self.explain_codes(*self.codes(mirnas, sites))

    def explain_codes(self, mirnas: Codes, sites: Codes) -> Explained:
        """Explain pairs given as codes, shapes ``(n, 30)`` and ``(n, 60)``; ``values`` are ``(n, 60, 30)``."""
        masked = self._masking.explain(mirnas, sites)
        beyond = np.zeros(len(mirnas), np.float32)
        if self._deep is None:
            return Explained(masked.values, masked.scores, math.nan, beyond, approximate=self.approximate)
        found = self._deep.explain(mirnas, sites)
        mirna, behind_mirna = _split(found.mirna, mirnas)
        site, behind_site = _split(found.site, sites)
        beyond += behind_mirna + behind_site
        return Explained(
            masked.values,
            found.scores,
            self.expectation,
            beyond,
            mirna=mirna,
            site=site,
            approximate=self.approximate,
        )

    def explain_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Explained]:
        """Yield what :meth:`explain_codes` gives for every batch, in order; few batches wait in memory."""
        yield from in_order(lambda codes: self.explain_codes(*codes), batches, threads)


def _split(values: Floats, codes: Codes) -> tuple[Floats, Floats]:
    """Return the values before the ends of sequences, 0 behind them, and each sequence's sum behind its end."""
    known: NDArray[np.bool_] = codes != N_CODE
    inside = np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    behind = np.where(inside, 0, values).sum(axis=1, dtype=np.float64)
    return np.where(inside, values, np.float32(0)), behind.astype(np.float32)


def make_dmiso_explainer(model: Model, kind: str, background: Background | None = None) -> DmisoExplainer:
    """Return an explainer of a DMISO model.

    Parameters
    ----------
    model : Model
    kind : str
        One of :data:`KINDS`.
    background : Background
        ``deep`` needs one.

    Raises
    ------
    InputError
        For kinds that need a pairing matrix.
    """
    if kind not in KINDS:
        name = shorten(model.name, 40)
        raise InputError(f"model '{name}' sees no pairing matrix, which {kind} explains; use {' or '.join(KINDS)}")
    masking = PairMasking(model.weights)
    if kind == "masking":
        return DmisoExplainer(masking, None, None)
    if background is None:
        raise ValueError("an explainer of kind deep needs a background")
    codes = encode(background.mirnas, MIRNA_LENGTH), encode(background.sites, SITE_LENGTH)
    return DmisoExplainer(masking, DmisoShap(model.weights, *codes, background.weights), background)
