"""Attribution matrices from a NumPy file (.npz or .npy), read in order and in parts.

Files are not trusted: nothing is unpickled, no array is allocated by the size in a header, and a file that unpacks
to terabytes needs no more memory than a small one.
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
# limits of a matrix: bases of a site or a miRNA, cells; and bytes of arrays in Fortran order, which are read as a
# whole
_MOST_BASES, _MOST_CELLS, _MOST_BYTES = 20_000, 1 << 22, 1 << 28
_MOST_HEADER = 10_000
_LARGEST = 1e100
# bytes of a header's length, and the function that reads the header
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
        axis for a single pair, or with further axes of length 1 at the end; numbers. Both axes run 5'->3'.

    Attributes
    ----------
    count, site_length, mirna_length : int
    batch_size : int
        A good number of pairs to read at once.

    Raises
    ------
    InputError
        For a file that cannot be read, or does not contain such an array.
    """

    def __init__(self, path: str) -> None:
        if path == "-":
            raise UsageError("matrices cannot be read from standard input; give a file")
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
            If data are damaged or missing, or a value is not finite or so large that sums may overflow.
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
            raise self._error(f"matrix {at} has a value that is not a number below {_LARGEST:g}; remove its pair")
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
        # without O_NONBLOCK, opening a named pipe would wait for its writer forever
        file = opened.enter_context(open(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb"))
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise self._error("is not a regular file; save the attributions with numpy.savez")
        magic = file.read(len(_NPY))
        file.seek(0)
        if magic == _NPY:
            return file
        if not magic.startswith(_ZIP):
            raise self._error("is not a NumPy file; save the attributions with numpy.savez")
        archive = opened.enter_context(zipfile.ZipFile(file))
        names = archive.namelist()
        if len(names) != 1:
            listed = ", ".join(name.removesuffix(".npy") for name in names[:3])
            raise self._error(f"has {len(names)} arrays ({shorten(listed, 40)}); save only one")
        return opened.enter_context(archive.open(names[0]))

    def _header(self, stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
        version = np.lib.format.read_magic(stream)
        if version not in _VERSIONS:
            raise self._error(f"does not contain plain numbers; save {_SHAPE}")
        width, read = _VERSIONS[version]
        length = stream.read(width)
        # checked before NumPy reads this many bytes
        if int.from_bytes(length, "little") > _MOST_HEADER:
            raise self._error(f"does not contain plain numbers; save {_SHAPE}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # for headers in the syntax of other Python versions
            shape, fortran, dtype = read(io.BytesIO(length + stream.read(int.from_bytes(length, "little"))))
        if dtype.kind not in "fiu" or dtype.subdtype is not None:
            raise self._error(f"contains {shorten(str(dtype), 30)}, not plain numbers; save {_SHAPE}")
        return shape, fortran, dtype

    def _shape(self, shape: tuple[int, ...]) -> tuple[int, int, int]:
        axes = list(shape)
        while len(axes) > 3 and axes[-1] == 1:
            axes.pop()
        if len(axes) == 2:
            axes.insert(0, 1)
        printed = shorten("x".join(map(str, shape)), 30) or "a single number"
        if len(axes) != 3 or min(axes) < 0 or 0 in axes[1:]:
            raise self._error(f"contains {printed}; save {_SHAPE}")
        count, rows, columns = axes
        if max(rows, columns) > _MOST_BASES or rows * columns > _MOST_CELLS:
            raise self._error(
                f"contains {printed}: matrices of more than {_MOST_CELLS:,} cells; give smaller ones"
            )
        return count, rows, columns

    def _in_order(self, stream: IO[bytes], shape: tuple[int, ...]) -> IO[bytes]:
        """Return the bytes of an array in Fortran order (first axis fastest) in C order."""
        size = math.prod(shape) * self._dtype.itemsize
        if size > _MOST_BYTES:
            raise self._error("is too large for an array in Fortran order; save numpy.ascontiguousarray of it")
        data = stream.read(size)
        if len(data) < size:
            raise self._error("ends too early; copy it again")
        values = np.frombuffer(data, self._dtype).reshape(shape[::-1]).T
        return io.BytesIO(np.ascontiguousarray(values).tobytes())

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn exceptions of files, archives and headers into :class:`InputError`."""
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
            raise self._error("is damaged or not a .npz file; save it again with numpy.savez") from error
        except OSError as error:
            raise self._error(f"cannot be read ({(error.strerror or str(error)).lower()})") from error
        except Exception as error:  # NumPy's parser of headers raises many kinds of exceptions
            if isinstance(error, MirtoolsError):
                raise
            raise self._error(f"is not a NumPy file of numbers; save {_SHAPE}") from error

    def _error(self, problem: str) -> InputError:
        return InputError(problem, source=self.path)
