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

from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.isomir.expectation import expect

# How far the end of a part may lie from where an alignment puts it, in nt: the pairing rule's overlap and gap.
REACH = 4
_SHORTEST_PART = 12
# Chance of junk before a miRNA that starts a read, or behind one that ends it.
_JUNK = 0.1
_ROUNDS = 60
# What a part must explain, in nats of log-likelihood, beyond what the other parts explain.
_PART_PRICE = 16.0


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


def settle(junctions: Sequence[Junction], reads: Sequence[int], min_reads: int) -> list[tuple[int, int] | None]:
    """Return where the miRNA part of each junction starts and ends, or ``None`` without any recurring part.

    Parameters
    ----------
    junctions : sequence of Junction
    reads : sequence of int
        Distinct reads of each.
    min_reads : int
        Distinct reads in which a part must be possible.

    Returns
    -------
    list of (int, int) or None
        0-based, half-open on ``Junction.bases``. The result does not depend on the order of the input.
    """
    weights: dict[Junction, int] = {}
    for junction, count in zip(junctions, reads, strict=True):
        weights[junction] = weights.get(junction, 0) + count
    distinct = sorted(weights)
    reads_of = np.array([weights[junction] for junction in distinct], float)
    weights.clear()
    options = _options(distinct, reads_of, min_reads)
    settled: dict[Junction, tuple[int, int] | None] = dict.fromkeys(distinct)
    if options.row.size:
        rows, chosen = _choose(options, reads_of)
        starts, ends = options.start[chosen].tolist(), options.end[chosen].tolist()
        for row, start, end in zip(rows.tolist(), starts, ends, strict=True):
            settled[distinct[row]] = (start, end)
    return [settled[junction] for junction in junctions]


class _Options(NamedTuple):
    """Every place that a part may take, junction by junction: number of the junction and of the part, place."""

    row: NDArray[np.int32]
    part: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    linker: NDArray[np.int32]


def _options(distinct: Sequence[Junction], reads: NDArray[np.float64], min_reads: int) -> _Options:
    """Return the places of all parts that are possible in enough reads.

    Of equally likely ones of a junction the first, longest, is chosen later.
    """
    numbers: dict[str, int] = {}
    parts, starts, ends, linkers, sizes = (array(code) for code in "iiiii")
    for bases, outer, core_end, target_start, mirna_first in distinct:
        low = max(min(core_end, target_start) - REACH, outer + _SHORTEST_PART)
        high = min(max(core_end, target_start) + REACH, len(bases))
        for start in range(outer + 1):
            for end in range(high, low - 1, -1):
                part = bases[start:end]
                if not mirna_first:
                    part = part[::-1]
                parts.append(numbers.setdefault(part, len(numbers)))
                starts.append(start)
                ends.append(end)
                linkers.append(max(0, target_start - end))
        sizes.append((outer + 1) * max(0, high - low + 1))
    row = np.repeat(np.arange(len(distinct), dtype=np.int32), np.frombuffer(sizes, np.int32))
    part_of = np.frombuffer(parts, np.int32)
    support = np.bincount(part_of, reads[row], len(numbers))
    kept = support[part_of] >= min_reads
    # without gaps, in the order of first occurrence
    number = np.cumsum(support >= min_reads, dtype=np.int32) - 1
    places = (np.frombuffer(column, np.int32)[kept] for column in (starts, ends, linkers))
    return _Options(row[kept], number[part_of[kept]].astype(np.int32), *places)


def _choose(options: _Options, reads: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the junctions that have options, ascending, and the number of the likeliest option of each.

    Junctions with the same options have the same answer and are counted as one.
    """
    first = np.flatnonzero(np.diff(options.row, prepend=-1))
    bounds = [*first.tolist(), len(options.row)]
    codes = np.stack((options.part, options.linker, options.start), axis=1).tobytes()
    groups: dict[bytes, int] = {}
    group_of = np.empty(len(first), np.int64)
    for at, (begin, end) in enumerate(pairwise(bounds)):
        group_of[at] = groups.setdefault(codes[12 * begin : 12 * end], len(groups))
    weights = np.bincount(group_of, reads[options.row[first]])
    _, leader = np.unique(group_of, return_index=True)
    sizes = np.diff(bounds)[leader]
    row_of = np.repeat(np.arange(len(leader)), sizes)
    begins = np.cumsum(sizes) - sizes
    taken = np.arange(sizes.sum()) - np.repeat(begins - first[leader], sizes)
    linker, start = options.linker[taken], options.start[taken]
    cost = 0.25 ** (linker + start) * np.where(start > 0, _JUNK, 1.0)
    chosen = _maximise(row_of, options.part[taken], linker, cost, weights) - begins
    return options.row[first], first + chosen[group_of]


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
