"""Our alignments compared with those that the authors of attribution sequence alignment published.

    python benchmarks/published_alignments.py [--data ../shared/data/attribution]

For 128 pairs what the published program returned for the published attributions is compared with what our aligner
returns for them in each of its modes: how often both set the same two bases opposite to each other, how often
alignments are the same, and why not.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mirtools.alignment.align import Aligner, Costs
from mirtools.alignment.alignments import Alignment, Alignments
from mirtools.alignment.kernel import path_score, set_scores
from mirtools.models.encoder import Encoder

_DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "attribution"
_ROWS = "rows18000-18127"
# Printed by the authors for 513 pairs (mean score of each base of the miRNA, 5'->3')
PROFILE = (".06 .21 .30 .31 .34 .34 .36 .28 .30 .32 .29 .26 .26 .27 .25 .21 .21 .21 .16 .13").split()
BASES = 20


@dataclass(frozen=True)
class Published:
    """The published attributions and alignments.

    Attributes
    ----------
    values : ndarray of shape (n, 50, 20), float64
        Both axes 5'->3'.
    mirnas, sites : list of str
    facing : list of frozenset of (int, int)
        Bases of site and miRNA, 0-based from the 5' end, that stand opposite to each other.
    importance : ndarray of shape (n, 20), float64
        Published score of each base of the miRNA.
    """

    values: np.ndarray
    mirnas: list[str]
    sites: list[str]
    facing: list[frozenset[tuple[int, int]]]
    importance: np.ndarray

    @property
    def whole(self) -> list[int]:
        """Pairs whose miRNA is as long as the matrix: the program shifts the columns of shorter ones by one."""
        return [number for number, mirna in enumerate(self.mirnas) if len(mirna) == BASES]


def read(data: Path) -> Published:
    """Read the published files."""
    values = np.load(data / f"mirbind_shap_positive_{_ROWS}.npz")["shap"].astype(np.float64)
    with gzip.open(data / f"published_code_alignments_{_ROWS}.tsv.gz", "rt") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    facing, importance = [], np.zeros((len(rows), BASES))
    for number, row in enumerate(rows):
        pairs, site, mirna = set(), len(row["gene"]), 0
        columns = zip(row["aligned_target_3to5"], row["aligned_miRNA_5to3"], row["scores"].split(","), strict=True)
        for above, below, score in columns:
            site -= above != "-"
            if above != "-" and below != "-":
                pairs.add((site, mirna))
                importance[number, mirna] = float(score)
            mirna += below != "-"
        facing.append(frozenset(pairs))
    return Published(values, [row["miRNA"] for row in rows], [row["gene"] for row in rows], facing, importance)


def facing(alignment: Alignment) -> frozenset[tuple[int, int]]:
    """Return the bases that an alignment sets opposite to each other, as in :class:`Published`."""
    return frozenset((int(site), base) for base, site in enumerate(alignment.partners) if site >= 0)


def ways_of(pairs: frozenset[tuple[int, int]], site: int, mirna: int) -> Iterator[np.ndarray]:
    """Yield the columns of an alignment of which only the facing bases are known.

    Where bases of both stand alone at an end of the alignment, those of either one may come first.
    """
    for turned_start, turned_end in itertools.product((False, True), repeat=2):
        moves, i, j = [], 0, 0
        for at, base in sorted(pairs):
            gaps = [2] * (mirna - 1 - base - j), [1] * (at - i)
            moves += [*gaps[i == 0 and turned_start], *gaps[not (i == 0 and turned_start)], 0]
            i, j = at + 1, mirna - base
        gaps = [2] * (mirna - j), [1] * (site - i)
        yield np.array([*moves, *gaps[turned_end], *gaps[not turned_end]], np.uint8)


def own_score(published: Published, number: int, aligner: Aligner, alignment: Alignment) -> float:
    """Return the score of a published alignment minus its gap costs, by the costs of its own matrix."""
    site, mirna = published.sites[number], published.mirnas[number]
    scores = np.zeros((len(site), len(mirna)))
    signs = np.where(aligner.rule.table().any(axis=2), 1.0, -1.0)
    codes = [
        Encoder(len(sequence), len(sequence), aligner.rule.alphabet, False).mirnas([sequence])[0]
        for sequence in (site, mirna)
    ]
    set_scores(published.values[number], signs, *codes, scores)
    ways = ways_of(published.facing[number], len(site), len(mirna))
    return max(path_score(scores, alignment.opening, alignment.extension, moves) for moves in ways)


def agreement(published: Published, found: Alignments, numbers: list[int]) -> tuple[float, int]:
    """Return the share of published facing bases that are found, and the number of equal alignments."""
    ours = [facing(found[number]) for number in numbers]
    theirs = [published.facing[number] for number in numbers]
    common = sum(len(one & other) for one, other in zip(ours, theirs, strict=True))
    equal = sum(one == other for one, other in zip(ours, theirs, strict=True))
    return common / sum(map(len, theirs)), equal


def profile(found: Alignments) -> np.ndarray:
    """Return the mean score of each base of the miRNA, each pair's scaled by its largest score."""
    return (found.mirna_importance / found.numbers[:, 3:]).mean(axis=0)


def differences(published: Published, numbers: list[int]) -> dict[str, int]:
    """Count why alignments with affine gaps differ from the published ones."""
    aligner = Aligner()
    found = aligner.align(published.values, published.mirnas, published.sites)
    reasons = dict.fromkeys(("equal", "published one is worse by its own costs", "equally good"), 0)
    for number in numbers:
        lost = found[number].score - own_score(published, number, aligner, found[number])
        if facing(found[number]) == published.facing[number]:
            reasons["equal"] += 1
        elif lost > 1e-9:
            reasons["published one is worse by its own costs"] += 1
        else:
            reasons["equally good"] += 1
    return reasons


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=_DATA)
    published = read(parser.parse_args().data)
    whole, every = published.whole, list(range(len(published.mirnas)))
    printed = np.array(PROFILE, float)
    means = published.importance.mean(axis=0)
    print(f"{len(every)} pairs, {len(whole)} with a miRNA as long as the matrix\n")
    print("costs   mode       facing bases found  equal alignments  r(profile of the 128)  r(printed profile)")
    for scale in ("rows", "cells"):
        for mode in ("affine", "published"):
            aligner = Aligner(costs=Costs(scale=scale), mode=mode)
            found = aligner.align(published.values, published.mirnas, published.sites)
            share, equal = agreement(published, found, every)
            mean = profile(found)
            ours, theirs = np.corrcoef(mean, means)[0, 1], np.corrcoef(mean, printed)[0, 1]
            print(f"{scale:7} {mode:10} {share:18.2%} {equal:17} {ours:22.4f} {theirs:19.4f}")
    print("\nwhy alignments differ (affine gaps, costs by rows)")
    for reason, count in differences(published, every).items():
        print(f"{count:5}  {reason}")
    print("\nmean score by base of the miRNA, 5'->3'")
    ours = profile(Aligner().align(published.values, published.mirnas, published.sites))
    for name, numbers in (("ours", ours), ("the 128", means), ("printed", printed)):
        print(f"{name:8}", *(f"{value:.2f}"[1:] for value in numbers))


if __name__ == "__main__":
    main()
