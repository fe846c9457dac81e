"""The model families. A new one is a folder next to :mod:`mirtools.models.dmiso` and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirtools.models.base import Family
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.matrix.family import Matrix

FAMILIES: list[type[Family]] = [
    Dmiso,
    Matrix,
]


def architectures() -> list[str]:
    """Return the names of all architectures, family by family."""
    return [name for family in FAMILIES for name in family.architectures]


def family_from(architecture: str, description: Mapping[str, Any]) -> Family:
    """Return the family of a known architecture, with the sizes in a model file's description.

    Raises
    ------
    ValueError
        If the description is not valid, see :meth:`mirtools.models.base.Family.from_description`.
    """
    found = next(family for family in FAMILIES if architecture in family.architectures)
    return found.from_description(architecture, description)
