"""Labelled pairs for the audit: from a table, or row by row as they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mirtools.errors import InputError
from mirtools.io.sequences import to_dna
from mirtools.io.tables import MISSING, TableReader, cell_number
from mirtools.pairs.table import LabelledPairs, NumberColumn, Pair, PairCollector, PairReader

ENERGY, REGION = "site_mfe", "region"
# Columns of regions: our own, and HybriDetector's and miRBench's
_REGION_COLUMNS = ("region", "feature")

RegionOf = Callable[[str, int, int], str]


class WrittenPairs:
    """Keeps the rows of a labelled table while they are written.

    Parameters
    ----------
    columns : sequence of str
        Its header.
    find : callable
        Position of a column by its standard name, as :meth:`mirtools.io.tables.TableReader.find`; asked for
        those that the header has by another name only.
    """

    def __init__(self, columns: Sequence[str], find: Callable[[str], int | None]) -> None:
        def place(name: str) -> int | None:
            return columns.index(name) if name in columns else find(name)

        self._places = {name: place(name) for name in ("mirna_seq", "site_seq", "mirna_id", "target_id", "label")}
        self._collector = _collector(columns, place)

    def add(self, row: Sequence[str]) -> None:
        """Keep a row that :class:`mirtools.negatives.table.RowMaker` made."""
        mirna, site, mirna_id, target_id, label = (
            MISSING if place is None else row[place] or MISSING for place in self._places.values()
        )
        self._collector.add(row, Pair(to_dna(mirna), to_dna(site), mirna_id, target_id, int(label)))

    def pairs(self, region_of: RegionOf | None = None) -> LabelledPairs:
        """Return the pairs for the audit; regions as in :func:`read_audited`."""
        return _with_regions(self._collector.pairs(), region_of)


def read_audited(path: str, region_of: RegionOf | None = None) -> LabelledPairs:
    """Read a table with mirna_seq, site_seq and label (1 or 0), and what else the audit can use.

    Parameters
    ----------
    path : str
    region_of : callable, optional
        From target, start and end (0-based, half-open) to the region, as
        :meth:`mirtools.transcripts.annotation.Annotation.region_of`; without it a column ``region`` or
        ``feature`` is read.

    Returns
    -------
    LabelledPairs
        With the text ``region`` and the number ``site_mfe`` (cofold energy, kcal/mol).

    Raises
    ------
    InputError
        For a label that is neither, a table that lacks one of the labels, and all that TableReader refuses.
    """
    table = TableReader(path)
    reader = PairReader(table, needed=("mirna_seq", "site_seq", "label"))
    collector = _collector(table.columns, table.find)
    for row, pair in reader:
        collector.add(row, pair)
    pairs = collector.pairs()
    for label, kind in ((1, "positive"), (0, "negative")):
        if len(pairs) and label not in pairs.labels:
            raise InputError(f"holds no {kind} pairs (label {label}); give both to audit", source=path)
    return _with_regions(pairs, region_of)


def _collector(columns: Sequence[str], find: Callable[[str], int | None]) -> PairCollector:
    region = next((columns.index(name) for name in _REGION_COLUMNS if name in columns), None)
    energy = find(ENERGY)
    texts: Mapping[str, int] = {} if region is None else {REGION: region}
    numbers = (
        {} if energy is None else {ENERGY: NumberColumn(energy, lambda cell: cell_number(cell, float("nan")))}
    )
    return PairCollector((find("site_start"), find("site_end")), texts, numbers)


def _with_regions(pairs: LabelledPairs, region_of: RegionOf | None) -> LabelledPairs:
    if region_of is None:
        return pairs
    regions = [MISSING] * len(pairs)
    if pairs.spans is not None:
        for place, (target, (start, end)) in enumerate(zip(pairs.target_ids, pairs.spans.tolist(), strict=True)):
            if start >= 0 and target != MISSING:  # a shuffled site lies nowhere
                region = region_of(target, start, end)
                regions[place] = MISSING if region == "unknown" else region
    return replace(pairs, texts={**pairs.texts, REGION: regions})
