"""Tables of binding sites: one row a site, and one row for each pair in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mirtools.io.tables import MISSING
from mirtools.pairs.energy import duplex_energies
from mirtools.sites.columns import site_columns
from mirtools.sites.merge import Merged
from mirtools.sites.replicates import irreproducible_rates
from mirtools.sites.rows import Floats, Rows
from mirtools.sites.sites import Site

# A site is in a sample with a read, or with as much of shared reads as rounds to one
PRESENT = 0.5
# nt after the core that an energy is computed with
_EXTENSION = 25


@dataclass(frozen=True)
class SiteTable:
    """Sites with what samples and conditions tell of them.

    Attributes
    ----------
    sites : list of Site
    samples : list of str
        In the order in which they are written.
    order : list of int
        Where each sample's reads lie in :attr:`Site.reads`.
    conditions : dict of str to list of str
        Samples of each condition; empty without a sample sheet.
    """

    sites: list[Site]
    samples: list[str]
    order: list[int]
    conditions: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def classes(self) -> bool:
        """Whether any guide is of a class."""
        return any(site.guide_class != MISSING for site in self.sites)

    @property
    def columns(self) -> list[str]:
        """The header."""
        return site_columns(self.samples, list(self.conditions), self.classes)

    def reads(self) -> Floats:
        """Return the reads of all sites, shape ``(sites, samples)``, in the order of ``samples``."""
        if not self.sites:
            return np.zeros((0, len(self.samples)))
        return np.stack([site.reads for site in self.sites])[:, self.order]

    def seen_in(self) -> dict[str, list[int]]:
        """Return how many samples of each condition have each site; with the key ``""`` of all samples."""
        present = self.reads() >= PRESENT
        groups = {"": self.samples, **self.conditions}
        at = {name: number for number, name in enumerate(self.samples)}
        return {
            name: present[:, [at[each] for each in group]].sum(axis=1).tolist() for name, group in groups.items()
        }

    def irreproducible(self) -> dict[str, list[float]]:
        """Return the irreproducible discovery rate of each site within each condition; NaN where it has none."""
        reads = self.reads()
        at = {name: number for number, name in enumerate(self.samples)}
        return {
            name: irreproducible_rates(reads[:, [at[each] for each in group]]).tolist()
            for name, group in self.conditions.items()
        }

    def filtered(self, min_reads: int, min_replicates: int, max_q: float) -> SiteTable:
        """Return the sites with so many reads, in so many replicates of one condition, and such a q-value."""
        seen = self.seen_in()
        counts = [seen[name] for name in self.conditions] or [seen[""]]
        kept = [
            site
            for number, site in enumerate(self.sites)
            if site.total >= min_reads - PRESENT
            and max(column[number] for column in counts) >= min_replicates
            and site.q_value <= max_q
        ]
        return SiteTable(kept, self.samples, self.order, self.conditions)

    def rows(self, threads: int = 1) -> Iterator[list[str]]:
        """Yield the cells of each site; ``threads`` compute energies."""
        reads, seen, rates = self.reads(), self.seen_in(), self.irreproducible()
        with_bases = [site for site in self.sites if MISSING not in (site.mirna_seq, site.site_seq)]
        energies = duplex_energies(((site.mirna_seq, _core_bases(site)) for site in with_bases), threads)
        classes = self.classes
        for number, site in enumerate(self.sites):
            known = MISSING not in (site.mirna_seq, site.site_seq)
            yield [
                *_where(site, classes),
                _count(site.total),
                *map(_count, reads[number].tolist()),
                str(seen[""][number]),
                *(str(seen[name][number]) for name in self.conditions),
                *_what(site, f"{next(energies):.2f}" if known else MISSING),
                *(_number(rates[name][number]) for name in self.conditions),
                str(site.pairs),
                site.top_pair,
                site.mirna_seq,
                site.site_seq,
            ]


def member_rows(sites: Iterable[Site], merged: Merged, rows: Rows) -> Iterator[list[str]]:
    """Yield pair, site and reads of each pair in some sites, in the order of the pairs."""
    site_ids = {site.number: site.site_id for site in sites}
    totals = rows.totals
    found: dict[tuple[int, str], float] = {}
    members = zip(
        merged.member_spot.tolist(), merged.member_site.tolist(), merged.member_share.tolist(), strict=True
    )
    for spot, site, share in members:
        if site in site_ids:
            row = int(merged.spots.row[spot])
            key = row, site_ids[site]
            found[key] = found.get(key, 0.0) + share * float(totals[row])
    for (row, site_id), reads in sorted(found.items()):
        yield [rows.pair_ids[row], site_id, _count(reads)]


def _core_bases(site: Site) -> str:
    """Return the bases of the core, extended as chimera-parse extends what it aligns: energies take long."""
    first = max(site.start, site.core_start) - site.start
    return site.site_seq[first : max(site.core_end - site.start, 0) + _EXTENSION]


def _where(site: Site, classes: bool) -> list[str]:
    cells = [
        site.site_id,
        site.guide,
        *([site.guide_class] if classes else []),
        site.gene.symbol,
        site.gene.identifier,
    ]
    genome = [str(site.blocks[0][0]), str(site.blocks[-1][1])] if site.blocks else [MISSING, MISSING]
    places = site.start, site.end, site.summit, site.core_start, site.core_end
    return [*cells, site.region, site.chromosome, *genome, site.strand, site.target, *map(str, places)]


def _what(site: Site, energy: str) -> list[str]:
    known = site.match.site_type != MISSING
    return [
        _number(site.isomir_share),
        site.top_form,
        site.match.site_type,
        str(int(site.match.supplementary)) if known else MISSING,
        energy,
        _number(site.score, 6),
        _number(site.expected),
        _number(site.fold),
        _number(site.p_value),
        _number(site.q_value),
    ]


def _count(reads: float) -> str:
    """Return a number of reads: fractions of shared reads with two decimals.

    >>> [_count(value) for value in (3.0, 2.5, 0.333333)]
    ['3', '2.5', '0.33']
    """
    return f"{reads:.2f}".rstrip("0").rstrip(".")


def _number(value: float, digits: int = 4) -> str:
    return MISSING if value != value else f"{value:.{digits}g}"
