"""Data that waits in temporary files until an input is read to its end, so that memory stays constant.

:class:`Bytes` holds pieces of bytes that are read back by position, in any order; :class:`Lines` holds lines that
are read back in order; :class:`SortedRows` sorts rows by key; :class:`GroupedRecords` groups records of one type.
All keep a few megabytes in memory before they create a file. The files have no name, so that nothing remains after
a command, however it ends.
"""

from __future__ import annotations

import heapq
import io
import marshal
import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mirtools.io.streams import in_temporary_file

# bytes kept in memory, and bytes of rows that are sorted at once
MOST_BYTES = 1 << 22
MOST_UNSORTED = 1 << 24
# records kept in memory: 5 MB if they have 40 bytes each, and twice that while they are grouped
MOST_RECORDS = 1 << 17
FILES = 64
_BUFFER = 1 << 16

Key = tuple[Any, ...]


class Bytes:
    """Pieces of bytes, one after another, each identified by its position.

    Parameters
    ----------
    most : int, optional
        Bytes kept in memory before they are written to a file; :data:`MOST_BYTES` by default.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = MOST_BYTES if most is None else most
        self._waiting = bytearray()
        self._written = 0
        self._file: io.FileIO | None = None

    def __len__(self) -> int:
        return self._written + len(self._waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, data: bytes) -> tuple[int, int]:
        """Add a piece; returns its position and its length.

        Raises
        ------
        OutputError
            If there is no room for the file.
        """
        begin = len(self)
        self._waiting += data
        if len(self._waiting) > self._most:
            self._write()
        return begin, len(data)

    def get(self, begin: int, size: int) -> bytes:
        """Return a piece or a part of it; it must lie completely in memory or completely in the file."""
        if begin >= self._written:
            return bytes(self._waiting[begin - self._written : begin - self._written + size])
        assert self._file is not None
        return os.pread(self._file.fileno(), size, begin)

    def parts(self, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield all bytes from ``begin`` to ``end``, in parts."""
        end = len(self) if end is None else end
        while begin < end:
            # a part must not cross the border between file and memory
            border = self._written if begin < self._written else end
            part = self.get(begin, min(_BUFFER, end - begin, border - begin))
            yield part
            begin += len(part)

    def close(self) -> None:
        """Close the file, which deletes it."""
        if self._file is not None:
            self._file.close()

    def _write(self) -> None:
        with in_temporary_file():
            if self._file is None:
                # without a buffer, so that closing it has nothing to write
                self._file = tempfile.TemporaryFile(buffering=0)
            rest = memoryview(self._waiting)
            while rest:
                rest = rest[self._file.write(rest) :]
            rest.release()
        self._written += len(self._waiting)
        self._waiting = bytearray()


class Lines:
    """Lines of text that are read back in order after all have been added."""

    def __init__(self) -> None:
        self._bytes = Bytes()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        with io.BufferedReader(_Stream(self._bytes.parts()), _BUFFER) as stream:
            for line in stream:
                yield line[:-1].decode("utf-8")

    def add(self, line: str) -> None:
        """Add a line, without its end."""
        self.extend([line])

    def extend(self, lines: Iterable[str]) -> None:
        """Add several lines, without their ends."""
        encoded = [line.encode("utf-8") + b"\n" for line in lines]
        self._count += len(encoded)
        self._bytes.add(b"".join(encoded))

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()


class SortedRows:
    """Rows that are read back in ascending order of unique keys, which are tuples of numbers and bytes."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Key, bytes]] = []
        self._held = 0
        self._sorted = Bytes(0)
        self._bounds = [0]

    def add(self, key: Key, cells: list[str]) -> None:
        """Add a row."""
        text = "\t".join(cells).encode("utf-8")
        self._waiting.append((key, text))
        self._held += len(text)
        if self._held > MOST_UNSORTED:
            self._waiting.sort()
            self._sorted.add(b"".join([marshal.dumps(item) for item in self._waiting]))
            self._bounds.append(len(self._sorted))
            self._waiting, self._held = [], 0

    def __iter__(self) -> Iterator[tuple[Key, list[str]]]:
        self._waiting.sort()
        runs = [iter(self._waiting), *(self._run(*bounds) for bounds in pairwise(self._bounds))]
        for key, text in heapq.merge(*runs):
            yield key, text.decode("utf-8").split("\t")

    def close(self) -> None:
        """Close the file."""
        self._sorted.close()

    def _run(self, begin: int, end: int) -> Iterator[tuple[Key, bytes]]:
        with io.BufferedReader(_Stream(self._sorted.parts(begin, end)), _BUFFER) as stream:
            while stream.peek(1):
                yield marshal.load(stream)


class GroupedRecords:
    """Records of one type, grouped by a number of each record.

    Parameters
    ----------
    kind : numpy.dtype
        Type of the records; also an attribute.
    """

    def __init__(self, kind: np.dtype[Any]) -> None:
        self.kind = kind
        self._waiting: list[NDArray[Any]] = []
        self._numbers: list[NDArray[np.int64]] = []
        self._held = 0
        self._files: list[Bytes] = []

    def add(self, records: NDArray[Any], numbers: NDArray[np.int64]) -> None:
        """Add records; if files are needed, each record goes to the file of its number modulo 64."""
        self._waiting.append(records)
        self._numbers.append(numbers % FILES)
        self._held += len(records)
        if self._held > MOST_RECORDS:
            self._write()

    def groups(self) -> Iterator[NDArray[Any]]:
        """Yield groups of records in the order of adding; records with the same number are in the same group."""
        if not self._files:
            yield np.concatenate([np.empty(0, self.kind), *self._waiting])
            return
        if self._held:
            self._write()
        for file in self._files:
            yield np.frombuffer(b"".join(file.parts()), self.kind)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def _write(self) -> None:
        while len(self._files) < FILES:
            self._files.append(Bytes(0))
        records, numbers = np.concatenate(self._waiting), np.concatenate(self._numbers)
        self._waiting.clear()
        self._numbers.clear()
        self._held = 0
        order = np.argsort(numbers, kind="stable")
        bounds = np.cumsum(np.bincount(numbers, minlength=FILES))
        for file, group in zip(self._files, np.split(order, bounds[:-1]), strict=True):
            file.add(records[group].tobytes())


class _Stream(io.RawIOBase):
    """Parts of bytes as one file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._rest or next(self._parts, b"")
        size = min(len(buffer), len(data))
        buffer[:size], self._rest = data[:size], data[size:]
        return size
