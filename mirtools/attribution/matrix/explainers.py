"""The choice among explainers of networks on pairing matrices."""

from __future__ import annotations

from mirtools.attribution.backgrounds import Background
from mirtools.attribution.explained import Explainer, Scores
from mirtools.attribution.matrix.deep import DeepShap
from mirtools.attribution.matrix.explainer import MatrixExplainer
from mirtools.attribution.matrix.occlusion import MatrixScores, Mutagenesis
from mirtools.attribution.matrix.shap_explainers import ShapDeep, ShapGradient
from mirtools.errors import UsageError
from mirtools.models.base import Model
from mirtools.models.matrix.cost import cost_of
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network

_MOST_KEPT = 1 << 29  # numbers of all background pairs together


class MatrixExplainers:
    """The explainers of networks on pairing matrices."""

    kinds: tuple[str, ...] = ("deep", "shap", "gradient", "ism")

    def make(self, model: Model, kind: str, background: Background | None, samples: int, seed: int) -> Explainer:
        """Return an explainer; all kinds except ``ism`` need a background, a weighted one only for ``deep``."""
        network, weights = _network(model), model.weights
        if kind == "ism" or background is None:
            return Mutagenesis(network, weights)
        mirnas, sites = model.encoder.mirnas(background.mirnas), model.encoder.sites(background.sites)
        if kind == "deep":
            # all layers' values of every background pair remain in memory
            if len(mirnas) * cost_of(network).values > _MOST_KEPT:
                most = max(1, _MOST_KEPT // cost_of(network).values)
                problem = (
                    f"{len(mirnas)} background pairs need gigabytes with this large network; give {most} at most"
                )
                raise UsageError(problem)
            deep = DeepShap(network, weights, mirnas, sites, background.weights)
            return MatrixExplainer(kind, network, deep, background)
        if background.weights is not None:
            raise ValueError(f"an explainer of kind {kind} does not accept a weighted background")
        if kind == "shap":
            return MatrixExplainer(kind, network, ShapDeep(network, weights, mirnas, sites), background)
        gradient = ShapGradient(network, weights, mirnas, sites, samples, seed)
        return MatrixExplainer(kind, network, gradient, background)

    def scores(self, model: Model) -> Scores:
        """Return the scorer of mutants, in double precision."""
        return MatrixScores(_network(model), model.weights).of_codes


def _network(model: Model) -> Network:
    assert isinstance(model.family, Matrix)
    return model.family.network
