"""Slow reference implementations of the kernels of the native engine."""

MATCH, MISMATCH = 1, -3


def same(a, b):
    return a == b and a in "ACGT"


def ungapped_alignments(read, reference, k, least, drop):
    """All extensions of a shared word of k bases: (start, end, reference start, reference end, score)."""
    found = set()
    for start in range(len(read) - k + 1):
        for place in range(len(reference) - k + 1):
            if all(same(read[start + n], reference[place + n]) for n in range(k)):
                found.add(_extended(read, reference, start, place, k, drop))
    return {alignment for alignment in found if alignment[-1] >= least}


def _extended(read, reference, start, place, k, drop):
    # first the whole run of equal bases around the seed
    end = start + k
    while (
        end < len(read)
        and place + end - start < len(reference)
        and same(read[end], reference[place + end - start])
    ):
        end += 1
    while start and place and same(read[start - 1], reference[place - 1]):
        start, place = start - 1, place - 1
    right, gain_right = _best(zip(read[end:], reference[place + end - start :], strict=False), drop)
    left, gain_left = _best(zip(read[:start][::-1], reference[:place][::-1], strict=False), drop)
    score = end - start + gain_right + gain_left
    return start - left, end + right, place - left, place + end - start + right, score


def _best(pairs, drop):
    score = best = taken = 0
    for length, (a, b) in enumerate(pairs, 1):
        score += MATCH if same(a, b) else MISMATCH
        if score > best:
            best, taken = score, length
        elif score < best - drop:
            break
    return taken, best


def best_gapped_score(read, reference):
    """Best local score with affine gaps, -(5 + 2 n) for n bases (Smith & Waterman, Gotoh)."""
    width = len(reference) + 1
    never = -(10**6)
    above, above_gap = [0] * width, [never] * width
    best = 0
    for base in read:
        row, left_gap = [0] * width, never
        gap = [never] * width
        for at in range(1, width):
            left_gap = max(row[at - 1] - 7, left_gap - 2)
            gap[at] = max(above[at] - 7, above_gap[at] - 2)
            diagonal = above[at - 1] + (MATCH if same(base, reference[at - 1]) else MISMATCH)
            row[at] = max(0, diagonal, left_gap, gap[at])
            best = max(best, row[at])
        above, above_gap = row, gap
    return best


def dust(read, window=64, threshold=2.0):
    """Positions masked by symmetric DUST: the definition, interval by interval."""

    def score(triplets):
        if len(triplets) < 2:
            return 0.0
        return sum(triplets.count(t) * (triplets.count(t) - 1) / 2 for t in set(triplets)) / (len(triplets) - 1)

    triplets = [read[n : n + 3] for n in range(len(read) - 2)]
    scores = {}
    for start in range(len(triplets)):
        for end in range(start + 1, min(start + window - 2, len(triplets)) + 1):
            if any("N" in triplet for triplet in triplets[start:end]):
                break
            scores[start, end] = score(triplets[start:end])
    masked = set()
    for (start, end), value in scores.items():
        if value <= threshold:
            continue
        parts = (scores[s, e] for s in range(start, end) for e in range(s + 1, end + 1) if (s, e) != (start, end))
        if all(part <= value for part in parts):
            masked.update(range(start, end + 2))
    return masked
