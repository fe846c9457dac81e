"""Other names of the columns of an interaction table, and how columns of other programs' tables are recognised.

``miRNA``, ``noncodingRNA`` and ``gene`` are sequences in the tables of miRBind and miRBench, but names in others,
such as HybriDetector's. Therefore columns that can only be sequences come first; the cells of the first rows
decide about the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from mirtools.io.sequences import SHORTEST_MIRNA, SHORTEST_SITE, is_dna, is_missing, plausible_sequence

# Columns of sequences, and their smallest number of nucleotides
SEQUENCES = {"mirna_seq": SHORTEST_MIRNA, "site_seq": SHORTEST_SITE}
# Other spellings in the field: HybriDetector (the miRNA as sequenced goes first), miRBench, CLASH (Helwak 2013),
# DMISO, DeepMirTar. If no column is spelled exactly so, case, blanks and punctuation are ignored.
ALIASES = {
    "mirna_seq": (
        "miRNA_seq",
        "noncodingRNA_real_seq",
        "noncodingRNA_seq",
        "miRNA_sequence",
        "microRNA_seq",
        "microRNA_sequence",
        "mature_sequence",
    ),
    "site_seq": (
        "seq.g",
        "target_seq",
        "target_sequence",
        "site_sequence",
        "target_site",
        "gene_seq",
        "mRNA_seq_extended",
        "mRNA_seq",
        "mRNA_sequence",
    ),
    "mirna_id": ("noncodingRNA_name", "miRNA_name", "mirna_name", "microRNA_name", "microRNA_id"),
    "target_id": ("transcript_id", "gene_name", "target_name", "mRNA_name", "mRNA_id"),
}
# Sequences in some tables, names in others
EITHER = {
    "mirna_seq": ("miRNA", "noncodingRNA", "mirna", "microRNA"),
    "site_seq": ("gene", "target", "site", "mRNA"),
    "mirna_id": ("miRNA", "noncodingRNA", "mirna", "microRNA"),
    "target_id": ("gene", "mRNA"),
}
_SEQUENCE_OF = {"mirna_id": "mirna_seq", "target_id": "site_seq"}
_PUNCTUATION = re.compile(r"[- _.:#/()]+")

# From the position of a column to its cells in the first rows
Cells = Callable[[int], Sequence[str]]


def spellings_of(name: str) -> tuple[str, ...]:
    """Return a column's standard name and its best known other spellings, for messages."""
    return (name, *(EITHER.get(name) or ALIASES.get(name, ()))[:2])


def find_column(columns: Sequence[str], name: str, cells: Cells, needed: bool = False) -> int | None:
    """Return the position of a column by its standard name or another spelling, or ``None``.

    Parameters
    ----------
    columns : sequence of str
    name : str
    cells : callable
        Called only if the spelling does not determine what a column holds.
    needed : bool
        Return a column with the right name even if its first cells are names, so that reading it raises an error.
    """
    if name in columns:
        return columns.index(name)
    certain = _places(columns, (name, *ALIASES.get(name, ()))) if name in ALIASES else []
    either = [at for at in _places(columns, EITHER.get(name, ())) if at not in certain]
    if name not in SEQUENCES:
        if certain or not either:
            return certain[0] if certain else None
        sequence = find_column(columns, _SEQUENCE_OF[name], cells)
        return next((at for at in either if at != sequence and _holds_names(cells(at))), None)
    found = [*certain, *either]
    if len(found) == 1 and (certain or needed):
        return found[0]
    holding = next(
        (at for at in found if not (held := cells(at)) or _holds_sequences(held, SEQUENCES[name])), None
    )
    if holding is None and found and (certain or needed or not _holds_other_letters(cells(found[0]))):
        return found[0]
    return holding


def _places(columns: Sequence[str], spellings: Iterable[str]) -> list[int]:
    exact = [columns.index(each) for each in spellings if each in columns]
    folded = [_folded(each) for each in columns]
    alike = [folded.index(key) for each in spellings if (key := _folded(each)) in folded]
    return list(dict.fromkeys([*exact, *alike]))


def _folded(name: str) -> str:
    return _PUNCTUATION.sub("", name).casefold()


def _holds_sequences(cells: Iterable[str], least: int) -> bool:
    return any(_is_sequence(cell, least) for cell in cells)


def _holds_names(cells: Sequence[str]) -> bool:
    named = [cell for cell in cells if any(map(str.isalpha, cell)) and not is_missing(cell)]
    return bool(named) and not _holds_sequences(named, SHORTEST_SITE)


def _holds_other_letters(cells: Iterable[str]) -> bool:
    return any(not is_missing(cell) and not is_dna(cell) for cell in cells)


def _is_sequence(cell: str, least: int) -> bool:
    try:
        return bool(plausible_sequence(cell, least=least))
    except ValueError:
        return False
