"""The model of repression: affinities of sites, occupancy of transcripts, log2 fold changes.

A site with the features ``x`` has the affinity ``max(0, exp(weights . x) - cutoff)``, relative to what is needed
to halve the mRNA; sites of types without an effect have 0. A transcript with the affinities ``K`` changes by
``-log2(1 + sum(K))``: few sites add up, many saturate. A change weaker than ``weakest`` is 0, since genes below
it cannot be ranked. A site's contribution is its share of the change, by affinity; contributions add up to the
prediction exactly.

The model is a JSON file of plain numbers, described in its card (``repression.md``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.genes.features import Described, has_effect, site_features

Floats = NDArray[np.float64]

BUNDLED = "repression.json"
# A site of affinity 1 halves the mRNA; none was measured to do more than that by itself
_LARGEST_LOG_AFFINITY = 0.0


@dataclass(frozen=True)
class RepressionModel:
    """Weights of features, and the numbers of the formula.

    Attributes
    ----------
    weights : dict of str to float
        By feature (:func:`mirtools.genes.features.site_features`); each is the change of the natural logarithm
        of a site's affinity.
    cutoff : float
        Affinity that a site needs to have an effect.
    weakest : float
        Predictions between -weakest and 0 are 0.
    confidence : tuple of (float, float)
        Prediction, and the share of genes with such a prediction that were measured below the median of genes
        without sites, in experiments that the training did not see; interpolated linearly.
    """

    weights: dict[str, float]
    cutoff: float
    weakest: float
    confidence: tuple[tuple[float, float], ...]

    def affinities(self, sites: Described) -> tuple[Floats, Floats]:
        """Return the log affinity of each site, and its affinity; each of shape ``(n,)``."""
        features = site_features(sites)
        values = np.zeros(len(sites.kind))
        # not a matrix product, whose last digits depend on the number of sites
        for name, weight in self.weights.items():
            values += weight * features[name]
        values = np.minimum(values, _LARGEST_LOG_AFFINITY)
        affinity = np.maximum(0.0, np.exp(values) - self.cutoff)
        affinity[~has_effect(sites.kind, sites.region)] = 0.0
        return values, affinity

    def changes(self, affinity: Floats, target: NDArray[np.int64], targets: int) -> tuple[Floats, Floats]:
        """Return the predicted log2 fold change of each target, and the contribution of each site.

        Parameters
        ----------
        affinity : array of float64, shape (sites,)
        target : array of int64, shape (sites,)
            From 0 to ``targets - 1``.
        targets : int

        Returns
        -------
        (array of shape (targets,), array of shape (sites,))
            Never above 0.
        """
        total = np.bincount(target, affinity, minlength=targets)
        change = -np.log2(1.0 + total)
        change[change > -self.weakest] = 0.0
        share = np.divide(change, total, out=np.zeros(targets), where=total > 0)
        return change + 0.0, affinity * share[target] + 0.0

    def confidences(self, change: Floats) -> Floats:
        """Return the confidence of predictions, from 0.5 to 1."""
        knots, values = np.array(self.confidence).T
        found: Floats = np.interp(change, knots, values)
        return found


def load_model(path: str | None = None) -> RepressionModel:
    """Return the model in a JSON file, by default the bundled one.

    Raises
    ------
    InputError
        For a file that does not hold a model of this form.
    """
    try:
        if path is None:
            text = (resources.files("mirtools.genes") / BUNDLED).read_text(encoding="utf-8")
        else:
            with open(path, encoding="utf-8") as stream:
                text = stream.read()
        return model_of(json.loads(text))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}); give a model file", source=path) from error
    except (ValueError, TypeError, KeyError) as error:
        problem = "is not a model of genes-predict; train one with benchmarks/genes/train.py"
        raise InputError(problem, source=path or BUNDLED) from error


def model_of(content: dict[str, Any]) -> RepressionModel:
    """Return the model that the content of a JSON file describes; raises ValueError, TypeError or KeyError."""
    weights = {str(name): float(value) for name, value in content["weights"].items()}
    confidence = tuple((float(change), float(share)) for change, share in content["confidence"])
    model = RepressionModel(weights, float(content["cutoff"]), float(content["weakest"]), confidence)
    numbers = [*weights.values(), model.cutoff, model.weakest, *(number for knot in confidence for number in knot)]
    if not (weights and confidence and np.isfinite(numbers).all()):
        raise ValueError("numbers are missing")
    return model
