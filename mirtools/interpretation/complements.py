"""Complementary kernels: site kernels that are reverse complements of miRNA kernels.

A model that reads two one-hot sequences can only learn complementarity of miRNA and site by complementary kernels
of its branches. G:U pairs are not considered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mirtools.interpretation.comparison import Comparison, compare_with_control
from mirtools.interpretation.kernels import BRANCHES, KernelMotif
from mirtools.interpretation.motifs import reverse_complement


def complements(kernels: Sequence[KernelMotif], seed: int = 1) -> Comparison:
    """Compare every kernel with the reverse complements of the other branch's kernels.

    Parameters
    ----------
    kernels : sequence of KernelMotif
        Kernels of both branches; those without a motif have no match.
    seed : int
        Seed of the permutations of the control.
    """
    motifs = {
        branch: [kernel.motif for kernel in kernels if kernel.branch == branch and kernel.motif is not None]
        for branch in BRANCHES
    }
    found = Comparison([], {})
    for branch, other in (("mirna", "site"), ("site", "mirna")):
        turned = [replace(motif, frequencies=reverse_complement(motif.frequencies)) for motif in motifs[other]]
        part = compare_with_control(motifs[branch], turned, seed=seed)
        found.matches.extend(part.matches)
        found.controls.update(part.controls)
    return found
