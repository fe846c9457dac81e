"""Counts over chimeric reads: lengths of parts, gaps at the junction, and regions of sites on transcripts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.references import References
from mirtools.transcripts.annotation import Annotation
from mirtools.transcripts.regions import REGIONS

if TYPE_CHECKING:
    from mirtools.chimera.pairing import Pairs


class Junctions:
    """Counts distinct reads by properties of their best pair.

    Parameters
    ----------
    transcripts : References
    annotation : Annotation, optional
        Regions of the transcripts, if known.
    """

    def __init__(self, transcripts: References, annotation: Annotation | None = None) -> None:
        self._names = transcripts.names
        self._annotation = annotation
        self._mirna_lengths: Counter[int] = Counter()
        self._target_lengths: Counter[int] = Counter()
        self._gaps: Counter[int] = Counter()
        self._target_first: Counter[int] = Counter()
        self._regions: Counter[int] = Counter()

    def add(self, pairs: Pairs, reads: NDArray[np.bool_]) -> None:
        """Count the pairs of rank 1 of some reads.

        Parameters
        ----------
        pairs : Pairs
            Pairs of a batch.
        reads : array of bool, shape (reads of the batch,)
            Which reads of the batch to count.
        """
        best = np.flatnonzero((pairs.rank == 1) & reads[pairs.read])
        self._mirna_lengths.update(count_values((pairs.part_end - pairs.part_start)[best]))
        self._target_lengths.update(count_values((pairs.target_ref_end - pairs.target_ref_start)[best]))
        self._gaps.update(count_values(pairs.gap[best]))
        self._target_first.update(count_values(pairs.target_first[best]))
        if self._annotation is not None:
            sites = pairs.target[best], pairs.site_start[best], pairs.site_end[best]
            self._regions.update(count_values(self._annotation.region_numbers(self._names, *sites)))

    def statistics(self) -> dict[str, dict[str, int]]:
        """Return the counts for ``--json``: numbers as strings, in ascending order."""
        found = {
            "mirna_lengths": by_number(self._mirna_lengths),
            "target_lengths": by_number(self._target_lengths),
            "gaps": by_number(self._gaps),
            "orders": {"mirna_first": self._target_first[0], "target_first": self._target_first[1]},
        }
        if self._annotation is not None:
            found["regions"] = {region: self._regions[number] for number, region in enumerate(REGIONS)}
        return found


def by_number(counts: dict[int, int]) -> dict[str, int]:
    """Return counts with their numbers as strings, in ascending order.

    >>> by_number({10: 1, 9: 2})
    {'9': 2, '10': 1}
    """
    return {str(number): count for number, count in sorted(counts.items())}


def count_values(values: NDArray[Any]) -> dict[int, int]:
    """Return how often each number occurs in an array of integers or booleans."""
    found, counts = np.unique(values, return_counts=True)
    return dict(zip(found.astype(int).tolist(), counts.tolist(), strict=True))
