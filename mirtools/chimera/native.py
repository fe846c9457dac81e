"""The native engine: k-mer indices of both references, searched by compiled kernels.

It reports the same hits as the BLAST engine, with the same scores and e-values, without further programs. Seeds of
7 bases find miRNAs; seeds of 11 (12 Mb of transcripts) to 13 (250 Mb) find targets. Reads that have a miRNA but no
target or only a weak one are searched again with shorter seeds, down to those of BLAST (7 for 12 Mb). Bases of low
complexity start no target hit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera import search
from mirtools.chimera.batches import BATCH_SIZE
from mirtools.chimera.dust import mask_low_complexity
from mirtools.chimera.engine import Hits, SearchReferences
from mirtools.chimera.kmers import KmerIndex
from mirtools.chimera.pairing import MIN_SCORE, likely_hits
from mirtools.chimera.search import END, READ, START
from mirtools.chimera.statistics import LAMBDA, K, bit_score, least_score, search_space
from mirtools.computing.compiled import compiled

_MIRNA_SEED = 7
# By how many bases the seeds of the second search, and of the third, are shorter
_SHORTER, _SHORTEST = 3, 4
# An alignment that exceeds the least score by this is 240 times rarer by chance
_MARGIN = 4
# Bases that a target may share with a miRNA, and bases by which it may be extended by chance
_SHARED = 8
# Bases that the pairing rules may allow between both; if they allow more, a further search is needed
_APART = 8
_LONGEST_READ = 1000  # the score that an alignment needs hardly changes for longer reads


class NativeEngine:
    """Searches reads against miRNAs and transcripts.

    Parameters
    ----------
    references : SearchReferences
    evalue : float
        Largest e-value of a reported hit, in either reference.
    min_score : int
        Least score of a reported miRNA hit, see :class:`mirtools.chimera.pairing.PairingRules`.
    index : KmerIndex, optional
        Index of the transcripts, if available.
    """

    batch_size = BATCH_SIZE

    def __init__(
        self,
        references: SearchReferences,
        evalue: float = 0.1,
        min_score: int = MIN_SCORE,
        index: KmerIndex | None = None,
    ) -> None:
        self._min_score = min_score
        self._mirnas = _Database(KmerIndex.of(references.mirnas), evalue)
        self._transcripts = _Database(index or KmerIndex.of(references.transcripts), evalue)

    def search(self, bases: NDArray[np.uint8], starts: NDArray[np.int64]) -> tuple[Hits, Hits]:
        """Return the miRNA hits of all reads, and the target hits of reads with a miRNA hit, by read."""
        every = np.ones(len(bases), np.bool_)
        found = self._mirnas.find(bases, starts, np.arange(len(starts) - 1), every, _MIRNA_SEED)
        mirnas = self._mirnas.hits(found, starts)
        mirnas = likely_hits(mirnas, bases, starts, self._mirnas.index.references, self._min_score)
        reads = np.unique(mirnas.read).astype(np.int64)
        seedable = _complex_bases(bases, starts, reads)
        k = self._transcripts.index.k
        targets = self._transcripts.find(bases, starts, reads, seedable, k)
        outside = ~_inside_mirnas(mirnas, starts)
        places = mirnas.read, mirnas.start, mirnas.end, mirnas.bits
        # a base of low complexity at either end of a seed leaves enough others: BLAST requires seven
        widened = _widened(seedable, starts) & outside
        weak = np.setdiff1d(reads, _reads_with_sites(self._transcripts.strong(targets, starts), *places))
        targets = np.concatenate([targets, self._transcripts.find(bases, starts, weak, widened, k - _SHORTER)])
        without = np.setdiff1d(weak, _reads_with_sites(targets, *places))
        again = self._transcripts.find(bases, starts, without, seedable & outside, k - _SHORTEST)
        # by read, subject, start; without duplicates from several searches
        targets = np.unique(np.concatenate([targets, again]), axis=0)
        return mirnas, self._transcripts.hits(targets, starts)

    def stop(self) -> None:
        """Do nothing: a search takes a fraction of a second."""


class _Database:
    """An index with the statistics of searching it."""

    def __init__(self, index: KmerIndex, evalue: float) -> None:
        self.index = index
        references = index.references
        size, count = int(references.lengths.sum()), len(references)
        self._spaces = np.array([search_space(max(length, 1), size, count) for length in range(_LONGEST_READ)])
        scores = [least_score(evalue, space) for space in self._spaces]
        self._least_scores = np.array(scores, np.int32)

    def find(
        self,
        bases: NDArray[np.uint8],
        starts: NDArray[np.int64],
        reads: NDArray[np.int64],
        seedable: NDArray[np.bool_],
        k: int,
    ) -> NDArray[np.int32]:
        """Return the alignments of some reads of a batch, see :func:`mirtools.chimera.search.find_alignments`."""
        index, references = self.index, self.index.references
        found: NDArray[np.int32] = search.find_alignments(
            bases,
            starts,
            reads,
            seedable,
            references.codes,
            index.packed,
            references.starts,
            index.table,
            index.positions,
            index.k,
            k,
            self._least_scores,
        )
        return found

    def strong(self, found: NDArray[np.int32], starts: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the alignments that are unlikely by chance."""
        lengths = np.minimum(np.diff(starts)[found[:, search.READ]], _LONGEST_READ - 1)
        strong: NDArray[np.int32] = found[found[:, search.SCORE] >= self._least_scores[lengths] + _MARGIN]
        return strong

    def hits(self, found: NDArray[np.int32], starts: NDArray[np.int64]) -> Hits:
        """Return alignments with their e-values and bit scores."""
        read, subject, start, end, subject_start, subject_end, score = (np.ascontiguousarray(c) for c in found.T)
        spaces = self._spaces[np.minimum(np.diff(starts)[read], _LONGEST_READ - 1)]
        evalues = K * spaces * np.exp(-LAMBDA * score)
        bits = bit_score(score)
        return Hits(read, subject, start, end, subject_start, subject_end, evalues, bits)


