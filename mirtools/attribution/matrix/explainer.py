"""Explainers of networks on pairing matrices."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from mirtools.attribution.backgrounds import Background
from mirtools.attribution.explained import Explained, Explainer, within
from mirtools.models.arrays import Codes, Floats
from mirtools.models.matrix.network import Network


class Method(Protocol):
    """The computation of an explainer; see the modules of this folder.

    Attributes
    ----------
    expectation : float
        See :class:`mirtools.attribution.explained.Explained`.
    threads : bool
        Whether several threads may use it at once.
    """

    expectation: float
    threads: bool

    def values(self, mirnas: Codes, sites: Codes) -> tuple[Floats, Floats]:
        """Return values ``(n, site length, miRNA length, channels)`` and scores ``(n,)``, float32."""


class MatrixExplainer(Explainer):
    """Explains scores of a network on pairing matrices.

    Parameters
    ----------
    kind : {"deep", "shap", "gradient", "ism"}
    network : Network
    method : Method
    background : Background or None
    """

    def __init__(self, kind: str, network: Network, method: Method, background: Background | None) -> None:
        super().__init__(kind, network.encoder, background)
        self.additive = kind in ("deep", "shap")
        self.network = network
        self._method = method

    @property
    def expectation(self) -> float:
        """See :class:`mirtools.attribution.explained.Explained`."""
        return self._method.expectation

    @property
    def threads(self) -> bool:
        """Whether several threads may explain at once."""
        return self._method.threads

    def explain_codes(self, mirnas: Codes, sites: Codes, channels: bool = False) -> Explained:
        """Explain pairs given as codes; with ``channels`` the result has the values of each channel, too."""
        values, scores = self._method.values(mirnas, sites)
        unknown = self.network.rule.unknown
        inside = within(sites, unknown)[:, :, None] & within(mirnas, unknown)[:, None, :]
        outside = np.where(inside[..., None], np.float32(0), values)
        beyond = outside.sum(axis=(1, 2, 3), dtype=np.float64).astype(np.float32)
        values = values - outside
        by_channel = values if channels else None
        return Explained(values.sum(axis=3), scores, self.expectation, beyond, by_channel)
