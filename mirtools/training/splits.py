"""Splits that do not leak: what belongs together stays on one side.

Grouping by miRNA keeps all isomiRs of a miRNA together, by family also all miRNAs of one seed; grouping by locus
keeps sites that overlap, under whatever names, together, by target also all sites of a transcript.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.interactions import MISSING
from mirtools.models.encoder import Encoder
from mirtools.training.data import LabelledPairs, Spans

GROUPINGS = ("none", "mirna", "family", "target", "locus", "pair-cluster")
SHARED_BASES = 20  # two sites that share a word of this length may be one locus
_SEED = slice(1, 8)  # positions 2-8
# A part may be larger than asked for by this share of itself, for the sake of a group that fits.
_SLACK = 0.1

Groups = NDArray[np.intp]


def group_pairs(pairs: LabelledPairs, grouping: str, families: Mapping[str, str] | None = None) -> Groups:
    """Return the number of the group of every pair, shape ``(n,)``.

    Parameters
    ----------
    pairs : LabelledPairs
    grouping : {"none", "mirna", "family", "target", "locus", "pair-cluster"}
        ``mirna``: the same mirna_id, or the same sequence. ``family``: also the same bases 2-8, or the same family
        by ``families``. ``locus``: sites that overlap on the same target_id (where the table has site_start and
        site_end), or share 20 bases in a row. ``target``: also the same target_id. ``pair-cluster``: the same
        family and the same target, so that a family's isomiRs at one place stay together. ``none``: identical
        pairs only.
    families : mapping of str to str, optional
        Family of a miRNA by its name, for ``family`` and ``pair-cluster``.
    """
    if grouping == "none":
        return _numbers(zip(pairs.mirnas, pairs.sites, strict=True))
    if grouping == "mirna":
        return _mirna_groups(pairs)
    if grouping == "family":
        return _family_groups(pairs, families)
    if grouping == "locus":
        return _locus_groups(pairs)
    if grouping == "target":
        return _target_groups(pairs)
    both = np.stack([_family_groups(pairs, families), _target_groups(pairs)])
    return np.unique(both, axis=1, return_inverse=True)[1].ravel()


def hold_out(groups: Groups, share: float, seed: int) -> NDArray[np.bool_]:
    """Choose whole groups at random until they hold ``share`` of the pairs; returns True for the held-out ones.

    Raises
    ------
    InputError
        Where the groups are too large to hold out so much.
    """
    sizes = np.bincount(groups)
    wanted = share * len(groups)
    chosen = np.zeros(len(sizes), bool)
    held = 0
    for group in np.random.default_rng([seed, 0x5B117]).permutation(len(sizes)):
        if held + sizes[group] <= wanted * (1 + _SLACK):
            chosen[group] = True
            held += int(sizes[group])
        if held >= wanted:
            break
    if held < wanted / 2:
        raise InputError(
            f"no group of related pairs is small enough to hold {share:.0%} of the pairs out; the largest has "
            f"{sizes.max() / len(groups):.0%}; use another --group"
        )
    return chosen[groups]


def half_of_groups(groups: Groups, seed: int) -> NDArray[np.bool_]:
    """Choose half of the groups at random, however many pairs they have; returns True for their pairs.

    The paper's test of "unknown miRNAs": trained on 109 of 217, tested on the other 108.

    Raises
    ------
    InputError
        Where there is only one group.
    """
    count = int(groups.max()) + 1
    if count < 2:
        raise InputError("all pairs are of one group; half of the groups cannot be held out")
    chosen = np.zeros(count, bool)
    chosen[np.random.default_rng([seed, 0x4A1F]).permutation(count)[: count // 2]] = True
    return chosen[groups]


def folds(groups: Groups, count: int, seed: int) -> NDArray[np.intp]:
    """Deal whole groups into ``count`` folds of similar size; returns each pair's fold.

    Raises
    ------
    InputError
        Where there are fewer groups than folds.
    """
    sizes = np.bincount(groups)
    if len(sizes) < count:
        raise InputError(f"{len(sizes)} groups of related pairs cannot fill {count} folds; ask for fewer")
    order = np.random.default_rng([seed, 0xF01D5]).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load = np.zeros(count, np.intp)
    fold_of_group = np.empty(len(sizes), np.intp)
    for group in order:
        fold_of_group[group] = load.argmin()
        load[fold_of_group[group]] += sizes[group]
    return fold_of_group[groups]


def _mirna_groups(pairs: LabelledPairs) -> Groups:
    names = _numbers(pairs.mirna_ids, missing=MISSING)
    return _connected(len(pairs), [names, _numbers(pairs.mirnas)])


def _family_groups(pairs: LabelledPairs, families: Mapping[str, str] | None) -> Groups:
    named = families or {}
    keys = [
        _numbers(pairs.mirna_ids, missing=MISSING),
        _numbers((named.get(name, MISSING) for name in pairs.mirna_ids), missing=MISSING),
        _numbers(mirna[_SEED] for mirna in pairs.mirnas),
    ]
    return _connected(len(pairs), keys)


def _target_groups(pairs: LabelledPairs) -> Groups:
    names = _numbers(pairs.target_ids, missing=MISSING)
    return _connected(len(pairs), [names, _locus_groups(pairs)])


def _locus_groups(pairs: LabelledPairs) -> Groups:
    sites, site_of_pair = np.unique(np.array(pairs.sites), return_inverse=True)
    shared = _overlapping(sites.tolist(), pairs.alphabet)[site_of_pair.ravel()]
    if pairs.spans is None:
        return shared
    return _connected(len(pairs), [shared, _placed_together(pairs.target_ids, pairs.spans)])


def _placed_together(targets: list[str], spans: Spans) -> Groups:
    """Return groups of pairs whose sites overlap on the same target; -1 for pairs without a place."""
    groups = np.full(len(targets), -1, np.intp)
    numbers = _numbers(targets, missing=MISSING)
    placed = np.flatnonzero((numbers >= 0) & (spans[:, 0] >= 0))
    group, target, reach = -1, -1, -1
    for pair in placed[np.lexsort((spans[placed, 0], numbers[placed]))]:
        start, end = spans[pair]
        if numbers[pair] != target or start >= reach:
            group, target, reach = group + 1, numbers[pair], end
        reach = max(reach, end)
        groups[pair] = group
    return groups


def _overlapping(sites: list[str], alphabet: str) -> Groups:
    """Return groups of distinct sites that share SHARED_BASES letters in a row, unknown ones excepted."""
    longest = max(map(len, sites))
    owners: list[NDArray[np.intp]] = [np.arange(len(sites))]
    words: list[NDArray[np.uint64]] = [np.arange(len(sites), dtype=np.uint64)]
    if longest >= SHARED_BASES:
        encoder = Encoder(0, longest, alphabet)
        codes = encoder.sites(sites)
        # odd, so that of large alphabets, whose words do not fit into a number, every letter counts
        base = np.uint64(2 * len(alphabet) + 1)
        for start in range(longest - SHARED_BASES + 1):
            window = codes[:, start : start + SHARED_BASES]
            whole = np.flatnonzero((window != encoder.unknown).all(axis=1))
            word = np.zeros(len(whole), np.uint64)
            for position in range(SHARED_BASES):
                word = word * base + window[whole, position]
            owners.append(whole)
            words.append(word + np.uint64(len(sites)))  # apart from the words that stand for a site itself
    every_word = np.unique(np.concatenate(words), return_inverse=True)[1].ravel()
    return _components(np.concatenate(owners), every_word, len(sites))


def _connected(count: int, keys: list[Groups]) -> Groups:
    """Return groups of pairs that are connected by an equal number in any of the keys (negative: no key)."""
    owners, words = [], []
    base = 0
    for key in keys:
        known = np.flatnonzero(key >= 0)
        owners.append(known)
        words.append(key[known] + base)
        base += int(key.max(initial=0)) + 1
    return _components(np.concatenate(owners), np.concatenate(words), count)


def _components(owners: Groups, words: Groups, count: int) -> Groups:
    """Return connected components of ``count`` owners, linked by the words they have."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = count + int(words.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(owners), np.int8), (owners, words + count)), shape=(nodes, nodes))
    labels = connected_components(graph, directed=False)[1][:count]
    return np.unique(labels, return_inverse=True)[1].ravel()


def _numbers(keys: Iterable[object], missing: str | None = None) -> Groups:
    """Number keys in the order of their first appearance; -1 for ``missing``."""
    seen: dict[object, int] = {}
    return np.array([-1 if key == missing else seen.setdefault(key, len(seen)) for key in keys], np.intp)
