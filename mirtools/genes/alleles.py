"""Predicts transcripts with both alleles of variants, and compares their sites.

A site is the same with both alleles if the base opposite base 1 of the miRNA is: at the same position before a
variant, moved by its insertion or deletion after it. In repeats, where a deletion of one copy cannot be
distinguished from one of the next, a site that is unchanged by any of them is unchanged. A site within five bases
of a former one is the same site with another type, because no sequence has two sites of a miRNA that close.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.features import REGION_NAMES, has_effect
from mirtools.genes.predict import Prediction
from mirtools.genes.seeds import SPACING
from mirtools.genes.targets import Targets
from mirtools.genes.variants import Codes, Edit, edited
from mirtools.pairs.site_types import SITE_TYPES

Ints = NDArray[np.int64]

# Smallest difference of predictions, or of a site's contributions, that counts as an effect, log2 fold change
LEAST_EFFECT = 0.01


class AlleleSite(NamedTuple):
    """A site of a type with an effect, on the transcript with one of the alleles."""

    anchor: int
    start: int
    end: int
    kind: int
    region: int
    contribution: float


class Effect(NamedTuple):
    """The predictions of a miRNA for a transcript with both alleles, log2 fold change, and the sites that differ.

    Attributes
    ----------
    before, after : float
        With the reference allele, with the alternative allele.
    made, broken : list of AlleleSite
    changed : list of (AlleleSite, AlleleSite)
        Of another type or region, or with a contribution that differs by ``LEAST_EFFECT``.
    """

    before: float
    after: float
    made: list[AlleleSite]
    broken: list[AlleleSite]
    changed: list[tuple[AlleleSite, AlleleSite]]

    @property
    def counts(self) -> bool:
        """Whether a site is made, broken or of another type, or predictions differ by ``LEAST_EFFECT``."""
        retyped = any((old.kind, old.region) != (new.kind, new.region) for old, new in self.changed)
        return bool(self.made or self.broken or retyped or abs(self.after - self.before) >= LEAST_EFFECT)


class Alleles:
    """Transcripts with the reference allele, and with each of several alternative alleles.

    Parameters
    ----------
    targets : Targets
    edits : sequence of Edit

    Attributes
    ----------
    targets : Targets
        Each transcript that has an edit, once; then the transcript of each edit, with it.
    """

    def __init__(self, targets: Targets, edits: Sequence[Edit]) -> None:
        used = sorted({edit.target for edit in edits})
        position = {target: at for at, target in enumerate(used)}
        self._edits = edits
        self._references = np.array([position[edit.target] for edit in edits], np.int64)
        self._first = len(used)
        before = targets.select(used)
        codes, edges = [before.codes], [before.edges]
        lengths = np.diff(before.starts).tolist()
        for edit, at in zip(edits, self._references.tolist(), strict=True):
            own = before.codes[before.starts[at] : before.starts[at + 1]]
            changed, changed_edges = edited(own, before.edges[at].tolist(), edit)
            codes.append(changed)
            edges.append(np.array([changed_edges], np.int64))
            lengths.append(len(changed))
        every = [*range(self._first), *self._references.tolist()]
        self.targets = Targets(
            [before.names[at] for at in every],
            [before.genes[at] for at in every],
            np.concatenate(codes),
            np.concatenate([[0], np.cumsum(np.array(lengths, np.int64))]).astype(np.int64),
            np.concatenate(edges),
            before.coding[every],
            [],
        )

    def effects(self, prediction: Prediction, every: bool = False) -> dict[int, Effect]:
        """Return the effects of edits on one miRNA, by the position of the edit.

        Parameters
        ----------
        prediction : Prediction
            Of a miRNA for :attr:`targets`.
        every : bool
            Whether to return an effect for each edit, or only those that count.
        """
        sites = _Sites(prediction)
        chosen = range(len(self._edits)) if every else self._candidates(prediction, sites)
        found = {}
        for number in chosen:
            effect = self._effect(number, prediction, sites)
            if every or effect.counts:
                found[number] = effect
        return found

    def _candidates(self, prediction: Prediction, sites: _Sites) -> list[int]:
        """Return the edits that may have an effect, without a look at each."""
        after = prediction.change[self._first :]
        different = np.abs(after - prediction.change[self._references]) >= LEAST_EFFECT
        first, last = sites.first[self._references], sites.first[self._references + 1]
        sizes = last - first
        edit = np.repeat(np.arange(len(sizes)), sizes)
        own = np.arange(len(edit)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + first[edit]
        starts, ends, shifts = (
            np.array([getattr(each, name) for each in self._edits], np.int64) for name in ("start", "end", "shift")
        )
        anchor = sites.anchor[own]
        inside = (anchor >= starts[edit]) & (anchor < ends[edit]) & (shifts[edit] != 0)
        different[edit[inside]] = True
        moved = np.where(anchor >= ends[edit], anchor + shifts[edit], anchor)
        old = _keys(edit, moved, sites.type[own])
        begin = int(sites.first[self._first])
        new = _keys(sites.target[begin:] - self._first, sites.anchor[begin:], sites.type[begin:])
        different[np.setxor1d(old, new) // _EDIT] = True
        return [int(number) for number in np.flatnonzero(different)]

    def _effect(self, number: int, prediction: Prediction, sites: _Sites) -> Effect:
        reference, alternative = int(self._references[number]), self._first + number
        old, new = sites.of(reference), sites.of(alternative)
        edit = self._edits[number]
        repeats = _repeats(self._codes(reference), self._codes(alternative), edit)
        pairs = matched([site.anchor for site in old], [site.anchor for site in new], edit, *repeats)
        changed = [(old[a], new[b]) for a, b in pairs if _differ(old[a], new[b])]
        kept, known = {a for a, _ in pairs}, {b for _, b in pairs}
        return Effect(
            float(prediction.change[reference]),
            float(prediction.change[alternative]),
            [site for at, site in enumerate(new) if at not in known],
            [site for at, site in enumerate(old) if at not in kept],
            changed,
        )

    def _codes(self, at: int) -> Codes:
        return self.targets.codes[self.targets.starts[at] : self.targets.starts[at + 1]]


# a key is an edit, an anchor and a type in a region; transcripts are shorter than 2^36 nt
_EDIT = 1 << 42


def _keys(edit: Ints, anchor: Ints, kind: Ints) -> Ints:
    return edit * _EDIT + anchor * 64 + kind


class _Sites:
    """The sites of a prediction whose types have an effect; ``first`` has where those of each target begin."""

    def __init__(self, prediction: Prediction) -> None:
        found = prediction.found
        kept = has_effect(found.described.kind, found.described.region)
        self.target, self.anchor = found.sites[kept, 1], found.sites[kept, 2]
        self.first = np.searchsorted(self.target, np.arange(len(prediction.change) + 1))
        self.type = found.described.kind[kept] * 3 + found.described.region[kept]
        self._starts, self._ends = found.starts[kept], found.ends[kept]
        self._contribution = prediction.contribution[kept]

    def of(self, target: int) -> list[AlleleSite]:
        """Return the sites of a target, in the order of their positions."""
        part = slice(self.first[target], self.first[target + 1])
        rows = zip(
            self.anchor[part].tolist(),
            self._starts[part].tolist(),
            self._ends[part].tolist(),
            (self.type[part] // 3).tolist(),
            (self.type[part] % 3).tolist(),
            self._contribution[part].tolist(),
            strict=True,
        )
        return [AlleleSite(*row) for row in rows]


def matched(
    before: Sequence[int], after: Sequence[int], edit: Edit, left: int, right: int
) -> list[tuple[int, int]]:
    """Return pairs of positions in two lists of anchors that are the same site.

    Parameters
    ----------
    before, after : sequence of int
        On the transcript with the reference allele and with the alternative allele, ascending.
    edit : Edit
    left, right : int
        Anchors below ``left`` may stay, those from ``right`` may move, see :func:`_repeats`.
    """
    free = {anchor: at for at, anchor in enumerate(after)}
    pairs: list[tuple[int, int]] = []
    rest = list(enumerate(before))
    for places in (_by_position, _by_repeat):
        others = []
        for at, anchor in rest:
            place = next((place for place in places(anchor, edit, left, right) if place in free), None)
            if place is None:
                others.append((at, anchor))
            else:
                pairs.append((at, free.pop(place)))
        rest = others
    near = [
        (min(abs(place - other) for place in _nearest(anchor, edit, left, right)), at, number)
        for at, anchor in rest
        for other, number in free.items()
    ]
    used_before: set[int] = set()
    used_after: set[int] = set()
    for distance, at, number in sorted(near):
        if distance < SPACING and at not in used_before and number not in used_after:
            pairs.append((at, number))
            used_before.add(at)
            used_after.add(number)
    return sorted(pairs)


def _by_position(anchor: int, edit: Edit, left: int, right: int) -> list[int]:
    """Return where an anchor is after an edit, as the edit is written; no place if its base is deleted."""
    if anchor < edit.start or (anchor < edit.end and not edit.shift):
        return [anchor]
    return [anchor + edit.shift] if anchor >= edit.end else []


def _by_repeat(anchor: int, edit: Edit, left: int, right: int) -> list[int]:
    """Return where an anchor is after an edit, however the edit is written."""
    unchanged = [anchor] if anchor < left else []
    return unchanged + ([anchor + edit.shift] if anchor >= right else [])


def _nearest(anchor: int, edit: Edit, left: int, right: int) -> list[int]:
    """Return these places, or the replaced base if there is none."""
    known = _by_position(anchor, edit, left, right) + _by_repeat(anchor, edit, left, right)
    return known or [edit.start + min(anchor - edit.start, len(edit.codes))]


def _repeats(before: Codes, after: Codes, edit: Edit) -> tuple[int, int]:
    """Return up to where both transcripts are the same from their start, and from where up to their end."""
    left = edit.start + _shared(before[edit.start :], after[edit.start :])
    end = edit.end + edit.shift
    return left, edit.end - _shared(before[: edit.end][::-1], after[:end][::-1])


def _shared(one: Codes, other: Codes) -> int:
    size = min(len(one), len(other))
    different = np.flatnonzero(one[:size] != other[:size])
    return int(different[0]) if len(different) else size


def _differ(old: AlleleSite, new: AlleleSite) -> bool:
    other_type = (old.kind, old.region) != (new.kind, new.region)
    return other_type or abs(new.contribution - old.contribution) >= LEAST_EFFECT


def site_text(site: AlleleSite) -> str:
    """Return the region, type, position and contribution of a site.

    >>> site_text(AlleleSite(37, 30, 38, 0, 2, -0.25))
    "3'UTR:8mer:30-38:-0.2500"
    """
    region, kind = REGION_NAMES[site.region], SITE_TYPES[site.kind]
    return f"{region}:{kind}:{site.start}-{site.end}:{site.contribution:.4f}"


def change_text(old: AlleleSite, new: AlleleSite) -> str:
    """Return what changes of a site, with its position on the transcript with the reference allele.

    >>> change_text(AlleleSite(37, 30, 38, 0, 2, -0.25), AlleleSite(37, 31, 38, 2, 2, -0.0625))
    "3'UTR:8mer>7mer-A1:30-38:-0.2500>-0.0625"
    """
    region = _arrow(REGION_NAMES[old.region], REGION_NAMES[new.region])
    kind = _arrow(SITE_TYPES[old.kind], SITE_TYPES[new.kind])
    return f"{region}:{kind}:{old.start}-{old.end}:{old.contribution:.4f}>{new.contribution:.4f}"


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old}>{new}"
