"""The parts of training that differ between families; :mod:`mirtools.training.fit` has the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mirtools.models.arrays import Codes, Weights
from mirtools.models.base import Family, Model
from mirtools.pairs.repairing import Places
from mirtools.training.epochs import TrainingPairs
from mirtools.training.options import TrainingOptions
from mirtools.training.settings import TrainSettings

Arrays = list[NDArray[Any]]


class Learner(ABC):
    """A model of one family in training.

    Parameters
    ----------
    family : Family
    training : TrainingPairs
    options : TrainingOptions
    start : dict of str to ndarray, optional
        Weights to begin with.

    Attributes
    ----------
    architectures : tuple of str
        Values of ``--architecture``; the first stands for the family's variants, too.
    own_options : tuple of str
        Fields of :class:`mirtools.training.settings.TrainSettings` that no other family has.
    defaults : TrainingOptions
        The default options of the family.
    dropouts : int
        Number of shares of ``--dropout``; a single one is the last of three.
    model : keras.Model
    """

    architectures: ClassVar[tuple[str, ...]]
    own_options: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[TrainingOptions]
    dropouts: ClassVar[int] = 1
    model: Any

    def __init__(
        self, family: Family, training: TrainingPairs, options: TrainingOptions, start: Weights | None
    ) -> None:
        self._family = family
        self._codes: tuple[Codes, Codes] = training.pairs.encoded(family.encoder)
        self.model = self.build(training, options, start)
        if start is not None:
            self.set_weights(start)

    @classmethod
    @abstractmethod
    def family_of(cls, settings: TrainSettings, architecture: str, start: Model | None) -> Family:
        """Return the family to train by the settings.

        Parameters
        ----------
        settings : TrainSettings
            Settings without options of other families.
        architecture : str
            One of :attr:`architectures`.
        start : Model or None
            A model of this architecture.

        Raises
        ------
        UsageError
            If the settings do not define a model.
        """

    @abstractmethod
    def build(self, training: TrainingPairs, options: TrainingOptions, start: Weights | None) -> Any:
        """Return the untrained Keras model."""

    def signature(self) -> list[Any]:
        """Return shapes and types of a batch, as TensorSpecs."""
        import tensorflow as tf

        lengths = self._family.encoder.mirna_length, self._family.encoder.site_length
        return [tf.TensorSpec((None, length), tf.int32) for length in lengths]

    def batch(self, mirnas: Places, sites: Places) -> Arrays:
        """Return the pairs of the miRNAs and sites with these indices, in the form of :meth:`signature`."""
        return [self._codes[0][mirnas].astype(np.int32), self._codes[1][sites].astype(np.int32)]

    @abstractmethod
    def scores(self, batch: Any) -> Any:
        """Return the scores ``(n, 1)`` of a batch in training, as a tensor."""

    @abstractmethod
    def weights(self) -> Weights:
        """Return copies of all tensors by name."""

    @abstractmethod
    def set_weights(self, weights: Weights) -> None:
        """Set tensors by name; the inverse of :meth:`weights`."""
