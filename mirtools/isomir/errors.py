"""Parts that are no forms: how many reads substitutions of more abundant parts, or linkers behind them, explain.

A part one base away from one with 40,000 reads is expected 27 times by error alone at 0.002 errors a base, so ten
reads are no evidence there. The rate of errors is estimated from the reads: nearly all sequences that are one base
away from an abundant part are errors of it. A changed part then needs more reads than errors explain: a test of
counts with a rate that differs from place to place (negative binomial), corrected for the number of parts tested
(Bonferroni). In the same way a part that is another with some more bases towards the target needs more reads than
random linkers of that length give. All this rests on the sequences of parts and their reads alone, so it holds for
qualities that are flat, binned or missing, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import DigestNumbers, digests
from mirtools.chimera.references import N
from mirtools.compiled import compiled

if TYPE_CHECKING:
    from mirtools.isomir.options import Options

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Substitutions per base that are usual in short reads, for where the reads themselves tell nothing, and the shape
# of the gamma distribution around it that the rate is drawn from.
_USUAL_RATE = 0.002
_PRIOR_SHAPE = 2.0
# Bases at either end of a part whose changes have other causes, too: linker, target, loss of a base.
_ENDS = 4
# Most abundant parts that the rate is estimated from, and the fewest reads of one that tells something
_SOURCES = 64
_LEAST_READS = 200
# Spread of the rate of one substitution at one place, as a share of the mean; errors differ so between bases,
# neighbours and cycles.
_SPREAD = 0.5
# The same of the sequence of a linker
_LINKER_SPREAD = 0.15
# Share of the reads of a part that linkers of one length stand behind, at most
_MOST_LINKERS = 0.25
# How many times the reads of a part another one has whose errors may be all of it: even at one error in ten bases
# one base becomes a certain other one in a thirtieth of the reads.
_MORE_ABUNDANT = 10
# One in so many of the reads that a part needs must be its own, not as well another part's.
_OWN = 3
# Chance that a table has any part that errors or linkers made
_ALPHA = 0.01
_RATES = np.geomspace(1e-6, 0.1, 241)


def error_rate(
    bases: NDArray[np.uint8],
    begins: Ints,
    ends: Ints,
    numbers: DigestNumbers,
    support: Floats,
    parts: Ints,
    min_reads: int,
) -> float:
    """Return the estimated substitutions per base.

    Parts that fewer than ``min_reads`` reads carry may have been left out already, so all that is known of them is
    that they are fewer. Parts with far more reads than errors give are real, and are taken out, one round after
    the other.

    Parameters
    ----------
    bases : array of uint8
        Codes that parts are slices of.
    begins, ends : array of int64
        Where each part lies.
    numbers : DigestNumbers
        Knows the digests of all parts, and numbers more behind them.
    support : array of float64
        Reads that may show each part.
    parts : array of int64
        The parts that recur.
    min_reads : int
    """
    sources = parts[np.lexsort((parts, -support[parts]))][:_SOURCES]
    sources = sources[support[sources] >= _LEAST_READS]
    expected_of, seen = [], []
    for source in sources.tolist():
        around = _one_away(bases[begins[source] : ends[source]])
        bounds = np.arange(len(around) + 1) * around.shape[1]
        found = numbers.add(digests(around.ravel(), bounds[:-1], bounds[1:]))
        reads = np.zeros(len(found))
        there = found < len(support)
        reads[there] = support[found[there]]
        # what is more abundant is no error of this one
        less = reads < support[source] / 2
        seen.append(reads[less])
        expected_of.append(np.full(int(less.sum()), support[source]))
    if not seen:
        return _USUAL_RATE
    counts, sizes = np.concatenate(seen), np.concatenate(expected_of)
    kept = np.ones(len(counts), np.bool_)
    rate = _likeliest(counts, sizes, min_reads)
    for _ in range(20):
        limit = _ALPHA / len(counts)
        errors = _tails(counts, sizes * rate / 3, 1 / _SPREAD**2) > limit
        if (errors == kept).all():
            break
        kept = errors
        rate = _likeliest(counts[kept], sizes[kept], min_reads)
    return rate


class Left(NamedTuple):
    """The options that are left, and what is thought of them.

    Attributes
    ----------
    options : Options
    live : array of int64
        Positions of those that are left.
    likelihood : array of float64, shape (live options,)
        How likely each is within its group.
    reads : array of float64, shape (groups,)
        Distinct reads.
    """

    options: Options
    live: Ints
    likelihood: Floats
    reads: Floats


def false_parts(left: Left, rate: float, least_reads: int, may_be_false: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which parts are none: far too few reads of their own, or explained by errors or by linkers.

    Parameters
    ----------
    left : Left
    rate : float
        Substitutions per base.
    least_reads : int
        Reads in which a part must be possible; a third of them must be its own and show nothing beyond it.
    may_be_false : array of bool, shape (parts,)
        Those that are no canonical miRNA; others stay.
    """
    parts = len(may_be_false)
    options, live = left.options, left.live
    part, exact, wrong = options.part[live], options.exact[live], options.errors[live] > 0
    expected = left.likelihood * left.reads[options.group[live]]
    shares = np.bincount(part, expected, parts).astype(np.float64)
    present = np.bincount(part[~wrong], minlength=parts) > 0
    # what looks like a part: its own reads and those that are taken for errors of others
    looks = np.bincount(part[~wrong], expected[~wrong], parts).astype(np.float64)
    taken = wrong & (exact >= 0)
    looks += np.bincount(exact[taken], expected[taken], parts)
    pairs = np.unique(np.stack((exact[taken], part[taken]), axis=1), axis=0)
    pairs = pairs[shares[pairs[:, 1]] >= _MORE_ABUNDANT * looks[pairs[:, 0]]]
    by_error = np.bincount(pairs[:, 0], shares[pairs[:, 1]], parts) * rate / 3
    # bases beyond a part say that it began or ended elsewhere
    bare = options.start[live] == 0
    false = np.bincount(part[bare], expected[bare], parts) < least_reads / _OWN
    false |= _explained(looks, np.where(looks >= least_reads, by_error, 0.0), _SPREAD)
    longer, reads, by_linkers = _beside_linkers(left, shares, may_be_false)
    by_linkers[reads < least_reads] = 0.0
    false[longer[_explained(reads, by_linkers, _LINKER_SPREAD)]] = True
    return false & present & may_be_false


