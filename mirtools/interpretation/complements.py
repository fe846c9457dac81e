"""Whether the kernels of the two branches pair: site kernels that are reverse complements of miRNA kernels.

A model of pairing that sees two one-hot sequences can only know letters; where it has learned that a miRNA and its
site are complementary, it has done so by kernels that are. G:U pairs are not looked for.
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
        Of both branches; those without a motif match nothing.
    seed : int
        Of the permutations that are the control.
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
