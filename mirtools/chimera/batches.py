"""Reads as arrays: thousands at a time, the form in which they are trimmed, searched and paired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.compiled import compiled
from mirtools.chimera.references import LETTERS, decode
from mirtools.sequences import Read, checked, first_word, read_record_lists, to_dna

if TYPE_CHECKING:
    from dnaio import SequenceRecord

# Reads that are handled together: enough to make the cost of a call small, few enough to stay in the cache.
BATCH_SIZE = 8192
# Batches have fewer reads where reads are long.
_BATCH_BASES = 1 << 22
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

_BAD = 255
_QUALITIES = ord("!"), ord("~")  # Phred+33


def _code_table() -> bytes:
    """Return the code of every byte that ``to_dna`` takes for a nucleotide, else ``_BAD``."""
    table = bytearray([_BAD] * 256)
    for letter in range(128):
        try:
            table[letter] = LETTERS.index(to_dna(chr(letter)).encode())
        except ValueError:
            continue
    return bytes(table)


_CODES = _code_table()


class RawReads(NamedTuple):
    """Reads of one file as they come, with adapters and UMIs.

    Attributes
    ----------
    bases : array of uint8
        Codes (:mod:`mirtools.chimera.references`), one read after the other, 5'->3'.
    starts : array of int64, shape (n + 1,)
        Where each read starts in ``bases``; the last entry is the length of ``bases``.
    qualities : array of uint8 or None
        Phred+33 characters beside ``bases``; None for FASTA.
    records : sequence of dnaio.SequenceRecord or Read
        Where the arrays come from, for names.
    source : str
        File name as the user gave it.
    """

    bases: NDArray[np.uint8]
    starts: NDArray[np.int64]
    qualities: NDArray[np.uint8] | None
    records: Sequence[SequenceRecord] | Sequence[Read]
    source: str

    def name(self, number: int) -> str:
        """Return the name of a read: its header up to the first blank."""
        return first_word(self.records[number].name)

    def sequence(self, number: int) -> str:
        """Return the bases of a read in DNA letters."""
        return decode(self.bases[self.starts[number] : self.starts[number + 1]])


class ReadBatch(NamedTuple):
    """Inserts of some reads: UMI and adapter are off, copies within the batch are collapsed.

    Attributes
    ----------
    bases : array of uint8, shape (bases of all inserts,)
        Codes (:mod:`mirtools.chimera.references`), one insert after the other, 5'->3'.
    starts : array of int64, shape (n + 1,)
        Where each insert starts in ``bases``; the last entry is the length of ``bases``.
    qualities : array of uint8 or None
        Phred+33 characters beside ``bases``, the best of all copies in the batch; None for FASTA.
    names : list of str
        Name of the first copy of each; empty when nobody needs names.
    digests : array of uint64, shape (n, 2)
        128-bit hash of sample, UMI and insert: equal for copies, and taken as different for all others.
    copies : array of int64, shape (n,)
        How many reads each entry stands for.
    sample : int
        Position of the sample among all samples.
    """

    bases: NDArray[np.uint8]
    starts: NDArray[np.int64]
    qualities: NDArray[np.uint8] | None
    names: list[str]
    digests: NDArray[np.uint64]
    copies: NDArray[np.int64]
    sample: int


def read_batches(path: str, size: int = BATCH_SIZE) -> Iterator[Sequence[SequenceRecord]]:
    """Stream the records of a FASTQ or FASTA file, at most ``size`` at a time; see :func:`pack`."""
    return read_record_lists(path, size, _BATCH_BASES)


def pack(records: Sequence[SequenceRecord] | Sequence[Read], source: str) -> RawReads:
    """Put reads into arrays.

    Raises
    ------
    InputError
        For the first read that holds a letter that is no nucleotide or a quality that is no Phred+33 character,
        as :func:`mirtools.sequences.read_reads` does.
    """
    sequences = [record.sequence for record in records]
    starts = np.zeros(len(sequences) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, sequences), np.int64, len(sequences)), out=starts[1:])
    bases = np.frombuffer("".join(sequences).encode("ascii", "replace").translate(_CODES), np.uint8)
    qualities = None
    if records and records[0].qualities is not None:
        # BAM allows reads without qualities among others
        text = "".join([record.qualities or "!" * len(record.sequence) for record in records])
        qualities = np.frombuffer(text.encode("ascii", "replace"), np.uint8)
    if len(bases) and (
        bases.max() == _BAD
        or (qualities is not None and (qualities.min() < _QUALITIES[0] or qualities.max() > _QUALITIES[1]))
    ):
        for record in records:
            checked(record, source)
    return RawReads(bases, starts, qualities, records, source)


@compiled
def _rotated(value: np.uint64, bits: np.uint64) -> np.uint64:
    return (value << bits) | (value >> (np.uint64(64) - bits))


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@compiled
def _absorbed(
    first: np.uint64, second: np.uint64, codes: Bytes, start: int, end: int
) -> tuple[np.uint64, np.uint64]:
    """Stir codes (less than 256 each, 8 to a word) and their number into both halves of a hash."""
    position = start
    while position < end:
        word = np.uint64(0)
        for place in range(position, min(position + 8, end)):
            word = (word << np.uint64(8)) | np.uint64(codes[place])
        scrambled = _rotated(word * np.uint64(0x87C37B91114253D5), np.uint64(31)) * np.uint64(0x4CF5AD432745937F)
        first = (_rotated(first ^ scrambled, np.uint64(27)) + second) * np.uint64(5) + np.uint64(0x52DCE729)
        scrambled = _rotated(word * np.uint64(0x4CF5AD432745937F), np.uint64(33)) * np.uint64(0x87C37B91114253D5)
        second = (_rotated(second ^ scrambled, np.uint64(31)) + first) * np.uint64(5) + np.uint64(0x38495AB5)
        position += 8
    length = np.uint64(end - start)
    return _mixed(first ^ length) + second, _mixed(second + length) ^ first


@compiled
def digests_of(
    sample: int, umis: Bytes, umi_starts: Places, umi_ends: Places, bases: Bytes, begins: Places, ends: Places
) -> NDArray[np.uint64]:
    """Return a 128-bit hash of sample, UMI and insert for each read, as ``uint64`` of shape (n, 2).

    Two 64-bit halves, each fed with every base, in the manner of MurmurHash3. Not made to withstand an adversary.

    Parameters
    ----------
    sample : int
    umis, bases : array of uint8
        What UMIs and inserts are cut from; any codes.
    umi_starts, umi_ends, begins, ends : array of int64, shape (n,)
        Where in ``umis`` the UMI, and where in ``bases`` the insert of each read lies.
    """
    found = np.empty((len(begins), 2), np.uint64)
    for read in range(len(begins)):
        first = _mixed(np.uint64(0x9E3779B97F4A7C15) + np.uint64(sample))
        second = _mixed(np.uint64(0xC2B2AE3D27D4EB4F) ^ first)
        first, second = _absorbed(first, second, umis, umi_starts[read], umi_ends[read])
        first, second = _absorbed(first, second, bases, begins[read], ends[read])
        first += second
        second += first
        first, second = _mixed(first), _mixed(second)
        found[read, 0] = first + second
        found[read, 1] = second + found[read, 0]
    return found


@compiled
def first_copies(digests: NDArray[np.uint64]) -> Places:
    """Return for each digest the position of the first one that equals it, as ``int64``."""
    size = 16
    while size < 2 * len(digests):
        size *= 2
    slots = np.full(size, -1, np.int64)
    firsts = np.empty(len(digests), np.int64)
    for number in range(len(digests)):
        slot = np.int64(digests[number, 0] & np.uint64(size - 1))
        while True:
            held = slots[slot]
            if held < 0:
                slots[slot] = number
                firsts[number] = number
                break
            if digests[held, 0] == digests[number, 0] and digests[held, 1] == digests[number, 1]:
                firsts[number] = held
                break
            slot = (slot + 1) & (size - 1)
    return firsts


@compiled
def gathered(values: Bytes, begins: Places, ends: Places, chosen: Places) -> tuple[Bytes, Places]:
    """Return the chosen slices of an array one after the other, and where each starts (one entry more)."""
    starts = np.zeros(len(chosen) + 1, np.int64)
    for number in range(len(chosen)):
        starts[number + 1] = starts[number] + ends[chosen[number]] - begins[chosen[number]]
    taken = np.empty(starts[-1], values.dtype)
    for number in range(len(chosen)):
        begin, start = begins[chosen[number]], starts[number]
        for place in range(starts[number + 1] - start):
            taken[start + place] = values[begin + place]
    return taken, starts


@compiled
def raise_qualities(qualities: Bytes, starts: Places, entries: Places, raw: Bytes, begins: Places) -> None:
    """Let each read of ``raw`` raise the qualities of the entry that it is a copy of (-1: of none)."""
    for read in range(len(entries)):
        if entries[read] < 0:
            continue
        start, begin = starts[entries[read]], begins[read]
        for place in range(starts[entries[read] + 1] - start):
            if raw[begin + place] > qualities[start + place]:
                qualities[start + place] = raw[begin + place]