def _explained(counts: Floats, means: Floats, spread: float) -> NDArray[np.bool_]:
    """Return which counts are no more than chance gives, of all that have a mean above 0."""
    found = np.zeros(len(counts), np.bool_)
    tested = means > 0
    if tested.any():
        found[tested] = _tails(counts[tested], means[tested], 1 / spread**2) > _ALPHA / tested.sum()
    return found


def _beside_linkers(left: Left, shares: Floats, may_be_false: NDArray[np.bool_]) -> tuple[Ints, Floats, Floats]:
    """Return parts that are others with more bases towards the target, their reads, and how many linkers give.

    Of linkers of one length every sequence is about as frequent, so the one in the middle tells what they give,
    but no more than if a quarter of the shorter part's reads had such linkers. Where the miRNA lies on the other
    side of its target, these bases lie at the end of the read, and what reads of that order show of the part is
    counted beside what linkers give there.
    """
    options, live = left.options, left.live
    chosen = live[(options.errors[live] == 0) & (options.start[live] == 0) & (options.unseen[live] == 0)]
    columns = (options.group, options.part, options.end, options.linker)
    rows = _lengthened(*(column[chosen] for column in columns), options.mirna_first[chosen])
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    # what continues as the canonical miRNA is no linker of a shorter form
    rows = rows[(rows[:, 1] < 0) | may_be_false[rows[:, 1]]]
    keys, of = np.unique(rows[:, 1:], axis=0, return_inverse=True)
    counts = np.bincount(of, left.reads[rows[:, 0]]).astype(np.float64)
    # a row of a linker without a longer part is kept as part -1
    bases, of_base = np.unique(keys[:, 1:], axis=0, return_inverse=True)
    expected = np.zeros(len(keys))
    for number, (shorter, length, _) in enumerate(bases.tolist()):
        members = np.flatnonzero(of_base == number)
        named = members[keys[members, 0] >= 0]
        sequences = 4**length
        rest = counts[members].sum() - counts[named].sum()
        others = np.full(max(sequences - len(named), 0), rest / max(sequences - len(named), 1))
        ordered = np.sort(np.concatenate((counts[named], others)))
        typical = max(ordered[(len(ordered) - 1) // 2], rest / sequences)
        expected[named] = min(typical, _MOST_LINKERS * shares[shorter] / sequences)
    kept = keys[:, 0] >= 0
    # a longer part that has more reads than the shorter is no linker of it
    kept[kept] = shares[keys[kept, 0]] < shares[keys[kept, 1]]
    longer, order = keys[kept, 0], keys[kept, 3]
    reads, by_linkers = counts[kept], expected[kept]
    right = options.errors[live] == 0
    place = 2 * options.part[live[right]].astype(np.int64) + options.mirna_first[live[right]]
    shown = np.bincount(place, (left.likelihood * left.reads[options.group[live]])[right], 2 * len(shares))
    by_chance = np.zeros(2 * len(shares))
    np.maximum.at(by_chance, 2 * longer + order, by_linkers)
    other = 2 * longer + 1 - order
    return longer, reads + shown[other], by_linkers + by_chance[other]


@compiled
def _lengthened(group: Any, part: Any, end: Any, linker: Any, mirna_first: Any) -> Any:
    """Return group, longer part or -1, part, bases more, and order, for each option with linker bases."""
    found = np.empty((256, 5), np.int64)
    size = 0
    first = 0
    while first < len(group):
        last = first
        while last < len(group) and group[last] == group[first]:
            last += 1
        for shorter in range(first, last):
            if linker[shorter] == 0:
                continue
            longer = -1
            for other in range(first, last):
                if linker[other] == 0 and end[other] - end[shorter] == linker[shorter]:
                    longer = part[other]
            if size == len(found):
                found = np.concatenate((found, np.empty_like(found)))
            found[size, 0], found[size, 1], found[size, 2] = group[shorter], longer, part[shorter]
            found[size, 3], found[size, 4] = linker[shorter], mirna_first[shorter]
            size += 1
        first = last
    return found[:size].copy()


def _one_away(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return all sequences that differ from a part in one base, not near its ends; shape (sequences, length)."""
    places = np.arange(_ENDS, len(part) - _ENDS)
    around = np.tile(part, (len(places) * 3, 1))
    rows = np.arange(len(around))
    others = np.array([[base for base in range(N) if base != part[place]] for place in places], np.uint8)
    around[rows, np.repeat(places, 3)] = others.reshape(-1)
    return np.ascontiguousarray(around)


def _likeliest(counts: Floats, sizes: Floats, min_reads: int) -> float:
    """Return the likeliest rate of errors, given counts of sequences one base away from parts of ``sizes`` reads.

    Counts below ``min_reads`` are known to be so small, no more.
    """
    pairs, times = np.unique(
        np.stack((np.where(counts < min_reads, 0, counts), sizes)), axis=1, return_counts=True
    )
    found, size = pairs[:, :, None]
    means = size * _RATES / 3
    likely = np.where(
        found > 0, found * np.log(means) - means, np.log(np.maximum(_fewer(means, min_reads), 1e-300))
    )
    prior = (_PRIOR_SHAPE - 1) * np.log(_RATES) - (_PRIOR_SHAPE - 1) * _RATES / _USUAL_RATE
    return float(_RATES[np.argmax((likely * times[:, None]).sum(axis=0) + prior)])


@compiled
def _fewer(means: Any, limit: int) -> Any:
    """Return the chance of less than ``limit`` of Poisson distributions; shape (n, rates)."""
    found = np.zeros(means.shape)
    for row in range(means.shape[0]):
        for column in range(means.shape[1]):
            chance = np.exp(-means[row, column])
            for count in range(limit):
                found[row, column] += chance
                chance *= means[row, column] / (count + 1)
    return found


@compiled
def _tails(counts: Any, means: Any, shape: float) -> Any:
    """Return the chance of so many or more of negative binomial distributions of a variance of m + m^2/shape."""
    found = np.empty(len(counts))
    for number in range(len(counts)):
        mean = means[number]
        chance = (shape / (shape + mean)) ** shape
        below = 0.0
        for count in range(int(np.ceil(counts[number] - 1e-9))):
            below += chance
            chance *= (shape + count) / (count + 1) * mean / (shape + mean)
        found[number] = max(1.0 - below, 0.0)
    return found
