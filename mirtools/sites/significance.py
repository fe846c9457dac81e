"""Whether a site has more reads than chance ligation gives.

The model: chance ligation joins a miRNA with any RNA near it. So of all chimeric reads at a place on the
transcripts each miRNA has the share that it has among all chimeric reads of the experiment, and its reads at the
place are binomial, with the reads of all miRNAs there as trials. This accounts for the abundance of the miRNA, for
that of the gene, and for how readily this part of it is crosslinked and ligated.

It assumes that reads are independent (duplicates are collapsed) and that chance ligation prefers no pair. It has
little power for a miRNA that makes up a large part of all chimeras, and none if there is only one miRNA. Members
of a family bind the same sites and raise each other's expectation; ``--by family`` adds their reads up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Significance(NamedTuple):
    """What chance gives, by site; arrays of float64, shape ``(sites,)``.

    Attributes
    ----------
    expected : array
        Reads by chance.
    fold : array
        Reads found by reads expected.
    p_value : array
        Probability of so many reads or more by chance.
    q_value : array
        False discovery rate at which the site would just be called (Benjamini and Hochberg 1995). Every guide at
        every place counts as tested, also where it has no reads.
    """

    expected: Floats
    fold: Floats
    p_value: Floats
    q_value: Floats


def significance(reads: Floats, guides: Ints, places: NDArray[np.intp]) -> Significance:
    """Compare the reads of sites with what chance ligation gives.

    Parameters
    ----------
    reads : array of float64, shape (sites,)
        All samples together; fractions are rounded for the test.
    guides, places : array of int, shape (sites,)
        Numbers of the guide, and of the place, whatever guide is found there.
    """
    from scipy.stats import binom

    if not len(reads):
        return Significance(*(np.empty(0) for _ in range(4)))
    of_guide, of_place = np.bincount(guides, reads), np.bincount(places, reads)
    share = of_guide[guides] / reads.sum()
    expected = of_place[places] * share
    found = np.maximum(1, np.rint(reads))
    trials = np.maximum(found, np.rint(of_place[places]))
    p_value = binom.sf(found - 1, trials, np.minimum(share, 1))
    tests = int(np.count_nonzero(of_guide)) * int(np.count_nonzero(of_place))
    return Significance(expected, reads / expected, p_value, benjamini_hochberg(p_value, tests))


def benjamini_hochberg(p_values: Floats, tests: int) -> Floats:
    """Return q-values of some of ``tests`` tests; the p-values of the others are taken as 1.

    >>> benjamini_hochberg(np.array([0.01, 0.5, 0.02]), 4).tolist()
    [0.04, 0.6666666666666666, 0.04]
    """
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * tests / np.arange(1, len(p_values) + 1)
    q_values = np.empty(len(p_values))
    q_values[order] = np.minimum(1, np.minimum.accumulate(scaled[::-1])[::-1])
    return q_values
