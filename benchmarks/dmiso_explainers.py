"""Explanations of the DMISO model: processor time compared with shap and brute force, values of bases that pair.

    OPENBLAS_NUM_THREADS=1 python benchmarks/dmiso_explainers.py [--model dmiso] [--no-shap] [--pairs 200]

Pairs are random (22 and 50 nt). shap.DeepExplainer explains 12 of them on a copy of the network with an unrolled
LSTM, in a process of its own, where ours is timed as well; compiling is not counted. What masking gives bases that
pair is asked of the positive pairs of a public test set, where it is at hand (--data).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mirtools.attribution.dmiso.occlusion import PairMasking
from mirtools.attribution.dmiso.rescale import DmisoShap
from mirtools.io.encoding import N_CODE, encode
from mirtools.io.tables import TableReader
from mirtools.models.arrays import Weights
from mirtools.models.bundled import resolve_model
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer

_ROOT = Path(__file__).resolve().parents[1]
_ORACLE = _ROOT / "tests" / "attribution" / "dmiso_shap_oracle.py"
_PAIRS_WITH_SHAP = 12
_SET = "mirbind_test_set_1_1.tsv.gz"


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of random miRNAs and sites."""
    random = np.random.default_rng(seed)
    codes = [np.full((count, length), N_CODE, np.uint8) for length in (30, 60)]
    for part, length in zip(codes, (22, 50), strict=True):
        part[:, :length] = random.integers(0, 4, (count, length))
    return codes[0], codes[1]


def milliseconds(work: Callable[[], object], pairs: int) -> float:
    """Return the processor time of a pair, the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) / pairs * 1e3


def beside_shap(weights: Weights, backgrounds: int) -> None:
    """Print times and differences of both explainers."""
    pairs, background = drawn(_PAIRS_WITH_SHAP, 1), drawn(backgrounds, 2)
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(Path(folder) / name) for name in ("in.npz", "out.npz"))
        names = "mirnas", "sites", "background_mirnas", "background_sites"
        arrays: dict[str, Any] = {**weights, **dict(zip(names, (*pairs, *background), strict=True))}
        np.savez(source, **arrays)
        subprocess.run([sys.executable, str(_ORACLE), source, target], check=True, stderr=subprocess.DEVNULL)
        with np.load(target) as found:
            theirs = dict(found)
    ours = DmisoShap(weights, *background).explain(*pairs)
    gap = max(np.abs(ours.mirna - theirs["mirna"]).max(), np.abs(ours.site - theirs["site"]).max())
    print(f"shap.DeepExplainer\t{backgrounds} backgrounds\t{theirs['seconds'] * 1e3:.1f} ms a pair")
    print(f"ours, the same run\t{backgrounds} backgrounds\t{theirs['own_seconds'] * 1e3:.2f} ms a pair")
    print(f"ratio\t\t{theirs['seconds'] / theirs['own_seconds']:.1f}; largest difference {gap:.1e}")


def alone(weights: Weights, count: int) -> None:
    """Print our times by background, and those of masking and of scoring each masked copy."""
    pairs = drawn(count, 3)
    for backgrounds in (20, 50, 100, 200):
        explainer = DmisoShap(weights, *drawn(backgrounds, 2))
        each = milliseconds(partial(explainer.explain, *pairs), count)
        print(f"ours\t{backgrounds} backgrounds\t{each:.2f} ms a pair")
    masking, predictor = PairMasking(weights), DmisoPairScorer(weights)
    each = milliseconds(partial(masking.explain, *pairs), count)
    print(f"masking\t22 x 50 nt\t{each:.2f} ms a pair, {1e3 / each:.0f} pairs/s")
    few = count // 10
    copies = [masked(mirna, site) for mirna, site in zip(pairs[0][:few], pairs[1][:few], strict=True)]
    mirnas, sites = (np.concatenate(part) for part in zip(*copies, strict=True))
    each = milliseconds(partial(predictor.score, mirnas, sites), few)
    print(f"all copies scored\t22 x 50 nt\t{each:.2f} ms a pair, {1e3 / each:.0f} pairs/s")


def masked(mirna: np.ndarray, site: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return every copy of a pair with at most one base of each masked."""
    mirnas, sites = np.repeat(mirna[None], 23, axis=0), np.repeat(site[None], 51, axis=0)
    mirnas[np.arange(1, 23), np.arange(22)] = N_CODE
    sites[np.arange(1, 51), np.arange(50)] = N_CODE
    return np.tile(mirnas, (51, 1)), np.repeat(sites, 23, axis=0)


def pairing(weights: Weights, path: Path) -> None:
    """Print what masking gives bases that pair, and others."""
    reader = TableReader(str(path), ("mirna_seq", "site_seq", "label"))
    places = [reader.index(name) for name in ("mirna_seq", "site_seq", "label")]
    rows = [[row[place] for place in places] for row in reader]
    mirnas, sites = (encode([row[at] for row in rows if row[2] == "1"], n) for at, n in ((0, 30), (1, 60)))
    values = PairMasking(weights).explain(mirnas, sites).values
    partner = np.array([1, 0, 3, 2, 9])  # of A T C G N
    known = (sites != N_CODE)[:, :, None] & (mirnas != N_CODE)[:, None]
    paired = known & (partner[sites][:, :, None] == mirnas[:, None])
    positive = np.maximum(values, 0)
    print(f"positive pairs of {path.name}: {len(mirnas)}")
    print(f"mean value\tpaired {values[paired].mean():.5f}\tothers {values[known & ~paired].mean():.5f}")
    share = positive[paired].sum() / positive[known].sum()
    print(f"paired\t{paired.sum() / known.sum():.1%} of the cells\t{share:.1%} of what is above 0")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="dmiso")
    parser.add_argument("--no-shap", action="store_true")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--data", type=Path, default=_ROOT / ".." / "shared" / "data" / "clash_pairs")
    args = parser.parse_args()
    weights = resolve_model(args.model).weights
    if not args.no_shap:
        beside_shap(weights, 100)
    alone(weights, args.pairs)
    if (args.data / _SET).exists():
        pairing(weights, args.data / _SET)


if __name__ == "__main__":
    main()
