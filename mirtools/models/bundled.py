"""Models inside the package: their names, and where ``--model NAME|FILE`` leads."""

from __future__ import annotations

import os
from importlib import resources

from mirtools.errors import UsageError, shorten
from mirtools.models.modelfile import Model, load_model

DEFAULT = "dmiso"
_SUFFIX = ".safetensors"


def bundled_names() -> list[str]:
    """Return the names of the models that come with the package, sorted."""
    folder = resources.files("mirtools.models")
    return sorted(item.name.removesuffix(_SUFFIX) for item in folder.iterdir() if item.name.endswith(_SUFFIX))


def resolve_model(name: str) -> Model:
    """Load a bundled model by its name, or a model file by its path.

    A file is a path with a ``/`` or the suffix ``.safetensors``; every other word is a bundled model's name.

    Raises
    ------
    UsageError
        For a name that no bundled model has.
    InputError
        For a file that is no model.
    """
    if os.sep in name or name.endswith(_SUFFIX):
        return load_model(name)
    names = bundled_names()
    if name in names:
        with resources.as_file(resources.files("mirtools.models") / (name + _SUFFIX)) as path:
            return load_model(str(path))
    if os.path.exists(name):
        return load_model(name)
    raise UsageError(f"no model '{shorten(name, 40)}'; bundled: {', '.join(names)}; or name a .safetensors file")
