"""Arrays that grow at their end without a second copy in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_FIRST = 1024


class GrowingArray:
    """An array to which rows can be appended.

    Parameters
    ----------
    dtype : dtype
    width : int, optional
        Number of columns; without it, the array has one dimension.
    """

    def __init__(self, dtype: DTypeLike, width: int | None = None) -> None:
        self._columns = () if width is None else (width,)
        self._held: NDArray[Any] = np.zeros((_FIRST, *self._columns), dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Any]:
        """The rows so far, to read and to change in place; invalid after more rows are appended."""
        return self._held[: self._size]

    def extend(self, rows: ArrayLike) -> None:
        """Append some rows."""
        added = np.asarray(rows, self._held.dtype)
        size = self._size + len(added)
        if size > len(self._held):
            # in place: for large arrays only the page table changes, and nothing is copied
            self._held.resize((max(size, len(self._held) * 5 // 4), *self._columns), refcheck=False)
        self._held[self._size : size] = added
        self._size = size
