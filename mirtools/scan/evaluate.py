"""Evaluation of peaks on known sites: which sites have a peak, its distance and width, and false peaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from mirtools.io.bed import KnownSite
from mirtools.io.tables import MISSING, TableReader, cell_number
from mirtools.transcripts.names import accession, match_names

SITE_COLUMNS = (
    "mirna_id target_id site_start site_end neighbour_distance found separate summit distance offset height "
    "attribution_width score_width"
).split()
_UNKNOWN = float("nan")


class FoundPeak(NamedTuple):
    """A row of peak-narrow's table; missing numbers are NaN."""

    mirna_id: str
    target_id: str
    summit: int
    height: float
    attribution_width: float
    score_width: float


class SiteResult(NamedTuple):
    """A known site and the nearest peak.

    Attributes
    ----------
    site : KnownSite
    mirna_id : str
        The miRNA of the site, or of the peaks with which it was compared.
    neighbour_distance : int or None
        Distance from its start to the start of the nearest other site of the pair, in nt.
    peak : FoundPeak or None
        The nearest peak, if it is near enough.
    separate : bool
        Whether the site has a peak of its own: a peak is assigned to one site at most, the nearest first.
    """

    site: KnownSite
    mirna_id: str
    neighbour_distance: int | None
    peak: FoundPeak | None
    separate: bool

    @property
    def distance(self) -> int:
        """Distance of the summit from the site, in nt; 0 inside."""
        return 0 if self.peak is None else _distance(self.site, self.peak)

    @property
    def offset(self) -> float:
        """Position of the summit relative to the site's centre, negative upstream."""
        return _UNKNOWN if self.peak is None else self.peak.summit - (self.site.start + self.site.end - 1) / 2


@dataclass(frozen=True)
class PeakEvaluation:
    """All sites and peaks of miRNA-target pairs with a known site.

    Attributes
    ----------
    sites : list of SiteResult
    peaks, false_peaks : int
        Number of peaks of these pairs, and of those that are not near any site.
    other_peaks : int
        Number of peaks of other pairs, for which no site is known.
    scanned : int or None
        Total length of the targets of all pairs, in nt; None if it is not known.
    """

    sites: list[SiteResult]
    peaks: int
    false_peaks: int
    other_peaks: int
    scanned: int | None

    def summary(self) -> dict[str, Any]:
        """Return the results for all sites, and by the distance of neighbouring sites."""
        distances = sorted({site.neighbour_distance for site in self.sites if site.neighbour_distance is not None})
        groups = {str(distance): _figures(self.at(distance)) for distance in distances}
        return {
            **_figures(self.sites),
            "peaks": self.peaks,
            "false_peaks": self.false_peaks,
            "false_peaks_per_kb": _rounded(1000 * self.false_peaks / self.scanned) if self.scanned else None,
            "by_neighbour_distance": groups | ({"none": _figures(self.at(None))} if self.at(None) else {}),
        }

    def at(self, distance: int | None) -> list[SiteResult]:
        """Return the sites with a neighbour at a distance; None for sites without a neighbour."""
        return [site for site in self.sites if site.neighbour_distance == distance]


def _figures(sites: Sequence[SiteResult]) -> dict[str, Any]:
    found = [site for site in sites if site.peak is not None]
    widths = [(s.peak.attribution_width, s.peak.score_width) for s in found if s.peak is not None]
    widths = [pair for pair in widths if min(pair) > 0]
    return {
        "sites": len(sites),
        "found": len(found),
        "found_share": _rounded(len(found) / len(sites)) if sites else None,
        "separate": sum(site.separate for site in sites),
        "separate_share": _rounded(sum(site.separate for site in sites) / len(sites)) if sites else None,
        "median_offset": _median(abs(site.offset) for site in found),
        "median_attribution_width": _median(narrow for narrow, _ in widths),
        "median_score_width": _median(wide for _, wide in widths),
        "median_narrowing": _median(wide / narrow for narrow, wide in widths),
    }


def _median(values: Iterable[float]) -> float | None:
    listed = list(values)
    return _rounded(median(listed)) if listed else None


def _rounded(value: float) -> float:
    return round(value, 4)


