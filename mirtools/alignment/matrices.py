"""Attribution matrices from a NumPy file (.npz or .npy), read in order and piece by piece.

What a file says of itself is checked before it is believed: nothing is unpickled, no array is made in the size
that a header claims, and a file that unpacks to terabytes costs no more memory than a small one.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, MirtoolsError, UsageError, shorten

_NPY, _ZIP = b"\x93NUMPY", b"PK"
# of a matrix: bases of a site and of a miRNA; cells; arrays in Fortran's order are read as a whole
_MOST_BASES, _MOST_CELLS, _MOST_BYTES = 20_000, 1 << 22, 1 << 28
_MOST_HEADER = 10_000
_LARGEST = 1e100
# bytes that tell a header's length, and what reads the header
_VERSIONS = {
    (1, 0): (2, np.lib.format.read_array_header_1_0),
    (2, 0): (4, np.lib.format.read_array_header_2_0),
}
_BATCH_CELLS, _MOST_PAIRS = 1 << 21, 1024
_SHAPE = "an array of shape (pairs, site length, miRNA length)"


class Matrices:
    """The matrices of a file.

    Parameters
    ----------
    path : str
        .npz with one array under any name, or .npy: shape ``(n, site length, miRNA length)``, or without the first
        axis where there is one pair, or with further axes of length 1 behind; numbers. Both axes run 5'->3'.

    Attributes
    ----------
    count, site_length, mirna_length : int
    batch_size : int
        Pairs that are well read at once.

    Raises
    ------
    InputError
        For a file that cannot be read, or does not hold such an array.
    """

    def __init__(self, path: str) -> None:
        if path == "-":
            raise UsageError("matrices cannot come through standard input; name a file")
        self.path = path
        self._taken = 0
        with contextlib.ExitStack() as opened, self._reading():
            stream = self._open(opened)
            shape, fortran, self._dtype = self._header(stream)
            self.count, self.site_length, self.mirna_length = self._shape(shape)
            self._stream = self._in_order(stream, shape) if fortran else stream
            self._opened = opened.pop_all()
        cells = max(1, self.site_length * self.mirna_length)
        self.batch_size = min(_MOST_PAIRS, max(1, _BATCH_CELLS // cells))

    def take(self, number: int) -> NDArray[np.float64]:
        """Return the next matrices, shape ``(number, site length, miRNA length)``; fewer at the end.

        Raises
        ------
        InputError
            Where data are damaged or missing, or a value is not finite or so large that sums would not be.
        """
        number = min(number, self.count - self._taken)
        shape = number, self.site_length, self.mirna_length
        wanted = math.prod(shape) * self._dtype.itemsize
        parts = []
        with self._reading():
            while wanted and (part := self._stream.read(min(wanted, 1 << 20))):
                parts.append(part)
                wanted -= len(part)
        if wanted:
            raise self._error("ends too early; copy it again")
        with np.errstate(over="ignore"):
            values = np.frombuffer(b"".join(parts), self._dtype).reshape(shape).astype(np.float64)
        finite = (np.abs(values) < _LARGEST).all(axis=(1, 2))
        if not finite.all():
            at = self._taken + int(np.argmin(finite)) + 1
            raise self._error(f"matrix {at} has a value that is no number below {_LARGEST:g}; leave out its pair")
        self._taken += number
        return values

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def __enter__(self) -> Matrices:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self, opened: contextlib.ExitStack) -> IO[bytes]:
        # without O_NONBLOCK a named pipe would wait for its writer for ever
        file = opened.enter_context(open(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb"))
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise self._error("is no regular file; save the attributions with numpy.savez")
        magic = file.read(len(_NPY))
        file.seek(0)
        if magic == _NPY:
            return file
        if not magic.startswith(_ZIP):
            raise self._error("is no NumPy file; save the attributions with numpy.savez")
        archive = opened.enter_context(zipfile.ZipFile(file))
        names = archive.namelist()
        if len(names) != 1:
            listed = ", ".join(name.removesuffix(".npy") for name in names[:3])
            raise self._error(f"holds {len(names)} arrays ({shorten(listed, 40)}); save one alone")
        return opened.enter_context(archive.open(names[0]))

    def _header(self, stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
        version = np.lib.format.read_magic(stream)
        if version not in _VERSIONS:
            raise self._error(f"does not hold plain numbers; save {_SHAPE}")
        width, read = _VERSIONS[version]
        length = stream.read(width)
        # before NumPy reads as much as is said here
        if int.from_bytes(length, "little") > _MOST_HEADER:
            raise self._error(f"does not hold plain numbers; save {_SHAPE}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that are Python of another version
            shape, fortran, dtype = read(io.BytesIO(length + stream.read(int.from_bytes(length, "little"))))
        if dtype.kind not in "fiu" or dtype.subdtype is not None:
            raise self._error(f"holds {shorten(str(dtype), 30)}, not plain numbers; save {_SHAPE}")
        return shape, fortran, dtype

    def _shape(self, shape: tuple[int, ...]) -> tuple[int, int, int]:
        axes = list(shape)
        while len(axes) > 3 and axes[-1] == 1:
            axes.pop()
        if len(axes) == 2:
            axes.insert(0, 1)
        said = shorten("x".join(map(str, shape)), 30) or "a single number"
        if len(axes) != 3 or min(axes) < 0 or 0 in axes[1:]:
            raise self._error(f"holds {said}; save {_SHAPE}")
        count, rows, columns = axes
        if max(rows, columns) > _MOST_BASES or rows * columns > _MOST_CELLS:
            raise self._error(f"holds {said}: matrices beyond {_MOST_CELLS:,} cells; give smaller ones")
        return count, rows, columns

    def _in_order(self, stream: IO[bytes], shape: tuple[int, ...]) -> IO[bytes]:
        """Return the bytes of an array in Fortran's order, its first axis fastest, in the order of rows."""
        size = math.prod(shape) * self._dtype.itemsize
        if size > _MOST_BYTES:
            raise self._error("is too large for an array in Fortran's order; save numpy.ascontiguousarray of it")
        data = stream.read(size)
        if len(data) < size:
            raise self._error("ends too early; copy it again")
        values = np.frombuffer(data, self._dtype).reshape(shape[::-1]).T
        return io.BytesIO(np.ascontiguousarray(values).tobytes())

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn what files, archives and headers raise into :class:`InputError`."""
        try:
            yield
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            struct.error,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise self._error("is damaged or no .npz file; save it again with numpy.savez") from error
        except OSError as error:
            raise self._error(f"cannot be read ({(error.strerror or str(error)).lower()})") from error
        except Exception as error:  # NumPy's parser of headers has many ways to stumble
            if isinstance(error, MirtoolsError):
                raise
            raise self._error(f"is no NumPy file of numbers; save {_SHAPE}") from error

    def _error(self, problem: str) -> InputError:
        return InputError(problem, source=self.path)
