"""Finds the end of the miRNA on chimeric reads, from the parts that recur over all reads.

A local alignment does not show where a miRNA part ends. It stops before changed bases; it continues if the next
base happens to fit the canonical miRNA, a longer family member, or the target; and there may be linker bases
between the two parts. Therefore each read is modelled as three components, which are estimated together from all
reads (expectation-maximisation):

- a miRNA part from an unknown list of parts, each with its own share of the reads;
- random linker bases, their number from an unknown distribution;
- the target.

A linker base lowers the likelihood by a factor of four, because it could be any base; a base that both the part
and the target explain does not lower it. A part is considered only if it may be present in ``min_reads`` distinct
reads (DMISO's rule of recurrence). It is kept only while it explains the reads clearly better than the other parts
do: a quarter of the reads of an abundant miRNA have any given base after it by chance, and these are not isomiRs.

A read may show only some of its part, or show it with an error (:mod:`mirtools.isomir.options`). A part that
errors of a more abundant part explain is removed (:mod:`mirtools.isomir.errors`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.isomir.errors import LiveOptions, false_parts
from mirtools.isomir.expectation import expect
from mirtools.isomir.options import NO_PART, REACH, Candidates, Junctions, Options, candidates, options_of

Ints = NDArray[np.int64]

# Chance of other bases before a miRNA that starts a read, or after one that ends it
_JUNK = 0.1
_ROUNDS = 60
# Log-likelihood that a part must add to that of the other parts, in nats
_LEAST_GAIN = 16.0


class Junction(NamedTuple):
    """The miRNA end of one or more reads, turned so that the target lies to the right.

    Attributes
    ----------
    bases : str
        The bases before the aligned miRNA part that no alignment includes, the aligned part, and the following
        bases as far as ``REACH`` beyond the start of the target.
    outer : int
        Number of bases before the aligned part.
    core_end, target_start : int
        Where the aligned miRNA part ends and the aligned target starts on ``bases`` (0-based).
    mirna_first : bool
        Whether ``bases`` read 5'->3'; else 3'->5'.
    is_open : bool
        Whether sequencing stopped before the 3' end of a miRNA that follows its target.
    fixed : bool
        Whether the part is known to be all of ``bases``.
    """

    bases: str
    outer: int
    core_end: int
    target_start: int
    mirna_first: bool
    is_open: bool = False
    fixed: bool = False

    def part(self, start: int, end: int) -> str:
        """Return the miRNA part ``bases[start:end]``, 5'->3'."""
        part = self.bases[start:end]
        return part if self.mirna_first else part[::-1]


def turn(
    sequence: str,
    unassigned: tuple[int, int],
    gap: int,
    target_only: str,
    mirna_first: bool,
    is_open: bool = False,
) -> Junction:
    """Return the junction of a row of chimera-parse.

    Parameters
    ----------
    sequence : str
        ``mirna_seq``, 5'->3', with its unassigned bases.
    unassigned : tuple of int
        Unassigned bases at its 5' and 3' end.
    gap : int
        Signed distance of the aligned parts.
    target_only : str
        Aligned part of the target without bases shared with the miRNA, 5'->3'.
    mirna_first : bool
        Whether the target lies at the 3' side of the miRNA on the read.
    is_open : bool
        Whether sequencing stopped before the 3' end of the miRNA.
    """
    if not mirna_first:
        sequence, target_only, unassigned = sequence[::-1], target_only[::-1], unassigned[::-1]
    core_end = len(sequence) - unassigned[1]
    return Junction(
        sequence + target_only[:REACH],
        unassigned[0],
        core_end,
        core_end + gap,
        mirna_first,
        is_open and not mirna_first,
    )


def fixed_junction(sequence: str) -> Junction:
    """Return the junction of a miRNA part whose ends are known."""
    return Junction(sequence, 0, len(sequence), len(sequence), True, fixed=True)


class JunctionParts(NamedTuple):
    """The miRNA parts of junctions.

    Attributes
    ----------
    part : array of int64, shape (junctions,)
        Position in ``parts``; ``NO_PART`` if no part recurs.
    start, end : array of int64, shape (junctions,)
        Where the part lies on ``Junction.bases``, 0-based and half-open; ``NO_PART`` without a part. A part whose
        3' end was not read is longer than this range: it begins before ``start`` on the turned junction.
    inexact : array of bool, shape (junctions,)
        Whether the bases of the junction in that range differ from those of the part.
    unread : array of bool, shape (junctions,)
        Whether the junction has no part, and N where a part may be.
    parts : list of str
        Different parts, 5'->3'.
    end_seen : array of bool, shape (parts,)
        Whether the 3' end of a part was seen on any read, or is that of the canonical miRNA.
    error_rate : float
        Estimated substitutions per base.
    false_parts : int
        Recurring parts that errors of more abundant ones explain.
    """

    part: Ints
    start: Ints
    end: Ints
    inexact: NDArray[np.bool_]
    unread: NDArray[np.bool_]
    parts: list[str]
    end_seen: NDArray[np.bool_]
    error_rate: float
    false_parts: int


def find_parts(
    junctions: Iterable[Junction],
    reads: Sequence[int] | Ints,
    min_reads: int,
    canonical: Collection[str] = (),
    errors: bool = True,
) -> JunctionParts:
    """Return the miRNA part of each junction; independent of the order of the input.

    Parameters
    ----------
    junctions : iterable of Junction
    reads : sequence of int
        Distinct reads of each.
    min_reads : int
        Distinct reads in which a part must be possible.
    canonical : collection of str
        Sequences of known miRNAs, 5'->3'. Reads with an open end may show one even if no read shows all of it;
        these parts are never explained as errors.
    errors : bool
        Whether reads may show a part with one substitution, and parts that substitutions of others explain are
        dropped.
    """
    distinct, of = _distinct(list(junctions))
    reads_of = np.bincount(of, reads, len(distinct)).astype(float)
    found = candidates(distinct, reads_of, min_reads, canonical, errors)
    options, weights = _weighted(options_of(distinct, found, False), reads_of)
    if errors and len(options.group):
        found = found.some(_needed_parts(options, weights))
        options, weights = _weighted(options_of(distinct, found, True), reads_of)
    false = np.zeros(len(found.parts), np.bool_)
    # the last entry is for junctions without options, number -1
    columns = np.full((len(weights) + 1, 4), NO_PART, np.int64)
    if len(options.group):
        chosen, false = _choose(options, weights, found, min_reads if errors else 0)
        inexact = options.errors + options.unread + options.unseen
        listed = (options.part, options.start, options.end, inexact)
        columns[options.group[chosen]] = np.stack([column[chosen] for column in listed], axis=1)
    part, start, end, inexact = columns[options.group_of].T[:, of]
    return JunctionParts(
        part,
        start,
        end,
        (part != NO_PART) & (inexact > 0),
        (part == NO_PART) & options.may_be_unread[of],
        found.parts,
        found.end_seen,
        found.error_rate,
        int(false.sum()),
    )


def _weighted(options: Options, reads: NDArray[np.float64]) -> tuple[Options, NDArray[np.float64]]:
    """Return the options and the reads of their groups, given the reads of the junctions."""
    has_options = options.group_of >= 0
    return options, np.bincount(options.group_of[has_options], reads[has_options]).astype(np.float64)


def _needed_parts(options: Options, reads: NDArray[np.float64]) -> Ints:
    """Return the numbers of the parts that are kept if no read has an error: far fewer than all candidates."""
    wrong = np.zeros(len(options.group), np.bool_)
    chosen, likelihood = _maximise(options.group, options.part, options.linker, wrong, _cost(options), reads)
    shares = np.bincount(options.part, likelihood * reads[options.group])
    return np.union1d(np.flatnonzero(shares >= 0.5), options.part[chosen])


def _cost(options: Options) -> NDArray[np.float64]:
    """Return the likelihood of the bases before and after each part."""
    return np.asarray(
        0.25 ** (options.linker + options.start) * np.where(options.start > 0, _JUNK, 1.0), np.float64
    )


def _distinct(junctions: list[Junction]) -> tuple[Junctions, Ints]:
    """Return the distinct junctions in ascending order, and for each junction the number of its equal."""
    order = sorted(range(len(junctions)), key=junctions.__getitem__)
    of = np.empty(len(junctions), np.int64)
    distinct: list[Junction] = []
    for at in order:
        if not distinct or junctions[at] != distinct[-1]:
            distinct.append(junctions[at])
        of[at] = len(distinct) - 1
    text = "".join(junction.part(0, len(junction.bases)) for junction in distinct)
    lengths = np.array([len(junction.bases) for junction in distinct], np.int64)
    return Junctions.of(text, lengths, [each[1:] for each in distinct]), of


def _choose(
    options: Options, reads: NDArray[np.float64], found: Candidates, least_reads: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the number of the likeliest option of each group that keeps any, and which parts are false.

    If ``least_reads`` is above 0, parts that are not canonical miRNAs are tested for errors.
    """
    # an error turns a base into any of three others
    cost = np.where(options.errors > 0, found.error_rate / 3, 1.0) * _cost(options)
    false = np.zeros(len(found.parts), np.bool_)
    live = np.arange(len(cost))
    while len(live):
        group, part, linker = (column[live] for column in (options.group, options.part, options.linker))
        chosen, likelihood = _maximise(group, part, linker, options.errors[live] > 0, cost[live], reads)
        if not least_reads:
            return live[chosen], false
        left = LiveOptions(options, live, likelihood, reads)
        new = false_parts(left, found.error_rate, least_reads, found.may_be_false)
        if not new.any():
            return live[chosen], false
        false |= new
        live = live[~new[options.part[live]]]
    return live, false


