"""What every explainer offers, and the choice among them.

=========  ========================================================================================================
deep       DeepSHAP (the rescale rule of DeepLIFT against background pairs, averaged) in NumPy and compiled kernels
shap       the same by shap.DeepExplainer; needs TensorFlow and shap
gradient   shap.GradientExplainer (expected gradients of drawn points); needs TensorFlow and shap
ism        in-silico mutagenesis: how much the score falls when a base changes; its matrix tells how much it falls
           when two bases may no longer pair
=========  ========================================================================================================

(Gresova et al. 2022, 2.2.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.backgrounds import Background
from mirtools.errors import InputError, UsageError
from mirtools.models.cost import cost_of
from mirtools.models.modelfile import Model
from mirtools.models.network import Network
from mirtools.models.pairing import Codes, Floats, PairingRule
from mirtools.models.parallel import in_order

KINDS = ("deep", "shap", "gradient", "ism")
SAMPLES = 200
_MOST_KEPT = 1 << 29  # numbers of all background pairs together


@dataclass(frozen=True)
class Explained:
    """Attributions of some pairs.

    Attributes
    ----------
    values : ndarray of shape (n, site length, miRNA length), float32
        What each cell adds to the score, channels summed up; both axes 5'->3'. Cells beyond the end of a sequence
        are 0. The site length is the model's: a longer site is explained as the model saw it, cropped around its
        centre, and a longer miRNA without its 3' end.
    scores : ndarray of shape (n,), float32
        The model's scores.
    expectation : float
        The mean score of the background, which the values are relative to; not a number for explainers without.
    beyond : ndarray of shape (n,), float32
        What the cells beyond the ends had in all: that nothing can pair there adds to a score as well.
    channels : ndarray of shape (n, site length, miRNA length, channels), float32, optional
        The values of each channel of the pairing rule, where asked for.
    mirna, site : ndarray of shape (n, miRNA length) and (n, site length), float32, optional
        What each base adds to the score, from explainers that know bases: where an explainer is additive, these,
        not ``values``, then add up to the score.
    approximate : bool
        Whether ``values`` only approximate what pairs of bases add, see :mod:`mirtools.attribution.dmiso_masking`
        and :mod:`mirtools.attribution.mutations`.
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
        """How far values and expectation are from adding up to the score, for each pair, shape ``(n,)``."""
        sums = self.values.sum(axis=(1, 2), dtype=np.float64)
        if self.mirna is not None and self.site is not None:
            sums = self.mirna.sum(axis=1, dtype=np.float64) + self.site.sum(axis=1, dtype=np.float64)
        sums += self.beyond
        gaps: NDArray[np.float64] = np.abs(sums + self.expectation - self.scores)
        return gaps


class Method(Protocol):
    """What an explainer computes with; see the modules of this room.

    Attributes
    ----------
    expectation : float
        See :class:`Explained`.
    threads : bool
        Whether several threads may explain at once.
    """

    expectation: float
    threads: bool

    def values(self, mirnas: Codes, sites: Codes) -> tuple[Floats, Floats]:
        """Return values ``(n, site length, miRNA length, channels)`` and scores ``(n,)``, float32."""


class PairExplainer(Protocol):
    """What explains pairs with a model of any kind, see :func:`make_pair_explainer`.

    Attributes
    ----------
    kind : str
    additive : bool
        Whether values and expectation add up to the score, but for rounding.
    background : Background or None
        The pairs that the values are relative to; None for explainers without.
    """

    kind: str
    additive: bool
    background: Background | None

    @property
    def expectation(self) -> float:
        """See :class:`Explained`."""

    @property
    def threads(self) -> bool:
        """Whether several threads may explain at once."""

    @property
    def approximate(self) -> bool:
        """Whether matrices only approximate what pairs of bases add, see :class:`Explained`."""

    def codes(self, mirnas: Sequence[str], sites: Sequence[str]) -> tuple[Codes, Codes]:
        """Return sequences (5'->3') as the codes that the model sees."""

    def explain(self, mirnas: Sequence[str], sites: Sequence[str]) -> Explained:
        """Explain pairs of sequences, 5'->3'."""

    def explain_codes(self, mirnas: Codes, sites: Codes) -> Explained:
        """Explain pairs given as codes."""

    def explain_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Explained]:
        """Yield what :meth:`explain_codes` gives for every batch, in order."""


