"""Which rows share a guide: by miRNA, by family, by the seed of the observed form, or each form by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from mirtools.chimera.pairing import natural
from mirtools.io.tables import MISSING
from mirtools.sites.rows import EXACT, Ints, Rows

GUIDES = ("mirna", "family", "seed", "form")
_SEED = slice(1, 8)
# between a miRNA and its form
_OF = "|"


def guides_of(rows: Rows, by: str, families: Mapping[str, str] | None = None) -> tuple[list[str], Ints]:
    """Return the names of all guides, sorted, and the number of the guide of every row, shape ``(n,)``.

    Parameters
    ----------
    rows : Rows
    by : {"mirna", "family", "seed", "form"}
        ``mirna``: the name, so that all isomiRs of a miRNA are one guide. ``family``: as ``families`` says; miRNAs
        that it does not list, or all without it, are one family if their bases 2-8 are the same, by their exact
        form with most reads, or any form if there is no exact one; the family's name lists them, joined by ``/``.
        ``seed``: bases 2-8 of the observed form, in RNA letters, whatever the miRNA. ``form``: miRNA and isomiR,
        ``hsa-miR-21-5p|iso_5p:+1`` or ``hsa-miR-21-5p|exact``.
    families : mapping of str to str, optional
        Family of a miRNA by its name.
    """
    if by == "mirna":
        return rows.texts["mirna_id"], rows.numbers["mirna_id"]
    if by == "family":
        family = _families(rows, families or {})
        return _numbered([family[name] for name in rows.cells("mirna_id")])
    if by == "seed":
        seeds = [_seed(sequence) for sequence in rows.texts["mirna_seq"]]
        return _numbered([seeds[number] for number in rows.numbers["mirna_seq"].tolist()])
    names, forms = rows.cells("mirna_id"), form_names(rows)
    return _numbered([f"{name}{_OF}{form}" for name, form in zip(names, forms, strict=True)])


def form_names(rows: Rows) -> list[str]:
    """Return the name of the form of each row: ``exact``, its mirGFF3 variant, or its bases if not classified."""
    sequences = rows.texts["mirna_seq"]
    return [
        sequences[number] if form == MISSING else form
        for form, number in zip(rows.cells("form"), rows.numbers["mirna_seq"].tolist(), strict=True)
    ]


def _seed(sequence: str) -> str:
    seed = sequence[_SEED].replace("T", "U")
    return seed if len(seed) == _SEED.stop - _SEED.start else MISSING


def _families(rows: Rows, known: Mapping[str, str]) -> dict[str, str]:
    """Return the family of every miRNA."""
    reads: dict[str, dict[tuple[bool, str], float]] = defaultdict(lambda: defaultdict(float))
    texts, totals = rows.texts["mirna_seq"], rows.totals.tolist()
    cells = zip(
        rows.cells("mirna_id"), rows.cells("form"), rows.numbers["mirna_seq"].tolist(), totals, strict=True
    )
    for name, form, number, count in cells:
        reads[name][form == EXACT, texts[number]] += count
    members = defaultdict(list)
    for name in sorted(reads, key=natural):
        if name not in known:
            exact_first = max(reads[name].items(), key=lambda item: (item[0][0], item[1], item[0][1]))
            members[_seed(exact_first[0][1])].append(name)
    found = {name: "/".join(names) for names in members.values() for name in names}
    return {name: known.get(name) or found[name] for name in reads}


def _numbered(names: list[str]) -> tuple[list[str], Ints]:
    distinct = sorted(set(names))
    number_of = {name: number for number, name in enumerate(distinct)}
    return distinct, np.array([number_of[name] for name in names], np.int64)
