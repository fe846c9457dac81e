"""Raw reads -> distinct inserts: UMI and adapter off, too short ones out, copies within a batch collapsed.

DMISO, Identification of miRNA-mRNA interactions: "removed adapters from the reads, discarded duplicate reads".
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import RawReads, ReadBatch, gathered, raise_qualities
from mirtools.chimera.digests import Bytes, Places, digests_of, first_copies
from mirtools.errors import InputError
from mirtools.sequences import Read

# More digits than any library has reads are a defect
_COPIES = re.compile(r"_x?([0-9]{1,15})$")
_NAME_UMI = re.compile(r"[_:]([ACGTUN]+(?:[+-][ACGTUN]+)?)$", re.IGNORECASE)


class ReadLayout(NamedTuple):
    """What a raw read is made of, and which inserts are used.

    Attributes
    ----------
    adapters : Adapters
        Taken off first, at the 3' end.
    umi_length : int
        Bases that are no insert but tell PCR copies from distinct molecules; 0 for none. Of a UMI in the name its
        length, or 0 for any.
    umi_position : str
        ``5p``: first bases of the read; ``3p``: last bases before the adapter; ``name``: behind the last ``_`` or
        ``:`` of the name, where umi_tools and fastp put it.
    min_length : int
        Shortest insert in nt.
    copies_in_name : bool
        Names end in ``_N`` or ``_xN``: the read stands for N copies.
    share, shares : int
        Only the reads of one of several shares are used (0-based). Copies always fall to the same share.
    """

    adapters: Adapters = Adapters(())
    umi_length: int = 0
    umi_position: str = "5p"
    min_length: int = 15
    copies_in_name: bool = False
    share: int = 0
    shares: int = 1


class Inserts(NamedTuple):
    """The distinct inserts of some reads, and how many reads they come from.

    Attributes
    ----------
    batch : ReadBatch
    raw : array of int64, shape (n,)
        Which of the reads each entry of the batch is the insert of.
    reads : int
        All reads, of this share.
    too_short : int
        Those whose insert was too short.
    """

    batch: ReadBatch
    raw: Places
    reads: int
    too_short: int


def inserts_of(reads: RawReads, layout: ReadLayout, sample: int = 0, keep_names: bool = False) -> Inserts:
    """Return the distinct inserts of some reads, in the order of their first copies.

    Raises
    ------
    InputError
        For a read whose name lacks the number of copies or the UMI that the layout promises.
    """
    begins, ends = reads.starts[:-1], reads.starts[:-1] + layout.adapters.starts(reads)
    umis, umi_begins, umi_ends = reads.bases, begins, begins
    if layout.umi_position == "name":
        umis, umi_begins, umi_ends = _umis_in_names(reads, layout.umi_length)
    elif layout.umi_position == "3p":
        umi_begins, umi_ends = np.maximum(ends - layout.umi_length, begins), ends
        ends = umi_begins
    else:
        umi_ends = np.minimum(begins + layout.umi_length, ends)
        begins = umi_ends
    copies = _copies_in_names(reads) if layout.copies_in_name else np.ones(len(begins), np.int64)
    digests = digests_of(sample, umis, umi_begins, umi_ends, reads.bases, begins, ends)
    mine = np.ones(len(begins), bool)
    if layout.shares > 1:
        mine = digests[:, 1] % np.uint64(layout.shares) == layout.share
    long_enough = ends - begins >= layout.min_length
    used = np.flatnonzero(mine & long_enough)
    firsts = first_copies(digests[used])
    chosen = used[firsts == np.arange(len(used))]
    entry_of = np.cumsum(firsts == np.arange(len(used))) - 1
    entries = entry_of[firsts]
    bases, starts = gathered(reads.bases, begins, ends, chosen)
    qualities = None
    if reads.qualities is not None:
        qualities, _ = gathered(reads.qualities, begins, ends, chosen)
        if len(chosen) < len(used):
            raise_qualities(qualities, starts, entries, reads.qualities, begins[used])
    names = [reads.name(read) for read in chosen.tolist()] if keep_names else []
    summed = np.zeros(len(chosen), np.int64)
    np.add.at(summed, entries, copies[used])
    batch = ReadBatch(bases, starts, qualities, names, digests[chosen], summed, sample)
    return Inserts(batch, chosen, int(mine.sum()), int((mine & ~long_enough).sum()))


def _copies_in_names(reads: RawReads) -> Places:
    copies = np.empty(len(reads.records), np.int64)
    for number in range(len(copies)):
        name = reads.name(number)
        found = _COPIES.search(name)
        if found is None or not int(found.group(1)):
            problem = "name does not end in _N or _xN, its number of copies; drop --collapsed for raw reads"
            raise InputError(problem, source=reads.source, record=name)
        copies[number] = int(found.group(1))
    return copies


def _umis_in_names(reads: RawReads, length: int) -> tuple[Bytes, Places, Places]:
    """Return the UMIs of all reads one after the other, and where each starts and ends."""
    umis = []
    for number in range(len(reads.records)):
        name = reads.name(number)
        found = _NAME_UMI.search(name)
        if found is None:
            problem = "no UMI behind the last '_' or ':' of its name; leave out --umi-position name"
            raise InputError(problem, source=reads.source, record=name)
        umi = found.group(1)
        if length and len(umi) != length:
            problem = f"the UMI in its name has {len(umi)} letters, not {length}; mend --umi-length"
            raise InputError(problem, source=reads.source, record=name)
        umis.append(umi.upper().replace("U", "T"))
    bounds = np.zeros(len(umis) + 1, np.int64)
    np.cumsum([len(umi) for umi in umis], out=bounds[1:])
    return np.frombuffer("".join(umis).encode("ascii"), np.uint8), bounds[:-1], bounds[1:]


# Distinct reads that are searched together; large enough to make the start of a search engine cheap.
BATCH_SIZE = 4000


@dataclass(slots=True)
class Insert:
    """One distinct read without adapter and UMI.

    Attributes
    ----------
    number : int
        0-based position among the distinct reads.
    name : str
        Name of the first copy.
    sequence : str
        5'->3', DNA letters.
    qualities : bytes or None
        Best Phred+33 value of each base over all copies seen so far.
    """

    number: int
    name: str
    sequence: str
    qualities: bytes | None


class Trimmer:
    """Takes a UMI from the 5' end and adapters from the 3' end, by cutadapt's aligner.

    Parameters
    ----------
    adapters : iterable of str
        3' adapters; the one that removes most is taken. 10 % errors and an overlap of at least 3 nt, as in
        cutadapt's defaults.
    umi_length : int
        Bases at the 5' end that are no insert but tell PCR copies from distinct molecules.
    """

    def __init__(self, adapters: Iterable[str] = (), umi_length: int = 0) -> None:
        self._umi_length = umi_length
        self._adapters = []
        if adapters:
            from cutadapt.adapters import BackAdapter

            self._adapters = [BackAdapter(adapter, max_errors=0.1, min_overlap=3) for adapter in adapters]

    def __call__(self, read: Read) -> tuple[str, int, int]:
        """Return the UMI and the start and end of the insert on the read."""
        end = len(read.sequence)
        for adapter in self._adapters:
            if match := adapter.match_to(read.sequence):
                end = min(end, match.rstart)
        start = min(self._umi_length, end)
        return read.sequence[:start], start, end


class Collapser:
    """Collapses duplicate inserts (same UMI and bases) and counts their copies.

    Only a digest of each distinct insert is kept, never its bases: memory grows by about 120 bytes a distinct
    read.

    Attributes
    ----------
    copies : array of unsigned int
        Copies of each distinct insert, by its number.
    counts, dropped : collections.Counter
    """

    def __init__(self, trimmer: Trimmer, min_length: int, collapsed_names: bool, source: str) -> None:
        self.copies = array("Q")
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.later_copies: list[tuple[int, bytes]] = []
        self._trimmer = trimmer
        self._min_length = min_length
        self._collapsed_names = collapsed_names
        self._source = source
        self._numbers: dict[bytes, int] = {}

    def batches(self, reads: Iterable[Read]) -> Iterator[list[Insert]]:
        """Yield lists of new distinct inserts, in the order in which they are first seen.

        Qualities of copies that come after their batch was yielded are in ``later_copies`` (number, qualities)
        until the caller takes them out.
        """
        batch: list[Insert] = []
        for read in reads:
            self.counts["reads"] += 1
            umi, start, end = self._trimmer(read)
            copies = self._copies_of(read)
            if end - start < self._min_length:
                self.dropped["too_short"] += 1
                continue
            sequence = read.sequence[start:end]
            qualities = read.qualities[start:end].encode("ascii") if read.qualities is not None else None
            # The digest is of content alone, so a run never depends on Python's hash seed.
            digest = blake2b(f"{umi}:{sequence}".encode("ascii"), digest_size=16).digest()
            number = self._numbers.setdefault(digest, len(self.copies))
            if number == len(self.copies):
                self.copies.append(copies)
                batch.append(Insert(number, read.name, sequence, qualities))
                if len(batch) == BATCH_SIZE:
                    yield batch
                    batch = []
                continue
            self.copies[number] += copies
            self.counts["duplicate_reads"] += 1
            if qualities is not None:
                if batch and number >= batch[0].number:
                    first = batch[number - batch[0].number]
                    first.qualities = best_qualities(first.qualities, qualities)
                else:
                    self.later_copies.append((number, qualities))
        if batch:
            yield batch

    def _copies_of(self, read: Read) -> int:
        if not self._collapsed_names:
            return 1
        if (found := _COPIES.search(read.name)) and int(found.group(1)):
            return int(found.group(1))
        problem = "name does not end in _N or _xN, its number of copies; drop --collapsed for raw reads"
        raise InputError(problem, source=self._source, record=read.name)


def best_qualities(first: bytes | None, second: bytes | None) -> bytes | None:
    """Return the higher Phred+33 value at each position of two equally long strings; either may be missing.

    >>> best_qualities(b"I#", b"5I")
    b'II'
    """
    if first is None or second is None:
        return first or second
    return bytes(map(max, first, second))
