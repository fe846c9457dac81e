"""Slow, obviously correct counterparts of the compiled aligner.

Everything here is about score matrices as the aligner makes them: site 5'->3' along the rows, miRNA 3'->5' along
the columns.
"""

from functools import cache

import numpy as np

PAIR, SITE_ONLY, MIRNA_ONLY = 0, 1, 2
WATSON_CRICK = {"AT", "TA", "CG", "GC"}
WOBBLE = WATSON_CRICK | {"GT", "TG"}


def scores_of(values, mirna, site, paired=WATSON_CRICK):
    """The score matrix, cell by cell, by the paper's Algorithm 1."""
    scores = np.zeros((len(site), len(mirna)))
    for i, base in enumerate(site):
        for j, facing in enumerate(mirna[::-1]):
            value = max(0.0, float(values[i, len(mirna) - 1 - j]))
            scores[i, j] = value if base + facing in paired else -value
    return scores


def costs_of(scores, opening=99, extension=90, scale="rows"):
    numbers = np.abs(scores.sum(axis=1) if scale == "rows" else scores)
    return float(np.percentile(numbers, opening)), float(np.percentile(numbers, extension))


def rescored(scores, moves, opening, extension):
    """The score of a path: scores of pairs minus costs of gaps, which are free outside the other sequence."""
    rows, columns = scores.shape
    i = j = 0
    total, before = 0.0, None
    for move in moves:
        if move == PAIR:
            total += scores[i, j]
            i, j = i + 1, j + 1
        elif move == SITE_ONLY:
            if 0 < j < columns:
                total -= extension if before == move else opening
            i += 1
        else:
            if 0 < i < rows:
                total -= extension if before == move else opening
            j += 1
        before = move
    assert (i, j) == (rows, columns)
    return total


@cache
def all_paths(rows, columns):
    """Every path through a matrix, as tuples of moves."""
    if not rows or not columns:
        return [(SITE_ONLY,) * rows + (MIRNA_ONLY,) * columns]
    steps = {PAIR: (1, 1), SITE_ONLY: (1, 0), MIRNA_ONLY: (0, 1)}
    return [
        (move, *rest) for move, (down, right) in steps.items() for rest in all_paths(rows - down, columns - right)
    ]


@cache
def path_table(rows, columns):
    """All paths as arrays: the cells that each pairs, the gaps that it opens and the bases that extend them."""
    paths = all_paths(rows, columns)
    cells = np.zeros((len(paths), rows * columns))
    gaps = np.zeros((len(paths), 2))
    for number, path in enumerate(paths):
        i = j = 0
        before = None
        for move in path:
            if move == PAIR:
                cells[number, i * columns + j] = 1
            elif (move == SITE_ONLY and 0 < j < columns) or (move == MIRNA_ONLY and 0 < i < rows):
                gaps[number, int(before == move)] += 1
            i, j = i + (move != MIRNA_ONLY), j + (move != SITE_ONLY)
            before = move
    return cells, gaps


def best_of_all(scores, costs):
    """The score of the best of all alignments of each matrix: shapes (n, rows, columns) and (n, 2)."""
    cells, gaps = path_table(*scores.shape[1:])
    return (scores.reshape(len(scores), -1) @ cells.T - costs @ gaps.T).max(axis=1)


def aligned(scores, opening, extension):
    """Three states in one dictionary: score and moves; ties are resolved as the aligner documents it."""
    rows, columns = scores.shape
    best = {}
    for i in range(rows + 1):
        for j in range(columns + 1):
            if not i or not j:
                best[i, j] = {"start": (0.0, None)}
                continue
            ways = {}
            for state, (back, cost) in {
                PAIR: ((i - 1, j - 1), None),
                SITE_ONLY: ((i - 1, j), opening),
                MIRNA_ONLY: ((i, j - 1), opening),
            }.items():
                found = []
                for before in ("start", PAIR, SITE_ONLY, MIRNA_ONLY):
                    if before not in best[back]:
                        continue
                    gain = scores[i - 1, j - 1] if cost is None else -(extension if before == state else cost)
                    found.append((best[back][before][0] + gain, before))
                # the first if tied
                ways[state] = max(found, key=lambda way: way[0])
            best[i, j] = ways
    ends = [(i, columns) for i in range(1, rows + 1)] + [(rows, j) for j in range(columns - 1, 0, -1)]
    score, (i, j), state = 0.0, (0, columns), None
    for end in ends:
        for way in (PAIR, SITE_ONLY, MIRNA_ONLY):
            if best[end][way][0] > score:
                score, (i, j), state = best[end][way][0], end, way
    if state is None:
        return 0.0, []
    moves = [SITE_ONLY] * (rows - i) + [MIRNA_ONLY] * (columns - j)
    while state != "start":
        moves.append(state)
        before = best[i, j][state][1]
        i, j = i - (state != MIRNA_ONLY), j - (state != SITE_ONLY)
        state = before
    moves += [SITE_ONLY] * i + [MIRNA_ONLY] * j
    return score, moves[::-1]


def published(scores, opening, extension):
    """The algorithm of the published program, cell by cell, as a dictionary of moves."""
    rows, columns = scores.shape
    table = np.zeros((rows + 1, columns + 1))
    came = {}
    in_gap = False
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            cost = 0.0 if i == rows or j == columns else extension if in_gap else opening
            right, pair, down = (
                table[i, j - 1] - cost,
                table[i - 1, j - 1] + scores[i - 1, j - 1],
                table[i - 1, j] - cost,
            )
            table[i, j] = max(right, pair, down)
            came[i, j] = MIRNA_ONLY if table[i, j] == right else PAIR if table[i, j] == pair else SITE_ONLY
            in_gap = came[i, j] != PAIR
    i, j, moves = rows, columns, []
    while i and j:
        moves.append(came[i, j])
        i, j = i - (moves[-1] != MIRNA_ONLY), j - (moves[-1] != SITE_ONLY)
    return [SITE_ONLY] * i + [MIRNA_ONLY] * j + moves[::-1]
