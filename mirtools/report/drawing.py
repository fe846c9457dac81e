"""What all figures share: formats, colours, fonts, bars, and files that are the same in every run."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, BinaryIO, TypeVar

from mirtools.computing.headless import import_matplotlib
from mirtools.errors import MissingExtraError, UsageError, shorten
from mirtools.io.sequences import Reference
from mirtools.io.streams import Outputs
from mirtools.report.plotting import own_settings

FORMATS = ("png", "svg", "pdf")

# Okabe and Ito's colours, which people with any colour vision can distinguish
BLUE, ORANGE, GREEN, SKY, GREY = "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#8C8C8C"
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
    "text.parse_math": False,  # names are data: "$" in them does not begin a formula
    "svg.hashsalt": "mirtools",  # element names that are the same in every run
    "svg.fonttype": "path",
}
# No time or program version, so that the same table gives the same bytes.
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

# above the axes, next to the title, where no bar can be
LEGEND: Any = {
    "loc": "lower right",
    "bbox_to_anchor": (1.02, 0.985),
    "ncols": 2,
    "fontsize": 9.5,
    "handlelength": 1.1,
    "handletextpad": 0.5,
    "columnspacing": 1.2,
}

_HYB_NAME = re.compile("MIMAT[0-9]+_[^_]+_(.+)_microRNA")

Panel = Callable[[Any], None]
Drawn = TypeVar("Drawn")


def figure_format(path: str) -> str:
    """Return the format of a figure by its file name; called before the work, so that an error comes early.

    Raises
    ------
    UsageError
        For any suffix except .png, .svg and .pdf.
    MissingExtraError
        If matplotlib is not installed or cannot be imported.
    """
    suffix = os.path.splitext(path)[1].lower().removeprefix(".")
    if suffix not in FORMATS:
        raise UsageError(
            f"'{shorten(path, 60)}' is not a .png, .svg or .pdf file; give the figure one of these suffixes"
        )
    remedy = "pip install 'mirtools[report]'"
    if find_spec("matplotlib") is None:
        raise MissingExtraError("matplotlib", remedy)
    try:
        import_matplotlib()
    except ImportError as error:
        raise MissingExtraError("a matplotlib that can be imported", remedy) from error
    return suffix


def open_figure(outputs: Outputs, path: str | None, draw: Callable[..., Drawn]) -> Callable[..., Drawn] | None:
    """Open the file of a figure, if there is one, and return the function that draws into it.

    Parameters
    ----------
    outputs : Outputs
    path : str or None
    draw : callable
        Its arguments: the stream, the format, and the data to draw.

    Raises
    ------
    UsageError, MissingExtraError
        As :func:`figure_format`.
    """
    if path is None:
        return None
    kind = figure_format(path)
    return partial(draw, outputs.open_binary(path), kind)


def draw_page(
    stream: BinaryIO,
    kind: str,
    rows: Sequence[Sequence[Panel]],
    title: str = "",
    heights: float | Sequence[float] = _ROW_HEIGHT,
) -> None:
    """Draw panels in rows and write the figure: the same bytes in every run.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    rows : sequence of sequence of callable
        Each panel draws on the axes that it is given; the panels of a row are equally wide.
    title : str
        Is drawn above the panels, or in the middle of the page if there are no panels.
    heights : float or sequence of float
        Of all rows, or of each, in inches.
    """
    with own_settings(_STYLE), warnings.catch_warnings():
        from matplotlib.figure import Figure

        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a name in a script that the font lacks
        ratios = [heights] * max(1, len(rows)) if isinstance(heights, float) else heights
        figure = Figure(figsize=(_WIDTH, sum(ratios)), dpi=_DPI, layout="constrained")
        if rows:
            parts = figure.subfigures(len(rows), 1, squeeze=False, hspace=0.05, height_ratios=ratios)
            for part, row in zip(parts[:, 0], rows, strict=True):
                for axes, panel in zip(part.subplots(1, len(row), squeeze=False)[0], row, strict=True):
                    panel(axes)
        engine: Any = figure.get_layout_engine()
        engine.set(w_pad=0.1, h_pad=0.1)
        if title and rows:
            figure.suptitle(title, fontsize=15)
        elif title:
            figure.text(0.5, 0.5, title, fontsize=15, ha="center", va="center")
        _settle_layout(figure)
        figure.savefig(stream, format=kind, metadata=METADATA[kind])


def _settle_layout(figure: Any) -> None:
    """Lay the figure out and round positions: the solver's last digits depend on memory addresses."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        box = part.bbox_relative
        box.p0, box.p1 = box.p0.round(6), box.p1.round(6)
    for axes in figure.axes:
        axes.set_position([round(side, 6) for side in axes.get_position().bounds])


def draw_bars(
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
    whole_numbers(axes.xaxis)


def draw_gaps(axes: Any, counts: Mapping[int, int], unit: str, longest: int | None = None) -> None:
    """Draw the distribution of gaps at junctions; overlaps are negative and orange.

    Parameters
    ----------
    axes : Axes
    counts : mapping of int to int
        Counts by signed distance of miRNA and target part on the read, in nt.
    unit : str
        What is counted.
    longest : int, optional
        Gap to which the counts of all longer gaps and overlaps have been added.
    """
    reach = max(4, -min(counts), max(counts))
    gaps = range(-reach, reach + 1)
    colours = [ORANGE if gap < 0 else BLUE if gap else GREY for gap in gaps]
    axes.bar(gaps, [counts.get(gap, 0) for gap in gaps], color=colours, width=0.8)
    step = 1 if reach <= 7 else 2 if reach <= 10 else 4
    ticks = [gap for gap in gaps if gap % step == 0]
    names = {} if longest is None else {longest: f"≥{longest}", -longest: f"≤\u2212{longest}"}
    axes.set_xticks(ticks, [names.get(gap, f"{gap}".replace("-", "\u2212")) for gap in ticks])
    axes.set_title("Junction of miRNA and target on the read")
    axes.set_xlabel("overlap  \u2190  nt  \u2192  gap")
    axes.set_ylabel(unit)
    whole_numbers(axes.yaxis)


def whole_numbers(axis: Any) -> None:
    """Give an axis few ticks, at whole numbers: 25,000 or 2.5 M."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / 1e6:g} M" if value >= 1e6 else f"{value:,.0f}")
    )


def mark_bases(axes: Any) -> None:
    """Give a drawn x axis of 1-based bases ticks at 1, 5, 10, 15 and so on."""
    low, high = axes.get_xlim()
    axes.set_xticks([base for base in (1, *range(5, int(high) + 1, 5)) if low <= base <= high])
    axes.set_xlim(low, high)


def plain_mirna(name: str) -> str:
    """Return the miRNA in a name of hyb's databases (``accession_source_miRNA_kind``), or the name as it is."""
    match = _HYB_NAME.fullmatch(name)
    return name if match is None else match.group(1)


def shown_mirna(mirna: Reference) -> str:
    """Return the name of a miRNA, or its sequence in RNA letters if it has no other name.

    >>> [shown_mirna(Reference(name, name, "TGAGG")) for name in ("let-7a", "TGAGG")]
    ['let-7a', 'UGAGG']
    """
    return mirna.name.replace("T", "U") if mirna.name == mirna.sequence else plain_mirna(mirna.name)
