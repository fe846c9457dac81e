"""Hits of one read -> its miRNA-target pairs.

DMISO, Identification of miRNA-mRNA interactions: both parts on the plus strand, at most 4 nt between them, the
smaller e-values first and the larger bit scores next.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from mirtools.chimera.engine import Hit, ReadHits, SearchReferences
from mirtools.chimera.extension import extend

_NUMBER = re.compile(r"(\d+)")

MIRNA_FIRST = "mirna_first"
TARGET_FIRST = "target_first"
# Bases at the end of a miRNA that may be replaced and so left out by the alignment.
_HIDDEN = 2
# Of several reasons why a read makes no pair, the first of these is told: the one nearest to a pair.
_REASONS = ("short_site", "gap", "loop", "no_mirna")


class PairingRules(NamedTuple):
    """What makes two hits a pair.

    Attributes
    ----------
    max_gap : int
        Largest distance, and largest overlap, of the two parts on the read in nt.
    min_mirna_length : int
        Least evidence for a miRNA: its aligned length, see :func:`mirtools.chimera.extension.extend`.
    extend : int
        Bases that the target part is extended by at its 3' end.
    min_site : int
        Shortest extended site in nt.
    top : int
        Pairs kept per read.
    """

    max_gap: int = 4
    min_mirna_length: int = 15
    extend: int = 25
    min_site: int = 30
    top: int = 1


class Pair(NamedTuple):
    """A miRNA hit and a target hit of one read that belong together.

    Attributes
    ----------
    mirna, target : Hit
    order : str
        ``mirna_first`` or ``target_first``.
    gap : int
        Read bases between the two aligned parts; negative where they overlap.
    start, end : int
        The miRNA part of the read (0-based, half-open) with the bases next to it that neither alignment claims.
    unassigned : tuple of int
        How many of these bases lie at the 5' and at the 3' end of the miRNA part.
    rank : int
        1 for the best pair of the read.
    n_best : int
        How many pairs of the read are as good as the best one.
    tied : tuple of tuple of int
        (miRNA, transcript) of each of these, by their positions in the reference lists, best first.
    """

    mirna: Hit
    target: Hit
    order: str
    gap: int
    start: int
    end: int
    unassigned: tuple[int, int]
    rank: int
    n_best: int
    tied: tuple[tuple[int, int], ...]


class _Candidate(NamedTuple):
    quality: tuple[Any, ...]
    mirna: Hit
    target: Hit
    order: str
    gap: int


def pair_hits(
    hits: ReadHits, read: str, references: SearchReferences, rules: PairingRules
) -> tuple[list[Pair], str]:
    """Return the best pairs of a read, at most ``rules.top``, and why there are none (else ``""``).

    Reasons: ``no_mirna``, ``no_target``, ``loop`` (one part lies in the other, or they share more than
    ``max_gap`` bases), ``gap`` (too far apart), ``short_site``.

    Pairs are ordered by the product of both e-values, then the sum of both bit scores; ties by whether the
    miRNA is aligned from end to end, then by names and coordinates. The product makes the order symmetric in the
    two parts; the paper leaves open which e-value counts first. miRNA names are compared with their numbers by
    value, so that of a family the member known longest, mostly the abundant one, wins (miR-17 before miR-106a).
    """
    mirnas = [hit for hit in hits.mirnas if _evidence(hit, read, references) >= rules.min_mirna_length]
    if not mirnas:
        return [], "no_mirna"
    if not hits.targets:
        return [], "no_target"
    reasons = set()
    found: list[_Candidate] = []
    for mirna in mirnas:
        for target in hits.targets:
            candidate = _combine(mirna, target, read, references, rules)
            if isinstance(candidate, str):
                reasons.add(candidate)
            else:
                found.append(candidate)
    if not found:
        return [], next(reason for reason in _REASONS if reason in reasons)
    found.sort(key=lambda candidate: candidate.quality)
    best = found[0].quality[:2]
    tied = tuple((pair.mirna.subject, pair.target.subject) for pair in found if pair.quality[:2] == best)
    pairs = []
    for rank, (_, mirna, target, order, gap) in enumerate(found[: rules.top], 1):
        length = len(references.mirnas[mirna.subject].sequence)
        ends = _unclaimed(mirna, length, gap, order, len(read), rules.max_gap)
        start, end = mirna.start - ends[0], mirna.end + ends[1]
        pairs.append(Pair(mirna, target, order, gap, start, end, ends, rank, len(tied), tied))
    return pairs, ""


def site_of(target: Hit, order: str, gap: int, transcript_length: int, extend: int) -> tuple[int, int]:
    """Return the site on the transcript: the target part, extended at its 3' end as far as the transcript goes.

    Bases shared with a miRNA before it belong to the miRNA, so the site starts behind them. Otherwise every such
    site would start as its miRNA ends, and a model could tell ligated pairs by that mark of the ligation.
    """
    shared = max(0, -gap) if order == MIRNA_FIRST else 0
    return target.subject_start + shared, min(target.subject_end + extend, transcript_length)


def _evidence(hit: Hit, read: str, references: SearchReferences) -> int:
    return extend(hit, read, references.mirnas[hit.subject].sequence, 0, len(read))[1]


def _combine(
    mirna: Hit, target: Hit, read: str, references: SearchReferences, rules: PairingRules
) -> _Candidate | str:
    """Return two hits as a candidate pair, or why they are none.

    The miRNA is first extended over changed bases, but not into what the target alignment claims.
    """
    sequence = references.mirnas[mirna.subject].sequence
    if mirna.start < target.start:
        order, low, high = MIRNA_FIRST, 0, max(mirna.end, target.start)
    else:
        order, low, high = TARGET_FIRST, min(mirna.start, target.end), len(read)
    mirna, evidence = extend(mirna, read, sequence, low, high)
    if evidence < rules.min_mirna_length:
        return "no_mirna"
    target = _without_overrun(mirna, target, order, rules)
    first, second = (mirna, target) if order == MIRNA_FIRST else (target, mirna)
    gap = second.start - first.end
    if gap < -rules.max_gap or second.end <= first.end or second.start == first.start:
        return "loop"
    # A replaced last base hides the end of the miRNA; the gap is counted from where that end would be.
    hidden = len(sequence) - mirna.subject_end if order == MIRNA_FIRST else mirna.subject_start
    if gap > rules.max_gap + min(hidden, _HIDDEN):
        return "gap"
    transcript_length = len(references.transcripts[target.subject].sequence)
    start, end = site_of(target, order, gap, transcript_length, rules.extend)
    if end - start < rules.min_site:
        return "short_site"
    return _Candidate(_quality(mirna, target, len(sequence), references), mirna, target, order, gap)


def _without_overrun(mirna: Hit, target: Hit, order: str, rules: PairingRules) -> Hit:
    """Return the target hit cut back to ``max_gap`` shared bases, where it ran a little further by chance.

    Shared bases belong to the miRNA up to its canonical end, so the target does not need them; what is left must
    still be as long as a miRNA part has to be.
    """
    shared = mirna.end - target.start if order == MIRNA_FIRST else target.end - mirna.start
    extra = shared - rules.max_gap
    if not 0 < extra <= rules.max_gap or target.end - target.start - shared < rules.min_mirna_length:
        return target
    if order == MIRNA_FIRST:
        return target._replace(start=target.start + extra, subject_start=target.subject_start + extra)
    return target._replace(end=target.end - extra, subject_end=target.subject_end - extra)


def _quality(mirna: Hit, target: Hit, mirna_length: int, references: SearchReferences) -> tuple[Any, ...]:
    # Rounding makes equal products equal whatever the order of the factors.
    return (
        float(f"{mirna.evalue * target.evalue:.6e}"),
        -round(mirna.bits + target.bits, 3),
        mirna.subject_end - mirna.subject_start < mirna_length,
        natural(references.mirnas[mirna.subject].name),
        references.transcripts[target.subject].name,
        target.subject_start,
        mirna.start,
    )


@lru_cache(maxsize=100_000)
def natural(name: str) -> tuple[list[str | int], str]:
    """Return a sort key in which runs of digits count by value; the name itself keeps names apart."""
    parts = _NUMBER.split(name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name


def _unclaimed(
    mirna: Hit, mirna_length: int, gap: int, order: str, read_length: int, max_gap: int
) -> tuple[int, int]:
    """Return how many read bases beside the aligned miRNA part stay with it, at its 5' and its 3' end.

    Local alignment hides changed ends, so bases that neither alignment claims may belong to the miRNA. Towards
    the target these are the bases of the gap. At the outer end they reach to the end of the read if that lies
    at most ``max_gap`` beyond the canonical end of the miRNA, else (a linker or barcode follows) to that end.
    """
    hidden_5p, hidden_3p = mirna.subject_start, mirna_length - mirna.subject_end
    if order == MIRNA_FIRST:
        outer = mirna.start
        return (outer if outer <= hidden_5p + max_gap else hidden_5p), max(gap, 0)
    outer = read_length - mirna.end
    return max(gap, 0), (outer if outer <= hidden_3p + max_gap else hidden_3p)
