"""Agreement of two classifications of the same rows: cross table and adjusted Rand index.

Both use one table of counts, so that the index does not need scikit-learn, which is an extra.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mirtools.classes.classify import Classified
from mirtools.io.tables import MISSING

CROSS_COLUMNS = "binding_class class_name cofold_class cofold_name rows expected".split()

Integers = NDArray[np.int64]


def cross_table(first: Integers, second: Integers, sizes: tuple[int, int]) -> Integers:
    """Return the number of rows for each combination of classes: shape ``sizes``; classes are numbered from 0."""
    flat = np.bincount(first * sizes[1] + second, minlength=sizes[0] * sizes[1])
    return flat.reshape(sizes).astype(np.int64)


def adjusted_rand_index(table: Integers) -> float:
    """Return the adjusted Rand index of a cross table (Hubert and Arabie 1985).

    1: the same classes, whatever their names; about 0: as similar as by chance. NaN for fewer than two rows.
    """
    together = _pairs(table).sum()
    rows, columns = _pairs(table.sum(1)).sum(), _pairs(table.sum(0)).sum()
    everything = _pairs(np.array([table.sum()])).sum()
    if everything == 0:
        return float("nan")
    expected = rows * columns / everything
    most = (rows + columns) / 2
    # both have all rows in one class, or each row in its own class
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def both_known(first: Classified, second: Classified) -> Integers:
    """Return the cross table of the rows that have a class in both: shape ``(classes, classes)``."""
    known = (first.members.numbers > 0) & (second.members.numbers > 0)
    sizes = len(first.classes.names), len(second.classes.names)
    return cross_table(first.members.numbers[known] - 1, second.members.numbers[known] - 1, sizes)


def cross_rows(first: Classified, second: Classified) -> Iterator[list[str]]:
    """Yield the cross table, with CROSS_COLUMNS; rows without a class come last, as ``no_alignment``.

    ``expected`` is the number of rows if both classifications were independent.
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
