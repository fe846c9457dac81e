"""Which labelled pair a foreign prediction is about.

The paper's rule ("Comparison with existing tools"): a pair counts as predicted if a prediction has its miRNA,
its gene, and a site that overlaps the pair's. Programs that were run on the sites themselves are matched by what
they were given as names: sequences or ``pair_id``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError, UsageError
from mirtools.evaluation.programs.output import Hit
from mirtools.evaluation.score_columns import GENES, PAIR_ID
from mirtools.io.tables import MISSING, TableReader
from mirtools.pairs.grouping import seed_of
from mirtools.pairs.table import LabelledPairs
from mirtools.transcripts.names import accession

TRANSCRIPT, UTR3, SITE = "transcript", "3utr", "site"
FRAGMENT_BASES = 12  # that a fragment known by its bases alone must share with a site
_TRANSCRIPT = re.compile(r"ENS[A-Z]*T\d{11}|[NX][MR]_\d+|FBtr\d{7}")
_MIRNA = re.compile(r"MIMAT\d{7}")
_GENE = re.compile(r"ENS[A-Z]*G\d{11}|FBgn\d{7}|WBGene\d{8}")
_BASES = re.compile(r"[ACGTUNacgtun]{7,}")
_SPECIES = re.compile(r"[a-z]{3,4}-(?=(?:mir|let|lin|bantam|lsy)\b)")


@dataclass(frozen=True)
class Matched:
    """A foreign program's answers for the pairs.

    Attributes
    ----------
    scores : ndarray of float64
        The best score of the predictions of each pair; -inf if there is none.
    called : ndarray of bool
        Whether any of them is a yes.
    predictions, used : int
        How many there were, and how many belong to some pair.
    """

    scores: NDArray[np.float64]
    called: NDArray[np.bool_]
    predictions: int
    used: int


class PairIndex:
    """Pairs by all the names that a program may know them by.

    Parameters
    ----------
    pairs : LabelledPairs
    utr3_starts : dict
        First base of the 3'UTR by transcript, for programs that count from there.
    """

    def __init__(self, pairs: LabelledPairs, utr3_starts: dict[str, int] | None = None) -> None:
        self._pairs = pairs
        self._pair_ids = pairs.text(PAIR_ID)
        self._genes = [pairs.text(name) for name in GENES]
        self._spans = [(-1, -1)] * len(pairs) if pairs.spans is None else pairs.spans.tolist()
        self._utr3_starts = utr3_starts
        self._mirnas: list[frozenset[str]] = []
        self._transcripts: list[frozenset[str]] = []
        self._sites: dict[str, list[int]] = {}
        self._targets: dict[str, list[int]] = {}
        for row in range(len(pairs)):
            self._add(row)

    def rows(self, hit: Hit, positions_in: str = TRANSCRIPT) -> list[int]:
        """Return the pairs that a prediction is about, in order.

        Parameters
        ----------
        hit : Hit
        positions_in : {"transcript", "3utr", "site"}
            What its position counts in. ``site``: the program saw sites alone, under the names of their
            transcripts; then names decide.
        """
        mirnas, names = mirna_names(hit.mirna), target_names(hit.target)
        found = {
            row for name in names for row in self._sites.get(name, ()) if not mirnas.isdisjoint(self._mirnas[row])
        }
        transcripts = transcript_names(names)
        for name in names:
            for row in self._targets.get(name, ()):
                if row in found or mirnas.isdisjoint(self._mirnas[row]):
                    continue
                # positions are on a transcript: another one of the same gene is another sequence
                known = self._transcripts[row]
                if transcripts and known and transcripts.isdisjoint(known):
                    continue
                if self._overlap(hit, row, positions_in):
                    found.add(row)
        return sorted(found)

    def _add(self, row: int) -> None:
        pairs = self._pairs
        mirna, site = pairs.mirnas[row], pairs.sites[row]
        names = set(_own_mirna_names(pairs.mirna_ids[row], mirna))
        if (pair_id := self._pair_ids[row]) != MISSING:
            names.add(_folded(pair_id))
            self._sites.setdefault(_folded(pair_id), []).append(row)
        self._mirnas.append(frozenset(names))
        if site != MISSING:
            self._sites.setdefault(site, []).append(row)
        targets = target_names(pairs.target_ids[row]) if pairs.target_ids[row] != MISSING else frozenset()
        self._transcripts.append(transcript_names(targets))
        targets = targets.union(*(target_names(cells[row]) for cells in self._genes))
        for name in targets:
            self._targets.setdefault(name, []).append(row)

    def _overlap(self, hit: Hit, row: int, positions_in: str) -> bool:
        if positions_in == SITE:
            return True
        pairs = self._pairs
        if hit.bases and hit.start < 0:
            return pairs.sites[row] == MISSING or share_bases(hit.bases, pairs.sites[row])
        site_start, site_end = self._spans[row]
        if hit.start < 0 or site_start < 0:
            return True
        shift = 0
        if positions_in == UTR3:
            if self._utr3_starts is None:
                problem = "TargetScan's positions count from the 3'UTR's start; give --regions"
                raise UsageError(f"{problem}, or --positions targetscan=site where it saw sites alone")
            starts = [self._utr3_starts[name] for name in self._transcripts[row] if name in self._utr3_starts]
            own = accession(pairs.target_ids[row])
            starts += [self._utr3_starts[own]] if own in self._utr3_starts else []
            if not starts:
                return False
            shift = starts[0]
        return hit.start + shift < site_end and site_start < hit.end + shift


def match_by_names(index: PairIndex, hits: Iterable[Hit], positions_in: str, pairs: int) -> Matched:
    """Give every pair the best score among the predictions that are about it."""
    scores, called = np.full(pairs, -np.inf), np.zeros(pairs, bool)
    predictions = used = 0
    for hit in hits:
        predictions += 1
        rows = index.rows(hit, positions_in)
        used += bool(rows)
        for row in rows:
            scores[row] = max(scores[row], hit.score)
            called[row] |= hit.called
    return Matched(scores, called, predictions, used)


def match_by_order(hits: Iterable[Hit], path: str, pairs: int) -> Matched:
    """Take the i-th prediction for the i-th pair.

    Raises
    ------
    InputError
        If there are more or fewer predictions than pairs.
    """
    listed = list(hits)
    if len(listed) != pairs:
        problem = f"{len(listed):,} predictions for {pairs:,} pairs; match by names, or give one a pair in order"
        raise InputError(problem, source=path)
    return Matched(
        np.array([hit.score for hit in listed], np.float64),
        np.array([hit.called for hit in listed], bool),
        pairs,
        pairs,
    )


def read_utr3_starts(path: str) -> dict[str, int]:
    """Read where 3'UTRs begin: columns ``transcript_id`` (or ``target_id``) and ``cds_end`` of a TSV table.

    0-based on the transcript; ``.`` for non-coding ones. Names stand with and without their version.
    """
    reader = TableReader(path)
    name_at, end_at = reader.index("target_id"), reader.index("cds_end")
    starts: dict[str, int] = {}
    for row in reader:
        if row[end_at] == MISSING:
            continue
        start = reader.whole_number(row, end_at)
        starts[accession(row[name_at])] = start
        for name in transcript_names(target_names(row[name_at])):
            starts[name] = start
    return starts


@lru_cache(maxsize=1 << 16)
def mirna_names(text: str) -> frozenset[str]:
    """Return the names in a miRNA's name: parts between ``|``, its accession, members of a family (``miR-1/206``).

    Case, ``_`` for ``-`` and U for T make no difference.
    """
    names = {found.group() for found in _MIRNA.finditer(text)}
    for part in (text, *text.split("|")):
        folded = _folded(part)
        first, *members = folded.split("/")
        names |= {folded, first, *members, *(f"mir-{member}" for member in members)}
    return frozenset(names - {""})


@lru_cache(maxsize=1 << 16)
def _own_mirna_names(name: str, sequence: str) -> frozenset[str]:
    """Return all that a pair's miRNA may be called: also without its species, by its bases, by its seed."""
    names: set[str] = set()
    if name != MISSING:
        names |= mirna_names(name)
        names |= {_SPECIES.sub("", each) for each in names}
    if sequence != MISSING:
        names |= {sequence, seed_of(sequence)}
    return frozenset(names)


@lru_cache(maxsize=1 << 16)
def target_names(text: str) -> frozenset[str]:
    """Return the names in a target's name: itself, parts between ``|``, accessions in it without their version.

    Other names are taken whole: AT1G01010.2 is another transcript than AT1G01010.1.
    """
    names = {_folded(part) for part in (text, *text.split("|"))}
    names.update(found.group() for pattern in (_TRANSCRIPT, _GENE) for found in pattern.finditer(text))
    return frozenset(names - {"", MISSING})


def transcript_names(names: Iterable[str]) -> frozenset[str]:
    """Return those of a target's names that are accessions of transcripts."""
    return frozenset(name for name in names if _TRANSCRIPT.fullmatch(name))


def share_bases(one: str, other: str) -> bool:
    """Return whether two sequences share :data:`FRAGMENT_BASES` bases in a row, fewer where one is shorter."""
    size = min(FRAGMENT_BASES, len(one), len(other))
    words = {one[at : at + size] for at in range(len(one) - size + 1)}
    return any(other[at : at + size] in words for at in range(len(other) - size + 1))


def _folded(name: str) -> str:
    name = name.strip()
    if _BASES.fullmatch(name):
        return name.upper().replace("U", "T")
    return name.lower().replace("_", "-")
