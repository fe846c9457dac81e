"""Turns inserts into reads with UMI, adapter, errors, qualities and PCR copies, and records the truth of each.

A read ends with the last cycle: after the adapter and further bases, or within a longer insert.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from mirtools.chimera.pairing import MIRNA_FIRST
from mirtools.io.tables import MISSING
from mirtools.simulation.isomirs import Variant
from mirtools.simulation.ligation import MIN_TARGET
from mirtools.simulation.qualities import written

TRUTH_COLUMNS = (
    "read_id read_class pcr_duplicate_of order mirna_id mirna_canonical mirna_portion isomir_type isomir_detail "
    "target_id target_start target_end strand seed_match gap linker support_observed variant_qualities "
    "error_positions umi insert adapter_nt expect_pair"
).split()
# Further columns if reads may end within their insert: bases of the insert, and of the miRNA part, not sequenced
UNREAD_COLUMNS = "insert_unread mirna_unread".split()

CHIMERA = "chimera"
# The paper's rules: a changed base needs more than this Phred value, a variant this many distinct reads, and a
# site, after extension by 25 nt, this length
MAX_REFUSED_QUALITY = 30
MIN_SUPPORT = 10
EXTEND = 25
MIN_SITE = 30

_PHRED = 33
_ERROR_QUALITIES = (2, 8, 11, 12, 14, 16, 18, 22, 27, 33)
# Most bases of a run are good; the last quarter of a read is a little worse.
_QUALITIES = range(24, 41)
_EARLY_WEIGHTS = list(accumulate((1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 5, 10, 30, 60, 60, 60, 60)))
_LATE_WEIGHTS = list(accumulate((3, 3, 3, 3, 3, 4, 5, 6, 8, 12, 20, 30, 40, 40, 30, 20, 10)))
_LETTERS = [chr(quality + _PHRED) for quality in _QUALITIES]


@dataclass(frozen=True, slots=True)
class Molecule:
    """A molecule to be sequenced: an insert and its origin.

    Attributes
    ----------
    read_class : str
        ``chimera`` or the kind of decoy.
    insert : str
        5'->3'.
    variant : Variant or None
        The miRNA part, if there is exactly one; it is the first or the last part of the insert.
    mirna_ids, target_ids : str
        Names; joined by a comma if a decoy has two.
    target_start, target_end : int or None
        On the plus strand of the transcript, 0-based, half-open.
    seed_match : int or None
        Start of the 6 nt of the target part that pair with positions 2-7 of the miRNA part.
    site_length : int
        Length of the target part after extension at its 3' end.
    """

    read_class: str
    insert: str
    variant: Variant | None = None
    mirna_ids: str = MISSING
    order: str = MISSING
    target_ids: str = MISSING
    target_start: int | None = None
    target_end: int | None = None
    strand: str = MISSING
    seed_match: int | None = None
    gap: int | None = None
    linker: str = ""
    site_length: int = 0

    def mirna_span(self) -> tuple[int, int]:
        """Return where the miRNA part lies on the insert (0-based, half-open); ``(0, 0)`` without one."""
        if self.variant is None:
            return 0, 0
        length = len(self.variant.sequence)
        return (len(self.insert) - length, len(self.insert)) if self.order == "target_first" else (0, length)


@dataclass(slots=True)
class SimulatedRead:
    """One read and its history; ``errors`` are 0-based positions on the read."""

    molecule: Molecule
    umi: str
    sequence: str
    qualities: str
    errors: tuple[int, ...]
    adapter_nt: int
    original: SimulatedRead | None = None
    name: str = field(default="")

    @property
    def insert(self) -> str:
        """The insert as sequenced, including errors."""
        return self.sequence[len(self.umi) : len(self.umi) + len(self.molecule.insert)]

    @property
    def insert_unread(self) -> int:
        """Number of bases at the 3' end of the insert after the last cycle."""
        return max(len(self.umi) + len(self.molecule.insert) - len(self.sequence), 0)

    @property
    def mirna_unread(self) -> int:
        """Number of bases at the 3' end of the miRNA part after the last cycle."""
        start, end = self.molecule.mirna_span()
        return min(max(end + len(self.umi) - len(self.sequence), 0), end - start)

    def mirna_is_clean(self) -> bool:
        """Return whether all of the miRNA part is sequenced without an error."""
        if self.mirna_unread:
            return False
        start, end = self.molecule.mirna_span()
        start, end = start + len(self.umi), end + len(self.umi)
        return not any(start <= place < end for place in self.errors)

    def variant_qualities(self) -> list[int]:
        """Return the Phred values of the sequenced bases that make the isomiR, 5'->3'."""
        if self.molecule.variant is None:
            return []
        start = self.molecule.mirna_span()[0] + len(self.umi)
        places = [start + place for place in self.molecule.variant.changed]
        return [ord(self.qualities[place]) - _PHRED for place in places if place < len(self.qualities)]


