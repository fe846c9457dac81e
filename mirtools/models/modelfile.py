"""The model file: one ``.safetensors`` file whose single metadata entry is the model's JSON description.

A model file may come from anywhere and is not trusted: the length of the header is checked before it is read;
names, shapes and types of the tensors must be exactly those of the architecture; every value must be finite; and
the cost of a pair and the size of computed values are limited (:class:`mirtools.models.base.Family`).
Loading runs no code. ``.keras``, ``.h5`` and pickled models can run code and are not read.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, shorten
from mirtools.models.base import Family, Model
from mirtools.models.families import architectures, family_from

FORMAT_VERSION = 1
_METADATA_KEY = "mirtools"
_MAX_HEADER = 256 * 1024  # bytes; a DMISO header has about 8,000
MOST_NUMBERS = 8_000_000  # of 4 bytes, in all tensors together; DMISO has 145,000, mirbind 160,000
_FOREIGN = {
    b"PK": "a zip archive (.keras?)",
    b"\x89HDF": "an HDF5 file",
    b"\x80": "a pickle",
    b"<": "an HTML or XML page",
    b"\x1f\x8b": "compressed",
}
_REMEDY = "give a model written by dmiso-train"


def save_model(model: Model, stream: BinaryIO) -> None:
    """Write a model file; equal models give equal bytes."""
    from safetensors.numpy import save

    description = {
        "format_version": FORMAT_VERSION,
        "name": model.name,
        "architecture": model.architecture,
        **model.family.described(),
        "threshold": model.threshold,
        "training": model.training,
        "metrics": model.metrics,
        "mirtools_version": model.version,
    }
    text = json.dumps(description, sort_keys=True, allow_nan=False, separators=(",", ":"))
    shapes = model.family.tensor_shapes()
    tensors = {name: np.ascontiguousarray(model.weights[name], np.float32) for name in shapes}
    # a single metadata entry, since safetensors does not keep the order of several
    stream.write(save(tensors, metadata={_METADATA_KEY: text}))


def load_model(path: str) -> Model:
    """Read and check a model file.

    Raises
    ------
    InputError
        For anything but an intact model of a known architecture in a regular file (or in a symbolic link to one).
    """
    try:
        # without O_NONBLOCK, opening a named pipe would wait for its writer forever
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"cannot be read ({(error.strerror or 'error').lower()})", source=path) from error
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise _refusal(path, "is not a regular file")
    with os.fdopen(handle, "rb") as stream:
        header, data = _read(stream, facts.st_size, path)
    checksum = hashlib.sha256(struct.pack("<Q", len(header)) + header + data).hexdigest()
    return _checked(header, data, path, checksum)


def _read(stream: BinaryIO, size: int, path: str) -> tuple[bytes, bytes]:
    start = stream.read(8)
    if len(start) < 8:
        raise _refusal(path, "is too short for a model file")
    (length,) = struct.unpack("<Q", start)
    if length > _MAX_HEADER:
        # the first bytes of any other format, read as a length, make a huge number
        kind = next(
            (kind for magic, kind in _FOREIGN.items() if start.startswith(magic)), "not a .safetensors file"
        )
        raise _refusal(path, f"is {kind}")
    if size > 8 + length + 4 * MOST_NUMBERS:
        raise _refusal(path, "is larger than any model of mirtools")
    header = stream.read(length)
    data = stream.read(4 * MOST_NUMBERS + 1)
    if len(header) < length:
        raise _refusal(path, "is truncated")
    return header, data


def _checked(header: bytes, data: bytes, path: str, checksum: str) -> Model:
    table = _json_object(header, path, "header")
    metadata = table.pop("__metadata__", None)
    text = metadata.get(_METADATA_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise _refusal(path, "has no mirtools description")
    description = _json_object(text.encode("utf-8", "replace"), path, "description")
    if description.get("format_version") != FORMAT_VERSION:
        found = shorten(str(description.get("format_version")), 20)
        raise InputError(
            f"has model format version {found}, this mirtools reads {FORMAT_VERSION}; update mirtools", source=path
        )
    family = _family(description, path)
    shapes = family.tensor_shapes()
    if sum(math.prod(shape) for shape in shapes.values()) > MOST_NUMBERS:
        raise _refusal(path, "has a larger network than mirtools makes")
    values = {
        key: _typed(description, key, kind, path)
        for key, kind in (("name", str), ("training", dict), ("metrics", dict), ("mirtools_version", str))
    }
    threshold = description.get("threshold")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise _refusal(path, "has no threshold from 0 to 1")
    if (cost := family.too_costly()) is not None:
        raise _refusal(path, cost)
    weights = _tensors(table, data, shapes, path)
    if family.overflows(weights):
        raise _refusal(path, "has weights so large that scores overflow")
    return Model(
        family,
        weights,
        name=values["name"],
        threshold=float(threshold),
        training=values["training"],
        metrics=values["metrics"],
        version=values["mirtools_version"],
        checksum=checksum,
    )


def _family(description: dict[str, Any], path: str) -> Family:
    architecture, known = description.get("architecture"), architectures()
    if not isinstance(architecture, str) or architecture not in known:
        found = shorten(str(architecture), 30)
        raise InputError(f"has the unknown architecture '{found}'; known: {', '.join(known)}", source=path)
    try:
        return family_from(architecture, description)
    except ValueError as error:
        raise _refusal(path, str(error)) from error


def _typed(description: dict[str, Any], key: str, kind: type, path: str) -> Any:
    if not isinstance(value := description.get(key), kind):
        raise _refusal(path, f"has no valid {key.replace('_', ' ')} in its description")
    return value


def _tensors(
    table: dict[str, Any], data: bytes, shapes: Mapping[str, tuple[int, ...]], path: str
) -> dict[str, NDArray[np.float32]]:
    if different := sorted(set(table) ^ set(shapes)):
        word = "lacks" if different[0] in shapes else "has the unknown"
        raise _refusal(path, f"{word} tensor '{shorten(different[0], 40)}'")
    spans = []
    weights = {}
    for name, shape in shapes.items():
        entry = table[name]
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise _refusal(path, f"tensor '{name}' has no valid entry in the header")
        if entry["dtype"] != "F32" or not _is_integers(entry["shape"], shape):
            raise _refusal(path, f"tensor '{name}' has another shape or type than the architecture")
        offsets = entry["data_offsets"]
        count = math.prod(shape)
        if not isinstance(offsets, list) or len(offsets) != 2 or not _is_integers(offsets, tuple(offsets)):
            raise _refusal(path, f"tensor '{name}' has no valid offsets")
        begin, end = offsets
        if not 0 <= begin <= end <= len(data) or end - begin != 4 * count:
            raise _refusal(path, f"tensor '{name}' is not within the file, which is truncated or damaged")
        spans.append((begin, end))
        weights[name] = np.frombuffer(data, "<f4", count, begin).reshape(shape)
        if not np.isfinite(weights[name]).all():
            raise _refusal(path, f"tensor '{name}' has values that are not finite")
        if name.endswith(".variance") and weights[name].min() < 0:
            raise _refusal(path, f"tensor '{name}' has a negative variance")
    spans.sort()
    if [begin for begin, _ in spans] + [len(data)] != [0] + [end for _, end in spans]:
        raise _refusal(path, "its tensors overlap or leave bytes unused")
    return weights


def _is_integers(found: object, expected: tuple[Any, ...]) -> bool:
    """Return whether a JSON value is a list of exactly these integers (True does not count as one)."""
    return (
        isinstance(found, list) and all(type(item) is int for item in found) and tuple(found) == expected
    )  # fmt: skip


def _json_object(raw: bytes, path: str, what: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            raise ValueError("a key occurs twice")
        return result

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _refusal(path, f"has a {what} that is not valid JSON") from error
    if not isinstance(value, dict):
        raise _refusal(path, f"has a {what} that is not a JSON object")
    return value


def _refusal(path: str, problem: str) -> InputError:
    return InputError(f"{problem}; {_REMEDY}", source=path)
