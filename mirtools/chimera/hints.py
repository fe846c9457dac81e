"""Why reads make no pairs: what a sample of them and the counts of a run tell of reads and references.

Nothing found is a result. Where one look tells its cause (reverse complements, swapped or foreign references,
reads too short for two parts), it is said; never where pairs were found that speak against it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.batches import END_SEEN, pack
from mirtools.chimera.engine import BatchEngine
from mirtools.chimera.fates import LOW_SUPPORT
from mirtools.chimera.pairing import REASONS, pair_hits
from mirtools.chimera.references import N, T
from mirtools.errors import InputError, shorten
from mirtools.plausible import most_frequent, references_hint
from mirtools.streams import open_text

if TYPE_CHECKING:
    from mirtools.chimera.parse import ChimeraReport, PairedReads, Pairing
    from mirtools.chimera.samples import Sample

# Distinct reads of each file that are kept to be looked at again
_KEPT = 1000
# Files of which more of these reads pair need no second look
_ENOUGH_PAIRS = 0.05
# Pairs of reverse complements for one of the reads as they are: antisense transcripts give far fewer
_REVERSED = 5
# First reads in which adapters are looked for, the least of an adapter that counts, and the share of reads that
# hold so much by chance
_SEARCHED, _LEAST_ADAPTER, _BY_CHANCE = 5000, 8, 0.002
# So many reads of one length, none with adapter, are reads of another adapter
_ENOUGH_READS = 1000
# A miRNA part and a target part together have more
_SHORTEST_PAIR = 30
_MOST = 0.9
_PAIRED, _NO_MIRNA, _NO_TARGET = map(REASONS.index, ("paired", "no_mirna", "no_target"))


class Limits(NamedTuple):
    """Settings of a run that hints name."""

    min_reads: int
    min_length: int
    max_gap: int
    min_site: int


@dataclass
class _Seen:
    """What is known of the reads of one file."""

    bases: list[NDArray[np.uint8]] = field(default_factory=list)
    reasons: list[int] = field(default_factory=list)
    searched: int = 0
    with_adapter: int = 0
    lengths: set[int] = field(default_factory=set)


class Witness:
    """Looks on while reads are paired, and tells afterwards why few are.

    Parameters
    ----------
    samples : sequence of Sample
    pairing : Pairing
    limits : Limits
    known_hits : bool
        The files are ``.hyb`` files: nothing is searched.
    """

    def __init__(self, samples: Sequence[Sample], pairing: Pairing, limits: Limits, known_hits: bool) -> None:
        self._samples = samples
        self._pairing = pairing
        self._limits = limits
        self._known_hits = known_hits
        self._seen = [_Seen() for _ in samples]

    def look(self, sample: Sample, first: Sequence[Sequence[Any]]) -> None:
        """Look for adapters in the first reads of a file."""
        adapters = self._pairing.layout.adapters
        seen = self._seen[self._samples.index(sample)]
        for records in first:
            if seen.searched >= _SEARCHED or not len(adapters):
                return
            try:
                raw = pack(records, sample.path)
            except InputError:
                return  # told when these reads are reached
            lengths = np.diff(raw.starts)
            seen.searched += len(records)
            seen.with_adapter += int((lengths - adapters.starts(raw) >= _LEAST_ADAPTER).sum())
            seen.lengths.update(lengths.tolist())

    def add(self, found: PairedReads) -> None:
        """Keep some reads of every file."""
        seen, batch = self._seen[found.batch.sample], found.batch
        for read in range(min(_KEPT - len(seen.reasons), len(found.reasons))):
            seen.bases.append(batch.bases[batch.starts[read] : batch.starts[read + 1]].copy())
            seen.reasons.append(int(found.reasons[read]))

    def hints(self, report: ChimeraReport, rows: int, engine: BatchEngine | None) -> list[str]:
        """Return hints; none where reads make pairs as they should.

        Parameters
        ----------
        report : ChimeraReport
        rows : int
            Rows of the table.
        engine : BatchEngine or None
            The engine of the run; None for ``.hyb`` files.
        """
        references = self._pairing.references
        lengths = references.mirnas.lengths.tolist(), references.transcripts.lengths.tolist()
        if hint := references_hint(*lengths, "--transcripts"):
            return [hint]
        if not report.counts["reads"]:
            # one of several shards may well be empty
            return (
                []
                if self._pairing.layout.shares > 1
                else ["there is no read in READS; are these the right files?"]
            )
        found = [] if engine is None else self._reversed(engine)
        if not found and not self._known_hits:
            found = self._without_adapter(rows)
        if not found and not rows:
            found = [self._of_names(report) if engine is None else self._of_reads(report, engine)]
        return found

    def _reversed(self, engine: BatchEngine) -> list[str]:
        """Return hints on files whose reverse complements make pairs."""
        hints = []
        for sample, seen in zip(self._samples, self._seen, strict=True):
            pairs = seen.reasons.count(_PAIRED)
            if not seen.reasons or pairs > _ENOUGH_PAIRS * len(seen.reasons):
                continue
            turned = int((self._paired_anew(list(map(_complement, seen.bases)), engine) == _PAIRED).sum())
            if turned > max(_REVERSED * pairs, len(seen.reasons) // 500):
                hints.append(
                    f"{_named(sample)}: reads look like reverse complements: of {len(seen.reasons):,} looked at, "
                    f"{pairs:,} make pairs as they are, {turned:,} as reverse complements; give the other read of "
                    "the pair, or reverse-complement the reads"
                )
        return hints

    def _paired_anew(self, reads: list[NDArray[np.uint8]], engine: BatchEngine) -> NDArray[np.uint8]:
        """Return what becomes of other reads, as positions in ``REASONS``."""
        starts = np.zeros(len(reads) + 1, np.int64)
        np.cumsum(list(map(len, reads)), out=starts[1:])
        bases = np.concatenate(reads)
        pairing = self._pairing
        seen = np.full(len(reads), END_SEEN)
        return pair_hits(*engine.search(bases, starts), bases, starts, seen, pairing.references, pairing.rules)[1]

    def _without_adapter(self, rows: int) -> list[str]:
        """Return hints on files in which hardly a read holds an adapter, though one is to be taken off."""
        hints = []
        for sample, seen in zip(self._samples, self._seen, strict=True):
            raw = seen.searched >= _ENOUGH_READS and len(seen.lengths) == 1
            few = seen.searched and seen.with_adapter <= _BY_CHANCE * seen.searched
            if few and (raw or not rows):
                hints.append(
                    f"{_named(sample)}: {seen.with_adapter or 'none'} of the first {seen.searched:,} reads holds "
                    "the --adapter; is it the adapter of this library, or off already?"
                )
        return hints

    def _of_names(self, report: ChimeraReport) -> str:
        """Return a hint on ``.hyb`` files without a pair."""
        reason, count = most_frequent(report.dropped)
        if report.dropped.get(LOW_SUPPORT):
            return self._of_support(report, report.dropped[LOW_SUPPORT])
        for missing, option, listed in (
            ("no_mirna", "--mirnas", self._pairing.references.mirnas),
            ("no_target", "--transcripts", self._pairing.references.transcripts),
        ):
            if reason == missing:
                examples = " and ".join(f"'{shorten(name, 40)}'" for name in _names_in(self._samples[0].path))
                given = f" {_named(self._samples[0])} has {examples};" if examples else ""
                reads = f"{count:,} of {report.counts['distinct_reads']:,} distinct reads"
                known = f"{option} (such as '{shorten(listed.names[0], 40)}')"
                return f"{reads} have no name of {known};{given} give the FASTA that the .hyb file was made with"
        return self._of_reason(reason, report)

    def _of_reads(self, report: ChimeraReport, engine: BatchEngine) -> str:
        """Return a hint on reads without a pair."""
        distinct, dropped = report.counts["distinct_reads"], dict(report.dropped)
        too_short = dropped.pop("too_short", 0)
        if too_short >= report.counts["reads"] / 2:
            return (
                f"{too_short:,} of {report.counts['reads']:,} reads are shorter than --min-length "
                f"{self._limits.min_length} without adapter and UMI; are --adapter and --umi-length right?"
            )
        if dropped.get(LOW_SUPPORT):
            return self._of_support(report, dropped[LOW_SUPPORT])
        short = sum(
            count for length, count in report.statistics["insert_lengths"].items() if int(length) < _SHORTEST_PAIR
        )
        if short >= _MOST * distinct:
            return (
                f"{short:,} of {distinct:,} distinct reads are shorter than {_SHORTEST_PAIR} nt, too short for a "
                "miRNA and a target; are these reads of small RNAs, or cut?"
            )
        with_mirna = {reason: count for reason, count in dropped.items() if reason != "no_mirna"}
        if sum(with_mirna.values()) < max(distinct / 50, 1):
            with_mirna = dropped
        reason = most_frequent(with_mirna)[0]
        if reason == "no_target" and self._are_antisense(engine):
            return (
                "the reads hold miRNAs, and beside them reverse complements of --transcripts; give transcripts in "
                "their own direction, 5'->3'"
            )
        return self._of_reason(reason, report)

    def _are_antisense(self, engine: BatchEngine) -> bool:
        """Tell whether targets lie on the minus strand of the transcripts.

        Engines look for targets on reads with a miRNA only, so each read is searched with its reverse complement
        behind it.
        """
        reads = [
            np.concatenate([bases, [N], _complement(bases)]).astype(np.uint8)
            for seen in self._seen
            for bases, reason in zip(seen.bases, seen.reasons, strict=True)
            if reason == _NO_TARGET
        ][:_KEPT]
        if not reads:
            return False
        reasons = self._paired_anew(reads, engine)
        return int(np.isin(reasons, (_NO_TARGET, _NO_MIRNA), invert=True).sum()) > len(reads) / 2

    def _of_support(self, report: ChimeraReport, reads: int) -> str:
        copies, distinct = report.counts["duplicate_reads"], report.counts["distinct_reads"]
        least = f"--min-reads {self._limits.min_reads}"
        hint = f"{reads:,} distinct reads make pairs, but no miRNA part is in {least} of them"
        if copies >= _MOST * (copies + distinct):
            return (
                f"{hint}: {copies:,} reads are copies of {distinct:,} others; is there a UMI that tells them "
                "apart (--umi-length, --umi-position)?"
            )
        return f"{hint}; a smaller --min-reads keeps them"

    def _of_reason(self, reason: str, report: ChimeraReport) -> str:
        count, distinct = report.dropped.get(reason, 0), report.counts["distinct_reads"]
        hints = {
            "no_mirna": "{share} hold no miRNA of --mirnas; are they of this species, and chimeric?",
            "no_target": "{share} hold a miRNA, but nothing of --transcripts; are these the transcripts of this "
            "species, spliced, and the reads chimeric?",
            "gap": "{share} hold a miRNA and a target that lie more than --max-gap {max_gap} nt apart; is there a "
            "linker? A larger --max-gap keeps them",
            "loop": "{share} hold a miRNA and a target that share more than --max-gap {max_gap} nt; do the "
            "transcripts contain the miRNAs themselves?",
            "short_site": "{share} have sites shorter than --min-site {min_site} nt; are the transcripts whole? A "
            "smaller --min-site or a larger --extend keeps them",
        }
        share = f"{count:,} of {distinct:,} distinct reads"
        hint = hints.get(reason, "{share} make no pair")
        return hint.format(share=share, max_gap=self._limits.max_gap, min_site=self._limits.min_site)


def _named(sample: Sample) -> str:
    return "<stdin>" if sample.path == "-" else shorten(sample.path, 60)


def _complement(bases: NDArray[np.uint8]) -> NDArray[np.uint8]:
    turned = bases[::-1]
    return np.where(turned <= T, T - turned, turned).astype(np.uint8)


def _names_in(path: str) -> list[str]:
    """Return the names of both segments on the first line of a ``.hyb`` file; none of what is read only once."""
    if not os.path.isfile(path):
        return []
    with open_text(path) as stream:
        for line in stream:
            fields = line.split("\t")
            if line.strip() and not line.startswith("#"):
                return [fields[3], fields[9]]
    return []
