"""Determines the scale and kind of quality values from the first reads of a file.

A single value does not show two things. If all values of a file are equal they carry no information (SRA Lite
gives every base 30, or 3 in reads that failed the machine's filter; programs that convert FASTA to FASTQ invent a
value) and are treated as unknown. And machines before 2011 wrote Phred or Solexa scores from ``@`` (64) on instead
of ``!`` (33). Cock et al. 2010, "The Sanger FASTQ file format for sequences with quality scores, and the
Solexa/Illumina FASTQ variants", Nucleic Acids Research 38, 1767-1771.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import RawReads
from mirtools.errors import InputError

if TYPE_CHECKING:
    from dnaio import SequenceRecord

BASES = ("auto", "33", "64")
# Quality of a base without a value; not a Phred+33 character
UNKNOWN = 0

# Number of reads inspected, or of bases if reads are long
_LOOK_READS, _LOOK_BASES = 10_000, 1 << 22
_PHRED33, _PHRED64 = 33, 64
_LOWEST_SOLEXA = -5
# Highest values of machines: J and K in Phred+33, i (41) in Phred+64
_BEYOND_33, _WELL_BEYOND_33, _HIGHEST_64 = ord("J"), ord("K"), ord("i")
# The best value of a few reads in Phred+64 exceeds Z (26); lower values may be good ones of newer machines
_MODEST_64 = ord("Z")
_SRA_LITE = frozenset(map(ord, "?$"))
# Machines with bins have at most 8 values; few reads may have few values by chance, so their bins must be known
_MOST_BINS, _ENOUGH_VALUES = 8, 10_000
# Fewer bases may have one value by chance
_FEWEST_VALUES = 200
_BINS = (
    frozenset((2, 12, 23, 37)),
    frozenset((2, 11, 25, 37)),
    frozenset((2, 9, 24, 40)),
    frozenset((2, 12, 24, 40)),
    frozenset((2, 14, 21, 27, 32, 36)),
    frozenset((2, 6, 15, 22, 27, 33, 37, 40)),
)
_FEWEST_BINS = 3

Records = Sequence["SequenceRecord"]


class Qualities(NamedTuple):
    """Kind and scale of the quality values of a file.

    Attributes
    ----------
    kind : str
        ``none`` (FASTA, no reads), ``varied``, ``binned``, or ``flat``: a single value in 200 bases or more,
        treated as unknown.
    scale : str
        ``Phred+33``, ``Phred+64`` or ``Solexa+64``.
    seen : tuple of int
        The distinct characters of the inspected reads, ascending.
    reads : int
        Number of inspected reads.
    asked : bool
        Whether the user gave the scale.
    """

    kind: str = "none"
    scale: str = "Phred+33"
    seen: tuple[int, ...] = ()
    reads: int = 0
    asked: bool = False

    @property
    def values(self) -> list[int]:
        """The distinct Phred values, ascending."""
        return sorted({int(_scores(self.scale)[character]) - _PHRED33 for character in self.seen})

    def note(self) -> str:
        """Return a line that informs the user about unusual values; empty for usual ones."""
        listed = ", ".join(map(str, self.values))
        if self.kind == "flat":
            what = f"every base has the quality {listed}"
            if len(self.seen) > 1:
                what = f"all bases of a read have the same quality ({listed}), as in SRA Lite files"
            return f"{what}; qualities are treated as unknown (--quality-base 33 uses them unchanged)"
        binned = f"qualities are binned ({listed}), so most sequencing errors have good values, too"
        if self.scale != "Phred+33" and not self.asked:
            first, last = chr(self.seen[0]), chr(self.seen[-1])
            note = f"qualities from '{first}' to '{last}' are {self.scale}; they are converted to Phred+33"
            return f"{note}; {binned}" if self.kind == "binned" else note
        return binned if self.kind == "binned" else ""

    def facts(self) -> dict[str, object]:
        """Return the facts for ``--json``."""
        values = self.values
        return {
            "kind": self.kind,
            "scale": self.scale,
            "lowest": values[0] if values else None,
            "highest": values[-1] if values else None,
            "different_values": len(values),
            "reads_looked_at": self.reads,
        }

    def applied(self, raw: RawReads) -> RawReads:
        """Return reads with converted qualities: Phred+33 characters, :data:`UNKNOWN`, or None without qualities.

        In a file that is otherwise flat, reads with several values keep them.

        Raises
        ------
        InputError
            If a value is outside the scale.
        """
        if raw.qualities is None or not len(raw.qualities):
            return raw
        if self.kind == "flat":
            return raw._replace(qualities=_without_flat(raw, self.seen))
        if self.scale == "Phred+33":
            return raw
        self._check(raw, raw.qualities)
        return raw._replace(qualities=_scores(self.scale)[raw.qualities])

    def _check(self, raw: RawReads, qualities: NDArray[np.uint8]) -> None:
        lowest = _PHRED64 if self.scale == "Phred+64" and not self.asked else _PHRED64 + _LOWEST_SOLEXA
        if qualities.min() >= lowest:
            return
        place = int(np.flatnonzero(qualities < lowest)[0])
        read = int(np.searchsorted(raw.starts, place, side="right")) - 1
        value = (
            f"quality {place - int(raw.starts[read]) + 1} is '{chr(qualities[place])}', not a {self.scale} value"
        )
        problem = f"{value} as required by --quality-base 64; omit the option"
        if not self.asked:
            problem = f"{value} like those of the first reads; give the scale with --quality-base 33 or 64"
        raise InputError(problem, source=raw.source, record=raw.name(read))


def inspect_qualities(
    lists: Iterator[Records], base: str = "auto"
) -> tuple[Qualities, list[Records], Iterator[Records]]:
    """Determine the qualities of a file from its first reads.

    Parameters
    ----------
    lists : iterator of lists of records
        All reads of a file; some thousands of them are held in memory.
    base : str
        ``auto``, or the scale given by the user, ``33`` or ``64``; all values are then used unchanged.

    Returns
    -------
    qualities : Qualities
    first : list of lists of records
        The inspected reads.
    every : iterator of lists of records
        All lists. An error while reading the first ones is raised after them.
    """
    held: list[Records] = []
    counts = np.zeros(256, np.int64)
    reads, bases, flat, failure = 0, 0, True, None
    try:
        for records in lists:
            held.append(records)
            reads += len(records)
            texts = [record.qualities or "" for record in records]
            characters = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8)
            counts += np.bincount(characters, minlength=len(counts))
            flat = flat and all(text == text[:1] * len(text) for text in texts)
            bases += sum(len(record.sequence) for record in records)
            if reads >= _LOOK_READS or bases >= _LOOK_BASES:
                break
    except Exception as error:  # raised after the reads before it
        failure = error
    every = chain(list(held), lists if failure is None else _raised(failure))
    return _qualities_of(counts, reads, flat, base), held, every


def _raised(failure: Exception) -> Iterator[Records]:
    raise failure
    yield []


def _qualities_of(counts: NDArray[np.int64], reads: int, flat: bool, base: str) -> Qualities:
    seen = tuple(np.flatnonzero(counts).tolist())
    if not seen:
        return Qualities(reads=reads)
    count = int(counts.sum())
    if base == "auto" and flat and count >= _FEWEST_VALUES and (len(seen) == 1 or _SRA_LITE.issuperset(seen)):
        return Qualities("flat", seen=seen, reads=reads)
    scale = _scale(seen[0], seen[-1], base, count)
    found = Qualities("varied", scale, seen, reads, base != "auto")
    if _are_binned(found.values, count):
        return found._replace(kind="binned")
    return found


def _scale(lowest: int, highest: int, base: str, count: int) -> str:
    if base == "auto" and lowest >= _PHRED64:
        least = _BEYOND_33 if count >= _ENOUGH_VALUES else _MODEST_64
        return "Phred+64" if least < highest <= _HIGHEST_64 else "Phred+33"
    from_64 = base == "64" or (base == "auto" and _WELL_BEYOND_33 < highest <= _HIGHEST_64)
    if from_64 and _PHRED64 + _LOWEST_SOLEXA <= lowest < _PHRED64:
        return "Solexa+64"
    return "Phred+64" if base == "64" else "Phred+33"


def _are_binned(values: Sequence[int], count: int) -> bool:
    if not 1 < len(values) <= _MOST_BINS:
        return False
    known = len(values) >= _FEWEST_BINS and any(bins.issuperset(values) for bins in _BINS)
    return known or count >= _ENOUGH_VALUES


@lru_cache
def _scores(scale: str) -> NDArray[np.uint8]:
    """Return the Phred+33 character of each character of a scale; shape (256,)."""
    table = np.arange(256)
    if scale == "Phred+33":
        return table.astype(np.uint8)
    scores = np.maximum(table - _PHRED64, _LOWEST_SOLEXA)
    odds = [round(10 * math.log10(10 ** (score / 10) + 1)) for score in scores.tolist()]
    # negative values are Solexa scores
    solexa = np.full(len(table), scale == "Solexa+64") | (scores < 0)
    return (np.where(solexa, odds, scores) + _PHRED33).astype(np.uint8)


def _without_flat(raw: RawReads, values: Sequence[int]) -> NDArray[np.uint8] | None:
    """Return the qualities, unknown for all reads in which every base has the same one of ``values``."""
    assert raw.qualities is not None
    lengths = np.diff(raw.starts)
    read_of = np.repeat(np.arange(len(lengths)), lengths)
    first = raw.qualities[raw.starts[:-1][read_of]]
    differing = np.bincount(read_of[(raw.qualities != first) | ~np.isin(first, values)], minlength=len(lengths))
    known = differing[read_of] > 0
    return np.where(known, raw.qualities, UNKNOWN).astype(np.uint8) if known.any() else None
