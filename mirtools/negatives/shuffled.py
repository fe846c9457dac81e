"""Negatives by shuffling: the site's bases in another order, each dinucleotide as often as before.

Every order with the same dinucleotide counts is equally likely: an Euler path through the graph whose edges are
the dinucleotides (Altschul and Erickson 1985, Mol Biol Evol 2:526). Such sites occur on no transcript; they keep
length and composition, and lose whatever else distinguishes a site of a cell from chance. The same rules hold as
for other negatives: no positive site of the miRNA or its seed, nor 20 bases of one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mirtools.pairs.bound import Bound
from mirtools.pairs.table import Pair

_TRIES = 200


def shuffle_dinucleotides(sequence: str, rng: random.Random) -> str:
    """Return one of the sequences with the same dinucleotide counts, drawn uniformly.

    First and last letter stay, as they must. The last way out of every letter is drawn at random until these
    ways form a tree that leads to the last letter; all other ways are shuffled.

    >>> shuffle_dinucleotides("AAAA", random.Random(1))
    'AAAA'
    """
    if len(sequence) < 4:  # three letters: both dinucleotides have their place
        return sequence
    ways: dict[str, list[str]] = {}
    for letter, following in pairwise(sequence):
        ways.setdefault(letter, []).append(following)
    end = sequence[-1]
    while True:
        last = {letter: rng.randrange(len(out)) for letter, out in ways.items() if letter != end}
        if all(_leads_to(end, letter, ways, last) for letter in last):
            break
    for letter, out in ways.items():
        final = [out.pop(last[letter])] if letter in last else []
        rng.shuffle(out)
        out += final
        out.reverse()  # taken from the end
    letters = [sequence[0]]
    while ways.get(letters[-1]):
        letters.append(ways[letters[-1]].pop())
    return "".join(letters)


def _leads_to(end: str, letter: str, ways: dict[str, list[str]], last: dict[str, int]) -> bool:
    for _ in range(len(last)):
        letter = ways[letter][last[letter]]
        if letter == end:
            return True
    return False


def shuffle_sites(pairs: Sequence[Pair], ratio: int, seed: int, avoid: Iterable[Pair] = ()) -> list[list[str]]:
    """Return for each positive ``ratio`` shuffled sites, fewer where its site has too few other orders.

    No pair of sequences is made twice.

    Parameters
    ----------
    pairs : sequence of Pair
    ratio : int
    seed : int
    avoid : iterable of Pair
        Further positives to keep away from.
    """
    bound = Bound((*pairs, *avoid))
    made: set[tuple[str, str]] = set()
    result = []
    for pair in pairs:
        # a string seeds by its letters: the same in every process
        rng = random.Random(f"{seed}\t{pair.mirna}\t{pair.site}")
        found: list[str] = []
        for _ in range(_TRIES * ratio):
            if len(found) == ratio:
                break
            site = shuffle_dinucleotides(pair.site, rng)
            if (pair.mirna, site) not in made and bound.free(pair, site):
                made.add((pair.mirna, site))
                found.append(site)
        result.append(found)
    return result
