"""Finds the recurring miRNA parts of all rows and assigns each to the miRNA that explains it best."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from mirtools.isomir.assignment import Assigned, Assignment
from mirtools.isomir.junction import find_parts
from mirtools.isomir.options import NO_PART
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.records import Records
from mirtools.isomir.repertoire import type_mask
from mirtools.isomir.types import Isomir, classify
from mirtools.isomir.units import Observed


class Parts:
    """The miRNA parts of all observations (see :class:`mirtools.isomir.units.Observed`).

    Parameters
    ----------
    records : Records
    observed : Observed
    canonical : mapping of str to str
        Sequence of each miRNA by its name, 5'->3', DNA letters.
    min_reads : int
        Distinct reads in which a part must be possible.
    precursors : Precursors
    errors : bool
        Whether parts that sequencing errors explain are replaced by the parts that they are errors of.

    Attributes
    ----------
    sequences : list of str
        Distinct parts, 5'->3'.
    of, start, end : array of int
        For each observation: number of its part, and where it lies on the junction; ``NO_PART`` if no part recurs.
    recurs, inexact, unread : array of bool
        For each observation: whether its part recurs, whether the bases read there differ from the part, and
        whether it has no part but N where a part may be.
    error_rate : float
        Estimated substitutions per base.
    false_parts : int
        Number of parts that recur only by sequencing errors.
    assigned : dict of int to Assigned
    isomirs : list of Isomir or None
        How each part differs from its miRNA; ``None`` if no ungapped alignment explains it, or no row has it.
    mirna, types : array of int
        For each part: number of its miRNA in ``canonical``, its types as bits.
    explained : array of bool
        For each part: whether it has an isomiR (or exact miRNA).
    """

    def __init__(
        self,
        records: Records,
        observed: Observed,
        canonical: Mapping[str, str],
        min_reads: int,
        precursors: Precursors,
        errors: bool = True,
    ) -> None:
        self._canonical = canonical
        self._names = list(canonical)
        self._precursors = precursors
        self._variants: dict[int, str] = {}
        self._find(records, observed, min_reads, errors)
        self._assign(observed)

    def isomir(self, part: int) -> Isomir:
        """Return how a part differs from its miRNA."""
        isomir = self.isomirs[part]
        assert isomir is not None
        return isomir

    def variant(self, part: int) -> str:
        """Return the mirGFF3 variant of a part, at the first of the loci that explain it best."""
        if (known := self._variants.get(part)) is None:
            name, sequence = self.assigned[part].mirna, self.sequences[part]
            places = self._precursors.places(name, sequence, self.isomir(part))
            known = self._variants[part] = places[0].variant
        return known

    def _find(self, records: Records, observed: Observed, min_reads: int, errors: bool) -> None:
        """Find the recurring parts and their ends."""
        sequence, ends = observed.sequence, observed.ends
        n_ends = len(records.all_ends) + 1
        distinct, of = np.unique(sequence * n_ends + ends + 1, return_inverse=True)
        weights = np.zeros(len(distinct), np.int64)
        np.add.at(weights, of, observed.reads)
        junctions = (records.junction(key // n_ends, key % n_ends - 1) for key in distinct.tolist())
        names = np.unique(observed.mirna).tolist()
        known = [self._canonical[self._names[name]] for name in names]
        found = find_parts(junctions, weights, min_reads, known, errors)
        self.of, self.start, self.end = (column[of] for column in (found.part, found.start, found.end))
        self.inexact, self.unread = found.inexact[of], found.unread[of]
        self.recurs = self.of != NO_PART
        self.sequences, self._end_seen = found.parts, found.end_seen
        self.error_rate, self.false_parts = found.error_rate, found.false_parts

    def _assign(self, observed: Observed) -> None:
        """Assign each part to one miRNA, and compare the part with it."""
        assignment = Assignment(self._canonical, cache(classify))
        of = self.of[self.recurs]
        total = np.zeros(len(self.sequences), np.int64)
        np.add.at(total, of, observed.reads[self.recurs])
        reads_of = {self.sequences[part]: int(total[part]) for part in np.flatnonzero(total).tolist()}
        names: dict[int, set[str]] = {}
        for part, name in np.unique(np.stack((of, observed.mirna[self.recurs]), axis=1), axis=0).tolist():
            names.setdefault(part, set()).add(self._names[name])
        number_of = {name: number for number, name in enumerate(self._names)}
        self.assigned: dict[int, Assigned] = {}
        self.isomirs: list[Isomir | None] = [None] * len(self.sequences)
        self.mirna = np.zeros(len(self.sequences), np.int64)
        for part, candidates in names.items():
            assigned = assignment.assign(self.sequences[part], candidates, reads_of)
            self.assigned[part] = assigned
            canonical = self._canonical[assigned.mirna]
            self.isomirs[part] = classify(self.sequences[part], canonical, bool(self._end_seen[part]))
            self.mirna[part] = number_of[assigned.mirna]
        self.types = np.array([type_mask(isomir.types) if isomir else 0 for isomir in self.isomirs], np.int64)
        self.explained = np.array([isomir is not None for isomir in self.isomirs], bool)
