"""Counts of binding sites in two conditions, of which all changes are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.io.tables import SAMPLE_PREFIX, TableWriter

Floats = NDArray[np.float64]

_REGIONS = ("3UTR", "CDS", "5UTR")
_COLUMNS = "site_id mirna_id gene_name gene_id region target_id n_reads".split()


@dataclass(frozen=True)
class ConditionRules:
    """What an experiment is like.

    Attributes
    ----------
    mirnas, genes, sites : int
    in_a, in_b : int
        Replicates of the two conditions.
    mean : float
        Median reads of a site in a sample of average depth.
    spread : float
        Standard deviation of the natural logarithm of means between sites.
    changed : float
        Share of sites that bind more or less in condition A.
    fold : float
        Factor by which they do, half of them up, half of them down.
    abundant : float
        Share of miRNAs whose abundance changes, all sites alike, by ``abundance_fold``.
    abundance_fold : float
    dispersion : float
        Variance between replicates in addition to that of sampling, as a share of the squared mean; the mean of
        all sites.
    dispersion_spread : float
        Standard deviation of the natural logarithm of dispersions between sites.
    depths : (float, float)
        Range of the depths of samples.
    seed : int
    """

    mirnas: int = 40
    genes: int = 300
    sites: int = 2000
    in_a: int = 3
    in_b: int = 3
    mean: float = 20.0
    spread: float = 1.2
    changed: float = 0.1
    fold: float = 2.0
    abundant: float = 0.2
    abundance_fold: float = 2.0
    dispersion: float = 0.05
    dispersion_spread: float = 0.0
    depths: tuple[float, float] = (0.6, 1.6)
    seed: int = 1


class SimulatedConditions(NamedTuple):
    """An experiment and its truth; arrays have the shape ``(sites,)`` if not given.

    Attributes
    ----------
    samples : list of str
        ``a1``, ``a2``, ..., ``b1``, ...
    mirna, gene : array of int
    reads : array of int64, shape (sites, samples)
    mean : array of float64
        Expected reads in a sample of average depth, without changes.
    binding : array of float64
        True log2 fold change, from B to A, of the site itself.
    abundance : array of float64
        True log2 fold change of its miRNA.
    """

    samples: list[str]
    mirna: NDArray[np.int64]
    gene: NDArray[np.int64]
    reads: NDArray[np.int64]
    mean: Floats
    binding: Floats
    abundance: Floats


def simulate_conditions(rules: ConditionRules) -> SimulatedConditions:
    """Return counts of sites: negative binomial, with planted changes of binding and of abundance."""
    random = np.random.default_rng(rules.seed)
    mirna = random.integers(rules.mirnas, size=rules.sites)
    gene = random.integers(rules.genes, size=rules.sites)
    mean = rules.mean * np.exp(rules.spread * random.normal(size=rules.sites))
    binding = np.zeros(rules.sites)
    planted = random.permutation(rules.sites)[: round(rules.changed * rules.sites)]
    binding[planted] = np.log2(rules.fold) * np.where(np.arange(len(planted)) % 2, -1, 1)
    of_mirna = np.zeros(rules.mirnas)
    planted = random.permutation(rules.mirnas)[: round(rules.abundant * rules.mirnas)]
    of_mirna[planted] = np.log2(rules.abundance_fold) * np.where(np.arange(len(planted)) % 2, -1, 1)
    abundance = of_mirna[mirna]
    in_a = np.arange(rules.in_a + rules.in_b) < rules.in_a
    depths = random.uniform(*rules.depths, len(in_a))
    changed = np.exp2(np.where(in_a[:, None], binding + abundance, 0))
    expected = mean * changed * depths[:, None]
    noise = np.ones(expected.shape)
    if rules.dispersion:
        spread = rules.dispersion_spread
        dispersion = rules.dispersion * np.exp(spread * random.normal(size=rules.sites) - spread**2 / 2)
        noise = random.gamma(1 / dispersion, dispersion, expected.shape)
    samples = [f"a{number + 1}" for number in range(rules.in_a)]
    samples += [f"b{number + 1}" for number in range(rules.in_b)]
    reads = random.poisson(expected * noise).T
    return SimulatedConditions(samples, mirna, gene, reads, mean, binding, abundance)


def write_conditions(experiment: SimulatedConditions, table: TextIO, sheet: TextIO) -> None:
    """Write the experiment as a table of sites and a sample sheet with the conditions ``A`` and ``B``."""
    writer = TableWriter(table, [*_COLUMNS, *(SAMPLE_PREFIX + name for name in experiment.samples)])
    for number, (mirna, gene, reads) in enumerate(
        zip(experiment.mirna.tolist(), experiment.gene.tolist(), experiment.reads.tolist(), strict=True)
    ):
        region = _REGIONS[number % len(_REGIONS)]
        names = [f"S{number:05d}", f"miR-{mirna + 1}", f"GENE{gene + 1}", f"G{gene + 1:05d}", region]
        writer.write([*names, f"T{gene + 1:05d}", str(sum(reads)), *map(str, reads)])
    rows = TableWriter(sheet, ["sample", "condition", "replicate"])
    for name in experiment.samples:
        rows.write([name, name[0].upper(), name[1:]])
