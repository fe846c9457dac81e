"""What an audit finds: properties and their verdicts, as a table, as JSON, and with advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mirtools.io.tables import MISSING

LIMIT = 0.6
SIGNIFICANCE = 0.01  # chance that a set without any leak is warned of, over all its properties together

# What kind of property it is
LEAK, SPLIT, BASELINE = "leak", "split", "baseline"
# What was found
CLEAN, LEAKS, TOO_FEW, GROUP, REVERSED = "clean", "leak", "too_few_pairs", "group_by_target", "reversed"
WARNINGS = (LEAKS, REVERSED)
# What a property's figure was learned from
FOLDS, TRAINING, NOTHING = "other_folds", "training", "nothing"

REMEDIES = {
    "mirna_length": "cut or pad miRNAs alike, or draw negatives with miRNAs of the same lengths",
    "site_length": "cut sites to one length, or draw negatives as long as their positives",
    "n_count": "draw negatives without N, or leave out positives with N",
    "site_gc": "draw negatives from the same region as the positives",
    "site_dinucleotides": "draw negatives from the same region as the positives",
    "junction": "cut off the sites what they share with the end of the miRNA on the read",
    "region": "draw negatives from the same region as the positives",
    "mirna_identity": "give each miRNA the same share of both labels",
    "mirna_seed": "give each miRNA family the same share of both labels",
    "target_identity": "give each target the same share of both labels",
    "site_identity": "split by target, never at random",
    "site_memory": "split by target, never at random",
    "all_together": "a model can reach this without looking at pairing; see the single properties",
    "site_type": "the negatives have more seed matches than the positives",
    "duplex_energy": "the negatives bind better than the positives",
    "cofold_energy": "the negatives bind better than the positives; see --max-energy",
}
_TRAINING_REMEDY = "miRNAs or targets of the training recur here; split by them"
_RECURRING = ("mirna_identity", "mirna_seed", "target_identity", "site_identity")


class Finding(NamedTuple):
    """How well one property predicts the label.

    Attributes
    ----------
    name : str
    kind : {"leak", "split", "baseline"}
        ``split``: harmless in itself, but a split at random makes it leak.
    learned_from : {"other_folds", "training", "nothing"}
    pairs : int
        Pairs of which the property is known and was looked at.
    seen : float
        Share of them whose value occurs among those that it was learned from; NaN where nothing recurs.
    auroc, low, high : float
        AUROC, at least 0.5, and its 95 % interval.
    direction : {"as_learned", "reversed"}
        ``reversed``: pairs that resemble positives are negatives.
    verdict : str
        ``clean``, ``leak``, ``too_few_pairs`` (a leak could not be distinguished from chance),
        ``group_by_target``; for baselines ``.``, or ``reversed`` if negatives bind better than positives.
    """

    name: str
    kind: str
    learned_from: str
    pairs: int
    seen: float
    auroc: float
    low: float
    high: float
    direction: str
    verdict: str


TABLE_COLUMNS = ["property", *Finding._fields[1:]]


def remedy(finding: Finding) -> str:
    """Return what to do about a warning."""
    if finding.learned_from == TRAINING and finding.name in _RECURRING:
        return _TRAINING_REMEDY
    return REMEDIES[finding.name]


def table_rows(findings: Sequence[Finding]) -> Iterator[list[str]]:
    """Yield the rows of the audit as a table (:data:`TABLE_COLUMNS`); figures with four decimals."""
    for each in findings:
        yield [_cell(value) if isinstance(value, float) else str(value) for value in each]


def as_json(findings: Sequence[Finding]) -> dict[str, object]:
    """Return the audit for ``--json``."""
    properties = {}
    for each in findings:
        entry = each._asdict()
        del entry["name"]
        properties[each.name] = {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in entry.items()
            if value == value
        }
    return {
        "limit": LIMIT,
        "significance": SIGNIFICANCE,
        "warnings": [each.name for each in findings if each.verdict in WARNINGS],
        "properties": properties,
    }


def _cell(value: float) -> str:
    return MISSING if value != value else f"{value:.4f}"
