"""Alignments per second: our compiled batches, a plain Python aligner and one that is vectorised over pairs.

    python benchmarks/aligner.py [--pairs 20000] [--threads 1] [--data ../shared/data/attribution]

Matrices are 50 x 20: the published ones over and over where they are at hand, else random ones. All do the whole
job: scores from attributions, costs from percentiles, the table, the way back, importances of all bases. The plain
aligner is written as the paper's Algorithm 1 is, one loop in another, and costs by the published rule; it is timed
on fewer pairs, and so is the one that lets NumPy do each cell of all pairs at once. Seconds are of processor time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from mirtools.alignment.align import Aligner, Costs
from mirtools.alignment.alignments import Alignments
from mirtools.alignment.kernel import MIRNA_ONLY, PAIR, SITE_ONLY

_DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "attribution"
_PAIRED = {"AT", "TA", "CG", "GC"}
_START = 3


def make(pairs: int, data: Path) -> tuple[np.ndarray, list[str], list[str], str]:
    """Return matrices, miRNAs, sites, and what they are."""
    if data.exists():
        from published_alignments import read

        published = read(data)
        chosen = np.arange(pairs) % len(published.mirnas)
        mirnas, sites = ([sequences[at] for at in chosen] for sequences in (published.mirnas, published.sites))
        return published.values[chosen].astype(np.float32), mirnas, sites, "published matrices"
    random = np.random.default_rng(1)
    letters = np.array(list("ACGT"))
    mirnas, sites = (["".join(row) for row in random.choice(letters, (pairs, length))] for length in (20, 50))
    return random.normal(size=(pairs, 50, 20)).astype(np.float32), mirnas, sites, "random matrices"


def plain(values: np.ndarray, mirnas: list[str], sites: list[str]) -> list[list[float]]:
    """Align one pair after the other, cell by cell, as Algorithm 1 says; returns importances of miRNAs."""
    result = []
    for matrix, mirna, site in zip(values, mirnas, sites, strict=True):
        rows, columns = len(site), len(mirna)
        scores = [
            [
                max(float(matrix[i, columns - 1 - j]), 0.0)
                * (1 if site[i] + mirna[columns - 1 - j] in _PAIRED else -1)
                for j in range(columns)
            ]
            for i in range(rows)
        ]
        opening, extension = np.percentile(np.abs(np.sum(scores, axis=1)), (99, 90))
        table = [[0.0] * (columns + 1) for _ in range(rows + 1)]
        came = [[0] * (columns + 1) for _ in range(rows + 1)]
        in_gap = False
        for i in range(1, rows + 1):
            for j in range(1, columns + 1):
                cost = 0.0 if i == rows or j == columns else extension if in_gap else opening
                ways = (
                    table[i][j - 1] - cost,
                    table[i - 1][j - 1] + scores[i - 1][j - 1],
                    table[i - 1][j] - cost,
                )
                table[i][j] = max(ways)
                came[i][j] = ways.index(table[i][j])
                in_gap = came[i][j] != 1
        importance = [0.0] * columns
        i, j = rows, columns
        while i and j:
            if came[i][j] == 1:
                importance[columns - j] = scores[i - 1][j - 1]
            i, j = i - (came[i][j] != 0), j - (came[i][j] != 2)
        result.append(importance)
    return result


def vectorised(values: np.ndarray, mirnas: list[str], sites: list[str], block: int = 512) -> list[list[float]]:
    """Align with affine gaps, each cell for many pairs at once; returns importances of miRNAs."""
    result: list[list[float]] = []
    for start in range(0, len(mirnas), block):
        part = slice(start, start + block)
        result += _vectorised(values[part], mirnas[part], sites[part])
    return result


def _vectorised(values: np.ndarray, mirnas: list[str], sites: list[str]) -> list[list[float]]:
    count, rows, columns = values.shape
    site = np.frombuffer("".join(s.ljust(rows) for s in sites).encode(), np.uint8).reshape(count, rows)
    mirna = np.frombuffer("".join(m.ljust(columns) for m in mirnas).encode(), np.uint8).reshape(count, columns)
    paired = np.zeros((128, 128), bool)
    for a, b in _PAIRED:
        paired[ord(a), ord(b)] = True
    signs = np.where(paired[site[:, :, None], mirna[:, None, :]], 1.0, -1.0)
    scores = np.ascontiguousarray((np.maximum(values, 0) * signs)[:, :, ::-1].transpose(1, 2, 0))
    opening, extension = np.percentile(np.abs(scores.sum(axis=1)), (99, 90), axis=0)
    best, state = np.zeros((rows + 1, columns + 1, count)), np.full((rows + 1, columns + 1, count), _START)
    came = np.zeros((3, rows + 1, columns + 1, count), np.int8)
    down = np.full((columns + 1, count), -np.inf)
    for i in range(1, rows + 1):
        across = np.full(count, -np.inf)
        for j in range(1, columns + 1):
            pair = best[i - 1, j - 1] + scores[i - 1, j - 1]
            came[PAIR, i, j] = state[i - 1, j - 1]
            opened, longer = best[i - 1, j] - opening, down[j] - extension
            down[j] = np.maximum(opened, longer)
            came[SITE_ONLY, i, j] = np.where(opened >= longer, state[i - 1, j], SITE_ONLY)
            opened, longer = best[i, j - 1] - opening, across - extension
            across = np.maximum(opened, longer)
            came[MIRNA_ONLY, i, j] = np.where(opened >= longer, state[i, j - 1], MIRNA_ONLY)
            ways = np.stack((pair, down[j], across))
            state[i, j] = ways.argmax(axis=0)
            best[i, j] = ways.max(axis=0)
    # shorter sequences are not treated here: their padding pairs with nothing
    ends = np.concatenate((best[1:, columns], best[rows, columns - 1 : 0 : -1])).argmax(axis=0)
    i, j = np.minimum(ends + 1, rows), np.where(ends < rows, columns, columns - 1 - (ends - rows))
    each = np.arange(count)
    at = state[i, j, each]
    importance = np.zeros((count, columns))
    while (going := (at != _START) & (i > 0) & (j > 0)).any():
        here = each[going & (at == PAIR)]
        importance[here, columns - j[here]] = scores[i[here] - 1, j[here] - 1, here]
        before = came[np.minimum(at, 2), i, j, each]
        i, j = i - (going & (at != MIRNA_ONLY)), j - (going & (at != SITE_ONLY))
        at = np.where(going, before, at)
    return importance.tolist()


def in_threads(aligner: Aligner, threads: int) -> Callable[..., list[Alignments]]:
    """Return what aligns in batches of 1,024 on some threads."""

    def align(values: np.ndarray, mirnas: list[str], sites: list[str]) -> list[Alignments]:
        parts = [slice(start, start + 1024) for start in range(0, len(mirnas), 1024)]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda part: aligner.align(values[part], mirnas[part], sites[part]), parts))

    return align


def per_second(work: Callable[[], object], pairs: int, times: int) -> tuple[float, float]:
    """Return the best of some rates: by processor time, by the clock."""
    best = (0.0, 0.0)
    for _ in range(times):
        start = time.process_time(), time.perf_counter()
        work()
        end = time.process_time(), time.perf_counter()
        best = max(best[0], pairs / (end[0] - start[0])), max(best[1], pairs / (end[1] - start[1]))
    return best


def main() -> None:
    """Time all aligners on the same matrices, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", type=Path, default=_DATA)
    args = parser.parse_args()
    values, mirnas, sites, what = make(args.pairs, args.data)

    def cases(count: int) -> tuple[np.ndarray, list[str], list[str]]:
        return values[:count], mirnas[:count], sites[:count]

    found = Aligner(mode="published").align(*cases(200)).mirna_importance
    slow = [row + [0.0] * (20 - len(row)) for row in plain(*cases(200))]
    print(f"plain aligner = ours in the published mode: {np.allclose(found, slow)}")
    whole = [number for number in range(min(200, args.pairs)) if len(mirnas[number]) == 20]
    found = Aligner().align(*cases(200)).mirna_importance
    print(f"vectorised aligner = ours: {np.allclose(found[whole], np.array(vectorised(*cases(200)))[whole])}")
    few, some = min(300, args.pairs), min(4096, args.pairs)
    rates = {
        "plain Python": per_second(lambda: plain(*cases(few)), few, 3),
        "NumPy, 512 pairs at once": per_second(lambda: vectorised(*cases(some)), some, 3),
    }
    for name, aligner in (
        ("ours", Aligner()),
        ("ours, costs by cells", Aligner(costs=Costs(scale="cells"))),
        ("ours, published mode", Aligner(mode="published")),
    ):
        align = in_threads(aligner, args.threads)
        align(*cases(8))  # compiled, or read from the disk
        rates[name] = per_second(lambda align=align: align(*cases(args.pairs)), args.pairs, 5)
    slowest = rates["plain Python"][0]
    print(f"\n{args.pairs:,} pairs, {what}, threads {args.threads}")
    print(f"{'aligner':26} {'pairs/CPU s':>12} {'pairs/s':>12} {'ratio':>8}")
    for name, (cpu, clock) in rates.items():
        print(f"{name:26} {cpu:12,.0f} {clock:12,.0f} {cpu / slowest:8.1f}")


if __name__ == "__main__":
    main()
