"""Finds the gene in a FASTA header.

Its position differs between databases: a field between ``|``, brackets before the kind of molecule, after
``gene=``, or in the name itself. All of these are searched, regardless of the source of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mirtools.io.sequences import first_word
from mirtools.io.tables import MISSING
from mirtools.transcripts.names import in_gencode_layout


class Gene(NamedTuple):
    """A gene: its unique identifier, and its common name (``.`` if unknown)."""

    identifier: str
    symbol: str


# Ensembl (of any species, strains of mice, GENCODE on older genomes), FlyBase, WormBase, TAIR, RAP-DB
_IDENTIFIER = (
    r"(?:(?:ENS[A-Z]*|MGP_[A-Za-z0-9]+_)GR?[0-9]{6,11}(?:\.[0-9]+)?(?:_[0-9]+)?(?:_PAR_Y)?|FBgn[0-9]{7}|"
    r"WBGene[0-9]{8}(?:\.[0-9]+)?|A[Tt][1-5CM][Gg][0-9]{5}|Os[0-9]{2}g[0-9]{7})"
)
_GENE = re.compile(_IDENTIFIER)
_GENE_ANYWHERE = re.compile(rf"(?<![A-Za-z0-9.]){_IDENTIFIER}(?![A-Za-z0-9.])")
_ACCESSION = re.compile(
    r"(?:(?:ENS[A-Z]*|MGP_\w+)[0-9]{6,}|[NX][MRP]_[0-9]+|FBtr[0-9]+|FBpp[0-9]+|OTT[A-Z]+[0-9]+)\S*"
)
_TRANSCRIPT = re.compile(r"(?:(?:ENS[A-Z]*|MGP_\w+_)T[0-9]{6,}|[NX][MR]_[0-9]+|FBtr[0-9]+)\S*")
# Genes of databases whose transcripts match _TRANSCRIPT
_RECOGNIZED = re.compile("ENS|MGP_|FBgn")
_NAME = re.compile(r"[A-Za-z0-9][\w.()/@-]*[A-Za-z][\w.()/@-]*|[A-Za-z][\w.()/@-]+")
# Contents of other fields between |: biotypes, chromosomes, databases
_NO_NAME = re.compile(
    r"\w*(?:_coding|RNA|rna|_gene|pseudogene|_transcript|_intron|_decay|_overlapping)|TEC|ribozyme|artifact|"
    r"chr\w+|MT|gi|ref|gb|emb|dbj|lcl|gnl|sp|tr|tpg|scaffold\w*|true|false|NA|null",
    re.IGNORECASE,
)
# gene:ENSG..., gene=FTL, [gene=FTL], gene_id "FTL"; locus= in Phytozome's headers
_TAG = re.compile(
    r"(?<![\w=:-])(gene_id|geneID|gene|locus|gene_name|gene_symbol|locus_tag)(=|:| (?=\"))\"?([^\s;|,\"\]]+)"
)
_SYMBOL_TAG = re.compile(r"(?<![\w=:-])(?:gene_symbol|gene_name)(?:=|:| (?=\"))\"?([^\s;|,\"\]]+)")
# FlyBase; name=Su(H)-RA
_PARENT = re.compile(r"(?<!\w)[Pp]arent=(?:[^\s;]*,)?(?:gene[:-])?(FBgn[0-9]+)")
_FLYBASE_NAME = re.compile(r"(?<!\w)name=(\S+)-[RP][A-Z]{1,2}(?:;|\s|$)")
# hyb: ENSG..._ENST..._SYMBOL_mRNA
_HYB = re.compile(rf"({_IDENTIFIER})_[^_]+_(.+)_[^_]+")
# SGD: YAL001C TFC3 SGDID:S000000001, Chr I ...; NCBI Datasets: NM_000146.4 FTL [organism=Homo sapiens] ...
_SECOND_WORD = re.compile(r"(\S+) (\S+) (SGDID:|\[organism=)")
# TAIR: AT1G01010.1 | Symbols: NAC001, ANAC001 | NAC domain containing protein 1 | chr1:...
_SYMBOLS = re.compile(r"\|\s*Symbols?:\s*([^\s,;|]+)")
# NCBI: NM_000146.4 Homo sapiens ferritin light chain (FTL), transcript variant 1, mRNA
_MOLECULE = re.compile(r"RNA(?=\s*(?:[,;.]|$)| sequence\b)")
# Names of isoforms that contain the gene's name: TAIR and MSU rice, maize, Trinity, StringTie
_ISOFORM = re.compile(
    r"(A[Tt][1-5CM][Gg][0-9]{5}|LOC_Os[0-9]{2}g[0-9]{5})\.[0-9]+|(Zm[0-9]{5}[a-z]+[0-9]{6})_T[0-9]+|"
    r"(TRINITY_\w+_g[0-9]+)_i[0-9]+|(M?STRG\.[0-9]+)\.[0-9]+"
)


def gene_of_header(header: str) -> Gene | None:
    """Return the gene that a FASTA header names, or ``None``.

    The search order is: among the fields between ``|`` (GENCODE, BioMart with gene or transcript first, the
    original DMISO); after ``gene:``, ``gene=``, ``gene_id=`` and similar tags (Ensembl, NCBI, gffread, WormBase,
    Phytozome); in hyb's names; after ``parent=`` (FlyBase); the second word (SGD, NCBI Datasets); in the last
    brackets before the last clause that ends in RNA (RefSeq); anywhere, if it is an identifier of a large
    database; in a name that consists of the gene's name and a number (TAIR, Trinity, StringTie).

    >>> gene_of_header("ENST00000331825.11|ENSG00000087086.15|-|-|FTL-201|FTL|871|UTR5:1-29|")
    Gene(identifier='ENSG00000087086.15', symbol='FTL')
    >>> gene_of_header("NM_057274.4 Drosophila melanogaster Suppressor of Hairless (Su(H)), mRNA")
    Gene(identifier='Su(H)', symbol='Su(H)')
    """
    name = first_word(header)
    if "|" in name and (gene := _among_fields([field.strip() for field in header.split("|")])):
        return gene
    if tag := _TAG.search(header):
        return _tagged(header, *tag.groups())
    if hyb := _HYB.fullmatch(name):
        return Gene(*hyb.groups())
    if parent := _PARENT.search(header):
        found = _FLYBASE_NAME.search(header)
        return Gene(parent[1], found[1] if found else MISSING)
    if second := _SECOND_WORD.match(header):
        # SGD's first word is a gene, NCBI's a transcript or a region of a chromosome
        return Gene(second[1] if second[3] == "SGDID:" else second[2], second[2])
    if symbol := _before_molecule(header):
        return Gene(symbol, symbol)
    symbols = _SYMBOLS.search(header)
    if anywhere := _GENE_ANYWHERE.search(header):
        return Gene(anywhere[0], symbols[1] if symbols else MISSING)
    if isoform := _ISOFORM.fullmatch(name):
        identifier = next(part for part in isoform.groups() if part)
        return Gene(identifier, symbols[1] if symbols else MISSING)
    return None


def _among_fields(fields: Sequence[str]) -> Gene | None:
    identifier = next((field for field in fields if _GENE.fullmatch(field)), None)
    if identifier is None and in_gencode_layout(fields) and (gene := fields[1].strip("-")):
        return Gene(gene, fields[5].strip("-") or MISSING)
    if identifier is None:
        # a name that is the beginning of another one: TraesCS1A02G000100 and TraesCS1A02G000100.1
        starts = [field for field in fields if _NAME.fullmatch(field) and not _ACCESSION.fullmatch(field)]
        identifier = next((a for a in starts for b in starts if re.match(rf"{re.escape(a)}[._-]", b)), None)
    symbol = _symbol_among(fields, identifier)
    if identifier is not None:
        return Gene(identifier, symbol)
    if symbol != MISSING and any(_TRANSCRIPT.fullmatch(field) for field in fields):
        return Gene(symbol, symbol)
    return None


def _symbol_among(fields: Sequence[str], identifier: str | None) -> str:
    # GENCODE: transcript|gene|Havana's gene|its transcript|name of the transcript|symbol|length|...
    if len(fields) > 6 and _TRANSCRIPT.fullmatch(fields[0]) and fields[1] == identifier:
        return fields[5].strip("-") or MISSING
    # the remaining field may also be a transcript, if neither a known kind nor the gene's name identifies that
    if not any(_TRANSCRIPT.fullmatch(field) for field in fields):
        isoforms = rf"{re.escape(identifier or '')}[._-]"
        if identifier is None or not (
            _RECOGNIZED.match(identifier) or any(re.match(isoforms, field) for field in fields)
        ):
            return MISSING
    for field in fields:
        taken = _ACCESSION.fullmatch(field) or _GENE.fullmatch(field) or _NO_NAME.fullmatch(field)
        if not taken and _NAME.fullmatch(field) and not field.startswith(identifier or "\0"):
            return field
    return MISSING


def _tagged(header: str, key: str, sign: str, value: str) -> Gene:
    found = _SYMBOL_TAG.search(header)
    if found:
        return Gene(value, found[1])
    # gene= has the symbol, unless it is an identifier; Ensembl's gene: never has the symbol
    return Gene(value, MISSING if sign == ":" or key == "locus" or _GENE.fullmatch(value) else value)


def _before_molecule(header: str) -> str | None:
    """Return the text of the last (possibly nested) brackets before the last clause that ends in RNA."""
    ends = [found.start() for found in _MOLECULE.finditer(header)]
    if not ends:
        return None
    depth, close = 0, 0
    for place in range(ends[-1] - 1, -1, -1):
        if header[place] == ")":
            depth += 1
            if depth == 1:
                close = place
        elif header[place] == "(" and depth:
            depth -= 1
            inside = header[place + 1 : close]
            # a symbol has no blanks, unlike (E. coli), (clone 7) and (5' end)
            if not depth and inside and not re.search(r"[\s']", inside):
                return inside
    return None
