"""Outputs of RNA22 version 2, a program that looks for patterns of miRNAs in transcripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mirtools.evaluation.programs.output import LOWER, Hit, Lines, Output, Program

_RNA22_PLACE = re.compile(r"\[([0-9]{1,18}),\s*([0-9]{1,18})\]")
_RNA22_WIDTH = 22  # of a site of which only the first base is given
_RNA22_P_VALUE = 10  # column of the p-value if the site is written out


def read_rna22(path: str, ranked_by: str) -> Output:
    """Read RNA22 version 2: miRNA, target, ``target from/to=[a,b]``, energy, duplex, ..., p-value by tabs.

    Tables of the pre-computed full sets have one number instead of ``[a,b]``: where the site begins. A first line
    that names the columns is skipped.

    Parameters
    ----------
    path : str
    ranked_by : {"pvalue", "energy"}
        p-value, or folding energy in kcal/mol; both better when lower.
    """
    return Output(_rna22(path, ranked_by == "energy"), ranked_by, LOWER)


def _rna22(path: str, by_energy: bool) -> Iterator[Hit]:
    lines = Lines(path)
    for number, line in enumerate(lines):
        fields = [field.strip() for field in line.split("\t")]
        if not line.strip():
            continue
        if len(fields) < 5:
            raise lines.error("is not a line of RNA22 (tab-separated); give its output as it wrote it")
        if not (number or any(character.isdigit() for character in fields[2] + fields[3] + fields[-1])):
            continue
        place = _RNA22_PLACE.search(fields[2])
        if place is not None:
            start, end = int(place.group(1)) - 1, int(place.group(2))
        else:
            start = lines.whole_number_in(fields[2], "position of the site") - 1
            end = start + _RNA22_WIDTH
        # the full sets leave the sign out
        energy = -abs(lines.number_in(fields[3], "folding energy"))
        at = _RNA22_P_VALUE if place is not None and len(fields) > _RNA22_P_VALUE else len(fields) - 1
        p_value = lines.number_in(fields[at], "p-value")
        yield Hit(fields[0], fields[1], -energy if by_energy else -p_value, True, start, end)


PROGRAM = Program("rna22", ("pvalue", "energy"), read_rna22)
