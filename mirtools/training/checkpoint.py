"""Checkpoints: the state of a training after an epoch, in one .safetensors file that is never incomplete.

Like a model file, a checkpoint is not trusted: types, shapes, finite values and the sequence of epochs must be as
a training writes them.
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
from mirtools.io.partfiles import PartFile
from mirtools.models.arrays import Weights
from mirtools.termination import cleanup_on_signal

NAME = "checkpoint.safetensors"
_MAX_BYTES = 256 * 1024 * 1024  # four times the largest model
_BROKEN = "is not a complete checkpoint; remove it to start again"
_NUMBERS, _VALIDATION_LOSS = 5, 2  # fields of mirtools.training.fit.Epoch, and the index of one


class Progress(NamedTuple):
    """State of a training: the last finished epoch, a tuple of numbers per epoch, the best weights so far."""

    epoch: int
    history: list[tuple[Any, ...]]
    best_epoch: int
    best_loss: float
    best: Weights
    state: dict[str, NDArray[Any]]


class Checkpoint:
    """The checkpoint of one training in a folder.

    Parameters
    ----------
    folder : str
        It is created if it does not exist.
    training : dict
        All that determines the result (options, checksums of the data) as plain data; the checkpoint of a training
        that differs in any of it is rejected.

    Raises
    ------
    OutputError
        If the folder cannot be created.
    """

    def __init__(self, folder: str, training: dict[str, Any]) -> None:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be created ({(error.strerror or 'error').lower()})") from error
        self._path = os.path.join(folder, NAME)
        described = json.dumps({"version": __version__, **training}, sort_keys=True)
        self._identity = hashlib.sha256(described.encode()).hexdigest()

    def save(self, progress: Progress) -> None:
        """Write the state of the training over the previous one."""
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
        with cleanup_on_signal(part.remove):
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
        """Return the saved state, or None if there is none yet.

        Parameters
        ----------
        expected : dict of str to ndarray
            A state, for names, shapes and types: weights as ``model.NAME``, and the optimizer's.

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
        """Return the state in a file; raises ValueError and similar exceptions for data of other origin."""
        from safetensors.numpy import load

        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        facts = json.loads(header["__metadata__"]["mirtools_checkpoint"])
        if facts["identity"] != self._identity:
            problem = "belongs to a training with other pairs or options; remove it or give another folder"
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
                raise ValueError(f"{name} is not valid")
            if name.endswith(".variance") or value.dtype.kind in "iu":
                _require(bool((value >= 0).all()))
        best = {name: tensors.pop(f"best.{name}") for name in names}
        return Progress(facts["epoch"], history, facts["best_epoch"], facts["best_loss"], best, tensors)


def _read(path: str) -> bytes | None:
    """Return the bytes of a file, or None if it does not exist."""
    try:
        # without O_NONBLOCK, opening a named pipe would wait for its writer forever
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
    """Return the checked lines of the history, one per epoch, from 0 (a start model) or 1 to the last."""
    _require(type(epoch) is int and type(best_epoch) is int and _is_number(best_loss))
    _require(isinstance(lines, list) and epoch <= len(lines) <= epoch + 1)
    for number, line in enumerate(lines, epoch + 1 - len(lines)):
        _require(isinstance(line, list) and len(line) == _NUMBERS and all(map(_is_number, line)))
        _require(type(line[0]) is int and line[0] == number)
    # before an epoch is kept, the loss is infinite
    kept = {line[0]: line[_VALIDATION_LOSS] for line in lines}.get(best_epoch, math.inf)
    _require(0 <= best_epoch <= epoch and (kept == best_loss or (kept != kept and best_loss != best_loss)))
    return [tuple(line) for line in lines]


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _require(valid: bool) -> None:
    if not valid:
        raise ValueError("not as a training writes it")
