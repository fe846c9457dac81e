"""Peaks as rows of an interaction table, and as lines of BED."""

from __future__ import annotations

from collections.abc import Iterator

from mirtools.alignment.table import COLUMNS as ALIGNMENT_COLUMNS
from mirtools.alignment.table import alignment_cells, number_cell
from mirtools.io.bed import BedLine
from mirtools.io.tables import TableReader
from mirtools.scan.narrow import Narrowed
from mirtools.transcripts.names import accession

PEAK_COLUMNS = (
    "mirna_id mirna_seq target_id site_start site_end site_seq score peak_start peak_end summit height prominence "
    "attribution_width mean_score score_width"
).split()
COLUMNS = [*PEAK_COLUMNS, *ALIGNMENT_COLUMNS]


def rows(found: Narrowed) -> Iterator[list[str]]:
    """Yield the rows (:data:`COLUMNS`) of the peaks of a miRNA on a target, by position.

    ``site_*`` and ``score`` are those of the aligned window, ``peak_start`` and ``peak_end`` the part of it that
    is aligned to the miRNA; ``mean_score`` is the mean of the windows that cover the summit, and widths are full
    widths at half maximum of the attributions and of the scores.
    """
    for peak in found.peaks:
        site = peak.alignment.site
        narrow, wide = found.widths(peak)
        yield [
            found.mirna.name,
            found.mirna.sequence,
            found.target.name,
            str(peak.window_start),
            str(peak.window_start + len(site)),
            site,
            f"{found.score_of(peak):.6f}",
            str(peak.start),
            str(peak.end),
            str(peak.summit),
            number_cell(peak.height),
            number_cell(peak.prominence),
            f"{narrow:.1f}",
            f"{found.score_track[peak.summit]:.6f}",
            f"{wide:.1f}",
            *alignment_cells(peak.alignment, 0),
        ]


def bed_lines(found: Narrowed) -> Iterator[BedLine]:
    """Yield the lines of BED: the score is 1000 times the model's, the thick part is the summit."""
    for peak in found.peaks:
        # the line contains the summit even if the alignment does not
        start, end = min(peak.start, peak.summit), max(peak.end, peak.summit + 1)
        score = round(1000 * found.score_of(peak))
        yield BedLine(start, end, found.mirna.name, score, peak.summit, peak.summit + 1)


def read_pairs(path: str) -> frozenset[tuple[str, str]]:
    """Read the pairs of ``mirna_id`` and of the accession of ``target_id`` that occur in a table."""
    reader = TableReader(path, ("mirna_id", "target_id"))
    mirna, target = reader.index("mirna_id"), reader.index("target_id")
    return frozenset((row[mirna], accession(row[target])) for row in reader)
