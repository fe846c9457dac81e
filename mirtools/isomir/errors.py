"""Finds false forms: parts whose reads are explained by sequencing errors of more abundant parts, or by linkers.

At 0.002 errors per base, a part that differs in one base from a part with 40,000 reads is expected 27 times by
error alone, so ten reads are no evidence for it. The error rate is estimated from the reads: nearly all sequences
that differ in one base from an abundant part are errors of it. A changed part must have more reads than errors
explain: a test of counts with a rate that varies between positions (negative binomial), corrected for the number
of parts tested (Bonferroni). Likewise, a part that extends another one towards the target must have more reads
than random linkers of that length explain. Only sequences and read counts are used, so this also works if
qualities are flat, binned or missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import DigestNumbers, digests
from mirtools.chimera.references import N
from mirtools.computing.compiled import compiled

if TYPE_CHECKING:
    from mirtools.isomir.options import Options

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Usual substitutions per base in short reads, used if the reads are too few for an estimate, and the shape of the
# gamma prior around it
_USUAL_RATE = 0.002
_PRIOR_SHAPE = 2.0
# Bases at either end of a part whose changes can have other causes: linker, target, loss of a base
_ENDS = 4
# The rate is estimated from this many of the most abundant parts, each with at least this many reads
_SOURCES = 64
_LEAST_READS = 200
# Standard deviation of the rate of one substitution at one position, as a share of the mean: the rate varies with
# the base, its neighbours and the cycle
_SPREAD = 0.5
# The same for the frequency of a linker sequence
_LINKER_SPREAD = 0.15
# Largest share of the reads of a part that have linkers of one length
_MOST_LINKERS = 0.25
# A part may consist of errors of another only if the other has this many times its reads: even at one error in ten
# bases, one base becomes a certain other base in a thirtieth of the reads.
_MORE_ABUNDANT = 10
# A part needs its own reads, not shared with another part: the threshold divided by this. If it has fewer of its
# own than the threshold, at least half of all its reads must show it without an error.
_OWN = 3
# Chance that a table contains any part that comes from errors or linkers
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

    Parts with fewer than ``min_reads`` reads may already have been dropped, so their counts are only known to be
    below it. Parts with far more reads than errors explain are real; they are removed, and the rate is estimated
    again until nothing changes.

    Parameters
    ----------
    bases : array of uint8
        Codes of bases; parts are slices of it.
    begins, ends : array of int64
        Where each part lies.
    numbers : DigestNumbers
        Numbers of all parts by digest; new sequences get the following numbers.
    support : array of float64
        Reads that may show each part.
    parts : array of int64
        Numbers of the recurring parts.
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
        # a more abundant part is no error of this one
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


class LiveOptions(NamedTuple):
    """The remaining options and their likelihoods.

    Attributes
    ----------
    options : Options
    live : array of int64
        Positions of the remaining options.
    likelihood : array of float64, shape (live options,)
        Likelihood of each within its group.
    reads : array of float64, shape (groups,)
        Distinct reads.
    """

    options: Options
    live: Ints
    likelihood: Floats
    reads: Floats


def false_parts(
    left: LiveOptions, rate: float, least_reads: int, may_be_false: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which parts are false: too few reads of their own, or explained by errors or by linkers.

    Parameters
    ----------
    left : LiveOptions
    rate : float
        Substitutions per base.
    least_reads : int
        Reads in which a part must be possible. A third of this number must be its own: without an error, and
        without bases before the part.
    may_be_false : array of bool, shape (parts,)
        True for parts that are not canonical miRNAs; the others are always kept.
    """
    parts = len(may_be_false)
    options, live = left.options, left.live
    part, exact, wrong = options.part[live], options.exact[live], options.errors[live] > 0
    expected = left.likelihood * left.reads[options.group[live]]
    shares = np.bincount(part, expected, parts).astype(np.float64)
    present = np.bincount(part[~wrong], minlength=parts) > 0
    # reads that look like a part: its own, and those that are assigned to others as errors
    looks = np.bincount(part[~wrong], expected[~wrong], parts).astype(np.float64)
    taken = wrong & (exact >= 0)
    looks += np.bincount(exact[taken], expected[taken], parts)
    pairs = np.unique(np.stack((exact[taken], part[taken]), axis=1), axis=0)
    pairs = pairs[shares[pairs[:, 1]] >= _MORE_ABUNDANT * looks[pairs[:, 0]]]
    by_error = np.bincount(pairs[:, 0], shares[pairs[:, 1]], parts) * rate / 3
    # bases before a part mean that it may begin or end elsewhere
    bare = ~wrong & (options.start[live] == 0)
    own = np.bincount(part[bare], expected[bare], parts)
    # reads with two errors of an abundant miRNA are one error away from its shorter forms
    with_error = np.bincount(part[wrong], expected[wrong], parts)
    false = (own < least_reads / _OWN) | ((own < least_reads) & (own < with_error))
    false |= _explained(looks, np.where(looks >= least_reads, by_error, 0.0), _SPREAD)
    longer, reads, by_linkers = _parts_with_linkers(left, shares, may_be_false)
    by_linkers[reads < least_reads] = 0.0
    false[longer[_explained(reads, by_linkers, _LINKER_SPREAD)]] = True
    return false & present & may_be_false