def _distance(site: KnownSite, peak: FoundPeak) -> int:
    return max(site.start - peak.summit, peak.summit - site.end + 1, 0)


def read_peaks(path: str) -> list[FoundPeak]:
    """Read a table with ``mirna_id``, ``target_id`` and ``summit``, and heights and widths if it has them."""
    reader = TableReader(path, ("mirna_id", "target_id", "summit"))
    mirna, target, summit = (reader.index(name) for name in ("mirna_id", "target_id", "summit"))
    numbers = [reader.find(name) for name in ("height", "attribution_width", "score_width")]
    peaks = []
    for row in reader:
        known = (_UNKNOWN if at is None else cell_number(row[at], _UNKNOWN) for at in numbers)
        peaks.append(FoundPeak(row[mirna], row[target], reader.whole_number(row, summit), *known))
    return peaks


def evaluate(
    sites: Sequence[KnownSite], peaks: Sequence[FoundPeak], reach: int, lengths: Mapping[str, int] | None = None
) -> PeakEvaluation:
    """Compare peaks with known sites.

    Parameters
    ----------
    sites : sequence of KnownSite
        A site without a miRNA is a site of every miRNA that has a peak on its target.
    peaks : sequence of FoundPeak
    reach : int
        Largest distance of a summit from a site, in nt; 0 means inside.
    lengths : mapping of str to int, optional
        Lengths of targets, in nt. Each of the three may name a target by its whole name or by its accession.
    """
    by_pair: dict[tuple[str, str], list[FoundPeak]] = defaultdict(list)
    for peak in peaks:
        by_pair[accession(peak.target_id), peak.mirna_id].append(peak)
    known: dict[tuple[str, str], list[KnownSite]] = {}
    for site in sites:
        short, owners = accession(site.target_id), [site.mirna_id]
        if not site.mirna_id:
            owners = sorted({mirna for target, mirna in by_pair if target == short}) or [""]
        for mirna in owners:
            known.setdefault((short, mirna), []).append(site)
    results: list[SiteResult] = []
    count = false = 0
    for pair, own in known.items():
        found = by_pair.pop(pair, [])
        count += len(found)
        false += sum(all(_distance(site, peak) > reach for site in own) for peak in found)
        results += _evaluate_pair(pair[1], own, found, reach)
    scanned = None
    found_lengths = match_names({target for target, _ in known}, lengths or {}, any_version=False)
    if lengths is not None and all(target in found_lengths for target, _ in known):
        scanned = sum(found_lengths[target] for target, _ in known)
    return PeakEvaluation(results, count, false, sum(map(len, by_pair.values())), scanned)


def _evaluate_pair(
    mirna: str, sites: Sequence[KnownSite], peaks: Sequence[FoundPeak], reach: int
) -> list[SiteResult]:
    near = sorted(
        (_distance(site, peak), abs(2 * peak.summit - site.start - site.end + 1), at, number)
        for at, site in enumerate(sites)
        for number, peak in enumerate(peaks)
        if _distance(site, peak) <= reach
    )
    nearest: dict[int, int] = {}
    own: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, at, number in near:
        nearest.setdefault(at, number)
        if at not in own and number not in taken:
            own[at] = number
            taken.add(number)
    results = []
    for at, site in enumerate(sites):
        others = [abs(site.start - other.start) for each, other in enumerate(sites) if each != at]
        chosen = own.get(at, nearest.get(at))
        peak = None if chosen is None else peaks[chosen]
        results.append(SiteResult(site, mirna, min(others, default=None), peak, at in own))
    return results


def site_row(result: SiteResult) -> list[str]:
    """Return a row of :data:`SITE_COLUMNS`."""
    site, peak = result.site, result.peak
    row = [result.mirna_id or MISSING, site.target_id, str(site.start), str(site.end)]
    row.append(MISSING if result.neighbour_distance is None else str(result.neighbour_distance))
    row += [str(int(peak is not None)), str(int(result.separate))]
    if peak is None:
        return row + [MISSING] * (len(SITE_COLUMNS) - len(row))
    row += [str(peak.summit), str(result.distance), f"{result.offset:g}"]
    numbers = (peak.height, peak.attribution_width, peak.score_width)
    return row + [MISSING if value != value else f"{value:g}" for value in numbers]
