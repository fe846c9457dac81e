"""Simulated miRNA variants: exact miRNAs and the eight types of isomiR, none of which fits another miRNA as well.

Types as in DMISO, Identification of miRNA-mRNA interactions: addition, deletion and replacement at either end,
SNP and MNP inside. All sequences are 5'->3' in DNA letters.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from mirtools.io.sequences import Reference
from mirtools.io.tables import ISOMIR_TYPES, MISSING

EXACT = "exact"
SHORTEST_MIRNA = 16
LONGEST_CHANGE = 3
# 3' ends vary most (DMISO, The characteristics of the identified interactions), in the order of ISOMIR_TYPES.
TYPE_WEIGHTS = (10, 10, 7, 25, 20, 10, 10, 8)
# Distance of changed inner bases from both ends, so that they never look like a replaced end
_INSIDE = 4
_WORD = 5
_SHIFT = LONGEST_CHANGE


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of a miRNA, as it occurs in reads.

    Attributes
    ----------
    mirna : Reference
        The canonical miRNA.
    type : str
        ``exact`` or one of :data:`mirtools.io.tables.ISOMIR_TYPES`.
    detail : str
        ``+AC`` (bases added), ``-2`` (bases missing), ``12C>T`` or ``6A>T,12C>T`` (bases changed,
        counted from 1 on the canonical miRNA), ``.`` (exact).
    sequence : str
        The bases in the read.
    changed : tuple of int
        0-based positions on ``sequence`` of added or changed bases.
    missing_5p, missing_3p : int
        Canonical bases missing at each end.
    """

    mirna: Reference
    type: str
    detail: str
    sequence: str
    changed: tuple[int, ...] = ()
    missing_5p: int = 0
    missing_3p: int = 0

    @property
    def previous_base(self) -> str:
        """The canonical base that would continue the miRNA at its 5' end, or ``""``."""
        return self.mirna.sequence[self.missing_5p - 1] if self.missing_5p else ""

    @property
    def next_base(self) -> str:
        """The canonical base that would continue the miRNA at its 3' end, or ``""``."""
        return self.mirna.sequence[-self.missing_3p] if self.missing_3p else ""


def exact_variant(mirna: Reference) -> Variant:
    """Return the canonical miRNA as a variant."""
    return Variant(mirna, EXACT, MISSING, mirna.sequence)


def make_isomir(rng: random.Random, mirna: Reference, kind: str) -> Variant:
    """Return a random isomiR of one type.

    Ends gain or lose 1-3 bases (mostly 1), or have 1-2 bases replaced; a SNP changes one inner base, an MNP two.
    """
    canonical = mirna.sequence
    length = len(canonical)
    if kind in ("5p_addition", "3p_addition"):
        added = "".join(rng.choices("ACGT", k=_change_length(rng)))
        if kind == "5p_addition":
            return Variant(mirna, kind, f"+{added}", added + canonical, tuple(range(len(added))))
        return Variant(mirna, kind, f"+{added}", canonical + added, tuple(range(length, length + len(added))))
    if kind == "5p_deletion":
        lost = _change_length(rng)
        return Variant(mirna, kind, f"-{lost}", canonical[lost:], missing_5p=lost)
    if kind == "3p_deletion":
        lost = _change_length(rng)
        return Variant(mirna, kind, f"-{lost}", canonical[:-lost], missing_3p=lost)
    if kind == "5p_replacement":
        places = list(range(rng.choice((1, 1, 2))))
    elif kind == "3p_replacement":
        places = list(range(length - rng.choice((1, 1, 2)), length))
    elif kind == "SNP":
        places = [rng.randrange(_INSIDE, length - _INSIDE)]
    elif kind == "MNP":
        places = sorted(rng.sample(range(_INSIDE, length - _INSIDE), 2))
    else:
        raise ValueError(f"{kind!r} is not an isomiR type")
    bases = list(canonical)
    for place in places:
        bases[place] = rng.choice([base for base in "ACGT" if base != canonical[place]])
    detail = ",".join(f"{place + 1}{canonical[place]}>{bases[place]}" for place in places)
    return Variant(mirna, kind, detail, "".join(bases), tuple(places))


