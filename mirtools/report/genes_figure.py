"""The figure of genes-predict: the best targets of a miRNA, their regions, and what each site contributes."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mirtools.genes.features import REGION_NAMES
from mirtools.genes.predict import Prediction
from mirtools.genes.targets import Targets
from mirtools.io.sequences import Reference
from mirtools.pairs.site_types import CANONICAL
from mirtools.report.drawing import BLUE, ORANGE, draw_page, shown_mirna
from mirtools.report.genes.rows import gene_name
from mirtools.report.page.wording import signed

NOTHING = "no target with a prediction below 0"
_HEIGHT, _LEGEND_HEIGHT = 1.9, 0.45
# colour and width of a stem: types can be distinguished without colours
_COLOURS = ("#003C6E", BLUE, "#56B4E9", "#A0D2F0", ORANGE)
_WIDTHS = (5.0, 4.2, 3.4, 2.6, 1.8)
_INK, _UTR, _CDS = "#444444", "#C8C8C8", "#8C8C8C"
_NAME_WIDTH = 40
_MOST_LABELS = 8
# width and height of a label: shares of the length of the transcript, and of the strongest contribution
_LABEL = (0.036, 0.25)
# a contribution that is written next to its site
_LABELLED = -0.05


class DrawnTarget(NamedTuple):
    """A target to draw.

    Attributes
    ----------
    title : str
    edges : list of int
        Starts of 5'UTR, CDS and 3'UTR, and the length, 0-based.
    sites : list of (int, int, int, float)
        Start, end (0-based and half-open), type, and contribution.
    """

    title: str
    edges: list[int]
    sites: list[tuple[int, int, int, float]]


class GenesFigure:
    """Collects the best targets of each miRNA to draw, all with one scale of contributions.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    most : int
        Largest number of targets of a miRNA.
    """

    def __init__(self, stream: BinaryIO, kind: str, most: int) -> None:
        self._stream = stream
        self._kind = kind
        self._most = most
        self._drawn: list[DrawnTarget] = []

    def add(self, mirna: Reference, prediction: Prediction, targets: Targets, order: np.ndarray) -> None:
        """Keep the targets with the strongest predictions, the strongest first."""
        best = [at for at in order.tolist() if prediction.change[at] < 0]
        for at in sorted(best, key=lambda at: float(prediction.change[at]))[: self._most]:
            found = prediction.found
            sites = np.flatnonzero((found.sites[:, 1] == at) & (prediction.contribution < 0))
            drawn = [
                (
                    int(found.starts[site]),
                    int(found.ends[site]),
                    int(found.described.kind[site]),
                    float(prediction.contribution[site]),
                )
                for site in sites.tolist()
            ]
            change = signed(float(prediction.change[at]))
            title = f"{_short(shown_mirna(mirna))} on {_short(gene_name(targets, at))}: log2 fold change {change}"
            self._drawn.append(DrawnTarget(title, targets.edges[at].tolist(), drawn))

    def draw(self) -> None:
        """Write the figure; without any target, a page with a notice."""
        if not self._drawn:
            draw_page(self._stream, self._kind, [], NOTHING, _HEIGHT)
            return
        lowest = min(contribution for each in self._drawn for *_, contribution in each.sites)
        panels = [partial(_draw, drawn=each, lowest=lowest) for each in self._drawn]
        heights = [_LEGEND_HEIGHT, *[_HEIGHT] * len(panels)]
        draw_page(self._stream, self._kind, [[_draw_legend], *[[panel] for panel in panels]], "", heights)


def _draw(axes: Any, drawn: DrawnTarget, lowest: float) -> None:
    _draw_regions(axes, drawn.edges, lowest)
    length = drawn.edges[3]
    labels: list[tuple[float, float]] = []
    for start, end, kind, contribution in sorted(drawn.sites, key=lambda site: site[3]):
        middle, type_at = (start + 1 + end) / 2, min(kind, len(_COLOURS) - 1)
        axes.vlines(middle, contribution, 0, color=_COLOURS[type_at], linewidth=_WIDTHS[type_at])
        near = any(
            abs(middle - x) < length * _LABEL[0] and abs(contribution - y) < -lowest * _LABEL[1] for x, y in labels
        )
        if contribution < _LABELLED and len(labels) < _MOST_LABELS and not near:
            labels.append((middle, contribution))
            text = signed(contribution)
            axes.text(middle, contribution + 0.04 * lowest, text, fontsize=8, ha="center", va="top", color=_INK)
    axes.set_xlim(1 - length / 100, length * 1.02)
    axes.set_ylim(1.45 * lowest, -0.4 * lowest)
    axes.set_ylabel("contribution,\nlog2 fold change", fontsize=9)
    axes.set_xlabel("base of the transcript (the first is 1)", labelpad=1)
    axes.set_title(drawn.title)
    _count_from_one(axes, length)


def _draw_regions(axes: Any, edges: list[int], lowest: float) -> None:
    for region, (start, end) in enumerate(pairwise(edges)):
        if end <= start:
            continue
        coding = REGION_NAMES[region] == "CDS"
        height = -lowest * (0.15 if coding else 0.075)
        axes.barh(0, end - start, height, left=start + 0.5, color=_CDS if coding else _UTR, linewidth=0)
        if end - start > edges[3] / 20:
            middle = (start + 1 + end) / 2
            axes.text(middle, -lowest * 0.13, REGION_NAMES[region], ha="center", va="bottom", fontsize=8.5)


def _count_from_one(axes: Any, length: int) -> None:
    ticks = [tick for tick in axes.get_xticks() if 0 < tick <= length]
    axes.set_xticks([1, *ticks], [f"{tick:,.0f}" for tick in (1, *ticks)])


def _draw_legend(axes: Any) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, linewidth=width, label=kind)
        for colour, width, kind in zip(_COLOURS, _WIDTHS, CANONICAL, strict=True)
    ]
    handles.insert(0, Line2D([], [], linestyle="", label="sites of the miRNA:"))
    axes.set_axis_off()
    axes.legend(handles=handles, loc="center", ncols=len(handles), fontsize=9, borderpad=0, handlelength=1.2)


def _short(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"
