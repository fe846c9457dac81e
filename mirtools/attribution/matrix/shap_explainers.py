"""Explainers of the package shap, for the network as a Keras model.

shap changes TensorFlow's table of gradients while it explains, and does not restore it after an error; here the
table is always restored. Pairs are explained one after the other, in one thread.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from mirtools.computing.headless import import_matplotlib
from mirtools.errors import MissingExtraError
from mirtools.models.arrays import Codes, Floats
from mirtools.models.matrix.network import Network

_REMEDY = "pip install 'mirtools[explain]'"


def require_peers() -> None:
    """Check that shap and TensorFlow are installed, without importing them.

    Raises
    ------
    MissingExtraError
        If one is not; the message has the command that installs it.
    """
    for package in ("shap", "tensorflow", "keras"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, _REMEDY)


class ShapDeep:
    """Explains with shap.DeepExplainer; parameters and attributes as of ``DeepShap``, without shares."""

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
            # its own check of additivity has a tolerance of 0.01
            found = self._explainer.shap_values(matrices, check_additivity=False) if len(matrices) else None
        return _shaped(found, matrices), _scores(self._model, matrices)


class ShapGradient:
    """Explains with shap.GradientExplainer: gradients at random points between background pairs and the pair.

    Parameters
    ----------
    network, weights, mirnas, sites
        As of :class:`ShapDeep`.
    samples : int
        Points per pair.
    seed : int
        Seed of the points; the random numbers are the same for every pair.
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
        # shap uses NumPy's old global generator
        state = np.random.get_state()  # noqa: NPY002
        try:
            with _gradients_kept():
                for number in range(len(matrices)):
                    # one at a time, so that the random points of a pair do not depend on its index
                    pair = matrices[number : number + 1]
                    found = self._explainer.shap_values(pair, nsamples=self._samples, rseed=self._seed)
                    values[number] = _shaped(found, pair)[0]
        finally:
            np.random.set_state(state)  # noqa: NPY002
        return values, _scores(self._model, matrices)


def _keras_model(network: Network, weights: Mapping[str, Floats]) -> Any:
    require_peers()
    from mirtools.models.matrix.keras import build_keras, set_weights

    model = build_keras(network)
    set_weights(network, model, weights)
    return model


def _scores(model: Any, matrices: Floats) -> Floats:
    # one pair at a time, so that a score does not depend on other pairs
    scores = [model(matrices[i : i + 1], training=False).numpy()[0, 0] for i in range(len(matrices))]
    return np.array(scores, np.float32)


def _shaped(found: Any, matrices: Floats) -> Floats:
    if found is None:
        return np.zeros_like(matrices)
    # a list with one array, or an array with a last axis for the only output
    return np.asarray(found[0] if isinstance(found, list) else found, np.float32).reshape(matrices.shape)


@contextmanager
def _gradients_kept() -> Iterator[None]:
    """Silence shap's warnings about versions, and restore TensorFlow's table of gradients afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(ImportError):  # shap imports it if it is installed, with the user's display settings
            import_matplotlib()
        # shap's handlers must be registered before the table is copied
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
