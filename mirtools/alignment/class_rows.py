"""Rows of a table that wait in a temporary file until the whole of it is known, to be read back in order.

The file has no name: nothing is left behind however a command ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from mirtools.streams import in_temporary_file

# fewer bytes stay in memory
_MOST_WAITING = 1 << 22


class WaitingRows:
    """Rows in the order of adding, all of them before the first is read back."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_MOST_WAITING)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, cells: list[str]) -> None:
        """Add a row; no cell holds a tab or a newline.

        Raises
        ------
        OutputError
            Where there is no room for the file.
        """
        with in_temporary_file():
            self._file.write("\t".join(cells).encode("utf-8") + b"\n")
        self._count += 1

    def __iter__(self) -> Iterator[list[str]]:
        with in_temporary_file():
            self._file.seek(0)
        for line in self._file:
            yield line[:-1].decode("utf-8").split("\t")

    def close(self) -> None:
        """Give the file up."""
        self._file.close()
