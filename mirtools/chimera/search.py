"""Local alignments of reads with the plus strand of indexed references, by seed and extend.

A seed is a word that a read and a reference share. It is extended without gaps (+1 for a match, -3 for a mismatch)
while the score rises, and the extension stops if the score has fallen too far. If the score is good but much of
the read remains on one side, that side is extended again with gaps, by dynamic programming with affine costs in a
narrow band.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.packed import LOWER, changed_bases, leading_zeros, pack, trailing_zeros
from mirtools.chimera.references import SEPARATOR, N
from mirtools.chimera.statistics import GAP_EXTEND, GAP_OPEN, MATCH, MISMATCH
from mirtools.computing.compiled import compiled

# Columns of the array of alignments
READ, SUBJECT, START, END, SUBJECT_START, SUBJECT_END, SCORE = range(7)

# How far the score may fall below its best before an extension stops
_DROP = 12
# Least raw score for an extension with gaps (27 bits, as in BLAST), and the smallest cost of a gap
_GAP_TRIGGER = 13
_GAP_COST = GAP_OPEN + GAP_EXTEND
# Largest shift of the two strands by gaps, in nt
_BAND = 5
_NEVER = -(1 << 20)
# The bit of the base directly before a seed
_NEAREST = np.uint64(1 << 62)
_ALL = np.uint64(2**64 - 1)


@compiled
def find_alignments(
    bases: NDArray[np.uint8],
    starts: NDArray[np.int64],
    reads: NDArray[np.int64],
    seedable: NDArray[np.bool_],
    codes: NDArray[np.uint8],
    packed: NDArray[np.uint64],
    subject_starts: NDArray[np.int64],
    table: NDArray[np.uint32],
    positions: NDArray[np.uint32],
    table_k: int,
    k: int,
    least_scores: NDArray[np.int32],
) -> Any:
    """Return all local alignments of a batch with a sufficient score.

    Parameters
    ----------
    bases, starts : array
        Codes of the reads and the start of each, see :class:`mirtools.chimera.engine.BatchEngine`.
    reads : array of int64
        The reads to search, ascending.
    seedable : array of bool, shape as ``bases``
        Bases that may be part of a seed.
    codes, packed, subject_starts : array
        The references (:class:`mirtools.chimera.references.References`).
    table, positions, table_k
        Index of the references (:class:`mirtools.chimera.kmers.KmerIndex`).
    k : int
        Length of a seed, at most ``table_k``.
    least_scores : array of int32
        Raw score that an alignment needs, by length of the read; longer reads use the last entry.

    Returns
    -------
    array of int32, shape (alignments, 7)
        Read, subject, start and end on the read, start and end on the subject (0-based, half-open), raw score;
        sorted by read, subject, start. Of alignments with a common end point only the best is kept.
    """
    found = np.empty((1024, 7), np.int32)
    count = 0
    packed_reads = pack(bases)
    workspace = np.empty((6, 2 * _BAND + 3), np.int32)
    ranges = np.empty((256, 3), np.int64)
    places, seeds_at = np.empty(1024, np.int64), np.empty(1024, np.int64)
    for read in reads:
        begin, end = starts[read], starts[read + 1]
        least = least_scores[min(end - begin, len(least_scores) - 1)]
        if end - begin < least:
            continue
        first = count
        trigger = min(least, _GAP_TRIGGER)
        # Each step is done for all seeds before the next step, so that memory accesses overlap.
        if end - begin > len(ranges):
            ranges = np.empty((end - begin, 3), np.int64)
        seeds, candidates = _look_up(bases, seedable, begin, end, table, table_k, k, len(positions), ranges)
        if candidates > len(places):
            places, seeds_at = np.empty(2 * candidates, np.int64), np.empty(2 * candidates, np.int64)
        filled = 0
        for seed in range(seeds):
            for entry in range(ranges[seed, 1], ranges[seed, 2]):
                bounded: Any = min(np.int64(positions[entry]), len(codes) - k)
                places[filled] = bounded
                seeds_at[filled] = ranges[seed, 0]
                filled += 1
        for candidate in range(candidates):
            place, start = places[candidate], seeds_at[candidate]
            before = changed_bases(packed_reads, start - 32, packed, place - 32)
            if start - begin < 32:
                before |= LOWER >> np.uint64(2 * (start - begin))
            # Of a run of equal bases only the first seed is used. A separator may count as A here.
            if before < _NEAREST and _starts_seed(bases, seedable, start - 1, codes[place - 1]):
                continue
            after = changed_bases(packed_reads, start, packed, place)
            if end - start < 32:
                after |= LOWER << np.uint64(2 * (end - start))
            if _quick_score(before, after) < trigger:
                continue
            shift = place - start
            # In the index, N and separators in words count as A; and the run of equal bases may be longer.
            run_end = start
            while run_end < end and codes[run_end + shift] == bases[run_end] and bases[run_end] < N:
                run_end += 1
            if run_end - start < k:
                continue
            right, right_bases = _ungapped(bases, run_end, end, 1, codes, shift)
            left, left_bases = _ungapped(bases, start - 1, begin - 1, -1, codes, shift)
            score = (run_end - start) * MATCH + right + left
            if score < trigger:
                continue
            if count == len(found):
                found = _doubled(found)
            row = found[count]
            row[READ] = read
            row[START], row[SUBJECT_START] = start - left_bases, np.int32(start - left_bases + shift)
            row[END], row[SUBJECT_END] = run_end + right_bases, np.int32(run_end + right_bases + shift)
            if score >= _GAP_TRIGGER:
                if (end - run_end) * MATCH - _GAP_COST > right:
                    gapped = _gapped(bases, run_end, end, 1, codes, run_end + shift, workspace)
                    if gapped[0] > right:
                        score += gapped[0] - right
                        row[END] = run_end + gapped[1]
                        row[SUBJECT_END] = np.int32(run_end + shift + gapped[2])
                if (start - begin) * MATCH - _GAP_COST > left:
                    gapped = _gapped(bases, start - 1, begin - 1, -1, codes, start - 1 + shift, workspace)
                    if gapped[0] > left:
                        score += gapped[0] - left
                        row[START] = start - gapped[1]
                        row[SUBJECT_START] = np.int32(start + shift - gapped[2])
            if score >= least:
                row[START] -= begin
                row[END] -= begin
                row[SCORE] = score
                count += 1
        if count > first:
            _name_subjects(found[first:count], subject_starts)
            count = first + _keep_best(found[first:count])
    return found[:count].copy()


@compiled
def _look_up(
    bases: NDArray[np.uint8],
    seedable: NDArray[np.bool_],
    begin: int,
    end: int,
    table: NDArray[np.uint32],
    table_k: int,
    k: int,
    entries: int,
    ranges: NDArray[np.int64],
) -> tuple[int, int]:
    """Find the words of a read in the table; return the number of seeds, and of their positions.

    ``ranges`` gets a row for each seed: its start on ``bases``, and its range of the positions.
    """
    rest = 2 * (table_k - k)
    mask = (1 << (2 * k)) - 1
    seeds = candidates = word = 0
    clean = 0  # number of consecutive usable bases up to the present one
    for last in range(begin, end):
        if bases[last] >= N or not seedable[last]:
            clean = 0
            continue
        word = ((word << 2) | bases[last]) & mask
        clean += 1
        if clean >= k:
            ranges[seeds, 0] = last - k + 1
            # within bounds even if the file of an index is damaged
            last_entry: Any = min(np.int64(table[(word + 1) << rest]), entries)
            first_entry: Any = min(np.int64(table[word << rest]), last_entry)
            ranges[seeds, 1], ranges[seeds, 2] = first_entry, last_entry
            candidates += last_entry - first_entry
            seeds += 1
    return seeds, candidates


@compiled
def _doubled(found: NDArray[np.int32]) -> Any:
    larger = np.empty((2 * len(found), found.shape[1]), np.int32)
    larger[: len(found)] = found
    return larger


@compiled
def _starts_seed(bases: NDArray[np.uint8], seedable: NDArray[np.bool_], start: int, base: int) -> bool:
    """Return whether a base of a read may belong to a seed and equals ``base``, that of the reference."""
    return bool(bases[start] == base and base < N and seedable[start])


@compiled
def _quick_score(before: Any, after: Any) -> Any:
    """Return the best ungapped score around a seed within 32 bases and three mismatches on either side.

    Parameters
    ----------
    before : uint64
        Bit ``62 - 2 n`` is set if base ``n`` before the start of the seed differs.
    after : uint64
        Bit ``2 n`` is set if base ``n`` from the start of the seed on differs.
    """
    run = trailing_zeros(after) >> 1
    score = right = run * MATCH
    for _ in range(3):
        if run >= 31:
            break
        bits = np.uint64(2 * run + 2)
        after = (after >> bits) | ~(_ALL >> bits)
        run = trailing_zeros(after) >> 1
        score += MISMATCH + run * MATCH
        right = max(right, score)
    run = leading_zeros(before) >> 1
    score = left = run * MATCH
    for _ in range(3):
        if run >= 31:
            break
        bits = np.uint64(2 * run + 2)
        before = (before << bits) | ~(_ALL << bits)
        run = leading_zeros(before) >> 1
        score += MISMATCH + run * MATCH
        left = max(left, score)
    return left + right


@compiled
def _ungapped(
    bases: NDArray[np.uint8], start: int, stop: int, step: int, codes: NDArray[np.uint8], shift: int
) -> tuple[int, int]:
    """Return the best score of an extension from ``start`` towards ``stop``, and its length in bases."""
    score = best = taken = 0
    for position in range(start, stop, step):
        base = codes[position + shift]
        if base == SEPARATOR:
            break
        score += MATCH if base == bases[position] and base < N else MISMATCH
        if score > best:
            best, taken = score, abs(position - start) + 1
        elif score < best - _DROP:
            break
    return best, taken


@compiled
def _gapped(
    bases: NDArray[np.uint8],
    start: int,
    stop: int,
    step: int,
    codes: NDArray[np.uint8],
    place: int,
    workspace: NDArray[np.int32],
) -> tuple[int, int, int]:
    """Return the best score of a gapped extension, and its length in bases of the read and of the reference.

    Rows are bases of the read; cell ``d`` of a row is ``d - _BAND - 1`` bases ahead on the reference. The cells at
    both ends of a row are never reached and limit the band.
    """
    width = 2 * _BAND + 3
    # best score of a cell; best score of one that ends with a gap in the read, or in the reference
    any_end, skip_reference, skip_read = workspace[0], workspace[1], workspace[2]
    next_any, next_reference, next_read = workspace[3], workspace[4], workspace[5]
    workspace[:] = _NEVER
    middle = _BAND + 1
    any_end[middle] = 0
    for cell in range(middle + 1, width - 1):
        at = place + step * (cell - middle - 1)
        if at < 0 or at >= len(codes) or codes[at] == SEPARATOR:
            break
        any_end[cell] = skip_reference[cell] = -GAP_OPEN - GAP_EXTEND * (cell - middle)
    best = read_bases = reference_bases = 0
    for row in range(abs(stop - start)):
        base = bases[start + step * row]
        highest = _NEVER
        for cell in range(1, width - 1):
            offset = row + cell - middle
            at = place + step * offset
            inside = 0 <= at < len(codes) and offset >= 0
            other = codes[at] if inside else SEPARATOR
            score = _NEVER
            if other != SEPARATOR:
                score = any_end[cell] + (MATCH if other == base and base < N else MISMATCH)
                next_reference[cell] = max(
                    next_any[cell - 1] - GAP_OPEN - GAP_EXTEND, next_reference[cell - 1] - GAP_EXTEND
                )
            else:
                next_reference[cell] = _NEVER
            next_read[cell] = max(any_end[cell + 1] - GAP_OPEN - GAP_EXTEND, skip_read[cell + 1] - GAP_EXTEND)
            score = max(score, next_reference[cell], next_read[cell])
            next_any[cell] = score
            if score > best:
                best, read_bases, reference_bases = score, row + 1, offset + 1
            highest = max(highest, score)
        if highest < best - _DROP:
            break
        any_end, next_any = next_any, any_end
        skip_reference, next_reference = next_reference, skip_reference
        skip_read, next_read = next_read, skip_read
    return best, read_bases, reference_bases


@compiled
def _name_subjects(found: NDArray[np.int32], subject_starts: NDArray[np.int64]) -> Any:
    """Convert positions on ``codes`` into a subject and positions on it."""
    for alignment in range(len(found)):
        place = np.int64(np.uint32(found[alignment, SUBJECT_START]))
        subject = np.searchsorted(subject_starts, place, "right") - 1
        found[alignment, SUBJECT] = subject
        bases = np.int64(np.uint32(found[alignment, SUBJECT_END])) - place
        found[alignment, SUBJECT_START] = place - subject_starts[subject]
        found[alignment, SUBJECT_END] = found[alignment, SUBJECT_START] + bases


@compiled
def _keep_best(found: NDArray[np.int32]) -> int:
    """Drop alignments of one read that share an end point with a better one; return the number of remaining ones.

    These are moved to the front, sorted by subject and start.
    """
    if len(found) == 1:
        return 1
    subjects = found[:, SUBJECT].astype(np.int64) << 32
    ordered = found[np.argsort(subjects - found[:, SCORE], kind="mergesort")]
    kept = first = 0  # first: the first alignment that was kept with the present subject
    for alignment in range(len(ordered)):
        row = ordered[alignment]
        if kept and found[kept - 1, SUBJECT] != row[SUBJECT]:
            first = kept
        for earlier in range(first, kept):
            other = found[earlier]
            if other[START] == row[START] and other[SUBJECT_START] == row[SUBJECT_START]:
                break
            if other[END] == row[END] and other[SUBJECT_END] == row[SUBJECT_END]:
                break
        else:
            found[kept] = row
            kept += 1
    subjects = found[:kept, SUBJECT].astype(np.int64) << 32
    found[:kept] = found[np.argsort(subjects + found[:kept, START], kind="mergesort")]
    return kept
