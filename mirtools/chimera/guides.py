"""Guides: miRNAs, and small RNAs of other classes that are searched together with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mirtools.chimera.references import References
from mirtools.errors import InputError, UsageError, shorten
from mirtools.io.sequences import read_mirnas
from mirtools.io.tables import MIRNA_CLASS, MISSING


class GuideFile(NamedTuple):
    """A FASTA file of guides, and their class."""

    name: str
    path: str


def parse_guides(text: str) -> GuideFile:
    """Return the class and the file in ``CLASS=FASTA``.

    Raises
    ------
    UsageError
        If there is no class or no file, and for the class of miRNAs.

    >>> parse_guides("tRF=fragments.fa")
    GuideFile(name='tRF', path='fragments.fa')
    """
    name, sign, path = text.partition("=")
    if not (sign and path and name.isprintable() and name == name.strip()) or name in ("", MISSING):
        raise UsageError(f"--guides '{shorten(text, 40)}' is not CLASS=FASTA; give both, as in tRF=fragments.fa")
    if name.casefold() == MIRNA_CLASS.casefold():
        raise UsageError(f"--guides {shorten(text, 40)}: the guides of --mirnas are miRNAs; name another class")
    return GuideFile(name, path)


def read_guides(mirnas: str, others: Sequence[GuideFile] = ()) -> References:
    """Read miRNAs and guides of other classes into one list.

    Parameters
    ----------
    mirnas : str
        FASTA file.
    others : sequence of GuideFile

    Returns
    -------
    guides : References
        With the class of each guide if there are others than miRNAs.

    Raises
    ------
    InputError
        If a name occurs in two files; else as :func:`mirtools.io.sequences.read_mirnas`.
    """
    listed = read_mirnas(mirnas)
    if not others:
        return References.of(listed)
    class_of = {each.name: MIRNA_CLASS for each in listed}
    for name, path in others:
        for guide in read_mirnas(path):
            if guide.name in class_of:
                problem = (
                    f"is a name of class {shorten(class_of[guide.name], 30)}, too; give each guide its own name"
                )
                raise InputError(problem, source=path, record=guide.name)
            class_of[guide.name] = name
            listed.append(guide)
    return References.of(listed, list(class_of.values()))
