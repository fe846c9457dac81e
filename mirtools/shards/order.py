"""The order of shards by the names of their files, and which of them are missing, doubled or foreign."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mirtools.errors import InputError, shorten

_STATED = re.compile(r"(\d+)-of-(\d+)")
_DIGITS = re.compile(r"(\d+)")
_WIDTH = 60  # of names in messages
# a number of more digits is no number of a shard
_MOST_DIGITS = 9


class Named(NamedTuple):
    """A file of a shard.

    Attributes
    ----------
    path : str
    number, shards : int
        Number of the shard, from 1, and number of shards; 0 if the name does not give it.
    before, after : str
        The parts of the path before and after the numbers, which the shards of a run share.
    digits : int
        Digits of the number, with zeros in front of it.
    """

    path: str
    number: int
    shards: int
    before: str
    after: str
    digits: int


def in_order(paths: Sequence[str], shards: int | None = None) -> list[str]:
    """Return the files of all shards of a run in the order of the shards.

    Names contain ``I-of-N``, or differ in one number only, the number of the shard.

    Parameters
    ----------
    paths : sequence of str
        In any order. A single file whose name does not contain ``I-of-N`` is all of a run.
    shards : int, optional
        Number of shards; by default that in the names, else the largest number.

    Raises
    ------
    InputError
        If a shard is missing or given twice, or if a file is no shard of the same run.

    >>> in_order(["hits.10.tsv", "hits.9.tsv", *(f"hits.{number}.tsv" for number in range(1, 9))])[-2:]
    ['hits.9.tsv', 'hits.10.tsv']
    """
    for place, path in enumerate(paths):
        if path in paths[:place]:
            raise InputError("is given twice; give each shard once", source=path)
    if len(paths) == 1 and not _STATED.search(paths[0]) and (shards or 1) == 1:
        return list(paths)
    named = _named(paths)
    first = named[0]
    for each in named:
        if (each.before, each.after, each.shards) != (first.before, first.after, first.shards):
            problem = (
                f"is no shard of the run of {shorten(first.path, _WIDTH)}: their names differ in more than the"
            )
            raise InputError(f"{problem} number of the shard; join runs separately", source=each.path)
    count = shards or first.shards or max(each.number for each in named)
    found: dict[int, Named] = {}
    for each in named:
        if not 1 <= each.number <= count or (first.shards and count != first.shards):
            problem = f"is shard {each.number}{f' of {first.shards}' if first.shards else ''}, but there are"
            raise InputError(f"{problem} {count}, numbered from 1; give the shards of one run", source=each.path)
        if (other := found.setdefault(each.number, each)) is not each:
            problem = f"is shard {each.number}, as is {shorten(other.path, _WIDTH)}; give each shard once"
            raise InputError(problem, source=each.path)
    if len(found) < count:
        raise _missing(first, found, count)
    return [found[number].path for number in range(1, count + 1)]


def tells_how_many(paths: Sequence[str]) -> bool:
    """Return whether the names of some files contain the number of shards."""
    return len(paths) == 1 or all(map(_STATED.search, paths))


def _named(paths: Sequence[str]) -> list[Named]:
    stated = [[*_STATED.finditer(path)] for path in paths]
    if all(stated):
        return [
            _cut(path, found[-1].start(1), found[-1].end(1), found[-1].end(2), found[-1][2])
            for path, found in zip(paths, stated, strict=True)
        ]
    pieces = [_DIGITS.split(path) for path in paths]
    differing = {
        place
        for own in pieces
        for place, (piece, first) in enumerate(zip(own, pieces[0], strict=False))
        if piece != first
    }
    for path, own in zip(paths, pieces, strict=True):
        if (
            len(own) != len(pieces[0])
            or len(own) == 1
            or len(differing) > 1
            or any(at % 2 == 0 for at in differing)
        ):
            problem = (
                "has no number of a shard: names contain I-of-N, such as 2-of-8, or differ in one number only"
            )
            raise InputError(problem, source=path)
    place = differing.pop() if differing else len(pieces[0]) - 2
    named = []
    for path, own in zip(paths, pieces, strict=True):
        start = len("".join(own[:place]))
        named.append(_cut(path, start, start + len(own[place]), start + len(own[place]), "0"))
    return named


def _cut(path: str, start: int, end: int, after: int, shards: str) -> Named:
    number = path[start:end]
    if max(len(number), len(shards)) > _MOST_DIGITS or not (number.isascii() and shards.isascii()):
        raise InputError(f"'{shorten(number, 20)}' is no number of a shard; rename the file", source=path)
    return Named(path, int(number), int(shards), path[:start], path[after:], end - start)


def _missing(first: Named, found: dict[int, Named], count: int) -> InputError:
    absent = [number for number in range(1, count + 1) if number not in found]
    padded = f"{absent[0]:0{first.digits if first.path[len(first.before)] == '0' else 1}d}"
    stated = f"-of-{first.shards}" if first.shards else ""
    name = f"{first.before}{padded}{stated}{first.after}"
    others = f", and {len(absent) - 1:,} others of {count:,} are" if len(absent) > 1 else f" of {count:,} is"
    return InputError(f"shard {absent[0]}{others} missing; make it, and give all shards", source=name)
