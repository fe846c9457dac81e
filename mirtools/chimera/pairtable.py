"""Pairs of many reads -> rows of the interaction table, with their support."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from mirtools.chimera.engine import SearchReferences
from mirtools.chimera.inserts import Insert, best_qualities
from mirtools.chimera.pairing import Pair, PairingRules, site_of
from mirtools.interactions import MISSING

Key = tuple[int, str, tuple[int, int], int, int, int]


@dataclass(slots=True)
class _Row:
    pair: Pair
    qualities: bytes | None
    evidence: tuple[float, float, int, str]
    reads: list[int]


def pair_id(*parts: object) -> str:
    """Return an identifier that depends on the content of a row alone, not on threads, shards or order."""
    return "P" + blake2b("|".join(map(str, parts)).encode("utf-8"), digest_size=8).hexdigest()


class PairTable:
    """Collects the pairs of distinct reads; one row for each (miRNA, observed part, target, aligned part).

    Memory grows with the number of distinct reads that make a pair.

    Parameters
    ----------
    references : SearchReferences
    rules : PairingRules
    min_reads : int
        Distinct reads that must carry a miRNA part, over all targets and all miRNAs that it was assigned to,
        for its rows to be kept (paper: 10). The part is the aligned one, unassigned ends not counted in, or up
        to ``rules.max_gap`` bases less at one end.
    """

    def __init__(self, references: SearchReferences, rules: PairingRules, min_reads: int) -> None:
        self._references = references
        self._rules = rules
        self._min_reads = min_reads
        self._rows: dict[Key, _Row] = {}
        self._parts: dict[int, list[tuple[Key, int, int]]] = {}  # read number -> rows and read intervals
        self._support: Counter[str] = Counter()

    def add(self, insert: Insert, pairs: Sequence[Pair]) -> None:
        """Add the pairs of one distinct read."""
        places: list[tuple[Key, int, int]] = []
        for pair in pairs:
            observed = insert.sequence[pair.start : pair.end]
            qualities = insert.qualities[pair.start : pair.end] if insert.qualities is not None else None
            target = pair.target
            key = (
                pair.mirna.subject,
                observed,
                pair.unassigned,
                target.subject,
                target.subject_start,
                target.subject_end,
            )
            # Of several reads the row shows the strongest evidence; ties go to the lesser bases, so that the
            # order of the reads does not matter.
            evidence = (
                pair.mirna.evalue * target.evalue,
                -pair.mirna.bits - target.bits,
                pair.rank,
                insert.sequence,
            )
            row = self._rows.get(key)
            if row is None:
                self._rows[key] = _Row(pair, qualities, evidence, [insert.number])
            else:
                row.qualities = best_qualities(row.qualities, qualities)
                row.reads.append(insert.number)
                if evidence < row.evidence:
                    row.pair, row.evidence = pair, evidence
            places.append((key, pair.start, pair.end))
        self._parts[insert.number] = places
        for core in {core for key, _, _ in places for core in _cores(key, self._rules.max_gap)}:
            self._support[core] += 1

    def add_copy(self, number: int, qualities: bytes) -> None:
        """Let a later copy of a read raise the qualities of its rows."""
        for key, start, end in self._parts.get(number, ()):
            row = self._rows[key]
            row.qualities = best_qualities(row.qualities, qualities[start:end])

    def supported(self, key: Key) -> bool:
        """Tell whether enough distinct reads carry the miRNA part of a row."""
        cores = _cores(key, self._rules.max_gap)
        return any(self._support[core] >= self._min_reads for core in cores)

    def pair_of(self, number: int) -> str | None:
        """Return the ``pair_id`` of a read's best supported row, ``""`` without support, ``None`` without pair."""
        if number not in self._parts:
            return None
        for key, _, _ in self._parts[number]:
            if self.supported(key):
                return self._identifier(key)
        return ""

    def rows(self, copies: Sequence[int]) -> Iterator[list[str]]:
        """Yield the supported rows with the columns of ``interactions.PARSE_COLUMNS``, most reads first.

        Behind them stand the columns of ``interactions.TIE_COLUMNS``: the names of all miRNAs and of all
        transcripts of equally good pairs, in alphabetical order.

        Parameters
        ----------
        copies : sequence of int
            Copies of each distinct read, by its number.
        """
        kept = [(key, row) for key, row in self._rows.items() if self.supported(key)]
        kept.sort(key=lambda item: (-len(item[1].reads), self._identifier(item[0])))
        for key, row in kept:
            pair = row.pair
            transcript = self._references.transcripts[pair.target.subject]
            start, end = site_of(pair.target, pair.order, pair.gap, len(transcript.sequence), self._rules.extend)
            yield [
                self._identifier(key),
                str(len(row.reads)),
                str(sum(copies[number] for number in row.reads)),
                self._references.mirnas[pair.mirna.subject].name,
                key[1],
                row.qualities.decode("ascii") if row.qualities is not None else MISSING,
                f"{pair.unassigned[0]},{pair.unassigned[1]}",
                transcript.name,
                str(pair.target.subject_start),
                str(pair.target.subject_end),
                str(start),
                str(end),
                transcript.sequence[start:end],
                pair.order,
                str(pair.gap),
                f"{pair.mirna.evalue:.3g}",
                f"{pair.mirna.bits:.1f}" if pair.mirna.bits else MISSING,
                f"{pair.target.evalue:.3g}",
                f"{pair.target.bits:.1f}" if pair.target.bits else MISSING,
                str(pair.rank),
                str(pair.n_best),
                ",".join(sorted({self._references.mirnas[mirna].name for mirna, _ in pair.tied})),
                ",".join(sorted({self._references.transcripts[target].name for _, target in pair.tied})),
            ]

    def _identifier(self, key: Key) -> str:
        mirna, observed, unassigned, target, start, end = key
        names = self._references.mirnas[mirna].name, self._references.transcripts[target].name
        return pair_id(names[0], observed, f"{unassigned[0]},{unassigned[1]}", names[1], start, end)


def _cores(key: Key, reach: int) -> list[str]:
    """Return the miRNA parts that a row may stand for, unassigned ends left out.

    Either end of the aligned part may run on by chance, into linker or target, where a base fits; so the parts
    that are up to ``reach`` bases shorter at one end count as carried as well.
    """
    _, observed, (left, right), *_ = key
    core = observed[left : len(observed) - right]
    shorter = range(1, min(reach, len(core) - 1) + 1)
    return [core, *(core[bases:] for bases in shorter), *(core[:-bases] for bases in shorter)]
