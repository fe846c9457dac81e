"""The figure of a table of sites, for a talk: targets of the top miRNAs, pairs, regions by miRNA."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

from mirtools.errors import shorten
from mirtools.report.drawing import BLUE, GREEN, GREY, ORANGE, SKY, Panel, draw_bars, draw_page, plain_mirna
from mirtools.report.sites.charts import pair_map, region_shares
from mirtools.report.sites.findings import NO_SITES, number_of_reads, region_name
from mirtools.report.sites.statistics import SiteStatistics, Tally, heat_map, ranked, regions_in_order
from mirtools.report.sites.table import UNIT, UNKNOWN

MOST_MIRNAS, MOST_TARGETS = 6, 8
MAP_MIRNAS, MAP_GENES = 12, 20
MOST_BARS = 12
_PURPLE = "#CC79A7"
_COLOURS = {"5'UTR": ORANGE, "CDS": SKY, "3'UTR": BLUE, "noncoding": _PURPLE}
_OTHERS = (GREEN, GREY)
_NAME = 22
# letters of two names that fit into one line of a title
_TITLE_WIDTH = 18
_HEIGHT, _MAP_HEIGHT = 3.1, 5.4


def draw_sites(stream: BinaryIO, kind: str, found: SiteStatistics) -> None:
    """Draw the targets of the miRNAs with most reads, a map of pairs, and the regions of miRNAs' sites.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    found : SiteStatistics
    """
    if not found.all.sites:
        draw_page(stream, kind, [], NO_SITES.removesuffix("."))
        return
    targets: dict[str, dict[str, Tally]] = {}
    for (mirna, gene), tally in found.pairs.items():
        targets.setdefault(mirna, {})[gene] = tally
    top = [name for name, _ in ranked(found.mirnas)[:MOST_MIRNAS]]
    panels: list[Panel] = [partial(_draw_targets, mirna=name, targets=targets[name]) for name in top]
    rows = [panels[at : at + 3] for at in range(0, len(panels), 3)]
    heights = [_HEIGHT] * len(rows)
    rows.append([partial(_draw_map, found=found)])
    heights.append(_MAP_HEIGHT)
    if found.placed:
        rows.append([partial(_draw_regions, found=found)])
        heights.append(_HEIGHT + 1)
    draw_page(stream, kind, rows, heights=heights)


def _draw_targets(axes: Any, mirna: str, targets: dict[str, Tally]) -> None:
    top = ranked(targets)[:MOST_TARGETS]
    counts = [round(tally.reads / UNIT) for _, tally in top]
    labels = [number_of_reads(tally.reads) for _, tally in top]
    draw_bars(axes, [shorten(gene, _NAME) for gene, _ in top], [(counts, BLUE, None)], labels)
    name = shorten(plain_mirna(mirna), _NAME)
    gene = shorten(top[0][0], 16)
    between = " " if len(name) + len(gene) < _TITLE_WIDTH else "\n"
    axes.set_title(f"{name}{between}binds {gene} most", fontsize=10.5)
    axes.set_xlabel(f"reads ({len(top)} of {len(targets):,} genes)" if len(top) < len(targets) else "reads")
    axes.tick_params(axis="y", labelsize=9)
    # bars of a few reads do not fill the panel
    axes.set_ylim(max(MOST_TARGETS, len(top)) - 0.4, -0.6)


def _draw_map(axes: Any, found: SiteStatistics) -> None:
    from matplotlib.colors import LogNorm

    mirnas, genes, reads = heat_map(found, MAP_MIRNAS, MAP_GENES)
    values = [[count / UNIT if count else float("nan") for count in row] for row in reads]
    highest = max(max(row) for row in reads) / UNIT
    # one cell of one read needs a scale, too
    image = axes.pcolormesh(values, cmap="Blues", norm=LogNorm(0.5, max(highest, 2.0)), edgecolors="white", lw=1)
    axes.set_facecolor("#F4F4F4")
    axes.set_xticks(
        [at + 0.5 for at in range(len(genes))], [shorten(name, 16) for name in genes], rotation=60, ha="right"
    )
    axes.set_yticks(
        [at + 0.5 for at in range(len(mirnas))], [shorten(plain_mirna(name), _NAME) for name in mirnas]
    )
    axes.tick_params(length=0, labelsize=9)
    axes.invert_yaxis()
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(pair_map(found).title)
    bar = axes.figure.colorbar(image, ax=axes, label="reads", pad=0.01)
    bar.outline.set_visible(False)
    ticks = [
        tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000) if tick <= max(highest, 2)
    ]
    bar.set_ticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    bar.minorticks_off()


def _draw_regions(axes: Any, found: SiteStatistics) -> None:
    mirnas = [name for name, _ in ranked(found.mirnas)[:MOST_BARS]]
    regions = [name for name in regions_in_order(found.regions) if name != UNKNOWN]
    names: Sequence[str] = [name for name in mirnas if _placed(found, name)]
    others = iter(_OTHERS)
    before = [0.0] * len(names)
    for region in regions:
        shares = [100 * _sites(found, name, region) / _placed(found, name) for name in names]
        colour = _COLOURS.get(region) or next(others, GREY)
        axes.barh(range(len(names)), shares, left=before, color=colour, label=region_name(region), height=0.72)
        before = [low + share for low, share in zip(before, shares, strict=True)]
    labels = [f"{shorten(plain_mirna(name), _NAME)} ({_placed(found, name):,})" for name in names]
    axes.set_yticks(range(len(names)), labels)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.set_xlabel("share of sites (%); number of sites in brackets")
    axes.set_title(region_shares(found).title)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.02))


def _sites(found: SiteStatistics, mirna: str, region: str) -> int:
    regions = found.regions_of[mirna]
    return regions[region].sites if region in regions else 0


def _placed(found: SiteStatistics, mirna: str) -> int:
    return sum(tally.sites for region, tally in found.regions_of[mirna].items() if region != UNKNOWN)
