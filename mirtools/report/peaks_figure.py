"""The figure of peak-narrow: both tracks of a miRNA along a transcript, peaks, known sites, best alignments.

Figs 4 to 6 of the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from mirtools.alignment.alignments import GAP
from mirtools.io.bed import KnownSite
from mirtools.report.alignment_strip import rna
from mirtools.report.drawing import BLUE, GREY, ORANGE, Panel, draw_page
from mirtools.scan.narrow import Narrowed
from mirtools.scan.peaks import Peak

NOTHING = "no peaks"
_MOST_ALIGNMENTS = 3
_MOST_COLUMNS = 34
_HEIGHTS = {"tracks": 2.5, "alignments": 1.05}
# a long transcript has more peaks than can be marked
_MOST_MARKS = 60
_NAME_WIDTH = 60
_KNOWN = "#D0D0D0"


class PeaksFigure:
    """Collects pairs to draw: the first that have a peak or a known site.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    known : iterable of KnownSite
    most : int
        Largest number of pairs in the figure.
    """

    def __init__(self, stream: BinaryIO, kind: str, known: Iterable[KnownSite], most: int) -> None:
        self._stream = stream
        self._kind = kind
        self._known = list(known)
        self._most = most
        self._kept: list[tuple[Narrowed, list[KnownSite]]] = []

    def add(self, found: Narrowed) -> None:
        """Keep a pair if there is room for it and it has a peak or a known site."""
        if len(self._kept) >= self._most:
            return
        target = found.target.name
        known = [s for s in self._known if s.target_id == target and s.mirna_id in ("", found.mirna.name)]
        if found.peaks or known:
            self._kept.append((found, known))

    def draw(self) -> None:
        """Write the figure; without any pair, a page with a notice."""
        rows: list[list[Panel]] = []
        heights: list[float] = []
        for number, (found, known) in enumerate(self._kept):
            rows.append([partial(_draw_tracks, found=found, known=known, legend=number == 0)])
            heights.append(_HEIGHTS["tracks"])
            highest = sorted(found.peaks, key=lambda peak: (-peak.height, peak.summit))[:_MOST_ALIGNMENTS]
            if drawn := [peak for peak in sorted(highest, key=lambda p: p.summit) if not peak.alignment.empty]:
                panels: list[Panel] = [partial(_draw_alignment, found=found, peak=peak) for peak in drawn]
                rows.append(panels + [_draw_nothing] * (_MOST_ALIGNMENTS - len(panels)))
                heights.append(_HEIGHTS["alignments"])
        draw_page(self._stream, self._kind, rows, "" if rows else NOTHING, heights if rows else _HEIGHTS["tracks"])


def _draw_tracks(axes: Any, found: Narrowed, known: Sequence[KnownSite], legend: bool) -> None:
    length = len(found.target.sequence)
    for site in known:
        # wide enough to be visible
        width = max(site.end - site.start, length / 400)
        axes.axvspan(site.start, site.start + width, color=_KNOWN, linewidth=0, zorder=0)
    axes.plot(np.arange(length) + 0.5, found.score_track, color=BLUE, linewidth=1.6)
    axes.set_ylim(0, 1.16)
    axes.set_yticks([0, 0.5, 1])
    axes.set_xlim(0, length)
    axes.set_ylabel("mean score of windows", color=BLUE)
    axes.set_xlabel("base of the transcript")
    axes.set_title(f"{_short(found.mirna.name)} on {_short(found.target.name)}")
    right = axes.twinx()
    right.spines["right"].set_visible(True)
    right.fill_between(np.arange(length) + 0.5, found.attribution_track, color=ORANGE, alpha=0.25, linewidth=0)
    right.plot(np.arange(length) + 0.5, found.attribution_track, color=ORANGE, linewidth=1.3)
    top = max(float(found.attribution_track.max()), 1e-3)
    right.set_ylim(0, 1.16 * top)
    right.set_ylabel("attribution", color=ORANGE)
    marked = sorted(found.peaks, key=lambda peak: -peak.height)[:_MOST_MARKS]
    if marked:
        places = [peak.summit + 0.5 for peak in marked]
        heights = [peak.height + 0.045 * top for peak in marked]
        right.plot(places, heights, ls="none", marker="v", markersize=5, color="black")
    if legend:
        _draw_legend(axes)


def _draw_legend(axes: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=BLUE, linewidth=1.6, label="score"),
        Line2D([], [], color=ORANGE, linewidth=1.3, label="attribution"),
        Line2D([], [], color="black", ls="none", marker="v", markersize=5, label="peak"),
        Patch(color=_KNOWN, linewidth=0, label="known site"),
    ]
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, fontsize=9.5)


def _draw_alignment(axes: Any, found: Narrowed, peak: Peak) -> None:
    columns = list(_columns(peak))[:_MOST_COLUMNS]
    largest = max(max(score for *_, score in columns), 1e-9)
    for at, (site, mark, mirna, score) in enumerate(columns):
        if score > 0:
            alpha = 0.75 * score / largest
            axes.axvspan(at, at + 1, 0.06, 0.94, color=ORANGE, alpha=alpha, linewidth=0)
        for height, letter in ((0.78, site), (0.5, mark), (0.22, mirna)):
            axes.text(at + 0.5, height, letter, ha="center", va="center", family="DejaVu Sans Mono", fontsize=9.5)
    for height, start, end in ((0.78, "5'", "3'"), (0.22, "3'", "5'")):
        axes.text(-0.4, height, start, ha="right", va="center", fontsize=8.5, color=GREY)
        axes.text(len(columns) + 0.4, height, end, ha="left", va="center", fontsize=8.5, color=GREY)
    axes.set_xlim(-1.5, max(len(columns), 26) + 1.5)
    axes.set_ylim(0, 1)
    axes.set_axis_off()
    title = f"{peak.start + 1:,} to {peak.end:,}, score {found.score_of(peak):.2f}"
    axes.set_title(title, fontsize=10, fontweight="normal")


def _columns(peak: Peak) -> Iterator[tuple[str, str, str, float]]:
    """Yield letters, mark and score of each column, from the miRNA's first to its last base."""
    alignment = peak.alignment
    site_line, mirna_line = (
        rna(line, alignment.rule) for line in (alignment.aligned_site, alignment.aligned_mirna)
    )
    letters = zip(site_line, alignment.marks, mirna_line, strict=True)
    columns = [(*three, score) for three, score in zip(letters, alignment.column_scores.tolist(), strict=True)]
    inner = [at for at, (_, _, mirna, _) in enumerate(columns) if mirna != GAP]
    for site, mark, mirna, score in columns[inner[0] : inner[-1] + 1]:
        yield site, " " if GAP in (site, mirna) else mark, mirna, score


def _short(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"


def _draw_nothing(axes: Any) -> None:
    axes.set_axis_off()
