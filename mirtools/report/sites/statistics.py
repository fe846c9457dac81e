"""Counts over a table of binding sites, which is read once."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mirtools.pairs.site_types import CANONICAL, SITE_TYPES
from mirtools.report.sites.table import PRESENT, UNIT, UNKNOWN, SiteCells, SiteReader
from mirtools.transcripts.regions import REGIONS

# Sites with a smaller q-value have more reads than chance ligation gives, or change between conditions
SIGNIFICANT = 0.05
# Site types that count as a seed match: Watson-Crick pairs of six bases or more
SEED_MATCHES = frozenset(CANONICAL)


@dataclass
class Tally:
    """Sites and reads of one thing: a miRNA, a gene, a region, a site type, a sample.

    Attributes
    ----------
    sites : int
    reads : int
        In hundredths.
    """

    sites: int = 0
    reads: int = 0

    def add(self, reads: int) -> None:
        """Count a site."""
        self.sites += 1
        self.reads += reads

    @property
    def whole_reads(self) -> float:
        """The number of reads."""
        return self.reads / UNIT


@dataclass
class SampleCounts:
    """What one sample has.

    Attributes
    ----------
    all : Tally
        Sites with a read in the sample.
    mirnas, genes : set of str
    alone : int
        Sites that no other sample has.
    regions, types : dict of str to Tally
    """

    all: Tally = field(default_factory=Tally)
    mirnas: set[str] = field(default_factory=set)
    genes: set[str] = field(default_factory=set)
    alone: int = 0
    regions: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    types: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))


@dataclass
class SiteStatistics:
    """Counts over all sites of a table.

    Attributes
    ----------
    columns : list of str
        The header of the table.
    has : set of str
        The columns among those that a report uses.
    samples : list of str
    conditions : dict of str to list of str
        Samples of each condition; empty lists if they are unknown.
    all : Tally
    mirnas, genes, regions, types, classes : dict of str to Tally
        Classes are those of guides.
    pairs : dict of (str, str) to Tally
        By miRNA and gene.
    regions_of : dict of str to dict of str to Tally
        The regions of each miRNA's sites.
    by_sample : list of SampleCounts
    significant : int
        Sites with q below ``SIGNIFICANT``.
    seen_in : dict of str to Counter of int
        How many sites so many samples of each condition have; ``""``: of all samples.
    top : list of SiteCells
        The sites with most reads, the first first.
    """

    columns: list[str]
    has: set[str]
    samples: list[str]
    conditions: dict[str, list[str]]
    all: Tally = field(default_factory=Tally)
    mirnas: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    genes: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    regions: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    types: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    classes: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    pairs: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    regions_of: dict[str, dict[str, Tally]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Tally))
    )
    by_sample: list[SampleCounts] = field(default_factory=list)
    significant: int = 0
    seen_in: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    top: list[SiteCells] = field(default_factory=list)
    _counts: array[int] = field(default_factory=lambda: array("q"))

    @property
    def seed_matches(self) -> Tally:
        """Sites with a canonical seed match."""
        found = [tally for name, tally in self.types.items() if name in SEED_MATCHES]
        return Tally(sum(each.sites for each in found), sum(each.reads for each in found))

    @property
    def typed(self) -> int:
        """Number of sites whose type is known."""
        return self.all.sites - (self.types[UNKNOWN].sites if UNKNOWN in self.types else 0)

    @property
    def classed(self) -> bool:
        """Whether guides are of several classes, or of one that the table names."""
        return bool(set(self.classes) - {UNKNOWN})

    @property
    def placed(self) -> int:
        """Number of sites whose region is known."""
        return self.all.sites - (self.regions[UNKNOWN].sites if UNKNOWN in self.regions else 0)

    def counts(self) -> NDArray[np.float64]:
        """Return the reads of every site in each sample, shape ``(sites, samples)``."""
        return np.frombuffer(self._counts, np.int64).reshape(self.all.sites, len(self.samples)) / UNIT

    def add(self, site: SiteCells) -> None:
        """Count a site."""
        for tally in (
            self.all,
            self.mirnas[site.mirna],
            self.genes[site.gene],
            self.regions[site.region],
            self.types[site.site_type],
            self.classes[site.guide_class],
            self.pairs[site.mirna, site.gene],
            self.regions_of[site.mirna][site.region],
        ):
            tally.add(site.reads)
        self.significant += site.q_value < SIGNIFICANT
        self._add_samples(site)

    def _add_samples(self, site: SiteCells) -> None:
        present = [reads >= PRESENT for reads in site.by_sample]
        self._counts.extend(site.by_sample)
        for counts, reads, has in zip(self.by_sample, site.by_sample, present, strict=True):
            if not has:
                counts.all.reads += reads
                continue
            counts.all.add(reads)
            counts.mirnas.add(site.mirna)
            counts.genes.add(site.gene)
            counts.regions[site.region].add(reads)
            counts.types[site.site_type].add(reads)
            counts.alone += sum(present) == 1
        self.seen_in[""][sum(present)] += 1
        for name, members in self.conditions.items():
            if members:
                self.seen_in[name][sum(present[self.samples.index(each)] for each in members)] += 1


def count_sites(reader: SiteReader, sites: Iterable[SiteCells], most: int) -> SiteStatistics:
    """Count sites and keep those with most reads; results do not depend on the order of sites.

    Parameters
    ----------
    reader : SiteReader
    sites : iterable of SiteCells
    most : int
        How many are kept.
    """
    found = SiteStatistics(list(reader.columns), reader.has, reader.samples, reader.conditions)
    found.by_sample = [SampleCounts() for _ in reader.samples]
    kept: list[SiteCells] = []
    for site in sites:
        found.add(site)
        kept.append(site)
        if len(kept) >= 2 * most + 1000:
            kept.sort(key=lambda each: each.order)
            del kept[most:]
    kept.sort(key=lambda each: each.order)
    found.top = kept[:most]
    return found


def ranked(tallies: dict[str, Tally]) -> list[tuple[str, Tally]]:
    """Return what has most reads first, of equal ones what has more sites, then by name."""
    return sorted(tallies.items(), key=lambda item: (-item[1].reads, -item[1].sites, item[0]))


def in_order(names: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return names in the order in which they are known; others come after them, ``unknown`` last."""
    rank = {name: number for number, name in enumerate(known)}
    return sorted(names, key=lambda name: (name == UNKNOWN, rank.get(name, len(rank)), name))


