"""The programs whose outputs are read, and what each can be ranked by."""

from __future__ import annotations

from functools import partial

from mirtools.evaluation.programs import dmiso, miranda, miraw, mitar, rna22, rnahybrid, targetscan
from mirtools.evaluation.programs.output import Output
from mirtools.evaluation.programs.targetscan import Families, read_targetscan

_MODULES = (miranda, rnahybrid, rna22, targetscan, miraw, mitar, dmiso)
PROGRAMS = {module.PROGRAM.name: module.PROGRAM for module in _MODULES}


def read_output(
    program: str,
    path: str,
    ranked_by: str | None = None,
    species: str | None = None,
    families: Families | None = None,
) -> Output:
    """Read a program's output; its hits are parsed as they are asked for.

    Parameters
    ----------
    program : str
        One of :data:`PROGRAMS`.
    path : str
    ranked_by : str, optional
        One of the program's ``ranks``; its first by default.
    species : str, optional
        Taxonomy identifier, for TargetScan's tables of many species.
    families : dict, optional
        Seeds of TargetScan's families, for its tables that name these.

    Raises
    ------
    InputError
        For a file that this program did not write.
    """
    known = PROGRAMS[program]
    read = known.read
    if program == "targetscan":
        read = partial(read_targetscan, species=species, families=families)
    return read(path, ranked_by or known.ranks[0])
