"""Figure of attribution alignments: a heat map with the path, and the alignment with bases coloured by score."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np

from mirtools.alignment.align import Aligner
from mirtools.alignment.table import AlignedPairs, Named
from mirtools.report.alignment_colours import colour, ink, palette, shares
from mirtools.report.alignment_strip import NO_ALIGNMENT, full_colour, heading, path_runs, shown, strip_of
from mirtools.report.drawing import Panel, draw_page

NOTHING = "no pairs"
_MAP_HEIGHT, _ALIGNMENT_HEIGHT = 4.2, 1.55
_MOST_LETTERS = 70  # a map labels every base of sequences up to this length


def draw_alignments(stream: BinaryIO, kind: str, drawings: Sequence[Named]) -> None:
    """Draw alignments one below the other.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    drawings : sequence of Named
    """
    rows: list[list[Panel]] = []
    heights: list[float] = []
    for named in drawings:
        rows += [[partial(_draw_map, named=named)], [partial(_draw_alignment, named=named)]]
        heights += [_MAP_HEIGHT, _ALIGNMENT_HEIGHT]
    draw_page(stream, kind, rows, "" if rows else NOTHING, heights or 3.0)


class FigureDrawing:
    """Draws the first alignments as a figure.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    most : int
        Largest number of alignments in the figure.
    """

    def __init__(self, stream: BinaryIO, kind: str, most: int) -> None:
        self._stream, self._kind, self._most = stream, kind, most
        self._kept: list[Named] = []

    def has_room(self) -> bool:
        """Return whether there is room for the next alignment."""
        return len(self._kept) < self._most

    def add(self, named: Named) -> None:
        """Keep an alignment."""
        self._kept.append(named)

    def finish(self, pairs: AlignedPairs, aligner: Aligner) -> None:
        """Draw the alignments that were kept."""
        draw_alignments(self._stream, self._kind, self._kept)


def _draw_map(axes: Any, named: Named) -> None:
    from matplotlib.colors import ListedColormap

    values, alignment = named.values, named.alignment
    limit = full_colour(named)
    image = axes.imshow(
        values.T,
        cmap=ListedColormap(shares(palette())),
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        interpolation="nearest",
    )
    runs = [np.array(run) for run in path_runs(named)]
    for run in runs:
        axes.plot(run[:, 0], run[:, 1], color="black", lw=1.1, marker="o", markersize=3.2, mfc="none", mew=0.9)
    for before, after in pairwise(runs):
        gap = np.array([before[-1], after[0]])
        axes.plot(gap[:, 0], gap[:, 1], color="black", lw=0.9, linestyle=":")
    axes.set_title(" \u00b7 ".join(heading(named)), fontsize=11)
    axes.set_xlabel("site 5' \u2192 3'")
    axes.set_ylabel("miRNA 3' \u2190 5'")
    _letters(axes.xaxis, shown(alignment.site, alignment.rule), named.offset)
    _letters(axes.yaxis, shown(alignment.mirna, alignment.rule), 0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    bar = axes.figure.colorbar(image, ax=axes, pad=0.012, aspect=24)
    bar.set_label("against \u2190 attribution \u2192 for binding")
    bar.ax.tick_params(labelsize=9)


def _letters(axis: Any, sequence: str, offset: int) -> None:
    """Label an axis with its bases, and with every tenth (or fifth) position."""
    step = 10 if len(sequence) > 30 else 5
    marked = [at for at in range(len(sequence)) if at + offset == 0 or (at + 1 + offset) % step == 0]
    positions = [str(at + 1 + offset) for at in marked]
    if len(sequence) > _MOST_LETTERS:
        axis.set_ticks(marked, positions)
        return
    down = axis.axis_name == "x"
    axis.remove_overlapping_locs = False  # letters and positions are ticks at the same values
    axis.set_ticks(
        range(len(sequence)), list(sequence), fontsize=8.5, va="baseline" if down else "center", ha="center"
    )
    axis.set_ticks(marked, positions, fontsize=8.5, minor=True)
    axis.set_tick_params(length=0, pad=11 if down else 8)
    axis.set_tick_params(which="minor", length=0, pad=15)


def _draw_alignment(axes: Any, named: Named) -> None:
    axes.set_axis_off()
    if named.alignment.empty:
        axes.text(0.5, 0.5, NO_ALIGNMENT, ha="center", fontsize=11)
        return
    strip = strip_of(named)
    limit = full_colour(named)
    for column, (above, mark, below, score, faces) in enumerate(
        zip(strip.site, strip.marks, strip.mirna, strip.scores, strip.faces, strict=True)
    ):
        for height, letter in ((2.0, above), (0.0, below)):
            if faces:
                axes.add_patch(_cell(column, height, colour(score, limit)))
            look: Any = {"ha": "center", "va": "center", "fontsize": 11, "family": "DejaVu Sans Mono"}
            axes.text(column, height, letter, color=ink(score, limit) if faces else "#555555", **look)
        axes.text(column, 1.0, mark, ha="center", va="center", fontsize=11, family="DejaVu Sans Mono")
    _positions(axes, strip.site_positions, 3.1, 10)
    _positions(axes, strip.mirna_positions, -1.1, 5)
    last = len(strip.site)
    for height, name in ((2.0, "site"), (0.0, "miRNA")):
        start, end = ("5'", "3'") if name == "site" else ("3'", "5'")
        axes.text(-1.2, height, f"{name}  {start}", ha="right", va="center", fontsize=10.5)
        axes.text(last + 0.2, height, end, ha="left", va="center", fontsize=10.5)
    axes.set_xlim(-5.5, max(last + 1.5, 44))
    axes.set_ylim(-1.6, 3.6)


def _cell(column: int, height: float, fill: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, height - 0.5), 1, 1, facecolor=fill, edgecolor="#BBBBBB", lw=0.5)


def _positions(axes: Any, positions: Sequence[int], height: float, step: int) -> None:
    for column, position in enumerate(positions):
        if position == 1 or (position and position % step == 0):
            axes.text(column, height, str(position), ha="center", va="center", fontsize=8.5, color="#555555")
