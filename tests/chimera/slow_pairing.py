"""Pairing of hits in plain Python, one read at a time: the reference for the kernel."""

import math
from typing import NamedTuple

import numpy as np

from mirtools.chimera.engine import Hits, SearchReferences
from mirtools.chimera.pairing import REASONS, natural
from mirtools.chimera.references import References, encode
from mirtools.io.sequences import Reference

HIDDEN = 2
LACKING = 5
LEAST_TARGET = 15


class Hit(NamedTuple):
    """One local alignment, with the fields of ``Hits`` except the read."""

    subject: int
    start: int
    end: int
    subject_start: int
    subject_end: int
    evalue: float
    bits: float


def columns(hits_of_reads):
    """Return lists of hits, one per read, as Hits."""
    cells = [(read, *hit) for read, hits in enumerate(hits_of_reads) for hit in hits]
    listed = list(zip(*cells, strict=True)) or [()] * len(Hits._fields)
    return Hits(*(np.array(c, np.int32) for c in listed[:6]), *(np.array(c, np.float64) for c in listed[6:]))


def packed(mirnas, transcripts):
    """Return lists of (name, sequence) as SearchReferences."""
    return SearchReferences(
        *(
            References.of([Reference(name, name, bases) for name, bases in listed])
            for listed in (mirnas, transcripts)
        )
    )


def batch_of(reads, loose=None):
    """Return reads as bases, starts and loose bases; by default all ends are seen."""
    ends = [-1] * len(reads) if loose is None else loose
    return encode("".join(reads)).copy(), np.cumsum([0, *map(len, reads)]), np.array(ends, np.int64)


def as_rows(pairs):
    """Return Pairs as tuples of plain numbers, one per pair."""
    cells = zip(*(column.tolist() for column in pairs[:-1]), strict=True)
    ties = pairs.tied if pairs.tied is not None else [None] * len(pairs.read)
    return [(*row, tied) for row, tied in zip(cells, ties, strict=True)]


def slow_pairs(mirna_hits, target_hits, reads, mirnas, transcripts, rules, keep_ties=False, loose=None):
    """Return the pairs of some reads as tuples with the fields of Pairs, and the reasons by name."""
    rows, reasons = [], []
    for number, read in enumerate(reads):
        hits = mirna_hits[number], target_hits[number]
        found, reason = _pair_read(*hits, read, mirnas, transcripts, rules, -1 if loose is None else loose[number])
        for row in found:
            rows.append((number, *row[:-1], row[-1] if keep_ties else None))
        reasons.append(reason or "paired")
    return rows, reasons


def _pair_read(mirna_hits, target_hits, read, mirnas, transcripts, rules, loose):
    kept = [hit for hit in mirna_hits if slow_likely(hit, read, mirnas[hit.subject][1], rules.min_score)]
    if not kept:
        return [], "no_mirna"
    if not target_hits:
        return [], "no_target"
    reasons, found = set(), []
    for mirna in kept:
        for target in target_hits:
            candidate = _combine(mirna, target, read, mirnas, transcripts, rules)
            if isinstance(candidate, str):
                reasons.add(candidate)
            else:
                found.append(candidate)
    if not found:
        return [], max(reasons, key=REASONS.index)
    found.sort()
    best = found[0][0][:2]
    tied = [(pair[2].subject, pair[3].subject, *pair[3][3:5]) for pair in found if pair[0][:2] == best]
    rows = []
    for rank, (_, mirna_first, mirna, target, gap, site) in enumerate(found[: rules.top], 1):
        length = len(mirnas[mirna.subject][1])
        left, right, is_open = _unclaimed(mirna, length, gap, mirna_first, len(read), loose, rules.max_gap)
        rows.append(
            (
                *(rank, len(tied), not mirna_first, gap, *mirna[:5], mirna.start - left, mirna.end + right),
                *(left, right, *target[:5], *site, is_open),
                *(*mirna[5:], *target[5:], tuple(sorted(set(tied)))),
            )
        )
    return rows, ""


def slow_likely(hit, read, mirna, min_score):
    """Return whether a miRNA hit has a sufficient score."""
    return extend(hit, read, mirna, 0, len(read))[1] >= min(min_score, len(mirna) - LACKING)


