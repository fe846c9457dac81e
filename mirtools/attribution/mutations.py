"""In-silico mutagenesis: what the score loses when bases change, or when two bases may no longer pair.

(Gresova et al. 2022, 3.2.) *ISM Full* changes each base to all others: its importance is the score less the mean
score of the mutants. *ISM Brennecke* makes the mutations that an experiment made, which a table names. Both give a
value for a base. The explainer ``ism`` gives those of ISM Full for both sequences, and as its matrix, which an
alignment needs, **occlusion**: the score less that with one cell of the pairing matrix switched off, as if these
two bases could not pair. Neither adds up to the score.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.deep import probability
from mirtools.attribution.explainer import Explained, Explainer
from mirtools.attribution.rules import forward, rules_of
from mirtools.errors import InputError, shorten
from mirtools.interactions import TableReader
from mirtools.models.encoder import Encoder, encoder_of
from mirtools.models.network import Network
from mirtools.models.network_steps import steps_of
from mirtools.models.pairing import Codes, Floats

COLUMNS = ("pair_id", "side", "position", "bases")
EVERY_PAIR = "*"
SIDES = ("mirna", "site")
_BATCH = 32


class _Scores:
    """Scores of pairing matrices, which no sequences need to have."""

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        self._rules = rules_of(steps_of(network, weights), (network.site_length, network.mirna_length))
        self._table = network.rule.table()

    def matrices(self, mirnas: Codes, sites: Codes) -> Floats:
        return self._table[sites[:, :, None], mirnas[:, None, :]]

    def of(self, matrices: Floats) -> NDArray[np.float64]:
        scores = np.empty(len(matrices))
        for start in range(0, len(matrices), _BATCH):
            logits, _ = forward(self._rules, matrices[start : start + _BATCH])
            scores[start : start + _BATCH] = probability(logits[:, 0])
        return scores

    def of_codes(self, mirnas: Codes, sites: Codes) -> NDArray[np.float64]:
        scores = np.empty(len(mirnas))
        for start in range(0, len(mirnas), _BATCH):
            part = slice(start, start + _BATCH)
            scores[part] = self.of(self.matrices(mirnas[part], sites[part]))
        return scores


class Occlusion:
    """Values of cells: the score less that with the cell switched off; 0 where nothing pairs.

    Of a pair with several channels all are switched off, and the one with the largest value gets it.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name.
    """

    expectation = math.nan
    threads = True

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        self._scores = _Scores(network, weights)

    def values(self, mirnas: Codes, sites: Codes) -> tuple[Floats, Floats]:
        """Return values ``(n, site length, miRNA length, channels)`` and scores ``(n,)``, float32."""
        matrices = self._scores.matrices(mirnas, sites)
        values = np.zeros_like(matrices)
        scores = self._scores.of(matrices)
        for number, matrix in enumerate(matrices):
            rows, columns = np.nonzero(matrix.any(axis=2))
            channels = np.abs(matrix[rows, columns]).argmax(axis=1)
            for start in range(0, len(rows), _BATCH):
                cells = rows[start : start + _BATCH], columns[start : start + _BATCH]
                without = np.repeat(matrix[None], len(cells[0]), axis=0)
                without[np.arange(len(without)), *cells] = 0
                lost = scores[number] - self._scores.of(without)
                values[number, *cells, channels[start : start + _BATCH]] = lost
        return values, scores.astype(np.float32)


class Mutagenesis(Explainer):
    """The explainer ``ism``: occlusion, and ISM Full for every base of both sequences."""

    approximate = True

    def __init__(self, network: Network, weights: Mapping[str, Floats]) -> None:
        super().__init__("ism", network, Occlusion(network, weights), None)
        self._scores = _Scores(network, weights)

    def explain_codes(self, mirnas: Codes, sites: Codes, channels: bool = False) -> Explained:
        """Explain pairs given as codes; ``mirna`` and ``site`` of the result are those of ISM Full."""
        found = super().explain_codes(mirnas, sites, channels)
        by_mirna, by_site = (self.full(mirnas, sites, side) for side in SIDES)
        return replace(found, mirna=by_mirna, site=by_site, approximate=True)

    def full(self, mirnas: Codes, sites: Codes, side: str = "mirna") -> Floats:
        """Return the importance of each base by ISM Full; 0 for unknown letters and beyond the end.

        Parameters
        ----------
        mirnas, sites : ndarray
            Codes.
        side : str
            Whose bases are changed: ``mirna`` or ``site``.

        Returns
        -------
        ndarray of shape (n, miRNA length) or (n, site length), float32
        """
        letters = len(self.network.rule.alphabet)
        changed = mirnas if side == "mirna" else sites
        importances = np.zeros(changed.shape, np.float32)
        scores = self._scores.of_codes(mirnas, sites)
        for number, codes in enumerate(changed):
            places = np.flatnonzero(codes != letters)
            if not len(places) or letters < 2:
                continue
            # every base of the sequence, to each of the other letters
            steps = np.arange(1, letters)
            mutants = np.repeat(codes[None], len(places) * len(steps), axis=0)
            bases = (codes[places, None] + steps) % letters
            mutants[np.arange(len(mutants)), np.repeat(places, len(steps))] = bases.reshape(-1)
            pair = [
                mutants if name == side else np.repeat(own[number : number + 1], len(mutants), axis=0)
                for name, own in zip(SIDES, (mirnas, sites), strict=True)
            ]
            mutated = self._scores.of_codes(*pair).reshape(len(places), -1)
            importances[number, places] = scores[number] - mutated.mean(axis=1)
        return importances


@dataclass(frozen=True)
class Mutation:
    """Changed bases of one sequence, as one experiment.

    Attributes
    ----------
    pair_id : str
        Or :data:`EVERY_PAIR`.
    side : str
        ``mirna`` or ``site``.
    start : int
        0-based place of the first changed base, from the 5' end of the sequence as the user gave it.
    bases : str
        What stands there and behind it instead.
    """

    pair_id: str
    side: str
    start: int
    bases: str


class Change(NamedTuple):
    """What a mutation does: the mutant's score, and the unchanged pair's less the mutant's."""

    mutation: Mutation
    score: float
    change: float


