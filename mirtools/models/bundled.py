"""Models inside the package: their names, and where ``--model NAME|FILE`` leads."""

from __future__ import annotations

import os
from importlib import resources

from mirtools.errors import UsageError, shorten
from mirtools.models.modelfile import Model, load_model

_SUFFIX = ".safetensors"


def bundled_names() -> list[str]:
    """Return the names of the models that come with the package, sorted."""
    folder = resources.files("mirtools.models")
    return sorted(item.name.removesuffix(_SUFFIX) for item in folder.iterdir() if item.name.endswith(_SUFFIX))


def best_bundled(on_matrices: bool = False) -> Model:
    """Return the bundled model with the highest average precision on the pairs that it was validated with.

    Of equal ones the first by name is taken. With ``on_matrices`` only those that see a pairing matrix count.
    """
    models = [model for name in bundled_names() if (model := _bundled(name)).network or not on_matrices]
    return max(models, key=lambda model: model.metrics.get("held_out", {}).get("average_precision", 0))


def resolve_model(name: str | None = None) -> Model:
    """Load a bundled model by its name, or a model file by its path.

    A file is a path with a ``/`` or the suffix ``.safetensors``; every other word is a bundled model's name. No
    name leads to :func:`best_bundled`.

    Raises
    ------
    UsageError
        For a name that no bundled model has.
    InputError
        For a file that is no model.
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
    raise UsageError(f"no model '{shorten(name, 40)}'; bundled: {', '.join(names)}; or name a .safetensors file")


def _bundled(name: str) -> Model:
    with resources.as_file(resources.files("mirtools.models") / (name + _SUFFIX)) as path:
        return load_model(str(path))
