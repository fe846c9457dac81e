"""What the charts of a page show: bars and coloured tables, each with a title that answers a question."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from mirtools.errors import shorten
from mirtools.report.drawing import plain_mirna
from mirtools.report.markdown import share
from mirtools.report.page.wording import many
from mirtools.report.sites.findings import number_of_reads, region_name, region_plural
from mirtools.report.sites.reads import Step
from mirtools.report.sites.statistics import (
    SEED_MATCHES,
    SiteStatistics,
    Tally,
    heat_map,
    ranked,
    regions_in_order,
    types_in_order,
)
from mirtools.report.sites.table import UNKNOWN
from mirtools.sites.replicates import rank_correlations

MOST_BARS = 15
MOST_REGION_BARS = 12
MAP_MIRNAS, MAP_GENES = 15, 25
# levels of colour in a coloured table, from 0 (nothing) to 9
_LEVELS = 9
_NAME = 40
_MOST_SAMPLES = 30
TYPE_LEGEND = {
    "t8": "8mer",
    "t7": "7mer-m8",
    "ta": "7mer-A1",
    "t6": "6mer",
    "weak": "offset, G:U or bulge",
    "other": "none",
}


class Part(NamedTuple):
    """A part of a bar: where it begins and how long it is in percent, its colour, and what it shows."""

    start: float
    length: float
    colour: str
    label: str


class Bar(NamedTuple):
    """One bar: its name, the column and the value that the table of sites is filtered by, parts, and numbers."""

    name: str
    column: str
    value: str
    parts: list[Part]
    numbers: list[str]


class Bars(NamedTuple):
    """Horizontal bars with their numbers.

    Attributes
    ----------
    title : str
        The answer.
    what : str
        What a bar is.
    heads : list of str
        Names of the numbers.
    rows : list of Bar
    legend : list of (str, str)
        Colours with their meanings; empty for one colour.
    note : str
    """

    title: str
    what: str
    heads: list[str]
    rows: list[Bar]
    legend: list[tuple[str, str]]
    note: str = ""


class Level(NamedTuple):
    """A cell of a coloured table: its text, its level of colour from 0 to 9, and what it shows."""

    text: str
    level: int
    label: str


class Levels(NamedTuple):
    """A table whose cells are coloured by value."""

    title: str
    columns: list[str]
    rows: list[tuple[str, list[Level]]]
    note: str = ""


def mirna_bars(found: SiteStatistics) -> Bars:
    """Return the miRNAs with most reads."""
    top = ranked(found.mirnas)
    targets = Counter(mirna for mirna, _ in found.pairs)
    first = top[: max(1, _needed(found.all.reads, top))]
    half = f"{many(len(first), 'miRNA')} of {len(top):,} {'has' if len(first) == 1 else 'have'} half of the reads"
    rows = _most_reads(top, "mirna_id", targets)
    return Bars(half, "miRNA", ["reads", "sites", "genes"], rows, [], _some(len(rows), len(top), "miRNAs"))


def gene_bars(found: SiteStatistics) -> Bars:
    """Return the genes with most reads."""
    top = ranked(found.genes)
    binders = Counter(gene for _, gene in found.pairs)
    several = sum(count > 1 for count in binders.values())
    title = f"{share(several, len(top))} of genes are bound by two miRNAs or more"
    rows = _most_reads(top, "gene", binders)
    return Bars(title, "gene", ["reads", "sites", "miRNAs"], rows, [], _some(len(rows), len(top), "genes"))


def region_bars(found: SiteStatistics) -> Bars:
    """Return the sites in each region."""
    names = regions_in_order(found.regions)
    most = max(names, key=lambda name: (found.regions[name].sites, name != UNKNOWN))
    lie = share(found.regions[most].sites, found.all.sites)
    title = (
        f"{lie} of sites lie in {region_plural(most)}" if most != UNKNOWN else f"The region of {lie} is unknown"
    )
    return _kinds(title, "region", "region", names, found.regions, found.all, region_colour, region_name)


def class_bars(found: SiteStatistics) -> Bars:
    """Return the sites of each class of guides."""
    names = [name for name, _ in ranked(found.classes)]
    title = (
        f"Guides of the class {names[0]} have {share(found.classes[names[0]].reads, found.all.reads)} of the reads"
    )
    return _kinds(title, "class", "", names, found.classes, found.all, lambda _: "reads", str)


def type_bars(found: SiteStatistics) -> Bars:
    """Return the sites of each type."""
    names = types_in_order(found.types)
    title = f"{share(found.seed_matches.sites, found.typed)} of sites have a seed match without G:U and bulge"
    return _kinds(title, "site type", "site_type", names, found.types, found.all, type_colour, str)


def region_shares(found: SiteStatistics) -> Bars:
    """Return the share of each region among the sites of the miRNAs with most reads."""
    top = [name for name, _ in ranked(found.mirnas)[:MOST_REGION_BARS]]
    names = [name for name in regions_in_order(found.regions) if name != UNKNOWN]
    main = max(names, key=lambda name: found.regions[name].sites)
    known = [mirna for mirna in top if set(found.regions_of[mirna]) - {UNKNOWN}]
    spread = _spread([found.regions_of[mirna] for mirna in known], [main])
    title = f"{spread} of each top miRNA's sites lie in {region_plural(main)}"
    rows = [
        _stacked(mirna, "mirna_id", names, found.regions_of[mirna], region_colour, region_name) for mirna in known
    ]
    legend = [(region_colour(name), region_name(name)) for name in names]
    return Bars(title, "miRNA", ["sites"], rows, legend)


def sample_shares(found: SiteStatistics) -> list[Bars]:
    """Return the shares of regions and of site types among the sites of each sample, as far as they are known."""
    charts = []
    if found.placed:
        names = [name for name in regions_in_order(found.regions) if name != UNKNOWN]
        main = max(names, key=lambda name: found.regions[name].sites)
        tallies = [counts.regions for counts in found.by_sample]
        title = f"{_spread(tallies, [main])} of each sample's sites lie in {region_plural(main)}"
        legend = [(region_colour(name), region_name(name)) for name in names]
        charts.append(_by_sample(title, found, tallies, names, legend, region_colour))
    if found.typed:
        names = [name for name in types_in_order(found.types) if name != UNKNOWN]
        tallies = [counts.types for counts in found.by_sample]
        title = f"{_spread(tallies, SEED_MATCHES)} of each sample's sites match a seed"
        colours = dict.fromkeys(map(type_colour, names))
        legend = [(colour, TYPE_LEGEND[colour]) for colour in colours]
        charts.append(_by_sample(title, found, tallies, names, legend, type_colour))
    return charts


def step_bars(steps: Sequence[Step]) -> Bars:
    """Return how many reads are left after each step from the reads to the sites."""
    rows = [
        Bar(
            step.name,
            "",
            "",
            [Part(0, min(100.0, _percent(step.reads, steps[0].reads)), "reads", step.text)],
            [step.text, step.share],
        )
        for step in steps
    ]
    return Bars(f"{steps[-1].share} of {steps[0].name} are at these sites", "reads", ["reads", "share"], rows, [])


def recurrence_bars(found: SiteStatistics, condition: str = "") -> Bars:
    """Return how many sites recur in how many samples, of one condition or of all."""
    counts = found.seen_in[condition]
    samples = len(found.conditions[condition] if condition else found.samples)
    total = sum(count for number, count in counts.items() if number)
    every = counts[samples]
    of_what = f"replicates of {shorten(condition, _NAME)}" if condition else "samples"
    title = f"{share(every, total)} of sites recur in {'both' if samples == 2 else f'all {samples}'} {of_what}"
    highest = max((counts[number] for number in range(1, samples + 1)), default=0)
    rows = [
        Bar(
            f"{number} of {samples}",
            "",
            "",
            [Part(0, _percent(counts[number], highest), "reads", f"{counts[number]:,}")],
            [f"{counts[number]:,}", share(counts[number], total)],
        )
        for number in range(samples, 0, -1)
    ]
    return Bars(title, of_what.split(" of ")[0], ["sites", "share"], rows, [])


def correlations(found: SiteStatistics) -> Levels:
    """Return the rank correlation of any two samples over the sites that both have."""
    names = found.samples[:_MOST_SAMPLES]
    values = rank_correlations(found.counts()[:, : len(names)])
    others = [values[a, b] for a in range(len(names)) for b in range(a) if not math.isnan(values[a, b])]
    title = "No two samples share enough sites to correlate"
    if others:
        title = f"Rank correlation between samples is {min(others):.2f} to {max(others):.2f}"
    rows = []
    for name, row in zip(names, values, strict=True):
        cells = [
            Level("–" if math.isnan(value) else f"{value:.2f}", _level(value), f"{name}, {other}")
            for other, value in zip(names, row, strict=True)
        ]
        rows.append((name, cells))
    note = (
        "Spearman's correlation of reads, over the sites that both samples have; – if there are fewer than three."
    )
    return Levels(title, names, rows, note)


def pair_map(found: SiteStatistics) -> Levels:
    """Return the reads of the miRNAs with most reads on the genes that they bind most."""
    mirnas, genes, reads = heat_map(found, MAP_MIRNAS, MAP_GENES)
    highest = max(map(max, reads))
    at = next(at for at, row in enumerate(reads) if highest in row)
    gene = genes[reads[at].index(highest)]
    title = f"{shorten(plain_mirna(mirnas[at]), _NAME)} on {shorten(gene, _NAME)} is the strongest of these pairs"
    # a row of reads a gene: names of miRNAs are short enough for columns
    rows = []
    for number, name in enumerate(genes):
        cells = []
        for mirna, row in zip(mirnas, reads, strict=True):
            shown = number_of_reads(row[number])
            level = _log_level(row[number], highest)
            cells.append(Level(shown if row[number] else "", level, f"{mirna}, {name}: {shown} reads"))
        rows.append((name, cells))
    note = "Reads, in logarithmic colours. The miRNAs with most reads, and the genes with most reads of these."
    return Levels(title, [plain_mirna(name) for name in mirnas], rows, note)


def region_colour(region: str) -> str:
    """Return the class of a region's colour."""
    return {"5'UTR": "utr5", "CDS": "cds", "3'UTR": "utr3", "noncoding": "noncoding"}.get(region, "other")


