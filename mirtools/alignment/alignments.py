"""The results of the aligner: arrays over all pairs, and single alignments for drawings and tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.kernel import EXTENSION, LARGEST, MIRNA_ONLY, OPENING, PAIR, SCORE, SITE_ONLY
from mirtools.models.encoder import is_nucleic
from mirtools.models.pairing import PairingRule

GAP = "-"
PAIRED, WOBBLE, UNPAIRED = "|", ":", "."
_WOBBLES = {"GT", "TG", "GU", "UG"}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Alignments:
    """The alignments of many pairs; the strings of an alignment are made on demand.

    Attributes
    ----------
    mirnas, sites : tuple of str
        5'->3'.
    rule : PairingRule
    numbers : ndarray of shape (n, 4), float64
        Score, costs of a gap's first and each further base, and the largest absolute score of any two bases.
    moves : ndarray of shape (n, site length + miRNA length), uint8
        Columns from the site's 5' end: both bases (0), the site's alone (1), the miRNA's alone (2).
    columns : ndarray of shape (n,), int64
        Number of columns; 0 for an empty alignment.
    site_importance, mirna_importance : ndarray of shape (n, length), float64
        Score of the column of each base, 5'->3'; 0 in gaps, after the end, and in empty alignments.
    partners : ndarray of shape (n, miRNA length), int32
        The 0-based base of the site that is aligned with each base of the miRNA, or -1.
    """

    mirnas: tuple[str, ...]
    sites: tuple[str, ...]
    rule: PairingRule
    numbers: Floats
    moves: NDArray[np.uint8]
    columns: NDArray[np.int64]
    site_importance: Floats
    mirna_importance: Floats
    partners: NDArray[np.int32]

    @property
    def scores(self) -> Floats:
        """The score of each alignment, with the costs of gaps subtracted, shape ``(n,)``."""
        return self.numbers[:, SCORE]

    @property
    def largest(self) -> Floats:
        """The largest absolute score of any two bases of each pair, shape ``(n,)``."""
        return self.numbers[:, LARGEST]

    def __len__(self) -> int:
        return len(self.mirnas)

    def __getitem__(self, number: int) -> Alignment:
        mirna, site = self.mirnas[number], self.sites[number]
        return Alignment(
            mirna,
            site,
            self.rule,
            self.numbers[number],
            self.moves[number, : self.columns[number]],
            self.site_importance[number, : len(site)],
            self.mirna_importance[number, : len(mirna)],
            self.partners[number, : len(mirna)],
        )

    def __iter__(self) -> Iterator[Alignment]:
        return (self[number] for number in range(len(self)))


@dataclass(frozen=True)
class Alignment:
    """One alignment; attributes as in :class:`Alignments`, without padding."""

    mirna: str
    site: str
    rule: PairingRule
    numbers: Floats
    moves: NDArray[np.uint8]
    site_importance: Floats
    mirna_importance: Floats
    partners: NDArray[np.int32]

    @property
    def score(self) -> float:
        """The score, with the costs of gaps subtracted; 0 for an empty alignment."""
        return float(self.numbers[SCORE])

    @property
    def opening(self) -> float:
        """Cost of a gap's first base."""
        return float(self.numbers[OPENING])

    @property
    def extension(self) -> float:
        """Cost of each further base of a gap."""
        return float(self.numbers[EXTENSION])

    @property
    def largest(self) -> float:
        """The largest absolute score of any two bases, whether in the alignment or not."""
        return float(self.numbers[LARGEST])

    @property
    def empty(self) -> bool:
        """Whether no alignment has a positive score."""
        return not len(self.moves)

    @cached_property
    def aligned_site(self) -> str:
        """The whole site 5'->3', with gaps for unaligned bases of the miRNA."""
        return _gapped(self.site, self.moves != MIRNA_ONLY)

    @cached_property
    def aligned_mirna(self) -> str:
        """The whole miRNA 3'->5', with gaps for unaligned bases of the site."""
        return _gapped(self.mirna[::-1], self.moves != SITE_ONLY)

    @cached_property
    def marks(self) -> str:
        """``|`` for bases that pair, ``:`` for G:U (and pairs of further channels of a rule), ``.`` for others."""
        return "".join(
            self._mark(site, mirna) for site, mirna in zip(self.aligned_site, self.aligned_mirna, strict=True)
        )

    @cached_property
    def column_scores(self) -> Floats:
        """Score of each column, 0 in gaps."""
        scores = np.zeros(len(self.moves))
        scores[self.moves == PAIR] = self.site_importance[self.paired_bases]
        return scores

    @property
    def paired_bases(self) -> NDArray[np.intp]:
        """The 0-based bases of the site that are aligned with one of the miRNA, in order."""
        return (np.cumsum(self.moves != MIRNA_ONLY) - 1)[self.moves == PAIR]

    @property
    def span(self) -> tuple[int, int]:
        """The part of the site from the first to the last base aligned with the miRNA, 0-based and half-open."""
        bases = self.paired_bases
        return (int(bases[0]), int(bases[-1]) + 1) if len(bases) else (0, 0)

    def _mark(self, site: str, mirna: str) -> str:
        values = self.rule.pairs.get((_dna(site, self.rule), _dna(mirna, self.rule)))
        if values is not None and values[0]:
            return PAIRED
        if values is not None and any(values):
            return WOBBLE
        return WOBBLE if site + mirna in _WOBBLES and is_nucleic(self.rule.alphabet) else UNPAIRED


def _dna(letter: str, rule: PairingRule) -> str:
    return "T" if letter == "U" and "U" not in rule.alphabet else letter


def _gapped(sequence: str, present: NDArray[np.bool_]) -> str:
    letters = np.full(len(present), ord(GAP), np.uint8)
    if len(present):
        letters[present] = np.frombuffer(sequence.encode("latin-1"), np.uint8)
    return letters.tobytes().decode("latin-1")
