"""The change between conditions as a volcano: which points are drawn where, and the largest changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mirtools.errors import shorten
from mirtools.report.drawing import plain_mirna
from mirtools.report.page.wording import many
from mirtools.report.sites.compared import Change, Comparison
from mirtools.report.sites.statistics import SIGNIFICANT

MOST_CHANGES = 10
# p-values below this one are drawn at it
_LOWEST_P = 1e-50
# so many points fit next to each other; of more on one place one is drawn
_COLUMNS, _ROWS = 220, 130
_MARGIN = 0.04
_NAME = 40
_MINUS = "\u2212"


class Point(NamedTuple):
    """A point of the volcano: where it lies in percent from the left and the top, its colour and its name."""

    x: float
    y: float
    colour: str
    label: str


class Tick(NamedTuple):
    """A tick of an axis: where it lies in percent, and its text."""

    at: float
    text: str


class TopChange(NamedTuple):
    """One of the largest changes.

    Attributes
    ----------
    name : str
    site, mirna, gene : str
        What the table of sites is filtered by; empty for what the comparison does not name.
    numbers : list of str
        Mean, fold change, interval and q-value as text.
    """

    name: str
    site: str
    mirna: str
    gene: str
    numbers: list[str]


class Volcano(NamedTuple):
    """A comparison as it is drawn.

    Attributes
    ----------
    name, title : str
        The contrast, and what it shows.
    points : list of Point
    x_ticks, y_ticks : list of Tick
    names : list of Point
        Where names of the most significant points are written.
    top : list of TopChange
    note : str
    """

    name: str
    title: str
    points: list[Point]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    names: list[Point]
    top: list[TopChange]
    note: str


def volcano_of(comparison: Comparison, labels: dict[tuple[str, ...], str], most: int = MOST_CHANGES) -> Volcano:
    """Return what is drawn of a comparison.

    Parameters
    ----------
    comparison : Comparison
    labels : dict of tuple to str
        Names of what changes, by its key; others are called by the key itself.
    most : int
        How many of the most significant changes are listed.
    """
    drawn = [change for change in comparison.changes if _known(change)]
    reach = max([1.0, *(abs(change.log2_fold_change) for change in drawn)]) * 1.05
    height = max([2.0, *(_strength(change) for change in drawn)]) * 1.05
    points: list[Point] = []
    names: list[Point] = []
    taken: set[tuple[int, int]] = set()
    for change in drawn:
        x = round(_spread(0.5 + change.log2_fold_change / reach / 2), 2)
        y = round(_spread(1 - _strength(change) / height), 2)
        place = round(x * _COLUMNS / 100), round(y * _ROWS / 100)
        if place in taken:
            continue
        taken.add(place)
        colour = "even" if not change.significant else "up" if change.log2_fold_change > 0 else "down"
        points.append(Point(x, y, colour, _label(change, labels)))
        if change.significant and len(names) < 5 and all(abs(y - other.y) > 6 for other in names):
            names.append(points[-1])
    step = _step(2 * reach)
    limit = int(reach / step)
    x_ticks = [
        Tick(round(_spread(0.5 + number * step / reach / 2), 2), f"{number * step:g}".replace("-", _MINUS))
        for number in range(-limit, limit + 1)
    ]
    step = _step(height)
    y_ticks = [
        Tick(round(_spread(1 - n * step / height), 2), f"{n * step:g}") for n in range(int(height / step) + 1)
    ]
    changed = comparison.up + comparison.down
    title = (
        f"{changed:,} of {many(len(drawn), comparison.kind)} tested {'changes' if changed == 1 else 'change'}: "
    )
    title += f"{comparison.up:,} up, {comparison.down:,} down (q < {SIGNIFICANT:g})"
    top = [_top(change, comparison, labels) for change in comparison.changes[:most] if _known(change)]
    untested = len(comparison.changes) - len(drawn)
    note = f"{untested:,} more were not tested." if untested else ""
    return Volcano(comparison.name, title, points[::-1], x_ticks, y_ticks, names, top, note)


def _known(change: Change) -> bool:
    return not (math.isnan(change.log2_fold_change) or math.isnan(_p_value(change)))


def _p_value(change: Change) -> float:
    return change.q_value if math.isnan(change.p_value) else change.p_value


def _strength(change: Change) -> float:
    return -math.log10(min(1.0, max(_p_value(change), _LOWEST_P)))


def _spread(share: float) -> float:
    """Return a position in percent with a margin at both ends."""
    return 100 * (_MARGIN + share * (1 - 2 * _MARGIN))


def _step(reach: float) -> float:
    """Return a distance of ticks of which three to seven fit.

    >>> [_step(reach) for reach in (1.05, 3.2, 12.0)]
    [0.2, 0.5, 2.0]
    """
    exponent = math.floor(math.log10(reach / 3))
    return next(factor * 10**exponent for factor in (1.0, 2.0, 5.0, 10.0) if reach / (factor * 10**exponent) <= 7)


def _label(change: Change, labels: dict[tuple[str, ...], str]) -> str:
    named = [shorten(plain_mirna(name), _NAME) for name in (change.mirna, change.gene) if name]
    return labels.get(change.key) or " on ".join(named) or shorten(" ".join(change.key), 2 * _NAME)


def _top(change: Change, comparison: Comparison, labels: dict[tuple[str, ...], str]) -> TopChange:
    interval = f"{change.lower:.1f} to {change.upper:.1f}" if change.lower == change.lower else "."
    fold = f"{change.log2_fold_change:+.2f}"
    mean = "." if math.isnan(change.base_mean) else f"{change.base_mean:.3g}"
    q_value = "." if math.isnan(change.q_value) else f"{change.q_value:.2g}"
    numbers = [mean, fold.replace("-", _MINUS), interval.replace("-", _MINUS), q_value]
    site = change.key[0] if comparison.kind == "site" else ""
    return TopChange(_label(change, labels), site, change.mirna, change.gene, numbers)


def labels_of(comparison: Comparison, sites: Sequence[tuple[str, str, str]]) -> dict[tuple[str, ...], str]:
    """Return names of the sites in a comparison: miRNA and gene.

    Parameters
    ----------
    comparison : Comparison
    sites : sequence of (str, str, str)
        Identifier, miRNA and gene of sites.
    """
    if comparison.kind != "site":
        return {}
    wanted = {change.key for change in comparison.changes}
    return {
        (name,): f"{shorten(plain_mirna(mirna), _NAME)} on {shorten(gene, _NAME)}"
        for name, mirna, gene in sites
        if (name,) in wanted
    }
