"""Judges predictors of repression on experiments that the bundled model was not trained on.

Usage: judge.py [--model FILE] [--figure docs/genes_measured.png]

Prints, for each set of experiments (27 of FuNmiRBench in human cells, three knock-outs in flies), the
correlation of predicted and measured log2 fold changes within experiments: median over experiments with a 95 %
bootstrap interval, the mean change of the 100 strongest predictions, and calibration. Next to the model: a count
of seed matches, a linear sum over sites of 3'UTRs with the features of context++, fitted to the same training
data, and the length of the 3'UTR.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from measured import Floats, Measured, fly_knock_outs, own_change_removed, rna_seq, transfections
from scipy.stats import pearsonr, spearmanr

from mirtools.genes.features import EFFECTIVE, UTR3, has_effect, site_features
from mirtools.genes.model import RepressionModel, load_model
from mirtools.genes.predict import find_sites, predict
from mirtools.report.drawing import draw_page

# predictions up to, and above; what the curve is called
_CURVES = (
    (0.0, -1e-9, "no prediction"),
    (-1e-9, -0.1, "0 to -0.1"),
    (-0.1, -0.3, "-0.1 to -0.3"),
    (-0.3, -9.0, "below -0.3"),
)
_SEED_COUNT = np.array([0.31, 0.16, 0.10, 0.05] + [0.0] * 8)
Predictor = Callable[[Measured], Floats]


def predictions(model: RepressionModel, measured: Measured) -> Floats:
    """Return the model's predictions, shape (targets, experiments)."""
    return np.stack([predict(mirna, measured.targets, model).change for mirna in measured.mirnas], axis=1)


def seed_count(measured: Measured) -> Floats:
    """Return minus the weighted number of seed matches in 3'UTRs."""
    found = find_sites(measured.mirnas, measured.targets)
    inside = found.described.region == UTR3
    count = np.zeros(measured.changes.shape)
    np.add.at(count, (found.sites[inside, 1], found.sites[inside, 0]), _SEED_COUNT[found.described.kind[inside]])
    return -count


def utr3_length(measured: Measured) -> Floats:
    """Return minus the logarithm of the length of the 3'UTR, the same in every experiment."""
    length = np.log10(np.maximum(measured.targets.edges[:, 3] - measured.targets.edges[:, 2], 1))
    return np.repeat(-length[:, None], len(measured.names), axis=1)


class LinearSum:
    """A sum over sites of 3'UTRs that is linear in the features of context++, fitted by ridge regression.

    With ``everywhere``, over sites of all regions. Features: type, local AU, supplementary pairing, distance
    from the nearer end, lengths of 3'UTR and CDS, seed stability, bases 1 and 8, and 8mers in the CDS;
    contributions above 0 are set to 0 (Agarwal et al. 2015).
    """

    def __init__(self, measured: Measured, everywhere: bool = False, penalty: float = 30.0) -> None:
        self.everywhere = everywhere
        changes = own_change_removed(measured.changes)
        features, pair = self._sites(measured)
        kept = ~np.isnan(changes).ravel()
        summed = np.zeros((changes.size, features.shape[1]))
        np.add.at(summed, pair, features)
        centred = summed - np.repeat(
            summed.reshape(*changes.shape, -1).mean(axis=0)[None], len(changes), 0
        ).reshape(summed.shape)
        x, y = centred[kept], changes.ravel()[kept]
        self.weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)

    def __call__(self, measured: Measured) -> Floats:
        """Return predictions, shape (targets, experiments)."""
        features, pair = self._sites(measured)
        values = np.minimum(features @ self.weights, 0)
        return np.bincount(pair, values, minlength=measured.changes.size).reshape(measured.changes.shape)

    def _sites(self, measured: Measured) -> tuple[Floats, np.ndarray]:
        found = find_sites(measured.mirnas, measured.targets)
        all_features = site_features(found.described)
        if self.everywhere:
            kept = has_effect(found.described.kind, found.described.region)
            columns = [column[kept] for column in all_features.values()]
            sites = found.sites[kept]
            return np.stack(columns, axis=1), sites[:, 1] * len(measured.names) + sites[:, 0]
        used = [name for name in all_features if not name.startswith(("5'UTR", "CDS")) or name == "CDS 8mer"]
        kept = has_effect(found.described.kind, found.described.region)
        kept &= (found.described.region == UTR3) | (all_features["CDS 8mer"] == 1)
        columns = [all_features[name][kept] * (found.described.region[kept] == UTR3) for name in used[:-1]]
        columns.append(all_features["CDS 8mer"][kept])
        sites = found.sites[kept]
        return np.stack(columns, axis=1), sites[:, 1] * len(measured.names) + sites[:, 0]


