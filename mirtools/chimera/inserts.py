"""Raw reads -> distinct inserts: UMI and adapter off, too short ones out, duplicates collapsed.

DMISO, Identification of miRNA-mRNA interactions: "removed adapters from the reads, discarded duplicate reads".
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from mirtools.errors import InputError
from mirtools.sequences import Read

# More digits than any library has reads are a defect
_COPIES = re.compile(r"_x?([0-9]{1,15})$")
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