@compiled
def _reads_with_sites(
    found: NDArray[np.int32],
    reads: NDArray[np.int32],
    mirna_starts: NDArray[np.int32],
    mirna_ends: NDArray[np.int32],
    mirna_bits: NDArray[np.float64],
) -> Any:
    """Return the reads with an alignment next to one of their best miRNA hits, or around it.

    Other alignments rarely make a pair: they lie elsewhere, overlap the end of the miRNA, or fit only next to a
    weaker hit of a related miRNA. An alignment around the miRNA means that the read has no miRNA, but a similar
    part of a transcript. Both alignments and miRNA hits are sorted by read.
    """
    with_sites = np.empty(len(found), np.int32)
    count = first = last = 0
    best = 0.0
    for alignment in found:
        read = alignment[READ]
        if count and with_sites[count - 1] == read:
            continue
        if last == 0 or reads[first] != read:
            first = last
            while reads[first] < read:
                first += 1
            last, best = first, 0.0
            while last < len(reads) and reads[last] == read:
                best = max(best, mirna_bits[last])
                last += 1
        for hit in range(first, last):
            shared = min(alignment[END], mirna_ends[hit]) - max(alignment[START], mirna_starts[hit])
            beyond = alignment[END] - alignment[START] - shared
            around = shared == mirna_ends[hit] - mirna_starts[hit] and beyond > _SHARED
            if mirna_bits[hit] == best and (-_APART <= shared <= _SHARED or around):
                with_sites[count] = read
                count += 1
                break
    return with_sites[:count].copy()


def _inside_mirnas(mirnas: Hits, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which bases of a batch lie deep inside all miRNA hits of their read.

    A target may share a few bases with a miRNA; a target hit that starts deeper inside makes no pair.
    """
    read, first, last = mirnas.read, mirnas.start + _SHARED, mirnas.end - _SHARED
    long = last > first
    change = np.zeros(starts[-1] + 1, np.int32)
    np.add.at(change, starts[read[long]] + first[long], 1)
    np.add.at(change, starts[read[long]] + last[long], -1)
    hits = np.bincount(read, minlength=len(starts) - 1)
    inside: NDArray[np.bool_] = np.cumsum(change[:-1]) == np.repeat(np.maximum(hits, 1), np.diff(starts))
    return inside


@compiled
def _complex_bases(bases: NDArray[np.uint8], starts: NDArray[np.int64], reads: NDArray[np.int64]) -> Any:
    """Return which bases of the reads are not of low complexity."""
    masked = np.zeros(len(bases), np.bool_)
    for read in reads:
        mask_low_complexity(bases[starts[read] : starts[read + 1]], masked[starts[read] : starts[read + 1]])
    return ~masked


@compiled
def _widened(seedable: NDArray[np.bool_], starts: NDArray[np.int64]) -> Any:
    """Return the seedable bases and the one next to them on either side, read by read."""
    widened = seedable.copy()
    for read in range(len(starts) - 1):
        for place in range(starts[read] + 1, starts[read + 1]):
            widened[place] |= seedable[place - 1]
            widened[place - 1] |= seedable[place]
    return widened
