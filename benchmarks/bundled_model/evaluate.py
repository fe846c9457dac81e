"""Figures of a trained model on its held-out pairs, by source and by kind of miRNA, beside the baselines.

Usage: evaluate.py PAIRS.tsv MODEL.safetensors [TEST.tsv] > figures.tsv

Without TEST.tsv the held-out pairs are found again from what the model file says of its split.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from mirtools.models.inference import Predictor  # noqa: E402
from mirtools.models.modelfile import load_model  # noqa: E402
from mirtools.training.baselines import baseline_scores  # noqa: E402
from mirtools.training.data import mirna_names, read_labelled  # noqa: E402
from mirtools.training.metrics import FIGURES, ranking_figures  # noqa: E402
from mirtools.training.splits import group_pairs, hold_out  # noqa: E402


def main(table: str, path: str, test: str | None = None) -> int:
    pairs, model = read_labelled(table), load_model(path)
    if model.training["data_sha256"] != pairs.checksum():
        sys.exit("the model was trained on other pairs")
    with open(test or table) as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    if test:
        training, tested = pairs, read_labelled(test)
    else:
        groups = group_pairs(pairs, model.training["grouping"])
        held = hold_out(groups, model.training["hold_out"], model.training["seed"])
        training, tested = pairs.subset(np.flatnonzero(~held)), pairs.subset(np.flatnonzero(held))
        rows = [row for row, kept in zip(rows, held, strict=True) if kept]
    scores = {
        "model": Predictor(model.weights).score(*tested.encoded()),
        **dict(baseline_scores(training, tested)),
    }
    parts = {"all": np.ones(len(tested), bool)}
    for column in ("source", "mirna_class"):
        values = np.array([row[column] for row in rows])
        parts |= {f"{column}={value}": values == value for value in sorted(set(values))}
    known_mirnas, known_sites = set(training.mirnas), set(training.sites)
    parts["miRNA sequence in training"] = np.array([mirna in known_mirnas for mirna in tested.mirnas])
    parts["miRNA sequence not in training"] = ~parts["miRNA sequence in training"]
    parts["site in training"] = np.array([site in known_sites for site in tested.sites])
    parts["site not in training"] = ~parts["site in training"]
    names = np.array(mirna_names(tested))
    print("part", "pairs", "positives", "predictor", *FIGURES, sep="\t")
    for part, chosen in parts.items():
        labels = tested.labels[chosen]
        if not 0 < labels.sum() < len(labels):
            continue
        for name, values in scores.items():
            figures = ranking_figures(labels, values[chosen], names[chosen].tolist())
            cells = [f"{figures[key]:.3f}" if key in figures else "." for key in FIGURES]
            print(part, len(labels), int(labels.sum()), name, *cells, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
