"""A report on a table of binding sites: summary, figure, page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from mirtools.io.empty_results import no_rows_hint
from mirtools.io.samplesheet import Sample, read_samples
from mirtools.io.tables import TableReader
from mirtools.report.run_reports import RunReport
from mirtools.report.settings import ReportOutputs, ReportSettings
from mirtools.report.sites.alignments import draw_sites, read_explained
from mirtools.report.sites.compared import Comparison, read_comparisons
from mirtools.report.sites.page import PageContent, write_page
from mirtools.report.sites.reads import Step, reads_by_step
from mirtools.report.sites.statistics import SiteStatistics, count_sites
from mirtools.report.sites.summary import write_site_summary
from mirtools.report.sites.table import SiteReader
from mirtools.runlog import RunLog


def report_sites(
    settings: ReportSettings,
    outputs: ReportOutputs,
    table: TableReader,
    reports: Sequence[RunReport],
    log: RunLog,
) -> None:
    """Write the summary of a table of sites, and its figure and page if there are outputs for them.

    Parameters
    ----------
    settings : ReportSettings
    outputs : ReportOutputs
    table : TableReader
        At its first row.
    reports : sequence of RunReport
        Of the commands that made the table.
    log : RunLog
        Gains counts, and a hint if there are no sites.

    Raises
    ------
    InputError
        For a file that cannot be used.
    """
    sheet = read_samples(settings.samples) if settings.samples is not None else []
    comparisons = read_comparisons(settings.compared)
    reader = SiteReader(table, sheet, settings.samples)
    most = max(settings.top, settings.html_sites if outputs.page is not None else 0)
    found = count_sites(reader, reader.sites(log.progress(table, "rows")), most)
    link = outputs.figure_link
    steps = reads_by_step(reports, found)
    write_site_summary(outputs.summary, found, settings.top, settings.duplexes, comparisons, reports, steps, link)
    if outputs.figure is not None:
        outputs.figure(found, reports)
    if outputs.page is not None:
        _write_page(outputs.page, settings, found, comparisons, sheet, steps, log)
    log.counts["sites"] = found.all.sites
    log.counts["pairs"] = len(found.pairs)
    log.counts["mirnas"] = len(found.mirnas)
    log.counts["genes"] = len(found.genes)
    if not found.all.sites:
        log.hints.append(no_rows_hint("TABLE"))


def _write_page(
    page: TextIO,
    settings: ReportSettings,
    found: SiteStatistics,
    comparisons: Sequence[Comparison],
    sheet: Sequence[Sample],
    steps: Sequence[Step],
    log: RunLog,
) -> None:
    del found.top[settings.html_sites :]
    at = found.columns.index("top_pair") if "top_pair" in found.columns else None
    wanted = {site.cells[at] for site in found.top} if at is not None else set()
    explained = read_explained(settings.pairs, wanted) if settings.pairs is not None else {}
    folding = draw_sites(found.top, found.columns, explained, log.threads)
    drawn = list(log.progress(folding, "sites", len(found.top)))
    write_page(page, PageContent(found, drawn, comparisons, {sample.name: sample for sample in sheet}, steps))
    log.counts["sites_on_page"] = len(found.top)
    log.counts["explained"] = sum(each.explained for each in drawn)
    log.counts["folded"] = sum(bool(each.target) and not each.explained for each in drawn)
    if settings.pairs is not None and found.top and not log.counts["explained"]:
        log.hints.append("no pair of --pairs is the top_pair of a site; give the table that was merged to sites")
