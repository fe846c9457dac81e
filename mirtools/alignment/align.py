"""Attribution sequence alignment (Gresova et al. 2022, Methods 2.3): a matrix and two sequences in.

What an alignment collects is a score for each pair of bases that it sets opposite to each other: their
attribution, 0 where that is negative, with its sign changed where the bases do not pair. Gaps cost, but not those
at the ends of a sequence. Of all alignments of the whole sequences the one with the highest score is found by
dynamic programming with a state each for pairs, gaps in the miRNA and gaps in the site.

Where several are equally good, the choice is made from the miRNA's 5' end on. An alignment that reaches this end
comes before one in which it hangs over, then the one that lies most 5' on the site; then, column by column, the
pair before a base of the site alone before a base of the miRNA alone: gaps so lie as far from the seed as they
can. An alignment that collects nothing is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.alignments import Alignments
from mirtools.alignment.kernel import FIGURES, align_all
from mirtools.models.pairing import WATSON_CRICK, PairingRule

MODES = ("affine", "published")
GAP_SCALES = ("rows", "cells")


@dataclass(frozen=True)
class Costs:
    """What gaps cost: a gap's first base, and each further one.

    Attributes
    ----------
    opening, extension : float
        The first is the larger one.
    scale : {"rows", "cells", "given"}
        Percentiles of each matrix's row sums (a row is a base of the site), or of its cells, signs left aside; or
        the costs themselves, which may be infinite.
    """

    opening: float = 99.0
    extension: float = 90.0
    scale: str = "rows"

    def __post_init__(self) -> None:
        if self.scale not in (*GAP_SCALES, "given"):
            raise ValueError(f"costs by {self.scale!r}; use rows, cells or given")
        if not self.opening >= self.extension >= 0:
            raise ValueError("opening a gap costs at least as much as extending it, and both at least nothing")
        if self.scale != "given" and self.opening > 100:
            raise ValueError("percentiles go up to 100")


class Aligner:
    """Align any number of pairs by their attributions.

    Parameters
    ----------
    rule : PairingRule
        Which letters pair.
    costs : Costs
    mode : {"affine", "published"}
        The published program's way of filling and following its table differs from its paper's and from affine
        gaps: see :func:`mirtools.alignment.kernel.fill_published`. Its alignments are found in this mode.
    """

    def __init__(self, rule: PairingRule = WATSON_CRICK, costs: Costs | None = None, mode: str = "affine") -> None:
        if mode not in MODES:
            raise ValueError(f"mode {mode!r}; use {' or '.join(MODES)}")
        self.rule = rule
        self.costs = costs or Costs()
        self.mode = mode
        # padding and unknown letters pair with nothing
        self._signs = np.where(rule.table().any(axis=2), 1.0, -1.0)

    def described(self) -> str:
        """Return a sentence on how alignments are made."""
        gaps = "Affine gaps" if self.mode == "affine" else "Gaps as in the published program"
        costs = self.costs
        scales = {"rows": "the sums by base of the site", "cells": "the cells"}
        if costs.scale not in scales:
            return f"{gaps}: {costs.opening:g} for the first base, {costs.extension:g} for each further one."
        percentiles = f"percentiles {costs.opening:g} (first base) and {costs.extension:g} (further ones)"
        return f"{gaps}; they cost {percentiles} of {scales[costs.scale]} of each matrix."

    def align(self, values: NDArray[np.floating], mirnas: Sequence[str], sites: Sequence[str]) -> Alignments:
        """Align pairs.

        Parameters
        ----------
        values : ndarray of shape (n, site length, miRNA length), float
            Attributions, finite, both axes 5'->3'; cells behind a sequence's end are not looked at. Not changed.
        mirnas, sites : sequence of str
            5'->3', not longer than the matrix, and not empty.

        Raises
        ------
        ValueError
            Where shapes and lengths do not fit each other, or a value is not finite.
        """
        values = np.ascontiguousarray(values, dtype=np.float64)
        if values.ndim != 3 or not len(values) == len(mirnas) == len(sites):
            raise ValueError(f"values of shape {values.shape} for {len(mirnas)} miRNAs and {len(sites)} sites")
        if not np.isfinite(values).all():
            raise ValueError("attributions are finite numbers")
        number, longest, widest = values.shape
        lengths = np.empty((number, 2), np.int64)
        lengths[:, 0] = [len(site) for site in sites]
        lengths[:, 1] = [len(mirna) for mirna in mirnas]
        if number and (lengths.min() < 1 or (lengths > (longest, widest)).any()):
            raise ValueError("sequences are as long as the matrix or shorter, and not empty")
        figures = np.empty((number, FIGURES))
        moves = np.zeros((number, longest + widest), np.uint8)
        columns = np.empty(number, np.int64)
        site_importance = np.empty((number, longest))
        mirna_importance = np.empty((number, widest))
        partners = np.empty((number, widest), np.int32)
        align_all(
            values,
            self._signs,
            self.rule.codes(sites, longest, centre=True),
            self.rule.codes(mirnas, widest, centre=False),
            lengths,
            np.array([self.costs.opening, self.costs.extension]),
            self.costs.scale == "rows",
            self.costs.scale == "given",
            self.mode == "published",
            figures,
            moves,
            columns,
            site_importance,
            mirna_importance,
            partners,
        )
        return Alignments(
            tuple(mirnas),
            tuple(sites),
            self.rule,
            figures,
            moves,
            columns,
            site_importance,
            mirna_importance,
            partners,
        )
