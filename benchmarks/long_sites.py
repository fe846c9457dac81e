"""Sites of more than 60 nt scored by their central 60, and by the best of overlapping windows.

Usage: long_sites.py MODEL SCORES TRANSCRIPTS > table.tsv

MODEL and SCORES are what ``dmiso-train -m MODEL --scores SCORES`` wrote; only pairs that it held out count, and of
them those whose sites, of 60 nt at most, stand in TRANSCRIPTS (FASTA). Each site is then given again as part of a
longer one: prolonged to 90 nt at its 3' end, or anywhere within 120 nt.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mirtools.io.encoding import encode
from mirtools.io.sequences import read_references
from mirtools.models.dmiso.architecture import MIRNA_LENGTH, SITE_LENGTH
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer
from mirtools.models.encoder import Encoder
from mirtools.models.modelfile import load_model
from mirtools.models.tiling import Tiling, Windows
from mirtools.pairs.ranking import Ranking


def longer(sites: set[str], transcripts: str) -> dict[str, tuple[str, str, str]]:
    """Return each site as it is, prolonged to 90 nt, and within 120 nt."""
    joined = "$".join(reference.sequence for reference in read_references(transcripts))
    found = {}
    for site in sorted(sites):
        start = joined.find(site)
        before = start - random.Random(site).randint(0, 120 - len(site))
        forms = site, joined[start : start + 90], joined[max(before, 0) : before + 120]
        if start >= 0 and before >= 0 and "$" not in forms[1] + forms[2]:
            found[site] = forms
    return found


def main() -> int:
    model, scores, transcripts = sys.argv[1:]
    with open(scores, newline="") as stream:
        rows = [
            row
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["part"] == "held_out" and len(row["site_seq"]) <= SITE_LENGTH
        ]
    forms = longer({row["site_seq"] for row in rows}, transcripts)
    rows = [row for row in rows if row["site_seq"] in forms]
    labels = np.array([int(row["label"]) for row in rows], np.uint8)
    mirnas = encode([row["mirna_seq"] for row in rows], MIRNA_LENGTH)
    loaded = load_model(model)
    predictor = DmisoPairScorer(loaded.weights)
    print(f"# {len(rows):,} held-out pairs, {labels.sum():,} of them positive")
    print("site", "scored", "AUROC", "average precision", "above the threshold", sep="\t")
    for number, name in enumerate(("as it is", "90 nt, from its 5' end", "anywhere in 120 nt")):
        sites = [forms[row["site_seq"]][number] for row in rows]
        windows = Windows(sites, Tiling(SITE_LENGTH), Encoder())
        each = predictor.score(np.repeat(mirnas, np.diff(windows.bounds), axis=0), windows.codes(0, len(windows)))
        for how, values in (
            ("central 60 nt", predictor.score(mirnas, encode(sites, SITE_LENGTH))),
            ("best window", np.maximum.reduceat(each, windows.bounds[:-1])),
        ):
            figures = *Ranking(labels, values).figures(), (values > loaded.threshold).mean()
            print(name, how, *(f"{figure:.3f}" for figure in figures), sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
