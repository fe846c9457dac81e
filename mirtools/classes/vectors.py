"""Importances by base of miRNAs as vectors of one length, which can be clustered and compared."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import shorten
from mirtools.io.tables import MISSING

IMPORTANCES = "mirna_importance"
# bases of a miRNA in the papers' pairing matrix
LENGTH = 20
# longest vectors that fit in a figure and a line
LONGEST = 100
SCALES = ("row", "none")
# the sum of squares of larger numbers would overflow
_LARGEST = 1e100

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Vectors:
    """One vector per row.

    Attributes
    ----------
    values : ndarray of shape (rows, length), float64
        By base of the miRNA, 5'->3'; 0 after its end, and everywhere in rows without an alignment.
    known : ndarray of shape (rows,), bool
        Rows with an alignment.
    """

    values: Floats
    known: Booleans


class VectorList:
    """Collects vectors one by one."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._values = array("d")
        self._known = bytearray()

    def add(self, numbers: list[float] | None) -> None:
        """Add a row: as many numbers as the miRNA has bases, or ``None`` without an alignment."""
        numbers = numbers or []
        kept = numbers[: self._length]
        known = any(value > 0 for value in kept)
        self._values.extend(kept if known else [])
        self._values.extend([0.0] * (self._length - len(kept) if known else self._length))
        self._known.append(known)

    def vectors(self) -> Vectors:
        """Return all vectors."""
        values = np.array(self._values, np.float64).reshape(-1, self._length)
        return Vectors(values + 0.0, np.frombuffer(bytes(self._known), np.bool_))  # -0.0 and 0.0 are the same


def read_numbers(cell: str, name: str) -> list[float] | None:
    """Return the numbers of a comma-separated list, or ``None`` if the cell is empty or ``.``.

    Raises
    ------
    ValueError
        With the column and the first text that is not a finite number.

    >>> read_numbers("0,0.5,1", "mirna_importance")
    [0.0, 0.5, 1.0]
    """
    if cell in ("", MISSING):
        return None
    texts = cell.split(",")
    try:
        numbers = list(map(float, texts))
        if all(-_LARGEST < number < _LARGEST for number in numbers):
            return numbers
    except ValueError:
        pass
    place = next(place for place, text in enumerate(texts) if not _is_number(text))
    text = shorten(texts[place], 20)
    raise ValueError(f"{name}: '{text}' at position {place + 1} is not a number; give numbers separated by commas")


def _is_number(text: str) -> bool:
    try:
        return -_LARGEST < float(text) < _LARGEST
    except ValueError:
        return False


def scaled(values: Floats, scale: str) -> Floats:
    """Return vectors on the scale for comparisons.

    Attributions of one pair can be a hundred times those of another, because the score is a sigmoid, which is flat
    at confident predictions. In 128 published matrices, k-means (k = 5) without scaling puts one and two pairs
    with large values into separate classes (silhouette 0.84 for k = 2, meaningless), whereas on rows divided by
    their largest value it finds the paper's classes, with similar sizes. Dividing by the sum would give alignments
    with few pairs the largest weight.

    Parameters
    ----------
    values : ndarray of shape (n, length), float64
    scale : {"row", "none"}
        ``row`` divides each by its largest absolute value.
    """
    if scale == "none" or not len(values):
        return values
    largest = np.abs(values).max(1, keepdims=True)
    return np.divide(values, largest, out=np.zeros_like(values), where=largest > 0)
