"""A run of dmiso-interpret: masking maps, kernels as motifs and clusters of miRNAs from a table of pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO

from mirtools.errors import UsageError
from mirtools.interpretation.clusters import (
    CLUSTER_COLUMNS,
    MIRNA_COLUMNS,
    TARGET_COLUMNS,
    Clusters,
    cluster_mirnas,
    cluster_rows,
    mirna_rows,
    target_rows,
)
from mirtools.interpretation.comparison import (
    MATCH_COLUMNS,
    Comparison,
    compare_with_control,
    comparison_summary,
    match_rows,
)
from mirtools.interpretation.complements import complements
from mirtools.interpretation.kernels import KERNEL_COLUMNS, KernelMotif, kernel_rows
from mirtools.interpretation.masking import COLUMNS, MaskingSums
from mirtools.interpretation.motiffile import read_motifs, write_meme
from mirtools.interpretation.motifs import Motif
from mirtools.interpretation.settings import InterpretSettings
from mirtools.interpretation.study import Study, masking_summary
from mirtools.io.empty_results import no_rows_hint
from mirtools.io.tables import TableReader, write_table
from mirtools.models.base import Model
from mirtools.models.bundled import resolve_model
from mirtools.pairs.table import PairReader, sample
from mirtools.runlog import RunLog


class InterpretOutputs(NamedTuple):
    """Open outputs; all but the first are optional.

    Attributes
    ----------
    maps : TextIO
        Masking maps.
    maps_figure : callable
        Draws the maps.
    motifs : TextIO
        Kernels as motifs in MEME format.
    kernels, matches : TextIO
        Tables of the kernels, and of similar motifs.
    logos : callable
        Draws kernels with similar motifs, up to an E-value.
    clusters, shared_targets, common_targets : TextIO
        Tables of miRNAs, clusters and targets.
    clusters_figure : callable
        Draws the clusters; its second argument is the number of hidden bases.
    """

    maps: TextIO
    maps_figure: Callable[[MaskingSums], None] | None = None
    motifs: TextIO | None = None
    kernels: TextIO | None = None
    matches: TextIO | None = None
    logos: Callable[[Sequence[KernelMotif], Comparison, float], None] | None = None
    clusters: TextIO | None = None
    shared_targets: TextIO | None = None
    common_targets: TextIO | None = None
    clusters_figure: Callable[[Clusters, int], None] | None = None


def interpret(settings: InterpretSettings, outputs: InterpretOutputs, log: RunLog) -> None:
    """Show what a model has learned: masking maps, kernels as motifs, clusters of miRNAs.

    Parameters
    ----------
    settings : InterpretSettings
    outputs : InterpretOutputs
    log : RunLog
        Gains counts, summaries of maps and comparisons, the model, and a hint if there are no pairs.

    Raises
    ------
    InputError
        For tables, motifs and models that cannot be used.
    UsageError
        For a model without kernels over bases.
    """
    targets = [] if settings.compare is None else read_motifs(settings.compare)
    model = _model(settings.model, log)
    study = _study(settings, model, log)
    log.facts["masking"] = masking_summary(study.maps)
    write_table(outputs.maps, COLUMNS, study.maps.rows())
    if outputs.maps_figure is not None:
        outputs.maps_figure(study.maps)
    _write_kernels(settings, outputs, study, targets, log)
    if any((outputs.clusters, outputs.shared_targets, outputs.common_targets, outputs.clusters_figure)):
        profiles = study.profiles.profiles(settings.min_pairs, log.dropped)
        clusters = cluster_mirnas(profiles, settings.n_clusters, settings.seed)
        log.counts["mirnas_clustered"] = len(clusters.of_mirna)
        log.counts["clusters"] = clusters.count
        write_table(outputs.clusters, MIRNA_COLUMNS, mirna_rows(clusters))
        write_table(outputs.shared_targets, CLUSTER_COLUMNS, cluster_rows(clusters))
        write_table(outputs.common_targets, TARGET_COLUMNS, target_rows(clusters))
        if outputs.clusters_figure is not None:
            outputs.clusters_figure(clusters, settings.mask)


def _model(name: str, log: RunLog) -> Model:
    model = resolve_model(name)
    if not model.family.has_kernels:
        kind = "a model on pairing matrices" if model.family.pairing is not None else "a model of another family"
        raise UsageError(
            f"{model.name!a} is {kind} ({model.architecture}); this command reads DMISO "
            "models: give one, or explain it with attrib-align"
        )
    log.facts["model"] = model.facts() | {"threshold": model.threshold}
    log.say(f"model {model.name!a}, threshold {model.threshold:g}")
    if model.family.knows_abundance:
        log.say("the model uses abundances; all miRNAs and targets are assumed to have average abundance")
    return model


def _study(settings: InterpretSettings, model: Model, log: RunLog) -> Study:
    """Score the pairs with all windows masked."""
    table = TableReader(settings.pairs, ("mirna_seq", "site_seq"), settings.format)
    pairs = PairReader(table).pairs()
    chosen = pairs if settings.sample is None else sample(pairs, settings.sample, settings.seed)
    study = Study(model.weights, model.pair_scorer(), model.threshold, settings.mask)
    for _ in study.passing(log.progress(chosen, "pairs", settings.sample), log.threads):
        pass
    log.counts.update(study.maps.counts)
    if not study.maps.counts["pairs"]:
        log.hints.append(no_rows_hint("PAIRS"))
    log.counts["distinct_mirnas"] = study.sites["mirna"].sequences
    log.counts["distinct_sites"] = study.sites["site"].sequences
    return study


def _write_kernels(
    settings: InterpretSettings, outputs: InterpretOutputs, study: Study, targets: Sequence[Motif], log: RunLog
) -> None:
    kernels = study.kernels(settings.min_activation)
    motifs = [kernel.motif for kernel in kernels if kernel.motif is not None]
    log.counts["kernels_excited"] = len(motifs)
    known = compare_with_control(motifs, targets, settings.both_strands, settings.seed)
    if targets:
        log.facts["comparison"] = comparison_summary(known)
    if outputs.motifs is not None:
        write_meme(outputs.motifs, motifs, study.background())
    if outputs.kernels is not None:
        pairing = complements(kernels, settings.seed)
        log.facts["complements"] = comparison_summary(pairing)
        backgrounds = {branch: sites.background() for branch, sites in study.sites.items()}
        rows = kernel_rows(kernels, backgrounds, known, pairing, settings.max_evalue)
        write_table(outputs.kernels, KERNEL_COLUMNS, rows)
    write_table(outputs.matches, MATCH_COLUMNS, match_rows(known.matches, settings.max_evalue))
    if outputs.logos is not None:
        outputs.logos(kernels, known, settings.max_evalue)
