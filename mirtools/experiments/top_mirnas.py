"""``python -m mirtools.experiments.top_mirnas N FASTA SITES``: the miRNAs with most reads, one name per line."""

from __future__ import annotations

import sys
from collections import Counter

from mirtools.io.sequences import read_mirnas
from mirtools.io.tables import TableReader


def top_mirnas(most: int, mirnas: str, sites: str) -> list[str]:
    """Return the names of the miRNAs whose sites have most reads; equally many are in alphabetical order.

    Parameters
    ----------
    most : int
    mirnas : str
        FASTA file; its first miRNA is the result if there are no sites of miRNAs in it.
    sites : str
        Table of sites-merge.
    """
    known = [reference.name for reference in read_mirnas(mirnas)]
    table = TableReader(sites, ("mirna_id", "n_reads"))
    name, reads = table.index("mirna_id"), table.index("n_reads")
    counts: Counter[str] = Counter()
    for row in table:
        # reads that fit several sites are shared, so counts may be fractions
        counts[row[name]] += float(row[reads])  # type: ignore[assignment]
    found = sorted(counts.keys() & set(known), key=lambda each: (-counts[each], each))
    return found[:most] or known[:1]


if __name__ == "__main__":
    print(*top_mirnas(int(sys.argv[1]), *sys.argv[2:]), sep="\n")
