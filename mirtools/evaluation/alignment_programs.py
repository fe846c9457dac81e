"""Outputs of miRanda, RNAhybrid and RNA22: programs that align or hybridise a miRNA with a transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mirtools.evaluation.hits import HIGHER, LOWER, Hit, Lines, Output, not_output_of

# miRanda 3.3a: >miRNA, target, score, energy, query from to, reference from to, length, two percentages
_MIRANDA_FIELDS = 8
_MIRANDA_NUMBERS = re.compile(r"(?:-?\d+(?:\.\d*)?\s+){2}(?:\d+\s+){3}\d+(?:\s|$)")
_MIRANDA_SAYS = re.compile(r"miranda|Performing Scan|Read Sequence|Complete", re.IGNORECASE)
_COMPACT_NAMES = re.compile(r"(.+):(\d+):([^:]+):(\d+)")
_COMPACT_FIELDS = 7  # energy, p-value, position, four lines of the duplex
_DUPLEX_INDENT = len("target 5' ")
_RNA22_PLACE = re.compile(r"\[(\d+),\s*(\d+)\]")
_RNA22_WIDTH = 22  # of a site of which only the first base is given
_RNA22_P_VALUE = 10  # column of the p-value where the site is written out


def read_miranda(path: str, ranked_by: str) -> Output:
    """Read miRanda 3.3a: the lines ``>miRNA target score energy ...`` of single hits; ``>>`` sums are left aside.

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
            raise lines.error("is no hit of miRanda; give its output as it wrote it")
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
    """Tell whether a line is the header, or a hit without ``>``, of a table that was made of miRanda's output."""
    hit = len(fields) >= _MIRANDA_FIELDS and _MIRANDA_NUMBERS.match(" ".join(fields[2:]))
    return not line.startswith(">") and (_is_miranda_header(fields) or bool(hit))


def _is_miranda_header(fields: list[str]) -> bool:
    """Tell whether the cells are names of columns: miRNA, target, score, energy, four positions."""
    names = [field.lower() for field in fields]
    return len(names) >= _MIRANDA_FIELDS and "score" in names[2] and ("energy" in names[3] or "kcal" in names[3])


def read_rnahybrid(path: str, ranked_by: str) -> Output:
    """Read RNAhybrid 2.1, in full or compact (``-c``); which, the file tells.

    Parameters
    ----------
    path : str
    ranked_by : {"energy", "pvalue"}
        Minimum free energy in kcal/mol, or p-value; both better when lower.
    """
    return Output(_rnahybrid(path, ranked_by == "pvalue"), ranked_by, LOWER)


def _rnahybrid(path: str, by_p_value: bool) -> Iterator[Hit]:
    lines = Lines(path)
    state: dict[str, str] = {}
    unknown = 0
    found = False
    stream = iter(lines)
    for line in stream:
        head, _, value = line.partition(":")
        head = head.strip()
        if head in ("target", "length", "miRNA", "mfe", "p-value") and value.startswith(" "):
            state[head] = value.strip()
        elif line.startswith("position"):
            state["position"] = line.split()[-1]
        elif line.startswith("target 5' "):
            missing = {"target", "miRNA", "mfe", "p-value", "position"} - set(state)
            if missing:
                raise lines.error(f"a duplex without {sorted(missing)[0]}; give the output as RNAhybrid wrote it")
            found = True
            yield _hybrid(lines, state, (line[_DUPLEX_INDENT:-3], next(stream, "")), by_p_value)
        elif line.count(":") >= _COMPACT_FIELDS + 3:
            found = True
            yield _compact(lines, line, by_p_value)
        elif line.strip() and not (found or state) and "too long" not in line:
            unknown += 1
    if unknown and not (found or state):
        raise not_output_of("RNAhybrid", path)


def _hybrid(lines: Lines, state: dict[str, str], target: tuple[str, str], by_p_value: bool) -> Hit:
    energy = state["mfe"].removesuffix("kcal/mol").strip()
    cells = {"mfe": energy, "p-value": state["p-value"], "position": state["position"]}
    return _rnahybrid_hit(lines, state["target"], state["miRNA"], cells, target, by_p_value)


def _compact(lines: Lines, line: str, by_p_value: bool) -> Hit:
    # names may hold colons: the fields are counted from the right
    head, energy, p_value, position, *duplex = line.rsplit(":", _COMPACT_FIELDS)
    names = _COMPACT_NAMES.fullmatch(head)
    if names is None:
        raise lines.error("is no line of RNAhybrid -c; give its output as it wrote it")
    cells = {"mfe": energy, "p-value": p_value, "position": position}
    return _rnahybrid_hit(lines, names.group(1), names.group(3), cells, (duplex[0], duplex[1]), by_p_value)


def _rnahybrid_hit(
    lines: Lines, target: str, mirna: str, cells: dict[str, str], duplex: tuple[str, str], by_p_value: bool
) -> Hit:
    energy, p_value = lines.number_in(cells["mfe"], "mfe"), lines.number_in(cells["p-value"], "p-value")
    # 1-based position of the first base that is drawn, paired or not
    start = lines.whole_number_in(cells["position"], "position") - 1
    width = sum(letter.isalpha() for part in duplex for letter in part)
    return Hit(mirna, target, -p_value if by_p_value else -energy, True, start, start + width)


def read_rna22(path: str, ranked_by: str) -> Output:
    """Read RNA22 version 2: miRNA, target, ``target from/to=[a,b]``, energy, duplex, ..., p-value by tabs.

    Tables of the pre-computed full sets have one number instead of ``[a,b]``: where the site begins. A first line
    that names the columns is left aside.

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
            raise lines.error("is no line of RNA22 (tab-separated); give its output as it wrote it")
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
