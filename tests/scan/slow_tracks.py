"""Both tracks as in the paper's text (Gresova et al. 2022, Methods 2.5), base by base, window by window."""

from __future__ import annotations

import numpy as np


def mean_scores(scores, length, window):
    """Add each score to all positions of its window, then divide by the number of added scores."""
    sums, counts = [0.0] * length, [0] * length
    for start, score in enumerate(scores):
        for position in range(start, min(start + window, length)):
            sums[position] += float(score)
            counts[position] += 1
    return [total / count for total, count in zip(sums, counts, strict=True)]


def attributions(explained, length, width, window, stride):
    """Scale each matrix by its window's score and add it, then divide by the number of windows."""
    matrix = [[0.0] * width for _ in range(length)]
    for start, values, score in explained:
        for row in range(min(window, length - start)):
            for column in range(width):
                matrix[start + row][column] += float(score) * float(values[row][column])
    last = max(length - window, 0)
    starts = sorted({*range(0, last + 1, stride), last})
    for position in range(length):
        count = max(sum(start <= position < start + window for start in starts), 1)
        matrix[position] = [value / count for value in matrix[position]]
    return np.array(matrix)


def smoothed(track, reach):
    """Replace each base by the weighted mean of its neighbours; values beyond the ends are 0."""
    result = []
    for at in range(len(track)):
        total = 0.0
        for step in range(1 - reach, reach):
            if 0 <= at + step < len(track):
                total += (reach - abs(step)) * float(track[at + step])
        result.append(total / reach**2)
    return result


def maxima(track):
    """Return the positions that are higher than both sides; of equal neighbours the middle one."""
    found = []
    at = 0
    while at < len(track):
        end = at
        while end + 1 < len(track) and track[end + 1] == track[at]:
            end += 1
        before = at == 0 or track[at - 1] < track[at]
        behind = end + 1 == len(track) or track[end + 1] < track[at]
        if before and behind:
            found.append((at + end) // 2)
        at = end + 1
    return found


def prominence(track, place):
    """Return the smallest descent on the way to a higher value."""
    valleys = []
    for step in (-1, 1):
        lowest, at = track[place], place
        while 0 <= at < len(track) and track[at] <= track[place]:
            lowest = min(lowest, track[at])
            at += step
        if 0 <= at < len(track):
            valleys.append(lowest)
    return track[place] - (max(valleys) if valleys else 0)
