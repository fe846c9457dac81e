"""Simulates chimeric libraries with known truth: the miRNA variant and the site of each read, and decoys.

All reads are held in memory (about 1 kB each) because the library is shuffled as a whole.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST
from mirtools.errors import InputError, UsageError
from mirtools.io.sequences import Reference
from mirtools.simulation.isomirs import EXACT, Repertoire, Variant, exact_variant
from mirtools.simulation.ligation import (
    MAX_DECOY_GAP,
    MAX_GAP,
    MIN_TARGET,
    MIN_TRANSCRIPT,
    Gaps,
    Ligation,
    Site,
    antisense,
    find_site,
    ligate,
)
from mirtools.simulation.reads import (
    CHIMERA,
    EXTEND,
    MAX_REFUSED_QUALITY,
    Molecule,
    Sequencer,
    SimulatedRead,
    expect_pair,
)
from mirtools.simulation.settings import LibrarySettings

# Kinds of decoy and their relative frequencies
DECOYS = {
    "mirna_only": 24,
    "target_only": 24,
    "antisense_target": 12,
    "gap_too_long": 12,
    "mirna_mirna": 7,
    "target_target": 7,
    "random": 7,
    "adapter_dimer": 7,
}
# Cases that every library contains if it is large enough: each type, with numbers of reads and Phred values on
# both sides of the thresholds of 10 and 30. (type, distinct reads, Phred value of a changed base)
BOUNDARY_CASES: tuple[tuple[str, int, int | None], ...] = (
    ("3p_addition", 10, 31),
    ("3p_replacement", 10, 30),
    ("SNP", 10, 31),
    ("MNP", 10, None),
    ("5p_addition", 10, None),
    ("5p_deletion", 10, None),
    ("5p_replacement", 10, 31),
    ("3p_deletion", 9, None),
    (EXACT, 9, None),
    (EXACT, 10, None),
    ("SNP", 9, None),
    ("MNP", 10, 30),
)
_BOUNDARY_READS = 5  # distinct reads per interaction of a boundary case
_MOST_READS = 60  # distinct reads of one interaction
_LOW_READS = 0.4  # share of reads with a low quality at a changed base, per share of variants that always have one
_TRIES = 40
_INSERT_LENGTH = 75  # longest insert if reads are too short for chimeras


@dataclass(slots=True)
class Library:
    """A simulated library.

    Attributes
    ----------
    reads : list of SimulatedRead
        In the order of the file, with names.
    supports : collections.Counter
        For every miRNA part, the distinct chimeric reads without an error in it.
    counts, dropped : collections.Counter
    facts : dict
        Reads per class, isomiR type, order and gap; the share of interactions at a seed match.
    cut : bool
        Whether reads may end within their inserts.
    """

    reads: list[SimulatedRead]
    supports: Counter[str]
    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    facts: dict[str, object] = field(default_factory=dict)
    cut: bool = False


def simulate(mirnas: Sequence[Reference], transcripts: Sequence[Reference], settings: LibrarySettings) -> Library:
    """Return a library of chimeric reads, decoys and PCR copies.

    Parameters
    ----------
    mirnas, transcripts : sequence of Reference
    settings : LibrarySettings

    Raises
    ------
    InputError
        If no miRNA or no transcript can be used.
    UsageError
        If the reads are too short for a miRNA, or inserts for a miRNA, a gap and a target part.
    """
    return LibraryMaker(mirnas, transcripts, settings, random.Random(settings.seed)).library()


class LibraryMaker:
    """Makes one library: chimeras, then decoys and copies.

    Parameters
    ----------
    mirnas, transcripts : sequence of Reference
    settings : LibrarySettings
    rng : random.Random
        Whatever is left to chance.

    Raises
    ------
    InputError, UsageError
        As :func:`simulate`.
    """

    def __init__(
        self,
        mirnas: Sequence[Reference],
        transcripts: Sequence[Reference],
        settings: LibrarySettings,
        rng: random.Random,
    ) -> None:
        self._settings = settings
        self._rng = rng
        self._repertoire = Repertoire(self._rng, mirnas)
        self._mirnas = self._repertoire.mirnas
        self._transcripts = [
            each for each in transcripts if max(map(len, each.sequence.split("N"))) >= MIN_TRANSCRIPT
        ]
        if not self._mirnas:
            problem = "no miRNA can be used: each is short, contains N or fits another one; give other miRNAs"
            raise InputError(problem)
        if not self._transcripts:
            raise InputError(f"no transcript has {MIN_TRANSCRIPT} nt without N; give longer ones")
        self._insert_length = self._longest_insert()
        self.draw_from(rng)
        self._gaps = Gaps(settings.overlaps, settings.linkers)
        self._weights = list(accumulate(rank**-settings.skew for rank in range(1, len(self._mirnas) + 1)))
        self._reads: list[SimulatedRead] = []
        self._supports: Counter[str] = Counter()
        self._cut: Counter[str] = Counter()  # distinct reads that end within the variant
        self._distinct: set[str] = set()
        self._pairs: dict[tuple[str, str, int], bool] = {}  # variant and site: is it at a seed match?
        self._failures = 0  # interactions since the last one that added a pair or reads
        # miRNA parts whose number of reads is final, and the low Phred value of those that have one
        self._closed: set[str] = set()
        self._low_qualities: dict[str, int | None] = {}
        self._dropped = Counter(
            unusable_mirna=self._repertoire.unusable, short_transcript=len(transcripts) - len(self._transcripts)
        )

    def draw_from(self, rng: random.Random) -> None:
        """Leave reads, and whatever else is still to be made, to another generator."""
        settings = self._settings
        self._rng = rng
        self._sequencer = Sequencer(
            self._rng,
            settings.read_length,
            "" if settings.adapter == "none" else settings.adapter,
            settings.umi_length,
            settings.error_rate,
            settings.qualities,
        )

    def library(self) -> Library:
        """Return the library."""
        shares = 1 - self._settings.decoys - self._settings.duplicates
        if (wanted := self._settings.all_reads) is not None:
            copies = round(wanted * self._settings.duplicates)
            decoys = round(wanted * self._settings.decoys)
            self.make_chimeras(wanted - copies - decoys)
        else:
            self.make_chimeras(None)
            decoys = round(len(self._reads) * self._settings.decoys / shares)
            copies = round(len(self._reads) * self._settings.duplicates / shares)
        kinds = self._rng.choices(list(DECOYS), list(DECOYS.values()), k=max(decoys - len(DECOYS), 0))
        for kind in (list(DECOYS) + kinds)[:decoys]:
            self._reads.append(self._sequencer.read(self._decoy(kind)))
        originals = list(self._reads)
        for _ in range(copies if originals else 0):
            self._reads.append(self._sequencer.copy(self._rng.choice(originals)))
        self._rng.shuffle(self._reads)
        for number, read in enumerate(self._reads, 1):
            read.name = f"sim{self._settings.seed}_{number:06d}"
        return self._described()

    def _longest_insert(self) -> int:
        settings = self._settings
        sequenced = settings.read_length - settings.umi_length
        longest = max(len(each.sequence) for each in self._mirnas)
        if sequenced < max(longest, MIN_TARGET):
            least = max(longest, MIN_TARGET) + settings.umi_length
            raise UsageError(f"--read-length is too short for these miRNAs; give {least} or more")
        needed = longest + MAX_DECOY_GAP + MIN_TARGET
        if settings.insert_length is None:
            return sequenced if sequenced >= needed else max(needed, _INSERT_LENGTH)
        if settings.insert_length < needed:
            raise UsageError(f"--insert-length is too short for these miRNAs; give {needed} or more")
        return settings.insert_length

    def _full(self, reads: int | None) -> bool:
        if reads is not None:
            return len(self._reads) >= reads
        return len(self._pairs) >= (self._settings.pairs or 0)

    def make_chimeras(self, reads: int | None) -> None:
        """Add interactions until there are enough reads, or enough pairs if ``reads`` is ``None``."""
        rare = list(self._mirnas[::-1])
        for number, (kind, support, quality) in enumerate(BOUNDARY_CASES):
            if not self._wanted(kind, quality):
                continue
            mirna = rare[number % len(rare)]
            variant = exact_variant(mirna) if kind == EXACT else self._repertoire.new_isomir(mirna, kind)
            if variant is None:
                continue
            self._closed.add(variant.sequence)
            self._low_qualities[variant.sequence] = quality
            while (missing := support - self._clean_reads(variant)) > 0 and not self._full(reads):
                self._interaction(variant, min(missing, _BOUNDARY_READS), reads)
        while not self._full(reads):
            variant = self._drawn_variant()
            if variant.sequence not in self._closed:
                self._interaction(variant, min(int(self._rng.paretovariate(1.1)), _MOST_READS), reads)

    def _clean_reads(self, variant: Variant) -> int:
        """Return the number of distinct reads of a variant without an error in their sequenced part."""
        return self._supports[variant.sequence] + self._cut[variant.sequence]

    def _wanted(self, kind: str, quality: int | None) -> bool:
        """Return whether the settings allow a boundary case; an exact miRNA has no other reads then."""
        if kind == EXACT:
            return self._settings.isomirs < 1 and len(self._mirnas) >= len(BOUNDARY_CASES)
        return self._settings.isomirs > 0 and (self._settings.low_quality > 0 or quality != MAX_REFUSED_QUALITY)

    def _drawn_mirna(self) -> Reference:
        return self._rng.choices(self._mirnas, cum_weights=self._weights)[0]

    def _drawn_variant(self) -> Variant:
        mirna = self._drawn_mirna()
        variant = self._repertoire.isomir(mirna) if self._rng.random() < self._settings.isomirs else None
        if variant is None:
            return exact_variant(mirna)
        if variant.changed and variant.sequence not in self._low_qualities:
            low = self._rng.random() < self._settings.low_quality
            quality = self._rng.choice((12, 20, 25, 28, MAX_REFUSED_QUALITY)) if low else None
            self._low_qualities[variant.sequence] = quality
        return variant

    def _interaction(self, variant: Variant, support: int, reads: int | None) -> None:
        """Add ``support`` distinct reads, free of errors in the miRNA part, of a variant at a new site."""
        site = self._site(variant)
        goal = self._clean_reads(variant) + support
        before = len(self._reads)
        failures = 0
        while self._clean_reads(variant) < goal and failures < _TRIES:
            if reads is not None and len(self._reads) >= reads:
                break
            order = self._order()
            ligation = ligate(self._rng, variant, site, order, self._gaps.draw(self._rng), self._insert_length)
            if ligation is None:
                failures += 1
                continue
            quality = self._low_qualities.get(variant.sequence)
            if quality is None and self._rng.random() < _LOW_READS * self._settings.low_quality:
                quality = self._rng.randrange(12, MAX_REFUSED_QUALITY + 1)
            read = self._sequencer.read(chimera_molecule(variant, site, ligation, CHIMERA), quality)
            failures += not self._is_new(read)
        pair = (variant.sequence, site.transcript.name, site.core)
        new = len(self._reads) > before and (reads is not None or pair not in self._pairs)
        self._failures = 0 if new else self._failures + 1
        if self._failures > 10 * _TRIES:
            raise InputError(
                "the references give too few different reads; give more transcripts or ask for fewer reads"
            )
        if len(self._reads) > before:
            self._pairs[pair] = site.seed_match is not None

    def _is_new(self, read: SimulatedRead) -> bool:
        """Add a chimera unless its insert is there already; tells whether it is new."""
        if read.insert in self._distinct:
            return False
        variant = read.molecule.variant
        assert variant is not None
        self._distinct.add(read.insert)
        self._reads.append(read)
        self._supports[variant.sequence] += read.mirna_is_clean()
        self._cut[variant.sequence] += read.mirna_unread > 0
        return True

    def _order(self) -> str:
        return MIRNA_FIRST if self._rng.random() < self._settings.order else TARGET_FIRST

    def _site(self, variant: Variant) -> Site:
        """Return a site to which the variant can be ligated in either order."""
        for _ in range(50 * _TRIES):
            want_seed = self._rng.random() < self._settings.seed_sites
            site = find_site(self._rng, self._transcripts, variant, want_seed)
            if site is not None and all(
                ligate(self._rng, variant, site, order, gap, self._insert_length)
                for order in (MIRNA_FIRST, TARGET_FIRST)
                for gap in (0, 1)
            ):
                return site
        raise InputError("no target part fits on the transcripts; give longer ones, without N")

    def _decoy(self, kind: str) -> Molecule:
        rng = self._rng
        mirna = self._drawn_mirna()
        variant = exact_variant(mirna)
        if kind == "mirna_only":
            return Molecule(kind, variant.sequence, variant, mirna.name)
        if kind == "target_only":
            transcript, start, end = self._piece(min(self._insert_length, 60))
            piece = transcript.sequence[start:end]
            return Molecule(
                kind, piece, target_ids=transcript.name, target_start=start, target_end=end, strand="+"
            )
        if kind == "antisense_target":
            while True:
                site = self._site(variant)._replace(seed_match=None)
                ligation = antisense(rng, variant, site, self._order(), self._insert_length)
                if "N" not in ligation.insert:
                    return chimera_molecule(variant, site, ligation, kind, "-")
        if kind == "gap_too_long":
            while True:
                site = self._site(variant)
                gap = rng.randrange(MAX_GAP + 1, MAX_DECOY_GAP + 1)
                if long := ligate(rng, variant, site, self._order(), gap, self._insert_length):
                    return chimera_molecule(variant, site, long, kind)
        if kind == "mirna_mirna":
            other = rng.choice(self._mirnas)
            insert = (mirna.sequence + other.sequence)[: self._insert_length]
            return Molecule(kind, insert, mirna_ids=f"{mirna.name},{other.name}")
        if kind == "target_target":
            first, second = (self._piece(min(self._insert_length // 2, 35)) for _ in range(2))
            insert = first[0].sequence[first[1] : first[2]] + second[0].sequence[second[1] : second[2]]
            return Molecule(kind, insert, target_ids=f"{first[0].name},{second[0].name}")
        if kind == "random":
            return Molecule(
                kind, "".join(rng.choices("ACGT", k=rng.randrange(20, min(self._insert_length, 60) + 1)))
            )
        return Molecule("adapter_dimer", "")

    def _piece(self, longest: int) -> tuple[Reference, int, int]:
        """Return a random part of a transcript without N: transcript, start, end."""
        while True:
            transcript = self._rng.choice(self._transcripts)
            length = self._rng.randrange(MIN_TARGET, min(longest, len(transcript.sequence)) + 1)
            start = self._rng.randrange(len(transcript.sequence) - length + 1)
            if "N" not in transcript.sequence[start : start + length]:
                return transcript, start, start + length

    def _described(self) -> Library:
        library = Library(self._reads, self._supports)
        library.cut = self._insert_length > self._settings.read_length - self._settings.umi_length
        library.dropped.update({reason: count for reason, count in self._dropped.items() if count})
        chimeras = [read for read in self._reads if read.molecule.read_class == CHIMERA]
        originals = [read for read in chimeras if read.original is None]
        library.counts["reads"] = len(self._reads)
        library.counts["chimeras"] = len(chimeras)
        library.counts["duplicate_reads"] = sum(read.original is not None for read in self._reads)
        if library.cut:
            library.counts["reads_cut"] = sum(read.insert_unread > 0 for read in self._reads)
            library.counts["reads_cut_in_mirna"] = sum(read.mirna_unread > 0 for read in self._reads)
        library.counts["pairs"] = len(self._pairs)
        library.counts["mirna_parts"] = sum(count > 0 for count in self._supports.values())
        library.counts["reads_expected_in_pairs"] = sum(
            expect_pair(read, self._supports[read.molecule.variant.sequence])
            for read in chimeras
            if read.molecule.variant is not None
        )
        at_seed = sum(self._pairs.values())
        library.facts["pairs_at_seed_match"] = round(at_seed / len(self._pairs), 4) if self._pairs else None
        library.facts["read_classes"] = _tally(read.molecule.read_class for read in self._reads)
        library.facts["isomir_types"] = _tally(
            read.molecule.variant.type for read in originals if read.molecule.variant is not None
        )
        library.facts["orders"] = _tally(read.molecule.order for read in originals)
        library.facts["gaps"] = {
            str(gap): count for gap, count in sorted(Counter(read.molecule.gap or 0 for read in originals).items())
        }
        return library


def chimera_molecule(
    variant: Variant, site: Site, ligation: Ligation, read_class: str, strand: str = "+"
) -> Molecule:
    """Return the molecule of a variant that is ligated to a site."""
    extended = min(ligation.end + EXTEND, len(site.transcript.sequence)) - ligation.start
    return Molecule(
        read_class,
        ligation.insert,
        variant,
        variant.mirna.name,
        ligation.order,
        site.transcript.name,
        ligation.start,
        ligation.end,
        strand,
        site.seed_match,
        ligation.gap,
        ligation.linker,
        extended,
    )


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
