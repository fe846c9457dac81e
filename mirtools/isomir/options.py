"""Lists the options of each junction: the parts that recur over all reads, and where each may lie on the junction.

A part is a form if at least ``min_reads`` distinct reads may show all of it. A read may show a form

- completely;
- partly, if sequencing stopped before its 3' end: the form may be any that begins with these bases, or the
  canonical miRNA;
- with N, which agrees with every base and therefore is never a change;
- with one substitution, if the read has another option, too: this moves reads away from parts that are errors, and
  gives no part to a read that would have none otherwise.

The end of a part is unknown if its read has N on the junction: such a read supports only the canonical form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.digests import DigestNumbers, digests
from mirtools.chimera.forms import Forms, Matches
from mirtools.chimera.references import N, decode, encode
from mirtools.computing.growing import GrowingArray
from mirtools.isomir.errors import error_rate

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Largest distance between the end of a part and that of its alignment, in nt: the pairing rule's overlap and gap
REACH = 4
# Position of a missing part
NO_PART = -1
SHORTEST_PART = 12
# Junctions processed at a time
_BLOCK = 1 << 14


class Junctions(NamedTuple):
    """Distinct junctions as columns; bases (codes) 5'->3', one junction after the other."""

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
        """Return junctions from their concatenated bases and the other fields of each."""
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
    """Ranges where a part may lie: junction, start and end on it as turned, begin and end in all bases."""

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
        Whether the 3' end of each was seen, or is the canonical one.
    may_be_false : array of bool
        Whether each may consist of errors: true unless it is a canonical miRNA.
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
        """Return a subset of the parts, given their numbers in ascending order."""
        parts = [self.parts[number] for number in chosen.tolist()]
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        begins = np.append(0, ends[:-1])
        forms = Forms(encode("".join(parts)), begins, ends)
        return Candidates(parts, self.end_seen[chosen], self.may_be_false[chosen], forms, self.error_rate)


class Options(NamedTuple):
    """Every part that a junction may show and its range; junctions with the same options form one group.

    Attributes
    ----------
    group, part, start, end, linker, errors, unread, unseen : array of int32
        Number of the group and of the part; start and end on the junction; linker bases; substitutions, N, and
        bases of the part that were not read.
    mirna_first : array of int32
        1 if the miRNA lies before its target.
    exact : array of int32
        The part that matches the same range without a substitution, or ``NO_PART``.
    group_of : array of int64, shape (junctions,)
        -1 for junctions without options.
    may_be_unread : array of bool, shape (junctions,)
        Whether N lies where a part may be.
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


