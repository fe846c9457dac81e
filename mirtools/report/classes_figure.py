"""Classes of interactions as a figure: all rows, the mean profile of each class, the sizes of classes (Fig. 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from mirtools.classes.agreement import adjusted_rand_index, both_known
from mirtools.classes.classify import DISTRIBUTED, MIDDLE, RELAXED_SEED, SEED, THREE_PRIME, Classified
from mirtools.classes.vectors import Floats, scaled
from mirtools.report.drawing import BLUE, GREEN, GREY, ORANGE, SKY, Panel, draw_bars, draw_page, mark_bases
from mirtools.report.markdown import share

NOTHING = "no alignments"
_COLOURS = {SEED: BLUE, RELAXED_SEED: SKY, MIDDLE: GREEN, THREE_PRIME: ORANGE, DISTRIBUTED: GREY}
_PLAIN = {RELAXED_SEED: "relaxed seed", THREE_PRIME: "3' end", "no_alignment": "no alignment"}
# number of profiles; if there are more classes, the largest are drawn
_MOST_PROFILES = 12
_A_ROW = 3
# more rows could not be distinguished: each line is then the mean of neighbouring rows
_MOST_LINES = 400
_HEIGHTS = {"picture": 4.4, "profiles": 2.9}
_SEED_BASES = (1.5, 8.5)
_AXIS = "base of the miRNA, 5' to 3'"


def draw_classes(stream: BinaryIO, kind: str, found: Sequence[Classified]) -> None:
    """Draw classes by importance, classes by folding, and their agreement, as far as they are given.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    found : sequence of Classified
    """
    rows: list[list[Panel]] = []
    heights: list[float] = []
    drawn = [classified for classified in found if classified.classes.names]
    for classified in drawn:
        rows.append([partial(_draw_picture, found=classified), partial(_draw_counts, found=classified)])
        heights.append(_HEIGHTS["picture"])
        panels = list(_profiles(classified))
        if classified.choices:
            panels.append(partial(_draw_choices, found=classified))
        for at in range(0, len(panels), _A_ROW):
            some = panels[at : at + _A_ROW]
            # empty panels make these as wide as those above
            rows.append([*some, *[_draw_nothing] * (min(_A_ROW, len(panels)) - len(some))])
            heights.append(_HEIGHTS["profiles"])
    if len(drawn) == 2:
        rows.append([partial(_draw_agreement, found=drawn), _draw_nothing])
        heights.append(_HEIGHTS["picture"])
    total = len(found[0].members.numbers) if found else 0
    title = f"{total:,} interactions by the important bases of the miRNA"
    if rows:
        draw_page(stream, kind, rows, title, heights)
    else:
        draw_page(stream, kind, [], NOTHING)


def class_label(found: Classified, number: int) -> str:
    """Return a class as figures name it: ``2 relaxed seed``."""
    kind, digits = _kind(found.label(number))
    name = " ".join([_PLAIN.get(kind, kind), *digits])
    return f"{number}  {name}" if number else name


def _kind(name: str) -> tuple[str, list[str]]:
    """Return the kind of class in a name, and the number that distinguishes classes of one kind, if any."""
    head, _, tail = name.rpartition("_")
    return (head, [tail]) if head and tail.isdigit() else (name, [])


def _colour(name: str) -> str:
    return _COLOURS.get(_kind(name)[0], GREY)


def _source(found: Classified) -> str:
    return "paired when folded" if found.kind == "cofold" else "importance"


def _draw_picture(axes: Any, found: Classified) -> None:
    values = scaled(found.vectors.values, found.classes.scale)
    numbers = found.members.numbers
    centres = _mass_centres(values)
    # by class, then from weight at the 5' end to weight at the 3' end
    order = np.lexsort((np.arange(len(values)), centres, numbers))
    order = order[numbers[order] > 0]
    lines, owners = _lines(values[order], numbers[order])
    signed = bool((lines < 0).any()) and found.kind != "cofold"
    reach = float(np.abs(lines).max(initial=0)) or 1.0
    # a few large values would make the others pale
    reach = 1.0 if found.classes.scale == "row" else float(np.percentile(np.abs(lines), 99)) or reach
    picture = axes.imshow(
        lines,
        aspect="auto",
        interpolation="nearest",
        cmap="RdBu" if signed else "Blues",
        vmin=-reach if signed else 0,
        vmax=reach,
        extent=(0.5, values.shape[1] + 0.5, len(lines), 0),
    )
    label = _source(found) + (
        ", divided by the row's largest" if found.classes.scale == "row" and not _folded(found) else ""
    )
    axes.figure.colorbar(picture, ax=axes, label=label, pad=0.09)
    for number in range(1, len(found.classes.names) + 1):
        rows = np.flatnonzero(owners == number)
        if not len(rows):
            continue
        if rows[0]:
            axes.axhline(rows[0], color="black", linewidth=0.9)
        axes.text(
            values.shape[1] + 0.8,
            rows.mean() + 0.5,
            f"{number}",
            va="center",
            fontsize=10,
            fontweight="bold",
            color=_colour(found.classes.names[number - 1]),
            clip_on=False,
        )
    axes.set_yticks([])
    merged = len(order) / max(len(lines), 1)
    count = f"{len(order):,} interactions"
    axes.set_ylabel(count if merged <= 1 else f"{count}\n(a line is the mean of about {merged:.0f})")
    axes.set_xlabel(_AXIS)
    mark_bases(axes)
    axes.set_title("Folded pairs by class" if _folded(found) else "Importances by class")


def _folded(found: Classified) -> bool:
    return found.kind == "cofold"


def _mass_centres(values: Floats) -> Floats:
    positive = np.maximum(values, 0)
    total = positive.sum(1)
    moments = positive @ np.arange(1.0, values.shape[1] + 1)
    return np.divide(moments, total, out=np.zeros_like(total), where=total > 0)


def _lines(values: Floats, numbers: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Return about _MOST_LINES or fewer means of neighbouring rows of one class, and the class of each."""
    if len(values) <= _MOST_LINES:
        return values, numbers
    step = len(values) / _MOST_LINES
    lines, owners = [], []
    for number in np.unique(numbers).tolist():
        own = values[numbers == number]
        for part in np.array_split(own, max(1, round(len(own) / step))):
            lines.append(part.mean(0))
            owners.append(number)
    return np.array(lines), np.array(owners)


