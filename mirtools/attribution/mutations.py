"""The effects of mutations in a table, such as those of an experiment, on the score (*ISM Brennecke*).

(Gresova et al. 2022, 3.2.)
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.explained import Scores
from mirtools.attribution.mutagenesis import SIDES
from mirtools.errors import InputError, shorten
from mirtools.io.tables import TableReader
from mirtools.models.encoder import Encoder

COLUMNS = ("pair_id", "side", "position", "bases")
EVERY_PAIR = "*"


@dataclass(frozen=True)
class Mutation:
    """Changed bases of one sequence, in one experiment.

    Attributes
    ----------
    pair_id : str
        Or :data:`EVERY_PAIR`.
    side : str
        ``mirna`` or ``site``.
    start : int
        0-based position of the first changed base, from the 5' end of the input sequence.
    bases : str
        The new bases from this position on.
    """

    pair_id: str
    side: str
    start: int
    bases: str


class Change(NamedTuple):
    """The effect of a mutation: the mutant's score, and the unchanged pair's score minus the mutant's."""

    mutation: Mutation
    score: float
    change: float


class Changes(NamedTuple):
    """The effects of mutations on one pair.

    Attributes
    ----------
    score : float
        The score of the unchanged pair.
    changes : list of Change
    mirna, site : ndarray of shape (bases,), float64
        Mean change over the mutations that change a base (a mutation of several bases counts fully for each); NaN
        for bases that no mutation changes.
    """

    score: float
    changes: list[Change]
    mirna: NDArray[np.float64]
    site: NDArray[np.float64]


def read_mutations(path: str, encoder: Encoder) -> list[Mutation]:
    """Read a table of mutations: columns ``pair_id``, ``side``, ``position`` and ``bases``.

    ``pair_id`` is that of a pair, or ``*`` for every pair; ``side`` is ``mirna`` or ``site``; ``position`` is
    1-based, from the sequence's 5' end; ``bases`` replace the bases from this position on.

    Raises
    ------
    InputError
        For other columns or values, a duplicate mutation, and a table without mutations.
    """
    reader = TableReader(path, COLUMNS)
    pair, side, position, bases = map(reader.index, COLUMNS)
    mutations: list[Mutation] = []
    for row in reader:
        if row[side] not in SIDES:
            raise reader.error(f"side is '{shorten(row[side], 20)}'; give mirna or site")
        place = reader.whole_number(row, position)
        if place < 1:
            raise reader.error("position is 0; the first base at the 5' end is 1")
        letters = reader.sequence(row, bases, encoder.read)
        if other := sorted(set(letters) - set(encoder.alphabet)):
            raise reader.error(f"bases has the letter '{other[0]}'; the model knows {encoder.alphabet}")
        mutation = Mutation(row[pair], row[side], place - 1, letters)
        if mutation in mutations:
            raise reader.error("is a duplicate of a mutation above; remove it")
        mutations.append(mutation)
    if not mutations:
        raise InputError("has no mutations; give rows with " + ", ".join(COLUMNS), source=path)
    return mutations


class Mutants:
    """Scores the mutants of a table (ISM Brennecke); several threads may use it at once.

    Parameters
    ----------
    encoder : Encoder
        The encoder of the model.
    scores : callable
        Scores pairs given as codes.
    mutations : sequence of Mutation

    Attributes
    ----------
    counts : collections.Counter
        mutants; and mutations for every pair that do not apply to a pair: mutations_beyond_the_end,
        mutations_without_a_change.
    """

    def __init__(self, encoder: Encoder, scores: Scores, mutations: Sequence[Mutation]) -> None:
        self._scores = scores
        self._encoder = encoder
        self._mutations = mutations
        self._counting = threading.Lock()
        self._unmet = {mutation.pair_id for mutation in mutations} - {EVERY_PAIR}
        self.counts: Counter[str] = Counter(
            dict.fromkeys(("mutants", "mutations_beyond_the_end", "mutations_without_a_change"), 0)
        )

    @property
    def unmet(self) -> list[str]:
        """The pair_id of mutations whose pair has not been scored, sorted."""
        return sorted(self._unmet)

    def of(self, pair_id: str, mirna: str, site: str) -> Changes:
        """Score a pair's mutants.

        Parameters
        ----------
        pair_id : str
        mirna, site : str
            Sequences as :meth:`mirtools.models.encoder.Encoder.read` returns them.

        Raises
        ------
        InputError
            For a mutation with this pair_id that is beyond the end of the sequence or changes nothing.
        """
        self._unmet.discard(pair_id)
        mutants = list(self._mutants(pair_id, {"mirna": mirna, "site": site}))
        mirnas = [mirna, *(pair["mirna"] for _, pair in mutants)]
        sites = [site, *(pair["site"] for _, pair in mutants)]
        scores = self._scores(self._encoder.mirnas(mirnas), self._encoder.sites(sites)).tolist()
        changes = [
            Change(mutation, score, scores[0] - score)
            for (mutation, _), score in zip(mutants, scores[1:], strict=True)
        ]
        with self._counting:
            self.counts["mutants"] += len(changes)
        means = (_means(changes, side, len(own)) for side, own in (("mirna", mirna), ("site", site)))
        return Changes(scores[0], changes, *means)

    def _mutants(self, pair_id: str, pair: dict[str, str]) -> Iterator[tuple[Mutation, dict[str, str]]]:
        for mutation in self._mutations:
            if mutation.pair_id not in (pair_id, EVERY_PAIR):
                continue
            own, end = pair[mutation.side], mutation.start + len(mutation.bases)
            if end > len(own):
                reason, problem = "beyond_the_end", f"the {mutation.side} has {len(own)} bases"
            elif own[mutation.start : end] == mutation.bases:
                reason, problem = "without_a_change", f"the {mutation.side} has these bases already"
            else:
                mutated = own[: mutation.start] + mutation.bases + own[end:]
                yield mutation, {**pair, mutation.side: mutated}
                continue
            if mutation.pair_id != EVERY_PAIR:
                place = f"position {mutation.start + 1}, {shorten(mutation.bases, 20)}"
                raise InputError(f"cannot be mutated ({place}): {problem}; correct the mutation", record=pair_id)
            with self._counting:
                self.counts[f"mutations_{reason}"] += 1


def _means(changes: Sequence[Change], side: str, length: int) -> NDArray[np.float64]:
    sums, times = np.zeros(length), np.zeros(length)
    for mutation, _, change in changes:
        if mutation.side == side:
            part = slice(mutation.start, mutation.start + len(mutation.bases))
            sums[part] += change
            times[part] += 1
    return np.divide(sums, times, out=np.full(length, np.nan), where=times > 0)
