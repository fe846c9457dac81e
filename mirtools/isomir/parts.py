"""miRNA parts: cut out of what was observed where they recur, and given to the miRNA that explains them best."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from mirtools.isomir.assignment import Assigned, Assignment
from mirtools.isomir.junction import NO_PART, settle
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.records import Numbers, Records
from mirtools.isomir.repertoire import type_mask
from mirtools.isomir.types import Isomir, classify
from mirtools.isomir.units import Observed

# The place of what is taken as it stands
UNCUT = NO_PART


class Parts:
    """The miRNA parts of all that was observed.

    Parameters
    ----------
    records : Records
    observed : Observed
    canonical : mapping of str to str
        Sequence of each miRNA by its name, 5'->3', DNA letters.
    min_reads : int
        Distinct reads in which a part must be possible.
    precursors : Precursors

    Attributes
    ----------
    sequences : list of str
        Different parts, 5'->3'.
    of, start, end : array of int
        For each observed thing: number of its part, and where that lies on the junction; ``UNCUT`` where the
        observed sequence is taken as it stands.
    recurs : array of bool
        For each observed thing: whether its part recurs.
    assigned : dict of int to Assigned
    isomirs : list of Isomir or None
        What each part is to its miRNA; ``None`` where no ungapped alignment explains it, or nothing has it.
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
    ) -> None:
        self._canonical = canonical
        self._names = list(canonical)
        self._precursors = precursors
        self._variants: dict[int, str] = {}
        self._settle(records, observed, min_reads)
        self._assign(observed)

    def isomir(self, part: int) -> Isomir:
        """Return what a part is to its miRNA."""
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

    def _settle(self, records: Records, observed: Observed, min_reads: int) -> None:
        """Cut every part where it ends, and find those that recur."""
        sequence, ends = observed.sequence, observed.ends
        is_open = np.flatnonzero(ends >= 0)
        n_ends = max(len(records.all_ends), 1)
        distinct, of = np.unique(sequence[is_open] * n_ends + ends[is_open], return_inverse=True)
        keys = distinct.tolist()
        weights = np.zeros(len(distinct), np.int64)
        np.add.at(weights, of, observed.reads[is_open])
        places = settle((records.junction(*divmod(key, n_ends)) for key in keys), weights, min_reads)

        numbers: Numbers[str] = Numbers()
        raw = np.array([numbers[part] for part in records.sequences], np.int64)
        self.of = raw[sequence]
        self.start = np.full(len(sequence), UNCUT, np.int64)
        self.end = self.start.copy()
        cut = np.full(len(places), NO_PART, np.int64)
        for at in np.flatnonzero(places[:, 0] != NO_PART).tolist():
            cut[at] = numbers[records.junction(*divmod(keys[at], n_ends)).part(*places[at].tolist())]
        (start, end), part = places[of].T, cut[of]
        settled = part != NO_PART
        self.start[is_open], self.end[is_open] = start, end
        self.of[is_open[settled]] = part[settled]
        self.sequences = list(numbers)
        support = np.zeros(len(numbers), np.int64)
        np.add.at(support, self.of, observed.reads)
        # a junction without place has no recurring part; a sequence that never had one has to recur as it stands
        self.recurs = support[self.of] >= min_reads
        self.recurs[is_open] = settled

    def _assign(self, observed: Observed) -> None:
        """Give all that has one part the same miRNA, and compare the part with it."""
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
            self.isomirs[part] = classify(self.sequences[part], self._canonical[assigned.mirna])
            self.mirna[part] = number_of[assigned.mirna]
        self.types = np.array([type_mask(isomir.types) if isomir else 0 for isomir in self.isomirs], np.int64)
        self.explained = np.array([isomir is not None for isomir in self.isomirs], bool)
