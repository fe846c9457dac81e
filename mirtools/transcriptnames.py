"""What transcripts are called in FASTA files and annotations, and finding one by its name.

Only names of kinds that carry versions, Ensembl's and RefSeq's, may differ in the number behind the last dot.
In other names that number is part of the name: AT1G01010.2 is another transcript than AT1G01010.1, as are
Y74C9A.3.1 and Y74C9A.3.2, or MSTRG.7.1 and MSTRG.7.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

Described = TypeVar("Described")

_ENSEMBL = r"(?:ENS[A-Z]*|MGP_[A-Za-z0-9]+_[A-Z]+)[0-9]+"
_REFSEQ = r"(?:N[CGMPRTWZ]|X[MPR]|[AY]P|AC|[WZ]P)_[A-Z]*[0-9]+"
# GENCODE counts mappings to an older genome behind the version (.5_2), and marks copies on the Y chromosome
_VERSIONED = re.compile(rf"({_ENSEMBL})(?:\.[0-9]+(?:_[0-9]+)?)?(_PAR_Y)?|({_REFSEQ})(?:\.[0-9]+)?")
_NUMBER_BEHIND = re.compile(r"\.[0-9]+$")
# GFF3 of Ensembl, NCBI and WormBase, and the FASTA files that are made with it
_KIND_BEFORE = re.compile(r"(?:transcript:|Transcript:|mRNA:|rna-)(?=.)")
# Where a field is one of these, the others are genes, symbols, lengths
_TRANSCRIPT = re.compile(r"(?:(?:ENS[A-Z]*|MGP_[A-Za-z0-9]+_)T|[NX][MR]_|FBtr)[0-9]+\S*")
# hyb: ENSG..._ENST..._SYMBOL_mRNA; UCSC: hg38_ncbiRefSeq_NM_000146.4
_WITHIN = re.compile(
    r"ENS[A-Z]*G[0-9]+_(ENS[A-Z]*T[0-9]+)_.+|"
    r"[A-Za-z0-9]+_[A-Za-z0-9_]+?_((?:ENS[A-Z]*T|[NX][MR]_)[0-9]+(?:\.[0-9]+)?)"
)


def stem(name: str) -> str:
    """Return a name of a kind that carries versions without its version, any other name whole.

    >>> [stem(name) for name in ("ENST00000282507.7", "NM_000146.4", "AT1G01010.2", "ENST00000381192.10_PAR_Y")]
    ['ENST00000282507', 'NM_000146', 'AT1G01010.2', 'ENST00000381192_PAR_Y']
    """
    found = _VERSIONED.fullmatch(name)
    return "".join(part for part in found.groups() if part) if found else name


def bare(name: str) -> str:
    """Return a name without the kind of thing that GFF3 files write before it.

    >>> bare("transcript:ENST00000331825")
    'ENST00000331825'
    """
    found = _KIND_BEFORE.match(name)
    return name[found.end() :] if found else name


def spellings(name: str) -> list[str]:
    """Return what an annotation may call the sequence of a FASTA file, the likeliest first.

    The name itself; the fields between ``|``, for exports have the gene before the transcript as well as behind
    it; what stands behind ``transcript:`` or ``rna-``; the transcript in the names of hyb's database and UCSC.

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
    """Finds what an annotation says about a sequence.

    Parameters
    ----------
    described : mapping
        From the annotation's transcript names.
    """

    def __init__(self, described: Mapping[str, Described]) -> None:
        self._described = described
        self._of_stem: dict[str, Described | None] = {}
        for known, what in described.items():
            key = stem(known)
            self._of_stem[key] = what if self._of_stem.get(key, what) == what else None

    def find(self, name: str) -> Described | None:
        """Return what is said of the first spelling that is known, or ``None``.

        A spelling with another version, or with a version on one side only, counts behind all that are the same,
        and where all that the annotation has of the name agrees.
        """
        listed = spellings(name)
        for spelling in listed:
            if spelling in self._described:
                return self._described[spelling]
        for spelling in listed:
            if (found := self._of_stem.get(stem(spelling))) is not None:
                return found
        return None


def match_names(names: Iterable[str], described: Mapping[str, Described]) -> dict[str, Described]:
    """Find for each FASTA identifier what an annotation says about it, as :class:`NameIndex` does.

    Parameters
    ----------
    names : iterable of str
        Identifiers of the FASTA file (header up to the first blank).
    described : mapping
        From the annotation's transcript names.

    Returns
    -------
    dict
        From FASTA identifiers; those that the annotation does not know are left out.
    """
    index = NameIndex(described)
    return {name: found for name in names if (found := index.find(name)) is not None}


class WantedNames:
    """Tells which names in an annotation may be those of a FASTA file, so that only these are kept in memory."""

    def __init__(self, names: Iterable[str]) -> None:
        self._wanted: set[str] = set()
        for name in names:
            for spelling in spellings(name):
                # the version may stand in a column of its own
                self._wanted.update((spelling, stem(spelling), _NUMBER_BEHIND.sub("", spelling)))

    def __contains__(self, name: str) -> bool:
        return name in self._wanted or stem(name) in self._wanted
