"""Simulates transcripts with known sites: seeds planted in random RNA, and sites stitched together.

(Gresova et al. 2022, Methods 2.5.) Positions are 0-based and half-open, sequences 5'->3' in DNA letters.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mirtools.errors import InputError
from mirtools.io.sequences import Reference, reverse_complement
from mirtools.io.tables import MISSING, TableReader

_BASES = "ACGT"


class Site(NamedTuple):
    """A site on a simulated transcript."""

    mirna_id: str
    start: int
    end: int


class Simulated(NamedTuple):
    """A simulated transcript and the sites on it, by position."""

    name: str
    sequence: str
    sites: list[Site]


@dataclass(frozen=True)
class Planting:
    """Settings of planted seeds.

    Attributes
    ----------
    distances : sequence of int
        From the start of one seed to that of the next, in nt; 0 for a single seed.
    copies : int
        Transcripts for each miRNA and distance.
    length : int
        Length of a transcript, in nt.
    first : int
        1-based miRNA base at which the planted part begins.
    bases : int
        Length of the planted part.
    """

    distances: Sequence[int]
    copies: int = 1
    length: int = 500
    first: int = 2
    bases: int = 10


def planted(mirna: str, first: int = 2, bases: int = 10) -> str:
    """Return the reverse complement of a part of a miRNA, which pairs with it.

    >>> planted("TGAGGTAGTAGGTTGTATAGTT")
    'CTACTACCTC'
    """
    return reverse_complement(mirna[first - 1 : first - 1 + bases])


def check_planting(planting: Planting) -> None:
    """Raise ValueError if seeds would overlap or do not fit into a transcript."""
    for distance in planting.distances:
        if 0 < distance < planting.bases:
            raise ValueError(f"seeds of {planting.bases} nt overlap at a distance of {distance} nt")
        if distance + planting.bases > planting.length:
            raise ValueError(f"two seeds {distance} nt apart do not fit into {planting.length} nt")


def plant(mirnas: Sequence[Reference], planting: Planting, seed: int) -> Iterator[Simulated]:
    """Yield random transcripts with one or two seeds planted around their middle.

    All four bases are equally likely; every transcript is named ``MIRNA:DISTANCE:COPY`` and depends only on its
    name and ``seed``.

    Raises
    ------
    ValueError
        As :func:`check_planting`.
    InputError
        If a miRNA is too short, or has an unknown base in the part to plant.
    """
    check_planting(planting)
    for mirna in mirnas:
        part = planted(mirna.sequence, planting.first, planting.bases)
        if len(part) < planting.bases or "N" in part:
            last = planting.first + planting.bases - 1
            problem = f"lacks known bases from {planting.first} to {last}; plant fewer, or remove the miRNA"
            raise InputError(problem, record=mirna.name)
        for distance in planting.distances:
            for copy in range(1, planting.copies + 1):
                name = f"{mirna.name}:{distance}:{copy}"
                draw = random.Random(f"{seed} {name}")
                letters = draw.choices(_BASES, k=planting.length)
                begin = (planting.length - distance - planting.bases) // 2
                sites = []
                for start in dict.fromkeys((begin, begin + distance)):
                    letters[start : start + planting.bases] = part
                    sites.append(Site(mirna.name, start, start + planting.bases))
                yield Simulated(name, "".join(letters), sites)


class SitePool(NamedTuple):
    """The distinct sites of one miRNA in a labelled table, in their order.

    Attributes
    ----------
    mirna_id : str
        A unique word; the sequence itself if the table has no name.
    mirna_seq : str
    positive, negative : list of str
    """

    mirna_id: str
    mirna_seq: str
    positive: list[str]
    negative: list[str]


def read_pools(path: str, most: int) -> list[SitePool]:
    """Read a labelled table of pairs; returns the miRNAs with the most positive sites, in descending order.

    In a tie the first in the table is first; miRNAs without a positive site are skipped. A site that is positive
    in any row is not used as a negative.

    Raises
    ------
    InputError
        If the table lacks ``mirna_seq``, ``site_seq`` or ``label``, or has labels other than 0 and 1.
    """
    reader = TableReader(path, ("mirna_seq", "site_seq", "label"))
    mirna_column, site_column, label = (reader.index(name) for name in ("mirna_seq", "site_seq", "label"))
    name_column = reader.find("mirna_id")
    names: dict[str, str] = {}
    sites: dict[str, dict[str, bool]] = {}
    for row in reader:
        mirna, site = reader.dna(row, mirna_column), reader.dna(row, site_column)
        if row[label] not in ("0", "1"):
            raise reader.error("label is neither 0 nor 1; give a labelled table")
        if mirna not in names:
            names[mirna] = _new_name("" if name_column is None else row[name_column], mirna, set(names.values()))
        known = sites.setdefault(mirna, {})
        known[site] = known.get(site, False) or row[label] == "1"
    pools = [_pool(names[mirna], mirna, known) for mirna, known in sites.items()]
    return sorted((pool for pool in pools if pool.positive), key=lambda pool: -len(pool.positive))[:most]


def _new_name(name: str, mirna: str, taken: set[str]) -> str:
    """Return a unique name for a FASTA file; isomiRs share their miRNA's name, so their sequence is appended."""
    word = "_".join(name.split())
    if word in (MISSING, ""):
        return mirna
    return f"{word}:{mirna}" if word in taken else word


def _pool(name: str, mirna: str, sites: Mapping[str, bool]) -> SitePool:
    positive = [site for site, label in sites.items() if label]
    negative = [site for site, label in sites.items() if not label]
    return SitePool(name, mirna, positive, negative)


def stitch(pool: SitePool, positive: int, negative: int, copies: int, seed: int) -> Iterator[Simulated]:
    """Yield transcripts made of positive and negative sites of one miRNA, in random order.

    Each is named ``MIRNA:stitched:COPY`` and depends only on the sites, its name and ``seed``. If there are fewer
    sites than requested, all are used.
    """
    for copy in range(1, copies + 1):
        name = f"{pool.mirna_id}:stitched:{copy}"
        draw = random.Random(f"{seed} {name}")
        parts = [(site, True) for site in draw.sample(pool.positive, min(positive, len(pool.positive)))]
        parts += [(site, False) for site in draw.sample(pool.negative, min(negative, len(pool.negative)))]
        draw.shuffle(parts)
        sites, at = [], 0
        for site, label in parts:
            if label:
                sites.append(Site(pool.mirna_id, at, at + len(site)))
            at += len(site)
        yield Simulated(name, "".join(site for site, _ in parts), sites)


def stitch_all(
    pools: Sequence[SitePool], positive: int, negative: int, copies: int, seed: int
) -> Iterator[Simulated]:
    """Yield the transcripts of all miRNAs, see :func:`stitch`."""
    for pool in pools:
        yield from stitch(pool, positive, negative, copies, seed)
