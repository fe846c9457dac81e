"""A run of attrib-align: a table of pairs, explained and aligned row by row."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple, Protocol, TextIO

from mirtools.alignment.align import Aligner, Costs
from mirtools.alignment.matrices import Matrices
from mirtools.alignment.settings import AlignSettings
from mirtools.alignment.source import MUTANT_COLUMNS, ExplainerSource, FileSource, Source, pairing_of
from mirtools.alignment.table import AlignedPairs, Named
from mirtools.attribution.backgrounds import BACKGROUND
from mirtools.attribution.choose import described, explained_model, explainer_of, mutants_of
from mirtools.attribution.explained import Explainer
from mirtools.attribution.mutations import Mutants
from mirtools.errors import UsageError
from mirtools.io.empty_results import no_rows_hint
from mirtools.io.tables import TableReader, TableWriter
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule, read_rule
from mirtools.prediction.shards import must_be_file, row_share
from mirtools.runlog import RunLog


class Drawing(Protocol):
    """A drawing of all or the first alignments."""

    def has_room(self) -> bool:
        """Return whether the next alignment is drawn."""

    def add(self, named: Named) -> None:
        """Draw an alignment, or keep it for :meth:`finish`."""

    def finish(self, pairs: AlignedPairs, aligner: Aligner) -> None:
        """Draw the alignments that were kept."""


class AlignOutputs(NamedTuple):
    """Open outputs; all but the first are optional.

    Attributes
    ----------
    table : TextIO
        The pairs with their alignments.
    mutants : TextIO
        The scores of mutants; needs mutations.
    drawings : sequence of Drawing
    """

    table: TextIO
    mutants: TextIO | None = None
    drawings: Sequence[Drawing] = ()


class _Attributions(NamedTuple):
    """The source of attributions, the pairing rule, and explainer and mutants if attributions are computed."""

    source: Source
    rule: PairingRule
    explainer: Explainer | None = None
    mutants: Mutants | None = None


def align_pairs(settings: AlignSettings, outputs: AlignOutputs, log: RunLog) -> None:
    """Explain, align and write the pairs of a table, batch by batch.

    Parameters
    ----------
    settings : AlignSettings
    outputs : AlignOutputs
    log : RunLog
        Gains counts, model and explainer, the mean importance of each base of the miRNA, and a hint if there are
        no pairs.

    Raises
    ------
    InputError
        For tables, matrices and models that cannot be used, and an explainer that the model does not have.
    UsageError
        For mutants without mutations, and a shard of a table that cannot be read twice.
    """
    if outputs.mutants is not None and settings.mutations is None:
        raise UsageError("--mutants needs mutations; give --mutations FILE")
    chosen = None
    if settings.shard is not None:
        must_be_file(settings.pairs, "--shard")
        chosen = row_share(settings.pairs, settings.format, settings.shard)
    reader = TableReader(settings.pairs, ("mirna_seq", "site_seq"), settings.format)
    attributions = _attributions(settings, reader, log)
    log.facts["pairing"] = ["".join(pair) for pair in sorted(attributions.rule.pairs)]
    with closing(attributions.source):
        aligner = Aligner(attributions.rule, Costs(*settings.gap_percentiles, settings.gap_scale), settings.mode)
        pairs = AlignedPairs(reader, attributions.source, aligner, settings.scale)
        _write(pairs, outputs, log, chosen)
    log.counts.update(pairs.counts)
    if not pairs.counts["pairs"] and settings.shard is None:
        log.hints.append(no_rows_hint("PAIRS"))
    log.facts["mean_mirna_importance"] = pairs.profile()
    if (mutants := attributions.mutants) is not None:
        log.counts.update(mutants.counts)
        if mutants.unmet:
            log.dropped["mutations_of_absent_pairs"] += len(mutants.unmet)
    if attributions.explainer is not None:
        log.facts["explainer"] = described(attributions.explainer, pairs.gap)
    for drawing in outputs.drawings:
        drawing.finish(pairs, aligner)


def _attributions(settings: AlignSettings, reader: TableReader, log: RunLog) -> _Attributions:
    """Open the file of attributions, or make an explainer."""
    rule = read_rule(settings.pairing) if settings.pairing else WOBBLE if settings.wobble else None
    if settings.matrix is not None:
        rule = rule or WATSON_CRICK
        return _Attributions(FileSource(Matrices(settings.matrix), rule), rule)
    model = explained_model(settings.model)
    kind, count = settings.explainer or "deep", settings.background or BACKGROUND
    explainer = explainer_of(model, kind, count, settings.background_pairs, settings.seed)
    log.say(f"model {model.name!a}, explainer {explainer.kind}")
    if model.family.pairing is None:
        log.say("the model has no pairing matrix; attributions of pairs of bases are approximated by masking them")
    mutants = mutants_of(model, settings.mutations) if settings.mutations else None
    log.facts["model"] = model.facts()
    source = ExplainerSource(model, explainer, reader, settings.importance == "bases", mutants)
    return _Attributions(source, rule or pairing_of(model), explainer, mutants)


def _write(pairs: AlignedPairs, outputs: AlignOutputs, log: RunLog, chosen: tuple[int, int] | None) -> None:
    """Write rows, drawings and mutants, batch by batch."""
    writer = TableWriter(outputs.table, pairs.columns)
    notes = None if outputs.mutants is None else TableWriter(outputs.mutants, MUTANT_COLUMNS)
    batches = pairs.batches(log.threads, chosen)
    for batch in log.progress(batches, "pairs", size=lambda batch: len(batch.rows)):
        for number, row in enumerate(batch.rows):
            writer.write(row)
            wanted = [drawing for drawing in outputs.drawings if drawing.has_room()]
            if wanted:
                named = pairs.named(batch, number)
                for drawing in wanted:
                    drawing.add(named)
        if notes is not None:
            for note in batch.notes:
                notes.write(note)
