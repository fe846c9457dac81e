"""The options of a training that determine the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mirtools.models.keras import Regularization

BALANCED = 0.0


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a training; the defaults are those of DMISO's paper, with early stopping added.

    Attributes
    ----------
    epochs : int
        Largest number of epochs.
    patience : int
        Stop after this number of epochs without a lower validation loss, and keep the weights with the lowest; 0
        trains all epochs and keeps the last weights.
    batch_size : int
    learning_rate : float
        Learning rate of the Adam optimizer.
    decay_after : int
        Halve the learning rate after this number of epochs without a lower validation loss; 0 for never.
    linear_decay : bool
        Whether the learning rate falls to 0 over all epochs, step by step.
    weight_decay : float
        Share of each kernel that is subtracted in every step, times the learning rate (AdamW); 0 for none.
    clip_norm : float
        Largest norm of the gradient of all weights; a larger gradient is scaled to it. 0 for no limit.
    regularization : Regularization
    positive_weight : float
        Weight of a positive in the loss, relative to a negative; ``BALANCED`` gives both labels the same sum.
    fresh_negatives : int
        Negatives per positive that are made again for every epoch (:mod:`mirtools.training.epochs`); 0 uses those
        of the table.
    abundance : bool
        Whether read coverages are added to the last layer (:mod:`mirtools.models.dmiso.abundance`).
    seed : int
    """

    epochs: int = 500
    patience: int = 20
    batch_size: int = 100
    learning_rate: float = 0.001
    decay_after: int = 0
    linear_decay: bool = False
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    regularization: Regularization = field(default_factory=Regularization)
    positive_weight: float = 1.0
    fresh_negatives: int = 0
    abundance: bool = False
    seed: int = 1

    def steps(self, pairs: int) -> int:
        """Return the number of batches of an epoch with this number of pairs."""
        return max(round(pairs / self.batch_size), 1)

    def described(self) -> dict[str, Any]:
        """Return the options as plain data for the model file."""
        return {
            "epochs": self.epochs,
            "patience": self.patience,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "decay_after": self.decay_after,
            "linear_decay": self.linear_decay,
            "weight_decay": self.weight_decay,
            "clip_norm": self.clip_norm,
            "l1": self.regularization.l1,
            "dropout": list(self.regularization.dropout),
            "positive_weight": "balanced" if self.positive_weight == BALANCED else self.positive_weight,
            "fresh_negatives": self.fresh_negatives,
            "abundance": self.abundance,
            "seed": self.seed,
        }