def type_colour(site_type: str) -> str:
    """Return the class of a site type's colour, as in the BED file of sites-merge."""
    known = {"8mer": "t8", "7mer-m8": "t7", "7mer-A1": "ta", "6mer": "t6", "none": "other", UNKNOWN: "other"}
    return known.get(site_type, "weak")


def _kinds(
    title: str,
    what: str,
    column: str,
    names: Sequence[str],
    tallies: dict[str, Tally],
    all_sites: Tally,
    colour: Callable[[str], str],
    called: Callable[[str], str],
) -> Bars:
    highest = max(tallies[name].sites for name in names)
    rows = []
    for name in names:
        tally = tallies[name]
        part = Part(0, _percent(tally.sites, highest), colour(name), f"{tally.sites:,}")
        numbers = [f"{tally.sites:,}", share(tally.sites, all_sites.sites), share(tally.reads, all_sites.reads)]
        rows.append(Bar(called(name), column, "." if name == UNKNOWN else name, [part], numbers))
    return Bars(title, what, ["sites", "of sites", "of reads"], rows, [])


def _most_reads(top: Sequence[tuple[str, Tally]], column: str, partners: Mapping[str, int]) -> list[Bar]:
    """Return the bars with most reads, with the numbers of reads, sites and partners of each."""
    return [
        _single(
            name,
            column,
            tally,
            top[0][1].reads,
            [number_of_reads(tally.reads), f"{tally.sites:,}", f"{partners[name]:,}"],
        )
        for name, tally in top[:MOST_BARS]
    ]


