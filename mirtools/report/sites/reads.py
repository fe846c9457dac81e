"""How many of the reads reach the sites: one number for each step, from the reports of the commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mirtools.report.markdown import fate_name, share
from mirtools.report.run_reports import RunReport
from mirtools.report.sites.findings import number_of_reads
from mirtools.report.sites.statistics import SiteStatistics
from mirtools.report.sites.table import UNIT


class Step(NamedTuple):
    """The reads that are left after a step: what they are, how many (in hundredths), and their share of all."""

    name: str
    reads: int
    text: str
    share: str


def reads_by_step(reports: Sequence[RunReport], found: SiteStatistics) -> list[Step]:
    """Return the reads that are left after each step, all reads first and those at the sites last.

    Parameters
    ----------
    reports : sequence of RunReport
        Of the commands that made the table; those that count no reads are left out.
    found : SiteStatistics

    Returns
    -------
    list of Step
        Empty if no report counts reads.
    """
    by_tool = {report.tool: report for report in reports}
    counts: list[tuple[str, int]] = []
    if (parsed := by_tool.get("chimera-parse")) is not None and parsed.counts["reads"]:
        counts.append(("all reads", parsed.counts["reads"]))
        if parsed.counts["duplicate_reads"]:
            counts.append(("without duplicates", parsed.counts["reads"] - parsed.counts["duplicate_reads"]))
        counts.append((fate_name("paired_reads"), parsed.counts["paired_reads"]))
    if (classified := by_tool.get("isomir-classify")) is not None and classified.counts["reads_in"]:
        if not counts:
            counts.append(("classified reads", classified.counts["reads_in"]))
        counts.append(("miRNA form supported", classified.counts["reads_out"]))
    if (merged := by_tool.get("sites-merge")) is not None and merged.counts["reads_in"] and not counts:
        counts.append(("reads of all pairs", merged.counts["reads_in"]))
    if not counts:
        return []
    left = [(name, count * UNIT) for name, count in counts] + [("at these sites", found.all.reads)]
    return [Step(name, count, number_of_reads(count), share(count, left[0][1])) for name, count in left]
