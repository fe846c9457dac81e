"""What pairs share with a training: why figures on them may be too good."""

from __future__ import annotations

from typing import Any

from mirtools.io.tables import MISSING
from mirtools.pairs.baselines import baseline_scores
from mirtools.pairs.ranking import Ranking
from mirtools.pairs.table import LabelledPairs

TOLERATED = 0.1  # of an AUROC from 0.5


def leaks(pairs: LabelledPairs, training: LabelledPairs) -> tuple[dict[str, Any], list[str]]:
    """Return what the pairs share with the training pairs, as numbers and as warnings.

    Pairs with the same two sequences in both; and the AUROC of the share of positives that a pair's miRNA, or its
    site, had in the training. Far from 0.5, on either side, the label can be predicted without looking at a
    pair: a site that was a positive in the training and comes again as a negative gives its label away, too.

    Parameters
    ----------
    pairs, training : LabelledPairs

    Returns
    -------
    numbers : dict
        ``training_pairs``, ``mirna_identity_auroc``, ``site_identity_auroc``; those that have a meaning.
    warnings : list of str
    """
    numbers: dict[str, Any] = {}
    warnings = []
    if MISSING not in pairs.sites and MISSING not in pairs.mirnas:
        known = set(zip(training.mirnas, training.sites, strict=True))
        shared = sum(pair in known for pair in zip(pairs.mirnas, pairs.sites, strict=True))
        numbers["training_pairs"] = shared
        if shared:
            warnings.append(
                f"{shared:,} of {len(pairs):,} pairs are training pairs; figures on these mean nothing"
            )
    for name, what, cells in (
        ("mirna_identity", "miRNA", pairs.mirna_names()),
        ("site_identity", "site", pairs.sites),
    ):
        if MISSING in cells or not len(training):
            continue
        auroc = Ranking(pairs.labels, baseline_scores(name, pairs, training)).figures()[0]
        if auroc != auroc:
            continue
        numbers[f"{name}_auroc"] = round(auroc, 6)
        if abs(auroc - 0.5) > TOLERATED:
            warnings.append(
                f"how often a {what} was positive in the training predicts the label with AUROC {auroc:.3f} (0.5 "
                "is clean): pooled figures may be memory; look within miRNAs and at what was not seen"
            )
    return numbers, warnings
