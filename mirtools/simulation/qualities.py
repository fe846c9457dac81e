"""Styles of quality values in FASTQ: all values, four bins, or a constant."""

from __future__ import annotations

from collections.abc import Collection

STYLES = ("varied", "flat", "binned")

_PHRED = 33
_FLAT = 37
# NovaSeq's bins; no bin contains values on both sides of Phred 30
_BINS = ((2, 2), (17, 12), (30, 23), (93, 37))
# Share of wrong bases in binned runs with the best value, like errors from before sequencing
_BINNED_ERRORS = {2: 2, 8: 12, 11: 12, 12: 23, 14: 23}


def written(qualities: str, errors: Collection[int], style: str) -> str:
    """Return the Phred+33 string in this style.

    Parameters
    ----------
    qualities : str
        Phred+33, one character per base.
    errors : collection of int
        0-based positions of wrong bases with newly drawn qualities.
    style : {"varied", "flat", "binned"}
        ``varied``: unchanged; ``flat``: 37 throughout; ``binned``: 2, 12, 23 and 37.

    >>> written("#5?@I", (), "binned")
    '#88FF'
    """
    if style == "varied":
        return qualities
    if style == "flat":
        return chr(_FLAT + _PHRED) * len(qualities)
    values = [ord(letter) - _PHRED for letter in qualities]
    binned = [next(bin_value for highest, bin_value in _BINS if value <= highest) for value in values]
    for place in errors:
        binned[place] = _BINNED_ERRORS.get(values[place], _FLAT)
    return "".join(chr(value + _PHRED) for value in binned)
