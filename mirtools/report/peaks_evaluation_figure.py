"""The figure of peak-evaluate: distances of peaks from known sites, widths of peaks, separation of close sites."""

from __future__ import annotations

from functools import partial
from typing import Any, BinaryIO

import numpy as np

from mirtools.report.drawing import BLUE, GREEN, ORANGE, Panel, draw_page, whole_numbers
from mirtools.scan.evaluate import PeakEvaluation

NOTHING = "no known sites"
_FURTHEST = 30


def draw_evaluation(stream: BinaryIO, kind: str, evaluation: PeakEvaluation) -> None:
    """Draw the evaluation of peaks.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    evaluation : PeakEvaluation
    """
    if not evaluation.sites:
        draw_page(stream, kind, [], NOTHING)
        return
    panels: list[Panel] = [
        partial(_draw_offsets, evaluation=evaluation),
        partial(_draw_widths, evaluation=evaluation),
    ]
    if any(site.neighbour_distance is not None for site in evaluation.sites):
        panels.append(partial(_draw_distances, evaluation=evaluation))
    figures = evaluation.summary()
    title = f"{figures['found']:,} of {figures['sites']:,} known sites have a peak"
    if figures["false_peaks_per_kb"] is not None:
        title += f"; {figures['false_peaks_per_kb']:.2g} false peaks per kb"
    draw_page(stream, kind, [panels], title)


def _draw_offsets(axes: Any, evaluation: PeakEvaluation) -> None:
    from matplotlib.ticker import MaxNLocator

    offsets = [site.offset for site in evaluation.sites if site.peak is not None]
    reach = min(max([5.0, *map(abs, offsets)]), _FURTHEST)
    clipped = np.clip(offsets, -reach, reach)
    edges = np.arange(-np.ceil(reach) - 0.5, np.ceil(reach) + 1)
    axes.hist(clipped, edges, color=BLUE)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_title("Positions of summits")
    axes.set_xlabel("nt from the site's centre (upstream is left)")
    axes.set_ylabel("sites")
    whole_numbers(axes.yaxis)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))


def _draw_widths(axes: Any, evaluation: PeakEvaluation) -> None:
    peaks = [site.peak for site in evaluation.sites if site.peak is not None]
    both = [(peak.attribution_width, peak.score_width) for peak in peaks]
    narrow, wide = ([pair[at] for pair in both if pair[at] == pair[at]] for at in (0, 1))
    furthest = float(np.percentile(wide, 95)) if wide else 50.0
    edges = np.linspace(0, max(furthest, 20.0), 41)
    for values, colour, label in ((narrow, ORANGE, "attributions"), (wide, BLUE, "scores")):
        axes.hist(np.clip(values, 0, edges[-1]), edges, color=colour, alpha=0.75, label=label)
    axes.set_title("Widths of peaks")
    axes.set_xlabel("full width at half maximum, nt")
    axes.set_ylabel("sites")
    axes.legend(fontsize=9.5)
    whole_numbers(axes.yaxis)


def _draw_distances(axes: Any, evaluation: PeakEvaluation) -> None:
    distances = sorted({s.neighbour_distance for s in evaluation.sites if s.neighbour_distance is not None})
    groups = [evaluation.at(distance) for distance in distances]
    for colour, size, label, counts in (
        (GREEN, 9, "has a peak", [sum(site.peak is not None for site in group) for group in groups]),
        (ORANGE, 4, "has a separate peak", [sum(site.separate for site in group) for group in groups]),
    ):
        shares = [100 * count / len(group) for count, group in zip(counts, groups, strict=True)]
        # different widths show both lines even if they are equal
        axes.plot(distances, shares, color=colour, linewidth=size / 3, marker="o", markersize=size, label=label)
    axes.set_ylim(0, 105)
    axes.set_title("Separation of two close sites")
    axes.set_xlabel("distance between the starts of two sites, nt")
    axes.set_ylabel("% of sites")
    axes.legend(fontsize=9.5, loc="lower right")
