"""Merging as anybody would do it by hand: sets of bases, joined while any two have one in common."""

from __future__ import annotations


def merged_sets(parts):
    """Return groups of parts that are linked by common positions.

    Parameters
    ----------
    parts : list of (key, set)
        Parts of other keys are never joined.
    """
    groups = [([number], key, set(positions)) for number, (key, positions) in enumerate(parts)]
    while True:
        for a in range(len(groups)):
            for b in range(a):
                if groups[a][1] == groups[b][1] and groups[a][2] & groups[b][2]:
                    members, key, positions = groups.pop(a)
                    groups[b] = (groups[b][0] + members, key, groups[b][2] | positions)
                    break
            else:
                continue
            break
        else:
            return sorted(sorted(members) for members, _, _ in groups)