def correlations(predicted: Floats, measured: Measured) -> Floats:
    """Return Spearman's and Pearson's coefficient of each experiment, shape (n, 2); 0 if all are tied."""
    found = []
    for at in range(len(measured.names)):
        known = ~np.isnan(measured.changes[:, at])
        x, y = predicted[known, at], measured.changes[known, at]
        found.append((0.0, 0.0) if x.std() == 0 else (spearmanr(x, y).statistic, pearsonr(x, y).statistic))
    return np.array(found)


def interval(values: Floats, resamples: int = 2000) -> str:
    """Return the median with its 95 % bootstrap interval over experiments."""
    random = np.random.default_rng(1)
    drawn = np.median(values[random.integers(0, len(values), (resamples, len(values)))], axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{np.median(values):.3f} ({low:.3f} to {high:.3f})"


def row(name: str, predicted: Floats, measured: Measured) -> str:
    """Return a line of the table: correlations, and the mean change of the 100 strongest predictions."""
    found = correlations(predicted, measured)
    top = []
    for at in range(len(measured.names)):
        known = np.flatnonzero(~np.isnan(measured.changes[:, at]))
        best = known[np.argsort(predicted[known, at], kind="stable")[:100]]
        rest = np.setdiff1d(known, best)
        top.append(measured.changes[best, at].mean() - measured.changes[rest, at].mean())
    spearman, pearson = interval(found[:, 0]), interval(found[:, 1])
    means = f"{found[:, 0].mean():.3f} | {found[:, 1].mean():.3f}"
    return f"| {name} | {spearman} | {pearson} | {means} | {np.median(top):.3f} |"


def table(title: str, measured: Measured, predictors: dict[str, Predictor]) -> list[str]:
    """Return the lines of a table in Markdown."""
    lines = [f"{title}: {len(measured.names)} experiments, {len(measured.targets.names)} mRNAs", ""]
    lines.append("| predictor | Spearman, median | Pearson, median | mean | mean | top 100 minus rest |")
    lines.append("| --- | --- | --- | --- | --- | --- |")
    return [*lines, *(row(name, each(measured), measured) for name, each in predictors.items()), ""]


def calibration(predicted: Floats, measured: Measured) -> list[str]:
    """Return mean measured changes, relative to mRNAs without a prediction, by predicted change."""
    change = relative(predicted, measured).ravel()
    known = ~np.isnan(change)
    change, predicted = change[known], predicted.ravel()[known]
    lines = ["| predicted | mRNAs | mean predicted | mean measured |", "| --- | --- | --- | --- |"]
    edges = [0, -0.05, -0.1, -0.2, -0.3, -0.5, -0.8, -9]
    for high, low in pairwise(edges):
        inside = (predicted < high) & (predicted >= low)
        if inside.sum() > 20:
            mean = f"{predicted[inside].mean():.3f} | {change[inside].mean():.3f}"
            lines.append(f"| {high} to {low} | {inside.sum()} | {mean} |")
    return [*lines, ""]


def relative(predicted: Floats, measured: Measured) -> Floats:
    """Return changes minus the mean of those mRNAs of the same experiment that have the prediction 0."""
    without = np.where(predicted == 0, measured.changes, np.nan)
    found: Floats = measured.changes - np.nanmean(without, axis=0)
    return found


def draw_curves(path: str, predicted: Floats, measured: Measured) -> None:
    """Draw how many mRNAs fell how much, by prediction: the figure that the field reads."""
    change = relative(predicted, measured)

    def draw(axes: Any) -> None:
        for (high, low, name), colour in zip(_CURVES, ("#777777", "#A0D2F0", "#0072B2", "#003C6E"), strict=True):
            inside = (predicted <= high) & (predicted > low) & ~np.isnan(change)
            values = np.sort(change[inside])
            label = f"{name} (n = {len(values):,}, mean {values.mean():.2f})"
            axes.plot(values, np.arange(1, len(values) + 1) / len(values), color=colour, label=label)
        axes.set_xlim(-1.5, 1)
        axes.set_xlabel("measured log2 fold change, relative to mRNAs without a prediction")
        axes.set_ylabel("share of mRNAs")
        axes.legend(loc="upper left", fontsize=9)

    with open(path, "wb") as stream:
        draw_page(stream, path.rpartition(".")[2], [[draw]], "", 4.5)


def same_seed(measured: Measured) -> list[str]:
    """Return the correlation of measured changes in experiments with the same seed: how far noise lets go."""
    lines = ["| experiments with the same seed | Spearman | Pearson |", "| --- | --- | --- |"]
    for first in range(len(measured.names)):
        for second in range(first + 1, len(measured.names)):
            if measured.mirnas[first][1:8] == measured.mirnas[second][1:8]:
                x, y = measured.changes[:, first], measured.changes[:, second]
                known = ~np.isnan(x) & ~np.isnan(y)
                values = spearmanr(x[known], y[known]).statistic, pearsonr(x[known], y[known]).statistic
                names = f"{measured.names[first]}, {measured.names[second]}"
                lines.append(f"| {names} | {values[0]:.3f} | {values[1]:.3f} |")
    return [*lines, ""]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", help="JSON file (default: the bundled model)")
    parser.add_argument("--figure", help="cumulative curves of measured changes, by prediction (.png .svg .pdf)")
    args = parser.parse_args()
    model = load_model(args.model)
    training, _ = transfections()
    predictors: dict[str, Predictor] = {
        "genes-predict": lambda measured: predictions(model, measured),
        "genes-predict, 3'UTR only": lambda measured: predictions(only_3p_utr(model), measured),
        "linear sum, all regions": LinearSum(training, everywhere=True),
        "linear sum, 3'UTR (as context++)": LinearSum(training),
        "seed count": seed_count,
        "length of the 3'UTR": utr3_length,
        # not targeting, but what a gene does in any experiment
        "genes-predict and 0.05 * length": lambda measured: (
            predictions(model, measured) + 0.05 * utr3_length(measured)
        ),
    }
    human = rna_seq()
    for title, measured in (("FuNmiRBench", human), ("Flies, knock-outs", fly_knock_outs())):
        print("\n".join(table(title, measured, predictors)))
    predicted = predictions(model, human)
    print("\n".join(calibration(predicted, human)))
    print("\n".join(same_seed(human)))
    if args.figure:
        draw_curves(args.figure, predicted, human)
    for name, (spearman, pearson) in zip(human.names, correlations(predicted, human), strict=True):
        print(f"{name}\t{spearman:.3f}\t{pearson:.3f}")


def only_3p_utr(model: RepressionModel) -> RepressionModel:
    """Return the model without sites in 5'UTR and CDS."""
    elsewhere = {f"{name} {kind}" for name, region in (("5'UTR", 0), ("CDS", 1)) for kind in EFFECTIVE[region]}
    weights = {name: -30.0 if name in elsewhere else value for name, value in model.weights.items()}
    return replace(model, weights=weights)


if __name__ == "__main__":
    main()
