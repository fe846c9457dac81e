"""Which miRNA an observed part belongs to, where several may explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from mirtools.chimera.pairing import natural
from mirtools.isomir.types import Isomir

_WORD = 10
# What cannot be aligned is worse than any isomiR.
_UNEXPLAINED = (99, 0)


class Assigned(NamedTuple):
    """The miRNA of a part, and all that explain it equally well, in natural order, itself among them."""

    mirna: str
    equal: tuple[str, ...]


class Assignment:
    """Finds the miRNA of a part among all that share ten bases with it.

    Alignments of single reads can run into a longer family member by chance; the part that recurs cannot. So all
    rows with one part get the same miRNA: the one that needs the fewest isomiR types, of these the one with the
    fewest changed or added bases. These two say how well a miRNA explains a part. Where several explain it
    equally well, all are named as ambiguous, and the tie goes to the one that occurs in the most reads as exact
    miRNA, then to the one with the fewest bases more or less, then to the first by name (numbers by their value).

    Parameters
    ----------
    canonical : mapping of str to str
        Sequence of each miRNA by its name.
    classify : callable
        ``types.classify``, or the same with a memory.
    """

    def __init__(self, canonical: Mapping[str, str], classify: Callable[[str, str], Isomir | None]) -> None:
        self._canonical = canonical
        self._classify = classify
        self._index: dict[str, list[str]] = {}
        for name, sequence in canonical.items():
            for word in set(_words(sequence)):
                self._index.setdefault(word, []).append(name)

    def assign(self, part: str, candidates: Iterable[str], exact_reads: Mapping[str, int]) -> Assigned:
        """Return the miRNA of a part.

        Parameters
        ----------
        part : str
            Observed, 5'->3'.
        candidates : iterable of str
            miRNAs that alignments gave it to; those that share ten bases are considered anyway.
        exact_reads : mapping of str to int
            Reads of exact miRNAs by sequence.
        """
        names = set(candidates)
        for word in _words(part):
            names.update(self._index.get(word, ()))
        explained = {name: self._explained(part, name) for name in names}
        best = min(explained.values())
        equal = sorted((name for name in names if explained[name] == best), key=natural)

        def tie_break(name: str) -> tuple[int, int]:
            sequence = self._canonical[name]
            return -exact_reads.get(sequence, 0), abs(len(part) - len(sequence))

        return Assigned(min(equal, key=tie_break), tuple(equal))

    def _explained(self, part: str, name: str) -> tuple[int, int]:
        isomir = self._classify(part, self._canonical[name])
        return _UNEXPLAINED if isomir is None else (len(isomir.types), len(isomir.changed))


def _words(sequence: str) -> list[str]:
    return [sequence[start : start + _WORD] for start in range(len(sequence) - _WORD + 1)]
