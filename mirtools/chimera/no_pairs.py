"""Hints on why reads make no pairs or few, from the state of the reads, some of them, and the counts of a run.

A run without pairs is valid. If the reads show a cause (:mod:`mirtools.chimera.findings`), or if references are
swapped or wrong or reads are too short for two parts, a hint reports it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mirtools.chimera.engine import BatchEngine
from mirtools.chimera.fates import LOW_SUPPORT
from mirtools.chimera.findings import findings
from mirtools.chimera.read_state import ReadState
from mirtools.chimera.target_parts import ANTISENSE, NO_MIRNA, KeptInserts, are_antisense, targets_finding
from mirtools.errors import shorten
from mirtools.io.empty_results import most_frequent, references_hint
from mirtools.io.streams import open_text

if TYPE_CHECKING:
    from mirtools.chimera.chimeras import ChimeraReport
    from mirtools.chimera.paired_reads import PairedReads, Pairing
    from mirtools.chimera.samples import Sample
    from mirtools.chimera.settings import ParseSettings

# Distinct reads with a miRNA of each file that are kept
_KEPT = 1000
# Least length of a miRNA part and a target part together, in nt
_SHORTEST_PAIR = 30
_MOST = 0.9
# Reads dropped for one reason, for each paired read, that show a problem although there are pairs; and their least
# number. Most reads of most libraries have no miRNA, or no target.
_MANY_DROPPED, _ENOUGH_DROPPED = 9, 100
_PROBLEMS = (LOW_SUPPORT, "loop", "gap", "short_site")
_FEW_PAIRS = 0.01


@dataclass
class _FirstReads:
    """The state of the first reads of one file, and some inserts with a miRNA and what happened to them."""

    state: ReadState | None = None
    kept: KeptInserts = field(default_factory=lambda: KeptInserts([], []))


class HintFinder:
    """Keeps some reads of every file during pairing, and afterwards finds out why few of them are paired.

    Parameters
    ----------
    samples : sequence of Sample
    pairing : Pairing
    settings : ParseSettings
        Settings named by hints.
    """

    def __init__(self, samples: Sequence[Sample], pairing: Pairing, settings: ParseSettings) -> None:
        self._samples = samples
        self._pairing = pairing
        self._settings = settings
        self._first_reads = [_FirstReads() for _ in samples]

    def look(self, sample: Sample, state: ReadState) -> None:
        """Keep the state of the first reads of a file."""
        self._first_reads[self._samples.index(sample)].state = state

    def add(self, found: PairedReads) -> None:
        """Keep some inserts of every file."""
        kept, batch = self._first_reads[found.batch.sample].kept, found.batch
        for read in np.flatnonzero(found.reasons != NO_MIRNA)[: _KEPT - len(kept.reasons)].tolist():
            kept.bases.append(batch.bases[batch.starts[read] : batch.starts[read + 1]].copy())
            kept.reasons.append(int(found.reasons[read]))

    def hints(self, report: ChimeraReport, rows: int, engine: BatchEngine | None) -> list[str]:
        """Return hints; an empty list if reads make pairs normally.

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
            # one of several shards may be empty
            return [] if self._pairing.layout.shares > 1 else ["READS contain no read; are these the right files?"]
        if engine is None:
            return [] if rows else [self._of_names(report)]
        found = self._of_state(rows > 0)
        if not found:
            found = self._of_targets(engine)
        if not found:
            found = self._of_reads(report, engine) if not rows else self._of_few(report)
        return found

    def first_reads(self) -> dict[str, dict[str, int]]:
        """Return counts of the first reads of each sample."""
        found = zip(self._samples, self._first_reads, strict=True)
        return {sample.name: seen.state.counts() for sample, seen in found if seen.state is not None}

    def _of_state(self, any_pairs: bool) -> list[str]:
        """Return hints on files whose first reads show a problem."""
        hints = []
        layout = self._pairing.layout
        for sample, seen in zip(self._samples, self._first_reads, strict=True):
            if seen.state is not None and seen.state.reads:
                found, _ = findings(seen.state, layout.umis, layout.adapters.sequences, any_pairs)
                hints += [f"{named(sample)}: {finding.hint}" for finding in found if finding.hint]
        return hints

    def _of_targets(self, engine: BatchEngine) -> list[str]:
        """Return hints on files with miRNAs, and bases next to them that fit no transcript."""
        hints = []
        for sample, seen in zip(self._samples, self._first_reads, strict=True):
            if hint := targets_finding(seen.kept, self._pairing, engine).hint:
                hints.append(f"{named(sample)}: {hint}")
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
                given = f" {named(self._samples[0])} has {examples};" if examples else ""
                reads = f"{count:,} of {report.counts['distinct_reads']:,} distinct reads"
                known = f"{option} (such as '{shorten(listed.names[0], 40)}')"
                return f"{reads} have no name of {known};{given} give the FASTA that the .hyb file was made with"
        return self._of_reason(reason, report)

    def _of_reads(self, report: ChimeraReport, engine: BatchEngine) -> list[str]:
        """Return a hint on reads without a pair."""
        distinct, dropped = report.counts["distinct_reads"], dict(report.dropped)
        dropped.pop("too_short", 0)
        if hint := self._of_lengths(report):
            return [hint]
        if dropped.get(LOW_SUPPORT):
            return [self._of_support(report, dropped[LOW_SUPPORT])]
        short = sum(
            count for length, count in report.statistics["insert_lengths"].items() if int(length) < _SHORTEST_PAIR
        )
        if short >= _MOST * distinct:
            return [
                f"{short:,} of {distinct:,} distinct reads are shorter than {_SHORTEST_PAIR} nt, too short for a "
                "miRNA and a target; are these reads of small RNAs, or trimmed?"
            ]
        with_mirna = {reason: count for reason, count in dropped.items() if reason != "no_mirna"}
        if sum(with_mirna.values()) < max(distinct / 50, 1):
            with_mirna = dropped
        reason = most_frequent(with_mirna)[0]
        if reason == "no_target":
            kept = [bases for seen in self._first_reads for bases in seen.kept.without_target()]
            if are_antisense(kept, self._pairing, engine):
                what = "the reads contain miRNAs, and next to them reverse complements of --transcripts"
                return [f"{what}; {ANTISENSE}"]
        return [self._of_reason(reason, report)]

    def _of_few(self, report: ChimeraReport) -> list[str]:
        """Return hints on reads with few pairs."""
        paired = report.counts["paired_reads"]
        if paired <= _FEW_PAIRS * report.counts["distinct_reads"] and (hint := self._of_lengths(report)):
            return [hint]
        problems = {reason: report.dropped.get(reason, 0) for reason in _PROBLEMS}
        reason, count = most_frequent(problems)
        if count < max(_MANY_DROPPED * paired, _ENOUGH_DROPPED):
            return []
        return [self._of_support(report, count) if reason == LOW_SUPPORT else self._of_reason(reason, report)]

    def _of_lengths(self, report: ChimeraReport) -> str | None:
        """Return a hint if most reads are too short."""
        too_short = report.dropped.get("too_short", 0)
        if too_short < report.counts["reads"] / 2:
            return None
        return (
            f"{too_short:,} of {report.counts['reads']:,} reads are shorter than --min-length "
            f"{self._settings.min_length} without adapter and UMI; are --adapter and --umi-length right?"
        )

    def _of_support(self, report: ChimeraReport, reads: int) -> str:
        copies, distinct = report.counts["duplicate_reads"], report.counts["distinct_reads"]
        least = f"--min-reads {self._settings.min_reads}"
        few = "few miRNA parts are" if report.counts["paired_reads"] else "no miRNA part is"
        hint = f"{reads:,} distinct reads make pairs, but {few} in {least} of them"
        if copies >= _MOST * (copies + distinct):
            return (
                f"{hint}: {copies:,} reads are copies of {distinct:,} others; is there a UMI to distinguish them "
                "(--umi-length, --umi-position)?"
            )
        return f"{hint}; a smaller --min-reads keeps them"

    def _of_reason(self, reason: str, report: ChimeraReport) -> str:
        count, distinct = report.dropped.get(reason, 0), report.counts["distinct_reads"]
        hints = {
            "no_mirna": "{share} contain no miRNA of --mirnas; are they of this species, and chimeric?",
            "no_target": "{share} contain a miRNA, but no part of --transcripts; are these the transcripts of "
            "this species, spliced, and the reads chimeric?",
            "gap": "{share} contain a miRNA and a target more than --max-gap {max_gap} nt apart; is there a "
            "linker? A larger --max-gap keeps them",
            "loop": "{share} contain a miRNA and a target that share more than --max-gap {max_gap} nt; do the "
            "transcripts contain the miRNAs themselves?",
            "short_site": "{share} have sites shorter than --min-site {min_site} nt; are the transcripts whole? A "
            "smaller --min-site or a larger --extend keeps them",
        }
        share = f"{count:,} of {distinct:,} distinct reads"
        hint = hints.get(reason, "{share} make no pair")
        return hint.format(share=share, max_gap=self._settings.max_gap, min_site=self._settings.min_site)


def named(sample: Sample) -> str:
    """Return the file of a sample as messages name it."""
    return "<stdin>" if sample.path == "-" else shorten(sample.path, 60)


def _names_in(path: str) -> list[str]:
    """Return the names of both segments on the first line of a ``.hyb`` file; empty for stdin and pipes."""
    if not os.path.isfile(path):
        return []
    with open_text(path) as stream:
        for line in stream:
            fields = line.split("\t")
            if line.strip() and not line.startswith("#"):
                return [fields[3], fields[9]]
    return []
