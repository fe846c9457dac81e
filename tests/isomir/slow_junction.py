"""A slow reference implementation of ``find_parts``: one option at a time, one row for each junction."""

from collections import Counter

import numpy as np

from mirtools.isomir.junction import _JUNK, _LEAST_GAIN, _ROUNDS
from mirtools.isomir.options import REACH, SHORTEST_PART


def find_parts(junctions, reads, min_reads, canonical=()):
    """Return (part, start, end) of each junction, or ``None``; ignores sequencing errors."""
    weights = Counter()
    for junction, count in zip(junctions, reads, strict=True):
        weights[junction] += count
    distinct = sorted(weights)
    forms = _forms(distinct, weights, min_reads, canonical)

    numbers = {form: number for number, form in enumerate(sorted(forms, key=forms.get))}
    row_of, part_of, linker, cost = [], [], [], []
    kept = {}
    for row, junction in enumerate(distinct):
        kept[junction] = []
        for start, end in _candidates(junction):
            read, is_open = junction.part(start, end), junction.is_open and start == 0
            for form in sorted(forms, key=forms.get):
                if _may_be(read, form, is_open):
                    kept[junction].append((form, start, end))
                    row_of.append(row)
                    part_of.append(numbers[form])
                    linker.append(0 if junction.fixed else max(0, junction.target_start - end))
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
    result = {}
    first = 0
    for row, junction in enumerate(distinct):
        options = kept[junction]
        result[junction] = options[chosen[row] - first] if options else None
        first += len(options)
    return [result[junction] for junction in junctions]


def _forms(distinct, weights, min_reads, canonical):
    """Return the recurring parts, with numbers that give their order."""
    known = sorted({mirna for mirna in canonical if "N" not in mirna and len(mirna) >= SHORTEST_PART})
    order = {mirna: number for number, mirna in enumerate(known)}
    support, open_support = Counter(), Counter()
    for junction in distinct:
        for start, end in _candidates(junction):
            part = junction.part(start, end)
            if "N" in part:
                continue
            order.setdefault(part, len(order))
            if "N" in junction.bases and part not in known:
                continue
            if junction.is_open and start == 0:
                open_support[part] += weights[junction]
            elif start == 0 or part in known:
                support[part] += weights[junction]
    recurs = {part for part in order if support[part] >= min_reads}

    def begun_by(form, parts):
        return sum(open_support[part] for part in parts if _may_be(part, form, True))

    recurs |= {mirna for mirna in known if support[mirna] + begun_by(mirna, open_support) >= min_reads}
    rest = [part for part in open_support if not any(_may_be(part, form, True) for form in recurs)]
    enough = [part for part in rest if support[part] + begun_by(part, rest) >= min_reads]
    recurs |= {
        part for part in enough if not any(part != longer and _may_be(part, longer, True) for longer in enough)
    }
    return {part: order[part] for part in recurs}


def _may_be(read, form, is_open):
    if len(read) != len(form) and not (is_open and 12 <= len(read) < len(form)):
        return False
    return all(base in ("N", other) for base, other in zip(read, form, strict=False))


def _candidates(junction):
    low = max(min(junction.core_end, junction.target_start) - REACH, junction.outer + SHORTEST_PART)
    high = min(max(junction.core_end, junction.target_start) + REACH, len(junction.bases))
    low = high if junction.fixed else low
    return [(start, end) for start in range(junction.outer + 1) for end in range(high, low - 1, -1)]


def _maximise(row_of, part_of, linker, cost, weights):
    explained = _expect(row_of, part_of, linker, cost, weights)
    while True:
        gain = np.bincount(part_of, -np.log1p(-np.minimum(explained, 1 - 1e-6)) * weights[row_of])
        weak = (gain[part_of] < _LEAST_GAIN) & (cost > 0)
        # Two parts that explain the same reads may both look dispensable: only one per row is removed.
        order = np.lexsort((part_of, gain[part_of], row_of))
        order = order[weak[order]]
        _, first = np.unique(row_of[order], return_index=True)
        leaving = np.unique(part_of[order[first]])
        # The last part of a row is kept, whatever it adds.
        left = [set(part_of[(row_of == row) & (cost > 0)]) for row in range(len(weights))]
        leaving = np.setdiff1d(leaving, sorted(set().union(*(parts for parts in left if len(parts) == 1))))
        if not leaving.size:
            break
        cost = np.where(np.isin(part_of, leaving), 0.0, cost)
        explained = _expect(row_of, part_of, linker, cost, weights)
    chosen = {}
    for option, row in enumerate(row_of.tolist()):
        if row not in chosen or explained[option] > explained[chosen[row]]:
            chosen[row] = option
    return chosen


def _expect(row_of, part_of, linker, cost, weights):
    shares = np.bincount(part_of, weights[row_of])
    linkers = 0.5 ** np.arange(1.0, linker.max() + 2)
    for _ in range(_ROUNDS):
        # every part keeps a small share, so that a row has a likeliest part even if all its shares vanish
        likely = np.maximum(shares, 1e-9)[part_of] * linkers[linker] * cost
        likely /= np.maximum(np.bincount(row_of, likely, len(weights)), 1e-300)[row_of]
        expected = likely * weights[row_of]
        shares = np.bincount(part_of, expected)
        linkers = np.bincount(linker, expected, len(linkers)) + 1.0
        linkers /= linkers.sum()
    return likely
