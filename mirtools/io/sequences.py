"""Reading reads and references as DNA letters, with one clear line for every defect of a file.

Sequences are upper-case strings over ``ACGTN``, 5'->3'. ``U`` is read as ``T``, lower case as upper case, the
other IUPAC codes as ``N``.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from mirtools.errors import InputError, shorten
from mirtools.io.lines import LONGEST_LINE, LONGEST_SEQUENCE, checked_lines
from mirtools.io.streams import open_input, reading, start_of

if TYPE_CHECKING:
    from dnaio import SequenceRecord

# IUPAC: R Y S W K M B D H V and gaps mean more than one base.
_TO_DNA = str.maketrans("acgtunryswkmbdhvURYSWKMBDHV", "ACGTTNNNNNNNNNNNTNNNNNNNNNN")
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_NOT_DNA = re.compile(r"[^ACGTN]")
# First byte after blank lines; FASTA may begin with a comment.
_FORMATS = {b">": "fasta", b"#": "fasta", b"@": "fastq"}
_BAM = b"BAM\1"
_LOOK_AHEAD = 512
# The first lists hold few records, because these may be chromosomes.
_FIRST_RECORDS = 16
_MOST_RECORDS, _MOST_BASES = 4096, 1 << 20
_NOT_QUALITY = re.compile(r"[^!-~]")
# Some sequencers write "." for N; in tables it means a missing value
UNREAD = "."

# BioMart writes this if a transcript has none of the requested regions
_UNAVAILABLE = re.compile(r"sequence ?unavailable", re.IGNORECASE)
# The name of their count among the counts of a run
NO_SEQUENCE = "without_sequence"
# Published miRNAs have 15 nucleotides or more, published sites 7 or more. Anything shorter is a name, a seed, or a
# program's word for a missing value.
SHORTEST_MIRNA, SHORTEST_SITE = 10, 7
# R, pandas, spreadsheets, databases; lower case
_MISSING_VALUES = frozenset(
    ". - -- * ? na n/a n.a. #n/a <na> nan none null nil nd n/d n.d. missing unknown undefined undetermined "
    "unavailable".split()
)


class Read(NamedTuple):
    """One sequencing read: name up to the first blank, bases, Phred+33 string or ``None`` (FASTA)."""

    name: str
    sequence: str
    qualities: str | None


class Reference(NamedTuple):
    """One reference sequence: identifier (header up to the first blank), whole header, bases."""

    name: str
    header: str
    sequence: str


def to_dna(sequence: str) -> str:
    """Return ``sequence`` in upper-case DNA letters.

    Raises
    ------
    ValueError
        With the first character that is not a nucleotide code.

    >>> to_dna("ugagR")
    'TGAGN'
    """
    dna = sequence.translate(_TO_DNA)
    if bad := _NOT_DNA.search(dna):
        raise ValueError(
            f"'{shorten(bad.group(), 3)}' at position {bad.start() + 1} is not a nucleotide; "
            "use the letters A C G T U N"
        )
    return dna


def is_dna(text: str) -> bool:
    """Return whether all characters of a text are nucleotide codes, including IUPAC letters."""
    return _NOT_DNA.search(text.translate(_TO_DNA)) is None


def plausible_sequence(text: str, read: Callable[[str], str] = to_dna, least: int = 0) -> str:
    """Convert a text of an input with ``read``, and refuse texts that are probably not sequences.

    The alphabet is wide (all IUPAC letters), so that words such as NA, CAT or KRAS consist of nucleotide codes.

    Parameters
    ----------
    text : str
        The text in the input.
    read : callable
        Converts a text to the required letters; raises ValueError for anything else.
    least : int
        Smallest number of nucleotides; other alphabets have no such limit.

    Raises
    ------
    ValueError
        As ``read``; for a missing value, fewer than ``least`` nucleotides, and if more than half are N.

    >>> plausible_sequence("ugagguagua", least=SHORTEST_MIRNA)
    'TGAGGTAGTA'
    """
    try:
        sequence = read(text)
    except ValueError:
        if is_missing(text):
            raise ValueError(_no_value(text)) from None
        if text[:1] == text[-1:] == '"':
            problem = "is quoted, but the header line is not; write the table without quotes (R: quote=FALSE)"
            raise ValueError(problem) from None
        raise
    if is_missing(text):
        raise ValueError(_no_value(text))
    if len(sequence) < least and sequence and not _NOT_DNA.search(sequence):
        problem = f"'{text}' is too short for a sequence ({len(sequence)} nt, at least {least})"
        raise ValueError(f"{problem}; give the bases, not a name")
    if least and 2 * sequence.count("N") > len(sequence):
        raise ValueError(f"more than half of '{shorten(text, 30)}' is N or IUPAC letters; give the bases")
    return sequence


def is_missing(text: str) -> bool:
    """Return whether a cell is a missing value: ``.``, ``NA``, ``nan``, ``null``..."""
    return len(text) < 14 and text.strip().lower() in _MISSING_VALUES


def _no_value(text: str) -> str:
    return f"'{text.strip()}' is a missing value; give a sequence, or remove it"


def reverse_complement(sequence: str) -> str:
    """Return the reverse complement of a sequence over ``ACGTN``."""
    return sequence.translate(_COMPLEMENT)[::-1]


def read_reads(path: str) -> Iterator[Read]:
    """Stream FASTQ or FASTA reads from a file, or standard input for ``-``, in constant memory.

    Raises
    ------
    InputError
        For files that cannot be read, are neither FASTQ nor FASTA, are cut or damaged, or hold letters that are
        not nucleotides.
    """
    for record in _records(path, LONGEST_LINE):
        yield checked(record, path)


def checked(record: SequenceRecord | Read, source: str) -> Read:
    """Return a raw record as a read: its name up to the first blank, DNA letters, N for ``.``.

    Raises
    ------
    InputError
        For letters that are not nucleotides, and qualities that are not Phred+33 characters.
    """
    try:
        sequence = to_dna(record.sequence.replace(UNREAD, "N"))
    except ValueError as error:
        raise InputError(str(error), source=source, record=record.name) from error
    qualities = record.qualities
    if qualities is not None and (bad := _NOT_QUALITY.search(qualities)):
        problem = f"quality {bad.start() + 1} is not a Phred+33 character (! to ~); repair or re-export the file"
        raise InputError(problem, source=source, record=record.name)
    return Read(first_word(record.name), sequence, qualities)


def read_references(
    path: str, read: Callable[[str], str] = to_dna, counts: Counter[str] | None = None
) -> list[Reference]:
    """Read a FASTA file of references into memory; as :func:`stream_references`."""
    return list(stream_references(path, read, counts))


def read_mirnas(path: str, read: Callable[[str], str] = to_dna) -> list[Reference]:
    """Read a FASTA file of miRNAs into memory; as :func:`stream_references`, with at least SHORTEST_MIRNA nt."""
    return list(stream_references(path, read, least=SHORTEST_MIRNA))


def stream_references(
    path: str, read: Callable[[str], str] = to_dna, counts: Counter[str] | None = None, least: int = 0
) -> Iterator[Reference]:
    """Stream a FASTA file of references; only their names stay in memory.

    ``read`` converts a sequence to the required letters, and raises ValueError for anything else. Missing values
    and fewer than ``least`` nucleotides are refused (:func:`plausible_sequence`). If ``counts`` is given, as for
    transcripts, records with BioMart's "Sequence unavailable" are skipped and counted in ``counts[NO_SEQUENCE]``.

    Raises
    ------
    InputError
        As :func:`read_reads`; also for an empty file, an unnamed or empty sequence, and a name that occurs twice.
    """
    seen: set[str] = set()
    unavailable = 0
    for record in _records(path, LONGEST_SEQUENCE):
        name = first_word(record.name)
        if not name:
            problem = f"sequence {len(seen) + 1} has no name; give every '>' line a name"
            raise InputError(problem, source=path)
        if name in seen:
            raise InputError("name occurs twice; make names unique", source=path, record=name)
        without = _UNAVAILABLE.fullmatch(record.sequence) is not None
        if without and counts is not None:
            seen.add(name)
            unavailable += 1
            counts[NO_SEQUENCE] += 1
            continue
        if without or not record.sequence:
            raise InputError("has no sequence; remove it or complete the file", source=path, record=name)
        try:
            sequence = plausible_sequence(record.sequence, read, least)
        except ValueError as error:
            raise InputError(str(error), source=path, record=name) from error
        seen.add(name)
        yield Reference(name, record.name, sequence)
    if len(seen) == unavailable:
        why = f" but {unavailable} 'Sequence unavailable'" if unavailable else ""
        raise InputError(f"holds no sequence{why}; give a FASTA file", source=path)


def first_word(header: str) -> str:
    """Return a header up to the first blank: the name of a sequence."""
    words = header.split(None, 1)
    return words[0] if words else ""


def read_record_lists(
    path: str, most_records: int, most_bases: int, longest: int = LONGEST_LINE
) -> Iterator[list[SequenceRecord]]:
    """Stream lists of the records of a FASTA or FASTQ file as dnaio parses them; an empty file yields none.

    Sequences and qualities are as in the file. Records before a defect are yielded before the error is raised.

    Parameters
    ----------
    most_records : int
        Largest length of a list.
    most_bases : int
        Lists of long reads are shorter, so that about this many bases are in memory.
    longest : int
        Largest number of bytes in a line.

    Raises
    ------
    InputError
        For files that cannot be read, are neither FASTQ nor FASTA (BAM is not supported), or are cut or damaged;
        for longer lines and control characters (:mod:`mirtools.io.lines`).
    """
    import dnaio

    with open_input(path) as opened, reading(path):
        head, stream = start_of(opened, _LOOK_AHEAD)
        if head.startswith(BOM_UTF8):
            stream.read(len(BOM_UTF8))
        content = head.removeprefix(BOM_UTF8).lstrip()
        if not content:
            return
        if content.startswith(_BAM):
            # dnaio's reader of BAM does not check lengths and names: a damaged file ends the process
            raise InputError("is BAM; give FASTQ, as 'samtools fastq' makes it", source=path)
        # without the format, dnaio would rely on the suffix of the name
        kind = next((kind for magic, kind in _FORMATS.items() if content.startswith(magic)), None)
        if kind is None:
            wide = head.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
            what = "is UTF-16; save it as UTF-8 text" if wide else "is neither FASTA nor FASTQ; give sequences"
            raise InputError(what, source=path)
        try:
            with dnaio.open(checked_lines(stream, path, longest, kind), fileformat=kind) as reader:
                yield from _lists(iter(reader), most_records, most_bases)
        except dnaio.FileFormatError as error:
            # dnaio counts lines from 0 and keeps the number separate from the message
            line = None if error.line is None else error.line + 1
            problem = f"not valid {error.format}: {error.message.rstrip('.')}; repair or re-export the file"
            raise InputError(shorten(problem, 150), source=path, line=line) from error


def _lists(
    records: Iterator[SequenceRecord], most_records: int, most_bases: int
) -> Iterator[list[SequenceRecord]]:
    size, failure = min(_FIRST_RECORDS, most_records), None
    while failure is None:
        found: list[SequenceRecord] = []
        try:
            found.extend(islice(records, size))
        except Exception as error:  # records that were parsed before it stay in the list
            failure = error
        if not found:
            break
        yield found
        some = found[:: len(found) // 64 + 1]
        fitting = most_bases * len(some) // max(sum(map(len, some)), 1)
        size = max(1, min(most_records, fitting, 8 * size))
    if failure is not None:
        raise failure


def _records(path: str, longest: int) -> Iterator[SequenceRecord]:
    for records in read_record_lists(path, _MOST_RECORDS, _MOST_BASES, longest):
        yield from records
