"""What a table of sites shows, in three sentences."""

from __future__ import annotations

from mirtools.errors import shorten
from mirtools.report.drawing import plain_mirna
from mirtools.report.markdown import share
from mirtools.report.page.wording import many
from mirtools.report.sites.statistics import SIGNIFICANT, SiteStatistics, ranked, regions_in_order
from mirtools.report.sites.table import UNIT, UNKNOWN

NO_SITES = "No binding sites."
_NAME = 40


def findings(found: SiteStatistics) -> list[str]:
    """Return up to three sentences: how much was found, what binds where, and how certain it is."""
    if not found.all.sites:
        return [NO_SITES]
    return [each for each in (_amount(found), _binding(found), _certainty(found)) if each]


def number_of_reads(hundredths: int) -> str:
    """Return a number of reads; below a hundred with a decimal if it is a fraction.

    >>> number_of_reads(123456), number_of_reads(250), number_of_reads(200)
    ('1,235', '2.5', '2')
    """
    if hundredths % UNIT and hundredths < 100 * UNIT:
        return f"{hundredths / UNIT:.1f}".removesuffix(".0")
    return f"{hundredths / UNIT:,.0f}"


def _amount(found: SiteStatistics) -> str:
    reads = number_of_reads(found.all.reads)
    of_samples = f" of {len(found.samples)} samples" if len(found.samples) > 1 else ""
    show = "read{} shows" if reads == "1" else "reads{} show"
    start = f"{reads} chimeric {show.format(of_samples)} {many(found.all.sites, 'binding site')}"
    of_what = f"{many(len(found.mirnas), 'miRNA')} on {many(len(found.genes), 'gene')}"
    return f"{start} of {of_what} ({many(len(found.pairs), 'pair')} of a miRNA and a gene)."


def _binding(found: SiteStatistics) -> str:
    name, tally = ranked(found.mirnas)[0]
    parts = [f"{shorten(plain_mirna(name), _NAME)} has the most reads ({share(tally.reads, found.all.reads)})"]
    if found.typed:
        parts.append(f"{share(found.seed_matches.sites, found.typed)} of sites match a seed")
    if found.placed:
        known = [region for region in regions_in_order(found.regions) if region != UNKNOWN]
        most = max(known, key=lambda region: found.regions[region].sites)
        parts.append(f"{share(found.regions[most].sites, found.placed)} lie in {region_plural(most)}")
    return f"{', '.join(parts[:-1])}, and {parts[-1]}." if len(parts) > 2 else f"{' and '.join(parts)}."


def _certainty(found: SiteStatistics) -> str:
    parts = []
    if "q_value" in found.has:
        has = "has" if found.significant == 1 else "have"
        of_all = share(found.significant, found.all.sites)
        parts.append(
            f"{many(found.significant, 'site')} ({of_all}) {has} more reads than chance ligation gives "
            f"(q < {SIGNIFICANT:g})"
        )
    if len(found.samples) > 1:
        several = sum(count for samples, count in found.seen_in[""].items() if samples > 1)
        recur = "recurs" if several == 1 else "recur"
        parts.append(f"{several:,} ({share(several, found.all.sites)}) {recur} in two samples or more")
    return " and ".join(parts) + "." if parts else ""


def region_plural(region: str) -> str:
    """Return regions in words.

    >>> region_plural("CDS"), region_plural("3'UTR")
    ('coding sequences', "3'UTRs")
    """
    return {"CDS": "coding sequences"}.get(region, region_name(region) + "s")


def region_name(region: str) -> str:
    """Return a region in words.

    >>> region_name("noncoding"), region_name("3'UTR")
    ('non-coding RNA', "3'UTR")
    """
    return {"noncoding": "non-coding RNA"}.get(region, region)
