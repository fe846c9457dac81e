"""The kernel that pairs the hits of reads; see :mod:`mirtools.chimera.pairing` for the rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirtools.chimera.references import N
from mirtools.computing.compiled import compiled

# Bases at the end of a miRNA that may be replaced and therefore missing from the alignment
_HIDDEN = 2
# Bases that a miRNA may lack, or twice the number of its mismatches, whatever the least score
_LACKING = 5
# Most bases beyond the alignment of a guide that are kept for its end. A miRNA that scores enough lacks no more;
# guides of other classes are often longer than what is loaded of them.
_MOST_HIDDEN = 12
# Least length of a target hit after trimming
_LEAST_TARGET = 15
# Columns of a pair, see mirtools.chimera.pairing.Pairs
(READ, RANK, N_BEST, TARGET_FIRST, GAP, MIRNA_HIT, MIRNA_START, MIRNA_END, MIRNA_REF_START, MIRNA_REF_END) = range(
    10
)
(PART_START, PART_END, UNASSIGNED_5P, UNASSIGNED_3P) = range(10, 14)
(TARGET_HIT, TARGET_START, TARGET_END, TARGET_REF_START, TARGET_REF_END, SITE_START, SITE_END) = range(14, 21)
OPEN_3P = 21
CELLS = 22
# Outcomes; the last of several is reported, which is the one nearest to a pair
PAIRED, NO_MIRNA, NO_TARGET, LOOP, GAP_TOO_LONG, SHORT_SITE = range(6)
# Columns of the sort key of candidates, see _set_key
_KEYS = 16


@compiled
def extension(bases: Any, position: int, codes: Any, place: int, step: int, limit: int) -> tuple[int, int]:
    """Return how far an alignment extends along its diagonal, and matches minus mismatches of this extension.

    It ends where this difference is largest, at the nearest such position.

    Parameters
    ----------
    bases, codes : array of uint8
        Base codes of the reads and of the miRNAs.
    position, place : int
        The first base beyond the alignment in each.
    step : int
        1 towards the 3' end, -1 towards the 5' end.
    limit : int
        Longest extension, in bases.
    """
    score = best = length = 0
    for number in range(limit):
        base, canonical = bases[position + step * number], codes[place + step * number]
        # unread or unknown bases count neither as match nor as mismatch
        if base != N and canonical != N:
            score += 1 if base == canonical else -1
        if score > best:
            best, length = score, number + 1
    return length, best


@compiled
def least_score(min_score: Any, mirna_length: Any) -> Any:
    """Return the score that a hit needs, given the length of its miRNA."""
    return min(min_score, mirna_length - _LACKING)


@compiled
def likely(
    mirnas: Any, bases: Any, starts: Any, codes: Any, mirna_starts: Any, mirna_lengths: Any, min_score: int
) -> Any:
    """Return which miRNA hits have a sufficient score for a pair, as bool of shape (hits,).

    Parameters
    ----------
    mirnas : Hits
    bases, starts : array
        The reads, see :class:`mirtools.chimera.batches.ReadBatch`.
    codes, mirna_starts, mirna_lengths : array
        Arrays of the :class:`mirtools.chimera.references.References`.
    min_score : int
        See :class:`mirtools.chimera.pairing.PairingRules`.
    """
    found = np.empty(len(mirnas.read), np.bool_)
    for hit in range(len(found)):
        number, read = mirnas.subject[hit], mirnas.read[hit]
        mirna = codes[mirna_starts[number] : mirna_starts[number] + mirna_lengths[number]]
        read_bases = bases[starts[read] : starts[read + 1]]
        score = _extended(mirnas, hit, read_bases, mirna, 0, len(read_bases))[4]
        found[hit] = score >= least_score(min_score, len(mirna))
    return found


@compiled
def pair_reads(
    mirnas: Any,
    targets: Any,
    bases: Any,
    starts: Any,
    loose: Any,
    mirna_codes: Any,
    mirna_starts: Any,
    mirna_lengths: Any,
    mirna_order: Any,
    transcript_lengths: Any,
    transcript_order: Any,
    rules: Any,
    keep_ties: bool,
) -> Any:
    """Pair the hits of each read.

    Returns
    -------
    cells : array of int64, shape (pairs, CELLS)
    reasons : array of uint8, shape (reads,)
    tied : array of int32, shape (ties, 4)
        miRNA, transcript, start and end of the aligned part of the transcript, of all pairs as good as the best of
        their read; empty without ``keep_ties``.
    tied_ends : array of int64, shape (pairs,)
        End of the ``n_best`` entries of a pair's read in ``tied``.
    """
    reads = len(starts) - 1
    top = rules.top
    reasons = np.empty(reads, np.uint8)
    cells = np.empty((1024, CELLS), np.int64)
    tied_ends = np.empty(1024, np.int64)
    tied = np.empty((16, 4), np.int32)
    chosen, keys = np.empty((top + 1, CELLS), np.int64), np.empty((top + 1, _KEYS))
    pairs = ties = 0
    first_mirna = first_target = 0
    for read in range(reads):
        last_mirna, last_target = first_mirna, first_target
        while last_mirna < len(mirnas.read) and mirnas.read[last_mirna] == read:
            last_mirna += 1
        while last_target < len(targets.read) and targets.read[last_target] == read:
            last_target += 1
        reason, held, n_best, ties_before = NO_MIRNA, 0, 0, ties
        for mirna in range(first_mirna, last_mirna):
            number = mirnas.subject[mirna]
            codes = mirna_codes[mirna_starts[number] : mirna_starts[number] + mirna_lengths[number]]
            read_bases = bases[starts[read] : starts[read + 1]]
            whole = _extended(mirnas, mirna, read_bases, codes, 0, len(read_bases))
            if whole[4] < least_score(rules.min_score, len(codes)):
                continue
            reason = max(reason, NO_TARGET) if first_target == last_target else reason
            for target in range(first_target, last_target):
                cell, key = chosen[held], keys[held]
                length = transcript_lengths[targets.subject[target]]
                outcome = _combine(mirnas, mirna, targets, target, read_bases, codes, length, rules, cell)
                if outcome != PAIRED:
                    reason = max(reason, outcome)
                    continue
                _set_key(mirnas, targets, cell, len(codes), mirna_order, transcript_order, key)
                if n_best == 0 or _before(key, keys[0], 2):
                    n_best, ties = 0, ties_before
                    best_evalue, best_bits = key[0], key[1]
                if key[0] == best_evalue and key[1] == best_bits:
                    n_best += 1
                    if keep_ties:
                        if ties == len(tied):
                            tied = np.concatenate((tied, np.empty_like(tied)))
                        tied[ties, 0], tied[ties, 1] = number, targets.subject[target]
                        tied[ties, 2], tied[ties, 3] = cell[TARGET_REF_START], cell[TARGET_REF_END]
                        ties += 1
                # insert the candidate; if there are too many, the last one is dropped
                place = held
                while place > 0 and _before(keys[place], keys[place - 1], _KEYS):
                    for column in range(_KEYS):
                        keys[place, column], keys[place - 1, column] = keys[place - 1, column], keys[place, column]
                    for column in range(CELLS):
                        chosen[place, column], chosen[place - 1, column] = (
                            chosen[place - 1, column],
                            chosen[place, column],
                        )
                    place -= 1
                held = min(held + 1, top)
        reasons[read] = PAIRED if held else reason
        if pairs + held > len(cells):
            cells = np.concatenate((cells, np.empty((len(cells) + held, CELLS), np.int64)))
            tied_ends = np.concatenate((tied_ends, np.empty(len(tied_ends) + held, np.int64)))
        for rank in range(held):
            cell = chosen[rank]
            cell[READ], cell[RANK], cell[N_BEST] = read, rank + 1, n_best
            number = mirnas.subject[cell[MIRNA_HIT]]
            _keep_ends(cell, mirna_lengths[number], starts[read + 1] - starts[read], loose[read], rules.max_gap)
            cells[pairs] = cell
            tied_ends[pairs] = ties
            pairs += 1
        first_mirna, first_target = last_mirna, last_target
    return cells[:pairs].copy(), reasons, tied[:ties].copy(), tied_ends[:pairs].copy()


@compiled
def _extended(mirnas: Any, mirna: int, bases: Any, codes: Any, low: int, high: int) -> Any:
    """Return a miRNA hit extended within ``bases[low:high]``: coordinates on read and miRNA, and its score."""
    start, end = mirnas.start[mirna], mirnas.end[mirna]
    ref_start, ref_end = mirnas.subject_start[mirna], mirnas.subject_end[mirna]
    left, gain_5p = extension(bases, start - 1, codes, ref_start - 1, -1, min(start - low, ref_start))
    right, gain_3p = extension(bases, end, codes, ref_end, 1, min(high - end, len(codes) - ref_end))
    return start - left, end + right, ref_start - left, ref_end + right, end - start + gain_5p + gain_3p


@compiled
def _combine(
    mirnas: Any, mirna: int, targets: Any, target: int, bases: Any, codes: Any, length: int, rules: Any, cell: Any
) -> int:
    """Write two hits into ``cell`` as a candidate pair; returns PAIRED, or the reason against it."""
    t_start, t_end = targets.start[target], targets.end[target]
    t_ref_start, t_ref_end = targets.subject_start[target], targets.subject_end[target]
    mirna_first = mirnas.start[mirna] < t_start
    low = 0 if mirna_first else min(mirnas.start[mirna], t_end)
    high = max(mirnas.end[mirna], t_start) if mirna_first else len(bases)
    start, end, ref_start, ref_end, evidence = _extended(mirnas, mirna, bases, codes, low, high)
    if evidence < least_score(rules.min_score, len(codes)):
        return NO_MIRNA
    # A target that was extended too far by chance is trimmed.
    shared = end - t_start if mirna_first else t_end - start
    extra = shared - rules.max_gap
    if 0 < extra <= rules.max_gap and t_end - t_start - shared >= _LEAST_TARGET:
        if mirna_first:
            t_start, t_ref_start = t_start + extra, t_ref_start + extra
        else:
            t_end, t_ref_end = t_end - extra, t_ref_end - extra
    if mirna_first:
        gap, nested = t_start - end, t_end <= end or t_start == start
    else:
        gap, nested = start - t_end, end <= t_end or t_start == start
    if gap < -rules.max_gap or nested:
        return LOOP
    # A replaced last base hides the end of the miRNA; the gap is counted from where that end would be.
    hidden = len(codes) - ref_end if mirna_first else ref_start
    if gap > rules.max_gap + min(hidden, _HIDDEN):
        return GAP_TOO_LONG
    # Shared bases belong to the miRNA: a site after the miRNA starts after them.
    site_start = t_ref_start + (max(0, -gap) if mirna_first else 0)
    site_end = min(t_ref_end + rules.extend, length)
    if site_end - site_start < rules.min_site:
        return SHORT_SITE
    cell[TARGET_FIRST], cell[GAP], cell[MIRNA_HIT], cell[TARGET_HIT] = not mirna_first, gap, mirna, target
    cell[MIRNA_START], cell[MIRNA_END] = start, end
    cell[MIRNA_REF_START], cell[MIRNA_REF_END] = ref_start, ref_end
    cell[TARGET_START], cell[TARGET_END] = t_start, t_end
    cell[TARGET_REF_START], cell[TARGET_REF_END] = t_ref_start, t_ref_end
    cell[SITE_START], cell[SITE_END] = site_start, site_end
    return PAIRED


@compiled
def _set_key(
    mirnas: Any, targets: Any, cell: Any, mirna_length: int, mirna_order: Any, transcript_order: Any, key: Any
) -> None:
    """Set the sort key of a candidate."""
    mirna, target = cell[MIRNA_HIT], cell[TARGET_HIT]
    # Rounding makes equal products equal, whatever the factors.
    magnitude = np.log10(mirnas.evalue[mirna]) + np.log10(targets.evalue[target])
    key[0] = np.floor(magnitude * 1e6 + 0.5)
    key[1] = -np.floor((mirnas.bits[mirna] + targets.bits[target]) * 1e3 + 0.5)
    key[2] = cell[MIRNA_REF_END] - cell[MIRNA_REF_START] < mirna_length
    key[3] = mirna_order[mirnas.subject[mirna]]
    key[4] = transcript_order[targets.subject[target]]
    key[5], key[6] = cell[TARGET_REF_START], cell[MIRNA_START]
    # the rest of the key only makes the order independent of that of the hits
    key[7], key[8] = cell[TARGET_REF_END], cell[MIRNA_END]
    key[9], key[10], key[11] = cell[MIRNA_REF_START], cell[TARGET_START], cell[TARGET_END]
    # hits that extend to the same coordinates
    key[12], key[13] = mirnas.evalue[mirna], mirnas.bits[mirna]
    key[14], key[15] = targets.evalue[target], targets.bits[target]


@compiled
def _before(key: Any, other: Any, columns: int) -> bool:
    for column in range(columns):
        if key[column] != other[column]:
            return bool(key[column] < other[column])
    return False


@compiled
def _keep_ends(cell: Any, mirna_length: int, read_length: int, loose: int, max_gap: int) -> None:
    """Set the miRNA part of the read, including adjacent bases that belong to neither alignment.

    Towards the target these are the bases of the gap. At the outer end they extend to the end of the read if that
    lies at most ``max_gap`` beyond the canonical end of the miRNA, else (a linker or barcode follows) to that end.
    If sequencing stopped in the insert, its ``loose`` last bases may not belong to it (-1: its end was seen). A
    miRNA that ends there or directly before may have been longer.
    """
    gap = max(cell[GAP], 0)
    cell[OPEN_3P] = 0
    if cell[TARGET_FIRST]:
        hidden, outer = min(mirna_length - cell[MIRNA_REF_END], _MOST_HIDDEN), read_length - cell[MIRNA_END]
        if loose >= 0 and outer <= hidden + max_gap + loose:
            cell[OPEN_3P] = 1
            outer = max(outer - loose, 0)
    else:
        hidden, outer = min(cell[MIRNA_REF_START], _MOST_HIDDEN), cell[MIRNA_START]
    kept = outer if outer <= hidden + max_gap else hidden
    left, right = (gap, kept) if cell[TARGET_FIRST] else (kept, gap)
    cell[UNASSIGNED_5P], cell[UNASSIGNED_3P] = left, right
    cell[PART_START], cell[PART_END] = cell[MIRNA_START] - left, cell[MIRNA_END] + right
