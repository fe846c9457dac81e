"""The foreign programs whose outputs are read, and what each can be ranked by."""

from __future__ import annotations

from functools import partial

from mirtools.evaluation.alignment_programs import read_miranda, read_rna22, read_rnahybrid
from mirtools.evaluation.hits import Output, Program
from mirtools.evaluation.site_programs import (
    Families,
    read_dmiso,
    read_miraw,
    read_mitar,
    read_targetscan,
)

PROGRAMS = {
    program.name: program
    for program in (
        Program("miranda", ("score", "energy"), read_miranda),
        Program("rnahybrid", ("energy", "pvalue"), read_rnahybrid),
        Program("rna22", ("pvalue", "energy"), read_rna22),
        Program("targetscan", ("auto", "site_type", "context"), read_targetscan),
        Program("miraw", ("probability",), read_miraw),
        Program("mitar", ("probability",), read_mitar),
        Program("dmiso", ("score",), read_dmiso),
    )
}


def read_output(
    program: str,
    path: str,
    ranked_by: str | None = None,
    species: str | None = None,
    families: Families | None = None,
) -> Output:
    """Read a foreign program's output; its hits are parsed as they are asked for.

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
