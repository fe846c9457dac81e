"""Importances of several models, explainers or runs as a figure (second paper: Figures 2, 7 and S1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import combinations
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mirtools.comparison.mutagenesis import Measured
from mirtools.comparison.statistics import Statistics
from mirtools.errors import shorten
from mirtools.report.drawing import BLUE, GREEN, GREY, ORANGE, SKY, Panel, draw_page, mark_bases

Floats = NDArray[np.float64]

NOTHING = "no pair with an alignment in all tables"
_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", SKY, "#D55E00", "#000000")
_MARKERS = "osD^vPX"
_LINES = ("-", "--", ":")
# more lines could not be distinguished
_MOST_LINES = len(_COLOURS) * len(_LINES)
_MOST_ASSAYS = 6
_NAME = 22
# letters that fit below a panel in one line of labels, and rows of a matrix in which numbers are readable
_WIDTH = 36
_MOST_NUMBERS = 10
# shades of more sets would hide each other
_MOST_SHADES = 2
_SEED_BASES = (1.5, 8.5)
_HEIGHT = 4.2


def draw_comparison(
    stream: BinaryIO, kind: str, statistics: Statistics, measured: Sequence[Measured] = ()
) -> None:
    """Draw profiles and correlations of sets, the spread over runs, and measured effects, as far as given.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    statistics : Statistics
    measured : sequence of Measured
    """
    comparison = statistics.comparison
    if not comparison.pairs:
        draw_page(stream, kind, [], NOTHING)
        return
    panels: list[Panel] = [partial(_draw_profiles, statistics=statistics)]
    if len(comparison.labels) > 1:
        panels.append(partial(_draw_correlations, statistics=statistics))
        table = _agreements(statistics)
        if np.isfinite(table).any():
            panels.append(partial(_draw_agreement, statistics=statistics, table=table))
    if any(sds is not None for sds in statistics.run_sds):
        panels.append(partial(_draw_spread, statistics=statistics))
        panels.append(partial(_draw_spread_by_base, statistics=statistics))
    for one in measured[:_MOST_ASSAYS]:
        if one.ranges:
            panels.append(partial(_draw_measured, labels=comparison.labels, measured=one))
    # if their number is odd, the first one has the full width
    first = len(panels) % 2
    rows = [panels[:first], *(panels[at : at + 2] for at in range(first, len(panels), 2))]
    rows = [row for row in rows if row]
    count = len(comparison.pairs)
    pairs = "one pair" if count == 1 else f"{count:,} pairs"
    sets = "one set" if len(comparison.labels) == 1 else f"{len(comparison.labels)} sets"
    title = f"Importances of {pairs}, {sets}"
    draw_page(stream, kind, rows, title, [_HEIGHT] * len(rows))


def _look(at: int) -> dict[str, Any]:
    return {
        "color": _COLOURS[at % len(_COLOURS)],
        "marker": _MARKERS[at % len(_MARKERS)],
        "ls": _LINES[at // len(_COLOURS) % len(_LINES)],
        "markersize": 4,
        "linewidth": 1.5,
    }


def _mark_seed(axes: Any) -> None:
    axes.axvspan(*_SEED_BASES, color="#FFF3CD", zorder=0, linewidth=0)


def _draw_profiles(axes: Any, statistics: Statistics) -> None:
    labels = statistics.comparison.labels
    mean, _, counts = statistics.profiles
    _mark_seed(axes)
    shaded = 0 < sum(sds is not None for sds in statistics.run_sds) <= _MOST_SHADES
    for at, label in enumerate(labels[:_MOST_LINES]):
        drawn = np.flatnonzero(counts[at])
        axes.plot(drawn + 1, mean[at, drawn], label=shorten(label, _NAME), **_look(at))
        run_sds = statistics.run_sds[at]
        if run_sds is not None and shaded:
            known = ~np.isnan(run_sds)
            spread = np.where(known, run_sds, 0).sum(0)[drawn] / np.maximum(known.sum(0)[drawn], 1)
            middle = mean[at, drawn]
            axes.fill_between(
                drawn + 1, middle - spread, middle + spread, color=_look(at)["color"], alpha=0.18, linewidth=0
            )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_title("Profiles" + (" (shade: SD over runs)" if shaded else ""))
    axes.set_xlabel("base of the miRNA, 5' to 3' (yellow: the seed, 2 to 8)")
    axes.set_ylabel("mean importance")
    axes.margins(x=0.02)
    mark_bases(axes)
    _legend(axes)


def _legend(axes: Any) -> None:
    # next to the axes: lines may reach any corner inside
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1.02), fontsize=9, handlelength=2.4)


def _draw_correlations(axes: Any, statistics: Statistics) -> None:
    table = statistics.pair_medians[0]
    single = len(statistics.comparison.pairs) == 1
    _draw_matrix(axes, statistics.comparison.labels, table, "Pearson's correlation")
    axes.set_title("Correlation" + ("" if single else " (median over pairs)"))


def _draw_agreement(axes: Any, statistics: Statistics, table: Floats) -> None:
    _draw_matrix(axes, statistics.comparison.labels, table, "share of aligned pairs of bases")
    axes.set_title("Alignments in common")


def _agreements(statistics: Statistics) -> Floats:
    """Return the agreement of alignments between sets, shape ``(sets, sets)``; NaN for sets without alignments."""
    count = len(statistics.comparison.labels)
    table = np.full((count, count), np.nan)
    for i, j in combinations(range(count), 2):
        found = statistics.agreement(i, j)
        if found is not None:
            table[i, j] = table[j, i] = found.agreement
    if np.isfinite(table).any():
        np.fill_diagonal(table, 1)
    return table


def _draw_matrix(axes: Any, labels: Sequence[str], table: Floats, what: str) -> None:
    labels = [shorten(label, _NAME) for label in labels]
    lowest = float(np.nanmin(table)) if np.isfinite(table).any() else 0.0
    low = -1.0 if lowest < 0 else 0.0
    picture = axes.imshow(table, cmap="RdBu" if low < 0 else "Blues", vmin=low, vmax=1)
    axes.figure.colorbar(picture, ax=axes, label=what, pad=0.02)
    if len(labels) <= _MOST_NUMBERS:
        for i, j in np.ndindex(*table.shape):
            value = float(table[i, j])
            text = "–" if value != value else f"{value:.2f}".replace("-", "\u2212")
            colour = "white" if abs(value) > 0.6 else "black"
            axes.text(j, i, text, ha="center", va="center", fontsize=9, color=colour)
    turned = max(map(len, labels)) * len(labels) > _WIDTH
    turn = {"rotation": 30, "ha": "right"} if turned else {}
    axes.set_xticks(range(len(labels)), labels, fontsize=9, **turn)
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_spread(axes: Any, statistics: Statistics) -> None:
    labels, places, sds = _spreads(statistics)
    groups = [each[~np.isnan(each)] for each in sds]
    means = [float(group.mean()) if len(group) else 0.0 for group in groups]
    numbers = _numbers(labels)
    colours = [_look(place)["color"] for place in places]
    if numbers is None:
        axes.bar(range(len(labels)), means, color=colours, width=0.6)
        turn = {"rotation": 30, "ha": "right"} if max(map(len, labels)) * len(labels) > _WIDTH else {}
        axes.set_xticks(range(len(labels)), labels, **turn)
        axes.margins(x=0.1)
    else:
        order = np.argsort(numbers, kind="stable")
        axes.plot([numbers[at] for at in order], [means[at] for at in order], color=GREY, linewidth=1.2, zorder=1)
        axes.scatter(numbers, means, c=colours, s=45, zorder=2)
        if min(numbers) > 0 and max(numbers) >= 20 * min(numbers):
            axes.set_xscale("log")
        axes.set_xticks(sorted(numbers), [f"{number:g}" for number in sorted(numbers)])
        axes.minorticks_off()
        axes.set_xlabel("label of the set")
    axes.set_ylim(0, max(*means, 1e-12) * 1.12)
    axes.set_ylabel("SD over runs, mean of all bases")
    runs = sorted({len(statistics.comparison.runs[place]) for place in places})
    axes.set_title(f"Spread over {' or '.join(map(str, runs)) if len(runs) < 4 else 'the'} runs")


def _draw_spread_by_base(axes: Any, statistics: Statistics) -> None:
    _mark_seed(axes)
    for at, run_sds in enumerate(statistics.run_sds[:_MOST_LINES]):
        if run_sds is None:
            continue
        known = ~np.isnan(run_sds)
        drawn = np.flatnonzero(known.any(0))
        mean = np.where(known, run_sds, 0).sum(0)[drawn] / known.sum(0)[drawn]
        axes.plot(drawn + 1, mean, label=shorten(statistics.comparison.labels[at], _NAME), **_look(at))
    axes.set_ylim(bottom=0)
    axes.set_title("Spread over runs by base")
    axes.set_xlabel("base of the miRNA, 5' to 3'")
    axes.set_ylabel("SD over runs, mean of all pairs")
    axes.margins(x=0.02)
    mark_bases(axes)
    _legend(axes)


def _spreads(statistics: Statistics) -> tuple[list[str], list[int], list[np.ndarray]]:
    """Return labels and indices of the sets with several runs, and their standard deviations."""
    places = [at for at, sds in enumerate(statistics.run_sds) if sds is not None]
    sds = [np.asarray(statistics.run_sds[at]).ravel() for at in places]
    return [shorten(statistics.comparison.labels[at], _NAME) for at in places], places, sds


def _numbers(labels: Sequence[str]) -> list[float] | None:
    """Return the values of labels such as 10 and 100; ``None`` if any label is not a number."""
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return None
    return numbers if all(abs(number) < 1e9 for number in numbers) else None


def _draw_measured(axes: Any, labels: Sequence[str], measured: Measured) -> None:
    places = np.arange(len(measured.ranges))
    largest = float(np.abs(measured.values).max()) or 1.0
    axes.bar(places, measured.values / largest, color="#D9D9D9", width=0.8, label="measured")
    for at, label in enumerate(labels[:_MOST_LINES]):
        row = measured.means[at]
        row = row / (float(np.abs(row).max()) or 1.0)
        value = measured.pearsons[at]
        text = "" if value != value else f" (r = {value:.2f})".replace("-", "\u2212")
        axes.plot(places, row, label=shorten(label, _NAME) + text, **_look(at))
    axes.axhline(0, color="black", linewidth=0.8)
    names = [f"{first}" if first == last else f"{first}–\n{last}" for first, last in measured.ranges]
    axes.set_xticks(places, names, fontsize=9 if len(names) < 15 else 7)
    axes.set_title(f"{shorten(measured.assay.mirna, 24)}: measured and computed", fontsize=11)
    axes.set_xlabel("base of the miRNA, 5' to 3'")
    axes.set_ylabel("divided by the largest")
    _legend(axes)
