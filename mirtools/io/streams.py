"""Opening inputs (any compression, by content) and writing outputs that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO, cast

from mirtools.errors import InputError, OutputError, UsageError
from mirtools.io.lines import PassThrough, checked_lines, why_not_text
from mirtools.io.partfiles import PartFile

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

# First bytes of the compressed formats; all other files are read as they are.
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_DAMAGED = {"error", "IsalError", "LZMAError", "ZstdError"}  # "error" is that of zlib and zlib-ng
_BUFFER = 1 << 17
COMPRESSED_SUFFIXES = {".gz": "gz", ".bz2": "bz2", ".xz": "xz", ".zst": "zst"}


def open_input(path: str) -> io.BufferedReader:
    """Open a file, or standard input for ``-``, for reading decompressed bytes.

    gzip, bzip2, xz and Zstandard are recognised by content; the suffix of the name has no effect.

    Raises
    ------
    InputError
        If the file does not exist, is a folder or may not be read.
    """
    from xopen import xopen

    if path == "-" and sys.stdin is None:
        raise InputError("is closed; name a file, or pipe into '-'", source=path)
    try:
        raw = sys.stdin.buffer if path == "-" else open(path, "rb")
        head, stream = start_of(cast(io.BufferedReader, raw), 6)
    except OSError as error:
        raise InputError(f"cannot be read ({_reason(error)})", source=path) from error
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            with reading(path):
                return _Decompressed(xopen(cast(BinaryIO, stream), "rb", format=kind, threads=0), stream)
    return stream


def has_suffix(path: str, suffix: str) -> bool:
    """Return whether a file name ends in ``suffix``, with or without a compression suffix after it."""
    name, last = os.path.splitext(path)
    return path.endswith(suffix) or (last in COMPRESSED_SUFFIXES and name.endswith(suffix))


def start_of(stream: io.BufferedReader, size: int) -> tuple[bytes, io.BufferedReader]:
    """Return the first ``size`` bytes (fewer only if the stream is shorter) and a stream that begins with them."""
    head = stream.peek(size)[:size]
    if len(head) == size:
        return head, stream
    # a pipe may deliver its first bytes one by one, and peek does not wait for more
    head = stream.read(size)
    return head, io.BufferedReader(_Resumed(head, stream))


def open_text(path: str) -> TextIO:
    """Open a file, or standard input for ``-``, as UTF-8 text with or without a byte order mark.

    Only ``\\n`` ends a line; the caller strips ``\\r``. Reading raises InputError for lines that are too long and
    for control characters (:mod:`mirtools.io.lines`).
    """
    return io.TextIOWrapper(checked_lines(open_input(path), path), encoding="utf-8-sig", newline="\n")


@contextlib.contextmanager
def reading(source: str) -> Iterator[None]:
    """Convert errors of decompressors and decoders while ``source`` is read into :class:`InputError`."""
    try:
        yield
    except EOFError as error:
        problem = "compressed data end too early: the file is cut; copy or download it again"
        raise InputError(problem, source=source) from error
    except UnicodeDecodeError as error:
        raise InputError(why_not_text(error.object), source=source) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"cannot be read ({_reason(error)})", source=source) from error
        # Each decompressor has its own error class; they are compared by name, which avoids importing them all.
        if isinstance(error, OSError) or type(error).__name__ in _DAMAGED:
            problem = "compressed data are damaged; copy or download the file again"
            raise InputError(problem, source=source) from error
        raise


class Outputs:
    """All files that one command writes: they appear together if it succeeds, otherwise none appears.

    A named file is written under a temporary name in the same folder and renamed by :meth:`commit`
    (:mod:`mirtools.io.partfiles`). ``-`` is standard output; devices and pipes are written directly.
    """

    def __init__(self) -> None:
        self._streams: list[IO[str] | IO[bytes]] = []  # closed last to first: wrappers before the wrapped streams
        self._files: list[PartFile] = []
        self._whole = False  # all are written; once one is renamed, all must be renamed
        self._claimed: set[str] = set()

    def open(self, path: str) -> TextIO:
        """Open ``path`` for UTF-8 text with ``\\n`` line ends, compressed according to its suffix."""
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
        """Open ``path`` for bytes (figures, models), without compression.

        Raises
        ------
        OutputError
            If the file cannot be created.
        UsageError
            For a file that is already open; devices and pipes may be named more than once.
        """
        try:
            raw = self._standard_output() if path in ("-", "/dev/stdout") else self._file(path)
        except OSError as error:
            raise OutputError(f"{path or repr(path)}: cannot be written ({_reason(error)})") from error
        stream = cast(BinaryIO, io.BufferedWriter(raw, _BUFFER))
        self._streams.append(stream)
        return stream

    def _standard_output(self) -> io.RawIOBase:
        self._claim("-", "-")
        if sys.stdout is None:
            raise OutputError("<stdout>: is closed; name a file with -o")
        return _StandardOutput(sys.stdout.buffer)

    def _file(self, path: str) -> io.RawIOBase:
        if not path:
            raise FileNotFoundError(errno.ENOENT, "a file needs a name")
        with contextlib.suppress(FileNotFoundError):
            mode = os.stat(path).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, "is a folder")
            if not stat.S_ISREG(mode):
                # by its own name: the target of /dev/fd/5 may have no name
                return _File(os.open(path, os.O_WRONLY | os.O_CLOEXEC), path)
        final = os.path.realpath(path)
        self._claim(final, path)
        part = PartFile(final)
        # stored before the file exists, so that a signal in between does not leave it behind
        self._files.append(part)
        try:
            handle = part.open()
        except OSError:
            self._files.pop()
            raise
        return _File(handle, path)

    def _claim(self, identity: str, path: str) -> None:
        if identity in self._claimed:
            raise UsageError(f"'{path}' is named for two outputs; give each its own file")
        self._claimed.add(identity)

    def commit(self) -> None:
        """Close everything and give the files their final names."""
        while self._streams:
            self._streams[-1].close()
            self._streams.pop()
        self._whole = True
        while self._files:
            part = self._files[-1]
            try:
                part.finish()
            except OSError as error:
                raise OutputError(f"{part.final}: cannot be written ({_reason(error)})") from error
            self._files.pop()

    def discard(self) -> None:
        """Close everything and remove all named files."""
        self._whole = False
        while self._streams:
            with contextlib.suppress(OSError, ValueError, OutputError):
                self._streams[-1].close()
            self._streams.pop()
        while self._files:
            self._files[-1].remove()
            self._files.pop()

    def abandon(self) -> None:
        """Keep all named files or remove all, without closing any: for a process that ends here."""
        for part in self._files:
            if self._whole:
                with contextlib.suppress(OSError):
                    part.finish()
            else:
                part.remove()

    def __enter__(self) -> Outputs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.commit()
        except KeyboardInterrupt:
            if self._whole:
                self.abandon()
            raise
        finally:
            self.discard()


class _Decompressed(io.BufferedReader):
    """A decompressed stream that also closes the compressed file."""

    def __init__(self, stream: BinaryIO, below: IO[bytes]) -> None:
        super().__init__(cast(io.RawIOBase, stream))
        self._below = below

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._below.close()


class _Resumed(PassThrough):
    """A stream that first returns bytes that have already been read from it."""

    def __init__(self, head: bytes, stream: io.BufferedReader) -> None:
        super().__init__(stream)
        self._head = head

    def _next(self, size: int) -> bytes:
        data, self._head = self._head[:size], self._head[size:]
        return data or super()._next(size)


class _File(io.FileIO):
    """An open file whose write errors include its name."""

    def __init__(self, handle: int, path: str) -> None:
        super().__init__(handle, "wb")
        self._path = path

    def write(self, data: Buffer) -> int:
        with _writing(self._path):
            return super().write(data)


class _StandardOutput(io.RawIOBase):
    """Standard output, flushed on close; its descriptor stays open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        with _writing("<stdout>"):
            return self._stream.write(data)

    def flush(self) -> None:
        if not self.closed:
            with _writing("<stdout>"):
                self._stream.flush()


@contextlib.contextmanager
def in_temporary_file() -> Iterator[None]:
    """Convert errors of temporary files, for example a full disk, into one line.

    Raises
    ------
    OutputError
        For any OSError inside.
    """
    try:
        yield
    except OSError as error:
        problem = f"cannot be written ({_reason(error)}); set TMPDIR to a folder with room"
        raise OutputError(f"temporary file: {problem}") from error


@contextlib.contextmanager
def _writing(place: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{place}: cannot be written ({_reason(error)})") from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
