"""What belongs together, and splits that keep it on one side.

Grouping by miRNA keeps all isomiRs of a miRNA together, by family also all miRNAs of one seed; grouping by locus
keeps sites that overlap, under whatever names, together, by target also all sites of a transcript.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.io.streams import open_text, reading
from mirtools.io.tables import MISSING
from mirtools.pairs.table import DNA, LabelledPairs, Spans

GROUPINGS = ("none", "mirna", "family", "target", "locus", "pair-cluster")
# Two sites that share this many bases in a row are one place: isoforms of a gene, overlapping reads, paralogs.
SHARED_BASES = 20
NO_WORD = -1  # a word with an unknown letter
# A part may be larger than asked for by this share of itself, for the sake of a group that fits.
_SLACK = 0.1

Groups = NDArray[np.intp]
Words = NDArray[np.int64]


def group_pairs(pairs: LabelledPairs, grouping: str, families: Mapping[str, str] | None = None) -> Groups:
    """Return the number of the group of every pair, shape ``(n,)``.

    Parameters
    ----------
    pairs : LabelledPairs
    grouping : {"none", "mirna", "family", "target", "locus", "pair-cluster"}
        ``mirna``: the same mirna_id, or the same sequence. ``family``: also the same bases 2-8, or the same family
        by ``families``. ``locus``: sites that overlap on the same target_id (if the table has site_start and
        site_end), or share 20 bases in a row. ``target``: also the same target_id. ``pair-cluster``: the same
        family and the same target, so that a family's isomiRs at one place stay together. ``none``: identical
        pairs only.
    families : mapping of str to str, optional
        Family of a miRNA by its name, for ``family`` and ``pair-cluster``.
    """
    if grouping == "none":
        return numbered(zip(pairs.mirnas, pairs.sites, strict=True))
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
        If the groups are too large to hold out that share.
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
        If there is only one group.
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
        If there are fewer groups than folds.
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


def seed_of(mirna: str) -> str:
    """Return bases 2-8 of a miRNA, what a family has in common."""
    return mirna[1:8]


def numbered(keys: Iterable[Hashable], missing: str | None = None) -> Groups:
    """Number keys in the order of their first appearance, equal ones alike; -1 for ``missing``."""
    seen: dict[Hashable, int] = {}
    return np.array([-1 if key == missing else seen.setdefault(key, len(seen)) for key in keys], np.intp)


def read_families(path: str) -> dict[str, str]:
    """Read the families of miRNAs, by name: the first two columns of a table, with or without a header.

    Raises
    ------
    InputError
        For a row of fewer columns.
    """
    families = {}
    with open_text(path) as stream, reading(path):
        for number, text in enumerate(stream, 1):
            fields = text.rstrip("\r\n").split("\t")
            if fields == [""]:
                continue
            if len(fields) < 2:
                raise InputError("has one column; give miRNA and family, tab between", source=path, line=number)
            families[fields[0]] = fields[1]
    return families


def _mirna_groups(pairs: LabelledPairs) -> Groups:
    names = numbered(pairs.mirna_ids, missing=MISSING)
    return _connected(len(pairs), [names, numbered(pairs.mirnas)])


def _family_groups(pairs: LabelledPairs, families: Mapping[str, str] | None) -> Groups:
    named = families or {}
    keys = [
        numbered(pairs.mirna_ids, missing=MISSING),
        numbered((named.get(name, MISSING) for name in pairs.mirna_ids), missing=MISSING),
        numbered(map(seed_of, pairs.mirnas)),
    ]
    return _connected(len(pairs), keys)


def _target_groups(pairs: LabelledPairs) -> Groups:
    names = numbered(pairs.target_ids, missing=MISSING)
    return _connected(len(pairs), [names, _locus_groups(pairs)])


def _locus_groups(pairs: LabelledPairs) -> Groups:
    shared = site_groups(pairs.sites, pairs.alphabet)
    if pairs.spans is None:
        return shared
    return _connected(len(pairs), [shared, _placed_together(pairs.target_ids, pairs.spans)])


def _placed_together(targets: list[str], spans: Spans) -> Groups:
    """Return groups of pairs whose sites overlap on the same target; -1 for pairs without a place."""
    groups = np.full(len(targets), -1, np.intp)
    numbers = numbered(targets, missing=MISSING)
    placed = np.flatnonzero((numbers >= 0) & (spans[:, 0] >= 0))
    group, target, reach = -1, -1, -1
    for pair in placed[np.lexsort((spans[placed, 0], numbers[placed]))]:
        start, end = spans[pair]
        if numbers[pair] != target or start >= reach:
            group, target, reach = group + 1, numbers[pair], end
        reach = max(reach, end)
        groups[pair] = group
    return groups


def words(sequence: str, alphabet: str = DNA) -> Words:
    """Return a number for the 20 letters from each position on, shape ``(length - 19,)``, int64.

    -1 if one of them is unknown. Equal numbers are equal words; of large alphabets, whose words do not fit into 64
    bits, other words as well, but hardly ever.
    """
    codes = _codes([sequence], len(sequence), alphabet)
    if codes.shape[1] < SHARED_BASES:
        return np.empty(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(codes[0], SHARED_BASES)
    return _word_numbers(windows, alphabet)


def site_groups(sites: Sequence[str], alphabet: str = DNA) -> Groups:
    """Return a number for each site, equal for sites that are equal or linked by words of 20 bases they share."""
    if not sites:
        return np.zeros(0, np.intp)
    distinct, site_of_pair = np.unique(np.array(sites), return_inverse=True)
    longest = max(map(len, distinct.tolist()))
    codes = _codes(distinct.tolist(), longest, alphabet)
    owners: list[Groups] = []
    found: list[Words] = []
    for start in range(longest - SHARED_BASES + 1):
        numbers = _word_numbers(codes[:, start : start + SHARED_BASES], alphabet)
        whole = np.flatnonzero(numbers != NO_WORD)
        owners.append(whole)
        found.append(numbers[whole])
    if not owners:
        return site_of_pair.ravel().astype(np.intp)
    each_word = np.unique(np.concatenate(found), return_inverse=True)[1].ravel()
    return components(np.concatenate(owners), each_word, len(distinct))[site_of_pair.ravel()]


def _codes(sequences: Sequence[str], length: int, alphabet: str) -> NDArray[np.uint8]:
    """Return places of letters in the alphabet, shape ``(n, length)``; its length for others and after the end."""
    text = "".join(sequence.ljust(length) for sequence in sequences)
    raw = np.frombuffer(text.encode("latin-1", "replace"), np.uint8)
    codes: NDArray[np.uint8] = _coding(alphabet)[0][raw]
    return codes.reshape(len(sequences), length)


def _word_numbers(letters: NDArray[np.uint8], alphabet: str) -> Words:
    """Return the numbers of words, one a row of codes; -1 for those with an unknown letter."""
    numbers: Words = letters @ _coding(alphabet)[1]
    numbers[(letters == len(alphabet)).any(axis=1)] = NO_WORD
    return numbers


@lru_cache(8)
def _coding(alphabet: str) -> tuple[NDArray[np.uint8], Words]:
    """Return the code of every byte, and what each letter of a word counts."""
    code_of_byte = np.full(256, len(alphabet), np.uint8)
    code_of_byte[np.frombuffer(alphabet.encode("latin-1"), np.uint8)] = np.arange(len(alphabet))
    # odd, so that of large alphabets, whose words do not fit into 64 bits, every letter counts
    weights = [pow(2 * len(alphabet) + 1, place, 1 << 64) for place in range(SHARED_BASES)]
    return code_of_byte, np.array(weights, np.uint64).view(np.int64)


def _connected(count: int, keys: list[Groups]) -> Groups:
    """Return groups of pairs that are connected by an equal number in any of the keys (negative: no key)."""
    owners, words = [], []
    base = 0
    for key in keys:
        known = np.flatnonzero(key >= 0)
        owners.append(known)
        words.append(key[known] + base)
        base += int(key.max(initial=0)) + 1
    return components(np.concatenate(owners), np.concatenate(words), count)


def components(owners: Groups, words: Groups, count: int) -> Groups:
    """Return connected components of ``count`` owners, linked by the words they have."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = count + int(words.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(owners), np.int8), (owners, words + count)), shape=(nodes, nodes))
    labels = connected_components(graph, directed=False)[1][:count]
    return np.unique(labels, return_inverse=True)[1].ravel()
