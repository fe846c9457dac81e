"""Runs chimera-check: what the first reads of files look like, and the options of chimera-parse that fit them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TextIO

import numpy as np

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import pack, read_batches
from mirtools.chimera.engine import BatchEngine, SearchReferences
from mirtools.chimera.findings import INFO, LOOK, OK, Finding, findings, share, state_facts
from mirtools.chimera.guides import read_guides
from mirtools.chimera.inserts import ReadLayout, longest_trimmed
from mirtools.chimera.kmers import read_transcripts
from mirtools.chimera.native import NativeEngine
from mirtools.chimera.no_pairs import named
from mirtools.chimera.paired_reads import Pairing, without_cycle_search
from mirtools.chimera.pairing import REASONS, PairingRules
from mirtools.chimera.qualities import Qualities, inspect_qualities
from mirtools.chimera.read_state import ReadState
from mirtools.chimera.samples import Sample
from mirtools.chimera.settings import CheckSettings
from mirtools.chimera.target_parts import NO_MIRNA, KeptInserts, targets_finding
from mirtools.io.empty_results import references_hint
from mirtools.io.tables import MISSING, write_table
from mirtools.runlog import RunLog

CHECK_COLUMNS = "sample check result status hint".split()
# Distinct inserts that are searched for pairs; they decide how long a check takes
_SEARCHED = 20_000


class CheckedSample(NamedTuple):
    """What one file looks like.

    Attributes
    ----------
    name : str
        Name of the sample.
    state : ReadState
    findings : list of Finding
    options : str
        Options of chimera-parse that fit; empty if none is needed.
    """

    name: str
    state: ReadState
    findings: list[Finding]
    options: str


class CheckOutputs(NamedTuple):
    """Open output files; the figure is optional."""

    table: TextIO
    figure: Callable[[list[CheckedSample]], None] | None = None


def check(settings: CheckSettings, outputs: CheckOutputs, log: RunLog) -> None:
    """Check the first reads of each file, and write one row per property.

    Parameters
    ----------
    settings : CheckSettings
    outputs : CheckOutputs
    log : RunLog
        Receives counts, measurements, hints and the options that fit.

    Raises
    ------
    InputError
        If references or reads cannot be used.
    """
    transcripts, index = read_transcripts(settings.transcripts, log.counts)
    references = SearchReferences(read_guides(settings.mirnas), transcripts)
    lengths = references.mirnas.lengths.tolist(), transcripts.lengths.tolist()
    swapped = references_hint(*lengths, "--transcripts")
    engine = NativeEngine(references, index=index)
    checked = []
    with without_cycle_search():
        for number, sample in enumerate(settings.samples):
            one = _checked(sample, number, settings, references, engine, log)
            checked.append(one)
            log.facts.setdefault("read_state", {})[sample.name] = state_facts(one.state, one.findings)
            log.facts.setdefault("fitting_options", {})[sample.name] = one.options
            hints = [f"{named(sample)}: {finding.hint}" for finding in one.findings if finding.hint]
            # wrong references make other findings meaningless
            log.hints += [] if swapped else hints
    log.hints += [swapped] if swapped else []
    write_table(outputs.table, CHECK_COLUMNS, (row for one in checked for row in _rows(one, swapped)))
    if outputs.figure is not None:
        outputs.figure(checked)


def _rows(one: CheckedSample, swapped: str | None) -> Iterator[tuple[str, ...]]:
    references = Finding("references", "look wrong" if swapped else ".", LOOK if swapped else OK, swapped or "")
    options = Finding("options", one.options or "none needed", INFO)
    for finding in (references, *one.findings, options):
        yield one.name, finding.check, finding.result, finding.status, finding.hint or MISSING


def _checked(
    sample: Sample,
    number: int,
    settings: CheckSettings,
    references: SearchReferences,
    engine: NativeEngine,
    log: RunLog,
) -> CheckedSample:
    qualities, lists = _first_reads(sample, settings.first, engine.batch_size)
    if not lists:
        log.counts["reads"] += 0
        hint = "contains no read; is this the right file?"
        return CheckedSample(sample.name, ReadState(references.mirnas), [Finding("reads", "none", LOOK, hint)], "")
    state = ReadState(references.mirnas)
    raws = [qualities.applied(pack(records, sample.path)) for records in lists]
    state.measure(raws, Adapters(settings.adapter))
    found, advice = findings(state, settings.umis, settings.adapter)
    pairing = Pairing(references, PairingRules(), ReadLayout(Adapters(advice.adapters), advice.umis))
    reasons, kept = _outcomes(raws, number, state, pairing, engine)
    distinct = sum(reasons.values())
    log.counts.update(reads=state.reads, searched_reads=distinct, paired_reads=reasons[REASONS[0]])
    pairs = f"{reasons[REASONS[0]]:,} of {distinct:,} different inserts ({share(reasons[REASONS[0]], distinct)})"
    found += [targets_finding(kept, pairing, engine), Finding("pairs", pairs)]
    return CheckedSample(sample.name, state, found, advice.options())


def _first_reads(sample: Sample, most: int, size: int) -> tuple[Qualities, list[Sequence[Any]]]:
    """Return the qualities of a file and lists of its first reads."""
    qualities, _, batches = inspect_qualities(read_batches(sample.path, min(size, most)))
    lists: list[Sequence[Any]] = []
    reads = 0
    for records in batches:
        lists.append(records[: most - reads])
        reads += len(lists[-1])
        if reads >= most:
            break
    return qualities, [records for records in lists if records]


def _outcomes(
    raws: Sequence[Any], number: int, state: ReadState, pairing: Pairing, engine: BatchEngine
) -> tuple[Counter[str], KeptInserts]:
    """Return what happens to the inserts of reads with the options that fit, and those with a miRNA."""
    reasons: Counter[str] = Counter()
    kept = KeptInserts([], [])
    longest = longest_trimmed(state, pairing.layout)
    for raw in raws:
        if reasons.total() >= _SEARCHED:
            break
        inserts = pairing.inserts(raw, number, longest)
        batch = inserts.batch
        paired = pairing.pair(inserts, batch, engine.search(batch.bases, batch.starts))
        reasons.update(REASONS[reason] for reason in paired.reasons.tolist())
        for read in np.flatnonzero(paired.reasons != NO_MIRNA).tolist():
            kept.bases.append(batch.bases[batch.starts[read] : batch.starts[read + 1]])
            kept.reasons.append(int(paired.reasons[read]))
    return reasons, kept