def _change_length(rng: random.Random) -> int:
    return rng.choices((1, 2, 3), (6, 3, 1))[0]


class AmbiguityTest:
    """Tests whether another miRNA explains the bases of a variant equally well.

    A SNP of let-7a may be let-7f, and some miRNAs have the same sequence under two names. The true miRNA of such
    reads is undefined, so they are not simulated.

    Parameters
    ----------
    mirnas : sequence of Reference
        All miRNAs of the database that reads will be searched against.
    """

    def __init__(self, mirnas: Sequence[Reference]) -> None:
        self._mirnas = mirnas
        self._words: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, mirna in enumerate(mirnas):
            for place in range(len(mirna.sequence) - _WORD + 1):
                self._words[mirna.sequence[place : place + _WORD]].append((number, place))

    def is_ambiguous(self, variant: Variant) -> bool:
        """Return whether another miRNA, aligned without gaps, shares at least as many bases with the variant."""
        sequence = variant.sequence
        own = len(sequence) - len(variant.changed)
        shared: Counter[tuple[int, int]] = Counter()
        for place in range(len(sequence) - _WORD + 1):
            for number, start in self._words.get(sequence[place : place + _WORD], ()):
                if -_SHIFT <= start - place <= _SHIFT:
                    shared[number, start - place] += 1
        # A mismatch affects at most five words, so an equally good miRNA shares at least this many.
        least = len(sequence) - _WORD + 1 - _WORD * len(variant.changed)
        return any(
            words >= least
            and self._mirnas[number].name != variant.mirna.name
            and _common_bases(sequence, self._mirnas[number].sequence, shift) >= own
            for (number, shift), words in shared.items()
        )


def _common_bases(sequence: str, other: str, shift: int) -> int:
    if shift >= 0:
        return sum(map(str.__eq__, sequence, other[shift:]))
    return sum(map(str.__eq__, sequence[-shift:], other))


class Repertoire:
    """The variants of every miRNA, made on first use, each with a unique sequence.

    Parameters
    ----------
    rng : random.Random
    mirnas : sequence of Reference
        All miRNAs; those that are too short, contain N, or cannot be distinguished from another one are dropped.
    isomirs : int
        Most isomiRs per miRNA.

    Attributes
    ----------
    mirnas : list of Reference
        The usable miRNAs in random order; the first one will be the most abundant.
    unusable : int
        Number of miRNAs that cannot be used.
    """

    def __init__(self, rng: random.Random, mirnas: Sequence[Reference], isomirs: int = 6) -> None:
        self._rng = rng
        self._ambiguity = AmbiguityTest(mirnas)
        self._isomirs = isomirs
        self._taken: set[str] = {mirna.sequence for mirna in mirnas}
        self._variants: dict[str, list[Variant]] = {}
        self.mirnas = [
            mirna
            for mirna in mirnas
            if len(mirna.sequence) >= SHORTEST_MIRNA
            and "N" not in mirna.sequence
            and not self._ambiguity.is_ambiguous(exact_variant(mirna))
        ]
        rng.shuffle(self.mirnas)
        self.unusable = len(mirnas) - len(self.mirnas)

    def new_isomir(self, mirna: Reference, kind: str) -> Variant | None:
        """Return an isomiR of one type with a unique sequence, or ``None`` after twenty failures."""
        for _ in range(20):
            variant = make_isomir(self._rng, mirna, kind)
            if variant.sequence not in self._taken and not self._ambiguity.is_ambiguous(variant):
                self._taken.add(variant.sequence)
                return variant
        return None

    def isomir(self, mirna: Reference) -> Variant | None:
        """Return one of the miRNA's isomiRs, the first ones more often; ``None`` if it has none."""
        if mirna.name not in self._variants:
            kinds = self._rng.choices(ISOMIR_TYPES, TYPE_WEIGHTS, k=self._isomirs)
            isomirs = [self.new_isomir(mirna, kind) for kind in kinds]
            self._variants[mirna.name] = [isomir for isomir in isomirs if isomir is not None]
        variants = self._variants[mirna.name]
        if not variants:
            return None
        return self._rng.choices(variants, [1 / rank for rank in range(1, len(variants) + 1)])[0]
