"""Negatives by re-pairing: the miRNAs and sites of positives in other pairs.

Three ways, with one set of rules for what may not be a pair and for how lengths are kept:

- :func:`permute_sites`: the sites of all positives are permuted over their miRNAs, so that neither the name of
  the miRNA nor that of the target predicts the label: the bias that makes the usual re-paired sets solvable by
  counting (miRBench);
- :func:`draw_mirnas`: the same site with a random miRNA of another family (Klimentova et al. 2022). All miRNAs
  are equally likely, however often each of them is bound: the frequency of a miRNA predicts the label;
- :class:`FreshNegatives`: another permutation for every epoch of a training.

A new pair may not be a positive, nor join a miRNA with a site that overlaps one of its positive sites or of
another miRNA of its seed (positions 2-8). Sites change places with sites of the same length first: reads of fixed
length make short sites of long miRNAs, which would predict the label too.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.pairs.bound import Bound
from mirtools.pairs.grouping import group_pairs, seed_of
from mirtools.pairs.table import LabelledPairs, Pair

Places = NDArray[np.intp]

# How far two sites that change places may differ in length, step by step; in the end by anything
_LENGTH_STEPS = (0, 1, 2, 5, 10, 10**9)
# Partners that are tried for a pair at each step, and at the last one, where any length will do. The outputs of
# negatives-generate depend on these numbers; trainings have no reason for others.
_TRIES = 100
_LAST_TRIES = 2000
# Pairs of one family that fail one after the other before its other pairs are skipped in this step: a miRNA that
# holds most of the sites would be searched for in vain for hours.
_FAILURES = 20
_STREAM = 0xF2E54  # keeps these random numbers apart from others of the same seed


class _Exchange:
    """Pairs that may not be change sites with others of the same or a similar length.

    Parameters
    ----------
    sizes : sequence of int
        Length of each pair's own site.
    families : sequence
        Of each pair's miRNA.
    """

    def __init__(self, sizes: Sequence[int], families: Sequence[Hashable]) -> None:
        self._sizes, self._families = sizes, families
        self.by_size = sorted(range(len(sizes)), key=sizes.__getitem__)
        self._ordered = [sizes[number] for number in self.by_size]

    def repair(
        self,
        partner: list[int],
        wrong: Iterable[int],
        accept: Callable[[int, int, bool], bool],
        rng: random.Random,
    ) -> set[int]:
        """Exchange sites, in place, and return the pairs for which none was found.

        Parameters
        ----------
        partner : list of int
            For each pair the one whose site it has; on average of the length of its own.
        wrong : iterable of int
            Pairs that may not be.
        accept : callable
            ``accept(number, other, right)``: whether two pairs may change sites; ``right`` if the other may be as
            it is.
        rng : random.Random
        """
        sizes = self._sizes
        left = dict.fromkeys(wrong)  # a set that keeps its order
        for step in _LENGTH_STEPS:
            tries = _LAST_TRIES if step == _LENGTH_STEPS[-1] else _TRIES
            failures: Counter[Hashable] = Counter()
            for number in list(left):
                family = self._families[number]
                # got its site as the partner of an earlier one, or is hopeless
                if number not in left or failures[family] == _FAILURES:
                    continue
                failures[family] += 1
                low = bisect_left(self._ordered, sizes[partner[number]] - step)
                high = bisect_right(self._ordered, sizes[partner[number]] + step)
                for place in rng.sample(range(low, high), min(tries, high - low)):
                    other = self.by_size[place]
                    if abs(sizes[partner[other]] - sizes[number]) > step:
                        continue
                    if not accept(number, other, other not in left):
                        continue
                    partner[number], partner[other] = partner[other], partner[number]
                    left.pop(number)
                    left.pop(other, None)
                    failures[family] = 0
                    break
        return set(left)


def permute_sites(pairs: Sequence[Pair], ratio: int, seed: int, avoid: Iterable[Pair] = ()) -> list[list[int]]:
    """Give each positive ``ratio`` other sites, every site as often as it is among the positives.

    A random permutation, then repair: a pair that may not be changes sites with a random other one if both
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
        if no partner was found.
    """
    rng = random.Random(seed)
    bound = Bound((*pairs, *avoid))
    exchange = _Exchange([len(pair.site) for pair in pairs], [seed_of(pair.mirna) for pair in pairs])
    partners: list[list[int]] = [[] for _ in pairs]
    made: set[tuple[str, str]] = set()
    for _ in range(ratio):
        for number, partner in enumerate(_one_round(pairs, made, bound, exchange, rng)):
            if partner is not None:
                partners[number].append(partner)
    return partners


def _one_round(
    pairs: Sequence[Pair], made: set[tuple[str, str]], bound: Bound, exchange: _Exchange, rng: random.Random
) -> list[int | None]:
    """Return one permutation of the sites, ``None`` if the pair could not be made.

    ``made`` holds the pairs of sequences made so far, none of which is made again; the new ones are added.
    """
    partner = _shuffled_within_lengths(exchange.by_size, [len(pair.site) for pair in pairs], rng)

    def new_pair(number: int, other: int) -> tuple[str, str]:
        return pairs[number].mirna, pairs[other].site

    def allowed(number: int, other: int) -> bool:
        return new_pair(number, other) not in made and bound.free(pairs[number], pairs[other].site)

    def accept(number: int, other: int, right: bool) -> bool:
        mine, theirs = new_pair(number, partner[other]), new_pair(other, partner[number])
        if not (allowed(number, partner[other]) and allowed(other, partner[number])):
            return False
        if number != other and mine == theirs:
            return False
        if right:
            made.remove(new_pair(other, partner[other]))
        made.update((mine, theirs))
        return True

    wrong = []
    for number, other in enumerate(partner):
        if allowed(number, other):
            made.add(new_pair(number, other))
        else:
            wrong.append(number)
    left = exchange.repair(partner, wrong, accept, rng)
    return [None if number in left else other for number, other in enumerate(partner)]


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


def draw_mirnas(
    pairs: Sequence[Pair],
    ratio: int,
    seed: int,
    avoid: Iterable[Pair] = (),
    families: Mapping[str, str] | None = None,
) -> list[list[int]]:
    """Return for each positive the numbers of ``ratio`` pairs whose miRNAs its site gets, fewer if none is free.

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
        return known.get(pair.mirna_name, pair.mirna_name)

    forms = _forms(pairs)
    by_gap: dict[int, list[list[list[int]]]] = {}  # for each length, the miRNAs that are 0, 1, 2... bases off
    made: set[tuple[str, str]] = set()
    result = []
    for pair in pairs:
        length = len(pair.mirna)
        if length not in by_gap:
            by_gap[length] = _by_gap(pairs, forms, length)
        # a string seeds by its letters: the same in every process
        rng = random.Random(f"{seed}\t{pair.mirna}\t{pair.mirna_id}\t{pair.site}")
        found: list[int] = []
        for numbers in _in_random_order(by_gap[length], rng):
            if len(found) == ratio:
                break
            number = rng.choice(numbers)
            other = pairs[number]
            new = other.mirna, pair.site
            if family(other) == family(pair) or seed_of(other.mirna) == seed_of(pair.mirna) or new in made:
                continue
            if bound.free(other, pair.site):
                made.add(new)
                found.append(number)
        result.append(found)
    return result


