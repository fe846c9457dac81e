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

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    weights: Counter[Junction] = Counter()
    for junction, count in zip(junctions, reads, strict=True):
        weights[junction] += count
    distinct = sorted(weights)
    places = {junction: _candidates(junction) for junction in distinct}
    support: Counter[str] = Counter()
    for junction in distinct:
        for start, end in places[junction]:
            support[junction.part(start, end)] += weights[junction]

    numbers: dict[str, int] = {}
    row_of, part_of, linker, cost = [], [], [], []
    kept: dict[Junction, list[tuple[int, int]]] = {}
    for row, junction in enumerate(distinct):
        kept[junction] = [place for place in places[junction] if support[junction.part(*place)] >= min_reads]
        for start, end in kept[junction]:
            row_of.append(row)
            part_of.append(numbers.setdefault(junction.part(start, end), len(numbers)))
            linker.append(max(0, junction.target_start - end))
            cost.append(0.25 ** (linker[-1] + start) * (_JUNK if start else 1.0))
    if not row_of:
        return [None] * len(junctions)
    chosen = _maximise(
        np.array(row_of),
        np.array(part_of),
        np.array(linker),
        np.array(cost),
        np.array([weights[junction] for junction in distinct], float),
    )
    settled: dict[Junction, tuple[int, int] | None] = {}
    first = 0
    for row, junction in enumerate(distinct):
        options = kept[junction]
        settled[junction] = options[chosen[row] - first] if options else None
        first += len(options)
    return [settled[junction] for junction in junctions]


def _candidates(junction: Junction) -> list[tuple[int, int]]:
    """Return every place a part may take; of equally likely ones the first, longest, is chosen later."""
    low = max(min(junction.core_end, junction.target_start) - REACH, junction.outer + _SHORTEST_PART)
    high = min(max(junction.core_end, junction.target_start) + REACH, len(junction.bases))
    return [(start, end) for start in range(junction.outer + 1) for end in range(high, low - 1, -1)]


def _maximise(
    row_of: NDArray[Any], part_of: NDArray[Any], linker: NDArray[Any], cost: NDArray[Any], weights: NDArray[Any]
) -> dict[int, int]:
    """Return the number of the likeliest option of each row.

    Expectation-maximisation over all options; then the parts that explain least beyond what the others explain
    leave the list, and so on until every part left is worth its price.
    """
    explained = _expect(row_of, part_of, linker, cost, weights)
    while True:
        gain = np.bincount(part_of, -np.log1p(-np.minimum(explained, 1 - 1e-6)) * weights[row_of])
        worthless = (gain[part_of] < _PART_PRICE) & (cost > 0)
        # Two parts that explain the same reads may both look worthless: of those in one row only one goes.
        order = np.lexsort((part_of, gain[part_of], row_of))
        order = order[worthless[order]]
        _, first = np.unique(row_of[order], return_index=True)
        leaving = np.unique(part_of[order[first]])
        # The last part of a row stays, whatever it is worth.
        alone = np.bincount(row_of, cost > 0, len(weights)) == 1
        leaving = np.setdiff1d(leaving, part_of[alone[row_of] & (cost > 0)])
        if not leaving.size:
            break
        cost = np.where(np.isin(part_of, leaving), 0.0, cost)
        explained = _expect(row_of, part_of, linker, cost, weights)
    chosen: dict[int, int] = {}
    for option, row in enumerate(row_of.tolist()):
        if row not in chosen or explained[option] > explained[chosen[row]]:
            chosen[row] = option
    return chosen


def _expect(
    row_of: NDArray[Any], part_of: NDArray[Any], linker: NDArray[Any], cost: NDArray[Any], weights: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the probability of each option within its row, shape as ``row_of``."""
    shares = np.bincount(part_of, weights[row_of])
    linkers: NDArray[Any] = 0.5 ** np.arange(1.0, linker.max() + 2)
    for _ in range(_ROUNDS):
        # a trace is left to every part, so that a row whose parts all vanish still has a likeliest one
        likely = np.maximum(shares, 1e-9)[part_of] * linkers[linker] * cost
        likely /= np.maximum(np.bincount(row_of, likely, len(weights)), 1e-300)[row_of]
        expected = likely * weights[row_of]
        shares = np.bincount(part_of, expected)
        linkers = np.bincount(linker, expected, len(linkers)) + 1.0
        linkers /= linkers.sum()
    return likely
