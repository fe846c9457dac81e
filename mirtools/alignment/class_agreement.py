"""How far two classifications of the same rows agree: cross table and adjusted Rand index."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.classes import Classified
from mirtools.interactions import MISSING

CROSS_COLUMNS = "binding_class class_name cofold_class cofold_name rows expected".split()

Integers = NDArray[np.int64]


def cross_table(first: Integers, second: Integers, sizes: tuple[int, int]) -> Integers:
    """Return how many rows are in both of two classes: shape ``sizes``; classes are numbered from 0."""
    flat = np.bincount(first * sizes[1] + second, minlength=sizes[0] * sizes[1])
    return flat.reshape(sizes).astype(np.int64)


def adjusted_rand_index(table: Integers) -> float:
    """Return the adjusted Rand index of a cross table (Hubert and Arabie 1985).

    1: the same classes, whatever they are called; about 0: no more alike than by chance. Not a number where fewer
    than two rows are compared.
    """
    together = _pairs(table).sum()
    rows, columns = _pairs(table.sum(1)).sum(), _pairs(table.sum(0)).sum()
    everything = _pairs(np.array([table.sum()])).sum()
    if everything == 0:
        return float("nan")
    expected = rows * columns / everything
    most = (rows + columns) / 2
    # all rows in one class, or each in its own, both times
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def both_known(first: Classified, second: Classified) -> Integers:
    """Return the cross table of the rows that have a class in both: shape ``(classes, classes)``."""
    known = (first.members.numbers > 0) & (second.members.numbers > 0)
    sizes = len(first.classes.names), len(second.classes.names)
    return cross_table(first.members.numbers[known] - 1, second.members.numbers[known] - 1, sizes)


def cross_rows(first: Classified, second: Classified) -> Iterator[list[str]]:
    """Yield the cross table, with CROSS_COLUMNS; rows without a class are ``no_alignment``, at the end.

    ``expected`` is the number of rows were both classifications independent.
    """
    sizes = len(first.classes.names) + 1, len(second.classes.names) + 1
    table = cross_table(first.members.numbers, second.members.numbers, sizes)
    total = table.sum()
    for i in (*range(1, sizes[0]), 0):
        for j in (*range(1, sizes[1]), 0):
            if not total or (0 in (i, j) and not table[i, j]):
                continue
            expected = table[i].sum() * table[:, j].sum() / total
            yield [
                str(i or MISSING),
                first.label(i),
                str(j or MISSING),
                second.label(j),
                str(table[i, j]),
                f"{expected:.2f}",
            ]


def _pairs(counts: Integers) -> NDArray[np.float64]:
    numbers = counts.astype(np.float64)
    return numbers * (numbers - 1) / 2
