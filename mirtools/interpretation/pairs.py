"""Pairs to interpret a model with, as they come from a table, and samples of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mirtools.errors import shorten
from mirtools.interactions import MISSING, TableReader


class Pair(NamedTuple):
    """A pair.

    Attributes
    ----------
    mirna, site : str
        DNA letters, 5'->3'.
    mirna_id, target_id : str
        Names as in the table; the sequences where it has none.
    label : int or None
        1 positive, 0 negative; ``None`` where the table has no labels.
    """

    mirna: str
    site: str
    mirna_id: str
    target_id: str
    label: int | None


def read_pairs(reader: TableReader) -> Iterator[Pair]:
    """Yield the pairs of a table with mirna_seq and site_seq; mirna_id, target_id and label are taken where there.

    Raises
    ------
    InputError
        For a label that is not 0 or 1, and all that TableReader refuses.
    """
    mirna, site = reader.index("mirna_seq"), reader.index("site_seq")
    mirna_id, target_id, label = map(reader.find, ("mirna_id", "target_id", "label"))
    for row in reader:
        if label is not None and row[label] not in ("0", "1"):
            raise reader.error(f"label is '{shorten(row[label], 20)}'; give 1 (interacts) or 0 (does not)")
        sequences = reader.dna(row, mirna), reader.dna(row, site)
        yield Pair(
            *sequences,
            mirna_id=_named(row, mirna_id, sequences[0]),
            target_id=_named(row, target_id, sequences[1]),
            label=None if label is None else int(row[label]),
        )


def _named(row: list[str], column: int | None, sequence: str) -> str:
    return sequence if column is None or row[column] in ("", MISSING) else row[column]


def sample(pairs: Iterable[Pair], size: int, seed: int) -> list[Pair]:
    """Return ``size`` pairs, or all where there are fewer, in their order; any choice is equally probable.

    One pass, in memory for ``size`` pairs (reservoir sampling).
    """
    choose = random.Random(seed)
    kept: list[tuple[int, Pair]] = []
    for number, pair in enumerate(pairs):
        if number < size:
            kept.append((number, pair))
        elif (place := choose.randrange(number + 1)) < size:
            kept[place] = number, pair
    return [pair for _, pair in sorted(kept, key=lambda entry: entry[0])]
