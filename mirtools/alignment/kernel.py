"""Compiled kernels of the aligner; :mod:`mirtools.alignment.align` explains scores and ties.

All use one orientation: site 5'->3' along the rows, miRNA 3'->5' along the columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mirtools.computing.compiled import compiled

# Columns of an alignment, and states of the dynamic programming: both bases, the site's alone, the miRNA's alone
PAIR, SITE_ONLY, MIRNA_ONLY = 0, 1, 2
# State before the first pair: bases there overhang at no cost.
_START = 3
# Numbers that the kernel writes for each pair, in this order
(SCORE, OPENING, EXTENSION, LARGEST) = range(4)
NUMBERS = 4


@compiled
def set_scores(values: Any, signs: Any, site: Any, mirna: Any, scores: Any) -> float:
    """Turn attributions into scores of two bases, and return the largest absolute score.

    Negative attributions become 0; those of bases that do not pair change their sign.

    Parameters
    ----------
    values : ndarray of shape (site length, miRNA length), float64
        Both axes 5'->3'.
    signs : ndarray of shape (letters, letters), float64
        1 for letters that pair, -1 for others, by their codes: site, miRNA.
    site, mirna : ndarray, uint8
        Codes of letters, 5'->3'.
    scores : ndarray of shape (site length, miRNA length), float64
        The result; miRNA 3'->5'.
    """
    largest = 0.0
    last = len(mirna) - 1
    for i in range(len(site)):
        signs_here = signs[site[i]]
        for j in range(last + 1):
            # no branches, since the processor cannot predict which cells are positive
            value = max(values[i, last - j], 0.0)
            largest = max(largest, value)
            scores[i, j] = value * signs_here[mirna[last - j]]
    return largest


@compiled
def percentile(numbers: Any, zeros: int, share: float) -> float:
    """Return a percentile of positive numbers and some zeros, interpolated linearly between its neighbours.

    ``numbers`` are reordered: smaller ones before the percentile, larger ones after it.
    """
    rank = share / 100.0 * (zeros + len(numbers) - 1)
    place = int(rank) - zeros
    if place < -1 or not len(numbers):
        return 0.0
    low, high = 0, len(numbers) - 1
    while low < high and place >= 0:
        # Hoare's selection
        pivot = numbers[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while numbers[i] < pivot:
                i += 1
            while numbers[j] > pivot:
                j -= 1
            if i <= j:
                numbers[i], numbers[j] = numbers[j], numbers[i]
                i += 1
                j -= 1
        if place <= j:
            high = j
        elif place >= i:
            low = i
        else:
            break
    below = 0.0 if place < 0 else numbers[place]
    if place + 1 == len(numbers):
        return below
    above = np.inf
    for i in range(place + 1, len(numbers)):
        above = min(above, numbers[i])
    return below + (above - below) * (rank - zeros - place)


@compiled
def gap_costs(scores: Any, opening: float, extension: float, by_rows: bool) -> tuple[float, float]:
    """Return the costs of a gap's first and of each further base: percentiles of absolute row sums or cells.

    ``opening`` and ``extension`` are percentages, the first not smaller.
    """
    rows, columns = scores.shape
    numbers = np.empty(rows if by_rows else rows * columns)
    count = 0
    for i in range(rows):
        total = 0.0
        for j in range(columns):
            total += scores[i, j]
            if not by_rows:
                # a zero is overwritten by the next number
                numbers[count] = abs(scores[i, j])
                count += numbers[count] > 0.0
        if by_rows:
            numbers[i] = abs(total)
            count += 1
    zeros = len(numbers) - count
    extending = percentile(numbers[:count], zeros, extension)
    return percentile(numbers[:count], zeros, opening), extending


@compiled
def fill(scores: Any, opening: float, extension: float, origins: Any) -> tuple[float, int, int]:
    """Fill the three states of every cell; returns the score, and the cell at which the best alignment ends.

    ``origins`` gets the state from which each state was reached, two bits per state. Ties: the pair first, then
    the site's base alone.
    """
    rows, columns = scores.shape
    # for the row above: the score of the best state of each column, that state, and the score of a gap in the
    # miRNA
    best = np.zeros(columns + 1)
    state = np.full(columns + 1, _START, np.int64)
    down = np.full(columns + 1, -np.inf)
    score, end_row, end_column = 0.0, 0, columns
    for i in range(1, rows + 1):
        diagonal, diagonal_state = 0.0, _START  # the cell above and to the left
        left, left_state = 0.0, _START
        across = -np.inf
        for j in range(1, columns + 1):
            pair = diagonal + scores[i - 1, j - 1]
            from_pair = diagonal_state
            diagonal, diagonal_state = best[j], state[j]

            opened, extended = best[j] - opening, down[j] - extension
            from_down = SITE_ONLY
            if opened > extended or (opened == extended and diagonal_state != MIRNA_ONLY):
                extended, from_down = opened, diagonal_state
            down[j] = extended

            opened, longer = left - opening, across - extension
            from_across = MIRNA_ONLY
            if opened >= longer:
                longer, from_across = opened, left_state
            across = longer

            left, left_state = pair, PAIR
            if extended > left:
                left, left_state = extended, SITE_ONLY
            if across > left:
                left, left_state = across, MIRNA_ONLY
            best[j] = left
            state[j] = left_state
            origins[i, j] = from_pair | from_down << 2 | from_across << 4 | left_state << 6
        # the miRNA's 5' end is reached; the rest of the site overhangs
        if left > score:
            score, end_row, end_column = left, i, columns
    for j in range(columns - 1, 0, -1):
        if best[j] > score:
            score, end_row, end_column = best[j], rows, j
    return score, end_row, end_column


@compiled
def fill_published(scores: Any, opening: float, extension: float, origins: Any) -> None:
    """Fill as the published program does: one state per cell, which is stored in ``origins``.

    A gap is extended, not opened, if the previously scanned cell (whichever it is) ended in a gap; moves within
    the last row and the last column are free; ties: the miRNA's base alone first, then the pair.
    """
    rows, columns = scores.shape
    best = np.zeros(columns + 1)
    in_gap = False
    for i in range(1, rows + 1):
        diagonal = 0.0
        best[0] = 0.0
        for j in range(1, columns + 1):
            cost = extension if in_gap else opening
            if i == rows or j == columns:
                cost = 0.0
            pair = diagonal + scores[i - 1, j - 1]
            across, down = best[j - 1] - cost, best[j] - cost
            diagonal = best[j]
            if across >= pair and across >= down:
                best[j], state = across, MIRNA_ONLY
            elif pair >= down:
                best[j], state = pair, PAIR
            else:
                best[j], state = down, SITE_ONLY
            in_gap = state != PAIR
            origins[i, j] = state


@compiled
def walk(origins: Any, rows: int, columns: int, end_row: int, end_column: int, moves: Any) -> int:
    """Trace an alignment from its end to its beginning; returns its number of columns.

    ``moves`` gets its columns from left to right: the site's 5' end first.
    """
    count = 0
    for _ in range(rows - end_row):
        moves[count] = SITE_ONLY
        count += 1
    for _ in range(columns - end_column):
        moves[count] = MIRNA_ONLY
        count += 1
    i, j = end_row, end_column
    state = origins[i, j] >> 6
    while i > 0 and j > 0:
        moves[count] = state
        count += 1
        before = (origins[i, j] >> 2 * state) & 3
        if state != MIRNA_ONLY:
            i -= 1
        if state != SITE_ONLY:
            j -= 1
        state = before
    return _to_the_start(i, j, count, moves)


@compiled
def walk_published(origins: Any, rows: int, columns: int, moves: Any) -> int:
    """Trace an alignment as :func:`walk` does, after :func:`fill_published`."""
    count = 0
    i, j = rows, columns
    while i > 0 and j > 0:
        state = origins[i, j]
        moves[count] = state
        count += 1
        if state != MIRNA_ONLY:
            i -= 1
        if state != SITE_ONLY:
            j -= 1
    return _to_the_start(i, j, count, moves)


@compiled
def _to_the_start(i: int, j: int, count: int, moves: Any) -> int:
    """Add the bases that overhang at the beginning, and reverse the moves."""
    for _ in range(i):
        moves[count] = SITE_ONLY
        count += 1
    for _ in range(j):
        moves[count] = MIRNA_ONLY
        count += 1
    for at in range(count // 2):
        moves[at], moves[count - 1 - at] = moves[count - 1 - at], moves[at]
    return count


@compiled
def path_score(scores: Any, opening: float, extension: float, moves: Any) -> float:
    """Return the score of an alignment; gaps at the ends of a sequence are free."""
    rows, columns = scores.shape
    i = j = 0
    before = PAIR
    total = 0.0
    for move in moves:
        if move == PAIR:
            total += scores[i, j]
        elif (move == SITE_ONLY and 0 < j < columns) or (move == MIRNA_ONLY and 0 < i < rows):
            total -= extension if before == move else opening
        if move != MIRNA_ONLY:
            i += 1
        if move != SITE_ONLY:
            j += 1
        before = move
    return total


@compiled
def align_all(
    values: Any,
    signs: Any,
    sites: Any,
    mirnas: Any,
    lengths: Any,
    costs: Any,
    by_rows: bool,
    given: bool,
    published: bool,
    numbers: Any,
    moves: Any,
    columns: Any,
    site_importance: Any,
    mirna_importance: Any,
    partners: Any,
) -> None:
    """Align many pairs.

    Parameters
    ----------
    values : ndarray of shape (n, site length, miRNA length), float64
    signs : ndarray of shape (letters, letters), float64
        1 for letters that pair, -1 for others, by their codes: site, miRNA.
    sites, mirnas : ndarray of shape (n, length), uint8
        Codes of letters, 5'->3'.
    lengths : ndarray of shape (n, 2), int64
        Lengths of site and miRNA; codes after them are padding.
    costs : ndarray of shape (2,), float64
        Percentages for :func:`gap_costs`, or the costs themselves if ``given``.
    by_rows, given, published : bool
    numbers : ndarray of shape (n, NUMBERS), float64
        Results: SCORE, OPENING, EXTENSION, LARGEST.
    moves : ndarray of shape (n, site length + miRNA length), uint8
    columns : ndarray of shape (n,), int64
        Number of moves of each alignment; 0 if none has a positive score.
    site_importance, mirna_importance : ndarray of shape (n, length), float64
        Scores of the alignment's pairs by base, 5'->3'.
    partners : ndarray of shape (n, miRNA length), int32
        The base of the site that is aligned with each base of the miRNA, or -1.
    """
    longest, widest = values.shape[1], values.shape[2]
    buffer = np.empty((longest, widest))
    origins = np.zeros((longest + 1, widest + 1), np.int64)
    site_importance[:] = 0.0
    mirna_importance[:] = 0.0
    partners[:] = -1
    for n in range(values.shape[0]):
        rows, width = lengths[n, 0], lengths[n, 1]
        site, mirna = sites[n, :rows], mirnas[n, :width]
        scores = buffer[:rows, :width]
        largest = set_scores(values[n], signs, site, mirna, scores)
        opening, extension = costs[0], costs[1]
        if not given:
            opening, extension = gap_costs(scores, opening, extension, by_rows)
        numbers[n, SCORE] = 0.0
        numbers[n, OPENING] = opening
        numbers[n, EXTENSION] = extension
        numbers[n, LARGEST] = largest
        columns[n] = 0
        if published:
            fill_published(scores, opening, extension, origins)
            count = walk_published(origins, rows, width, moves[n])
            score = path_score(scores, opening, extension, moves[n, :count])
            reached = largest > 0.0
        else:
            score, end_row, end_column = fill(scores, opening, extension, origins)
            reached = score > 0.0
            count = walk(origins, rows, width, end_row, end_column, moves[n]) if reached else 0
        if not reached:
            continue
        numbers[n, SCORE] = score
        columns[n] = count
        i = j = 0
        for at in range(count):
            move = moves[n, at]
            if move == PAIR:
                site_importance[n, i] = scores[i, j]
                mirna_importance[n, width - 1 - j] = scores[i, j]
                partners[n, width - 1 - j] = i
            if move != MIRNA_ONLY:
                i += 1
            if move != SITE_ONLY:
                j += 1