def _single(name: str, column: str, tally: Tally, highest: int, numbers: list[str]) -> Bar:
    part = Part(0, _percent(tally.reads, highest), "reads", number_of_reads(tally.reads))
    return Bar(shorten(plain_mirna(name), _NAME), column, name, [part], numbers)


def _stacked(
    name: str,
    column: str,
    kinds: Sequence[str],
    tallies: dict[str, Tally],
    colour: Callable[[str], str],
    called: Callable[[str], str],
) -> Bar:
    total = sum(tallies[kind].sites for kind in kinds if kind in tallies)
    parts: list[Part] = []
    before = 0
    for kind in kinds:
        sites = tallies[kind].sites if kind in tallies else 0
        if not sites:
            continue
        label = f"{called(kind)}: {share(sites, total)}"
        start, end = _percent(before, total), _percent(before + sites, total)
        if parts and parts[-1].colour == colour(kind):
            start, label = parts[-1].start, f"{parts[-1].label}, {label}"
            parts.pop()
        parts.append(Part(start, round(end - start, 2), colour(kind), label))
        before += sites
    return Bar(shorten(plain_mirna(name), _NAME), column, name, parts, [f"{total:,}"])


def _by_sample(
    title: str,
    found: SiteStatistics,
    tallies: Sequence[dict[str, Tally]],
    names: Sequence[str],
    legend: list[tuple[str, str]],
    colour: Callable[[str], str],
) -> Bars:
    drawn = list(zip(found.samples, tallies, strict=True))[:_MOST_SAMPLES]
    rows = [_stacked(sample, "", names, each, colour, region_name) for sample, each in drawn]
    return Bars(title, "sample", ["sites"], rows, legend)


def _spread(tallies: Iterable[dict[str, Tally]], names: Container[str]) -> str:
    """Return the smallest and the largest share of some kinds among the sites whose kind is known."""
    shares = []
    for each in tallies:
        known = sum(tally.sites for name, tally in each.items() if name != UNKNOWN)
        if known:
            part = sum(tally.sites for name, tally in each.items() if name in names and name != UNKNOWN)
            shares.append(f"{100 * part / known:.0f}")
    ends = sorted({min(shares, key=int), max(shares, key=int)}, key=int) if shares else ["0"]
    return " to ".join(ends) + " %"


def _needed(total: int, top: Sequence[tuple[str, Tally]]) -> int:
    """Return how many of the first have half of all reads."""
    so_far = 0
    for number, (_, tally) in enumerate(top, 1):
        so_far += tally.reads
        if 2 * so_far >= total:
            return number
    return len(top)


def _some(shown: int, total: int, what: str) -> str:
    return f"The {shown} of {total:,} {what} with most reads." if shown < total else ""


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _level(value: float) -> int:
    return 0 if math.isnan(value) or value <= 0 else min(_LEVELS, max(1, round(value * _LEVELS)))


def _log_level(reads: int, highest: int) -> int:
    return 0 if reads <= 0 else max(1, round(_LEVELS * math.log1p(reads / 100) / math.log1p(highest / 100)))
