"""The summary of a table of sites, as Markdown that also reads well as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from mirtools.io.sequences import to_dna
from mirtools.io.tables import MISSING
from mirtools.report.drawing import plain_mirna
from mirtools.report.duplex import fold_duplex
from mirtools.report.markdown import escape, fate_of, figure_block, hints_of, markdown_table, share
from mirtools.report.page.wording import many
from mirtools.report.run_reports import RunReport
from mirtools.report.sites.compared import Comparison
from mirtools.report.sites.findings import findings, number_of_reads, region_name
from mirtools.report.sites.reads import Step
from mirtools.report.sites.statistics import SiteStatistics, Tally, ranked, regions_in_order, types_in_order
from mirtools.report.sites.table import SiteCells
from mirtools.report.sites.volcano import labels_of, volcano_of

_TEXT = {"class", "gene", "region", "site type", "sample", "condition", "what"}


def write_site_summary(
    stream: TextIO,
    found: SiteStatistics,
    top: int,
    duplexes: int,
    comparisons: Sequence[Comparison] = (),
    reports: Sequence[RunReport] = (),
    steps: Sequence[Step] = (),
    figure: str | None = None,
) -> None:
    """Write the summary as Markdown.

    Parameters
    ----------
    stream : TextIO
    found : SiteStatistics
    top, duplexes : int
        How many sites, miRNAs and genes are listed, and how many of the sites are drawn as duplexes.
    comparisons : sequence of Comparison
    reports : sequence of RunReport
        Of the commands that made the table.
    steps : sequence of Step
        Reads that are left after each step.
    figure : str, optional
        Path of the figure, relative to the summary.
    """
    blocks = ["# miRNA binding sites", " ".join(escape(each, 400) for each in findings(found))]
    if any(report.hints for report in reports):
        blocks.append(hints_of(reports))
    if figure is not None:
        blocks.append(figure_block(figure))
    if steps:
        rows = [[escape(step.name), step.text, step.share] for step in steps]
        blocks += ["## From reads to sites", markdown_table(["reads", "number", "share"], rows, _TEXT)]
    if found.all.sites:
        blocks += _samples(found)
        if found.classed:
            names = [name for name, _ in ranked(found.classes)]
            blocks += _kinds("Classes of guides", "class", found, names, found.classes)
        if found.placed:
            blocks += _kinds("Regions", "region", found, regions_in_order(found.regions), found.regions)
        if found.typed:
            blocks += _kinds("Site types", "site type", found, types_in_order(found.types), found.types)
        blocks += _most("miRNAs", "miRNA", found.mirnas, found, top)
        blocks += _most("Genes", "gene", found.genes, found, top)
        blocks += _sites(found.top[:top], found)
        blocks += _duplexes(found.top[: min(top, duplexes)], found)
    blocks += [block for each in comparisons for block in _comparison(each, found, top)]
    if reports:
        blocks += ["## Fate of the reads", *map(fate_of, reports)]
    stream.write("\n\n".join(blocks) + "\n")


def _samples(found: SiteStatistics) -> list[str]:
    if len(found.samples) < 2:
        return []
    rows = [
        [
            escape(name),
            number_of_reads(counts.all.reads),
            f"{counts.all.sites:,}",
            f"{len(counts.mirnas):,}",
            f"{len(counts.genes):,}",
            share(counts.alone, counts.all.sites),
        ]
        for name, counts in zip(found.samples, found.by_sample, strict=True)
    ]
    return [
        "## Samples",
        markdown_table(["sample", "reads", "sites", "miRNAs", "genes", "in no other"], rows, _TEXT),
    ]


def _kinds(
    title: str, what: str, found: SiteStatistics, names: Iterable[str], tallies: dict[str, Tally]
) -> list[str]:
    rows = [[escape(region_name(name)), *_numbers(tallies[name], found)] for name in names]
    return [f"## {title}", markdown_table([what, *_HEADS], rows, _TEXT)]


def _most(title: str, what: str, tallies: dict[str, Tally], found: SiteStatistics, top: int) -> list[str]:
    rows = [[escape(plain_mirna(name)), *_numbers(tally, found)] for name, tally in ranked(tallies)[:top]]
    if not rows:
        return []
    return [f"## {title} with most reads", markdown_table([what, *_HEADS], rows, _TEXT)]


_HEADS = ("sites", "of sites", "reads", "of reads")


def _numbers(tally: Tally, found: SiteStatistics) -> list[str]:
    return [
        f"{tally.sites:,}",
        share(tally.sites, found.all.sites),
        number_of_reads(tally.reads),
        share(tally.reads, found.all.reads),
    ]


def _sites(sites: Sequence[SiteCells], found: SiteStatistics) -> list[str]:
    if not sites:
        return []
    several = len(found.samples) > 1 and "n_samples" in found.columns
    with_q = "q_value" in found.has
    header = ["site", "miRNA", "gene", "region", "site type", "reads"]
    header += (["samples"] if several else []) + (["q"] if with_q else [])
    rows = []
    for site in sites:
        cells = dict(zip(found.columns, site.cells, strict=True))
        row = [site.site_id, plain_mirna(site.mirna), site.gene, site.region, site.site_type]
        row = [escape(each) for each in row] + [number_of_reads(site.reads)]
        row += [escape(cells["n_samples"])] if several else []
        rows.append(row + ([escape(cells["q_value"])] if with_q else []))
    return ["## Sites with most reads", markdown_table(header, rows, {*_TEXT, "miRNA"})]


def _duplexes(sites: Sequence[SiteCells], found: SiteStatistics) -> list[str]:
    if not {"mirna_seq", "site_seq"} <= set(found.columns):
        return []
    at = found.columns.index("mirna_seq"), found.columns.index("site_seq")
    drawn = []
    for rank, site in enumerate(sites, 1):
        mirna, bases = site.cells[at[0]], site.cells[at[1]]
        duplex = None if MISSING in (mirna, bases) else fold_duplex(to_dna(mirna), to_dna(bases))
        if duplex is not None:
            title = f"{rank}. {escape(plain_mirna(site.mirna))} with {escape(site.gene)}"
            drawn += [f"{title} ({duplex.energy:.1f} kcal/mol)", f"```\n{duplex.text()}\n```"]
    note = "The most stable duplex of each, computed from sequence; `|` Watson-Crick pair, `:` G:U pair."
    return ["### Duplexes", note, *drawn] if drawn else []


def _comparison(comparison: Comparison, found: SiteStatistics, top: int) -> list[str]:
    named = [(site.site_id, site.mirna, site.gene) for site in found.top]
    drawn = volcano_of(comparison, labels_of(comparison, named), top)
    blocks = [f"## Changes: {escape(comparison.name)}", f"{drawn.title}."]
    if drawn.top:
        rows = [[escape(change.name), *change.numbers] for change in drawn.top]
        header = ["what", "mean reads", "log2 fold change", "interval", "q"]
        blocks.append(markdown_table(header, rows, _TEXT))
    elif not comparison.changes:
        blocks.append(f"No {many(0, comparison.kind).removeprefix('0 ')} were compared.")
    return blocks
