"""Ligates a miRNA variant and a site of a transcript: chimeric inserts with a known junction.

The parts may touch, share bases (negative gap) or have a linker of random bases between them. Neither part,
aligned to its reference, can be extended by one more base at the junction, so that the recorded gap equals the gap
of an alignment. Coordinates are 0-based, half-open, on the transcript, 5'->3'.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST
from mirtools.io.sequences import Reference, reverse_complement
from mirtools.simulation.isomirs import Variant

MIN_TARGET = 20
MIN_TRANSCRIPT = 40
MAX_GAP = 4
MAX_DECOY_GAP = 9
# Weights of gaps and of overlaps of 1, 2, 3 and 4 nt, as hyb reports them for qCLASH reads (Gay et al. 2018)
_LENGTH_WEIGHTS = (55, 29, 11, 5)
_CORE = 8  # room for a match of miRNA positions 2-8 and the base opposite position 1
_SEED_TRIES = 12
_JITTER = 6


class Site(NamedTuple):
    """A site on a transcript to which a miRNA is ligated.

    Attributes
    ----------
    transcript : Reference
    core : int
        Start of the 8 nt that every target part of this site contains.
    before, after : int
        Approximate number of bases of the target parts upstream and downstream of these.
    seed_match : int or None
        Start of the 6 nt that pair with the variant's positions 2-7, if the site has them.
    """

    transcript: Reference
    core: int
    before: int
    after: int
    seed_match: int | None


class Ligation(NamedTuple):
    """One chimeric insert.

    Attributes
    ----------
    insert : str
        The bases, 5'->3'.
    order : str
        ``mirna_first`` or ``target_first``.
    gap : int
        Length of the linker, or minus the number of bases that both parts share.
    linker : str
    start, end : int
        The target part, including shared bases.
    """

    insert: str
    order: str
    gap: int
    linker: str
    start: int
    end: int


class Gaps(NamedTuple):
    """Shares of junctions whose parts overlap, and of those with a linker; the rest touch."""

    overlaps: float
    linkers: float

    def draw(self, rng: random.Random) -> int:
        """Return a gap from -4 to 4."""
        draw = rng.random()
        if draw >= self.overlaps + self.linkers:
            return 0
        length = rng.choices(range(1, MAX_GAP + 1), _LENGTH_WEIGHTS)[0]
        return -length if draw < self.overlaps else length


def find_site(
    rng: random.Random, transcripts: Sequence[Reference], variant: Variant, want_seed: bool
) -> Site | None:
    """Return a random site for a variant, or ``None`` if the drawn site contains N.

    With ``want_seed``, up to twelve random transcripts are searched for the reverse complement of the variant's
    positions 2-8, else 2-7; if none has it, a random site of the last one is returned.
    """
    eight = reverse_complement(variant.sequence[1:8])
    transcript = rng.choice(transcripts)
    core, seed_match = -1, None
    for _ in range(_SEED_TRIES if want_seed else 0):
        hits = _find_all(transcript.sequence, eight)
        starts = [hit + 1 for hit in hits] or _find_all(transcript.sequence, eight[1:])
        starts = [start for start in starts if 0 <= start - 1 <= len(transcript.sequence) - _CORE]
        if starts:
            seed_match = rng.choice(starts)
            core = seed_match - 1
            break
        transcript = rng.choice(transcripts)
    if seed_match is None:
        core = rng.randrange(len(transcript.sequence) - _CORE + 1)
    if "N" in transcript.sequence[core : core + _CORE]:
        return None
    return Site(transcript, core, rng.randrange(8, 24), rng.randrange(4, 16), seed_match)


def ligate(rng: random.Random, variant: Variant, site: Site, order: str, gap: int, room: int) -> Ligation | None:
    """Ligate a variant to the target part of a site.

    Parameters
    ----------
    rng : random.Random
    variant : Variant
    site : Site
        Its target parts vary by a few nt at the ligated end and by more at the free one.
    order : str
        The first part.
    gap : int
        From -4 to 9. If the sequences do not allow an overlap of this length, the next shorter one is used;
        bases that an isomiR has gained or changed at the ligated end are never shared.
    room : int
        Longest insert, in nt; the target part is trimmed at its free end to fit.

    Returns
    -------
    Ligation or None
        ``None`` if no such junction was found.
    """
    # Target first is handled as miRNA first on reversed sequences.
    mirror = -1 if order == TARGET_FIRST else 1
    text, part = site.transcript.sequence[::mirror], variant.sequence[::mirror]
    going_on = variant.next_base if mirror == 1 else variant.previous_base
    core = site.core if mirror == 1 else len(text) - site.core - _CORE
    inner, outer = (site.before, site.after)[::mirror]
    ligated_end = len(variant.sequence) - 1 if mirror == 1 else 0
    if ligated_end in variant.changed:
        gap = max(gap, 0)
    # an overlap needs equal bases, so it is searched for in a wider window
    jitter = 2 * _JITTER if gap < 0 else _JITTER
    window = range(max(core - inner - jitter, 0), min(core - inner + jitter, core) + 1)
    starts = _exact_starts(text, part, going_on, gap, window)
    while not starts and gap < 0:
        gap += 1
        starts = _exact_starts(text, part, going_on, gap, window)
    if not starts:
        return None
    start = rng.choice(starts)
    longest = room - len(part) - gap
    wanted = core + _CORE + outer + rng.randrange(-_JITTER, 2 * _JITTER) - start
    length = min(max(wanted, MIN_TARGET, core + _CORE - start), longest, len(text) - start)
    if length < max(MIN_TARGET, core + _CORE - start) or "N" in text[start : start + length]:
        return None
    linker = _linker(rng, gap, going_on, text[start - 1] if start else "")
    if linker is None:
        return None
    insert = (part + linker + text[start + max(-gap, 0) : start + length])[::mirror]
    if mirror == -1:
        start = len(text) - start - length
    return Ligation(insert, order, gap, linker[::mirror], start, start + length)


def _exact_starts(text: str, part: str, going_on: str, gap: int, window: range) -> list[int]:
    """Return the starts of target parts at which the junction has exactly this gap."""
    shared = max(-gap, 0)
    tail = part[len(part) - shared :]
    last = part[len(part) - shared - 1]
    found = []
    for start in window:
        if gap <= 0 and (
            text[start : start + shared] != tail
            or (start and text[start - 1] == last)
            or text[start + shared : start + shared + 1] == going_on
        ):
            continue
        found.append(start)
    return found


def _linker(rng: random.Random, gap: int, going_on: str, before: str) -> str | None:
    """Return random bases; the first does not continue the miRNA, the last does not continue the target."""
    if gap <= 0:
        return ""
    for _ in range(20):
        linker = "".join(rng.choices("ACGT", k=gap))
        if linker[0] != going_on and linker[-1] != before:
            return linker
    return None


def antisense(rng: random.Random, variant: Variant, site: Site, order: str, room: int) -> Ligation:
    """Ligate a variant to the reverse complement of a target part; coordinates are on the plus strand."""
    sequence = site.transcript.sequence
    start = max(min(site.core - site.before, len(sequence) - MIN_TARGET), 0)
    end = min(start + max(site.before + _CORE + site.after, MIN_TARGET), start + room - len(variant.sequence))
    end = min(end, len(sequence))
    target = reverse_complement(sequence[start:end])
    insert = variant.sequence + target if order == MIRNA_FIRST else target + variant.sequence
    return Ligation(insert, order, 0, "", start, end)


def _find_all(text: str, word: str) -> list[int]:
    found = []
    at = text.find(word)
    while at >= 0:
        found.append(at)
        at = text.find(word, at + 1)
    return found
