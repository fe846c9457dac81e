"""Reads of one guide that overlap on one gene become one binding site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.sites.multi import shares
from mirtools.sites.places import Spots, joined, joined_isoforms, overlapping, spots_of
from mirtools.sites.rows import Ints, Rows
from mirtools.sites.targets import Targets

Floats = NDArray[np.float64]


class Merged(NamedTuple):
    """Sites and what they are made of; sites are numbered from 0.

    Attributes
    ----------
    spots : Spots
    member_spot, member_site : array of int64, shape (members,)
        Which spots a site has; sorted by site.
    member_share : array of float64, shape (members,)
        The share of the reads of the spot's row that the site got through this spot.
    guide : array of int64, shape (sites,)
    place : array of int64, shape (sites,)
        Equal for sites of several guides that overlap.
    reads : array of float64, shape (sites, samples)
    tied_rows, left_out : int
        Rows whose reads fit several sites; those that were left out for that.
    """

    spots: Spots
    member_spot: Ints
    member_site: Ints
    member_share: Floats
    guide: Ints
    place: Ints
    reads: Floats
    tied_rows: int
    left_out: int

    def __len__(self) -> int:
        return len(self.guide)


def merge_rows(rows: Rows, guides: Ints, known: Targets, genes: Mapping[str, str], multi: str) -> Merged:
    """Merge rows to sites.

    Parts of targets that overlap by at least one base are one site if their guide is the same. They are compared
    on the genome if an annotation places the transcript, else on the transcript, where places on several
    transcripts of a gene are one if they share 20 bases.

    Parameters
    ----------
    rows : Rows
    guides : array of int64, shape (rows,)
    known : Targets
    genes : mapping of str to str
        The gene of targets, as far as the table tells it; for others ``known`` is asked.
    multi : {"em", "first", "unique"}
        See :class:`mirtools.sites.settings.MergeSettings`.
    """
    spots = spots_of(rows, known, ties=multi != "first")
    gene_of = [genes.get(name) or known.gene(name).identifier for name in spots.targets]
    spot_guides = guides[spots.row]
    label = joined_isoforms(overlapping(spots, spot_guides), spots, rows, gene_of, spot_guides)
    place = joined(overlapping(spots), label)
    entries, entry_of_spot = np.unique(np.stack([spots.row, label]), axis=1, return_inverse=True)
    entry_row, entry_label = entries
    fits = np.bincount(entry_row, minlength=len(rows))
    totals = rows.totals
    share = shares(entry_row, entry_label, totals, int(label.max(initial=-1)) + 1)
    if multi == "unique":
        share = np.where(fits[entry_row] > 1, 0.0, share)
    # the spots of a row in one site, places on isoforms, share what the row gives to it
    entry_of_spot = entry_of_spot.ravel()
    spot_share = share[entry_of_spot] / np.bincount(entry_of_spot)[entry_of_spot]
    tied = int(np.count_nonzero(fits > 1))
    return _numbered(spots, label, place, spot_share, guides, rows, tied, tied if multi == "unique" else 0)


def _numbered(
    spots: Spots,
    label: NDArray[np.intp],
    place: NDArray[np.intp],
    share: Floats,
    guides: Ints,
    rows: Rows,
    tied: int,
    left_out: int,
) -> Merged:
    """Return the sites that have reads, in the order of their first row."""
    used = np.flatnonzero((share > 0) & (rows.totals[spots.row] > 0))
    _, first, site = np.unique(label[used], return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    site = rank[site.ravel()]
    order = np.argsort(site, kind="stable")
    member_spot, member_site, member_share = used[order], site[order], share[used][order]
    reads = np.zeros((len(first), rows.reads.shape[1]))
    np.add.at(reads, member_site, rows.reads[spots.row[member_spot]] * member_share[:, None])
    heads = member_spot[np.searchsorted(member_site, np.arange(len(first)))]
    return Merged(
        spots,
        member_spot,
        member_site,
        member_share,
        guides[spots.row[heads]],
        place[heads].astype(np.int64),
        reads,
        tied,
        left_out,
    )


def shape(parts: Sequence[tuple[int, int, float]]) -> tuple[int, int, int]:
    """Return where on a target most reads lie: the summit, and start and end of the core around it.

    The summit is the middle base of the first stretch that most reads cover; the core are the bases around it
    that at least half as many reads cover.

    Parameters
    ----------
    parts : sequence of (int, int, float)
        Start, end (0-based and half-open) and reads of each part; at least one.

    >>> shape([(10, 30, 5), (20, 40, 3), (35, 50, 2)])
    (24, 20, 40)
    """
    changes: dict[int, float] = {}
    for start, end, reads in parts:
        changes[start] = changes.get(start, 0.0) + reads
        changes[end] = changes.get(end, 0.0) - reads
    borders = sorted(changes)
    depths, depth = [], 0.0
    for border in borders:
        depth += changes[border]
        depths.append(depth)
    # sums of fractions may differ in their last digits
    highest = max(depths) * (1 - 1e-9)
    top = next(at for at, depth in enumerate(depths) if depth >= highest)
    first = last = top
    while first and depths[first - 1] >= highest / 2:
        first -= 1
    while depths[last + 1] >= highest / 2:
        last += 1
    return (borders[top] + borders[top + 1] - 1) // 2, borders[first], borders[last + 1]
