"""Reads as arrays, for trimming, searching and pairing thousands at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import Bytes, Places
from mirtools.chimera.references import LETTERS, N, decode
from mirtools.computing.compiled import compiled
from mirtools.io.sequences import UNREAD, Read, checked, first_word, read_record_lists, to_dna

if TYPE_CHECKING:
    from dnaio import SequenceRecord

# Reads per batch: enough to make the cost of a call small, few enough to stay in the cache
BATCH_SIZE = 8192
# Most bases per batch: batches of long reads have fewer reads
_BATCH_BASES = 1 << 22
_BAD = 255
# Value of ``loose`` if the 3' end of the insert is that of the RNA
END_SEEN = -1
_QUALITIES = ord("!"), ord("~")  # Phred+33


def _code_table() -> bytes:
    """Return the code of every byte: a nucleotide for ``to_dna``, or ``UNREAD``; else ``_BAD``."""
    table = bytearray([_BAD] * 256)
    table[ord(UNREAD)] = N
    for letter in range(128):
        try:
            table[letter] = LETTERS.index(to_dna(chr(letter)).encode())
        except ValueError:
            continue
    return bytes(table)


_CODES = _code_table()


class RawReads(NamedTuple):
    """Reads of one file before trimming, with adapters and UMIs.

    Attributes
    ----------
    bases : array of uint8
        Codes (:mod:`mirtools.chimera.references`), one read after the other, 5'->3'.
    starts : array of int64, shape (n + 1,)
        Where each read starts in ``bases``; the last entry is the length of ``bases``.
    qualities : array of uint8 or None
        Phred+33 character of each of ``bases``; None for FASTA.
    records : sequence of dnaio.SequenceRecord or Read
        The original records, for names.
    source : str
        File name as given by the user.
    copies : array of int64, shape (n,), or None
        Number of copies of each read, if the file has it apart from names; 0 if unknown.
    """

    bases: NDArray[np.uint8]
    starts: NDArray[np.int64]
    qualities: NDArray[np.uint8] | None
    records: Sequence[SequenceRecord] | Sequence[Read]
    source: str
    copies: NDArray[np.int64] | None = None

    def name(self, number: int) -> str:
        """Return the name of a read: its header up to the first blank."""
        return first_word(self.records[number].name)

    def sequence(self, number: int) -> str:
        """Return the bases of a read in DNA letters."""
        return decode(self.bases[self.starts[number] : self.starts[number + 1]])


class ReadBatch(NamedTuple):
    """Inserts of some reads: without UMI and adapter, copies within the batch collapsed.

    Attributes
    ----------
    bases : array of uint8, shape (bases of all inserts,)
        Codes (:mod:`mirtools.chimera.references`), one insert after the other, 5'->3'.
    starts : array of int64, shape (n + 1,)
        Where each insert starts in ``bases``; the last entry is the length of ``bases``.
    qualities : array of uint8 or None
        Phred+33 character of each of ``bases``, the best of all copies in the batch; None for FASTA.
    names : list of str
        Name of the first copy of each; empty if names are not needed.
    digests : array of uint64, shape (n, 2)
        128-bit hash of sample, UMI and insert: equal for copies, assumed different for all others.
    copies : array of int64, shape (n,)
        Number of copies of each entry.
    sample : int
        Position of the sample among all samples.
    loose : array of int64, shape (n,)
        ``END_SEEN`` if the insert ends where the RNA ends. Else sequencing stopped before, and this number of last
        bases may be the beginning of an adapter or a UMI.
    molecules : array of uint64, shape (n, 2), or None
        Hash of sample and insert, without the UMI; only if UMIs are gathered.
    umis : array of uint8 or None
        The UMIs of all entries, one after the other; only if they are gathered.
    umi_starts : array of int64, shape (n + 1,), or None
        Where each UMI starts in ``umis``.
    """

    bases: NDArray[np.uint8]
    starts: NDArray[np.int64]
    qualities: NDArray[np.uint8] | None
    names: list[str]
    digests: NDArray[np.uint64]
    copies: NDArray[np.int64]
    sample: int
    loose: NDArray[np.int64]
    molecules: NDArray[np.uint64] | None = None
    umis: NDArray[np.uint8] | None = None
    umi_starts: NDArray[np.int64] | None = None


def read_batches(path: str, size: int = BATCH_SIZE) -> Iterator[Sequence[SequenceRecord]]:
    """Stream the records of a FASTQ or FASTA file, at most ``size`` at a time; see :func:`pack`."""
    return read_record_lists(path, size, _BATCH_BASES)


def pack(records: Sequence[SequenceRecord] | Sequence[Read], source: str) -> RawReads:
    """Put reads into arrays.

    Raises
    ------
    InputError
        If a read contains a letter that is not a nucleotide, or a quality that is not a Phred+33 character, as
        :func:`mirtools.io.sequences.read_reads`; the first such read is reported.
    """
    sequences = [record.sequence for record in records]
    starts = np.zeros(len(sequences) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, sequences), np.int64, len(sequences)), out=starts[1:])
    bases = np.frombuffer("".join(sequences).encode("ascii", "replace").translate(_CODES), np.uint8)
    qualities = None
    if records and records[0].qualities is not None:
        text = "".join([record.qualities or "" for record in records])
        qualities = np.frombuffer(text.encode("ascii", "replace"), np.uint8)
    if len(bases) and (
        bases.max() == _BAD
        or (qualities is not None and (qualities.min() < _QUALITIES[0] or qualities.max() > _QUALITIES[1]))
    ):
        for record in records:
            checked(record, source)
    return RawReads(bases, starts, qualities, records, source)


@compiled
def gather(values: Bytes, begins: Places, ends: Places, chosen: Places) -> tuple[Bytes, Places]:
    """Return the chosen slices of an array, concatenated, and where each starts (one more entry for the end)."""
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
    """Raise the qualities of each entry to those of its copies in ``raw``; reads with entry -1 are ignored."""
    for read in range(len(entries)):
        if entries[read] < 0:
            continue
        start, begin = starts[entries[read]], begins[read]
        for place in range(starts[entries[read] + 1] - start):
            if raw[begin + place] > qualities[start + place]:
                qualities[start + place] = raw[begin + place]


def chosen_reads(batch: ReadBatch, chosen: Places) -> ReadBatch:
    """Return some entries of a batch, in the order given."""
    bases, starts = gather(batch.bases, batch.starts[:-1], batch.starts[1:], chosen)
    qualities = None
    if batch.qualities is not None:
        qualities, _ = gather(batch.qualities, batch.starts[:-1], batch.starts[1:], chosen)
    names = [batch.names[entry] for entry in chosen.tolist()] if batch.names else []
    digests, copies, loose = batch.digests[chosen], batch.copies[chosen], batch.loose[chosen]
    found = ReadBatch(bases, starts, qualities, names, digests, copies, batch.sample, loose)
    if batch.molecules is None or batch.umis is None or batch.umi_starts is None:
        return found
    umis, umi_starts = gather(batch.umis, batch.umi_starts[:-1], batch.umi_starts[1:], chosen)
    return found._replace(molecules=batch.molecules[chosen], umis=umis, umi_starts=umi_starts)
