"""The alignment of miRNA and target at every site: explained by attrib-align, else the most stable duplex."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from mirtools.computing.processes import distinct_in_order
from mirtools.errors import InputError
from mirtools.io.sequences import to_dna
from mirtools.io.tables import MISSING, TableReader
from mirtools.report.duplex import fold_duplex
from mirtools.report.sites.table import SiteCells

# Folding takes as long as the product of both
_LONGEST_MIRNA, _LONGEST_SITE = 100, 2000
_ALIGNED = ("aligned_target", "aligned_marks", "aligned_mirna")


class Drawn(NamedTuple):
    """An alignment as three lines of equal length.

    Attributes
    ----------
    target, marks, mirna : str
        Target 5'->3', marks, miRNA 3'->5', in RNA letters; all empty if there is no alignment.
    explained : bool
        Whether a model's attributions gave it, not a computed duplex.
    """

    target: str
    marks: str
    mirna: str
    explained: bool = False


NOTHING = Drawn("", "", "")


def read_explained(path: str, wanted: Container[str]) -> dict[str, Drawn]:
    """Return the alignments of pairs in a table of attrib-align, by ``pair_id``, or of sites, by ``top_pair``.

    Parameters
    ----------
    path : str
    wanted : container of str
        Pairs whose alignments are kept.

    Raises
    ------
    InputError
        For a table without the columns pair_id (or top_pair), aligned_target, aligned_marks and aligned_mirna, and
        for lines of an alignment that are not equally long.
    """
    table = TableReader(path)
    identifier = "top_pair" if "pair_id" not in table.columns and "top_pair" in table.columns else "pair_id"
    for name in (identifier, *_ALIGNED):
        if name not in table.columns:
            raise InputError(f"has no column {name}; give a table of attrib-align", source=path, line=1)
    key = table.columns.index(identifier)
    at = [table.columns.index(name) for name in _ALIGNED]
    found: dict[str, Drawn] = {}
    for row in table:
        if row[key] not in wanted:
            continue
        target, marks, mirna = (row[place] for place in at)
        if MISSING in (target, mirna) or not target:
            continue
        # blanks at the end may have been cut off
        marks = marks.ljust(len(target))
        if not len(target) == len(marks) == len(mirna):
            raise table.error("the lines of the alignment differ in length; write the table again by attrib-align")
        found[row[key]] = Drawn(target.replace("T", "U"), marks, mirna.replace("T", "U"), explained=True)
    return found


def draw_sites(
    sites: Sequence[SiteCells], columns: Sequence[str], explained: dict[str, Drawn], threads: int = 1
) -> Iterator[Drawn]:
    """Yield the alignment of each site, in order.

    Parameters
    ----------
    sites : sequence of SiteCells
    columns : sequence of str
        Of their table.
    explained : dict of str to Drawn
        Alignments of pairs; a site's is that of its ``top_pair``.
    threads : int
        Number of processes that fold.
    """
    at = {name: columns.index(name) for name in ("top_pair", "mirna_seq", "site_seq") if name in columns}
    pairs = [explained.get(site.cells[at["top_pair"]]) if "top_pair" in at else None for site in sites]
    with_bases = {"mirna_seq", "site_seq"} <= set(at)
    tasks = [
        (site.cells[at["mirna_seq"]], site.cells[at["site_seq"]])
        for site, known in zip(sites, pairs, strict=True)
        if with_bases and known is None
    ]
    folded = distinct_in_order(_fold, [task for task in tasks if MISSING not in task], threads)
    unexplained = iter(tasks)
    for known in pairs:
        if known is not None:
            yield known
        elif with_bases and MISSING not in next(unexplained):
            yield next(folded)
        else:
            yield NOTHING
    next(folded, None)  # so that the processes end


def _fold(pair: tuple[str, str]) -> Drawn:
    mirna, site = map(to_dna, pair)
    if not 0 < len(mirna) <= _LONGEST_MIRNA or not 0 < len(site) <= _LONGEST_SITE:
        return NOTHING
    duplex = fold_duplex(mirna, site)
    return NOTHING if duplex is None else Drawn(duplex.target, duplex.marks, duplex.mirna)
