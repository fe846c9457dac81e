"""Negatives by re-pairing: the same site with a random miRNA of another family (Klimentova et al. 2022).

All miRNAs of the table are equally likely, however often each of them is bound: so the frequency of a miRNA
tells the label, which the audit shows. The new miRNA is as long as the positive's where one of that length is
free, or the nearest. It has another name, another seed (positions 2-8) and, where families are given, belongs to
another family; neither it nor a miRNA of its seed binds the site or one that shares 20 bases with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mirtools.errors import InputError
from mirtools.negatives.frequency_matched import Bound, Pair
from mirtools.negatives.positives import mirna_key
from mirtools.streams import open_text, reading

NO_MIRNA = "no_other_mirna"


def read_families(path: str) -> dict[str, str]:
    """Read a table whose first two columns are miRNA and family, with or without a header.

    Raises
    ------
    InputError
        For a row of fewer columns.
    """
    families = {}
    with open_text(path) as stream, reading(path):
        for number, text in enumerate(stream, 1):
            fields = text.rstrip("\r\n").split("\t")
            if fields == [""]:
                continue
            if len(fields) < 2:
                raise InputError("has one column; give miRNA and family, tab between", source=path, line=number)
            families[fields[0]] = fields[1]
    return families


def draw_mirnas(
    pairs: Sequence[Pair],
    ratio: int,
    seed: int,
    avoid: Iterable[Pair] = (),
    families: Mapping[str, str] | None = None,
) -> list[list[int]]:
    """Return for each positive the numbers of ``ratio`` pairs whose miRNAs its site gets, fewer where none is.

    No pair of sequences is made twice.

    Parameters
    ----------
    pairs : sequence of Pair
    ratio : int
    seed : int
    avoid : iterable of Pair
        Further positives to keep away from.
    families : mapping, optional
        Family by ``mirna_id``; a miRNA that is not there is its own.
    """
    bound = Bound((*pairs, *avoid))
    known = families or {}

    def family(pair: Pair) -> str:
        key = mirna_key(pair.mirna_id, pair.mirna_seq)
        return known.get(key, key)

    forms = _forms(pairs)
    by_gap: dict[int, list[list[list[int]]]] = {}  # for each length, the miRNAs that are 0, 1, 2... bases off
    made: set[tuple[str, str]] = set()
    result = []
    for pair in pairs:
        length = len(pair.mirna_seq)
        if length not in by_gap:
            by_gap[length] = _by_gap(pairs, forms, length)
        # a string seeds by its letters: the same in every process
        rng = random.Random(f"{seed}\t{pair.mirna_seq}\t{pair.mirna_id}\t{pair.site_seq}")
        found: list[int] = []
        for numbers in _in_random_order(by_gap[length], rng):
            if len(found) == ratio:
                break
            number = rng.choice(numbers)
            other = pairs[number]
            new = other.mirna_seq, pair.site_seq
            if family(other) == family(pair) or other.mirna_seq[1:8] == pair.mirna_seq[1:8] or new in made:
                continue
            if bound.free(other, pair.site_seq):
                made.add(new)
                found.append(number)
        result.append(found)
    return result


def _forms(pairs: Sequence[Pair]) -> list[list[int]]:
    """Return for each miRNA the first pair with each of its observed sequences."""
    seen: dict[str, dict[str, int]] = {}
    for number, pair in enumerate(pairs):
        seen.setdefault(mirna_key(pair.mirna_id, pair.mirna_seq), {}).setdefault(pair.mirna_seq, number)
    return [list(sequences.values()) for sequences in seen.values()]


def _by_gap(pairs: Sequence[Pair], forms: list[list[int]], length: int) -> list[list[list[int]]]:
    """Return miRNAs, each as its forms nearest to a length, in lists by how far that is, nearest first."""
    lists: dict[int, list[list[int]]] = {}
    for numbers in forms:
        gaps = [abs(len(pairs[number].mirna_seq) - length) for number in numbers]
        nearest = [number for number, gap in zip(numbers, gaps, strict=True) if gap == min(gaps)]
        lists.setdefault(min(gaps), []).append(nearest)
    return [lists[gap] for gap in sorted(lists)]


def _in_random_order(lists: list[list[list[int]]], rng: random.Random) -> Iterator[list[int]]:
    """Yield the members of each list in random order, drawn one by one: mostly the first will do."""
    for members in lists:
        order = list(range(len(members)))
        while order:
            at = rng.randrange(len(order))
            order[at], order[-1] = order[-1], order[at]
            yield members[order.pop()]
