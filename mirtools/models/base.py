"""A model, and the interface of model families.

Each family has a folder of its own (:mod:`mirtools.models.dmiso`, :mod:`mirtools.models.matrix`) and one line in
:data:`mirtools.models.families.FAMILIES`. Its explainers and its learner have one line each in
:mod:`mirtools.attribution.choose` and :mod:`mirtools.training.choose`. No other code depends on the family of a
model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mirtools import __version__
from mirtools.errors import UsageError
from mirtools.models.arrays import Codes, Floats, Weights
from mirtools.models.encoder import Encoder
from mirtools.models.keras import KerasForm, KerasPairScorer
from mirtools.models.pairing import PairingRule
from mirtools.models.scorers import PairByPair, PairScorer, WindowScorer

BACKENDS = ("numpy", "tensorflow")


class Family(ABC):
    """A family of models. An instance is one architecture with its sizes, without weights.

    Attributes
    ----------
    architectures : tuple of str
        The names of its architectures in model files.
    architecture : str
        The architecture of this instance.
    encoder : Encoder
        How its models encode sequences.
    pairing : PairingRule or None
        Which letters pair, for models whose input is a pairing matrix; None for models that read two sequences.
    knows_abundance : bool
        Whether its scores depend on the read coverages of miRNA and target.
    has_kernels : bool
        Whether it has kernels over the bases of each sequence, and N for a hidden base, as
        :mod:`mirtools.interpretation` needs.
    """

    architectures: ClassVar[tuple[str, ...]]
    architecture: str
    encoder: Encoder
    pairing: PairingRule | None = None
    knows_abundance: bool = False
    has_kernels: bool = False

    @classmethod
    @abstractmethod
    def from_description(cls, architecture: str, description: Mapping[str, Any]) -> Family:
        """Return the instance that the description in a model file defines.

        Raises
        ------
        ValueError
            If the description is not valid. The message is the rest of a sentence about the file, such as "has
            another encoder than ...".
        """

    @abstractmethod
    def described(self) -> dict[str, Any]:
        """Return sizes and layers as plain data, for the description in a model file."""

    @abstractmethod
    def tensor_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Return the shape of every tensor by its name; all are float32, and every ``.variance`` is at least 0."""

    def too_costly(self) -> str | None:
        """Return which limit the cost of scoring a pair exceeds, or None."""
        return None

    @abstractmethod
    def overflows(self, weights: Mapping[str, Floats]) -> bool:
        """Return whether the computation of a score, or of its explanation, may overflow."""

    @abstractmethod
    def pair_scorer(self, weights: Weights) -> PairScorer:
        """Return the scorer of pairs, which does not use TensorFlow."""

    def window_scorer(self, weights: Weights, mirnas: Codes) -> WindowScorer:
        """Return the scorer of miRNAs, given as codes, against windows; it may share work between windows."""
        return PairByPair(self.pair_scorer(weights), mirnas)

    def keras_form(self, weights: Weights) -> KerasForm:
        """Return the model on Keras.

        Raises
        ------
        UsageError
            If the family does not run on Keras.
        MissingExtraError
            If TensorFlow is not installed.
        """
        raise UsageError(f"{self.architecture} models do not run on TensorFlow; omit --backend tensorflow")

    def with_abundance(self, weights: Weights, scores: Floats, coverages: NDArray[np.float64]) -> Floats:
        """Return the scores of pairs, adjusted for their read coverages.

        Parameters
        ----------
        weights : dict of str to ndarray
        scores : ndarray of shape (n,), float32
            Scores of the sequences alone.
        coverages : ndarray of shape (n, 2), float64
            Reads of miRNA and target.
        """
        raise NotImplementedError(f"{self.architecture} models do not use abundances")


@dataclass(frozen=True)
class Model:
    """A trained model.

    Attributes
    ----------
    family : Family
    weights : dict of str to ndarray
        float32; names and shapes are those of the family's :meth:`Family.tensor_shapes`.
    name : str
    threshold : float
        A pair is predicted to interact if its score is larger.
    training : dict
        How it was trained: options, seed, number of pairs, checksum of the data.
    metrics : dict
        Results on pairs that it was not trained on.
    version : str
        The version of mirtools that wrote it.
    checksum : str
        SHA-256 of the file that it was read from; empty for a model that was not read from a file.
    """

    family: Family
    weights: Weights
    name: str
    threshold: float = 0.5
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    version: str = __version__
    checksum: str = ""

    @property
    def architecture(self) -> str:
        """The name of its architecture."""
        return self.family.architecture

    @property
    def encoder(self) -> Encoder:
        """How it encodes sequences."""
        return self.family.encoder

    def facts(self) -> dict[str, Any]:
        """Return its name, architecture, checksum and version for JSON reports."""
        return {
            "name": self.name,
            "architecture": self.architecture,
            "sha256": self.checksum,
            "mirtools_version": self.version,
        }

    def pair_scorer(self, backend: str = "numpy") -> PairScorer:
        """Return the scorer of pairs.

        Parameters
        ----------
        backend : {"numpy", "tensorflow"}

        Raises
        ------
        MissingExtraError
            If ``backend`` is "tensorflow" and TensorFlow is not installed.
        UsageError
            If the family does not run on TensorFlow.
        """
        if backend == "tensorflow":
            return KerasPairScorer(self.family.keras_form(self.weights))
        return self.family.pair_scorer(self.weights)

    def window_scorer(self, mirnas: Sequence[str], backend: str = "numpy") -> WindowScorer:
        """Return the scorer of miRNAs against windows of targets.

        Parameters
        ----------
        mirnas : sequence of str
            As :meth:`Encoder.read` returns them.
        backend : {"numpy", "tensorflow"}
            TensorFlow shares no work between windows.
        """
        codes = self.encoder.mirnas(mirnas)
        if backend == "tensorflow":
            return PairByPair(self.pair_scorer(backend), codes)
        return self.family.window_scorer(self.weights, codes)

    def scores(self, mirnas: Sequence[str], sites: Sequence[str]) -> Floats:
        """Return the scores of pairs of sequences (as :meth:`Encoder.read` returns them): ``(n,)``, float32."""
        return self.pair_scorer().score(self.encoder.mirnas(mirnas), self.encoder.sites(sites))
