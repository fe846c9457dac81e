"""Negatives by re-pairing: every miRNA and every site as often among the negatives as among the positives.

The sites of all positives are permuted over their miRNAs. So neither the name of the miRNA nor that of the
target tells the label: the bias that makes the usual re-paired sets solvable by counting (miRBench). A new
partner may not be a positive site of that miRNA, nor of one with the same seed (positions 2-8), nor share a
20-mer with one. Partners are looked for among sites of the same length first: reads of fixed length make short
sites of long miRNAs, which would tell the label too.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mirtools.negatives.positives import SharedWords, mirna_key, words

NO_PARTNER = "no_partner"

# How far two sites that change places may differ in length, step by step
_LENGTH_STEPS = (0, 1, 2, 5, 10, 10**9)
_TRIES = 100
_LAST_TRIES = 2000
# So many pairs of one miRNA seed without success, one after the other, and its others are not tried in this step:
# a miRNA that holds most of the sites would be searched for in vain for hours.
_VAIN = 20


class Pair(NamedTuple):
    """A positive pair: name of the miRNA (``.`` or empty if unknown), its sequence, the site's sequence."""

    mirna_id: str
    mirna_seq: str
    site_seq: str


class Bound:
    """Which sites are bound by which miRNA names and seeds.

    Parameters
    ----------
    positives : iterable of Pair
    """

    def __init__(self, positives: Iterable[Pair]) -> None:
        self._words = SharedWords()
        self._sites: dict[str, set[str]] = {}
        for pair in positives:
            self._add(pair)

    @staticmethod
    def keys(pair: Pair) -> tuple[str, str]:
        """Return what a miRNA is known by: its name (or sequence), and its seed."""
        return f"name {mirna_key(pair.mirna_id, pair.mirna_seq)}", f"seed {pair.mirna_seq[1:8]}"

    def _add(self, pair: Pair) -> None:
        site_words = words(pair.site_seq)
        for key in self.keys(pair):
            self._words.add(key, site_words)
            self._sites.setdefault(key, set()).add(pair.site_seq)

    def free(self, pair: Pair, site: str) -> bool:
        """Tell whether a site can be a negative for the miRNA of ``pair``."""
        site_words = words(site)
        return not any(
            site in self._sites.get(key, ()) or self._words.shared(key, site_words).any()
            for key in self.keys(pair)
        )


def pair_anew(pairs: Sequence[Pair], ratio: int, seed: int, avoid: Iterable[Pair] = ()) -> list[list[int]]:
    """Give each positive ``ratio`` other sites.

    A random permutation, then repair: a pair that may not be changes sites with a random other one where both
    are allowed afterwards. Each round uses every site once, so pairs left over leave their sites unused.
    No pair of sequences is made twice.

    Parameters
    ----------
    pairs : sequence of Pair
    ratio : int
    seed : int
        The result depends on it and on the order of the pairs.
    avoid : iterable of Pair
        Further positives to keep away from.

    Returns
    -------
    list of list of int
        For each pair the numbers of the pairs whose sites became its negatives, at most ``ratio``; fewer
        where no partner was found.
    """
    rng = random.Random(seed)
    bound = Bound((*pairs, *avoid))
    partners: list[list[int]] = [[] for _ in pairs]
    made: set[tuple[str, str]] = set()
    for _ in range(ratio):
        for number, partner in enumerate(_one_round(pairs, made, bound, rng)):
            if partner is not None:
                partners[number].append(partner)
    return partners


def _one_round(
    pairs: Sequence[Pair], made: set[tuple[str, str]], bound: Bound, rng: random.Random
) -> list[int | None]:
    """Return one permutation of the sites, ``None`` where the pair could not be made.

    ``made`` holds the pairs of sequences made so far, none of which is made again; the new ones are added.
    """
    sizes = [len(pair.site_seq) for pair in pairs]
    by_size = sorted(range(len(pairs)), key=sizes.__getitem__)
    ordered_sizes = [sizes[number] for number in by_size]
    partner = _shuffled_within_lengths(by_size, sizes, rng)

    def new_pair(number: int, other: int) -> tuple[str, str]:
        return pairs[number].mirna_seq, pairs[other].site_seq

    def allowed(number: int, other: int) -> bool:
        return new_pair(number, other) not in made and bound.free(pairs[number], pairs[other].site_seq)

    wrong: dict[int, None] = {}  # a set that keeps its order
    for number, other in enumerate(partner):
        if allowed(number, other):
            made.add(new_pair(number, other))
        else:
            wrong[number] = None
    for step in _LENGTH_STEPS:
        tries = _LAST_TRIES if step == _LENGTH_STEPS[-1] else _TRIES
        vain: Counter[str] = Counter()
        for number in list(wrong):
            mirna = pairs[number].mirna_seq[1:8]
            # put right as the partner of an earlier one, or hopeless
            if number not in wrong or vain[mirna] == _VAIN:
                continue
            vain[mirna] += 1
            low = bisect_left(ordered_sizes, sizes[partner[number]] - step)
            high = bisect_right(ordered_sizes, sizes[partner[number]] + step)
            for place in rng.sample(range(low, high), min(tries, high - low)):
                other = by_size[place]
                if abs(sizes[partner[other]] - sizes[number]) > step:
                    continue
                if not (allowed(number, partner[other]) and allowed(other, partner[number])):
                    continue
                if number != other and new_pair(number, partner[other]) == new_pair(other, partner[number]):
                    continue
                if other not in wrong:
                    made.remove(new_pair(other, partner[other]))
                partner[number], partner[other] = partner[other], partner[number]
                made.update((new_pair(number, partner[number]), new_pair(other, partner[other])))
                wrong.pop(number)
                wrong.pop(other, None)
                vain[mirna] = 0
                break
    return [None if number in wrong else other for number, other in enumerate(partner)]


def _shuffled_within_lengths(by_size: list[int], sizes: list[int], rng: random.Random) -> list[int]:
    """Return a random permutation that gives each pair a site of its own site's length."""
    partner = [0] * len(by_size)
    start = 0
    while start < len(by_size):
        end = start
        while end < len(by_size) and sizes[by_size[end]] == sizes[by_size[start]]:
            end += 1
        group = by_size[start:end]
        for number, other in zip(group, rng.sample(group, len(group)), strict=True):
            partner[number] = other
        start = end
    return partner
