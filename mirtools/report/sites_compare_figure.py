"""The figure of sites-compare: changes by mean and by q-value, principal components, correlations of samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import shorten
from mirtools.io.tables import MISSING
from mirtools.report.drawing import BLUE, ORANGE, draw_page
from mirtools.sites.compare import CALLED, Comparison
from mirtools.sites.replicates import rank_correlations

Floats = NDArray[np.float64]

NOTHING = "no sites to compare"
_NAMED = 6
_NAME = 26
_SAMPLE = 14
_MOST_NUMBERS = 10
_MOST_NAMED_SAMPLES = 24
# rows that principal components use, as DESeq2 does
_MOST_VARIABLE = 500
_HEIGHT = 4.9
_PLURAL = {"site": "sites", "pair": "pairs", "gene": "genes", "mirna": "miRNAs", "form": "forms"}
_SMALLEST_Q = 1e-300


def draw_comparison(stream: BinaryIO, kind: str, comparison: Comparison) -> None:
    """Draw the comparison of two conditions; each title answers the question of its panel.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    comparison : Comparison
    """
    if not comparison.counts.keys:
        draw_page(stream, kind, [], NOTHING)
        return
    panels = [_draw_means, _draw_volcano, _draw_components, _draw_correlations]
    drawn = [partial(panel, comparison=comparison) for panel in panels]
    first, second = (shorten(name, 30) for name in comparison.settings.contrast)
    title = f"{first} compared with {second}"
    if comparison.settings.relative is not None:
        others = {"mirna": "miRNA", "gene": "gene"}[comparison.settings.relative]
        title += f", relative to other reads of the same {others}"
    draw_page(stream, kind, [drawn[:2], drawn[2:]], title, [_HEIGHT, _HEIGHT])


def _draw_means(axes: Any, comparison: Comparison) -> None:
    found, what = comparison.changes, _PLURAL[comparison.settings.by]
    tested = np.isfinite(found.log2_fold_change)
    called = comparison.called
    _points(axes, found.base_mean, found.log2_fold_change, tested, comparison)
    if tested.any():
        _set_log(axes, found.base_mean[tested])
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel("mean of normalised reads")
    axes.set_ylabel(_change_label(comparison))
    number = int(called.sum())
    axes.set_title(f"{number:,} of {int(tested.sum()):,} {what} change (q < {CALLED:g})")
    # below the axes, where no point can be
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.14), ncols=3, fontsize=9.5, handletextpad=0.2)


def _set_log(axes: Any, values: Floats) -> None:
    """Make the x axis logarithmic, with plain numbers: 1, 10, 100, and more between them if the range is small."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    span = values.max() / values.min()
    if span < 100:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if span >= 10 else (1, 1.5, 2, 3, 4, 5, 6, 8)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _points(axes: Any, x: Floats, y: Floats, drawn: NDArray[np.bool_], comparison: Comparison) -> None:
    first, second = (shorten(name, 16) for name in comparison.settings.contrast)
    up = comparison.changes.log2_fold_change > 0
    called = comparison.called
    for rows, colour, marker, size, label in (
        (drawn & ~called, "#B5B5B5", "o", 9, "no change"),
        (drawn & called & up, ORANGE, "^", 22, f"more in {first}"),
        (drawn & called & ~up, BLUE, "v", 22, f"more in {second}"),
    ):
        label = f"{label} ({int(rows.sum()):,})"
        axes.scatter(x[rows], y[rows], s=size, c=colour, marker=marker, linewidths=0, label=label, rasterized=True)


def _change_label(comparison: Comparison) -> str:
    first, second = (shorten(name, 16) for name in comparison.settings.contrast)
    return f"log2 fold change, {first} / {second}"


def _draw_volcano(axes: Any, comparison: Comparison) -> None:
    found = comparison.changes
    drawn = np.isfinite(found.q_value)
    heights = -np.log10(np.maximum(np.where(drawn, found.q_value, 1), _SMALLEST_Q))
    _points(axes, found.log2_fold_change, heights, drawn, comparison)
    axes.axhline(-np.log10(CALLED), color="black", linewidth=0.8, linestyle="--")
    axes.set_xlabel(_change_label(comparison))
    axes.set_ylabel("\u2212log10 of q-value (dashed: 0.05)")
    order = np.lexsort((np.arange(len(drawn)), np.where(drawn, found.p_value, 2)))
    named = [row for row in order.tolist() if comparison.called[row]]
    if named:
        axes.set_title(f"Surest change: {_name_of(comparison, named[0])}")
    else:
        axes.set_title("No change is sure")
    axes.margins(x=0.12, y=0.1)
    _name_points(
        axes, [(found.log2_fold_change[row], heights[row], _name_of(comparison, row)) for row in named[:_NAMED]]
    )


def _name_points(axes: Any, points: Sequence[tuple[float, float, str]]) -> None:
    """Write names next to points, on the side of the middle; those that would cover another name are omitted."""
    low, high = axes.get_ylim()
    heights: dict[bool, list[float]] = {False: [], True: []}
    for x, y, name in points:
        taken = heights[x > 0]
        if all(abs(y - other) > (high - low) * 0.05 for other in taken):
            taken.append(y)
            side = {"xytext": (-7, 0), "ha": "right"} if x > 0 else {"xytext": (7, 0), "ha": "left"}
            text = shorten(name, _NAME)
            axes.annotate(text, (x, y), textcoords="offset points", va="center", fontsize=8.5, **side)


