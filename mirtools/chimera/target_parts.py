"""What lies next to the miRNAs of some reads: targets, reverse complements of targets, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mirtools.chimera.batches import END_SEEN
from mirtools.chimera.digests import Bytes
from mirtools.chimera.engine import BatchEngine
from mirtools.chimera.findings import INFO, LOOK, OK, Finding
from mirtools.chimera.paired_reads import Pairing
from mirtools.chimera.pairing import REASONS, pair_hits
from mirtools.chimera.read_state import mirna_words
from mirtools.chimera.references import N, T

# Least length of a target part in nt
_SHORTEST_TARGET = 20
# Of reads with a miRNA and bases for a target, fewer have one next to it, and this share has none, only if
# something is wrong
_FEW_TARGETS, _MOST, _ENOUGH_WITH_ROOM = 0.1, 0.7, 50
# Inserts that are searched as reverse complements
_MOST_SEARCHED = 1000
NO_MIRNA, NO_TARGET = map(REASONS.index, ("no_mirna", "no_target"))
_NEXT_TO_IT = tuple(map(REASONS.index, ("paired", "short_site")))
ANTISENSE = "give transcripts in sense direction, 5'->3'"


class KeptInserts(NamedTuple):
    """Some inserts, and what happened to them.

    Attributes
    ----------
    bases : list of array of uint8
        Codes of each, 5'->3'.
    reasons : list of int
        Outcome of each, as a position in ``REASONS``.
    """

    bases: list[Bytes]
    reasons: list[int]

    def without_target(self) -> list[Bytes]:
        """Return the inserts with a miRNA and without a target."""
        return [bases for bases, reason in zip(*self, strict=True) if reason == NO_TARGET]


def targets_finding(kept: KeptInserts, pairing: Pairing, engine: BatchEngine) -> Finding:
    """Return whether the bases next to miRNAs are parts of transcripts.

    Parameters
    ----------
    kept : KeptInserts
    pairing : Pairing
    engine : BatchEngine
    """
    roomy = _with_room(kept, pairing)
    # bases that fit a transcript by chance are rarely next to the miRNA
    found = sum(reason in _NEXT_TO_IT for reason in roomy.reasons)
    without = roomy.without_target()
    text = f"{found:,} of {len(roomy.bases):,} miRNAs with {_SHORTEST_TARGET} nt or more next to them"
    if len(roomy.bases) < _ENOUGH_WITH_ROOM:
        return Finding("targets", text, INFO)
    if found >= _FEW_TARGETS * len(roomy.bases) or len(without) < _MOST * len(roomy.bases):
        return Finding("targets", text, OK)
    what = "are these the transcripts of this species, spliced, and the reads chimeric?"
    if are_antisense(without, pairing, engine):
        what = f"reverse complements of them are next to miRNAs: {ANTISENSE}"
    hint = (
        f"of {len(roomy.bases):,} reads with a miRNA and {_SHORTEST_TARGET} nt or more next to it, "
        f"{found or 'none'} contain a part of --transcripts; {what}"
    )
    return Finding("targets", text, LOOK, hint)


def are_antisense(reads: Sequence[Bytes], pairing: Pairing, engine: BatchEngine) -> bool:
    """Return whether targets of reads without a target lie on the minus strand of the transcripts.

    Engines search for targets only on reads with a miRNA, so each read is searched together with its reverse
    complement.
    """
    if not reads:
        return False
    searched = reads[:_MOST_SEARCHED]
    joined = [np.concatenate([bases, [N], _complement(bases)]).astype(np.uint8) for bases in searched]
    starts = np.append(0, np.cumsum(list(map(len, joined)))).astype(np.int64)
    bases = np.concatenate(joined)
    seen = np.full(len(joined), END_SEEN)
    hits = engine.search(bases, starts)
    reasons = pair_hits(*hits, bases, starts, seen, pairing.references, pairing.rules)[1]
    return int(np.isin(reasons, (NO_TARGET, NO_MIRNA), invert=True).sum()) > len(searched) / 2


def _with_room(kept: KeptInserts, pairing: Pairing) -> KeptInserts:
    """Return the inserts with a miRNA and enough bases on one side of it for a target."""
    starts = np.append(0, np.cumsum(list(map(len, kept.bases)))).astype(np.int64)
    found = mirna_words(pairing.references.mirnas).find(
        np.concatenate([*kept.bases, np.zeros(0, np.uint8)]), starts
    )
    room = np.maximum(found.begins, np.diff(starts) - found.ends)
    chosen = np.flatnonzero((found.mirnas >= 0) & (room >= _SHORTEST_TARGET)).tolist()
    return KeptInserts([kept.bases[read] for read in chosen], [kept.reasons[read] for read in chosen])


def _complement(bases: Bytes) -> Bytes:
    turned = bases[::-1]
    return np.where(turned <= T, T - turned, turned).astype(np.uint8)
