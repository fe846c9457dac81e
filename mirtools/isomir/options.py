"""What each junction may be: parts that recur over all reads, and where on the junction each may lie.

A part is a form once ``min_reads`` distinct reads may show it whole. A read may show a form

- as it is;
- in part, where sequencing stopped before its 3' end: any form that begins so may be it, and the canonical miRNA;
- with N, which agrees with every base and so is never a change;
- with one base substituted, where it has some other option: this takes reads away from parts that errors make, and
  gives no read a part that it would not have without.

A read with N on its junction may show more than what lies beside the N, so where its part ends is not told: it
supports no form but the canonical one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import DigestNumbers, digests
from mirtools.chimera.forms import Forms, Matches
from mirtools.chimera.growing import Growing
from mirtools.chimera.references import N, decode, encode
from mirtools.isomir.errors import error_rate

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# How far the end of a part may lie from where an alignment puts it, in nt: the pairing rule's overlap and gap.
REACH = 4
# The place of what has no part
NO_PART = -1
SHORTEST_PART = 12
# Junctions of which all options are made at once
_BLOCK = 1 << 14


class Junctions(NamedTuple):
    """Different junctions as columns; bases (codes) 5'->3', one junction after the other."""

    bases: NDArray[np.uint8]
    begin: Ints
    length: Ints
    outer: Ints
    core_end: Ints
    target_start: Ints
    mirna_first: Flags
    is_open: Flags
    fixed: Flags

    @classmethod
    def of(cls, text: str, lengths: Ints, rest: Sequence[Sequence[int]]) -> Junctions:
        """Return junctions from their bases one after the other and the other fields of each."""
        outer, core_end, target_start, *flags = np.array(rest, np.int64).reshape(-1, 6).T
        first, is_open, fixed = (column > 0 for column in flags)
        return cls(
            encode(text).copy(),
            np.cumsum(lengths) - lengths,
            lengths,
            outer,
            core_end,
            target_start,
            first,
            is_open,
            fixed,
        )

    def __len__(self) -> int:
        return len(self.length)


class _Places(NamedTuple):
    """Places that a part may take: junction, start and end on it as it is turned, begin and end in all bases."""

    row: Ints
    start: Ints
    end: Ints
    begin: Ints
    last: Ints
    is_open: Flags
    unread: Ints
    sure: Flags


class Candidates(NamedTuple):
    """Parts that may be shown.

    Attributes
    ----------
    parts : list of str
        5'->3'.
    end_seen : array of bool
        Whether the 3' end of each is one that was seen, or the canonical one.
    may_be_false : array of bool
        Whether errors may have made it: not a canonical miRNA.
    forms : Forms
    error_rate : float
        Estimated substitutions per base.
    """

    parts: list[str]
    end_seen: Flags
    may_be_false: Flags
    forms: Forms
    error_rate: float

    def some(self, chosen: Ints) -> Candidates:
        """Return some of the parts, by their numbers in ascending order."""
        parts = [self.parts[number] for number in chosen.tolist()]
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        begins = np.append(0, ends[:-1])
        forms = Forms(encode("".join(parts)), begins, ends)
        return Candidates(parts, self.end_seen[chosen], self.may_be_false[chosen], forms, self.error_rate)


class Options(NamedTuple):
    """Every part that may be shown and its place, group by group; junctions with the same options are one group.

    Attributes
    ----------
    group, part, start, end, linker, errors, unread, unseen : array of int32
        Number of the group and of the part; place on the junction; linker bases; substitutions, N, and bases of
        the part that were not read.
    mirna_first : array of int32
        1 where the miRNA lies before its target.
    exact : array of int32
        The part that lies at the same place without a substitution; ``NO_PART`` where there is none.
    group_of : array of int64, shape (junctions,)
        -1 for junctions without options.
    may_be_unread : array of bool, shape (junctions,)
        Whether N lies where the part may be.
    """

    group: NDArray[np.int32]
    part: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    linker: NDArray[np.int32]
    errors: NDArray[np.int32]
    unread: NDArray[np.int32]
    unseen: NDArray[np.int32]
    mirna_first: NDArray[np.int32]
    exact: NDArray[np.int32]
    group_of: Ints
    may_be_unread: Flags


def candidates(
    junctions: Junctions, reads: NDArray[np.float64], min_reads: int, canonical: Collection[str], errors: bool
) -> Candidates:
    """Return the parts that enough reads may show.

    Parameters
    ----------
    junctions : Junctions
    reads : array of float64, shape (junctions,)
        Distinct reads of each.
    min_reads : int
    canonical : collection of str
        Sequences of known miRNAs; those with N are no forms.
    errors : bool
        Whether the error rate is estimated; else it is 0.
    """
    known = sorted({sequence for sequence in canonical if "N" not in sequence and len(sequence) >= SHORTEST_PART})
    lengths = np.array([len(sequence) for sequence in known], np.int64)
    bases = np.concatenate((encode("".join(known)), junctions.bases))
    offset = len(bases) - len(junctions.bases)
    ends = np.cumsum(lengths)
    numbers = DigestNumbers()
    begins, lasts = Growing(np.int64), Growing(np.int64)
    support, open_support = Growing(np.float64), Growing(np.float64)

    def number(begin: Ints, last: Ints) -> Ints:
        before = len(numbers)
        found: Ints = numbers.add(digests(bases, begin, last))
        fresh = np.flatnonzero(found >= before)
        fresh = fresh[np.unique(found[fresh], return_index=True)[1]]
        begins.extend(begin[fresh])
        lasts.extend(last[fresh])
        for column in (support, open_support):
            column.extend(np.zeros(len(fresh)))
        return found

    number(ends - lengths, ends)
    for places in _places(junctions):
        whole = places.unread == 0
        part = number(places.begin[whole] + offset, places.last[whole] + offset)
        row, is_open = places.row[whole], places.is_open[whole]
        # where a form begins or ends is seen only where nothing lies beyond it
        sure = (places.sure[whole] & (places.start[whole] == 0)) | (part < len(known))
        for column, shown in ((support, sure & ~is_open), (open_support, sure & is_open)):
            np.add.at(column.values, part[shown], reads[row[shown]])

    whole_support = support.values
    recurs = whole_support >= min_reads
    end_seen = np.ones(len(recurs), np.bool_)
    if (open_parts := np.flatnonzero(open_support.values > 0)).size:
        _complete(
            (bases, begins.values, lasts.values),
            recurs,
            end_seen,
            whole_support,
            open_support.values,
            open_parts,
            len(known),
            min_reads,
        )
    kept = np.flatnonzero(recurs)
    rate = (
        error_rate(bases, begins.values, lasts.values, numbers, whole_support, kept, min_reads) if errors else 0.0
    )
    forms = Forms(bases, begins.values[kept], lasts.values[kept])
    places_of = zip(begins.values[kept].tolist(), lasts.values[kept].tolist(), strict=True)
    parts = [decode(bases[begin:last]) for begin, last in places_of]
    return Candidates(parts, end_seen[kept], kept >= len(known), forms, rate)


def _complete(
    slices: tuple[NDArray[np.uint8], Ints, Ints],
    recurs: Flags,
    end_seen: Flags,
    support: NDArray[np.float64],
    open_support: NDArray[np.float64],
    open_parts: Ints,
    known: int,
    min_reads: int,
) -> None:
    """Let parts recur by reads that stop before their end: the canonical ones, then what begins none of them."""
    bases, begins, lasts = slices

    def begun(forms: Ints, parts: Ints) -> Matches:
        nothing = np.zeros(len(parts), np.bool_)
        listed = Forms(bases, begins[forms], lasts[forms])
        return listed.matches(bases, begins[parts], lasts[parts], ~nothing, nothing)

    forms = np.union1d(np.flatnonzero(recurs), np.arange(known))
    found = begun(forms, open_parts)
    total = np.bincount(forms[found.form], open_support[open_parts[found.part]], len(recurs)) + support
    recurs[:known] |= total[:known] >= min_reads
    explained = np.isin(open_parts, open_parts[found.part[recurs[forms[found.form]]]])
    rest = open_parts[~explained]
    found = begun(rest, rest)
    total = np.bincount(rest[found.form], open_support[rest[found.part]], len(recurs)) + support
    enough = total[rest] >= min_reads
    # the shorter ones may be the longer ones
    longer = (found.part != found.form) & enough[found.form]
    enough[found.part[longer]] = False
    recurs[rest[enough]] = True
    end_seen[rest[enough]] = False


def options_of(junctions: Junctions, found: Candidates, errors: bool) -> Options:
    """Return the options of all junctions.

    Of equally likely ones of a junction the first, longest, is chosen later.
    """
    groups, group_of = DigestNumbers(), np.full(len(junctions), -1, np.int64)
    may_be_unread = np.zeros(len(junctions), np.bool_)
    columns = [Growing(np.int32) for _ in range(10)]
    lengths = np.array([len(part) for part in found.parts], np.int64)
    for places in _places(junctions):
        may_be_unread[places.row[places.unread > 0]] = True
        try_errors = np.full(len(places.row), errors) & (places.unread == 0)
        slices = junctions.bases, places.begin, places.last
        matches = found.forms.matches(*slices, places.is_open, try_errors)
        place, part, wrong = matches
        has_other = np.zeros(len(junctions), np.bool_)
        has_other[places.row[place[wrong == 0]]] = True
        kept = (wrong == 0) | has_other[places.row[place]]
        place, part, wrong = place[kept], part[kept], wrong[kept]
        # within a place what was read without a substitution first, then as parts are numbered
        order = np.lexsort((part, wrong, place))
        place, part, wrong = place[order], part[order], wrong[order]
        exact_of = np.full(len(places.row), NO_PART, np.int64)
        first = np.flatnonzero(wrong == 0)[::-1]
        exact_of[place[first]] = part[first]
        row, start, end = places.row[place], places.start[place], places.end[place]
        linker = np.where(junctions.fixed[row], 0, np.maximum(0, junctions.target_start[row] - end))
        unseen = lengths[part] - (end - start)
        told = places.unread[place], unseen, junctions.mirna_first[row], exact_of[place]
        listed = (part, start, end, linker, wrong, *told)
        codes = np.stack(listed, axis=1).astype(np.int32)
        firsts = np.flatnonzero(np.diff(row, prepend=-1))
        bounds = np.append(firsts, len(row)) * codes.strides[0] if len(row) else np.zeros(1, np.int64)
        known = len(groups)
        group = groups.add(digests(codes.view(np.uint8).ravel(), bounds[:-1], bounds[1:]))
        group_of[row[firsts]] = group
        is_first = np.zeros(len(firsts), np.bool_)
        is_first[np.unique(group, return_index=True)[1]] = True
        fresh = np.repeat(is_first & (group >= known), np.diff(firsts, append=len(row)))
        for column, values in zip(columns, (group_of[row], *listed), strict=True):
            column.extend(values[fresh])
    every: list[Any] = [*(column.values for column in columns), group_of, may_be_unread]
    return Options(*every)


def _places(junctions: Junctions) -> Iterator[_Places]:
    """Yield every place that a part may take, those of many junctions at once."""
    middle = (
        np.minimum(junctions.core_end, junctions.target_start),
        np.maximum(junctions.core_end, junctions.target_start),
    )
    low = np.maximum(middle[0] - REACH, junctions.outer + SHORTEST_PART)
    high = np.minimum(middle[1] + REACH, junctions.length)
    low = np.where(junctions.fixed, junctions.length, low)
    widths = np.maximum(0, high - low + 1)
    sizes = (junctions.outer + 1) * widths
    unread_before = np.append(0, np.cumsum(junctions.bases == N))
    for first in range(0, len(sizes), _BLOCK):
        rows = np.arange(first, min(first + _BLOCK, len(sizes)))
        row = np.repeat(rows, sizes[rows])
        within = np.arange(len(row)) - np.repeat(np.cumsum(sizes[rows]) - sizes[rows], sizes[rows])
        start, end = within // widths[row], high[row] - within % widths[row]
        length, begin, mirna_first = junctions.length[row], junctions.begin[row], junctions.mirna_first[row]
        # the same 5'->3'
        begins = begin + np.where(mirna_first, start, length - end)
        lasts = begins + end - start
        unread = unread_before[lasts] - unread_before[begins]
        sure = unread_before[begin + length] == unread_before[begin]
        yield _Places(row, start, end, begins, lasts, junctions.is_open[row] & (start == 0), unread, sure)
