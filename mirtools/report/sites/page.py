"""One self-contained HTML page on the sites of an experiment: charts, and a table of all sites to search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TextIO

from mirtools.errors import shorten
from mirtools.io.samplesheet import Sample
from mirtools.io.tables import MISSING
from mirtools.report.drawing import plain_mirna
from mirtools.report.markdown import share
from mirtools.report.page.data import encoded_columns
from mirtools.report.page.document import write_document
from mirtools.report.page.wording import span
from mirtools.report.sites import charts
from mirtools.report.sites.alignments import Drawn
from mirtools.report.sites.compared import Comparison
from mirtools.report.sites.findings import findings, number_of_reads, region_name
from mirtools.report.sites.reads import Step
from mirtools.report.sites.statistics import SEED_MATCHES, SiteStatistics, regions_in_order, types_in_order
from mirtools.report.sites.table import UNKNOWN, SiteCells
from mirtools.report.sites.volcano import Volcano, labels_of, volcano_of

PRINTED = 100
TOP_SITES = 10
_NAME = 40


@dataclass(frozen=True)
class PageContent:
    """What is on a page.

    Attributes
    ----------
    found : SiteStatistics
        Its top sites are those in the table of the page.
    drawn : sequence of Drawn
        The alignment of each of these.
    comparisons : sequence of Comparison
    sheet : mapping of str to Sample
        What a sample sheet says of each sample.
    steps : sequence of Step
        Reads that are left after each step, if reports of the commands were given.
    """

    found: SiteStatistics
    drawn: Sequence[Drawn]
    comparisons: Sequence[Comparison] = ()
    sheet: Mapping[str, Sample] = field(default_factory=dict)
    steps: Sequence[Step] = ()


class SampleLine(NamedTuple):
    """A row of the table of samples."""

    name: str
    condition: str
    replicate: str
    numbers: list[str]


class SiteLine(NamedTuple):
    """A row of the tables that are read without the script."""

    site_id: str
    mirna: str
    gene: str
    region: str
    place: str
    reads: str
    samples: str
    site_type: str
    q_value: str


def write_page(stream: TextIO, content: PageContent) -> None:
    """Write the page.

    Parameters
    ----------
    stream : TextIO
    content : PageContent
    """
    found = content.found
    write_document(
        stream,
        "mirtools.report.sites",
        _data(content),
        noun="site",
        found=found,
        sentences=findings(found),
        lines=[_line(site, found) for site in found.top[:PRINTED]],
        top_sites=TOP_SITES,
        samples=_samples(content),
        with_sheet=bool(content.sheet),
        **_charts(content),
    )


def _charts(content: PageContent) -> dict[str, Any]:
    """Return the charts by their names in the template; ``None`` for those that the table has no data for."""
    found = content.found
    some, several = bool(found.all.sites), len(found.samples) > 1 and bool(found.all.sites)
    named = [name for name, members in found.conditions.items() if len(members) > 1]
    return {
        "mirnas": charts.mirna_bars(found) if some else None,
        "genes": charts.gene_bars(found) if some else None,
        "regions": charts.region_bars(found) if some and found.placed else None,
        "types": charts.type_bars(found) if some and found.typed else None,
        "classes": charts.class_bars(found) if some and found.classed else None,
        "region_shares": charts.region_shares(found) if some and found.placed else None,
        "pair_map": charts.pair_map(found) if some else None,
        "sample_shares": charts.sample_shares(found) if several else [],
        "correlations": charts.correlations(found) if several else None,
        "recurrence": [charts.recurrence_bars(found, name) for name in ["", *named]] if several else [],
        "volcanoes": _volcanoes(content),
        "steps": charts.step_bars(content.steps) if content.steps else None,
    }


def _volcanoes(content: PageContent) -> list[Volcano]:
    sites = [(site.site_id, site.mirna, site.gene) for site in content.found.top]
    return [volcano_of(each, labels_of(each, sites)) for each in content.comparisons]


def _samples(content: PageContent) -> list[SampleLine]:
    lines = []
    for name, counts in zip(content.found.samples, content.found.by_sample, strict=True):
        sample = content.sheet.get(name, Sample(name))
        lines.append(
            SampleLine(
                shorten(name, _NAME),
                shorten(sample.condition, _NAME),
                shorten(sample.replicate, _NAME),
                [
                    number_of_reads(counts.all.reads),
                    f"{counts.all.sites:,}",
                    f"{len(counts.mirnas):,}",
                    f"{len(counts.genes):,}",
                    share(counts.alone, counts.all.sites),
                ],
            )
        )
    return lines


def _line(site: SiteCells, found: SiteStatistics) -> SiteLine:
    cells = dict(zip(found.columns, site.cells, strict=True))
    return SiteLine(
        site.site_id,
        shorten(plain_mirna(site.mirna), _NAME),
        shorten(site.gene, _NAME),
        "." if site.region == UNKNOWN else region_name(site.region),
        shorten(_place(cells), 2 * _NAME),
        number_of_reads(site.reads),
        cells.get("n_samples", MISSING),
        "." if site.site_type == UNKNOWN else site.site_type,
        cells.get("q_value", MISSING),
    )


def _place(cells: Mapping[str, str]) -> str:
    """Return where a site lies, on the genome if it is known, from 1 as people count."""
    for name, start, end, strand in (
        ("chrom", "chrom_start", "chrom_end", "strand"),
        ("target_id", "site_start", "site_end", ""),
    ):
        place = span(cells.get(start, MISSING), cells.get(end, MISSING))
        if cells.get(name, MISSING) != MISSING and place is not None:
            on_strand = f" ({cells[strand]})" if strand in cells else ""
            return f"{cells[name].split('|')[0]}:{place}{on_strand}"
    return MISSING


def _data(content: PageContent) -> Iterator[str]:
    """Yield the sites as JSON: the table's columns, and what the page adds to them."""
    found, drawn = content.found, content.drawn
    names, rows = list(found.columns), [site.cells for site in found.top]
    added: list[str] = []
    for comparison in content.comparisons:
        keys = _keys(comparison, found)
        if keys is None:
            continue
        changes = {change.key: change.cells for change in comparison.changes}
        cells = [changes.get(key, (MISSING, MISSING)) for key in keys]
        new = [f"{name}:{comparison.name}" for name in ("log2_fold_change", "q_value")]
        if set(new) & set(names):
            continue
        names += new
        added += new[:1]
        rows = [[*row, *more] for row, more in zip(rows, cells, strict=True)]
    more: dict[str, Sequence[str | int]] = {
        "name": [plain_mirna(site.mirna) for site in found.top],
        "gene": [site.gene for site in found.top],
        "place": [_place(dict(zip(found.columns, site.cells, strict=True))) for site in found.top],
        "target": [each.target for each in drawn],
        "marks": [each.marks.rstrip() for each in drawn],
        "mirna": [each.mirna for each in drawn],
        "explained": [int(each.explained) for each in drawn],
    }
    facts = {
        "total": found.all.sites,
        "samples": found.samples,
        "changes": added,
        "regions": regions_in_order(found.regions),
        "types": types_in_order(found.types),
        "seeds": sorted(SEED_MATCHES),
    }
    yield from encoded_columns(names, rows, more, facts)


def _keys(comparison: Comparison, found: SiteStatistics) -> list[tuple[str, ...]] | None:
    """Return the key of each listed site in a comparison of sites or pairs, else ``None``."""
    if comparison.kind not in ("site", "pair"):
        return None
    if "gene_name" in comparison.named_by and "gene_name" not in found.columns:
        return None
    at = {name: found.columns.index(name) for name in found.columns}
    # sites-compare calls a gene by the first of these that a site has
    known = [at[name] for name in ("gene_id", "gene_name", "target_id") if name in at]

    def cell(site: SiteCells, name: str) -> str:
        if name == "gene_id":
            return next((site.cells[place] for place in known if site.cells[place] != MISSING), MISSING)
        return site.cells[at[name]]

    return [tuple(cell(site, name) for name in comparison.named_by) for site in found.top]