class Explainer:
    """Explains scores of a network on pairing matrices; made by :func:`make_explainer`.

    A pair's values do not depend on the pairs beside it, on their number or on threads.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    additive : bool
        Whether values and expectation add up to the score, but for rounding.
    background : Background or None
        The pairs that the values are relative to; None for explainers without.
    """

    approximate = False

    def __init__(self, kind: str, network: Network, method: Method, background: Background | None) -> None:
        self.kind = kind
        self.additive = kind in ("deep", "shap")
        self.background = background
        self.network = network
        self._method = method

    @property
    def expectation(self) -> float:
        """See :class:`Explained`."""
        return self._method.expectation

    @property
    def threads(self) -> bool:
        """Whether several threads may explain at once."""
        return self._method.threads

    def codes(self, mirnas: Sequence[str], sites: Sequence[str]) -> tuple[Codes, Codes]:
        """Return sequences (5'->3') as the codes that the model sees."""
        return pair_codes(self.network, mirnas, sites)

    def explain(self, mirnas: Sequence[str], sites: Sequence[str], channels: bool = False) -> Explained:
        """Explain pairs of sequences, 5'->3'."""
        return self.explain_codes(*self.codes(mirnas, sites), channels)

    def explain_codes(self, mirnas: Codes, sites: Codes, channels: bool = False) -> Explained:
        """Explain pairs given as codes of the network's rule, shapes ``(n, miRNA length)``, ``(n, site length)``.

        Codes of unknown letters at an end count as lying beyond it.
        """
        values, scores = self._method.values(mirnas, sites)
        rule = self.network.rule
        inside = within(sites, rule)[:, :, None] & within(mirnas, rule)[:, None, :]
        outside = np.where(inside[..., None], np.float32(0), values)
        beyond = outside.sum(axis=(1, 2, 3), dtype=np.float64).astype(np.float32)
        values = values - outside
        by_channel = values if channels else None
        return Explained(values.sum(axis=3), scores, self.expectation, beyond, by_channel)

    def explain_stream(
        self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1, channels: bool = False
    ) -> Iterator[Explained]:
        """Yield what :meth:`explain_codes` gives for every batch, in order; few batches wait in memory."""
        threads = threads if self._method.threads else 1
        yield from in_order(lambda codes: self.explain_codes(*codes, channels), batches, threads)


def pair_codes(network: Network, mirnas: Sequence[str], sites: Sequence[str]) -> tuple[Codes, Codes]:
    """Return the codes of miRNAs and sites as a network sees them."""
    rule = network.rule
    return rule.codes(mirnas, network.mirna_length, False), rule.codes(sites, network.site_length, True)


def within(codes: Codes, rule: PairingRule) -> NDArray[np.bool_]:
    """Return which positions lie before the end of their sequence, shape of ``codes``."""
    known = codes != rule.unknown
    inside: NDArray[np.bool_] = np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    return inside


def make_explainer(
    model: Model, kind: str = "deep", background: Background | None = None, samples: int = SAMPLES, seed: int = 1
) -> Explainer:
    """Return an explainer of a model on pairing matrices.

    Parameters
    ----------
    model : Model
    kind : str
        One of :data:`KINDS`.
    background : Background
        See :func:`mirtools.attribution.backgrounds.choose_background`; all kinds but ``ism`` need one.
    samples : int
        Points drawn for each pair by ``gradient``.
    seed : int
        Of these points.

    Raises
    ------
    InputError
        For a model that has no pairing matrix.
    UsageError
        Where what the background pairs need does not fit into memory.
    MissingExtraError
        Where ``shap`` and ``gradient`` lack their packages.
    """
    network = model.network
    if network is None:
        raise InputError(f"model '{model.name}' sees no pairing matrix; give a mirbind or cnn model")
    if kind == "ism":
        from mirtools.attribution.mutations import Mutagenesis

        return Mutagenesis(network, model.weights)
    if background is None:
        raise ValueError(f"an explainer of kind {kind} needs a background")
    mirnas, sites = pair_codes(network, background.mirnas, background.sites)
    if kind == "deep":
        from mirtools.attribution.deep import DeepShap

        # what every layer gives for each of them stays in memory
        if len(mirnas) * cost_of(network).values > _MOST_KEPT:
            most = max(1, _MOST_KEPT // cost_of(network).values)
            problem = f"{len(mirnas)} background pairs of so large a network take gigabytes; give {most} at most"
            raise UsageError(problem)
        deep = DeepShap(network, model.weights, mirnas, sites, background.weights)
        return Explainer(kind, network, deep, background)
    from mirtools.attribution.peers import ShapDeep, ShapGradient

    if background.weights is not None:
        raise ValueError(f"an explainer of kind {kind} takes no weighted background")
    if kind == "shap":
        return Explainer(kind, network, ShapDeep(network, model.weights, mirnas, sites), background)
    if kind == "gradient":
        gradient = ShapGradient(network, model.weights, mirnas, sites, samples, seed)
        return Explainer(kind, network, gradient, background)
    raise ValueError(f"no explainer is called {kind}")


def make_pair_explainer(
    model: Model, kind: str, background: Background | None = None, samples: int = SAMPLES, seed: int = 1
) -> PairExplainer:
    """Return an explainer of a model of any kind; parameters as for :func:`make_explainer`.

    For a DMISO model, which sees no pairing matrix, kinds are those of
    :mod:`mirtools.attribution.dmiso_explainer`.
    """
    if model.network is not None:
        return make_explainer(model, kind, background, samples, seed)
    from mirtools.attribution.dmiso_explainer import make_dmiso_explainer

    return make_dmiso_explainer(model, kind, background)
