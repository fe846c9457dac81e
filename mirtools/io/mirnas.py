"""The miRNAs of a command line: FASTA files, sequences, or names in a database such as miRBase."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from mirtools.errors import InputError, UsageError, shorten
from mirtools.io.sequences import SHORTEST_MIRNA, Reference, plausible_sequence, read_mirnas, to_dna

_LETTERS = re.compile(r"[ACGTUNacgtun]+")
# The longest miRNAs of miRBase have 28 nt
LONGEST_MIRNA = 35


def mirnas_of(
    words: Sequence[str], database: str | None = None, read: Callable[[str], str] = to_dna
) -> list[Reference]:
    """Return the miRNAs that words name, in this order.

    Parameters
    ----------
    words : sequence of str
        A word is a FASTA file if a file of this name exists, if it holds ``/`` or (without a database) a dot, ends
        in a suffix of FASTA or compressed files, or is ``-`` (standard input). It is a sequence, and its name the
        sequence in DNA letters, if it has only the letters A C G T U N; else the name of a sequence of the
        database.
    database : str, optional
        FASTA file of mature miRNAs. Case matters only if names differ in nothing else.
    read : callable
        Converts sequences to the letters that are needed, see :meth:`mirtools.models.encoder.Encoder.read`.

    Raises
    ------
    InputError
        As :func:`mirtools.io.sequences.read_mirnas`; for a name that occurs twice.
    UsageError
        For a word that is none of these.

    >>> [(each.name, each.sequence) for each in mirnas_of(["UGAGGUAGUAGGUUGUAUAGUU"])]
    [('TGAGGTAGTAGGTTGTATAGTT', 'TGAGGTAGTAGGTTGTATAGTT')]
    """
    found: list[Reference] = []
    known: list[Reference] | None = None
    for word in words:
        if _is_file(word) or ("." in word and database is None):
            found.extend(read_mirnas(word, read))
        elif _LETTERS.fullmatch(word):
            found.append(_typed(word, read))
        else:
            if database is None:
                problem = f"'{shorten(word, 40)}' is neither a file nor a sequence"
                raise UsageError(
                    f"argument --mirnas: {problem}; to give a name, name its FASTA file in --database"
                )
            known = read_mirnas(database, read) if known is None else known
            found.append(_named(word, known, database))
    _check_names(found)
    return found


def _is_file(word: str) -> bool:
    suffixes = (".fa", ".fasta", ".fna", ".txt", ".gz", ".bz2", ".xz", ".zst")
    return word == "-" or os.sep in word or word.lower().endswith(suffixes) or os.path.exists(word)


def _typed(word: str, read: Callable[[str], str]) -> Reference:
    try:
        sequence = plausible_sequence(word, read, SHORTEST_MIRNA)
    except ValueError as error:
        raise UsageError(f"argument --mirnas: {error}") from error
    if len(sequence) > LONGEST_MIRNA:
        problem = f"'{shorten(word, 30)}' has {len(sequence)} nt, more than a miRNA ({LONGEST_MIRNA})"
        raise UsageError(f"argument --mirnas: {problem}; give the mature sequence")
    return Reference(sequence, sequence, sequence)


def _named(word: str, known: Sequence[Reference], database: str) -> Reference:
    exact = [each for each in known if each.name == word]
    alike = exact or [each for each in known if each.name.lower() == word.lower()]
    if len(alike) == 1:
        return alike[0]
    if alike:
        names = ", ".join(each.name for each in alike)
        raise UsageError(f"argument --mirnas: '{word}' may be {names} in {database}; give one of them")
    ends = [each.name for each in known if each.name.lower().endswith(f"-{word.lower()}")]
    near = ends or [each.name for each in known if each.name.lower().startswith(word.lower())]
    hint = f"; it has {', '.join(near[:4])}" if near else "; look for it with grep '>'"
    raise UsageError(f"argument --mirnas: no '{shorten(word, 40)}' in {database}{hint}")


def _check_names(found: Sequence[Reference]) -> None:
    seen: set[str] = set()
    for each in found:
        if each.name in seen:
            raise InputError("miRNA is given twice; give each once", record=each.name)
        seen.add(each.name)
