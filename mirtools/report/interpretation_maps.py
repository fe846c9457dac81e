"""Masking maps as a figure (paper: Fig. 2)."""

from __future__ import annotations

from functools import partial
from typing import Any, BinaryIO

import numpy as np

from mirtools.interpretation.masking import MaskingMap, MaskingSums
from mirtools.report.drawing import BLUE, GREEN, GREY, LEGEND, ORANGE, Panel, draw_page, mark_bases

NOTHING = "no pairs"
# windows that fewer of the pairs have are not drawn: they would be means over few long sequences
_FEWEST_SHARE = 0.05
# bases 2 to 8 of a miRNA
_SEED = (1.5, 8.5)
_NAMES = {"mirna": "miRNA", "site": "Site"}


def draw_maps(stream: BinaryIO, kind: str, sums: MaskingSums) -> None:
    """Draw the maps of miRNAs and sites: left all pairs with their spread, right by label or prediction."""
    rows: list[list[Panel]] = [
        [
            partial(_draw_spread, sums=sums, sequence=sequence),
            partial(_draw_groups, sums=sums, sequence=sequence),
        ]
        for sequence in _NAMES
        if sums.map(sequence, "all").counts.any()
    ]
    title = f"Change of the score by masking {sums.width} bases, {sums.counts['pairs']:,} pairs"
    draw_page(stream, kind, rows, title if rows else NOTHING)


def _draw_spread(axes: Any, sums: MaskingSums, sequence: str) -> None:
    found = sums.map(sequence, "all")
    positions, drawn = _drawn(found, sums.width)
    mean, sd = found.mean[drawn], np.nan_to_num(found.sd[drawn])
    axes.fill_between(positions, mean - sd, mean + sd, color="#D9D9D9", linewidth=0, label="± SD")
    axes.plot(positions, mean, color=BLUE, linewidth=1.8, marker=".", label="mean")
    axes.plot(positions, found.mean_abs[drawn], color=GREY, linewidth=1.2, ls="--", label="mean without sign")
    _finish(axes, sequence, "all pairs", sums.width)


def _draw_groups(axes: Any, sums: MaskingSums, sequence: str) -> None:
    for group, colour, style in (("positive", GREEN, "-"), ("negative", ORANGE, "--")):
        found = sums.map(sequence, group)
        positions, drawn = _drawn(found, sums.width)
        if len(positions):
            label = f"{group} ({int(found.counts.max()):,})"
            axes.plot(positions, found.mean[drawn], color=colour, ls=style, linewidth=1.8, marker=".", label=label)
    _finish(axes, sequence, "by label" if sums.counts["labelled_pairs"] else "by prediction", sums.width)


def _drawn(found: MaskingMap, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the 1-based middle of every window that is drawn, and the number of the window."""
    fewest = max(1, _FEWEST_SHARE * found.counts.max(initial=0))
    drawn = np.flatnonzero(found.counts >= fewest)
    return drawn + (width + 1) / 2, drawn


def _finish(axes: Any, sequence: str, pairs: str, width: int) -> None:
    axes.axhline(0, color="black", linewidth=0.8)
    if sequence == "mirna":
        axes.axvspan(*_SEED, color="#FFF3CD", zorder=0, linewidth=0)
        transform = axes.get_xaxis_transform()
        axes.text(sum(_SEED) / 2, 0.01, "bases 2 to 8", transform=transform, fontsize=8, ha="center", va="bottom")
    axes.set_title(f"{_NAMES[sequence]}, {pairs}")
    axes.set_xlabel(f"base, 5' to 3' (middle of the {width} masked)")
    axes.set_ylabel("masked − unmasked score")
    axes.margins(x=0.02, y=0.12)
    mark_bases(axes)
    axes.legend(**LEGEND | {"ncols": 3, "fontsize": 8.5})
