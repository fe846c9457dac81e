"""Measures the state of raw reads: lengths, adapters, qualities, miRNAs and their places, bases at ends.

The first reads of a file are enough. What the measurements mean, and which options fit the reads, is decided by
:mod:`mirtools.chimera.findings`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import RawReads
from mirtools.chimera.common_sequences import COMMON_MIRNAS, KNOWN_ADAPTERS, KnownAdapter
from mirtools.chimera.digests import Bytes, Places, digests, first_copies
from mirtools.chimera.mirna_words import WORD, MirnaWords, WordsFound
from mirtools.chimera.names import umi_in_name
from mirtools.chimera.references import LETTERS, N, References, encode
from mirtools.computing.compiled import compiled
from mirtools.io.tables import MIRNA_CLASS

# Least bases of an adapter on a read that are unlikely by chance
SURE_ADAPTER = 8
# Adapters that fewer reads contain may be there by chance, or another adapter removed them
BY_CHANCE = 0.002
# A known adapter in this share of reads is the adapter of the library
FREQUENT = 0.05
# Cycles after the adapter whose bases are counted, and longest tail after a miRNA
_AFTER, LONGEST_TAIL = 30, 15
_CYCLES = 1000
_NAMES = 1000
_LETTERS = LETTERS[:N].decode()
_PHRED33 = 33
_NOWHERE = 1 << 40


class ReadState:
    """Counts over the first reads of one file.

    Parameters
    ----------
    mirnas : References
        Guides; only those of the class of miRNAs are searched.

    Attributes
    ----------
    reads, distinct : int
        Number of reads, and of different ones.
    lengths : Counter
        Reads by length in nt.
    bases : array of int64, shape (1000, 5)
        Bases by cycle: A, C, G, T, N.
    quality_sums, quality_counts : array of int64, shape (1000,)
        Sum of Phred values, and number of bases with a quality, by cycle.
    trimmable, with_adapter : int
        Reads with any part of a given adapter at their end, and reads with 8 nt of it or more.
    known : dict of str to int
        Reads on which each of ``KNOWN_ADAPTERS`` is the first one, by sequence.
    adapters : tuple of str
        The adapters that are assumed to end inserts: those given, or the known one that is on the reads instead.
    forward, reverse : int
        Distinct reads with a word of a miRNA, and of the reverse complement of one.
    begins : Counter
        Distinct reads by the place at which the miRNA begins on them (0-based).
    tails : Counter
        Distinct reads by the number of bases, up to 15, between the miRNA and the adapter (or the end of a read
        that was already trimmed).
    tail_bases : array of int64, shape (16, 16, 5)
        Bases of tails by their length and the place in the tail.
    after : array of int64, shape (30, 5)
        Bases after the whole adapter, by place.
    others : dict of str to Counter
        Distinct reads with an abundant miRNA that ``mirnas`` lacks, by group of species and name.
    umis_in_names : list of str
        What looks like a UMI in the names of the first reads; empty unless nearly all names have one.
    """

    def __init__(self, mirnas: References) -> None:
        self._words = mirna_words(mirnas)
        known = {codes.tobytes() for codes in _of_class(mirnas)}
        self._others = [
            (group, name, encode(sequence))
            for group, names in COMMON_MIRNAS.items()
            for name, sequence in names.items()
            if encode(sequence).tobytes() not in known
        ]
        self._other_words = MirnaWords([codes for _, _, codes in self._others])
        self.reads = self.distinct = 0
        self.lengths: Counter[int] = Counter()
        self.bases = np.zeros((_CYCLES, len(LETTERS) - 1), np.int64)
        self.quality_sums, self.quality_counts = np.zeros(_CYCLES, np.int64), np.zeros(_CYCLES, np.int64)
        self.trimmable = self.with_adapter = 0
        self.known: dict[str, int] = {}
        self.adapters: tuple[str, ...] = ()
        self.forward = self.reverse = 0
        self.begins: Counter[int] = Counter()
        self.tails: Counter[int] = Counter()
        self.tail_bases = np.zeros((LONGEST_TAIL + 1, LONGEST_TAIL + 1, 5), np.int64)
        self.after = np.zeros((_AFTER, 5), np.int64)
        self.others: dict[str, Counter[str]] = {}
        self.umis_in_names: list[str] = []

    def measure(self, lists: Sequence[RawReads], adapters: Adapters) -> None:
        """Measure reads; to be called once.

        Parameters
        ----------
        lists : sequence of RawReads
            The first reads of a file.
        adapters : Adapters
            Those given by the user.
        """
        self.umis_in_names = _umis_in_names(lists)
        for raw in lists:
            self._count_bases(raw)
        places = [adapters.starts(raw) for raw in lists]
        for raw, found in zip(lists, places, strict=True):
            left = np.diff(raw.starts) - found
            self.trimmable += int((left > 0).sum())
            self.with_adapter += int((left >= SURE_ADAPTER).sum())
        self.adapters = adapters.sequences
        best = self.best_known
        if best is not None and self.with_adapter <= BY_CHANCE * self.reads:
            self.adapters = (best.sequence,)
            ends = Adapters(self.adapters)
            places = [ends.starts(raw) for raw in lists]
        for raw, found in zip(lists, places, strict=True):
            self._count_mirnas(raw, found)

    @property
    def equal_length(self) -> int | None:
        """The length of all reads in nt, or None if they differ."""
        return next(iter(self.lengths)) if len(self.lengths) == 1 else None

    @property
    def best_known(self) -> KnownAdapter | None:
        """The known adapter in most reads, if it is in 5 % of them."""
        found = max(KNOWN_ADAPTERS, key=lambda each: self.known.get(each.sequence, 0))
        enough = self.known.get(found.sequence, 0) >= max(FREQUENT * self.reads, 1)
        return found if enough else None

    @property
    def strands(self) -> dict[str, int]:
        """Distinct reads with a miRNA, by strand."""
        return {"forward": self.forward, "reverse": self.reverse}

    def counts(self) -> dict[str, int]:
        """Return how many of the reads have an adapter, and how many of the different ones a miRNA."""
        return {
            "reads": self.reads,
            "with_adapter": self.with_adapter,
            "distinct_reads": self.distinct,
            "with_mirna": self.forward,
            "with_reverse_mirna": self.reverse,
        }

    def facts(self) -> dict[str, Any]:
        """Return the measurements for ``--json``; shares are rounded to six digits."""
        cycles = max(self.lengths, default=0)
        shown = self.bases[: min(cycles, _CYCLES)]
        totals = np.maximum(shown.sum(axis=1), 1)
        qualities = None
        if self.quality_counts.any():
            means = self.quality_sums / np.maximum(self.quality_counts, 1)
            qualities = [round(float(mean), 3) for mean in means[: len(shown)]]
        return {
            "reads": self.reads,
            "distinct_reads": self.distinct,
            "lengths": {str(length): count for length, count in sorted(self.lengths.items())},
            "equal_length": self.equal_length,
            "reads_with_adapter": self.with_adapter,
            "known_adapters": {name: count for name, count in self.known.items() if count},
            "n_share": _share(int(self.bases[:, N].sum()), int(self.bases.sum())),
            "by_cycle": {
                **{letter: _rounded(shown[:, at] / totals) for at, letter in enumerate(_LETTERS + "N")},
                "quality": qualities,
            },
            "mirnas": self.strands,
            "mirna_begins": {str(place): count for place, count in sorted(self.begins.items())},
            "tails": {str(length): count for length, count in sorted(self.tails.items())},
            "other_mirnas": {group: dict(sorted(names.items())) for group, names in sorted(self.others.items())},
        }

    def _count_bases(self, raw: RawReads) -> None:
        lengths = np.diff(raw.starts)
        self.reads += len(lengths)
        self.lengths.update(lengths.tolist())
        qualities = np.zeros(0, np.uint8) if raw.qualities is None else raw.qualities
        _count_cycles(raw.bases, qualities, raw.starts, self.bases, self.quality_sums, self.quality_counts)
        probes = [encode(adapter.sequence[: adapter.probe]) for adapter in KNOWN_ADAPTERS]
        places = np.array([_places(raw.bases, raw.starts, probe) for probe in probes])
        # other sequences of the kit may follow the first adapter
        first = places.argmin(axis=0)[places.min(axis=0, initial=_NOWHERE) < _NOWHERE]
        for adapter, count in zip(KNOWN_ADAPTERS, np.bincount(first, minlength=len(probes)).tolist(), strict=True):
            self.known[adapter.sequence] = self.known.get(adapter.sequence, 0) + count

    def _count_mirnas(self, raw: RawReads, ends: Places) -> None:
        firsts = first_copies(digests(raw.bases, raw.starts[:-1], raw.starts[1:]))
        distinct = firsts == np.arange(len(firsts))
        found = self._words.find(raw.bases, raw.starts)
        forward = (found.mirnas >= 0) & distinct
        self.distinct += int(distinct.sum())
        self.forward += int(forward.sum())
        self.reverse += int((found.reverse & distinct).sum())
        self.begins.update(found.begins[forward].tolist())
        others = self._other_words.find(raw.bases, raw.starts).mirnas[distinct & ~forward]
        for number, count in Counter(others[others >= 0].tolist()).items():
            group, name, _ = self._others[number]
            self.others.setdefault(group, Counter())[name] += count
        lengths = np.diff(raw.starts)
        known_end = ends < lengths if self.adapters else lengths < max(self.lengths)
        self._count_tails(raw, found, ends, forward & known_end)
        # one adapter is enough to look after
        longest = max(map(len, self.adapters), default=0)
        _count_after(
            raw.bases, raw.starts, ends + longest, (longest > 0) & (ends < lengths) & distinct, self.after
        )

    def _count_tails(self, raw: RawReads, found: WordsFound, ends: Places, chosen: NDArray[np.bool_]) -> None:
        tails = ends - found.ends
        for read in np.flatnonzero(chosen & (tails >= -WORD) & (tails <= LONGEST_TAIL)).tolist():
            length = int(tails[read])
            self.tails[length] += 1
            end = int(raw.starts[read] + ends[read])
            for place in range(max(length, 0)):
                self.tail_bases[length, place, raw.bases[end - length + place]] += 1


@lru_cache(maxsize=2)
def mirna_words(guides: References) -> MirnaWords:
    """Return the words of the miRNAs among guides; those of other classes have none."""
    return MirnaWords(_of_class(guides))


def _of_class(guides: References) -> list[Bytes]:
    chosen = [not guides.classes or guides.classes[at] == MIRNA_CLASS for at in range(len(guides))]
    places = zip(guides.starts.tolist(), guides.ends.tolist(), chosen, strict=True)
    return [guides.codes[start:end] for start, end, wanted in places if wanted]


def _umis_in_names(lists: Sequence[RawReads]) -> list[str]:
    """Return what look like UMIs in names: in nearly all, of one length, many different ones."""
    names = [record.name for raw in lists for record in raw.records[:_NAMES]][:_NAMES]
    found = [umi for umi in map(umi_in_name, names) if umi is not None]
    if not found or len(found) < 0.95 * len(names):
        return []
    lengths = set(map(len, found))
    varied = len(set(found)) >= max(10, len(found) / 20)
    return found if len(lengths) == 1 and min(lengths) >= 4 and varied else []


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 6) for value in values]


def entropies(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the entropy in bits of the last axis of base counts A, C, G, T (N is ignored); 0 without counts."""
    shares = counts[..., :N] / np.maximum(counts[..., :N].sum(axis=-1, keepdims=True), 1)
    logarithms = np.log2(shares, out=np.zeros(shares.shape), where=shares > 0)
    found: NDArray[np.float64] = -(shares * logarithms).sum(axis=-1)
    return found