class Changes(NamedTuple):
    """What a table of mutations does to one pair.

    Attributes
    ----------
    score : float
        Of the unchanged pair.
    changes : list of Change
    mirna, site : ndarray of shape (bases,), float64
        Mean change over the mutations that change a base (a mutation of several bases counts in full for each);
        not a number for bases that none does.
    """

    score: float
    changes: list[Change]
    mirna: NDArray[np.float64]
    site: NDArray[np.float64]


def read_mutations(path: str, encoder: Encoder) -> list[Mutation]:
    """Read a table of mutations: columns ``pair_id``, ``side``, ``position`` and ``bases``.

    ``pair_id`` is a pair's, or ``*`` for every pair; ``side`` is ``mirna`` or ``site``; ``position`` counts bases
    from the sequence's 5' end, the first is 1; ``bases`` stand there instead, several from this base on.

    Raises
    ------
    InputError
        For anything else, a mutation that is named twice, and a table without any.
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
            raise reader.error("names a mutation for the second time; leave it out")
        mutations.append(mutation)
    if not mutations:
        raise InputError("holds no mutations; give rows with " + ", ".join(COLUMNS), source=path)
    return mutations


class Mutants:
    """Scores of the mutants that a table names (ISM Brennecke); several threads may ask at once.

    Parameters
    ----------
    network : Network
    weights : dict of str to ndarray
        Tensors by name.
    mutations : sequence of Mutation

    Attributes
    ----------
    counts : collections.Counter
        mutants; and of mutations for every pair those that a pair cannot have: mutations_beyond_the_end,
        mutations_without_a_change.
    """

    def __init__(self, network: Network, weights: Mapping[str, Floats], mutations: Sequence[Mutation]) -> None:
        self._scores = _Scores(network, weights)
        self._encoder = encoder_of(network)
        self._mutations = mutations
        self._counting = threading.Lock()
        self._unmet = {mutation.pair_id for mutation in mutations} - {EVERY_PAIR}
        self.counts: Counter[str] = Counter(
            dict.fromkeys(("mutants", "mutations_beyond_the_end", "mutations_without_a_change"), 0)
        )

    @property
    def unmet(self) -> list[str]:
        """The pairs that mutations name and that have not come by, sorted."""
        return sorted(self._unmet)

    def of(self, pair_id: str, mirna: str, site: str) -> Changes:
        """Score a pair's mutants.

        Parameters
        ----------
        pair_id : str
        mirna, site : str
            Sequences as :meth:`mirtools.models.encoder.Encoder.read` gives them.

        Raises
        ------
        InputError
            For a mutation of this very pair that lies beyond the end of the sequence, or changes nothing.
        """
        self._unmet.discard(pair_id)
        mutants = list(self._mutants(pair_id, {"mirna": mirna, "site": site}))
        mirnas = [mirna, *(pair["mirna"] for _, pair in mutants)]
        sites = [site, *(pair["site"] for _, pair in mutants)]
        scores = self._scores.of_codes(self._encoder.mirnas(mirnas), self._encoder.sites(sites)).tolist()
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
