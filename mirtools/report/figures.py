"""One figure for one interaction table: isomiR types, miRNAs, junctions, scores, the fate of reads."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any, BinaryIO

from mirtools.errors import MissingExtraError, UsageError, shorten
from mirtools.interactions import ISOMIR_TYPES
from mirtools.report.markdown import fate_name, read_fates, share
from mirtools.report.runs import RunReport
from mirtools.report.summary import LONGEST_GAP, SCORE_BINS, Summary

FORMATS = ("png", "svg", "pdf")
MOST_MIRNAS = 15
MOST_FATES = 9

# Okabe and Ito's colours, told apart with any colour vision
_BLUE, _ORANGE, _GREEN, _SKY, _GREY = "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#8C8C8C"
_WIDTH, _ROW_HEIGHT, _DPI = 11.0, 3.7, 120
_STYLE: Any = {
    "font.size": 10.5,
    "font.family": ["DejaVu Sans"],
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "text.parse_math": False,  # names are data: "$" in them is no formula
    "svg.hashsalt": "mirtools",  # element names that are the same in every run
    "svg.fonttype": "path",
}
# Nothing about time or program version: the same table gives the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

# above the axes, beside the title: never on a bar
_LEGEND: Any = {
    "loc": "lower right",
    "bbox_to_anchor": (1.02, 0.985),
    "ncols": 2,
    "fontsize": 9.5,
    "handlelength": 1.1,
    "handletextpad": 0.5,
    "columnspacing": 1.2,
}

Panel = Callable[[Any], None]


def figure_format(path: str) -> str:
    """Return the format that a figure's file name asks for, before any work is done for a figure in vain.

    Raises
    ------
    UsageError
        For any suffix but .png, .svg and .pdf.
    MissingExtraError
        Where matplotlib is not installed.
    """
    suffix = os.path.splitext(path)[1].lower().removeprefix(".")
    if suffix not in FORMATS:
        raise UsageError(
            f"'{shorten(path, 60)}' is no .png, .svg or .pdf file; give the figure one of these suffixes"
        )
    if find_spec("matplotlib") is None:
        raise MissingExtraError("matplotlib", "pip install 'mirtools[report]'")
    return suffix


def draw_figure(stream: BinaryIO, kind: str, summary: Summary, reports: Sequence[RunReport] = ()) -> None:
    """Draw what the table has columns for.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    summary : Summary
    reports : sequence of RunReport
        The one that counts reads gives the panel of their fate.
    """
    with _matplotlib() as figure_class:
        panels = _panels(summary, reports)
        # of an odd number the first takes the full width
        first = len(panels) % 2
        rows = [panels[:first], *(panels[at : at + 2] for at in range(first, len(panels), 2))]
        rows = [row for row in rows if row]
        figure = figure_class(figsize=(_WIDTH, _ROW_HEIGHT * max(1, len(rows))), dpi=_DPI, layout="constrained")
        if rows:
            parts = figure.subfigures(len(rows), 1, squeeze=False, hspace=0.05)
            for part, row in zip(parts[:, 0], rows, strict=True):
                for axes, panel in zip(part.subplots(1, len(row), squeeze=False)[0], row, strict=True):
                    panel(axes)
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        if not summary.interactions and rows:
            figure.suptitle("no interactions", fontsize=15)
        elif not rows:
            figure.text(0.5, 0.5, "no interactions", fontsize=15, ha="center", va="center")
        figure.savefig(stream, format=kind, metadata=_METADATA[kind])


@contextmanager
def _matplotlib() -> Iterator[Any]:
    # it tells of font caches and unwritable folders through logging: nothing that a user can act on
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a name in a script that the font lacks
        yield Figure


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
        panels.append(partial(_draw_gaps, summary=summary))
    if summary.scores:
        panels.append(partial(_draw_scores, summary=summary))
    return panels


def _draw_fates(axes: Any, report: RunReport) -> None:
    fates = [("duplicates", report.counts["duplicate_reads"], _SKY)]
    fates += [(fate_name(name), n, _BLUE if name == "paired_reads" else _GREY) for name, n in read_fates(report)]
    fates = [fate for fate in fates if fate[1] or fate[2] == _BLUE]
    if len(fates) > MOST_FATES:
        rest = sum(count for _, count, _ in fates[MOST_FATES - 1 :])
        fates = [*fates[: MOST_FATES - 1], ("other reasons", rest, _GREY)]
    total = report.counts["reads"]
    names, counts, colours = zip(*fates, strict=True)
    labels = [f"{count:,}  ({share(count, total)})" for count in counts]
    _bars(axes, names, [(counts, colours, None)], labels)
    axes.set_title(f"What became of the {total:,} reads")
    axes.set_xlabel("reads")


def _draw_mirnas(axes: Any, summary: Summary) -> None:
    ranked = sorted(summary.reads_of.items(), key=lambda item: (-item[1], item[0]))[:MOST_MIRNAS]
    names = [shorten(name, 24) for name, _ in ranked]
    unit = "reads" if "n_reads" in summary.has else "interactions"
    if "mirna_class" in summary.has:
        changed = [summary.isomir_reads_of[name] for name, _ in ranked]
        exact = [count - part for (_, count), part in zip(ranked, changed, strict=True)]
        _bars(axes, names, [(exact, _BLUE, "exact"), (changed, _ORANGE, "isomiR")])
        axes.legend(**_LEGEND)
    else:
        _bars(axes, names, [([count for _, count in ranked], _BLUE, None)])
    axes.set_title(f"{unit.capitalize()} per miRNA")
    some = f" (the {len(ranked)} of {len(summary.reads_of):,} miRNAs with most)"
    axes.set_xlabel(unit + (some if len(ranked) < len(summary.reads_of) else ""))
    axes.tick_params(axis="y", labelsize=9)


def _draw_types(axes: Any, summary: Summary) -> None:
    names = [*ISOMIR_TYPES, *sorted(set(summary.rows_of_type) - set(ISOMIR_TYPES))]
    counts = [summary.rows_of_type[name] for name in names]
    colours = [_ORANGE if name in ISOMIR_TYPES else _GREY for name in names]
    labels = [f"{count:,}" for count in counts]
    if exact := summary.rows_of_class["exact"]:
        names, counts, colours, labels = (
            ["exact", *names],
            [exact, *counts],
            [_BLUE, *colours],
            [f"{exact:,}", *labels],
        )
    _bars(axes, [shorten(name.replace("_", " "), 24) for name in names], [(counts, colours, None)], labels)
    axes.set_title("isomiR types")
    axes.set_xlabel("interactions")


def _draw_gaps(axes: Any, summary: Summary) -> None:
    low, high = min(summary.rows_of_gap), max(summary.rows_of_gap)
    reach = max(4, -low, high)
    gaps = range(-reach, reach + 1)
    colours = [_ORANGE if gap < 0 else _BLUE if gap else _GREY for gap in gaps]
    axes.bar(gaps, [summary.rows_of_gap[gap] for gap in gaps], color=colours, width=0.8)
    step = 1 if reach <= 10 else 4
    ticks = [gap for gap in gaps if gap % step == 0]
    names = {LONGEST_GAP: f"≥{LONGEST_GAP}", -LONGEST_GAP: f"≤\u2212{LONGEST_GAP}"}
    axes.set_xticks(ticks, [names.get(gap, f"{gap}".replace("-", "\u2212")) for gap in ticks])
    axes.set_title("Junction of miRNA and target on the read")
    axes.set_xlabel("overlap  \u2190  nt  \u2192  gap")
    axes.set_ylabel("interactions")
    _whole_numbers(axes.yaxis)


def _draw_scores(axes: Any, summary: Summary) -> None:
    looks = {0: (_GREY, "does not bind"), 1: (_GREEN, "binds"), -1: (_GREEN, None)}
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
    _whole_numbers(axes.yaxis)
    if set(summary.scores) != {-1}:
        axes.legend(**_LEGEND)


def _bars(
    axes: Any,
    names: Sequence[str],
    layers: Sequence[tuple[Sequence[int], Any, str | None]],
    labels: Sequence[str] | None = None,
) -> None:
    """Draw horizontal bars, the first on top; layers ``(counts, colour, name)`` are stacked."""
    ends = [0] * len(names)
    for counts, colour, name in layers:
        axes.barh(range(len(names)), counts, left=ends, color=colour, label=name, height=0.72)
        ends = [end + count for end, count in zip(ends, counts, strict=True)]
    longest = max(*ends, 1)
    for at, text in enumerate(labels or ()):
        axes.text(ends[at] + 0.01 * longest, at, text, va="center", fontsize=9.5)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, longest * (1.18 if labels else 1.04))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.8)
    _whole_numbers(axes.xaxis)


def _whole_numbers(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
