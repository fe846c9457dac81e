"""The settings of interactions-report, and its open outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TextIO

from mirtools import settings
from mirtools.errors import UsageError
from mirtools.report.run_reports import RunReport


@dataclass(frozen=True)
class ReportSettings(settings.Settings):
    """Settings of a report; see the options of ``interactions-report``.

    Attributes
    ----------
    table : str
        Interaction table, or table of sites.
    run_report : sequence of str
        ``--json`` reports of the commands that made the table.
    top : int
        How many of the strongest miRNA-target pairs, or sites, are listed.
    duplexes : int
        How many of them are drawn as duplexes.
    samples : str, optional
        Sample sheet of a table of sites.
    compared : sequence of str
        Tables of sites-compare, for a table of sites.
    pairs : str, optional
        Table of attrib-align, of sites or their pairs, whose alignments the page of a table of sites shows.
    html_sites : int
        How many sites the page lists, those with most reads first.
    """

    table: str = settings.path()
    run_report: tuple[str, ...] = settings.names()
    top: int = settings.whole(20, 0)
    duplexes: int = settings.whole(3, 0)
    samples: str | None = settings.optional_path()
    compared: tuple[str, ...] = settings.names()
    pairs: str | None = settings.optional_path()
    html_sites: int = settings.whole(50_000, 1, 500_000)


class ReportOutputs(NamedTuple):
    """The open output files.

    Attributes
    ----------
    summary : TextIO
        Markdown.
    figure : callable
        Draws what was found and the reports of commands.
    figure_link : str
        Path of the figure, relative to the summary.
    page : TextIO
        HTML.
    """

    summary: TextIO
    figure: Callable[[Any, Sequence[RunReport]], None] | None = None
    figure_link: str | None = None
    page: TextIO | None = None

    def check(self, settings: ReportSettings) -> None:
        """Raise UsageError for settings that need a page if there is none."""
        if settings.pairs is not None and self.page is None:
            raise UsageError("--pairs needs --html, on whose page its alignments are shown")