def regions_in_order(names: Iterable[str]) -> list[str]:
    """Return regions from 5' to 3'."""
    return in_order(names, REGIONS[:-1])


def types_in_order(names: Iterable[str]) -> list[str]:
    """Return site types, the strongest first."""
    return in_order(names, SITE_TYPES)


def heat_map(found: SiteStatistics, mirnas: int, genes: int) -> tuple[list[str], list[str], list[list[int]]]:
    """Return the miRNAs with most reads, the genes that they bind most, and their reads in hundredths.

    Genes with the same strongest miRNA are neighbours.

    Returns
    -------
    list of str, list of str, list of list of int
        miRNAs, genes, and a row of reads for each miRNA.
    """
    rows = [name for name, _ in ranked(found.mirnas)[:mirnas]]
    number = {name: at for at, name in enumerate(rows)}
    reads: dict[str, list[int]] = defaultdict(lambda: [0] * len(rows))
    for (mirna, gene), tally in found.pairs.items():
        if mirna in number:
            reads[gene][number[mirna]] = tally.reads
    strongest = sorted(reads, key=lambda gene: (-sum(reads[gene]), gene))[:genes]
    strongest.sort(key=lambda gene: (reads[gene].index(max(reads[gene])), -max(reads[gene]), gene))
    return rows, strongest, [[reads[gene][at] for gene in strongest] for at in range(len(rows))]
