"""The eight isomiR types: an observed miRNA sequence compared with its canonical one.

DMISO, Identification of miRNA-mRNA interactions: 5' and 3' isomiRs (addition, deletion, replacement), single and
multiple nucleotide polymorphic isomiRs; one isomiR may have several types. What the paper leaves open is settled
as follows. The observed end lies outside the canonical end: addition; inside: deletion. Same end, but the
outermost base or bases differ: replacement. One changed base elsewhere: SNP; several: MNP.
"""

from __future__ import annotations

from typing import NamedTuple

# A diagonal with fewer compared bases, or with a larger share of changed ones, is no alignment of an isomiR.
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
        shifted on the precursor, so a 5' addition of one base is ``iso_5p:-1``. Without precursors, bases added
        at the 3' end cannot be told templated or not and are ``iso_add3p``. Empty for the exact miRNA.
    changed : tuple of int
        0-based positions on the observed sequence of added and changed bases.
    shift : int
        The first observed base lies over the canonical base of this 0-based number; negative before its start.
    """

    types: tuple[str, ...]
    variant: str
    changed: tuple[int, ...]
    shift: int


def classify(observed: str, canonical: str) -> Isomir | None:
    """Return the types of an observed miRNA, or ``None`` where no ungapped alignment explains it.

    The two sequences (5'->3', DNA letters) are laid over each other without gaps, where most bases agree; of
    several such places the one with the smallest shift of both ends together counts. ``N`` agrees with nothing.
    Sequences with an inserted or lost base inside belong to none of the eight types.

    >>> classify("TGAGGTAGTAGGTTGTATAGTA", "TGAGGTAGTAGGTTGTATAGTT").types
    ('3p_replacement',)
    """
    shift = _best_shift(observed, canonical)
    if shift is None:
        return None
    # observed[i] lies over canonical[i + shift]
    first, last = max(0, -shift), min(len(observed), len(canonical) - shift)
    mismatches = [i for i in range(first, last) if observed[i] != canonical[i + shift]]
    end_shift = shift + len(observed) - len(canonical)

    replaced_5p: list[int] = []
    replaced_3p: list[int] = []
    inner = mismatches
    if shift == 0:
        replaced_5p = [i for rank, i in enumerate(inner) if i == rank]
        inner = inner[len(replaced_5p) :]
    if end_shift == 0:
        replaced_3p = [i for rank, i in enumerate(reversed(inner)) if i == len(observed) - 1 - rank]
        inner = inner[: len(inner) - len(replaced_3p)]

    found = {
        "5p_addition": shift < 0,
        "5p_deletion": shift > 0,
        "5p_replacement": bool(replaced_5p),
        "3p_addition": end_shift > 0,
        "3p_deletion": end_shift < 0,
        "3p_replacement": bool(replaced_3p),
        "SNP": len(inner) == 1,
        "MNP": len(inner) > 1,
    }
    added = [*range(first), *range(last, len(observed))]
    variant = _variant(shift, end_shift, [i + shift for i in mismatches])
    types = tuple(name for name, is_so in found.items() if is_so)
    return Isomir(types, variant, tuple(sorted(added + mismatches)), shift)


def _best_shift(observed: str, canonical: str) -> int | None:
    best: tuple[int, int, int] | None = None
    for shift in range(MIN_OVERLAP - len(observed), len(canonical) - MIN_OVERLAP + 1):
        first, last = max(0, -shift), min(len(observed), len(canonical) - shift)
        pairs = zip(observed[first:last], canonical[first + shift : last + shift], strict=True)
        same = sum(a == b for a, b in pairs)
        if last - first - same > MAX_CHANGED_SHARE * (last - first):
            continue
        shifted = abs(shift) + abs(shift + len(observed) - len(canonical))
        rank = (2 * same - (last - first), -shifted, -shift)
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
    """Return the mirGFF3 name of a changed base at a 1-based canonical position; 0 or less is before it."""
    for last, name in ((1, ""), (7, "_seed"), (8, "_central_offset"), (12, "_central"), (17, "_central_supp")):
        if position <= last:
            return "iso_snv" + name
    return "iso_snv"
