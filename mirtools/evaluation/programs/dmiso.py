"""Outputs of the original DMISO."""

from __future__ import annotations

from collections.abc import Iterator

from mirtools.evaluation.programs.output import HIGHER, Hit, Lines, Output, Program, looks_a_number, not_output_of

_DMISO_HEADER = "mirna id\ttarget id\tmirna sequence\ttarget sequence\tprediction score\tprediction".split("\t")


def read_dmiso(path: str, ranked_by: str) -> Output:
    """Read the table that the original DMISO writes; its pairs are known by their sequences, not their names.

    Its header may be missing, or come again.

    Parameters
    ----------
    path : str
    ranked_by : {"score"}
    """
    return Output(_dmiso(path), ranked_by, HIGHER)


def _dmiso(path: str) -> Iterator[Hit]:
    lines = Lines(path)
    for number, row in enumerate(lines.cells()):
        if [cell.lower() for cell in row] == _DMISO_HEADER:
            continue
        if not number and not (len(row) == len(_DMISO_HEADER) and looks_a_number(row[4])):
            raise not_output_of("DMISO", path)
        if len(row) != len(_DMISO_HEADER):
            raise lines.error(f"{len(row)} columns where DMISO writes 6; give its output as it wrote it")
        score = lines.number_in(row[4], "prediction score")
        yield Hit(lines.dna_in(row[2]), lines.dna_in(row[3]), score, row[5] == "1")


PROGRAM = Program("dmiso", ("score",), read_dmiso)
