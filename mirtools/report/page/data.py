"""The rows of a page as compact JSON, column by column, that is safe within HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# "<" could end the element or begin a comment; JavaScript once took the last two as ends of lines
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
# a column in which a value occurs this often on average is written as numbers of its distinct values
_REPEATED = 2
_LARGEST = 2**53


def encoded_columns(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    more: Mapping[str, Sequence[str | int]],
    facts: Mapping[str, Any],
) -> Iterator[str]:
    """Yield a JSON object in parts.

    Its members are those of ``facts``; ``columns``, a list of columns with a ``name`` and either all values ``v``
    or distinct values ``d`` and their numbers ``i``; and ``more``, other such columns by their names.

    Parameters
    ----------
    names : sequence of str
    rows : sequence of sequence of str
        Cells, shape ``(rows, len(names))``.
    more : mapping of str to sequence
        Values of each row that are not in the table.
    facts : mapping
        Members to add; of types that JSON has.

    >>> "".join(encoded_columns(["q"], [["0.50"], ["2"]], {"gene": ["a", "a"]}, {"total": 2}))
    '{"total":2,"columns":[{"name":"q","v":["0.50",2]}],"more":{"gene":{"d":["a"],"i":[0,0]}}}'
    """
    yield "{"
    for key, value in facts.items():
        yield f"{to_json(key)}:{to_json(value)},"
    yield '"columns":['
    for at, name in enumerate(names):
        yield "," if at else ""
        yield f'{{"name":{to_json(name)},{_column([compact(row[at]) for row in rows])}}}'
    yield '],"more":{'
    for at, (name, values) in enumerate(more.items()):
        yield "," if at else ""
        yield f"{to_json(name)}:{{{_column(values)}}}"
    yield "}}"


def compact(cell: str) -> str | int | float:
    """Return a cell as a number if JavaScript writes this number exactly as the cell, else as text.

    >>> [compact(cell) for cell in ("12", "0.25", "0.50", "007", "1e-05", ".", "-0")]
    [12, 0.25, '0.50', '007', '1e-05', '.', '-0']
    """
    digits = cell.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        short = len(digits) < 17 and str(int(cell)) == cell and abs(int(cell)) < _LARGEST
        return int(cell) if short else cell
    whole, point, rest = digits.partition(".")
    if not (point and digits.isascii() and whole.isdigit() and rest.isdigit() and len(digits) < 17):
        return cell
    value = float(cell)
    # from 1e-6 on JavaScript writes no exponents, Python from 1e-4 on
    return value if repr(value) == cell and rest != "0" else cell


def _column(values: Sequence[str | int | float]) -> str:
    distinct = dict.fromkeys(values)
    if len(distinct) * _REPEATED > len(values):
        return f'"v":{to_json(values)}'
    number = {value: at for at, value in enumerate(distinct)}
    return f'"d":{to_json(list(distinct))},"i":{to_json([number[value] for value in values])}'


def to_json(value: Any) -> str:
    """Return a value as JSON that is safe within HTML."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)
