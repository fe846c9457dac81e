"""In-silico mutagenesis of any model: the decrease of the score if bases are changed, or hidden two at a time.

(Gresova et al. 2022, 3.2.) *ISM Full* changes each base to all others: its importance is the score minus the mean
score of the mutants. An alignment needs a matrix. With the score f, and an unknown letter in place of site base i
or miRNA base j (hidden),

    value(i, j) = f(pair) - f(i hidden) - f(j hidden) + f(both hidden)

is the effect of the two bases together, beyond the effects of each alone. Neither importances nor values add up to
the score.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.backgrounds import Background
from mirtools.attribution.explained import Explained, Explainer, Scores
from mirtools.models.arrays import Codes, Floats
from mirtools.models.base import Model
from mirtools.models.encoder import Encoder

SIDES = ("mirna", "site")


def base_importances(scores: Scores, mirnas: Codes, sites: Codes, side: str, letters: int) -> Floats:
    """Return the importance of each base by ISM Full; 0 for unknown letters and beyond the end.

    Parameters
    ----------
    scores : callable
        Scores pairs given as codes.
    mirnas, sites : ndarray
        Codes.
    side : str
        The sequence to change: ``mirna`` or ``site``.
    letters : int
        Number of letters of the alphabet.

    Returns
    -------
    ndarray of shape (n, miRNA length) or (n, site length), float32
    """
    changed = mirnas if side == "mirna" else sites
    importances = np.zeros(changed.shape, np.float32)
    unchanged = scores(mirnas, sites)
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
        mutated = scores(*pair).reshape(len(places), -1)
        importances[number, places] = unchanged[number] - mutated.mean(axis=1)
    return importances


class HiddenBases(Explainer):
    """The explainer ``ism`` for models of any family: ISM Full, and bases hidden two at a time.

    Parameters
    ----------
    encoder : Encoder
    scores : callable
        Scores pairs given as codes.
    """

    approximate = True

    def __init__(self, encoder: Encoder, scores: Scores) -> None:
        super().__init__("ism", encoder)
        self._scores = scores

    @property
    def expectation(self) -> float:
        """NaN, since values are not relative to a background."""
        return math.nan

    def explain_codes(self, mirnas: Codes, sites: Codes) -> Explained:
        """Explain pairs given as codes; ``mirna`` and ``site`` of the result are those of ISM Full."""
        letters = len(self._encoder.alphabet)
        by_mirna, by_site = (base_importances(self._scores, mirnas, sites, side, letters) for side in SIDES)
        values = np.zeros((len(mirnas), sites.shape[1], mirnas.shape[1]), np.float32)
        scores = np.empty(len(mirnas), np.float32)
        for number, (mirna, site) in enumerate(zip(mirnas, sites, strict=True)):
            table = self._hidden(mirna, site)
            scores[number] = table[0, 0]
            rows, columns = site != letters, mirna != letters
            together = table[0, 0] - table[1:, :1] - table[:1, 1:] + table[1:, 1:]
            values[number][np.ix_(rows, columns)] = together
        beyond = np.zeros(len(mirnas), np.float32)
        return Explained(
            values, scores, math.nan, beyond, mirna=by_mirna, site=by_site, approximate=self.approximate
        )

    def _hidden(self, mirna: Codes, site: Codes) -> NDArray[np.float64]:
        """Return the scores with no (first) or one base of site and miRNA hidden: ``(1 + bases, 1 + bases)``."""
        copies = [_copies(codes, len(self._encoder.alphabet)) for codes in (mirna, site)]
        pairs = np.repeat(copies[1], len(copies[0]), axis=0), np.tile(copies[0], (len(copies[1]), 1))
        return self._scores(pairs[1], pairs[0]).reshape(len(copies[1]), len(copies[0]))


def _copies(codes: Codes, unknown: int) -> Codes:
    """Return a sequence, and copies with each of its known letters hidden."""
    places = np.flatnonzero(codes != unknown)
    copies = np.repeat(codes[None], 1 + len(places), axis=0)
    copies[np.arange(1, len(copies)), places] = unknown
    return copies


class AnyFamilyExplainers:
    """The explainers of a family without its own ones: in-silico mutagenesis with its pair scorer."""

    kinds: tuple[str, ...] = ("ism",)

    def make(self, model: Model, kind: str, background: Background | None, samples: int, seed: int) -> Explainer:
        """Return the explainer; only the model is used."""
        return HiddenBases(model.encoder, self.scores(model))

    def scores(self, model: Model) -> Scores:
        """Return the model's own scores."""
        scorer = model.pair_scorer()
        return lambda mirnas, sites: scorer.score(mirnas, sites).astype(np.float64)