def _forms(pairs: Sequence[Pair]) -> list[list[int]]:
    """Return for each miRNA the first pair with each of its observed sequences."""
    seen: dict[str, dict[str, int]] = {}
    for number, pair in enumerate(pairs):
        seen.setdefault(pair.mirna_name, {}).setdefault(pair.mirna, number)
    return [list(sequences.values()) for sequences in seen.values()]


def _by_gap(pairs: Sequence[Pair], forms: list[list[int]], length: int) -> list[list[list[int]]]:
    """Return miRNAs, each as its forms nearest to a length, in lists by how far that is, nearest first."""
    lists: dict[int, list[list[int]]] = {}
    for numbers in forms:
        gaps = [abs(len(pairs[number].mirna) - length) for number in numbers]
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


class FreshNegatives:
    """Negatives for every epoch of a training: its positives' own miRNAs and sites in other pairs each time.

    Every miRNA and every site is as often among the negatives as among the positives, and lengths keep together.
    What is near a known positive is not a negative, and what is near a pair that judges the model is never made.

    Parameters
    ----------
    pairs : LabelledPairs
        All pairs of the experiment.
    training : ndarray of intp
        Places of the pairs to learn from; only their miRNAs and sites are used.
    ratio : int
        Negatives a positive.
    seed : int
    families : mapping of str to str, optional
        Family of a miRNA by its name.

    Raises
    ------
    InputError
        If hardly any negative can be made.
    """

    def __init__(
        self,
        pairs: LabelledPairs,
        training: Places,
        ratio: int,
        seed: int,
        families: Mapping[str, str] | None = None,
    ) -> None:
        self._ratio, self._seed = ratio, seed
        self.positives = training[pairs.labels[training] == 1]
        loci = group_pairs(pairs, "locus")
        width = int(loci.max()) + 1
        family_codes = group_pairs(pairs, "family", families).astype(np.int64) * width
        kept_out = np.ones(len(pairs), bool)
        kept_out[training] = False
        near = (family_codes + loci)[(pairs.labels == 1) | kept_out]
        self._forbidden = frozenset(near.tolist())
        self._near = np.unique(near)
        self._families = family_codes[self.positives]
        self._loci = loci[self.positives].astype(np.int64)
        self._sizes = np.array([len(pairs.sites[place]) for place in self.positives], np.int64)
        self._exchange = _Exchange(self._sizes.tolist(), self._families.tolist())
        mirnas, _ = self.epoch(0)
        if len(mirnas) < len(self.positives) * ratio / 2:
            raise InputError(
                f"fresh negatives exist for {len(mirnas) / ratio:.0f} of {len(self.positives)} positives only: "
                "too few miRNAs or sites; train without --fresh-negatives"
            )

    def epoch(self, number: int) -> tuple[Places, Places]:
        """Return the negatives of an epoch: the places of their miRNAs and of their sites, equally long.

        The same epoch always gets the same ones. Fewer than ``ratio`` a positive if no partner is free.
        """
        generator = np.random.default_rng([self._seed, _STREAM, number])
        rounds = [self._one_round(generator) for _ in range(self._ratio)]
        mirnas, sites = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
        return self.positives[mirnas], self.positives[sites]

    def _one_round(self, generator: np.random.Generator) -> tuple[Places, Places]:
        count = len(self.positives)
        # two random orders by length: pairs of equal rank have sites of equal length
        first = np.lexsort((generator.random(count), self._sizes))
        second = np.lexsort((generator.random(count), self._sizes))
        partner = np.empty(count, np.intp)
        partner[first] = second
        wrong = np.isin(self._families + self._loci[partner], self._near)
        dealt = partner.tolist()
        families, loci = self._families.tolist(), self._loci.tolist()

        def free(number: int, other: int) -> bool:
            return families[number] + loci[other] not in self._forbidden

        def accept(number: int, other: int, _: bool) -> bool:
            return free(number, dealt[other]) and free(other, dealt[number])

        rng = random.Random(int(generator.integers(1 << 62)))
        left = self._exchange.repair(dealt, np.flatnonzero(wrong).tolist(), accept, rng)
        keep = np.ones(count, bool)
        keep[list(left)] = False
        return np.flatnonzero(keep), np.array(dealt, np.intp)[keep]
