"""The figure of chimera-parse: fate of the reads, lengths of their parts, junctions, and regions of sites.

It is drawn from the statistics that chimera-parse writes into ``--json``. Regions are bars, not a pie: bars on one
scale can be compared, even small ones, and between figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import accumulate
from typing import Any, BinaryIO

from mirtools.errors import shorten
from mirtools.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    LEGEND,
    ORANGE,
    SKY,
    Panel,
    draw_bars,
    draw_gaps,
    draw_page,
    whole_numbers,
)
from mirtools.report.markdown import fate_name, share
from mirtools.transcripts.regions import REGIONS

# In reverse order of processing; other fates follow, the most frequent first.
FATES = "paired low_support short_site gap loop no_target no_mirna too_short".split()
LENGTHS = {
    "insert_lengths": ("Trimmed reads", GREY),
    "mirna_lengths": ("miRNA part", BLUE),
    "target_lengths": ("Aligned target part", GREEN),
}
MOST_SAMPLES = 15
_MOST_FATES = 10

Statistics = Mapping[str, Any]


def draw_chimera(stream: BinaryIO, kind: str, statistics: Statistics) -> None:
    """Draw the statistics of one run of chimera-parse.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
        The same statistics give the same bytes.
    statistics : mapping
        ``fate``, ``duplicates``, ``insert_lengths``, ``mirna_lengths``, ``target_lengths``, ``gaps``, ``orders``
        and, if known, ``regions`` and ``samples``: counts of distinct reads; numbers as keys are strings. Missing
        or empty statistics are not drawn.
    """
    fate, samples = fates(statistics), statistics.get("samples", {})
    rows: list[list[Panel]] = []
    if any(count for _, count in fate):
        rows.append([partial(_draw_fates, statistics=statistics)])
    lengths: list[Panel] = [
        partial(_draw_lengths, counts=counts, title=title, colour=colour)
        for key, (title, colour) in LENGTHS.items()
        if (counts := numbered(statistics.get(key, {})))
    ]
    where: list[Panel] = []
    if gaps := numbered(statistics.get("gaps", {})):
        where.append(partial(_draw_junctions, gaps=gaps, orders=statistics.get("orders", {})))
    if any(statistics.get("regions", {}).values()):
        where.append(partial(_draw_regions, regions=statistics["regions"]))
    rows += [row for row in (lengths, where) if row]
    if len(samples) > 1:
        rows.append([partial(_draw_samples, samples=samples)])
    draw_page(stream, kind, rows, "" if dict(fate).get("paired") else "no chimeric reads")


def fates(statistics: Statistics) -> list[tuple[str, int]]:
    """Return the fates of the distinct reads with their counts: chimeras first, then from late to early steps."""
    counts = {key: count for key, count in statistics.get("fate", {}).items() if count or key == "paired"}
    known = [(key, counts[key]) for key in FATES if key in counts]
    others = [(key, count) for key, count in counts.items() if key not in FATES]
    return known + sorted(others, key=lambda item: (-item[1], item[0]))


def numbered(counts: Mapping[str, int]) -> dict[int, int]:
    """Return counts by number, ascending, without those that are 0."""
    return {number: count for number, count in sorted((int(key), n) for key, n in counts.items()) if count}


def _draw_fates(axes: Any, statistics: Statistics) -> None:
    found = fates(statistics)
    if len(found) > _MOST_FATES:
        rest = sum(count for _, count in found[_MOST_FATES - 1 :])
        found = [*found[: _MOST_FATES - 1], ("other reasons", rest)]
    total = sum(count for _, count in found)
    names = [fate_name("paired_reads" if key == "paired" else key) for key, _ in found]
    colours = [BLUE if key == "paired" else SKY if key == "low_support" else GREY for key, _ in found]
    labels = [f"{count:,}  ({share(count, total)})" for _, count in found]
    draw_bars(axes, names, [([count for _, count in found], colours, None)], labels)
    copies = statistics.get("duplicates", 0)
    axes.set_title(f"Fate of {total:,} reads" + (f" (without {copies:,} duplicates)" if copies else ""))
    axes.set_xlabel("reads")


def _draw_lengths(axes: Any, counts: Mapping[int, int], title: str, colour: str) -> None:
    total, low, longest = sum(counts.values()), min(counts), max(counts)
    # a few long reads must not compress the rest of the axis
    high = _quantile(counts, 0.995)
    high = high if longest - low > 1.3 * (high - low) else longest
    shown = {length: count for length, count in counts.items() if length <= high}
    axes.bar(list(shown), list(shown.values()), width=0.9, color=colour)
    # a single length must not become one very wide bar
    room = max(0, 8 - (high - low)) / 2
    axes.set_xlim(low - 1 - room, high + 1 + room)
    axes.set_title(title)
    label = f"nt (median {_quantile(counts, 0.5)}; {total:,} reads)"
    if hidden := total - sum(shown.values()):
        label += f"\n{hidden:,} longer, up to {longest:,} nt"
    axes.set_xlabel(label)
    axes.set_ylabel("distinct reads")
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)
    whole_numbers(axes.xaxis)
    whole_numbers(axes.yaxis)


def _quantile(counts: Mapping[int, int], part: float) -> int:
    """Return the smallest number that is at least as large as ``part`` of all; numbers ascend."""
    below = accumulate(counts.values())
    total = sum(counts.values())
    return next(number for number, seen in zip(counts, below, strict=True) if seen >= part * total)


def _draw_junctions(axes: Any, gaps: Mapping[int, int], orders: Mapping[str, int]) -> None:
    draw_gaps(axes, gaps, "distinct reads")
    total = sum(gaps.values())
    parts = (
        ("overlap", ORANGE, sum(count for gap, count in gaps.items() if gap < 0), 0.02, "left"),
        ("adjacent", GREY, gaps.get(0, 0), 0.5, "center"),
        ("gap", BLUE, sum(count for gap, count in gaps.items() if gap > 0), 0.98, "right"),
    )
    for name, colour, count, at, align in parts:
        text = f"{name} {share(count, total)}"
        axes.text(at, 1.0, text, transform=axes.transAxes, ha=align, va="bottom", color=colour, fontsize=10)
    axes.set_title(axes.get_title(loc="left"), pad=20)
    if sum(orders.values()):
        last = orders.get("target_first", 0)
        axes.set_xlabel(f"{axes.get_xlabel()}\ntarget first in {share(last, sum(orders.values()))} of reads")


def _draw_regions(axes: Any, regions: Mapping[str, int]) -> None:
    names = [name for name in REGIONS if name in REGIONS[:3] or regions.get(name)]
    counts = [regions.get(name, 0) for name in names]
    total = sum(regions.values())
    colours = [GREEN if name in REGIONS[:3] else GREY for name in names]
    draw_bars(axes, names, [(counts, colours, None)], [f" {count:,}  ({share(count, total)})" for count in counts])
    axes.set_title("Region of the target sites")
    axes.set_xlabel("distinct reads")


def _draw_samples(axes: Any, samples: Mapping[str, Mapping[str, int]]) -> None:
    shown = sorted(samples, key=lambda name: (-samples[name]["reads"], name))[:MOST_SAMPLES]
    shown = [name for name in samples if name in shown]  # in the order of the command line
    paired = [samples[name]["paired_reads"] for name in shown]
    others = [samples[name]["distinct_reads"] - count for name, count in zip(shown, paired, strict=True)]
    copies = [samples[name]["reads"] - samples[name]["distinct_reads"] for name in shown]
    labels = [
        f"{count:,} of {samples[name]['distinct_reads']:,}  ({share(count, samples[name]['distinct_reads'])})"
        for name, count in zip(shown, paired, strict=True)
    ]
    layers = [(paired, BLUE, "chimeras"), (others, GREY, "other distinct reads"), (copies, SKY, "duplicates")]
    draw_bars(axes, [shorten(name, 30) for name in shown], layers, labels)
    axes.legend(**LEGEND | {"ncols": 3})
    axes.set_title("Reads per sample")
    some = f" (the {len(shown)} of {len(samples)} samples with most)" if len(shown) < len(samples) else ""
    axes.set_xlabel(f"reads{some}; the labels: chimeras of distinct reads")
