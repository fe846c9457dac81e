"""Whether narrowed peaks lie on known sites, whether close sites come out apart, and how narrow peaks are.

Usage: narrowing.py [--model NAME|FILE] [--data FOLDER] [--mirnas N] [--genes N] [options of peak-narrow]

Planted: what pairs with bases 2 to 11 of a miRNA, once or twice, in random RNA of 300 nt (Gresova et al. 2022,
Figs 4, 5 and S3), for N human miRNAs drawn from MirGeneDB. Stitched: genes made of positive and negative CLASH
sites (Fig. 6), of which the whole 50 nt are labelled. A site counts as found where a summit lies within 3 nt of
the planted seed, or inside the stitched site.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from mirtools.alignment.align import Costs
from mirtools.alignment.source import pairing_of
from mirtools.attribution.choose import explained_model, explainer_of
from mirtools.io.bed import KnownSite
from mirtools.io.sequences import Reference, read_references
from mirtools.scan.evaluate import FoundPeak, PeakEvaluation, SiteResult, evaluate
from mirtools.scan.maxima import width_at_half
from mirtools.scan.narrow import Narrowed, Narrower, Pair, WindowSettings
from mirtools.scan.peaks import PeakFinder, PeakRules
from mirtools.simulation.transcripts import Planting, plant

DISTANCES = (0, 15, 20, 25, 30, 35, 40, 45, 50)
REACH = 3
SITE = 50
AROUND = 25


class Study:
    """A model with its explainer, and how many windows were scored and explained."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._model = explained_model(options.model)
        self._explainer = explainer_of(self._model, "deep", options.background)
        self._settings = WindowSettings(options.threshold, options.explain_stride)
        self._rules = PeakRules(least_height=options.min_height)
        self._threads = options.threads
        self.counts: Counter[str] = Counter()

    def run(self, pairs: list[tuple[Reference, Reference]]) -> list[Narrowed]:
        """Return the tracks and peaks of pairs of miRNA and transcript."""
        encoder = self._model.encoder
        scorer = self._model.window_scorer([mirna.sequence for mirna, _ in pairs])
        finder = PeakFinder(pairing_of(self._model), Costs(), self._rules, encoder.site_length)
        narrower = Narrower(encoder, scorer, self._explainer, finder, self._settings)
        found = list(narrower.run((Pair(at, *pair) for at, pair in enumerate(pairs)), self._threads))
        self.counts.update(narrower.counts)
        return found


def peaks_of(found: Narrowed) -> Iterator[FoundPeak]:
    for peak in found.peaks:
        yield FoundPeak(found.mirna.name, found.target.name, peak.summit, peak.height, *found.widths(peak))


def judged(
    study: Study, pairs: list[tuple[Reference, Reference]], sites: list[KnownSite], reach: int
) -> tuple[PeakEvaluation, list[Narrowed]]:
    results = study.run(pairs)
    peaks = [peak for found in results for peak in peaks_of(found)]
    return evaluate(sites, peaks, reach, {target.name: len(target.sequence) for _, target in pairs}), results


def planted(study: Study, options: argparse.Namespace) -> None:
    path = Path(options.data) / "references" / "mirgenedb_hsa_mature.fa.gz"
    mirnas = random.Random(7).sample(read_references(str(path)), options.mirnas)
    print(f"\n# Planted seeds: {len(mirnas)} miRNAs, each alone in a transcript of 300 nt")
    header = (
        "distance",
        "transcripts",
        f"seeds with a peak within {REACH} nt",
        "all seeds of a transcript, apart",
    )
    print(
        *header,
        "median distance to the middle",
        "attribution width",
        "score width",
        "false peaks per kb",
        sep="\t",
    )
    for distance in DISTANCES:
        pairs, sites = [], []
        for mirna in mirnas:
            for each in plant([mirna], Planting((distance,), length=300), seed=1):
                pairs.append((mirna, Reference(each.name, each.name, each.sequence)))
                sites += [KnownSite(each.name, site.start, site.end, mirna.name) for site in each.sites]
        found, _ = judged(study, pairs, sites, REACH)
        figures = found.summary()
        complete = {site.site.target_id for site in found.sites} - {
            site.site.target_id for site in found.sites if not site.separate
        }
        cells: Iterable[Any] = (
            distance or "one",
            len(pairs),
            f"{figures['found_share']:.3f}",
            f"{len(complete) / len(pairs):.3f}",
            figures["median_offset"],
            figures["median_attribution_width"],
            figures["median_score_width"],
            f"{figures['false_peaks_per_kb']:.2f}",
        )
        print(*cells, sep="\t", flush=True)


