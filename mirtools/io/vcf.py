"""Reads the variants of a VCF file: the first five columns, plain or compressed.

Genotypes, filters and annotations are not read. Alleles are upper-case DNA letters, 5'->3' on the plus strand.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from mirtools.errors import InputError, shorten
from mirtools.io.lines import checked_lines
from mirtools.io.sequences import to_dna
from mirtools.io.streams import open_input, reading, start_of

_BCF = b"BCF"
# No chromosome is longer than 10^12 nt
_POSITION = re.compile(r"[0-9]{1,12}")
# <DEL>, breakends (N[chr2:123[, .N, N.)
_SYMBOLIC = re.compile(r"<.*>|.*[\[\]].*|\..+|.+\.")
# Alleles without a sequence
NOT_AN_ALLELE, OTHER_DELETION = ".", "*"


class Variant(NamedTuple):
    """A line of a VCF file.

    Attributes
    ----------
    chromosome : str
    position : int
        1-based, as in the file; 0 is before the first base.
    identifier : str
    reference : str
        Bases of the reference from this position.
    alternatives : tuple of str
        Bases, or what has none, as in the file: ``.``, ``*``, ``<DEL>``, breakends.
    """

    chromosome: str
    position: int
    identifier: str
    reference: str
    alternatives: tuple[str, ...]

    @property
    def start(self) -> int:
        """Where the reference allele begins, 0-based."""
        return self.position - 1


def is_symbolic(allele: str) -> bool:
    """Return whether an alternative allele is described by a name or a breakend.

    >>> [is_symbolic(allele) for allele in ("<DEL>", "A[chr2:12[", "A.", "ACG", "*")]
    [True, True, True, False, False]
    """
    return _SYMBOLIC.fullmatch(allele) is not None


def read_variants(path: str) -> Iterator[Variant]:
    """Stream the variants of a VCF file, in constant memory; a file with a header alone has none.

    Raises
    ------
    InputError
        For an empty file, BCF, a line with fewer than five columns, a position that is not a number, and alleles
        with other letters than those of nucleotides.
    """
    number = 0
    with open_input(path) as opened, reading(path):
        head, stream = start_of(opened, len(_BCF))
        if head == _BCF:
            raise InputError("is BCF; convert it to VCF: bcftools view -o variants.vcf.gz", source=path)
        text = io.TextIOWrapper(checked_lines(stream, path), encoding="utf-8-sig", newline="\n")
        for number, line in enumerate(text, 1):
            if line.startswith("#") or line.isspace():
                continue
            try:
                yield _variant(line.rstrip("\r\n").split("\t", 5)[:5])
            except ValueError as error:
                raise InputError(str(error), source=path, line=number) from error
    if not number:
        raise InputError("is empty; give a VCF file", source=path)


def _variant(fields: list[str]) -> Variant:
    """Return the variant of a line; raises ValueError for what is not one."""
    if len(fields) < 5:
        raise ValueError(f"{len(fields)} columns instead of 5 or more; give a VCF file (separated by tabs)")
    chromosome, position, identifier, reference, alternatives = fields
    if not _POSITION.fullmatch(position):
        raise ValueError(f"POS is '{shorten(position, 30)}'; give a VCF file, whose second column is a number")
    found = tuple(_allele(allele, "ALT") for allele in alternatives.split(","))
    return Variant(chromosome, int(position), identifier, _bases(reference, "REF"), found)


def _allele(text: str, column: str) -> str:
    has_no_bases = text in (NOT_AN_ALLELE, OTHER_DELETION) or is_symbolic(text)
    return text if has_no_bases else _bases(text, column)


def _bases(text: str, column: str) -> str:
    try:
        bases = to_dna(text)
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from error
    if not bases:
        raise ValueError(f"{column} is empty; write the bases, or . for none")
    return bases
