"""Models in the package: their names, and loading the model of ``--model NAME|FILE``."""

from __future__ import annotations

import os
from importlib import resources

from mirtools.errors import UsageError, shorten
from mirtools.models.base import Model
from mirtools.models.modelfile import load_model

_SUFFIX = ".safetensors"


def bundled_names() -> list[str]:
    """Return the names of the models that come with the package, sorted."""
    folder = resources.files("mirtools.models")
    return sorted(item.name.removesuffix(_SUFFIX) for item in folder.iterdir() if item.name.endswith(_SUFFIX))


def best_bundled(sees_pairing: bool = False) -> Model:
    """Return the bundled model with the highest average precision on held-out pairs.

    Of equal ones the first by name is chosen. With ``sees_pairing``, only models on pairing matrices are
    considered.
    """
    models = [_bundled(name) for name in bundled_names()]
    if sees_pairing:
        models = [model for model in models if model.family.pairing is not None]
    return max(models, key=lambda model: model.metrics.get("held_out", {}).get("average_precision", 0))


def resolve_model(name: str | None = None) -> Model:
    """Load a bundled model by its name, or a model file by its path.

    A name with a ``/`` or the suffix ``.safetensors`` is a path; any other is the name of a bundled model or, if
    there is none, a path. None means :func:`best_bundled`.

    Raises
    ------
    UsageError
        If there is neither a bundled model nor a file of this name.
    InputError
        For a file that is not a model.
    """
    if name is None:
        return best_bundled()
    if os.sep in name or name.endswith(_SUFFIX):
        return load_model(name)
    names = bundled_names()
    if name in names:
        return _bundled(name)
    if os.path.exists(name):
        return load_model(name)
    raise UsageError(f"no model '{shorten(name, 40)}'; bundled: {', '.join(names)}; or give a .safetensors file")


def _bundled(name: str) -> Model:
    with resources.as_file(resources.files("mirtools.models") / (name + _SUFFIX)) as path:
        return load_model(str(path))
