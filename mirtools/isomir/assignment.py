"""Assigns each observed miRNA part to the miRNA that explains it best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from mirtools.chimera.pairing import natural
from mirtools.isomir.types import Isomir

_WORD = 10
# Rank of a miRNA that does not align with the part: worse than any isomiR
_UNEXPLAINED = (99, 0)


class Assigned(NamedTuple):
    """The miRNA of a part, and all miRNAs that explain it equally well (itself included), in natural order."""

    mirna: str
    equal: tuple[str, ...]


class Assignment:
    """Finds the miRNA of a part among all miRNAs that share ten bases with it.

    The alignment of a single read can extend into a longer family member by chance; a recurring part cannot.
    Therefore all rows with the same part get the same miRNA: the one with the fewest isomiR types, and among these
    the one with the fewest changed or added bases. If several are equally good, all are reported as ambiguous. The
    tie is broken by the most reads of the exact miRNA, then by the most similar length, then by name (numbers by
    their value).

    Parameters
    ----------
    canonical : mapping of str to str
        Sequence of each miRNA by its name.
    classify : callable
        ``types.classify``, or a cached version of it.
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
            miRNAs from the alignments; those that share ten bases are considered anyway.
        exact_reads : mapping of str to int
            Reads of each exact miRNA, by sequence.
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
