"""Explainers of the package shap, on the network as a Keras model.

shap changes TensorFlow's table of gradients while it explains, and leaves it changed where that fails, so the
table is put back in any case. It explains one pair after the other, in one thread.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from mirtools.errors import MissingExtraError
from mirtools.models.network import Network
from mirtools.models.pairing import Codes, Floats
from mirtools.report.plotting import import_matplotlib

_REMEDY = "pip install 'mirtools[explain]'"


def require_peers() -> None:
    """Check that shap and TensorFlow are installed, without importing them.

    Raises
    ------
    MissingExtraError
        Naming the command that installs them.
    """
    for package in ("shap", "tensorflow", "keras"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, _REMEDY)


class ShapDeep:
    """Explains with shap.DeepExplainer.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name.
    mirnas, sites : ndarray
        Codes of the background pairs.

    Attributes
    ----------
    expectation : float
    threads : bool
    """

    threads = False

    def __init__(self, network: Network, weights: Mapping[str, Floats], mirnas: Codes, sites: Codes) -> None:
        self._rule = network.rule
        self._model = _keras_model(network, weights)
        with _gradients_kept():
            import shap

            self._explainer = shap.DeepExplainer(self._model, self._rule.matrices(mirnas, sites))
        self.expectation = float(np.asarray(self._explainer.expected_value).item())

    def values(self, mirnas: Codes, sites: Codes) -> tuple[Floats, Floats]:
        """Return values ``(n, site length, miRNA length, channels)`` and scores ``(n,)``, float32."""
        matrices = self._rule.matrices(mirnas, sites)
        with _gradients_kept():
            # its own check of additivity allows a hundredth
            found = self._explainer.shap_values(matrices, check_additivity=False) if len(matrices) else None
        return _shaped(found, matrices), _scores(self._model, matrices)


class ShapGradient:
    """Explains with shap.GradientExplainer: gradients at points drawn between background pairs and the pair.

    Parameters
    ----------
    network, weights, mirnas, sites
        As of :class:`ShapDeep`.
    samples : int
        Points for each pair.
    seed : int
        Of the points; every pair gets the same draws.

    Attributes
    ----------
    expectation : float
    threads : bool
    """

    threads = False

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Floats],
        mirnas: Codes,
        sites: Codes,
        samples: int,
        seed: int,
    ) -> None:
        self._rule = network.rule
        self._samples, self._seed = samples, seed % (1 << 32)
        self._model = _keras_model(network, weights)
        background = self._rule.matrices(mirnas, sites)
        with _gradients_kept():
            import shap

            self._explainer = shap.GradientExplainer(self._model, background)
        self.expectation = float(_scores(self._model, background).mean(dtype=np.float64))

    def values(self, mirnas: Codes, sites: Codes) -> tuple[Floats, Floats]:
        """Return values ``(n, site length, miRNA length, channels)`` and scores ``(n,)``, float32."""
        matrices = self._rule.matrices(mirnas, sites)
        values = np.zeros_like(matrices)
        # shap draws with NumPy's generator of old
        state = np.random.get_state()  # noqa: NPY002
        try:
            with _gradients_kept():
                for number in range(len(matrices)):
                    # one at a time: the draws of a pair must not depend on its place
                    pair = matrices[number : number + 1]
                    found = self._explainer.shap_values(pair, nsamples=self._samples, rseed=self._seed)
                    values[number] = _shaped(found, pair)[0]
        finally:
            np.random.set_state(state)  # noqa: NPY002
        return values, _scores(self._model, matrices)


def _keras_model(network: Network, weights: Mapping[str, Floats]) -> Any:
    require_peers()
    from mirtools.models.network_keras import build_keras, set_weights

    model = build_keras(network)
    set_weights(network, model, weights)
    return model


def _scores(model: Any, matrices: Floats) -> Floats:
    # one shape of all products: a score does not depend on the pairs beside it
    scores = [model(matrices[i : i + 1], training=False).numpy()[0, 0] for i in range(len(matrices))]
    return np.array(scores, np.float32)


def _shaped(found: Any, matrices: Floats) -> Floats:
    if found is None:
        return np.zeros_like(matrices)
    # a list, or a last axis for the one output
    return np.asarray(found[0] if isinstance(found, list) else found, np.float32).reshape(matrices.shape)


@contextmanager
def _gradients_kept() -> Iterator[None]:
    """Silence what shap says of versions, and put TensorFlow's table of gradients back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(ImportError):  # shap imports it where it is there, whatever the user has set
            import_matplotlib()
        # shap's handlers must be there before the table is looked at
        import shap.explainers._deep.deep_tf  # noqa: F401
        from tensorflow.python.eager import execute
        from tensorflow.python.framework import ops

        table = ops._gradient_registry._registry
        before = {name: dict(entry) for name, entry in table.items()}
        record = execute.record_gradient
        try:
            yield
        finally:
            execute.record_gradient = record
            for name in [name for name in table if name not in before]:
                del table[name]
            for name, entry in before.items():
                table.setdefault(name, entry).update(entry)
