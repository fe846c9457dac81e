"""A k-mer index of reference sequences: the positions of each word.

The positions of a text are sorted by the word of ``k`` bases that starts there; a table has the start of each
word's positions. Words shorter than ``k`` are looked up in the same table, because words with the same first bases
are adjacent. Memory: 5.25 bytes per base (position, code, packed code) and 4 bytes per word (4**k), so 79 MB for
12 Mb of transcripts (k = 11) and 1.6 GB for 250 Mb (k = 13). An index can be mapped from a file; then all
processes of a machine share it, and only the parts in use are read.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections import Counter
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.packed import pack
from mirtools.chimera.references import N, References
from mirtools.computing.compiled import compiled
from mirtools.errors import InputError
from mirtools.io.lines import CONTROL
from mirtools.io.sequences import read_references

_FORMAT = "mirtools k-mer index 1"
_REMEDY = "make it again with chimera-index"
_LEAST_K, _LARGEST_K = 8, 13
_DTYPES: dict[str, np.dtype[Any]] = {
    "U8": np.dtype("u1"),
    "U32": np.dtype("<u4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
}
_TYPES = {
    "codes": _DTYPES["U8"],
    "packed": _DTYPES["U64"],
    "starts": _DTYPES["I64"],
    "ends": _DTYPES["I64"],
    "table": _DTYPES["U32"],
    "positions": _DTYPES["U32"],
    "headers": _DTYPES["U8"],
}


class KmerIndex:
    """Reference sequences with the positions of their words.

    Parameters
    ----------
    references : References
    packed : array of uint64
        Bases of the references (:func:`mirtools.chimera.packed.pack`).
    k : int
        Length of the longest words.
    table : array of uint32, shape (4**k + 1,)
        The positions of word ``w`` are ``positions[table[w]:table[w + 1]]``.
    positions : array of uint32
        Positions on ``references.codes``, by word, then ascending. ``N`` and separators count as ``A`` here, so
        matches must be verified.
    """

    def __init__(
        self,
        references: References,
        packed: NDArray[np.uint64],
        k: int,
        table: NDArray[np.uint32],
        positions: NDArray[np.uint32],
    ) -> None:
        self.references = references
        self.packed = packed
        self.k = k
        self.table = table
        self.positions = positions

    @classmethod
    def of(cls, references: References) -> KmerIndex:
        """Index sequences; ``k`` is chosen so that there are about as many words as bases."""
        size = len(references.codes)
        if size >= 2**32:
            raise InputError(f"{size:,} bases are too many for an index; split the references (4 Gb at most)")
        k = min(max(math.floor(math.log(size, 4)), _LEAST_K), _LARGEST_K)
        table, positions = _sort_words(references.codes, k)
        return cls(references, pack(references.codes), k, table, positions)

    def save(self, stream: BinaryIO) -> None:
        """Write the index as a safetensors file, for :meth:`load`."""
        references = self.references
        headers = "\n".join(references.headers).encode("utf-8", "surrogateescape")
        arrays: dict[str, NDArray[Any]] = {
            # larger items first, so that all are aligned
            "starts": references.starts,
            "ends": references.ends,
            "packed": self.packed,
            "table": self.table,
            "positions": self.positions,
            "codes": references.codes,
            "headers": np.frombuffer(headers, np.uint8),
        }
        description: dict[str, Any] = {"__metadata__": {"format": _FORMAT}}
        offset = 0
        for name, array in arrays.items():
            kind = next(kind for kind, dtype in _DTYPES.items() if dtype == array.dtype)
            place = [offset, offset + array.nbytes]
            description[name] = {"dtype": kind, "shape": [len(array)], "data_offsets": place}
            offset += array.nbytes
        text = json.dumps(description, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        stream.write(len(text).to_bytes(8, "little") + text)
        # part by part: the library would need memory for the whole file
        for array in arrays.values():
            stream.write(np.ascontiguousarray(array).data)

    @classmethod
    def load(cls, path: str) -> KmerIndex:
        """Map an index of :meth:`save` into memory; parts are read when they are needed.

        Raises
        ------
        InputError
            If a file is not an index, is truncated, or has parts that do not fit together.
        """
        from safetensors import SafetensorError, safe_open

        try:
            # the library checks that the parts lie within the file and next to each other
            with safe_open(path, "np") as opened:
                metadata = opened.metadata() or {}
            arrays = _map_arrays(path)
        except (SafetensorError, KeyError, ValueError) as error:
            raise InputError(f"is not an intact index; {_REMEDY}", source=path) from error
        except OSError as error:
            reason = (error.strerror or "damaged").lower()
            raise InputError(f"cannot be read ({reason})", source=path) from error
        if metadata.get("format") != _FORMAT:
            raise InputError(f"is not an index of this version of mirtools; {_REMEDY}", source=path)
        if {name: array.dtype for name, array in arrays.items()} != _TYPES:
            raise InputError(f"is damaged, a part is missing; {_REMEDY}", source=path)
        return cls._checked(arrays, path)

    @classmethod
    def _checked(cls, arrays: dict[str, NDArray[Any]], path: str) -> KmerIndex:
        codes, starts, ends, table = (arrays[name] for name in ("codes", "starts", "ends", "table"))
        headers = arrays["headers"].tobytes().decode("utf-8", "surrogateescape").split("\n")
        k = (len(table).bit_length() - 1) // 2
        if any(map(CONTROL.search, headers)):
            raise InputError(f"is damaged, a name contains a control character; {_REMEDY}", source=path)
        fits = (
            len(headers) == len(starts) == len(ends) > 0
            and len(table) == 4**k + 1
            and _LEAST_K <= k <= _LARGEST_K
            and starts[0] == 1
            and bool((ends >= starts).all() and (starts[1:] == ends[:-1] + 1).all())
            and len(arrays["packed"]) == len(codes) // 32 + 3
            and ends[-1] + 1 == len(codes) == len(arrays["positions"]) + _unindexed(k)
        )
        if not fits:
            raise InputError(f"is damaged, its parts do not fit together; {_REMEDY}", source=path)
        names = [header.split(None, 1)[0] if header.strip() else "" for header in headers]
        return cls(
            References(names, headers, codes, starts, ends), arrays["packed"], k, table, arrays["positions"]
        )


def read_transcripts(path: str, counts: Counter[str] | None = None) -> tuple[References, KmerIndex | None]:
    """Return the transcripts of a FASTA file, or the transcripts and the index of an index file.

    ``counts`` receives the records without sequence, see :func:`mirtools.io.sequences.stream_references`.
    """
    if is_index(path):
        index = KmerIndex.load(path)
        return index.references.by_accession(), index
    found = References.of(read_references(path, counts=Counter() if counts is None else counts))
    return found.by_accession(), None


def is_index(path: str) -> bool:
    """Return whether a file may be an index, by its first bytes; false for pipes and unreadable files."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as stream:
            start = stream.read(9)
    except OSError:
        return False
    # a safetensors file starts with the length of its JSON header
    return len(start) == 9 and start[8:] == b"{" and int.from_bytes(start[:8], "little") < 1 << 20


