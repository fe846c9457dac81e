"""Attributions that an explainer computes, as a source of alignments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mirtools.alignment.table import Attributed, Floats
from mirtools.attribution.backgrounds import BACKGROUND, choose_background
from mirtools.attribution.explainer import PairExplainer, make_pair_explainer
from mirtools.attribution.mutations import Mutants, read_mutations
from mirtools.errors import InputError, shorten
from mirtools.interactions import TableReader
from mirtools.models.bundled import best_bundled, resolve_model
from mirtools.models.encoder import encoder_of
from mirtools.models.layers import finite
from mirtools.models.modelfile import Model
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule, is_nucleic
from mirtools.models.scores import score_cells

EXPLAINERS = ("deep", "shap", "gradient", "ism", "masking")
WITHOUT_BACKGROUND = ("ism", "masking")
MUTANT_COLUMNS = "pair_id side position bases score mutant_score change".split()
_PAIRS = 32


class ExplainerSource:
    """An explainer's attributions; a table without scores gets the model's.

    Parameters
    ----------
    model : Model
    explainer : PairExplainer
        Of this model.
    reader : TableReader
        The table that is explained.
    by_base : bool
        Importances are what the explainer gives each base: by ISM Full, by DeepSHAP of a model of two sequences,
        else the sum over the matrix.
    mutants : Mutants, optional
        Importances are what mutations of a table do to the score; of a base that none changes, what they do to the
        base that the alignment sets opposite to it.
    """

    batch_size = _PAIRS

    def __init__(
        self,
        model: Model,
        explainer: PairExplainer,
        reader: TableReader,
        by_base: bool = False,
        mutants: Mutants | None = None,
    ) -> None:
        self._explainer, self._by_base, self._mutants = explainer, by_base, mutants
        self.encoder = encoder_of(model.network)
        # mutants are counted
        self.threads = explainer.threads and mutants is None
        # positions of mutations count from the beginning of the whole site
        self.windows = mutants is None
        self.columns: tuple[str, ...] = () if reader.find("score") is not None else ("score",)

    def attribute(
        self, names: Sequence[str], mirnas: Sequence[str], sites: Sequence[str]
    ) -> Callable[[], Attributed]:
        """Return what explains these pairs."""

        def explain() -> Attributed:
            with np.errstate(over="ignore", invalid="ignore"):
                found = self._explainer.explain(mirnas, sites)
            finite(found.values)
            finite(found.scores)
            cells: list[tuple[str, ...]] = [()] * len(mirnas)
            if self.columns:
                cells = [(score,) for score, _ in score_cells(found.scores, 0.5)]
            gap = float(found.gaps.max()) if self._explainer.additive else 0.0
            bases = None
            notes: list[list[str]] = []
            if self._by_base:
                bases = found.values.sum(axis=1), found.values.sum(axis=2)
                if found.mirna is not None and found.site is not None:
                    bases = found.mirna, found.site
            elif self._mutants is not None:
                bases = self._changed(names, mirnas, sites, self._mutants, notes)
            return Attributed(found.values, cells, gap, bases, notes)

        return explain

    def _changed(
        self,
        names: Sequence[str],
        mirnas: Sequence[str],
        sites: Sequence[str],
        mutants: Mutants,
        notes: list[list[str]],
    ) -> tuple[Floats, Floats]:
        """Return what mutations do to each base; ``notes`` get a row for each mutant."""
        encoder = self.encoder
        by_mirna = np.full((len(names), encoder.mirna_length), np.nan)
        by_site = np.full((len(names), encoder.site_length), np.nan)
        for number, (name, mirna, site) in enumerate(zip(names, mirnas, sites, strict=True)):
            found = mutants.of(name, mirna, site)
            seen = len(encoder.mirna(mirna)), len(encoder.site(site))
            start = (len(site) - seen[1]) // 2
            by_mirna[number, : seen[0]] = found.mirna[: seen[0]]
            by_site[number, : seen[1]] = found.site[start : start + seen[1]]
            for mutation, score, change in found.changes:
                numbers = (f"{found.score:.6f}", f"{score:.6f}", f"{change:.6f}")
                notes.append([name, mutation.side, str(mutation.start + 1), mutation.bases, *numbers])
        return by_mirna, by_site

    def skip(self, number: int) -> None:
        """Do nothing: each pair is explained when it is asked for."""

    def finish(self) -> None:
        """Do nothing: there are as many attributions as rows."""

    def close(self) -> None:
        """Do nothing: no file is open."""


def mutants_of(model: Model, path: str) -> Mutants:
    """Return the mutations of a table, to be made in pairs that a model scores.

    Raises
    ------
    InputError
        For a model that sees no pairing matrix, and a table that holds no mutations.
    """
    if model.network is None:
        raise InputError(f"model '{shorten(model.name, 40)}' sees no pairing matrix; give a mirbind or cnn model")
    return Mutants(model.network, model.weights, read_mutations(path, encoder_of(model.network)))


def explained_model(name: str | None) -> Model:
    """Return a model by its name or file; without a name the best bundled one that sees a pairing matrix."""
    return best_bundled(on_matrices=True) if name is None else resolve_model(name)


def pairing_of(model: Model) -> PairingRule:
    """Return which letters pair for an alignment: as in the model's pairing matrix, where it shows pairs alone.

    A matrix that tells all letters apart, or none, leaves Watson-Crick pairs.
    """
    if model.network is None:
        return WATSON_CRICK
    rule = model.network.rule
    if not is_nucleic(rule.alphabet):
        return rule
    shown = {letters for letters, values in rule.pairs.items() if any(values)}
    return WOBBLE if set(WATSON_CRICK.pairs) < shown <= set(WOBBLE.pairs) else WATSON_CRICK


def explainer_of(
    model: Model, kind: str = "deep", count: int = BACKGROUND, path: str | None = None, seed: int = 1
) -> PairExplainer:
    """Return an explainer of a model.

    Parameters
    ----------
    model : Model
    kind : str
        One of :data:`EXPLAINERS`, as far as the model can be explained so.
    count : int
        Background pairs.
    path : str, optional
        Table that they are from.
    seed : int

    Raises
    ------
    InputError
        For a model that cannot be explained so, and for a table without background pairs.
    """
    if kind == "masking" and model.network is not None:
        name = shorten(model.name, 40)
        raise InputError(f"model '{name}' sees a pairing matrix, for which there is no masking; use deep or ism")
    background = None if kind in WITHOUT_BACKGROUND else choose_background(model, count, seed, path)
    return make_pair_explainer(model, kind, background, seed=seed)


def described(model: Model, explainer: PairExplainer, gap: float) -> dict[str, Any]:
    """Return the facts for a JSON report; ``gap`` is how far attributions were at most from adding up.

    Matrices of a model that sees no pairing matrix are approximate, as those of in-silico mutagenesis are: see
    :mod:`mirtools.attribution.dmiso_masking` and :mod:`mirtools.attribution.mutations`.
    """
    facts: dict[str, Any] = {
        "kind": explainer.kind,
        "approximate": model.network is None or explainer.kind == "ism",
    }
    if explainer.background is not None:
        facts["background"] = explainer.background.described()
    if math.isfinite(explainer.expectation):
        facts["expectation"] = float(f"{explainer.expectation:.6g}")
    if explainer.additive:
        facts["largest_additivity_gap"] = float(f"{gap:.2g}")
    return facts
