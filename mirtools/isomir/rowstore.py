"""What waits in temporary files: rows in any order, rows to be sorted, arrays block by block.

The files have no name: nothing is left behind however a command ends.
"""

from __future__ import annotations

import heapq
import io
import marshal
import os
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mirtools.streams import in_temporary_file

_MOST_WAITING = 1 << 22
_MOST_UNSORTED = 1 << 24
_BUFFER = 1 << 16

Key = tuple[Any, ...]


class RowStore:
    """Rows by their place in the file.

    Until they get many they wait in memory.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._written = 0
        self._file: IO[bytes] | None = None

    def add(self, cells: list[str]) -> tuple[int, int]:
        """Add a row; returns where it begins and how long it is, in bytes."""
        begin = self._written + len(self._waiting)
        self._waiting += "\t".join(cells).encode("utf-8")
        size = self._written + len(self._waiting) - begin
        if len(self._waiting) > _MOST_WAITING:
            with in_temporary_file():
                if self._file is None:
                    self._file = tempfile.TemporaryFile(buffering=0)
                rest = memoryview(self._waiting)
                while rest:
                    rest = rest[self._file.write(rest) :]
                rest.release()
            self._written += len(self._waiting)
            self._waiting = bytearray()
        return begin, size

    def get(self, begin: int, size: int) -> list[str]:
        """Return a row."""
        if begin >= self._written:
            data = bytes(self._waiting[begin - self._written : begin - self._written + size])
        else:
            assert self._file is not None
            data = os.pread(self._file.fileno(), size, begin)
        return data.decode("utf-8").split("\t")

    def close(self) -> None:
        """Give the file up."""
        if self._file is not None:
            self._file.close()


class SortedRows:
    """Rows that are read back by key, least first; a key is a tuple of numbers and bytes, and no two are equal."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Key, bytes]] = []
        self._held = 0
        self._file: IO[bytes] | None = None
        self._bounds = [0]

    def add(self, key: Key, cells: list[str]) -> None:
        """Add a row."""
        text = "\t".join(cells).encode("utf-8")
        self._waiting.append((key, text))
        self._held += len(text)
        if self._held > _MOST_UNSORTED:
            self._waiting.sort()
            data = b"".join([marshal.dumps(item) for item in self._waiting])
            with in_temporary_file():
                if self._file is None:
                    self._file = tempfile.TemporaryFile(buffering=0)
                rest = memoryview(data)
                while rest:
                    rest = rest[self._file.write(rest) :]
            self._bounds.append(self._bounds[-1] + len(data))
            self._waiting, self._held = [], 0

    def __iter__(self) -> Iterator[tuple[Key, list[str]]]:
        self._waiting.sort()
        runs = [iter(self._waiting), *(self._run(*bounds) for bounds in pairwise(self._bounds))]
        for key, text in heapq.merge(*runs):
            yield key, text.decode("utf-8").split("\t")

    def _run(self, begin: int, end: int) -> Iterator[tuple[Key, bytes]]:
        assert self._file is not None
        with io.BufferedReader(_Slice(self._file.fileno(), begin, end), _BUFFER) as stream:
            for _ in iter(lambda: stream.peek(1), b""):
                yield marshal.load(stream)

    def close(self) -> None:
        """Give the file up."""
        if self._file is not None:
            self._file.close()


class _Slice(io.RawIOBase):
    """A part of a file, read from its begin to its end."""

    def __init__(self, descriptor: int, begin: int, end: int) -> None:
        self._descriptor, self._at, self._end = descriptor, begin, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._descriptor, min(len(buffer), self._end - self._at), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class Shelf:
    """Arrays that are put aside, and read back in the order of adding."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_MOST_WAITING)

    def add(self, *arrays: NDArray[Any]) -> None:
        """Add some arrays."""
        with in_temporary_file():
            for array in arrays:
                np.save(self._file, array, allow_pickle=False)

    def read(self, arrays: int) -> Iterator[list[NDArray[Any]]]:
        """Yield all arrays, so many at once."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            yield [np.load(self._file, allow_pickle=False) for _ in range(arrays)]

    def close(self) -> None:
        """Give the file up."""
        self._file.close()
