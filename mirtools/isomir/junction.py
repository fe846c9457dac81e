"""Where the miRNA ends on a chimeric read: settled by what recurs over all reads.

Local alignments do not tell where a miRNA part ends. They stop before changed bases; they run on where the next
base happens to fit the canonical miRNA, a longer family member, or the target; and between the two parts there
may be linker bases. So each read is taken as made of three pieces, and the pieces are estimated together from all
reads (expectation-maximisation):

- a miRNA part, drawn from an unknown list of parts, each with its own share of the reads;
- linker bases, random, their number drawn from an unknown distribution;
- the target.

A linker base costs a factor of four, for any other base would have done as well; a base that both the part and
the target explain costs nothing, whoever it belongs to. A part counts at
all only where it may be present in ``min_reads`` distinct reads (DMISO's rule of recurrence), and stays in the
list only while it explains the reads clearly better than the other parts do: a quarter of the reads of an
abundant miRNA show any given base behind it by chance, and these make no isomiR.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import DigestNumbers, digests
from mirtools.chimera.growing import Growing
from mirtools.isomir.expectation import expect

Ints = NDArray[np.int64]

# How far the end of a part may lie from where an alignment puts it, in nt: the pairing rule's overlap and gap.
REACH = 4
# The place of what has no part
NO_PART = -1
_SHORTEST_PART = 12
# Chance of junk before a miRNA that starts a read, or behind one that ends it.
_JUNK = 0.1
_ROUNDS = 60
# What a part must explain, in nats of log-likelihood, beyond what the other parts explain.
_PART_PRICE = 16.0
# Junctions of which all options are made at once
_BLOCK = 1 << 14


class Junction(NamedTuple):
    """The miRNA end of one or more reads, turned so that the target lies to the right.

    Attributes
    ----------
    bases : str
        The bases before the aligned miRNA part that no alignment claims, the aligned part, the bases behind it
        as far as ``REACH`` beyond the start of the target.
    outer : int
        How many bases lie before the aligned part.
    core_end, target_start : int
        Where on ``bases`` the aligned miRNA part ends and the aligned target starts (0-based).
    mirna_first : bool
        Whether ``bases`` read 5'->3'; else 3'->5'.
    """

    bases: str
    outer: int
    core_end: int
    target_start: int
    mirna_first: bool

    def part(self, start: int, end: int) -> str:
        """Return the miRNA part ``bases[start:end]``, 5'->3'."""
        part = self.bases[start:end]
        return part if self.mirna_first else part[::-1]


def turn(sequence: str, unassigned: tuple[int, int], gap: int, target_only: str, mirna_first: bool) -> Junction:
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
    """
    if not mirna_first:
        sequence, target_only, unassigned = sequence[::-1], target_only[::-1], unassigned[::-1]
    core_end = len(sequence) - unassigned[1]
    return Junction(sequence + target_only[:REACH], unassigned[0], core_end, core_end + gap, mirna_first)


def settle(junctions: Iterable[Junction], reads: Sequence[int] | Ints, min_reads: int) -> Ints:
    """Return where the miRNA part of each junction starts and ends.

    Parameters
    ----------
    junctions : iterable of Junction
    reads : sequence of int
        Distinct reads of each.
    min_reads : int
        Distinct reads in which a part must be possible.

    Returns
    -------
    array of int64, shape (junctions, 2)
        0-based, half-open on ``Junction.bases``; ``NO_PART`` twice without any recurring part. The result does not
        depend on the order of the input.
    """
    distinct, of = _distinct(list(junctions))
    if not len(of):
        return np.empty((0, 2), np.int64)
    reads_of = np.bincount(of, reads).astype(float)
    options, group_of = _options(distinct, reads_of, min_reads)
    # the last entry is that of junctions without options, number -1
    settled = np.full((group_of.max() + 2, 2), NO_PART, np.int64)
    if options.group.size:
        has_options = group_of >= 0
        reads_of_group = np.bincount(group_of[has_options], reads_of[has_options]).astype(float)
        chosen = _choose(options, reads_of_group)
        settled[:-1] = np.stack((options.start[chosen], options.end[chosen]), axis=1)
    return settled[group_of[of]]


class _Distinct(NamedTuple):
    """Different junctions in ascending order, as columns; bases 5'->3', one junction after the other."""

    bases: NDArray[np.uint8]
    begin: Ints
    length: Ints
    outer: Ints
    core_end: Ints
    target_start: Ints
    mirna_first: NDArray[np.bool_]


def _distinct(junctions: list[Junction]) -> tuple[_Distinct, Ints]:
    """Return the different junctions, and the number of each one's equal."""
    order = sorted(range(len(junctions)), key=junctions.__getitem__)
    of = np.empty(len(junctions), np.int64)
    distinct: list[Junction] = []
    for at in order:
        if not distinct or junctions[at] != distinct[-1]:
            distinct.append(junctions[at])
        of[at] = len(distinct) - 1
    text = bytearray("".join(junction.part(0, len(junction.bases)) for junction in distinct), "ascii")
    length = np.array([len(junction.bases) for junction in distinct], np.int64)
    outer, core_end, target_start, mirna_first = (
        np.array([each[1:] for each in distinct], np.int64).reshape(-1, 4).T
    )
    bases = np.frombuffer(text, np.uint8)
    begin = np.cumsum(length) - length
    return _Distinct(bases, begin, length, outer, core_end, target_start, mirna_first > 0), of


