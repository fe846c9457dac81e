"""A run of negatives-generate: positives in, labelled pairs out; or labelled pairs in, their audit out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, TextIO

from mirtools.io.empty_results import no_rows_hint
from mirtools.io.sequences import read_references
from mirtools.io.tables import TableWriter, write_table
from mirtools.negatives.audit import AuditRules, audit
from mirtools.negatives.findings import TABLE_COLUMNS, WARNINGS, as_json, remedy, table_rows
from mirtools.negatives.labelled import WrittenPairs, read_audited
from mirtools.negatives.no_negatives import no_negatives_hint
from mirtools.negatives.same_transcript import ANY, Rules
from mirtools.negatives.settings import SAME_TRANSCRIPT, AuditSettings, NegativeSettings
from mirtools.negatives.streamed import SameTranscript, regions_in
from mirtools.negatives.table import UNMET_COLUMNS, LabelledTable
from mirtools.negatives.whole_table import WholeTable
from mirtools.pairs.grouping import read_families
from mirtools.pairs.table import LabelledPairs
from mirtools.runlog import RunLog
from mirtools.transcripts.annotation import Annotation, read_annotation, read_annotation_if_any
from mirtools.transcripts.regions import transcripts_of


class NegativeOutputs(NamedTuple):
    """Open files that are written: the labelled table, and positives with too few negatives."""

    table: TextIO
    unmet: TextIO | None = None


class AuditOutputs(NamedTuple):
    """Where an audit goes: a table, and what draws it."""

    table: TextIO | None = None
    figure: Callable[..., None] | None = None


def generate_negatives(
    settings: NegativeSettings, outputs: NegativeOutputs, log: RunLog, keep: bool = False
) -> LabelledPairs | None:
    """Write each positive with its negatives.

    Parameters
    ----------
    settings : NegativeSettings
    outputs : NegativeOutputs
    log : RunLog
        Gains counts, why positives have too few negatives, and a hint if none has any.
    keep : bool
        Keep the labelled pairs in memory, for an audit.

    Returns
    -------
    LabelledPairs or None
        What was written, if it was to be kept.

    Raises
    ------
    InputError
        For tables and transcripts that cannot be used, before anything is written.
    """
    annotation = None
    work: LabelledTable
    if settings.strategy == SAME_TRANSCRIPT:
        work, annotation = _same_transcript(settings, log)
    else:
        families = read_families(settings.families) if settings.families else {}
        work = table = WholeTable(
            settings.pairs, settings.strategy, settings.ratio, settings.seed, settings.avoid, families
        )
        log.facts["negatives_of_other_length"] = table.other_length()
    written = WrittenPairs(work.columns, work.find) if keep else None
    _write(work, outputs, written, log)
    return None if written is None else written.pairs(annotation.region_of if annotation else None)


def audit_table(path: str, settings: AuditSettings, outputs: AuditOutputs, log: RunLog) -> None:
    """Audit a labelled table; parameters as for :func:`audit_pairs`.

    Raises
    ------
    InputError
        For a table that cannot be used, or lacks one of the labels.
    """
    annotation = None
    if settings.transcripts:
        transcripts = transcripts_of(read_references(settings.transcripts, counts=log.counts))
        annotation = read_annotation_if_any(transcripts, settings.transcripts, settings.gtf, settings.regions)
    pairs = read_audited(path, annotation.region_of if annotation else None)
    positives = int(pairs.labels.sum())
    log.counts.update(positives=positives, negatives=len(pairs) - positives)
    audit_pairs(pairs, settings, outputs, log)


def audit_pairs(pairs: LabelledPairs, settings: AuditSettings, outputs: AuditOutputs, log: RunLog) -> None:
    """Audit labelled pairs.

    Parameters
    ----------
    pairs : LabelledPairs
        As :func:`mirtools.negatives.labelled.read_audited` returns them.
    settings : AuditSettings
    outputs : AuditOutputs
    log : RunLog
        Gains the audit, and a line for each warning.

    Raises
    ------
    InputError
        For a table to learn from that cannot be used.
    """
    training = None if settings.against is None else read_audited(settings.against)
    rules = AuditRules(settings.seed, settings.audit_energies, log.threads)
    findings = audit(pairs, training, rules, lambda names: log.progress(names, "properties"))
    write_table(outputs.table, TABLE_COLUMNS, table_rows(findings))
    if outputs.figure is not None:
        outputs.figure(findings, pairs)
    if not findings:
        log.say("no audit: it needs positives and negatives")
    for finding in findings:
        if finding.verdict in WARNINGS:
            log.say(f"audit: {finding.name} alone has AUROC {finding.auroc:.2f}; {remedy(finding)}")
    log.facts["audit"] = as_json(findings)


def _same_transcript(settings: NegativeSettings, log: RunLog) -> tuple[SameTranscript, Annotation | None]:
    fasta = settings.transcripts or ""
    transcripts = read_references(fasta, counts=log.counts)
    read = read_annotation_if_any if settings.region == ANY else read_annotation
    annotation = read(transcripts_of(transcripts), fasta, settings.gtf, settings.regions)
    sequences = {transcript.name: transcript.sequence for transcript in transcripts}
    rules = Rules(settings.ratio, settings.min_distance, settings.max_energy, settings.seed, settings.region)
    return SameTranscript(settings.pairs, sequences, regions_in(annotation), rules, settings.avoid), annotation


def _write(work: LabelledTable, outputs: NegativeOutputs, written: WrittenPairs | None, log: RunLog) -> None:
    writer = TableWriter(outputs.table, work.columns)
    unmet_writer = None if outputs.unmet is None else TableWriter(outputs.unmet, UNMET_COLUMNS)
    unmet: Counter[str] = Counter()
    log.counts.update(positives=0, negatives=0, unmet_positives=0)
    for labelled in log.progress(work.labelled(log.threads), "pairs", work.positives):
        for row in labelled.rows:
            writer.write(row)
            if written is not None:
                written.add(row)
        log.counts["positives"] += 1
        log.counts["negatives"] += len(labelled.rows) - 1
        if labelled.unmet is not None:
            log.counts["unmet_positives"] += 1
            unmet[labelled.unmet.reason] += 1
            if unmet_writer is not None:
                unmet_writer.write(labelled.unmet)
    log.facts["unmet"] = dict(sorted(unmet.items()))
    if unmet:
        log.say(
            "too few negatives: " + ", ".join(f"{reason} {count:,}" for reason, count in sorted(unmet.items()))
        )
    if not log.counts["positives"]:
        log.hints.append(no_rows_hint("PAIRS"))
    elif not log.counts["negatives"]:
        log.hints.append(no_negatives_hint(unmet))
