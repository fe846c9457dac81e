"""Text drawings of attribution alignments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

import numpy as np

from mirtools.alignment.table import Named
from mirtools.report.alignment_strip import heading, strip_of

LEGEND = """\
# site 5'->3' above miRNA 3'->5', positions from 1 in each from its 5' end; | Watson-Crick, : G and U
# score: 1 to 9 are tenths of the pair's largest column, . is next to nothing, x speaks against the pair
"""


def write_drawings(stream: TextIO, drawings: Iterable[Named]) -> None:
    """Write text drawings one below the other, with a legend above them."""
    stream.write(LEGEND)
    for named in drawings:
        stream.write("\n" + draw_text(named))


def draw_text(named: Named) -> str:
    """Return one alignment as lines: title, positions on the site, site, marks, miRNA, positions on it, scores."""
    alignment = named.alignment
    lines = [">" + "  ".join(heading(named))]
    if alignment.empty:
        return lines[0] + "\nno alignment: no attribution speaks for any pair of bases\n"
    strip = strip_of(named)
    best = max(strip.scores)
    lines += [
        f"           {ruler(strip.site_positions, 10)}",
        f"site    5' {strip.site} 3'",
        f"           {strip.marks}",
        f"miRNA   3' {strip.mirna} 5'",
        f"           {ruler(strip.mirna_positions, 5)}",
        f"score      {''.join(_digit(*column, best) for column in zip(strip.faces, strip.scores, strict=True))}",
    ]
    return "".join(line.rstrip() + "\n" for line in lines)


def ruler(positions: list[int], step: int) -> str:
    """Return a line of numbers whose last digits stand over every ``step``th base, and over the first."""
    line = [" "] * len(positions)
    for column, position in enumerate(positions):
        if position == 1 or (position and position % step == 0):
            digits = str(position)
            start = column + 1 - len(digits)
            # where a number would run into the one before it, it is left out
            if start >= 0 and set(line[max(0, start - 1) : column + 1]) == {" "}:
                line[start : column + 1] = digits
    return "".join(line)


def _digit(faces: bool, score: float, best: float) -> str:
    if not faces:
        return " "
    if score < -0.05 * best:
        return "x"
    if score < 0.05 * best:
        return "."
    return str(max(1, min(9, int(np.floor(10 * score / best)))))