def _name_of(comparison: Comparison, row: int) -> str:
    """Return miRNA and gene of a row, as far as it has them."""
    counts = comparison.counts
    cells = dict(zip(counts.columns, counts.keys[row], strict=True))
    gene = next((cells[name] for name in ("gene_name", "gene_id") if cells.get(name, MISSING) != MISSING), "")
    names = [name for name in (cells.get("mirna_id", ""), gene) if name and name != MISSING]
    return shorten(" and ".join(names) or cells.get("site_id", ""), 40)


def _draw_components(axes: Any, comparison: Comparison) -> None:
    places, shares = _components(comparison.normalised)
    first, second = comparison.settings.contrast
    for inside, colour, marker, name in (
        (comparison.in_a, ORANGE, "^", first),
        (~comparison.in_a, BLUE, "v", second),
    ):
        axes.scatter(places[inside, 0], places[inside, 1], s=60, c=colour, marker=marker, label=shorten(name, 24))
    names = comparison.counts.samples
    if len(names) <= _MOST_NAMED_SAMPLES:
        for (x, y), name in zip(places.tolist(), names, strict=True):
            axes.annotate(
                shorten(name, _SAMPLE), (x, y), (0, 7), textcoords="offset points", ha="center", fontsize=9
            )
    axes.margins(0.18)
    axes.set_xlabel(f"principal component 1 ({100 * shares[0]:.0f} % of variance)")
    axes.set_ylabel(f"principal component 2 ({100 * shares[1]:.0f} %)")
    a, b = places[comparison.in_a, 0], places[~comparison.in_a, 0]
    if shares[1] == 0:
        axes.set_ylim(-1, 1)
    if len(names) == 2:
        axes.set_title("One sample per condition: no spread is known")
    elif a.max() < b.min() or b.max() < a.min():
        axes.set_title("Samples separate by condition")
    else:
        axes.set_title("Samples do not separate by condition")
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.14), ncols=2, fontsize=9.5, handletextpad=0.2)


def _components(normalised: Floats) -> tuple[Floats, Floats]:
    """Return the places of samples on two principal components, shape ``(samples, 2)``, and shares of variance.

    The 500 rows that vary most are used, as log2 of normalised reads plus one.
    """
    logs = np.log2(normalised + 1)
    most = np.argsort(-logs.var(axis=1), kind="stable")[:_MOST_VARIABLE]
    centred = (logs[most] - logs[most].mean(axis=1, keepdims=True)).T
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    places = np.zeros((len(centred), 2))
    # of n samples, n - 1 components have a size; the others are rounding
    count = min(2, len(sizes), len(centred) - 1)
    places[:, :count] = left[:, :count] * sizes[:count]
    # the sign of a component is arbitrary: the sample that is furthest away is on the positive side
    for column in places.T:
        if column[np.abs(column).round(9).argmax()] < 0:
            column *= -1
    shares = np.zeros(2)
    total = float((sizes**2).sum())
    if total:
        shares[:count] = sizes[:count] ** 2 / total
    return places, shares


def _draw_correlations(axes: Any, comparison: Comparison) -> None:
    table = rank_correlations(comparison.counts.reads)
    names = [shorten(name, _SAMPLE) for name in comparison.counts.samples]
    known = table[np.isfinite(table)]
    low = float(np.floor(known.min() * 10) / 10) if len(known) else 0.0
    picture = axes.imshow(table, cmap="Blues", vmin=min(low, 0.9), vmax=1)
    axes.figure.colorbar(picture, ax=axes, label="Spearman's correlation", pad=0.02)
    if len(names) <= _MOST_NUMBERS:
        middle = (min(low, 0.9) + 1) / 2
        for i, j in np.ndindex(*table.shape):
            value = float(table[i, j])
            text = "\u2013" if value != value else f"{value:.2f}".replace("-", "\u2212")
            axes.text(
                j, i, text, ha="center", va="center", fontsize=9, color="white" if value > middle else "black"
            )
    if len(names) <= _MOST_NAMED_SAMPLES:
        turn = {"rotation": 30, "ha": "right"} if sum(map(len, names)) > 30 else {}
        axes.set_xticks(range(len(names)), names, fontsize=9, **turn)
        axes.set_yticks(range(len(names)), names, fontsize=9)
    else:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel("samples of both conditions")
    border = int(comparison.in_a.sum()) - 0.5
    for draw in (axes.axhline, axes.axvline):
        draw(border, color="white", linewidth=3)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(_agreement(table, comparison.in_a))


def _agreement(table: Floats, in_a: NDArray[np.bool_]) -> str:
    """Return a title: the mean correlation of replicates, and of samples of different conditions."""
    same = (in_a[:, None] == in_a) & ~np.eye(len(in_a), dtype=bool) & np.isfinite(table)
    other = (in_a[:, None] != in_a) & np.isfinite(table)
    if not other.any():
        return "Samples share too few rows to correlate"
    between = f"{table[other].mean():.2f}"
    if not same.any():
        return f"Conditions agree: {between}"
    return f"Replicates agree: {table[same].mean():.2f}, conditions: {between}"
