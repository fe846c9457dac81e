"""Records that wait in memory, and in temporary files where they get many, so that memory stays flat.

The files have no name: nothing is left behind however a command ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from io import BufferedReader, BytesIO, FileIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.streams import in_temporary_file

# Records that are held in memory: 5 MB of 40 bytes each, and twice as much while they are sorted.
MOST_IN_MEMORY = 1 << 17
MOST_TEXT_IN_MEMORY = 1 << 22
FILES = 64


class Spool:
    """Records of one type, divided over files by a number of each.

    Parameters
    ----------
    kind : numpy.dtype
        Also an attribute.
    """

    def __init__(self, kind: np.dtype[Any]) -> None:
        self.kind = kind
        self._waiting: list[NDArray[Any]] = []
        self._numbers: list[NDArray[np.int64]] = []
        self._held = 0
        self._files: list[FileIO] = []

    def add(self, records: NDArray[Any], numbers: NDArray[np.int64]) -> None:
        """Add records; ``numbers``, modulo 64, say in which file each of them goes if need be."""
        self._waiting.append(records)
        self._numbers.append(numbers % FILES)
        self._held += len(records)
        if self._held > MOST_IN_MEMORY:
            self._spill()

    def groups(self) -> Iterator[NDArray[Any]]:
        """Yield the records group by group, in the order of adding; those with the same number are together."""
        if not self._files:
            yield np.concatenate([np.empty(0, self.kind), *self._waiting])
            return
        if self._held:
            self._spill()
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(file.readall(), self.kind)

    def close(self) -> None:
        """Give the files up."""
        for file in self._files:
            file.close()

    def _spill(self) -> None:
        while len(self._files) < FILES:
            self._files.append(_temporary_file())
        records, numbers = np.concatenate(self._waiting), np.concatenate(self._numbers)
        self._waiting.clear()
        self._numbers.clear()
        self._held = 0
        order = np.argsort(numbers, kind="stable")
        bounds = np.cumsum(np.bincount(numbers, minlength=FILES))
        for file, group in zip(self._files, np.split(order, bounds[:-1]), strict=True):
            _write(file, records[group].tobytes())


class LineSpool:
    """Lines of text, read back once and in order."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._held = 0
        self._file: FileIO | None = None

    def add(self, lines: list[str]) -> None:
        """Add lines, without their ends."""
        text = "".join([line + "\n" for line in lines]).encode("utf-8")
        self._waiting.append(text)
        self._held += len(text)
        if self._held > MOST_TEXT_IN_MEMORY:
            if self._file is None:
                self._file = _temporary_file()
            _write(self._file, b"".join(self._waiting))
            self._waiting.clear()
            self._held = 0

    def lines(self) -> Iterator[str]:
        """Yield all lines."""
        if self._file is not None:
            self._file.seek(0)
            with BufferedReader(self._file) as earlier:
                for line in earlier:
                    yield line.decode("utf-8").removesuffix("\n")
        for line in BytesIO(b"".join(self._waiting)):
            yield line.decode("utf-8").removesuffix("\n")

    def close(self) -> None:
        """Give the file up."""
        if self._file is not None:
            self._file.close()


def _temporary_file() -> FileIO:
    with in_temporary_file():
        # without a buffer, so that nothing is left to be written when it is closed
        return tempfile.TemporaryFile(buffering=0)


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    with in_temporary_file():
        while rest:
            rest = rest[file.write(rest) :]
