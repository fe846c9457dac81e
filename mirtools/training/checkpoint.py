"""Checkpoints: the state of a training after an epoch, as one .safetensors file that is whole or absent."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools import __version__
from mirtools.errors import InputError, OutputError
from mirtools.models import dmiso

NAME = "checkpoint.safetensors"
_MAX_BYTES = 256 * 1024 * 1024  # of four times the largest model


class Progress(NamedTuple):
    """Where a training stands: the last finished epoch, one tuple of figures an epoch, the best weights so far."""

    epoch: int
    history: list[tuple[Any, ...]]
    best_epoch: int
    best_loss: float
    best: dmiso.Weights
    state: dict[str, NDArray[Any]]


class Checkpoint:
    """The checkpoint of one training in a folder.

    Parameters
    ----------
    folder : str
        Made where it does not exist.
    training : dict
        What decides about the result (options, checksums of the data) as plain data; a checkpoint of a training
        that differs in any of it is refused.

    Raises
    ------
    OutputError
        Where the folder cannot be made.
    """

    def __init__(self, folder: str, training: dict[str, Any]) -> None:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({(error.strerror or 'error').lower()})") from error
        self._path = os.path.join(folder, NAME)
        described = json.dumps({"version": __version__, **training}, sort_keys=True)
        self._identity = hashlib.sha256(described.encode()).hexdigest()

    def save(self, progress: Progress) -> None:
        """Write the state of the training in place of the one before."""
        from safetensors.numpy import save

        tensors = {**progress.state, **{f"best.{name}": value for name, value in progress.best.items()}}
        facts = {
            "identity": self._identity,
            "epoch": progress.epoch,
            "history": progress.history,
            "best_epoch": progress.best_epoch,
            "best_loss": progress.best_loss,
        }
        data = save(
            {name: np.asarray(value, order="C") for name, value in tensors.items()},
            metadata={"mirtools_checkpoint": json.dumps(facts)},
        )
        part = PartFile(self._path)
        with tidied(part.remove):
            try:
                with open(part.open(), "wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
                part.finish()
            except OSError as error:
                part.remove()
                raise OutputError(
                    f"{self._path}: cannot be written ({(error.strerror or str(error)).lower()})"
                ) from error

    def load(self, expected: dict[str, NDArray[Any]]) -> Progress | None:
        """Return the saved state, or None where there is none yet.

        Parameters
        ----------
        expected : dict of str to ndarray
            Names and shapes of a state: weights as ``model.NAME``, and the rest.

        Raises
        ------
        InputError
            For a damaged file, and for the checkpoint of another training.
        """
        if not os.path.exists(self._path):
            return None
        from safetensors import SafetensorError, safe_open

        try:
            if os.path.getsize(self._path) > _MAX_BYTES:
                raise ValueError("too large")
            with safe_open(self._path, "np") as stream:
                facts = json.loads(stream.metadata()["mirtools_checkpoint"])
                tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118
            if facts["identity"] != self._identity:
                problem = "belongs to a training with other pairs or options; remove it or name another folder"
                raise InputError(problem, source=self._path)
            shapes = {name: value.shape for name, value in expected.items()}
            names = [name.removeprefix("model.") for name in expected if name.startswith("model.")]
            shapes |= {f"best.{name}": expected[f"model.{name}"].shape for name in names}
            if {name: value.shape for name, value in tensors.items()} != shapes:
                raise ValueError("other tensors")
            best = {name: tensors.pop(f"best.{name}") for name in names}
            history = [tuple(line) for line in facts["history"]]
            return Progress(facts["epoch"], history, facts["best_epoch"], facts["best_loss"], best, tensors)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise InputError("is no whole checkpoint; remove it to start again", source=self._path) from error
