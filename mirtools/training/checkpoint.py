"""Checkpoints: the state of a training after an epoch, as one .safetensors file that is whole or absent.

A checkpoint is trusted no more than a model file: types, shapes, finite values and the sequence of epochs must be
such as a training writes them.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools import __version__
from mirtools.errors import InputError, OutputError
from mirtools.models import dmiso
from mirtools.partfiles import PartFile
from mirtools.termination import tidied

NAME = "checkpoint.safetensors"
_MAX_BYTES = 256 * 1024 * 1024  # of four times the largest model
_BROKEN = "is no whole checkpoint; remove it to start again"
_FIGURES, _VALIDATION_LOSS = 5, 2  # of an epoch, its number the first: mirtools.training.fit.Epoch


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
            Names, shapes and types of a state: weights as ``model.NAME``, and the rest.

        Raises
        ------
        InputError
            For a damaged file, and for the checkpoint of another training.
        """
        from safetensors import SafetensorError

        data = _read(self._path)
        if data is None:
            return None
        try:
            return self._checked(data, expected)
        except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(_BROKEN, source=self._path) from error

    def _checked(self, data: bytes, expected: dict[str, NDArray[Any]]) -> Progress:
        """Return what a file holds; raises ValueError and its like for what no training has written."""
        from safetensors.numpy import load

        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        facts = json.loads(header["__metadata__"]["mirtools_checkpoint"])
        if facts["identity"] != self._identity:
            problem = "belongs to a training with other pairs or options; remove it or name another folder"
            raise InputError(problem, source=self._path)
        history = _history(facts["history"], facts["epoch"], facts["best_epoch"], facts["best_loss"])
        names = [name.removeprefix("model.") for name in expected if name.startswith("model.")]
        wanted = expected | {f"best.{name}": expected[f"model.{name}"] for name in names}
        tensors = load(data)
        if set(tensors) != set(wanted):
            raise ValueError("other tensors")
        for name, value in tensors.items():
            like = np.asarray(wanted[name])
            if (value.dtype, value.shape) != (like.dtype, like.shape) or not np.isfinite(value).all():
                raise ValueError(f"{name} is none")
            if name.endswith(".variance") or value.dtype.kind in "iu":
                _require(bool((value >= 0).all()))
        best = {name: tensors.pop(f"best.{name}") for name in names}
        return Progress(facts["epoch"], history, facts["best_epoch"], facts["best_loss"], best, tensors)


def _read(path: str) -> bytes | None:
    """Return the bytes of a file, None where there is none."""
    try:
        # without O_NONBLOCK a named pipe would wait for its writer for ever
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"cannot be read ({(error.strerror or 'error').lower()})", source=path) from error
    with os.fdopen(handle, "rb") as stream:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MAX_BYTES:
            raise InputError(_BROKEN, source=path)
        return stream.read(_MAX_BYTES)


def _history(lines: Any, epoch: Any, best_epoch: Any, best_loss: Any) -> list[tuple[Any, ...]]:
    """Return the figures of the epochs, checked: one line each, from 0 (a warm start) or 1 to the last."""
    _require(type(epoch) is int and type(best_epoch) is int and _is_figure(best_loss))
    _require(isinstance(lines, list) and epoch <= len(lines) <= epoch + 1)
    for number, line in enumerate(lines, epoch + 1 - len(lines)):
        _require(isinstance(line, list) and len(line) == _FIGURES and all(map(_is_figure, line)))
        _require(type(line[0]) is int and line[0] == number)
    # the loss of a training that kept nothing yet is infinite
    kept = {line[0]: line[_VALIDATION_LOSS] for line in lines}.get(best_epoch, math.inf)
    _require(0 <= best_epoch <= epoch and (kept == best_loss or (kept != kept and best_loss != best_loss)))
    return [tuple(line) for line in lines]


def _is_figure(value: object) -> bool:
    return type(value) in (int, float)


def _require(fits: bool) -> None:
    if not fits:
        raise ValueError("not as a training writes it")
