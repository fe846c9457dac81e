"""The explainers of each family of models, and the choice among them."""

from __future__ import annotations

import math
from typing import Any

from mirtools.attribution.backgrounds import BACKGROUND, Background, choose_background
from mirtools.attribution.dmiso.explainer import DmisoExplainers
from mirtools.attribution.explained import SAMPLES, WITHOUT_BACKGROUND, Explainer, FamilyExplainers
from mirtools.attribution.matrix.explainers import MatrixExplainers
from mirtools.attribution.mutagenesis import AnyFamilyExplainers
from mirtools.attribution.mutations import Mutants, read_mutations
from mirtools.errors import InputError, shorten
from mirtools.models.base import Family, Model
from mirtools.models.bundled import best_bundled, resolve_model
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.matrix.family import Matrix

# One line per family; other families are explained by in-silico mutagenesis.
EXPLAINERS: dict[type[Family], FamilyExplainers] = {
    Dmiso: DmisoExplainers(),
    Matrix: MatrixExplainers(),
}


def explainers_of(model: Model) -> FamilyExplainers:
    """Return the explainers of a model's family."""
    return EXPLAINERS.get(type(model.family)) or AnyFamilyExplainers()


def make_explainer(
    model: Model, kind: str = "deep", background: Background | None = None, samples: int = SAMPLES, seed: int = 1
) -> Explainer:
    """Return an explainer of a model.

    Parameters
    ----------
    model : Model
    kind : str
        One of :data:`mirtools.attribution.explained.KINDS`.
    background : Background
        See :func:`mirtools.attribution.backgrounds.choose_background`; ``ism`` and ``masking`` need none.
    samples : int
        Random points per pair for ``gradient``.
    seed : int
        Seed of these points.

    Raises
    ------
    InputError
        For a kind that the model's family does not have.
    UsageError
        If the background pairs need too much memory.
    MissingExtraError
        If packages for ``shap`` and ``gradient`` are not installed.
    """
    explainers = _with_kind(model, kind)
    if background is None and kind not in WITHOUT_BACKGROUND:
        raise ValueError(f"an explainer of kind {kind} needs a background")
    return explainers.make(model, kind, background, samples, seed)


def explainer_of(
    model: Model, kind: str = "deep", count: int = BACKGROUND, path: str | None = None, seed: int = 1
) -> Explainer:
    """Return an explainer of a model with the background pairs that it needs.

    Parameters
    ----------
    model : Model
    kind : str
        One of :data:`mirtools.attribution.explained.KINDS`.
    count : int
        Number of background pairs.
    path : str, optional
        A table of background pairs.
    seed : int

    Raises
    ------
    InputError
        For a kind that the model's family does not have, and for a table without background pairs.
    """
    _with_kind(model, kind)
    background = None if kind in WITHOUT_BACKGROUND else choose_background(model, count, seed, path)
    return make_explainer(model, kind, background, seed=seed)


def mutants_of(model: Model, path: str) -> Mutants:
    """Return a scorer of the mutants of a table for a model.

    Raises
    ------
    InputError
        For a model that is not explained by in-silico mutagenesis, and a table without mutations.
    """
    scores = _with_kind(model, "ism").scores(model)
    return Mutants(model.encoder, scores, read_mutations(path, model.encoder))


def explained_model(name: str | None) -> Model:
    """Return a model by its name or file; without a name the best bundled one on pairing matrices."""
    return best_bundled(sees_pairing=True) if name is None else resolve_model(name)


def described(explainer: Explainer, gap: float) -> dict[str, Any]:
    """Return the facts for a JSON report; ``gap`` is the largest additivity gap of the attributions."""
    facts: dict[str, Any] = {"kind": explainer.kind, "approximate": explainer.approximate}
    if explainer.background is not None:
        facts["background"] = explainer.background.described()
    if math.isfinite(explainer.expectation):
        facts["expectation"] = float(f"{explainer.expectation:.6g}")
    if explainer.additive:
        facts["largest_additivity_gap"] = float(f"{gap:.2g}")
    return facts


def _with_kind(model: Model, kind: str) -> FamilyExplainers:
    """Return the explainers of a model's family; raises InputError if it does not have this kind."""
    explainers = explainers_of(model)
    if kind not in explainers.kinds:
        name, kinds = shorten(model.name, 40), " or ".join(explainers.kinds)
        raise InputError(f"model '{name}' ({model.architecture}) is not explained by {kind}; use {kinds}")
    return explainers
