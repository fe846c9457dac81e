"""The ``--json`` reports of the commands that made a table: what happened to the reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mirtools.errors import InputError
from mirtools.io.streams import open_text, reading

_MOST_TEXT = 1 << 24


@dataclass
class RunReport:
    """Counts of one command, summed over its reports if it ran as several shards.

    Attributes
    ----------
    tool : str
        Name of the command.
    counts, dropped : collections.Counter
        What went in and out, and how many were dropped for which reason.
    hints : list of str
        Hints, for example on why a result is empty; the same hint of several shards only once.
    """

    tool: str
    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    hints: list[str] = field(default_factory=list)


def read_reports(paths: Iterable[str]) -> list[RunReport]:
    """Read the reports and return one result per command, in the order in which the commands first appear.

    Raises
    ------
    InputError
        For a file that is not a ``--json`` report.
    """
    reports: dict[str, RunReport] = {}
    for path in paths:
        with open_text(path) as stream, reading(path):
            text = stream.read(_MOST_TEXT + 1)
        if len(text) > _MOST_TEXT:
            problem = f"is longer than {_MOST_TEXT:,} characters; give what a command wrote with --json"
            raise InputError(problem, source=path)
        try:
            content = json.loads(text)
        except ValueError as error:
            raise InputError("is not JSON; give what a command wrote with --json", source=path) from error
        except RecursionError as error:
            raise InputError("is nested too deeply; give what a command wrote with --json", source=path) from error
        tool, counts, dropped, hints = _checked(content, path)
        report = reports.setdefault(tool, RunReport(tool))
        report.counts.update(counts)
        report.dropped.update(dropped)
        report.hints += [hint for hint in hints if hint not in report.hints]
    return list(reports.values())


def _checked(content: Any, path: str) -> tuple[str, dict[str, int], dict[str, int], list[str]]:
    if isinstance(content, dict) and isinstance(content.get("tool"), str):
        tables = content.get("counts"), content.get("dropped")
        hints = content.get("hints", [])
        named = [content["tool"], *(name for table in tables if isinstance(table, dict) for name in table)]
        valid_hints = isinstance(hints, list) and all(
            isinstance(hint, str) and hint.isprintable() for hint in hints
        )
        if valid_hints and all(map(str.isprintable, named)) and all(map(_is_counts, tables)):
            return content["tool"], *tables, hints  # type: ignore[return-value]
    raise InputError(
        "is not a report of a command (tool, counts, dropped); give what a command wrote with --json", source=path
    )


def _is_counts(table: object) -> bool:
    return isinstance(table, dict) and all(type(value) is int and value >= 0 for value in table.values())