def _map_arrays(path: str) -> dict[str, NDArray[Any]]:
    with open(path, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        table = json.loads(stream.read(length))
    return {
        name: np.memmap(
            path, _DTYPES[entry["dtype"]], "r", 8 + length + entry["data_offsets"][0], tuple(entry["shape"])
        )
        for name, entry in table.items()
        if name in _TYPES and math.prod(entry["shape"])
    }


def _unindexed(k: int) -> int:
    """Return the number of positions at the end of a text that start no word."""
    return k - 1


@compiled
def _sort_words(codes: NDArray[np.uint8], k: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the table and the positions of all words, by counting sort."""
    words = len(codes) - k + 1
    mask = (1 << (2 * k)) - 1
    table = np.zeros((1 << (2 * k)) + 1, np.uint32)
    word = 0
    for position in range(len(codes)):
        base = codes[position]
        word = ((word << 2) | (base if base < N else 0)) & mask
        if position >= k - 1:
            table[word + 1] += 1
    for number in range(1, len(table)):
        table[number] += table[number - 1]
    # the start of each word moves to its end while its positions are filled in, and back afterwards
    positions = np.empty(max(words, 0), np.uint32)
    word = 0
    for position in range(len(codes)):
        base = codes[position]
        word = ((word << 2) | (base if base < N else 0)) & mask
        if position >= k - 1:
            positions[table[word]] = position - k + 1
            table[word] += 1
    for number in range(len(table) - 1, 0, -1):
        table[number] = table[number - 1]
    table[0] = 0
    return table, positions
