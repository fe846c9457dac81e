"""Clusters of miRNAs with similar sensitivity profiles, as a figure (paper: Fig. S2)."""

from __future__ import annotations

from functools import partial
from typing import Any, BinaryIO

import numpy as np

from mirtools.errors import shorten
from mirtools.interpretation.clusters import Clusters
from mirtools.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    draw_page,
    mark_bases,
    plain_mirna,
    whole_numbers,
)

NOTHING = "no miRNA with enough interacting pairs"
_COLOURS = (BLUE, ORANGE, GREEN, "#D55E00", "#CC79A7", SKY, "#000000")
# number of clusters, the largest, that have a mean profile below the picture
_MOST_LINES = len(_COLOURS)
_MOST_BARS = 11
# names next to the rows of the picture are readable up to this number
_MOST_NAMES = 100
_NAME_HEIGHT = 0.11
_HEIGHT = 4.2


def draw_clusters(stream: BinaryIO, kind: str, clusters: Clusters, width: int) -> None:
    """Draw all profiles as a picture, the mean profile of each cluster, and the targets shared within clusters.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    clusters : Clusters
    width : int
        Number of bases masked at a time.
    """
    if not clusters.count:
        draw_page(stream, kind, [], NOTHING)
        return
    parts = [
        [partial(_draw_picture, clusters=clusters, width=width)],
        [partial(_draw_means, clusters=clusters, width=width), partial(_draw_sharing, clusters=clusters)],
    ]
    count = len(clusters.profiles.names)
    tall = max(_HEIGHT, 1.2 + _NAME_HEIGHT * count) if count <= _MOST_NAMES else 1.5 * _HEIGHT
    title = f"{count:,} miRNAs by sensitivity, {clusters.count} clusters"
    draw_page(stream, kind, parts, title, [tall, _HEIGHT])


def _draw_picture(axes: Any, clusters: Clusters, width: int) -> None:
    from matplotlib import colormaps

    changes = clusters.profiles.changes[clusters.order]
    # up to the length of the longest miRNA
    changes = changes[:, : np.flatnonzero(np.isfinite(changes).any(0)).max(initial=0) + 1]
    reach = float(np.nanpercentile(np.abs(changes), 99)) if np.isfinite(changes).any() else 1.0
    colours = colormaps["RdBu"].with_extremes(bad="#EEEEEE")
    windows = changes.shape[1]
    first = (width + 1) / 2 - 0.5
    picture = axes.imshow(
        np.ma.masked_invalid(changes),
        aspect="auto",
        interpolation="nearest",
        cmap=colours,
        vmin=-(reach or 1),
        vmax=reach or 1,
        extent=(first, first + windows, len(changes) - 0.5, -0.5),
    )
    axes.figure.colorbar(picture, ax=axes, label="mean change of the score", pad=0.01)
    members = clusters.of_mirna[clusters.order]
    for number in range(1, clusters.count + 1):
        rows = np.flatnonzero(members == number)
        if number > 1:
            axes.axhline(rows[0] - 0.5, color="black", linewidth=0.8)
        axes.text(first + windows + 0.15, rows.mean(), f"{number}", va="center", fontsize=9, clip_on=False)
    names = [shorten(plain_mirna(clusters.profiles.names[at]), 24) for at in clusters.order]
    if len(names) <= _MOST_NAMES:
        axes.set_yticks(range(len(names)), names, fontsize=6.5)
        axes.tick_params(axis="y", length=0)
    else:
        axes.set_ylabel("miRNAs")
        whole_numbers(axes.yaxis)
    mark_bases(axes)
    axes.set_title("Profiles by cluster, numbers at the right (red: the score falls)")
    axes.set_xlabel(f"base of the miRNA, 5' to 3' (middle of the {width} masked)")


def _draw_means(axes: Any, clusters: Clusters, width: int) -> None:
    for number in range(1, min(clusters.count, _MOST_LINES) + 1):
        members = clusters.profiles.changes[clusters.of_mirna == number]
        known = np.isfinite(members)
        # means over few of the cluster's miRNAs are noisy
        drawn = np.flatnonzero(2 * known.sum(0) >= len(members))
        mean = np.where(known, members, 0).sum(0)[drawn] / known.sum(0)[drawn]
        axes.plot(
            drawn + (width + 1) / 2,
            mean,
            color=_COLOURS[number - 1],
            marker=".",
            label=f"{number} ({len(members):,})",
        )
    axes.axhline(0, color="black", linewidth=0.8)
    largest = "" if clusters.count <= _MOST_LINES else "largest "
    axes.set_title(f"Mean profile of the {largest}clusters")
    axes.set_xlabel(f"base (middle of the {width} masked)")
    axes.set_ylabel("masked − unmasked score")
    mark_bases(axes)
    # next to the axes: lines may reach any corner inside
    axes.legend(
        loc="upper left", bbox_to_anchor=(1, 1.02), fontsize=8.5, title="cluster\n(miRNAs)", title_fontsize=8.5
    )


def _draw_sharing(axes: Any, clusters: Clusters) -> None:
    # a cluster of one miRNA has no targets shared within it
    some = [sharing for sharing in clusters.sharing if sharing.overlap == sharing.overlap]
    some = [*some[:-1][:_MOST_BARS], *some[-1:]]
    axes.set_title("Targets shared within clusters (above: p)")
    if not some:
        axes.set_axis_off()
        return
    places = np.arange(len(some))
    axes.bar(places - 0.2, [sharing.overlap for sharing in some], 0.38, color=BLUE, label="clusters")
    axes.bar(places + 0.2, [sharing.random for sharing in some], 0.38, color=GREY, label="random clusters")
    for place, sharing in zip(places.tolist(), some, strict=True):
        axes.text(
            place,
            max(sharing.overlap, sharing.random),
            f"{sharing.p_value:.2g}",
            ha="center",
            va="bottom",
            fontsize=8,
        )
    axes.set_xticks(places, [str(sharing.cluster or "all") for sharing in some])
    axes.set_xlabel("cluster")
    axes.set_ylabel("mean overlap of targets")
    axes.margins(y=0.3)
    axes.legend(fontsize=8.5)
