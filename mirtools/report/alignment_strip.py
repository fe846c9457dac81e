"""The part of an attribution alignment that drawings show: the miRNA, the site next to it, and flanking bases."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mirtools.alignment.alignments import GAP, UNPAIRED
from mirtools.alignment.kernel import MIRNA_ONLY, PAIR, SITE_ONLY
from mirtools.alignment.table import Named
from mirtools.errors import shorten
from mirtools.models.encoder import is_nucleic
from mirtools.models.pairing import PairingRule

NO_ALIGNMENT = "no alignment: no bases that pair have a positive attribution"

# bases of the site shown on either side of the miRNA
FLANK = 8


class Strip(NamedTuple):
    """Columns of an alignment that is not empty, from the site's 5' end.

    Attributes
    ----------
    site, marks, mirna : str
        Site 5'->3', ``|`` and ``:``, miRNA 3'->5', RNA letters; ``-`` in gaps, blank beyond the ends.
    scores : list of float
    faces : list of bool
        Whether both sequences have a base in the column.
    site_positions, mirna_positions : list of int
        1-based, from the 5' ends of the table's sequences; 0 for no base.
    """

    site: str
    marks: str
    mirna: str
    scores: list[float]
    faces: list[bool]
    site_positions: list[int]
    mirna_positions: list[int]


def strip_of(named: Named) -> Strip:
    """Return the part of an alignment that is shown."""
    alignment = named.alignment
    on_site, on_mirna = alignment.moves != MIRNA_ONLY, alignment.moves != SITE_ONLY
    site = np.where(on_site, np.cumsum(on_site) + named.offset, 0)
    mirna = np.where(on_mirna, len(alignment.mirna) + 1 - np.cumsum(on_mirna), 0)
    columns = np.flatnonzero(on_mirna)
    part = slice(max(0, int(columns[0]) - FLANK), int(columns[-1]) + 1 + FLANK)
    return Strip(
        shown(alignment.aligned_site, alignment.rule)[part],
        alignment.marks[part].replace(UNPAIRED, " "),
        shown(alignment.aligned_mirna, alignment.rule)[part],
        alignment.column_scores[part].tolist(),
        (alignment.moves == PAIR)[part].tolist(),
        site[part].tolist(),
        mirna[part].tolist(),
    )


def heading(named: Named) -> list[str]:
    """Return the heading of a drawing: row, names, the model's score, the alignment's score."""
    names = [shorten(name, 60) for name in named.names if name]
    score = [f"score {shorten(named.score, 20)}"] if named.score else []
    return [f"pair {named.number}", *names, *score, f"alignment {named.alignment.score:.3g}"]


def full_colour(named: Named) -> float:
    """Return the attribution that has the full colour: map and alignment share one scale."""
    return float(np.abs(named.values).max()) or 1.0


def path_runs(named: Named) -> list[list[tuple[int, int]]]:
    """Return the 0-based positions of aligned bases of site and miRNA, one list per run without a gap."""
    runs: list[list[tuple[int, int]]] = []
    facing = sorted((site, base) for base, site in enumerate(named.alignment.partners.tolist()) if site >= 0)
    for site, base in facing:
        if not runs or runs[-1][-1] != (site - 1, base + 1):
            runs.append([])
        runs[-1].append((site, base))
    return runs


def rna(sequence: str, rule: PairingRule) -> str:
    """Return a sequence with RNA letters if the rule is for nucleic acids, otherwise the sequence."""
    return sequence.replace("T", "U") if is_nucleic(rule.alphabet) else sequence


def shown(sequence: str, rule: PairingRule) -> str:
    """Return a sequence with RNA letters, and with blanks for the gaps beyond its ends."""
    line = rna(sequence, rule)
    inner = line.strip(GAP)
    start = len(line) - len(line.lstrip(GAP))
    return " " * start + inner + " " * (len(line) - start - len(inner))
