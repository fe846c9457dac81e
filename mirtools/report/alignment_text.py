"""Text drawings of attribution alignments."""

from __future__ import annotations

from typing import TextIO

import numpy as np

from mirtools.alignment.align import Aligner
from mirtools.alignment.table import AlignedPairs, Named
from mirtools.report.alignment_strip import NO_ALIGNMENT, heading, strip_of

LEGEND = """\
# site 5'->3' above miRNA 3'->5', positions from 1 in each from its 5' end; | Watson-Crick, : G and U
# score: 1 to 9 are tenths of the pair's largest column, . is almost zero, x is negative
"""


class TextDrawing:
    """Draws all alignments as text, one below the other, with a legend above them.

    Parameters
    ----------
    stream : TextIO
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        stream.write(LEGEND)

    def has_room(self) -> bool:
        """Return true: every alignment is drawn."""
        return True

    def add(self, named: Named) -> None:
        """Draw an alignment."""
        self._stream.write("\n" + draw_text(named))

    def finish(self, pairs: AlignedPairs, aligner: Aligner) -> None:
        """Do nothing: all alignments have been drawn."""


def draw_text(named: Named) -> str:
    """Return one alignment as lines: title, positions on the site, site, marks, miRNA, positions on it, scores."""
    alignment = named.alignment
    lines = [">" + "  ".join(heading(named))]
    if alignment.empty:
        return f"{lines[0]}\n{NO_ALIGNMENT}\n"
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
    """Return a line of positions, the last digit of each above its base: the first and every ``step``th base."""
    line = [" "] * len(positions)
    for column, position in enumerate(positions):
        if position == 1 or (position and position % step == 0):
            digits = str(position)
            start = column + 1 - len(digits)
            # a number that would touch the one before it is skipped
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
