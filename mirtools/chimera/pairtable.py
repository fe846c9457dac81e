"""Collects the pairs of many reads in rows of the interaction table.

Rows are kept as arrays, about 200 bytes each with bases and qualities; reads need no memory beyond their rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import ReadBatch, gather, raise_qualities
from mirtools.chimera.digests import DigestNumbers, Digests, Places, digests_of
from mirtools.chimera.engine import SearchReferences
from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST, PairingRules, Pairs, Ties
from mirtools.chimera.references import decode
from mirtools.chimera.support import PartSupport
from mirtools.computing.compiled import compiled
from mirtools.computing.growing import GrowingArray
from mirtools.io.tables import END_OPEN, END_SEEN, MISSING, cell_order, pair_id
from mirtools.io.tied_sites import Spot, write_spots
from mirtools.transcripts.site_genes import SiteGenes

# The key of a row, together with the bases of the miRNA part
_KEY = "mirna unassigned_5p unassigned_3p target target_ref_start target_ref_end open_3p".split()
# Columns in which reads of one row may differ; those of the read with the strongest evidence are shown
_SHOWN = np.dtype(
    [(name, "i4") for name in "site_start site_end target_first gap".split()]
    + [(name, "f8") for name in "mirna_evalue mirna_bits target_evalue target_bits".split()]
    + [(name, "i4") for name in "rank n_best".split()]
)
_FORMATS = {"mirna_evalue": ".3g", "target_evalue": ".3g", "mirna_bits": ".1f", "target_bits": ".1f"}
# Outcomes from this number on refer to several rows of a read
_SEVERAL = 1 << 40


class PairTable:
    """Collects the pairs of reads; one row for each (miRNA, observed part, its 3' end seen, target, aligned part).

    Parameters
    ----------
    references : SearchReferences
    rules : PairingRules
    min_reads : int
        Distinct reads that must carry a miRNA part, over all targets and all miRNAs that it was assigned to,
        for its rows to be kept (paper: 10). The part is the aligned one, without unassigned ends, or up to
        ``rules.max_gap`` bases shorter at one end.
    samples : int
        Number of samples.
    site_genes : SiteGenes, optional
        What is known of sites; by default, only headers of transcripts name genes.
    show_ties : bool
        Whether ties that pairs hold are written.

    Attributes
    ----------
    by_class : dict of str to collections.Counter
        Of each class of guides ``pairs``, ``reads`` and ``tied_pairs``, whose reads fit a guide of another class
        equally well; once all rows are written, and if there are several classes.
    """

    def __init__(
        self,
        references: SearchReferences,
        rules: PairingRules,
        min_reads: int,
        samples: int = 1,
        site_genes: SiteGenes | None = None,
        show_ties: bool = True,
    ) -> None:
        self.by_class: dict[str, Counter[str]] = {}
        self._show_ties = show_ties
        self._references = references
        self._site_genes = site_genes or SiteGenes(references.transcripts.names, references.transcripts.headers)
        self._support = PartSupport(min_reads, rules.max_gap)
        self._numbers = DigestNumbers()
        self._keys = GrowingArray(np.int32, len(_KEY))
        self._shown = GrowingArray(_SHOWN)
        self._parts = GrowingArray(np.int64)
        self._reads = GrowingArray(np.int64, samples)
        self._copies = GrowingArray(np.int64)
        self._bases, self._qualities, self._ends = (
            GrowingArray(np.uint8),
            GrowingArray(np.uint8),
            GrowingArray(np.int64),
        )
        self._ties: dict[int, Ties] = {}
        self._several: dict[tuple[int, ...], int] = {}
        self._rounded: dict[tuple[str, float], float] = {}

    def add(self, batch: ReadBatch, pairs: Pairs) -> Places:
        """Add the pairs of some reads: their evidence, copies and qualities; the reads may include copies.

        Returns
        -------
        array of int64, shape (pairs,)
            The row of each pair.
        """
        starts = batch.starts[pairs.read]
        begins, ends = starts + pairs.part_start, starts + pairs.part_end
        keys = np.column_stack([getattr(pairs, name) for name in _KEY]).astype(np.int32)
        known = len(self._numbers)
        rows = self._numbers.add(_row_digests(keys, batch.bases, begins, ends))
        shown = self._evidence(pairs)
        fresh = np.flatnonzero(rows >= known)
        fresh = fresh[np.unique(rows[fresh], return_index=True)[1]]
        self._keys.extend(keys[fresh])
        self._shown.extend(shown[fresh])
        aligned = starts[fresh] + pairs.mirna_start[fresh], starts[fresh] + pairs.mirna_end[fresh]
        self._parts.extend(self._support.number(batch.bases, *aligned, pairs.open_3p[fresh]))
        self._reads.extend(np.zeros((len(fresh), self._reads.values.shape[1])))
        self._copies.extend(np.zeros(len(fresh)))
        text, text_starts = gather(batch.bases, begins, ends, fresh)
        self._ends.extend(text_starts[1:] + len(self._bases))
        self._bases.extend(text)
        self._qualities.extend(np.zeros(len(text)))
        stronger = _strengthen(self._shown.values, shown, rows)
        if pairs.tied is not None:
            self._keep_ties(rows.tolist(), stronger.tolist(), pairs.tied)
        read, row = _distinct(pairs.read, rows)
        np.add.at(self._copies.values, row, batch.copies[read])
        if batch.qualities is not None:
            raise_qualities(self._qualities.values, self._starts(), rows, batch.qualities, begins)
        return rows

    def count(self, sample: int, pairs: Pairs, rows: Places, new: NDArray[np.bool_]) -> None:
        """Count distinct reads.

        Parameters
        ----------
        sample : int
            Position of their sample.
        pairs : Pairs
        rows : array of int64, shape (pairs,)
            Result of :meth:`add`.
        new : array of bool, shape (reads,)
            The reads without an earlier copy.
        """
        counted = new[pairs.read]
        read, row = _distinct(pairs.read[counted], rows[counted])
        np.add.at(self._reads.values[:, sample], row, 1)
        self._support.count(read, self._parts.values[row])

    def outcomes(self, pairs: Pairs, rows: Places, reads: int) -> Places:
        """Return a number for each read, for :meth:`pair_id`; -1 for reads without a pair."""
        found = np.full(reads, -1, np.int64)
        first = pairs.rank == 1
        found[pairs.read[first]] = rows[first]
        parts = self._parts.values[rows]
        others = parts != parts[np.flatnonzero(first)][np.cumsum(first) - 1]
        for read in np.unique(pairs.read[others]).tolist():
            own = tuple(rows[pairs.read == read].tolist())
            found[read] = _SEVERAL + self._several.setdefault(own, len(self._several))
        return found

    def pair_id(self, outcome: int) -> str:
        """Return the identifier of a read's best supported row, or ``""``, after all reads are added."""
        rows = (outcome,) if outcome < _SEVERAL else self._row_lists[outcome - _SEVERAL]
        return next((f"P{self._identifiers[row]:016x}" for row in rows if self._supported[row]), "")

    def rows(self) -> Iterator[list[str]]:
        """Yield the supported rows, most reads first, after all reads are added.

        The cells are those of ``tables.PARSE_COLUMNS``, with the class of the guide after its name if there are
        several classes, and with the place on the genome after the region if known; the distinct reads of each
        sample; and ``tables.TIE_COLUMNS``, if ties were kept: the names of all miRNAs and of all transcripts, and
        the aligned places on these of equally good pairs, in alphabetical order.
        """
        kept = np.flatnonzero(self._supported)
        reads = self._reads.values.sum(axis=1)
        kept = kept[np.lexsort((self._identifiers[kept], -reads[kept]))]
        coverages = self._coverages(kept, reads[kept])
        mirnas, transcripts = self._references
        starts = self._starts()
        for row, mirna_coverage, target_coverage in zip(kept.tolist(), *coverages, strict=True):
            mirna, left, right, target, ref_start, ref_end, is_open = self._keys.values[row].tolist()
            start, end = int(starts[row]), int(starts[row + 1])
            shown = dict(zip(_SHOWN.names or (), self._shown.values[row].tolist(), strict=True))
            site = shown["site_start"], shown["site_end"]
            qualities = self._qualities.values[start:end]
            if mirnas.classes:
                self._count_class(mirnas.classes[mirna], row, int(reads[row]))
            yield [
                f"P{self._identifiers[row]:016x}",
                str(reads[row]),
                str(self._copies.values[row]),
                mirnas.names[mirna],
                *mirnas.classes[mirna : mirna + 1],
                decode(self._bases.values[start:end]),
                qualities.tobytes().decode("ascii") if qualities[0] else MISSING,
                f"{left},{right}",
                END_OPEN if is_open else END_SEEN,
                transcripts.names[target],
                str(ref_start),
                str(ref_end),
                str(site[0]),
                str(site[1]),
                transcripts.sequence(target, *site),
                *self._site_genes.cells(target, *site),
                TARGET_FIRST if shown["target_first"] else MIRNA_FIRST,
                str(shown["gap"]),
                f"{shown['mirna_evalue']:.3g}",
                f"{shown['mirna_bits']:.1f}" if shown["mirna_bits"] else MISSING,
                f"{shown['target_evalue']:.3g}",
                f"{shown['target_bits']:.1f}" if shown["target_bits"] else MISSING,
                str(shown["rank"]),
                str(shown["n_best"]),
                str(mirna_coverage),
                str(target_coverage),
                *self._sample_cells(row),
                *(self._tie_cells(self._ties[row]) if self._show_ties and row in self._ties else ()),
            ]

    @cached_property
    def _supported(self) -> NDArray[np.bool_]:
        supported: NDArray[np.bool_] = self._support.supported()[self._parts.values]
        return supported

    @cached_property
    def _identifiers(self) -> Digests:
        """The number in the identifier of each supported row; 0 for the others."""
        mirnas, transcripts = self._references
        found = np.zeros(len(self._keys), np.uint64)
        starts = self._starts()
        for row in np.flatnonzero(self._supported).tolist():
            mirna, left, right, target, start, end, is_open = self._keys.values[row].tolist()
            observed = decode(self._bases.values[starts[row] : starts[row + 1]])
            names = mirnas.names[mirna], transcripts.names[target]
            ends = (END_OPEN,) if is_open else ()
            found[row] = int(pair_id(names[0], observed, f"{left},{right}", names[1], start, end, *ends)[1:], 16)
        return found

    @cached_property
    def _row_lists(self) -> list[tuple[int, ...]]:
        return list(self._several)

    def _starts(self) -> Places:
        """Return the start of the bases of each row, and the end of the last."""
        starts = np.zeros(len(self._ends) + 1, np.int64)
        starts[1:] = self._ends.values
        return starts

    def _evidence(self, pairs: Pairs) -> NDArray[Any]:
        """Return the shown columns of each pair, rounded as written, so that equal cells compare equal."""
        shown = np.empty(len(pairs.read), _SHOWN)
        for name in _SHOWN.names or ():
            values = getattr(pairs, name)
            if form := _FORMATS.get(name):
                distinct, which = np.unique(values, return_inverse=True)
                values = np.array([self._round(form, value) for value in distinct.tolist()], np.float64)[which]
            shown[name] = values
        return shown

    def _round(self, form: str, value: float) -> float:
        found = self._rounded.get((form, value))
        if found is None:
            found = self._rounded[form, value] = float(format(value, form))
        return found

    def _keep_ties(self, rows: list[int], stronger: list[int], ties: list[Ties]) -> None:
        for row, order, tied in zip(rows, stronger, ties, strict=True):
            held = self._ties.get(row)
            if held is None or order > 0 or (order == 0 and self._tie_order(tied) < self._tie_order(held)):
                self._ties[row] = tied

    def _tie_order(self, tied: Ties) -> list[tuple[float, str]]:
        return [cell_order(cell) for cell in self._tie_cells(tied)]

    def _tie_cells(self, tied: Ties) -> list[str]:
        mirnas, transcripts = (listed.names for listed in self._references)
        guides = ",".join(sorted({mirnas[tie[0]] for tie in tied}))
        targets = ",".join(sorted({transcripts[tie[1]] for tie in tied}))
        return [guides, targets, write_spots({Spot(transcripts[target], *place) for _, target, *place in tied})]

    def _count_class(self, name: str, row: int, reads: int) -> None:
        counts = self.by_class.setdefault(name, Counter(pairs=0, reads=0, tied_pairs=0))
        counts["pairs"] += 1
        counts["reads"] += reads
        classes = self._references.mirnas.classes
        counts["tied_pairs"] += len({classes[tie[0]] for tie in self._ties.get(row, ())}) > 1

    def _sample_cells(self, row: int) -> list[str]:
        return [str(count) for count in self._reads.values[row].tolist()]

    def _coverages(self, kept: Places, reads: Places) -> list[list[int]]:
        """Return, for each kept row, the reads of all rows with its miRNA part, and with its transcript."""
        keys, starts = self._keys.values[kept], self._starts()
        # by miRNA and bases, including unassigned ends
        parts = _row_digests(keys[:, :1], self._bases.values, starts[:-1][kept], starts[1:][kept])
        coverages = []
        for group in (DigestNumbers().add(parts), keys[:, _KEY.index("target")]):
            total = np.bincount(group, reads, len(group) and group.max() + 1)
            coverages.append(total[group].astype(int).tolist())
        return coverages


def _row_digests(keys: NDArray[np.int32], bases: NDArray[np.uint8], begins: Places, ends: Places) -> Digests:
    """Return hashes of some numbers and the bases from ``begins`` to ``ends``."""
    cells = np.ascontiguousarray(keys).view(np.uint8).reshape(-1)
    width = keys.shape[1] * keys.itemsize
    places = np.arange(len(keys) + 1) * width
    digests: Digests = digests_of(0, cells, places[:-1], places[1:], bases, begins, ends)
    return digests


def _distinct(reads: Places, rows: Places) -> tuple[Places, Places]:
    """Return reads and their rows without duplicates: several pairs of a read may be in one row."""
    which = np.unique(reads * _SEVERAL + rows)
    return which // _SEVERAL, which % _SEVERAL


@compiled
def _strengthen(shown: Any, found: Any, rows: Any) -> Any:
    """Replace the shown columns of rows by those of pairs with stronger evidence.

    Returns 1 for stronger pairs, 0 for equally strong ones, and -1 for weaker ones. The order is that of
    :func:`mirtools.isomir.strength.strength_of`, so that merged shards show the same as one run.
    """
    outcomes = np.empty(len(rows), np.int8)
    for number in range(len(rows)):
        row = rows[number]
        outcomes[number] = _compared(shown[row], found[number])
        if outcomes[number] > 0:
            shown[row] = found[number]
    return outcomes


@compiled
def _compared(held: Any, new: Any) -> int:
    # all numbers have one type, so that the kernel can loop over them
    keys = (
        (held.mirna_evalue * held.target_evalue, new.mirna_evalue * new.target_evalue),
        (-(held.mirna_bits + held.target_bits), -(new.mirna_bits + new.target_bits)),
        (float(held.rank), float(new.rank)),
        (float(held.site_start), float(new.site_start)),
        (float(held.site_end), float(new.site_end)),
        (float(held.target_first), float(new.target_first)),
        (float(held.gap), float(new.gap)),
        (held.mirna_evalue, new.mirna_evalue),
        (held.mirna_bits, new.mirna_bits),
        (held.target_evalue, new.target_evalue),
        (held.target_bits, new.target_bits),
        (float(held.n_best), float(new.n_best)),
    )
    for old, other in keys:
        if other != old:
            return 1 if other < old else -1
    return 0