def _explained(counts: Floats, means: Floats, spread: float) -> NDArray[np.bool_]:
    """Return which counts do not exceed chance, among those with a mean above 0."""
    found = np.zeros(len(counts), np.bool_)
    tested = means > 0
    if tested.any():
        found[tested] = _tails(counts[tested], means[tested], 1 / spread**2) > _ALPHA / tested.sum()
    return found


def _parts_with_linkers(
    left: LiveOptions, shares: Floats, may_be_false: NDArray[np.bool_]
) -> tuple[Ints, Floats, Floats]:
    """Return parts that extend others towards the target, their reads, and the reads that linkers explain.

    All linker sequences of one length are about equally frequent, so the median estimates how many reads each
    explains; at most a quarter of the shorter part's reads have such linkers. If the miRNA lies on the other side
    of its target, these bases are at the end of the read: reads of that order that show the longer part are added
    to its count, and the number that linkers explain in that order to its expectation.
    """
    options, live = left.options, left.live
    chosen = live[(options.errors[live] == 0) & (options.start[live] == 0) & (options.unseen[live] == 0)]
    columns = (options.group, options.part, options.end, options.linker)
    rows = _lengthened(*(column[chosen] for column in columns), options.mirna_first[chosen])
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    # bases that continue as in the canonical miRNA are no linker of a shorter form
    rows = rows[(rows[:, 1] < 0) | may_be_false[rows[:, 1]]]
    keys, of = np.unique(rows[:, 1:], axis=0, return_inverse=True)
    counts = np.bincount(of, left.reads[rows[:, 0]]).astype(np.float64)
    # a linker without a longer part is kept as part -1
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
    # a longer part with more reads than the shorter one is not the shorter one with a linker
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
    """Return group, longer part or -1, part, additional bases, and order, for each option with linker bases."""
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
    """Return the likeliest error rate, given counts of sequences one base away from parts with ``sizes`` reads.

    Counts below ``min_reads`` are treated as censored.
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


def _fewer(means: Floats, limit: int) -> Floats:
    """Return the chance of fewer than ``limit`` counts of Poisson distributions; shape (n, rates)."""
    from scipy.special import pdtr

    found: Floats = pdtr(limit - 1, means)
    return found


def _tails(counts: Floats, means: Floats, shape: float) -> Floats:
    """Return the chance of ``counts`` or more of negative binomial distributions with variance m + m^2/shape."""
    from scipy.special import betainc

    least = np.ceil(counts - 1e-9)
    found: Floats = np.where(least > 0, betainc(np.maximum(least, 1), shape, means / (shape + means)), 1.0)
    return found
