"""The figure of dmiso-evaluate: ROC and precision-recall curves, all pairs and within miRNAs, and parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import shorten
from mirtools.evaluation.judgement import ALL, Estimate, Judged
from mirtools.evaluation.predictors import Predictor
from mirtools.pairs.ranking import Ranking
from mirtools.report.drawing import BLUE, GREEN, GREY, ORANGE, SKY, Panel, draw_page

_COLOURS = (BLUE, ORANGE, GREEN, "#D55E00", "#CC79A7", SKY, "#000000", GREY)
_DASHES = ("-", "--", ":")
_MARKERS = ("o", "s", "D")
_YES_NO = 3  # points of the curve of a predictor that only gives 1 or 0
_MOST_POINTS = 1500  # per curve
_MOST_PARTS = 20
_FAINT = "#BDBDBD"
NOTHING = "no pairs to evaluate on"


def draw_evaluation(
    stream: BinaryIO,
    kind: str,
    labels: NDArray[np.uint8],
    predictors: Sequence[Predictor],
    judged: Sequence[Judged],
) -> None:
    """Draw the evaluation of predictors; without positives or without negatives, only recall by part.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    labels : ndarray of uint8
        Of all pairs, in the order of the predictors' scores.
    predictors : sequence of Predictor
    judged : sequence of Judged
        The results for all parts.
    """
    overall = [each for each in judged if each.part == ALL]
    parts = _parts_to_draw(judged)
    rows: list[list[Panel]] = []
    if 0 < labels.sum() < len(labels):
        counts = {"positives": int(labels.sum()), "negatives": int((labels == 0).sum())}
        curves = _curves(labels, predictors)
        rows.append(
            [
                partial(_draw_roc, curves=curves, **counts),
                partial(_draw_precision, curves=curves, **counts),
                partial(_draw_names, curves=curves),
            ]
        )
        if overall:
            rows.append(
                [
                    partial(_draw_pooled, judged=overall, names=("auroc", "within_mirna_auroc"), title="AUROC"),
                    partial(
                        _draw_pooled,
                        judged=overall,
                        names=("average_precision", "within_mirna_ap"),
                        title="Average precision",
                    ),
                ]
            )
        if parts:
            rows.append([partial(_draw_parts, judged=judged, parts=parts, name="auroc", title="AUROC by part")])
    elif len(labels):
        shown = [*([ALL] if overall else []), *parts]
        rows.append([partial(_draw_parts, judged=judged, parts=shown, name="recall", title="Recall")])
    draw_page(stream, kind, rows, "" if rows else NOTHING)


def _parts_to_draw(judged: Sequence[Judged]) -> list[str]:
    """Return the 20 largest parts of those with an interval (or of all if none has one)."""
    sizes = {each.part: each.pairs for each in judged if each.part != ALL}
    sure = {each.part for each in judged if any(figure.low == figure.low for figure in each.figures.values())}
    large = sorted(sizes.keys() & sure or sizes, key=lambda name: -sizes[name])[:_MOST_PARTS]
    return [name for name in sizes if name in large]


@dataclass(frozen=True)
class _Curve:
    """One predictor's curves: true and false positives at every threshold, and of its predictions."""

    name: str
    look: dict[str, Any]
    found: NDArray[np.int64]
    wrong: NDArray[np.int64]
    called: tuple[int, int] | None
    auroc: float
    precision: float


def _curves(labels: NDArray[np.uint8], predictors: Sequence[Predictor]) -> list[_Curve]:
    curves = []
    for number, predictor in enumerate(predictors):
        ranking = Ranking(labels, predictor.scores)
        found, wrong = ranking.curves()
        called = predictor.called
        counts = None if called is None else tuple(int((called & (labels == label)).sum()) for label in (1, 0))
        if not np.isfinite(predictor.scores).all():
            found, wrong = found[:-1], wrong[:-1]  # the last step is all pairs without a score
        some = np.unique(np.linspace(0, len(found) - 1, min(len(found), _MOST_POINTS)).astype(np.int64))
        curves.append(
            _Curve(
                predictor.name,
                _look(number),
                found[some],
                wrong[some],
                None if counts is None else (counts[0], counts[1]),
                *ranking.figures(),
            )
        )
    return curves


def _look(number: int) -> dict[str, Any]:
    turn = number // len(_COLOURS) % len(_DASHES)
    return {"color": _COLOURS[number % len(_COLOURS)], "ls": _DASHES[turn], "marker": _MARKERS[turn]}


def _line(curve: _Curve) -> dict[str, Any]:
    return {"color": curve.look["color"], "ls": curve.look["ls"], "lw": 1.6}


def _point(curve: _Curve) -> dict[str, Any]:
    return {"color": curve.look["color"], "marker": curve.look["marker"], "ls": "", "ms": 5, "zorder": 3}


def _draw_roc(axes: Any, curves: Sequence[_Curve], positives: int, negatives: int) -> None:
    axes.plot([0, 1], [0, 1], color=_FAINT, lw=1)
    for curve in curves:
        false, recall = curve.wrong / negatives, curve.found / positives
        if len(curve.found) > _YES_NO:
            axes.plot(false, recall, **_line(curve))
            rest = {"color": curve.look["color"], "ls": ":", "lw": 0.8}
            axes.plot([false[-1], 1], [recall[-1], 1], **rest)
        if curve.called is not None:
            axes.plot(curve.called[1] / negatives, curve.called[0] / positives, **_point(curve))
    _square(axes)
    axes.set_title("ROC")
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("recall")


