"""The tables of genes-predict: one row per miRNA and target, and one row per site.

Sequences are 5'->3' in DNA letters, positions 0-based and half-open on the target, contributions in log2 fold
change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.context import CONTEXT
from mirtools.genes.features import CDS, REGION_NAMES, UTR3, UTR5, has_effect
from mirtools.genes.isoforms import Isoforms
from mirtools.genes.observed import Marks, site_cells, target_cells
from mirtools.genes.predict import Prediction
from mirtools.genes.targets import Targets
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING
from mirtools.pairs.site_types import CANONICAL, SITE_TYPES

COLUMNS = (
    "mirna_id mirna_seq target_id gene_id gene_name predicted_log2fc rank percentile confidence n_8mer n_7mer_m8 "
    "n_7mer_a1 n_6mer n_other n_cds n_5utr utr3_contribution cds_contribution utr5_contribution best_type "
    "best_region best_start best_end utr3_length"
).split()
_CONTEXT_SHOWN = (
    "to_start to_end au_upstream au_downstream au_wide supplementary supplementary_offset neighbours".split()
)
SITE_COLUMNS = [
    *"mirna_id mirna_seq target_id gene_id gene_name region site_type site_start site_end".split(),
    *_CONTEXT_SHOWN,
    *"seed_stability log_affinity contribution".split(),
]
_WHOLE = {"to_start", "to_end", "supplementary_offset", "neighbours"}

Ints = NDArray[np.int64]


def target_order(prediction: Prediction, targets: Targets, order: str) -> Ints:
    """Return the order of targets: by prediction, then by name, or as in the file (``order`` is "input")."""
    if order == "input":
        return np.arange(len(targets.names))
    by_name = np.argsort(np.array(targets.names, dtype=object), kind="stable")
    found: Ints = by_name[np.argsort(prediction.change[by_name], kind="stable")]
    return found


def target_rows(
    mirna: Reference,
    prediction: Prediction,
    confidences: NDArray[np.float64],
    targets: Targets,
    order: Ints,
    marks: Marks | None = None,
    isoforms: Isoforms | None = None,
) -> Iterator[list[str]]:
    """Yield the row of each target of one miRNA.

    The columns are ``COLUMNS``, for genes (with ``isoforms``) also ``ISOFORM_COLUMNS``, with ``marks`` also
    ``OBSERVED_TARGET_COLUMNS``.
    """
    sizes = len(targets.names)
    strongest_first = np.sort(prediction.change)
    before = np.searchsorted(strongest_first, prediction.change, "left")
    weaker = sizes - np.searchsorted(strongest_first, prediction.change, "right")
    counts = _shown_counts(prediction)
    lengths = targets.edges[:, 3] - targets.edges[:, 2] if isoforms is None else isoforms.utr3_lengths()
    # means of isoforms are not whole numbers
    shown = str if isoforms is None else _number
    for at in order.tolist():
        gene = targets.genes[at]
        utr5, cds, utr3 = prediction.by_region[at].tolist()
        yield [
            mirna.name,
            mirna.sequence,
            targets.names[at],
            gene.identifier,
            gene.symbol,
            f"{prediction.change[at]:.6f}",
            str(before[at] + 1),
            f"{100 * weaker[at] / sizes:.2f}",
            f"{confidences[at]:.3f}",
            *map(shown, counts[at].tolist()),
            f"{utr3:.6f}",
            f"{cds:.6f}",
            f"{utr5:.6f}",
            *_best(prediction, int(prediction.best[at])),
            shown(lengths[at]),
            *([] if isoforms is None else isoforms.cells(at, prediction)),
            *([] if marks is None else target_cells(marks, at)),
        ]


def site_rows(
    mirna: Reference, prediction: Prediction, targets: Targets, order: Ints, marks: Marks | None = None
) -> Iterator[list[str]]:
    """Yield the row of each site of one miRNA, ``SITE_COLUMNS``, with ``marks`` also ``OBSERVED_SITE_COLUMNS``.

    Targets have the given order, the sites of each that of their positions.
    """
    found = prediction.found
    known = has_effect(found.described.kind, found.described.region)
    context = [CONTEXT.index(name) for name in _CONTEXT_SHOWN]
    formats = ["{:.0f}" if name in _WHOLE else "{:.3f}" for name in _CONTEXT_SHOWN]
    stability = f"{found.described.stability[0]:.2f}"
    first = np.searchsorted(found.sites[:, 1], np.arange(len(targets.names) + 1))
    for at in order.tolist():
        gene = targets.genes[at]
        for site in range(first[at], first[at + 1]):
            numbers = found.described.context[site, context].tolist()
            yield [
                mirna.name,
                mirna.sequence,
                targets.names[at],
                gene.identifier,
                gene.symbol,
                REGION_NAMES[found.described.region[site]],
                SITE_TYPES[found.described.kind[site]],
                str(found.starts[site]),
                str(found.ends[site]),
                *(form.format(number + 0.0) for form, number in zip(formats, numbers, strict=True)),
                stability,
                f"{prediction.log_affinity[site]:.4f}" if known[site] else MISSING,
                f"{prediction.contribution[site]:.6f}",
                *([] if marks is None else site_cells(marks, site)),
            ]


def _number(value: float) -> str:
    """Return a whole number, or a weighted mean with up to two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _shown_counts(prediction: Prediction) -> NDArray[Any]:
    """Return the numbers of sites in the order of the columns, shape ``(targets, 7)``."""
    counts = prediction.counts
    utr3, canonical = counts[:, UTR3], len(CANONICAL) - 1
    elsewhere = [counts[:, region, :canonical].sum(axis=1) for region in (CDS, UTR5)]
    other = utr3[:, canonical:].sum(axis=1)
    return np.stack([*utr3[:, :canonical].T, other, *elsewhere], axis=1)


def _best(prediction: Prediction, site: int) -> Sequence[str]:
    if site < 0:
        return (MISSING,) * 4
    found = prediction.found
    kind, region = int(found.described.kind[site]), int(found.described.region[site])
    return SITE_TYPES[kind], REGION_NAMES[region], str(found.starts[site]), str(found.ends[site])
