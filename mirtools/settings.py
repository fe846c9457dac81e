"""Settings of commands: frozen, documented, checked when created, the same for command lines and notebooks.

A command's settings are a frozen dataclass that derives from :class:`Settings`. Fields have the names and defaults
of the command's options, with ``_`` for ``-``; the functions that create fields define which values are allowed.
"""

from __future__ import annotations

import dataclasses
import math
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

from mirtools.errors import UsageError, shorten

Value = TypeVar("Value")
_ALLOWED = "allowed"
# First bases of the read, last bases before the adapter, bases after it, in the name of the read
UMI_POSITIONS = ("5p", "3p", "after-adapter", "name")
_LONGEST_UMI = 100


class Share(NamedTuple):
    """One of several shares, counted from 0; ``str`` counts from 1, as on the command line."""

    number: int
    shares: int

    def __str__(self) -> str:
        return f"{self.number + 1}/{self.shares}"


ALL = Share(0, 1)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Base of all settings: checks each field, then whether the fields fit together.

    Raises
    ------
    UsageError
        For a value that its option does not allow, and for options that do not fit together.
    """

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            allowed: Callable[[Any], Any] | None = field.metadata.get(_ALLOWED)
            if allowed is None:
                continue
            try:
                value = allowed(getattr(self, field.name))
            except (TypeError, ValueError) as error:
                raise UsageError(f"argument {option_of(field.name)}: {error}") from error
            object.__setattr__(self, field.name, value)
        self.check()

    def check(self) -> None:
        """Raise UsageError for fields that do not fit together."""

    @classmethod
    def of(cls, options: Mapping[str, Any], **others: Any) -> Self:
        """Return settings with the values of options of the same names; ``others`` override them.

        >>> @dataclasses.dataclass(frozen=True)
        ... class TopSettings(Settings):
        ...     top: int = whole(1)
        >>> TopSettings.of({"top": 3, "quiet": True})
        TopSettings(top=3)
        """
        own = {field.name: options[field.name] for field in dataclasses.fields(cls) if field.name in options}
        return cls(**own | others)


def option_of(name: str) -> str:
    """Return the option of a field.

    >>> option_of("min_reads")
    '--min-reads'
    """
    return "--" + name.replace("_", "-")


def whole(default: int, least: int = 1, most: float = math.inf) -> int:
    """Return a field for whole numbers from ``least`` to ``most``."""
    return _field(default, lambda value: _whole(value, least, most))


def optional_whole(least: int = 1, most: float = math.inf) -> int | None:
    """Return a field for whole numbers from ``least`` to ``most``, or ``None``, its default."""
    return _field(None, lambda value: None if value is None else _whole(value, least, most))


def wholes(default: tuple[int, ...], least: int = 1) -> tuple[int, ...]:
    """Return a field for any number of whole numbers of ``least`` or more."""
    return _field(default, lambda values: tuple(_whole(value, least, math.inf) for value in values))


def number(default: float, low: float, high: float = math.inf) -> float:
    """Return a field for finite numbers from ``low`` to ``high``."""
    return _field(default, lambda value: _number(value, low, high))


def optional_number(low: float, high: float = math.inf) -> float | None:
    """Return a field for finite numbers from ``low`` to ``high``, or ``None``, its default."""
    return _field(None, lambda value: None if value is None else _number(value, low, high))


def numbers(default: tuple[float, ...], low: float, high: float = math.inf) -> Any:
    """Return a field for as many finite numbers from ``low`` to ``high`` as its default has."""
    return _field(default, lambda values: _numbers(values, len(default), low, high))


def choice(default: Value, *others: Value) -> Value:
    """Return a field for a choice between values."""
    return _field(default, lambda value: _chosen(value, (default, *others)))


def umi_lengths() -> int | str:
    """Return a field for the lengths of UMIs, by default 0; see :func:`parse_umi_lengths`."""
    return _field(0, parse_umi_lengths)


def umi_positions() -> str:
    """Return a field for the positions of UMIs, by default the first bases; see :func:`parse_umi_positions`."""
    return _field(UMI_POSITIONS[0], parse_umi_positions)


def path() -> str:
    """Return a field for the name of a file that must be given."""
    return _required(os.fspath)


def optional_path() -> str | None:
    """Return a field for the name of a file, or ``None``, its default."""
    return _field(None, lambda value: None if value is None else os.fspath(value))


def word_or_path(default: str) -> str:
    """Return a field for the name of a file, or a word that has a meaning of its own."""
    return _field(default, os.fspath)


def paths() -> tuple[str, ...]:
    """Return a field for the names of one or more files; a single one may be given without a sequence."""
    return _required(_paths)


def names() -> tuple[str, ...]:
    """Return a field for any number of words, by default none; a single one may be given without a sequence."""
    return _field((), lambda value: (value,) if isinstance(value, str) else tuple(value))


def sequences() -> tuple[str, ...]:
    """Return a field for sequences, by default none, converted to DNA letters; a single one needs no sequence."""
    return _field((), lambda value: tuple(map(_dna, (value,) if isinstance(value, str) else value)))


def sequence(default: str) -> str:
    """Return a field for a sequence, which is converted to DNA letters, or ``none``."""
    return _field(default, lambda value: value if value == "none" else _dna(value))


def optional_range(low: int, high: int) -> tuple[int, int] | None:
    """Return a field for a range of whole numbers, ``(first, last)`` or ``A-B``, or ``None``, its default."""
    return _field(None, lambda value: None if value is None else parse_range(value, low, high))


def optional_share() -> Share | None:
    """Return a field for one of several shares, :class:`Share` or ``I/N``, or ``None``, its default."""
    return _field(None, lambda value: None if value is None else _share(value))


def share() -> Share:
    """Return a field for one of several shares, :class:`Share` or ``I/N``, by default all."""
    return _field(ALL, _share)


def parse_share(text: str) -> Share:
    """Return the share that ``I/N`` means; raises ValueError for anything else."""
    which, _, count = text.partition("/")
    digits = all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (which, count))
    if not digits or not 1 <= int(which) <= int(count):
        raise ValueError(f"'{shorten(text, 30)}' is not a share such as 1/4, the first of four")
    return Share(int(which) - 1, int(count))


def parse_umi_lengths(value: int | str) -> int | str:
    """Return the lengths of the parts of a UMI: a number, or numbers and patterns separated by commas.

    Raises
    ------
    ValueError
        For anything else.

    >>> parse_umi_lengths("10"), parse_umi_lengths("4,nnnxx")
    (10, '4,NNNXX')
    """
    text = str(value).upper()
    for part in text.split(","):
        digits = part.isascii() and part.isdigit() and len(part) <= 3
        size = int(part) if digits else len(part) if part and set(part) <= set("NX") else _LONGEST_UMI + 1
        if size > _LONGEST_UMI:
            shown = shorten(str(value), 30)
            raise ValueError(
                f"'{shown}' is not a number of bases up to {_LONGEST_UMI} or a pattern such as NNNXXNN"
            )
    return int(text) if text.isdigit() else text


def parse_umi_positions(value: str) -> str:
    """Return the positions of the parts of a UMI, separated by commas; raises ValueError for anything else."""
    for part in str(value).split(","):
        _chosen(part, UMI_POSITIONS)
    return str(value)


def parse_range(value: str | tuple[int, int], low: int, high: int) -> tuple[int, int]:
    """Return first and last of a range, given as a tuple or as ``A-B``; a single number is both.

    Raises
    ------
    ValueError
        For anything else, and for numbers that are not from ``low`` to ``high``.

    >>> parse_range("2-8", 2, 50)
    (2, 8)
    """
    if isinstance(value, str):
        first, dash, last = value.partition("-")
        digits = [part if part.isascii() and part.isdigit() and len(part) <= 18 else "0" for part in (first, last)]
        found = [int(digits[0]), int(digits[1 if dash else 0])]
    else:
        found = [_whole(each, low, high) for each in value]
    if not (len(found) == 2 and low <= found[0] <= found[1] <= high):
        raise ValueError(f"'{shorten(str(value), 30)}' is not a range such as 2-8, from {low} to {high}")
    return found[0], found[1]


def _field(default: Any, allowed: Callable[[Any], Any]) -> Any:
    return dataclasses.field(default=default, metadata={_ALLOWED: allowed})


def _required(allowed: Callable[[Any], Any]) -> Any:
    return dataclasses.field(metadata={_ALLOWED: allowed})


def _whole(value: Any, least: int, most: float) -> int:
    try:
        found = operator.index(value)
    except TypeError:
        found = least - 1
    if not least <= found <= most:
        bounds = f"of {least} or more" if most == math.inf else f"from {least} to {most}"
        raise ValueError(f"'{shorten(str(value), 30)}' is not a whole number {bounds}")
    return found


def _number(value: Any, low: float, high: float) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not low <= found <= high or math.isinf(found):
        bounds = f"from {low:g} to {high:g}" if high != math.inf else f"of {low:g} or more"
        raise ValueError(f"'{shorten(str(value), 30)}' is not a number {bounds}")
    return found


def _numbers(values: Any, count: int, low: float, high: float) -> tuple[float, ...]:
    found = tuple(_number(value, low, high) for value in values)
    if len(found) != count:
        raise ValueError(f"{len(found)} numbers are given; give {count}")
    return found


def _chosen(value: Value, allowed: Iterable[Value]) -> Value:
    allowed = tuple(allowed)
    if value not in allowed:
        listed = ", ".join(map(repr, allowed))
        raise ValueError(f"invalid choice: {shorten(repr(value), 30)} (choose from {listed})")
    return value


def _share(value: Any) -> Share:
    return parse_share(value) if isinstance(value, str) else Share(*value)


def _paths(value: Any) -> tuple[str, ...]:
    listed = (value,) if isinstance(value, str | os.PathLike) else value
    found = tuple(os.fspath(each) for each in listed)
    if not found:
        raise ValueError("no file is named; give one or more")
    return found


def _dna(value: str) -> str:
    # imported here because few commands read sequences
    from mirtools.io.sequences import to_dna

    if not value:
        raise ValueError("is empty; give a sequence")
    return to_dna(value)
