"""Slow and obvious: the sites of a miRNA on a transcript and their context, base by base."""

from __future__ import annotations

from mirtools.io.sequences import reverse_complement
from mirtools.pairs.site_types import SITE_TYPES

WOBBLES = {"G": "T", "T": "G"}


def patterns(mirna):
    """Return (type, pattern, bases of the pattern downstream of the base opposite base 2), the best type first."""
    seven, six = reverse_complement(mirna[1:8]), reverse_complement(mirna[1:7])
    offset = reverse_complement(mirna[2:8])

    def wobbled(match):
        seed = reverse_complement(match)
        for at, base in enumerate(seed):
            if base in WOBBLES:
                yield _replace(match, len(seed) - 1 - at, WOBBLES[base])

    bulged = [seven[:cut] + base + seven[cut:] for cut in range(1, 7) for base in "ACGT"]
    found = [("8mer", seven + "A", 1), ("7mer-m8", seven, 0), ("7mer-A1", six + "A", 1), ("6mer", six, 0)]
    found.append(("offset-6mer", offset, -1))
    found += [("8mer+GU", each + "A", 1) for each in wobbled(seven)]
    found += [("7mer-m8+GU", each, 0) for each in wobbled(seven)]
    found += [("7mer-A1+GU", each + "A", 1) for each in wobbled(six)]
    found += [("6mer+GU", each, 0) for each in wobbled(six)]
    found += [("8mer+bulge", each + "A", 1) for each in bulged]
    found += [("7mer-m8+bulge", each, 0) for each in bulged]
    return [entry for entry in found if "N" not in entry[1]]


def _replace(text, at, letter):
    return text[:at] + letter + text[at + 1 :]


def sites(mirna, transcript):
    """Return (anchor, type) of each site: the best type first, then from the 3' end; none within 5 nt."""
    kinds = {}
    for kind, pattern, after in patterns(mirna):
        start = transcript.find(pattern)
        while start >= 0:
            # the anchor lies opposite base 1, one base after that opposite base 2
            anchor = start + len(pattern) - after
            kinds.setdefault(anchor, kind)
            start = transcript.find(pattern, start + 1)
    kept = []
    for kind in SITE_TYPES:
        for anchor in sorted((at for at, found in kinds.items() if found == kind), reverse=True):
            if all(abs(anchor - other) >= 6 for other, _ in kept):
                kept.append((anchor, kind))
    return sorted(kept)


def weighted_au(transcript, place, step):
    """Return the share of A and U among up to 30 bases from ``place``, weighted by 1 / distance; N is a half."""
    total = share = 0.0
    for distance in range(1, 31):
        at = place + step * (distance - 1)
        if 0 <= at < len(transcript):
            share += {"A": 1.0, "T": 1.0, "N": 0.5}.get(transcript[at], 0.0) / distance
            total += 1 / distance
    return share / total if total else 0.5


def supplementary(mirna, transcript, anchor):
    """Return the score of the best run of pairs of bases 9 and more: every run at every offset."""
    best = 0.0
    for offset in range(-4, 11):
        for first in range(9, len(mirna) + 1):
            score = 0.0
            for base in range(first, len(mirna) + 1):
                at = anchor - (base - 1) - offset
                pairs = 0 <= at <= anchor - 8 and transcript[at] == reverse_complement(mirna[base - 1])
                if not pairs or transcript[at] == "N":
                    break
                score += 1.0 if 13 <= base <= 16 else 0.5
                best = max(best, score - 0.5 * max(0, abs(offset) - 2))
    return best
