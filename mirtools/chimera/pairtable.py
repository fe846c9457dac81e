"""Pairs of many reads -> rows of the interaction table.

Rows are kept as arrays, some 200 bytes each with bases and qualities; reads take no memory beyond their rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import ReadBatch, gathered, raise_qualities
from mirtools.chimera.digests import DigestNumbers, Digests, Places, digests_of
from mirtools.chimera.engine import SearchReferences
from mirtools.chimera.growing import Growing
from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST, PairingRules, Pairs
from mirtools.chimera.references import decode
from mirtools.chimera.support import PartSupport
from mirtools.compiled import compiled
from mirtools.interactions import END_OPEN, END_SEEN, MISSING, cell_order, pair_id

# What makes a row, together with the bases of the miRNA part
_KEY = "mirna unassigned_5p unassigned_3p target target_ref_start target_ref_end open_3p".split()
# What reads of one row may differ in; shown is the read with the strongest evidence. As the columns of the table.
_SHOWN = np.dtype(
    [(name, "i4") for name in "site_start site_end target_first gap".split()]
    + [(name, "f8") for name in "mirna_evalue mirna_bits target_evalue target_bits".split()]
    + [(name, "i4") for name in "rank n_best".split()]
)
_FORMATS = {"mirna_evalue": ".3g", "target_evalue": ".3g", "mirna_bits": ".1f", "target_bits": ".1f"}
# Outcomes from here on stand for several rows of a read
_SEVERAL = 1 << 40

Ties = tuple[tuple[int, int], ...]


class PairTable:
    """Collects the pairs of reads; one row for each (miRNA, observed part, its 3' end seen, target, aligned part).

    Parameters
    ----------
    references : SearchReferences
    rules : PairingRules
    min_reads : int
        Distinct reads that must carry a miRNA part, over all targets and all miRNAs that it was assigned to,
        for its rows to be kept (paper: 10). The part is the aligned one, unassigned ends not counted in, or up
        to ``rules.max_gap`` bases less at one end.
    samples : int
        How many samples there are.
    """

    def __init__(
        self, references: SearchReferences, rules: PairingRules, min_reads: int, samples: int = 1
    ) -> None:
        self._references = references
        self._support = PartSupport(min_reads, rules.max_gap)
        self._numbers = DigestNumbers()
        self._keys = Growing(np.int32, len(_KEY))
        self._shown = Growing(_SHOWN)
        self._parts = Growing(np.int64)
        self._reads = Growing(np.int64, samples)
        self._copies = Growing(np.int64)
        self._bases, self._qualities, self._ends = Growing(np.uint8), Growing(np.uint8), Growing(np.int64)
        self._ties: dict[int, Ties] = {}
        self._several: dict[tuple[int, ...], int] = {}
        self._rounded: dict[tuple[str, float], float] = {}

    def add(self, batch: ReadBatch, pairs: Pairs) -> Places:
        """Add the pairs of some reads: their evidence, copies and qualities. Copies of a read are welcome.

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
        text, text_starts = gathered(batch.bases, begins, ends, fresh)
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

    def count(self, batch: ReadBatch, pairs: Pairs, rows: Places, new: NDArray[np.bool_]) -> None:
        """Count distinct reads.

        Parameters
        ----------
        batch : ReadBatch
        pairs : Pairs
        rows : array of int64, shape (pairs,)
            What :meth:`add` returned.
        new : array of bool, shape (reads,)
            The reads of which no copy was counted before.
        """
        counted = new[pairs.read]
        read, row = _distinct(pairs.read[counted], rows[counted])
        np.add.at(self._reads.values[:, batch.sample], row, 1)
        self._support.count(read, self._parts.values[row])

    def outcomes(self, pairs: Pairs, rows: Places, reads: int) -> Places:
        """Return for each of the reads a number that :meth:`pair_id` takes; -1 for those without a pair."""
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
        """Return the identifier of a read's best supported row, ``""`` without support; once all are added."""
        rows = (outcome,) if outcome < _SEVERAL else self._row_lists[outcome - _SEVERAL]
        return next((f"P{self._identifiers[row]:016x}" for row in rows if self._supported[row]), "")

    def rows(self) -> Iterator[list[str]]:
        """Yield the supported rows, most reads first, once all reads are added.

        The cells are those of ``interactions.PARSE_COLUMNS``, the distinct reads of each sample where there are
        several, and where ties were kept ``interactions.TIE_COLUMNS``: the names of all miRNAs and of all
        transcripts of equally good pairs, in alphabetical order.
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
            yield [
                f"P{self._identifiers[row]:016x}",
                str(reads[row]),
                str(self._copies.values[row]),
                mirnas.names[mirna],
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
                *(self._tie_cells(self._ties[row]) if row in self._ties else ()),
            ]

    @cached_property
    def _supported(self) -> NDArray[np.bool_]:
        supported: NDArray[np.bool_] = self._support.supported()[self._parts.values]
        return supported

    @cached_property
    def _identifiers(self) -> Digests:
        """The number that each supported row is called by; 0 for the others."""
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
        """Return where the bases of each row start; one more entry for the end of the last."""
        starts = np.zeros(len(self._ends) + 1, np.int64)
        starts[1:] = self._ends.values
        return starts

    def _evidence(self, pairs: Pairs) -> NDArray[Any]:
        """Return what is shown of each pair, rounded as it is written: so equal cells are equal evidence."""
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
        names = zip(self._references, zip(*tied, strict=True), strict=True)
        return [",".join(sorted({listed.names[number] for number in numbers})) for listed, numbers in names]

    def _sample_cells(self, row: int) -> list[str]:
        reads = self._reads.values[row].tolist()
        return [str(count) for count in reads] if len(reads) > 1 else []

    def _coverages(self, kept: Places, reads: Places) -> list[list[int]]:
        """Return, for each row kept, the reads of all rows with its miRNA part, and with its transcript."""
        keys, starts = self._keys.values[kept], self._starts()
        # the miRNA and the bases, unassigned ends included, whichever of them are unassigned
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
    """Return reads and their rows without repetition: several pairs of a read may make one row."""
    which = np.unique(reads * _SEVERAL + rows)
    return which // _SEVERAL, which % _SEVERAL


@compiled
def _strengthen(shown: Any, found: Any, rows: Any) -> Any:
    """Let each pair replace what is shown of its row where its evidence is stronger.

    Returns 1 for those that did, 0 for those as strong, and -1 for weaker ones. The order is that of
    :func:`mirtools.isomir.strength.strength_of`: rows of shards merge to what one run shows.
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
    # all numbers of one type, so that the kernel can loop over them
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