class _Options(NamedTuple):
    """Every place that a part may take, group by group: number of the group and of the part, place.

    Junctions with the same options have the same answer: they are one group.
    """

    group: NDArray[np.int32]
    part: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    linker: NDArray[np.int32]


def _options(distinct: _Distinct, reads: NDArray[np.float64], min_reads: int) -> tuple[_Options, Ints]:
    """Return the places of all parts that are possible in enough reads, and the group of each junction or -1.

    Of equally likely ones of a junction the first, longest, is chosen later.
    """
    parts, numbers, support = Growing(np.int32), DigestNumbers(), Growing(np.float64)
    for row, start, end in _places(distinct):
        # the same 5'->3'
        first, length = distinct.mirna_first[row], distinct.length[row]
        begins = distinct.begin[row] + np.where(first, start, length - end)
        part = numbers.add(digests(distinct.bases, begins, begins + end - start))
        support.extend(np.zeros(len(numbers) - len(support)))
        np.add.at(support.values, part, reads[row])
        parts.extend(part)
    del numbers
    recurs = support.values >= min_reads
    # without gaps, in the order of first occurrence
    number = np.cumsum(recurs, dtype=np.int32) - 1

    groups, group_of = DigestNumbers(), np.full(len(distinct.length), -1, np.int64)
    columns = [Growing(np.int32) for _ in _Options._fields]
    done = 0
    for row, start, end in _places(distinct):
        part = parts.values[done : done + len(row)].astype(np.int64)
        done += len(row)
        kept = recurs[part]
        row, start, end, part = row[kept], start[kept], end[kept], number[part[kept]].astype(np.int64)
        linker = np.maximum(0, distinct.target_start[row] - end)
        codes = np.stack((part, linker, start), axis=1).astype(np.int32)
        begins = np.flatnonzero(np.diff(row, prepend=-1))
        bounds = np.append(begins, len(row)) * codes.strides[0]
        known = len(groups)
        group = groups.add(digests(codes.view(np.uint8).ravel(), bounds[:-1], bounds[1:]))
        group_of[row[begins]] = group
        # the end follows from the start and the part, so all of a group have the same
        first = np.zeros(len(begins), np.bool_)
        first[np.unique(group, return_index=True)[1]] = True
        fresh = np.repeat(first & (group >= known), np.diff(begins, append=len(row)))
        for column, values in zip(columns, (group_of[row], part, start, end, linker), strict=True):
            column.extend(values[fresh])
    return _Options(*(column.values for column in columns)), group_of


def _places(distinct: _Distinct) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Yield the number of the junction, start and end of each place that a part may take, many at once."""
    low = np.maximum(np.minimum(distinct.core_end, distinct.target_start) - REACH, distinct.outer + _SHORTEST_PART)
    high = np.minimum(np.maximum(distinct.core_end, distinct.target_start) + REACH, distinct.length)
    widths = np.maximum(0, high - low + 1)
    sizes = (distinct.outer + 1) * widths
    for begin in range(0, len(sizes), _BLOCK):
        rows = np.arange(begin, min(begin + _BLOCK, len(sizes)))
        row = np.repeat(rows, sizes[rows])
        within = np.arange(len(row)) - np.repeat(np.cumsum(sizes[rows]) - sizes[rows], sizes[rows])
        yield row, within // widths[row], high[row] - within % widths[row]


def _choose(options: _Options, reads: NDArray[np.float64]) -> Ints:
    """Return the number of the likeliest option of each group."""
    cost = 0.25 ** (options.linker + options.start) * np.where(options.start > 0, _JUNK, 1.0)
    return _maximise(options.group, options.part, options.linker, cost, reads)


def _maximise(
    row_of: NDArray[Any], part_of: NDArray[Any], linker: NDArray[Any], cost: NDArray[Any], weights: NDArray[Any]
) -> NDArray[np.int64]:
    """Return the number of the likeliest option of each row, of equally likely ones the first.

    Expectation-maximisation over all options; then the parts that explain least beyond what the others explain
    leave the list, and so on until every part left is worth its price.
    """
    n_linkers = int(linker.max()) + 1
    live = np.arange(len(row_of))
    while True:
        row, part, first = row_of[live], part_of[live], np.flatnonzero(np.diff(row_of[live], prepend=-1))
        explained = expect(
            np.append(first, len(live)), part, linker[live], cost[live], weights[row[first]], n_linkers, _ROUNDS
        )
        gain = np.bincount(part, -np.log1p(-np.minimum(explained, 1 - 1e-6)) * weights[row])
        worthless = np.flatnonzero(gain[part] < _PART_PRICE)
        # Two parts that explain the same reads may both look worthless: of those in one row only one goes.
        order = worthless[np.lexsort((part[worthless], gain[part[worthless]], row[worthless]))]
        leaves = np.zeros(len(gain), bool)
        leaves[part[order[np.diff(row[order], prepend=-1) > 0]]] = True
        # The last part of a row stays, whatever it is worth.
        leaves[part[first[np.diff(first, append=len(live)) == 1]]] = False
        if not leaves.any():
            break
        live = live[~leaves[part]]
    likelihood = np.zeros(len(row_of))
    likelihood[live] = explained
    begins = np.flatnonzero(np.diff(row_of, prepend=-1))
    is_best = likelihood == np.maximum.reduceat(likelihood, begins)[row_of]
    _, best = np.unique(row_of[is_best], return_index=True)
    return np.flatnonzero(is_best)[best]
