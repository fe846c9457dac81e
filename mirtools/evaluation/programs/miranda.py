"""Outputs of miRanda 3.3a, a program that aligns a miRNA with a transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mirtools.evaluation.programs.output import HIGHER, LOWER, Hit, Lines, Output, Program, not_output_of

# miRanda 3.3a: >miRNA, target, score, energy, query from to, reference from to, length, two percentages
_MIRANDA_FIELDS = 8
_MIRANDA_NUMBERS = re.compile(r"(?:-?\d+(?:\.\d*)?\s+){2}(?:\d+\s+){3}\d+(?:\s|$)")
_MIRANDA_SAYS = re.compile(r"miranda|Performing Scan|Read Sequence|Complete", re.IGNORECASE)


def read_miranda(path: str, ranked_by: str) -> Output:
    """Read miRanda 3.3a: the lines ``>miRNA target score energy ...`` of single hits; ``>>`` sums are skipped.

    Tables that pipelines make of these lines are read, too: no ``>``, tabs for blanks, with or without header.

    Parameters
    ----------
    path : str
    ranked_by : {"score", "energy"}
        miRanda's alignment score, or its energy in kcal/mol (lower is better).
    """
    return Output(_miranda(path, ranked_by == "energy"), ranked_by, LOWER if ranked_by == "energy" else HIGHER)


def _miranda(path: str, by_energy: bool) -> Iterator[Hit]:
    lines = Lines(path)
    known, empty, table = False, True, False
    for line in lines:
        fields = _miranda_fields(line.removeprefix(">"))
        table = table or _is_miranda_table(line, fields)
        known = known or table or line.startswith(">") or bool(_MIRANDA_SAYS.search(line))
        empty = empty and not line.strip()
        if line.startswith(">>") or not line.strip() or not (table or line.startswith(">")):
            continue
        if _is_miranda_header(fields):
            continue
        if len(fields) < _MIRANDA_FIELDS:
            raise lines.error("is not a hit of miRanda; give its output as it wrote it")
        score, energy = (lines.number_in(text, "score or energy") for text in fields[2:4])
        start, end = (lines.whole_number_in(text, "position") for text in fields[6:8])
        yield Hit(fields[0], fields[1], -energy if by_energy else score, True, start - 1, end)
    if not known and not empty:
        raise not_output_of("miRanda", path)


def _miranda_fields(line: str) -> list[str]:
    """Return the cells of a hit; names may hold blanks where tabs separate, and all may be quoted."""
    if "\t" not in line:
        return line.split()
    mirna, target, *numbers = line.replace('"', "").split("\t")
    return [mirna.strip(), target.strip(), *" ".join(numbers).split()]


def _is_miranda_table(line: str, fields: list[str]) -> bool:
    """Return whether a line is the header, or a hit without ``>``, of a table made of miRanda's output."""
    hit = len(fields) >= _MIRANDA_FIELDS and _MIRANDA_NUMBERS.match(" ".join(fields[2:]))
    return not line.startswith(">") and (_is_miranda_header(fields) or bool(hit))


def _is_miranda_header(fields: list[str]) -> bool:
    """Return whether the cells are names of columns: miRNA, target, score, energy, four positions."""
    names = [field.lower() for field in fields]
    return len(names) >= _MIRANDA_FIELDS and "score" in names[2] and ("energy" in names[3] or "kcal" in names[3])


PROGRAM = Program("miranda", ("score", "energy"), read_miranda)