class _Slices:
    """Distinct slices of known miRNAs and junctions, numbered, with the reads that show each.

    Parameters
    ----------
    known : list of str
        Known miRNAs; these have the first numbers.
    junctions : Junctions

    Attributes
    ----------
    bases : array of uint8
        Bases of all known miRNAs, then of all junctions.
    begins, lasts : GrowingArray
        Where each slice lies in ``bases``.
    numbers : DigestNumbers
    support, open_support : GrowingArray
        Distinct reads that show each slice up to its end, and those that stopped before the 3' end was seen.
    """

    def __init__(self, known: list[str], junctions: Junctions) -> None:
        self.bases = np.concatenate((encode("".join(known)), junctions.bases))
        self.begins, self.lasts = GrowingArray(np.int64), GrowingArray(np.int64)
        self.support, self.open_support = GrowingArray(np.float64), GrowingArray(np.float64)
        self.numbers = DigestNumbers()
        self._known = len(known)
        self._offset = len(self.bases) - len(junctions.bases)
        lengths = np.array([len(sequence) for sequence in known], np.int64)
        ends = np.cumsum(lengths)
        self._number(ends - lengths, ends)

    def add(self, places: _Places, reads: NDArray[np.float64]) -> None:
        """Add the slices at some places; ``reads``: distinct reads of each junction."""
        whole = places.unread == 0
        part = self._number(places.begin[whole] + self._offset, places.last[whole] + self._offset)
        row, is_open = places.row[whole], places.is_open[whole]
        # where a form begins is certain only if no base lies before it
        sure = (places.sure[whole] & (places.start[whole] == 0)) | (part < self._known)
        for column, shown in ((self.support, sure & ~is_open), (self.open_support, sure & is_open)):
            np.add.at(column.values, part[shown], reads[row[shown]])

    def _number(self, begin: Ints, last: Ints) -> Ints:
        before = len(self.numbers)
        found: Ints = self.numbers.add(digests(self.bases, begin, last))
        fresh = np.flatnonzero(found >= before)
        fresh = fresh[np.unique(found[fresh], return_index=True)[1]]
        self.begins.extend(begin[fresh])
        self.lasts.extend(last[fresh])
        for column in (self.support, self.open_support):
            column.extend(np.zeros(len(fresh)))
        return found


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
        Sequences of known miRNAs; those with N are skipped.
    errors : bool
        Whether to estimate the error rate; else it is 0.
    """
    known = sorted({sequence for sequence in canonical if "N" not in sequence and len(sequence) >= SHORTEST_PART})
    slices = _Slices(known, junctions)
    for places in _places(junctions):
        slices.add(places, reads)
    bases, begins, lasts = slices.bases, slices.begins.values, slices.lasts.values
    whole_support, open_support = slices.support.values, slices.open_support.values
    recurs = whole_support >= min_reads
    end_seen = np.ones(len(recurs), np.bool_)
    if (open_parts := np.flatnonzero(open_support > 0)).size:
        _complete(
            (bases, begins, lasts),
            recurs,
            end_seen,
            whole_support,
            open_support,
            open_parts,
            len(known),
            min_reads,
        )
    kept = np.flatnonzero(recurs)
    rate = error_rate(bases, begins, lasts, slices.numbers, whole_support, kept, min_reads) if errors else 0.0
    forms = Forms(bases, begins[kept], lasts[kept])
    places_of = zip(begins[kept].tolist(), lasts[kept].tolist(), strict=True)
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
    """Count reads that stop before the 3' end as support: first for canonical miRNAs, then for other parts."""
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
    # the shorter parts may be beginnings of the longer ones
    longer = (found.part != found.form) & enough[found.form]
    enough[found.part[longer]] = False
    recurs[rest[enough]] = True
    end_seen[rest[enough]] = False


def options_of(junctions: Junctions, found: Candidates, errors: bool) -> Options:
    """Return the options of all junctions, the longest part first; in a tie the first is chosen later."""
    groups, group_of = DigestNumbers(), np.full(len(junctions), -1, np.int64)
    may_be_unread = np.zeros(len(junctions), np.bool_)
    columns = [GrowingArray(np.int32) for _ in range(10)]
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
        # within a place parts without a substitution first, then by number
        order = np.lexsort((part, wrong, place))
        place, part, wrong = place[order], part[order], wrong[order]
        exact_of = np.full(len(places.row), NO_PART, np.int64)
        first = np.flatnonzero(wrong == 0)[::-1]
        exact_of[place[first]] = part[first]
        row, start, end = places.row[place], places.start[place], places.end[place]
        linker = np.where(junctions.fixed[row], 0, np.maximum(0, junctions.target_start[row] - end))
        unseen = lengths[part] - (end - start)
        rest = places.unread[place], unseen, junctions.mirna_first[row], exact_of[place]
        listed = (part, start, end, linker, wrong, *rest)
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
    """Yield every range where a part may lie, for many junctions at a time."""
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
        # the same range 5'->3'
        begins = begin + np.where(mirna_first, start, length - end)
        lasts = begins + end - start
        unread = unread_before[lasts] - unread_before[begins]
        sure = unread_before[begin + length] == unread_before[begin]
        yield _Places(row, start, end, begins, lasts, junctions.is_open[row] & (start == 0), unread, sure)
