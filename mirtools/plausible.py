"""What inputs tell of themselves when a result is empty: hints that name what was seen and what to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

# Mature miRNAs have 16 to 28 nt
LONGEST_MIRNA = 30


def mirnas_hint(lengths: Sequence[int], option: str = "--mirnas") -> str | None:
    """Return a hint where sequences are too long to be mature miRNAs, by their median in nt.

    >>> mirnas_hint([22, 21, 23])
    >>> mirnas_hint([82, 75, 90])
    '--mirnas have a median length of 82 nt, as hairpins have; give mature miRNAs (about 22 nt)'
    """
    typical = median(lengths) if len(lengths) else 0
    if typical <= LONGEST_MIRNA:
        return None
    kind = "hairpins" if typical <= 200 else "transcripts"
    return f"{option} have a median length of {typical:.0f} nt, as {kind} have; give mature miRNAs (about 22 nt)"


def references_hint(mirnas: Sequence[int], transcripts: Sequence[int], targets: str) -> str | None:
    """Return a hint where miRNAs and targets look swapped, or either does not look like what it should be.

    Parameters
    ----------
    mirnas, transcripts : sequence of int
        Lengths in nt.
    targets : str
        The option that names the targets.
    """
    hint = mirnas_hint(mirnas)
    typical = median(transcripts) if len(transcripts) else LONGEST_MIRNA + 1
    if typical > LONGEST_MIRNA:
        return hint
    if hint is None:
        return f"{targets} have a median length of {typical:.0f} nt, as miRNAs have; give whole transcripts"
    lengths = f"medians of {median(mirnas):.0f} and {typical:.0f} nt"
    return f"--mirnas and {targets} look swapped ({lengths}); exchange the two files"


def no_rows_hint(table: str) -> str:
    """Return the hint on a table without rows."""
    return f"{table} has no rows; see what the command that made it said, or its --json"


def above_hint(what: str, option: str, threshold: float, highest: float) -> str:
    """Return the hint where nothing scores above a threshold.

    >>> above_hint("12 windows", "--threshold", 0.5, 0.25)
    'none of 12 windows scores above --threshold 0.5; the highest score is 0.25, so a smaller one finds some'
    """
    found = f"the highest score is {highest:.4g}, so a smaller one finds some"
    return f"none of {what} scores above {option} {threshold:g}; {found}"


def most_frequent(reasons: Mapping[str, int]) -> tuple[str, int]:
    """Return the most frequent of some reasons, the first by name of several, and its count.

    >>> most_frequent({"low_quality": 3, "low_support": 7})
    ('low_support', 7)
    """
    return max(sorted(reasons.items()), key=lambda item: item[1], default=("", 0))
