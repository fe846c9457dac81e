"""The tables of dmiso-evaluate as Markdown: one per part; each cell holds a number and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from mirtools.evaluation.judgement import ALL, FIGURES, Estimate, Judged
from mirtools.report.markdown import escape

_NAMES = {
    "auroc": "AUROC",
    "average_precision": "AP",
    "within_mirna_auroc": "AUROC within miRNAs",
    "within_mirna_ap": "AP within miRNAs",
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "specificity": "specificity",
}
NOTHING = "No pairs to evaluate on."


def write_evaluation(stream: TextIO, judged: Sequence[Judged], confidence: float, warnings: Sequence[str]) -> None:
    """Write the evaluation of predictors; columns without any number are skipped.

    Parameters
    ----------
    stream : TextIO
    judged : sequence of Judged
        The results for all parts.
    confidence : float
        Of the intervals.
    warnings : sequence of str
        Sentences without names from the data, written above the tables.
    """
    blocks = ["# Evaluation of the predictors"]
    blocks += [f"**Warning**: {warning}." for warning in warnings]
    parts: dict[str, list[Judged]] = {}
    for each in judged:
        parts.setdefault(each.part, []).append(each)
    if parts:
        intervals = (
            f"In brackets: {100 * confidence:g} % bootstrap intervals, resampled over pairs or, within miRNAs, "
            "over miRNAs."
        )
        blocks.append(f"{intervals} Average precision (AP) depends on the share of positives.")
    else:
        blocks.append(NOTHING)
    for part, rows in parts.items():
        first = rows[0]
        title = "All pairs" if part == ALL else escape(part)
        negatives = first.pairs - first.positives
        blocks += [f"## {title}: {first.positives:,} positives, {negatives:,} negatives", _table(rows)]
    stream.write("\n\n".join(blocks) + "\n")


def _table(rows: Sequence[Judged]) -> str:
    names = [name for name in FIGURES if any(row.figures[name].value == row.figures[name].value for row in rows)]
    lines = [["predictor", *(_NAMES[name] for name in names)], ["---", *("---:" for _ in names)]]
    lines += [[escape(row.predictor), *(_cell(row.figures[name]) for name in names)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(estimate: Estimate) -> str:
    if estimate.value != estimate.value:
        return "."
    text = f"{estimate.value + 0.0:.3f}"
    return text if estimate.low != estimate.low else f"{text} ({estimate.low:.3f}-{estimate.high:.3f})"
