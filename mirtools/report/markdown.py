"""The summary of an interaction table, as Markdown that also reads well as plain text."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import TextIO

from mirtools.errors import shorten
from mirtools.io.tables import ISOMIR_TYPES
from mirtools.report.duplex import fold_duplex
from mirtools.report.page.wording import many
from mirtools.report.run_reports import RunReport
from mirtools.report.summary import Pair, Summary

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_NAME_WIDTH = 60
_HINT_WIDTH = 500
_TEXT = {"miRNA", "target", "miRNA form"}
_FATES = {
    "paired_reads": "miRNA and target found",
    "too_short": "shorter than a miRNA",
    "no_mirna": "no miRNA found",
    "no_target": "miRNA without target",
    "gap": "gap too long",
    "loop": "overlap too long or nested",
    "short_site": "target site too short",
    "low_support": "miRNA part in too few reads",
    "unread_base": "miRNA part with N",
}


def write_summary(
    stream: TextIO, summary: Summary, reports: Sequence[RunReport], duplexes: int, figure: str | None = None
) -> None:
    """Write the summary as Markdown.

    Parameters
    ----------
    stream : TextIO
    summary : Summary
    reports : sequence of RunReport
        Reports of the commands that made the table; may be empty.
    duplexes : int
        How many of the strongest interactions to draw.
    figure : str, optional
        Path of the figure, relative to the summary.
    """
    blocks = ["# miRNA-target interactions", _found(summary)]
    if any(report.hints for report in reports):
        blocks.append(hints_of(reports))
    if figure is not None:
        blocks.append(figure_block(figure))
    if table := _kinds(summary):
        blocks += ["## Interactions by kind", table]
    if summary.rows_of_type:
        blocks += ["## isomiR types", _types(summary)]
    if summary.top:
        blocks += ["## Strongest pairs", _order(summary), _strongest(summary)]
        blocks += _duplexes(summary.top[:duplexes])
    if reports:
        blocks += ["## Fate of the reads", *map(fate_of, reports)]
    stream.write("\n\n".join(blocks) + "\n")


def escape(text: str, width: int = _NAME_WIDTH) -> str:
    """Return a name from the data as one line of Markdown without any effect as markup.

    >>> escape("a|b <script> NM_000146 _x_")
    'a\\\\|b &lt;script&gt; NM_000146 \\\\_x\\\\_'
    """
    text = "".join(_ENTITIES.get(character, character) for character in shorten(text, width))
    return _MARKUP.sub(lambda match: "\\" + match.group(), text)


def fate_name(reason: str) -> str:
    """Return the status of a read in words."""
    return _FATES.get(reason, reason.replace("_", " "))


def read_fates(report: RunReport) -> list[tuple[str, int]]:
    """Return the fates of a command's reads with their counts: paired, then dropped, the most frequent first."""
    dropped = sorted(report.dropped.items(), key=lambda item: (-item[1], item[0]))
    return [("paired_reads", report.counts["paired_reads"]), *dropped]


def share(part: int, whole: int) -> str:
    """Return a share in percent with one decimal; a share that is not zero is not shown as zero."""
    if not whole:
        return "."
    percent = f"{100 * part / whole:.1f} %"
    return "<0.1 %" if percent == "0.0 %" and part else percent


def relative_link(figure: str, summary: str) -> str:
    """Return the figure's path relative to the summary file (``-``: relative to the working folder)."""
    folder = "." if summary == "-" else os.path.dirname(summary) or "."
    return os.path.relpath(figure, folder)


def figure_block(path: str) -> str:
    """Return the line that shows a figure."""
    return f"![Figure](<{_link(path)}>)"


def _link(path: str) -> str:
    return "".join(f"%{ord(character):02X}" if character in "<>%\\\n\r" else character for character in path)


def _found(summary: Summary) -> str:
    if not summary.interactions:
        text = "No interactions."
    else:
        text = f"**{many(summary.pairs, 'miRNA-target pair')}**"
        if summary.reads_of and summary.targets:
            text += f" of {many(len(summary.reads_of), 'miRNA')} and {many(summary.targets, 'target transcript')}"
        text += f" in {many(summary.interactions, 'interaction')}"
        text += " (one form of a miRNA at one site of a transcript)"
        if "n_reads" in summary.has:
            text += f", seen in {many(summary.reads, 'distinct read')}"
            if "n_copies" in summary.has:
                text += f" ({summary.copies:,} with duplicates)"
        text += "."
    if summary.negatives:
        text += f" {many(summary.negatives, 'row')} with label 0 (no interaction) skipped."
    if summary.alternatives:
        text += f" {many(summary.alternatives, 'second-best row')} (rank above 1) skipped."
    return text


def hints_of(reports: Sequence[RunReport]) -> str:
    """Return the hints of commands as a list."""
    lines = [
        f"- {escape(report.tool)}: {escape(hint, _HINT_WIDTH)}" for report in reports for hint in report.hints
    ]
    return "\n".join(["Hints:", "", *lines])


def _kinds(summary: Summary) -> str:
    rows: list[tuple[str, int, int]] = []
    for name, label in (("exact", "exact miRNA"), ("isomir", "isomiR")):
        if "mirna_class" in summary.has and summary.interactions:
            rows.append((label, summary.rows_of_class[name], summary.reads_of_class[name]))
    for value, label in ((1, "predicted to bind"), (0, "predicted not to bind")):
        if "prediction" in summary.has and summary.interactions:
            rows.append((label, summary.rows_of_prediction[value], summary.reads_of_prediction[value]))
    return _counts("kind", rows, summary) if rows else ""


