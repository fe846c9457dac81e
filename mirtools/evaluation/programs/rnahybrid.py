"""Outputs of RNAhybrid 2.1, a program that hybridises a miRNA with a transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mirtools.evaluation.programs.output import LOWER, Hit, Lines, Output, Program, not_output_of

_COMPACT_NAMES = re.compile(r"(.+):(\d+):([^:]+):(\d+)")
_COMPACT_FIELDS = 7  # energy, p-value, position, four lines of the duplex
_DUPLEX_INDENT = len("target 5' ")


def read_rnahybrid(path: str, ranked_by: str) -> Output:
    """Read RNAhybrid 2.1, in full or compact (``-c``); the file shows which.

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
        raise lines.error("is not a line of RNAhybrid -c; give its output as it wrote it")
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


PROGRAM = Program("rnahybrid", ("energy", "pvalue"), read_rnahybrid)
