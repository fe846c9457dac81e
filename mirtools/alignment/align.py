"""Attribution sequence alignment (Gresova et al. 2022, Methods 2.3) of two sequences, by a matrix.

The score of an alignment is the sum over its columns with two bases, minus the costs of gaps. The score of two
bases is their attribution (0 if negative), with its sign changed if they do not pair. Gaps at the ends of a
sequence are free. The alignment of the whole sequences with the highest score is found by dynamic programming with
three states: pairs, gaps in the miRNA and gaps in the site.

Ties are resolved from the miRNA's 5' end: an alignment that includes this end is preferred to one in which it
overhangs, then the one most 5' on the site; then, column by column, a pair is preferred to a base of the site
alone, and this to a base of the miRNA alone, so that gaps are as far from the seed as possible. If no alignment
has a positive score, it is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.alignments import Alignments
from mirtools.alignment.kernel import NUMBERS, align_all
from mirtools.models.encoder import Encoder
from mirtools.models.pairing import WATSON_CRICK, PairingRule

MODES = ("affine", "published")
GAP_SCALES = ("rows", "cells")


@dataclass(frozen=True)
class Costs:
    """Costs of a gap's first base, and of each further one.

    Attributes
    ----------
    opening, extension : float
        Extension is at most opening.
    scale : {"rows", "cells", "given"}
        Costs are percentiles of each matrix's row sums (a row is a base of the site) or of its cells, in absolute
        values; or they are given, and may be infinite.
    """

    opening: float = 99.0
    extension: float = 90.0
    scale: str = "rows"

    def __post_init__(self) -> None:
        if self.scale not in (*GAP_SCALES, "given"):
            raise ValueError(f"costs by {self.scale!r}; use rows, cells or given")
        if not self.opening >= self.extension >= 0:
            raise ValueError("opening a gap must cost at least as much as extending it, and both at least 0")
        if self.scale != "given" and self.opening > 100:
            raise ValueError("percentiles go up to 100")


class Aligner:
    """Aligns pairs by their attributions.

    Parameters
    ----------
    rule : PairingRule
        Which letters pair.
    costs : Costs
    mode : {"affine", "published"}
        ``published`` reproduces the alignments of the published program, whose dynamic programming differs from
        its paper and from affine gaps, see :func:`mirtools.alignment.kernel.fill_published`.
    """

    def __init__(self, rule: PairingRule = WATSON_CRICK, costs: Costs | None = None, mode: str = "affine") -> None:
        if mode not in MODES:
            raise ValueError(f"mode {mode!r}; use {' or '.join(MODES)}")
        self.rule = rule
        self.costs = costs or Costs()
        self.mode = mode
        # padding and unknown letters do not pair
        self._signs = np.where(rule.table().any(axis=2), 1.0, -1.0)

    def described(self) -> str:
        """Return a sentence about the costs of gaps."""
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
            Attributions, finite, both axes 5'->3'; cells beyond a sequence's end are ignored. Not changed.
        mirnas, sites : sequence of str
            5'->3', not longer than the matrix, and not empty.

        Raises
        ------
        ValueError
            If shapes or lengths are not consistent, or a value is not finite.
        """
        values = np.ascontiguousarray(values, dtype=np.float64)
        lengths = _lengths(values, mirnas, sites)
        count, longest, widest = values.shape
        encoder = Encoder(widest, longest, self.rule.alphabet, mirna_centre=False)
        results = (
            np.empty((count, NUMBERS)),
            np.zeros((count, longest + widest), np.uint8),  # moves
            np.empty(count, np.int64),  # columns
            np.empty((count, longest)),  # importances of the site
            np.empty((count, widest)),  # importances of the miRNA
            np.empty((count, widest), np.int32),  # partners
        )
        align_all(
            values,
            self._signs,
            encoder.sites(sites),
            encoder.mirnas(mirnas),
            lengths,
            np.array([self.costs.opening, self.costs.extension]),
            self.costs.scale == "rows",
            self.costs.scale == "given",
            self.mode == "published",
            *results,
        )
        return Alignments(tuple(mirnas), tuple(sites), self.rule, *results)


def _lengths(values: NDArray[np.floating], mirnas: Sequence[str], sites: Sequence[str]) -> NDArray[np.int64]:
    """Return the lengths of site and miRNA of each pair, shape ``(n, 2)``; raises ValueError for other values."""
    if values.ndim != 3 or not len(values) == len(mirnas) == len(sites):
        raise ValueError(f"values of shape {values.shape} for {len(mirnas)} miRNAs and {len(sites)} sites")
    if not np.isfinite(values).all():
        raise ValueError("attributions must be finite numbers")
    lengths = np.empty((len(values), 2), np.int64)
    lengths[:, 0] = [len(site) for site in sites]
    lengths[:, 1] = [len(mirna) for mirna in mirnas]
    if len(values) and (lengths.min() < 1 or (lengths > values.shape[1:]).any()):
        raise ValueError("sequences must not be empty or longer than the matrix")
    return lengths
