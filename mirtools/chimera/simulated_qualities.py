"""How a sequencer writes qualities down: as they are, in four bins, or one value throughout."""

from __future__ import annotations

from collections.abc import Collection

STYLES = ("varied", "flat", "binned")

_PHRED = 33
_FLAT = 37
# NovaSeq's bins; none joins values on both sides of Phred 30
_BINS = ((2, 2), (17, 12), (30, 23), (93, 37))
# Wrong bases of binned runs: half of them carry the best value, as errors from before sequencing do
_BINNED_ERRORS = {2: 2, 8: 12, 11: 12, 12: 23, 14: 23}


def written(qualities: str, errors: Collection[int], style: str) -> str:
    """Return the Phred+33 string that a sequencer of this style writes.

    Parameters
    ----------
    qualities : str
        Phred+33, one character a base.
    errors : collection of int
        0-based positions of wrong bases whose qualities have just been drawn.
    style : {"varied", "flat", "binned"}
        ``varied``: as they are; ``flat``: 37 throughout; ``binned``: 2, 12, 23 and 37.

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
