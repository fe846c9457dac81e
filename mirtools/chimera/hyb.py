"""Reads ``.hyb`` files with chimeras of other aligners, and writes pairs as ``.hyb`` files for hybkit.

One line per read, tab-separated: name, bases, folding energy; then for both segments, in their order on the read:
reference name, start and end on the read, start and end on the reference (1-based, inclusive) and score (the
e-value); then optional flags, ``flag=value`` joined by ``;`` (hybkit Hyb File Specification). ``.`` is a missing
value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import BATCH_SIZE, RawReads, ReadBatch, pack
from mirtools.chimera.engine import Hits, SearchReferences
from mirtools.chimera.references import References, decode
from mirtools.errors import InputError, shorten
from mirtools.io.sequences import Read, first_word, to_dna
from mirtools.io.spool import Lines
from mirtools.io.streams import open_text, reading
from mirtools.io.tables import MIRNA_CLASS, MISSING

if TYPE_CHECKING:
    from mirtools.chimera.pairing import Pairs

_SEGMENTS = (3, 9)
# hyb's references are named gene_transcript_symbol_type; GENCODE and Ensembl write the type into the header
_TYPE_IN_NAME = re.compile(r"[^_]+_[^_]+_[^_]+_([A-Za-z-]+)")
_BIOTYPE = re.compile(r"(?:[^|\s]*\|){7}(\w+)\||\S+ .*\btranscript_biotype:(\w+)")

# hyb names reads NUMBER_COPIES
_HYB_NAME = re.compile(r"[0-9]+_([0-9]{1,15})")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,15}")
_TOO_MANY = 10**15

# Follows the first tab-separated flags; earlier cells contain no tab
_COUNT = "\tread_count="

_Row = tuple[int, int, int, int, int, int, float]


class HybReads(NamedTuple):
    """Some reads of a ``.hyb`` file; hits refer to them by their position in ``raw``.

    ``raw.copies`` has the numbers of copies from flags and hyb's names, 0 if unknown.
    """

    raw: RawReads
    mirna_hits: Hits
    target_hits: Hits


def read_hyb(path: str, references: SearchReferences, size: int = BATCH_SIZE) -> Iterator[HybReads]:
    """Stream the reads of a ``.hyb`` file with the hits of their two segments, at most ``size`` at a time.

    A segment is a miRNA or a target depending on the reference list that contains its name; other segments (tRNA,
    rRNA...) give no hit. Consecutive lines with the same name and bases are one read with the hits of all of them
    (some programs list every equally good target on a separate line); equal hits count once. Bit scores are not
    part of the format and are 0, like missing e-values. :func:`copies_of_line` gives the number of copies.

    Raises
    ------
    InputError
        If a line has fewer than 15 columns, coordinates that are not numbers or lie outside the read or the
        reference, a score that is not an e-value, a count that is not a whole number, or a letter that is not a
        nucleotide.
    """
    lists = [_numbered(references.mirnas), _numbered(references.transcripts)]
    reads: list[Read] = []
    copies: list[int] = []
    # a dictionary keeps each hit once, and their order
    found: tuple[dict[_Row, None], dict[_Row, None]] = {}, {}
    with open_text(path) as stream, reading(path):
        for line, text in enumerate(stream, 1):
            fields = text.rstrip("\r\n").split("\t")
            if not text.strip() or text.startswith("#"):
                continue
            if len(fields) < 15:
                problem = f"{len(fields)} columns instead of 15 or more; give a .hyb file"
                raise InputError(problem, source=path, line=line)
            try:
                read = Read(fields[0], to_dna(fields[1]), None)
                known = bool(reads) and read == reads[-1] and read.name not in ("", MISSING)
                if len(reads) == size and not known:
                    yield _packed(reads, copies, found, path)
                    reads, copies, found = [], [], ({}, {})
                if not known:
                    reads.append(read)
                    copies.append(0)
                copies[-1] = max(copies[-1], copies_of_line(read.name, fields[15] if len(fields) > 15 else ""))
                for column in _SEGMENTS:
                    for (numbers, lengths), rows in zip(lists, found, strict=True):
                        number = numbers.get(fields[column])
                        if number is not None:
                            segment = _segment(fields[column : column + 6], len(read.sequence), lengths[number])
                            rows[(len(reads) - 1, number, *segment)] = None
                            break
            except ValueError as error:
                raise InputError(shorten(str(error), 150), source=path, line=line) from error
        if reads:
            yield _packed(reads, copies, found, path)


def _packed(
    reads: list[Read], copies: list[int], found: tuple[dict[_Row, None], dict[_Row, None]], path: str
) -> HybReads:
    raw = pack(reads, path)._replace(copies=np.array(copies, np.int64))
    return HybReads(raw, *map(_columns, found))


def copies_of_line(name: str, flags: str) -> int:
    """Return the number of reads of a line of a ``.hyb`` file, 0 if unknown.

    This is the flag ``read_count`` if present; else the largest of ``count_total``, the sum over the names in
    ``seq_IDs_in_cluster``, and the number in its own name, if names have hyb's form ``number_copies``.

    Raises
    ------
    ValueError
        If a flag with a count is not a whole number.

    >>> copies_of_line("12_5", "count_total=2; seq_IDs_in_cluster=12_5,40_2;")
    7
    """
    counts = [int(found[1]) for found in [_HYB_NAME.fullmatch(name)] if found]
    if "count" not in flags and "seq_IDs_in_cluster" not in flags:
        return max(counts, default=0)
    values = {key.strip(): value.strip() for key, _, value in (flag.partition("=") for flag in flags.split(";"))}
    for key in ("read_count", "count_total"):
        text = values.get(key, MISSING)
        if text in ("", MISSING):
            continue
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ValueError(f"flag {key} is '{shorten(text, 20)}'; give a whole number")
        if key == "read_count" and int(text):
            return int(text)
        counts.append(int(text))
    members = [_HYB_NAME.fullmatch(member.strip()) for member in values.get("seq_IDs_in_cluster", "").split(",")]
    counts.append(sum(int(found[1]) for found in members if found))
    if max(counts) >= _TOO_MANY:
        raise ValueError("flag seq_IDs_in_cluster counts more reads than any library has; repair the line")
    return max(counts)


def _numbered(references: References) -> tuple[dict[str, int], list[int]]:
    # the file may have the whole names of the FASTA file as well as accessions
    numbers = {first_word(header): number for number, header in enumerate(references.headers) if header}
    numbers.update((name, number) for number, name in enumerate(references.names))
    return numbers, references.lengths.tolist()


def _segment(cells: list[str], read_length: int, length: int) -> tuple[int, int, int, int, float]:
    """Return start and end on the read, start and end on the reference (0-based, half-open), e-value."""
    try:
        start, end, subject_start, subject_end = (int(float(cell)) for cell in cells[1:5])
    except (ValueError, OverflowError) as error:
        raise ValueError("coordinates are not whole numbers; give a .hyb file") from error
    if not (0 < start <= end <= read_length and 0 < subject_start <= subject_end <= length):
        name = shorten(cells[0], 40)
        raise ValueError(f"segment '{name}' lies outside its read or reference; give the FASTA hyb used")
    try:
        score = 0.0 if cells[5] == MISSING else float(cells[5])
    except ValueError:
        score = -1.0
    if not 0 <= score < float("inf"):
        raise ValueError(f"score '{shorten(cells[5], 40)}' is not an e-value; give a .hyb file")
    return start - 1, end, subject_start - 1, subject_end, score


def _columns(rows: dict[_Row, None]) -> Hits:
    cells = np.array([*rows], np.float64).reshape(-1, 7).T.copy()
    columns: list[NDArray[Any]] = [*cells[:6].astype(np.int32), cells[6], np.zeros(len(rows))]
    return Hits(*columns)


def hits_of_inserts(hits: Hits, raw: NDArray[np.int64]) -> Hits:
    """Return the hits of some reads, with new read numbers.

    Parameters
    ----------
    hits : Hits
        Hits of raw reads. Coordinates are unchanged, so nothing may be trimmed from the reads.
    raw : array of int64
        The reads to keep, ascending: ``raw`` of :class:`mirtools.chimera.inserts.Inserts`.
    """
    kept = np.isin(hits.read, raw)
    columns: list[NDArray[Any]] = [column[kept] for column in hits]
    columns[0] = np.searchsorted(raw, columns[0]).astype(np.int32)
    return Hits(*columns)


class HybLines:
    """Lines of paired reads, stored in a temporary file until all copies are counted."""

    def __init__(self) -> None:
        self._lines = Lines()

    def add(self, lines: Iterable[str]) -> None:
        """Add lines of :func:`hyb_lines`, one per distinct read."""
        self._lines.extend([line.removesuffix("\n") for line in lines])

    def write(self, stream: TextIO, copies: NDArray[np.int64]) -> None:
        """Write all lines; ``copies`` is the number of reads of each, written as ``read_count``."""
        for line, count in zip(self._lines, copies, strict=True):
            cells, _, flags = line.partition(_COUNT)
            stream.write(f"{cells}{_COUNT}{count};{flags.partition(';')[2]}\n")

    def close(self) -> None:
        """Close the temporary file."""
        self._lines.close()


def hyb_lines(
    batch: ReadBatch,
    pairs: Pairs,
    chosen: NDArray[np.bool_],
    references: SearchReferences,
    sample: str = "",
) -> Iterator[str]:
    """Yield one line in hybkit's format for the best pair of each chosen read of a batch.

    Names are unchanged, but a read without one is named ``unnamed``, and ``#`` at the beginning, which would start
    a comment, becomes ``%23``. Coordinates are those of the aligned parts. The flags are:

    - ``read_count``: copies of the read in the batch; :class:`HybLines` replaces it by those in all batches.
    - ``seg1_type``, ``seg2_type``: ``miRNA`` (``microRNA`` if the name contains it, as in hyb's database); for
      transcripts the type in their names (hyb) or headers (GENCODE, Ensembl), else ``mRNA``.
    - ``miRNA_seg``: ``5p`` if the miRNA lies before its target on the read, else ``3p``.
    - ``dataset``: the sample, if it has a name.

    Parameters
    ----------
    batch : ReadBatch
        With names.
    pairs : Pairs
        Pairs of the batch; only those of rank 1 are written.
    chosen : array of bool, shape (reads,)
        The reads of the batch to write.
    references : SearchReferences
    sample : str
    """
    mirnas, transcripts = references
    text, starts, copies = decode(batch.bases), batch.starts.tolist(), batch.copies.tolist()
    dataset = f";dataset={_flag_value(sample)}" if sample else ""
    written = (pairs.rank == 1) & chosen[pairs.read]
    columns = (
        *(pairs.read, pairs.target_first, pairs.mirna, pairs.target),
        *(pairs.mirna_start, pairs.mirna_end, pairs.mirna_ref_start, pairs.mirna_ref_end, pairs.mirna_evalue),
        *(pairs.target_start, pairs.target_end, pairs.target_ref_start, pairs.target_ref_end, pairs.target_evalue),
    )
    for row in zip(*(column[written].tolist() for column in columns), strict=True):
        read, target_first, mirna, target = row[:4]
        mirna_name, target_name = mirnas.names[mirna], transcripts.names[target]
        segments = _cells(mirna_name, *row[4:9]), _cells(target_name, *row[9:])
        types = (
            _guide_type(mirna_name, *mirnas.classes[mirna : mirna + 1]),
            _target_type(target_name, transcripts.headers[target]),
        )
        place = "5p"
        if target_first:
            segments, types, place = segments[::-1], types[::-1], "3p"
        name, bases = _read_name(batch.names[read]), text[starts[read] : starts[read + 1]]
        yield (
            f"{name}\t{bases}\t{MISSING}\t{segments[0]}\t{segments[1]}{_COUNT}{copies[read]};"
            f"seg1_type={types[0]};seg2_type={types[1]};miRNA_seg={place}{dataset}\n"
        )


def _cells(name: str, start: int, end: int, ref_start: int, ref_end: int, evalue: float) -> str:
    return f"{name}\t{start + 1}\t{end}\t{ref_start + 1}\t{ref_end}\t{evalue:.3g}"


def _read_name(name: str) -> str:
    if name in ("", MISSING):
        return "unnamed"  # hybkit needs a name
    return f"%23{name[1:]}" if name[0] == "#" else name


def _guide_type(name: str, guide_class: str = MIRNA_CLASS) -> str:
    if guide_class != MIRNA_CLASS:
        return _flag_value(guide_class)
    # hybkit compares the flag with the type in hyb's names, and accepts both words for a miRNA
    return "microRNA" if name.endswith("_microRNA") and _TYPE_IN_NAME.fullmatch(name) else "miRNA"


@lru_cache(maxsize=100_000)
def _target_type(name: str, header: str) -> str:
    """Return the type of a transcript.

    >>> _target_type("ENSG01_ENST01_RPL27A_pseudo", "")
    'pseudo'
    """
    if named := _TYPE_IN_NAME.fullmatch(name):
        return named.group(1)
    biotype = _BIOTYPE.match(header)
    if biotype is None:
        return "mRNA"
    word = biotype.group(1) or biotype.group(2)
    return "mRNA" if word == "protein_coding" else word


def _flag_value(text: str) -> str:
    """Return the value of a flag with separators percent-escaped.

    >>> _flag_value("10%;a=b")
    '10%25%3Ba%3Db'
    """
    return text.replace("%", "%25").replace(";", "%3B").replace("=", "%3D")
