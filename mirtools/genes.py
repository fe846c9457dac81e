"""The gene of a transcript: from its FASTA header or from a table."""

from __future__ import annotations

from collections.abc import Mapping

from mirtools.errors import InputError, shorten
from mirtools.geneheaders import Gene, gene_of_header
from mirtools.interactions import MISSING, TableReader
from mirtools.sequences import Reference
from mirtools.transcriptnames import NameIndex


class Genes:
    """Knows the gene of a target: as a table says, else as its header does, else the target itself.

    Parameters
    ----------
    table : mapping of str to Gene, optional
        By transcript; found as :class:`mirtools.transcriptnames.NameIndex` does.
    """

    def __init__(self, table: Mapping[str, Gene] | None = None) -> None:
        self._table = NameIndex(table or {})

    def of(self, reference: Reference) -> Gene:
        """Return the gene of a target."""
        return (
            self._table.find(reference.name) or gene_of_header(reference.header) or Gene(reference.name, MISSING)
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
