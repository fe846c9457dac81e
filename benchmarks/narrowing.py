"""Do narrowed peaks lie on known sites, do close sites come out apart, and how much narrower than scores are they?

Usage: narrowing.py [--model NAME|FILE] [--data FOLDER] [--background N] [--explain-stride NT] [--threads N]
                    [--mirnas N] [--genes N]

Planted: what pairs with bases 2 to 11 of a miRNA, once or twice, in random RNA of 300 nt (Gresova et al. 2022, Figs
4, 5 and S3), for N human miRNAs drawn from MirGeneDB. Stitched: genes made of positive and negative CLASH sites
(Fig. 6), of which the whole 50 nt are labelled. A site counts as found where a summit lies within 3 nt of the
planted seed, or inside the stitched site.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mirtools.alignment.align import Costs
from mirtools.attribution.backgrounds import choose_background
from mirtools.attribution.explainer import make_explainer
from mirtools.models.bundled import resolve_model
from mirtools.models.network_steps import PairingPredictor
from mirtools.scan.bed import KnownSite
from mirtools.scan.evaluate import FoundPeak, Judgement, judge
from mirtools.scan.narrow import Narrowed, Narrower, WindowByWindow, WindowSettings
from mirtools.scan.peaks import PeakFinder, PeakRules
from mirtools.scan.simulate import Planting, plant
from mirtools.sequences import Reference, read_references

DISTANCES = (0, 15, 20, 25, 30, 35, 40, 45, 50)
REACH = 3
SITE = 50


def narrower_of(options: argparse.Namespace) -> Narrower:
    model = resolve_model(options.model)
    explainer = make_explainer(model, "deep", choose_background(model, options.background))
    network = explainer.network
    finder = PeakFinder(network.rule, Costs(), PeakRules(), network.site_length)
    scorer = WindowByWindow(PairingPredictor(network, model.weights), network.site_length)
    settings = WindowSettings(options.threshold, options.explain_stride)
    return Narrower(network, scorer, explainer, finder, settings)


def peaks_of(found: Narrowed) -> Iterator[FoundPeak]:
    for peak in found.peaks:
        yield FoundPeak(found.mirna.name, found.target.name, peak.summit, peak.height, *found.widths(peak))


def judged(
    narrower: Narrower, pairs: list[tuple[Reference, Reference]], sites: list[KnownSite], reach: int, threads: int
) -> tuple[Judgement, list[Narrowed]]:
    results = list(narrower.run(pairs, threads))
    peaks = [peak for found in results for peak in peaks_of(found)]
    return judge(sites, peaks, reach, {target.name: len(target.sequence) for _, target in pairs}), results


def planted(narrower: Narrower, options: argparse.Namespace) -> None:
    path = Path(options.data) / "references" / "mirgenedb_hsa_mature.fa.gz"
    mirnas = random.Random(7).sample(read_references(str(path)), options.mirnas)
    print(f"\n# Planted seeds: {len(mirnas)} miRNAs, each alone in a transcript of 300 nt")
    header = ("distance", "transcripts", f"seeds with a peak within {REACH} nt", "all seeds of a transcript, apart")
    print(*header, "median distance to the middle", "attribution width", "score width", "false peaks per kb", sep="\t")
    for distance in DISTANCES:
        pairs, sites = [], []
        for mirna in mirnas:
            for each in plant([mirna], Planting((distance,), length=300), seed=1):
                pairs.append((mirna, Reference(each.name, each.name, each.sequence)))
                sites += [KnownSite(each.name, site.start, site.end, mirna.name) for site in each.sites]
        found, _ = judged(narrower, pairs, sites, REACH, options.threads)
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


def stitched(narrower: Narrower, options: argparse.Namespace) -> None:
    path = Path(options.data) / "attribution" / "artificial_genes_dev.csv.gz"
    pairs, sites = [], []
    with gzip.open(path, "rt", newline="") as stream:
        rows = list(csv.DictReader(stream))
    step = max(1, len(rows) // options.genes)
    for number, row in enumerate(rows[::step]):
        mirna, target = (Reference(f"{kind}{number}", "", row[column]) for kind, column in (("m", "miRNA"), ("g", "gene")))
        pairs.append((mirna, target))
        for start, end in runs(row["label"]):
            for at in range(start, end, SITE):
                sites.append(KnownSite(target.name, at, min(at + SITE, end), mirna.name))
    found, results = judged(narrower, pairs, sites, 0, options.threads)
    tracks = {result.target.name: result for result in results}
    called, inside, widths, offsets = 0, 0, [], []
    for site in found.sites:
        result = tracks[site.site.target_id]
        first, last = max(site.site.start - SITE // 2, 0), site.site.start + SITE // 2 + 1
        reached = bool((result.scores[first:last] > options.threshold).any())
        called += reached
        inside += reached and site.peak is not None
        if site.peak is not None:
            widths.append((site.peak.attribution_width, site.peak.score_width))
            offsets.append(abs(site.offset))
    # the strongest peak of a gene is the easiest to judge: is it on a site?
    tops = [max(result.peaks, key=lambda peak: peak.height) for result in results if result.peaks]
    owners = [result for result in results if result.peaks]
    on_site = 0
    for top, result in zip(tops, owners, strict=True):
        own = [site.site for site in found.sites if site.site.target_id == result.target.name]
        on_site += any(site.start <= top.summit < site.end for site in own)
    share = sum(site.end - site.start for site in (s.site for s in found.sites)) / sum(len(t.sequence) for _, t in pairs)
    figures = found.summary()
    print(f"\n# Stitched genes: {len(pairs)}, {len(found.sites)} labelled sites, {share:.2f} of all bases are labelled")
    for name, value in (
        ("sites with a peak inside", figures["found_share"]),
        ("sites that have a window above the threshold", called / len(found.sites)),
        ("of these, with a peak inside", inside / max(called, 1)),
        ("peaks that lie inside a site", 1 - found.false_peaks / max(found.peaks, 1)),
        ("genes whose highest peak lies inside a site", on_site / max(len(tops), 1)),
        ("median distance to the site's middle, nt", median(offsets)),
        ("median width of attribution peaks, nt", figures["median_attribution_width"]),
        ("median width of score peaks there, nt", figures["median_score_width"]),
        ("median of score width / attribution width", figures["median_narrowing"]),
        ("share at least twice as narrow", sum(b >= 2 * a for a, b in widths) / max(len(widths), 1)),
        ("false peaks per kb", figures["false_peaks_per_kb"]),
    ):
        print(f"{name}\t{value:.3f}")


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
    parser.add_argument("--data", default=str(ROOT / ".." / "shared" / "data"))
    parser.add_argument("--background", type=int, default=20)
    parser.add_argument("--explain-stride", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--mirnas", type=int, default=40)
    parser.add_argument("--genes", type=int, default=525)
    options = parser.parse_args()
    narrower = narrower_of(options)
    began = time.process_time()
    planted(narrower, options)
    stitched(narrower, options)
    counts = narrower.counts
    print(f"\n{counts['windows']:,} windows, {counts['windows_explained']:,} explained, ", end="")
    print(f"{time.process_time() - began:.0f} processor seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
