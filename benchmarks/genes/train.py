"""Trains the bundled model of genes-predict, and measures it on small RNAs and mRNAs that it did not see.

Usage: train.py [-o mirtools/genes/repression.json] [--ablations]

Training data are the 74 transfections with which TargetScan 7 was trained (Agarwal et al. 2015): log2 fold
changes of 721 mRNAs of known sequence, and 79-nt windows with 8mer sites of others. Cross-validation holds out
whole small RNAs (with all that share ten bases or a seed with them) and whole genes: of 25 models, each predicts
the small RNAs of one fifth on the genes of one fifth, and has seen neither. The tables on standard output are
those of the model's card.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from fitting import Fit, Pairs, fit, training_pairs
from judge import calibration, correlations, interval, seed_count, table
from measured import Floats, Measured, gene_folds, transfections

from mirtools.genes.features import TYPE_FEATURES, site_features
from mirtools.genes.model import BUNDLED, RepressionModel
from mirtools.genes.predict import find_sites, predict

CUTOFF, WEAKEST = 0.02, 0.04
FOLDS = 5
_CARD = Path(__file__).resolve().parents[2] / "mirtools" / "genes" / BUNDLED
_ABLATIONS = {
    "without local AU": ("au_upstream", "au_downstream"),
    "without AU of 200 nt": ("au_wide",),
    "without the bases next to the site": (" up_", " down_"),
    "without supplementary pairing": ("supplementary",),
    "without seed stability": ("seed stability",),
    "without the length of the 3'UTR": ("length of 3'UTR",),
    "without the length of the CDS": ("length of CDS",),
    "without distances": ("nearer end", "near stop codon", "near 3' end", "to stop codon"),
    "without neighbours": ("neighbours",),
    "without bases 1 and 8 of the miRNA": ("base 1 ", "base 8 "),
    "without bases opposite 1 and 8": ("opposite base",),
}


def mirna_folds(mirnas: Sequence[str]) -> np.ndarray:
    """Return the fold of each small RNA; those with a seed or ten bases in common are in the same."""
    group = list(range(len(mirnas)))

    def root(at: int) -> int:
        while group[at] != at:
            at = group[at]
        return at

    words = [{mirna[at : at + 10] for at in range(len(mirna) - 9)} for mirna in mirnas]
    for first in range(len(mirnas)):
        for second in range(first):
            if words[first] & words[second] or mirnas[first][1:8] == mirnas[second][1:8]:
                group[root(first)] = root(second)
    roots = np.array([root(at) for at in range(len(mirnas))])
    _, which, sizes = np.unique(roots, return_inverse=True, return_counts=True)
    fold_of, load = np.zeros(len(sizes), int), np.zeros(FOLDS)
    for at in np.argsort(-sizes, kind="stable"):
        fold_of[at] = int(np.argmin(load))
        load[fold_of[at]] += sizes[at]
    return fold_of[which]


def model_of_fit(found: Fit, names: list[str]) -> RepressionModel:
    """Return the model with fitted weights, without confidences."""
    return RepressionModel(dict(zip(names, found.weights.tolist(), strict=True)), CUTOFF, WEAKEST, ((0.0, 0.5),))


def held_out(pairs: Pairs, measured: Measured, names: list[str]) -> Floats:
    """Return predictions of models that saw neither the small RNA nor the gene, shape (targets, experiments)."""
    mirna_fold, gene_fold = mirna_folds(measured.mirnas), gene_folds(measured.targets.names, FOLDS)
    predicted = np.zeros(measured.changes.shape)
    seen_gene = np.where(pairs.target < 0, -1, gene_fold[pairs.target])
    for mirnas in range(FOLDS):
        columns = np.flatnonzero(mirna_fold == mirnas)
        for genes in range(FOLDS):
            used = (mirna_fold[pairs.experiment] != mirnas) & (seen_gene != genes)
            model = model_of_fit(fit(pairs, used, names, CUTOFF), names)
            rows = np.flatnonzero(gene_fold == genes)
            targets = measured.targets.select(rows.tolist())
            for column in columns.tolist():
                predicted[rows, column] = predict(measured.mirnas[column], targets, model).change
    return predicted


def confidence(predicted: Floats, measured: Measured) -> list[tuple[float, float]]:
    """Return knots of the share of mRNAs below the median of those without a prediction, by predicted change."""
    below, change = [], []
    for at in range(len(measured.names)):
        known = ~np.isnan(measured.changes[:, at])
        y, x = measured.changes[known, at], predicted[known, at]
        below.append(y[x < 0] < np.median(y[x == 0]))
        change.append(x[x < 0])
    values, lower = np.concatenate(change), np.concatenate(below)
    order = np.argsort(-values)
    knots = [(0.0, 0.5)]
    for part in np.array_split(order, [len(order) * at // 10 for at in range(1, 10)] + [len(order) * 39 // 40]):
        knots.append((float(values[part].mean()), float(max(lower[part].mean(), knots[-1][1]))))
    return [(round(x, 3), round(y, 3)) for x, y in sorted(knots)]


def report(predicted: Floats, measured: Measured) -> None:
    """Print the tables of cross-validation."""
    natural = np.flatnonzero(measured.natural)
    for title, chosen in (("All small RNAs", np.arange(len(measured.names))), ("miRNAs", natural)):
        part = measured._replace(
            names=[measured.names[at] for at in chosen], mirnas=[measured.mirnas[at] for at in chosen],
            changes=measured.changes[:, chosen],
        )  # fmt: skip
        shown = {"genes-predict": lambda _, chosen=chosen: predicted[:, chosen], "seed count": seed_count}
        print("\n".join(table(title, part, shown)))
    print("\n".join(calibration(predicted, measured)))
    moved_guides(predicted, measured)


def moved_guides(predicted: Floats, measured: Measured) -> None:
    """Print how well predictions fit their own guide, and others of a series that was moved base by base."""
    print("| series | guides | own: Spearman | Pearson | others: Spearman | Pearson |")
    print("| --- | --- | --- | --- | --- | --- |")
    for series in ("SOD1_pos", "MAPK14_pos", "CHIMERA"):
        chosen = [at for at, name in enumerate(measured.names) if name.startswith(series)]
        part = measured._replace(names=[measured.names[at] for at in chosen], changes=measured.changes[:, chosen])
        own, others = [], []
        for turn in range(len(chosen)):
            turned = predicted[:, chosen[turn:] + chosen[:turn]]
            (own if turn == 0 else others).append(correlations(turned, part))
        values = [*np.mean(own, axis=(0, 1)), *np.mean(others, axis=(0, 1))]
        print(f"| {series} | {len(chosen)} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    print()


def ablations(measured: Measured, pairs: Pairs, names: list[str]) -> None:
    """Print what leaving out each group of features costs, in cross-validation."""
    print(
        "| model | Spearman, mean | Pearson, mean | miRNAs: Spearman | Pearson |\n| --- | --- | --- | --- | --- |"
    )
    for title, parts in {"all features": (), **_ABLATIONS}.items():
        kept = [at for at, name in enumerate(names) if not any(part in name for part in parts)]
        chosen = [names[at] for at in kept]
        found = correlations(
            held_out(pairs._replace(features=pairs.features[:, kept]), measured, chosen), measured
        )
        values = [*found.mean(axis=0), *found[measured.natural].mean(axis=0)]
        print(f"| {title} | " + " | ".join(f"{value:.4f}" for value in values) + " |", flush=True)


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", default=str(_CARD))
    parser.add_argument("--ablations", action="store_true")
    args = parser.parse_args()
    measured, windows = transfections()
    few = measured.targets.select(range(5))
    names = list(site_features(find_sites(measured.mirnas[:2], few).described))
    names = [*TYPE_FEATURES, *(name for name in names if name not in TYPE_FEATURES)]
    pairs = training_pairs(measured, windows, names)
    print(f"{len(pairs.change)} pairs, {pairs.features.shape[0]} sites, {len(names)} features\n")
    if args.ablations:
        ablations(measured, pairs, names)
        return
    predicted = held_out(pairs, measured, names)
    report(predicted, measured)
    found = fit(pairs, np.ones(len(pairs.change), bool), names, CUTOFF)
    content = {
        "format": "mirtools repression model 1",
        "cutoff": CUTOFF,
        "weakest": WEAKEST,
        "weights": {name: round(value, 4) for name, value in zip(names, found.weights.tolist(), strict=True)},
        "confidence": confidence(predicted, measured),
    }
    Path(args.output).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print("scales of experiments:", interval(found.scales))


if __name__ == "__main__":
    main()