def _maximise(
    row_of: NDArray[Any],
    part_of: NDArray[Any],
    linker: NDArray[Any],
    wrong: NDArray[np.bool_],
    cost: NDArray[Any],
    weights: NDArray[Any],
) -> tuple[Ints, NDArray[np.float64]]:
    """Return the likeliest option of each row, in a tie the first, and the likelihood of each option.

    Expectation-maximisation over all options. Then the parts that add least to the likelihood are removed, and so
    on until every remaining part adds ``_LEAST_GAIN``. Options with errors (``wrong``) do not protect a part from
    removal.
    """
    n_linkers = int(linker.max()) + 1
    live = np.arange(len(row_of))
    while True:
        row, part, first = row_of[live], part_of[live], np.flatnonzero(np.diff(row_of[live], prepend=-1))
        explained = expect(
            np.append(first, len(live)), part, linker[live], cost[live], weights[row[first]], n_linkers, _ROUNDS
        )
        gain = np.bincount(part, -np.log1p(-np.minimum(explained, 1 - 1e-6)) * weights[row])
        weak = np.flatnonzero(gain[part] < _LEAST_GAIN)
        # Two parts that explain the same reads may both look dispensable: only one per row is removed.
        order = weak[np.lexsort((part[weak], gain[part[weak]], row[weak]))]
        leaves = np.zeros(len(gain), bool)
        leaves[part[order[np.diff(row[order], prepend=-1) > 0]]] = True
        # The last part of a row that needs no error is kept, whatever it adds.
        right = np.flatnonzero(~wrong[live])
        first = np.flatnonzero(np.diff(row[right], prepend=-1))
        only = np.minimum.reduceat(part[right], first)
        leaves[only[only == np.maximum.reduceat(part[right], first)]] = False
        if not leaves.any():
            break
        live = live[~leaves[part]]
    likelihood = np.zeros(len(row_of))
    likelihood[live] = explained
    begins = np.flatnonzero(np.diff(row_of, prepend=-1))
    highest = np.repeat(np.maximum.reduceat(likelihood, begins), np.diff(begins, append=len(row_of)))
    is_best = likelihood == highest
    _, best = np.unique(row_of[is_best], return_index=True)
    return np.flatnonzero(is_best)[best], likelihood
