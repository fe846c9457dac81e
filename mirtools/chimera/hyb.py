"""Reads with hits from ``.hyb`` files (hyb, hybkit): chimeras that another aligner has already found.

One line a read, tab-separated: name, bases, folding energy, then for both segments reference name, start and end
on the read, start and end on the reference (1-based, inclusive) and score (the e-value), then optional flags.
"""

from __future__ import annotations

from collections.abc import Iterator

from mirtools.chimera.engine import Hit, ReadHits, SearchReferences
from mirtools.errors import InputError, shorten
from mirtools.sequences import Read, to_dna
from mirtools.streams import open_text, reading

_SEGMENTS = (3, 9)


def read_hyb(path: str, references: SearchReferences) -> Iterator[tuple[Read, ReadHits]]:
    """Stream the reads of a ``.hyb`` file with the hits of their two segments.

    A segment is a miRNA or a target by the reference list that holds its name; other segments (tRNA, rRNA...)
    give no hit. Bit scores are not part of the format and are 0.

    Raises
    ------
    InputError
        For lines with fewer than 15 columns, coordinates that are no numbers or lie outside the read or the
        reference, and letters that are no nucleotides.
    """
    mirnas = {reference.name: number for number, reference in enumerate(references.mirnas)}
    transcripts = {reference.name: number for number, reference in enumerate(references.transcripts)}
    with open_text(path) as stream, reading(path):
        for line, text in enumerate(stream, 1):
            fields = text.rstrip("\r\n").split("\t")
            if not text.strip() or text.startswith("#"):
                continue
            if len(fields) < 15:
                problem = f"{len(fields)} columns where a .hyb line has 15 or more; give a .hyb file"
                raise InputError(problem, source=path, line=line)
            try:
                sequence = to_dna(fields[1])
                hits = ReadHits([], [])
                for column in _SEGMENTS:
                    name = fields[column]
                    if name in mirnas:
                        length = len(references.mirnas[mirnas[name]].sequence)
                        hits.mirnas.append(_hit(fields, column, mirnas[name], len(sequence), length))
                    elif name in transcripts:
                        length = len(references.transcripts[transcripts[name]].sequence)
                        hits.targets.append(_hit(fields, column, transcripts[name], len(sequence), length))
            except ValueError as error:
                raise InputError(shorten(str(error), 150), source=path, line=line) from error
            yield Read(fields[0], sequence, None), hits


def _hit(fields: list[str], column: int, subject: int, read_length: int, subject_length: int) -> Hit:
    try:
        start, end, subject_start, subject_end = (int(float(cell)) for cell in fields[column + 1 : column + 5])
    except (ValueError, OverflowError) as error:
        raise ValueError("coordinates are no whole numbers; give a .hyb file") from error
    if not (0 < start <= end <= read_length and 0 < subject_start <= subject_end <= subject_length):
        raise ValueError(f"segment '{fields[column]}' lies outside its read or reference; give the FASTA hyb used")
    score = 0.0 if fields[column + 5] == "." else float(fields[column + 5])
    if not 0 <= score < float("inf"):
        raise ValueError(f"score '{fields[column + 5]}' is no e-value; give a .hyb file")
    return Hit(subject, start - 1, end, subject_start - 1, subject_end, score, 0.0)
