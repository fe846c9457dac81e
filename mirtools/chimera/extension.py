"""Ungapped extension of a miRNA hit over changed bases that local alignment stops at.

BLAST gives +1 for an equal and -3 for a changed base, so an alignment stops before a changed base unless four
equal ones follow. A miRNA with two changed bases inside, or one near its end, is then seen in part only. Within
the canonical miRNA a changed base is far likelier than that, so there it costs as much as an equal base gains.
"""

from __future__ import annotations

from mirtools.chimera.engine import Hit


def extend(hit: Hit, read: str, mirna: str, low: int, high: int) -> tuple[Hit, int]:
    """Return the hit extended within ``read[low:high]`` and its evidence.

    Each end moves along its diagonal to where equal bases exceed changed ones most (nearest such place), never
    beyond the canonical ends of ``mirna``. The evidence is the length of the hit plus, for both extensions, equal
    minus changed bases: 19 for a miRNA of 21 nt with two changed bases, 14 for a chance hit of 14 nt.
    """
    left = min(hit.start - low, hit.subject_start)
    right = min(high - hit.end, len(mirna) - hit.subject_end)
    bases, gain_5p = _best(
        zip(reversed(read[hit.start - left : hit.start]), reversed(mirna[: hit.subject_start]), strict=False), left
    )
    start, subject_start = hit.start - bases, hit.subject_start - bases
    bases, gain_3p = _best(zip(read[hit.end :], mirna[hit.subject_end :], strict=False), right)
    extended = hit._replace(
        start=start, subject_start=subject_start, end=hit.end + bases, subject_end=hit.subject_end + bases
    )
    return extended, hit.end - hit.start + gain_5p + gain_3p


def _best(pairs: zip[tuple[str, str]], limit: int) -> tuple[int, int]:
    score = best = bases = 0
    for length, (base, canonical) in enumerate(pairs, 1):
        if length > limit:
            break
        score += 1 if base == canonical else -1
        if score > best:
            best, bases = score, length
    return bases, best
