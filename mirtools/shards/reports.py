"""The reports of shards of chimera-parse as that of one run: what happened to all reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mirtools.chimera.fates import LOW_SUPPORT
from mirtools.chimera.pairing import REASONS
from mirtools.chimera.samples import name_samples
from mirtools.errors import InputError, UsageError
from mirtools.io.streams import open_text, reading

_MOST_TEXT = 1 << 24
_READS = ("reads", "duplicate_reads", "distinct_reads", "paired_reads")
_PAIRED = REASONS[0]


class ShardReport(NamedTuple):
    """The ``--json`` report of one shard.

    Attributes
    ----------
    path : str
    content : dict
    samples : tuple of str
    """

    path: str
    content: dict[str, Any]
    samples: tuple[str, ...]


def read_shard_reports(paths: Iterable[str]) -> list[ShardReport]:
    """Read reports of chimera-parse.

    Raises
    ------
    InputError
        For files that are none.
    """
    return [_read(path) for path in paths]


def joined_report(
    reports: Sequence[ShardReport], low_support: Mapping[str, int], pairs: int | None
) -> dict[str, Any]:
    """Return the report of one run over all reads.

    Parameters
    ----------
    reports : sequence of ShardReport
        Of all shards of some samples.
    low_support : mapping of str to int
        Distinct reads of each sample whose miRNA part too few reads carry; shards counted them as paired.
    pairs : int or None
        Number of pairs, if all samples are in the reports.
    """
    samples = list(dict.fromkeys(name for report in reports for name in report.samples))
    low = sum(low_support.get(name, 0) for name in samples)
    contents = [report.content for report in reports]
    counts = _sum(content["counts"] for content in contents)
    counts = {name: counts.get(name, 0) for name in _READS}
    counts["paired_reads"] -= low
    dropped = _sum(content["dropped"] for content in contents)
    if low:
        dropped[LOW_SUPPORT] = dropped.get(LOW_SUPPORT, 0) + low
    statistics = _sum(content["statistics"] for content in contents)
    statistics.pop("samples", None)
    statistics.pop("first_reads", None)
    statistics["fate"] = {_PAIRED: counts["paired_reads"], **dict(sorted(dropped.items()))}
    if len(samples) > 1:
        statistics["samples"] = {name: _sample(name, reports, low_support) for name in samples}
    # each shard looks at the same first reads of a file: not summed
    looked_at = [content["statistics"].get("first_reads", {}) for content in contents]
    if any(looked_at):
        statistics["first_reads"] = {name: found for table in looked_at for name, found in table.items()}
    first = contents[0]
    qualities = {name: found for content in contents for name, found in content.get("qualities", {}).items()}
    return {
        **{key: first[key] for key in ("schema_version", "tool", "version", "python") if key in first},
        "options": {**first["options"], "shard": "1/1"},
        "counts": dict(sorted({**counts, **({} if pairs is None else {"pairs": pairs})}.items())),
        "dropped": dict(sorted(dropped.items())),
        "hints": list(dict.fromkeys(hint for content in contents for hint in content.get("hints", []))),
        **({"qualities": qualities} if qualities else {}),
        "statistics": statistics,
    }


def by_samples(reports: Sequence[ShardReport]) -> dict[tuple[str, ...], list[ShardReport]]:
    """Return the reports by the samples that they are about."""
    found: dict[tuple[str, ...], list[ShardReport]] = {}
    for report in reports:
        found.setdefault(report.samples, []).append(report)
    return found


def _read(path: str) -> ShardReport:
    with open_text(path) as stream, reading(path):
        text = stream.read(_MOST_TEXT)
    try:
        content = json.loads(text)
        if content["tool"] != "chimera-parse":
            raise ValueError("another command")
        for key in ("counts", "dropped", "statistics", "options"):
            _check_counts(content[key], key)
        options = content["options"]
        samples = tuple(sample.name for sample in name_samples(options["reads"] or ["-"], options["sample"]))
        in_statistics = content["statistics"].get("samples", {})
        if in_statistics and set(in_statistics) != set(samples):
            raise ValueError("other samples")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
        problem = "is no --json report of chimera-parse; give those of the shards"
        raise InputError(problem, source=path) from error
    return ShardReport(path, content, samples)


def _check_counts(table: Any, key: str) -> None:
    """Raise ValueError for a table that holds anything but counts, and for options that are no table."""
    for value in table.values():
        if key == "options":
            continue
        if isinstance(value, dict):
            _check_counts(value, key)
        elif type(value) is not int or not 0 <= value < 1 << 60:
            raise ValueError("not a count")


def _sum(tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of nested counts; keys that are numbers are in ascending order."""
    counts: Counter[str] = Counter()
    nested: dict[str, list[Mapping[str, Any]]] = {}
    order: dict[str, None] = {}
    for table in tables:
        for key, value in table.items():
            order[key] = None
            if isinstance(value, Mapping):
                nested.setdefault(key, []).append(value)
            else:
                counts[key] += value
    keys = sorted(order, key=int) if all(key.lstrip("-").isdecimal() for key in order) else list(order)
    return {key: _sum(nested[key]) if key in nested else counts[key] for key in keys}


def _sample(name: str, reports: Sequence[ShardReport], low_support: Mapping[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter(reads=0, distinct_reads=0, paired_reads=0)
    for report in reports:
        if name in report.samples:
            several = report.content["statistics"].get("samples")
            table = report.content["counts"] if several is None else several[name]
            found.update({key: table.get(key, 0) for key in found})
    found["paired_reads"] -= low_support.get(name, 0)
    return dict(found)
