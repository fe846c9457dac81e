"""Opening inputs (any compression, by content) and writing outputs that appear whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, BinaryIO, TextIO, cast

from mirtools.errors import InputError, OutputError, UsageError

# First bytes of the compressed formats that are read; everything else is plain.
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_DAMAGED = {"error", "IsalError", "LZMAError", "ZstdError"}  # "error" is that of zlib and zlib-ng
COMPRESSED_SUFFIXES = {".gz": "gz", ".bz2": "bz2", ".xz": "xz", ".zst": "zst"}


def open_input(path: str) -> BinaryIO:
    """Open a file, or standard input for ``-``, for reading decompressed bytes.

    gzip, bzip2, xz and Zstandard are recognised by their content, so a wrong suffix does no harm.

    Raises
    ------
    InputError
        When the file does not exist, is a folder or may not be read.
    """
    from xopen import xopen

    try:
        raw = sys.stdin.buffer if path == "-" else open(path, "rb")
        head = raw.peek(6)[:6]  # type: ignore[union-attr]
    except OSError as error:
        raise InputError(f"cannot be read ({_reason(error)})", source=path) from error
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            with reading(path):
                stream = xopen(cast(BinaryIO, raw), "rb", format=kind, threads=0)
            # xopen leaves a file that it did not open itself to its caller
            return stream if path == "-" else cast(BinaryIO, _Decompressed(stream, raw))
    return cast(BinaryIO, raw)


def open_text(path: str) -> TextIO:
    """Open a file, or standard input for ``-``, as UTF-8 text with or without a byte order mark.

    Only ``\\n`` ends a line; the caller strips ``\\r``.
    """
    return io.TextIOWrapper(open_input(path), encoding="utf-8-sig", newline="\n")


@contextlib.contextmanager
def reading(source: str) -> Iterator[None]:
    """Turn what decompressors and decoders raise while ``source`` is read into :class:`InputError`."""
    try:
        yield
    except EOFError as error:
        problem = "compressed data end too early; the file is cut, copy or download it again"
        raise InputError(problem, source=source) from error
    except UnicodeDecodeError as error:
        raise InputError("is not text (UTF-8); give a text file", source=source) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"cannot be read ({_reason(error)})", source=source) from error
        # Each decompressor has an error class of its own; none of them is imported just to name it here.
        if isinstance(error, OSError) or type(error).__name__ in _DAMAGED:
            problem = "compressed data are damaged; copy or download the file again"
            raise InputError(problem, source=source) from error
        raise


class Outputs:
    """All files that one command writes: they appear together when it succeeds, or not at all.

    A named file is written beside its target under a temporary name and renamed by :meth:`commit`.
    ``-`` is standard output; devices and named pipes are written directly.
    """

    def __init__(self) -> None:
        self._streams: list[IO[str] | IO[bytes]] = []  # closed last to first: wrappers before what they wrap
        self._files: list[tuple[str, str]] = []  # temporary name, final name
        self._claimed: set[str] = set()

    def open(self, path: str) -> TextIO:
        """Open ``path`` for UTF-8 text with ``\\n`` line ends, compressed as its suffix says."""
        kind = None if path == "-" else COMPRESSED_SUFFIXES.get(os.path.splitext(path)[1])
        binary = self.open_binary(path)
        if kind is not None:
            from xopen import xopen

            binary = xopen(binary, "wb", format=kind, threads=0)
            self._streams.append(binary)
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
        self._streams.append(text)
        return text

    def open_binary(self, path: str) -> BinaryIO:
        """Open ``path`` for bytes, written as they are (figures, models)."""
        identity = "-" if path == "-" else os.path.realpath(path)
        if identity in self._claimed:
            raise UsageError(f"'{path}' is named for two outputs; give each its own file")
        self._claimed.add(identity)
        if path == "-":
            stream = cast(BinaryIO, io.BufferedWriter(_KeepOpen(sys.stdout.buffer)))
        else:
            try:
                stream = self._beside(identity)
            except OSError as error:
                raise OutputError(f"{path}: cannot be written ({_reason(error)})") from error
        self._streams.append(stream)
        return stream

    def _beside(self, path: str) -> BinaryIO:
        if os.path.isdir(path):
            raise IsADirectoryError(21, "is a folder")
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            return open(path, "wb")
        folder, name = os.path.split(path)
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder)
        self._files.append((temporary, path))
        os.fchmod(handle, 0o666 & ~_umask())
        return os.fdopen(handle, "wb")

    def commit(self) -> None:
        """Close everything and give the files their names."""
        while self._streams:
            self._streams[-1].close()
            self._streams.pop()
        while self._files:
            os.replace(*self._files[-1])
            self._files.pop()

    def discard(self) -> None:
        """Close everything and leave no named file behind."""
        while self._streams:
            with contextlib.suppress(OSError, ValueError):
                self._streams.pop().close()
        while self._files:
            with contextlib.suppress(OSError):
                os.unlink(self._files.pop()[0])

    def __enter__(self) -> Outputs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.discard()


class _Decompressed(io.BufferedReader):
    """A decompressed stream that closes the file below it, too."""

    def __init__(self, stream: BinaryIO, below: IO[bytes]) -> None:
        super().__init__(cast(io.RawIOBase, stream))
        self._below = below

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._below.close()


class _KeepOpen(io.RawIOBase):
    """Standard output behind a wrapper that flushes on close but leaves the descriptor open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self._stream.write(data)

    def flush(self) -> None:
        if not self.closed:
            self._stream.flush()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
