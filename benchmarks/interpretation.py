"""What the bundled model looks at on public pairs, how fast that is found out, and what a motif match is worth.

    python benchmarks/interpretation.py [DATA] [--sample N] [--motifs FILE] > table.tsv

pairs_a_second     processor time of one thread, all windows of miRNA and site masked (some 75 scores a pair)
strongest windows  bases (1-based) whose masking lowers the score of positive pairs most, and by how much
seed, elsewhere    mean change without sign over positive pairs, windows within bases 2 to 8 and outside
kernels            with --motifs (JASPAR or MEME): how many of 20 kernels match one of the motifs at an E-value of
                   at most 0.05, how many of their column permutations do, and the same for kernels never
                   trained (initial weights as Keras draws them)
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mirtools.interpretation.comparison import Comparison, compare, compare_with_control, comparison_summary  # noqa: E402
from mirtools.interpretation.kernels import BRANCHES, SITE_SHARE  # noqa: E402
from mirtools.interpretation.motiffile import read_motifs  # noqa: E402
from mirtools.interpretation.motifs import Motif  # noqa: E402
from mirtools.interpretation.study import Study, masking_summary  # noqa: E402
from mirtools.io.tables import TableReader  # noqa: E402
from mirtools.models.arrays import Weights  # noqa: E402
from mirtools.models.bundled import resolve_model  # noqa: E402
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer  # noqa: E402
from mirtools.pairs.table import Pair, PairReader, sample  # noqa: E402

SETS = {
    "miRBench, canonical miRNAs": "miRBench/AGO2_CLASH_Hejret2023_train_minus_holdout.tsv.gz",
    "Hejret, miRNAs as read": "clash_pairs/hejret2023_miRNA_real_seq_train_set.tsv.gz",
    "miRBind test": "clash_pairs/mirbind_test_set_1_1.tsv.gz",
}
MASK = 4
UNTRAINED = 3


def untrained(weights: Weights, seed: int) -> Weights:
    """Return the weights with kernels as they were before any training."""
    random = np.random.default_rng(seed)
    fresh = dict(weights)
    for name, _ in BRANCHES.values():
        width, letters, kernels = weights[f"{name}.kernel"].shape
        limit = np.sqrt(6 / (width * letters + width * kernels))
        fresh[f"{name}.kernel"] = random.uniform(-limit, limit, (width, letters, kernels)).astype(np.float32)
        fresh[f"{name}.bias"] = np.zeros(kernels, np.float32)
    return fresh


def looked_at(pairs: list[Pair], weights: Weights, threshold: float) -> tuple[Study, list[str]]:
    """Return the study of the pairs, and speed, windows and seed as cells."""
    study = Study(weights, DmisoPairScorer(weights), threshold, MASK)
    begin = time.process_time()
    for _ in study.passing(pairs):
        pass
    cells = [f"{len(pairs) / (time.process_time() - begin):,.0f}"]
    summary = masking_summary(study.maps)["score_change"]
    for sequence in ("mirna", "site"):
        window = summary[sequence]["positive"]["lowers_most"]
        cells.append(f"{window['start'] + 1}-{window['end']}: {window['mean_change']:+.3f}")
    positive = summary["mirna"]["positive"]
    cells += [f"{positive[f'{part}_mean_abs_change']:.3f}" for part in ("seed", "elsewhere")]
    return study, cells


def kernels(study: Study, pairs: list[Pair], weights: Weights, known: list[Motif]) -> Iterator[str]:
    """Yield the cells on kernels: trained, permuted, untrained (several models)."""
    motifs = [kernel.motif for kernel in study.kernels(SITE_SHARE) if kernel.motif is not None]
    summary = comparison_summary(compare_with_control(motifs, known))
    yield f"{summary['motifs_matched']}"
    yield f"{summary['motifs_matched_when_permuted']:.1f}"
    matched = []
    for seed in range(1, UNTRAINED + 1):
        fresh = Study(untrained(weights, seed), DmisoPairScorer(weights), 0.5, MASK)
        fresh.sites["mirna"].add(pair.mirna for pair in pairs)
        fresh.sites["site"].add(pair.site for pair in pairs)
        motifs = [kernel.motif for kernel in fresh.kernels(SITE_SHARE) if kernel.motif is not None]
        matched.append(comparison_summary(Comparison(compare(motifs, known), {}))["motifs_matched"])
    yield ", ".join(f"{count:.0f}" for count in matched)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default=str(ROOT / ".." / "shared" / "data"))
    parser.add_argument("--sample", type=int, default=4000)
    parser.add_argument("--motifs")
    args = parser.parse_args()
    if not Path(args.data).is_dir():
        print(f"{args.data}: no such folder; nothing measured", file=sys.stderr)
        return 0
    model = resolve_model("dmiso")
    known = read_motifs(args.motifs) if args.motifs else []
    columns = ["pairs", "n", "pairs_a_second", "mirna_window", "site_window", "seed", "elsewhere"]
    if known:
        columns += ["kernels_matched", "permuted", "untrained"]
    print(*columns, sep="\t")
    for name, path in SETS.items():
        reader = TableReader(str(Path(args.data) / path), ("mirna_seq", "site_seq"))
        pairs = sample(PairReader(reader).pairs(), args.sample, 1)
        study, cells = looked_at(pairs, model.weights, model.threshold)
        if known:
            cells += kernels(study, pairs, model.weights, known)
        print(name, len(pairs), *cells, sep="\t", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
