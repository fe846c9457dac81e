"""Rows of tables that wait in a temporary file, to be read back one by one in any order.

The file has no name: nothing is left behind however a command ends.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from array import array
from collections.abc import Iterator
from typing import IO

from mirtools.errors import OutputError

_MOST_WAITING = 1 << 22


class RowStore:
    """Rows by number, in the order of adding.

    Until they get many they wait in memory.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._offsets = array("q", [0])
        self._written = 0
        self._file: IO[bytes] | None = None

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def add(self, cells: list[str]) -> None:
        """Add a row; all of them before the first is read back."""
        self._waiting += "\t".join(cells).encode("utf-8")
        self._offsets.append(self._written + len(self._waiting))
        if len(self._waiting) > _MOST_WAITING:
            with _full_disk():
                if self._file is None:
                    self._file = tempfile.TemporaryFile(buffering=0)
                rest = memoryview(self._waiting)
                while rest:
                    rest = rest[self._file.write(rest) :]
                rest.release()
            self._written += len(self._waiting)
            self._waiting = bytearray()

    def __getitem__(self, number: int) -> list[str]:
        begin, end = self._offsets[number], self._offsets[number + 1]
        if begin >= self._written:
            data = bytes(self._waiting[begin - self._written : end - self._written])
        else:
            assert self._file is not None
            data = os.pread(self._file.fileno(), end - begin, begin)
        return data.decode("utf-8").split("\t")

    def close(self) -> None:
        """Give the file up."""
        if self._file is not None:
            self._file.close()


@contextlib.contextmanager
def _full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"cannot be written ({(error.strerror or str(error)).lower()}); set TMPDIR to a folder with room"
        raise OutputError(f"temporary file: {problem}") from error
