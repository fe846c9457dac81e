"""Samples of an experiment with known truth: planted sites whose abundance may change, and chance ligation.

All samples with the same seed share their sites. Samples of one condition differ only by random noise, samples of
different conditions also by the sites whose abundance changes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, TextIO

from mirtools.errors import InputError, UsageError, shorten
from mirtools.io.samplesheet import Sample, by_condition, read_samples
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING, write_table
from mirtools.simulation.isomirs import Variant
from mirtools.simulation.library import LibraryMaker, chimera_molecule
from mirtools.simulation.ligation import Site, find_site, ligate
from mirtools.simulation.reads import CHIMERA, SimulatedRead
from mirtools.simulation.settings import LibrarySettings

SITE_COLUMNS = "site mirna_id mirna_seq isomir_type target_id core_start core_end seed_match abundance".split()
FOLD_PREFIX = "fold:"
# standard deviation of the logarithm of abundance, for sites, and for transcripts in chance ligation
_SITE_SPREAD, _TRANSCRIPT_SPREAD = 1.0, 1.5
_TRIES = 1000


class PlantedSite(NamedTuple):
    """A site to which a form of a miRNA is ligated in all samples.

    Attributes
    ----------
    variant : Variant
    site : Site
    abundance : float
        Relative to the other sites, in the first condition.
    folds : dict of str to float
        Fold change of the abundance in each condition, relative to the first.
    """

    variant: Variant
    site: Site
    abundance: float
    folds: dict[str, float]


class ExperimentSample(LibraryMaker):
    """Makes the library of one sample.

    Parameters
    ----------
    mirnas, transcripts : sequence of Reference
    settings : LibrarySettings
        With ``sites``.

    Attributes
    ----------
    planted : list of PlantedSite
        The same for all samples of an experiment.
    found : collections.Counter
        Distinct reads of each planted site, by its position in ``planted``.
    """

    def __init__(
        self, mirnas: Sequence[Reference], transcripts: Sequence[Reference], settings: LibrarySettings
    ) -> None:
        super().__init__(mirnas, transcripts, settings, random.Random(f"{settings.seed} experiment"))
        conditions, self._sample = _sample_of(settings)
        self._condition = "" if self._sample is None else self._sample.condition
        # drawn from the random generator shared by all samples
        self._abundances = [self._rng.lognormvariate(0, _TRANSCRIPT_SPREAD) for _ in self._transcripts]
        self.planted = [self._plant(conditions) for _ in range(settings.sites or 0)]
        self.conditions = conditions
        self.found: Counter[int] = Counter()
        name = "" if self._sample is None else self._sample.name
        self.draw_from(random.Random(f"{settings.seed} sample {name}"))

    def write_sites(self, stream: TextIO | None) -> None:
        """Write planted sites and the number of distinct reads of each in this sample."""
        columns = [*SITE_COLUMNS, *(FOLD_PREFIX + name for name in self.conditions), "reads"]
        rows = (
            [
                str(number),
                each.variant.mirna.name,
                each.variant.sequence,
                each.variant.type,
                each.site.transcript.name,
                str(each.site.core),
                str(each.site.core + 8),
                MISSING if each.site.seed_match is None else str(each.site.seed_match),
                f"{each.abundance:.4g}",
                *(f"{each.folds[name]:.4g}" for name in self.conditions),
                str(self.found[number - 1]),
            ]
            for number, each in enumerate(self.planted, 1)
        )
        write_table(stream, columns, rows)

    def make_chimeras(self, reads: int | None) -> None:
        """Make chimeras of planted sites and of chance ligation."""
        assert reads is not None
        noise = self._settings.dispersion
        weights = [
            each.abundance
            * each.folds.get(self._condition, 1.0)
            * (self._rng.gammavariate(1 / noise, noise) if noise else 1.0)
            for each in self.planted
        ]
        numbers = range(len(self.planted))
        failures = 0
        while not self._full(reads):
            number = None
            if self.planted and self._rng.random() >= self._settings.chance:
                number = self._rng.choices(numbers, weights)[0]
            read = self._read_of(number)
            if read is None or not self._is_new(read):
                failures += 1
                if failures > _TRIES + 2 * reads:
                    raise InputError("the sites give too few different reads; plant more, or ask for fewer reads")
                continue
            if number is not None:
                self.found[number] += 1

    def _plant(self, conditions: Sequence[str]) -> PlantedSite:
        variant = self._drawn_variant()
        site = self._site(variant)
        folds = {}
        for number, name in enumerate(conditions):
            change = number and self._rng.random() < self._settings.changed
            folds[name] = (self._settings.fold ** self._rng.choice((-1, 1))) if change else 1.0
        return PlantedSite(variant, site, self._rng.lognormvariate(0, _SITE_SPREAD), folds)

    def _read_of(self, number: int | None) -> SimulatedRead | None:
        """Return a read of a planted site or, without one, of chance ligation; ``None`` if ligation fails."""
        if number is None:
            variant = self._drawn_variant()
            transcript = self._rng.choices(self._transcripts, self._abundances)[0]
            site = find_site(self._rng, [transcript], variant, want_seed=False)
            if site is None:
                return None
        else:
            variant, site = self.planted[number][:2]
        ligation = ligate(self._rng, variant, site, self._order(), self._gaps.draw(self._rng), self._insert_length)
        if ligation is None:
            return None
        quality = self._low_qualities.get(variant.sequence)
        return self._sequencer.read(chimera_molecule(variant, site, ligation, CHIMERA), quality)


def _sample_of(settings: LibrarySettings) -> tuple[list[str], Sample | None]:
    """Return all conditions of the experiment, in the order of the sheet, and the sample to simulate."""
    if settings.samples is None:
        return [], None
    samples = read_samples(settings.samples)
    found = next((each for each in samples if each.name == settings.sample), None)
    if found is None:
        listed = ", ".join(shorten(each.name, 30) for each in samples[:4])
        raise UsageError(
            f"--sample '{shorten(settings.sample or '', 40)}' is not in {settings.samples}; it has {listed}"
        )
    return list(by_condition(samples)), found
