"""Outputs of miTAR, a deep network that judges fragments of transcripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mirtools.evaluation.programs.output import HIGHER, Hit, Lines, Output, Program, not_output_of

_MITAR_MIRNA = 26  # bases of the miRNA, padded with N, before those of the target
_MITAR_NAME = re.compile(r">(.+)\|(\d+)\|(\d+)\|([0-9.eE+-]+)")


def read_mitar(path: str, ranked_by: str) -> Output:
    """Read miTAR: FASTA with ``>miRNA|target|sites|fragment|probability``, miRNA and fragment as its sequence.

    Its script for one miRNA leaves the miRNA's name out; the miRNA's bases stand in both, 3'->5'. miTAR writes
    fragments above its own threshold only; only their bases show where they lie.

    Parameters
    ----------
    path : str
    ranked_by : {"probability"}
    """
    return Output(_mitar(path), ranked_by, HIGHER)


def _mitar(path: str) -> Iterator[Hit]:
    lines = Lines(path)
    pending: tuple[str, float] | None = None
    sequence: list[str] = []
    for line in lines:
        if not line.startswith(">"):
            if line.strip() and pending is None:
                raise not_output_of("miTAR", path)
            sequence.append(line.strip())
            continue
        if pending is not None:
            yield _fragment(lines, *pending, sequence)
        name = _MITAR_NAME.fullmatch(line.strip())
        if name is None:
            raise lines.error(
                "is not a prediction of miTAR (>miRNA|target|sites|fragment|probability); give its output"
            )
        pending = name.group(1), lines.number_in(name.group(4), "probability")
        sequence = []
    if pending is not None:
        yield _fragment(lines, *pending, sequence)


def _fragment(lines: Lines, names: str, score: float, sequence: Sequence[str]) -> Hit:
    bases = lines.dna_in("".join(sequence))
    mirna = bases[:_MITAR_MIRNA].strip("N")[::-1]
    # which of the names is the miRNA's is not known, as names hold "|", too: each may be either
    return Hit(f"{names}|{mirna}", names, score, bases=bases[_MITAR_MIRNA:].strip("N"))


PROGRAM = Program("mitar", ("probability",), read_mitar)
