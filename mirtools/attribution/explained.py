"""Explanations, and the interface of explainers of all families.

=========  ========================================================================================================
deep       DeepSHAP (the rescale rule of DeepLIFT, averaged over background pairs) in NumPy and compiled kernels
shap       the same with shap.DeepExplainer; needs TensorFlow and shap
gradient   shap.GradientExplainer (expected gradients at random points); needs TensorFlow and shap
ism        in-silico mutagenesis: the decrease of the score if a base changes, and a matrix of its decrease if two
           bases cannot pair any more (on a pairing matrix) or are hidden together (all other families)
masking    DMISO's own: a matrix of the joint effects of two bases, from hiding them
=========  ========================================================================================================

(Gresova et al. 2022, 2.2.) :mod:`mirtools.attribution.choose` has the explainers of each family.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.backgrounds import Background
from mirtools.models.arrays import Codes, Floats
from mirtools.models.base import Model
from mirtools.models.encoder import Encoder

KINDS = ("deep", "shap", "gradient", "ism", "masking")
WITHOUT_BACKGROUND = ("ism", "masking")
SAMPLES = 200

# Scores of pairs given as codes, in double precision
Scores = Callable[[Codes, Codes], NDArray[np.float64]]


@dataclass(frozen=True)
class Explained:
    """Attributions of some pairs.

    Attributes
    ----------
    values : ndarray of shape (n, site length, miRNA length), float32
        The contribution of each cell to the score, channels summed up; both axes 5'->3'. Cells beyond the end of a
        sequence are 0. The lengths are those of the model; longer sequences are cropped by its encoder.
    scores : ndarray of shape (n,), float32
        The model's scores.
    expectation : float
        The mean score of the background, to which the values are relative; NaN for explainers without one.
    beyond : ndarray of shape (n,), float32
        Sum of the values of cells beyond the ends: that no base can pair there contributes to a score, too.
    channels : ndarray of shape (n, site length, miRNA length, channels), float32, optional
        The values of each channel of a pairing rule.
    mirna, site : ndarray of shape (n, miRNA length) and (n, site length), float32, optional
        The contribution of each base to the score, from explainers of bases. If such an explainer is additive,
        these add up to the score, and ``values`` do not.
    approximate : bool
        Whether ``values`` only approximate the contributions of pairs, see :attr:`Explainer.approximate`.
    """

    values: Floats
    scores: Floats
    expectation: float
    beyond: Floats
    channels: Floats | None = None
    mirna: Floats | None = None
    site: Floats | None = None
    approximate: bool = False

    @property
    def gaps(self) -> NDArray[np.float64]:
        """The difference between score and sum of values and expectation, for each pair, shape ``(n,)``."""
        sums = self.values.sum(axis=(1, 2), dtype=np.float64)
        if self.mirna is not None and self.site is not None:
            sums = self.mirna.sum(axis=1, dtype=np.float64) + self.site.sum(axis=1, dtype=np.float64)
        sums += self.beyond
        gaps: NDArray[np.float64] = np.abs(sums + self.expectation - self.scores)
        return gaps


class Explainer(ABC):
    """Explains the scores of a model; made by :func:`mirtools.attribution.choose.make_explainer`.

    A pair's values depend neither on other pairs nor on their number nor on threads.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    encoder : Encoder
        The encoder of the model.
    background : Background or None
        The pairs to which the values are relative; None for explainers without them.

    Attributes
    ----------
    kind, background
    additive : bool
        Whether values and expectation add up to the score, except for rounding.
    approximate : bool
        Whether matrices only approximate the contributions of pairs of bases: for models without a pairing matrix,
        and for in-silico mutagenesis.
    """

    additive = False
    approximate = False

    def __init__(self, kind: str, encoder: Encoder, background: Background | None = None) -> None:
        self.kind = kind
        self.background = background
        self._encoder = encoder

    @property
    @abstractmethod
    def expectation(self) -> float:
        """See :class:`Explained`."""

    @property
    def threads(self) -> bool:
        """Whether several threads may explain at once."""
        return True

    def codes(self, mirnas: Sequence[str], sites: Sequence[str]) -> tuple[Codes, Codes]:
        """Return the codes of sequences (5'->3')."""
        return self._encoder.mirnas(mirnas), self._encoder.sites(sites)

    def explain(self, mirnas: Sequence[str], sites: Sequence[str]) -> Explained:
        """Explain pairs of sequences, 5'->3'."""
        return self.explain_codes(*self.codes(mirnas, sites))

    @abstractmethod
    def explain_codes(self, mirnas: Codes, sites: Codes) -> Explained:
        """Explain pairs given as codes, shapes ``(n, miRNA length)`` and ``(n, site length)``.

        Unknown letters at the 3' end of a sequence count as positions beyond the end.
        """


class FamilyExplainers(Protocol):
    """The explainers of one family of models.

    Attributes
    ----------
    kinds : tuple of str
        The :data:`KINDS` that it has.
    """

    kinds: tuple[str, ...]

    def make(self, model: Model, kind: str, background: Background | None, samples: int, seed: int) -> Explainer:
        """Return an explainer; parameters as of :func:`mirtools.attribution.choose.make_explainer`."""

    def scores(self, model: Model) -> Scores:
        """Return the scorer of mutants for in-silico mutagenesis."""


def within(codes: Codes, unknown: int) -> NDArray[np.bool_]:
    """Return which positions are before the end of their sequence, shape of ``codes``.

    Parameters
    ----------
    codes : ndarray of shape (n, length)
    unknown : int
        The code of padding.
    """
    known = codes != unknown
    inside: NDArray[np.bool_] = np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    return inside
