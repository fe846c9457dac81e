"""Matches names of transcripts in FASTA files with those in annotations.

Only names with versions, those of Ensembl and RefSeq, may differ in the number after the last dot. In other names
that number is part of the name: AT1G01010.1 and AT1G01010.2 are different transcripts, and so are Y74C9A.3.1 and
Y74C9A.3.2, or MSTRG.7.1 and MSTRG.7.2.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from mirtools.io.sequences import Reference

Described = TypeVar("Described")

_ENSEMBL = r"(?:ENS[A-Z]*|MGP_[A-Za-z0-9]+_[A-Z]+)[0-9]+"
_REFSEQ = r"(?:N[CGMPRTWZ]|X[MPR]|[AY]P|AC|[WZ]P)_[A-Z]*[0-9]+"
# GENCODE counts mappings to an older genome after the version (.5_2), and marks copies on the Y chromosome
_VERSIONED = re.compile(rf"({_ENSEMBL})(?:\.[0-9]+(?:_[0-9]+)?)?(_PAR_Y)?|({_REFSEQ})(?:\.[0-9]+)?")
_NUMBER_BEHIND = re.compile(r"\.[0-9]+$")
# Prefixes in GFF3 of Ensembl, NCBI and WormBase, and in FASTA files made from it
_KIND_BEFORE = re.compile(r"(?:transcript:|Transcript:|mRNA:|rna-)(?=.)")
# If one field is such a name, the others are genes, symbols, lengths
_TRANSCRIPT = re.compile(r"(?:(?:ENS[A-Z]*|MGP_[A-Za-z0-9]+_)T|[NX][MR]_|FBtr)[0-9]+\S*")
_LENGTH = re.compile(r"[0-9]{1,18}")
# hyb: ENSG..._ENST..._SYMBOL_mRNA; UCSC: hg38_ncbiRefSeq_NM_000146.4
_WITHIN = re.compile(
    r"ENS[A-Z]*G[0-9]+_(ENS[A-Z]*T[0-9]+)_.+|"
    r"[A-Za-z0-9]+_[A-Za-z0-9_]+?_((?:ENS[A-Z]*T|[NX][MR]_)[0-9]+(?:\.[0-9]+)?)"
)


def stem(name: str) -> str:
    """Return an Ensembl or RefSeq name without its version, any other name unchanged.

    >>> [stem(name) for name in ("ENST00000282507.7", "NM_000146.4", "AT1G01010.2", "ENST00000381192.10_PAR_Y")]
    ['ENST00000282507', 'NM_000146', 'AT1G01010.2', 'ENST00000381192_PAR_Y']
    """
    found = _VERSIONED.fullmatch(name)
    return "".join(part for part in found.groups() if part) if found else name


def bare(name: str) -> str:
    """Return a name without the prefix of its type in GFF3 files.

    >>> bare("transcript:ENST00000331825")
    'ENST00000331825'
    """
    found = _KIND_BEFORE.match(name)
    return name[found.end() :] if found else name


def accession(name: str) -> str:
    """Return the accession of a transcript in the name of its FASTA record (header up to the first blank).

    Among the fields between ``|``, the only one that is an accession of a transcript (GENCODE, BioMart, GenBank);
    with other accessions in GENCODE's layout, in which the seventh field is a length, the first. Any other name is
    an accession itself.

    >>> accession("ENST00000331825.11|ENSG00000087086.15|-|-|FTL-201|FTL|871|UTR5:1-29|")
    'ENST00000331825.11'
    >>> [accession(name) for name in ("ENSG00000087086|ENST00000331825", "gi|164698440|ref|NM_000146.4|", "FTL|1")]
    ['ENST00000331825', 'NM_000146.4', 'FTL|1']
    >>> accession("SYNT00000000031.1|SYNG00000000031.1|-|-|SYN31-201|SYN31|2197|CDS:1-90|")
    'SYNT00000000031.1'
    """
    fields = name.split("|")
    if len(fields) == 1:
        return name
    found = {field for field in fields if _TRANSCRIPT.fullmatch(field)}
    if len(found) == 1:
        return found.pop()
    return fields[0] if in_gencode_layout(fields) and fields[0] else name


def in_gencode_layout(fields: Sequence[str]) -> bool:
    """Return whether fields between ``|`` are those of GENCODE: transcript, gene, two more, names, length."""
    return len(fields) >= 7 and _LENGTH.fullmatch(fields[6]) is not None


def accessions(names: Sequence[str]) -> list[str]:
    """Return the accessions of all transcripts of a file; transcripts that would share one keep their names.

    >>> accessions(["ENSG1|ENST1", "ENSG2|ENST1", "NM_1|x", "y"])
    ['ENSG1|ENST1', 'ENSG2|ENST1', 'NM_1', 'y']
    """
    found = list(map(accession, names))
    times = Counter(found)
    return [short if times[short] == 1 else name for short, name in zip(found, names, strict=True)]


def by_accession(references: Sequence[Reference]) -> list[Reference]:
    """Return the sequences of a file with their :func:`accessions` as names."""
    short = accessions([each.name for each in references])
    return [each._replace(name=name) for each, name in zip(references, short, strict=True)]


def spellings(name: str) -> list[str]:
    """Return possible names of a FASTA sequence in an annotation, the likeliest first.

    These are the name itself; the fields between ``|`` (the gene may be before or after the transcript); the name
    after ``transcript:`` or ``rna-``; the transcript in names of hyb's database and UCSC.

    >>> spellings("ENSG00000087086|ENST00000331825"), spellings("AT1G01010|AT1G01010.1")
    (['ENSG00000087086|ENST00000331825', 'ENST00000331825'], ['AT1G01010|AT1G01010.1', 'AT1G01010', 'AT1G01010.1'])
    """
    fields = name.split("|")
    if len(fields) > 1:
        fields = [field for field in fields if _TRANSCRIPT.fullmatch(field)] or fields
    found = [name, *fields, *map(bare, fields)]
    for field in fields:
        if within := _WITHIN.fullmatch(field):
            found.append(within[1] or within[2])
    return [spelling for spelling in dict.fromkeys(found) if spelling]


class NameIndex(Generic[Described]):
    """Finds the entry of a file for a sequence that another file names, perhaps in another way.

    Parameters
    ----------
    described : mapping
        Entries by the names in the first file: whole names of FASTA records, accessions, names in an annotation.
    any_version : bool
        Whether names with different versions match, as for annotations. Sequences of another version have other
        coordinates: choose false to find sequences, by whole names and accessions only.
    """

    def __init__(self, described: Mapping[str, Described], any_version: bool = True) -> None:
        self._described = described
        self._of_accession: dict[str, Described | None] = {}
        self._of_stem: dict[str, Described | None] = {}
        self._any_version = any_version
        for known, what in described.items():
            short = accession(known)
            if short != known:
                _add(self._of_accession, short, what)
            if any_version:
                _add(self._of_stem, stem(short), what)

    def find(self, name: str) -> Described | None:
        """Return the entry of the first spelling that is known, or ``None``.

        If no spelling matches exactly, names that differ only in the version (or have one on one side only) match,
        provided that all entries of the annotation with that name are the same.
        """
        if name in self._described:
            return self._described[name]
        listed = spellings(name) if self._any_version else [name, accession(name)]
        for spelling in listed:
            if spelling in self._described:
                return self._described[spelling]
        for known, key in ((self._of_accession, str), (self._of_stem, stem)):
            for spelling in listed:
                if (found := known.get(key(spelling))) is not None:
                    return found
        return None


def _add(known: dict[str, Described | None], key: str, entry: Described) -> None:
    """Add an entry, or ``None`` if there is another one of the same name."""
    known[key] = entry if known.get(key, entry) == entry else None


def match_names(
    names: Iterable[str], described: Mapping[str, Described], any_version: bool = True
) -> dict[str, Described]:
    """Find the entry of a file for each name, see :class:`NameIndex`.

    Parameters
    ----------
    names : iterable of str
        As a table or a FASTA file has them (header up to the first blank).
    described : mapping
        Entries by the names in the file.
    any_version : bool

    Returns
    -------
    dict
        By the elements of ``names``; those without an entry are missing.
    """
    index = NameIndex(described, any_version)
    return {name: found for name in names if (found := index.find(name)) is not None}


class WantedNames:
    """The names that may match a FASTA file, so that only these are read from an annotation into memory."""

    def __init__(self, names: Iterable[str]) -> None:
        self._wanted: set[str] = set()
        for name in names:
            for spelling in spellings(name):
                # the version may be in a separate attribute
                self._wanted.update((spelling, stem(spelling), _NUMBER_BEHIND.sub("", spelling)))

    def __contains__(self, name: str) -> bool:
        return name in self._wanted or stem(name) in self._wanted