def stitched(study: Study, options: argparse.Namespace) -> None:
    path = Path(options.data) / "attribution" / "artificial_genes_dev.csv.gz"
    pairs: list[tuple[Reference, Reference]] = []
    sites: list[KnownSite] = []
    with gzip.open(path, "rt", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows[:: max(1, len(rows) // options.genes)]):
        mirna, target = Reference(f"m{number}", "", row["miRNA"]), Reference(f"g{number}", "", row["gene"])
        pairs.append((mirna, target))
        for start, end in runs(row["label"]):
            sites += [
                KnownSite(target.name, at, min(at + SITE, end), mirna.name) for at in range(start, end, SITE)
            ]
    found, results = judged(study, pairs, sites, 0)
    figures = found.summary()
    tracks = {result.target.name: result for result in results}
    called = [site for site in found.sites if own_score(site, tracks) > options.threshold]
    highest, highest_score = (
        share(is_highest(site.site, getattr(tracks[site.site.target_id], name)) for site in called)
        for name in ("attribution_track", "score_track")
    )
    tops = [max(peaks_of(result), key=lambda peak: peak.height) for result in results if result.peaks]
    on_site = [any(s.target_id == top.target_id and s.start <= top.summit < s.end for s in sites) for top in tops]
    scored = [
        any(s.target_id == r.target.name and s.start <= r.score_track.argmax() < s.end for s in sites)
        for r in results
        if r.peaks
    ]
    widths = [(s.peak.attribution_width, s.peak.score_width) for s in found.sites if s.peak is not None]
    own = [tracks[site.site.target_id] for site in found.sites if site.peak is not None]
    above = [wide_above_median(result, site) for result, site in zip(own, found_only(found), strict=True)]
    labelled = sum(site.end - site.start for site in sites) / sum(len(target.sequence) for _, target in pairs)
    print(f"\n# Stitched genes: {len(pairs)}, with {len(sites)} labelled sites: {labelled:.2f} of all bases")
    for name, value in (
        ("labelled sites with a peak inside", figures["found_share"]),
        (
            "labelled sites that the model calls (their own window is above the threshold)",
            len(called) / len(sites),
        ),
        ("called sites with a peak inside", share(site.peak is not None for site in called)),
        (f"called sites that hold the highest attribution of {AROUND} nt around, too", highest),
        ("the same, the highest mean score", highest_score),
        ("peaks that lie inside a labelled site", 1 - found.false_peaks / max(found.peaks, 1)),
        ("the same, each piece of a miRNA's genes counted once", share(distinct_pieces(results, sites).values())),
        ("genes whose highest peak lies inside a labelled site", share(on_site)),
        ("the same, the highest mean score", share(scored)),
        ("false peaks per kb", figures["false_peaks_per_kb"]),
        ("median distance of summit and middle of the site, nt", figures["median_offset"]),
        ("median width of attribution peaks, nt", figures["median_attribution_width"]),
        ("median width of score peaks at the same sites, nt", figures["median_score_width"]),
        ("the same, counted from the median score of the gene", median(above)),
        ("median of score width / attribution width", figures["median_narrowing"]),
        ("attribution peaks at least twice as narrow", share(wide >= 2 * narrow for narrow, wide in widths)),
    ):
        print(f"{name}\t{value:.3f}", flush=True)


def share(flags: Iterable[bool]) -> float:
    listed = list(flags)
    return sum(listed) / max(len(listed), 1)


def distinct_pieces(results: Iterable[Narrowed], sites: Iterable[KnownSite]) -> dict[tuple[str, str], bool]:
    """Return the pieces with a peak, and whether they are labelled; many genes hold one piece several times."""
    labelled = {(site.target_id, site.start // SITE) for site in sites}
    pieces = {}
    for result in results:
        for peak in result.peaks:
            number = peak.summit // SITE
            letters = result.target.sequence[number * SITE : (number + 1) * SITE]
            pieces[result.mirna.sequence, letters] = (result.target.name, number) in labelled
    return pieces


def found_only(evaluation: PeakEvaluation) -> list[FoundPeak]:
    return [site.peak for site in evaluation.sites if site.peak is not None]


def own_score(judged_site: SiteResult, tracks: dict[str, Narrowed]) -> float:
    site = judged_site.site
    scores = tracks[site.target_id].scores
    return float(scores[min(site.start, len(scores) - 1)])


def is_highest(site: KnownSite, track: np.ndarray) -> bool:
    inside = track[site.start : site.end].max()
    return bool(0 < inside >= track[max(site.start - AROUND, 0) : site.end + AROUND].max())


def wide_above_median(result: Narrowed, peak: FoundPeak) -> float:
    first = max(peak.summit - SITE // 2, 0)
    top = first + int(result.score_track[first : peak.summit + SITE // 2 + 1].argmax())
    return width_at_half(result.score_track, top, float(np.median(result.score_track)))


def runs(labels: str) -> Iterator[tuple[int, int]]:
    """Yield the runs of 1 in a string of 0 and 1."""
    at = labels.find("1")
    while at >= 0:
        end = labels.find("0", at)
        end = len(labels) if end < 0 else end
        yield at, end
        at = labels.find("1", end)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=None)
    parser.add_argument("--data", default=str(Path(__file__).resolve().parents[2] / "shared" / "data"))
    parser.add_argument("--background", type=int, default=20)
    parser.add_argument("--explain-stride", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--min-height", type=float, default=PeakRules.least_height)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mirnas", type=int, default=40)
    parser.add_argument("--genes", type=int, default=525)
    options = parser.parse_args()
    study = Study(options)
    began = time.process_time()
    planted(study, options)
    stitched(study, options)
    counts = study.counts
    print(f"\n{counts['windows']:,} windows, {counts['windows_explained']:,} explained, ", end="")
    print(f"{time.process_time() - began:.0f} processor seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
