"""A run of interactions-report: summarise an interaction table or a table of sites as text, figure and page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from mirtools.errors import InputError
from mirtools.io.empty_results import no_rows_hint
from mirtools.io.tables import TableReader
from mirtools.report.figures import draw_figure
from mirtools.report.markdown import write_summary
from mirtools.report.run_reports import RunReport, read_reports
from mirtools.report.settings import ReportOutputs, ReportSettings
from mirtools.report.sites.figure import draw_sites
from mirtools.report.sites.run import report_sites
from mirtools.report.sites.statistics import SiteStatistics
from mirtools.report.sites.table import is_site_table
from mirtools.report.summary import Summary, summarize
from mirtools.runlog import RunLog


def write_report(settings: ReportSettings, outputs: ReportOutputs, log: RunLog) -> None:
    """Write the summary of a table, and its figure and page if there are outputs for them.

    Parameters
    ----------
    settings : ReportSettings
    outputs : ReportOutputs
    log : RunLog
        Gains counts, and a hint if the table holds no interactions.

    Raises
    ------
    InputError
        For a table or report that cannot be used.
    UsageError
        For settings that need a page if there is none.
    """
    outputs.check(settings)
    reports = read_reports(settings.run_report)
    table = TableReader(settings.table)
    if is_site_table(table):
        report_sites(settings, outputs, table, reports, log)
    else:
        _report_pairs(settings, outputs, table, reports, log)


def draw_report(
    stream: BinaryIO, kind: str, found: Summary | SiteStatistics, reports: Sequence[RunReport] = ()
) -> None:
    """Draw the figure of a table of sites, or of an interaction table.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    found : Summary or SiteStatistics
    reports : sequence of RunReport
        Of the commands that made the table.
    """
    if isinstance(found, SiteStatistics):
        draw_sites(stream, kind, found)
    else:
        draw_figure(stream, kind, found, reports)


def _report_pairs(
    settings: ReportSettings,
    outputs: ReportOutputs,
    table: TableReader,
    reports: Sequence[RunReport],
    log: RunLog,
) -> None:
    for option, given in (
        ("--html", outputs.page),
        ("--samples", settings.samples),
        ("--compared", settings.compared),
    ):
        if given:
            problem = f"has no column site_id, and {option} needs sites; run sites-merge on it, and give its table"
            raise InputError(problem, source=settings.table, line=1)
    summary = summarize(table, log.progress(table, "rows"), settings.top)
    write_summary(outputs.summary, summary, reports, settings.duplexes, outputs.figure_link)
    if outputs.figure is not None:
        outputs.figure(summary, reports)
    log.counts["interactions"] = summary.interactions
    log.counts["pairs"] = summary.pairs
    if not summary.interactions:
        all_rows = "all rows of TABLE are labelled 0 or of a rank above 1; give one with interactions"
        log.hints.append(all_rows if summary.negatives or summary.alternatives else no_rows_hint("TABLE"))
