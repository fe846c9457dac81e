"""Where reads lie: on the genome if a GTF file places their transcripts, else on the transcripts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.pairs.grouping import components, words
from mirtools.sites.rows import Ints, Rows
from mirtools.sites.targets import Targets
from mirtools.transcripts.gtf import genomic_blocks


@dataclass(frozen=True)
class Spots:
    """All places of all rows: spot ``i < n`` is the place of row ``i``, the rest are those that ties add.

    Attributes
    ----------
    row : array of int64, shape (spots,)
    target : array of int64, shape (spots,)
        Positions in ``targets``.
    start, end : array of int64, shape (spots,)
        The aligned part on the target, 0-based and half-open.
    targets : list of str
        Sorted.
    block_spot, block_axis, block_start, block_end : array of int64, shape (blocks,)
        The parts of each spot on its axis: a strand of a chromosome, or a transcript that has no place on the
        genome. Blocks of different axes never overlap.
    unplaced : int
        Targets that the annotation does not place on the genome.
    """

    row: Ints
    target: Ints
    start: Ints
    end: Ints
    targets: list[str]
    block_spot: Ints
    block_axis: Ints
    block_start: Ints
    block_end: Ints
    unplaced: int

    def __len__(self) -> int:
        return len(self.row)


def spots_of(rows: Rows, known: Targets, ties: bool) -> Spots:
    """Return the places of rows, with those that they are tied with if ``ties``."""
    own_targets = rows.cells("target_id")
    extra = [
        (row, spot)
        for row, spots in sorted(rows.ties.items() if ties else ())
        for spot in sorted(set(spots))
        if (spot.target, spot.start, spot.end) != (own_targets[row], int(rows.starts[row]), int(rows.ends[row]))
    ]
    targets = sorted({*rows.texts["target_id"], *(spot.target for _, spot in extra)})
    number_of = {name: number for number, name in enumerate(targets)}
    own = np.array([number_of[name] for name in rows.texts["target_id"]], np.int64)[rows.numbers["target_id"]]
    added = np.array([(row, number_of[spot.target], spot.start, spot.end) for row, spot in extra], np.int64)
    added = added.reshape(-1, 4)
    row = np.concatenate([np.arange(len(rows)), added[:, 0]])
    target = np.concatenate([own, added[:, 1]])
    start, end = np.concatenate([rows.starts, added[:, 2]]), np.concatenate([rows.ends, added[:, 3]])
    blocks, unplaced = _blocks(target, start, end, targets, known)
    return Spots(row, target, start, end, targets, *blocks, unplaced)


def _blocks(
    target: Ints, start: Ints, end: Ints, targets: Sequence[str], known: Targets
) -> tuple[tuple[Ints, Ints, Ints, Ints], int]:
    """Return spot, axis, start and end of all blocks, and how many targets have no place on the genome."""
    if not known.on_genome:
        return (np.arange(len(target)), target, start, end), 0
    placements = [known.placement(name) for name in targets]
    lengths = [0 if each is None else each.length for each in placements]
    strands = sorted({each[:2] for each in placements if each is not None})
    axis_of = {strand: len(targets) + number for number, strand in enumerate(strands)}
    found: list[tuple[int, int, int, int]] = []
    for spot, (name, first, last) in enumerate(zip(target.tolist(), start.tolist(), end.tolist(), strict=True)):
        placement = placements[name]
        if placement is None or last > lengths[name]:
            found.append((spot, name, first, last))
        else:
            axis = axis_of[placement[:2]]
            found.extend((spot, axis, *block) for block in genomic_blocks(placement, first, last))
    columns = np.array(found, np.int64).reshape(-1, 4).T
    return (columns[0], columns[1], columns[2], columns[3]), placements.count(None)


def overlapping(spots: Spots, guides: Ints | None = None) -> NDArray[np.intp]:
    """Return a number for each spot, equal for spots that overlap by a base or are linked by spots that do.

    Parameters
    ----------
    spots : Spots
    guides : array of int64, shape (spots,), optional
        Only spots of the same guide are linked.
    """
    if not len(spots):
        return np.zeros(0, np.intp)
    group = spots.block_axis
    if guides is not None:
        both = np.stack([guides[spots.block_spot], group])
        group = np.unique(both, axis=1, return_inverse=True)[1].ravel()
    # one long line on which the groups lie one after another
    room = int(spots.block_end.max()) + 1
    first, last = group * room + spots.block_start, group * room + spots.block_end
    order = np.lexsort((last, first))
    reach = np.maximum.accumulate(last[order])
    begins = np.ones(len(order), np.int64)
    begins[1:] = first[order][1:] >= reach[:-1]
    cluster = np.empty(len(order), np.intp)
    cluster[order] = np.cumsum(begins) - 1
    if len(order) == len(spots):  # one block each, in the order of spots
        return cluster
    return components(spots.block_spot.astype(np.intp), cluster, len(spots))


def joined_isoforms(
    labels: NDArray[np.intp], spots: Spots, rows: Rows, genes: Sequence[str], guides: Ints
) -> NDArray[np.intp]:
    """Return the labels of spots with those joined that are one place on several transcripts of a gene.

    Only for transcripts without a place on the genome: their places are one if they share 20 bases in a row
    (:data:`mirtools.pairs.grouping.SHARED_BASES`) of the aligned parts.

    Parameters
    ----------
    labels : array of int, shape (spots,)
        From :func:`overlapping`.
    spots : Spots
    rows : Rows
        For the bases.
    genes : sequence of str
        The gene of each of ``spots.targets``; ``.`` if it is not known.
    guides : array of int64, shape (spots,)
    """
    alone = spots.block_axis < len(spots.targets)
    candidates = np.unique(spots.block_spot[alone])
    gene_names = sorted(set(genes) - {"."})
    number_of = {name: number for number, name in enumerate(gene_names)}
    gene_of = np.array([number_of.get(name, -1) for name in genes], np.int64)
    candidates = candidates[gene_of[spots.target[candidates]] >= 0]
    # genes of which a guide has more than one transcript
    keys = np.stack([guides[candidates], gene_of[spots.target[candidates]], spots.target[candidates]], axis=1)
    distinct = np.unique(keys, axis=0)
    pairs, counts = np.unique(distinct[:, :2], axis=0, return_counts=True)
    several = {(int(a), int(b)) for (a, b), count in zip(pairs, counts, strict=True) if count > 1}
    if not several:
        return labels
    owners: list[int] = []
    found: list[tuple[int, int, int]] = []
    for spot, (guide, gene, _) in zip(candidates.tolist(), keys.tolist(), strict=True):
        if (guide, gene) in several:
            for word in words(_part(rows, int(spots.row[spot]))).tolist():
                if word >= 0:
                    owners.append(int(labels[spot]))
                    found.append((guide, gene, word))
    if not found:
        return labels
    numbers = np.unique(np.array(found, np.int64), axis=0, return_inverse=True)[1].ravel()
    count = int(labels.max()) + 1
    return components(np.array(owners, np.intp), numbers, count)[labels]


def joined(first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return labels that are equal where either of both is."""
    owners = np.arange(len(first), dtype=np.intp)
    word = np.concatenate([first, second + int(first.max(initial=-1)) + 1])
    return components(np.concatenate([owners, owners]), word, len(first))


def _part(rows: Rows, row: int) -> str:
    """Return the aligned part of the bases of a site, as far as they are known."""
    site, offset = rows.cell("site_seq", row), int(rows.site_starts[row])
    first = max(0, int(rows.starts[row]) - offset)
    return site[first : max(0, int(rows.ends[row]) - offset)]