class Sequencer:
    """Sequences inserts.

    Parameters
    ----------
    rng : random.Random
    read_length : int
        Cycles. Reads have this length; the bases after the adapter are A. A longer insert is not read to its end.
    adapter : str
        3' adapter; with ``""`` reads end with their insert.
    umi_length : int
        Random bases before the insert.
    error_rate : float
        Probability of a wrong base, anywhere on the read.
    style : str
        Style of qualities, see :func:`mirtools.simulation.qualities.written`.
    """

    def __init__(
        self,
        rng: random.Random,
        read_length: int,
        adapter: str,
        umi_length: int,
        error_rate: float,
        style: str = "varied",
    ) -> None:
        self._rng = rng
        self._read_length = read_length
        self._adapter = adapter
        self._umi_length = umi_length
        self._error_rate = error_rate
        self._style = style

    def read(self, molecule: Molecule, variant_quality: int | None = None) -> SimulatedRead:
        """Return one read of a molecule.

        Parameters
        ----------
        molecule : Molecule
        variant_quality : int, optional
            Phred value of one of the bases that make the isomiR; the others (by default all) have 32-40.
        """
        rng = self._rng
        umi = "".join(rng.choices("ACGT", k=self._umi_length))
        true = (umi + molecule.insert)[: self._read_length]
        adapter_nt = 0
        if self._adapter:
            adapter_nt = min(len(self._adapter), self._read_length - len(true))
            true = (true + self._adapter + "A" * self._read_length)[: self._read_length]
        late = len(true) // 4
        qualities = rng.choices(_LETTERS, cum_weights=_EARLY_WEIGHTS, k=len(true) - late)
        qualities += rng.choices(_LETTERS, cum_weights=_LATE_WEIGHTS, k=late)
        if molecule.variant is not None and molecule.variant.changed:
            start = molecule.mirna_span()[0] + len(umi)
            places = [start + place for place in molecule.variant.changed]
            places = [place for place in places if place < len(qualities)]
            for place in places:
                qualities[place] = chr(rng.randrange(32, 41) + _PHRED)
            if places and variant_quality is not None:
                qualities[rng.choice(places)] = chr(variant_quality + _PHRED)
        bases = list(true)
        errors = self._error_places(len(true))
        for place in errors:
            bases[place] = rng.choice([base for base in "ACGT" if base != bases[place]])
            qualities[place] = chr(rng.choice(_ERROR_QUALITIES) + _PHRED)
        read_qualities = written("".join(qualities), errors, self._style)
        return SimulatedRead(molecule, umi, "".join(bases), read_qualities, tuple(errors), adapter_nt)

    def copy(self, original: SimulatedRead) -> SimulatedRead:
        """Return a PCR copy: the same bases, and the same qualities or, three times in ten, worse ones."""
        qualities = original.qualities
        if self._rng.random() < 0.3:
            loss = self._rng.randrange(4, 16)
            qualities = "".join(chr(max(ord(letter) - loss, 2 + _PHRED)) for letter in qualities)
            qualities = written(qualities, (), self._style)
        return SimulatedRead(
            original.molecule,
            original.umi,
            original.sequence,
            qualities,
            original.errors,
            original.adapter_nt,
            original,
        )

    def _error_places(self, length: int) -> list[int]:
        """Draw the distances between errors instead of every base."""
        if self._error_rate <= 0:
            return []
        places: list[int] = []
        place = -1
        while True:
            place += 1 + int(math.log(1 - self._rng.random()) / math.log(1 - self._error_rate))
            if place >= length:
                return places
            places.append(place)


def truth_row(read: SimulatedRead, supports: Mapping[str, int]) -> list[str]:
    """Return the cells of :data:`TRUTH_COLUMNS` for one read.

    Parameters
    ----------
    read : SimulatedRead
    supports : mapping
        For every miRNA part, the distinct chimeric reads without an error in it.
    """
    molecule, variant = read.molecule, read.molecule.variant
    support = supports.get(variant.sequence, 0) if variant is not None else 0
    qualities = ",".join(map(str, read.variant_qualities()))
    return [
        read.name,
        molecule.read_class,
        read.original.name if read.original is not None else MISSING,
        molecule.order,
        molecule.mirna_ids,
        variant.mirna.sequence if variant is not None else MISSING,
        variant.sequence if variant is not None else MISSING,
        variant.type if variant is not None else MISSING,
        variant.detail if variant is not None else MISSING,
        molecule.target_ids,
        _cell(molecule.target_start),
        _cell(molecule.target_end),
        molecule.strand,
        _cell(molecule.seed_match),
        _cell(molecule.gap),
        molecule.linker or MISSING,
        str(support) if molecule.read_class == CHIMERA else MISSING,
        qualities or MISSING,
        ",".join(map(str, read.errors)) or MISSING,
        read.umi or MISSING,
        molecule.insert or MISSING,
        str(read.adapter_nt),
        str(int(expect_pair(read, support))),
    ]


def unread_cells(read: SimulatedRead) -> list[str]:
    """Return the cells of :data:`UNREAD_COLUMNS` for one read."""
    return [str(read.insert_unread), str(read.mirna_unread)]


def expect_pair(read: SimulatedRead, support: int) -> bool:
    """Return whether the paper's rules accept this read as a pair.

    It must be a chimera. Its miRNA part must be sequenced completely and without errors, be in at least 10
    distinct reads, and have Phred > 30 at every base that makes the isomiR. At least 20 nt of its target part must
    be sequenced, and the site must have at least 30 nt after extension by 25 nt. A PCR copy counts with the
    qualities of its original, which are never worse.
    """
    source = read.original or read
    target_read, site_length = _target_read(read)
    return (
        read.molecule.read_class == CHIMERA
        and support >= MIN_SUPPORT
        and target_read >= MIN_TARGET
        and site_length >= MIN_SITE
        and read.mirna_is_clean()
        and all(quality > MAX_REFUSED_QUALITY for quality in source.variant_qualities())
    )


def _target_read(read: SimulatedRead) -> tuple[int, int]:
    """Return the number of sequenced bases of the target part, and the length of the site that they show."""
    molecule = read.molecule
    if molecule.target_start is None or molecule.target_end is None:
        return 0, 0
    sequenced = molecule.target_end - molecule.target_start
    if molecule.order == MIRNA_FIRST:
        sequenced -= read.insert_unread
    return sequenced, min(sequenced + EXTEND, molecule.site_length)


def _cell(number: int | None) -> str:
    return MISSING if number is None else str(number)
