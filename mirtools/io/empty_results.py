"""Hints for empty results: what the inputs look like, and what to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

# Mature miRNAs have 16 to 28 nt
LONGEST_MIRNA = 30


def mirnas_hint(lengths: Sequence[int], option: str = "--mirnas") -> str | None:
    """Return a hint if sequences are too long to be mature miRNAs, by their median length in nt.

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
    """Return a hint if miRNAs and targets look swapped, or if one of them has unlikely lengths.

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
    return f"{table} has no rows; see the messages of the command that made it, or its --json"


def above_hint(what: str, option: str, threshold: float, highest: float) -> str:
    """Return the hint for a run in which nothing scores above a threshold.

    >>> above_hint("12 windows", "--threshold", 0.5, 0.25)
    'none of 12 windows scores above --threshold 0.5; the highest score is 0.25: lower the threshold'
    """
    found = f"the highest score is {highest:.4g}: lower the threshold"
    return f"none of {what} scores above {option} {threshold:g}; {found}"


def rare_hint(what: str, option: str, share: float, highest: float) -> str:
    """Return the hint for a scan in which no score is rare enough.

    >>> rare_hint("12 windows", "--background", 0.001, 0.25)
    'none of 12 windows scores as high as only 0.001 of the background (--background); the highest score is 0.25: \
raise the share'
    """
    found = f"the highest score is {highest:.4g}: raise the share"
    return f"none of {what} scores as high as only {share:g} of the background ({option}); {found}"


def most_frequent(reasons: Mapping[str, int]) -> tuple[str, int]:
    """Return the most frequent reason (of equally frequent ones the first by name) and its count.

    >>> most_frequent({"low_quality": 3, "low_support": 7})
    ('low_support', 7)
    """
    return max(sorted(reasons.items()), key=lambda item: item[1], default=("", 0))