def _draw_precision(axes: Any, curves: Sequence[_Curve], positives: int, negatives: int) -> None:
    axes.axhline(positives / (positives + negatives), color=_FAINT, lw=1)
    for curve in curves:
        found, wrong = curve.found[1:], curve.wrong[1:]
        if len(curve.found) > _YES_NO:
            recall, precision = found / positives, found / (found + wrong)
            # average precision is the area of these steps: each has the height of its right end
            axes.plot(
                np.append(0, recall), np.append(precision[0], precision), drawstyle="steps-pre", **_line(curve)
            )
        if curve.called is not None and sum(curve.called) > 0:
            axes.plot(curve.called[0] / positives, curve.called[0] / sum(curve.called), **_point(curve))
    _square(axes)
    axes.set_title("Precision and recall")
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")


def _draw_names(axes: Any, curves: Sequence[_Curve]) -> None:
    """Draw the legend of both curves as a list, with the areas under them."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    step = min(1 / 13, 1 / (len(curves) + 1))
    size = 9 if len(curves) <= 14 else 7
    for text, at in (("AUROC", 0.8), ("AP", 1.0)):
        axes.text(at, 1, text, ha="right", va="center", fontsize=size, fontweight="bold")
    for number, curve in enumerate(curves, 1):
        height = 1 - number * step
        if len(curve.found) > _YES_NO:
            axes.plot([0, 0.09], [height, height], **_line(curve))
        if curve.called is not None:
            axes.plot(0.045, height, **_point(curve))
        axes.text(0.13, height, shorten(curve.name, 22), va="center", fontsize=size)
        axes.text(0.8, height, f"{curve.auroc:.3f}", ha="right", va="center", fontsize=size)
        axes.text(1.0, height, f"{curve.precision:.3f}", ha="right", va="center", fontsize=size)
    axes.set_ylim(min(0, 1 - (len(curves) + 1) * step), 1.03)
    axes.text(0, 1, "points: predictions", va="center", fontsize=size, color="#555555")


def _square(axes: Any) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.grid(color="#EDEDED", linewidth=0.8)


def _draw_pooled(axes: Any, judged: Sequence[Judged], names: tuple[str, str], title: str) -> None:
    lowest = 0.5 if names[0] == "auroc" else 1.0
    for number, each in enumerate(judged):
        for name, offset, filled in ((names[0], -0.14, True), (names[1], 0.14, False)):
            estimate = each.figures[name]
            if estimate.value == estimate.value:
                _with_interval(axes, estimate, number + offset, _look(number), filled, upright=False)
                lowest = min([lowest, *(value for value in estimate if value == value)])
    if names[0] == "auroc":
        axes.axvline(0.5, color=_FAINT, lw=1)
        for face, label in (("#555555", "all pairs"), ("white", "within miRNAs")):
            axes.plot([], [], "o", color="#555555", mfc=face, ms=5.5, label=label)
        axes.legend(loc="lower right", bbox_to_anchor=(1.02, 0.985), ncols=2, fontsize=9, frameon=False)
    axes.set_yticks(range(len(judged)), [shorten(each.predictor, 22) for each in judged], fontsize=9)
    axes.set_ylim(len(judged) - 0.4, -0.6)
    axes.set_xlim(max(0.0, lowest - 0.03), 1.005)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#EDEDED", linewidth=0.8)
    axes.set_title(title)


def _draw_parts(axes: Any, judged: Sequence[Judged], parts: Sequence[str], name: str, title: str) -> None:
    predictors = list(dict.fromkeys(each.predictor for each in judged))
    width = 0.7 / max(1, len(predictors))
    sizes = {each.part: each.pairs for each in judged}
    found = {(each.part, each.predictor): each.figures[name] for each in judged}
    for number, predictor in enumerate(predictors):
        look = _look(number)
        axes.plot([], [], look["marker"], color=look["color"], ms=5, label=shorten(predictor, 22))
        for place, part in enumerate(parts):
            estimate = found.get((part, predictor))
            if estimate is not None and estimate.value == estimate.value:
                at = place + (number - (len(predictors) - 1) / 2) * width
                _with_interval(axes, estimate, at, look, filled=True, upright=True)
    for place in range(1, len(parts)):
        axes.axvline(place - 0.5, color="#EDEDED", lw=0.8)
    if name == "auroc":
        axes.axhline(0.5, color=_FAINT, lw=1)
    else:
        axes.set_ylim(-0.02, 1.02)
    columns = {part.partition("=")[0] for part in parts if "=" in part}
    names = [part.partition("=")[2] or "none" if "=" in part and len(columns) == 1 else part for part in parts]
    labels = [
        f"{shorten(name.replace('_', ' '), 26)}\n{sizes[part]:,}" for name, part in zip(names, parts, strict=True)
    ]
    turned: Any = {"rotation": 38, "ha": "right"} if len(parts) > 7 else {}
    axes.set_xticks(range(len(parts)), labels, **turned)
    axes.set_xlim(-0.5, len(parts) - 0.5)
    axes.tick_params(axis="x", length=0, labelsize=8.5)
    axes.grid(axis="y", color="#EDEDED", linewidth=0.8)
    axes.set_title(title)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8.5, frameon=False, handlelength=0.8)


def _with_interval(
    axes: Any, estimate: Estimate, at: float, look: dict[str, Any], filled: bool, upright: bool
) -> None:
    value, low, high = estimate
    if low == low:
        ends = ([at, at], [low, high]) if upright else ([low, high], [at, at])
        axes.plot(*ends, color=look["color"], lw=1.4, solid_capstyle="butt", zorder=2)
    place = (at, value) if upright else (value, at)
    face = look["color"] if filled else "white"
    axes.plot(*place, look["marker"], ms=5, color=look["color"], mfc=face, zorder=3)
