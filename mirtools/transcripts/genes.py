"""Finds the gene of a transcript, in its FASTA header or in a table."""

from __future__ import annotations

from collections.abc import Mapping

from mirtools.errors import InputError, shorten
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING, TableReader
from mirtools.transcripts.geneheaders import Gene, gene_of_header
from mirtools.transcripts.gtf import Placement
from mirtools.transcripts.names import NameIndex


class Genes:
    """Finds the gene of a target: in a table, else in an annotation, else in its header.

    Parameters
    ----------
    table : mapping of str to Gene, optional
        By transcript; names are matched by :class:`mirtools.transcripts.names.NameIndex`.
    placements : mapping of str to Placement, optional
        By names of targets.
    """

    def __init__(
        self, table: Mapping[str, Gene] | None = None, placements: Mapping[str, Placement] | None = None
    ) -> None:
        self._table = NameIndex(table or {})
        self._placements = placements or {}

    def of(self, reference: Reference) -> Gene:
        """Return the gene of a target; if nothing names it, the target itself is the gene."""
        return self.known(reference.name, reference.header) or Gene(reference.name, MISSING)

    def in_table(self, name: str) -> bool:
        """Return whether the table names the gene of a target."""
        return self._table.find(name) is not None

    def known(self, name: str, header: str) -> Gene | None:
        """Return the gene of a target if anything names it."""
        placement = self._placements.get(name)
        return (
            self._table.find(name) or (placement.gene if placement is not None else None) or gene_of_header(header)
        )


def read_genes(path: str) -> dict[str, Gene]:
    """Read the genes of transcripts from a table with the columns target_id (or transcript_id) and gene_id.

    A column gene_name is read if present.

    Raises
    ------
    InputError
        As :class:`mirtools.io.tables.TableReader`, or if a transcript has two genes.
    """
    reader = TableReader(path, ("gene_id",))
    columns = reader.columns
    # in other tables gene_name may mean the target, so these columns are found by their exact names
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
            raise reader.error(f"'{name}' has another gene in an earlier row; give each transcript one gene")
    return genes