def _draw_counts(axes: Any, found: Classified) -> None:
    numbers = [*range(1, len(found.classes.names) + 1)]
    if found.known(0).any():
        numbers.append(0)
    counts = [int(found.known(number).sum()) for number in numbers]
    total = len(found.members.numbers)
    colours = [_colour(found.label(number)) if number else "#D9D9D9" for number in numbers]
    labels = [f"{count:,}  ({share(count, total)})" for count in counts]
    draw_bars(axes, [class_label(found, number) for number in numbers], [(counts, colours, None)], labels)
    axes.set_title("Interactions in each class")
    notes = "below: share of pairs in which a base is\npaired, yellow the seed (bases 2 to 8)"
    if not _folded(found):
        notes = "below: bars are means, black lines quartiles\nwith the median, yellow the seed (bases 2 to 8)"
    axes.set_xlabel(f"interactions\n\n{notes}")


def _profiles(found: Classified) -> Iterator[Panel]:
    sizes = [int(found.known(number).sum()) for number in range(1, len(found.classes.names) + 1)]
    largest = sorted(sorted(range(len(sizes)), key=lambda at: -sizes[at])[:_MOST_PROFILES])
    values = scaled(found.vectors.values, found.classes.scale)
    high = max(
        (float(np.percentile(values[found.known(at + 1)], 75, axis=0).max()) for at in largest if sizes[at]),
        default=1,
    )
    high = max(high, float(found.classes.centres.max(initial=0))) * 1.06 or 1.0
    for at in largest:
        yield partial(_draw_profile, found=found, number=at + 1, values=values, high=high)


def _draw_profile(axes: Any, found: Classified, number: int, values: Floats, high: float) -> None:
    own = values[found.known(number)]
    name = found.classes.names[number - 1]
    bases = np.arange(1, values.shape[1] + 1)
    axes.axvspan(*_SEED_BASES, color="#FFF3CD", zorder=0, linewidth=0)
    axes.bar(bases, found.classes.centres[number - 1], width=0.8, color=_colour(name))
    low = 0.0
    if len(own) and not _folded(found):
        lower, middle, upper = np.percentile(own, (25, 50, 75), axis=0)
        axes.vlines(bases, lower, upper, color="black", linewidth=1)
        axes.plot(bases, middle, ls="none", marker="_", color="black", markersize=4)
        low = min(0.0, float(lower.min()))
    axes.set_xlim(0.4, values.shape[1] + 0.6)
    axes.set_ylim(min(low, float(found.classes.centres.min(initial=0))) * 1.06, high)
    axes.set_title(f"{class_label(found, number)}  ({len(own):,})", fontsize=11)
    axes.set_xlabel(_AXIS)
    axes.set_ylabel("share paired" if _folded(found) else "importance")
    mark_bases(axes)


def _draw_choices(axes: Any, found: Classified) -> None:
    chosen = len(found.classes.names)
    numbers = [choice.k for choice in found.choices]
    axes.plot(numbers, [choice.silhouette for choice in found.choices], color=BLUE, marker="o")
    best = next(choice for choice in found.choices if choice.k == chosen)
    axes.plot([best.k], [best.silhouette], color=ORANGE, marker="o", markersize=9, ls="none", label="chosen")
    axes.set_xticks(numbers)
    axes.set_title("Number of classes", fontsize=11)
    axes.set_xlabel("classes tried")
    axes.set_ylabel("mean silhouette")
    axes.margins(y=0.2)
    axes.legend(fontsize=9)


def _draw_agreement(axes: Any, found: Sequence[Classified]) -> None:
    first, second = found
    table = both_known(first, second)
    totals = np.maximum(table.sum(1, keepdims=True), 1)
    by_row = 100 * table / totals
    picture = axes.imshow(by_row, aspect="auto", cmap="Blues", vmin=0, vmax=max(float(by_row.max(initial=0)), 1))
    axes.figure.colorbar(picture, ax=axes, label="% of the class by importance", pad=0.02)
    middle = float(by_row.max(initial=0)) / 2
    if table.size <= 100:
        for i, j in np.ndindex(*table.shape):
            colour = "white" if by_row[i, j] > middle else "black"
            axes.text(j, i, f"{table[i, j]:,}", ha="center", va="center", fontsize=9, color=colour)
    names = [class_label(second, number) for number in range(1, table.shape[1] + 1)]
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=9)
    axes.set_yticks(range(table.shape[0]), [class_label(first, number) for number in range(1, table.shape[0] + 1)])
    axes.tick_params(length=0)
    index = adjusted_rand_index(table)
    axes.set_title("Agreement" + ("" if index != index else f": adjusted Rand index {index:.2f}"))
    axes.set_xlabel("class by folding")
    axes.set_ylabel("class by importance")


def _draw_nothing(axes: Any) -> None:
    axes.set_axis_off()
