"""The figure of isomir-classify: types, isomiRs per miRNA, preferred types, shared targets, another experiment."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

from mirtools.errors import shorten
from mirtools.io.tables import ISOMIR_TYPES
from mirtools.isomir.compare import FIRST, SECOND, Comparison
from mirtools.isomir.statistics import ALL, SIGNIFICANT, Preference, Shared, Statistics, spread
from mirtools.report.drawing import (
    BLUE,
    GREEN,
    LEGEND,
    ORANGE,
    SKY,
    Panel,
    draw_bars,
    draw_page,
    plain_mirna,
    whole_numbers,
)

MOST_MIRNAS = 14
_MOST_FOLD = 3  # log2


def draw_isomirs(
    stream: BinaryIO, kind: str, statistics: Statistics, comparison: Comparison | None, min_pairs: int
) -> None:
    """Draw the statistics of one run of isomir-classify.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
        The same statistics give the same bytes.
    statistics : Statistics
    comparison : Comparison, optional
    min_pairs : int
        Smallest number of isomiR pairs with which a miRNA was tested for preferred types.
    """
    anything = any(count.pairs for count in statistics.types.values())
    rows: list[list[Panel]] = []
    if anything:
        rows.append([partial(_draw_types, statistics=statistics)])
        if statistics.isomirs_per_mirna:
            rows[0].append(partial(_draw_per_mirna, counts=statistics.isomirs_per_mirna))
    second: list[Panel] = []
    if statistics.preferences:
        second.append(partial(_draw_preferences, preferences=statistics.preferences, min_pairs=min_pairs))
    shared = [item for item in statistics.shared if item.mirna == ALL and (item.sites or item.transcripts)]
    if shared:
        second.append(partial(_draw_shared, shared=shared))
    if second:
        rows.append(second)
    if comparison is not None and comparison.shares:
        rows.append([partial(_draw_comparison, comparison=comparison)])
    draw_page(stream, kind, rows, "" if rows else "no interactions")


def _draw_types(axes: Any, statistics: Statistics) -> None:
    names = ["exact", *ISOMIR_TYPES]
    counts = [statistics.types[name] for name in names]
    colours = [BLUE] + [ORANGE] * len(ISOMIR_TYPES)
    kinds = [" miRNAs"] + [""] * len(ISOMIR_TYPES)
    labels = [f"{count.pairs:,}  ({count.isomirs:,}{kind})" for count, kind in zip(counts, kinds, strict=True)]
    draw_bars(
        axes, [name.replace("_", " ") for name in names], [([c.pairs for c in counts], colours, None)], labels
    )
    axes.set_xlim(0, axes.get_xlim()[1] * 1.12)
    axes.set_title("isomiR types")
    axes.set_xlabel("interactions (in brackets: different isomiRs)")


def _draw_per_mirna(axes: Any, counts: Sequence[int]) -> None:
    most = 20
    heights = Counter(min(count, most) for count in counts)
    shown = range(1, min(most, max(counts)) + 1)
    axes.bar(shown, [heights[size] for size in shown], width=0.85, color=ORANGE)
    ticks = [size for size in shown if size in (1, most) or (size % 5 == 0 if max(shown) > 9 else True)]
    axes.set_xticks(ticks, [f"≥{size}" if size == most and max(counts) > most else str(size) for size in ticks])
    axes.set_xlim(0.2, max(8, *shown) + 0.8)
    sizes = spread(counts, "mirnas")
    axes.set_title("isomiRs per miRNA")
    axes.set_xlabel(
        f"isomiRs (mean {sizes['mean']:.1f}, median {sizes['median']:g}, most {sizes['max']:,}; "
        f"{len(counts):,} miRNAs)"
    )
    axes.set_ylabel("miRNAs")
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)
    whole_numbers(axes.yaxis)


def _draw_preferences(axes: Any, preferences: Sequence[Preference], min_pairs: int) -> None:
    mirnas = list(dict.fromkeys(item.mirna for item in preferences))
    shown = mirnas[:MOST_MIRNAS]
    row_of = {name: row for row, name in enumerate(shown)}
    folds = [[0.0] * len(ISOMIR_TYPES) for _ in shown]
    for item in preferences:
        if item.mirna not in row_of:
            continue
        row, column = row_of[item.mirna], ISOMIR_TYPES.index(item.type)
        share = item.pairs / item.isomir_pairs
        fold = math.log2(share / item.expected) if share and item.expected else -_MOST_FOLD if item.expected else 0
        folds[row][column] = max(-_MOST_FOLD, min(_MOST_FOLD, fold))
        if item.is_preferred:
            axes.text(column, row, "●", ha="center", va="center", fontsize=9, color="black")
    # blue and orange can be distinguished with any colour vision
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("fold", [BLUE, "#F7F7F7", ORANGE])
    image = axes.imshow(folds, cmap=colours, vmin=-_MOST_FOLD, vmax=_MOST_FOLD, aspect="auto")
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02)
    bar.set_ticks([-3, 0, 3], labels=["⅛", "1", "8"])
    bar.set_label("share / expected", fontsize=9.5)
    bar.outline.set_visible(False)
    labels = [
        name.replace("addition", "add").replace("deletion", "del").replace("replacement", "rep")
        for name in ISOMIR_TYPES
    ]
    axes.set_xticks(range(len(ISOMIR_TYPES)), [label.replace("_", "\n") for label in labels], fontsize=9)
    axes.set_yticks(range(len(shown)), [shorten(plain_mirna(name), 20) for name in shown], fontsize=9)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("Preferred types")
    some = f"{len(shown)} of " if len(shown) < len(mirnas) else ""
    axes.set_xlabel(
        f"● more than expected, corrected p < {SIGNIFICANT:g}\n"
        f"{some}{len(mirnas):,} miRNAs with {min_pairs:,} or more isomiR pairs",
        fontsize=9,
    )


def _draw_shared(axes: Any, shared: Sequence[Shared]) -> None:
    has_sites = shared[0].sites is not None
    sizes = {item.groups: item.sites if item.sites is not None else item.transcripts for item in shared}
    ranked = sorted(sizes.items(), key=lambda item: (len(item[0]) > 1, -item[1]))[:10]
    names = [" + ".join(groups) + (" only" if len(groups) == 1 else "") for groups, _ in ranked]
    colours = [BLUE if groups == ("exact",) else ORANGE if len(groups) == 1 else GREEN for groups, _ in ranked]
    counts = [size for _, size in ranked]
    draw_bars(axes, names, [(counts, colours, None)], [f"{count:,}" for count in counts])
    axes.set_title("Shared targets")
    axes.set_xlabel(f"target {'sites' if has_sites else 'transcripts'} of the isoforms of a miRNA")
    axes.tick_params(axis="y", labelsize=9)


def _draw_comparison(axes: Any, comparison: Comparison) -> None:
    least = min(share.min_reads for share in comparison.shares)
    shares = [share for share in comparison.shares if share.min_reads == least]
    items = [name for name in ("any", "exact", "isomir", *ISOMIR_TYPES) if any(s.item == name for s in shares)]
    height = 0.38
    for side, (name, colour, label) in enumerate(
        ((FIRST, ORANGE, "first, absent from second"), (SECOND, SKY, "second, absent from first"))
    ):
        chosen = {share.item: share for share in shares if share.experiment == name}
        at = [row + (side - 0.5) * height for row, item in enumerate(items) if item in chosen]
        found = [chosen[item] for item in items if item in chosen]
        axes.barh(at, [100 * share.absent / share.isomirs for share in found], height, color=colour, label=label)
        axes.plot(
            [100 * share.expected / share.isomirs for share in found],
            at,
            linestyle="none",
            marker="|",
            markersize=11,
            markeredgewidth=2.2,
            color="black",
            label=None if side else "expected at equal abundance",
        )
        for place, share in zip(at, found, strict=True):
            text = f"{share.absent:,} of {share.isomirs:,}"
            axes.text(101, place, text, va="center", fontsize=8, color="#333333")
    names = {"any": "all", "exact": "exact miRNA", "isomir": "isomiRs"}
    axes.set_yticks(range(len(items)), [names.get(item, item.replace("_", " ")) for item in items])
    axes.set_ylim(len(items) - 0.4, -0.6)
    axes.set_xlim(0, 112)
    axes.set_xticks(range(0, 101, 20))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.8)
    axes.set_title("Found in one experiment only")
    axes.set_xlabel(f"% of the isomiRs with {least:,} or more reads that have fewer in the other experiment")
    axes.legend(**LEGEND | {"ncols": 3})
