"""The figure of an audit: which properties predict the label, and how they differ between the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO

from mirtools.negatives.findings import BASELINE, CLEAN, LIMIT, SPLIT, TOO_FEW, WARNINGS, Finding
from mirtools.negatives.held_out import gc_shares
from mirtools.pairs.table import LabelledPairs
from mirtools.report.drawing import BLUE, GREY, ORANGE, SKY, draw_page

NOTHING = "no labelled pairs to audit"
_LINES = "#E4E4E4"
_RED = "#D55E00"
_DESCRIBED = {
    "n_count": "N in sequences",
    "site_gc": "site GC",
    "junction": "bases shared at the junction",
    "mirna_seed": "miRNA seed",
    "all_together": "all except memory, together",
    "site_memory": "site positive elsewhere",
    "site_type": "seed match",
}
_BINS = 25


def draw_audit(stream: BinaryIO, kind: str, findings: Sequence[Finding], rows: LabelledPairs) -> None:
    """Draw an audit and the audited pairs.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
        The same audit gives the same bytes.
    findings : sequence of Finding
    rows : LabelledPairs
    """
    if not findings:
        draw_page(stream, kind, [], NOTHING)
        return
    draw_page(
        stream,
        kind,
        [
            [partial(_draw_findings, findings=findings)],
            [
                partial(_draw_lengths, rows=rows),
                partial(_draw_gc, rows=rows),
                partial(_draw_mirnas, rows=rows),
            ],
        ],
    )


def _look(finding: Finding) -> tuple[str, str]:
    """Return a finding's colour and the colour's meaning."""
    if finding.kind == BASELINE and finding.verdict not in WARNINGS:
        return GREY, "baseline"
    if finding.verdict in WARNINGS:
        return _RED, "warning"
    if finding.verdict == CLEAN:
        return BLUE, "clean"
    if finding.verdict == TOO_FEW:
        return SKY, "too few pairs"
    return ORANGE, "leaks if split at random"


def _draw_findings(axes: Any, findings: Sequence[Finding]) -> None:
    axes.axvspan(LIMIT, 1.0, color="#F6F6F6", lw=0)
    axes.axvline(LIMIT, color="#BDBDBD", lw=1)
    looks: dict[str, str] = {}
    for place, each in enumerate(findings):
        colour, meaning = _look(each)
        looks.setdefault(meaning, colour)
        axes.plot([each.low, each.high], [place, place], color=colour, lw=2.2, solid_capstyle="butt")
        axes.plot(each.auroc, place, "o", color=colour, ms=6)
        axes.text(1.012, place, f"{each.auroc:.3f}", va="center", fontsize=9)
    kinds = [BASELINE if each.kind == BASELINE else SPLIT for each in findings]
    for place in range(1, len(findings)):
        if kinds[place] != kinds[place - 1]:
            axes.axhline(place - 0.5, color="#BDBDBD", lw=0.8, ls=":")
    names = [_DESCRIBED.get(each.name, each.name.replace("mirna", "miRNA").replace("_", " ")) for each in findings]
    axes.set_yticks(range(len(findings)), names, fontsize=9.5)
    axes.set_ylim(len(findings) - 0.4, -0.6)
    lowest = min(0.5, *(each.low for each in findings))
    axes.set_xlim(max(0.0, lowest - 0.02), 1.0)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_LINES, linewidth=0.8)
    axes.set_title("How well single properties predict the label")
    axes.set_xlabel(f"AUROC (0.5: random; warning above {LIMIT:g})")
    for meaning, colour in looks.items():
        axes.plot([], [], "o", color=colour, ms=6, label=meaning)
    axes.legend(loc="lower right", bbox_to_anchor=(1.06, 0.985), ncols=len(looks), fontsize=9, handletextpad=0.1)


def _by_label(rows: LabelledPairs, values: Sequence[float]) -> tuple[list[float], list[float]]:
    split: tuple[list[float], list[float]] = ([], [])
    for label, value in zip(rows.labels, values, strict=True):
        split[1 - label].append(value)
    return split


def _draw_two(axes: Any, both: tuple[list[float], list[float]], edges: Any) -> None:
    """Draw the distributions among positives and among negatives, as shares of the pairs with that label."""
    for values, name, colour, fill in zip(
        both, ("positives", "negatives"), (BLUE, ORANGE), (True, False), strict=True
    ):
        axes.hist(
            values,
            edges,
            weights=[1 / len(values)] * len(values),
            histtype="stepfilled" if fill else "step",
            color=colour,
            alpha=0.45 if fill else 1.0,
            lw=1.6,
            label=name,
        )
    axes.set_ylabel("share of pairs")
    axes.set_ylim(0, axes.get_ylim()[1] * 1.18)  # room for the legend
    axes.legend(loc="upper right", ncols=2, fontsize=9, handlelength=1.1, columnspacing=1)


def _draw_lengths(axes: Any, rows: LabelledPairs) -> None:
    import numpy as np

    both = _by_label(rows, [len(site) for site in rows.sites])
    low, high = min(map(min, both)), max(map(max, both))
    step = max(1, -(-int(high - low + 1) // _BINS))
    _draw_two(axes, both, np.arange(low - 0.5, high + step + 0.5, step))
    if low == high:
        axes.set_xlim(low - 3, high + 3)
    axes.set_title("Site length")
    axes.set_xlabel("nt")


def _draw_gc(axes: Any, rows: LabelledPairs) -> None:
    import numpy as np

    both = _by_label(rows, (100 * gc_shares(rows.sites)).tolist())
    # edges lie between the values that a site of common length can have, with equally many values in each bin
    length = float(np.median([len(site) for site in rows.sites]))
    step = 100 / length
    width = step * max(1, round(0.045 * length))
    _draw_two(axes, both, np.arange(-step / 2, 100 + width + step / 2, width))
    axes.set_xlim(0, 100)
    axes.set_title("Site GC")
    axes.set_xlabel("%")


def _draw_mirnas(axes: Any, rows: LabelledPairs) -> None:
    """Draw each miRNA by its share among positives and among negatives; equal shares are on the diagonal."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for label, key in zip(rows.labels, rows.mirna_names(), strict=True):
        counts[1 - label][key] += 1
    names = sorted(set(rows.mirna_names()))
    shares = [[100 * part[name] / sum(part.values()) for name in names] for part in counts]
    top = 1.6 * max(map(max, shares))
    floor = 60 / max(len(rows), 1)  # drawn instead of zero, which a logarithmic axis does not have
    axes.plot([floor, top], [floor, top], color="#BDBDBD", lw=1)
    axes.plot(
        *([max(value, floor) for value in part] for part in shares), "o", color=BLUE, ms=3.5, alpha=0.5, mew=0
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlim(floor / 1.4, top)
    axes.set_ylim(floor / 1.4, top)
    axes.set_title("miRNAs, one point each")
    axes.set_xlabel("% of positives")
    axes.set_ylabel("% of negatives")
