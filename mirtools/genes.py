"""The gene of a transcript: from its FASTA header or from a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from mirtools.errors import InputError, shorten
from mirtools.interactions import MISSING, TableReader
from mirtools.regions import stem
from mirtools.sequences import Reference, first_word

_ENSEMBL_GENE = re.compile(r"ENS[A-Z]{0,6}G[0-9]{11}(\.[0-9]+)?(_[0-9]+)?(_PAR_Y)?")
_ENSEMBL_TAG = re.compile(r"\bgene:(\S+)")
_ENSEMBL_SYMBOL = re.compile(r"\bgene_symbol:(\S+)")
# hyb: ENSG..._ENST..._SYMBOL_mRNA
_HYB = re.compile(r"(ENSG[0-9]{11})_ENST[0-9]{11}_(.+)_[^_]+")
# NCBI: NM_000146.4 Homo sapiens ferritin light chain (FTL), mRNA
_REFSEQ = re.compile(r"\(([^()\s]+)\)(?:, transcript variant [^,]+)?, [a-z -]*RNA")
# [gene=FTL] and gene=FTL, as NCBI and gffread write them
_TAG = re.compile(r"\bgene(?:_id|_name)?=([^\]\s;]+)")


class Gene(NamedTuple):
    """A gene: what tells it from others, and the name that people use (``.`` where it is not known)."""

    identifier: str
    symbol: str


def gene_of_header(header: str) -> Gene | None:
    """Return the gene that a FASTA header names, or ``None``.

    Read are the headers of GENCODE and of the original DMISO (fields between ``|``), Ensembl (``gene:``), RefSeq
    (symbol in brackets), hyb's database, and ``gene=`` anywhere.

    >>> gene_of_header("ENST00000331825.11|ENSG00000087086.15|-|-|FTL-201|FTL|871|UTR5:1-29|")
    Gene(identifier='ENSG00000087086.15', symbol='FTL')
    >>> gene_of_header("NM_000146.4 Homo sapiens ferritin light chain (FTL), mRNA")
    Gene(identifier='FTL', symbol='FTL')
    """
    name = first_word(header)
    fields = name.split("|")
    identifier = next((field for field in fields[1:] if _ENSEMBL_GENE.fullmatch(field)), None)
    if identifier is not None:
        # GENCODE has the symbol sixth, the original DMISO third
        symbol = fields[5] if len(fields) > 6 else fields[2] if len(fields) > 2 else ""
        return Gene(identifier, symbol.strip("-") or MISSING)
    if tag := _ENSEMBL_TAG.search(header):
        found = _ENSEMBL_SYMBOL.search(header)
        return Gene(tag.group(1), found.group(1) if found else MISSING)
    if hyb := _HYB.fullmatch(name):
        return Gene(*hyb.groups())
    if symbol_found := _REFSEQ.search(header) or _TAG.search(header):
        return Gene(symbol_found.group(1), symbol_found.group(1))
    return None


class Genes:
    """Knows the gene of a target: as a table says, else as its header does, else the target itself.

    Parameters
    ----------
    table : mapping of str to Gene, optional
        By transcript; versions (``.5``) may be left out where that is unambiguous.
    """

    def __init__(self, table: Mapping[str, Gene] | None = None) -> None:
        self._table = dict(table or {})
        self._stems: dict[str, Gene | None] = {}
        for name, gene in self._table.items():
            self._stems[stem(name)] = gene if self._stems.get(stem(name), gene) == gene else None

    def of(self, reference: Reference) -> Gene:
        """Return the gene of a target."""
        first = reference.name.split("|", 1)[0]
        return (
            self._table.get(reference.name)
            or self._table.get(first)
            or self._stems.get(stem(first))
            or gene_of_header(reference.header)
            or Gene(reference.name, MISSING)
        )


def read_genes(path: str) -> dict[str, Gene]:
    """Read the genes of transcripts from a table with the columns target_id (or transcript_id) and gene_id.

    A column gene_name is read where there is one.

    Raises
    ------
    InputError
        As :class:`mirtools.interactions.TableReader`; for a transcript that has two genes.
    """
    reader = TableReader(path, ("gene_id",))
    columns = reader.columns
    # gene_name may stand for a target elsewhere, so these are looked up as they are written
    target = columns.index("transcript_id") if "transcript_id" in columns else reader.index("target_id")
    gene = reader.index("gene_id")
    symbol = columns.index("gene_name") if "gene_name" in columns else None
    if target == symbol:
        raise InputError("has no column target_id or transcript_id; name it in the header", source=path, line=1)
    genes: dict[str, Gene] = {}
    for row in reader:
        if not (row[gene] and row[target]):
            raise reader.error("has an empty cell; give every transcript and its gene")
        found = Gene(row[gene], MISSING if symbol is None else row[symbol] or MISSING)
        if genes.setdefault(row[target], found) != found:
            name = shorten(row[target], 40)
            raise reader.error(f"'{name}' has another gene further up; give each transcript one gene")
    return genes
