"""The eight isomiR types: compares an observed miRNA sequence with the canonical one.

DMISO, Identification of miRNA-mRNA interactions: 5' and 3' isomiRs (addition, deletion, replacement), single and
multiple nucleotide polymorphic isomiRs; one isomiR may have several types. The paper leaves some details open;
here they are as follows. The observed end lies outside the canonical end: addition; inside: deletion. Same end,
but the outermost base or bases differ: replacement. One changed base elsewhere: SNP; several: MNP.
"""

from __future__ import annotations

from typing import NamedTuple

# An alignment of an isomiR has at least this many compared bases, and at most this share of changed ones
MIN_OVERLAP = 10
MAX_CHANGED_SHARE = 0.2


class Isomir(NamedTuple):
    """How an observed sequence differs from the canonical one.

    Attributes
    ----------
    types : tuple of str
        Of ``interactions.ISOMIR_TYPES``, in that order; empty for the exact miRNA.
    variant : str
        The mirGFF3 1.1 ``Variant``: in ``iso_5p`` and ``iso_3p`` the sign is the direction in which the end is
        shifted on the precursor, so a 5' addition of one base is ``iso_5p:-1``. Without precursors it is unknown
        whether bases added at the 3' end are templated, and they are ``iso_add3p``. Empty for the exact miRNA.
    changed : tuple of int
        0-based positions on the observed sequence of added and changed bases.
    shift : int
        0-based canonical position of the first observed base; negative before the canonical start.
    """

    types: tuple[str, ...]
    variant: str
    changed: tuple[int, ...]
    shift: int


def classify(observed: str, canonical: str, end_seen: bool = True) -> Isomir | None:
    """Return the types of an observed miRNA, or ``None`` if no ungapped alignment explains it.

    The two sequences (5'->3', DNA letters) are aligned without gaps, so that most bases agree; in a tie, with the
    smallest total shift of both ends. ``N`` is no evidence of a change: it agrees with every base, in either
    sequence, and beyond the canonical end it is no addition. If sequencing stopped before the 3' end (not
    ``end_seen``), a missing end is no deletion. Sequences with an inserted or deleted base inside have none of the
    eight types.

    >>> classify("TGAGGTAGTAGGTTGTATAGTA", "TGAGGTAGTAGGTTGTATAGTT").types
    ('3p_replacement',)
    """
    shift = _best_shift(observed, canonical)
    if shift is None:
        return None
    # observed[i] lies over canonical[i + shift]
    first, last = max(0, -shift), min(len(observed), len(canonical) - shift)
    mismatches = [i for i in range(first, last) if _differ(observed[i], canonical[i + shift])]
    # N outside the canonical ends is no added base
    begin = len(observed[:first]) - len(observed[:first].lstrip("N"))
    end = last + len(observed[last:].rstrip("N"))
    shift_5p = shift + begin
    end_shift = shift + end - len(canonical)
    if not end_seen:
        end_shift = max(end_shift, 0)

    replaced_5p: list[int] = []
    replaced_3p: list[int] = []
    inner = mismatches
    if shift_5p == 0:
        replaced_5p = [i for rank, i in enumerate(inner) if i == begin + rank]
        inner = inner[len(replaced_5p) :]
    if end_shift == 0:
        replaced_3p = [i for rank, i in enumerate(reversed(inner)) if i == end - 1 - rank]
        inner = inner[: len(inner) - len(replaced_3p)]

    found = {
        "5p_addition": shift_5p < 0,
        "5p_deletion": shift_5p > 0,
        "5p_replacement": bool(replaced_5p),
        "3p_addition": end_shift > 0,
        "3p_deletion": end_shift < 0,
        "3p_replacement": bool(replaced_3p),
        "SNP": len(inner) == 1,
        "MNP": len(inner) > 1,
    }
    added = [i for i in (*range(begin, first), *range(last, end)) if observed[i] != "N"]
    variant = _variant(shift_5p, end_shift, [i + shift for i in mismatches])
    types = tuple(name for name, is_so in found.items() if is_so)
    return Isomir(types, variant, tuple(sorted(added + mismatches)), shift)


def _differ(one: str, other: str) -> bool:
    return one != other and "N" not in (one, other)


def _best_shift(observed: str, canonical: str) -> int | None:
    best: tuple[int, int, int] | None = None
    for shift in range(MIN_OVERLAP - len(observed), len(canonical) - MIN_OVERLAP + 1):
        first, last = max(0, -shift), min(len(observed), len(canonical) - shift)
        pairs = zip(observed[first:last], canonical[first + shift : last + shift], strict=True)
        same = changed = 0
        for a, b in pairs:
            same += a == b != "N"
            changed += _differ(a, b)
        if changed > MAX_CHANGED_SHARE * (last - first) or same < changed:
            continue
        shifted = abs(shift) + abs(shift + len(observed) - len(canonical))
        rank = (same - changed, -shifted, -shift)
        if best is None or rank > best:
            best = rank
    return None if best is None else -best[2]


def _variant(shift: int, end_shift: int, changed: list[int]) -> str:
    parts = []
    if shift:
        parts.append(f"iso_5p:{shift:+d}")
    if end_shift < 0:
        parts.append(f"iso_3p:{end_shift:+d}")
    if end_shift > 0:
        parts.append(f"iso_add3p:{end_shift}")
    for position in changed:
        name = snv_name(position + 1)
        if name not in parts:
            parts.append(name)
    return ",".join(parts)


def snv_name(position: int) -> str:
    """Return the mirGFF3 name of a changed base at a 1-based canonical position; 0 or less is before the miRNA."""
    for last, name in ((1, ""), (7, "_seed"), (8, "_central_offset"), (12, "_central"), (17, "_central_supp")):
        if position <= last:
            return "iso_snv" + name
    return "iso_snv"