def _types(summary: Summary) -> str:
    # types that are not among the eight come last
    names = [*ISOMIR_TYPES, *sorted(set(summary.rows_of_type) - set(ISOMIR_TYPES))]
    rows = [(escape(name), summary.rows_of_type[name], summary.reads_of_type[name]) for name in names]
    note = "An isomiR can have several types; it is counted with each."
    return note + "\n\n" + _counts("type", rows, summary)


def _counts(title: str, rows: Iterable[tuple[str, int, int]], summary: Summary) -> str:
    with_reads = "n_reads" in summary.has
    header = [title, "interactions", "share"] + (["reads", "share of reads"] if with_reads else [])
    cells = []
    for name, interactions, reads in rows:
        row = [name, f"{interactions:,}", share(interactions, summary.interactions)]
        cells.append([*row, f"{reads:,}", share(reads, summary.reads)] if with_reads else row)
    return markdown_table(header, cells)


def _order(summary: Summary) -> str:
    keys = [
        text
        for column, text in (
            ("prediction", "predicted to bind first"),
            ("n_reads", "then most reads"),
            ("score", "then highest score"),
        )
        if column in summary.has
    ]
    order = ", ".join(keys).removeprefix("then ") or "as first seen"
    text = f"Order: {order}. The reads of a pair are those of all its interactions"
    text += "; its site and miRNA form are those of the strongest."
    return text + (" Sites are 0-based, half-open, on the transcript." if _has_sites(summary) else "")


def _has_sites(summary: Summary) -> bool:
    return {"site_start", "site_end"} <= summary.has or {"target_start", "target_end"} <= summary.has


def _strongest(summary: Summary) -> str:
    shown = {
        "miRNA": True,
        "target": True,
        "site": _has_sites(summary),
        "miRNA form": "mirna_class" in summary.has,
        "interactions": True,
        "reads": "n_reads" in summary.has,
        "score": "score" in summary.has,
        "binds": "prediction" in summary.has,
    }
    header = ["#", *(title for title, show in shown.items() if show)]
    rows = []
    for rank, pair in enumerate(summary.top, 1):
        best = pair.best
        cells = {
            "#": str(rank),
            "miRNA": escape(best.mirna or "."),
            "target": escape(best.shown_target or "."),
            "site": "." if best.start is None else f"{best.start}-{best.end}",
            "miRNA form": escape(best.isomir_types.replace(",", ", ") or best.mirna_class or "."),
            "interactions": f"{pair.interactions:,}",
            "reads": f"{pair.reads:,}",
            "score": "." if best.score is None else f"{best.score:.3f}",
            "binds": {1: "yes", 0: "no", None: "."}[best.prediction],
        }
        rows.append([cells[title] for title in header])
    return markdown_table(header, rows)


def _duplexes(pairs: Iterable[Pair]) -> list[str]:
    drawn = []
    for rank, pair in enumerate(pairs, 1):
        best = pair.best
        duplex = fold_duplex(best.mirna_seq, best.site_seq) if best.mirna_seq and best.site_seq else None
        if duplex is None:
            continue
        title = f"{rank}. {escape(best.mirna)} with {escape(best.shown_target or 'its site')}"
        if best.start is not None:
            title += f", {best.start + duplex.start}-{best.start + duplex.end}"
        drawn += [f"{title} ({duplex.energy:.1f} kcal/mol)", f"```\n{duplex.text()}\n```"]
    if drawn:
        note = "The most stable duplex of each, computed from sequence; `|` Watson-Crick pair, `:` G:U pair."
        drawn = ["### Duplexes", note, *drawn]
    return drawn


def fate_of(report: RunReport) -> str:
    """Return a table of what happened to the reads or rows of a command."""
    if report.counts["reads"]:
        total = report.counts["reads"]
        rows = [("reads in", total), *((fate_name(reason), n) for reason, n in read_fates(report))]
        duplicates = report.counts["duplicate_reads"]
        if duplicates:
            rows.insert(1, ("duplicates", duplicates))
        cells = [[escape(name), f"{count:,}", share(count, total)] for name, count in rows]
        text = markdown_table([escape(report.tool), "reads", "share"], cells)
    else:
        counts = Counter(report.counts)
        cells = [[escape(name.replace("_", " ")), f"{count:,}"] for name, count in sorted(counts.items())]
        cells += [[escape(f"dropped: {fate_name(name)}"), f"{n:,}"] for name, n in sorted(report.dropped.items())]
        text = markdown_table([escape(report.tool), "count"], cells)
    return text


def markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], text: Container[str] = frozenset(_TEXT)
) -> str:
    """Return a Markdown table; the first column and those in ``text`` are aligned left, numbers right."""
    left = [not at or title in text for at, title in enumerate(header)]
    widths = [max(3, *(len(row[at]) for row in (header, *rows))) for at in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(cells, widths, left, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * width if to_left else "-" * (width - 1) + ":" for width, to_left in zip(widths, left, strict=True)
    ]
    return "\n".join([line(header), line(rule), *map(line, rows)])
