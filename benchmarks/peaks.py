"""How fast peaks are narrowed, and what fewer backgrounds and windows change.

Usage: peaks.py [--model NAME|FILE] [--targets FASTA] [--transcripts N] [--mirna SEQUENCE] [--threads N]
                [--parts score explain settings clock]

Transcripts of about 3 kb from FASTA, real mRNAs by default. Times are processor seconds, so neighbours on the
machine matter little; only the last part is by the clock, on --threads threads. The table of settings compares
tracks and peaks with those of 100 backgrounds and every window explained.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from mirtools.alignment.align import Costs
from mirtools.alignment.source import pairing_of
from mirtools.attribution.choose import explained_model, explainer_of
from mirtools.io.sequences import Reference, stream_references, to_dna
from mirtools.models.base import Model
from mirtools.models.scorers import PairByPair
from mirtools.models.tiling import Tiling, Windows
from mirtools.scan.narrow import Narrowed, Narrower, Pair, WindowSettings
from mirtools.scan.peaks import PeakFinder, PeakRules

LET7 = "TGAGGTAGTAGGTTGTATAGTT"
PARTS = ("score", "explain", "settings", "clock")
SETTINGS = ((100, 1), (50, 1), (20, 1), (10, 1), (5, 1), (20, 2), (20, 3), (20, 5), (20, 10), (10, 5))


def transcripts_of(path: str, count: int) -> list[Reference]:
    found = []
    for each in stream_references(path):
        if 2900 <= len(each.sequence) <= 3100 and "N" not in each.sequence:
            found.append(each)
        if len(found) == count:
            break
    return found


def narrowed(
    model: Model, mirna: Reference, targets: Sequence[Reference], background: int, stride: int, threads: int = 1
) -> tuple[list[Narrowed], Narrower, float]:
    """Return tracks and peaks, and the processor seconds for them; making the explainer does not count."""
    encoder = model.encoder
    finder = PeakFinder(pairing_of(model), Costs(), PeakRules(), encoder.site_length)
    scorer = model.window_scorer([mirna.sequence])
    explainer = explainer_of(model, "deep", background)
    narrower = Narrower(encoder, scorer, explainer, finder, WindowSettings(0.5, stride))
    explainer.explain([mirna.sequence], [targets[0].sequence[: encoder.site_length]])  # compiles
    begin = time.process_time()
    found = list(narrower.run((Pair(0, mirna, target) for target in targets), threads))
    return found, narrower, time.process_time() - begin


def score_part(model: Model, mirna: Reference, targets: Sequence[Reference]) -> None:
    encoder = model.encoder
    tiling = Tiling(encoder.site_length, 1)
    cut = [Windows([target.sequence], tiling, encoder) for target in targets[:3]]
    alone = PairByPair(model.pair_scorer(), encoder.mirnas([mirna.sequence]))
    rates, scores = [], []
    for scorer in (alone, model.window_scorer([mirna.sequence])):
        scorer.score_windows([0], cut[0], 0, 100)
        begin = time.process_time()
        scores.append(np.concatenate([scorer.score_windows([0], each, 0, len(each))[0] for each in cut]))
        rates.append(len(scores[-1]) / (time.process_time() - begin))
    print("\n# Scoring, windows a processor second")
    print(f"window by window\t{rates[0]:,.0f}")
    print(f"shared between windows\t{rates[1]:,.0f}\t{rates[1] / rates[0]:.1f} times")
    print(f"largest difference\t{np.abs(scores[0] - scores[1]).max():.1e}", flush=True)


def explain_part(model: Model, mirna: Reference, targets: Sequence[Reference]) -> None:
    encoder = model.encoder
    sites = [targets[0].sequence[at : at + encoder.site_length] for at in range(0, 640, 5)]
    print("\n# Explaining (DeepSHAP), windows a processor second")
    for background in (100, 20, 10):
        explainer = explainer_of(model, "deep", background)
        explainer.explain([mirna.sequence], sites[:1])
        begin = time.process_time()
        explainer.explain([mirna.sequence] * len(sites), sites)
        print(f"{background} backgrounds\t{len(sites) / (time.process_time() - begin):,.0f}", flush=True)


def settings_part(model: Model, mirna: Reference, targets: Sequence[Reference]) -> None:
    print(f"\n# What backgrounds and strides change: {len(targets)} transcripts, one miRNA")
    header = ("backgrounds", "stride", "windows explained", "seconds a transcript", "correlation of tracks")
    print(*header, "peaks", "peaks kept within 3 nt", "new peaks", "mean change of height", sep="\t")
    reference: list[Narrowed] = []
    for background, stride in SETTINGS:
        found, narrower, seconds = narrowed(model, mirna, targets, background, stride)
        reference = reference or found
        print(
            background,
            stride,
            f"{narrower.counts['windows_explained']:,}",
            f"{seconds / len(targets):.2f}",
            *(f"{value:.3f}" if isinstance(value, float) else value for value in compared(reference, found)),
            sep="\t",
            flush=True,
        )


def compared(reference: Sequence[Narrowed], found: Sequence[Narrowed]) -> tuple[float, int, float, float, float]:
    """Return the correlation of tracks, how many peaks, shares of kept and new ones, mean change of height."""
    tracks = [np.concatenate([each.attribution_track for each in results]) for results in (reference, found)]
    kept, new, changes = [], [], []
    for one, other in zip(reference, found, strict=True):
        for peak in one.peaks:
            near = [p for p in other.peaks if abs(p.summit - peak.summit) <= 3]
            kept.append(bool(near))
            changes += [abs(near[0].height / peak.height - 1)] if near else []
        new += [all(abs(p.summit - peak.summit) > 3 for peak in one.peaks) for p in other.peaks]
    correlation = float(np.corrcoef(*tracks)[0, 1])
    return correlation, len(new), mean(kept or [0]), mean(new or [0]), mean(changes or [0])


def clock_part(model: Model, mirna: Reference, targets: Sequence[Reference], threads: int) -> None:
    print("\n# By the clock, 20 backgrounds, every window")
    for count in (1, len(targets)):
        begin = time.perf_counter()
        _, narrower, seconds = narrowed(model, mirna, targets[:count], 20, 1, threads)
        passed = time.perf_counter() - begin
        windows, explained = (narrower.counts[name] for name in ("windows", "windows_explained"))
        print(f"{count} transcripts, {threads} threads\t{passed:.1f} s\t{seconds:.1f} processor seconds", end="\t")
        print(f"{windows:,} windows, {explained:,} explained", flush=True)


def main() -> int:
    data = Path(__file__).resolve().parents[2] / "shared" / "data" / "references"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=None)
    parser.add_argument("--targets", default=str(data / "human_refseq_hg19_mrna_4000.fa.gz"))
    parser.add_argument("--transcripts", type=int, default=20)
    parser.add_argument("--mirna", default=LET7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    model = explained_model(options.model)
    mirna = Reference("miRNA", "", to_dna(options.mirna))
    targets = transcripts_of(options.targets, options.transcripts)
    if "score" in options.parts:
        score_part(model, mirna, targets)
    if "explain" in options.parts:
        explain_part(model, mirna, targets)
    if "settings" in options.parts:
        settings_part(model, mirna, targets)
    if "clock" in options.parts:
        clock_part(model, mirna, targets, options.threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