def _combine(mirna, target, read, mirnas, transcripts, rules):
    sequence = mirnas[mirna.subject][1]
    mirna_first = mirna.start < target.start
    if mirna_first:
        low, high = 0, max(mirna.end, target.start)
    else:
        low, high = min(mirna.start, target.end), len(read)
    mirna, evidence = extend(mirna, read, sequence, low, high)
    if evidence < min(rules.min_score, len(sequence) - LACKING):
        return "no_mirna"
    target = _without_overrun(mirna, target, mirna_first, rules)
    first, second = (mirna, target) if mirna_first else (target, mirna)
    gap = second.start - first.end
    if gap < -rules.max_gap or second.end <= first.end or second.start == first.start:
        return "loop"
    hidden = len(sequence) - mirna.subject_end if mirna_first else mirna.subject_start
    if gap > rules.max_gap + min(hidden, HIDDEN):
        return "gap"
    shared = max(0, -gap) if mirna_first else 0
    transcript = len(transcripts[target.subject][1])
    site = target.subject_start + shared, min(target.subject_end + rules.extend, transcript)
    if site[1] - site[0] < rules.min_site:
        return "short_site"
    magnitude = sum(math.log10(hit.evalue) if hit.evalue else -math.inf for hit in (mirna, target))
    quality = (
        math.floor(magnitude * 1e6 + 0.5) if magnitude > -math.inf else magnitude,
        -math.floor((mirna.bits + target.bits) * 1e3 + 0.5),
        mirna.subject_end - mirna.subject_start < len(sequence),
        natural(mirnas[mirna.subject][0]),
        transcripts[target.subject][0],
        target.subject_start,
        mirna.start,
        (target.subject_end, mirna.end, mirna.subject_start, target.start, target.end),
    )
    return quality, mirna_first, mirna, target, gap, site


def _without_overrun(mirna, target, mirna_first, rules):
    shared = mirna.end - target.start if mirna_first else target.end - mirna.start
    extra = shared - rules.max_gap
    if not 0 < extra <= rules.max_gap or target.end - target.start - shared < LEAST_TARGET:
        return target
    if mirna_first:
        return target._replace(start=target.start + extra, subject_start=target.subject_start + extra)
    return target._replace(end=target.end - extra, subject_end=target.subject_end - extra)


def _unclaimed(mirna, mirna_length, gap, mirna_first, read_length, loose, max_gap):
    hidden_5p, hidden_3p = min(mirna.subject_start, 12), min(mirna_length - mirna.subject_end, 12)
    if mirna_first:
        outer = mirna.start
        return (outer if outer <= hidden_5p + max_gap else hidden_5p), max(gap, 0), 0
    outer = read_length - mirna.end
    if loose >= 0 and outer - loose <= hidden_3p + max_gap:
        return max(gap, 0), max(outer - loose, 0), 1
    return max(gap, 0), (outer if outer <= hidden_3p + max_gap else hidden_3p), 0


def extend(hit, read, mirna, low, high):
    """Return the hit extended within ``read[low:high]`` and its evidence."""
    left = min(hit.start - low, hit.subject_start)
    right = min(high - hit.end, len(mirna) - hit.subject_end)
    before = zip(reversed(read[hit.start - left : hit.start]), reversed(mirna[: hit.subject_start]), strict=False)
    bases, gain_5p = _best(before, left)
    start, subject_start = hit.start - bases, hit.subject_start - bases
    bases, gain_3p = _best(zip(read[hit.end :], mirna[hit.subject_end :], strict=False), right)
    extended = hit._replace(
        start=start, subject_start=subject_start, end=hit.end + bases, subject_end=hit.subject_end + bases
    )
    return extended, hit.end - hit.start + gain_5p + gain_3p


def _best(pairs, limit):
    score = best = bases = 0
    for length, (base, canonical) in enumerate(pairs, 1):
        if length > limit:
            break
        if "N" not in (base, canonical):
            score += 1 if base == canonical else -1
        if score > best:
            best, bases = score, length
    return bases, best
