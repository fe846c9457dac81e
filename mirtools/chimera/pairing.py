"""Combines the hits of reads to miRNA-target pairs.

DMISO, Identification of miRNA-mRNA interactions: both parts on the plus strand, at most 4 nt between them, ranked
by the smaller e-values, then the larger bit scores.

A local alignment (+1 for a match, -3 for a mismatch) stops before a mismatch unless four matches follow, so it
contains only part of a miRNA with two changed bases inside, or with one near its end. Such changes are frequent in
miRNAs. Therefore a miRNA hit is first extended without gaps, with +1 for a match and -1 for a mismatch, but never
into the aligned target part. The score of a miRNA is the length of its hit plus, for both extensions, matches
minus mismatches: 19 for a miRNA of 21 nt with one mismatch in its middle at which the hit ends, 14 for a chance
hit of 14 nt. Unlike an e-value, it does not depend on the size of a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.engine import Hits, SearchReferences
from mirtools.chimera.references import References
from mirtools.io.tables import MIRNA_CLASS

_NUMBER = re.compile("([0-9]+)")

MIRNA_FIRST = "mirna_first"
TARGET_FIRST = "target_first"
# Outcomes of a read, by number. Of several reasons the last one is reported, which is the one nearest to a pair.
# loop: one part lies in the other, or they share more than max_gap bases; gap: they are too far apart.
REASONS = ("paired", "no_mirna", "no_target", "loop", "gap", "short_site")

# One in 160 random reads of 75 nt has a hit of one of 2,656 human miRNAs with this score; one in 13 has a hit that
# BLAST reports. Reads of true pairs hardly ever have a lower score.
MIN_SCORE = 16

# miRNA, transcript, and the aligned part of the transcript
Ties = tuple[tuple[int, int, int, int], ...]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class PairingRules(NamedTuple):
    """The conditions for two hits to make a pair.

    Attributes
    ----------
    max_gap : int
        Largest distance, and largest overlap, of the two parts on the read in nt.
    min_score : int
        Least score of a miRNA; if smaller, its canonical length minus 5.
    extend : int
        Number of bases by which the target part is extended at its 3' end.
    min_site : int
        Shortest extended site in nt.
    top : int
        Pairs kept per read.
    """

    max_gap: int = 4
    min_score: int = MIN_SCORE
    extend: int = 25
    min_site: int = 30
    top: int = 1


class Pairs(NamedTuple):
    """Pairs of a miRNA hit and a target hit, as columns, sorted by read and rank.

    Coordinates are 0-based and half-open, 5'->3'; columns are int64 unless noted.

    Attributes
    ----------
    read : array
        Position of the read in its batch.
    rank : array
        1 for the best pair of a read.
    n_best : array
        Number of pairs of the read that are as good as its best one.
    target_first : array of bool
    gap : array
        Read bases between the two aligned parts; negative if they overlap. Up to two hidden bases of the miRNA at
        its end next to the target are among them, so that it can be ``max_gap`` plus two.
    mirna : array
        Position of the miRNA in its list.
    mirna_start, mirna_end, mirna_ref_start, mirna_ref_end : array
        Aligned part of the miRNA, on the read and on the miRNA.
    part_start, part_end : array
        The miRNA part of the read, including adjacent bases that belong to neither alignment.
    unassigned_5p, unassigned_3p : array
        Number of these bases at the 5' and at the 3' end of the miRNA part.
    target : array
        Position of the transcript in its list.
    target_start, target_end, target_ref_start, target_ref_end : array
        Aligned part of the target, on the read and on the transcript.
    site_start, site_end : array
        The site on the transcript: the aligned part, extended at its 3' end up to the end of the transcript. Bases
        shared with a miRNA before it belong to the miRNA, so the site starts after them. Otherwise every such site
        would start with the last bases of its miRNA, and a model could recognise ligated pairs by them.
    open_3p : array
        1 if sequencing stopped in the miRNA or directly after it, so that its 3' end is unknown; else 0.
    mirna_evalue, mirna_bits, target_evalue, target_bits : array of float64
    tied : list of tuple of (int, int, int, int), or None
        miRNA, transcript, and start and end of the aligned part of the transcript, of all pairs as good as the
        best one of the read, in ascending order; if requested.
    """

    read: Ints
    rank: Ints
    n_best: Ints
    target_first: NDArray[np.bool_]
    gap: Ints
    mirna: Ints
    mirna_start: Ints
    mirna_end: Ints
    mirna_ref_start: Ints
    mirna_ref_end: Ints
    part_start: Ints
    part_end: Ints
    unassigned_5p: Ints
    unassigned_3p: Ints
    target: Ints
    target_start: Ints
    target_end: Ints
    target_ref_start: Ints
    target_ref_end: Ints
    site_start: Ints
    site_end: Ints
    open_3p: Ints
    mirna_evalue: Floats
    mirna_bits: Floats
    target_evalue: Floats
    target_bits: Floats
    tied: list[Ties] | None


class _Lists(NamedTuple):
    """Arrays of the references for the pairing kernel."""

    codes: NDArray[np.uint8]
    starts: Ints
    lengths: Ints
    mirna_order: Floats
    transcript_lengths: Ints
    transcript_order: Floats


def pair_hits(
    mirna_hits: Hits,
    target_hits: Hits,
    bases: NDArray[np.uint8],
    starts: Ints,
    loose: Ints,
    references: SearchReferences,
    rules: PairingRules,
    keep_ties: bool = False,
) -> tuple[Pairs, NDArray[np.uint8]]:
    """Return the best pairs of each read of a batch, at most ``rules.top``, and the outcome of each read.

    Pairs are ordered by the product of both e-values, then the sum of both bit scores; ties by whether the
    miRNA is aligned from end to end, then by names and coordinates. The product makes the order symmetric in the
    two parts; the paper leaves open which e-value counts first. miRNA names are compared with their numbers by
    value, so that of a family the member known longest, mostly the abundant one, wins (miR-17 before miR-106a).
    miRNAs come before guides of other classes.

    May be called from several threads at once.

    Parameters
    ----------
    mirna_hits, target_hits : Hits
        Hits of the batch; the order of those of one read does not matter.
    bases, starts, loose : array
        The reads, see :class:`mirtools.chimera.batches.ReadBatch`.
    references : SearchReferences
    rules : PairingRules
    keep_ties : bool
        Whether to keep names and places of all pairs that are as good as the best one of their read.

    Returns
    -------
    pairs : Pairs
    reasons : array of uint8, shape (reads,)
        Positions in ``REASONS``.
    """
    from mirtools.chimera import pairing_kernel as kernel

    mirnas, targets = _contiguous(mirna_hits), _contiguous(target_hits)
    # arguments always have the same types, so the kernel is compiled once
    writeable = np.require(bases, np.uint8, ["C", "W"])
    places, ends = (np.require(column, np.int64, ["C", "W"]) for column in (starts, loose))
    lists = _lists(references)
    cells, reasons, tied, tied_ends = kernel.pair_reads(
        mirnas, targets, writeable, places, ends, *lists, PairingRules(*map(int, rules)), bool(keep_ties)
    )
    columns: list[Any] = list(cells.T.copy())
    mirna, target = columns[kernel.MIRNA_HIT], columns[kernel.TARGET_HIT]
    columns[kernel.MIRNA_HIT] = mirnas.subject[mirna].astype(np.int64)
    columns[kernel.TARGET_HIT] = targets.subject[target].astype(np.int64)
    columns[kernel.TARGET_FIRST] = columns[kernel.TARGET_FIRST].astype(np.bool_)
    evidence = mirnas.evalue[mirna], mirnas.bits[mirna], targets.evalue[target], targets.bits[target]
    names = _ties(tied, tied_ends, columns[kernel.N_BEST]) if keep_ties else None
    listed: list[Any] = [*columns, *evidence, names]
    return Pairs(*listed), reasons


def likely_hits(
    mirna_hits: Hits, bases: NDArray[np.uint8], starts: Ints, mirnas: References, min_score: int
) -> Hits:
    """Return the miRNA hits with a sufficient score for a pair; the others need no target.

    Parameters
    ----------
    mirna_hits : Hits
    bases, starts : array
        The reads, see :class:`mirtools.chimera.batches.ReadBatch`.
    mirnas : References
    min_score : int
        See :class:`PairingRules`.
    """
    from mirtools.chimera import pairing_kernel as kernel

    hits = _contiguous(mirna_hits)
    writeable, places = np.require(bases, np.uint8, ["C", "W"]), np.require(starts, np.int64, ["C", "W"])
    chosen = kernel.likely(hits, writeable, places, mirnas.codes, mirnas.starts, mirnas.lengths, int(min_score))
    return Hits(*(column[chosen] for column in hits))


def natural(name: str) -> tuple[list[str | tuple[int, str]], str]:
    """Return a sort key in which runs of digits, of any length, are compared by value, then the name itself."""
    parts = _NUMBER.split(name)
    # numbers by length, then digits: Python refuses to convert more than 4,300 digits
    values = (part.lstrip("0") if index % 2 else part for index, part in enumerate(parts))
    return [(len(value), value) if index % 2 else value for index, value in enumerate(values)], name


def _contiguous(hits: Hits) -> Hits:
    whole = [np.require(column, np.int32, ["C", "W"]) for column in hits[:6]]
    return Hits(*whole, *(np.require(column, np.float64, ["C", "W"]) for column in hits[6:]))


def _ties(tied: Any, ends: Ints, counts: Ints) -> list[Ties]:
    found: list[Ties] = []
    names: Ties = ()
    last = -1
    for end, count in zip(ends.tolist(), counts.tolist(), strict=True):
        if end != last:  # else another pair of the same read
            names = tuple(sorted(set(map(tuple, tied[end - count : end].tolist()))))
            last = end
        found.append(names)
    return found


@lru_cache(maxsize=2)
def _lists(references: SearchReferences) -> _Lists:
    mirnas, transcripts = references
    return _Lists(
        np.array(mirnas.codes, np.uint8),
        np.array(mirnas.starts, np.int64),
        np.array(mirnas.lengths, np.int64),
        _ranks(_guide_order(mirnas), mirnas.names),
        np.array(transcripts.lengths, np.int64),
        _ranks(sorted(transcripts.names), transcripts.names),
    )


def _guide_order(guides: References) -> list[str]:
    """Return the names of guides by class, miRNAs first, and in natural order."""
    classes = guides.classes or [MIRNA_CLASS] * len(guides)
    listed = [(each != MIRNA_CLASS, each, natural(name)) for each, name in zip(classes, guides.names, strict=True)]
    return [name for *_, (_, name) in sorted(listed)]


def _ranks(ordered: Iterable[str], names: Iterable[str]) -> Floats:
    """Return the position of each name in an ordered list; equal names have the same position."""
    position = {name: number for number, name in enumerate(ordered)}
    return np.array([position[name] for name in names], np.float64)
