"""The figure of an interaction table: isomiR types, miRNAs, junctions, scores, the fate of reads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

from mirtools.errors import shorten
from mirtools.io.tables import ISOMIR_TYPES
from mirtools.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    LEGEND,
    ORANGE,
    SKY,
    Panel,
    draw_bars,
    draw_gaps,
    draw_page,
    whole_numbers,
)
from mirtools.report.markdown import fate_name, read_fates, share
from mirtools.report.run_reports import RunReport
from mirtools.report.summary import LONGEST_GAP, SCORE_BINS, Summary

MOST_MIRNAS = 15
MOST_FATES = 9
NOTHING = "no interactions"


def draw_figure(stream: BinaryIO, kind: str, summary: Summary, reports: Sequence[RunReport] = ()) -> None:
    """Draw one panel for each property for which the table has columns.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    summary : Summary
    reports : sequence of RunReport
        The first one that counts reads gives the panel of their fate.
    """
    panels = _panels(summary, reports)
    # if their number is odd, the first one has the full width
    first = len(panels) % 2
    rows = [panels[:first], *(panels[at : at + 2] for at in range(first, len(panels), 2))]
    draw_page(stream, kind, [row for row in rows if row], "" if summary.interactions and panels else NOTHING)


def _panels(summary: Summary, reports: Sequence[RunReport]) -> list[Panel]:
    panels: list[Panel] = []
    counted = [report for report in reports if report.counts["reads"]]
    if counted:
        panels.append(partial(_draw_fates, report=counted[0]))
    if summary.reads_of:
        panels.append(partial(_draw_mirnas, summary=summary))
    if summary.interactions and "isomir_types" in summary.has:
        panels.append(partial(_draw_types, summary=summary))
    if summary.rows_of_gap:
        panels.append(partial(draw_gaps, counts=summary.rows_of_gap, unit="interactions", longest=LONGEST_GAP))
    if summary.scores:
        panels.append(partial(_draw_scores, summary=summary))
    return panels


def _draw_fates(axes: Any, report: RunReport) -> None:
    fates = [("duplicates", report.counts["duplicate_reads"], SKY)]
    fates += [(fate_name(name), n, BLUE if name == "paired_reads" else GREY) for name, n in read_fates(report)]
    fates = [fate for fate in fates if fate[1] or fate[2] == BLUE]
    if len(fates) > MOST_FATES:
        rest = sum(count for _, count, _ in fates[MOST_FATES - 1 :])
        fates = [*fates[: MOST_FATES - 1], ("other reasons", rest, GREY)]
    total = report.counts["reads"]
    names, counts, colours = zip(*fates, strict=True)
    labels = [f"{count:,}  ({share(count, total)})" for count in counts]
    draw_bars(axes, names, [(counts, colours, None)], labels)
    axes.set_title(f"Fate of the {total:,} reads")
    axes.set_xlabel("reads")


def _draw_mirnas(axes: Any, summary: Summary) -> None:
    ranked = sorted(summary.reads_of.items(), key=lambda item: (-item[1], item[0]))[:MOST_MIRNAS]
    names = [shorten(name, 24) for name, _ in ranked]
    unit = "reads" if "n_reads" in summary.has else "interactions"
    if "mirna_class" in summary.has:
        changed = [summary.isomir_reads_of[name] for name, _ in ranked]
        exact = [count - part for (_, count), part in zip(ranked, changed, strict=True)]
        draw_bars(axes, names, [(exact, BLUE, "exact"), (changed, ORANGE, "isomiR")])
        axes.legend(**LEGEND)
    else:
        draw_bars(axes, names, [([count for _, count in ranked], BLUE, None)])
    axes.set_title(f"{unit.capitalize()} per miRNA")
    some = f" (the {len(ranked)} of {len(summary.reads_of):,} miRNAs with most)"
    axes.set_xlabel(unit + (some if len(ranked) < len(summary.reads_of) else ""))
    axes.tick_params(axis="y", labelsize=9)


def _draw_types(axes: Any, summary: Summary) -> None:
    names = [*ISOMIR_TYPES, *sorted(set(summary.rows_of_type) - set(ISOMIR_TYPES))]
    counts = [summary.rows_of_type[name] for name in names]
    colours = [ORANGE if name in ISOMIR_TYPES else GREY for name in names]
    labels = [f"{count:,}" for count in counts]
    if exact := summary.rows_of_class["exact"]:
        names, counts, colours, labels = (
            ["exact", *names],
            [exact, *counts],
            [BLUE, *colours],
            [f"{exact:,}", *labels],
        )
    draw_bars(axes, [shorten(name.replace("_", " "), 24) for name in names], [(counts, colours, None)], labels)
    axes.set_title("isomiR types")
    axes.set_xlabel("interactions")


def _draw_scores(axes: Any, summary: Summary) -> None:
    looks = {0: (GREY, "does not bind"), 1: (GREEN, "binds"), -1: (GREEN, None)}
    left = [number / SCORE_BINS for number in range(SCORE_BINS)]
    base = [0] * SCORE_BINS
    for kind, counts in sorted(summary.scores.items()):
        colour, label = looks[kind]
        label = label and f"{label} ({sum(counts):,})"
        axes.bar(
            left, counts, 1 / SCORE_BINS, base, align="edge", color=colour, edgecolor="white", lw=0.6, label=label
        )
        base = [lower + count for lower, count in zip(base, counts, strict=True)]
    axes.set_xlim(0, 1)
    axes.set_title("Model score")
    axes.set_xlabel("score (0 to 1)")
    axes.set_ylabel("interactions")
    whole_numbers(axes.yaxis)
    if set(summary.scores) != {-1}:
        axes.legend(**LEGEND)