def pattern(counts: NDArray[np.int64], least: float = 0.8) -> str:
    """Return the base of each place that ``least`` of all reads have there, or ``N``; of counts (places, 5)."""
    totals = np.maximum(counts.sum(axis=1), 1)
    return "".join(
        (_LETTERS + "N")[at] if count >= least * total else "N"
        for at, count, total in zip(counts.argmax(axis=1).tolist(), counts.max(axis=1), totals, strict=True)
    )


@compiled
def _count_cycles(
    bases: Bytes,
    qualities: Bytes,
    starts: Places,
    counts: NDArray[np.int64],
    quality_sums: Places,
    quality_counts: Places,
) -> None:
    for read in range(len(starts) - 1):
        start = starts[read]
        for place in range(start, min(starts[read + 1], start + len(counts))):
            counts[place - start, bases[place]] += 1
            # 0 is an unknown quality
            if len(qualities) and qualities[place]:
                quality_sums[place - start] += qualities[place] - _PHRED33
                quality_counts[place - start] += 1


@compiled
def _places(bases: Bytes, starts: Places, probe: Bytes) -> Places:
    """Return where each read first contains a sequence without an error, or ``_NOWHERE``."""
    places = np.full(len(starts) - 1, _NOWHERE, np.int64)
    for read in range(len(starts) - 1):
        for place in range(starts[read], starts[read + 1] - len(probe) + 1):
            same = 0
            while same < len(probe) and bases[place + same] == probe[same]:
                same += 1
            if same == len(probe):
                places[read] = place - starts[read]
                break
    return places


@compiled
def _count_after(
    bases: Bytes, starts: Places, places: Places, chosen: NDArray[np.bool_], counts: NDArray[np.int64]
) -> None:
    for read in range(len(starts) - 1):
        if chosen[read]:
            first = starts[read] + places[read]
            for place in range(first, min(starts[read + 1], first + len(counts))):
                counts[place - first, bases[place]] += 1
