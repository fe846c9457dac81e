"""The figure of chimera-check: bases and qualities by cycle, and where miRNAs begin on the reads."""

from __future__ import annotations

from functools import partial
from typing import Any, BinaryIO

import numpy as np

from mirtools.chimera.check import CheckedSample
from mirtools.errors import shorten
from mirtools.report.drawing import BLUE, GREEN, GREY, ORANGE, SKY, Panel, draw_page, whole_numbers

_COLOURS = (GREEN, BLUE, ORANGE, "#D55E00", GREY)
# Begins further along the read are those of miRNAs after targets
_FURTHEST = 40


def draw_check(stream: BinaryIO, kind: str, samples: list[CheckedSample]) -> None:
    """Draw the first reads of each sample.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    samples : list of CheckedSample
    """
    rows: list[list[Panel]] = [
        [
            partial(_draw_bases, sample=sample),
            partial(_draw_qualities, sample=sample),
            partial(_draw_begins, sample=sample),
        ]
        for sample in samples
        if sample.state.reads
    ]
    draw_page(stream, kind, rows, "" if rows else "no reads")


def _draw_bases(axes: Any, sample: CheckedSample) -> None:
    counts = sample.state.bases[: max(sample.state.lengths)]
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for at, letter in enumerate("ACGTN"):
        axes.plot(np.arange(1, len(shares) + 1), shares[:, at], color=_COLOURS[at], label=letter, linewidth=1.4)
    axes.set_ylim(0, 100)
    axes.set_title(shorten(sample.name, 30))
    axes.set_xlabel("cycle")
    axes.set_ylabel("bases, %")
    axes.legend(fontsize=9, ncols=5, loc="upper right", handlelength=0.9, columnspacing=0.8)
    whole_numbers(axes.xaxis)


def _draw_qualities(axes: Any, sample: CheckedSample) -> None:
    state = sample.state
    seen = np.flatnonzero(state.quality_counts)
    if len(seen):
        axes.plot(seen + 1, state.quality_sums[seen] / state.quality_counts[seen], color=BLUE)
    else:
        axes.text(0.5, 0.5, "unknown", transform=axes.transAxes, ha="center", va="center")
    axes.set_ylim(0, 42)
    axes.set_title("Mean quality")
    axes.set_xlabel("cycle")
    axes.set_ylabel("Phred")
    whole_numbers(axes.xaxis)


def _draw_begins(axes: Any, sample: CheckedSample) -> None:
    begins = {place: count for place, count in sample.state.begins.items() if place <= _FURTHEST}
    axes.bar([place + 1 for place in begins], list(begins.values()), color=SKY, width=0.9)
    axes.set_xlim(min(begins, default=0) - 1, _FURTHEST + 2)
    axes.set_title("Where miRNAs begin")
    later = sum(sample.state.begins.values()) - sum(begins.values())
    axes.set_xlabel(f"base of the read ({later:,} miRNAs begin later)")
    axes.set_ylabel("different reads")
    whole_numbers(axes.xaxis)
    whole_numbers(axes.yaxis)
